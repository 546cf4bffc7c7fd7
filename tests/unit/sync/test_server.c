#include "tests/unit/sync/server_test.h"

static void welcome_tells_where_we_are(void **state)
{
    (void)state;
    start(false);
    hello(DEVICE, "till", "", 1);
    assert_int_equal(t.asks[0].ask, TB_ENGINE_OPEN);
    assert_string_equal(t.asks[0].peer.device, DEVICE);
    answer();
    assert_non_null(strstr(sent(),
                           "\"id\":1,\"result\":{\"protocol\":1,\"epoch\":\"epoch-1\",\"decided_seq\":0,"
                           "\"server_time_ms\":1000000,\"reconnect_window_ms\":4000"));
    assert_non_null(strstr(sent(), "\"store\":\"0421\""));
    assert_string_equal(t.s.peer.store, "0421");
}

static void certificate_says_which_device(void **state)
{
    (void)state;
    static const struct {
        const char *device;
        const char *channel;
    } bad[] = {{"urn:tillbridge:demo:device:till-5", "till"}, {"", "till"}, {DEVICE, "web"}};
    for (size_t i = 0; i < 3; i++) {
        start(false);
        hello(bad[i].device, bad[i].channel, "", 1);
        assert_non_null(strstr(sent(), "-32001"));
        assert_int_equal(t.close_count, 1);
        assert_int_equal(t.ask_count, 0);
    }
}

static void token_says_which_customer(void **state)
{
    (void)state;
    static const struct {
        const char *token;
        const char *channel;
    } bad[] = {{"bad", "web"}, {"", "web"}, {"good", "till"}};
    for (size_t i = 0; i < 3; i++) {
        start(true);
        hello("", bad[i].channel, bad[i].token, 1);
        assert_non_null(strstr(sent(), "-32001"));
        assert_int_equal(t.close_count, 1);
    }
    start(true);
    hello("", "web", "good", 1);
    assert_string_equal(t.asks[0].peer.device, "web:" CUSTOMER_0);
}

static void token_that_expires_ends_the_session(void **state)
{
    (void)state;
    assert_int_equal(tb_session_deadline_ms(&t.s), t.now_ms + 60000);
    tb_session_tick(&t.s, t.now_ms + 59999, t.wall_ms + 59999);
    assert_int_equal(t.close_count, 0);
    tb_session_tick(&t.s, t.now_ms + 60000, t.wall_ms + 60000);
    assert_string_equal(t.code, "token_expired");
    assert_int_equal(tb_session_deadline_ms(&t.s), INT64_MAX);
}

static void copy_of_a_device_is_told(void **state)
{
    (void)state;
    mutate(1, 3);
    answer();
    struct tb_session_port port = t.s.port;
    tb_session_init(&t.s, &t.config, &port, DEVICE, t.now_ms);
    hello(DEVICE, "till", "", 3);
    answer();
    assert_non_null(strstr(sent(), "-32003"));
    assert_string_equal(t.code, "device_cloned");
}

static void other_protocols_are_refused(void **state)
{
    (void)state;
    start(false);
    request(5, "hello",
            "{\"protocol\":2,\"software\":\"x\",\"device\":\"" DEVICE
            "\",\"channel\":\"till\",\"incarnation\":"
            "\"00000000000000000000000000000009\",\"next_seq\":1,\"epoch\":\"\"}");
    assert_non_null(strstr(sent(), "\"id\":5"));
    assert_non_null(strstr(sent(), "-32002"));
    assert_non_null(strstr(sent(), "\"min\":1,\"max\":1"));
    assert_int_equal(t.close_count, 1);
}

static void the_highest_protocol_that_both_speak_is_agreed(void **state)
{
    (void)state;
    start(false);
    request(5, "hello",
            "{\"protocol\":7,\"protocol_min\":1,\"software\":\"x\",\"device\":\"" DEVICE
            "\",\"channel\":\"till\",\"incarnation\":"
            "\"00000000000000000000000000000009\",\"next_seq\":1,\"epoch\":\"\",\"from_the_future\":{}}");
    answer();
    assert_non_null(strstr(sent(), "\"id\":5,\"result\":{\"protocol\":1,"));
    assert_int_equal(t.close_count, 0);
}

static void engine_that_cannot_open_is_busy(void **state)
{
    (void)state;
    start(false);
    t.engine.fault = TB_ERR_IO;
    hello(DEVICE, "till", "", 1);
    answer();
    t.engine.fault = TB_OK;
    assert_non_null(strstr(sent(), "-32000"));
    assert_string_equal(t.code, "engine_busy");
}

