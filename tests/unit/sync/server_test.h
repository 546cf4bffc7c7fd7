/* A session whose actions are noted, in front of the engine in memory, which answers when told to. */
#ifndef TB_TESTS_UNIT_SYNC_SERVER_TEST_H
#define TB_TESTS_UNIT_SYNC_SERVER_TEST_H

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

static inline void act(void *context, const struct tb_session_action *action)
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

static inline enum tb_err check_token(void *context, struct tb_span token, int64_t wall_ms,
                                      struct tb_session_grant *ret_grant)
{
    (void)context;
    if (!tb_span_is(token, "good"))
        return TB_ERR_SIGNATURE;
    *ret_grant =
        (struct tb_session_grant){.customer = engine_fake_id("cust", 0), .expires_ms = wall_ms + 60000};
    return TB_OK;
}

static inline void start(bool web)
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

static inline void receive(const char *message)
{
    tb_session_received(&t.s, tb_span_str(message), t.now_ms, t.wall_ms);
    assert_int_equal(tb_arena_mark(t.config.arena), 0);
}

/* The engine answers the oldest request. */
static inline struct tb_engine_answer *answer(void)
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

static inline const char *sent(void)
{
    return t.sent[3];
}

static inline void hello(const char *device, const char *channel, const char *token, int next_seq)
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

static inline int terminal(void **state)
{
    (void)state;
    start(false);
    hello(DEVICE, "till", "", 1);
    answer();
    assert_int_equal(t.opened_count, 1);
    return 0;
}

static inline int web(void **state)
{
    (void)state;
    start(true);
    hello("", "web", "good", 1);
    answer();
    assert_int_equal(t.opened_count, 1);
    return 0;
}

static inline void request(int id, const char *method, const char *params)
{
    char text[512];
    (void)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}", id,
                   method, params);
    receive(text);
}

static inline void notify(const char *method, const char *params)
{
    static char text[TB_MESSAGE_SIZE_MAX];
    (void)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":%s}", method,
                   params);
    receive(text);
}

/* Adds of one piece each, with seqs from first to last. */
static inline void mutate(int first, int last)
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

static inline int64_t pieces(void)
{
    struct tb_id id = engine_fake_id("cart", 0);
    const struct tb_cart *cart = engine_fake_cart(&t.engine, &id);
    return cart ? tb_cart_item_count(cart) : 0;
}

#endif
