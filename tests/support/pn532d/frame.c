#include "tests/support/pn532d/frame.h"

const uint8_t pn532_frame_ack[6] = {0x00, 0x00, 0xff, 0x00, 0xff, 0x00};
const uint8_t pn532_frame_nack[6] = {0x00, 0x00, 0xff, 0xff, 0x00, 0x00};
const uint8_t pn532_frame_error[8] = {0x00, 0x00, 0xff, 0x01, 0xff, 0x7f, 0x81, 0x00};

static enum pn532_event restart(struct pn532_parser *p, enum pn532_event event)
{
    p->state = PN532_HUNT;
    return event;
}

static enum pn532_event hunt(struct pn532_parser *p, uint8_t byte)
{
    if (p->state == PN532_START && byte == 0xff) {
        p->state = PN532_LENGTH;
        return PN532_EVENT_NONE;
    }
    p->state = byte == 0x00 ? PN532_START : PN532_HUNT;
    return byte == 0x55 ? PN532_EVENT_WAKE : PN532_EVENT_NONE;
}

static enum pn532_event body_begin(struct pn532_parser *p, size_t length)
{
    if (length < 2 || length > PN532_DATA_MAX)
        return restart(p, PN532_EVENT_BAD);
    p->length = length;
    p->size = 0;
    p->state = PN532_BODY;
    return PN532_EVENT_NONE;
}

static enum pn532_event length_check(struct pn532_parser *p, uint8_t byte)
{
    uint8_t length = p->head[0];
    if (length == 0x00 && byte == 0xff)
        return restart(p, PN532_EVENT_ACK);
    if (length == 0xff && byte == 0x00)
        return restart(p, PN532_EVENT_NACK);
    if (length == 0xff && byte == 0xff) {
        p->head_size = 0;
        p->state = PN532_EXTENDED;
        return PN532_EVENT_NONE;
    }
    if ((uint8_t)(length + byte) != 0)
        return restart(p, PN532_EVENT_BAD);
    return body_begin(p, length);
}

static enum pn532_event extended(struct pn532_parser *p, uint8_t byte)
{
    p->head[p->head_size++] = byte;
    if (p->head_size < 3)
        return PN532_EVENT_NONE;
    if ((uint8_t)(p->head[0] + p->head[1] + p->head[2]) != 0)
        return restart(p, PN532_EVENT_BAD);
    return body_begin(p, (size_t)p->head[0] << 8 | p->head[1]);
}

static enum pn532_event body(struct pn532_parser *p, uint8_t byte, struct tb_span *ret_data)
{
    p->body[p->size++] = byte;
    if (p->size <= p->length)
        return PN532_EVENT_NONE;
    uint8_t sum = 0;
    for (size_t i = 0; i < p->size; i++)
        sum = (uint8_t)(sum + p->body[i]);
    if (sum != 0 || p->body[0] != PN532_TFI_HOST)
        return restart(p, PN532_EVENT_BAD);
    *ret_data = tb_span_of(p->body + 1, p->length - 1);
    return restart(p, PN532_EVENT_COMMAND);
}

enum pn532_event pn532_parser_take(struct pn532_parser *p, uint8_t byte, struct tb_span *ret_data)
{
    switch (p->state) {
    case PN532_HUNT:
    case PN532_START: return hunt(p, byte);
    case PN532_LENGTH:
        p->head[0] = byte;
        p->state = PN532_LENGTH_CHECK;
        return PN532_EVENT_NONE;
    case PN532_LENGTH_CHECK: return length_check(p, byte);
    case PN532_EXTENDED: return extended(p, byte);
    case PN532_BODY: return body(p, byte, ret_data);
    }
    return PN532_EVENT_NONE;
}

static uint8_t checksum(uint8_t sum, struct tb_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        sum = (uint8_t)(sum + bytes.at[i]);
    return (uint8_t)-sum;
}

void pn532_frame_build(struct tb_buf *b, struct tb_span data)
{
    size_t length = data.size + 1;
    tb_buf_add(b, tb_span_of("\x00\x00\xff", 3));
    if (length < 0xff) {
        tb_buf_add_u8(b, (uint8_t)length);
        tb_buf_add_u8(b, (uint8_t)-length);
    } else {
        uint8_t high = (uint8_t)(length >> 8);
        uint8_t low = (uint8_t)length;
        const uint8_t head[] = {0xff, 0xff, high, low, (uint8_t)-(high + low)};
        tb_buf_add(b, tb_span_of(head, sizeof head));
    }
    tb_buf_add_u8(b, PN532_TFI_CHIP);
    tb_buf_add(b, data);
    tb_buf_add_u8(b, checksum(PN532_TFI_CHIP, data));
    tb_buf_add_u8(b, 0x00);
}
