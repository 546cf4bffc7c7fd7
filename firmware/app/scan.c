#include "firmware/app/scan.h"

#include "firmware/hal/hal.h"

void scan_init(struct scan *s)
{
    s->waiting = s->lent = false;
    s->lost = 0;
    tb_link_line_init(&s->line, s->memory, sizeof s->memory);
}

static struct tb_link_message message_of(const struct scan *s)
{
    struct tb_link_message m = {.type = TB_LINK_LINE_FAILED,
                                .line_failed = {.device = TB_LINK_DEVICE_SCANNER, .reason = s->reason}};
    if (s->reason == TB_LINK_REASON_NONE) {
        m.type = TB_LINK_LINE;
        m.line.device = TB_LINK_DEVICE_SCANNER;
        m.line.text = s->text;
    }
    return m;
}

/* Where in what was received the lost bytes are missing nobody can tell: every line is broken until the
 * scanner has paused. */
static void bytes_take(struct scan *s, uint32_t stats[TB_LINK_STAT_COUNT], int64_t now_ms)
{
    uint32_t lost = tb_hal_uart_lost(TB_HAL_UART_SCANNER);
    enum tb_link_line_step step = TB_LINK_LINE_MORE;
    uint8_t byte;
    while (step == TB_LINK_LINE_MORE && tb_hal_uart_read(TB_HAL_UART_SCANNER, &byte, 1) == 1) {
        struct tb_span in = tb_span_of(&byte, 1);
        step = tb_link_line_take(&s->line, &in, now_ms, &s->text, &s->reason);
    }
    if (step == TB_LINK_LINE_MORE)
        step = tb_link_line_idle(&s->line, now_ms, &s->text, &s->reason);
    s->waiting = step != TB_LINK_LINE_MORE;
    if (step == TB_LINK_LINE_DONE)
        s->reason =
            tb_hal_uart_lost(TB_HAL_UART_SCANNER) == s->lost ? TB_LINK_REASON_NONE : TB_LINK_REASON_LINE_TEXT;
    if (s->waiting)
        stats[s->reason == TB_LINK_REASON_NONE ? TB_LINK_STAT_LINES : TB_LINK_STAT_LINES_FAILED]++;
    else if ((uint32_t)(now_ms - s->line.last_ms) >= TB_LINK_LINE_IDLE_MS)
        s->lost = lost;
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
