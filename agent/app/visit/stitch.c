#include "agent/app/visit/stitch.h"

#include "agent/app/pages/kiosk.h"
#include "agent/app/pages/shopping.h"
#include "core/base/assert.h"
#include "host/log/log.h"

#define STITCH_WAIT_MS 2000

static const struct tb_cart_ask nobody;

static bool has_guest(const struct tb_serving *s)
{
    return s->visit.open && s->visit.start.known && !tb_id_is_zero(&s->guest.cart_id);
}

static enum tb_merge_policy policy_of(const struct tb_agent *agent)
{
    return agent->policy.merge == TB_MERGE_NONE ? TB_MERGE_ASK : agent->policy.merge;
}

/* Where nobody said how, nothing is lost by adding up. */
static enum tb_merge_policy policy_asked(const struct tb_agent *agent)
{
    enum tb_merge_policy policy = policy_of(agent);
    return policy == TB_MERGE_ASK ? TB_MERGE_SUM : policy;
}

/* ---- joining ---- */

static enum tb_err merge_store(struct tb_agent *agent, const struct tb_merge *merge, bool undo,
                               struct tb_cart_ask ask)
{
    const struct tb_serving *serving = &agent->serving;
    struct tb_mutation mutation = {.kind = TB_MUTATION_CART_MERGE,
                                   .customer = serving->record.customer,
                                   .cart = serving->cart_id,
                                   .visit = serving->visit.id,
                                   .merge = {.from = serving->guest.cart_id,
                                             .policy = merge->policy,
                                             .undo = undo,
                                             .exclude_count = (uint8_t)merge->excluded_count,
                                             .exclude = merge->excluded}};
    return tb_mutations_store(agent, &mutation, ask);
}

static enum tb_err join(struct tb_agent *agent, const struct tb_merge *merge, struct tb_cart_ask ask)
{
    struct tb_serving_guest *guest = &agent->serving.guest;
    enum tb_err err = merge_store(agent, merge, false, ask);
    if (err != TB_OK)
        return err;
    guest->asked = false;
    guest->apart = false;
    guest->joined = true;
    tb_kiosk_merge(agent);
    return TB_OK;
}

static void wait_over(struct tb_timer *timer)
{
    tb_stitch_hers_came(timer->context);
}

/* Her cart is empty here, and the context store, which is about to be asked, may know better. */
static bool waits(struct tb_agent *agent)
{
    const struct tb_serving *serving = &agent->serving;
    const enum tb_visit_source source = serving->visit.start.source;
    bool may_come = agent->status.line == TB_LINE_LIVE && !serving->guest.hers_came &&
                    (source == TB_VISIT_FROM_CACHE || source == TB_VISIT_FROM_CHOSEN);
    if (policy_of(agent) != TB_MERGE_ASK || serving->cart.cart.line_count > 0 || !may_come)
        return false;
    agent->stitch_timer.context = agent;
    if (!tb_timer_is_set(&agent->stitch_timer))
        tb_timer_set(agent->loop, &agent->stitch_timer, STITCH_WAIT_MS, wait_over);
    return true;
}

void tb_stitch_hers_came(struct tb_agent *agent)
{
    agent->serving.guest.hers_came = true;
    tb_stitch_look(agent);
}

void tb_stitch_look(struct tb_agent *agent)
{
    struct tb_serving *serving = &agent->serving;
    struct tb_serving_guest *guest = &serving->guest;
    if (!has_guest(serving) || guest->asked || guest->joined || guest->apart ||
        guest->cart.cart.line_count == 0 || !tb_serving_opens(serving, TB_BENEFIT_SHOW_CART) || waits(agent))
        return;
    tb_timer_cancel(&agent->stitch_timer);
    const struct tb_merge merge = {.policy = policy_asked(agent)};
    guest->asked = serving->cart.cart.line_count > 0 && policy_of(agent) == TB_MERGE_ASK;
    enum tb_err err = guest->asked ? TB_OK : join(agent, &merge, nobody);
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("stitch", "not_joined"), tb_log_err(err));
    if (guest->asked)
        tb_kiosk_merge(agent);
}

