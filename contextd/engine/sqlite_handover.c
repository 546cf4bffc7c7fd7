/* Hand-overs: who asks that somebody else goes on with a customer or with nobody's cart, and who does. */
#include "contextd/engine/sqlite_cart.h"

#include "core/base/assert.h"

#define CODE_HANDOVER_UNKNOWN "handover_unknown"
#define CODE_HANDOVER_TAKEN "handover_taken"
#define CODE_HANDOVER_OVER "handover_over"
#define CODE_HANDOVER_LIMIT "handover_limit"
#define ROW_COST 2560      /* upper bound of a hand-over's row */
#define PROFILE_COST 12288 /* the same of a customer's */
#define CALLS_MAX 8        /* calls for help of one terminal that are open, and */
#define SENT_MAX 32        /* other open ones */
#define DAY_MAX 2000       /* of one terminal within a day, open or not */
#define WEB_DAY_MAX 40     /* the same of one customer on the web */
#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define YOUNG_MS (INT64_C(15) * 60 * 1000) /* who was given a code is still on the way to a till with it */
#define OVERDUE_MAX 100                    /* per call: each is told */
#define OF_CART_MAX 8                      /* accepted ones of one cart that hear what became of it */

/* ---- telling ---- */

/* Terminals of several stores are told in one go: rare, and they only look. */
static void store_tell(struct sqlite_batch *b, const char *store)
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

/* To who reads the customer, and to the terminals of the store. */
static enum tb_err change_put(struct sqlite_engine *e, const struct tb_id *handover,
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

static bool handover_note(struct sqlite_batch *b, const struct tb_mutation *m, const struct tb_id *whose,
                          bool changed)
{
    struct sqlite_touched touched =
        sqlite_touched_of(TB_ROW_HANDOVER, &m->handover.handover, whose, ROW_COST);
    touched.changed = changed;
    return sqlite_touch_note(b, &touched);
}

/* ---- what is stored ---- */

struct stored {
    struct tb_id customer; /* zero: nobody */
    struct tb_id cart;     /* zero: none */
    char store[TB_SHORT_SIZE_MAX + 1];
    char from_device[TB_DEVICE_SIZE_MAX + 1];
    int64_t at_ms;
    int64_t version;
    enum tb_handover_state state; /* NONE: gone */
    enum tb_handover_reason reason;
    bool cart_is_over; /* where it was accepted */
    bool by_peer;      /* accepted by who asks now */
    bool from_peer;    /* requested by who asks now */
    bool waited;       /* its wait is counted: it was accepted before */
};

/* The row with an id; TB_ERR_NOT_FOUND. Reset the statement in any case. */
static enum tb_err row_find(struct sqlite_engine *e, struct tb_span id, struct tb_stmt **ret_stmt)
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

static enum tb_err stored_read(struct sqlite_engine *e, const char *device, const struct tb_id *id,
                               struct stored *ret_stored)
{
    struct tb_stmt *s;
    *ret_stored = (struct stored){.version = 0};
    enum tb_err err = row_find(e, tb_id_span(id), &s);
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
static bool may_know(const struct sqlite_batch *b, const struct tb_mutation *m, const struct stored *stored)
{
    const struct tb_engine_peer *peer = &b->request->peer;
    bool hers = tb_id_equal(&stored->customer, &m->customer);
    if (!tb_id_is_zero(&peer->customer) && m->kind == TB_MUTATION_HANDOVER_ACCEPT)
        return stored->reason != TB_HANDOVER_FOR_HELP && (hers || tb_id_is_zero(&stored->customer));
    return hers && (!tb_id_is_zero(&m->customer) || strcmp(stored->store, peer->store) == 0);
}

/* One that there is and that who asks may know of; else the verdict says no. TB_ERR_NOT_FOUND then. */
static enum tb_err stored_find(struct sqlite_engine *e, const struct sqlite_batch *b,
                               const struct tb_mutation *m, struct stored *ret_stored, struct tb_verdict *v)
{
    enum tb_err err = stored_read(e, b->request->peer.device, &m->handover.handover, ret_stored);
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

static enum tb_err declines_drop(struct sqlite_engine *e, const struct tb_id *handover)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_DECLINES_DROP);
    tb_stmt_bind_blob(s, 1, tb_id_span(handover));
    return tb_stmt_run(s);
}

static enum tb_err state_write(struct sqlite_engine *e, const struct tb_id *handover,
                               enum tb_handover_state state)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_STATE);
    tb_stmt_bind_blob(s, 1, tb_id_span(handover));
    tb_stmt_bind_int(s, 2, state);
    tb_stmt_bind_int(s, 3, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? declines_drop(e, handover) : err;
}