static void nothing_goes_before_hello(void **state)
{
    (void)state;
    static const char *const early[] = {
        "{\"jsonrpc\":\"2.0\",\"method\":\"mutate\",\"params\":{\"mutations\":[]}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"identify\",\"params\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\",\"params\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"meth",
        "\xff\xfe",
        "",
    };
    for (size_t i = 0; i < sizeof early / sizeof early[0]; i++) {
        start(false);
        receive(early[i]);
        assert_int_equal(t.close_count, 1);
        assert_int_equal(t.ask_count, 0);
        receive(early[i]);
        assert_int_equal(t.close_count, 1);
    }
    start(false);
    tb_session_tick(&t.s, tb_session_deadline_ms(&t.s), t.wall_ms);
    assert_string_equal(t.code, "hello_timeout");
}

static void hello_comes_once(void **state)
{
    (void)state;
    hello(DEVICE, "till", "", 1);
    assert_string_equal(t.code, "unexpected_message");
}

static void mutations_are_decided_and_told(void **state)
{
    (void)state;
    mutate(1, 3);
    assert_int_equal(t.ask_count, 1);
    assert_int_equal(t.asks[0].apply.batch.count, 3);
    mutate(4, 4); /* waits: one apply at a time */
    assert_int_equal(t.ask_count, 1);
    answer();
    assert_non_null(strstr(sent(), "\"method\":\"verdicts\""));
    assert_non_null(strstr(sent(), "{\"seq\":1,\"verdict\":\"applied\""));
    assert_non_null(strstr(sent(), "\"type\":\"cart\""));
    assert_int_equal(t.changed_count, 2);
    assert_int_equal(t.ask_count, 1);
    answer();
    assert_int_equal(pieces(), 4);
}

static void what_was_decided_is_a_duplicate(void **state)
{
    (void)state;
    mutate(1, 3);
    answer();
    mutate(2, 4);
    answer();
    assert_non_null(strstr(sent(), "{\"seq\":2,\"verdict\":\"duplicate\""));
    assert_non_null(strstr(sent(), "{\"seq\":4,\"verdict\":\"applied\""));
    assert_int_equal(pieces(), 4);
}

static void part_of_a_batch_is_asked_again(void **state)
{
    (void)state;
    t.engine.apply_max = 2;
    mutate(1, 5);
    answer();
    assert_int_equal(t.asks[0].apply.batch.count, 3);
    assert_int_equal(t.asks[0].apply.batch.items[0].seq, 3);
    answer();
    answer();
    assert_int_equal(t.ask_count, 0);
    assert_int_equal(pieces(), 5);
}

static void gap_ends_the_session(void **state)
{
    (void)state;
    mutate(2, 2);
    assert_string_equal(t.code, "sequence_gap");
    assert_int_equal(t.ask_count, 0);
}

static void skipped_closes_a_gap(void **state)
{
    (void)state;
    notify("mutate", "{\"mutations\":[{\"seq\":1,\"kind\":\"skipped\",\"count\":4}]}");
    answer();
    mutate(5, 5);
    answer();
    assert_int_equal(t.close_count, 0);
    assert_int_equal(pieces(), 1);
}

static void skipped_past_all_numbers_ends_the_session(void **state)
{
    (void)state;
    notify("mutate", "{\"mutations\":[{\"seq\":1,\"kind\":\"skipped\",\"count\":9007199254740991}]}");
    assert_int_equal(t.close_count, 0); /* the last number there is */
    terminal(NULL);
    notify("mutate", "{\"mutations\":[{\"seq\":1,\"kind\":\"skipped\",\"count\":2},"
                     "{\"seq\":3,\"kind\":\"skipped\",\"count\":9007199254740991}]}");
    assert_string_equal(t.code, "sequence_range");
}

static void window_is_enforced(void **state)
{
    (void)state;
    mutate(1, 32);
    assert_int_equal(t.close_count, 0);
    mutate(33, 33);
    assert_string_equal(t.code, "window_exceeded");
}

static void mutation_that_is_not_understood_is_rejected_in_its_place(void **state)
{
    (void)state;
    notify("mutate", "{\"mutations\":[{\"seq\":1,\"kind\":\"later.thing\"},{\"seq\":2,\"kind\":\"cart.add\","
                     "\"quantity\":-4}]}");
    mutate(3, 3);
    answer();
    assert_non_null(strstr(sent(), "{\"seq\":1,\"verdict\":\"rejected\",\"code\":\"not_understood\""));
    assert_non_null(strstr(sent(), "{\"seq\":2,\"verdict\":\"rejected\",\"code\":\"not_understood\""));
    answer();
    assert_int_equal(pieces(), 1);
}

