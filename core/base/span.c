#include "core/base/span.h"

struct tb_span tb_span_cut(struct tb_span *rest, uint8_t separator)
{
    const uint8_t *end = rest->size ? memchr(rest->at, separator, rest->size) : NULL;
    size_t size = end ? (size_t)(end - rest->at) : rest->size;
    struct tb_span part = tb_span_sub(*rest, 0, size);
    *rest = tb_span_sub(*rest, end ? size + 1 : size, SIZE_MAX);
    return part;
}

enum tb_err tb_span_to_str(struct tb_span a, char *ret_text, size_t size_max)
{
    if (size_max == 0)
        return TB_ERR_TOO_LONG;
    if (a.size >= size_max) {
        ret_text[0] = '\0';
        return TB_ERR_TOO_LONG;
    }
    if (a.size)
        memcpy(ret_text, a.at, a.size);
    ret_text[a.size] = '\0';
    return TB_OK;
}

bool tb_span_equal_secret(struct tb_span a, struct tb_span b)
{
    if (a.size != b.size)
        return false;
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < a.size; i++)
        difference |= (uint8_t)(a.at[i] ^ b.at[i]);
    return difference == 0;
}

struct tb_span tb_read_bytes(struct tb_reader *r, size_t size)
{
    if (r->err != TB_OK || size > r->rest.size) {
        if (r->err == TB_OK)
            r->err = TB_ERR_TRUNCATED;
        return tb_span_of(NULL, 0);
    }
    struct tb_span taken = tb_span_of(r->rest.at, size);
    r->rest = tb_span_sub(r->rest, size, SIZE_MAX);
    return taken;
}

static uint64_t read_be(struct tb_reader *r, size_t size)
{
    struct tb_span bytes = tb_read_bytes(r, size);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size; i++)
        value = value << 8 | bytes.at[i];
    return value;
}

uint8_t tb_read_u8(struct tb_reader *r)
{
    return (uint8_t)read_be(r, 1);
}

uint16_t tb_read_u16be(struct tb_reader *r)
{
    return (uint16_t)read_be(r, 2);
}

uint32_t tb_read_u32be(struct tb_reader *r)
{
    return (uint32_t)read_be(r, 4);
}

uint64_t tb_read_u64be(struct tb_reader *r)
{
    return read_be(r, 8);
}
