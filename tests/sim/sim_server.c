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

static void session_act_do(void *context, const struct tb_session_action *action)
{
    struct session_context *at = context;
    struct sim *s = at->sim;
    switch (action->act) {
    case TB_SESSION_SEND:
        if (!at->session->cut)
            pipe_put(s, &at->session->to_client, action->send);
        break;
    case TB_SESSION_ASK: ask_queue(s, at->session, action->ask); break;
    case TB_SESSION_OPENED: break;
    case TB_SESSION_CHANGED:
        for (size_t i = 0; i < action->changed.count; i++) {
            SIM_CHECK(s, s->change_count < SIM_QUEUE_MAX, "too many changes at once");
            s->changes[s->change_count++] = action->changed.at[i];
        }
        break;
    case TB_SESSION_CLOSE:
        SIM_CHECK(s,
                  strcmp(action->close.code, "hello_timeout") == 0 ||
                      strcmp(action->close.code, TB_ENGINE_CODE_BUSY) == 0,
                  action->close.code);
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
    session->cut = session->closing = false;
    session->client = c;
    session->to_server.count = session->to_client.count = session->ask_count = 0;
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

static void asks_drop(struct sim_session *session)
{
    for (size_t i = 0; i < session->ask_count; i++)
        ask_free(session->asks[i]);
    session->ask_count = 0;
}

void session_drop(struct sim *s, struct sim_session *session)
{
    (void)s;
    pipe_clear(&session->to_client, 0);
    pipe_clear(&session->to_server, 0);
    asks_drop(session);
    session->used = false;
}

static void ask_run(struct sim *s, struct sim_ask *ask)
{
    struct tb_engine engine = engine_fake_port(&s->engine);
    ask->memory = block_take(s);
    struct tb_arena arena = tb_arena_of(ask->memory, TB_ENGINE_ARENA_SIZE);
    s->engine.wall_ms = sim_wall_ms(s);
    s->engine.fault = !s->quiet && sim_one_in(s, 40) ? TB_ERR_BUSY : TB_OK;
    s->engine.apply_max = (uint8_t)sim_below(s, 4);
    engine.answer(engine.context, &ask->request, &arena, &ask->answer);
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
    tb_session_answered(&session->machine, &ask->answer, s->now_ms, sim_wall_ms(s));
    ask_free(ask);
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

void server_restart(struct sim *s)
{
    clients_drop(s);
}

void server_backup(struct sim *s)
{
    if (!s->backup)
        s->backup = malloc(sizeof *s->backup);
    SIM_CHECK(s, s->backup != NULL, "out of memory");
    *s->backup = s->engine;
}

void server_restore(struct sim *s)
{
    uint32_t epoch = s->engine.epoch + 1;
    clients_drop(s);
    s->engine = *s->backup;
    engine_fake_restored(&s->engine, epoch);
}

void server_tell_changes(struct sim *s)
{
    for (size_t i = 0; i < s->change_count; i++) {
        struct tb_engine_change change = s->changes[i];
        for (size_t k = 0; k < SIM_SESSION_MAX; k++)
            if (s->sessions[k].used)
                tb_session_changed(&s->sessions[k].machine, &change, s->now_ms, sim_wall_ms(s));
    }
    s->change_count = 0;
}
