#include "core/wire/cart.h"

#include "core/wire/member.h"

/* Bytes of JSON without the texts: of the cart's members, and of a line's. */
enum { DOC_SIZE_MAX = 320, LINE_SIZE_MAX = 312 };

static void line_decode(struct tb_check *c, struct tb_json o, struct tb_cart_line *line)
{
    line->id = tb_json_id(c, o, "id");
    tb_member_gtin(c, o, "gtin", line->gtin);
    tb_member_opt_token(c, o, "options", line->options, sizeof line->options);
    tb_member_opt_str(c, o, "name", line->name, sizeof line->name);
    tb_member_opt_str(c, o, "note", line->note, sizeof line->note);
    line->gift = tb_member_opt_bool(c, o, "gift");
    line->quantity = tb_member_quantity(c, o, "quantity", 1);
    line->unit_price = tb_member_money(c, o, "unit_price");
    line->price_as_of_ms = tb_member_opt_time(c, o, "price_as_of");
    line->was_as_of_ms = tb_member_opt_time(c, o, "was_as_of");
    line->was_price = line->was_as_of_ms ? tb_member_money(c, o, "was_price") : 0;
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

static void claim_decode(struct tb_check *c, struct tb_json doc, struct tb_cart_claim *claim)
{
    *claim = (struct tb_cart_claim){.since_ms = 0};
    if (!tb_json_has(doc, "claim"))
        return;
    struct tb_json o = tb_json_object(c, doc, "claim");
    claim->checkout = tb_json_id(c, o, "checkout");
    tb_member_opt_str(c, o, "by", claim->by, sizeof claim->by);
    claim->since_ms = tb_member_time(c, o, "since_ms");
    claim->until_ms = tb_member_time(c, o, "until_ms");
}

static void lines_decode(struct tb_check *c, struct tb_json lines, struct tb_cart *cart)
{
    size_t note_count = 0;
    for (struct tb_json_each each = tb_json_first(lines); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each)) {
        struct tb_cart_line *line = &cart->lines[cart->line_count];
        line_decode(c, each.value, line);
        note_count += line->note[0] != '\0';
        if (c->err == TB_OK && note_count > TB_CART_NOTE_COUNT_MAX)
            tb_check_fail(c, TB_ERR_RANGE, "note");
        if (c->err == TB_OK && has_line(cart, &line->id))
            tb_check_fail(c, TB_ERR_CONFLICT, "lines");
        cart->line_count++;
    }
}

void tb_cart_decode(struct tb_check *c, struct tb_json doc, struct tb_cart *ret_cart)
{
    ret_cart->line_count = 0;
    tb_member_currency(c, doc, "currency", ret_cart->currency);
    ret_cart->touched_ms = tb_member_opt_time(c, doc, "touched_ms");
    ret_cart->touched_channel = tb_member_opt_channel(c, doc, "touched_channel");
    tb_member_opt_str(c, doc, "touched_by", ret_cart->touched_by, sizeof ret_cart->touched_by);
    tb_member_opt_str(c, doc, "note", ret_cart->note, sizeof ret_cart->note);
    claim_decode(c, doc, &ret_cart->claim);
    lines_decode(c, tb_json_array(c, doc, "lines", TB_CART_LINE_COUNT_MAX), ret_cart);
    if (c->err != TB_OK)
        ret_cart->line_count = 0;
}

static void line_encode(struct tb_json_writer *w, const struct tb_cart_line *line)
{
    tb_json_open(w, NULL);
    tb_json_put_id(w, "id", &line->id);
    tb_json_put_str(w, "gtin", line->gtin);
    tb_member_put_opt_str(w, "options", line->options);
    tb_member_put_opt_str(w, "name", line->name);
    tb_json_put_int(w, "quantity", line->quantity);
    tb_json_put_int(w, "unit_price", line->unit_price);
    tb_member_put_opt_int(w, "price_as_of", line->price_as_of_ms);
    if (line->was_as_of_ms) {
        tb_json_put_int(w, "was_price", line->was_price);
        tb_json_put_int(w, "was_as_of", line->was_as_of_ms);
    }
    tb_member_put_opt_str(w, "stock", tb_stock_names[line->stock]);
    tb_member_put_opt_int(w, "added_ms", line->added_ms);
    tb_member_put_opt_str(w, "channel", tb_channel_names[line->channel]);
    tb_member_put_opt_bool(w, "gift", line->gift);
    tb_member_put_opt_str(w, "note", line->note);
    tb_json_close(w);
}

static void claim_encode(struct tb_json_writer *w, const struct tb_cart_claim *claim)
{
    if (tb_id_is_zero(&claim->checkout))
        return;
    tb_json_open(w, "claim");
    tb_json_put_id(w, "checkout", &claim->checkout);
    tb_member_put_opt_str(w, "by", claim->by);
    tb_json_put_int(w, "since_ms", claim->since_ms);
    tb_json_put_int(w, "until_ms", claim->until_ms);
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
    tb_member_put_opt_str(w, "note", cart->note);
    claim_encode(w, &cart->claim);
    tb_json_close(w);
}

/* A text grows to two bytes a byte where it is escaped; it has no control characters. */
static size_t text_size(const char *text)
{
    size_t size = 0;
    for (; *text; text++)
        size += *text == '"' || *text == '\\' ? 2 : *text == 0x7f ? 6 : 1;
    return size;
}

size_t tb_cart_json_size(const struct tb_cart *cart)
{
    size_t size =
        DOC_SIZE_MAX + text_size(cart->touched_by) + text_size(cart->note) + text_size(cart->claim.by);
    for (size_t i = 0; i < cart->line_count; i++) {
        const struct tb_cart_line *line = &cart->lines[i];
        size += LINE_SIZE_MAX + strlen(line->options) + text_size(line->name) + text_size(line->note);
    }
    return size;
}
