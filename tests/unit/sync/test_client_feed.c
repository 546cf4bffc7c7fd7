#include "tests/unit/sync/client_test.h"

static const struct tb_cursor none;
static const struct tb_scope erasures = {.kind = TB_SCOPE_ERASURES};
static const struct tb_scope device = {.kind = TB_SCOPE_DEVICE};
static const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
static const struct tb_scope catalogue = {.kind = TB_SCOPE_CATALOGUE};
static const struct tb_scope customer = {.kind = TB_SCOPE_CUSTOMER, .customer = {{1}}};

static struct tb_cursor cursor_of(uint8_t byte)
{
    return (struct tb_cursor){.size = 1, .bytes = {byte}};
}

static void feed_open(const struct tb_scope *scope, struct tb_cursor cursor)
{
    assert_int_equal(tb_client_feed_open(&t.c, scope, &cursor, t.now_ms), TB_OK);
}

static const struct tb_client_feed *feed_at(const struct tb_scope *scope)
{
    for (size_t i = 0; i < TB_CLIENT_FEED_COUNT_MAX; i++)
        if (t.c.feeds[i].state != TB_FEED_FREE && tb_scope_equal(&t.c.feeds[i].scope, scope))
            return &t.c.feeds[i];
    return NULL;
}

/* The context store grants feed.open. */
static void grant(const struct tb_scope *scope)
{
    char text[128];
    assert_int_equal(feed_at(scope)->state, TB_FEED_OPENING);
    (void)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":{}}",
                   (int)feed_at(scope)->request);
    test_receive(text);
}

/* A page of rows; cursor is one byte in base64url: "AQ" is 1, "Ag" is 2, "Aw" is 3. */
static void rows(const char *scope, const char *cursor, bool more)
{
    char text[512];
    (void)snprintf(
        text, sizeof text,
        "{\"jsonrpc\":\"2.0\",\"method\":\"feed.rows\",\"params\":{\"scope\":\"%s\",\"rows\":[{\"type\":"
        "\"product\",\"id\":\"00000000000017\",\"version\":5,\"as_of\":1,\"op\":\"put\",\"doc\":{}},"
        "{\"type\":\"later\",\"id\":\"x\"}],\"cursor\":\"%s\",\"more\":%s}}",
        scope, cursor, more ? "true" : "false");
    test_receive(text);
}

static uint32_t save_ticket(void)
{
    return t.last[TB_CLIENT_SAVE].save.ticket;
}

static int live(void **state)
{
    (void)state;
    test_start(0, 1, "e1");
    test_go_live(WELCOME_OF("e1", 0));
    return 0;
}

static void rows_are_acknowledged_when_saved(void **state)
{
    (void)state;
    feed_open(&device, none);
    assert_non_null(
        strstr(test_sent(), "\"method\":\"feed.open\",\"params\":{\"scope\":\"device\",\"cursor\":\"\"}"));
    grant(&device);
    size_t sent = t.sent_count;
    rows("device", "AQ", false);
    assert_int_equal(t.save_row_count, 1); /* a type of later is left out */
    assert_true(t.last[TB_CLIENT_SAVE].save.first);
    assert_int_equal(t.sent_count, sent);
    assert_int_equal(feed_at(&device)->cursor.size, 0);
    tb_client_saved(&t.c, save_ticket(), TB_OK, t.now_ms);
    assert_non_null(
        strstr(test_sent(), "\"method\":\"feed.ack\",\"params\":{\"scope\":\"device\",\"cursor\":\"AQ\"}"));
    assert_int_equal(feed_at(&device)->cursor.bytes[0], 1);
}

/* A page says what it follows on: the one before it, and of a feed that was opened anew what was saved. */
static void pages_say_what_they_follow_on(void **state)
{
    (void)state;
    feed_open(&device, none);
    grant(&device);
    rows("device", "AQ", true);
    const uint32_t first_ticket = save_ticket();
    assert_int_equal(t.last[TB_CLIENT_SAVE].save.from.size, 0);
    rows("device", "Ag", true);
    assert_int_equal(t.last[TB_CLIENT_SAVE].save.from.bytes[0], 1);
    tb_client_saved(&t.c, first_ticket, TB_OK, t.now_ms);
    tb_client_saved(&t.c, save_ticket(), TB_ERR_IO, t.now_ms);
    tb_client_tick(&t.c, t.now_ms += 60000);
    grant(&device);
    rows("device", "Aw", true);
    assert_int_equal(t.last[TB_CLIENT_SAVE].save.from.bytes[0], 1);
    tb_client_feed_lost(&t.c, &device, t.now_ms);
    tb_client_saved(&t.c, save_ticket(), TB_OK, t.now_ms);
    tb_client_tick(&t.c, t.now_ms += 60000);
    grant(&device);
    rows("device", "Aw", false);
    assert_int_equal(t.last[TB_CLIENT_SAVE].save.from.size, 0);
}

