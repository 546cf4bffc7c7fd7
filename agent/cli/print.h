/*
 * Print: text for people, put together in a buffer and written at once.
 *
 * Text that came from elsewhere is shown without control characters, so that nothing in it can steer a
 * terminal. Columns count code points, which is right for the scripts that product names come in mostly.
 * Times are local ($TZ). Pure but for tb_print_flush() and the time zone.
 */
#ifndef TB_AGENT_CLI_PRINT_H
#define TB_AGENT_CLI_PRINT_H

#include "core/base/buf.h"

/* Text with C0, DEL and C1 control characters replaced by '?'. */
void tb_print_clean(struct tb_buf *out, struct tb_span text);

size_t tb_print_width(struct tb_span text); /* code points */

void tb_print_spaces(struct tb_buf *out, size_t count);

/* The text padded with spaces to at least width columns, behind it or before it. Cleaned. */
void tb_print_left(struct tb_buf *out, struct tb_span text, size_t width);
void tb_print_right(struct tb_buf *out, struct tb_span text, size_t width);

/* "10,000" */
void tb_print_count(struct tb_buf *out, int64_t count);

/* "1 change", "2 changes" */
void tb_print_plural(struct tb_buf *out, int64_t count, const char *one, const char *many);

/* Unix ms as "09:12" when it is the same day as wall_ms, else "2026-11-21 09:12". */
void tb_print_clock(struct tb_buf *out, int64_t at_ms, int64_t wall_ms);

/* "09:12:03.250" */
void tb_print_clock_ms(struct tb_buf *out, int64_t at_ms);

/* "just now", "12 min ago", "3 h ago", "2 days ago" */
void tb_print_ago(struct tb_buf *out, int64_t at_ms, int64_t wall_ms);

/* "since 09:12 (27 min ago)", or "since 2026-11-21 09:12" on another day; nothing when at_ms is 0. */
void tb_print_since(struct tb_buf *out, int64_t at_ms, int64_t wall_ms);

/* Minor units of an ISO 4217 currency, without its code: "34.90". */
void tb_print_money(struct tb_buf *out, int64_t amount, struct tb_span currency);

/* Writes the buffer to stdout. False when it did not fit its buffer or could not be written. */
bool tb_print_flush(const struct tb_buf *out);

#endif