/* The columns id, store and customer; TB_ERR_NOT_FOUND. Its parameters are bound. */
static enum tb_err open_read(struct tb_stmt *s, struct tb_id *ret_handover, struct stored *ret_stored)
{
    *ret_stored = (struct stored){.version = 0};
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

static enum tb_err open_cancel(struct sqlite_engine *e, struct sqlite_batch *b, struct tb_stmt *s)
{
    struct tb_id handover;
    struct stored stored;
    enum tb_err err = open_read(s, &handover, &stored);
    if (err == TB_OK)
        err = state_write(e, &handover, TB_HANDOVER_CANCELLED);
    if (err != TB_OK)
        return err;
    store_tell(b, stored.store);
    return change_put(e, &handover, &stored.customer, stored.store);
}

enum tb_err sqlite_handovers_part(struct sqlite_engine *e, struct sqlite_batch *b,
                                  const struct tb_id *customer)
{
    enum tb_err err = TB_OK;
    while (err == TB_OK) {
        struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_ASKED_ABOUT);
        tb_stmt_bind_text(s, 1, tb_span_str(b->request->peer.device));
        tb_stmt_bind_blob(s, 2, tb_id_span(customer));
        err = open_cancel(e, b, s);
    }
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

/* ---- asking ---- */

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
    return open_cancel(e, b, s);
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
    if (err != TB_OK || !handover_note(b, m, &m->customer, true))
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
    store_tell(b, store);
    err = tb_stmt_run(s);
    return err == TB_OK ? change_put(e, &m->handover.handover, &m->customer, store) : err;
}

/* An id is taken once: by whom it was minted the same is no news, to others it says nothing. */
enum tb_err sqlite_handover_request_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                           const struct tb_mutation *m, struct tb_verdict *v)
{
    struct stored stored;
    struct room room = {.calls = 0};
    enum tb_err err = stored_read(e, b->request->peer.device, &m->handover.handover, &stored);
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

/* ---- answering ---- */

/* What the terminal goes on with: it may never have heard of the customer. Other stores come to know
 * customers by what they present; and who gives no reason speaks as it was before hand-overs had one. */
static enum tb_err matter_note(struct sqlite_engine *e, struct sqlite_batch *b, const struct stored *stored)
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
                         const struct stored *stored, struct tb_verdict *v)
{
    v->version++;
    store_tell(b, stored->store);
    return change_put(e, &m->handover.handover, &stored->customer, stored->store);
}

/* By the channel of who asked. */
static enum tb_err wait_measure(struct sqlite_engine *e, struct sqlite_batch *b, const struct stored *stored)
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
                                const struct stored *stored, struct tb_verdict *v)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_TAKE);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->handover.handover));
    tb_stmt_bind_text(s, 2, tb_span_str(b->request->peer.device));
    tb_stmt_bind_text(s, 3, tb_span_str(b->touched_by));
    tb_stmt_bind_int(s, 4, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    if (err == TB_OK)
        err = declines_drop(e, &m->handover.handover);
    if (err == TB_OK && !stored->waited)
        err = wait_measure(e, b, stored);
    return err == TB_OK ? moved(e, b, m, stored, v) : err;
}

/* The first who accepts serves the customer; the same one again is no news. */
static enum tb_err accept_check(struct sqlite_engine *e, const struct sqlite_batch *b,
                                const struct tb_mutation *m, struct stored *ret_stored, struct tb_verdict *v)
{
    enum tb_err err = stored_find(e, b, m, ret_stored, v);
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
    struct stored stored;
    enum tb_err err = accept_check(e, b, m, &stored, v);
    if (err != TB_OK || v->kind == TB_VERDICT_REJECTED)
        return err;
    if (handover_note(b, m, &stored.customer, stored.state == TB_HANDOVER_OPEN))
        err = matter_note(e, b, &stored);
    if (err != TB_OK || b->full || stored.state == TB_HANDOVER_ACCEPTED)
        return err;
    return accept_write(e, b, m, &stored, v);
}

