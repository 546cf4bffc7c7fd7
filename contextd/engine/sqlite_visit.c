/* Visits, and what happened in them. */
#include "contextd/engine/sqlite_decide.h"

#define VISITED "store.visited"
#define CODE_VISIT_UNKNOWN "visit_unknown"
#define NOT_ME "not_me" /* she says that she is somebody else */

/* Her journey changed: whoever reads it is woken, the verdict does not bring it. */
static enum tb_err journey_changed(struct sqlite_engine *e, struct sqlite_batch *b,
                                   const struct tb_id *customer)
{
    struct sqlite_touched wake = sqlite_touched_of(TB_ROW_NONE, customer, customer, 0);
    (void)sqlite_touch_note(b, &wake);
    enum tb_err err = sqlite_journey_changed(e, customer);
    return err == TB_OK ? sqlite_viewed_changed(e, customer) : err;
}

/* What nobody was known to have done in this visit becomes hers, or nobody's again. */
static enum tb_err journey_move(struct sqlite_engine *e, struct sqlite_batch *b, enum sqlite_stmt which,
                                const struct tb_mutation *m)
{
    struct tb_stmt *s = sqlite_stmt(e, which);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->visit));
    tb_stmt_bind_blob(s, 2, tb_id_span(&m->customer));
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK && tb_db_changes(e->db) > 0 ? journey_changed(e, b, &m->customer) : err;
}

/* A visit that there is belongs to its device and, once she is known, to its customer. */
static enum tb_err visit_judge(struct sqlite_engine *e, const struct sqlite_batch *b,
                               const struct tb_mutation *m, struct tb_verdict *v)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_VISIT_READ);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->visit));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row) {
        struct tb_span customer = tb_stmt_blob(s, 1);
        bool others = !tb_span_is(tb_stmt_blob(s, 0), b->request->peer.device);
        bool hers = customer.size == 0 || tb_id_is_zero(&m->customer) ||
                    tb_span_equal(customer, tb_id_span(&m->customer));
        if (others || !hers)
            sqlite_reject(v, CODE_VISIT_UNKNOWN);
    }
    tb_stmt_reset(s);
    return err;
}

static enum tb_err visit_is_there(struct sqlite_engine *e, const struct tb_mutation *m, bool *ret_there)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_VISIT_READ);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->visit));
    enum tb_err err = tb_stmt_step(s, ret_there);
    tb_stmt_reset(s);
    return err;
}

/* One that is new, or has a customer now. */
static enum tb_err begin_measure(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                 bool was_there)
{
    enum tb_channel channel = b->request->peer.channel;
    if (!was_there)
        sqlite_measure(b, TB_ENGINE_VISITED, channel, 0);
    if (tb_id_is_zero(&m->customer))
        return TB_OK;
    sqlite_measure(b, TB_ENGINE_RECOGNISED, channel, 0);
    struct tb_stmt *s = sqlite_stmt(e, STMT_CART_RESUMED);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->customer));
    tb_stmt_bind_int(s, 2, channel);
    tb_stmt_bind_text(s, 3, tb_span_str(b->touched_by));
    bool resumed = false;
    enum tb_err err = tb_stmt_step(s, &resumed);
    tb_stmt_reset(s);
    if (err == TB_OK && resumed)
        sqlite_measure(b, TB_ENGINE_RESUMED, channel, 0);
    return err;
}

enum tb_err sqlite_visit_begin_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                      const struct tb_mutation *m, struct tb_verdict *v)
{
    const struct tb_engine_peer *peer = &b->request->peer;
    bool was_there = false;
    enum tb_err err = visit_is_there(e, m, &was_there);
    if (err != TB_OK)
        return err;
    struct tb_stmt *s = sqlite_stmt(e, STMT_VISIT_BEGIN);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->visit));
    sqlite_bind_opt_id(s, 2, &m->customer);
    tb_stmt_bind_text(s, 3, tb_span_str(peer->device));
    tb_stmt_bind_text(s, 4, tb_span_str(peer->store));
    tb_stmt_bind_int(s, 5, peer->channel);
    tb_stmt_bind_text(s, 6, tb_span_str(m->visit_begin.source));
    tb_stmt_bind_text(s, 7, tb_span_str(m->visit_begin.credential_kind));
    tb_stmt_bind_int(s, 8, e->wall_ms);
    tb_stmt_bind_text(s, 9, tb_span_str(m->visit_begin.assurance));
    err = tb_stmt_run(s);
    bool known = err == TB_OK && tb_db_changes(e->db) == 0;
    if (known)
        err = visit_judge(e, b, m, v);
    else if (err == TB_OK)
        err = begin_measure(e, b, m, was_there);
    if (err != TB_OK || v->kind == TB_VERDICT_REJECTED || tb_id_is_zero(&m->customer))
        return err;
    return journey_move(e, b, STMT_TOUCH_TAKE, m);
}

