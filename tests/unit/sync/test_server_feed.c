#include "tests/unit/sync/server_test.h"

static void feed_is_read_until_two_messages_wait(void **state)
{
    (void)state;
    engine_fake_add_product(&t.engine, 18);
    request(3, "feed.open", "{\"scope\":\"cohort\",\"cursor\":\"\"}");
    assert_non_null(strstr(sent(), "\"id\":3,\"result\":{\"scope\":\"cohort\"}"));
    assert_string_equal(t.asks[0].peer.store, "0421");
    for (unsigned i = 2; i < 8; i++)
        engine_fake_add_customer(&t.engine, i);
    struct tb_cursor first = answer()->feed.cursor;
    assert_non_null(strstr(sent(), "\"method\":\"feed.rows\""));
    assert_non_null(strstr(sent(), "\"more\":true"));
    answer();
    assert_int_equal(t.ask_count, 0);
    char params[256];
    char text[96];
    struct tb_buf to = tb_buf_of(text, sizeof text - 1);
    tb_base64url_add(&to, tb_span_of(first.bytes, first.size));
    text[to.size] = '\0';
    notify("feed.ack", "{\"scope\":\"cohort\",\"cursor\":\"AAAA\"}"); /* of nothing that was sent */
    assert_int_equal(t.ask_count, 0);
    (void)snprintf(params, sizeof params, "{\"scope\":\"cohort\",\"cursor\":\"%s\"}", text);
    notify("feed.ack", params);
    assert_int_equal(t.ask_count, 1);
    notify("feed.ack", params); /* twice */
    answer();
    assert_int_equal(t.ask_count, 0);
}

static void empty_feed_says_that_it_is_complete(void **state)
{
    (void)state;
    request(3, "feed.open", "{\"scope\":\"erasures\",\"cursor\":\"\"}");
    answer();
    assert_non_null(strstr(sent(), "\"rows\":[]"));
    assert_non_null(strstr(sent(), "\"more\":false"));
    size_t count = t.sent_count;
    struct tb_engine_change change = {.scope = {.kind = TB_SCOPE_ERASURES}};
    tb_session_changed(&t.s, &change, t.now_ms, t.wall_ms);
    answer();
    assert_int_equal(t.sent_count, count); /* nothing new, nothing said */
}

/* One read of the engine's answered by hand. */
static void look_answered(uint8_t cursor, bool more)
{
    struct tb_engine_answer answer = {
        .ask = TB_ENGINE_FEED, .ticket = t.asks[0].ticket, .feed = {.more = more, .cursor = {.size = 1}}};
    answer.feed.cursor.bytes[0] = cursor;
    t.ask_count = 0;
    tb_session_answered(&t.s, &answer, t.now_ms, t.wall_ms);
}

/* Far back among the changes of others there may be nothing for this store: it is looked on, in shares. */
static void where_nothing_is_found_yet_it_is_looked_on(void **state)
{
    (void)state;
    request(3, "feed.open", "{\"scope\":\"cohort\",\"cursor\":\"\"}");
    size_t count = t.sent_count;
    for (uint8_t i = 1; i < 10; i++) {
        assert_int_equal(t.ask_count, 1);
        look_answered(i, true);
        assert_int_equal(t.sent_count, count);
        assert_int_equal(t.asks[0].feed.cursor.bytes[0], i);
    }
    look_answered(9, false); /* where it was: complete all the same */
    assert_int_equal(t.sent_count, count + 1);
    assert_non_null(strstr(sent(), "\"rows\":[],\"cursor\":\"CQ\",\"more\":false"));
    assert_int_equal(t.ask_count, 0);
    struct tb_engine_change change = {.scope = {.kind = TB_SCOPE_COHORT}};
    tb_session_changed(&t.s, &change, t.now_ms, t.wall_ms);
    look_answered(9, false);
    assert_int_equal(t.sent_count, count + 1);
}

