/* The connection, the stream of mutations and look-ups; feeds are in test_client_feed.c. */
#include "tests/unit/sync/client_test.h"

static void hello_says_who_and_where(void **state)
{
    (void)state;
    test_start(4, 9, "e1");
    tb_client_connected(&t.c, t.now_ms);
    assert_non_null(strstr(test_sent(), "\"method\":\"hello\""));
    assert_non_null(strstr(test_sent(), "\"protocol\":1"));
    assert_non_null(strstr(test_sent(), "\"next_seq\":9"));
    assert_non_null(strstr(test_sent(), "\"epoch\":\"e1\""));
    assert_non_null(strstr(test_sent(), "\"incarnation\":\"07000000000000000000000000000000\""));
    assert_null(strstr(test_sent(), "token"));
}

static void welcome_makes_the_line_live(void **state)
{
    (void)state;
    test_start(0, 1, "");
    test_go_live(WELCOME_OF("e1", 0));
    assert_int_equal(t.count[TB_CLIENT_WELCOME], 1);
    assert_false(t.last[TB_CLIENT_WELCOME].welcome.epoch_changed);
    assert_int_equal(t.last[TB_CLIENT_STATE].state.state, TB_LINE_LIVE);
    assert_string_equal(t.c.epoch, "e1");
    assert_int_equal(t.count[TB_CLIENT_READ], 0);
}

static void line_state_is_told_once_per_change(void **state)
{
    (void)state;
    test_start(0, 1, "");
    assert_int_equal(t.c.line, TB_LINE_CONNECTING);
    t.now_ms = 2000;
    tb_client_closed(&t.c, TB_CAUSE_REFUSED, t.now_ms);
    t.now_ms = 3000;
    tb_client_closed(&t.c, TB_CAUSE_REFUSED, t.now_ms);
    assert_int_equal(t.count[TB_CLIENT_STATE], 1);
    tb_client_closed(&t.c, TB_CAUSE_NO_ROUTE, t.now_ms);
    assert_int_equal(t.count[TB_CLIENT_STATE], 2);
    assert_int_equal(t.last[TB_CLIENT_STATE].state.since_ms, 2000);
    assert_string_equal(tb_line_cause_name(t.last[TB_CLIENT_STATE].state.cause), "no_route");
    assert_string_equal(tb_line_state_name(t.last[TB_CLIENT_STATE].state.state), "offline");
}

static void refusal_is_shown_as_denied(void **state)
{
    (void)state;
    test_start(0, 1, "");
    tb_client_connected(&t.c, t.now_ms);
    test_receive("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32003,\"message\":\"cloned\",\"data\":"
                 "{\"code\":\"device_cloned\"}}}");
    assert_string_equal(t.code, "cloned");
    assert_true(t.last[TB_CLIENT_CLOSE].close.denied);
    tb_client_closed(&t.c, TB_CAUSE_CLOSED, t.now_ms);
    assert_int_equal(t.last[TB_CLIENT_STATE].state.cause, TB_CAUSE_DENIED);
}

static void busy_server_is_not_denial(void **state)
{
    (void)state;
    test_start(0, 1, "");
    tb_client_connected(&t.c, t.now_ms);
    test_receive("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,\"message\":\"busy\",\"data\":"
                 "{\"code\":\"engine_busy\"}}}");
    assert_string_equal(t.code, "hello_refused");
    assert_false(t.last[TB_CLIENT_CLOSE].close.denied);
}

static void silence_after_hello_ends_the_connection(void **state)
{
    (void)state;
    test_start(0, 1, "");
    tb_client_connected(&t.c, t.now_ms);
    assert_int_equal(tb_client_deadline_ms(&t.c), 11000);
    tb_client_tick(&t.c, 10999);
    assert_int_equal(t.count[TB_CLIENT_CLOSE], 0);
    tb_client_tick(&t.c, 11000);
    assert_string_equal(t.code, "welcome_timeout");
}

