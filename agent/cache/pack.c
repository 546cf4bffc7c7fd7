#include "agent/cache/pack.h"

#include "core/base/id.h"

#define MARKER 0x01

static bool is_lower_hex(struct tb_span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!(text.at[i] >= '0' && text.at[i] <= '9') && !(text.at[i] >= 'a' && text.at[i] <= 'f'))
            return false;
    return true;
}

void tb_pack_json(struct tb_span json, struct tb_buf *ret_packed)
{
    while (json.size > 0) {
        struct tb_span digits = tb_span_sub(json, 0, 2 * TB_ID_SIZE);
        struct tb_id id;
        bool is_id =
            digits.size == 2 * TB_ID_SIZE && is_lower_hex(digits) && tb_id_decode(digits, &id) == TB_OK;
        tb_buf_add_u8(ret_packed, is_id ? MARKER : json.at[0]);
        if (is_id)
            tb_buf_add(ret_packed, tb_id_span(&id));
        json = tb_span_sub(json, is_id ? digits.size : 1, json.size);
    }
}

enum tb_err tb_unpack_json(struct tb_span packed, struct tb_buf *ret_json)
{
    struct tb_reader from = tb_reader_of(packed);
    while (from.rest.size > 0) {
        uint8_t byte = tb_read_u8(&from);
        if (byte == MARKER)
            tb_buf_add_hex(ret_json, tb_read_bytes(&from, TB_ID_SIZE));
        else
            tb_buf_add_u8(ret_json, byte);
        if (from.err)
            return from.err;
    }
    return ret_json->err;
}