/* A visit whose beginning was never heard of is taken as having begun when it says. */
enum tb_err sqlite_visit_end_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                    const struct tb_mutation *m, struct tb_verdict *v)
{
    const struct tb_engine_peer *peer = &b->request->peer;
    struct tb_stmt *s = sqlite_stmt(e, STMT_VISIT_END);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->visit));
    sqlite_bind_opt_id(s, 2, &m->customer);
    tb_stmt_bind_text(s, 3, tb_span_str(peer->device));
    tb_stmt_bind_text(s, 4, tb_span_str(peer->store));
    tb_stmt_bind_int(s, 5, peer->channel);
    tb_stmt_bind_text(s, 6, tb_span_str(m->visit_end.reason));
    tb_stmt_bind_int(s, 7, m->visit_end.lasted_ms);
    tb_stmt_bind_int(s, 8, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    if (err == TB_OK && tb_db_changes(e->db) == 0)
        sqlite_reject(v, CODE_VISIT_UNKNOWN); /* of another terminal */
    else if (err == TB_OK)
        sqlite_measure(b, TB_ENGINE_HANDLED, peer->channel, m->visit_end.lasted_ms);
    if (err != TB_OK || v->kind == TB_VERDICT_REJECTED || tb_id_is_zero(&m->customer))
        return err;
    if (strcmp(m->visit_end.reason, NOT_ME) == 0)
        return journey_move(e, b, STMT_TOUCH_GIVE_BACK, m);
    err = journey_changed(e, b, &m->customer);
    return err == TB_OK ? sqlite_touch(e, &m->customer, peer->channel, VISITED, e->wall_ms) : err;
}

static enum tb_err event_touch(struct sqlite_engine *e, const struct tb_mutation *m, enum tb_channel channel)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_TOUCH_OF_EVENT);
    sqlite_bind_opt_id(s, 1, &m->customer);
    sqlite_bind_opt_id(s, 2, &m->visit);
    tb_stmt_bind_int(s, 3, e->wall_ms);
    tb_stmt_bind_int(s, 4, channel);
    tb_stmt_bind_text(s, 5, m->event.type);
    tb_stmt_bind_int(s, 6, tb_db_last_rowid(e->db));
    enum tb_err err = tb_stmt_run(s);
    if (err != TB_OK || tb_id_is_zero(&m->customer))
        return err;
    s = sqlite_stmt(e, STMT_TOUCH_PRUNE);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->customer));
    tb_stmt_bind_int(s, 2, TOUCHES_KEPT);
    return tb_stmt_run(s);
}

/* CloudEvents, section 3.1: source and id together name an event; the same one again changes nothing. */
enum tb_err sqlite_event_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                struct tb_verdict *v)
{
    const struct tb_engine_peer *peer = &b->request->peer;
    enum tb_err err = tb_id_is_zero(&m->visit) ? TB_OK : visit_judge(e, b, m, v);
    if (err != TB_OK || v->kind == TB_VERDICT_REJECTED)
        return err;
    struct tb_stmt *s = sqlite_stmt(e, STMT_EVENT_ADD);
    sqlite_bind_opt_id(s, 1, &m->visit);
    tb_stmt_bind_text(s, 2, tb_span_str(peer->device));
    tb_stmt_bind_int(s, 3, peer->channel);
    tb_stmt_bind_text(s, 4, m->event.source);
    tb_stmt_bind_text(s, 5, m->event.id);
    tb_stmt_bind_text(s, 6, m->event.type);
    tb_stmt_bind_text(s, 7, m->event.time);
    tb_stmt_bind_text(s, 8, m->event.subject);
    tb_stmt_bind_text(s, 9, m->event.data);
    tb_stmt_bind_int(s, 10, e->wall_ms);
    err = tb_stmt_run(s);
    if (err != TB_OK || tb_db_changes(e->db) == 0)
        return err;
    err = event_touch(e, m, peer->channel);
    return err == TB_OK && !tb_id_is_zero(&m->customer) ? journey_changed(e, b, &m->customer) : err;
}
