/* Paying: claims, sales, what is given back of them, and what people have to look at. */
#include "contextd/engine/sqlite_cart.h"

#define TOUCHES_MAX 64 /* of a sale: as many as a customer's journey keeps */

/* ---- claims ---- */

static enum tb_err claim_read(struct sqlite_engine *e, const struct tb_id *cart)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_CLAIM_READ);
    tb_stmt_bind_blob(s, 1, tb_id_span(cart));
    memset(&e->claim, 0, sizeof e->claim);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row)
        err = tb_claim_unpack(tb_stmt_blob(s, 0), &e->claim) == TB_OK ? TB_OK : TB_ERR_CORRUPT;
    tb_stmt_reset(s);
    return err;
}

static enum tb_err claim_write(struct sqlite_engine *e)
{
    struct tb_buf packed = tb_buf_of(e->packed, sizeof e->packed);
    tb_claim_pack(&e->claim, &packed);
    if (packed.err != TB_OK)
        return TB_ERR_INTERNAL;
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_CLAIM_PUT);
    tb_stmt_bind_blob(s, 1, tb_id_span(&e->cart.id));
    tb_stmt_bind_blob(s, 2, tb_buf_span(&packed));
    return tb_stmt_run(s);
}

/* A cart with its claim, as every reader sees them. With b->full set nothing was written. */
static enum tb_err cart_save(struct sqlite_engine *e, struct sqlite_batch *b, struct tb_verdict *v)
{
    tb_claim_show(&e->claim, &e->cart.claim);
    enum tb_err err = sqlite_cart_ready(e, b, &e->cart);
    if (err != TB_OK || b->full)
        return err;
    v->version = e->cart.version;
    err = sqlite_cart_write(e, &e->cart, &e->book);
    return err == TB_OK ? claim_write(e) : err;
}

static enum tb_err cart_and_claim_read(struct sqlite_engine *e, const struct sqlite_batch *b,
                                       const struct tb_mutation *m)
{
    enum tb_err err = sqlite_cart_find(e, &m->cart, &m->customer, b->request->peer.store);
    return err == TB_OK ? claim_read(e, &e->cart.id) : err;
}

enum tb_err sqlite_claim_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                struct tb_verdict *v)
{
    enum tb_err err = cart_and_claim_read(e, b, m);
    if (err != TB_OK)
        return err;
    bool known = !tb_id_is_zero(&e->cart.id);
    const struct tb_claimant who = {.device = b->request->peer.device, .by = b->touched_by};
    bool takes = m->kind == TB_MUTATION_CHECKOUT_CLAIM;
    enum tb_cart_code code = TB_CART_OK;
    bool changed = takes;
    if (known && !tb_id_equal(&e->cart.customer, &m->customer))
        code = TB_CART_OF_OTHER;
    else if (takes)
        code = tb_claim_take(&e->claim, &e->cart, &m->claim.checkout, &who, e->wall_ms);
    else
        changed = known && tb_claim_release(&e->claim, &m->claim.checkout, &who);
    if (code != TB_CART_OK) {
        sqlite_reject(v, tb_cart_code_name(code));
        return TB_OK;
    }
    v->version = e->cart.version;
    return changed ? cart_save(e, b, v) : TB_OK;
}

/* ---- the books ---- */

/* Binds the name of a sale or void as ?1 to ?4. */
static void bind_key(struct tb_stmt *s, const struct sqlite_batch *b, struct tb_span terminal,
                     const struct tb_sale_key *key)
{
    tb_stmt_bind_text(s, 1, tb_span_str(b->request->peer.store));
    tb_stmt_bind_text(s, 2, terminal);
    tb_stmt_bind_text(s, 3, tb_span_str(key->business_date));
    tb_stmt_bind_text(s, 4, tb_span_str(key->transaction));
}

static struct tb_span terminal_of(const struct sqlite_engine *e, const struct sqlite_batch *b)
{
    return sqlite_device_of(e, b->request->peer.device);
}

struct sale_found {
    int64_t id; /* 0: there is none */
    bool same;  /* it says the same as the mutation, but perhaps for its lines */
};