static void urgent_feeds_come_first(void **state)
{
    (void)state;
    feed_open(&device, none); /* first, as the others wait for it */
    feed_open(&catalogue, none);
    feed_open(&cohort, none);
    feed_open(&customer, none);
    assert_int_equal(feed_at(&customer)->state, TB_FEED_WAITING);
    grant(&device);
    rows("device", "AQ", true);
    tb_client_saved(&t.c, save_ticket(), TB_OK, t.now_ms);
    assert_int_equal(feed_at(&customer)->state, TB_FEED_WAITING); /* there is more */
    rows("device", "Ag", false);
    tb_client_saved(&t.c, save_ticket(), TB_OK, t.now_ms);
    assert_int_equal(feed_at(&customer)->state, TB_FEED_OPENING);
    assert_int_equal(feed_at(&cohort)->state, TB_FEED_WAITING);
    grant(&customer);
    rows("customer:01000000000000000000000000000000", "AQ", false);
    tb_client_saved(&t.c, save_ticket(), TB_OK, t.now_ms);
    assert_int_equal(feed_at(&cohort)->state, TB_FEED_OPENING);
    assert_int_equal(feed_at(&catalogue)->state, TB_FEED_WAITING);
}

/* The pepper comes with the device's, and without it nobody can be erased. */
static void erasures_that_cannot_be_done_hold_up_customers_but_not_the_device(void **state)
{
    (void)state;
    feed_open(&erasures, none);
    feed_open(&device, none);
    feed_open(&cohort, none);
    grant(&erasures);
    rows("erasures", "AQ", false);
    assert_int_equal(feed_at(&device)->state, TB_FEED_WAITING);
    tb_client_saved(&t.c, save_ticket(), TB_ERR_AGAIN, t.now_ms);
    assert_int_equal(feed_at(&erasures)->state, TB_FEED_WAITING);
    grant(&device);
    rows("device", "AQ", false);
    tb_client_saved(&t.c, save_ticket(), TB_OK, t.now_ms);
    assert_int_equal(feed_at(&cohort)->state, TB_FEED_WAITING);
    t.now_ms += 1000;
    tb_client_tick(&t.c, t.now_ms);
    grant(&erasures);
    rows("erasures", "AQ", false);
    tb_client_saved(&t.c, save_ticket(), TB_OK, t.now_ms);
    assert_int_equal(feed_at(&cohort)->state, TB_FEED_OPENING);
}

static void rows_wait_for_the_verdicts_of_what_they_may_hold(void **state)
{
    (void)state;
    test_start(0, 1, "e1");
    feed_open(&device, none);
    feed_open(&cohort, none);
    test_store(1);
    test_store(2);
    test_store(3);
    test_go_live(WELCOME_OF("e1", 2)); /* two of them were decided, and the line was lost before we heard */
    assert_int_equal(feed_at(&device)->state, TB_FEED_OPENING);
    grant(&device);
    rows("device", "AQ", false);
    tb_client_saved(&t.c, save_ticket(), TB_OK, t.now_ms);
    test_read(1, 3);
    test_verdict(1, "duplicate");
    test_decided(1, TB_OK);
    test_verdict(2, "duplicate");
    assert_int_equal(feed_at(&cohort)->state, TB_FEED_WAITING); /* it is heard, but not saved */
    test_decided(2, TB_OK);
    assert_int_equal(feed_at(&cohort)->state, TB_FEED_OPENING);
}

/* What is still being saved may have gone into a file that was set aside meanwhile. */
static void feed_opened_again_begins_where_its_owner_says(void **state)
{
    (void)state;
    feed_open(&customer, none);
    grant(&customer);
    rows("customer:01000000000000000000000000000000", "AQ", false);
    uint32_t ticket = save_ticket();
    tb_client_feed_close(&t.c, &customer, t.now_ms);
    feed_open(&customer, none);
    tb_client_saved(&t.c, ticket, TB_OK, t.now_ms);
    assert_int_equal(feed_at(&customer)->state, TB_FEED_OPENING);
    assert_int_equal(feed_at(&customer)->cursor.size, 0);
}

