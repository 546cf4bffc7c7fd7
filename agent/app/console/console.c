#include "agent/app/agent.h"
#include "agent/app/console/keys_desk.h"
#include "agent/app/console/outbox_desk.h"
#include "agent/app/console/status_desk.h"
#include "agent/app/request.h"
#include "agent/app/visit/checkout_desk.h"

#include "core/base/assert.h"
#include "core/context/cart_view.h"
#include "host/log/log.h"

/* ---- sending ---- */

static void line_send(struct tb_agent *agent, uint32_t client)
{
    enum tb_err err = agent->page.err;
    if (err == TB_OK)
        err = tb_ctl_send(agent->ctl, client, tb_buf_span(&agent->page));
    if (err != TB_OK && err != TB_ERR_NOT_FOUND)
        tb_log(TB_LOG_WARN, TB_EVENT("console", "not_sent"), tb_log_err(err));
}

/* ---- events for followers ---- */

static bool followed(const struct tb_agent *agent)
{
    for (size_t i = 0; i < TB_AGENT_TAIL_MAX; i++)
        if (agent->tails[i])
            return true;
    return false;
}

static struct tb_json_writer event_begin(struct tb_agent *agent, const char *event)
{
    tb_buf_reset(&agent->page);
    struct tb_json_writer w = tb_rpc_begin_notification(&agent->page, "event");
    tb_json_put_int(&w, "at_ms", tb_loop_wall_ms(agent->loop));
    tb_json_put_str(&w, "event", event);
    return w;
}

static void event_end(struct tb_agent *agent, struct tb_json_writer *w)
{
    tb_rpc_end(w);
    for (size_t i = 0; i < TB_AGENT_TAIL_MAX; i++)
        if (agent->tails[i])
            line_send(agent, agent->tails[i]);
}

void tb_console_outcome(struct tb_agent *agent, const struct tb_identify_action *action)
{
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "outcome");
    tb_json_put_str(&w, "outcome", tb_outcome_name(action->outcome));
    tb_json_put_str(&w, "code", tb_reason_name(action->reason));
    tb_json_put_str(&w, "reader", tb_agent_reader_name(agent, action->reader));
    tb_json_put_int(&w, "took_ms", action->took_ms);
    if (action->gtin[0])
        tb_json_put_str(&w, "gtin", action->gtin);
    event_end(agent, &w);
}

void tb_console_visit_began(struct tb_agent *agent)
{
    const struct tb_visit *visit = &agent->serving.visit;
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "visit");
    tb_json_put_str(&w, "state", "began");
    tb_json_put_str(&w, "source", tb_visit_source_name(visit->start.source));
    tb_json_put_str(&w, "kind", tb_credential_kind_name(visit->start.credential_kind));
    tb_json_put_str(&w, "assurance", tb_assurance_name(visit->start.assurance));
    event_end(agent, &w);
}

void tb_console_visit_ended(struct tb_agent *agent, const struct tb_visit_end *end)
{
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "visit");
    tb_json_put_str(&w, "state", "ended");
    tb_json_put_str(&w, "reason", tb_visit_reason_name(end->reason));
    tb_json_put_int(&w, "took_ms", end->took_ms);
    event_end(agent, &w);
}

void tb_console_cart(struct tb_agent *agent, const struct tb_mutation *mutation)
{
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "cart");
    tb_json_put_str(&w, "change", tb_mutation_kind_names[mutation->kind]);
    tb_json_put_int(&w, "seq", mutation->seq);
    event_end(agent, &w);
}

void tb_console_verdict(struct tb_agent *agent, const struct tb_verdict *verdict)
{
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "cart");
    tb_json_put_int(&w, "seq", verdict->seq);
    tb_json_put_str(&w, "verdict", tb_verdict_kind_names[verdict->kind]);
    if (verdict->code[0])
        tb_json_put_str(&w, verdict->kind == TB_VERDICT_APPLIED ? "conflict" : "code", verdict->code);
    event_end(agent, &w);
}

void tb_console_line(struct tb_agent *agent)
{
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "line");
    tb_json_put_str(&w, "state", tb_line_state_name(agent->status.line));
    if (agent->status.line_cause != TB_CAUSE_NONE)
        tb_json_put_str(&w, "cause", tb_line_cause_name(agent->status.line_cause));
    event_end(agent, &w);
}

void tb_console_reader(struct tb_agent *agent, const struct tb_reader_info *reader,
                       const struct tb_reader_part *part)
{
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "reader");
    tb_json_put_str(&w, "reader", reader->name);
    tb_json_put_str(&w, "kind", tb_reader_kind_name(part->kind));
    tb_json_put_str(&w, "state", tb_reader_state_name(part->state));
    if (part->reason[0])
        tb_json_put_str(&w, "reason", part->reason);
    event_end(agent, &w);
}

