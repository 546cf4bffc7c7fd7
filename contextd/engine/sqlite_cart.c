/* Carts: what is added, changed, removed and noted, and what every change of a cart has in common. */
#include "contextd/engine/sqlite_cart.h"

#define TOUCH_CHANGED "cart.changed"
#define TOUCH_JOIN_MS (30LL * 60 * 1000) /* changes within this time are one touchpoint */

/*
 * A customer has one cart: one that somebody began elsewhere while it was not known here goes into the one
 * there is, instead of hiding half of it from the next till.
 */
enum tb_err sqlite_cart_find(struct sqlite_engine *e, const struct tb_id *cart, const struct tb_id *customer,
                             const char *store)
{
    memset(&e->book, 0, sizeof e->book);
    enum tb_err err = sqlite_cart_read(e, cart, store, &e->cart, &e->book);
    if (err != TB_ERR_NOT_FOUND)
        return err;
    struct tb_id other;
    err = tb_id_is_zero(customer) ? TB_ERR_NOT_FOUND : sqlite_cart_of(e, customer, &other);
    if (err == TB_OK)
        return sqlite_cart_read(e, &other, store, &e->cart, &e->book);
    memset(&e->cart, 0, sizeof e->cart);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

/* Every line gets today's price: what a customer sees is never older than the last change. */
static enum tb_err cart_reprice(struct sqlite_engine *e, struct tb_cart *cart, const char *store)
{
    struct tb_product *product = &e->doc.product;
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < cart->line_count && err == TB_OK; i++) {
        err = sqlite_product_read(e, cart->lines[i].gtin, store, product, NULL);
        if (err == TB_OK)
            tb_cart_line_describe(&cart->lines[i], product, e->wall_ms);
        else if (err == TB_ERR_NOT_FOUND)
            err = TB_OK; /* no longer sold: the line keeps the last price and its age */
    }
    return err;
}

static size_t cart_cost(const struct tb_cart *cart)
{
    struct tb_row row = {.doc.size = tb_cart_json_size(cart)};
    return tb_engine_row_cost(&row);
}

static bool cart_note(struct sqlite_batch *b, const struct tb_cart *cart, bool changed)
{
    struct sqlite_touched touched =
        sqlite_touched_of(TB_ROW_CART, &cart->id, &cart->customer, cart_cost(cart));
    touched.changed = changed;
    return sqlite_touch_note(b, &touched);
}

enum tb_err sqlite_cart_note(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_id *cart)
{
    enum tb_err err = sqlite_cart_read(e, cart, b->request->peer.store, &e->cart, NULL);
    if (err == TB_OK)
        (void)cart_note(b, &e->cart, false);
    return err;
}

/* A row without its document has room beside any other. */
static void cart_let_go(struct sqlite_batch *b, const struct tb_cart *cart)
{
    struct sqlite_touched touched = sqlite_touched_of(TB_ROW_CART, &cart->id, &cart->customer, 0);
    touched.changed = false;
    touched.evict = true;
    (void)sqlite_touch_note(b, &touched);
}

static void cart_move(struct sqlite_engine *e, struct sqlite_batch *b, struct tb_cart *cart)
{
    if (!cart_note(b, cart, true))
        return;
    cart->version++;
    cart->as_of_ms = e->wall_ms;
    if (cart->currency[0] == '\0')
        memcpy(cart->currency, e->chain.currency, sizeof cart->currency);
}

enum tb_err sqlite_cart_ready(struct sqlite_engine *e, struct sqlite_batch *b, struct tb_cart *cart)
{
    enum tb_err err = cart_reprice(e, cart, b->request->peer.store);
    if (err == TB_OK)
        cart_move(e, b, cart);
    return err;
}

enum tb_err sqlite_carts_ready(struct sqlite_engine *e, struct sqlite_batch *b, bool *ret_fit)
{
    enum tb_err err = cart_reprice(e, &e->cart, b->request->peer.store);
    if (err == TB_OK)
        err = cart_reprice(e, &e->joined, b->request->peer.store);
    *ret_fit = cart_cost(&e->cart) + cart_cost(&e->joined) <= TB_ENGINE_ROWS_COST_MAX;
    if (err != TB_OK || !*ret_fit)
        return err;
    cart_move(e, b, &e->cart);
    if (!b->full)
        cart_move(e, b, &e->joined);
    return TB_OK;
}

