#include "tests/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

static void ask_queue(struct sim *s, struct sim_session *session, const struct tb_engine_request *request)
{
    SIM_CHECK(s, session->ask_count < SIM_QUEUE_MAX, "a session asks too much");
    struct sim_ask *ask = calloc(1, sizeof *ask);
    SIM_CHECK(s, ask != NULL, "out of memory");
    ask->request = *request;
    session->asks[session->ask_count++] = ask;
}

/* The machine's context is its session; the simulation hangs on the engine's answer queue. */
struct session_context {
    struct sim *sim;
    struct sim_session *session;
};

static struct session_context contexts[SIM_SESSION_MAX];

/* As the gateway does: a hello that comes late on an older connection would look like a clone's. */
static void older_drop(struct sim *s, const struct sim_session *opened)
{
    for (size_t i = 0; i < SIM_SESSION_MAX && opened->device[0]; i++) {
        struct sim_session *other = &s->sessions[i];
        bool greets = other->machine.phase == TB_SESSION_NEW || other->machine.phase == TB_SESSION_OPENING;
        if (other->used && other->cut && greets && other->number < opened->number &&
            strcmp(other->device, opened->device) == 0)
            other->closing = true;
    }
}

static void changes_add(struct sim *s, const struct tb_engine_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        SIM_CHECK(s, s->change_count < SIM_QUEUE_MAX, "too many changes at once");
        s->changes[s->change_count++] = changes[i];
    }
}

/* A tab is nobody's clone: a late hello of its older connection is turned away, and that is all. */
static void close_check(const struct sim *s, const struct sim_session *session, const char *code)
{
    bool late = session->cut && !session->device[0] && strcmp(code, "device_cloned") == 0;
    SIM_CHECK(s, late || strcmp(code, "hello_timeout") == 0 || strcmp(code, TB_ENGINE_CODE_BUSY) == 0, code);
}

static void session_act_do(void *context, const struct tb_session_action *action)
{
    struct session_context *at = context;
    struct sim *s = at->sim;
    switch (action->act) {
    case TB_SESSION_SEND:
        if (!at->session->cut && !at->session->gone)
            pipe_put(s, &at->session->to_client, action->send);
        break;
    case TB_SESSION_ASK: ask_queue(s, at->session, action->ask); break;
    case TB_SESSION_OPENED: older_drop(s, at->session); break;
    case TB_SESSION_CHANGED: changes_add(s, action->changed.at, action->changed.count); break;
    case TB_SESSION_CLOSE:
        close_check(s, at->session, action->close.code);
        at->session->closing = true;
        break;
    }
}

static enum tb_err token_check(void *context, struct tb_span token, int64_t wall_ms,
                               struct tb_session_grant *ret_grant)
{
    (void)context;
    if (token.size != 1)
        return TB_ERR_SIGNATURE;
    unsigned customer = (unsigned)(token.at[0] - '0');
    *ret_grant = (struct tb_session_grant){.customer = engine_fake_id("cust", customer),
                                           .expires_ms = wall_ms + INT64_C(1000000000)};
    return TB_OK;
}

struct sim_session *session_start(struct sim *s, struct sim_client *c)
{
    size_t i = 0;
    while (i < SIM_SESSION_MAX && s->sessions[i].used)
        i++;
    if (i == SIM_SESSION_MAX)
        return NULL;
    struct sim_session *session = &s->sessions[i];
    session->used = true;
    session->cut = session->gone = session->closing = false;
    session->client = c;
    session->number = ++s->session_count;
    memcpy(session->device, c->device, sizeof session->device);
    if (c->web)
        session->device[0] = '\0';
    session->to_server.count = session->to_client.count = session->ask_count = 0;
    session->to_server.stuck_until_ms = session->to_client.stuck_until_ms = 0;
    contexts[i] = (struct session_context){.sim = s, .session = session};
    struct tb_session_port port = {
        .act = session_act_do, .check_token = token_check, .context = &contexts[i]};
    tb_session_init(&session->machine, c->web ? &s->web_config : &s->terminal_config, &port,
                    c->web ? "" : c->device, s->now_ms);
    return session;
}

/* The line broke: the client sees nothing more, the server may still find a part of what was sent. */
void session_cut(struct sim *s, struct sim_session *session)
{
    session->cut = true;
    session->client = NULL;
    pipe_clear(&session->to_client, 0);
    pipe_clear(&session->to_server, sim_below(s, (uint32_t)session->to_server.count + 1));
    if (session->gone)
        session_drop(s, session);
}

/* Blocks are used again: giving each back to the system costs more than the rest of a run. */
static uint8_t *blocks[SIM_QUEUE_MAX];
static size_t block_count;

