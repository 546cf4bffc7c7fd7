#include "firmware/app/scan.h"

#include "firmware/hal/hal.h"

void scan_init(struct scan *s)
{
    s->waiting = s->lent = false;
    tb_link_line_init(&s->line, s->memory, sizeof s->memory);
}

static void step_take(struct scan *s, enum tb_link_line_step step, uint32_t stats[TB_LINK_STAT_COUNT])
{
    if (step == TB_LINK_LINE_MORE)
        return;
    s->waiting = true;
    if (step == TB_LINK_LINE_DONE)
        s->reason = TB_LINK_REASON_NONE;
    stats[step == TB_LINK_LINE_DONE ? TB_LINK_STAT_LINES : TB_LINK_STAT_LINES_FAILED]++;
}

static struct tb_link_message message_of(const struct scan *s)
{
    if (s->reason == TB_LINK_REASON_NONE)
        return (struct tb_link_message){.type = TB_LINK_LINE,
                                        .line = {.device = TB_LINK_DEVICE_SCANNER, .text = s->text}};
    return (struct tb_link_message){.type = TB_LINK_LINE_FAILED,
                                    .line_failed = {.device = TB_LINK_DEVICE_SCANNER, .reason = s->reason}};
}

static void bytes_take(struct scan *s, uint32_t stats[TB_LINK_STAT_COUNT], int64_t now_ms)
{
    uint8_t byte;
    while (!s->waiting && tb_hal_uart_read(TB_HAL_UART_SCANNER, &byte, 1) == 1) {
        struct tb_span in = tb_span_of(&byte, 1);
        enum tb_link_line_step step = tb_link_line_take(&s->line, &in, now_ms, &s->text, &s->reason);
        step_take(s, step, stats);
    }
    if (!s->waiting)
        step_take(s, tb_link_line_idle(&s->line, now_ms, &s->text, &s->reason), stats);
}

/* While a line is on its way nothing is read: what the scanner sends meanwhile waits in the receiver. */
void scan_turn(struct scan *s, struct link *link, uint32_t stats[TB_LINK_STAT_COUNT], int64_t now_ms)
{
    if (s->lent && link_is_free(link))
        s->lent = false;
    if (!s->lent && !s->waiting)
        bytes_take(s, stats, now_ms);
    if (s->waiting && link_is_free(link)) {
        s->waiting = false;
        s->lent = true;
        struct tb_link_message m = message_of(s);
        link_send(link, &m, now_ms);
    }
}
