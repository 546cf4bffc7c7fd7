#include "agent/app/people_desk.h"

#include "agent/app/agent.h"
#include "agent/app/shopping.h"
#include "agent/app/signups.h"

static void refuse(const struct tb_request *r, enum tb_err err, const char *not_found)
{
    if (err == TB_ERR_NOT_FOUND)
        tb_request_refuse(r, err, not_found);
    else if (err != TB_OK)
        tb_request_refuse(r, err, "The change was not saved.");
}

static struct tb_cart_ask ask_of(const struct tb_request *r)
{
    return (struct tb_cart_ask){.from = r->from, .request = r->id, .send = r->send};
}

static void request_claim(struct tb_request *r)
{
    if (tb_shopping_visit(r))
        refuse(r, tb_checkouts_claim(r->agent, ask_of(r)), "There is no cart on the screen.");
}

static void request_release(struct tb_request *r)
{
    if (tb_shopping_visit(r))
        refuse(r, tb_checkouts_release(r->agent, ask_of(r)), "This visit does not pay its cart.");
}

const struct tb_request_method tb_people_methods[TB_PEOPLE_METHOD_COUNT] = {
    {"operator.leave", tb_operators_leave},
    {"customer.find", tb_people_find},
    {"customer.open", tb_people_open},
    {"customer.create", tb_signups_create},
    {"credential.list", tb_people_credentials},
    {"credential.capture", tb_captures_begin},
    {"credential.capture_end", tb_captures_end},
    {"credential.block", tb_people_block},
    {"note.add", tb_people_note_add},
    {"note.remove", tb_people_note_remove},
    {"visit.choose", tb_choices_choose},
    {"checkout.claim", request_claim},
    {"checkout.release", request_release},
};