static enum tb_err sale_find(struct sqlite_engine *e, const struct sqlite_batch *b, struct tb_span terminal,
                             const struct tb_sale_key *key, const struct tb_mutation *m,
                             struct sale_found *ret_found)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_SALE_FIND);
    bind_key(s, b, terminal, key);
    *ret_found = (struct sale_found){.id = 0};
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row) {
        ret_found->id = tb_stmt_int(s, 0);
        ret_found->same = m->kind == TB_MUTATION_CHECKOUT_FINISH &&
                          tb_span_is(tb_stmt_blob(s, 1), m->finish.currency) &&
                          tb_stmt_int(s, 2) == m->finish.total && tb_stmt_int(s, 3) == m->finish.lines.count;
    }
    tb_stmt_reset(s);
    return err;
}

#define SALE_NAME_SIZE sizeof((struct tb_conflict_entry *)0)->detail

/* "till-0421-4 2026-09-21 17", for people. */
static const char *sale_name(struct tb_span terminal, const struct tb_sale_key *key,
                             char ret_name[SALE_NAME_SIZE])
{
    struct tb_buf b = tb_buf_of(ret_name, SALE_NAME_SIZE);
    tb_buf_add(&b, tb_span_sub(terminal, 0, TB_SHORT_SIZE_MAX));
    tb_buf_add_u8(&b, ' ');
    tb_buf_add_str(&b, key->business_date);
    tb_buf_add_u8(&b, ' ');
    tb_buf_add_str(&b, key->transaction);
    tb_buf_add_u8(&b, 0);
    return ret_name;
}

struct conflict {
    const char *code;
    int64_t sale;  /* 0: none */
    int64_t other; /* 0: none */
    const char *gtin;
    int32_t quantity;
    const char *detail;
};

static void bind_opt_row(struct tb_stmt *s, int index, int64_t id)
{
    if (id == 0)
        tb_stmt_bind_null(s, index);
    else
        tb_stmt_bind_int(s, index, id);
}

static enum tb_err conflict_add(struct sqlite_engine *e, const struct sqlite_batch *b,
                                const struct conflict *c, struct tb_verdict *v)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_CONFLICT_ADD);
    tb_stmt_bind_text(s, 1, tb_span_str(c->code));
    tb_stmt_bind_text(s, 2, tb_span_str(b->request->peer.store));
    tb_stmt_bind_text(s, 3, terminal_of(e, b));
    bind_opt_row(s, 4, c->sale);
    bind_opt_row(s, 5, c->other);
    tb_stmt_bind_text(s, 6, tb_span_str(c->gtin));
    tb_stmt_bind_int(s, 7, c->quantity);
    tb_stmt_bind_text(s, 8, tb_span_str(c->detail));
    tb_stmt_bind_int(s, 9, e->wall_ms);
    sqlite_conflict(v, c->code);
    return tb_stmt_run(s);
}

static int32_t count_of(int64_t pieces)
{
    if (pieces < 0)
        return 0;
    return pieces < INT32_MAX ? (int32_t)pieces : INT32_MAX;
}

/* What other sales did with a line before, and the last of those that hold some of it; 0: none. */
static enum tb_err taken_read(struct sqlite_engine *e, const struct sqlite_batch *b,
                              const struct tb_mutation *m, struct tb_sold_line *sold, int64_t *ret_sale)
{
    *ret_sale = 0;
    if (tb_id_is_zero(&sold->line))
        return TB_OK;
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_LINE_TAKEN);
    tb_stmt_bind_blob(s, 1, tb_id_span(&sold->line));
    sqlite_bind_opt_id(s, 2, &m->finish.checkout);
    tb_stmt_bind_text(s, 3, terminal_of(e, b));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row) {
        sold->taken_before = count_of(tb_stmt_int(s, 0));
        sold->back_before = count_of(tb_stmt_int(s, 2));
        *ret_sale = tb_stmt_int(s, 1);
    }
    tb_stmt_reset(s);
    return err;
}

/* A line that this sale names twice was taken by others once: none of this sale is written yet. */
static enum tb_err all_taken_read(struct sqlite_engine *e, const struct sqlite_batch *b,
                                  const struct tb_mutation *m)
{
    struct tb_sold_line *sold = e->sale.sold;
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < m->finish.lines.count && err == TB_OK; i++) {
        size_t first = 0;
        while (!tb_id_equal(&sold[first].line, &sold[i].line))
            first++;
        if (first == i) {
            err = taken_read(e, b, m, &sold[i], &e->sale.taken_by[i]);
        } else {
            sold[i].taken_before = sold[first].taken_before;
            sold[i].back_before = sold[first].back_before;
            e->sale.taken_by[i] = e->sale.taken_by[first];
        }
    }
    return err;
}

