/* Hand-overs: who asks that somebody else goes on with a customer or with nobody's cart, and who does. */
#include "contextd/engine/sqlite_handover.h"

#include "core/base/assert.h"

#define ROW_COST 2560   /* upper bound of a hand-over's row */
#define OVERDUE_MAX 100 /* per call: each is told */

/* ---- telling ---- */

void sqlite_handover_tell(struct sqlite_batch *b, const char *store)
{
    bool other = b->told && strcmp(b->told_store, store) != 0;
    if (store[0] == '\0')
        return;
    if (!b->told)
        memcpy(b->told_store, store, sizeof b->told_store);
    else if (other)
        b->told_store[0] = '\0';
    b->told = true;
}

enum tb_err sqlite_handover_changed(struct sqlite_engine *e, const struct tb_id *handover,
                                    const struct tb_id *customer, const char *store)
{
    struct sqlite_change change = {.type = TB_ROW_HANDOVER,
                                   .op = TB_ROW_PUT,
                                   .id = tb_id_span(handover),
                                   .customer = *customer,
                                   .store = ""};
    enum tb_err err = tb_id_is_zero(customer) ? TB_OK : sqlite_change_put(e, &change);
    change.store = store;
    return err == TB_OK && store[0] ? sqlite_change_put(e, &change) : err;
}

bool sqlite_handover_note(struct sqlite_batch *b, const struct tb_mutation *m, const struct tb_id *whose,
                          bool changed)
{
    struct sqlite_touched touched =
        sqlite_touched_of(TB_ROW_HANDOVER, &m->handover.handover, whose, ROW_COST);
    touched.changed = changed;
    return sqlite_touch_note(b, &touched);
}

/* ---- what is stored ---- */

enum tb_err sqlite_handover_row_find(struct sqlite_engine *e, struct tb_span id, struct tb_stmt **ret_stmt)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_READ);
    tb_stmt_bind_blob(s, 1, id);
    bool found;
    enum tb_err err = tb_stmt_step(s, &found);
    *ret_stmt = s;
    return err == TB_OK && !found ? TB_ERR_NOT_FOUND : err;
}

static enum tb_handover_state state_of(const struct sqlite_engine *e, const struct tb_stmt *s)
{
    enum tb_handover_state state = (enum tb_handover_state)tb_stmt_int(s, 6);
    bool overdue = state == TB_HANDOVER_OPEN && tb_stmt_int(s, 5) < e->wall_ms - TB_HANDOVER_LIFE_MS;
    return overdue ? TB_HANDOVER_EXPIRED : state;
}

enum tb_err sqlite_handover_read(struct sqlite_engine *e, const char *device, const struct tb_id *id,
                                 struct sqlite_handover *ret_stored)
{
    struct tb_stmt *s;
    *ret_stored = (struct sqlite_handover){.version = 0};
    enum tb_err err = sqlite_handover_row_find(e, tb_id_span(id), &s);
    if (err == TB_OK && !tb_stmt_is_null(s, 0))
        err = sqlite_column_id(s, 0, &ret_stored->customer);
    if (err == TB_OK)
        err = sqlite_column_id(s, 1, &ret_stored->cart);
    if (err == TB_OK)
        err = sqlite_column_text(s, 13, ret_stored->store, sizeof ret_stored->store);
    if (err == TB_OK)
        err = sqlite_column_text(s, 11, ret_stored->from_device, sizeof ret_stored->from_device);
    if (err == TB_OK) {
        ret_stored->at_ms = tb_stmt_int(s, 5);
        ret_stored->version = tb_stmt_int(s, 8);
        ret_stored->state = state_of(e, s);
        ret_stored->reason = (enum tb_handover_reason)tb_stmt_int(s, 12);
        ret_stored->cart_is_over = tb_stmt_int(s, 21) != TB_HANDOVER_CART_IS_THERE;
        ret_stored->by_peer = tb_span_is(tb_stmt_blob(s, 10), device);
        ret_stored->from_peer = tb_span_is(tb_stmt_blob(s, 11), device);
        ret_stored->waited = tb_stmt_int(s, 23) != 0;
    }
    tb_stmt_reset(s);
    return err;
}

/* Whether who asks may know of it: hers, or nobody's. On her own phone somebody goes on with her cart, or
 * with nobody's whose code she was handed; calls are for the store. */
static bool may_know(const struct sqlite_batch *b, const struct tb_mutation *m,
                     const struct sqlite_handover *stored)
{
    const struct tb_engine_peer *peer = &b->request->peer;
    bool hers = tb_id_equal(&stored->customer, &m->customer);
    if (!tb_id_is_zero(&peer->customer) && m->kind == TB_MUTATION_HANDOVER_ACCEPT)
        return stored->reason != TB_HANDOVER_FOR_HELP && (hers || tb_id_is_zero(&stored->customer));
    return hers && (!tb_id_is_zero(&m->customer) || strcmp(stored->store, peer->store) == 0);
}