void tb_console_notice(struct tb_agent *agent, enum tb_notice notice, bool on)
{
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "notice");
    tb_json_put_str(&w, "code", tb_notice_name(notice));
    tb_json_put_str(&w, "state", on ? "on" : "off");
    event_end(agent, &w);
}

/* ---- requests ---- */

static void request_cart(struct tb_request *r)
{
    const struct tb_serving *serving = &r->agent->serving;
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_put_bool(&w, "visit", serving->visit.open);
    if (serving->visit.open)
        tb_serving_put_cart(&w, serving);
    else
        tb_json_put_null(&w, "cart");
    if (serving->visit.open && !tb_serving_opens(serving, TB_BENEFIT_SHOW_CART))
        tb_json_put_bool(&w, "hidden", true);
    tb_json_put_int(&w, "wall_ms", tb_loop_wall_ms(r->agent->loop));
    tb_request_answer_end(r, &w);
}

/* The place of a follower, an old one's own or a free one; NULL when there is none. */
static uint32_t *tail_place(struct tb_agent *agent, uint32_t client)
{
    uint32_t *place = NULL;
    for (size_t i = 0; i < TB_AGENT_TAIL_MAX; i++)
        if (agent->tails[i] == client || (agent->tails[i] == 0 && !place))
            place = &agent->tails[i];
    return place;
}

static void request_tail(struct tb_request *r)
{
    uint32_t *place = tail_place(r->agent, r->from);
    if (!place) {
        tb_request_refuse(r, TB_ERR_FULL, "Too many followers.");
        return;
    }
    *place = r->from;
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_request_answer_end(r, &w);
}

static void request_token(struct tb_request *r)
{
    char url[TB_COUNTER_URL_SIZE];
    struct tb_span scope = tb_json_text(&r->check, r->params, "scope", TB_SHORT_SIZE_MAX);
    enum tb_counter_scope named = tb_counter_scope_named(scope);
    enum tb_err err = r->check.err;
    if (err == TB_OK && named == TB_COUNTER_SCOPE_NONE)
        err = TB_ERR_RANGE;
    if (err == TB_OK)
        err = tb_counter_mint_token(r->agent->counter, named, url);
    if (err != TB_OK) {
        tb_request_refuse(r, err, "scope");
        return;
    }
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_put_str(&w, "url", url);
    tb_request_answer_end(r, &w);
}

static const struct tb_request_method methods[] = {
    {"status", tb_status_desk_status},
    {"cart", request_cart},
    {"tail", request_tail},
    {"page.token", request_token},
    {"metrics", tb_status_desk_metrics},
    {"outbox", tb_outbox_desk_list},
    {"keys", tb_keys_desk_list},
    {"checkout.claim", tb_checkout_desk_claim},
    {"checkout.release", tb_checkout_desk_release},
    {"checkout.finish", tb_checkout_desk_finish},
    {"checkout.void", tb_checkout_desk_void},
    {"pos.list", tb_pos_desk_list},
    {"pos.grant", tb_pos_desk_grant},
    {"pos.revoke", tb_pos_desk_revoke},
    {"reader.list", tb_reader_ask_list},
    {"reader.selftest", tb_reader_ask_selftest},
    {"reader.stats", tb_reader_ask_stats},
    {"reader.update.begin", tb_reader_ask_update_begin},
    {"reader.update.block", tb_reader_ask_update_block},
    {"reader.update.end", tb_reader_ask_update_end},
};

static const struct tb_request_desk desk = {.methods = methods,
                                            .method_count = TB_ARRAY_SIZE(methods),
                                            .size_max = TB_CTL_LINE_MAX,
                                            .send = line_send};

void tb_console_request(void *context, uint32_t client, struct tb_span line)
{
    tb_request_handle(context, &desk, client, line);
}

void tb_console_closed(void *context, uint32_t client, const char *reason)
{
    struct tb_agent *agent = context;
    for (size_t i = 0; i < TB_AGENT_TAIL_MAX; i++)
        if (agent->tails[i] == client)
            agent->tails[i] = 0;
    tb_reader_ask_closed(agent, client);
    tb_log(TB_LOG_DEBUG, TB_EVENT("console", "closed"), tb_log_str("reason", reason));
}

void tb_console_refused(void *context, const char *code)
{
    (void)context;
    tb_log(TB_LOG_WARN, TB_EVENT("console", "refused"), tb_log_str("code", code));
}
