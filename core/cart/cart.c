#include "core/cart/cart.h"

#include "core/base/assert.h"

static const char *const code_names[TB_CART_CODE_COUNT] = {
    [TB_CART_OK] = "",
    [TB_CART_NOT_UNDERSTOOD] = "not_understood",
    [TB_CART_OF_OTHER] = "cart_of_other",
    [TB_CART_LINE_UNKNOWN] = "line_unknown",
    [TB_CART_LINE_CLOSED] = "line_closed",
    [TB_CART_LINE_CONFLICT] = "line_conflict",
    [TB_CART_LINE_LIMIT] = "line_limit",
    [TB_CART_QUANTITY_LIMIT] = "quantity_limit",
    [TB_CART_PRODUCT_UNKNOWN] = "product_unknown",
    [TB_CART_CURRENCY_CONFLICT] = "currency_conflict",
};

const char *tb_cart_code_name(enum tb_cart_code code)
{
    TB_ASSERT((size_t)code < TB_CART_CODE_COUNT);
    return code_names[code];
}

static struct tb_cart_line *line_of(struct tb_cart *cart, const struct tb_id *id)
{
    for (size_t i = 0; i < cart->line_count; i++)
        if (tb_id_equal(&cart->lines[i].id, id))
            return &cart->lines[i];
    return NULL;
}

static struct tb_cart_line *line_of_gtin(struct tb_cart *cart, const char *gtin)
{
    for (size_t i = 0; i < cart->line_count; i++)
        if (strcmp(cart->lines[i].gtin, gtin) == 0)
            return &cart->lines[i];
    return NULL;
}

const struct tb_cart_line *tb_cart_find(const struct tb_cart *cart, const struct tb_id *line)
{
    for (size_t i = 0; i < cart->line_count; i++)
        if (tb_id_equal(&cart->lines[i].id, line))
            return &cart->lines[i];
    return NULL;
}

const struct tb_cart_line *tb_cart_find_gtin(const struct tb_cart *cart, const char *gtin)
{
    for (size_t i = 0; i < cart->line_count; i++)
        if (strcmp(cart->lines[i].gtin, gtin) == 0)
            return &cart->lines[i];
    return NULL;
}

int64_t tb_cart_item_count(const struct tb_cart *cart)
{
    int64_t count = 0;
    for (size_t i = 0; i < cart->line_count; i++)
        count += cart->lines[i].quantity;
    return count;
}

enum tb_err tb_cart_total(const struct tb_cart *cart, int64_t *ret_total)
{
    int64_t total = 0;
    *ret_total = 0;
    for (size_t i = 0; i < cart->line_count; i++) {
        int64_t amount;
        if (__builtin_mul_overflow(cart->lines[i].unit_price, (int64_t)cart->lines[i].quantity, &amount) ||
            __builtin_add_overflow(total, amount, &total))
            return TB_ERR_RANGE;
    }
    *ret_total = total;
    return TB_OK;
}

static const struct tb_cart_mark *mark_of(const struct tb_cart_book *book, const struct tb_id *line)
{
    for (size_t i = 0; i < book->count; i++)
        if (tb_id_equal(&book->marks[i].line, line))
            return &book->marks[i];
    return NULL;
}

static void mark_drop(struct tb_cart_book *book, size_t index)
{
    book->count--;
    memmove(&book->marks[index], &book->marks[index + 1], (book->count - index) * sizeof book->marks[0]);
}

/* Closed lines go first: forgetting an open line's alias would turn a good mutation away. */
static void book_make_room(struct tb_cart_book *book)
{
    if (book->count < TB_CART_MARK_MAX)
        return;
    for (size_t i = 0; i < book->count; i++) {
        if (tb_id_is_zero(&book->marks[i].into)) {
            mark_drop(book, i);
            return;
        }
    }
    mark_drop(book, 0);
}

static void book_add(struct tb_cart_book *book, const struct tb_id *line, const struct tb_id *into)
{
    book_make_room(book);
    book->marks[book->count++] = (struct tb_cart_mark){.line = *line, .into = *into};
}

