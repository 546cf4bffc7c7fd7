/*
 * What happened at the simulated chip, so that tests can assert on what was asked and not only on what
 * came of it. A ring of the last LOG_ENTRY_MAX entries, each "<ms> <kind> <text>":
 *
 *   cmd        command from the host, hex          ans        the chip's answer, hex
 *   rf         "<card> <command hex> -> <answer hex | nothing>"; everybody: a frame to no card in particular,
 *              garbled when the registers made it one without a CRC or with a byte cut short
 *   violation  like rf: what a payment card must never be asked
 *   sim        tap, removal, fault, wake-up, cancelled command
 */
#ifndef TB_TESTS_SUPPORT_PN532D_LOG_H
#define TB_TESTS_SUPPORT_PN532D_LOG_H

#include "core/base/buf.h"

enum { LOG_ENTRY_MAX = 512, LOG_TEXT_SIZE = 160 };

enum log_kind { LOG_CMD, LOG_ANS, LOG_RF, LOG_VIOLATION, LOG_SIM, LOG_KIND_COUNT };

struct log_entry {
    enum log_kind kind;
    uint64_t at_us;
    char text[LOG_TEXT_SIZE];
};

struct sim_log {
    struct log_entry entries[LOG_ENTRY_MAX];
    unsigned count; /* ever written */
    unsigned first; /* entries before it were cleared */
    unsigned violation_count;
    uint64_t now_us;
};

void log_text(struct sim_log *log, enum log_kind kind, const char *text);
void log_hex(struct sim_log *log, enum log_kind kind, struct tb_span bytes);
void log_rf(struct sim_log *log, enum log_kind kind, const char *card, struct tb_span command,
            struct tb_span answer);

/* Adds the last count entries, oldest first, joined with " | "; kind NULL: of every kind. */
void log_print(const struct sim_log *log, const char *kind, unsigned count, struct tb_buf *out);

#endif
