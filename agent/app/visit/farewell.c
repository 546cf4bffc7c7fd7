#include "agent/app/visit/farewell.h"

#include "agent/app/agent.h"
#include "agent/app/pages/shopping.h"
#include "agent/app/visit/stitch.h"
#include "host/log/log.h"

#include <stdlib.h>

#define PART_TRY_MAX 20 /* each waits for a reader of the file, which takes no longer than a look-up */

/* The visit of a request that is about a customer. */
static bool visit_of_customer(struct tb_request *r)
{
    if (!tb_shopping_visit(r))
        return false;
    if (r->agent->serving.visit.start.known)
        return true;
    tb_request_refuse(r, TB_ERR_NOT_FOUND, "Nobody was recognised.");
    return false;
}

/* ---- not me ---- */

static void guest_take_back(struct tb_agent *agent)
{
    enum tb_err err = tb_stitch_take_back(agent, (struct tb_cart_ask){.send = NULL});
    if (err != TB_OK && err != TB_ERR_NOT_FOUND)
        tb_log(TB_LOG_ERROR, TB_EVENT("farewell", "not_taken_back"), tb_log_err(err));
}

void tb_farewell_not_me_request(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    const struct tb_serving_guest *guest = &agent->serving.guest;
    const struct tb_visit_start start = {.source = TB_VISIT_FROM_NOBODY, .reader = TB_VISIT_NO_READER};
    if (!visit_of_customer(r))
        return;
    struct tb_cart *cart = malloc(sizeof *cart);
    if (!cart) {
        tb_request_refuse(r, TB_ERR_NO_MEMORY, "The visit was not ended.");
        return;
    }
    const bool goes_on = guest->joined || guest->cart.cart.line_count > 0;
    guest_take_back(agent);
    *cart = guest->base;
    cart->id = guest->cart_id;
    tb_shopping_answer_done(r);
    tb_visits_finish(agent, TB_VISIT_ENDED_NOT_ME);
    if (goes_on)
        tb_visits_open_nobody(agent, &start, cart);
    free(cart);
}

/* ---- forget me ---- */

struct parting {
    struct tb_agent *agent;
    struct tb_request asker; /* what answers alone */
    struct tb_id customer;
    unsigned try_count;
};

static void part(const struct parting *parting);

static void parted(void *context, enum tb_err err)
{
    const struct parting *parting = context;
    if (err == TB_ERR_BUSY && parting->try_count < PART_TRY_MAX) {
        part(parting);
        return;
    }
    if (err == TB_OK) {
        tb_shopping_answer_done(&parting->asker);
        return;
    }
    tb_log(TB_LOG_ERROR, TB_EVENT("farewell", "not_forgotten"), tb_log_err(err));
    tb_request_refuse(&parting->asker, err, "It could not be taken out of the memory of this terminal.");
}

static void part(const struct parting *before)
{
    struct parting *parting = malloc(sizeof *parting);
    enum tb_err err = parting ? TB_OK : TB_ERR_NO_MEMORY;
    if (parting) {
        *parting = *before;
        parting->try_count++;
        err = tb_storage_part(&parting->agent->storage, &parting->customer, parted, parting);
    }
    if (err == TB_OK)
        return;
    free(parting);
    tb_request_refuse(&before->asker, err, "It could not be taken out of the memory of this terminal.");
}

void tb_farewell_forget_request(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    if (!visit_of_customer(r))
        return;
    const struct parting parting = {
        .agent = agent,
        .asker = {.agent = agent, .from = r->from, .id = r->id, .send = r->send},
        .customer = agent->serving.record.customer,
    };
    tb_handovers_part(agent);
    tb_visits_finish(agent, TB_VISIT_ENDED_FORGET);
    /* Before the context store hears of the end: what her feed brought after the cohort's has let go of her
     * would be kept. */
    tb_visits_follow_now(agent);
    part(&parting);
}
