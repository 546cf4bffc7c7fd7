#include "contextd/engine/sqlite_decide.h"

/*
 * The cart that a mutation is about. A customer has one: a cart that somebody began elsewhere while it
 * was not known here goes into the one there is, instead of hiding half of it from the next till.
 */
static enum tb_err cart_find(struct sqlite_engine *e, struct tb_mutation *mutation, const char *store)
{
    memset(&e->book, 0, sizeof e->book);
    enum tb_err err = sqlite_cart_read(e, &mutation->cart, store, &e->cart, &e->book);
    if (err != TB_ERR_NOT_FOUND)
        return err;
    struct tb_id cart;
    err = sqlite_cart_of(e, &mutation->customer, &cart);
    if (err == TB_OK) {
        mutation->cart = cart;
        return sqlite_cart_read(e, &cart, store, &e->cart, &e->book);
    }
    memset(&e->cart, 0, sizeof e->cart);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

/* Every line gets today's price: what a customer sees is never older than the last change. */
static enum tb_err cart_reprice(struct sqlite_engine *e, const char *store)
{
    struct tb_product *product = &e->doc.product;
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < e->cart.line_count && err == TB_OK; i++) {
        struct tb_cart_line *line = &e->cart.lines[i];
        err = sqlite_product_read(e, line->gtin, store, product, NULL);
        if (err == TB_ERR_NOT_FOUND) {
            err = TB_OK; /* no longer sold: the line keeps the last price and its age */
            continue;
        }
        memcpy(line->name, product->name, sizeof line->name);
        line->unit_price = product->unit_price;
        line->price_as_of_ms = e->wall_ms;
        line->stock = product->stock;
    }
    return err;
}

/* Upper bound of the cart's encoded row; a text grows to six bytes a byte at most where it is escaped. */
static size_t cart_cost(const struct tb_cart *cart)
{
    size_t cost = 512 + 6 * strlen(cart->touched_by);
    for (size_t i = 0; i < cart->line_count; i++) {
        const char *name = cart->lines[i].name;
        bool plain = strpbrk(name, "\"\\\x7f") == NULL;
        cost += 288 + strlen(name) * (plain ? 1 : 6);
    }
    return cost;
}

static bool cart_note(struct sqlite_batch *b, const struct tb_cart *cart, bool changed)
{
    struct sqlite_touched touched =
        sqlite_touched_of(TB_ROW_CART, &cart->id, &cart->customer, cart_cost(cart));
    touched.changed = changed;
    return sqlite_touch_note(b, &touched);
}

static enum tb_err cart_save(struct sqlite_engine *e, struct sqlite_batch *b, struct tb_verdict *v)
{
    enum tb_err err = cart_reprice(e, b->request->peer.store);
    if (err != TB_OK)
        return err;
    if (!cart_note(b, &e->cart, true))
        return TB_OK;
    e->cart.version++;
    e->cart.as_of_ms = e->wall_ms;
    v->version = e->cart.version;
    if (e->cart.currency[0] == '\0')
        memcpy(e->cart.currency, e->chain.currency, sizeof e->cart.currency);
    err = sqlite_cart_write(e, &e->cart, &e->book);
    if (err != TB_OK)
        return err;
    return sqlite_touch(e, &e->cart.customer, b->request->peer.channel, "cart.changed", e->wall_ms);
}

enum tb_err sqlite_cart_decide(struct sqlite_engine *e, struct sqlite_batch *b, struct tb_mutation *mutation,
                               struct tb_verdict *v)
{
    const struct tb_engine_peer *peer = &b->request->peer;
    struct tb_product product;
    struct tb_cart_facts facts = {.at_ms = e->wall_ms, .channel = peer->channel, .touched_by = b->touched_by};
    if (mutation->kind == TB_MUTATION_CART_ADD) {
        enum tb_err known = sqlite_product_read(e, mutation->add.gtin, peer->store, &product, NULL);
        if (known == TB_ERR_NOT_FOUND) {
            sqlite_reject(v, tb_cart_code_name(TB_CART_PRODUCT_UNKNOWN));
            return TB_OK;
        }
        if (known != TB_OK)
            return known;
        facts.product = &product;
    }
    enum tb_err err = cart_find(e, mutation, peer->store);
    if (err != TB_OK)
        return err;
    bool changed = false;
    enum tb_cart_code code = tb_cart_apply(&e->cart, &e->book, mutation, &facts, &changed);
    if (code != TB_CART_OK) {
        sqlite_reject(v, tb_cart_code_name(code));
        return TB_OK;
    }
    v->version = e->cart.version;
    return changed ? cart_save(e, b, v) : TB_OK;
}

enum tb_err sqlite_cart_repeat(struct sqlite_engine *e, struct sqlite_batch *b, struct tb_mutation *mutation)
{
    struct tb_id customer = mutation->customer;
    enum tb_err err = cart_find(e, mutation, b->request->peer.store);
    if (err == TB_OK && !tb_id_is_zero(&e->cart.id) && tb_id_equal(&e->cart.customer, &customer))
        (void)cart_note(b, &e->cart, false);
    return err;
}