enum tb_err tb_stitch_take_back(struct tb_agent *agent, struct tb_cart_ask ask)
{
    struct tb_serving_guest *guest = &agent->serving.guest;
    if (!has_guest(&agent->serving) || !guest->joined)
        return TB_ERR_NOT_FOUND;
    const struct tb_merge merge = {.policy = policy_asked(agent)};
    enum tb_err err = merge_store(agent, &merge, true, ask);
    guest->joined = guest->joined && err != TB_OK;
    return err;
}

void tb_stitch_rejected(struct tb_agent *agent, const struct tb_mutation *mutation)
{
    struct tb_serving_guest *guest = &agent->serving.guest;
    if (!has_guest(&agent->serving) || mutation->kind != TB_MUTATION_CART_MERGE || mutation->merge.undo ||
        !tb_id_equal(&mutation->merge.from, &guest->cart_id))
        return;
    guest->joined = false;
    guest->asked = true;
    tb_kiosk_merge(agent);
}

/* ---- the question ---- */

struct sums {
    bool known;
    int64_t total;
};

static void sum_add(struct sums *sums, const struct tb_cart_line *line, int32_t quantity)
{
    int64_t worth;
    sums->known = sums->known && !__builtin_mul_overflow(line->unit_price, (int64_t)quantity, &worth) &&
                  !__builtin_add_overflow(sums->total, worth, &sums->total);
}

static void put_side(struct tb_json_writer *w, const char *side, const struct tb_cart_line *line,
                     const struct tb_merge_line *becomes)
{
    tb_json_open(w, NULL);
    tb_json_put_str(w, "side", side);
    tb_json_put_id(w, "line", &line->id);
    tb_json_put_str(w, "gtin", line->gtin);
    if (line->options[0])
        tb_json_put_str(w, "options", line->options);
    tb_json_put_str(w, "name", line->name);
    tb_json_put_int(w, "quantity", line->quantity);
    tb_json_put_int(w, "unit_price", line->unit_price);
    tb_json_put_int(w, "becomes_quantity", becomes->quantity);
    tb_json_put_str(w, "reason", tb_merge_reason_names[becomes->reason]);
    tb_json_close(w);
}

static void put_plan(struct tb_json_writer *w, const struct tb_cart *here, const struct tb_cart *there,
                     const struct tb_merge_plan *plan)
{
    struct sums sums = {.known = true};
    tb_json_open_array(w, "lines");
    for (size_t i = 0; i < plan->count; i++) {
        const struct tb_merge_line *line = &plan->lines[i];
        if (line->here >= 0)
            put_side(w, "online", &here->lines[line->here], line);
        if (line->there >= 0)
            put_side(w, "kiosk", &there->lines[line->there], line);
        sum_add(&sums, line->here >= 0 ? &here->lines[line->here] : &there->lines[line->there],
                line->quantity);
    }
    tb_json_close_array(w);
    if (sums.known)
        tb_json_put_int(w, "total_after", sums.total);
    else
        tb_json_put_null(w, "total_after");
}

void tb_stitch_put(struct tb_json_writer *w, const struct tb_agent *agent)
{
    const struct tb_serving *serving = &agent->serving;
    const struct tb_merge merge = {.policy = policy_asked(agent)};
    struct tb_merge_plan plan;
    if (!has_guest(serving) || !serving->guest.asked) {
        tb_json_put_null(w, "merge");
        if (has_guest(serving) && serving->guest.joined)
            tb_json_put_bool(w, "undo", true);
        return;
    }
    tb_merge_plan(&serving->cart.cart, NULL, &serving->guest.cart.cart, &merge, &plan);
    tb_json_open(w, "merge");
    tb_json_put_str(w, "policy", tb_merge_policy_names[merge.policy]);
    tb_json_put_str(w, "currency", serving->guest.cart.cart.currency);
    put_plan(w, &serving->cart.cart, &serving->guest.cart.cart, &plan);
    tb_json_close(w);
}

