/*
 * What the wires were busy with, so that a benchmark can tell them from everything else: the last
 * WIRE_PHASE_MAX phases of the host line and of the air.
 */
#ifndef TB_TESTS_SUPPORT_PN532D_WIRE_H
#define TB_TESTS_SUPPORT_PN532D_WIRE_H

#include <stddef.h>
#include <stdint.h>

enum { WIRE_PHASE_MAX = 256 };

enum wire_kind {
    WIRE_LINE, /* bytes between host and chip */
    WIRE_AIR,
    WIRE_WAIT, /* a card lies there and the chip has not asked for one yet: guard time, its own pace */
    WIRE_KIND_COUNT,
};

struct wire_phase {
    enum wire_kind kind;
    uint64_t begin_us;
    uint64_t end_us;
};

struct wire {
    struct wire_phase phases[WIRE_PHASE_MAX];
    unsigned count; /* ever written */
};

void wire_add(struct wire *w, enum wire_kind kind, uint64_t begin_us, uint64_t end_us);

/* What was planned after now_us does not happen: the command was cancelled. */
void wire_cut(struct wire *w, uint64_t now_us);

/* How long each kind took between from_us and to_us. */
void wire_sum(const struct wire *w, uint64_t from_us, uint64_t to_us, uint64_t ret_us[WIRE_KIND_COUNT]);

/* size bytes at 8N1. */
uint64_t wire_line_us(size_t size, unsigned bit_rate);

#endif
