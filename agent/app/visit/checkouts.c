#include "agent/app/agent.h"
#include "agent/app/own_id.h"

#include "core/cart/checkout.h"
#include "host/log/log.h"
#include "host/system/system.h"

/* Three times within a lease: one that is lost is made good before it runs out. */
#define RENEW_AFTER_MS (TB_CHECKOUT_LEASE_MS / 3)

#define WHAT "checkout" /* its id is this terminal's */

static const struct tb_cart_ask nobody;

/* ---- what is asked for ---- */

/* Of the visit's customer and cart. */
static struct tb_mutation mutation_of(const struct tb_agent *agent, enum tb_mutation_kind kind)
{
    const struct tb_serving *serving = &agent->serving;
    return (struct tb_mutation){.kind = kind,
                                .customer = serving->record.customer,
                                .cart = serving->cart_id,
                                .visit = serving->visit.id};
}

static void activity(struct tb_agent *agent)
{
    tb_visit_activity(&agent->serving.visit, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
}

static void checkout_forget(struct tb_agent *agent)
{
    agent->serving.checkout = (struct tb_id){{0}};
    tb_timer_cancel(&agent->checkout_timer);
}

static enum tb_err claim_store(struct tb_agent *agent, struct tb_cart_ask ask)
{
    struct tb_mutation claim = mutation_of(agent, TB_MUTATION_CHECKOUT_CLAIM);
    claim.claim.checkout = agent->serving.checkout;
    return tb_mutations_store(agent, &claim, ask);
}

static void renew_due(struct tb_timer *timer);

static void renew_after(struct tb_agent *agent, int64_t after_ms)
{
    agent->checkout_timer.context = agent;
    tb_timer_set(agent->loop, &agent->checkout_timer, after_ms, renew_due);
}

/* While the line is down there is nobody whom it would tell anything: the lease runs out there. */
static void renew_due(struct tb_timer *timer)
{
    struct tb_agent *agent = timer->context;
    if (!agent->serving.visit.open || tb_id_is_zero(&agent->serving.checkout))
        return;
    enum tb_err err = agent->status.line == TB_LINE_LIVE ? claim_store(agent, nobody) : TB_OK;
    if (err != TB_OK)
        tb_log(TB_LOG_WARN, TB_EVENT("checkouts", "not_renewed"), tb_log_err(err));
    renew_after(agent, RENEW_AFTER_MS);
}

enum tb_err tb_checkouts_claim(struct tb_agent *agent, struct tb_cart_ask ask)
{
    struct tb_serving *serving = &agent->serving;
    if (!serving->visit.open || serving->cart.cart.line_count == 0)
        return TB_ERR_NOT_FOUND;
    if (!tb_serving_opens(serving, TB_BENEFIT_SHOW_CART))
        return TB_ERR_ASSURANCE;
    bool mine = !tb_id_is_zero(&serving->checkout);
    if (!mine)
        serving->checkout = tb_own_id_new(&agent->storage.sealer, WHAT, tb_rng_system());
    activity(agent);
    enum tb_err err = claim_store(agent, ask);
    if (err != TB_OK && !mine)
        checkout_forget(agent);
    if (err != TB_OK)
        return err;
    if (!mine)
        tb_measuring_claimed(agent);
    renew_after(agent, RENEW_AFTER_MS);
    return TB_OK;
}

enum tb_err tb_checkouts_release(struct tb_agent *agent, struct tb_cart_ask ask)
{
    if (!agent->serving.visit.open || tb_id_is_zero(&agent->serving.checkout))
        return TB_ERR_NOT_FOUND;
    struct tb_mutation release = mutation_of(agent, TB_MUTATION_CHECKOUT_RELEASE);
    release.claim.checkout = agent->serving.checkout;
    activity(agent);
    enum tb_err err = tb_mutations_store(agent, &release, ask);
    if (err == TB_OK)
        checkout_forget(agent);
    return err;
}

static struct tb_paid_lines lines_all(const struct tb_cart *cart, struct tb_paid_line *room)
{
    for (size_t i = 0; i < cart->line_count; i++) {
        const struct tb_cart_line *line = &cart->lines[i];
        room[i] = (struct tb_paid_line){
            .line = line->id, .quantity = line->quantity, .unit_price = line->unit_price};
        memcpy(room[i].gtin, line->gtin, sizeof room[i].gtin);
        memcpy(room[i].options, line->options, sizeof room[i].options);
    }
    return (struct tb_paid_lines){.at = room, .count = (uint8_t)cart->line_count};
}

_Static_assert(TB_CART_LINE_COUNT_MAX <= TB_PAID_LINE_COUNT_MAX, "a cart can be paid at once");

/* zero: whichever is open. */
static bool is_here(const struct tb_serving *serving, const struct tb_id *visit)
{
    return serving->visit.open && (tb_id_is_zero(visit) || tb_id_equal(visit, &serving->visit.id));
}

enum tb_err tb_checkouts_finish(struct tb_agent *agent, struct tb_mutation *finish, bool all,
                                struct tb_cart_ask ask)
{
    const struct tb_serving *serving = &agent->serving;
    const struct tb_cart *cart = &serving->cart.cart;
    struct tb_paid_line room[TB_CART_LINE_COUNT_MAX];
    const char *currency = agent->facts.terminal.currency;
    bool here = is_here(serving, &finish->visit);
    finish->visit = (struct tb_id){{0}};
    if (here) {
        const struct tb_mutation whose = mutation_of(agent, finish->kind);
        finish->customer = whose.customer;
        finish->cart = whose.cart;
        finish->visit = whose.visit;
        finish->finish.checkout = serving->checkout;
        if (cart->line_count)
            currency = cart->currency;
        activity(agent);
    }
    bool shown = here && tb_serving_opens(serving, TB_BENEFIT_SHOW_CART);
    if (all && (!shown || cart->line_count == 0))
        return TB_ERR_NOT_FOUND;
    if (all)
        finish->finish.lines = lines_all(cart, room);
    memcpy(finish->finish.currency, currency, sizeof finish->finish.currency);
    return tb_mutations_store(agent, finish, ask);
}

enum tb_err tb_checkouts_earn(struct tb_agent *agent, struct tb_mutation *earned, struct tb_cart_ask ask)
{
    const struct tb_serving *serving = &agent->serving;
    const struct tb_id *known = &serving->record.customer;
    bool here = is_here(serving, &earned->visit) && !tb_id_is_zero(known) &&
                (tb_id_is_zero(&earned->customer) || tb_id_equal(&earned->customer, known));
    earned->visit = here ? serving->visit.id : (struct tb_id){{0}};
    if (here) {
        earned->customer = *known;
        activity(agent);
    }
    return tb_id_is_zero(&earned->customer) ? TB_ERR_NOT_FOUND : tb_mutations_store(agent, earned, ask);
}

void tb_checkouts_stored(struct tb_agent *agent, const struct tb_mutation *mutation, enum tb_err err)
{
    const struct tb_serving *serving = &agent->serving;
    if (!serving->visit.open || !tb_id_equal(&serving->visit.id, &mutation->visit))
        return;
    bool claim_failed = mutation->kind == TB_MUTATION_CHECKOUT_CLAIM && err != TB_OK;
    if (claim_failed && !tb_id_equal(&serving->cart.cart.claim.checkout, &serving->checkout))
        checkout_forget(agent);
    if (mutation->kind != TB_MUTATION_CHECKOUT_FINISH || mutation->finish.part || err != TB_OK)
        return;
    tb_measuring_paid(agent);
    checkout_forget(agent); /* the finish has ended it */
    tb_visits_finish(agent, TB_VISIT_ENDED_CHECKOUT);
}

void tb_checkouts_rejected(struct tb_agent *agent, const struct tb_mutation *mutation)
{
    if (mutation->kind == TB_MUTATION_CHECKOUT_CLAIM &&
        tb_id_equal(&mutation->claim.checkout, &agent->serving.checkout))
        checkout_forget(agent);
}

void tb_checkouts_visit_began(struct tb_agent *agent)
{
    struct tb_serving *serving = &agent->serving;
    const struct tb_cart_claim *claim = &serving->cart.cart.claim;
    if (tb_loop_wall_ms(agent->loop) >= claim->until_ms ||
        !tb_own_id_is(&agent->storage.sealer, WHAT, &claim->checkout) ||
        !tb_serving_opens(serving, TB_BENEFIT_SHOW_CART))
        return;
    serving->checkout = claim->checkout;
    renew_after(agent, 0);
}

void tb_checkouts_visit_ended(struct tb_agent *agent, const struct tb_id *visit)
{
    if (tb_id_is_zero(&agent->serving.checkout))
        return;
    struct tb_mutation release = mutation_of(agent, TB_MUTATION_CHECKOUT_RELEASE);
    release.visit = *visit;
    release.claim.checkout = agent->serving.checkout;
    checkout_forget(agent);
    enum tb_err err = tb_mutations_store(agent, &release, nobody);
    if (err != TB_OK)
        tb_log(TB_LOG_WARN, TB_EVENT("checkouts", "not_released"), tb_log_err(err));
}