static void line_close(struct tb_cart *cart, struct tb_cart_book *book, struct tb_cart_line *line)
{
    static const struct tb_id closed;
    const struct tb_id id = line->id;
    for (size_t i = 0; i < book->count; i++)
        if (tb_id_equal(&book->marks[i].into, &id))
            book->marks[i].into = closed;
    book_add(book, &id, &closed);
    cart->line_count--;
    size_t index = (size_t)(line - cart->lines);
    memmove(line, line + 1, (cart->line_count - index) * sizeof *line);
}

static void cart_touch(struct tb_cart *cart, const struct tb_cart_facts *facts)
{
    cart->touched_ms = facts->at_ms;
    cart->touched_channel = facts->channel;
    /* A name that is too long is left out rather than cut inside a character. */
    if (tb_span_to_str(tb_span_str(facts->touched_by ? facts->touched_by : ""), cart->touched_by,
                       sizeof cart->touched_by) != TB_OK)
        cart->touched_by[0] = '\0';
}

/* A later price is a better one: adding to a line refreshes what is known of its product. */
static void line_describe(struct tb_cart_line *line, const struct tb_product *product)
{
    if (!product)
        return;
    memcpy(line->name, product->name, sizeof line->name);
    line->unit_price = product->unit_price;
    line->price_as_of_ms = product->price_as_of_ms;
    line->stock = product->stock;
}

static void line_open(struct tb_cart *cart, const struct tb_mutation *m, const struct tb_cart_facts *facts)
{
    struct tb_cart_line *line = &cart->lines[cart->line_count++];
    memset(line, 0, sizeof *line);
    line->id = m->line;
    memcpy(line->gtin, m->add.gtin, sizeof line->gtin);
    line->quantity = m->add.quantity;
    line->added_ms = facts->at_ms;
    line->channel = facts->channel;
    line_describe(line, facts->product);
}

static void cart_begin(struct tb_cart *cart, const struct tb_mutation *m, const struct tb_cart_facts *facts)
{
    memset(cart, 0, sizeof *cart);
    cart->id = m->cart;
    cart->customer = m->customer;
    if (facts->product)
        memcpy(cart->currency, facts->product->currency, sizeof cart->currency);
}

/* What speaks against an add, given the open line of the same product, if there is one. */
static enum tb_cart_code add_check(struct tb_cart *cart, const struct tb_cart_book *book,
                                   const struct tb_mutation *m, const struct tb_cart_facts *facts,
                                   const struct tb_cart_line *same)
{
    /* The zero id stands for "none": a cart that had it would be found by everybody who names none. */
    if (m->add.quantity < 1 || tb_id_is_zero(&m->line) || tb_id_is_zero(&m->cart))
        return TB_CART_NOT_UNDERSTOOD;
    const struct tb_cart_line *taken = line_of(cart, &m->line);
    if (taken && taken != same)
        return TB_CART_LINE_CONFLICT;
    const struct tb_cart_mark *mark = mark_of(book, &m->line);
    if (mark && tb_id_is_zero(&mark->into))
        return TB_CART_LINE_CLOSED;
    if (mark && (!same || !tb_id_equal(&mark->into, &same->id)))
        return TB_CART_LINE_CONFLICT;
    if (facts->product && cart->currency[0] && strcmp(cart->currency, facts->product->currency) != 0)
        return TB_CART_CURRENCY_CONFLICT;
    if (!same && cart->line_count >= TB_CART_LINE_COUNT_MAX)
        return TB_CART_LINE_LIMIT;
    if (m->add.quantity > TB_QUANTITY_MAX - (same ? same->quantity : 0))
        return TB_CART_QUANTITY_LIMIT;
    return TB_CART_OK;
}

static enum tb_cart_code apply_add(struct tb_cart *cart, struct tb_cart_book *book,
                                   const struct tb_mutation *m, const struct tb_cart_facts *facts,
                                   bool *ret_changed)
{
    bool begins = tb_id_is_zero(&cart->id);
    struct tb_cart_line *same = begins ? NULL : line_of_gtin(cart, m->add.gtin);
    if (begins)
        cart->line_count = 0;
    enum tb_cart_code code = add_check(cart, book, m, facts, same);
    if (code != TB_CART_OK)
        return code;
    if (begins)
        cart_begin(cart, m, facts);
    if (cart->currency[0] == '\0' && facts->product)
        memcpy(cart->currency, facts->product->currency, sizeof cart->currency);
    if (same) {
        same->quantity += m->add.quantity;
        line_describe(same, facts->product);
        if (!tb_id_equal(&same->id, &m->line) && !mark_of(book, &m->line))
            book_add(book, &m->line, &same->id);
    } else {
        line_open(cart, m, facts);
    }
    *ret_changed = true;
    return TB_CART_OK;
}