static uint8_t *block_take(const struct sim *s)
{
    if (block_count)
        return blocks[--block_count];
    uint8_t *block = malloc(TB_ENGINE_ARENA_SIZE);
    SIM_CHECK(s, block != NULL, "out of memory");
    return block;
}

static void block_give(uint8_t *block)
{
    if (block && block_count < SIM_QUEUE_MAX)
        blocks[block_count++] = block;
    else
        free(block);
}

static void ask_free(struct sim_ask *ask)
{
    block_give(ask->memory);
    free(ask);
}

/* Whoever asked has left; what was decided concerns all others. */
static void asks_drop(struct sim *s, struct sim_session *session)
{
    for (size_t i = 0; i < session->ask_count; i++) {
        const struct tb_engine_answer *answer = &session->asks[i]->answer;
        if (session->asks[i]->done && answer->ask == TB_ENGINE_APPLY && answer->err == TB_OK)
            changes_add(s, answer->apply.changes, answer->apply.change_count);
        ask_free(session->asks[i]);
    }
    session->ask_count = 0;
}

/* Half open: the client goes on talking to nobody until it takes the silence for an end. */
void session_forget(struct sim *s, struct sim_session *session)
{
    session->gone = true;
    session->silent_ms = s->now_ms + SIM_SILENCE_MS;
    pipe_clear(&session->to_server, 0);
    pipe_clear(&session->to_client, sim_below(s, (uint32_t)session->to_client.count + 1));
    asks_drop(s, session);
}

void session_drop(struct sim *s, struct sim_session *session)
{
    pipe_clear(&session->to_client, 0);
    pipe_clear(&session->to_server, 0);
    asks_drop(s, session);
    session->used = false;
}

static void clients_drop(struct sim *s)
{
    for (size_t i = 0; i < SIM_SESSION_MAX; i++)
        if (s->sessions[i].used)
            session_drop(s, &s->sessions[i]);
    for (size_t i = 0; i < s->client_count; i++) {
        struct sim_client *c = &s->clients[i];
        if (!c->session)
            continue;
        c->session = NULL;
        client_lost(s, c, TB_CAUSE_CLOSED);
    }
    s->change_count = 0;
}

static void ask_run(struct sim *s, struct sim_ask *ask)
{
    if (s->store.real && !s->quiet && s->faults.power && sim_one_in(s, 200)) {
        store_answer_cut(s, &ask->request);
        clients_drop(s);
        return;
    }
    ask->memory = block_take(s);
    struct tb_arena arena = tb_arena_of(ask->memory, TB_ENGINE_ARENA_SIZE);
    store_answer(s, &ask->request, &arena, &ask->answer);
    oracle_answered(s, &ask->request, &ask->answer);
    ask->done = true;
}

void session_work(struct sim *s, struct sim_session *session)
{
    /* The engine works in order, so answers come in order; running and telling are two steps. */
    size_t i = 0;
    while (i < session->ask_count && session->asks[i]->done)
        i++;
    if (i < session->ask_count && (i == 0 || sim_one_in(s, 2))) {
        ask_run(s, session->asks[i]);
        return;
    }
    struct sim_ask *ask = session->asks[0];
    memmove(session->asks, session->asks + 1, --session->ask_count * sizeof(struct sim_ask *));
    bool closed = session->machine.phase == TB_SESSION_CLOSED;
    if (closed && ask->answer.ask == TB_ENGINE_APPLY && ask->answer.err == TB_OK)
        changes_add(s, ask->answer.apply.changes, ask->answer.apply.change_count);
    tb_session_answered(&session->machine, &ask->answer, s->now_ms, sim_wall_ms(s));
    ask_free(ask);
}

void server_restart(struct sim *s)
{
    if (s->store.real)
        store_power_cut(s);
    clients_drop(s);
}

void server_backup(struct sim *s)
{
    if (!s->store.backup)
        s->store.backup = malloc(sizeof *s->store.backup);
    SIM_CHECK(s, s->store.backup != NULL, "out of memory");
    *s->store.backup = s->store.fake;
    oracle_copy(&s->oracle_backup, &s->oracle);
}

void server_restore(struct sim *s)
{
    uint32_t epoch = s->store.fake.epoch + 1;
    clients_drop(s);
    s->store.fake = *s->store.backup;
    engine_fake_restored(&s->store.fake, epoch);
    oracle_copy(&s->oracle, &s->oracle_backup);
    s->restored = true;
    s->totals.restores++;
}

void server_tell_changes(struct sim *s)
{
    for (size_t i = 0; i < s->change_count; i++) {
        struct tb_engine_change change = s->changes[i];
        for (size_t k = 0; k < SIM_SESSION_MAX; k++)
            if (s->sessions[k].used && !s->sessions[k].gone)
                tb_session_changed(&s->sessions[k].machine, &change, s->now_ms, sim_wall_ms(s));
    }
    s->change_count = 0;
}
