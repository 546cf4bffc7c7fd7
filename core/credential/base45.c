#include "core/credential/base45.h"

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

enum { BASE = 45 };

void tb_base45_add(struct tb_buf *b, struct tb_span bytes)
{
    for (size_t i = 0; i < bytes.size; i += 2) {
        bool pair = i + 1 < bytes.size;
        unsigned value = pair ? (unsigned)bytes.at[i] << 8 | bytes.at[i + 1] : bytes.at[i];
        tb_buf_add_u8(b, (uint8_t)alphabet[value % BASE]);
        tb_buf_add_u8(b, (uint8_t)alphabet[value / BASE % BASE]);
        if (pair)
            tb_buf_add_u8(b, (uint8_t)alphabet[value / BASE / BASE]);
    }
}

/* The value of a group, its first character the lowest; false when a character is none. */
static bool group_value(struct tb_span group, unsigned *ret_value)
{
    unsigned value = 0;
    for (size_t i = group.size; i-- > 0;) {
        const char *at = group.at[i] ? strchr(alphabet, group.at[i]) : NULL;
        if (at == NULL)
            return false;
        value = value * BASE + (unsigned)(at - alphabet);
    }
    *ret_value = value;
    return true;
}

enum tb_err tb_base45_decode(struct tb_span text, struct tb_buf *ret_bytes)
{
    while (text.size) {
        struct tb_span group = tb_span_sub(text, 0, 3);
        unsigned value = 0;
        if (group.size == 1 || !group_value(group, &value))
            return TB_ERR_SYNTAX;
        if (value > (group.size == 3 ? UINT16_MAX : UINT8_MAX))
            return TB_ERR_SYNTAX;
        if (group.size == 3)
            tb_buf_add_u8(ret_bytes, (uint8_t)(value >> 8));
        tb_buf_add_u8(ret_bytes, (uint8_t)value);
        text = tb_span_sub(text, group.size, SIZE_MAX);
    }
    return ret_bytes->err;
}
