/*
 * What one session asks of the engine while long feeds are being read: who waits for whom, by the order of
 * its requests and of what it sends. Answers are written by hand; a cohort is as long as a test says.
 */
#include "core/sync/server.h"
#include "tests/support/unit.h"

#include <stdio.h>

#define DEVICE "urn:tillbridge:demo:device:till-4"
#define CUSTOMER "63757374000000000000000000000000"
#define ASK_MAX 16

static struct {
    struct tb_session s;
    struct tb_session_config config;
    struct tb_arena arena;
    struct tb_buf out;
    struct tb_engine_request asks[ASK_MAX]; /* not answered yet, oldest first */
    size_t ask_count;
    int64_t cohort_left; /* pages */
    size_t bulk_sent;    /* rows of the cohort or the catalogue since the last look */
    char sent[2048];     /* the last message */
    int id;
} t;

static void act(void *context, const struct tb_session_action *action)
{
    (void)context;
    if (action->act == TB_SESSION_ASK) {
        assert_in_range(t.ask_count, 0, ASK_MAX - 1);
        t.asks[t.ask_count++] = *action->ask;
    } else if (action->act == TB_SESSION_SEND) {
        assert_int_equal(tb_span_to_str(action->send, t.sent, sizeof t.sent), TB_OK);
        bool rows = strstr(t.sent, "\"feed.rows\"") != NULL;
        t.bulk_sent += rows && (strstr(t.sent, "\"scope\":\"cohort") || strstr(t.sent, "\"scope\":\"cat"));
    } else {
        assert_int_not_equal(action->act, TB_SESSION_CLOSE);
    }
}

static void receive(const char *message)
{
    tb_session_received(&t.s, tb_span_str(message), 1000, 1000000);
}

static void request(const char *method, const char *params)
{
    static char message[1024];
    (void)snprintf(message, sizeof message, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}",
                   ++t.id, method, params);
    receive(message);
}

static void feed_open(const char *scope)
{
    char params[128];
    (void)snprintf(params, sizeof params, "{\"scope\":\"%s\",\"cursor\":\"\"}", scope);
    request("feed.open", params);
}

static void identify(void)
{
    request("identify", "{\"kind\":\"member\","
                        "\"hash\":\"abababababababababababababababababababababababababababababababab\"}");
}

/* Acknowledges page `page` of a feed; pages are counted from 1 in their cursors. */
static void feed_ack(const char *scope, uint8_t page)
{
    static char message[256];
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (void)snprintf(
        message, sizeof message,
        "{\"jsonrpc\":\"2.0\",\"method\":\"feed.ack\",\"params\":{\"scope\":\"%s\",\"cursor\":\"%c%c"
        "\"}}",
        scope, letters[page >> 2], letters[(page & 3) << 4]);
    receive(message);
}

/* Where in the queue of the engine the first request of that kind is; ask_count: there is none. */
static size_t place_of(enum tb_engine_ask ask, enum tb_scope_kind scope)
{
    for (size_t i = 0; i < t.ask_count; i++)
        if (t.asks[i].ask == ask && (ask != TB_ENGINE_FEED || t.asks[i].feed.scope.kind == scope))
            return i;
    return t.ask_count;
}

static bool is_asked(enum tb_engine_ask ask, enum tb_scope_kind scope)
{
    return place_of(ask, scope) < t.ask_count;
}

/* A page has a row: where there is none yet nothing is sent. */
static void feed_fill(const struct tb_engine_request *asked, struct tb_engine_answer *answer)
{
    static struct tb_row row = {.type = TB_ROW_CUSTOMER, .op = TB_ROW_DROP, .id = CUSTOMER, .version = 1};
    bool cohort = asked->feed.scope.kind == TB_SCOPE_COHORT;
    uint8_t page = asked->feed.cursor.size ? asked->feed.cursor.bytes[0] : 0;
    answer->feed.cursor = (struct tb_cursor){.size = 1, .bytes = {(uint8_t)(page + 1)}};
    answer->feed.more = cohort && --t.cohort_left > 0;
    answer->feed.rows = (struct tb_rows){.at = &row, .count = answer->feed.more ? 1 : 0};
}

/* The engine answers the request at that place. */
static void answer(size_t place)
{
    static struct tb_engine_answer a;
    assert_in_range(place, 0, t.ask_count - 1);
    struct tb_engine_request asked = t.asks[place];
    memmove(&t.asks[place], &t.asks[place + 1], (--t.ask_count - place) * sizeof t.asks[0]);
    memset(&a, 0, sizeof a);
    a.ask = asked.ask;
    a.ticket = asked.ticket;
    if (asked.ask == TB_ENGINE_OPEN)
        (void)snprintf(a.open.epoch, sizeof a.open.epoch, "e");
    else if (asked.ask == TB_ENGINE_FEED)
        feed_fill(&asked, &a);
    else if (asked.ask == TB_ENGINE_ADMIT)
        a.admit.admitted = true;
    tb_session_answered(&t.s, &a, 1000, 1000000);
}

