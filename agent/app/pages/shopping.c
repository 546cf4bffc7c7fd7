#include "agent/app/pages/shopping.h"

#include "agent/app/agent.h"
#include "agent/app/pages/page.h"
#include "core/wire/member.h"

void tb_shopping_answer_done(const struct tb_request *r)
{
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_request_answer_end(r, &w);
}

static void request_change(struct tb_request *r, struct tb_mutation *change)
{
    if (!tb_request_check(r))
        return;
    enum tb_err err = tb_carts_change(
        r->agent, change, (struct tb_cart_ask){.from = r->from, .request = r->id, .send = r->send});
    if (err == TB_ERR_NOT_FOUND)
        tb_request_refuse(r, err, "The customer or the line is no longer on the screen.");
    else if (err != TB_OK)
        tb_request_refuse(r, err, "The change was not saved.");
}

static int32_t quantity(struct tb_request *r, const char *name, int64_t min)
{
    return (int32_t)tb_json_int(&r->check, r->params, name, min, TB_QUANTITY_MAX);
}

bool tb_shopping_visit_is_on(struct tb_request *r, const struct tb_id *visit)
{
    const struct tb_visit *open = &r->agent->serving.visit;
    if (open->open && tb_id_equal(visit, &open->id))
        return true;
    tb_request_refuse(r, TB_ERR_NOT_FOUND, "That visit has ended.");
    return false;
}

void tb_shopping_gtin(struct tb_request *r, char ret_gtin[TB_GTIN_SIZE + 1])
{
    tb_json_str(&r->check, r->params, "gtin", ret_gtin, TB_GTIN_SIZE + 1);
    if (r->check.err == TB_OK &&
        (strlen(ret_gtin) != TB_GTIN_SIZE || !tb_text_is_digits(tb_span_str(ret_gtin))))
        tb_check_fail(&r->check, TB_ERR_SYNTAX, "gtin");
}

void tb_shopping_add(struct tb_request *r)
{
    struct tb_mutation change = {.kind = TB_MUTATION_CART_ADD};
    struct tb_id visit = tb_json_id(&r->check, r->params, "visit");
    tb_shopping_gtin(r, change.add.gtin);
    tb_member_opt_token(&r->check, r->params, "options", change.add.options, sizeof change.add.options);
    change.add.quantity = quantity(r, "quantity", 1);
    change.add.keep_gift = tb_member_opt_bool(&r->check, r->params, "keep_gift");
    if (tb_request_check(r) && tb_shopping_visit_is_on(r, &visit))
        request_change(r, &change);
}

void tb_shopping_set_quantity(struct tb_request *r)
{
    struct tb_mutation change = {.kind = TB_MUTATION_CART_SET_QUANTITY};
    change.line = tb_json_id(&r->check, r->params, "line");
    change.set_quantity.from = quantity(r, "from", 1);
    change.set_quantity.to = quantity(r, "to", 0);
    change.set_quantity.keep_gift = tb_member_opt_bool(&r->check, r->params, "keep_gift");
    request_change(r, &change);
}

void tb_shopping_remove(struct tb_request *r)
{
    struct tb_mutation change = {.kind = TB_MUTATION_CART_REMOVE};
    change.line = tb_json_id(&r->check, r->params, "line");
    change.remove.from = quantity(r, "from", 1);
    request_change(r, &change);
}

bool tb_shopping_visit(struct tb_request *r)
{
    struct tb_id visit = tb_json_id(&r->check, r->params, "visit");
    return tb_request_check(r) && tb_shopping_visit_is_on(r, &visit);
}

void tb_shopping_visit_end(struct tb_request *r)
{
    if (!tb_shopping_visit(r))
        return;
    tb_shopping_answer_done(r);
    tb_visits_finish(r->agent, TB_VISIT_ENDED_DONE);
}

void tb_shopping_product_find(struct tb_request *r)
{
    char gtin[TB_GTIN_SIZE + 1];
    tb_shopping_gtin(r, gtin);
    if (!tb_request_check(r))
        return;
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_open(&w, "product");
    (void)tb_page_put_product(&w, r->agent, gtin);
    tb_json_close(&w);
    tb_request_answer_end(r, &w);
}

void tb_shopping_ping(struct tb_request *r)
{
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_put_int(&w, "wall_ms", tb_loop_wall_ms(r->agent->loop));
    tb_request_answer_end(r, &w);
}
