#include "core/credential/tlv.h"

enum {
    TAG_LONG = 0x1f, /* low five bits: another byte follows */
    TAG_MORE = 0x80, /* in that byte: and another one */
    LENGTH_LONG = 0x80,
    LENGTH_1 = 0x81,
    LENGTH_2 = 0x82,
};

static enum tb_err length_read(struct tb_reader *r, size_t *ret_size)
{
    uint8_t first = tb_read_u8(r);
    if (first < LENGTH_LONG)
        *ret_size = first;
    else if (first == LENGTH_1)
        *ret_size = tb_read_u8(r);
    else if (first == LENGTH_2)
        *ret_size = tb_read_u16be(r);
    else
        return TB_ERR_UNSUPPORTED;
    return r->err;
}

enum tb_err tb_tlv_next(struct tb_reader *r, struct tb_tlv *ret_tlv)
{
    if (r->err != TB_OK)
        return r->err;
    if (r->rest.size == 0)
        return TB_ERR_NOT_FOUND;
    uint16_t tag = tb_read_u8(r);
    if ((tag & TAG_LONG) == TAG_LONG) {
        uint8_t second = tb_read_u8(r);
        if (second & TAG_MORE)
            return TB_ERR_UNSUPPORTED;
        tag = (uint16_t)(tag << 8 | second);
    }
    size_t size = 0;
    enum tb_err err = length_read(r, &size);
    if (err != TB_OK)
        return err;
    *ret_tlv = (struct tb_tlv){.tag = tag, .value = tb_read_bytes(r, size)};
    return r->err;
}

enum tb_err tb_tlv_find(struct tb_span objects, uint16_t tag, struct tb_span *ret_value)
{
    struct tb_reader r = tb_reader_of(objects);
    struct tb_tlv tlv;
    bool found = false;
    enum tb_err err;
    while ((err = tb_tlv_next(&r, &tlv)) == TB_OK) {
        if (tlv.tag != tag)
            continue;
        if (found)
            return TB_ERR_DUPLICATE_KEY;
        *ret_value = tlv.value;
        found = true;
    }
    return err == TB_ERR_NOT_FOUND && found ? TB_OK : err;
}

void tb_tlv_add(struct tb_buf *to, uint16_t tag, struct tb_span value)
{
    if (tag > UINT8_MAX)
        tb_buf_add_u16be(to, tag);
    else
        tb_buf_add_u8(to, (uint8_t)tag);
    if (value.size >= LENGTH_LONG)
        tb_buf_add_u8(to, LENGTH_1);
    if (value.size > UINT8_MAX)
        to->err = TB_ERR_TOO_LONG;
    tb_buf_add_u8(to, (uint8_t)value.size);
    tb_buf_add(to, value);
}
