/* Hand-overs, asked for: what there is room for, and what makes room. */
#include "contextd/engine/sqlite_handover.h"

#include "core/base/assert.h"

#define CALLS_MAX 8    /* calls for help of one terminal that are open, and */
#define SENT_MAX 32    /* other open ones */
#define DAY_MAX 2000   /* of one terminal within a day, open or not */
#define WEB_DAY_MAX 40 /* the same of one customer on the web */
#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define YOUNG_MS (INT64_C(15) * 60 * 1000) /* who was given a code is still on the way to a till with it */

/* What a device asked for lately, open or not; of a terminal, what it has open. */
struct room {
    int64_t lately;
    int64_t calls;
    int64_t sent;
    int64_t sent_ms; /* when the oldest of those was */
};

static enum tb_err lately_read(struct sqlite_engine *e, const char *device, struct room *room)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_ASKED_LATELY);
    tb_stmt_bind_text(s, 1, tb_span_str(device));
    tb_stmt_bind_int(s, 2, e->wall_ms - DAY_MS);
    tb_stmt_bind_int(s, 3, e->wall_ms); /* a clock that was wrong must not count for ever */
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row)
        room->lately = tb_stmt_int(s, 0);
    tb_stmt_reset(s);
    return err;
}

static enum tb_err room_read(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                             struct room *ret_room)
{
    *ret_room = (struct room){.lately = 0};
    enum tb_err err = lately_read(e, peer->device, ret_room);
    if (err != TB_OK || !tb_id_is_zero(&peer->customer))
        return err;
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_ASKED);
    tb_stmt_bind_text(s, 1, tb_span_str(peer->device));
    tb_stmt_bind_int(s, 2, TB_HANDOVER_FOR_HELP);
    bool row;
    err = tb_stmt_step(s, &row);
    if (err == TB_OK && row) {
        ret_room->calls = tb_stmt_int(s, 0);
        ret_room->sent = tb_stmt_int(s, 1);
        ret_room->sent_ms = tb_stmt_int(s, 2);
    }
    tb_stmt_reset(s);
    return err;
}

/* Whose terminals are told: those of the store that it names, else of the one where it was asked for. Who is
 * at home and names none goes there with a code. */
static enum tb_err store_of(struct sqlite_engine *e, const struct sqlite_batch *b,
                            const struct tb_mutation *m, char ret_store[TB_SHORT_SIZE_MAX + 1])
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_STORE_HAS);
    tb_stmt_bind_text(s, 1, tb_span_str(m->handover.to));
    bool named = false;
    enum tb_err err = tb_stmt_step(s, &named);
    tb_stmt_reset(s);
    memcpy(ret_store, named ? m->handover.to : b->request->peer.store, TB_SHORT_SIZE_MAX + 1);
    return err;
}

/* The cart goes into e->cart, of zero id when there is none; only her own, or nobody's. Who calls for help
 * may have put nothing into hers yet. */
static enum tb_err cart_check(struct sqlite_engine *e, const struct sqlite_batch *b,
                              const struct tb_mutation *m, struct tb_verdict *v)
{
    memset(&e->cart, 0, offsetof(struct tb_cart, lines));
    if (tb_id_is_zero(&m->cart))
        return TB_OK;
    enum tb_err err = sqlite_cart_read(e, &m->cart, b->request->peer.store, &e->cart, NULL);
    bool needed = tb_id_is_zero(&m->customer) && m->handover.reason != TB_HANDOVER_FOR_HELP;
    if (err == TB_ERR_NOT_FOUND && needed)
        sqlite_reject(v, tb_cart_code_name(TB_CART_UNKNOWN));
    else if (err == TB_OK && !tb_id_equal(&e->cart.customer, &m->customer))
        sqlite_reject(v, tb_cart_code_name(TB_CART_OF_OTHER));
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

static void cart_bind(struct tb_stmt *s, const struct tb_cart *cart)
{
    int64_t count = 0;
    int64_t total = 0;
    for (size_t i = 0; i < cart->line_count; i++) {
        count += cart->lines[i].quantity;
        total += cart->lines[i].quantity * cart->lines[i].unit_price;
    }
    bool tellable = total >= 0 && total <= TB_MONEY_MAX;
    tb_stmt_bind_int(s, 11, count);
    tb_stmt_bind_int(s, 12, tellable ? total : 0);
    tb_stmt_bind_text(s, 13, tb_span_str(tellable ? cart->currency : ""));
}

static enum tb_err oldest_displace(struct sqlite_engine *e, struct sqlite_batch *b)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_ASKED_OLDEST);
    tb_stmt_bind_text(s, 1, tb_span_str(b->request->peer.device));
    tb_stmt_bind_int(s, 2, TB_HANDOVER_FOR_HELP);
    return sqlite_handover_cancel_next(e, b, s);
}

