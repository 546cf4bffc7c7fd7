#include "agent/app/agent.h"
#include "agent/app/handover/handover_desk.h"
#include "agent/app/pages/page.h"
#include "agent/app/pos/pos.h"

#include "core/base/wipe.h"
#include "host/log/log.h"

/* Whom an event goes to: one follower, or all that were granted one of these. */
struct to {
    uint32_t page; /* 0: all */
    uint32_t grants;
};

enum { ANY = (1 << TB_POS_GRANT_COUNT) - 1 };

static bool followed(const struct tb_agent *agent, struct to to)
{
    for (size_t i = 0; i < TB_COUNTER_POS_MAX; i++) {
        const struct tb_pos_follower *f = &agent->pos.followers[i];
        const struct tb_pos_client *client = f->page ? tb_pos_client_find(agent, f->client) : NULL;
        if (client && (to.page == 0 || to.page == f->page) && (client->grants & to.grants))
            return true;
    }
    return false;
}

/* Sending to a follower that is too slow ends it, and with it its place in the table. */
static void event_end(struct tb_agent *agent, struct tb_json_writer *w, struct to to,
                      enum tb_counter_topic topic)
{
    tb_rpc_end(w);
    for (size_t i = 0; i < TB_COUNTER_POS_MAX; i++) {
        const struct tb_pos_follower *f = &agent->pos.followers[i];
        const struct tb_pos_client *client = f->page ? tb_pos_client_find(agent, f->client) : NULL;
        if (!client || (to.page != 0 && to.page != f->page) || !(client->grants & to.grants))
            continue;
        enum tb_err err = agent->page.err;
        if (err == TB_OK)
            err = tb_counter_send(agent->counter, f->page, topic, tb_buf_span(&agent->page));
        if (err != TB_OK && err != TB_ERR_NOT_FOUND)
            tb_log(TB_LOG_WARN, TB_EVENT("pos", "not_sent"), tb_log_err(err));
    }
    tb_wipe(agent->page.at, agent->page.size);
}

void tb_pos_put_grants(struct tb_json_writer *w, uint32_t grants)
{
    tb_json_open_array(w, "scopes");
    for (unsigned i = 0; i < TB_POS_GRANT_COUNT; i++)
        if (grants & (1u << i))
            tb_json_put_str(w, NULL, tb_pos_grant_names[i]);
    tb_json_close_array(w);
}

void tb_pos_put_visit(struct tb_json_writer *w, const struct tb_agent *agent)
{
    const struct tb_serving *serving = &agent->serving;
    const struct tb_visit *visit = &serving->visit;
    if (!visit->open) {
        tb_serving_put_no_visit(w, visit->last_reason);
        return;
    }
    if (visit->start.known)
        tb_json_put_id(w, "customer", &serving->record.customer);
    tb_serving_put_visit(w, serving, tb_agent_reader_name(agent, visit->start.reader), TB_AUDIENCE_POS);
}

static void state_send(struct tb_agent *agent, struct to to)
{
    if (!followed(agent, to))
        return;
    struct tb_json_writer w = tb_page_begin(agent, "state");
    tb_status_put_state(&w, &agent->status, tb_loop_wall_ms(agent->loop));
    event_end(agent, &w, to, TB_COUNTER_TOPIC_STATE);
}

static void terminal_send(struct tb_agent *agent, struct to to)
{
    if (!agent->facts.terminal_known || !followed(agent, to))
        return;
    struct tb_json_writer w = tb_page_begin(agent, "terminal");
    tb_pages_put_terminal(&w, agent);
    tb_json_put_int(&w, "wall_ms", tb_loop_wall_ms(agent->loop));
    event_end(agent, &w, to, TB_COUNTER_TOPIC_TERMINAL);
}

static void visit_send(struct tb_agent *agent, struct to to, const char *event, enum tb_counter_topic topic)
{
    to.grants = TB_POS_MAY_CUSTOMER;
    if (!followed(agent, to))
        return;
    struct tb_json_writer w = tb_page_begin(agent, event);
    tb_pos_put_visit(&w, agent);
    event_end(agent, &w, to, topic);
}

static void operator_send(struct tb_agent *agent, struct to to)
{
    to.grants = TB_POS_MAY_OPERATOR;
    if (!followed(agent, to))
        return;
    struct tb_json_writer w = tb_page_begin(agent, "operator");
    tb_operators_put(&w, agent);
    event_end(agent, &w, to, TB_COUNTER_TOPIC_OPERATOR);
}

static void waiting_send(struct tb_agent *agent, struct to to)
{
    to.grants = TB_POS_MAY_HELP;
    if (!followed(agent, to))
        return;
    struct tb_json_writer w = tb_page_begin(agent, "handovers");
    tb_handover_desk_put_open(&w, agent);
    tb_json_put_int(&w, "wall_ms", tb_loop_wall_ms(agent->loop));
    event_end(agent, &w, to, TB_COUNTER_TOPIC_HANDOVERS);
}

/* Also when its visit has ended: who asked wants to know whether somebody took it. */
static void own_send(struct tb_agent *agent, struct to to)
{
    const struct tb_handover_own *own = tb_handovers_own(agent, TB_HANDOVER_FOR_CONTINUE);
    to.grants = TB_POS_MAY_HANDOVER;
    if (own->stage == TB_HANDOVER_STAGE_NONE || !followed(agent, to))
        return;
    struct tb_json_writer w = tb_page_begin(agent, "handover.own");
    tb_handover_desk_put_own(&w, own);
    tb_json_put_id(&w, "visit", &own->visit);
    tb_json_put_int(&w, "wall_ms", tb_loop_wall_ms(agent->loop));
    event_end(agent, &w, to, TB_COUNTER_TOPIC_HELP);
}