/* ---- giving back ---- */

static enum tb_err sale_line_take(const struct tb_stmt *s, struct tb_sale_line *line)
{
    memset(line, 0, sizeof *line);
    enum tb_err err = tb_stmt_is_null(s, 0) ? TB_OK : sqlite_column_id(s, 0, &line->line);
    if (err == TB_OK)
        err = sqlite_column_text(s, 1, line->gtin, sizeof line->gtin);
    if (err == TB_OK)
        err = sqlite_column_text(s, 2, line->options, sizeof line->options);
    line->quantity = (int32_t)tb_stmt_int(s, 3);
    line->taken = (int32_t)tb_stmt_int(s, 4);
    line->returned = (int32_t)tb_stmt_int(s, 5);
    return err;
}

static enum tb_err sale_lines_read(struct sqlite_engine *e, int64_t sale, size_t *ret_count)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_SALE_LINES);
    tb_stmt_bind_int(s, 1, sale);
    tb_stmt_bind_int(s, 2, TB_PAID_LINE_COUNT_MAX);
    *ret_count = 0;
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        err = sale_line_take(s, &e->sale.lines[(*ret_count)++]);
        if (err != TB_OK)
            break;
    }
    tb_stmt_reset(s);
    return err;
}

static enum tb_err returned_write(struct sqlite_engine *e, int64_t sale, size_t count)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_SALE_LINE_RETURNED);
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < count && err == TB_OK; i++) {
        if (e->sale.back[i] == 0)
            continue;
        tb_stmt_bind_int(s, 1, sale);
        tb_stmt_bind_int(s, 2, (int64_t)i);
        tb_stmt_bind_int(s, 3, e->sale.lines[i].returned);
        err = tb_stmt_run(s);
    }
    return err;
}

/* TB_ERR_NOT_FOUND: the sale was of no cart, or that is gone. */
static enum tb_err sale_cart_read(struct sqlite_engine *e, const struct sqlite_batch *b, int64_t sale)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_SALE_READ);
    struct tb_id cart;
    tb_stmt_bind_int(s, 1, sale);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row && !tb_stmt_is_null(s, 0) ? sqlite_column_id(s, 0, &cart) : TB_ERR_NOT_FOUND;
    tb_stmt_reset(s);
    if (err == TB_OK)
        err = sqlite_cart_read(e, &cart, b->request->peer.store, &e->cart, &e->book);
    return err == TB_OK ? claim_read(e, &e->cart.id) : err;
}

/* Puts what was given back into the cart; a line for which there is no room stays out. */
static enum tb_err lines_reopen(struct sqlite_engine *e, const struct sqlite_batch *b, size_t count,
                                bool *ret_changed)
{
    const struct tb_cart_side side = {&e->cart, &e->book};
    struct tb_cart_facts facts = sqlite_cart_facts(e, b);
    for (size_t i = 0; i < count; i++) {
        const struct tb_sale_line *line = &e->sale.lines[i];
        struct tb_id id = tb_id_random(e->rng);
        struct tb_product product;
        if (e->sale.back[i] == 0)
            continue;
        enum tb_err err = sqlite_product_read(e, line->gtin, b->request->peer.store, &product, NULL);
        if (err != TB_OK && err != TB_ERR_NOT_FOUND)
            return err;
        facts.product = err == TB_OK ? &product : NULL;
        if (tb_checkout_reopen(side, line, e->sale.back[i], &id, &facts) == TB_CART_OK)
            *ret_changed = true;
    }
    return TB_OK;
}

/* Gives back of a sale what asked says. With b->full set nothing was written. */
static enum tb_err sale_give_back(struct sqlite_engine *e, struct sqlite_batch *b, int64_t sale,
                                  const struct tb_paid_lines *asked, bool reopen, struct tb_verdict *v)
{
    size_t count;
    bool changed = false;
    enum tb_err err = sale_lines_read(e, sale, &count);
    if (err != TB_OK)
        return err;
    (void)tb_checkout_give_back(e->sale.lines, count, asked, e->sale.back);
    if (reopen) {
        err = sale_cart_read(e, b, sale);
        if (err == TB_OK)
            err = lines_reopen(e, b, count, &changed);
        if (err == TB_OK && changed)
            err = cart_save(e, b, v);
        if (err == TB_ERR_NOT_FOUND)
            err = TB_OK;
    }
    return err == TB_OK && !b->full ? returned_write(e, sale, count) : err;
}