/* At a terminal strangers follow one another: calls for help end none, and of what was sent on only what is
 * not young makes room. So nobody who asks again and again ends the code that the one before was given. What
 * was asked for is in the feeds of a store and of all terminals that know the customer, for as long as
 * hand-overs are kept: nobody must make those long by asking and taking back. */
static bool room_is_there(const struct sqlite_engine *e, const struct sqlite_batch *b,
                          const struct tb_mutation *m, const struct room *room)
{
    if (!tb_id_is_zero(&b->request->peer.customer))
        return room->lately < WEB_DAY_MAX;
    if (room->lately >= DAY_MAX)
        return false;
    if (m->handover.reason == TB_HANDOVER_FOR_HELP)
        return room->calls < CALLS_MAX;
    return room->sent < SENT_MAX || room->sent_ms <= e->wall_ms - YOUNG_MS;
}

/* A customer on the web has one at a time, the newest of her own. */
static enum tb_err room_make(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                             const struct room *room)
{
    if (!tb_id_is_zero(&b->request->peer.customer))
        return sqlite_handovers_part(e, b, &b->request->peer.customer);
    bool sent = m->handover.reason != TB_HANDOVER_FOR_HELP;
    return sent && room->sent >= SENT_MAX ? oldest_displace(e, b) : TB_OK;
}

static enum tb_err request_write(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                 const struct room *room, struct tb_verdict *v)
{
    char store[TB_SHORT_SIZE_MAX + 1];
    enum tb_err err = store_of(e, b, m, store);
    if (err != TB_OK || !sqlite_handover_note(b, m, &m->customer, true))
        return err;
    err = room_make(e, b, m, room);
    if (err != TB_OK)
        return err;
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_ADD);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->handover.handover));
    sqlite_bind_opt_id(s, 2, &m->customer);
    tb_stmt_bind_blob(s, 3, tb_id_span(&m->cart));
    tb_stmt_bind_text(s, 4, tb_span_str(b->request->peer.device));
    tb_stmt_bind_text(s, 5, tb_span_str(b->touched_by));
    tb_stmt_bind_text(s, 6, tb_span_str(m->handover.to));
    tb_stmt_bind_text(s, 7, tb_span_str(m->handover.note));
    tb_stmt_bind_int(s, 8, e->wall_ms);
    tb_stmt_bind_int(s, 9, m->handover.reason);
    tb_stmt_bind_text(s, 10, tb_span_str(store));
    cart_bind(s, &e->cart);
    const struct tb_digest code = sqlite_handover_code_hash(e, tb_id_span(&m->handover.handover));
    tb_stmt_bind_blob(s, 14, tb_digest_span(&code));
    v->version = 1;
    sqlite_handover_tell(b, store);
    err = tb_stmt_run(s);
    return err == TB_OK ? sqlite_handover_changed(e, &m->handover.handover, &m->customer, store) : err;
}

/* An id is taken once: by whom it was minted the same is no news, to others it says nothing. */
enum tb_err sqlite_handover_request_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                           const struct tb_mutation *m, struct tb_verdict *v)
{
    struct sqlite_handover stored;
    struct room room = {.calls = 0};
    enum tb_err err = sqlite_handover_read(e, b->request->peer.device, &m->handover.handover, &stored);
    if (err == TB_OK) {
        v->version = stored.version;
        if (!stored.from_peer || !tb_id_equal(&stored.customer, &m->customer))
            sqlite_reject(v, CODE_HANDOVER_TAKEN);
        return TB_OK;
    }
    if (err == TB_ERR_NOT_FOUND)
        err = room_read(e, &b->request->peer, &room);
    if (err == TB_OK && !room_is_there(e, b, m, &room))
        sqlite_reject(v, CODE_HANDOVER_LIMIT);
    else if (err == TB_OK)
        err = cart_check(e, b, m, v);
    return err == TB_OK && v->kind == TB_VERDICT_APPLIED ? request_write(e, b, m, &room, v) : err;
}
