#include "firmware/head/pn532_frame.h"

#include "core/base/assert.h"

const uint8_t tb_pn532_ack[TB_PN532_ACK_SIZE] = {0x00, 0x00, 0xff, 0x00, 0xff, 0x00};
const uint8_t tb_pn532_nack[TB_PN532_ACK_SIZE] = {0x00, 0x00, 0xff, 0xff, 0x00, 0x00};

#define LENGTH_MAX 0xfe /* of a normal frame: FF FF in its place begins an extended one */
#define TFI_ERROR 0x7f  /* alone in its frame */

/* ---- in ---- */

void tb_pn532_parser_init(struct tb_pn532_parser *p, uint8_t *memory, size_t size_max)
{
    TB_ASSERT(size_max <= UINT16_MAX);
    *p = (struct tb_pn532_parser){.at = memory, .size_max = (uint16_t)size_max};
}

static enum tb_pn532_event over(struct tb_pn532_parser *p, enum tb_pn532_event event)
{
    p->state = TB_PN532_HUNT;
    return event;
}

static void hunt(struct tb_pn532_parser *p, uint8_t byte)
{
    if (p->state == TB_PN532_START && byte == 0xff)
        p->state = TB_PN532_LENGTH;
    else
        p->state = byte == 0x00 ? TB_PN532_START : TB_PN532_HUNT;
}

static enum tb_pn532_event body_begin(struct tb_pn532_parser *p, unsigned length)
{
    if (length == 0 || length >= p->size_max)
        return over(p, TB_PN532_BAD);
    p->length = (uint16_t)length;
    p->size = 0;
    p->sum = 0;
    p->state = TB_PN532_BODY;
    return TB_PN532_NOTHING;
}

static enum tb_pn532_event length_check(struct tb_pn532_parser *p, uint8_t byte)
{
    uint8_t length = p->head[0];
    if (length == 0x00 && byte == 0xff)
        return over(p, TB_PN532_ACK);
    if (length == 0xff && byte == 0x00)
        return over(p, TB_PN532_NACK);
    if (length == 0xff && byte == 0xff) {
        p->head_size = 0;
        p->state = TB_PN532_EXTENDED;
        return TB_PN532_NOTHING;
    }
    if ((uint8_t)(length + byte) != 0)
        return over(p, TB_PN532_BAD);
    return body_begin(p, length);
}

static enum tb_pn532_event extended(struct tb_pn532_parser *p, uint8_t byte)
{
    p->head[p->head_size++] = byte;
    if (p->head_size < sizeof p->head)
        return TB_PN532_NOTHING;
    if ((uint8_t)(p->head[0] + p->head[1] + p->head[2]) != 0)
        return over(p, TB_PN532_BAD);
    return body_begin(p, (unsigned)p->head[0] << 8 | p->head[1]);
}

static enum tb_pn532_event body(struct tb_pn532_parser *p, uint8_t byte, struct tb_span *ret_data)
{
    p->at[p->size++] = byte;
    p->sum = (uint8_t)(p->sum + byte);
    if (p->size <= p->length)
        return TB_PN532_NOTHING;
    if (p->sum != 0)
        return over(p, TB_PN532_BAD);
    if (p->length == 1 && p->at[0] == TFI_ERROR)
        return over(p, TB_PN532_ERROR);
    if (p->length < 2 || p->at[0] != TB_PN532_TFI_CHIP)
        return over(p, TB_PN532_BAD);
    *ret_data = tb_span_of(p->at + 1, p->length - 1u);
    return over(p, TB_PN532_ANSWER);
}

enum tb_pn532_event tb_pn532_parser_take(struct tb_pn532_parser *p, uint8_t byte, struct tb_span *ret_data)
{
    switch (p->state) {
    case TB_PN532_HUNT:
    case TB_PN532_START: hunt(p, byte); return TB_PN532_NOTHING;
    case TB_PN532_LENGTH:
        p->head[0] = byte;
        p->state = TB_PN532_LENGTH_CHECK;
        return TB_PN532_NOTHING;
    case TB_PN532_LENGTH_CHECK: return length_check(p, byte);
    case TB_PN532_EXTENDED: return extended(p, byte);
    case TB_PN532_BODY: return body(p, byte, ret_data);
    }
    return TB_PN532_NOTHING;
}

/* ---- out ---- */

static uint8_t sum_of(uint8_t sum, struct tb_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        sum = (uint8_t)(sum + bytes.at[i]);
    return sum;
}

size_t tb_pn532_frame_build(struct tb_span command, struct tb_span data, uint8_t ret_head[TB_PN532_HEAD_MAX],
                            uint8_t ret_tail[2])
{
    size_t length = 1 + command.size + data.size;
    TB_ASSERT(length <= TB_PN532_DATA_MAX && command.size <= TB_PN532_HEAD_MAX - 9);
    uint8_t *at = ret_head;
    *at++ = 0x00;
    *at++ = 0x00;
    *at++ = 0xff;
    if (length > LENGTH_MAX) {
        *at++ = 0xff;
        *at++ = 0xff;
        *at++ = (uint8_t)(length >> 8);
        *at++ = (uint8_t)length;
        *at++ = (uint8_t)-((length >> 8) + length);
    } else {
        *at++ = (uint8_t)length;
        *at++ = (uint8_t)-length;
    }
    *at++ = TB_PN532_TFI_HOST;
    memcpy(at, command.at, command.size);
    ret_tail[0] = (uint8_t)-sum_of(sum_of(TB_PN532_TFI_HOST, command), data);
    ret_tail[1] = 0x00;
    return (size_t)(at - ret_head) + command.size;
}