static enum tb_err void_lines_read(struct sqlite_engine *e, int64_t number, struct tb_paid_lines *ret_asked)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_VOID_LINES);
    tb_stmt_bind_int(s, 1, number);
    tb_stmt_bind_int(s, 2, TB_PAID_LINE_COUNT_MAX);
    *ret_asked = (struct tb_paid_lines){.at = e->sale.asked};
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        struct tb_paid_line *line = &e->sale.asked[ret_asked->count++];
        *line = (struct tb_paid_line){.quantity = (int32_t)tb_stmt_int(s, 3)};
        err = tb_stmt_is_null(s, 0) ? TB_OK : sqlite_column_id(s, 0, &line->line);
        if (err == TB_OK)
            err = sqlite_column_text(s, 1, line->gtin, sizeof line->gtin);
        if (err == TB_OK)
            err = sqlite_column_text(s, 2, line->options, sizeof line->options);
        if (err != TB_OK)
            break;
    }
    tb_stmt_reset(s);
    return err;
}

/* The oldest void that waits for this sale; number 0: none. */
static enum tb_err void_waiting(struct sqlite_engine *e, const struct sqlite_batch *b,
                                const struct tb_mutation *m, int64_t *ret_number, bool *ret_reopen)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_VOID_WAITING);
    bind_key(s, b, terminal_of(e, b), &m->finish.sale);
    *ret_number = 0;
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row) {
        *ret_number = tb_stmt_int(s, 0);
        *ret_reopen = tb_stmt_int(s, 1) != 0;
    }
    tb_stmt_reset(s);
    return err;
}

/* The sale that a void named is known now: nobody has to look for it. */
static enum tb_err unknown_settle(struct sqlite_engine *e, const struct sqlite_batch *b,
                                  const struct tb_mutation *m)
{
    char name[SALE_NAME_SIZE];
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_CONFLICT_SETTLE);
    tb_stmt_bind_text(s, 1, tb_span_str(TB_CHECKOUT_CONFLICT_UNKNOWN));
    tb_stmt_bind_text(s, 2, tb_span_str(b->request->peer.store));
    tb_stmt_bind_text(s, 3, tb_span_str(sale_name(terminal_of(e, b), &m->finish.sale, name)));
    return tb_stmt_run(s);
}

/* Voids that came before this sale was known, from another till's outbox. */
static enum tb_err voids_catch_up(struct sqlite_engine *e, struct sqlite_batch *b,
                                  const struct tb_mutation *m, int64_t sale, struct tb_verdict *v)
{
    int64_t number;
    bool reopen = false;
    enum tb_err err;
    while ((err = void_waiting(e, b, m, &number, &reopen)) == TB_OK && number != 0) {
        struct tb_paid_lines asked;
        err = void_lines_read(e, number, &asked);
        if (err == TB_OK)
            err = sale_give_back(e, b, sale, &asked, reopen, v);
        if (err != TB_OK)
            return err;
        struct tb_stmt *s = sqlite_cart_stmt(e, CART_VOID_SALE);
        tb_stmt_bind_int(s, 1, number);
        tb_stmt_bind_int(s, 2, sale);
        err = tb_stmt_run(s);
        if (err == TB_OK)
            err = unknown_settle(e, b, m);
        if (err != TB_OK)
            return err;
    }
    return err;
}

/* ---- sales ---- */

