#include "agent/app/pages/kiosk.h"

#include "agent/app/agent.h"
#include "agent/app/handover/handover_desk.h"
#include "agent/app/handover/send_code.h"
#include "agent/app/pages/shopping.h"
#include "agent/app/visit/farewell.h"
#include "agent/app/visit/know.h"
#include "agent/app/visit/stitch.h"
#include "core/base/assert.h"

static const struct tb_page_to shoppers = {.scopes = TB_PAGE_SHOPPERS};

bool tb_kiosk_is(const struct tb_agent *agent)
{
    return agent->facts.terminal_known && strcmp(agent->facts.terminal.role, "kiosk") == 0;
}

enum tb_channel tb_kiosk_channel(const struct tb_agent *agent)
{
    return tb_kiosk_is(agent) ? TB_CHANNEL_KIOSK : TB_CHANNEL_TILL;
}

/* ---- telling ---- */

/* Of the terminal's troubles a shopper needs to know that the line is down, and whether she can scan. */
static void state_send(struct tb_agent *agent, struct tb_page_to to)
{
    struct tb_json_writer w = tb_page_begin(agent, "state");
    tb_status_put_shown(&w, &agent->status, tb_loop_wall_ms(agent->loop));
    tb_page_end(agent, &w, to, TB_COUNTER_TOPIC_STATE);
}

static void visit_send(struct tb_agent *agent, struct tb_page_to to)
{
    struct tb_json_writer w = tb_page_begin(agent, "visit");
    tb_pages_put_visit(&w, agent, TB_AUDIENCE_SHOPPER);
    tb_page_end(agent, &w, to, TB_COUNTER_TOPIC_VISIT);
}

static void merge_send(struct tb_agent *agent, struct tb_page_to to)
{
    struct tb_json_writer w = tb_page_begin(agent, "merge");
    tb_stitch_put(&w, agent);
    tb_page_end(agent, &w, to, TB_COUNTER_TOPIC_EVENT);
}

void tb_kiosk_state(struct tb_agent *agent)
{
    state_send(agent, shoppers);
}

void tb_kiosk_visit(struct tb_agent *agent)
{
    visit_send(agent, shoppers);
}

/* At a till nobody else may be there to answer than the clerk. */
void tb_kiosk_merge(struct tb_agent *agent)
{
    merge_send(agent, (struct tb_page_to){.scopes = TB_PAGE_CLERKS | TB_PAGE_SHOPPERS});
}

void tb_kiosk_merge_show(struct tb_agent *agent, struct tb_page_to to)
{
    merge_send(agent, to);
}

/* ---- the count-down ---- */

static void blank_send(struct tb_agent *agent, struct tb_page_to to)
{
    struct tb_json_writer w = tb_page_begin(agent, "blank");
    if (agent->blank.due_ms)
        tb_json_put_int(&w, "in_ms", agent->blank.due_ms - tb_loop_now_ms(agent->loop));
    else
        tb_json_put_null(&w, "in_ms");
    tb_page_end(agent, &w, to, TB_COUNTER_TOPIC_EVENT);
}

static void blank_look(struct tb_timer *timer)
{
    struct tb_agent *agent = timer->context;
    const int64_t now_ms = tb_loop_now_ms(agent->loop);
    const int64_t due_ms = tb_visit_deadline_ms(&agent->serving.visit);
    const bool runs = due_ms != INT64_MAX && due_ms - now_ms <= TB_KIOSK_BLANK_MS;
    const int64_t told_ms = agent->blank.due_ms;
    agent->blank.due_ms = runs ? due_ms : 0;
    if (agent->blank.due_ms != told_ms)
        blank_send(agent, shoppers);
    if (!runs && due_ms != INT64_MAX)
        tb_timer_set(agent->loop, timer, due_ms - now_ms - TB_KIOSK_BLANK_MS, blank_look);
}

void tb_kiosk_rearm(struct tb_agent *agent)
{
    const int64_t due_ms = tb_visit_deadline_ms(&agent->serving.visit);
    if (due_ms == agent->blank.seen_ms)
        return;
    agent->blank.seen_ms = due_ms;
    agent->blank.timer.context = agent;
    tb_timer_set(agent->loop, &agent->blank.timer, 0, blank_look);
}

void tb_kiosk_stop(struct tb_agent *agent)
{
    tb_timer_cancel(&agent->blank.timer);
}

/* ---- somebody begins ---- */

static void nobody_begin(struct tb_agent *agent, uint8_t reader)
{
    const struct tb_visit_start start = {.known = false, .source = TB_VISIT_FROM_NOBODY, .reader = reader};
    tb_visits_open_nobody(agent, &start, NULL);
}

bool tb_kiosk_scanned(struct tb_agent *agent, uint8_t reader)
{
    if (!tb_kiosk_is(agent) && !agent->policy.scan_begins_at_tills)
        return false;
    nobody_begin(agent, reader);
    return true;
}

/* ---- asking ---- */

/* Who is here already is answered with her visit: a tap may have been faster than the finger. Whoever begins
 * without a card, or goes on without one, is none of those who share the last one. */
static void visit_start(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    tb_choices_drop(agent);
    if (!agent->serving.visit.open)
        nobody_begin(agent, TB_VISIT_NO_READER);
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_put_id(&w, "visit", &agent->serving.visit.id);
    tb_request_answer_end(r, &w);
}

static void visit_touch(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    if (!tb_shopping_visit(r))
        return;
    tb_visit_activity(&agent->serving.visit, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
    tb_shopping_answer_done(r);
}

/* A table of what a shopper may do: nothing else is. */
static const struct tb_request_method methods[] = {
    {"visit.start", visit_start},
    {"visit.touch", visit_touch},
    {"visit.end", tb_shopping_visit_end},
    {"visit.not_me", tb_farewell_not_me_request},
    {"visit.forget", tb_farewell_forget_request},
    {"visit.know", tb_know_request},
    {"visit.choose", tb_choices_choose},
    {"cart.add", tb_shopping_add},
    {"cart.set_quantity", tb_shopping_set_quantity},
    {"cart.remove", tb_shopping_remove},
    {"merge.decide", tb_stitch_decide_request},
    {"merge.undo", tb_stitch_undo_request},
    {"send.code", tb_send_code_request},
    {"help.call", tb_handover_desk_call},
    {"help.cancel", tb_handover_desk_call_cancel},
    {"product.find", tb_shopping_product_find},
    {"ping", tb_shopping_ping},
};

static const struct tb_request_desk desk = {.methods = methods,
                                            .method_count = TB_ARRAY_SIZE(methods),
                                            .size_max = TB_COUNTER_MESSAGE_MAX,
                                            .send = tb_page_answer};

void tb_kiosk_request(struct tb_agent *agent, uint32_t page, struct tb_span message)
{
    tb_request_handle(agent, &desk, page, message);
}

void tb_kiosk_opened(struct tb_agent *agent, uint32_t page)
{
    const struct tb_page_to to = {.page = page};
    tb_pages_send_terminal(agent, to);
    state_send(agent, to);
    visit_send(agent, to);
    merge_send(agent, to);
    blank_send(agent, to);
    tb_choices_show(agent, to);
    tb_handover_desk_tell_shopper(agent, to);
}
