#include "core/cart/cart_parts.h"

#include "core/base/assert.h"

static const char *const code_names[TB_CART_CODE_COUNT] = {
    [TB_CART_OK] = "",
    [TB_CART_NOT_UNDERSTOOD] = "not_understood",
    [TB_CART_OF_OTHER] = "cart_of_other",
    [TB_CART_UNKNOWN] = "cart_unknown",
    [TB_CART_LINE_UNKNOWN] = "line_unknown",
    [TB_CART_LINE_CLOSED] = "line_closed",
    [TB_CART_LINE_CONFLICT] = "line_conflict",
    [TB_CART_LINE_LIMIT] = "line_limit",
    [TB_CART_QUANTITY_LIMIT] = "quantity_limit",
    [TB_CART_NOTE_LIMIT] = "note_limit",
    [TB_CART_PRODUCT_UNKNOWN] = "product_unknown",
    [TB_CART_CURRENCY_CONFLICT] = "currency_conflict",
    [TB_CART_GIFT_DECLINED] = "gift_declined",
    [TB_CART_CLAIMED] = "cart_claimed",
    [TB_CART_MERGE_UNKNOWN] = "merge_unknown",
};

const char *tb_cart_code_name(enum tb_cart_code code)
{
    TB_ASSERT((size_t)code < TB_CART_CODE_COUNT);
    return code_names[code];
}

const struct tb_cart_line *tb_cart_find(const struct tb_cart *cart, const struct tb_id *line)
{
    for (size_t i = 0; i < cart->line_count; i++)
        if (tb_id_equal(&cart->lines[i].id, line))
            return &cart->lines[i];
    return NULL;
}

const struct tb_cart_line *tb_cart_find_product(const struct tb_cart *cart, const char *gtin,
                                                const char *options)
{
    for (size_t i = 0; i < cart->line_count; i++)
        if (strcmp(cart->lines[i].gtin, gtin) == 0 && strcmp(cart->lines[i].options, options) == 0)
            return &cart->lines[i];
    return NULL;
}

/* The same line of a cart that may be written. */
static struct tb_cart_line *line_mutable(struct tb_cart *cart, const struct tb_cart_line *line)
{
    return line ? &cart->lines[line - cart->lines] : NULL;
}

struct tb_cart_line *cart_line_of(struct tb_cart *cart, const struct tb_id *id)
{
    return line_mutable(cart, tb_cart_find(cart, id));
}

struct tb_cart_line *cart_line_of_product(struct tb_cart *cart, const char *gtin, const char *options)
{
    return line_mutable(cart, tb_cart_find_product(cart, gtin, options));
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

void cart_line_take_out(struct tb_cart *cart, struct tb_cart_line *line)
{
    cart->line_count--;
    size_t index = (size_t)(line - cart->lines);
    memmove(line, line + 1, (cart->line_count - index) * sizeof *line);
}

void cart_line_close(struct tb_cart *cart, struct tb_cart_book *book, struct tb_cart_line *line)
{
    static const struct tb_id closed;
    const struct tb_id id = line->id;
    cart_line_take_out(cart, line);
    book_put(book, cart, &id, &closed);
}

void cart_touch(struct tb_cart *cart, const struct tb_cart_facts *facts)
{
    cart->touched_ms = facts->at_ms;
    cart->touched_channel = facts->channel;
    /* A name that is too long is left out rather than cut inside a character. */
    if (tb_span_to_str(tb_span_str(facts->touched_by ? facts->touched_by : ""), cart->touched_by,
                       sizeof cart->touched_by) != TB_OK)
        cart->touched_by[0] = '\0';
}

static void line_describe(struct tb_cart_line *line, const struct tb_product *product)
{
    if (product)
        tb_cart_line_describe(line, product, product->price_as_of_ms);
}

static struct tb_cart_line *line_open(struct tb_cart *cart, const struct tb_mutation *m,
                                      const struct tb_cart_facts *facts)
{
    struct tb_cart_line *line = &cart->lines[cart->line_count++];
    memset(line, 0, sizeof *line);
    line->id = m->line;
    memcpy(line->gtin, m->add.gtin, sizeof line->gtin);
    memcpy(line->options, m->add.options, sizeof line->options);
    line->quantity = m->add.quantity;
    line->added_ms = facts->at_ms;
    line->channel = facts->channel;
    line_describe(line, facts->product);
    return line;
}

static void cart_begin(struct tb_cart *cart, const struct tb_mutation *m, const struct tb_cart_facts *facts)
{
    memset(cart, 0, sizeof *cart);
    cart->id = m->cart;
    cart->customer = m->customer;
    if (facts->product)
        memcpy(cart->currency, facts->product->currency, sizeof cart->currency);
}

/* What the line id of an add may be: new, or one whose adds went into that line before. */
static enum tb_cart_code line_id_check(const struct tb_cart *cart, const struct tb_cart_book *book,
                                       const struct tb_id *id, const struct tb_cart_line *same)
{
    const struct tb_cart_line *taken = tb_cart_find(cart, id);
    if (taken && taken != same)
        return TB_CART_LINE_CONFLICT;
    const struct tb_cart_mark *mark = book_mark_at(book, id);
    if (!mark || (same && tb_id_equal(&mark->into, &same->id)))
        return TB_CART_OK;
    return tb_cart_find(cart, &mark->into) ? TB_CART_LINE_CONFLICT : TB_CART_LINE_CLOSED;
}

/* Only what was a gift becomes one again: whoever may add makes a gift of nothing else. */
static bool gift_comes_back(const struct tb_cart_book *book, const struct tb_mutation *m)
{
    return m->add.keep_gift && book_lists(book, m->add.gtin, m->add.options);
}

/* What speaks against an add, given the open line of the same product, if there is one. */
static enum tb_cart_code add_check(const struct tb_cart *cart, const struct tb_cart_book *book,
                                   const struct tb_mutation *m, const struct tb_cart_facts *facts,
                                   const struct tb_cart_line *same)
{
    /* The zero id stands for "none": a cart that had it would be found by everybody who names none. */
    if (m->add.quantity < 1 || tb_id_is_zero(&m->line) || tb_id_is_zero(&m->cart))
        return TB_CART_NOT_UNDERSTOOD;
    enum tb_cart_code code = line_id_check(cart, book, &m->line, same);
    if (code != TB_CART_OK)
        return code;
    if (m->add.gift && !gift_comes_back(book, m) &&
        tb_cart_gift_is_declined(book, m->add.gtin, m->add.options))
        return TB_CART_GIFT_DECLINED;
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
    struct tb_cart_line *same = begins ? NULL : cart_line_of_product(cart, m->add.gtin, m->add.options);
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
        if (!tb_id_equal(&same->id, &m->line))
            book_put(book, cart, &m->line, &same->id);
    } else {
        same = line_open(cart, m, facts);
    }
    bool back = gift_comes_back(book, m);
    same->gift = same->gift || m->add.gift || back;
    if (back)
        book_undecline(book, m->add.gtin, m->add.options);
    *ret_changed = true;
    return TB_CART_OK;
}

