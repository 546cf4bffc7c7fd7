#include "core/base/id.h"

bool tb_id_is_zero(const struct tb_id *id)
{
    static const struct tb_id zero;
    return tb_id_equal(id, &zero);
}

enum tb_err tb_id_decode(struct tb_span hex, struct tb_id *ret_id)
{
    return tb_hex_decode(hex, ret_id->bytes, TB_ID_SIZE);
}

void tb_id_encode(const struct tb_id *id, char ret_text[TB_ID_TEXT_SIZE])
{
    struct tb_buf text = tb_buf_of(ret_text, TB_ID_TEXT_SIZE);
    tb_buf_add_hex(&text, tb_id_span(id));
    tb_buf_add_u8(&text, 0);
}
