/*
 * A hostile client: every line of the input is a message to a session, of a terminal or, when the
 * first byte is 'w', of the web. A line that begins with a digit lets the engine answer or fails it.
 */
#include "core/base/assert.h"
#include "core/sync/server.h"
#include "tests/fuzz/fuzz.h"

#define ASK_MAX (TB_SESSION_ASKED_MAX + TB_SESSION_FEED_MAX + 3)

static struct {
    struct tb_session s;
    struct tb_session_config config;
    struct tb_arena arena;
    struct tb_buf out;
    size_t ask_count;
    struct tb_engine_request asks[ASK_MAX];
    uint64_t sent; /* bytes */
    unsigned share_count;
    int64_t now_ms;
} f;

static void act(void *context, const struct tb_session_action *action)
{
    (void)context;
    switch (action->act) {
    case TB_SESSION_SEND:
        TB_ASSERT(action->send.size > 0 && action->send.size <= TB_MESSAGE_SIZE_MAX);
        f.sent += action->send.size;
        break;
    case TB_SESSION_ASK:
        TB_ASSERT(f.ask_count < ASK_MAX);
        f.asks[f.ask_count++] = *action->ask;
        break;
    case TB_SESSION_OPENED:
    case TB_SESSION_CHANGED:
    case TB_SESSION_CLOSE: break;
    }
}

static enum tb_err check_token(void *context, struct tb_span token, int64_t wall_ms,
                               struct tb_session_grant *ret_grant)
{
    (void)context;
    *ret_grant = (struct tb_session_grant){.customer = {{1}}, .expires_ms = wall_ms + 1000};
    return token.size == 1 ? TB_OK : TB_ERR_SIGNATURE;
}

static void apply_answer(const struct tb_engine_request *ask, struct tb_engine_answer *answer)
{
    static uint8_t block[TB_MUTATION_ARENA_SIZE];
    const struct tb_mutation_batch *batch = &ask->apply.batch;
    TB_ASSERT(batch->count >= 1 && batch->count <= TB_MUTATION_BATCH_MAX);
    for (size_t i = 0; i < batch->count; i++) {
        struct tb_arena arena = tb_arena_of(block, sizeof block);
        struct tb_mutation mutation;
        tb_mutation_batch_read(batch, i, &arena, &mutation);
        const struct tb_mutation *m = &mutation;
        bool web = !tb_id_is_zero(&ask->peer.customer);
        bool named = m->kind != TB_MUTATION_NONE && m->kind != TB_MUTATION_SKIPPED;
        TB_ASSERT(m->seq >= 1 && m->seq <= TB_VERSION_MAX);
        TB_ASSERT(!web || !named || tb_id_equal(&m->customer, &ask->peer.customer));
        answer->apply.verdicts[i] =
            (struct tb_verdict){.seq = m->seq, .kind = TB_VERDICT_APPLIED, .version = 1};
        answer->apply.count++;
        if (m->made_ms == 7) { /* the engine cannot go on here */
            answer->apply.verdicts[i].kind = TB_VERDICT_RETRY;
            return;
        }
    }
}

static void engine_answer(enum tb_err err)
{
    static struct tb_row row = {
        .type = TB_ROW_PRODUCT, .op = TB_ROW_PUT, .id = "00000000000017", .version = 1};
    struct tb_engine_request ask;
    struct tb_engine_answer answer = {.err = err};
    if (f.ask_count == 0)
        return;
    ask = f.asks[0];
    memmove(f.asks, f.asks + 1, --f.ask_count * sizeof f.asks[0]);
    answer.ask = ask.ask;
    answer.ticket = ask.ticket;
    row.doc = tb_span_str("{}");
    if (ask.ask == TB_ENGINE_OPEN)
        answer.open.epoch[0] = 'e';
    else if (ask.ask == TB_ENGINE_APPLY)
        apply_answer(&ask, &answer);
    if (ask.ask == TB_ENGINE_ADMIT)
        answer.admit.admitted = ask.admit.identified || ask.admit.customer.bytes[0] == 0;
    if (ask.ask == TB_ENGINE_FIND)
        answer.find = (struct tb_found){.count = 1, .matches[0].customer.bytes[0] = 0xc0};
    if (ask.ask == TB_ENGINE_CHECKSUM) /* in three shares */
        answer.checksum.more = ++f.share_count % 3 != 0;
    if (ask.ask == TB_ENGINE_FEED) {
        answer.feed.rows = (struct tb_rows){.at = &row, .count = 1};
        answer.feed.cursor =
            (struct tb_cursor){.size = 1, .bytes = {(uint8_t)(ask.feed.cursor.bytes[0] + 1)}};
        answer.feed.more = ask.feed.cursor.bytes[0] < 9;
    }
    tb_session_answered(&f.s, &answer, f.now_ms, f.now_ms);
}

static void session_begin(bool web)
{
    static uint8_t memory[TB_JSON_ARENA_SIZE(TB_MESSAGE_SIZE_MAX)];
    static uint8_t message[TB_MESSAGE_SIZE_MAX];
    struct tb_session_port port = {.act = act, .check_token = check_token};
    memset(&f, 0, sizeof f);
    f.arena = tb_arena_of(memory, sizeof memory);
    f.out = tb_buf_of(message, sizeof message);
    f.config = (struct tb_session_config){.web = web, .arena = &f.arena, .out = &f.out};
    tb_session_init(&f.s, &f.config, &port, web ? "" : "urn:a", 0);
}

static void line_do(struct tb_span line)
{
    static const struct tb_engine_change change = {.scope.kind = TB_SCOPE_COHORT};
    uint8_t first = line.size ? line.at[0] : 0;
    f.now_ms += 100;
    if (first == '0')
        engine_answer(TB_ERR_BUSY);
    else if (first == '1')
        tb_session_changed(&f.s, &change, f.now_ms, f.now_ms);
    else if (first == '2')
        tb_session_tick(&f.s, f.now_ms, f.now_ms);
    else if (first >= '3' && first <= '9')
        engine_answer(TB_OK);
    else
        tb_session_received(&f.s, line, f.now_ms, f.now_ms);
    TB_ASSERT(tb_arena_mark(&f.arena) == 0 && f.s.queue.count <= TB_MUTATION_BATCH_MAX);
    (void)tb_session_deadline_ms(&f.s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool web = size > 0 && data[0] == 'w';
    session_begin(web);
    data += web;
    size -= web;
    while (size > 0) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t line = end ? (size_t)(end - data) : size;
        line_do(tb_span_of(data, line));
        line = line < size ? line + 1 : line;
        data += line;
        size -= line;
    }
    return 0;
}
