/* cart.merge: an anonymous cart joins a customer's, and leaves it again. */
#include "contextd/engine/sqlite_cart.h"

#define CODE_CART_CHANGED "cart_changed"

/* Who was nobody in the joined cart, and in the visits in which it was touched, is the customer now. */
static enum tb_err touches_join(struct sqlite_engine *e, const struct tb_mutation *m, int64_t merge)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_TOUCH_JOIN);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->customer));
    tb_stmt_bind_int(s, 2, merge);
    tb_stmt_bind_blob(s, 3, tb_id_span(&m->merge.from));
    sqlite_bind_opt_id(s, 4, &m->visit);
    enum tb_err err = tb_stmt_run(s);
    if (err != TB_OK || tb_db_changes(e->db) == 0)
        return err;
    return sqlite_journey_changed(e, &m->customer);
}

static enum tb_err touches_part(struct sqlite_engine *e, const struct tb_mutation *m, int64_t merge)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_TOUCH_PART);
    tb_stmt_bind_int(s, 1, merge);
    enum tb_err err = tb_stmt_run(s);
    if (err != TB_OK || tb_db_changes(e->db) == 0)
        return err;
    return sqlite_journey_changed(e, &m->customer);
}

static enum tb_err undo_keep(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m)
{
    struct tb_buf packed = tb_buf_of(e->packed, sizeof e->packed);
    tb_merge_undo_pack(&e->undo, &packed);
    if (packed.err != TB_OK)
        return TB_ERR_INTERNAL;
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_MERGE_ADD);
    tb_stmt_bind_blob(s, 1, tb_id_span(&e->cart.id));
    tb_stmt_bind_blob(s, 2, tb_id_span(&m->merge.from));
    tb_stmt_bind_blob(s, 3, tb_id_span(&m->customer));
    tb_stmt_bind_int(s, 4, m->merge.policy);
    tb_stmt_bind_int(s, 5, e->wall_ms);
    tb_stmt_bind_blob(s, 6, tb_buf_span(&packed));
    enum tb_err err = tb_stmt_run(s);
    int64_t merge = tb_db_last_rowid(e->db);
    if (err == TB_OK)
        err = sqlite_handover_became(e, &m->merge.from, &m->customer);
    if (err == TB_OK)
        err = sqlite_handover_cart_over(e, b, &m->merge.from, TB_HANDOVER_CART_JOINED);
    return err == TB_OK ? touches_join(e, m, merge) : err;
}

/* TB_ERR_NOT_FOUND: these carts were never joined, or that was taken back. */
static enum tb_err undo_find(struct sqlite_engine *e, const struct tb_mutation *m, int64_t *ret_merge)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_MERGE_LAST);
    tb_stmt_bind_blob(s, 1, tb_id_span(&e->cart.id));
    tb_stmt_bind_blob(s, 2, tb_id_span(&m->merge.from));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row) {
        *ret_merge = tb_stmt_int(s, 0);
        err = tb_merge_undo_unpack(tb_stmt_blob(s, 1), &e->undo);
        err = err == TB_OK ? TB_OK : TB_ERR_CORRUPT;
    } else if (err == TB_OK)
        err = TB_ERR_NOT_FOUND;
    tb_stmt_reset(s);
    return err;
}

static enum tb_err undo_drop(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                             int64_t merge)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_MERGE_DROP);
    tb_stmt_bind_int(s, 1, merge);
    enum tb_err err = tb_stmt_run(s);
    if (err == TB_OK)
        err = sqlite_handover_parted(e, &m->merge.from, &m->customer);
    if (err == TB_OK)
        err = sqlite_handover_cart_over(e, b, &m->merge.from, TB_HANDOVER_CART_IS_THERE);
    return err == TB_OK ? touches_part(e, m, merge) : err;
}

/* Both carts, or neither: two rows that do not fit any more leave all as it was, and two that no answer could
 * hold are rejected. */
static enum tb_err carts_save(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                              struct tb_verdict *v)
{
    bool fit;
    enum tb_err err = sqlite_carts_ready(e, b, &fit);
    if (err == TB_OK && !fit)
        sqlite_reject(v, tb_cart_code_name(TB_CART_LINE_LIMIT));
    if (err != TB_OK || b->full || !fit)
        return err;
    v->version = e->cart.version;
    err = sqlite_cart_write(e, &e->cart, &e->book);
    if (err == TB_OK)
        err = sqlite_cart_write(e, &e->joined, &e->joined_book);
    return err == TB_OK ? sqlite_cart_touch(e, b, &e->cart, &m->visit) : err;
}

static bool is_saved(const struct sqlite_batch *b, const struct tb_verdict *v)
{
    return !b->full && v->kind == TB_VERDICT_APPLIED;
}

