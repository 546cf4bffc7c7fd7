#include "contextd/engine/sqlite_decide.h"

static bool handover_note(struct sqlite_batch *b, const struct tb_mutation *m)
{
    struct sqlite_touched touched =
        sqlite_touched_of(TB_ROW_HANDOVER, &m->handover.handover, &m->customer, 2560);
    return sqlite_touch_note(b, &touched);
}

static enum tb_err handover_changed(struct sqlite_engine *e, const struct tb_mutation *m)
{
    struct sqlite_change change = {.type = TB_ROW_HANDOVER,
                                   .op = TB_ROW_PUT,
                                   .id = tb_id_span(&m->handover.handover),
                                   .customer = m->customer,
                                   .store = ""};
    return sqlite_change_put(e, &change);
}

/* What is stored under an id; TB_ERR_NOT_FOUND. */
struct stored {
    struct tb_id customer;
    int64_t version;
    bool gone; /* expired */
    bool accepted;
    bool by_peer;   /* accepted by who asks now */
    bool from_peer; /* requested by who asks now */
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

static enum tb_err stored_read(struct sqlite_engine *e, const struct sqlite_batch *b,
                               const struct tb_mutation *m, struct stored *ret_stored)
{
    const char *device = b->request->peer.device;
    struct tb_stmt *s;
    *ret_stored = (struct stored){.version = 0};
    enum tb_err err = row_find(e, tb_id_span(&m->handover.handover), &s);
    if (err == TB_OK)
        err = sqlite_column_id(s, 0, &ret_stored->customer);
    if (err == TB_OK) {
        ret_stored->version = tb_stmt_int(s, 8);
        ret_stored->gone = tb_stmt_int(s, 6) == TB_HANDOVER_NONE;
        ret_stored->accepted = tb_stmt_int(s, 6) == TB_HANDOVER_ACCEPTED;
        ret_stored->by_peer = tb_span_is(tb_stmt_blob(s, 10), device);
        ret_stored->from_peer = tb_span_is(tb_stmt_blob(s, 11), device);
    }
    tb_stmt_reset(s);
    return err;
}

static enum tb_err request_write(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                 struct tb_verdict *v)
{
    if (!handover_note(b, m))
        return TB_OK;
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_ADD);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->handover.handover));
    tb_stmt_bind_blob(s, 2, tb_id_span(&m->customer));
    tb_stmt_bind_blob(s, 3, tb_id_span(&m->cart));
    tb_stmt_bind_text(s, 4, tb_span_str(b->request->peer.device));
    tb_stmt_bind_text(s, 5, tb_span_str(b->touched_by));
    tb_stmt_bind_text(s, 6, tb_span_str(m->handover.to));
    tb_stmt_bind_text(s, 7, tb_span_str(m->handover.note));
    tb_stmt_bind_int(s, 8, e->wall_ms);
    v->version = 1;
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? handover_changed(e, m) : err;
}

/* An id is taken once: by whom it was minted the same is no news, to others it says nothing. */
enum tb_err sqlite_handover_request_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                           const struct tb_mutation *m, struct tb_verdict *v)
{
    struct stored stored;
    enum tb_err err = stored_read(e, b, m, &stored);
    if (err == TB_ERR_NOT_FOUND)
        return request_write(e, b, m, v);
    v->version = stored.version;
    if (err == TB_OK && (!stored.from_peer || !tb_id_equal(&stored.customer, &m->customer)))
        sqlite_reject(v, "handover_taken");
    return err;
}

static enum tb_err accept_write(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                struct tb_verdict *v)
{
    if (!handover_note(b, m))
        return TB_OK;
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_ACCEPT);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->handover.handover));
    tb_stmt_bind_text(s, 2, tb_span_str(b->request->peer.device));
    tb_stmt_bind_text(s, 3, tb_span_str(b->touched_by));
    tb_stmt_bind_int(s, 4, e->wall_ms);
    v->version++;
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? handover_changed(e, m) : err;
}

/* The first who accepts serves the customer; the same one again is no news. */
enum tb_err sqlite_handover_accept_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                          const struct tb_mutation *m, struct tb_verdict *v)
{
    struct stored stored;
    enum tb_err err = stored_read(e, b, m, &stored);
    bool found = err == TB_OK && !stored.gone && tb_id_equal(&stored.customer, &m->customer);
    if (err != TB_OK && err != TB_ERR_NOT_FOUND)
        return err;
    if (!found) {
        sqlite_reject(v, "handover_unknown");
        return TB_OK;
    }
    v->version = stored.version;
    if (!stored.accepted)
        return accept_write(e, b, m, v);
    if (!stored.by_peer)
        sqlite_reject(v, "handover_taken");
    return TB_OK;
}

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

enum tb_err sqlite_handover_row(struct sqlite_engine *e, struct tb_span id, struct tb_row *row,
                                struct tb_json_writer *w)
{
    struct tb_handover h = {.code = ""};
    struct tb_stmt *s;
    enum tb_err err = row_find(e, id, &s);
    if (err == TB_OK)
        err = sqlite_column_id(s, 1, &h.cart);
    if (err == TB_OK)
        err = sqlite_column_text(s, 2, h.from, sizeof h.from);
    if (err == TB_OK)
        err = sqlite_column_text(s, 3, h.to, sizeof h.to);
    if (err == TB_OK)
        err = sqlite_column_text(s, 4, h.note, sizeof h.note);
    if (err == TB_OK)
        err = sqlite_column_text(s, 7, h.by, sizeof h.by);
    if (err == TB_OK) {
        h.at_ms = tb_stmt_int(s, 5);
        h.state = (enum tb_handover_state)tb_stmt_int(s, 6);
        if (h.state == TB_HANDOVER_OPEN)
            sqlite_handover_code(e, id, h.code);
        row->version = tb_stmt_int(s, 8);
        row->as_of_ms = tb_stmt_int(s, 9);
        tb_handover_encode(w, NULL, &h);
    }
    tb_stmt_reset(s);
    return err;
}