static void change_wakes_the_feeds_it_concerns(void **state)
{
    (void)state;
    struct tb_engine_change here = {.scope.kind = TB_SCOPE_COHORT, .store = "0421"};
    struct tb_engine_change there = {.scope.kind = TB_SCOPE_COHORT, .store = "0007"};
    struct tb_engine_change other = {.scope.kind = TB_SCOPE_DEVICE, .device = "urn:tillbridge:demo:device:x"};
    struct tb_engine_change mine = {.scope.kind = TB_SCOPE_DEVICE, .device = DEVICE};
    request(3, "feed.open", "{\"scope\":\"device\",\"cursor\":\"\"}");
    answer();
    tb_session_changed(&t.s, &here, t.now_ms, t.wall_ms); /* not open */
    tb_session_changed(&t.s, &other, t.now_ms, t.wall_ms);
    assert_int_equal(t.ask_count, 0);
    tb_session_changed(&t.s, &mine, t.now_ms, t.wall_ms);
    assert_int_equal(t.ask_count, 1);
    answer();
    request(4, "feed.open", "{\"scope\":\"cohort\",\"cursor\":\"\"}");
    answer();
    answer();
    notify("feed.close", "{\"scope\":\"device\"}");
    tb_session_changed(&t.s, &mine, t.now_ms, t.wall_ms);
    tb_session_changed(&t.s, &there, t.now_ms, t.wall_ms);
    assert_int_equal(t.ask_count, 0);
}

static void change_during_a_read_is_not_missed(void **state)
{
    (void)state;
    struct tb_engine_change mine = {.scope.kind = TB_SCOPE_DEVICE};
    request(3, "feed.open", "{\"scope\":\"device\",\"cursor\":\"\"}");
    tb_session_changed(&t.s, &mine, t.now_ms, t.wall_ms);
    answer();
    assert_int_equal(t.ask_count, 1);
}

static void urgent_scopes_are_read_first(void **state)
{
    (void)state;
    request(3, "feed.open", "{\"scope\":\"catalogue\",\"cursor\":\"\"}");
    request(4, "feed.open", "{\"scope\":\"cohort\",\"cursor\":\"\"}");
    request(5, "feed.open", "{\"scope\":\"customer:" CUSTOMER_0 "\",\"cursor\":\"\"}");
    request(6, "feed.open", "{\"scope\":\"device\",\"cursor\":\"\"}");
    /* The first one is being read already, which nobody urgent waits for. */
    assert_int_equal(t.ask_count, 3);
    assert_int_equal(t.asks[0].feed.scope.kind, TB_SCOPE_CATALOGUE);
    assert_int_equal(t.asks[1].ask, TB_ENGINE_ADMIT);
    assert_int_equal(t.asks[2].feed.scope.kind, TB_SCOPE_DEVICE);
    answer();
    assert_int_equal(t.asks[2].feed.scope.kind, TB_SCOPE_COHORT);
    answer(); /* admitted */
    answer(); /* the device's */
    assert_int_equal(t.asks[1].feed.scope.kind, TB_SCOPE_CUSTOMER);
}

static void feed_of_a_customer_waits_for_admission(void **state)
{
    (void)state;
    request(3, "feed.open", "{\"scope\":\"customer:" CUSTOMER_0 "\",\"cursor\":\"\"}");
    size_t count = t.sent_count;
    assert_int_equal(t.asks[0].ask, TB_ENGINE_ADMIT);
    assert_false(t.asks[0].admit.identified);
    tb_session_tick(&t.s, t.now_ms, t.wall_ms);
    assert_int_equal(t.ask_count, 1); /* nothing is read before */
    answer();
    assert_int_equal(t.sent_count, count + 1);
    assert_non_null(strstr(sent(), "\"id\":3,\"result\""));
    answer();
    assert_non_null(strstr(sent(), "feed.rows"));
    request(4, "feed.open", "{\"scope\":\"customer:00000000000000000000000000000077\",\"cursor\":\"\"}");
    answer();
    assert_non_null(strstr(sent(), "\"id\":4,\"error\":{\"code\":-32001"));
    assert_non_null(strstr(sent(), "refused.denied"));
    assert_int_equal(t.close_count + t.ask_count, 0);
}

