#include "core/base/text.h"

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum tb_err tb_hex_decode(struct tb_span hex, uint8_t *ret_bytes, size_t size)
{
    if (hex.size != 2 * size)
        return hex.size < 2 * size ? TB_ERR_TRUNCATED : TB_ERR_TOO_LONG;
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(hex.at[2 * i]);
        int low = hex_value(hex.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return TB_ERR_SYNTAX;
        ret_bytes[i] = (uint8_t)(high << 4 | low);
    }
    return TB_OK;
}

void tb_base64url_add(struct tb_buf *b, struct tb_span bytes)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t group = (uint32_t)bytes.at[i] << 16;
        if (left > 1)
            group |= (uint32_t)bytes.at[i + 1] << 8;
        if (left > 2)
            group |= bytes.at[i + 2];
        char text[4] = {digit[group >> 18], digit[group >> 12 & 63], digit[group >> 6 & 63],
                        digit[group & 63]};
        tb_buf_add(b, tb_span_of(text, left >= 3 ? 4 : left + 1));
    }
}

static int base64url_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-')
        return 62;
    if (c == '_')
        return 63;
    return -1;
}

enum tb_err tb_base64url_decode(struct tb_span text, struct tb_buf *ret_bytes)
{
    uint32_t group = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < text.size; i++) {
        int value = base64url_value(text.at[i]);
        if (value < 0)
            return TB_ERR_SYNTAX;
        group = group << 6 | (uint32_t)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            tb_buf_add_u8(ret_bytes, (uint8_t)(group >> bits));
            group &= (1U << bits) - 1;
        }
    }
    if (bits == 6 || group != 0)
        return TB_ERR_SYNTAX;
    return ret_bytes->err;
}

/* Length of the sequence that a lead byte opens, and the least code point it may encode. */
static size_t utf8_sequence(uint8_t lead, uint32_t *ret_bits, uint32_t *ret_min)
{
    if (lead < 0x80) {
        *ret_bits = lead;
        *ret_min = 0;
        return 1;
    }
    if (lead >= 0xc2 && lead < 0xe0) {
        *ret_bits = lead & 0x1fU;
        *ret_min = 0x80;
        return 2;
    }
    if (lead >= 0xe0 && lead < 0xf0) {
        *ret_bits = lead & 0x0fU;
        *ret_min = 0x800;
        return 3;
    }
    if (lead >= 0xf0 && lead < 0xf5) {
        *ret_bits = lead & 0x07U;
        *ret_min = 0x10000;
        return 4;
    }
    return 0;
}

bool tb_utf8_valid(struct tb_span text)
{
    size_t i = 0;
    while (i < text.size) {
        uint32_t point = 0;
        uint32_t min = 0;
        size_t size = utf8_sequence(text.at[i], &point, &min);
        if (size == 0 || size > text.size - i)
            return false;
        for (size_t k = 1; k < size; k++) {
            if ((text.at[i + k] & 0xc0) != 0x80)
                return false;
            point = point << 6 | (text.at[i + k] & 0x3fU);
        }
        if (point < min || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
            return false;
        i += size;
    }
    return true;
}

size_t tb_text_control(struct tb_span text, size_t i)
{
    const uint8_t *at = text.at + i;
    const size_t size = text.size - i;
    if (at[0] < 0x20 || at[0] == 0x7f)
        return 1;
    if (size >= 2 && at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
        return 2;
    if (size < 3 || at[0] != 0xe2)
        return 0;
    bool turns = (at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae) ||
                 (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9);
    return turns ? 3 : 0;
}

enum tb_err tb_decimal_decode(struct tb_span text, uint64_t max, uint64_t *ret_value)
{
    if (!tb_text_is_digits(text))
        return TB_ERR_SYNTAX;
    uint64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint64_t digit = (uint64_t)(text.at[i] - '0');
        if (digit > max || value > (max - digit) / 10)
            return TB_ERR_RANGE;
        value = value * 10 + digit;
    }
    *ret_value = value;
    return TB_OK;
}

bool tb_text_is_digits(struct tb_span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return text.size > 0;
}