void tb_pos_told_at_first(struct tb_agent *agent, uint32_t page, const struct tb_pos_client *client)
{
    const struct to to = {.page = page, .grants = ANY};
    struct tb_json_writer w = tb_page_begin(agent, "ready");
    tb_pos_put_session(&w, agent, client);
    event_end(agent, &w, to, TB_COUNTER_TOPIC_EVENT);
    terminal_send(agent, to);
    state_send(agent, to);
    operator_send(agent, to);
    waiting_send(agent, to);
    own_send(agent, to);
    visit_send(agent, to, agent->serving.visit.open ? "customer.identified" : "customer.left",
               TB_COUNTER_TOPIC_VISIT);
}

void tb_pos_terminal(struct tb_agent *agent)
{
    terminal_send(agent, (struct to){.grants = ANY});
}

void tb_pos_operator(struct tb_agent *agent)
{
    operator_send(agent, (struct to){0});
}

void tb_pos_state(struct tb_agent *agent)
{
    state_send(agent, (struct to){.grants = ANY});
    tb_upos_state(agent);
}

/* With what is known of her the cart may have changed: who shows the cart alone follows cart.changed. */
static void customer_changed(struct tb_agent *agent)
{
    visit_send(agent, (struct to){0}, "customer.changed", TB_COUNTER_TOPIC_CUSTOMER);
    tb_pos_cart(agent);
}

/* One that was anonymous and is somebody's now has its id still: who she is is news. */
void tb_pos_visit(struct tb_agent *agent)
{
    const struct tb_visit *visit = &agent->serving.visit;
    struct tb_pos *pos = &agent->pos;
    bool new_one = visit->open && !tb_id_equal(&visit->id, &pos->visit_told);
    bool identified = new_one || (visit->open && visit->start.known && !pos->customer_told);
    if (!visit->open && tb_id_is_zero(&pos->visit_told))
        return;
    if (visit->open && !identified)
        customer_changed(agent);
    else
        visit_send(agent, (struct to){0}, visit->open ? "customer.identified" : "customer.left",
                   TB_COUNTER_TOPIC_VISIT);
    if (identified && visit->start.known)
        tb_upos_customer(agent);
    pos->visit_told = visit->open ? visit->id : (struct tb_id){{0}};
    pos->customer_told = visit->open && visit->start.known;
}

void tb_pos_cart(struct tb_agent *agent)
{
    const struct to to = {.grants = TB_POS_MAY_CUSTOMER};
    if (!agent->serving.visit.open || !followed(agent, to))
        return;
    struct tb_json_writer w = tb_page_begin(agent, "cart.changed");
    tb_json_put_id(&w, "visit", &agent->serving.visit.id);
    tb_serving_put_cart(&w, &agent->serving);
    event_end(agent, &w, to, TB_COUNTER_TOPIC_CART);
}

void tb_pos_outcome(struct tb_agent *agent, const struct tb_identify_action *action)
{
    const struct to to = {.grants = TB_POS_MAY_DEVICE};
    tb_upos_outcome(agent, action);
    if (!followed(agent, to))
        return;
    struct tb_json_writer w = tb_page_begin(agent, "outcome");
    tb_page_put_outcome(&w, agent, action);
    event_end(agent, &w, to, TB_COUNTER_TOPIC_EVENT);
}

/* What a change came to: POS software that made it finds it by its seq. */
void tb_pos_verdict(struct tb_agent *agent, const struct tb_verdict *verdict)
{
    const struct to to = {.grants = TB_POS_MAY_CART | TB_POS_MAY_CHECKOUT};
    if (!followed(agent, to))
        return;
    struct tb_json_writer w = tb_page_begin(agent, "change.decided");
    tb_json_put_int(&w, "seq", verdict->seq);
    tb_json_put_str(&w, "verdict", tb_verdict_kind_names[verdict->kind]);
    if (verdict->code[0])
        tb_json_put_str(&w, verdict->kind == TB_VERDICT_APPLIED ? "conflict" : "code", verdict->code);
    event_end(agent, &w, to, TB_COUNTER_TOPIC_EVENT);
}

static bool own_is_as_told(const struct tb_handover_own *own, const struct tb_handover_own *told)
{
    return tb_id_equal(&own->id, &told->id) && own->stage == told->stage && own->declined == told->declined &&
           strcmp(own->code, told->code) == 0;
}

void tb_pos_handovers(struct tb_agent *agent)
{
    const struct tb_handover_own *own = tb_handovers_own(agent, TB_HANDOVER_FOR_CONTINUE);
    waiting_send(agent, (struct to){0});
    if (own_is_as_told(own, &agent->pos.own_told))
        return;
    agent->pos.own_told = *own;
    own_send(agent, (struct to){0});
}

void tb_pos_handover_over(struct tb_agent *agent, const struct tb_id *handover, const struct tb_handover *doc)
{
    const struct to to = {.grants = TB_POS_MAY_HELP};
    if (!followed(agent, to))
        return;
    struct tb_json_writer w = tb_page_begin(agent, "handover.over");
    tb_json_put_id(&w, "id", handover);
    tb_json_put_str(&w, "state", tb_handover_state_names[doc->state]);
    if (doc->by[0])
        tb_json_put_str(&w, "by", doc->by);
    if (doc->taken_ms)
        tb_json_put_int(&w, "waited_ms", doc->taken_ms - doc->at_ms);
    event_end(agent, &w, to, TB_COUNTER_TOPIC_EVENT);
}
