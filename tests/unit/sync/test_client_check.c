#include "tests/unit/sync/client_test.h"

#include "core/base/text.h"

#define INTERVAL_MS 240000
#define NOT_FOUND "{\"code\":-32601,\"message\":\"x\",\"data\":{\"code\":\"method_unknown\"}}"

static const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};

static const struct tb_client_feed *feed_at(const struct tb_scope *scope)
{
    for (size_t i = 0; i < TB_CLIENT_FEED_COUNT_MAX; i++)
        if (t.c.feeds[i].state != TB_FEED_FREE && tb_scope_equal(&t.c.feeds[i].scope, scope))
            return &t.c.feeds[i];
    return NULL;
}

static void answer_to(int64_t request, const char *what, const char *value)
{
    static char text[4096];
    (void)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"%s\":%s}", (int)request, what, value);
    test_receive(text);
}

/* The feed is granted and brings nothing but its end, which is saved. */
static void complete(const struct tb_scope *scope, const char *cursor)
{
    char name[TB_SCOPE_TEXT_SIZE];
    char text[256];
    assert_non_null(feed_at(scope));
    if (feed_at(scope)->state == TB_FEED_OPENING)
        answer_to(feed_at(scope)->request, "result", "{}");
    tb_scope_format(scope, name);
    (void)snprintf(text, sizeof text,
                   "{\"jsonrpc\":\"2.0\",\"method\":\"feed.rows\",\"params\":{\"scope\":\"%s\",\"rows\":[],"
                   "\"cursor\":\"%s\",\"more\":false}}",
                   name, cursor);
    test_receive(text);
    assert_false(t.last[TB_CLIENT_SAVE].save.more);
    tb_client_saved(&t.c, t.last[TB_CLIENT_SAVE].save.ticket, TB_OK, t.now_ms);
}

