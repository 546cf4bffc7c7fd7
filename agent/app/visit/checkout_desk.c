#include "agent/app/visit/checkout_desk.h"
#include "agent/app/agent.h"

#include "core/wire/member.h"

static struct tb_cart_ask ask_of(const struct tb_request *r)
{
    return (struct tb_cart_ask){.from = r->from, .request = r->id, .send = r->send};
}

/* What could be stored is answered when it is. */
static void refuse(const struct tb_request *r, enum tb_err err, const char *not_found)
{
    const char *text = "The change was not saved.";
    if (err == TB_ERR_NOT_FOUND)
        text = not_found;
    else if (err == TB_ERR_ASSURANCE)
        text = "What the customer presented proves too little.";
    if (err != TB_OK)
        tb_request_refuse(r, err, text);
}

/* The visit that the caller means; zero: whichever is open. */
static struct tb_id visit_read(struct tb_request *r)
{
    const struct tb_id any = {{0}};
    return tb_json_has(r->params, "visit") ? tb_json_id(&r->check, r->params, "visit") : any;
}

/* False: the asker was told that the visit it means is not the open one. */
static bool visit_is_open(struct tb_request *r)
{
    const struct tb_visit *open = &r->agent->serving.visit;
    const struct tb_id meant = visit_read(r);
    if (!tb_request_check(r))
        return false;
    if (tb_id_is_zero(&meant) || (open->open && tb_id_equal(&meant, &open->id)))
        return true;
    tb_request_refuse(r, TB_ERR_NOT_FOUND, "That visit has ended.");
    return false;
}

void tb_checkout_desk_claim(struct tb_request *r)
{
    if (visit_is_open(r) && tb_operators_admit(r))
        refuse(r, tb_checkouts_claim(r->agent, ask_of(r)), "There is no cart on the screen.");
}

void tb_checkout_desk_release(struct tb_request *r)
{
    if (visit_is_open(r))
        refuse(r, tb_checkouts_release(r->agent, ask_of(r)), "This visit does not pay its cart.");
}

static void sale_read(struct tb_request *r, const char *transaction, const char *date,
                      struct tb_sale_key *ret_sale)
{
    tb_member_token(&r->check, r->params, transaction, ret_sale->transaction, sizeof ret_sale->transaction);
    tb_member_date(&r->check, r->params, date, ret_sale->business_date);
}

void tb_checkout_desk_finish(struct tb_request *r)
{
    struct tb_mutation finish = {.kind = TB_MUTATION_CHECKOUT_FINISH, .visit = visit_read(r)};
    bool all = tb_member_opt_bool(&r->check, r->params, "all");
    sale_read(r, "transaction", "business_date", &finish.finish.sale);
    finish.finish.total = tb_member_money(&r->check, r->params, "total");
    finish.finish.part = tb_member_opt_bool(&r->check, r->params, "part");
    if (!all)
        tb_paid_lines_decode(&r->check, r->params, &r->agent->arena, &finish.finish.lines);
    else if (tb_json_has(r->params, "lines"))
        tb_check_fail(&r->check, TB_ERR_CONFLICT, "lines");
    if (tb_request_check(r))
        refuse(r, tb_checkouts_finish(r->agent, &finish, all, ask_of(r)), "There is no cart on the screen.");
}

/* The context store knows whose sale it was, and of which cart. */
void tb_checkout_desk_void(struct tb_request *r)
{
    struct tb_mutation voided = {.kind = TB_MUTATION_CHECKOUT_VOID};
    sale_read(r, "transaction", "business_date", &voided.voided.sale);
    sale_read(r, "of_transaction", "of_date", &voided.voided.of);
    tb_member_opt_token(&r->check, r->params, "of_terminal", voided.voided.of_terminal,
                        sizeof voided.voided.of_terminal);
    voided.voided.reopen = tb_member_opt_bool(&r->check, r->params, "reopen");
    voided.voided.returned = tb_member_opt_bool(&r->check, r->params, "returned");
    if (tb_json_has(r->params, "lines"))
        tb_paid_lines_decode(&r->check, r->params, &r->agent->arena, &voided.voided.lines);
    if (tb_request_check(r))
        refuse(r, tb_mutations_store(r->agent, &voided, ask_of(r)), "");
}

void tb_checkout_desk_earn(struct tb_request *r)
{
    struct tb_mutation earned = {.kind = TB_MUTATION_POINTS_EARNED, .visit = visit_read(r)};
    bool named = tb_json_has(r->params, "customer");
    if (named)
        earned.customer = tb_json_id(&r->check, r->params, "customer");
    if (named && r->check.err == TB_OK && tb_id_is_zero(&earned.customer))
        tb_check_fail(&r->check, TB_ERR_RANGE, "customer"); /* nobody's, not of whoever is here */
    if (tb_json_has(r->params, "business_date") && !tb_json_has(r->params, "transaction"))
        tb_check_fail(&r->check, TB_ERR_MISSING,
                      "transaction"); /* it would count anew when it is told again */
    tb_points_decode(&r->check, r->params, &earned);
    if (tb_request_check(r))
        refuse(r, tb_checkouts_earn(r->agent, &earned, ask_of(r)),
               "No customer is here in that visit: name her by customer.");
}
