#include "core/base/buf.h"

/* Where size more bytes go; NULL when there is no room, or was none before. */
static uint8_t *room_take(struct tb_buf *b, size_t size)
{
    if (b->err != TB_OK)
        return NULL;
    if (size > b->size_max - b->size) {
        b->err = TB_ERR_TOO_LONG;
        return NULL;
    }
    uint8_t *room = b->at + b->size;
    b->size += size;
    return room;
}

void tb_buf_add(struct tb_buf *b, struct tb_span bytes)
{
    uint8_t *room = bytes.size ? room_take(b, bytes.size) : NULL;
    if (room)
        memcpy(room, bytes.at, bytes.size);
}

void tb_buf_add_str(struct tb_buf *b, const char *text)
{
    tb_buf_add(b, tb_span_str(text));
}

static void add_be(struct tb_buf *b, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    tb_buf_add(b, tb_span_of(bytes, size));
}

void tb_buf_add_u8(struct tb_buf *b, uint8_t value)
{
    uint8_t *room = room_take(b, 1);
    if (room)
        *room = value;
}

void tb_buf_add_u16be(struct tb_buf *b, uint16_t value)
{
    add_be(b, value, 2);
}

void tb_buf_add_u32be(struct tb_buf *b, uint32_t value)
{
    add_be(b, value, 4);
}

void tb_buf_add_u64be(struct tb_buf *b, uint64_t value)
{
    add_be(b, value, 8);
}

void tb_buf_add_decimal(struct tb_buf *b, int64_t value)
{
    char digits[20];
    size_t first = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--first] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        tb_buf_add_str(b, "-");
    tb_buf_add(b, tb_span_of(digits + first, sizeof digits - first));
}

void tb_buf_add_hex(struct tb_buf *b, struct tb_span bytes)
{
    static const char digit[] = "0123456789abcdef";
    uint8_t *room = room_take(b, 2 * bytes.size);
    for (size_t i = 0; room && i < bytes.size; i++) {
        room[2 * i] = (uint8_t)digit[bytes.at[i] >> 4];
        room[2 * i + 1] = (uint8_t)digit[bytes.at[i] & 15];
    }
}