static enum tb_err merge_undo(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                              struct tb_verdict *v)
{
    const struct tb_cart_side here = {&e->cart, &e->book};
    const struct tb_cart_side there = {&e->joined, &e->joined_book};
    const struct tb_cart_facts facts = sqlite_cart_facts(e, b);
    int64_t merge = 0;
    bool changed;
    enum tb_err err = undo_find(e, m, &merge);
    enum tb_cart_code code = TB_CART_MERGE_UNKNOWN;
    if (err == TB_OK)
        code = tb_merge_take_back(here, there, &e->undo, &facts, &changed);
    if (err != TB_OK && err != TB_ERR_NOT_FOUND)
        return err;
    if (code != TB_CART_OK) {
        sqlite_reject(v, tb_cart_code_name(code));
        return TB_OK;
    }
    err = carts_save(e, b, m, v);
    return err == TB_OK && is_saved(b, v) ? undo_drop(e, b, m, merge) : err;
}

static enum tb_err merge_do(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                            struct tb_verdict *v)
{
    const struct tb_cart_side here = {&e->cart, &e->book};
    const struct tb_cart_side there = {&e->joined, &e->joined_book};
    const struct tb_cart_facts facts = sqlite_cart_facts(e, b);
    const struct tb_merge merge = {
        .policy = m->merge.policy, .excluded = m->merge.exclude, .excluded_count = m->merge.exclude_count};
    bool changed;
    if (tb_id_is_zero(&e->cart.id)) {
        e->cart.id = m->cart;
        e->cart.customer = m->customer;
    }
    enum tb_cart_code code = tb_merge_join(here, there, &merge, &facts, &e->undo, &changed);
    if (code == TB_CART_OK && changed && tb_cart_json_size(&e->cart) > TB_CART_JSON_SIZE_MAX)
        code = TB_CART_LINE_LIMIT;
    if (code != TB_CART_OK) {
        sqlite_reject(v, tb_cart_code_name(code));
        return TB_OK;
    }
    v->version = e->cart.version;
    enum tb_err err = changed ? carts_save(e, b, m, v) : TB_OK;
    if (err != TB_OK || !is_saved(b, v))
        return err;
    err = sqlite_handover_merged(e, b, m);
    return err == TB_OK && changed ? undo_keep(e, b, m) : err;
}

/* Both carts are read. *ret_begun: something was ever put into the one that joins. */
static enum tb_err carts_find(struct sqlite_engine *e, const struct sqlite_batch *b,
                              const struct tb_mutation *m, bool *ret_begun)
{
    const char *store = b->request->peer.store;
    memset(&e->joined_book, 0, sizeof e->joined_book);
    enum tb_err err = sqlite_cart_read(e, &m->merge.from, store, &e->joined, &e->joined_book);
    *ret_begun = err == TB_OK;
    return err == TB_OK || err == TB_ERR_NOT_FOUND ? sqlite_cart_find(e, &m->cart, &m->customer, store) : err;
}

/* NULL: they may. What somebody looked at before she agreed to it joins as it was then, or not at all. */
static const char *carts_refusal(const struct sqlite_engine *e, const struct tb_mutation *m, bool begun)
{
    if (!tb_id_is_zero(&e->cart.id) && !tb_id_equal(&e->cart.customer, &m->customer))
        return tb_cart_code_name(TB_CART_OF_OTHER);
    if (!begun && m->merge.undo)
        return tb_cart_code_name(TB_CART_MERGE_UNKNOWN);
    bool seen = m->merge.from_version == 0 || (begun && e->joined.version == m->merge.from_version);
    return seen || m->merge.undo ? NULL : CODE_CART_CHANGED;
}

enum tb_err sqlite_merge_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                struct tb_verdict *v)
{
    if (tb_id_is_zero(&m->customer) || tb_id_is_zero(&m->cart)) {
        sqlite_reject(v, tb_cart_code_name(TB_CART_NOT_UNDERSTOOD));
        return TB_OK;
    }
    bool begun = false;
    enum tb_err err = sqlite_handover_merge_check(e, b, m, v);
    if (err != TB_OK || v->kind == TB_VERDICT_REJECTED)
        return err;
    err = carts_find(e, b, m, &begun);
    if (err != TB_OK)
        return err;
    const char *refusal = carts_refusal(e, m, begun);
    if (refusal) {
        sqlite_reject(v, refusal);
        return TB_OK;
    }
    if (!begun)
        return sqlite_handover_merged(e, b, m);
    return m->merge.undo ? merge_undo(e, b, m, v) : merge_do(e, b, m, v);
}