static void mutation_without_a_place_ends_the_session(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"mutations\":[{\"kind\":\"cart.add\"}]}",
        "{\"mutations\":[{\"seq\":0,\"kind\":\"cart.add\"}]}",
        "{\"mutations\":[7]}",
        "{\"mutations\":{}}",
        "{}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        terminal(NULL);
        notify("mutate", bad[i]);
        assert_int_equal(t.close_count, 1);
        assert_int_equal(t.ask_count, 0);
    }
}

static void engine_fault_stops_the_stream_there(void **state)
{
    (void)state;
    mutate(1, 2);
    mutate(3, 3);
    t.engine.fault = TB_ERR_BUSY;
    answer();
    t.engine.fault = TB_OK;
    assert_non_null(strstr(sent(), "[{\"seq\":1,\"verdict\":\"retry\",\"code\":\"engine_busy\"}]"));
    assert_int_equal(t.ask_count, 0);
    mutate(4, 4); /* was under way before the peer could know */
    assert_int_equal(t.ask_count, 0);
    assert_int_equal(t.close_count, 0);
    mutate(1, 4);
    answer();
    assert_int_equal(pieces(), 4);
}

static void web_session_touches_one_customer_only(void **state)
{
    (void)state;
    notify("mutate", "{\"mutations\":[{\"seq\":1,\"kind\":\"cart.remove\",\"customer\":\"" CUSTOMER_1
                     "\",\"cart\":\"" CART_0 "\",\"line\":\"00000000000000000000000000000001\",\"made_ms\":5,"
                     "\"from\":1}]}");
    assert_string_equal(t.code, "denied_customer");
    web(NULL);
    mutate(1, 1);
    answer();
    assert_int_equal(pieces(), 1);
}

static void web_session_opens_its_own_feed_only(void **state)
{
    (void)state;
    static const char *const foreign[] = {"device", "cohort", "catalogue", ("customer:" CUSTOMER_1)};
    for (size_t i = 0; i < 4; i++) {
        char params[128];
        (void)snprintf(params, sizeof params, "{\"scope\":\"%s\",\"cursor\":\"\"}", foreign[i]);
        request(7, "feed.open", params);
        assert_non_null(strstr(sent(), "-32001"));
        assert_int_equal(t.ask_count, 0);
    }
    request(8, "feed.open", "{\"scope\":\"customer:" CUSTOMER_0 "\",\"cursor\":\"\"}");
    assert_int_equal(t.ask_count, 1);
}

static void from_the_web_only_a_code_that_was_handed_over_is_looked_up(void **state)
{
    (void)state;
    char params[160];
    uint8_t hash[TB_LOOKUP_HASH_SIZE];
    char hex[2 * TB_LOOKUP_HASH_SIZE + 1] = {0};
    struct tb_buf to = tb_buf_of(hex, sizeof hex - 1);
    engine_fake_hash(1, hash);
    tb_buf_add_hex(&to, tb_span_of(hash, sizeof hash));
    (void)snprintf(params, sizeof params, "{\"kind\":\"member\",\"hash\":\"%s\"}", hex);
    request(9, "identify", params);
    answer();
    assert_non_null(strstr(sent(), "\"id\":9,\"result\":{\"found\":true"));
    assert_non_null(strstr(sent(), "\"type\":\"customer\",\"id\":\"" CUSTOMER_1 "\""));
    request(10, "identify", "{\"kind\":\"member\",\"hash\":\"00\"}");
    assert_non_null(strstr(sent(), "-32602"));
    web(NULL);
    request(9, "identify", params);
    assert_non_null(strstr(sent(), "-32001"));
    assert_int_equal(t.ask_count, 0);
    (void)snprintf(params, sizeof params, "{\"kind\":\"handover\",\"hash\":\"%s\",\"evidence\":\"QY5DN2\"}",
                   hex);
    request(10, "identify", params);
    assert_int_equal(t.ask_count, 1);
    assert_string_equal(t.asks[0].identify.evidence, "QY5DN2");
}

