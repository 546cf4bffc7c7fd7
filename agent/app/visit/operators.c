#include "agent/app/visit/operators.h"

#include "agent/app/agent.h"
#include "agent/app/pages/kiosk.h"
#include "agent/app/pages/shopping.h"

#include <stdio.h>

static void audit(const char *event, const char *id, const char *by)
{
    enum tb_err err = tb_audit(TB_EVENT("operator", event), tb_log_str("operator", id), tb_log_str("by", by));
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("audit", "write_failed"), tb_log_err(err));
}

const char *tb_operators_id(const struct tb_agent *agent)
{
    return agent->operators.id;
}

bool tb_operators_required(const struct tb_agent *agent)
{
    return agent->policy.operator_required && !tb_kiosk_is(agent);
}

bool tb_operators_missing(const struct tb_agent *agent)
{
    return tb_operators_required(agent) && !agent->operators.id[0];
}

bool tb_operators_admit(struct tb_request *r)
{
    bool missing = tb_operators_missing(r->agent);
    if (missing)
        tb_request_refuse(r, TB_ERR_OPERATOR, "Nobody is signed on here: show a badge first.");
    return !missing;
}

struct tb_log_field tb_operators_field(const struct tb_agent *agent)
{
    return tb_log_str("operator", agent->operators.id);
}

void tb_operators_put(struct tb_json_writer *w, const struct tb_agent *agent)
{
    const struct tb_operators *o = &agent->operators;
    if (o->id[0]) {
        tb_json_open(w, "operator");
        tb_json_put_str(w, "id", o->id);
        tb_json_put_str(w, "name", o->name);
        tb_json_close(w);
    } else {
        tb_json_put_null(w, "operator");
    }
}

void tb_operators_show(struct tb_agent *agent, struct tb_page_to to)
{
    struct tb_json_writer w = tb_page_begin(agent, "operator");
    tb_operators_put(&w, agent);
    tb_page_end(agent, &w, to, TB_COUNTER_TOPIC_OPERATOR);
}

static void tell(struct tb_agent *agent)
{
    tb_operators_show(agent, (struct tb_page_to){.scopes = TB_PAGE_CLERKS});
    tb_pos_operator(agent);
}

/* What somebody began who is gone is not finished in nobody's name. */
static void unattended(struct tb_agent *agent)
{
    if (tb_operators_missing(agent))
        tb_captures_unattended(agent);
}

/* ---- on and off ---- */

static void idle_due(struct tb_timer *timer)
{
    tb_operators_sign_off(timer->context, "idle");
}

void tb_operators_activity(struct tb_agent *agent)
{
    struct tb_operators *o = &agent->operators;
    int64_t idle_ms = agent->config.operator_idle_s * 1000;
    o->idle.context = agent;
    if (o->id[0] && idle_ms > 0)
        tb_timer_set(agent->loop, &o->idle, idle_ms, idle_due);
}

static void forget(struct tb_operators *o)
{
    o->id[0] = '\0';
    o->name[0] = '\0';
    tb_timer_cancel(&o->idle);
}

void tb_operators_sign_off(struct tb_agent *agent, const char *by)
{
    struct tb_operators *o = &agent->operators;
    if (!o->id[0])
        return;
    audit("off", o->id, by);
    forget(o);
    unattended(agent);
    tell(agent);
}

static void sign_on(struct tb_agent *agent, const struct tb_operator_known *who, const char *by)
{
    struct tb_operators *o = &agent->operators;
    if (o->id[0])
        audit("off", o->id, by);
    (void)snprintf(o->id, sizeof o->id, "%s", who->id);
    (void)snprintf(o->name, sizeof o->name, "%s", who->doc.name);
    audit("on", o->id, by);
    tb_operators_activity(agent);
    tell(agent);
}

/* ---- who may ---- */

static const struct tb_operator_known *known_by_id(const struct tb_agent *agent, const char *id)
{
    const struct tb_operators_known *known = &agent->facts.operators;
    for (size_t i = 0; i < known->count; i++)
        if (known->at[i].doc.active && strcmp(known->at[i].id, id) == 0)
            return &known->at[i];
    return NULL;
}

static const struct tb_operator_known *known_by_badge(const struct tb_agent *agent,
                                                      const struct tb_credential *badge)
{
    const struct tb_operators_known *known = &agent->facts.operators;
    if (!agent->facts.pepper.version)
        return NULL;
    const struct tb_digest hash = tb_pepper_credential(&agent->facts.pepper, badge);
    for (size_t i = 0; i < known->count; i++)
        if (known->at[i].doc.active && known->at[i].doc.has_badge &&
            memcmp(known->at[i].doc.badge, hash.bytes, sizeof hash.bytes) == 0)
            return &known->at[i];
    return NULL;
}

enum tb_badge tb_operators_badge(struct tb_agent *agent, const struct tb_credential *badge)
{
    const struct tb_operator_known *who = known_by_badge(agent, badge);
    if (!who)
        return TB_BADGE_UNKNOWN;
    if (strcmp(who->id, agent->operators.id) == 0) {
        tb_operators_sign_off(agent, "badge");
        return TB_BADGE_OFF;
    }
    sign_on(agent, who, "badge");
    return TB_BADGE_ON;
}

enum tb_err tb_operators_sign_on(struct tb_agent *agent, const char *id, const char *by)
{
    const struct tb_operator_known *who = known_by_id(agent, id);
    if (!who)
        return TB_ERR_NOT_FOUND;
    if (strcmp(who->id, agent->operators.id) == 0)
        tb_operators_activity(agent);
    else
        sign_on(agent, who, by);
    return TB_OK;
}

void tb_operators_facts(struct tb_agent *agent)
{
    struct tb_operators *o = &agent->operators;
    const struct tb_operator_known *who = o->id[0] ? known_by_id(agent, o->id) : NULL;
    if (!who) {
        tb_operators_sign_off(agent, "list");
    } else if (strcmp(who->doc.name, o->name) != 0) {
        (void)snprintf(o->name, sizeof o->name, "%s", who->doc.name);
        tell(agent);
    }
    unattended(agent);
}

void tb_operators_stop(struct tb_agent *agent)
{
    forget(&agent->operators);
}

void tb_operators_leave(struct tb_request *r)
{
    tb_shopping_answer_done(r);
    tb_operators_sign_off(r->agent, "page");
}
