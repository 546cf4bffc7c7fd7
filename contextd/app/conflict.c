/* What people have to look at: double sales, and what else came out otherwise than the tills thought. */
#include "contextd/app/desk.h"
#include "core/cart/checkout.h"
#include "core/wire/json.h"

#include <string.h>

static void add(struct desk *s, const char *text)
{
    tb_buf_add_str(&s->print, text);
}

/* "Till 4", or its id when the registry has no name for it. */
static void till_add(struct desk *s, const char *name, const char *device)
{
    add(s, name[0] ? name : device);
}

static void receipt_add(struct desk *s, const struct tb_sale_key *sale)
{
    add(s, " (receipt ");
    add(s, sale->transaction);
    add(s, " of ");
    add(s, sale->business_date);
    add(s, ")");
}

/* "2 × Pen (00000000000017) paid twice: at Till 5 (receipt 9 of 2026-09-21), before at Till 4 (…)" */
static void double_sale_add(struct desk *s, const struct tb_conflict_entry *c)
{
    tb_buf_add_decimal(&s->print, c->quantity);
    add(s, " × ");
    add(s, c->product[0] ? c->product : "a product");
    add(s, " (");
    add(s, c->gtin);
    add(s, c->other_terminal[0] ? ") paid twice: at " : ") paid at ");
    till_add(s, c->terminal_name, c->terminal);
    receipt_add(s, &c->sale);
    if (c->other_terminal[0]) {
        add(s, ", before at ");
        till_add(s, c->other_name, c->other_terminal);
        receipt_add(s, &c->other);
    }
    if (c->detail[0]) {
        add(s, ", while the cart was being paid at ");
        add(s, c->detail);
    }
    if (c->given_back)
        add(s, "; of one of the sales something was given back since");
}

static void words_add(struct desk *s, const struct tb_conflict_entry *c)
{
    if (strcmp(c->code, TB_CHECKOUT_CONFLICT_DOUBLE) == 0) {
        double_sale_add(s, c);
        return;
    }
    till_add(s, c->terminal_name, c->terminal);
    if (strcmp(c->code, TB_CHECKOUT_CONFLICT_UNKNOWN) == 0) {
        add(s, " voided a sale that is not known: ");
        add(s, c->detail);
    } else if (strcmp(c->code, TB_CHECKOUT_CONFLICT_RECEIPT) == 0) {
        add(s, " gave a receipt's number twice; the later sale is not booked: ");
        add(s, c->detail);
    } else if (strcmp(c->code, TB_CHECKOUT_CONFLICT_OF_OTHER) == 0) {
        add(s, " sold to one customer from another one's cart; the sale is booked, the cart is as it was: ");
        add(s, c->detail);
    } else {
        add(s, ": ");
        add(s, c->code);
    }
}

static void line_write(struct desk *s, const struct tb_conflict_entry *c)
{
    desk_time_add(s, c->at_ms);
    add(s, "\tstore ");
    add(s, c->store);
    add(s, "\t");
    words_add(s, c);
}

static void sale_put(struct tb_json_writer *w, const char *name, const char *terminal,
                     const struct tb_sale_key *sale)
{
    if (!sale->transaction[0])
        return;
    tb_json_open(w, name);
    tb_json_put_str(w, "terminal", terminal);
    tb_json_put_str(w, "business_date", sale->business_date);
    tb_json_put_str(w, "transaction", sale->transaction);
    tb_json_close(w);
}

static void object_write(struct desk *s, const struct tb_conflict_entry *c)
{
    struct tb_json_writer w = tb_json_writer_of(&s->print);
    tb_json_open(&w, NULL);
    tb_json_put_int(&w, "number", c->number);
    tb_json_put_int(&w, "at_ms", c->at_ms);
    tb_json_put_str(&w, "conflict", c->code);
    tb_json_put_str(&w, "store", c->store);
    tb_json_put_str(&w, "terminal", c->terminal);
    if (c->gtin[0])
        tb_json_put_str(&w, "gtin", c->gtin);
    tb_json_put_int(&w, "quantity", c->quantity);
    sale_put(&w, "sale", c->terminal, &c->sale);
    sale_put(&w, "before", c->other_terminal, &c->other);
    if (c->detail[0])
        tb_json_put_str(&w, "detail", c->detail);
    tb_json_put_bool(&w, "given_back", c->given_back);
    tb_json_close(&w);
}

static enum tb_err conflict_next(struct desk *s, void *entry)
{
    struct tb_conflict_entry *c = entry;
    return s->engine->ops->conflict_next(s->engine, c->number, c);
}

static enum tb_err conflict_write(struct desk *s, const void *entry, bool json)
{
    if (json)
        object_write(s, entry);
    else
        line_write(s, entry);
    return TB_OK;
}

int command_conflicts(struct args *a)
{
    struct tb_conflict_entry entry = {.number = 0};
    return desk_list(a, &(struct desk_list){"conflicts", &entry, conflict_next, conflict_write});
}
