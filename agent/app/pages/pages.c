#include "agent/app/agent.h"
#include "agent/app/handover/handover_desk.h"
#include "agent/app/pages/it.h"
#include "agent/app/pages/kiosk.h"
#include "agent/app/pages/page.h"
#include "agent/app/pages/shopping.h"
#include "agent/app/people/people_desk.h"
#include "agent/app/visit/checkout_desk.h"
#include "agent/app/visit/stitch.h"

#include "core/base/assert.h"
#include "host/log/log.h"

static const struct tb_page_to clerks = {.scopes = TB_PAGE_CLERKS};
static const struct tb_page_to state_readers = {.scopes = TB_PAGE_CLERKS | TB_PAGE_IT};
static const struct tb_page_to everybody = {.scopes = TB_PAGE_CLERKS | TB_PAGE_SHOPPERS};

void tb_pages_put_terminal(struct tb_json_writer *w, const struct tb_agent *agent)
{
    tb_terminal_put(w, &agent->facts.terminal);
    tb_policy_put_shown(w, &agent->facts.policy);
    tb_policy_people_put(w, &agent->facts.policy);
    if (tb_operators_required(agent))
        tb_json_put_bool(w, "operator_required", true);
}

void tb_pages_send_terminal(struct tb_agent *agent, struct tb_page_to to)
{
    if (!agent->facts.terminal_known)
        return;
    struct tb_json_writer w = tb_page_begin(agent, "terminal");
    tb_pages_put_terminal(&w, agent);
    if (agent->identify.policy.rules->handover_url)
        tb_json_put_bool(&w, "handover_link", true);
    tb_json_put_int(&w, "wall_ms", tb_loop_wall_ms(agent->loop));
    tb_page_end(agent, &w, to, TB_COUNTER_TOPIC_TERMINAL);
}

static void state_send(struct tb_agent *agent, struct tb_page_to to)
{
    struct tb_json_writer w = tb_page_begin(agent, "state");
    tb_status_put_state(&w, &agent->status, tb_loop_wall_ms(agent->loop));
    tb_page_end(agent, &w, to, TB_COUNTER_TOPIC_STATE);
}

void tb_pages_put_visit(struct tb_json_writer *w, const struct tb_agent *agent, enum tb_audience audience)
{
    const struct tb_visit *visit = &agent->serving.visit;
    if (visit->open)
        tb_serving_put_visit(w, &agent->serving, tb_agent_reader_name(agent, visit->start.reader), audience);
    else
        tb_serving_put_no_visit(w, visit->last_reason);
    const char *by = tb_handovers_gone_to(agent);
    if (!visit->open && by[0])
        tb_json_put_str(w, "by", by);
}

static void visit_send(struct tb_agent *agent, struct tb_page_to to)
{
    struct tb_json_writer w = tb_page_begin(agent, "visit");
    tb_pages_put_visit(&w, agent, TB_AUDIENCE_CLERK);
    tb_page_end(agent, &w, to, TB_COUNTER_TOPIC_VISIT);
}

void tb_pages_terminal(struct tb_agent *agent)
{
    tb_pages_send_terminal(agent, everybody);
    tb_shopper_display_refresh(agent);
    tb_pos_terminal(agent);
}

void tb_pages_state(struct tb_agent *agent)
{
    agent->status.unsent_count = agent->pending.undecided_count;
    tb_gauge_set(&agent->metrics.unsent, agent->status.unsent_count);
    state_send(agent, state_readers);
    tb_kiosk_state(agent);
    tb_pos_state(agent);
}

void tb_pages_visit(struct tb_agent *agent)
{
    visit_send(agent, clerks);
    tb_kiosk_visit(agent);
    tb_shopper_display_refresh(agent);
    tb_pos_visit(agent);
}

void tb_pages_cart(struct tb_agent *agent)
{
    struct tb_json_writer w = tb_page_begin(agent, "cart");
    tb_serving_put_cart(&w, &agent->serving);
    tb_page_end(agent, &w, everybody, TB_COUNTER_TOPIC_CART);
    if (agent->serving.guest.asked)
        tb_kiosk_merge(agent); /* what would become of it is another */
    tb_shopper_display_refresh(agent);
    tb_pos_cart(agent);
}

void tb_pages_outcome(struct tb_agent *agent, const struct tb_identify_action *action)
{
    struct tb_json_writer w = tb_page_begin(agent, "outcome");
    tb_page_put_outcome(&w, agent, action);
    tb_page_end(agent, &w, everybody, TB_COUNTER_TOPIC_EVENT);
    tb_pos_outcome(agent, action);
}

/* The line as it is still on the screen, or the product as the cache has it. */
static void put_taken(struct tb_json_writer *w, struct tb_agent *agent, const struct tb_mutation *m)
{
    const struct tb_cart_line *line = NULL;
    if (m->kind == TB_MUTATION_CART_ADD)
        (void)tb_page_put_product(w, agent, m->add.gtin);
    else
        line = tb_cart_find(&agent->serving.cart.cart, &m->line);
    if (line) {
        tb_json_put_str(w, "gtin", line->gtin);
        tb_json_put_str(w, "product_name", line->name);
    }
}

