#include "core/cart/checkout.h"

#include "core/cart/cart_parts.h"

/* Whether the claim of somebody else holds a line. */
static bool is_claimed(const struct tb_claim *claim, const struct tb_finish *finish, const struct tb_id *line)
{
    if (!tb_claim_runs(claim, finish->facts->at_ms) || tb_id_equal(&claim->checkout, &finish->checkout))
        return false;
    /* A till that forgot its checkout is not another one. */
    if (claim->device[0] != '\0' && strcmp(claim->device, finish->device) == 0)
        return false;
    for (size_t i = 0; i < claim->line_count; i++)
        if (tb_id_equal(&claim->lines[i].line, line))
            return true;
    return false;
}

static struct tb_id line_meant(struct tb_cart *cart, const struct tb_cart_book *book,
                               const struct tb_paid_line *paid)
{
    static const struct tb_id none;
    if (tb_id_is_zero(&paid->line)) {
        const struct tb_cart_line *same = tb_cart_find_product(cart, paid->gtin, paid->options);
        return same ? same->id : none;
    }
    struct tb_cart_line *line;
    if (cart_line_resolve(cart, book, &paid->line, &line) == TB_CART_OK)
        return line->id;
    /* An alias of a line that was closed since still means that line. */
    const struct tb_cart_mark *mark = book_mark_at(book, &paid->line);
    return mark && !tb_id_is_zero(&mark->into) ? mark->into : paid->line;
}

bool tb_checkout_went_along(const struct tb_cart *cart, const struct tb_cart_book *book,
                            const struct tb_paid_lines *paid)
{
    bool moved = false;
    for (size_t i = 0; i < paid->count; i++) {
        const struct tb_cart_mark *mark = book_mark_at(book, &paid->at[i].line);
        if (tb_cart_find(cart, &paid->at[i].line) || (mark && tb_cart_find(cart, &mark->into)))
            return false;
        moved = moved || (mark && tb_id_equal(&mark->into, &mark->line));
    }
    return moved;
}

bool tb_checkout_is_of_other(const struct tb_cart *cart, const struct tb_id *customer)
{
    return !tb_id_is_zero(&cart->customer) && !tb_id_is_zero(customer) &&
           !tb_id_equal(&cart->customer, customer);
}

void tb_checkout_look_up(struct tb_cart *cart, const struct tb_cart_book *book,
                         const struct tb_paid_lines *paid, struct tb_sold_line *ret_sold)
{
    for (size_t i = 0; i < paid->count; i++) {
        ret_sold[i] = (struct tb_sold_line){.paid = &paid->at[i]};
        if (cart)
            ret_sold[i].line = line_meant(cart, book, &paid->at[i]);
    }
}

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* True when the line changed. */
static bool line_sell(struct tb_cart_side side, const struct tb_claim *claim, const struct tb_finish *finish,
                      struct tb_sold_line *sold)
{
    if (tb_id_is_zero(&sold->line))
        return false;
    struct tb_cart_line *line = cart_line_of(side.cart, &sold->line);
    sold->taken = line ? least(line->quantity, sold->paid->quantity) : 0;
    sold->claimed = is_claimed(claim, finish, &sold->line);
    /* Who names a product and no line says nothing about which piece was meant. */
    int32_t beyond = sold->paid->quantity - sold->taken;
    sold->again = least(beyond, sold->back_before);
    if (!tb_id_is_zero(&sold->paid->line))
        sold->doubled = least(beyond - sold->again, sold->taken_before);
    if (!line)
        return false;
    line->quantity -= sold->taken;
    if (line->quantity == 0)
        cart_line_close(side.cart, side.book, line);
    return true;
}

/* What one position of a receipt used up is not there for the next one of the same line. */
static void rest_meets(const struct tb_sold_line *sold, struct tb_sold_line *rest, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!tb_id_equal(&rest[i].line, &sold->line))
            continue;
        rest[i].taken_before -= sold->doubled;
        rest[i].back_before -= sold->again;
    }
}

bool tb_checkout_finish(struct tb_cart_side side, struct tb_claim *claim, const struct tb_finish *finish,
                        struct tb_sold_line *sold, size_t count, bool *ret_changed)
{
    bool conflict = false;
    bool changed = false;
    for (size_t i = 0; i < count; i++) {
        changed = line_sell(side, claim, finish, &sold[i]) || changed;
        conflict = conflict || sold[i].doubled > 0 || sold[i].claimed;
        rest_meets(&sold[i], &sold[i + 1], count - i - 1);
    }
    if (!finish->part)
        changed = claim_end(claim, &finish->checkout) || changed;
    if (changed)
        cart_touch(side.cart, finish->facts);
    *ret_changed = changed;
    return conflict;
}

int32_t tb_sale_line_taken(const struct tb_sale_line *line)
{
    int32_t kept = line->quantity - line->returned;
    return least(line->taken, kept);
}

int32_t tb_sale_line_back(const struct tb_sale_line *line, bool reopened)
{
    int32_t taken = tb_sale_line_taken(line);
    int32_t beyond = line->quantity - line->returned - taken - line->doubled;
    return (reopened ? 0 : line->taken - taken) - (beyond > 0 ? beyond : 0);
}

static bool names_line(const struct tb_sale_line *lines, size_t count, const struct tb_id *line)
{
    for (size_t i = 0; i < count && !tb_id_is_zero(line); i++)
        if (tb_id_equal(&lines[i].line, line))
            return true;
    return false;
}

static bool is_meant(const struct tb_sale_line *line, const struct tb_paid_line *asked, bool by_line)
{
    if (by_line)
        return tb_id_equal(&line->line, &asked->line);
    return strcmp(line->gtin, asked->gtin) == 0 && strcmp(line->options, asked->options) == 0;
}

static void line_give_back(struct tb_sale_line *line, int32_t *asked, int32_t *back)
{
    int32_t given = least(*asked, line->quantity - line->returned);
    line->returned += given;
    *back += given;
    *asked -= given;
}

int64_t tb_checkout_give_back(struct tb_sale_line *lines, size_t count, const struct tb_paid_lines *asked,
                              int32_t *ret_back)
{
    int64_t beyond = 0;
    for (size_t i = 0; i < count; i++)
        ret_back[i] = 0;
    for (size_t i = 0; i < count && asked->count == 0; i++) {
        int32_t all = lines[i].quantity;
        line_give_back(&lines[i], &all, &ret_back[i]);
    }
    for (size_t k = 0; k < asked->count; k++) {
        int32_t quantity = asked->at[k].quantity;
        /* A sale keeps the line that was meant, not an alias of it, and none when its customer was erased. */
        bool by_line = names_line(lines, count, &asked->at[k].line);
        for (size_t i = 0; i < count; i++)
            if (is_meant(&lines[i], &asked->at[k], by_line))
                line_give_back(&lines[i], &quantity, &ret_back[i]);
        beyond += quantity;
    }
    return beyond;
}

enum tb_cart_code tb_checkout_reopen(struct tb_cart_side side, const struct tb_sale_line *line,
                                     int32_t quantity, const struct tb_id *id,
                                     const struct tb_cart_facts *facts)
{
    struct tb_mutation add = {.kind = TB_MUTATION_CART_ADD,
                              .customer = side.cart->customer,
                              .cart = side.cart->id,
                              .line = *id,
                              .add.quantity = quantity};
    memcpy(add.add.gtin, line->gtin, sizeof add.add.gtin);
    memcpy(add.add.options, line->options, sizeof add.add.options);
    bool changed;
    return tb_cart_apply(side.cart, side.book, &add, facts, &changed);
}