static int setup(void **state)
{
    static uint8_t memory[TB_JSON_ARENA_SIZE(TB_MESSAGE_SIZE_MAX)];
    static uint8_t message[TB_MESSAGE_SIZE_MAX];
    (void)state;
    memset(&t, 0, sizeof t);
    t.arena = tb_arena_of(memory, sizeof memory);
    t.out = tb_buf_of(message, sizeof message);
    t.config = (struct tb_session_config){.arena = &t.arena, .out = &t.out};
    t.cohort_left = 10000; /* of 100 rows: a million */
    const struct tb_session_port port = {.act = act};
    tb_session_init(&t.s, &t.config, &port, DEVICE, 1000);
    request("hello", "{\"protocol\":1,\"software\":\"x\",\"device\":\"" DEVICE "\",\"channel\":\"till\","
                     "\"incarnation\":\"00000000000000000000000000000009\",\"next_seq\":1,\"epoch\":\"\"}");
    answer(0);
    return 0;
}

/* While a page of the cohort is being read, what is urgent is asked for beside it, not after it. */
static void urgent_feeds_do_not_wait_for_a_page_of_the_cohort(void **state)
{
    (void)state;
    feed_open("cohort");
    assert_true(is_asked(TB_ENGINE_FEED, TB_SCOPE_COHORT));
    feed_open("erasures");
    assert_true(is_asked(TB_ENGINE_FEED, TB_SCOPE_ERASURES));
    identify();
    assert_true(is_asked(TB_ENGINE_IDENTIFY, TB_SCOPE_NONE));
    answer(place_of(TB_ENGINE_FEED, TB_SCOPE_ERASURES));
    assert_non_null(strstr(t.sent, "\"scope\":\"erasures\""));
    feed_open("customer:" CUSTOMER);
    answer(place_of(TB_ENGINE_ADMIT, TB_SCOPE_NONE));
    answer(place_of(TB_ENGINE_FEED, TB_SCOPE_CUSTOMER));
    assert_non_null(strstr(t.sent, "\"scope\":\"customer:"));
    answer(place_of(TB_ENGINE_IDENTIFY, TB_SCOPE_NONE));
    assert_non_null(strstr(t.sent, "\"found\":false"));
    assert_int_equal(t.bulk_sent, 0);
    assert_true(is_asked(TB_ENGINE_FEED, TB_SCOPE_COHORT));
}

/* A client that saves slowly: two messages of the cohort are on their way, and no more are read. */
static void answers_wait_for_two_messages_of_a_long_feed_at_most(void **state)
{
    (void)state;
    feed_open("cohort");
    feed_open("catalogue");
    for (int page = 1; page <= 60; page++) {
        while (is_asked(TB_ENGINE_FEED, TB_SCOPE_COHORT))
            answer(place_of(TB_ENGINE_FEED, TB_SCOPE_COHORT));
        assert_false(is_asked(TB_ENGINE_FEED, TB_SCOPE_CATALOGUE));
        assert_int_equal(t.bulk_sent, page == 1 ? 2 : 1);
        identify();
        assert_int_equal(t.ask_count, 1);
        answer(0);
        assert_non_null(strstr(t.sent, "\"found\":false"));
        t.bulk_sent = 0;
        feed_ack("cohort", (uint8_t)page);
    }
}

/* Long feeds come one after the other; what changes in the one that is complete still passes the other. */
static void the_catalogue_waits_until_the_cohort_is_complete(void **state)
{
    (void)state;
    t.cohort_left = 3;
    feed_open("catalogue");
    answer(place_of(TB_ENGINE_FEED, TB_SCOPE_CATALOGUE));
    feed_open("cohort");
    const struct tb_engine_change prices = {.scope.kind = TB_SCOPE_CATALOGUE};
    for (uint8_t page = 1; page <= 3; page++) {
        answer(place_of(TB_ENGINE_FEED, TB_SCOPE_COHORT));
        tb_session_changed(&t.s, &prices, 1000, 1000000);
        assert_int_equal(is_asked(TB_ENGINE_FEED, TB_SCOPE_CATALOGUE), page == 3);
        feed_ack("cohort", page);
    }
    assert_false(is_asked(TB_ENGINE_FEED, TB_SCOPE_COHORT));
    answer(place_of(TB_ENGINE_FEED, TB_SCOPE_CATALOGUE));
    assert_non_null(strstr(t.sent, "\"scope\":\"catalogue\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(urgent_feeds_do_not_wait_for_a_page_of_the_cohort, setup),
        cmocka_unit_test_setup(answers_wait_for_two_messages_of_a_long_feed_at_most, setup),
        cmocka_unit_test_setup(the_catalogue_waits_until_the_cohort_is_complete, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
