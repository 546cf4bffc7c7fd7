#include "tests/support/engine_fake_shop.h"

#include "core/base/assert.h"

#include <stdio.h>

/* ---- carts ---- */

static size_t cart_index(const struct engine_fake *e, const struct tb_id *cart)
{
    size_t i = 0;
    while (i < e->cart_count && !tb_id_equal(&e->carts[i].id, cart))
        i++;
    return i;
}

const struct tb_cart *engine_fake_cart(const struct engine_fake *e, const struct tb_id *cart)
{
    size_t i = cart_index(e, cart);
    return i < e->cart_count ? &e->carts[i] : NULL;
}

/* A customer has one cart; what names another one that is not known goes into it. */
static size_t cart_meant(const struct engine_fake *e, const struct tb_mutation *m)
{
    size_t i = cart_index(e, &m->cart);
    if (i < e->cart_count || tb_id_is_zero(&m->customer))
        return i;
    for (i = 0; i < e->cart_count; i++)
        if (tb_id_equal(&e->carts[i].customer, &m->customer))
            return i;
    return e->cart_count;
}

/* The place behind the last cart, for one that may come to be. */
static void cart_place(struct engine_fake *e, size_t index)
{
    if (index < e->cart_count)
        return;
    TB_ASSERT(index == e->cart_count && index < FAKE_CART_MAX);
    memset(&e->carts[index], 0, sizeof e->carts[index]);
    memset(&e->claims[index], 0, sizeof e->claims[index]);
    e->books[index].count = 0;
    e->books[index].declined_count = 0;
}

static struct tb_cart_side side_of(struct engine_fake *e, size_t index)
{
    return (struct tb_cart_side){.cart = &e->carts[index], .book = &e->books[index]};
}

void engine_fake_set_product(struct engine_fake *e, const char *gtin, int64_t unit_price, enum tb_stock stock)
{
    size_t i = 0;
    while (i < e->product_count && strcmp(e->products[i].gtin, gtin) != 0)
        i++;
    TB_ASSERT(i < FAKE_PRODUCT_MAX);
    if (i == e->product_count)
        e->product_count++;
    e->products[i] = (struct fake_product){.unit_price = unit_price, .stock = stock};
    (void)snprintf(e->products[i].gtin, sizeof e->products[i].gtin, "%s", gtin);
}

static struct tb_product product_of(const struct engine_fake *e, const char *gtin)
{
    struct tb_product product = {.currency = "EUR",
                                 .unit_price = 100,
                                 .name = "Product",
                                 .stock = TB_STOCK_IN_STOCK,
                                 .price_as_of_ms = e->wall_ms};
    for (size_t i = 0; i < e->product_count; i++) {
        if (strcmp(e->products[i].gtin, gtin) != 0)
            continue;
        product.unit_price = e->products[i].unit_price;
        product.stock = e->products[i].stock;
    }
    return product;
}

void fake_cart_publish(struct engine_fake *e, struct tb_cart *cart)
{
    char id[TB_ID_TEXT_SIZE];
    char doc[FAKE_DOC_MAX];
    struct tb_buf text = tb_buf_of(doc, sizeof doc - 1);
    struct tb_json_writer w = tb_json_writer_of(&text);
    for (size_t i = 0; i < cart->line_count; i++) {
        struct tb_product product = product_of(e, cart->lines[i].gtin);
        tb_cart_line_describe(&cart->lines[i], &product, e->wall_ms);
    }
    cart->version = e->change + 1;
    cart->as_of_ms = e->wall_ms;
    tb_cart_encode(&w, NULL, cart);
    TB_ASSERT(text.err == TB_OK);
    doc[text.size] = '\0';
    tb_id_encode(&cart->id, id);
    engine_fake_put(e, TB_ROW_CART, id, &cart->customer, doc);
}