static void only_whom_a_search_found_is_opened(void **state)
{
    (void)state;
    static const char find[] = "{\"by\":\"phone\",\"value\":\"030 1234127\",\"reason\":\"card_forgotten\"}";
    static const char open[] = "{\"customer\":\"" CUSTOMER_1 "\",\"operator\":\"kim\"}";
    request(9, "customer.open", open);
    assert_non_null(strstr(sent(), "refused.denied"));
    assert_int_equal(t.ask_count, 0);
    request(10, "customer.find", find);
    assert_int_equal(t.asks[0].ask, TB_ENGINE_FIND);
    assert_string_equal(t.asks[0].find.reason, "card_forgotten");
    answer();
    assert_non_null(strstr(sent(), "\"customer\":\"" CUSTOMER_1 "\""));
    request(11, "customer.open", open);
    assert_string_equal(t.asks[0].fetch.operator, "kim");
    answer();
    assert_non_null(strstr(sent(), "\"id\":11,\"result\":{\"found\":true"));
    t.now_ms += TB_FOUND_KEEP_MS;
    request(12, "customer.open", open);
    assert_non_null(strstr(sent(), "refused.denied"));
    request(13, "customer.find", "{\"by\":\"name\",\"value\":\"Mara\",\"reason\":\"x\"}");
    assert_non_null(strstr(sent(), "-32602"));
    web(NULL);
    request(9, "customer.find", find);
    assert_non_null(strstr(sent(), "refused.denied"));
    request(9, "customer.open", open);
    assert_non_null(strstr(sent(), "refused.denied"));
    assert_int_equal(t.ask_count, 0);
}

static void look_ups_are_bounded_and_survive_faults(void **state)
{
    (void)state;
    for (int i = 0; i < TB_SESSION_ASKED_MAX; i++)
        request(20 + i, "product.find", "{\"gtin\":\"00000000000017\"}");
    request(30, "product.find", "{\"gtin\":\"00000000000017\"}");
    assert_non_null(strstr(sent(), "too_many_requests"));
    t.engine.fault = TB_ERR_BUSY;
    answer();
    t.engine.fault = TB_OK;
    assert_non_null(strstr(sent(), "\"id\":20,\"error\""));
    answer();
    assert_non_null(strstr(sent(), "\"id\":21,\"result\":{\"product\":{"));
    request(31, "product.find", "{\"gtin\":\"00000000000017\"}");
    assert_int_equal(t.ask_count, 3);
}

static void answers_to_a_closed_session_are_dropped(void **state)
{
    (void)state;
    mutate(1, 1);
    request(3, "feed.open", "{\"scope\":\"device\",\"cursor\":\"\"}");
    receive("not json");
    size_t count = t.sent_count;
    answer();
    answer();
    assert_int_equal(t.sent_count, count);
    assert_int_equal(t.close_count, 1);
}

static void unknown_messages_are_answered_or_passed_over(void **state)
{
    (void)state;
    request(3, "later.ask", "{}");
    assert_non_null(strstr(sent(), "-32601"));
    notify("later.thing", "{}");
    receive("{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}");
    assert_int_equal(t.close_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(welcome_tells_where_we_are),
        cmocka_unit_test(certificate_says_which_device),
        cmocka_unit_test(token_says_which_customer),
        cmocka_unit_test_setup(token_that_expires_ends_the_session, web),
        cmocka_unit_test_setup(copy_of_a_device_is_told, terminal),
        cmocka_unit_test(other_protocols_are_refused),
        cmocka_unit_test(the_highest_protocol_that_both_speak_is_agreed),
        cmocka_unit_test(engine_that_cannot_open_is_busy),
        cmocka_unit_test(nothing_goes_before_hello),
        cmocka_unit_test_setup(hello_comes_once, terminal),
        cmocka_unit_test_setup(mutations_are_decided_and_told, terminal),
        cmocka_unit_test_setup(what_was_decided_is_a_duplicate, terminal),
        cmocka_unit_test_setup(part_of_a_batch_is_asked_again, terminal),
        cmocka_unit_test_setup(gap_ends_the_session, terminal),
        cmocka_unit_test_setup(skipped_closes_a_gap, terminal),
        cmocka_unit_test_setup(skipped_past_all_numbers_ends_the_session, terminal),
        cmocka_unit_test_setup(window_is_enforced, terminal),
        cmocka_unit_test_setup(mutation_that_is_not_understood_is_rejected_in_its_place, terminal),
        cmocka_unit_test(mutation_without_a_place_ends_the_session),
        cmocka_unit_test_setup(engine_fault_stops_the_stream_there, terminal),
        cmocka_unit_test_setup(web_session_touches_one_customer_only, web),
        cmocka_unit_test_setup(web_session_opens_its_own_feed_only, web),
        cmocka_unit_test_setup(from_the_web_only_a_code_that_was_handed_over_is_looked_up, terminal),
        cmocka_unit_test_setup(only_whom_a_search_found_is_opened, terminal),
        cmocka_unit_test_setup(look_ups_are_bounded_and_survive_faults, terminal),
        cmocka_unit_test_setup(answers_to_a_closed_session_are_dropped, terminal),
        cmocka_unit_test_setup(unknown_messages_are_answered_or_passed_over, terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