static enum tb_err sale_write(struct sqlite_engine *e, const struct sqlite_batch *b,
                              const struct tb_mutation *m, bool named, int64_t *ret_sale)
{
    static const struct tb_id none;
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_SALE_ADD);
    const struct tb_id *customer = tb_id_is_zero(&m->customer) ? &e->cart.customer : &m->customer;
    bind_key(s, b, terminal_of(e, b), &m->finish.sale);
    sqlite_bind_opt_id(s, 5, customer);
    sqlite_bind_opt_id(s, 6, named ? &e->cart.id : &none);
    sqlite_bind_opt_id(s, 7, named ? &m->visit : &none);
    tb_stmt_bind_int(s, 8, b->request->peer.channel);
    tb_stmt_bind_text(s, 9, tb_span_str(m->finish.currency));
    tb_stmt_bind_int(s, 10, m->finish.total);
    tb_stmt_bind_int(s, 11, m->finish.part);
    tb_stmt_bind_int(s, 12, m->made_ms);
    tb_stmt_bind_int(s, 13, e->wall_ms);
    sqlite_bind_opt_id(s, 14, named ? &m->finish.checkout : &none);
    enum tb_err err = tb_stmt_run(s);
    if (err != TB_OK)
        return err;
    *ret_sale = tb_db_last_rowid(e->db);
    if (named && tb_id_is_zero(&e->cart.customer) && !tb_id_is_zero(customer))
        err = sqlite_handover_became(e, &e->cart.id, customer);
    if (err != TB_OK)
        return err;
    s = sqlite_cart_stmt(e, CART_SALE_TOUCHES_ADD);
    tb_stmt_bind_int(s, 1, *ret_sale);
    sqlite_bind_opt_id(s, 2, customer);
    sqlite_bind_opt_id(s, 3, &e->cart.id);
    sqlite_bind_opt_id(s, 4, &m->visit);
    tb_stmt_bind_int(s, 5, TOUCHES_MAX);
    return tb_stmt_run(s);
}

static enum tb_err sold_line_write(struct sqlite_engine *e, int64_t sale, size_t position, bool named,
                                   const struct tb_sold_line *sold)
{
    static const struct tb_id none;
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_SALE_LINE_ADD);
    tb_stmt_bind_int(s, 1, sale);
    tb_stmt_bind_int(s, 2, (int64_t)position);
    sqlite_bind_opt_id(s, 3, named ? &sold->line : &none);
    tb_stmt_bind_text(s, 4, tb_span_str(sold->paid->gtin));
    tb_stmt_bind_text(s, 5, tb_span_str(sold->paid->options));
    tb_stmt_bind_int(s, 6, sold->paid->quantity);
    tb_stmt_bind_int(s, 7, sold->paid->unit_price);
    tb_stmt_bind_int(s, 8, sold->taken);
    tb_stmt_bind_int(s, 9, sold->doubled);
    return tb_stmt_run(s);
}

static enum tb_err sold_lines_write(struct sqlite_engine *e, struct sqlite_batch *b,
                                    const struct tb_mutation *m, int64_t sale, bool named,
                                    struct tb_verdict *v)
{
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < m->finish.lines.count && err == TB_OK; i++) {
        const struct tb_sold_line *sold = &e->sale.sold[i];
        err = sold_line_write(e, sale, i, named, sold);
        if (err != TB_OK || (sold->doubled == 0 && !sold->claimed))
            continue;
        const struct conflict c = {.code = TB_CHECKOUT_CONFLICT_DOUBLE,
                                   .sale = sale,
                                   .other = sold->doubled ? e->sale.taken_by[i] : 0,
                                   .gtin = sold->paid->gtin,
                                   .quantity = sold->doubled ? sold->doubled : sold->paid->quantity,
                                   .detail = sold->claimed ? e->sale.claimed_by : ""};
        err = conflict_add(e, b, &c, v);
    }
    return err;
}

/* A till that did not hear that its cart joined the customer's sold what is there now. */
static enum tb_err sale_follow(struct sqlite_engine *e, const struct sqlite_batch *b,
                               const struct tb_mutation *m)
{
    struct tb_id into;
    if (!tb_checkout_went_along(&e->cart, &e->book, &m->finish.lines))
        return TB_OK;
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_MERGE_INTO);
    tb_stmt_bind_blob(s, 1, tb_id_span(&e->cart.id));
    enum tb_err err = sqlite_id_take(s, &into);
    if (err == TB_OK)
        err = sqlite_cart_find(e, &into, &m->customer, b->request->peer.store);
    if (err == TB_OK)
        err = claim_read(e, &e->cart.id);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

/* The sale is hers whom the till named; nothing of the other customer's cart is. */
static void cart_put_aside(struct sqlite_engine *e)
{
    memset(&e->cart, 0, sizeof e->cart);
    memset(&e->book, 0, sizeof e->book);
    memset(&e->claim, 0, sizeof e->claim);
}

static enum tb_err of_other_tell(struct sqlite_engine *e, const struct sqlite_batch *b,
                                 const struct tb_mutation *m, int64_t sale, struct tb_verdict *v)
{
    char name[SALE_NAME_SIZE];
    const struct conflict c = {.code = TB_CHECKOUT_CONFLICT_OF_OTHER,
                               .sale = sale,
                               .gtin = "",
                               .quantity = m->finish.lines.count,
                               .detail = sale_name(terminal_of(e, b), &m->finish.sale, name)};
    return conflict_add(e, b, &c, v);
}