/* One mutation being decided. */
struct deciding {
    struct engine_fake *e;
    const struct tb_engine_peer *peer;
    const struct tb_mutation *m;
    struct tb_cart_facts facts;
    const char *by; /* the last part of the device's name */
    const char *conflict;
    struct fake_touched *touched;
};

static void touch(struct deciding *d, size_t index, bool changed)
{
    struct engine_fake *e = d->e;
    if (changed) {
        if (index == e->cart_count)
            e->cart_count++;
        tb_claim_show(&e->claims[index], &e->carts[index].claim);
        fake_cart_publish(e, &e->carts[index]);
    }
    if (index < e->cart_count)
        d->touched->carts[d->touched->count++] = e->carts[index].id;
}

static enum tb_cart_code decide_change(struct deciding *d)
{
    struct engine_fake *e = d->e;
    size_t i = cart_meant(e, d->m);
    struct tb_product product;
    bool changed;
    cart_place(e, i);
    if (d->m->kind == TB_MUTATION_CART_ADD) {
        product = product_of(e, d->m->add.gtin);
        d->facts.product = &product;
    }
    struct tb_mutation m = *d->m;
    if (i < e->cart_count)
        m.cart = e->carts[i].id;
    enum tb_cart_code code = tb_cart_apply(&e->carts[i], &e->books[i], &m, &d->facts, &changed);
    d->facts.product = NULL;
    touch(d, i, changed);
    return code;
}

/* ---- stitching ---- */

static void merge_keep(struct engine_fake *e)
{
    e->merge_count++;
    if (e->merge_count <= FAKE_MERGE_MAX)
        return;
    e->merge_count--;
    memmove(&e->merges[0], &e->merges[1], e->merge_count * sizeof e->merges[0]);
}

static enum tb_cart_code merge_undo(struct deciding *d, size_t here, size_t there)
{
    struct engine_fake *e = d->e;
    size_t i = e->merge_count;
    while (i > 0 && (!tb_id_equal(&e->merges[i - 1].cart, &e->carts[here].id) ||
                     !tb_id_equal(&e->merges[i - 1].joined, &d->m->merge.from)))
        i--;
    if (i == 0)
        return TB_CART_MERGE_UNKNOWN;
    bool changed;
    enum tb_cart_code code =
        tb_merge_take_back(side_of(e, here), side_of(e, there), &e->merges[i - 1].undo, &d->facts, &changed);
    if (code != TB_CART_OK)
        return code;
    e->merge_count--;
    memmove(&e->merges[i - 1], &e->merges[i], (e->merge_count - (i - 1)) * sizeof e->merges[0]);
    touch(d, here, changed);
    touch(d, there, changed);
    return TB_CART_OK;
}

static enum tb_cart_code merge_do(struct deciding *d, size_t here, size_t there)
{
    struct engine_fake *e = d->e;
    const struct tb_merge merge = {.policy = d->m->merge.policy,
                                   .excluded = d->m->merge.exclude,
                                   .excluded_count = d->m->merge.exclude_count};
    struct fake_merge *kept = &e->merges[e->merge_count];
    bool changed;
    enum tb_cart_code code =
        tb_merge_join(side_of(e, here), side_of(e, there), &merge, &d->facts, &kept->undo, &changed);
    if (code != TB_CART_OK || !changed)
        return code;
    kept->cart = e->carts[here].id;
    kept->joined = d->m->merge.from;
    merge_keep(e);
    touch(d, here, true);
    touch(d, there, true);
    return TB_CART_OK;
}

static enum tb_cart_code decide_merge(struct deciding *d)
{
    struct engine_fake *e = d->e;
    size_t here = cart_meant(e, d->m);
    size_t there = cart_index(e, &d->m->merge.from);
    if (tb_id_is_zero(&d->m->customer) || tb_id_is_zero(&d->m->cart))
        return TB_CART_NOT_UNDERSTOOD;
    if (here < e->cart_count && !tb_id_equal(&e->carts[here].customer, &d->m->customer))
        return TB_CART_OF_OTHER;
    if (there == e->cart_count)
        return d->m->merge.undo ? TB_CART_MERGE_UNKNOWN : TB_CART_OK; /* nothing was ever put into it */
    if (here == e->cart_count) {
        cart_place(e, here);
        e->carts[here].id = d->m->cart;
        e->carts[here].customer = d->m->customer;
    }
    return d->m->merge.undo ? merge_undo(d, here, there) : merge_do(d, here, there);
}