void tb_pages_taken_back(struct tb_agent *agent, const struct tb_mutation *mutation,
                         const struct tb_verdict *verdict)
{
    if (!tb_serving_is_about(&agent->serving, mutation))
        return;
    struct tb_json_writer w = tb_page_begin(agent, "taken_back");
    tb_json_put_id(&w, "visit", &agent->serving.visit.id);
    tb_json_put_int(&w, "seq", verdict->seq);
    tb_json_put_str(&w, "change", tb_mutation_kind_names[mutation->kind]);
    tb_json_put_str(&w, "code", verdict->code);
    put_taken(&w, agent, mutation);
    tb_page_end(agent, &w, everybody, TB_COUNTER_TOPIC_EVENT);
}

void tb_pages_reading(struct tb_agent *agent, const char *reader, bool on)
{
    struct tb_json_writer w = tb_page_begin(agent, on ? "reading" : "reading_end");
    tb_json_put_str(&w, "reader", reader);
    tb_page_end(agent, &w, everybody, TB_COUNTER_TOPIC_READING);
}

/* ---- asking ---- */

static void request_details(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    if (!tb_operators_admit(r) || !tb_shopping_visit(r))
        return;
    enum tb_err err = tb_audit(TB_EVENT("visit", "details_shown"),
                               tb_log_id("visit", &agent->serving.visit.id), tb_operators_field(agent));
    if (err != TB_OK) {
        tb_request_refuse(r, err, "The look at the details could not be recorded.");
        return;
    }
    tb_visit_activity(&agent->serving.visit, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
    tb_shopping_answer_done(r);
}

static void request_claim(struct tb_request *r)
{
    if (tb_shopping_visit(r))
        tb_checkout_desk_claim(r);
}

static void request_release(struct tb_request *r)
{
    if (tb_shopping_visit(r))
        tb_checkout_desk_release(r);
}

static const struct tb_request_method methods[] = {
    {"cart.add", tb_shopping_add},
    {"cart.set_quantity", tb_shopping_set_quantity},
    {"cart.remove", tb_shopping_remove},
    {"visit.end", tb_shopping_visit_end},
    {"details.shown", request_details},
    {"ping", tb_shopping_ping},
    {"handover.accept", tb_handover_desk_accept},
    {"handover.decline", tb_handover_desk_decline},
    {"handover.request", tb_handover_desk_request},
    {"handover.cancel", tb_handover_desk_cancel},
    {"handover.fetch", tb_handover_desk_fetch},
    {"merge.decide", tb_stitch_decide_request},
    {"merge.undo", tb_stitch_undo_request},
    {"checkout.claim", request_claim},
    {"checkout.release", request_release},
    {"pairing.refuse", tb_pos_pair_refuse},
};

static const struct tb_request_desk desk = {.methods = methods,
                                            .method_count = TB_ARRAY_SIZE(methods),
                                            .more = tb_people_methods,
                                            .more_count = TB_PEOPLE_METHOD_COUNT,
                                            .asked = tb_operators_activity,
                                            .size_max = TB_COUNTER_MESSAGE_MAX,
                                            .send = tb_page_answer};

void tb_pages_request(void *context, uint32_t page, enum tb_counter_scope scope, struct tb_span message)
{
    if (scope == TB_COUNTER_SCOPE_SHOPPER)
        tb_kiosk_request(context, page, message);
    else if (scope == TB_COUNTER_SCOPE_IT)
        tb_it_request(context, page, message);
    else
        tb_request_handle(context, &desk, page, message);
}

void tb_pages_opened(void *context, uint32_t page, enum tb_counter_scope scope)
{
    struct tb_agent *agent = context;
    const struct tb_page_to to = {.page = page};
    if (scope == TB_COUNTER_SCOPE_SHOPPER)
        tb_kiosk_opened(agent, page);
    if (scope != TB_COUNTER_SCOPE_CLERK && scope != TB_COUNTER_SCOPE_IT)
        return;
    tb_pages_send_terminal(agent, to);
    state_send(agent, to);
    if (scope == TB_COUNTER_SCOPE_IT)
        return;
    visit_send(agent, to);
    tb_pos_pairing_show(agent, page);
    tb_operators_show(agent, to);
    tb_choices_show(agent, to);
    tb_kiosk_merge_show(agent, to);
    tb_handover_desk_tell_clerk(agent, to);
}

void tb_pages_closed(void *context, uint32_t page, const char *reason)
{
    tb_pos_closed(context, page);
    tb_log(TB_LOG_DEBUG, TB_EVENT("pages", "closed"), tb_log_int("page", page), tb_log_str("reason", reason));
}

void tb_pages_refused(void *context, const char *code)
{
    (void)context;
    tb_log(TB_LOG_WARN, TB_EVENT("pages", "refused"), tb_log_str("code", code));
}
