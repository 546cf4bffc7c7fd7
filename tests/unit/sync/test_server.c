/* A session whose actions are noted, in front of the engine in memory, which answers when told to. */
#include "core/sync/server.h"
#include "tests/support/engine_fake.h"
#include "tests/support/unit.h"

#include <stdio.h>

#define DEVICE "urn:tillbridge:demo:device:till-4"
#define CUSTOMER_0 "63757374000000000000000000000000"
#define CUSTOMER_1 "63757374000000000000000000000001"
#define CART_0 "63617274000000000000000000000000"

static struct session_test {
    struct tb_session s;
    struct tb_session_config config;
    struct engine_fake engine;
    int64_t now_ms;
    int64_t wall_ms;
    size_t sent_count;
    char sent[4][8192]; /* the last ones, newest last */
    size_t ask_count;
    struct tb_engine_request asks[8]; /* not answered yet, oldest first */
    size_t opened_count;
    size_t changed_count;
    size_t close_count;
    char code[64];
} t;

static void act(void *context, const struct tb_session_action *action)
{
    (void)context;
    switch (action->act) {
    case TB_SESSION_SEND:
        memmove(t.sent[0], t.sent[1], sizeof t.sent - sizeof t.sent[0]);
        assert_in_range(action->send.size, 1, sizeof t.sent[0] - 1);
        memcpy(t.sent[3], action->send.at, action->send.size);
        t.sent[3][action->send.size] = '\0';
        t.sent_count++;
        break;
    case TB_SESSION_ASK:
        assert_in_range(t.ask_count, 0, 7);
        t.asks[t.ask_count++] = *action->ask;
        break;
    case TB_SESSION_OPENED: t.opened_count++; break;
    case TB_SESSION_CHANGED: t.changed_count += action->changed.count; break;
    case TB_SESSION_CLOSE:
        t.close_count++;
        (void)snprintf(t.code, sizeof t.code, "%s", action->close.code);
        break;
    }
}

static enum tb_err check_token(void *context, struct tb_span token, int64_t wall_ms,
                               struct tb_session_grant *ret_grant)
{
    (void)context;
    if (!tb_span_is(token, "good"))
        return TB_ERR_SIGNATURE;
    *ret_grant =
        (struct tb_session_grant){.customer = engine_fake_id("cust", 0), .expires_ms = wall_ms + 60000};
    return TB_OK;
}

static void start(bool web)
{
    static uint8_t memory[TB_JSON_ARENA_SIZE(TB_MESSAGE_SIZE_MAX)];
    static uint8_t message[TB_MESSAGE_SIZE_MAX];
    static struct tb_arena arena;
    static struct tb_buf out;
    arena = tb_arena_of(memory, sizeof memory);
    out = tb_buf_of(message, sizeof message);
    t.sent_count = t.ask_count = t.opened_count = t.changed_count = t.close_count = 0;
    t.sent[3][0] = t.code[0] = '\0';
    t.now_ms = 1000;
    t.wall_ms = 1000000;
    t.config = (struct tb_session_config){
        .web = web, .reconnect_window_ms = 4000, .idle_ping_ms = 30000, .arena = &arena, .out = &out};
    engine_fake_init(&t.engine);
    engine_fake_add_customer(&t.engine, 0);
    engine_fake_add_customer(&t.engine, 1);
    engine_fake_add_product(&t.engine, 17);
    struct tb_session_port port = {.act = act, .check_token = check_token};
    tb_session_init(&t.s, &t.config, &port, web ? "" : DEVICE, t.now_ms);
}

static void receive(const char *message)
{
    tb_session_received(&t.s, tb_span_str(message), t.now_ms, t.wall_ms);
    assert_int_equal(tb_arena_mark(t.config.arena), 0);
}

/* The engine answers the oldest request. */
static struct tb_engine_answer *answer(void)
{
    static uint8_t memory[TB_ENGINE_ARENA_SIZE];
    static struct tb_engine_answer result;
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    struct tb_engine engine = engine_fake_port(&t.engine);
    assert_in_range(t.ask_count, 1, 8);
    engine.answer(engine.context, &t.asks[0], &arena, &result);
    memmove(t.asks, t.asks + 1, --t.ask_count * sizeof t.asks[0]);
    tb_session_answered(&t.s, &result, t.now_ms, t.wall_ms);
    return &result;
}

static const char *sent(void)
{
    return t.sent[3];
}

