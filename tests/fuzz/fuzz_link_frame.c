/* Any bytes on the reader link: no frame is taken that would not be encoded to the same bytes again. */
#include "core/base/assert.h"
#include "core/link/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void message_check(const struct tb_link_frame *frame)
{
    struct tb_link_message m;
    if (tb_link_message_decode(frame, &m) != TB_OK)
        return;
    uint8_t memory[TB_LINK_FIELDS_MAX];
    struct tb_buf fields = tb_buf_of(memory, sizeof memory);
    struct tb_span bulk;
    TB_ASSERT(tb_link_message_encode(&m, &fields, &bulk) == TB_OK);
    size_t size = fields.size + bulk.size;
    if (m.type == TB_LINK_STATS_ANSWER) /* counters that this version does not know are dropped */
        return;
    TB_ASSERT(size <= frame->payload.size);
    TB_ASSERT(memcmp(memory, frame->payload.at ? frame->payload.at : memory, fields.size) == 0);
}

static void frame_check(const struct tb_link_frame *frame)
{
    static uint8_t wire[TB_LINK_WIRE_MAX];
    static uint8_t body[TB_LINK_BODY_MAX];
    struct tb_link_encoder e;
    TB_ASSERT(tb_link_encoder_start(&e, frame->type, frame->sequence, tb_span_of(NULL, 0), frame->payload) ==
              TB_OK);
    struct tb_span again = tb_span_of(wire, tb_link_encoder_read(&e, wire, sizeof wire));
    struct tb_link_decoder d;
    struct tb_link_frame copy;
    tb_link_decoder_init(&d, body, sizeof body);
    TB_ASSERT(tb_link_decoder_take(&d, &again, &copy) == TB_LINK_FRAME);
    TB_ASSERT(copy.type == frame->type && tb_span_equal(copy.payload, frame->payload));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[TB_LINK_BODY_MAX];
    struct tb_link_decoder d;
    struct tb_link_frame frame;
    tb_link_decoder_init(&d, memory, sizeof memory);
    struct tb_span in = tb_span_of(data, size);
    while (in.size > 0) {
        if (tb_link_decoder_take(&d, &in, &frame) != TB_LINK_FRAME)
            continue;
        frame_check(&frame);
        message_check(&frame);
    }

    /* The payload decoders again without the checksum in front of them. */
    if (size < 2)
        return 0;
    frame = (struct tb_link_frame){
        .version = data[0] >> 4, .type = data[1], .payload = tb_span_of(data + 2, size - 2)};
    message_check(&frame);
    return 0;
}