enum tb_err sqlite_handover_repeat(struct sqlite_engine *e, struct sqlite_batch *b,
                                   const struct tb_mutation *m)
{
    struct stored stored;
    enum tb_err err = stored_read(e, b->request->peer.device, &m->handover.handover, &stored);
    if (err == TB_OK && stored.by_peer && handover_note(b, m, &stored.customer, false))
        return matter_note(e, b, &stored);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

/* Who had accepted cannot begin with it: it is open again, for everybody. */
static enum tb_err accept_undo(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                               const struct stored *stored, struct tb_verdict *v)
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
    struct stored stored;
    enum tb_err err = stored_find(e, b, m, &stored, v);
    bool back = stored.state == TB_HANDOVER_ACCEPTED && stored.by_peer && !stored.cart_is_over;
    if (err != TB_OK || (stored.state != TB_HANDOVER_OPEN && !back) ||
        !handover_note(b, m, &stored.customer, true))
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
    struct stored stored;
    enum tb_err err = stored_find(e, b, m, &stored, v);
    if (err == TB_OK && !stored.from_peer) {
        sqlite_reject(v, CODE_HANDOVER_UNKNOWN);
        return TB_OK;
    }
    if (err != TB_OK || !handover_note(b, m, &stored.customer, stored.state == TB_HANDOVER_OPEN))
        return err == TB_ERR_NOT_FOUND ? TB_OK : err;
    if (stored.state != TB_HANDOVER_OPEN)
        return TB_OK;
    err = state_write(e, &m->handover.handover, TB_HANDOVER_CANCELLED);
    return err == TB_OK ? moved(e, b, m, &stored, v) : err;
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
        struct stored stored;
        err = overdue_next(e, &handover);
        if (err != TB_OK)
            break;
        err = stored_read(e, "", &handover, &stored);
        if (err == TB_OK)
            err = state_write(e, &handover, TB_HANDOVER_EXPIRED);
        if (err == TB_OK)
            err = change_put(e, &handover, &stored.customer, stored.store);
    }
    e->changed_here = e->changed_here || count > 0;
    *more = *more || count == OVERDUE_MAX;
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

/* ---- whose nobody's cart became ---- */

static enum tb_err cart_owner(struct sqlite_engine *e, enum sqlite_stmt which, const struct tb_id *cart,
                              const struct tb_id *customer)
{
    struct tb_stmt *s = sqlite_stmt(e, which);
    tb_stmt_bind_blob(s, 1, tb_id_span(cart));
    tb_stmt_bind_blob(s, 2, tb_id_span(customer));
    return tb_stmt_run(s);
}

enum tb_err sqlite_handover_became(struct sqlite_engine *e, const struct tb_id *cart,
                                   const struct tb_id *customer)
{
    return cart_owner(e, STMT_HANDOVER_BECAME, cart, customer);
}

enum tb_err sqlite_handover_parted(struct sqlite_engine *e, const struct tb_id *cart,
                                   const struct tb_id *customer)
{
    return cart_owner(e, STMT_HANDOVER_PARTED, cart, customer);
}

/* The newest that was accepted of that cart and does not say so yet; TB_ERR_NOT_FOUND. */
static enum tb_err cart_over_write(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_id *cart,
                                   enum tb_handover_cart over)
{
    struct tb_id handover;
    struct stored stored;
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_OF_CART);
    tb_stmt_bind_blob(s, 1, tb_id_span(cart));
    tb_stmt_bind_int(s, 2, over);
    enum tb_err err = open_read(s, &handover, &stored);
    if (err != TB_OK)
        return err;
    s = sqlite_stmt(e, STMT_HANDOVER_CART_OVER);
    tb_stmt_bind_blob(s, 1, tb_id_span(&handover));
    tb_stmt_bind_int(s, 2, over);
    tb_stmt_bind_text(s, 3, tb_span_str(over == TB_HANDOVER_CART_IS_THERE ? "" : b->touched_by));
    tb_stmt_bind_int(s, 4, e->wall_ms);
    err = tb_stmt_run(s);
    store_tell(b, stored.store);
    return err == TB_OK ? change_put(e, &handover, &stored.customer, stored.store) : err;
}