static void who_was_identified_is_named_to_the_engine(void **state)
{
    (void)state;
    char params[256];
    uint8_t hash[TB_LOOKUP_HASH_SIZE];
    engine_fake_hash(0, hash);
    struct tb_buf text = tb_buf_of(params, sizeof params);
    tb_buf_add_str(&text, "{\"kind\":\"member\",\"hash\":\"");
    tb_buf_add_hex(&text, tb_span_of(hash, sizeof hash));
    tb_buf_add(&text, tb_span_of("\"}", 3));
    request(3, "identify", params);
    answer();
    assert_non_null(strstr(sent(), "\"found\":true"));
    request(4, "feed.open", "{\"scope\":\"customer:" CUSTOMER_0 "\",\"cursor\":\"\"}");
    assert_true(t.asks[0].admit.identified);
    request(5, "feed.open", "{\"scope\":\"customer:" CUSTOMER_1 "\",\"cursor\":\"\"}");
    assert_false(t.asks[1].admit.identified);
}

static void admissions_are_bounded(void **state)
{
    (void)state;
    for (int i = 0; i < TB_SESSION_FEED_MAX; i++) {
        request(10 + i, "feed.open", "{\"scope\":\"customer:" CUSTOMER_0 "\",\"cursor\":\"\"}");
        notify("feed.close", "{\"scope\":\"customer:" CUSTOMER_0 "\"}");
        assert_non_null(strstr(sent(), "feed_closed"));
    }
    request(30, "feed.open", "{\"scope\":\"customer:" CUSTOMER_0 "\",\"cursor\":\"\"}");
    assert_non_null(strstr(sent(), "too_many_requests"));
    assert_int_equal(t.ask_count, TB_SESSION_FEED_MAX);
    while (t.ask_count > 0)
        answer();
    request(31, "feed.open", "{\"scope\":\"customer:" CUSTOMER_0 "\",\"cursor\":\"\"}");
    answer();
    assert_non_null(strstr(sent(), "\"id\":31,\"result\""));
}

static void sums_are_of_an_open_cohort(void **state)
{
    (void)state;
    request(3, "feed.checksum", "{\"scope\":\"cohort\"}");
    assert_non_null(strstr(sent(), "feed_closed"));
    request(4, "feed.checksum", "{\"scope\":\"device\"}");
    assert_non_null(strstr(sent(), "\"code\":-32602"));
    request(5, "feed.open", "{\"scope\":\"cohort\",\"cursor\":\"\"}");
    struct tb_cursor cursor = {.size = 0};
    for (bool more = true; more;) {
        struct tb_engine_answer *page = answer();
        more = page->feed.more;
        cursor = page->feed.cursor;
        t.s.feeds[0].unacked_count = 0;
        tb_session_tick(&t.s, t.now_ms, t.wall_ms);
    }
    request(6, "feed.checksum", "{\"scope\":\"cohort\"}");
    struct tb_engine_answer share = {.ask = TB_ENGINE_CHECKSUM, .ticket = t.asks[0].ticket};
    assert_memory_equal(&t.asks[0].checksum.cursor, &cursor, sizeof cursor);
    share.checksum.more = true;
    t.ask_count = 0;
    tb_session_answered(&t.s, &share, t.now_ms, t.wall_ms);
    assert_int_equal(t.ask_count, 1); /* the next share */
    answer();
    assert_non_null(strstr(sent(), "\"id\":6,\"result\":{\"cursor\":\""));
    assert_non_null(strstr(sent(), "\"sums\":\""));
}

/* Nobody wakes a reader whom nothing concerns; when the engine says that it stands far back, it reads on, and
 * the next comparison finds it at the end. */
