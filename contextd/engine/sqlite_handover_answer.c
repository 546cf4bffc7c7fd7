/* Hand-overs, answered: who accepts goes on with the customer or the cart, who declines does not, who asked
 * takes it back. A merge may be an acceptance, too. */
#include "contextd/engine/sqlite_handover.h"

#include "core/base/assert.h"

#define PROFILE_COST 12288 /* upper bound of the bytes of a customer's row */

/* What the terminal goes on with: it may never have heard of the customer. Other stores come to know
 * customers by what they present; and who gives no reason speaks as it was before hand-overs had one. */
static enum tb_err matter_note(struct sqlite_engine *e, struct sqlite_batch *b,
                               const struct sqlite_handover *stored)
{
    struct tb_id cart = stored->cart;
    bool hers = !tb_id_is_zero(&stored->customer);
    bool web = !tb_id_is_zero(&b->request->peer.customer); /* what is hers is in her feed */
    bool told = !web && strcmp(stored->store, b->request->peer.store) == 0;
    if (!told || (hers && stored->reason == TB_HANDOVER_FOR_NONE))
        return TB_OK;
    enum tb_err err = hers ? sqlite_cart_of(e, &stored->customer, &cart) : TB_OK;
    bool has_cart = err == TB_OK && !tb_id_is_zero(&cart);
    if (has_cart)
        err = sqlite_cart_note(e, b, &cart);
    if (err != TB_OK && err != TB_ERR_NOT_FOUND)
        return err;
    struct sqlite_touched touched =
        sqlite_touched_of(TB_ROW_CUSTOMER, &stored->customer, &stored->customer, PROFILE_COST);
    touched.changed = false;
    if (hers && !b->full)
        (void)sqlite_touch_note(b, &touched);
    return TB_OK;
}

static enum tb_err moved(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                         const struct sqlite_handover *stored, struct tb_verdict *v)
{
    v->version++;
    sqlite_handover_tell(b, stored->store);
    return sqlite_handover_changed(e, &m->handover.handover, &stored->customer, stored->store);
}

/* By the channel of who asked. */
static enum tb_err wait_measure(struct sqlite_engine *e, struct sqlite_batch *b,
                                const struct sqlite_handover *stored)
{
    enum tb_channel channel = TB_CHANNEL_WEB;
    enum tb_err err = TB_OK;
    if (!tb_span_starts(tb_span_str(stored->from_device), tb_span_str("web:"))) {
        struct tb_stmt *s = sqlite_stmt(e, STMT_TERMINAL_READ);
        tb_stmt_bind_text(s, 1, sqlite_device_of(e, stored->from_device));
        bool row = false;
        err = tb_stmt_step(s, &row);
        bool kiosk = err == TB_OK && row && tb_span_is(tb_stmt_blob(s, 3), "kiosk");
        channel = kiosk ? TB_CHANNEL_KIOSK : TB_CHANNEL_TILL;
        tb_stmt_reset(s);
    }
    sqlite_measure(b, TB_ENGINE_WAITED, channel, e->wall_ms - stored->at_ms);
    return err;
}

static enum tb_err accept_write(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                const struct sqlite_handover *stored, struct tb_verdict *v)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_TAKE);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->handover.handover));
    tb_stmt_bind_text(s, 2, tb_span_str(b->request->peer.device));
    tb_stmt_bind_text(s, 3, tb_span_str(b->touched_by));
    tb_stmt_bind_int(s, 4, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    if (err == TB_OK)
        err = sqlite_handover_declines_drop(e, &m->handover.handover);
    if (err == TB_OK && !stored->waited)
        err = wait_measure(e, b, stored);
    return err == TB_OK ? moved(e, b, m, stored, v) : err;
}

/* The first who accepts serves the customer; the same one again is no news. */
static enum tb_err accept_check(struct sqlite_engine *e, const struct sqlite_batch *b,
                                const struct tb_mutation *m, struct sqlite_handover *ret_stored,
                                struct tb_verdict *v)
{
    enum tb_err err = sqlite_handover_find(e, b, m, ret_stored, v);
    if (err != TB_OK)
        return err == TB_ERR_NOT_FOUND ? TB_OK : err;
    if (ret_stored->state != TB_HANDOVER_OPEN && ret_stored->state != TB_HANDOVER_ACCEPTED)
        sqlite_reject(v, CODE_HANDOVER_OVER);
    else if (ret_stored->state == TB_HANDOVER_ACCEPTED && !ret_stored->by_peer)
        sqlite_reject(v, CODE_HANDOVER_TAKEN);
    return TB_OK;
}

enum tb_err sqlite_handover_accept_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                          const struct tb_mutation *m, struct tb_verdict *v)
{
    struct sqlite_handover stored;
    enum tb_err err = accept_check(e, b, m, &stored, v);
    if (err != TB_OK || v->kind == TB_VERDICT_REJECTED)
        return err;
    if (sqlite_handover_note(b, m, &stored.customer, stored.state == TB_HANDOVER_OPEN))
        err = matter_note(e, b, &stored);
    if (err != TB_OK || b->full || stored.state == TB_HANDOVER_ACCEPTED)
        return err;
    return accept_write(e, b, m, &stored, v);
}