/* ---- paying ---- */

static enum tb_cart_code decide_claim(struct deciding *d)
{
    struct engine_fake *e = d->e;
    size_t i = cart_meant(e, d->m);
    const struct tb_claimant who = {.device = d->peer->device, .by = d->by};
    bool takes = d->m->kind == TB_MUTATION_CHECKOUT_CLAIM;
    if (i == e->cart_count)
        return takes ? TB_CART_UNKNOWN : TB_CART_OK;
    if (!tb_id_equal(&e->carts[i].customer, &d->m->customer))
        return TB_CART_OF_OTHER;
    if (!takes) {
        touch(d, i, tb_claim_release(&e->claims[i], &d->m->claim.checkout, &who));
        return TB_CART_OK;
    }
    enum tb_cart_code code =
        tb_claim_take(&e->claims[i], &e->carts[i], &d->m->claim.checkout, &who, e->wall_ms);
    touch(d, i, code == TB_CART_OK);
    return code;
}

static bool key_is(const struct fake_sale_key *a, const struct fake_sale_key *b)
{
    return strcmp(a->terminal, b->terminal) == 0 && strcmp(a->key.transaction, b->key.transaction) == 0 &&
           strcmp(a->key.business_date, b->key.business_date) == 0;
}

static struct fake_sale_key key_of(const char *terminal, const struct tb_sale_key *key)
{
    struct fake_sale_key k = {.key = *key};
    (void)snprintf(k.terminal, sizeof k.terminal, "%.*s", TB_SHORT_SIZE_MAX, terminal);
    return k;
}

static struct fake_sale *sale_find(struct engine_fake *e, const struct fake_sale_key *key)
{
    for (size_t i = 0; i < e->sale_count; i++)
        if (key_is(&e->sales[i].key, key))
            return &e->sales[i];
    return NULL;
}

static bool is_reopened(const struct engine_fake *e, const struct fake_sale *sale)
{
    for (size_t i = 0; i < e->void_count; i++)
        if (e->voids[i].applied && e->voids[i].reopen && key_is(&e->voids[i].of, &sale->key))
            return true;
    return false;
}

static bool is_of_same_purchase(const struct deciding *d, const struct fake_sale *sale)
{
    const struct tb_id *checkout = &d->m->finish.checkout;
    return sale->part && !tb_id_is_zero(checkout) && tb_id_equal(&sale->checkout, checkout) &&
           strcmp(sale->key.terminal, key_of(d->by, &d->m->finish.sale).terminal) == 0;
}

static void sold_look_back(const struct deciding *d, struct tb_sold_line *sold)
{
    const struct engine_fake *e = d->e;
    for (size_t i = 0; i < e->sale_count && !tb_id_is_zero(&sold->line); i++) {
        const struct fake_sale *sale = &e->sales[i];
        for (size_t k = 0; k < sale->line_count; k++) {
            if (!tb_id_equal(&sale->lines[k].line, &sold->line))
                continue;
            if (!is_of_same_purchase(d, sale))
                sold->taken_before += tb_sale_line_taken(&sale->lines[k]);
            sold->back_before += tb_sale_line_back(&sale->lines[k], is_reopened(e, sale));
        }
    }
    if (sold->back_before < 0)
        sold->back_before = 0;
}

