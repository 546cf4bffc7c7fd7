#include "core/wire/handover.h"

#include "core/wire/member.h"

const char *const tb_handover_state_names[TB_HANDOVER_STATE_COUNT] = {
    [TB_HANDOVER_OPEN] = "open",
    [TB_HANDOVER_ACCEPTED] = "accepted",
    [TB_HANDOVER_CANCELLED] = "cancelled",
    [TB_HANDOVER_EXPIRED] = "expired",
};

const char *const tb_handover_reason_names[TB_HANDOVER_REASON_COUNT] = {
    [TB_HANDOVER_FOR_HELP] = "help",
    [TB_HANDOVER_FOR_CONTINUE] = "continue",
};

const char *const tb_handover_cart_names[TB_HANDOVER_CART_COUNT] = {
    [TB_HANDOVER_CART_PAID] = "paid",
    [TB_HANDOVER_CART_JOINED] = "joined",
};

static void cart_decode(struct tb_check *c, struct tb_json doc, struct tb_handover *ret)
{
    ret->item_count = tb_member_opt_int(c, doc, "item_count", TB_HANDOVER_ITEM_COUNT_MAX, 0);
    ret->total = tb_member_opt_int(c, doc, "total", TB_MONEY_MAX, 0);
    if (tb_json_has(doc, "currency"))
        tb_member_currency(c, doc, "currency", ret->currency);
    if (tb_json_has(doc, "cart_over"))
        ret->cart_over = (enum tb_handover_cart)tb_json_enum(c, doc, "cart_over", tb_handover_cart_names,
                                                             TB_HANDOVER_CART_COUNT);
    tb_member_opt_str(c, doc, "cart_over_by", ret->cart_over_by, sizeof ret->cart_over_by);
}

void tb_handover_decode(struct tb_check *c, struct tb_json doc, struct tb_handover *ret)
{
    *ret = (struct tb_handover){.at_ms = tb_member_time(c, doc, "at_ms")};
    tb_json_str(c, doc, "from", ret->from, sizeof ret->from);
    tb_member_token(c, doc, "to", ret->to, sizeof ret->to);
    ret->cart = tb_member_opt_id(c, doc, "cart");
    tb_member_opt_str(c, doc, "note", ret->note, sizeof ret->note);
    ret->state = (enum tb_handover_state)tb_json_enum(c, doc, "state", tb_handover_state_names,
                                                      TB_HANDOVER_STATE_COUNT);
    tb_member_opt_str(c, doc, "by", ret->by, sizeof ret->by);
    tb_member_opt_token(c, doc, "code", ret->code, sizeof ret->code);
    if (tb_json_has(doc, "reason"))
        ret->reason = (enum tb_handover_reason)tb_json_enum(c, doc, "reason", tb_handover_reason_names,
                                                            TB_HANDOVER_REASON_COUNT);
    tb_member_opt_token(c, doc, "store", ret->store, sizeof ret->store);
    tb_member_opt_str(c, doc, "customer_name", ret->customer_name, sizeof ret->customer_name);
    tb_member_opt_token(c, doc, "tier", ret->tier, sizeof ret->tier);
    cart_decode(c, doc, ret);
    ret->declined = tb_member_opt_int(c, doc, "declined", TB_HANDOVER_DECLINED_MAX, 0);
    ret->taken_ms = tb_member_opt_time(c, doc, "taken_ms");
}

void tb_handover_encode(struct tb_json_writer *w, const char *name, const struct tb_handover *handover)
{
    tb_json_open(w, name);
    tb_json_put_int(w, "at_ms", handover->at_ms);
    tb_json_put_str(w, "from", handover->from);
    tb_json_put_str(w, "to", handover->to);
    tb_member_put_opt_id(w, "cart", &handover->cart);
    tb_member_put_opt_str(w, "note", handover->note);
    tb_json_put_str(w, "state", tb_handover_state_names[handover->state]);
    tb_member_put_opt_str(w, "by", handover->by);
    tb_member_put_opt_str(w, "code", handover->code);
    if (handover->reason != TB_HANDOVER_FOR_NONE)
        tb_json_put_str(w, "reason", tb_handover_reason_names[handover->reason]);
    tb_member_put_opt_str(w, "store", handover->store);
    tb_member_put_opt_str(w, "customer_name", handover->customer_name);
    tb_member_put_opt_str(w, "tier", handover->tier);
    tb_member_put_opt_int(w, "item_count", handover->item_count);
    tb_member_put_opt_int(w, "total", handover->total);
    tb_member_put_opt_str(w, "currency", handover->currency);
    tb_member_put_opt_int(w, "declined", handover->declined);
    tb_member_put_opt_int(w, "taken_ms", handover->taken_ms);
    if (handover->cart_over != TB_HANDOVER_CART_IS_THERE)
        tb_json_put_str(w, "cart_over", tb_handover_cart_names[handover->cart_over]);
    tb_member_put_opt_str(w, "cart_over_by", handover->cart_over_by);
    tb_json_close(w);
}
