/* A client machine whose actions are noted; answers are written by hand. */
#ifndef TB_TESTS_UNIT_SYNC_CLIENT_TEST_H
#define TB_TESTS_UNIT_SYNC_CLIENT_TEST_H

#include "core/sync/client.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

#include <stdio.h>

#define WELCOME_OF(epoch, decided)                                                            \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocol\":1,\"epoch\":\"" epoch             \
    "\",\"decided_seq\":" #decided ",\"server_time_ms\":9,\"reconnect_window_ms\":5000,"      \
    "\"idle_ping_ms\":30000,\"device\":{\"id\":\"till-4\",\"store\":\"0421\",\"till\":\"4\"," \
    "\"role\":\"till\",\"name\":\"Till 4\"}}}"

struct client_test {
    struct tb_client c;
    struct tb_checksum compared; /* of the last TB_CLIENT_COMPARE */
    struct tb_arena arena;
    struct tb_buf out;
    struct seeded_rng random;
    struct tb_rng rng;
    int64_t now_ms;
    size_t sent_count;
    char sent[8][4096]; /* the last ones, newest last */
    struct tb_found found;
    struct tb_client_action last[TB_CLIENT_STATE + 1]; /* by kind; spans and rows are not valid any more */
    size_t count[TB_CLIENT_STATE + 1];
    size_t decide_row_count;
    uint32_t decide_tickets[TB_CLIENT_WINDOW]; /* index: last seq, modulo */
    size_t save_row_count;
    size_t identified_row_count;
    enum tb_row_type first_identified;
    char code[64];
    struct tb_verdict first_verdict;
};

static struct client_test t;

static void test_act(void *context, const struct tb_client_action *action)
{
    struct client_test *test = context;
    test->last[action->act] = *action;
    test->count[action->act]++;
    switch (action->act) {
    case TB_CLIENT_SEND: {
        memmove(test->sent[0], test->sent[1], sizeof test->sent - sizeof test->sent[0]);
        char *text = test->sent[7];
        size_t size = action->send.size < 4095 ? action->send.size : 4095;
        memcpy(text, action->send.at, size);
        text[size] = '\0';
        test->sent_count++;
        break;
    }
    case TB_CLIENT_CLOSE: (void)snprintf(test->code, sizeof test->code, "%s", action->close.code); break;
    case TB_CLIENT_DECIDE:
        test->decide_row_count = action->decide.rows.count;
        test->first_verdict = action->decide.verdicts[0];
        test->decide_tickets[action->decide.seq % TB_CLIENT_WINDOW] = action->decide.ticket;
        break;
    case TB_CLIENT_SAVE: test->save_row_count = action->save.rows.count; break;
    case TB_CLIENT_IDENTIFIED:
        test->identified_row_count = action->identified.rows.count;
        test->first_identified =
            action->identified.rows.count ? action->identified.rows.at[0].type : TB_ROW_NONE;
        break;
    case TB_CLIENT_FOUND: test->found = *action->found.answer; break;
    case TB_CLIENT_WELCOME:
    case TB_CLIENT_READ:
    case TB_CLIENT_STATE: break;
    case TB_CLIENT_COMPARE: t.compared = *action->compare.checksum; break;
    }
}

static inline void test_start(int64_t decided_seq, int64_t next_seq, const char *epoch)
{
    static uint8_t memory[TB_JSON_ARENA_SIZE(TB_MESSAGE_SIZE_MAX)];
    static uint8_t message[TB_MESSAGE_SIZE_MAX];
    memset(&t, 0, sizeof t);
    t.arena = tb_arena_of(memory, sizeof memory);
    t.out = tb_buf_of(message, sizeof message);
    t.rng = seeded_rng_of(&t.random);
    t.now_ms = 1000;
    struct tb_client_config config = {.software = "test 1",
                                      .device = "urn:tillbridge:demo:device:till-4",
                                      .channel = TB_CHANNEL_TILL,
                                      .token = "",
                                      .rng = &t.rng,
                                      .port = {.act = test_act, .context = &t},
                                      .arena = &t.arena,
                                      .out = &t.out};
    config.incarnation.bytes[0] = 7;
    struct tb_client_start start = {.decided_seq = decided_seq, .next_seq = next_seq};
    (void)snprintf(start.epoch, sizeof start.epoch, "%s", epoch);
    tb_client_init(&t.c, &config, &start, t.now_ms);
}

static inline void test_receive(const char *message)
{
    tb_client_received(&t.c, tb_span_str(message), t.now_ms);
    assert_int_equal(tb_arena_mark(&t.arena), 0);
}

/* Connects and welcomes, whatever the id of hello is. */
static inline void test_go_live(const char *welcome)
{
    char text[1024];
    tb_client_connected(&t.c, t.now_ms);
    const char *rest = strstr(welcome, ",\"result\"");
    assert_non_null(rest);
    (void)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%d%s", (int)t.c.hello_request, rest);
    test_receive(text);
    assert_int_equal(t.c.phase, TB_PHASE_LIVE);
}

static inline void test_store(int64_t seq)
{
    char text[64];
    (void)snprintf(text, sizeof text, "{\"seq\":%d}", (int)seq);
    tb_client_stored(&t.c, seq, tb_span_str(text), t.now_ms);
}

/* Answers the last read with the rows from first to last. */
static inline void test_read(int64_t first, int64_t last)
{
    static char texts[TB_CLIENT_WINDOW][32];
    struct tb_client_row rows[TB_CLIENT_WINDOW];
    struct tb_client_rows answer = {.at = rows};
    for (int64_t seq = first; seq <= last; seq++) {
        (void)snprintf(texts[answer.count], sizeof texts[0], "{\"seq\":%d}", (int)seq);
        rows[answer.count] = (struct tb_client_row){.seq = seq, .mutation = tb_span_str(texts[answer.count])};
        answer.count++;
    }
    tb_client_read(&t.c, t.last[TB_CLIENT_READ].read.ticket, &answer, t.now_ms);
}

/* The verdicts up to seq are saved, or cannot be. */
static inline void test_decided(int64_t seq, enum tb_err err)
{
    tb_client_decided(&t.c, t.decide_tickets[seq % TB_CLIENT_WINDOW], err, t.now_ms);
}

static inline void test_verdict(int64_t seq, const char *verdict)
{
    char text[256];
    (void)snprintf(text, sizeof text,
                   "{\"jsonrpc\":\"2.0\",\"method\":\"verdicts\",\"params\":{\"verdicts\":[{\"seq\":%d,"
                   "\"verdict\":\"%s\"%s}],\"rows\":[]}}",
                   (int)seq, verdict,
                   strcmp(verdict, "retry") == 0 || strcmp(verdict, "rejected") == 0
                       ? ",\"code\":\"engine_busy\""
                       : ",\"version\":3");
    test_receive(text);
}

static inline const char *test_sent(void)
{
    return t.sent[7];
}

#endif
