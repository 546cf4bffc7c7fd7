#include "core/context/cart_view.h"

static void put_optional(struct tb_json_writer *w, const char *name, const char *text)
{
    if (text && text[0])
        tb_json_put_str(w, name, text);
}

static void put_price_change(struct tb_json_writer *w, const struct tb_cart_line *line)
{
    struct tb_cart_price_change change;
    if (!tb_cart_line_price_change(line, &change))
        return;
    tb_json_open(w, "price_change");
    tb_json_put_int(w, "by", change.by);
    tb_json_put_int(w, "since_ms", change.since_ms);
    tb_json_close(w);
}

static void put_line(struct tb_json_writer *w, const struct tb_cart_view *view,
                     const struct tb_cart_line *line)
{
    tb_json_open(w, NULL);
    tb_json_put_id(w, "id", &line->id);
    tb_json_put_str(w, "gtin", line->gtin);
    put_optional(w, "options", line->options);
    tb_json_put_str(w, "name", line->name);
    tb_json_put_int(w, "quantity", line->quantity);
    tb_json_put_int(w, "unit_price", line->unit_price);
    tb_json_put_int(w, "price_as_of", line->price_as_of_ms);
    put_price_change(w, line);
    put_optional(w, "stock", tb_stock_names[line->stock]);
    tb_json_put_int(w, "added_ms", line->added_ms);
    put_optional(w, "channel", tb_channel_names[line->channel]);
    tb_json_put_bool(w, "pending", tb_cart_view_is_pending(view, line));
    tb_json_put_bool(w, "new", tb_cart_view_is_new(view, line));
    if (line->gift)
        tb_json_put_bool(w, "gift", true);
    put_optional(w, "note", line->note);
    tb_json_close(w);
}

static void put_sums(struct tb_json_writer *w, const struct tb_cart *cart)
{
    int64_t total;
    tb_json_put_int(w, "item_count", tb_cart_item_count(cart));
    if (tb_cart_total(cart, &total) == TB_OK)
        tb_json_put_int(w, "total", total);
    else
        tb_json_put_null(w, "total");
}

static void put_claim(struct tb_json_writer *w, const struct tb_cart_claim *claim,
                      const struct tb_id *own_checkout)
{
    if (tb_id_is_zero(&claim->checkout))
        return;
    tb_json_open(w, "claim");
    put_optional(w, "by", claim->by);
    tb_json_put_int(w, "since_ms", claim->since_ms);
    tb_json_put_int(w, "until_ms", claim->until_ms);
    tb_json_put_bool(w, "mine", tb_id_equal(&claim->checkout, own_checkout));
    tb_json_close(w);
}

void tb_view_put_cart(struct tb_json_writer *w, const char *name, const struct tb_cart_view *view,
                      const struct tb_id *own_checkout)
{
    const struct tb_cart *cart = &view->cart;
    if (tb_id_is_zero(&cart->id)) {
        tb_json_put_null(w, name);
        return;
    }
    tb_json_open(w, name);
    tb_json_put_id(w, "id", &cart->id);
    tb_json_put_int(w, "version", cart->version);
    tb_json_put_str(w, "currency", cart->currency);
    tb_json_open_array(w, "lines");
    for (size_t i = 0; i < cart->line_count; i++)
        put_line(w, view, &cart->lines[i]);
    tb_json_close_array(w);
    put_sums(w, cart);
    tb_json_put_int(w, "as_of", cart->as_of_ms);
    tb_json_put_int(w, "touched_ms", cart->touched_ms);
    put_optional(w, "touched_channel", tb_channel_names[cart->touched_channel]);
    put_optional(w, "touched_by", cart->touched_by);
    put_optional(w, "note", cart->note);
    put_claim(w, &cart->claim, own_checkout);
    tb_json_put_int(w, "unsent", view->pending_count);
    tb_json_close(w);
}