/* ---- the answer ---- */

static struct tb_cart_ask ask_of(const struct tb_request *r)
{
    return (struct tb_cart_ask){.from = r->from, .request = r->id, .send = r->send};
}

static void refuse(struct tb_request *r, enum tb_err err)
{
    tb_request_refuse(r, err,
                      err == TB_ERR_NOT_FOUND ? "There is nothing to join." : "The change was not saved.");
}

/* Lines that are not of the guest's cart say nothing. */
static size_t excluded_read(struct tb_request *r, struct tb_id ret_lines[TB_CART_LINE_COUNT_MAX])
{
    size_t count = 0;
    if (!tb_json_has(r->params, "exclude"))
        return 0;
    struct tb_json list = tb_json_array(&r->check, r->params, "exclude", TB_CART_LINE_COUNT_MAX);
    for (struct tb_json_each each = tb_json_first(list); tb_json_exists(each.value); tb_json_next(&each)) {
        struct tb_span text = tb_json_as_text(&r->check, each.value, "exclude", 2 * TB_ID_SIZE);
        if (r->check.err == TB_OK && tb_id_decode(text, &ret_lines[count]) != TB_OK)
            tb_check_fail(&r->check, TB_ERR_SYNTAX, "exclude");
        count += r->check.err == TB_OK;
    }
    return count;
}

static enum tb_merge_policy policy_read(struct tb_request *r)
{
    if (!tb_json_has(r->params, "policy"))
        return policy_asked(r->agent);
    enum tb_merge_policy policy = (enum tb_merge_policy)tb_json_enum(
        &r->check, r->params, "policy", tb_merge_policy_names, TB_MERGE_POLICY_COUNT);
    if (r->check.err == TB_OK && policy == TB_MERGE_ASK)
        tb_check_fail(&r->check, TB_ERR_RANGE, "policy");
    return policy;
}

void tb_stitch_decide_request(struct tb_request *r)
{
    static const char *const answers[] = {"join", "apart"};
    struct tb_serving_guest *guest = &r->agent->serving.guest;
    struct tb_id excluded[TB_CART_LINE_COUNT_MAX];
    const struct tb_id visit = tb_json_id(&r->check, r->params, "visit");
    const bool apart = tb_json_enum(&r->check, r->params, "answer", answers, TB_ARRAY_SIZE(answers)) == 1;
    const size_t excluded_count = excluded_read(r, excluded);
    const struct tb_merge merge = {
        .policy = policy_read(r), .excluded = excluded, .excluded_count = excluded_count};
    if (!tb_request_check(r) || !tb_shopping_visit_is_on(r, &visit))
        return;
    tb_visit_activity(&r->agent->serving.visit, tb_loop_now_ms(r->agent->loop));
    tb_agent_rearm(r->agent);
    enum tb_err err = has_guest(&r->agent->serving) && !guest->joined ? TB_OK : TB_ERR_NOT_FOUND;
    if (err == TB_OK && !tb_serving_opens(&r->agent->serving, TB_BENEFIT_SHOW_CART))
        err = TB_ERR_ASSURANCE;
    if (err == TB_OK && !apart)
        err = join(r->agent, &merge, ask_of(r));
    if (err != TB_OK) {
        refuse(r, err);
        return;
    }
    if (!apart)
        return; /* answered when it is on disk */
    guest->asked = false;
    guest->apart = true;
    tb_shopping_answer_done(r);
    tb_kiosk_merge(r->agent);
}

/* What is to stay out is asked for anew. */
void tb_stitch_undo_request(struct tb_request *r)
{
    if (!tb_shopping_visit(r))
        return;
    enum tb_err err = tb_stitch_take_back(r->agent, ask_of(r));
    if (err != TB_OK) {
        refuse(r, err);
        return;
    }
    r->agent->serving.guest.asked = true;
    tb_kiosk_merge(r->agent);
}
