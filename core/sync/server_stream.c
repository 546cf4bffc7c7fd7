/*
 * Mutations: a queue in the order of arrival, one batch of it at the engine. What is in the queue is
 * undecided; verdicts leave in the order of the queue.
 */
#include "core/base/assert.h"
#include "core/sync/server_parts.h"

static void stream_pump(struct tb_session *s)
{
    if (s->apply_ticket || s->queue.count == 0 || !session_is_open(s))
        return;
    struct tb_engine_request request = {.ask = TB_ENGINE_APPLY};
    request.apply.incarnation = s->incarnation;
    request.apply.batch = s->queue;
    s->apply_ticket = session_ask(s, &request);
}

/* A code when the peer must go, else NULL. */
static const char *mutation_take(struct tb_session *s, const struct tb_mutation *m)
{
    bool about_customer = m->kind != TB_MUTATION_NONE && m->kind != TB_MUTATION_SKIPPED;
    if (s->config->web && about_customer && !tb_id_equal(&m->customer, &s->peer.customer))
        return "denied_customer";
    int64_t last_seq = tb_mutation_last_seq(m);
    if (last_seq > TB_VERSION_MAX)
        return "sequence_range";
    if (m->seq > s->next_seq)
        return s->stopped ? NULL : TB_ENGINE_CODE_GAP;
    s->stopped = false;
    if (tb_mutation_batch_add(&s->queue, m) != TB_OK)
        return "window_exceeded";
    if (last_seq >= s->next_seq)
        s->next_seq = last_seq + 1;
    return NULL;
}

/* One that is not understood keeps its place and is rejected: it must not hold up those behind it. */
static const char *mutation_read(struct tb_session *s, struct tb_json object)
{
    struct tb_check check = {0};
    struct tb_mutation m = {0};
    tb_mutation_decode(&check, object, s->config->arena, &m);
    if (m.seq < 1)
        return "sequence_missing";
    if (check.err != TB_OK)
        m = (struct tb_mutation){.seq = m.seq, .kind = TB_MUTATION_NONE};
    return mutation_take(s, &m);
}

void session_mutate(struct tb_session *s, struct tb_json params)
{
    struct tb_check check = {0};
    struct tb_json list = tb_json_array(&check, params, "mutations", TB_MUTATION_BATCH_MAX);
    if (check.err != TB_OK) {
        session_close(s, tb_err_name(check.err));
        return;
    }
    for (struct tb_json_each each = tb_json_first(list); tb_json_exists(each.value); tb_json_next(&each)) {
        const char *code = mutation_read(s, each.value);
        if (code) {
            session_close(s, code);
            return;
        }
    }
    stream_pump(s);
}

static void verdicts_send(struct tb_session *s, const struct tb_verdicts *v)
{
    struct tb_json_writer w = tb_rpc_begin_notification(session_out(s), "verdicts");
    tb_verdicts_encode(&w, v);
    session_send(s, &w);
}

/* The rest of the queue was sent before the peer could know: it is dropped here and sent again. */
static void stream_stop(struct tb_session *s, int64_t seq)
{
    tb_mutation_batch_drop(&s->queue, s->queue.count);
    s->stopped = true;
    s->next_seq = seq;
}

static void verdicts_copy(const struct tb_engine_answer *answer, struct tb_verdicts *ret_v)
{
    ret_v->count = answer->apply.count;
    memcpy(ret_v->verdicts, answer->apply.verdicts, ret_v->count * sizeof ret_v->verdicts[0]);
    ret_v->rows = answer->apply.rows;
}

static void verdicts_busy(const struct tb_session *s, struct tb_verdicts *ret_v)
{
    struct tb_verdict *verdict = &ret_v->verdicts[0];
    *verdict = (struct tb_verdict){
        .seq = s->queue.items[0].seq, .kind = TB_VERDICT_RETRY, .code = TB_ENGINE_CODE_BUSY};
    ret_v->count = 1;
}

void session_applied(struct tb_session *s, const struct tb_engine_answer *answer)
{
    if (answer->ticket != s->apply_ticket)
        return;
    s->apply_ticket = 0;
    TB_ASSERT(s->queue.count > 0);
    struct tb_verdicts v = {0};
    if (answer->err == TB_OK && answer->apply.count > 0 && answer->apply.count <= s->queue.count)
        verdicts_copy(answer, &v);
    else
        verdicts_busy(s, &v);
    const struct tb_verdict *last = &v.verdicts[v.count - 1];
    tb_mutation_batch_drop(&s->queue, v.count);
    if (last->kind == TB_VERDICT_RETRY)
        stream_stop(s, last->seq);
    verdicts_send(s, &v);
    if (answer->err == TB_OK && answer->apply.change_count)
        session_act(s, &(struct tb_session_action){
                           .act = TB_SESSION_CHANGED,
                           .changed = {.at = answer->apply.changes, .count = answer->apply.change_count}});
    stream_pump(s);
}