/* Everything in memory: what the sale takes off the lines, and whom it meets there. */
static enum tb_err sale_sell(struct sqlite_engine *e, const struct sqlite_batch *b,
                             const struct tb_mutation *m, bool of_other, bool *ret_changed)
{
    const struct tb_paid_lines *paid = &m->finish.lines;
    const struct tb_cart_side side = {&e->cart, &e->book};
    const struct tb_cart_facts facts = sqlite_cart_facts(e, b);
    const struct tb_finish finish = {.checkout = m->finish.checkout,
                                     .part = m->finish.part,
                                     .device = b->request->peer.device,
                                     .facts = &facts};
    tb_checkout_look_up(of_other ? NULL : &e->cart, &e->book, paid, e->sale.sold);
    enum tb_err err = all_taken_read(e, b, m);
    memcpy(e->sale.claimed_by, e->claim.by, sizeof e->sale.claimed_by);
    (void)tb_checkout_finish(side, &e->claim, &finish, e->sale.sold, paid->count, ret_changed);
    return err;
}

/* A sale of somebody who was erased names neither her cart nor its lines. */
static enum tb_err is_named(struct sqlite_engine *e, const struct tb_mutation *m, bool *ret_named)
{
    *ret_named = true;
    return tb_id_is_zero(&m->customer) ? TB_OK : sqlite_customer_has(e, &m->customer, ret_named);
}

static enum tb_err sale_new(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                            struct tb_verdict *v)
{
    bool named;
    bool changed = false;
    bool reopen;
    int64_t sale = 0;
    int64_t waiting = 0;
    enum tb_err err = is_named(e, m, &named);
    if (err == TB_OK)
        err = void_waiting(e, b, m, &waiting, &reopen);
    /* Two changes of one cart: by itself there is room for the row, whatever becomes of it. */
    b->full = waiting != 0 && b->answer->apply.count > 0;
    if (err == TB_OK && !b->full)
        err = cart_and_claim_read(e, b, m);
    if (err != TB_OK || b->full)
        return err;
    const struct tb_id *checkout = &m->finish.checkout;
    bool claimed = !tb_id_is_zero(checkout) && tb_id_equal(&e->claim.checkout, checkout) && !m->finish.part;
    int64_t took_ms = e->wall_ms - e->claim.since_ms;
    err = sale_follow(e, b, m);
    bool of_other = tb_checkout_is_of_other(&e->cart, &m->customer);
    if (of_other)
        cart_put_aside(e);
    if (err == TB_OK)
        err = sale_sell(e, b, m, of_other, &changed);
    if (err == TB_OK && changed)
        err = cart_save(e, b, v);
    if (err != TB_OK || b->full)
        return err;
    if (claimed)
        sqlite_measure(b, TB_ENGINE_FINISHED, b->request->peer.channel, took_ms);
    err = sale_write(e, b, m, named, &sale);
    if (err == TB_OK && !m->finish.part && tb_id_is_zero(&e->cart.customer) && !tb_id_is_zero(&e->cart.id))
        err = sqlite_handover_cart_over(e, b, &e->cart.id, TB_HANDOVER_CART_PAID);
    if (err == TB_OK)
        err = sold_lines_write(e, b, m, sale, named, v);
    if (err == TB_OK && of_other)
        err = of_other_tell(e, b, m, sale, v);
    return err == TB_OK ? voids_catch_up(e, b, m, sale, v) : err;
}

static bool is_same_line(const struct tb_stmt *s, const struct tb_paid_line *paid)
{
    return tb_span_is(tb_stmt_blob(s, 1), paid->gtin) && tb_span_is(tb_stmt_blob(s, 2), paid->options) &&
           tb_stmt_int(s, 3) == paid->quantity && tb_stmt_int(s, 6) == paid->unit_price;
}

/* What was sold: not which lines of the cart were meant, which an erasure takes out of a sale. */
static enum tb_err lines_compare(struct sqlite_engine *e, int64_t sale, const struct tb_paid_lines *paid,
                                 bool *ret_same)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_SALE_LINES);
    tb_stmt_bind_int(s, 1, sale);
    tb_stmt_bind_int(s, 2, TB_PAID_LINE_COUNT_MAX);
    *ret_same = true;
    bool row;
    enum tb_err err;
    for (size_t i = 0; (err = tb_stmt_step(s, &row)) == TB_OK && row && *ret_same; i++)
        *ret_same = i < paid->count && is_same_line(s, &paid->at[i]);
    tb_stmt_reset(s);
    return err;
}

