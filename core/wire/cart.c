#include "core/wire/cart.h"

#include "core/wire/member.h"

static void line_decode(struct tb_check *c, struct tb_json o, struct tb_cart_line *line)
{
    line->id = tb_json_id(c, o, "id");
    tb_member_gtin(c, o, "gtin", line->gtin);
    tb_member_opt_str(c, o, "name", line->name, sizeof line->name);
    line->quantity = tb_member_quantity(c, o, "quantity", 1);
    line->unit_price = tb_member_money(c, o, "unit_price");
    line->price_as_of_ms = tb_member_opt_time(c, o, "price_as_of");
    line->stock = tb_member_opt_stock(c, o, "stock");
    line->added_ms = tb_member_opt_time(c, o, "added_ms");
    line->channel = tb_member_opt_channel(c, o, "channel");
}

static bool has_line(const struct tb_cart *cart, const struct tb_id *id)
{
    for (size_t i = 0; i < cart->line_count; i++)
        if (tb_id_equal(&cart->lines[i].id, id))
            return true;
    return false;
}

void tb_cart_decode(struct tb_check *c, struct tb_json doc, struct tb_cart *ret_cart)
{
    ret_cart->line_count = 0;
    tb_member_currency(c, doc, "currency", ret_cart->currency);
    ret_cart->touched_ms = tb_member_opt_time(c, doc, "touched_ms");
    ret_cart->touched_channel = tb_member_opt_channel(c, doc, "touched_channel");
    tb_member_opt_str(c, doc, "touched_by", ret_cart->touched_by, sizeof ret_cart->touched_by);
    struct tb_json lines = tb_json_array(c, doc, "lines", TB_CART_LINE_COUNT_MAX);
    for (struct tb_json_each each = tb_json_first(lines); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each)) {
        struct tb_cart_line *line = &ret_cart->lines[ret_cart->line_count];
        line_decode(c, each.value, line);
        if (c->err == TB_OK && has_line(ret_cart, &line->id))
            tb_check_fail(c, TB_ERR_CONFLICT, "lines");
        ret_cart->line_count++;
    }
    if (c->err != TB_OK)
        ret_cart->line_count = 0;
}

static void line_encode(struct tb_json_writer *w, const struct tb_cart_line *line)
{
    tb_json_open(w, NULL);
    tb_json_put_id(w, "id", &line->id);
    tb_json_put_str(w, "gtin", line->gtin);
    tb_member_put_opt_str(w, "name", line->name);
    tb_json_put_int(w, "quantity", line->quantity);
    tb_json_put_int(w, "unit_price", line->unit_price);
    tb_member_put_opt_int(w, "price_as_of", line->price_as_of_ms);
    tb_member_put_opt_str(w, "stock", tb_stock_names[line->stock]);
    tb_member_put_opt_int(w, "added_ms", line->added_ms);
    tb_member_put_opt_str(w, "channel", tb_channel_names[line->channel]);
    tb_json_close(w);
}

void tb_cart_encode(struct tb_json_writer *w, const char *name, const struct tb_cart *cart)
{
    tb_json_open(w, name);
    tb_json_put_str(w, "currency", cart->currency);
    tb_json_open_array(w, "lines");
    for (size_t i = 0; i < cart->line_count; i++)
        line_encode(w, &cart->lines[i]);
    tb_json_close_array(w);
    tb_member_put_opt_int(w, "touched_ms", cart->touched_ms);
    tb_member_put_opt_str(w, "touched_channel", tb_channel_names[cart->touched_channel]);
    tb_member_put_opt_str(w, "touched_by", cart->touched_by);
    tb_json_close(w);
}
