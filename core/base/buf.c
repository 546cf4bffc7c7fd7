#include "core/base/buf.h"

void tb_buf_add(struct tb_buf *b, struct tb_span bytes)
{
    if (b->err != TB_OK)
        return;
    if (bytes.size > b->size_max - b->size) {
        b->err = TB_ERR_TOO_LONG;
        return;
    }
    if (bytes.size)
        memcpy(b->at + b->size, bytes.at, bytes.size);
    b->size += bytes.size;
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
    add_be(b, value, 1);
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
    for (size_t i = 0; i < bytes.size; i++) {
        char pair[2] = {digit[bytes.at[i] >> 4], digit[bytes.at[i] & 15]};
        tb_buf_add(b, tb_span_of(pair, sizeof pair));
    }
}
