#include "firmware/app/scan.h"

#include "firmware/hal/hal.h"

void scan_init(struct scan *s)
{
    s->waiting = s->lent = false;
    tb_link_line_init(&s->line, s->memory, sizeof s->memory);
}

static void step_take(struct scan *s, enum tb_link_line_step step, struct tb_span line,
                      enum tb_link_reason reason, uint32_t stats[TB_LINK_STAT_COUNT])
{
    if (step == TB_LINK_LINE_MORE)
        return;
    s->waiting = true;
    if (step == TB_LINK_LINE_DONE)
        s->message = (struct tb_link_message){.type = TB_LINK_LINE,
                                              .line = {.device = TB_LINK_DEVICE_SCANNER, .text = line}};
    else
        s->message = (struct tb_link_message){
            .type = TB_LINK_LINE_FAILED, .line_failed = {.device = TB_LINK_DEVICE_SCANNER, .reason = reason}};
    stats[step == TB_LINK_LINE_DONE ? TB_LINK_STAT_LINES : TB_LINK_STAT_LINES_FAILED]++;
}

static void bytes_take(struct scan *s, uint32_t stats[TB_LINK_STAT_COUNT], int64_t now_ms)
{
    struct tb_span line = tb_span_of(NULL, 0);
    enum tb_link_reason reason = TB_LINK_REASON_NONE;
    uint8_t byte;
    while (!s->waiting && tb_hal_uart_read(TB_HAL_UART_SCANNER, &byte, 1) == 1) {
        struct tb_span in = tb_span_of(&byte, 1);
        enum tb_link_line_step step = tb_link_line_take(&s->line, &in, now_ms, &line, &reason);
        step_take(s, step, line, reason, stats);
    }
    if (!s->waiting)
        step_take(s, tb_link_line_idle(&s->line, now_ms, &line, &reason), line, reason, stats);
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
        link_send(link, &s->message, now_ms);
    }
}
