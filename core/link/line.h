/*
 * Lines: cuts what a scanner sends or types into codes.
 *
 * A line ends with CR, LF, CRLF or TAB, or when nothing came for a while (idle_ms); empty lines are
 * nothing. A line that is too long, is not UTF-8, or holds control characters other than the GS1
 * separators (FS, GS, RS, US, EOT) fails as a whole, and the next one is read as if nothing had been:
 * noise costs the line it fell into, never a later one.
 *
 * The memory is the caller's; now_ms is monotonic. Pure; not thread-safe.
 */
#ifndef TB_CORE_LINK_LINE_H
#define TB_CORE_LINK_LINE_H

#include "core/link/message.h"

#define TB_LINK_LINE_IDLE_MS 150
#define TB_LINK_LINE_IDLE_KEYS_MS 500 /* keys come one by one, and through more hands than bytes */

enum tb_link_line_step {
    TB_LINK_LINE_MORE,   /* all input taken, no line ended in it */
    TB_LINK_LINE_DONE,   /* ret_line is set; call again for the rest of the input */
    TB_LINK_LINE_BROKEN, /* a line ended and is dropped; ret_reason is set; call again */
};

struct tb_link_line {
    uint8_t *at; /* borrowed memory for one line */
    size_t size_max;
    size_t size;
    bool overrun;    /* the line did not fit */
    int64_t last_ms; /* when the last byte came */
    int64_t idle_ms; /* TB_LINK_LINE_IDLE_MS, unless the caller sets another after init */
};

void tb_link_line_init(struct tb_link_line *l, void *memory, size_t size_max);

/* Takes bytes from the front of in. ret_line is borrowed from the memory until the next call. */
enum tb_link_line_step tb_link_line_take(struct tb_link_line *l, struct tb_span *in, int64_t now_ms,
                                         struct tb_span *ret_line, enum tb_link_reason *ret_reason);

/* Ends the line at hand when its deadline has come; else MORE. */
enum tb_link_line_step tb_link_line_idle(struct tb_link_line *l, int64_t now_ms, struct tb_span *ret_line,
                                         enum tb_link_reason *ret_reason);

/* When tb_link_line_idle() is due; INT64_MAX when no line is begun. */
int64_t tb_link_line_deadline_ms(const struct tb_link_line *l);

/* Forgets the line at hand: the device went away. */
void tb_link_line_drop(struct tb_link_line *l);

#endif
