#include "agent/counter/pos_gate.h"
#include "core/base/assert.h"
#include "tests/support/unit.h"

#define PORT 7315
#define BODY_MAX 16384
#define TOKEN "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

static struct tb_pos_gate_request call_of(void)
{
    return (struct tb_pos_gate_request){.method = TB_POS_GATE_METHOD_POST,
                                        .path = tb_span_str("/pos/v1/rpc"),
                                        .host = tb_span_str("127.0.0.1:7315"),
                                        .type = tb_span_str("application/json"),
                                        .length = tb_span_str("20")};
}

static struct tb_pos_gate_request socket_of(void)
{
    return (struct tb_pos_gate_request){.method = TB_POS_GATE_METHOD_GET,
                                        .path = tb_span_str("/pos/v1"),
                                        .host = tb_span_str("localhost:7315"),
                                        .upgrade = tb_span_str("websocket"),
                                        .version = tb_span_str("13"),
                                        .protocol = tb_span_str("tillbridge-pos.v1, bearer." TOKEN)};
}

static enum tb_pos_gate_answer judge(struct tb_pos_gate_request r)
{
    return tb_pos_gate_judge(&r, PORT, BODY_MAX);
}

static void paths_are_ours_whole(void **state)
{
    (void)state;
    assert_true(tb_pos_gate_is(tb_span_str("/pos/v1")));
    assert_true(tb_pos_gate_is(tb_span_str("/pos/v1/rpc")));
    assert_false(tb_pos_gate_is(tb_span_str("/pos/v10")));
    assert_false(tb_pos_gate_is(tb_span_str("/pos")));
}

static void each_request_is_what_it_asks_for(void **state)
{
    (void)state;
    struct tb_pos_gate_request r = call_of();
    assert_int_equal(judge(r), TB_POS_GATE_CALL);
    assert_int_equal(judge(socket_of()), TB_POS_GATE_SOCKET);
    r.method = TB_POS_GATE_METHOD_OPTIONS;
    assert_int_equal(judge(r), TB_POS_GATE_METHOD_REFUSED);
    r.origin = tb_span_str("https://pos.example");
    r.asked_method = tb_span_str("POST");
    assert_int_equal(judge(r), TB_POS_GATE_PREFLIGHT);
    r.path = tb_span_str("/pos/v1/events");
    assert_int_equal(judge(r), TB_POS_GATE_METHOD_REFUSED);
    r.method = TB_POS_GATE_METHOD_GET;
    assert_int_equal(judge(r), TB_POS_GATE_EVENTS);
}

static void the_host_is_looked_at_first(void **state)
{
    (void)state;
    struct tb_pos_gate_request r = socket_of();
    r.host = tb_span_str("localhost");
    assert_int_equal(judge(r), TB_POS_GATE_HOST_FOREIGN);
    r = call_of();
    r.host = tb_span_str("evil.example:7315");
    r.path = tb_span_str("/pos/v1/nothing");
    assert_int_equal(judge(r), TB_POS_GATE_HOST_FOREIGN);
}

static void a_body_has_its_type_and_its_length(void **state)
{
    (void)state;
    struct tb_pos_gate_request r = call_of();
    r.type = tb_span_str("Application/Json ; charset=utf-8");
    assert_int_equal(judge(r), TB_POS_GATE_CALL);
    r.type = tb_span_str("text/plain;application/json");
    assert_int_equal(judge(r), TB_POS_GATE_TYPE_REFUSED);
    r = call_of();
    r.length = tb_span_str("16384");
    assert_int_equal(judge(r), TB_POS_GATE_CALL);
    r.length = tb_span_str("16385");
    assert_int_equal(judge(r), TB_POS_GATE_BODY_LONG);
    r.length = tb_span_str("-1");
    assert_int_equal(judge(r), TB_POS_GATE_LENGTH_MISSING);
}

static void a_token_stands_in_one_place(void **state)
{
    (void)state;
    struct tb_pos_gate_request r = socket_of();
    assert_true(tb_span_is(tb_pos_gate_token(&r), TOKEN));
    r.authorization = tb_span_str("BEARER other ");
    assert_true(tb_span_is(tb_pos_gate_token(&r), "other"));
    r = call_of();
    assert_int_equal(tb_pos_gate_token(&r).size, 0);
    r.protocol = tb_span_str("bearer." TOKEN); /* of no websocket */
    assert_int_equal(tb_pos_gate_token(&r).size, 0);
    r.authorization = tb_span_str("Basic " TOKEN);
    assert_false(tb_span_is(tb_pos_gate_token(&r), TOKEN));
    assert_int_not_equal(tb_pos_gate_token(&r).size, 0);
}

static void every_refusal_has_a_status_and_a_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TB_POS_GATE_ANSWER_COUNT; i++) {
        enum tb_pos_gate_answer answer = (enum tb_pos_gate_answer)i;
        assert_int_equal(tb_pos_gate_code(answer) != NULL, i >= TB_POS_GATE_NOT_FOUND);
        assert_int_equal(tb_pos_gate_status(answer) >= 400, i >= TB_POS_GATE_NOT_FOUND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_ours_whole),
        cmocka_unit_test(each_request_is_what_it_asks_for),
        cmocka_unit_test(the_host_is_looked_at_first),
        cmocka_unit_test(a_body_has_its_type_and_its_length),
        cmocka_unit_test(a_token_stands_in_one_place),
        cmocka_unit_test(every_refusal_has_a_status_and_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
