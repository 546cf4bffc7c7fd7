#include "core/wire/rpc.h"
#include "tests/unit/wire/wire_test.h"

static struct tb_rpc receive(const char *text, enum tb_err expected)
{
    struct tb_rpc rpc;
    t.arena = tb_arena_of(t.room, sizeof t.room);
    t.check = (struct tb_check){.err = TB_OK};
    assert_int_equal(tb_rpc_parse(tb_span_str(text), 0, &t.arena, &t.check, &rpc), expected);
    assert_int_equal(t.check.err, expected);
    return rpc;
}

static struct tb_rpc receive_buf(struct tb_buf *text)
{
    assert_int_equal(text->err, TB_OK);
    tb_buf_add_u8(text, 0);
    return receive((const char *)text->at, TB_OK);
}

static void test_request(void **state)
{
    (void)state;
    struct tb_buf text = tb_buf_of(t.text_room, sizeof t.text_room);
    struct tb_json_writer w = tb_rpc_begin_request(&text, 7, "feed.open");
    tb_json_put_str(&w, "scope", "device");
    tb_rpc_end(&w);
    assert_true(tb_span_is(
        tb_buf_span(&text),
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"feed.open\",\"params\":{\"scope\":\"device\"}}"));
    struct tb_rpc rpc = receive_buf(&text);
    assert_int_equal(rpc.kind, TB_RPC_REQUEST);
    assert_true(rpc.id == 7);
    assert_true(tb_span_is(rpc.method, "feed.open"));
    assert_true(tb_span_is(tb_json_text(&t.check, rpc.params, "scope", 9), "device"));
}

static void test_notification(void **state)
{
    (void)state;
    struct tb_buf text = tb_buf_of(t.text_room, sizeof t.text_room);
    struct tb_json_writer w = tb_rpc_begin_notification(&text, "reading_end");
    tb_rpc_end(&w);
    struct tb_rpc rpc = receive_buf(&text);
    assert_int_equal(rpc.kind, TB_RPC_NOTIFICATION);
    assert_true(rpc.id == TB_RPC_NO_ID);
    assert_true(tb_json_exists(rpc.params));
    rpc = receive("{\"jsonrpc\":\"2.0\",\"method\":\"reading_end\"}", TB_OK);
    assert_false(tb_json_exists(rpc.params));
}

static void test_result(void **state)
{
    (void)state;
    struct tb_buf text = tb_buf_of(t.text_room, sizeof t.text_room);
    struct tb_json_writer w = tb_rpc_begin_result(&text, 0);
    tb_json_put_bool(&w, "found", false);
    tb_rpc_end(&w);
    struct tb_rpc rpc = receive_buf(&text);
    assert_int_equal(rpc.kind, TB_RPC_RESULT);
    assert_true(rpc.id == 0);
    assert_false(tb_json_bool(&t.check, rpc.result, "found"));
    assert_int_equal(t.check.err, TB_OK);
}

static void test_error(void **state)
{
    (void)state;
    struct tb_buf text = tb_buf_of(t.text_room, sizeof t.text_room);
    tb_rpc_put_error(&text, 3, TB_RPC_DENIED, "refused.denied", "no \"such\" device");
    assert_true(
        tb_span_is(tb_buf_span(&text),
                   "{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":-32001,\"message\":\"no \\\"such\\\" "
                   "device\",\"data\":{\"code\":\"refused.denied\"}}}"));
    struct tb_rpc rpc = receive_buf(&text);
    assert_int_equal(rpc.kind, TB_RPC_ERROR);
    assert_true(rpc.id == 3);
    assert_true(rpc.number == TB_RPC_DENIED);
    assert_true(tb_span_is(rpc.code, "refused.denied"));
    assert_true(tb_span_is(rpc.text, "no \"such\" device"));

    tb_buf_reset(&text);
    tb_rpc_put_error(&text, TB_RPC_NO_ID, TB_RPC_PARSE_ERROR, "input.syntax", "not JSON");
    rpc = receive_buf(&text);
    assert_int_equal(rpc.kind, TB_RPC_ERROR);
    assert_true(rpc.id == TB_RPC_NO_ID);
    rpc = receive(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-1,\"message\":\"m\",\"data\":\"text\"}}", TB_OK);
    assert_int_equal(rpc.code.size, 0);
}

