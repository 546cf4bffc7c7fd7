/*
 * Report: what was checked and what came of it, in words, as TAP (version 13) or as JSON. One thread; writes
 * to standard output at once, JSON at the end.
 */
#ifndef TB_AGENT_CONFORMANCE_REPORT_H
#define TB_AGENT_CONFORMANCE_REPORT_H

#include "core/base/buf.h"

#define TB_REPORT_JSON_MAX 65536

enum tb_report_form { TB_REPORT_WORDS, TB_REPORT_TAP, TB_REPORT_JSON };

struct tb_report {
    enum tb_report_form form;
    unsigned count;
    unsigned failed_count;
    unsigned skipped_count;
    unsigned unseen_count;
    struct tb_buf json; /* borrows from bytes */
    bool comma;
    uint8_t bytes[TB_REPORT_JSON_MAX];
};

void tb_report_begin(struct tb_report *r, enum tb_report_form form, const char *about);

/* id is stable; text says what must hold; detail, of one that failed, what was seen instead ("": nothing). */
void tb_report_check(struct tb_report *r, bool ok, const char *id, const char *text, const char *detail);
/* It could not be looked at. */
void tb_report_skip(struct tb_report *r, const char *id, const char *text, const char *why);
/* It did not happen, and can be made to: how says what to do. */
void tb_report_unseen(struct tb_report *r, const char *id, const char *text, const char *how);
/* For people who watch: in words, or as a comment. */
void tb_report_say(struct tb_report *r, const char *text);

/* True when nothing failed. */
bool tb_report_end(struct tb_report *r);

#endif