static void refused_feed_holds_up_nobody(void **state)
{
    (void)state;
    char text[160];
    feed_open(&device, none);
    feed_open(&cohort, none);
    (void)snprintf(text, sizeof text,
                   "{\"jsonrpc\":\"2.0\",\"id\":%d,\"error\":{\"code\":-32001,\"message\":\"no\"}}",
                   (int)feed_at(&device)->request);
    test_receive(text);
    assert_int_equal(feed_at(&device)->state, TB_FEED_WAITING);
    assert_int_equal(feed_at(&cohort)->state, TB_FEED_OPENING);
    assert_int_equal(tb_client_deadline_ms(&t.c), INT64_MAX); /* not again on this connection */
    tb_client_feed_lost(&t.c, &device, t.now_ms);
    tb_client_feed_lost(&t.c, &cohort, t.now_ms);
    t.now_ms = tb_client_deadline_ms(&t.c);
    tb_client_tick(&t.c, t.now_ms);
    assert_int_equal(feed_at(&device)->state, TB_FEED_WAITING);
    assert_int_equal(feed_at(&cohort)->state, TB_FEED_OPENING);
    tb_client_closed(&t.c, TB_CAUSE_CLOSED, t.now_ms);
    test_go_live(WELCOME_OF("e1", 0));
    assert_int_equal(feed_at(&device)->state, TB_FEED_OPENING);
}

static void feed_that_cannot_be_opened_just_now_is_tried_again(void **state)
{
    (void)state;
    char text[160];
    feed_open(&device, none);
    feed_open(&cohort, none);
    (void)snprintf(text, sizeof text,
                   "{\"jsonrpc\":\"2.0\",\"id\":%d,\"error\":{\"code\":-32000,\"message\":\"busy\"}}",
                   (int)feed_at(&device)->request);
    test_receive(text);
    assert_int_equal(feed_at(&device)->state, TB_FEED_WAITING);
    assert_int_equal(feed_at(&cohort)->state, TB_FEED_OPENING);
    t.now_ms = tb_client_deadline_ms(&t.c);
    tb_client_tick(&t.c, t.now_ms);
    assert_int_equal(feed_at(&device)->state, TB_FEED_OPENING);
}

static void two_saves_follow_one_another(void **state)
{
    (void)state;
    feed_open(&device, none);
    grant(&device);
    rows("device", "AQ", true);
    uint32_t first = save_ticket();
    rows("device", "Ag", true);
    uint32_t second = save_ticket();
    assert_false(t.last[TB_CLIENT_SAVE].save.first);
    tb_client_saved(&t.c, first, TB_OK, t.now_ms);
    rows("device", "Aw", true);
    tb_client_saved(&t.c, second, TB_OK, t.now_ms);
    assert_int_equal(feed_at(&device)->cursor.bytes[0], 2);
}

static void more_than_agreed_ends_the_connection(void **state)
{
    (void)state;
    feed_open(&device, none);
    grant(&device);
    rows("device", "AQ", true);
    rows("device", "Ag", true);
    rows("device", "Aw", true);
    assert_string_equal(t.code, "flow_control");
}

static void rows_that_nobody_opened_are_ignored(void **state)
{
    (void)state;
    rows("cohort", "AQ", false);
    assert_int_equal(t.count[TB_CLIENT_SAVE], 0);
    feed_open(&device, none);
    rows("device", "AQ", false); /* of a subscription before, as this one is not granted yet */
    assert_int_equal(t.count[TB_CLIENT_SAVE], 0);
    assert_int_equal(t.count[TB_CLIENT_CLOSE], 0);
}

static void failed_save_opens_the_feed_again(void **state)
{
    (void)state;
    feed_open(&device, cursor_of(9));
    grant(&device);
    rows("device", "AQ", true);
    uint32_t first = save_ticket();
    rows("device", "Ag", true);
    uint32_t second = save_ticket();
    tb_client_saved(&t.c, first, TB_ERR_IO, t.now_ms);
    assert_non_null(strstr(test_sent(), "\"method\":\"feed.close\""));
    rows("device", "Aw", true); /* was under way */
    assert_int_equal(t.count[TB_CLIENT_SAVE], 2);
    tb_client_saved(&t.c, second, TB_OK, t.now_ms); /* against the rule: the cursor stays all the same */
    assert_int_equal(feed_at(&device)->state, TB_FEED_WAITING);
    assert_int_equal(feed_at(&device)->cursor.bytes[0], 9);
    t.now_ms = tb_client_deadline_ms(&t.c);
    assert_int_equal(t.now_ms, 2000);
    tb_client_tick(&t.c, t.now_ms);
    assert_int_equal(feed_at(&device)->state, TB_FEED_OPENING);
    grant(&device);
    rows("device", "AQ", true);
    assert_true(t.last[TB_CLIENT_SAVE].save.first);
}