enum tb_cart_code cart_line_resolve(struct tb_cart *cart, const struct tb_cart_book *book,
                                    const struct tb_id *id, struct tb_cart_line **ret_line)
{
    *ret_line = cart_line_of(cart, id);
    if (*ret_line)
        return TB_CART_OK;
    const struct tb_cart_mark *mark = book_mark_at(book, id);
    if (!mark)
        return TB_CART_LINE_UNKNOWN;
    *ret_line = cart_line_of(cart, &mark->into);
    return *ret_line ? TB_CART_OK : TB_CART_LINE_CLOSED;
}

/* keep_gift: what goes was the person's own; a line that goes altogether takes its gift along. */
static enum tb_cart_code line_change(struct tb_cart_side side, struct tb_cart_line *line, int32_t by,
                                     bool keep_gift, bool *ret_changed)
{
    int32_t quantity = line->quantity + by; /* both within TB_QUANTITY_MAX: no overflow */
    if (quantity > TB_QUANTITY_MAX)
        return TB_CART_QUANTITY_LIMIT;
    if (by == 0)
        return TB_CART_OK;
    if (by < 0 && line->gift && !(keep_gift && quantity > 0)) {
        book_decline(side.book, line->gtin, line->options);
        line->gift = false; /* what stays is the person's own */
    }
    if (quantity <= 0)
        cart_line_close(side.cart, side.book, line);
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
    enum tb_cart_code code = cart_line_resolve(cart, book, &m->line, &line);
    if (code == TB_CART_LINE_CLOSED && m->set_quantity.to == 0)
        return TB_CART_OK;
    if (code != TB_CART_OK)
        return code;
    return line_change((struct tb_cart_side){cart, book}, line, m->set_quantity.to - m->set_quantity.from,
                       m->set_quantity.keep_gift, ret_changed);
}

/* Removing what is gone already is what the person wanted. */
static enum tb_cart_code apply_remove(struct tb_cart *cart, struct tb_cart_book *book,
                                      const struct tb_mutation *m, bool *ret_changed)
{
    if (!quantity_ok(m->remove.from))
        return TB_CART_NOT_UNDERSTOOD;
    struct tb_cart_line *line;
    enum tb_cart_code code = cart_line_resolve(cart, book, &m->line, &line);
    if (code == TB_CART_LINE_CLOSED)
        return TB_CART_OK;
    if (code != TB_CART_OK)
        return code;
    return line_change((struct tb_cart_side){cart, book}, line, -m->remove.from, false, ret_changed);
}

bool cart_notes_are_full(const struct tb_cart *cart)
{
    size_t count = 0;
    for (size_t i = 0; i < cart->line_count; i++)
        count += cart->lines[i].note[0] != '\0';
    return count >= TB_CART_NOTE_COUNT_MAX;
}

static enum tb_cart_code apply_note(struct tb_cart *cart, const struct tb_cart_book *book,
                                    const struct tb_mutation *m, bool *ret_changed)
{
    if (tb_id_is_zero(&cart->id))
        return TB_CART_UNKNOWN;
    char *note = cart->note;
    if (!tb_id_is_zero(&m->line)) {
        struct tb_cart_line *line;
        enum tb_cart_code code = cart_line_resolve(cart, book, &m->line, &line);
        if (code == TB_CART_LINE_CLOSED && m->note.text[0] == '\0')
            return TB_CART_OK;
        if (code != TB_CART_OK)
            return code;
        note = line->note;
        if (note[0] == '\0' && m->note.text[0] && cart_notes_are_full(cart))
            return TB_CART_NOTE_LIMIT;
    }
    *ret_changed = strcmp(note, m->note.text) != 0;
    memcpy(note, m->note.text, sizeof cart->note);
    return TB_CART_OK;
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
    case TB_MUTATION_CART_NOTE: code = apply_note(cart, book, mutation, ret_changed); break;
    default: break; /* the kinds of other machines */
    }
    if (*ret_changed)
        cart_touch(cart, facts);
    return code;
}