enum tb_err sqlite_handover_repeat(struct sqlite_engine *e, struct sqlite_batch *b,
                                   const struct tb_mutation *m)
{
    struct sqlite_handover stored;
    enum tb_err err = sqlite_handover_read(e, b->request->peer.device, &m->handover.handover, &stored);
    if (err == TB_OK && stored.by_peer && sqlite_handover_note(b, m, &stored.customer, false))
        return matter_note(e, b, &stored);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

/* Who had accepted cannot begin with it: it is open again, for everybody. */
static enum tb_err accept_undo(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                               const struct sqlite_handover *stored, struct tb_verdict *v)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_REOPEN);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->handover.handover));
    tb_stmt_bind_int(s, 2, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? moved(e, b, m, stored, v) : err;
}

/* It stays open for others. */
enum tb_err sqlite_handover_decline_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                           const struct tb_mutation *m, struct tb_verdict *v)
{
    struct sqlite_handover stored;
    enum tb_err err = sqlite_handover_find(e, b, m, &stored, v);
    bool back = stored.state == TB_HANDOVER_ACCEPTED && stored.by_peer && !stored.cart_is_over;
    if (err != TB_OK || (stored.state != TB_HANDOVER_OPEN && !back) ||
        !sqlite_handover_note(b, m, &stored.customer, true))
        return err == TB_ERR_NOT_FOUND ? TB_OK : err;
    if (back)
        return accept_undo(e, b, m, &stored, v);
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_DECLINE_ADD);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->handover.handover));
    tb_stmt_bind_text(s, 2, tb_span_str(b->request->peer.device));
    err = tb_stmt_run(s);
    if (err != TB_OK || tb_db_changes(e->db) == 0)
        return err;
    s = sqlite_stmt(e, STMT_HANDOVER_DECLINED);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->handover.handover));
    tb_stmt_bind_int(s, 2, e->wall_ms);
    err = tb_stmt_run(s);
    return err == TB_OK ? moved(e, b, m, &stored, v) : err;
}

/* Only who asked takes it back; of one that has ended already that is no news. */
enum tb_err sqlite_handover_cancel_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                          const struct tb_mutation *m, struct tb_verdict *v)
{
    struct sqlite_handover stored;
    enum tb_err err = sqlite_handover_find(e, b, m, &stored, v);
    if (err == TB_OK && !stored.from_peer) {
        sqlite_reject(v, CODE_HANDOVER_UNKNOWN);
        return TB_OK;
    }
    if (err != TB_OK || !sqlite_handover_note(b, m, &stored.customer, stored.state == TB_HANDOVER_OPEN))
        return err == TB_ERR_NOT_FOUND ? TB_OK : err;
    if (stored.state != TB_HANDOVER_OPEN)
        return TB_OK;
    err = sqlite_handover_end(e, &m->handover.handover, TB_HANDOVER_CANCELLED);
    return err == TB_OK ? moved(e, b, m, &stored, v) : err;
}

/* An acceptance of the hand-over that a merge names: on the web hers, at a till nobody's. */
static struct tb_mutation merge_acceptance(const struct sqlite_batch *b, const struct tb_mutation *m)
{
    return (struct tb_mutation){.kind = TB_MUTATION_HANDOVER_ACCEPT,
                                .customer = b->request->peer.customer,
                                .visit = m->visit,
                                .handover.handover = m->merge.handover};
}

/* An id of a cart is no secret among those who served it; what she accepted was handed to her. */
static enum tb_err held_check(struct sqlite_engine *e, const struct sqlite_batch *b,
                              const struct tb_mutation *m, struct tb_verdict *v)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_HELD);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->merge.from));
    tb_stmt_bind_text(s, 2, tb_span_str(b->request->peer.device));
    bool held = false;
    enum tb_err err = tb_stmt_step(s, &held);
    tb_stmt_reset(s);
    if (err == TB_OK && !held)
        sqlite_reject(v, CODE_HANDOVER_UNKNOWN);
    return err;
}

enum tb_err sqlite_handover_merge_check(struct sqlite_engine *e, const struct sqlite_batch *b,
                                        const struct tb_mutation *m, struct tb_verdict *v)
{
    if (m->merge.undo)
        return TB_OK;
    if (tb_id_is_zero(&m->merge.handover))
        return tb_id_is_zero(&b->request->peer.customer) ? TB_OK : held_check(e, b, m, v);
    const struct tb_mutation accept = merge_acceptance(b, m);
    struct sqlite_handover stored;
    enum tb_err err = accept_check(e, b, &accept, &stored, v);
    v->version = 0; /* the verdict is about the carts */
    if (err != TB_OK || v->kind == TB_VERDICT_REJECTED)
        return err;
    if (!tb_id_is_zero(&stored.customer) || !tb_id_equal(&stored.cart, &m->merge.from))
        sqlite_reject(v, CODE_HANDOVER_UNKNOWN);
    return TB_OK;
}

enum tb_err sqlite_handover_merged(struct sqlite_engine *e, struct sqlite_batch *b,
                                   const struct tb_mutation *m)
{
    if (m->merge.undo || tb_id_is_zero(&m->merge.handover))
        return TB_OK;
    const struct tb_mutation accept = merge_acceptance(b, m);
    struct tb_verdict unsaid = {.kind = TB_VERDICT_APPLIED};
    struct sqlite_handover stored;
    enum tb_err err = accept_check(e, b, &accept, &stored, &unsaid);
    if (err != TB_OK || unsaid.kind == TB_VERDICT_REJECTED)
        return err;
    return stored.state == TB_HANDOVER_OPEN ? accept_write(e, b, &accept, &stored, &unsaid) : TB_OK;
}
