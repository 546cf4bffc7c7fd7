#include "firmware/app/link.h"

#include "core/base/assert.h"
#include "firmware/hal/hal.h"

_Static_assert(TB_LINK_HEADER_SIZE + 6 + TB_LINK_APDU_MAX + TB_LINK_CRC_SIZE <= LINK_BODY_MAX,
               "TRANSCEIVE fits");
_Static_assert(2 + 4 * TB_LINK_STAT_COUNT <= LINK_FIELDS_MAX, "STATS_ANSWER fits");

void link_init(struct link *l)
{
    memset(l, 0, sizeof *l);
    l->resync = true;
    tb_link_decoder_init(&l->decoder, l->memory, sizeof l->memory);
}

bool link_is_free(const struct link *l)
{
    return !l->sending;
}

/* ---- out ---- */

static void delimiter_put(struct link *l)
{
    l->chunk[0] = 0;
    l->chunk_at = 0;
    l->chunk_size = 1;
}

void link_send(struct link *l, const struct tb_link_message *m, int64_t now_ms)
{
    struct tb_buf fields = tb_buf_of(l->fields, sizeof l->fields);
    struct tb_span bulk;
    TB_ASSERT(link_is_free(l));
    /* Lengths were bounded where the message was made. */
    enum tb_err err = tb_link_report_encode(m, &fields, &bulk);
    TB_ASSERT(err == TB_OK);
    err = tb_link_encoder_start(&l->encoder, (uint8_t)m->type, l->sequence++, tb_buf_span(&fields), bulk);
    TB_ASSERT(err == TB_OK);
    if (l->stalled && !tb_hal_uart_is_idle(TB_HAL_UART_LINK))
        return;
    l->stalled = false;
    l->sending = true;
    l->moved_ms = now_ms;
    if (l->resync)
        delimiter_put(l);
    l->resync = false;
    link_pump(l, now_ms);
}

static bool chunk_fill(struct link *l)
{
    if (l->chunk_at == l->chunk_size) {
        l->chunk_at = 0;
        l->chunk_size = (uint8_t)tb_link_encoder_read(&l->encoder, l->chunk, sizeof l->chunk);
    }
    return l->chunk_size > 0;
}

static void frame_give_up(struct link *l)
{
    l->sending = false;
    l->stalled = true;
    l->resync = true;
    l->chunk_at = l->chunk_size = 0;
}

void link_pump(struct link *l, int64_t now_ms)
{
    while (l->sending) {
        if (!chunk_fill(l)) {
            l->sending = false;
            return;
        }
        size_t size =
            tb_hal_uart_write(TB_HAL_UART_LINK, l->chunk + l->chunk_at, l->chunk_size - l->chunk_at);
        l->chunk_at = (uint8_t)(l->chunk_at + size);
        if (size > 0)
            l->moved_ms = now_ms;
        if (l->chunk_at < l->chunk_size)
            break;
    }
    if (l->sending && now_ms - l->moved_ms > LINK_STALL_MS)
        frame_give_up(l);
}

/* ---- in ---- */

bool link_take(struct link *l, struct tb_link_message *ret_message)
{
    uint8_t byte;
    while (tb_hal_uart_read(TB_HAL_UART_LINK, &byte, 1) == 1) {
        struct tb_span in = tb_span_of(&byte, 1);
        struct tb_link_frame frame;
        if (tb_link_decoder_take(&l->decoder, &in, &frame) == TB_LINK_FRAME &&
            tb_link_request_decode(&frame, ret_message) == TB_OK)
            return true;
    }
    return false;
}
