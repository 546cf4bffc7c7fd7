/*
 * A terminal's readers with everything real but the hardware: the agent's adapter on its loop,
 * tillbridge-readerd, libnfc, and simulators on pseudo-terminals. Events are waited for one by one and
 * in order; a test fails when the next one is another, or does not come.
 */
#ifndef TB_TESTS_INTEGRATION_NFC_HARNESS_H
#define TB_TESTS_INTEGRATION_NFC_HARNESS_H

#include "agent/readers/readers.h"
#include "tests/hil/board.h"
#include "tests/support/unit.h"

#include <stdio.h>

enum { HARNESS_EVENT_MAX = 256, HARNESS_TEXT_SIZE = 2200 };

struct harness {
    const char *board;      /* kept by harness_start(): whose firmware runs behind a TB_READER_HEAD */
    const char *flash;      /* of a head with slots, between harness_start_sim() and harness_start_reader() */
    struct tb_span polling; /* the reader's frame, between harness_start_sim() and harness_start_reader() */
    struct tb_board machine;
    char folder[64];
    int sim_pid; /* 0: there is none */
    int control; /* socket of the simulator */
    char line[96];
    struct tb_loop *loop;
    struct tb_readers *readers;
    struct tb_timer deadline;
    char (*events)[HARNESS_TEXT_SIZE];
    unsigned event_count;
    unsigned taken;                     /* events that were expected so far */
    uint64_t tap;                       /* of the last TAG */
    uint32_t stats[TB_LINK_STAT_COUNT]; /* of the last STATS */
    int64_t event_at_ms;                /* when the last event came */
    int64_t state_at_ms;                /* when the last state event came */
};

/* Starts the simulator of that kind of device alone; harness_stop() ends it, too. A keyboard has none. */
void harness_start_sim(struct harness *h, enum tb_reader_kind kind);

/* One reader of that kind on the simulator; suffix ends its device's name, such as ":115200". */
void harness_start_reader(struct harness *h, enum tb_reader_kind kind, const char *suffix);
void harness_stop_reader(struct harness *h);

/* Starts the simulator and, behind it, one reader of that kind on it, with h->board when it is a head; a
 * keyboard's reader is on h->line. */
void harness_start(struct harness *h, enum tb_reader_kind kind);
/* A folder, a name for a line in it, and a loop: the test starts what it wants on it. */
void harness_start_loop(struct harness *h);
void harness_stop(struct harness *h);

/* A command that the simulator must accept; its answer without "ok " is valid until the next call. */
const char *harness_sim(struct harness *h, const char *command);

/* The next event, whatever it is; for tests that see more events than there is room for. */
const char *harness_next(struct harness *h);

/* What options.event of further readers may be; their context is a harness. */
void harness_event(void *context, const struct tb_reader_event *event);

/* The next event, as text: "state ready" (of a head "state nfc ready"), "tag type2", "data <hex>", "failed
 * torn tag.lost", "gone", … */
void harness_expect(struct harness *h, const char *event);

#endif