static void test_bad_envelopes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tb_err err;
        int64_t id;
        const char *member;
    } vectors[] = {
        {"nonsense", TB_ERR_SYNTAX, TB_RPC_NO_ID, "message"},
        {"[]", TB_ERR_TYPE, TB_RPC_NO_ID, "message"},
        {"[{\"jsonrpc\":\"2.0\",\"method\":\"m\"}]", TB_ERR_TYPE, TB_RPC_NO_ID, "message"},
        {"{\"id\":4,\"method\":\"m\"}", TB_ERR_MISSING, 4, "jsonrpc"},
        {"{\"jsonrpc\":\"1.0\",\"id\":4,\"method\":\"m\"}", TB_ERR_RANGE, 4, "jsonrpc"},
        {"{\"jsonrpc\":2.0,\"id\":4,\"method\":\"m\"}", TB_ERR_TYPE, 4, "jsonrpc"},
        {"{\"jsonrpc\":\"2.0\",\"id\":4}", TB_ERR_MISSING, 4, "method"},
        {"{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":5}", TB_ERR_TYPE, 4, "method"},
        {"{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"m\",\"params\":[1]}", TB_ERR_TYPE, 4, "params"},
        {"{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"m\",\"result\":{}}", TB_ERR_CONFLICT, 4, "method"},
        {"{\"jsonrpc\":\"2.0\",\"id\":\"4\",\"method\":\"m\"}", TB_ERR_TYPE, TB_RPC_NO_ID, "id"},
        {"{\"jsonrpc\":\"2.0\",\"id\":-1,\"method\":\"m\"}", TB_ERR_RANGE, TB_RPC_NO_ID, "id"},
        {"{\"jsonrpc\":\"2.0\",\"id\":9007199254740992,\"method\":\"m\"}", TB_ERR_RANGE, TB_RPC_NO_ID, "id"},
        {"{\"jsonrpc\":\"2.0\",\"result\":{}}", TB_ERR_MISSING, TB_RPC_NO_ID, "id"},
        {"{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":5}", TB_ERR_TYPE, 4, "result"},
        {"{\"jsonrpc\":\"2.0\",\"id\":4,\"error\":{\"code\":\"x\",\"message\":\"m\"}}", TB_ERR_TYPE, 4,
         "code"},
        {"{\"jsonrpc\":\"2.0\",\"id\":4,\"error\":{\"code\":1}}", TB_ERR_MISSING, 4, "message"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct tb_rpc rpc = receive(vectors[i].text, vectors[i].err);
        assert_true(rpc.id == vectors[i].id);
        assert_string_equal(t.check.member, vectors[i].member);
    }
}

static void test_numbers_of_errors(void **state)
{
    (void)state;
    assert_int_equal(tb_rpc_number_of(TB_ERR_SYNTAX), TB_RPC_PARSE_ERROR);
    assert_int_equal(tb_rpc_number_of(TB_ERR_RANGE), TB_RPC_INVALID_PARAMS);
    assert_int_equal(tb_rpc_number_of(TB_ERR_DENIED), TB_RPC_DENIED);
    assert_int_equal(tb_rpc_number_of(TB_ERR_NOT_FOUND), TB_RPC_REFUSED);
    assert_int_equal(tb_rpc_number_of(TB_ERR_BUSY), TB_RPC_REFUSED);
    assert_int_equal(tb_rpc_number_of(TB_ERR_IO), TB_RPC_INTERNAL);
    assert_int_equal(tb_rpc_number_of(TB_ERR_SEAL), TB_RPC_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),       cmocka_unit_test(test_notification),
        cmocka_unit_test(test_result),        cmocka_unit_test(test_error),
        cmocka_unit_test(test_bad_envelopes), cmocka_unit_test(test_numbers_of_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