/* Nobody's touchpoints wait with their cart for a name. */
static enum tb_err touch_of_nobody(struct sqlite_engine *e, const struct sqlite_batch *b,
                                   const struct tb_id *cart, const struct tb_id *visit)
{
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_TOUCH_MOVE);
    tb_stmt_bind_blob(s, 1, tb_id_span(cart));
    tb_stmt_bind_int(s, 2, e->wall_ms);
    tb_stmt_bind_int(s, 3, b->request->peer.channel);
    tb_stmt_bind_text(s, 4, tb_span_str(TOUCH_CHANGED));
    tb_stmt_bind_int(s, 5, e->wall_ms - TOUCH_JOIN_MS);
    enum tb_err err = tb_stmt_run(s);
    if (err != TB_OK || tb_db_changes(e->db) > 0)
        return err;
    s = sqlite_cart_stmt(e, CART_TOUCH_ADD);
    tb_stmt_bind_blob(s, 1, tb_id_span(cart));
    sqlite_bind_opt_id(s, 2, visit);
    tb_stmt_bind_int(s, 3, e->wall_ms);
    tb_stmt_bind_int(s, 4, b->request->peer.channel);
    tb_stmt_bind_text(s, 5, tb_span_str(TOUCH_CHANGED));
    return tb_stmt_run(s);
}

enum tb_err sqlite_cart_touch(struct sqlite_engine *e, const struct sqlite_batch *b,
                              const struct tb_cart *cart, const struct tb_id *visit)
{
    if (tb_id_is_zero(&cart->customer))
        return touch_of_nobody(e, b, &cart->id, visit);
    return sqlite_touch(e, &cart->customer, b->request->peer.channel, TOUCH_CHANGED, e->wall_ms);
}

static enum tb_err cart_save(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                             struct tb_verdict *v)
{
    if (m->kind != TB_MUTATION_CART_REMOVE && tb_cart_json_size(&e->cart) > TB_CART_JSON_SIZE_MAX) {
        sqlite_reject(v, tb_cart_code_name(TB_CART_LINE_LIMIT)); /* names and notes of unusual length */
        return TB_OK;
    }
    enum tb_err err = sqlite_cart_ready(e, b, &e->cart);
    if (err != TB_OK || b->full)
        return err;
    v->version = e->cart.version;
    err = sqlite_cart_write(e, &e->cart, &e->book);
    return err == TB_OK ? sqlite_cart_touch(e, b, &e->cart, &m->visit) : err;
}

struct tb_cart_facts sqlite_cart_facts(const struct sqlite_engine *e, const struct sqlite_batch *b)
{
    return (struct tb_cart_facts){
        .at_ms = e->wall_ms, .channel = b->request->peer.channel, .touched_by = b->touched_by};
}

enum tb_err sqlite_cart_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                               struct tb_verdict *v)
{
    const char *store = b->request->peer.store;
    struct tb_product product;
    struct tb_cart_facts facts = sqlite_cart_facts(e, b);
    if (m->kind == TB_MUTATION_CART_ADD) {
        enum tb_err known = sqlite_product_read(e, m->add.gtin, store, &product, NULL);
        if (known == TB_ERR_NOT_FOUND) {
            sqlite_reject(v, tb_cart_code_name(TB_CART_PRODUCT_UNKNOWN));
            return TB_OK;
        }
        if (known != TB_OK)
            return known;
        facts.product = &product;
    }
    enum tb_err err = sqlite_cart_find(e, &m->cart, &m->customer, store);
    if (err != TB_OK)
        return err;
    bool changed = false;
    enum tb_cart_code code = tb_cart_apply(&e->cart, &e->book, m, &facts, &changed);
    if (code != TB_CART_OK) {
        sqlite_reject(v, tb_cart_code_name(code));
        return TB_OK;
    }
    v->version = e->cart.version;
    return changed ? cart_save(e, b, m, v) : TB_OK;
}

/* beside: what the row of the cart that goes with it costs; 0: it goes by itself. */
static enum tb_err cart_repeat(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_id *cart,
                               const struct tb_id *customer, size_t *beside)
{
    enum tb_err err = sqlite_cart_find(e, cart, customer, b->request->peer.store);
    if (err != TB_OK || tb_id_is_zero(&e->cart.id) || !tb_id_equal(&e->cart.customer, customer))
        return err;
    size_t cost = cart_cost(&e->cart);
    /* Two that grew since and would never fit into one answer: the customer's is what is on the screen. No
     * feed has the other one, so nobody may go on with what it was before. */
    if (*beside == 0 || *beside + cost <= TB_ENGINE_ROWS_COST_MAX)
        (void)cart_note(b, &e->cart, false);
    else
        cart_let_go(b, &e->cart);
    *beside = cost;
    return TB_OK;
}

enum tb_err sqlite_cart_repeat(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m)
{
    static const struct tb_id nobody;
    if (tb_id_is_zero(&m->cart))
        return TB_OK;
    size_t beside = 0;
    enum tb_err err = cart_repeat(e, b, &m->cart, &m->customer, &beside);
    if (err == TB_OK && !b->full && m->kind == TB_MUTATION_CART_MERGE)
        err = cart_repeat(e, b, &m->merge.from, &nobody, &beside);
    return err;
}