static void bad_welcome_ends_the_connection(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"verdicts\",\"params\":{\"verdicts\":[],\"rows\":[]}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocol\":2,\"epoch\":\"e\",\"decided_seq\":0,"
        "\"server_time_ms\":9,\"reconnect_window_ms\":5000,\"idle_ping_ms\":30000,\"device\":{\"id\":\"till-"
        "4\"}}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1",
        "",
        "[]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        test_start(0, 1, "");
        tb_client_connected(&t.c, t.now_ms);
        test_receive(bad[i]);
        assert_int_equal(t.count[TB_CLIENT_CLOSE], 1);
        assert_int_equal(t.count[TB_CLIENT_WELCOME], 0);
        test_receive(bad[i]); /* what comes after is not looked at */
        assert_int_equal(t.count[TB_CLIENT_CLOSE], 1);
    }
}

static void stored_mutation_goes_out_at_once(void **state)
{
    (void)state;
    test_start(0, 1, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    test_store(1);
    assert_string_equal(test_sent(), "{\"jsonrpc\":\"2.0\",\"method\":\"mutate\",\"params\":{\"mutations\":["
                                     "{\"seq\":1}]}}");
    assert_int_equal(t.count[TB_CLIENT_READ], 0);
    test_verdict(1, "applied");
    assert_int_equal(t.count[TB_CLIENT_DECIDE], 1);
    assert_int_equal(t.last[TB_CLIENT_DECIDE].decide.seq, 1);
    assert_int_equal(t.first_verdict.kind, TB_VERDICT_APPLIED);
    assert_int_equal(t.c.decided_seq, 0); /* not before it is saved */
    test_decided(1, TB_OK);
    assert_int_equal(t.c.decided_seq, 1);
}

static void what_waits_is_read_after_connect(void **state)
{
    (void)state;
    test_start(2, 6, "e1");
    test_store(6);
    assert_int_equal(t.sent_count, 0);
    test_go_live(WELCOME_OF("e1", 3));
    assert_int_equal(t.last[TB_CLIENT_READ].read.from_seq, 3); /* 3 was decided there, not saved here */
    assert_int_equal(t.last[TB_CLIENT_READ].read.count_max, TB_CLIENT_WINDOW);
    test_read(3, 6);
    assert_non_null(strstr(test_sent(), "[{\"seq\":3},{\"seq\":4},{\"seq\":5},{\"seq\":6}]"));
    test_verdict(3, "duplicate");
    test_verdict(4, "rejected");
    assert_int_equal(t.count[TB_CLIENT_DECIDE], 2);
}

static void no_more_than_the_window_is_under_way(void **state)
{
    (void)state;
    test_start(0, 51, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    test_read(1, TB_CLIENT_WINDOW);
    assert_int_equal(t.count[TB_CLIENT_READ], 1);
    test_store(51);
    assert_int_equal(t.count[TB_CLIENT_READ], 1);
    test_verdict(1, "applied");
    assert_int_equal(t.count[TB_CLIENT_READ], 1); /* a slow disk holds the window too */
    test_decided(1, TB_OK);
    assert_int_equal(t.count[TB_CLIENT_READ], 2);
    assert_int_equal(t.last[TB_CLIENT_READ].read.from_seq, TB_CLIENT_WINDOW + 1);
    assert_int_equal(t.last[TB_CLIENT_READ].read.count_max, 1);
}

static void late_answer_to_a_read_is_ignored(void **state)
{
    (void)state;
    test_start(0, 3, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    uint32_t old = t.last[TB_CLIENT_READ].read.ticket;
    tb_client_closed(&t.c, TB_CAUSE_CLOSED, t.now_ms);
    test_go_live(WELCOME_OF("e1", 0));
    size_t sent = t.sent_count;
    struct tb_client_row row = {.seq = 1, .mutation = tb_span_str("{}")};
    tb_client_read(&t.c, old, &(struct tb_client_rows){.at = &row, .count = 1}, t.now_ms);
    assert_int_equal(t.sent_count, sent);
    test_read(1, 2);
    assert_int_equal(t.sent_count, sent + 1);
}

static void holes_are_closed_by_skipped(void **state)
{
    (void)state;
    test_start(0, 6, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    test_read(4, 5);
    assert_non_null(strstr(test_sent(), "[{\"seq\":1,\"kind\":\"skipped\",\"count\":3"));
    assert_non_null(strstr(test_sent(), "},{\"seq\":4},{\"seq\":5}]"));
    test_verdict(1, "applied");
    assert_int_equal(t.last[TB_CLIENT_DECIDE].decide.seq, 3);
    test_decided(3, TB_OK);
    assert_int_equal(t.c.decided_seq, 3);
}

/* Of a record that begins in what is decided the store repeats the verdict only: the rest would stay open. */
static void a_hole_is_closed_in_two_where_the_store_stands_in_it(void **state)
{
    (void)state;
    test_start(2, 10, "e1");
    test_go_live(WELCOME_OF("e1", 5));
    test_read(9, 9);
    assert_non_null(strstr(test_sent(), "[{\"seq\":3,\"kind\":\"skipped\",\"count\":3},"
                                        "{\"seq\":6,\"kind\":\"skipped\",\"count\":3},{\"seq\":9}]"));
    test_verdict(3, "duplicate");
    test_decided(5, TB_OK);
    test_verdict(6, "applied");
    test_decided(8, TB_OK);
    assert_int_equal(t.c.decided_seq, 8);
}

static void empty_outbox_gives_up_what_it_lost(void **state)
{
    (void)state;
    test_start(0, 6, "e1");
    test_go_live(WELCOME_OF("e1", 2));
    tb_client_read(&t.c, t.last[TB_CLIENT_READ].read.ticket, &(struct tb_client_rows){.count = 0}, t.now_ms);
    assert_non_null(strstr(test_sent(), "[{\"seq\":1,\"kind\":\"skipped\",\"count\":2},"
                                        "{\"seq\":3,\"kind\":\"skipped\",\"count\":3}]"));
}

static void unreadable_outbox_gives_up_nothing(void **state)
{
    (void)state;
    struct tb_client_row row = {.seq = 1, .mutation = tb_span_str("{}")};
    test_start(1, 6, "e1");
    test_go_live(WELCOME_OF("e1", 1));
    size_t sent = t.sent_count;
    tb_client_read(&t.c, t.last[TB_CLIENT_READ].read.ticket, &(struct tb_client_rows){.err = TB_ERR_IO},
                   t.now_ms);
    assert_int_equal(t.sent_count, sent);
    assert_int_equal(t.count[TB_CLIENT_READ], 1);
    assert_in_range(tb_client_deadline_ms(&t.c), 1500, 2000);
    tb_client_tick(&t.c, 2000);
    assert_int_equal(t.count[TB_CLIENT_READ], 2);
    /* Rows that cannot be there: the file's order is broken. */
    tb_client_read(&t.c, t.last[TB_CLIENT_READ].read.ticket, &(struct tb_client_rows){.at = &row, .count = 1},
                   2000);
    assert_int_equal(t.sent_count, sent);
    assert_in_range(tb_client_deadline_ms(&t.c), 3000, 4000); /* longer each time */
}

static void row_may_be_read_before_its_commit_is_reported(void **state)
{
    (void)state;
    test_start(0, 2, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    test_read(1, 2);
    size_t sent = t.sent_count;
    test_store(2);
    assert_int_equal(t.sent_count, sent);
    test_store(3);
    assert_non_null(strstr(test_sent(), "[{\"seq\":3}]"));
}

static void retry_stops_the_stream_there(void **state)
{
    (void)state;
    test_start(0, 4, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    test_read(1, 3);
    test_verdict(1, "applied");
    test_verdict(2, "retry");
    assert_int_equal(t.count[TB_CLIENT_DECIDE], 1); /* nothing was decided about 2 */
    size_t sent = t.sent_count;
    test_store(4);
    test_decided(1, TB_OK);
    assert_int_equal(t.sent_count, sent);
    t.now_ms = tb_client_deadline_ms(&t.c);
    assert_in_range(t.now_ms, 1500, 2000);
    tb_client_tick(&t.c, t.now_ms);
    assert_int_equal(t.last[TB_CLIENT_READ].read.from_seq, 2);
}

static void verdict_that_cannot_be_saved_is_asked_again(void **state)
{
    (void)state;
    test_start(0, 4, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    test_read(1, 3);
    test_verdict(1, "applied");
    test_verdict(2, "applied");
    test_decided(1, TB_ERR_IO);
    test_decided(2, TB_OK);
    assert_int_equal(t.c.decided_seq, 0); /* no holes */
    test_verdict(3, "applied");
    test_decided(3, TB_OK);
    t.now_ms = tb_client_deadline_ms(&t.c);
    tb_client_tick(&t.c, t.now_ms);
    assert_int_equal(t.last[TB_CLIENT_READ].read.from_seq, 1);
    test_read(1, 3);
    test_verdict(1, "duplicate");
    test_decided(1, TB_OK);
    assert_int_equal(t.c.decided_seq, 1);
}

/* The save of an earlier connection's verdict says nothing of the same verdict on this one. */
static void late_save_of_an_earlier_connection_decides_nothing(void **state)
{
    (void)state;
    test_start(0, 3, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    test_read(1, 2);
    test_verdict(1, "applied");
    test_verdict(2, "applied");
    uint32_t old = t.decide_tickets[2];
    test_decided(1, TB_ERR_IO);
    tb_client_closed(&t.c, TB_CAUSE_CLOSED, t.now_ms);
    test_go_live(WELCOME_OF("e1", 2));
    assert_int_equal(t.last[TB_CLIENT_READ].read.from_seq, 1);
    test_read(1, 2);
    test_verdict(1, "duplicate");
    test_verdict(2, "duplicate");
    tb_client_decided(&t.c, old, TB_OK, t.now_ms);
    assert_int_equal(t.c.decided_seq, 0);
    test_decided(2, TB_OK);
    assert_int_equal(t.c.decided_seq, 0); /* 1 is still being saved */
    test_decided(1, TB_OK);
    assert_int_equal(t.c.decided_seq, 2);
}

static void verdicts_out_of_step_end_the_connection(void **state)
{
    (void)state;
    static const int64_t wrong[] = {2, 9};
    for (size_t i = 0; i < 2; i++) {
        test_start(0, 4, "e1");
        test_go_live(WELCOME_OF("e1", 0));
        test_read(1, 3);
        test_verdict(wrong[i], "applied");
        assert_string_equal(t.code, "verdict_out_of_order");
        assert_int_equal(t.count[TB_CLIENT_DECIDE], 0);
    }
    test_start(0, 1, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    test_verdict(1, "applied");
    assert_string_equal(t.code, "verdict_out_of_order");
}

static void verdict_carries_the_new_rows(void **state)
{
    (void)state;
    test_start(0, 1, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    test_store(1);
    test_receive(
        "{\"jsonrpc\":\"2.0\",\"method\":\"verdicts\",\"params\":{\"verdicts\":[{\"seq\":1,\"verdict\":"
        "\"applied\",\"version\":5}],\"rows\":[{\"type\":\"product\",\"id\":\"00000000000017\",\"version\":5,"
        "\"as_of\":1,\"op\":\"put\",\"doc\":{}}]}}");
    assert_int_equal(t.decide_row_count, 1);
    assert_int_equal(t.first_verdict.version, 5);
}

static void restored_store_gets_what_it_lost(void **state)
{
    (void)state;
    test_start(8, 11, "e1");
    test_go_live(WELCOME_OF("e2", 5));
    assert_true(t.last[TB_CLIENT_WELCOME].welcome.epoch_changed);
    assert_int_equal(t.last[TB_CLIENT_READ].read.from_seq, 6);
    test_read(6, 10);
    test_verdict(6, "applied");
    test_decided(6, TB_OK);
    assert_int_equal(t.c.decided_seq, 8); /* was durable here already */
}

static void identify_ends_in_one_answer(void **state)
{
    (void)state;
    struct tb_identify_ask what = {.kind = "member"};
    char text[256];
    test_start(0, 1, "e1");
    tb_client_identify(&t.c, 7, &what, 500, t.now_ms);
    assert_int_equal(t.last[TB_CLIENT_IDENTIFIED].identified.err, TB_ERR_OFFLINE);
    test_go_live(WELCOME_OF("e1", 0));

    tb_client_identify(&t.c, 8, &what, 500, t.now_ms);
    (void)snprintf(text, sizeof text,
                   "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"found\":false,\"rows\":[]}}",
                   (int)t.c.next_id);
    test_receive(text);
    assert_int_equal(t.last[TB_CLIENT_IDENTIFIED].identified.ticket, 8);
    assert_int_equal(t.last[TB_CLIENT_IDENTIFIED].identified.err, TB_OK);
    assert_false(t.last[TB_CLIENT_IDENTIFIED].identified.found);
    test_receive(text); /* twice */
    assert_int_equal(t.count[TB_CLIENT_IDENTIFIED], 2);

    tb_client_identify(&t.c, 9, &what, 500, t.now_ms);
    assert_int_equal(tb_client_deadline_ms(&t.c), t.now_ms + 500);
    tb_client_tick(&t.c, t.now_ms + 500);
    assert_int_equal(t.last[TB_CLIENT_IDENTIFIED].identified.err, TB_ERR_TIMEOUT);
    (void)snprintf(text, sizeof text,
                   "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"found\":true,\"rows\":[]}}",
                   (int)t.c.next_id);
    test_receive(text); /* too late */
    assert_int_equal(t.count[TB_CLIENT_IDENTIFIED], 3);
    assert_int_equal(t.count[TB_CLIENT_CLOSE], 0);
}

static void find_answer(const char *body)
{
    char text[512];
    (void)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%d,%s}", (int)t.c.next_id, body);
    test_receive(text);
}

static void a_search_ends_in_one_answer(void **state)
{
    (void)state;
    const struct tb_find_ask whom = {.by = TB_FIND_PHONE, .value = "030 1234567", .reason = "card_forgotten"};
    test_start(0, 1, "e1");
    tb_client_find(&t.c, 7, &whom, 500, t.now_ms);
    assert_int_equal(t.last[TB_CLIENT_FOUND].found.err, TB_ERR_OFFLINE);
    test_go_live(WELCOME_OF("e1", 0));

    tb_client_find(&t.c, 8, &whom, 500, t.now_ms);
    find_answer("\"result\":{\"matches\":[{\"customer\":\"c0000000000000000000000000000000\","
                "\"name\":\"M\u2026 R\u2026\",\"hint\":\"\u202641 27\"}]}");
    assert_int_equal(t.last[TB_CLIENT_FOUND].found.ticket, 8);
    assert_int_equal(t.last[TB_CLIENT_FOUND].found.err, TB_OK);
    assert_int_equal(t.found.count, 1);
    assert_string_equal(t.found.matches[0].hint, "\xe2\x80\xa6"
                                                 "41 27");
    tb_client_find(&t.c, 9, &whom, 500, t.now_ms);
    find_answer("\"error\":{\"code\":-32001,\"message\":\"no\",\"data\":{\"code\":\"refused.find_limit\"}}");
    assert_int_equal(t.last[TB_CLIENT_FOUND].found.err, TB_ERR_FIND_LIMIT);
    tb_client_find(&t.c, 10, &whom, 500, t.now_ms);
    find_answer("\"error\":{\"code\":-32001,\"message\":\"no\",\"data\":{\"code\":\"refused.operator\"}}");
    assert_int_equal(t.last[TB_CLIENT_FOUND].found.err, TB_ERR_OPERATOR);
    tb_client_find(&t.c, 11, &whom, 500, t.now_ms);
    find_answer("\"error\":{\"code\":-32001,\"message\":\"no\",\"data\":{\"code\":\"refused.else\"}}");
    assert_int_equal(t.last[TB_CLIENT_FOUND].found.err, TB_ERR_DENIED);
    tb_client_find(&t.c, 12, &whom, 500, t.now_ms);
    find_answer("\"error\":{\"code\":-32602,\"message\":\"no\",\"data\":{\"code\":\"input.syntax\"}}");
    assert_int_equal(t.last[TB_CLIENT_FOUND].found.err, TB_ERR_SYNTAX);
    tb_client_find(&t.c, 13, &whom, 500, t.now_ms);
    tb_client_tick(&t.c, t.now_ms + 500);
    assert_int_equal(t.last[TB_CLIENT_FOUND].found.err, TB_ERR_TIMEOUT);
    assert_int_equal(t.found.count, 0);
    assert_int_equal(t.count[TB_CLIENT_FOUND], 7);
}

static void whom_a_search_found_is_opened(void **state)
{
    (void)state;
    const struct tb_open_ask whom = {.customer.bytes[0] = 0xc0, .operator= "op-7" };
    test_start(0, 1, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    tb_client_open(&t.c, 3, &whom, 500, t.now_ms);
    assert_non_null(strstr(t.sent[7],
                           "\"customer.open\",\"params\":{\"customer\":\"c0000000000000000000000000000000\","
                           "\"operator\":\"op-7\"}"));
    find_answer("\"error\":{\"code\":-32001,\"message\":\"no\",\"data\":{\"code\":\"refused.denied\"}}");
    assert_int_equal(t.last[TB_CLIENT_IDENTIFIED].identified.ticket, 3);
    assert_int_equal(t.last[TB_CLIENT_IDENTIFIED].identified.err, TB_ERR_DENIED);
    assert_int_equal(t.count[TB_CLIENT_FOUND], 0);
}

static void identify_answer(const char *rows)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
                   "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{\"found\":true,\"rows\":[%s]}}",
                   (int)t.c.next_id, rows);
    test_receive(text);
}

/* What the store had decided and this side did not hear would be laid over a cart that holds it. */
static void identify_brings_no_cart_while_verdicts_are_missing(void **state)
{
    (void)state;
#define ID_OF(digit) "0000000000000000000000000000000" digit
    static const char rows[] = "{\"type\":\"cart\",\"id\":\"" ID_OF(
        "2") "\",\"version\":5,\"as_of\":9,\"op\":\"put\",\"customer\":"
             "\"" ID_OF("1") "\",\"doc\":{}},"
                             "{\"type\":\"customer\",\"id\":\"" ID_OF("1") "\",\"version\":4,\"as_of\":9,"
                                                                           "\"op\":\"put\",\"customer\":"
                                                                           "\"" ID_OF("1") "\",\"doc\":{}}";
    struct tb_identify_ask what = {.kind = "member"};
    test_start(2, 5, "e1");
    test_go_live(WELCOME_OF("e1", 3));
    tb_client_identify(&t.c, 1, &what, 500, t.now_ms);
    identify_answer(rows);
    assert_true(t.last[TB_CLIENT_IDENTIFIED].identified.found);
    assert_int_equal(t.identified_row_count, 1);
    assert_int_equal(t.first_identified, TB_ROW_CUSTOMER);

    test_read(3, 4);
    test_verdict(3, "applied");
    tb_client_identify(&t.c, 2, &what, 500, t.now_ms);
    identify_answer(rows); /* heard is not saved */
    assert_int_equal(t.identified_row_count, 1);
    test_decided(3, TB_OK);
    tb_client_identify(&t.c, 3, &what, 500, t.now_ms);
    identify_answer(rows); /* 4 is decided on this connection: its verdict comes before what holds it */
    assert_int_equal(t.identified_row_count, 2);
    assert_int_equal(t.first_identified, TB_ROW_CART);
}

static void identify_is_bounded_and_ends_with_the_line(void **state)
{
    (void)state;
    struct tb_identify_ask what = {.kind = "member"};
    test_start(0, 1, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    for (uint32_t i = 1; i <= TB_CLIENT_IDENTIFY_COUNT_MAX; i++)
        tb_client_identify(&t.c, i, &what, 500, t.now_ms);
    assert_int_equal(t.count[TB_CLIENT_IDENTIFIED], 0);
    tb_client_identify(&t.c, 99, &what, 500, t.now_ms);
    assert_int_equal(t.last[TB_CLIENT_IDENTIFIED].identified.err, TB_ERR_BUSY);
    tb_client_closed(&t.c, TB_CAUSE_CLOSED, t.now_ms);
    assert_int_equal(t.count[TB_CLIENT_IDENTIFIED], 1 + TB_CLIENT_IDENTIFY_COUNT_MAX);
    assert_int_equal(t.last[TB_CLIENT_IDENTIFIED].identified.err, TB_ERR_OFFLINE);
}

static void identify_error_is_mapped(void **state)
{
    (void)state;
    struct tb_identify_ask what = {.kind = "member"};
    char text[256];
    test_start(0, 1, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    tb_client_identify(&t.c, 1, &what, 500, t.now_ms);
    (void)snprintf(text, sizeof text,
                   "{\"jsonrpc\":\"2.0\",\"id\":%d,\"error\":{\"code\":-32001,\"message\":\"no\"}}",
                   (int)t.c.next_id);
    test_receive(text);
    assert_int_equal(t.last[TB_CLIENT_IDENTIFIED].identified.err, TB_ERR_DENIED);
}

static void requests_and_unknown_notifications_are_harmless(void **state)
{
    (void)state;
    test_start(0, 1, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    test_receive("{\"jsonrpc\":\"2.0\",\"method\":\"later.thing\",\"params\":{\"a\":1}}");
    assert_int_equal(t.count[TB_CLIENT_CLOSE], 0);
    test_receive("{\"jsonrpc\":\"2.0\",\"id\":77,\"method\":\"later.ask\",\"params\":{}}");
    assert_non_null(strstr(test_sent(), "\"id\":77"));
    assert_non_null(strstr(test_sent(), "-32601"));
    test_receive("{\"jsonrpc\":\"2.0\",\"method\":\"verdicts\",\"params\":{\"verdicts\":7}}");
    assert_int_equal(t.count[TB_CLIENT_CLOSE], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_says_who_and_where),
        cmocka_unit_test(welcome_makes_the_line_live),
        cmocka_unit_test(line_state_is_told_once_per_change),
        cmocka_unit_test(refusal_is_shown_as_denied),
        cmocka_unit_test(busy_server_is_not_denial),
        cmocka_unit_test(silence_after_hello_ends_the_connection),
        cmocka_unit_test(bad_welcome_ends_the_connection),
        cmocka_unit_test(stored_mutation_goes_out_at_once),
        cmocka_unit_test(what_waits_is_read_after_connect),
        cmocka_unit_test(no_more_than_the_window_is_under_way),
        cmocka_unit_test(late_answer_to_a_read_is_ignored),
        cmocka_unit_test(holes_are_closed_by_skipped),
        cmocka_unit_test(a_hole_is_closed_in_two_where_the_store_stands_in_it),
        cmocka_unit_test(empty_outbox_gives_up_what_it_lost),
        cmocka_unit_test(unreadable_outbox_gives_up_nothing),
        cmocka_unit_test(row_may_be_read_before_its_commit_is_reported),
        cmocka_unit_test(retry_stops_the_stream_there),
        cmocka_unit_test(verdict_that_cannot_be_saved_is_asked_again),
        cmocka_unit_test(late_save_of_an_earlier_connection_decides_nothing),
        cmocka_unit_test(verdicts_out_of_step_end_the_connection),
        cmocka_unit_test(verdict_carries_the_new_rows),
        cmocka_unit_test(restored_store_gets_what_it_lost),
        cmocka_unit_test(identify_ends_in_one_answer),
        cmocka_unit_test(identify_brings_no_cart_while_verdicts_are_missing),
        cmocka_unit_test(identify_is_bounded_and_ends_with_the_line),
        cmocka_unit_test(identify_error_is_mapped),
        cmocka_unit_test(a_search_ends_in_one_answer),
        cmocka_unit_test(whom_a_search_found_is_opened),
        cmocka_unit_test(requests_and_unknown_notifications_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
