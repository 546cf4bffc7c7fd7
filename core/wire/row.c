#include "core/wire/row.h"

#include "core/base/text.h"
#include "core/wire/member.h"

const char *const tb_row_type_names[TB_ROW_TYPE_COUNT] = {
    [TB_ROW_CUSTOMER] = "customer", [TB_ROW_CREDENTIAL] = "credential",
    [TB_ROW_CART] = "cart",         [TB_ROW_JOURNEY] = "journey",
    [TB_ROW_PRODUCT] = "product",   [TB_ROW_TERMINAL] = "terminal",
    [TB_ROW_POLICY] = "policy",     [TB_ROW_KEY] = "key",
    [TB_ROW_ERASURE] = "erasure",   [TB_ROW_HANDOVER] = "handover",
    [TB_ROW_REWARD] = "reward",     [TB_ROW_OPERATOR] = "operator",
};

const char *const tb_row_op_names[TB_ROW_OP_COUNT] = {
    [TB_ROW_PUT] = "put",
    [TB_ROW_DROP] = "drop",
    [TB_ROW_EVICT] = "evict",
};

enum { CREDENTIAL_ID_SIZE = 32 };

static enum tb_row_type type_decode(struct tb_check *c, struct tb_json o)
{
    struct tb_span text = tb_json_text(c, o, "type", TB_SHORT_SIZE_MAX);
    for (unsigned type = 1; type < TB_ROW_TYPE_COUNT; type++)
        if (tb_span_is(text, tb_row_type_names[type]))
            return (enum tb_row_type)type;
    return TB_ROW_NONE;
}

static bool is_hex(struct tb_span text, size_t byte_count)
{
    uint8_t bytes[CREDENTIAL_ID_SIZE];
    if (tb_hex_decode(text, bytes, byte_count) != TB_OK)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] >= 'A' && text.at[i] <= 'F')
            return false; /* one object, one id: upper case would be a second one */
    return true;
}

static bool is_id_of(enum tb_row_type type, struct tb_span id)
{
    switch (type) {
    case TB_ROW_CUSTOMER:
    case TB_ROW_CART:
    case TB_ROW_ERASURE:
    case TB_ROW_HANDOVER:
    case TB_ROW_JOURNEY: return is_hex(id, TB_ID_SIZE);
    case TB_ROW_CREDENTIAL: return is_hex(id, CREDENTIAL_ID_SIZE);
    case TB_ROW_PRODUCT: return id.size == TB_GTIN_SIZE && tb_text_is_digits(id);
    case TB_ROW_TERMINAL:
    case TB_ROW_POLICY:
    case TB_ROW_KEY:
    case TB_ROW_REWARD:
    case TB_ROW_OPERATOR:
    case TB_ROW_NONE:
    case TB_ROW_TYPE_COUNT: break;
    }
    return tb_member_is_token(id) && (type != TB_ROW_OPERATOR || id.size <= TB_SHORT_SIZE_MAX);
}

/* A cart may be nobody's, and be handed over. */
static bool is_of_a_customer(enum tb_row_type type)
{
    return type == TB_ROW_CUSTOMER || type == TB_ROW_CREDENTIAL || type == TB_ROW_JOURNEY ||
           type == TB_ROW_ERASURE || type == TB_ROW_REWARD;
}

static void doc_decode(struct tb_check *c, struct tb_json object, struct tb_row *row)
{
    if (row->op != TB_ROW_PUT)
        return;
    (void)tb_json_object(c, object, "doc");
    if (c->err != TB_OK)
        return;
    row->doc = tb_json_raw(object, "doc");
    if (row->doc.size > TB_ROW_DOC_SIZE_MAX)
        tb_check_fail(c, TB_ERR_TOO_LONG, "doc");
}

void tb_row_decode(struct tb_check *c, struct tb_json object, struct tb_row *ret_row)
{
    *ret_row = (struct tb_row){.doc = tb_span_of("", 0)};
    enum tb_row_type type = type_decode(c, object);
    if (type == TB_ROW_NONE)
        return;
    tb_json_str(c, object, "id", ret_row->id, sizeof ret_row->id);
    if (c->err == TB_OK && !is_id_of(type, tb_span_str(ret_row->id)))
        tb_check_fail(c, TB_ERR_SYNTAX, "id");
    ret_row->version = tb_member_version(c, object, "version");
    ret_row->as_of_ms = tb_member_time(c, object, "as_of");
    ret_row->op = (enum tb_row_op)tb_json_enum(c, object, "op", tb_row_op_names, TB_ROW_OP_COUNT);
    ret_row->customer =
        is_of_a_customer(type) ? tb_json_id(c, object, "customer") : tb_member_opt_id(c, object, "customer");
    doc_decode(c, object, ret_row);
    if (c->err == TB_OK)
        ret_row->type = type;
}

void tb_row_encode(struct tb_json_writer *w, const char *name, const struct tb_row *row)
{
    tb_json_open(w, name);
    tb_json_put_str(w, "type", tb_row_type_names[row->type]);
    tb_json_put_str(w, "id", row->id);
    tb_json_put_int(w, "version", row->version);
    tb_json_put_int(w, "as_of", row->as_of_ms);
    tb_json_put_str(w, "op", tb_row_op_names[row->op]);
    tb_member_put_opt_id(w, "customer", &row->customer);
    if (row->op == TB_ROW_PUT)
        tb_json_put_raw(w, "doc", row->doc);
    tb_json_close(w);
}

void tb_rows_decode(struct tb_check *c, struct tb_json object, const char *name, struct tb_arena *arena,
                    struct tb_rows *ret_rows)
{
    *ret_rows = (struct tb_rows){NULL, 0};
    struct tb_json array = tb_json_array(c, object, name, TB_ROW_BATCH_MAX);
    size_t count = tb_json_count(array);
    if (c->err != TB_OK || count == 0)
        return;
    struct tb_row *rows = tb_arena_take(arena, count * sizeof *rows);
    if (!rows) {
        tb_check_fail(c, TB_ERR_NO_MEMORY, name);
        return;
    }
    size_t known = 0;
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each)) {
        tb_row_decode(c, each.value, &rows[known]);
        if (rows[known].type != TB_ROW_NONE)
            known++;
    }
    if (c->err == TB_OK)
        *ret_rows = (struct tb_rows){rows, known};
}

void tb_rows_encode(struct tb_json_writer *w, const char *name, const struct tb_rows *rows)
{
    tb_json_open_array(w, name);
    for (size_t i = 0; i < rows->count; i++)
        tb_row_encode(w, NULL, &rows->at[i]);
    tb_json_close_array(w);
}

enum tb_err tb_row_object(const struct tb_row *row, struct tb_id *ret_id)
{
    switch (row->type) {
    case TB_ROW_CUSTOMER:
    case TB_ROW_CART:
    case TB_ROW_ERASURE:
    case TB_ROW_HANDOVER:
    case TB_ROW_JOURNEY: break;
    case TB_ROW_CREDENTIAL:
    case TB_ROW_PRODUCT:
    case TB_ROW_TERMINAL:
    case TB_ROW_POLICY:
    case TB_ROW_KEY:
    case TB_ROW_REWARD:
    case TB_ROW_OPERATOR:
    case TB_ROW_NONE:
    case TB_ROW_TYPE_COUNT: return TB_ERR_TYPE;
    }
    return tb_id_decode(tb_span_str(row->id), ret_id);
}