static void who_stands_far_back_reads_on_when_compared(void **state)
{
    (void)state;
    request(3, "feed.open", "{\"scope\":\"cohort\",\"cursor\":\"\"}");
    look_answered(9, false);
    size_t count = t.sent_count;
    request(4, "feed.checksum", "{\"scope\":\"cohort\"}");
    struct tb_engine_answer far_back = {
        .ask = TB_ENGINE_CHECKSUM, .ticket = t.asks[0].ticket, .checksum.cursor = {.size = 1}};
    t.ask_count = 0;
    tb_session_answered(&t.s, &far_back, t.now_ms, t.wall_ms);
    assert_int_equal(t.sent_count, count + 1);
    assert_int_equal(t.ask_count, 1);
    assert_int_equal(t.asks[0].ask, TB_ENGINE_FEED);
    look_answered(10, true);
    look_answered(10, false);
    assert_int_equal(t.sent_count, count + 2);
    assert_non_null(strstr(sent(), "\"rows\":[],\"cursor\":\"Cg\",\"more\":false"));
    request(5, "feed.checksum", "{\"scope\":\"cohort\"}");
    struct tb_engine_answer at_the_end = {
        .ask = TB_ENGINE_CHECKSUM, .ticket = t.asks[0].ticket, .checksum.cursor = t.asks[0].checksum.cursor};
    t.ask_count = 0;
    tb_session_answered(&t.s, &at_the_end, t.now_ms, t.wall_ms);
    assert_int_equal(t.ask_count, 0);
}

static void feed_opened_anew_drops_the_read_before(void **state)
{
    (void)state;
    request(3, "feed.open", "{\"scope\":\"device\",\"cursor\":\"\"}");
    request(4, "feed.open", "{\"scope\":\"device\",\"cursor\":\"\"}");
    size_t count = t.sent_count;
    answer();
    assert_int_equal(t.sent_count, count);
    assert_int_equal(t.ask_count, 1);
    answer();
    assert_int_equal(t.sent_count, count + 1);
}

static void read_fault_is_tried_again_later(void **state)
{
    (void)state;
    request(3, "feed.open", "{\"scope\":\"device\",\"cursor\":\"\"}");
    t.engine.fault = TB_ERR_BUSY;
    answer();
    t.engine.fault = TB_OK;
    assert_int_equal(t.ask_count, 0);
    assert_int_equal(tb_session_deadline_ms(&t.s), 2000);
    tb_session_tick(&t.s, 2000, t.wall_ms);
    answer();
    assert_non_null(strstr(sent(), "\"type\":\"terminal\""));
}

static void table_of_feeds_is_bounded(void **state)
{
    (void)state;
    char params[128];
    for (int i = 0; i <= TB_SESSION_FEED_MAX; i++) {
        (void)snprintf(params, sizeof params, "{\"scope\":\"customer:%032d\",\"cursor\":\"\"}", i);
        request(3, "feed.open", params);
    }
    assert_non_null(strstr(sent(), "too_many_feeds"));
    request(3, "feed.open", "{\"scope\":\"nonsense\",\"cursor\":\"\"}");
    assert_non_null(strstr(sent(), "-32602"));
    notify("feed.ack", "{}");
    assert_int_equal(t.close_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(feed_is_read_until_two_messages_wait, terminal),
        cmocka_unit_test_setup(empty_feed_says_that_it_is_complete, terminal),
        cmocka_unit_test_setup(where_nothing_is_found_yet_it_is_looked_on, terminal),
        cmocka_unit_test_setup(change_wakes_the_feeds_it_concerns, terminal),
        cmocka_unit_test_setup(change_during_a_read_is_not_missed, terminal),
        cmocka_unit_test_setup(urgent_scopes_are_read_first, terminal),
        cmocka_unit_test_setup(feed_of_a_customer_waits_for_admission, terminal),
        cmocka_unit_test_setup(who_was_identified_is_named_to_the_engine, terminal),
        cmocka_unit_test_setup(admissions_are_bounded, terminal),
        cmocka_unit_test_setup(sums_are_of_an_open_cohort, terminal),
        cmocka_unit_test_setup(who_stands_far_back_reads_on_when_compared, terminal),
        cmocka_unit_test_setup(feed_opened_anew_drops_the_read_before, terminal),
        cmocka_unit_test_setup(read_fault_is_tried_again_later, terminal),
        cmocka_unit_test_setup(table_of_feeds_is_bounded, terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
