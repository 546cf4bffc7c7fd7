#include "core/credential/cbor.h"

#include "core/base/text.h"

enum { INFO_BITS = 5, INFO_MASK = 0x1f, INFO_U8 = 24, INFO_U16 = 25, INFO_U32 = 26, INFO_U64 = 27 };

static const uint64_t shortest_from[] = {24, UINT64_C(1) << 8, UINT64_C(1) << 16, UINT64_C(1) << 32};

/* The argument behind the first byte, section 3. Floats have bits there, for which no form is shorter. */
static enum tb_err argument_take(struct tb_reader *r, uint8_t info, bool number, uint64_t *ret_value)
{
    *ret_value = info;
    if (info < INFO_U8)
        return TB_OK;
    switch (info) {
    case INFO_U8: *ret_value = tb_read_u8(r); break;
    case INFO_U16: *ret_value = tb_read_u16be(r); break;
    case INFO_U32: *ret_value = tb_read_u32be(r); break;
    case INFO_U64: *ret_value = tb_read_u64be(r); break;
    case INFO_MASK: return TB_ERR_UNSUPPORTED;
    default: return TB_ERR_SYNTAX;
    }
    if (r->err != TB_OK)
        return r->err;
    return number && *ret_value < shortest_from[info - INFO_U8] ? TB_ERR_SYNTAX : TB_OK;
}

/* How many items at least stand behind a head: no count is believed that the bytes cannot hold. */
static uint64_t children_of(const struct tb_cbor *item)
{
    switch (item->type) {
    case TB_CBOR_ARRAY: return item->value;
    case TB_CBOR_MAP: return item->value > UINT64_MAX / 2 ? UINT64_MAX : 2 * item->value;
    case TB_CBOR_TAG: return 1;
    case TB_CBOR_UINT:
    case TB_CBOR_NEGATIVE:
    case TB_CBOR_BYTES:
    case TB_CBOR_TEXT:
    case TB_CBOR_SIMPLE: return 0;
    }
    return 0;
}

enum tb_err tb_cbor_take(struct tb_span *rest, struct tb_cbor *ret_item)
{
    struct tb_reader r = tb_reader_of(*rest);
    uint8_t head = tb_read_u8(&r);
    if (r.err != TB_OK)
        return r.err;
    struct tb_cbor item = {.type = (enum tb_cbor_type)(head >> INFO_BITS)};
    enum tb_err err = argument_take(&r, head & INFO_MASK, item.type != TB_CBOR_SIMPLE, &item.value);
    if (err != TB_OK)
        return err;
    if (item.type == TB_CBOR_BYTES || item.type == TB_CBOR_TEXT) {
        if (item.value > r.rest.size)
            return TB_ERR_TRUNCATED;
        item.bytes = tb_read_bytes(&r, (size_t)item.value);
    }
    if (children_of(&item) > r.rest.size)
        return TB_ERR_TRUNCATED;
    if (item.type == TB_CBOR_TEXT && !tb_utf8_valid(item.bytes))
        return TB_ERR_UTF8;
    *rest = r.rest;
    *ret_item = item;
    return TB_OK;
}

enum tb_err tb_cbor_skip(struct tb_span *rest)
{
    uint64_t left[TB_CBOR_DEPTH_MAX] = {1}; /* items still to be taken at each level */
    size_t depth = 1;
    while (depth > 0) {
        struct tb_cbor item;
        if (left[depth - 1] == 0) {
            depth--;
            continue;
        }
        left[depth - 1]--;
        enum tb_err err = tb_cbor_take(rest, &item);
        if (err != TB_OK)
            return err;
        uint64_t children = children_of(&item);
        if (children == 0)
            continue;
        if (depth == TB_CBOR_DEPTH_MAX)
            return TB_ERR_DEPTH;
        left[depth++] = children;
    }
    return TB_OK;
}

enum tb_err tb_cbor_take_type(struct tb_span *rest, enum tb_cbor_type type, struct tb_cbor *ret_item)
{
    struct tb_span at = *rest;
    enum tb_err err = tb_cbor_take(&at, ret_item);
    if (err == TB_OK && ret_item->type != type)
        err = TB_ERR_TYPE;
    if (err == TB_OK)
        *rest = at;
    return err;
}

void tb_cbor_add(struct tb_buf *b, enum tb_cbor_type type, uint64_t value)
{
    uint8_t major = (uint8_t)(type << INFO_BITS);
    if (value < INFO_U8) {
        tb_buf_add_u8(b, (uint8_t)(major | value));
    } else if (value <= UINT8_MAX) {
        tb_buf_add_u8(b, major | INFO_U8);
        tb_buf_add_u8(b, (uint8_t)value);
    } else if (value <= UINT16_MAX) {
        tb_buf_add_u8(b, major | INFO_U16);
        tb_buf_add_u16be(b, (uint16_t)value);
    } else if (value <= UINT32_MAX) {
        tb_buf_add_u8(b, major | INFO_U32);
        tb_buf_add_u32be(b, (uint32_t)value);
    } else {
        tb_buf_add_u8(b, major | INFO_U64);
        tb_buf_add_u64be(b, value);
    }
}

void tb_cbor_add_bytes(struct tb_buf *b, struct tb_span bytes)
{
    tb_cbor_add(b, TB_CBOR_BYTES, bytes.size);
    tb_buf_add(b, bytes);
}

void tb_cbor_add_text(struct tb_buf *b, struct tb_span text)
{
    tb_cbor_add(b, TB_CBOR_TEXT, text.size);
    tb_buf_add(b, text);
}