static void sold_keep(struct engine_fake *e, struct fake_sale *sale, const struct tb_sold_line *sold)
{
    struct tb_sale_line *line = &sale->lines[sale->line_count++];
    *line = (struct tb_sale_line){
        .line = sold->line, .quantity = sold->paid->quantity, .taken = sold->taken, .doubled = sold->doubled};
    memcpy(line->gtin, sold->paid->gtin, sizeof line->gtin);
    memcpy(line->options, sold->paid->options, sizeof line->options);
    if (sold->doubled == 0 && !sold->claimed)
        return;
    TB_ASSERT(e->conflict_count < FAKE_CONFLICT_MAX);
    e->conflicts[e->conflict_count++] =
        (struct fake_conflict){.line = sold->line, .doubled = sold->doubled, .claimed = sold->claimed};
}

static bool sale_sell(struct deciding *d, size_t i, bool of_other, struct fake_sale *sale, bool *ret_changed)
{
    struct engine_fake *e = d->e;
    struct tb_sold_line sold[FAKE_SALE_LINE_MAX];
    const struct tb_paid_lines *paid = &d->m->finish.lines;
    const struct tb_finish finish = {.checkout = d->m->finish.checkout,
                                     .part = d->m->finish.part,
                                     .device = d->peer->device,
                                     .facts = &d->facts};
    TB_ASSERT(paid->count <= FAKE_SALE_LINE_MAX);
    tb_checkout_look_up(of_other ? NULL : &e->carts[i], &e->books[i], paid, sold);
    for (size_t k = 0; k < paid->count; k++)
        sold_look_back(d, &sold[k]);
    bool conflict = tb_checkout_finish(side_of(e, i), &e->claims[i], &finish, sold, paid->count, ret_changed);
    for (size_t k = 0; k < paid->count; k++)
        sold_keep(e, sale, &sold[k]);
    return conflict;
}

/* True when lines came back into the cart. */
static bool sale_give_back(struct deciding *d, struct fake_sale *sale, const struct fake_void *v, size_t i)
{
    struct engine_fake *e = d->e;
    int32_t back[FAKE_SALE_LINE_MAX];
    const struct tb_paid_lines asked = {.at = v->asked, .count = v->asked_count};
    bool changed = false;
    (void)tb_checkout_give_back(sale->lines, sale->line_count, &asked, back);
    for (size_t k = 0; k < sale->line_count && v->reopen && i < e->cart_count; k++) {
        struct tb_id id = engine_fake_id("reopened", e->reopened + 1);
        if (back[k] == 0)
            continue;
        e->reopened++;
        changed = tb_checkout_reopen(side_of(e, i), &sale->lines[k], back[k], &id, &d->facts) == TB_CART_OK ||
                  changed;
    }
    return changed;
}

/* The cart that this one joined last; itself when that is forgotten. */
static size_t joined_into(const struct engine_fake *e, size_t index)
{
    for (size_t i = e->merge_count; i-- > 0;)
        if (tb_id_equal(&e->merges[i].joined, &e->carts[index].id))
            return cart_index(e, &e->merges[i].cart);
    return index;
}

static enum tb_cart_code decide_finish(struct deciding *d)
{
    struct engine_fake *e = d->e;
    const struct fake_sale_key key = key_of(d->by, &d->m->finish.sale);
    if (sale_find(e, &key))
        return TB_CART_OK;
    size_t i = cart_meant(e, d->m);
    if (i < e->cart_count && tb_checkout_went_along(&e->carts[i], &e->books[i], &d->m->finish.lines))
        i = joined_into(e, i);
    bool of_other = i < e->cart_count && tb_checkout_is_of_other(&e->carts[i], &d->m->customer);
    if (of_other) {
        i = e->cart_count;
        d->conflict = TB_CHECKOUT_CONFLICT_OF_OTHER;
    }
    TB_ASSERT(e->sale_count < FAKE_SALE_MAX);
    struct fake_sale *sale = &e->sales[e->sale_count++];
    bool changed;
    cart_place(e, i);
    *sale = (struct fake_sale){.key = key,
                               .customer = d->m->customer,
                               .cart = e->carts[i].id,
                               .checkout = d->m->finish.checkout,
                               .part = d->m->finish.part};
    if (sale_sell(d, i, of_other, sale, &changed))
        d->conflict = TB_CHECKOUT_CONFLICT_DOUBLE;
    for (size_t k = 0; k < e->void_count; k++) {
        struct fake_void *v = &e->voids[k];
        if (v->applied || !key_is(&v->of, &key))
            continue;
        v->applied = true;
        changed = sale_give_back(d, sale, v, i) || changed;
    }
    if (i < e->cart_count)
        touch(d, i, changed);
    return TB_CART_OK;
}