static void hello(const char *device, const char *channel, const char *token, int next_seq)
{
    char text[512];
    (void)snprintf(
        text, sizeof text,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\",\"params\":{\"protocol\":1,\"software\":\"x 1\","
        "%s%s%s\"channel\":\"%s\",%s%s%s\"incarnation\":\"00000000000000000000000000000009\","
        "\"next_seq\":%d,\"epoch\":\"\"}}",
        device[0] ? "\"device\":\"" : "", device, device[0] ? "\"," : "", channel,
        token[0] ? "\"token\":\"" : "", token, token[0] ? "\"," : "", next_seq);
    receive(text);
}

static int terminal(void **state)
{
    (void)state;
    start(false);
    hello(DEVICE, "till", "", 1);
    answer();
    assert_int_equal(t.opened_count, 1);
    return 0;
}

static int web(void **state)
{
    (void)state;
    start(true);
    hello("", "web", "good", 1);
    answer();
    assert_int_equal(t.opened_count, 1);
    return 0;
}

static void request(int id, const char *method, const char *params)
{
    char text[512];
    (void)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}", id,
                   method, params);
    receive(text);
}

static void notify(const char *method, const char *params)
{
    static char text[TB_MESSAGE_SIZE_MAX];
    (void)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":%s}", method,
                   params);
    receive(text);
}

/* Adds of one piece each, with seqs from first to last. */
static void mutate(int first, int last)
{
    static char text[32768];
    size_t size = (size_t)snprintf(text, sizeof text, "{\"mutations\":[");
    for (int seq = first; seq <= last; seq++)
        size += (size_t)snprintf(text + size, sizeof text - size,
                                 "%s{\"seq\":%d,\"kind\":\"cart.add\",\"customer\":\"" CUSTOMER_0
                                 "\",\"cart\":\"" CART_0 "\",\"line\":\"%032x\",\"made_ms\":5,\"gtin\":"
                                 "\"00000000000017\",\"quantity\":1}",
                                 seq > first ? "," : "", seq, (unsigned)seq);
    (void)snprintf(text + size, sizeof text - size, "]}");
    notify("mutate", text);
}

static int64_t pieces(void)
{
    struct tb_id id = engine_fake_id("cart", 0);
    const struct tb_cart *cart = engine_fake_cart(&t.engine, &id);
    return cart ? tb_cart_item_count(cart) : 0;
}

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

static void identify_is_for_terminals(void **state)
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
    assert_int_equal(t.ask_count, 2); /* the first one is being read already */
    answer();
    assert_int_equal(t.asks[0].ask, TB_ENGINE_ADMIT);
    answer();
    assert_int_equal(t.asks[0].feed.scope.kind, TB_SCOPE_DEVICE);
    answer();
    assert_int_equal(t.asks[0].feed.scope.kind, TB_SCOPE_CUSTOMER);
    answer();
    assert_int_equal(t.asks[0].feed.scope.kind, TB_SCOPE_COHORT);
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
        cmocka_unit_test_setup(identify_is_for_terminals, terminal),
        cmocka_unit_test_setup(look_ups_are_bounded_and_survive_faults, terminal),
        cmocka_unit_test_setup(feed_is_read_until_two_messages_wait, terminal),
        cmocka_unit_test_setup(empty_feed_says_that_it_is_complete, terminal),
        cmocka_unit_test_setup(change_wakes_the_feeds_it_concerns, terminal),
        cmocka_unit_test_setup(change_during_a_read_is_not_missed, terminal),
        cmocka_unit_test_setup(urgent_scopes_are_read_first, terminal),
        cmocka_unit_test_setup(feed_of_a_customer_waits_for_admission, terminal),
        cmocka_unit_test_setup(who_was_identified_is_named_to_the_engine, terminal),
        cmocka_unit_test_setup(admissions_are_bounded, terminal),
        cmocka_unit_test_setup(sums_are_of_an_open_cohort, terminal),
        cmocka_unit_test_setup(feed_opened_anew_drops_the_read_before, terminal),
        cmocka_unit_test_setup(read_fault_is_tried_again_later, terminal),
        cmocka_unit_test_setup(table_of_feeds_is_bounded, terminal),
        cmocka_unit_test_setup(answers_to_a_closed_session_are_dropped, terminal),
        cmocka_unit_test_setup(unknown_messages_are_answered_or_passed_over, terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