enum tb_err sqlite_handover_find(struct sqlite_engine *e, const struct sqlite_batch *b,
                                 const struct tb_mutation *m, struct sqlite_handover *ret_stored,
                                 struct tb_verdict *v)
{
    enum tb_err err = sqlite_handover_read(e, b->request->peer.device, &m->handover.handover, ret_stored);
    if (err != TB_OK && err != TB_ERR_NOT_FOUND)
        return err;
    if (err == TB_OK && ret_stored->state != TB_HANDOVER_NONE && may_know(b, m, ret_stored)) {
        v->version = ret_stored->version;
        return TB_OK;
    }
    sqlite_reject(v, CODE_HANDOVER_UNKNOWN);
    return TB_ERR_NOT_FOUND;
}

/* ---- ending ---- */

enum tb_err sqlite_handover_declines_drop(struct sqlite_engine *e, const struct tb_id *handover)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_DECLINES_DROP);
    tb_stmt_bind_blob(s, 1, tb_id_span(handover));
    return tb_stmt_run(s);
}

enum tb_err sqlite_handover_end(struct sqlite_engine *e, const struct tb_id *handover,
                                enum tb_handover_state state)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_STATE);
    tb_stmt_bind_blob(s, 1, tb_id_span(handover));
    tb_stmt_bind_int(s, 2, state);
    tb_stmt_bind_int(s, 3, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? sqlite_handover_declines_drop(e, handover) : err;
}

enum tb_err sqlite_handover_next_read(struct tb_stmt *s, struct tb_id *ret_handover,
                                      struct sqlite_handover *ret_stored)
{
    *ret_stored = (struct sqlite_handover){.version = 0};
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? sqlite_column_id(s, 0, ret_handover) : TB_ERR_NOT_FOUND;
    if (err == TB_OK)
        err = sqlite_column_text(s, 1, ret_stored->store, sizeof ret_stored->store);
    if (err == TB_OK && !tb_stmt_is_null(s, 2))
        err = sqlite_column_id(s, 2, &ret_stored->customer);
    tb_stmt_reset(s);
    return err;
}

enum tb_err sqlite_handover_cancel_next(struct sqlite_engine *e, struct sqlite_batch *b, struct tb_stmt *s)
{
    struct tb_id handover;
    struct sqlite_handover stored;
    enum tb_err err = sqlite_handover_next_read(s, &handover, &stored);
    if (err == TB_OK)
        err = sqlite_handover_end(e, &handover, TB_HANDOVER_CANCELLED);
    if (err != TB_OK)
        return err;
    sqlite_handover_tell(b, stored.store);
    return sqlite_handover_changed(e, &handover, &stored.customer, stored.store);
}

enum tb_err sqlite_handovers_part(struct sqlite_engine *e, struct sqlite_batch *b,
                                  const struct tb_id *customer)
{
    enum tb_err err = TB_OK;
    while (err == TB_OK) {
        struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_ASKED_ABOUT);
        tb_stmt_bind_text(s, 1, tb_span_str(b->request->peer.device));
        tb_stmt_bind_blob(s, 2, tb_id_span(customer));
        err = sqlite_handover_cancel_next(e, b, s);
    }
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

/* ---- in the background ---- */

static enum tb_err overdue_next(struct sqlite_engine *e, struct tb_id *ret_handover)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_OVERDUE);
    tb_stmt_bind_int(s, 1, e->wall_ms - TB_HANDOVER_LIFE_MS);
    return sqlite_id_take(s, ret_handover);
}

enum tb_err sqlite_handovers_overdue(struct sqlite_engine *e, bool *more)
{
    struct tb_id handover;
    enum tb_err err = TB_OK;
    size_t count = 0;
    for (; count < OVERDUE_MAX && err == TB_OK; count++) {
        struct sqlite_handover stored;
        err = overdue_next(e, &handover);
        if (err != TB_OK)
            break;
        err = sqlite_handover_read(e, "", &handover, &stored);
        if (err == TB_OK)
            err = sqlite_handover_end(e, &handover, TB_HANDOVER_EXPIRED);
        if (err == TB_OK)
            err = sqlite_handover_changed(e, &handover, &stored.customer, stored.store);
    }
    e->changed_here = e->changed_here || count > 0;
    *more = *more || count == OVERDUE_MAX;
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

enum tb_err sqlite_handovers_erase(struct sqlite_engine *e, const struct tb_id *customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_ERASE_DECLINES);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    enum tb_err err = tb_stmt_run(s);
    if (err != TB_OK)
        return err;
    s = sqlite_stmt(e, STMT_HANDOVER_ERASE_TELL);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    tb_stmt_bind_int(s, 2, TB_ROW_DROP);
    err = tb_stmt_run(s);
    if (err != TB_OK)
        return err;
    s = sqlite_stmt(e, STMT_HANDOVER_ERASE);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    tb_stmt_bind_int(s, 2, e->wall_ms);
    return tb_stmt_run(s);
}