enum tb_err sqlite_handover_cart_over(struct sqlite_engine *e, struct sqlite_batch *b,
                                      const struct tb_id *cart, enum tb_handover_cart over)
{
    enum tb_err err = TB_OK;
    for (size_t count = 0; count < OF_CART_MAX && err == TB_OK; count++)
        err = cart_over_write(e, b, cart, over);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
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
    struct stored stored;
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
    struct stored stored;
    enum tb_err err = accept_check(e, b, &accept, &stored, &unsaid);
    if (err != TB_OK || unsaid.kind == TB_VERDICT_REJECTED)
        return err;
    return stored.state == TB_HANDOVER_OPEN ? accept_write(e, b, &accept, &stored, &unsaid) : TB_OK;
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

/* ---- rows ---- */

enum tb_err sqlite_handover_gone_row(struct sqlite_engine *e, struct tb_span id, struct tb_row *row)
{
    struct tb_stmt *s;
    enum tb_err err = row_find(e, id, &s);
    if (err == TB_OK) {
        row->version = tb_stmt_int(s, 8);
        row->as_of_ms = tb_stmt_int(s, 9);
    }
    tb_stmt_reset(s);
    return err;
}

static void numbers_take(const struct tb_stmt *s, struct tb_handover *h)
{
    h->at_ms = tb_stmt_int(s, 5);
    h->reason = (enum tb_handover_reason)tb_stmt_int(s, 12);
    h->item_count = tb_stmt_int(s, 14);
    h->total = tb_stmt_int(s, 15);
    h->declined =
        tb_stmt_int(s, 17) < TB_HANDOVER_DECLINED_MAX ? tb_stmt_int(s, 17) : TB_HANDOVER_DECLINED_MAX;
    h->taken_ms = tb_stmt_int(s, 18);
    h->cart_over = (enum tb_handover_cart)tb_stmt_int(s, 21);
}

static enum tb_err doc_take(const struct tb_stmt *s, struct tb_handover *h)
{
    const struct {
        int column;
        char *at;
        size_t size;
    } texts[] = {{2, h->from, sizeof h->from},
                 {3, h->to, sizeof h->to},
                 {4, h->note, sizeof h->note},
                 {7, h->by, sizeof h->by},
                 {13, h->store, sizeof h->store},
                 {16, h->currency, sizeof h->currency},
                 {19, h->customer_name, sizeof h->customer_name},
                 {20, h->tier, sizeof h->tier},
                 {22, h->cart_over_by, sizeof h->cart_over_by}};
    enum tb_err err = sqlite_column_id(s, 1, &h->cart);
    for (size_t i = 0; i < TB_ARRAY_SIZE(texts) && err == TB_OK; i++)
        err = sqlite_column_text(s, texts[i].column, texts[i].at, texts[i].size);
    numbers_take(s, h);
    return err;
}

/* On her own phone nobody's says nothing of what was noted: it is of somebody else's visit. */
enum tb_err sqlite_handover_row(struct sqlite_engine *e, const struct sqlite_change *change,
                                struct tb_row *row, struct tb_json_writer *w)
{
    struct tb_handover h = {.code = ""};
    struct tb_stmt *s;
    enum tb_err err = row_find(e, change->id, &s);
    if (err == TB_OK)
        err = doc_take(s, &h);
    if (err == TB_OK) {
        if (change->shopper && tb_stmt_is_null(s, 0))
            h.note[0] = '\0';
        h.state = (enum tb_handover_state)tb_stmt_int(s, 6);
        if (h.state == TB_HANDOVER_OPEN)
            sqlite_handover_code(e, change->id, h.code);
        row->version = tb_stmt_int(s, 8);
        row->as_of_ms = tb_stmt_int(s, 9);
        tb_handover_encode(w, NULL, &h);
    }
    tb_stmt_reset(s);
    return err;
}