enum tb_err sqlite_finish_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                 struct tb_verdict *v)
{
    struct sale_found found;
    enum tb_err err = sale_find(e, b, terminal_of(e, b), &m->finish.sale, m, &found);
    if (err != TB_OK)
        return err;
    if (found.id == 0)
        return sale_new(e, b, m, v);
    if (found.same)
        err = lines_compare(e, found.id, &m->finish.lines, &found.same);
    if (err != TB_OK || found.same)
        return err;
    /* What it says now is not booked, and people have to know. */
    char name[SALE_NAME_SIZE];
    const struct conflict c = {.code = TB_CHECKOUT_CONFLICT_RECEIPT,
                               .sale = found.id,
                               .gtin = "",
                               .quantity = m->finish.lines.count,
                               .detail = sale_name(terminal_of(e, b), &m->finish.sale, name)};
    return conflict_add(e, b, &c, v);
}

/* ---- voids ---- */

static enum tb_err void_is_known(struct sqlite_engine *e, const struct sqlite_batch *b,
                                 const struct tb_mutation *m, bool *ret_known)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_VOID_FIND);
    bind_key(s, b, terminal_of(e, b), &m->voided.sale);
    enum tb_err err = tb_stmt_step(s, ret_known);
    tb_stmt_reset(s);
    return err;
}

static struct tb_span void_of_terminal(const struct sqlite_engine *e, const struct sqlite_batch *b,
                                       const struct tb_mutation *m)
{
    return m->voided.of_terminal[0] ? tb_span_str(m->voided.of_terminal) : terminal_of(e, b);
}

static enum tb_err void_lines_write(struct sqlite_engine *e, const struct tb_mutation *m)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_VOID_LINE_ADD);
    int64_t number = tb_db_last_rowid(e->db);
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < m->voided.lines.count && err == TB_OK; i++) {
        const struct tb_paid_line *line = &m->voided.lines.at[i];
        tb_stmt_bind_int(s, 1, number);
        tb_stmt_bind_int(s, 2, (int64_t)i);
        sqlite_bind_opt_id(s, 3, &line->line);
        tb_stmt_bind_text(s, 4, tb_span_str(line->gtin));
        tb_stmt_bind_text(s, 5, tb_span_str(line->options));
        tb_stmt_bind_int(s, 6, line->quantity);
        err = tb_stmt_run(s);
    }
    return err;
}

static enum tb_err void_write(struct sqlite_engine *e, const struct sqlite_batch *b,
                              const struct tb_mutation *m, int64_t sale)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_VOID_ADD);
    bind_key(s, b, terminal_of(e, b), &m->voided.sale);
    tb_stmt_bind_text(s, 5, void_of_terminal(e, b, m));
    tb_stmt_bind_text(s, 6, tb_span_str(m->voided.of.business_date));
    tb_stmt_bind_text(s, 7, tb_span_str(m->voided.of.transaction));
    bind_opt_row(s, 8, sale);
    tb_stmt_bind_int(s, 9, m->voided.returned);
    tb_stmt_bind_int(s, 10, m->voided.reopen);
    tb_stmt_bind_int(s, 11, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? void_lines_write(e, m) : err;
}

enum tb_err sqlite_void_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                               struct tb_verdict *v)
{
    bool known;
    struct sale_found found;
    enum tb_err err = void_is_known(e, b, m, &known);
    if (err != TB_OK || known)
        return err;
    err = sale_find(e, b, void_of_terminal(e, b, m), &m->voided.of, m, &found);
    if (err == TB_OK && found.id != 0)
        err = sale_give_back(e, b, found.id, &m->voided.lines, m->voided.reopen, v);
    if (err != TB_OK || b->full)
        return err;
    err = void_write(e, b, m, found.id);
    if (err != TB_OK || found.id != 0)
        return err;
    char name[SALE_NAME_SIZE];
    const struct conflict c = {.code = TB_CHECKOUT_CONFLICT_UNKNOWN,
                               .gtin = "",
                               .quantity = m->voided.lines.count,
                               .detail = sale_name(void_of_terminal(e, b, m), &m->voided.of, name)};
    return conflict_add(e, b, &c, v);
}
