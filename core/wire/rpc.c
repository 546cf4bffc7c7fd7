#include "core/wire/rpc.h"

static bool is_version_2(struct tb_check *c, struct tb_json root)
{
    struct tb_span version = tb_json_text(c, root, "jsonrpc", 8);
    if (c->err == TB_OK && !tb_span_is(version, "2.0"))
        tb_check_fail(c, TB_ERR_RANGE, "jsonrpc");
    return c->err == TB_OK;
}

static void parse_call(struct tb_check *c, struct tb_json root, bool has_id, struct tb_rpc *rpc)
{
    rpc->kind = has_id ? TB_RPC_REQUEST : TB_RPC_NOTIFICATION;
    rpc->method = tb_json_text(c, root, "method", TB_RPC_METHOD_SIZE_MAX);
    if (tb_json_has(root, "params"))
        rpc->params = tb_json_object(c, root, "params");
}

static void parse_error(struct tb_check *c, struct tb_json root, struct tb_rpc *rpc)
{
    rpc->kind = TB_RPC_ERROR;
    struct tb_json error = tb_json_object(c, root, "error");
    rpc->number = tb_json_int(c, error, "code", INT32_MIN, INT32_MAX);
    rpc->text = tb_json_text(c, error, "message", TB_RPC_TEXT_SIZE_MAX);
    struct tb_json data = tb_json_member(error, "data");
    if (c->err == TB_OK && tb_json_type(data) == TB_JSON_OBJECT && tb_json_has(data, "code"))
        rpc->code = tb_json_text(c, data, "code", TB_RPC_CODE_SIZE_MAX);
}

static void parse_body(struct tb_check *c, struct tb_json root, bool has_id, struct tb_rpc *rpc)
{
    bool has_method = tb_json_has(root, "method");
    bool has_result = tb_json_has(root, "result");
    bool has_error = tb_json_has(root, "error");
    if (has_method + has_result + has_error != 1) {
        tb_check_fail(c, has_method ? TB_ERR_CONFLICT : TB_ERR_MISSING, "method");
    } else if (has_method) {
        parse_call(c, root, has_id, rpc);
    } else if (has_result) {
        rpc->kind = TB_RPC_RESULT;
        rpc->result = tb_json_object(c, root, "result");
        if (!has_id)
            tb_check_fail(c, TB_ERR_MISSING, "id");
    } else {
        parse_error(c, root, rpc);
    }
}

enum tb_err tb_rpc_parse(struct tb_span text, size_t size_max, struct tb_arena *arena, struct tb_check *c,
                         struct tb_rpc *ret_rpc)
{
    *ret_rpc = (struct tb_rpc){.kind = TB_RPC_NOTIFICATION, .id = TB_RPC_NO_ID};
    struct tb_json root;
    enum tb_err err = tb_json_parse(text, size_max, arena, &root);
    if (err == TB_OK && tb_json_type(root) != TB_JSON_OBJECT)
        err = TB_ERR_TYPE;
    if (err != TB_OK) {
        tb_check_fail(c, err, "message");
        return c->err;
    }
    bool has_id = tb_json_has(root, "id");
    if (has_id) {
        int64_t id = tb_json_int(c, root, "id", 0, TB_RPC_ID_MAX);
        if (c->err == TB_OK)
            ret_rpc->id = id;
    }
    if (is_version_2(c, root))
        parse_body(c, root, has_id, ret_rpc);
    return c->err;
}

static struct tb_json_writer begin(struct tb_buf *to, int64_t id)
{
    struct tb_json_writer w = tb_json_writer_of(to);
    tb_json_open(&w, NULL);
    tb_json_put_str(&w, "jsonrpc", "2.0");
    if (id != TB_RPC_NO_ID)
        tb_json_put_int(&w, "id", id);
    return w;
}

struct tb_json_writer tb_rpc_begin_request(struct tb_buf *to, int64_t id, const char *method)
{
    struct tb_json_writer w = begin(to, id);
    tb_json_put_str(&w, "method", method);
    tb_json_open(&w, "params");
    return w;
}

struct tb_json_writer tb_rpc_begin_notification(struct tb_buf *to, const char *method)
{
    return tb_rpc_begin_request(to, TB_RPC_NO_ID, method);
}

struct tb_json_writer tb_rpc_begin_result(struct tb_buf *to, int64_t id)
{
    struct tb_json_writer w = begin(to, id);
    tb_json_open(&w, "result");
    return w;
}

void tb_rpc_end(struct tb_json_writer *w)
{
    tb_json_close(w);
    tb_json_close(w);
}

struct tb_json_writer tb_rpc_begin_error(struct tb_buf *to, int64_t id, enum tb_rpc_number number,
                                         const char *code, const char *text)
{
    struct tb_json_writer w = begin(to, id);
    if (id == TB_RPC_NO_ID)
        tb_json_put_null(&w, "id");
    tb_json_open(&w, "error");
    tb_json_put_int(&w, "code", number);
    tb_json_put_str(&w, "message", text);
    tb_json_open(&w, "data");
    tb_json_put_str(&w, "code", code);
    return w;
}

void tb_rpc_end_error(struct tb_json_writer *w)
{
    tb_json_close(w);
    tb_rpc_end(w);
}

void tb_rpc_put_error(struct tb_buf *to, int64_t id, enum tb_rpc_number number, const char *code,
                      const char *text)
{
    struct tb_json_writer w = tb_rpc_begin_error(to, id, number, code, text);
    tb_rpc_end_error(&w);
}

enum tb_rpc_number tb_rpc_number_of(enum tb_err err)
{
    switch (err) {
    case TB_ERR_SYNTAX:
    case TB_ERR_UTF8:
    case TB_ERR_DEPTH:
    case TB_ERR_DUPLICATE_KEY:
    case TB_ERR_TRUNCATED: return TB_RPC_PARSE_ERROR;
    case TB_ERR_DENIED:
    case TB_ERR_CUSTOMER_LIMIT:
    case TB_ERR_FIND_LIMIT:
    case TB_ERR_OPERATOR: return TB_RPC_DENIED;
    case TB_ERR_UNSUPPORTED: return TB_RPC_UNSUPPORTED;
    default: break;
    }
    switch (tb_err_class(err)) {
    case TB_CLASS_INPUT: return TB_RPC_INVALID_PARAMS;
    case TB_CLASS_REFUSED:
    case TB_CLASS_RETRY: return TB_RPC_REFUSED;
    case TB_CLASS_OK:
    case TB_CLASS_LOCAL:
    case TB_CLASS_CORRUPT: break;
    }
    return TB_RPC_INTERNAL;
}
