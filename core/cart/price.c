#include "core/cart/cart.h"

const char *const tb_cart_warning_names[TB_CART_WARNING_COUNT] = {
    [TB_CART_WARNING_NONE] = "",
    [TB_CART_WARNING_LOW] = "stock_low",
    [TB_CART_WARNING_NOT_HERE] = "stock_not_here",
};

void tb_cart_line_describe(struct tb_cart_line *line, const struct tb_product *product, int64_t as_of_ms)
{
    if (as_of_ms < line->price_as_of_ms)
        return;
    /* A price whose age is not known says nothing about a change. */
    if (line->price_as_of_ms != 0 && line->unit_price != product->unit_price) {
        line->was_price = line->unit_price;
        line->was_as_of_ms = line->price_as_of_ms;
    }
    memcpy(line->name, product->name, sizeof line->name);
    line->unit_price = product->unit_price;
    line->price_as_of_ms = as_of_ms;
    line->stock = product->stock;
}

bool tb_cart_line_price_change(const struct tb_cart_line *line, struct tb_cart_price_change *ret_change)
{
    *ret_change = (struct tb_cart_price_change){0};
    if (line->was_as_of_ms == 0 || line->unit_price == line->was_price)
        return false;
    ret_change->since_ms = line->was_as_of_ms;
    return !__builtin_sub_overflow(line->unit_price, line->was_price, &ret_change->by);
}

enum tb_cart_warning tb_cart_line_warning(const struct tb_cart_line *line)
{
    switch (line->stock) {
    case TB_STOCK_LOW: return TB_CART_WARNING_LOW;
    case TB_STOCK_NOT_HERE: return TB_CART_WARNING_NOT_HERE;
    case TB_STOCK_NONE:
    case TB_STOCK_IN_STOCK:
    case TB_STOCK_COUNT: break;
    }
    return TB_CART_WARNING_NONE;
}