static void lost_feed_is_read_from_the_beginning(void **state)
{
    (void)state;
    feed_open(&device, cursor_of(9));
    grant(&device);
    rows("device", "AQ", true);
    uint32_t ticket = save_ticket();
    tb_client_feed_lost(&t.c, &cohort, t.now_ms); /* nobody opened it */
    tb_client_feed_lost(&t.c, &device, t.now_ms);
    assert_non_null(strstr(test_sent(), "\"method\":\"feed.close\""));
    tb_client_saved(&t.c, ticket, TB_OK, t.now_ms); /* into what was lost */
    t.now_ms = tb_client_deadline_ms(&t.c);
    tb_client_tick(&t.c, t.now_ms);
    assert_non_null(
        strstr(test_sent(), "\"method\":\"feed.open\",\"params\":{\"scope\":\"device\",\"cursor\":\"\"}"));
}

static void save_over_a_reconnect_is_waited_for(void **state)
{
    (void)state;
    feed_open(&device, none);
    grant(&device);
    rows("device", "AQ", false);
    uint32_t ticket = save_ticket();
    tb_client_closed(&t.c, TB_CAUSE_CLOSED, t.now_ms);
    test_go_live(WELCOME_OF("e1", 0));
    assert_int_equal(feed_at(&device)->state, TB_FEED_WAITING);
    tb_client_saved(&t.c, ticket, TB_OK, t.now_ms);
    assert_non_null(
        strstr(test_sent(), "\"method\":\"feed.open\",\"params\":{\"scope\":\"device\",\"cursor\":\"AQ\"}"));
}

static void new_epoch_forgets_cursors(void **state)
{
    (void)state;
    feed_open(&device, cursor_of(9));
    grant(&device);
    rows("device", "AQ", false);
    uint32_t ticket = save_ticket();
    tb_client_closed(&t.c, TB_CAUSE_CLOSED, t.now_ms);
    test_go_live(WELCOME_OF("e2", 0));
    tb_client_saved(&t.c, ticket, TB_OK, t.now_ms); /* it stands before the forgetting in the owner's queue */
    assert_non_null(strstr(test_sent(), "\"scope\":\"device\",\"cursor\":\"\""));
}

static void closed_feed_is_left_and_freed(void **state)
{
    (void)state;
    feed_open(&customer, none);
    grant(&customer);
    rows("customer:01000000000000000000000000000000", "AQ", false);
    uint32_t ticket = save_ticket();
    tb_client_feed_close(&t.c, &customer, t.now_ms);
    assert_string_equal(test_sent(), "{\"jsonrpc\":\"2.0\",\"method\":\"feed.close\",\"params\":{\"scope\":"
                                     "\"customer:01000000000000000000000000000000\"}}");
    assert_int_equal(feed_at(&customer)->state, TB_FEED_CLOSING);
    size_t sent = t.sent_count;
    tb_client_saved(&t.c, ticket, TB_OK, t.now_ms);
    assert_null(feed_at(&customer));
    assert_int_equal(t.sent_count, sent);
    tb_client_feed_close(&t.c, &customer, t.now_ms); /* twice is harmless */
}

static void table_of_feeds_is_bounded(void **state)
{
    (void)state;
    struct tb_scope scope = customer;
    for (uint8_t i = 0; i < TB_CLIENT_FEED_COUNT_MAX; i++) {
        scope.customer.bytes[1] = i;
        feed_open(&scope, none);
        feed_open(&scope, none);
    }
    scope.customer.bytes[1] = 99;
    assert_int_equal(tb_client_feed_open(&t.c, &scope, &none, t.now_ms), TB_ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(pages_say_what_they_follow_on, live),
        cmocka_unit_test_setup(rows_are_acknowledged_when_saved, live),
        cmocka_unit_test_setup(urgent_feeds_come_first, live),
        cmocka_unit_test_setup(erasures_that_cannot_be_done_hold_up_customers_but_not_the_device, live),
        cmocka_unit_test_setup(rows_wait_for_the_verdicts_of_what_they_may_hold, live),
        cmocka_unit_test_setup(feed_opened_again_begins_where_its_owner_says, live),
        cmocka_unit_test_setup(refused_feed_holds_up_nobody, live),
        cmocka_unit_test_setup(feed_that_cannot_be_opened_just_now_is_tried_again, live),
        cmocka_unit_test_setup(two_saves_follow_one_another, live),
        cmocka_unit_test_setup(more_than_agreed_ends_the_connection, live),
        cmocka_unit_test_setup(rows_that_nobody_opened_are_ignored, live),
        cmocka_unit_test_setup(failed_save_opens_the_feed_again, live),
        cmocka_unit_test_setup(lost_feed_is_read_from_the_beginning, live),
        cmocka_unit_test_setup(save_over_a_reconnect_is_waited_for, live),
        cmocka_unit_test_setup(new_epoch_forgets_cursors, live),
        cmocka_unit_test_setup(closed_feed_is_left_and_freed, live),
        cmocka_unit_test_setup(table_of_feeds_is_bounded, live),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