/* The line that a mutation means, through aliases. */
static enum tb_cart_code line_resolve(struct tb_cart *cart, const struct tb_cart_book *book,
                                      const struct tb_id *id, struct tb_cart_line **ret_line)
{
    *ret_line = line_of(cart, id);
    if (*ret_line)
        return TB_CART_OK;
    const struct tb_cart_mark *mark = mark_of(book, id);
    if (!mark)
        return TB_CART_LINE_UNKNOWN;
    if (tb_id_is_zero(&mark->into))
        return TB_CART_LINE_CLOSED;
    *ret_line = line_of(cart, &mark->into);
    return *ret_line ? TB_CART_OK : TB_CART_LINE_CLOSED;
}

static enum tb_cart_code line_change(struct tb_cart *cart, struct tb_cart_book *book,
                                     struct tb_cart_line *line, int32_t by, bool *ret_changed)
{
    int32_t quantity = line->quantity + by; /* both within TB_QUANTITY_MAX: no overflow */
    if (quantity > TB_QUANTITY_MAX)
        return TB_CART_QUANTITY_LIMIT;
    if (by == 0)
        return TB_CART_OK;
    if (quantity <= 0)
        line_close(cart, book, line);
    else
        line->quantity = quantity;
    *ret_changed = true;
    return TB_CART_OK;
}

static bool quantity_ok(int32_t quantity)
{
    return quantity >= 0 && quantity <= TB_QUANTITY_MAX;
}

static enum tb_cart_code apply_set_quantity(struct tb_cart *cart, struct tb_cart_book *book,
                                            const struct tb_mutation *m, bool *ret_changed)
{
    if (!quantity_ok(m->set_quantity.from) || !quantity_ok(m->set_quantity.to))
        return TB_CART_NOT_UNDERSTOOD;
    struct tb_cart_line *line;
    enum tb_cart_code code = line_resolve(cart, book, &m->line, &line);
    if (code == TB_CART_LINE_CLOSED && m->set_quantity.to == 0)
        return TB_CART_OK;
    if (code != TB_CART_OK)
        return code;
    return line_change(cart, book, line, m->set_quantity.to - m->set_quantity.from, ret_changed);
}

/* Removing what is gone already is what the person wanted. */
static enum tb_cart_code apply_remove(struct tb_cart *cart, struct tb_cart_book *book,
                                      const struct tb_mutation *m, bool *ret_changed)
{
    if (!quantity_ok(m->remove.from))
        return TB_CART_NOT_UNDERSTOOD;
    struct tb_cart_line *line;
    enum tb_cart_code code = line_resolve(cart, book, &m->line, &line);
    if (code == TB_CART_LINE_CLOSED)
        return TB_CART_OK;
    if (code != TB_CART_OK)
        return code;
    return line_change(cart, book, line, -m->remove.from, ret_changed);
}

enum tb_cart_code tb_cart_apply(struct tb_cart *cart, struct tb_cart_book *book,
                                const struct tb_mutation *mutation, const struct tb_cart_facts *facts,
                                bool *ret_changed)
{
    *ret_changed = false;
    if (!tb_id_is_zero(&cart->id) && !tb_id_equal(&cart->customer, &mutation->customer))
        return TB_CART_OF_OTHER;
    enum tb_cart_code code = TB_CART_NOT_UNDERSTOOD;
    switch (mutation->kind) {
    case TB_MUTATION_CART_ADD: code = apply_add(cart, book, mutation, facts, ret_changed); break;
    case TB_MUTATION_CART_SET_QUANTITY: code = apply_set_quantity(cart, book, mutation, ret_changed); break;
    case TB_MUTATION_CART_REMOVE: code = apply_remove(cart, book, mutation, ret_changed); break;
    default: break; /* not about what a cart holds */
    }
    if (*ret_changed)
        cart_touch(cart, facts);
    return code;
}