static enum tb_cart_code decide_void(struct deciding *d)
{
    struct engine_fake *e = d->e;
    const struct fake_sale_key key = key_of(d->by, &d->m->voided.sale);
    for (size_t i = 0; i < e->void_count; i++)
        if (key_is(&e->voids[i].key, &key))
            return TB_CART_OK;
    TB_ASSERT(e->void_count < FAKE_VOID_MAX && d->m->voided.lines.count <= FAKE_SALE_LINE_MAX);
    struct fake_void *v = &e->voids[e->void_count++];
    const char *terminal = d->m->voided.of_terminal[0] ? d->m->voided.of_terminal : d->by;
    *v = (struct fake_void){.key = key,
                            .of = key_of(terminal, &d->m->voided.of),
                            .reopen = d->m->voided.reopen,
                            .asked_count = d->m->voided.lines.count};
    for (size_t i = 0; i < v->asked_count; i++)
        v->asked[i] = d->m->voided.lines.at[i];
    struct fake_sale *sale = sale_find(e, &v->of);
    if (!sale) {
        d->conflict = TB_CHECKOUT_CONFLICT_UNKNOWN;
        return TB_CART_OK;
    }
    v->applied = true;
    size_t i = cart_index(e, &sale->cart);
    if (sale_give_back(d, sale, v, i))
        touch(d, i, true);
    return TB_CART_OK;
}

/* ---- deciding ---- */

static enum tb_cart_code decide(struct deciding *d)
{
    switch (d->m->kind) {
    case TB_MUTATION_CART_ADD:
    case TB_MUTATION_CART_SET_QUANTITY:
    case TB_MUTATION_CART_REMOVE:
    case TB_MUTATION_CART_NOTE: return decide_change(d);
    case TB_MUTATION_CART_MERGE: return decide_merge(d);
    case TB_MUTATION_CHECKOUT_CLAIM:
    case TB_MUTATION_CHECKOUT_RELEASE: return decide_claim(d);
    case TB_MUTATION_CHECKOUT_FINISH: return decide_finish(d);
    case TB_MUTATION_CHECKOUT_VOID: return decide_void(d);
    default: return TB_CART_NOT_UNDERSTOOD;
    }
}

void fake_shop_decide(struct engine_fake *e, const struct tb_engine_peer *peer, const struct tb_mutation *m,
                      struct tb_verdict *verdict, struct fake_touched *ret_touched)
{
    const char *colon = strrchr(peer->device, ':');
    struct deciding d = {.e = e,
                         .peer = peer,
                         .m = m,
                         .facts = {.at_ms = e->wall_ms, .channel = peer->channel},
                         .by = colon ? colon + 1 : peer->device,
                         .touched = ret_touched};
    ret_touched->count = 0;
    enum tb_cart_code code = decide(&d);
    const char *text = code == TB_CART_OK ? d.conflict : tb_cart_code_name(code);
    verdict->kind = code == TB_CART_OK ? TB_VERDICT_APPLIED : TB_VERDICT_REJECTED;
    (void)snprintf(verdict->code, sizeof verdict->code, "%s", text ? text : "");
    if (code == TB_CART_OK && ret_touched->count)
        verdict->version = engine_fake_cart(e, &ret_touched->carts[0])->version;
}