static int live(void **state)
{
    static const struct tb_cursor none;
    (void)state;
    test_start(0, 1, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    assert_int_equal(tb_client_feed_open(&t.c, &cohort, &none, t.now_ms), TB_OK);
    return 0;
}

/* Time goes on to the next deadline, at most until limit_ms from now. */
static void wait_ms(int64_t limit_ms)
{
    int64_t until_ms = t.now_ms + limit_ms;
    while (tb_client_deadline_ms(&t.c) <= until_ms) {
        int64_t deadline_ms = tb_client_deadline_ms(&t.c);
        size_t sent = t.sent_count;
        t.now_ms = deadline_ms > t.now_ms ? deadline_ms : t.now_ms;
        tb_client_tick(&t.c, t.now_ms);
        if (t.sent_count > sent)
            return;
        assert_true(tb_client_deadline_ms(&t.c) > t.now_ms); /* a deadline that is met is gone */
    }
    t.now_ms = until_ms;
}

static bool asked(void)
{
    return strstr(t.sent[7], "\"method\":\"feed.checksum\",\"params\":{\"scope\":\"cohort\"}") != NULL;
}

static void sums_of(const char *cursor)
{
    static char value[3200];
    uint8_t sums[TB_PARTITION_COUNT * TB_PARTITION_SUM_SIZE] = {7};
    struct tb_buf text = tb_buf_of(value, sizeof value - 1);
    tb_buf_add_str(&text, "{\"cursor\":\"");
    tb_buf_add_str(&text, cursor);
    tb_buf_add_str(&text, "\",\"sums\":\"");
    tb_base64url_add(&text, tb_span_of(sums, sizeof sums));
    tb_buf_add_str(&text, "\"}");
    value[text.size] = '\0';
    answer_to(t.c.check.request, "result", value);
}

static void nothing_is_asked_unless_wanted(void **state)
{
    (void)state;
    complete(&cohort, "AQ");
    wait_ms(10 * INTERVAL_MS);
    assert_false(asked());
    tb_client_set_checksum(&t.c, INTERVAL_MS, t.now_ms);
    wait_ms(INTERVAL_MS / 24);
    assert_true(asked());
}

static void it_is_asked_when_the_cohort_is_complete_and_quiet(void **state)
{
    (void)state;
    tb_client_set_checksum(&t.c, 24, t.now_ms);
    wait_ms(10000);
    assert_false(asked()); /* not complete */
    complete(&cohort, "AQ");
    wait_ms(900);
    assert_false(asked());
    complete(&cohort, "Ag");
    wait_ms(900);
    assert_false(asked()); /* something came meanwhile */
    wait_ms(200);
    assert_true(asked());
}

static void sums_of_another_state_are_not_compared(void **state)
{
    (void)state;
    tb_client_set_checksum(&t.c, INTERVAL_MS, t.now_ms);
    complete(&cohort, "AQ");
    wait_ms(INTERVAL_MS);
    assert_true(asked());
    sums_of("Ag");
    assert_int_equal(t.count[TB_CLIENT_COMPARE], 0);
    size_t sent = t.sent_count;
    wait_ms(29000);
    assert_int_equal(t.sent_count, sent);
    wait_ms(2000);
    assert_int_equal(t.sent_count, sent + 1);
    sums_of("AQ");
    assert_int_equal(t.count[TB_CLIENT_COMPARE], 1);
    tb_client_compared(&t.c, t.last[TB_CLIENT_COMPARE].compare.ticket, TB_OK, NULL, t.now_ms);
    wait_ms(INTERVAL_MS - 1);
    assert_int_equal(t.sent_count, sent + 1);
    wait_ms(1);
    assert_int_equal(t.sent_count, sent + 2);
}

/* Up to the owner's answer: partitions 3 and 200 differ. */
static void differ(void)
{
    struct tb_partitions differing = {{0}};
    tb_client_set_checksum(&t.c, INTERVAL_MS, t.now_ms);
    complete(&cohort, "AQ");
    wait_ms(INTERVAL_MS);
    sums_of("AQ");
    assert_int_equal(t.compared.sums[0][0], 7);
    tb_partitions_set(&differing, 3, true);
    tb_partitions_set(&differing, 200, true);
    tb_partitions_set(&differing, 4, true);
    tb_partitions_set(&differing, 4, false);
    tb_client_compared(&t.c, t.last[TB_CLIENT_COMPARE].compare.ticket, TB_OK, &differing, t.now_ms);
}

static void what_differs_is_read_again_and_nothing_else(void **state)
{
    static const struct tb_scope third = {.kind = TB_SCOPE_PARTITION, .partition = 3};
    static const struct tb_scope last = {.kind = TB_SCOPE_PARTITION, .partition = 200};
    (void)state;
    differ();
    assert_non_null(strstr(t.sent[7], "\"feed.open\",\"params\":{\"scope\":\"cohort:03\",\"cursor\":\"\"}"));
    assert_null(feed_at(&last)); /* one after the other */
    complete(&third, "Ag");
    assert_int_equal(t.last[TB_CLIENT_SAVE].save.scope.kind, TB_SCOPE_PARTITION);
    assert_int_equal(t.last[TB_CLIENT_SAVE].save.scope.partition, 3);
    assert_non_null(strstr(t.sent[6], "\"feed.close\",\"params\":{\"scope\":\"cohort:03\"}"));
    assert_non_null(strstr(t.sent[7], "\"feed.open\",\"params\":{\"scope\":\"cohort:c8\",\"cursor\":\"\"}"));
    assert_null(feed_at(&third));
    complete(&last, "Aw");
    assert_null(feed_at(&last));
    assert_int_equal(feed_at(&cohort)->state, TB_FEED_OPEN);
    size_t sent = t.sent_count;
    wait_ms(INTERVAL_MS + 1);
    assert_int_equal(t.sent_count, sent + 1);
    assert_true(asked());
}

static void a_repair_goes_on_after_the_line_was_lost(void **state)
{
    static const struct tb_scope third = {.kind = TB_SCOPE_PARTITION, .partition = 3};
    static const struct tb_scope last = {.kind = TB_SCOPE_PARTITION, .partition = 200};
    (void)state;
    differ();
    tb_client_closed(&t.c, TB_CAUSE_CLOSED, t.now_ms);
    test_go_live(WELCOME_OF("e1", 0));
    assert_non_null(feed_at(&third));
    complete(&cohort, "AQ");
    complete(&third, "Ag");
    complete(&last, "Ag");
    assert_null(feed_at(&last));
}

static void a_repair_that_cannot_be_saved_is_begun_again(void **state)
{
    static const struct tb_scope third = {.kind = TB_SCOPE_PARTITION, .partition = 3};
    (void)state;
    differ();
    answer_to(feed_at(&third)->request, "result", "{}");
    test_receive(
        "{\"jsonrpc\":\"2.0\",\"method\":\"feed.rows\",\"params\":{\"scope\":\"cohort:03\",\"rows\":[],"
        "\"cursor\":\"Ag\",\"more\":false}}");
    tb_client_saved(&t.c, t.last[TB_CLIENT_SAVE].save.ticket, TB_ERR_IO, t.now_ms);
    assert_int_equal(feed_at(&third)->state, TB_FEED_WAITING);
    wait_ms(5000);
    complete(&third, "Ag");
    assert_null(feed_at(&third));
}

static void a_new_life_of_the_store_needs_no_repair(void **state)
{
    (void)state;
    differ();
    tb_client_closed(&t.c, TB_CAUSE_CLOSED, t.now_ms);
    test_go_live(WELCOME_OF("e2", 0));
    complete(&cohort, "AQ");
    size_t sent = t.sent_count;
    wait_ms(INTERVAL_MS);
    assert_int_equal(t.sent_count, sent + 1);
    assert_true(asked());
}

static void a_store_that_does_not_know_it_is_asked_rarely(void **state)
{
    (void)state;
    tb_client_set_checksum(&t.c, INTERVAL_MS, t.now_ms);
    complete(&cohort, "AQ");
    wait_ms(INTERVAL_MS);
    assert_true(asked());
    answer_to(t.c.check.request, "error", NOT_FOUND);
    size_t sent = t.sent_count;
    wait_ms(INTERVAL_MS - 1);
    assert_int_equal(t.sent_count, sent);
    wait_ms(1);
    assert_int_equal(t.sent_count, sent + 1);
}

static void broken_sums_end_the_connection(void **state)
{
    (void)state;
    tb_client_set_checksum(&t.c, INTERVAL_MS, t.now_ms);
    complete(&cohort, "AQ");
    wait_ms(INTERVAL_MS);
    answer_to(t.c.check.request, "result", "{\"cursor\":\"AQ\",\"sums\":\"AAAA\"}");
    assert_string_equal(t.code, "input.truncated");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_asked_unless_wanted, live),
        cmocka_unit_test_setup(it_is_asked_when_the_cohort_is_complete_and_quiet, live),
        cmocka_unit_test_setup(sums_of_another_state_are_not_compared, live),
        cmocka_unit_test_setup(what_differs_is_read_again_and_nothing_else, live),
        cmocka_unit_test_setup(a_repair_goes_on_after_the_line_was_lost, live),
        cmocka_unit_test_setup(a_repair_that_cannot_be_saved_is_begun_again, live),
        cmocka_unit_test_setup(a_new_life_of_the_store_needs_no_repair, live),
        cmocka_unit_test_setup(a_store_that_does_not_know_it_is_asked_rarely, live),
        cmocka_unit_test_setup(broken_sums_end_the_connection, live),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
