#include "agent/app/handover/handover_desk.h"

#include "agent/app/agent.h"
#include "agent/app/pages/shopping.h"
#include "core/base/wipe.h"
#include "core/context/benefit.h"
#include "core/credential/handover.h"

#define SHOWN_MAX 32 /* of the open ones: more than that is not looked at, and a message has its limit */

/* ---- telling ---- */

static void put_text(struct tb_json_writer *w, const char *name, const char *text)
{
    if (text[0])
        tb_json_put_str(w, name, text);
}

static void put_number(struct tb_json_writer *w, const char *name, int64_t value)
{
    if (value)
        tb_json_put_int(w, name, value);
}

static const char *stage_name(enum tb_handover_stage stage)
{
    switch (stage) {
    case TB_HANDOVER_STAGE_NONE: break;
    case TB_HANDOVER_STAGE_ASKING: return "asking";
    case TB_HANDOVER_STAGE_WAITING: return "waiting";
    case TB_HANDOVER_STAGE_ACCEPTED: return "accepted";
    case TB_HANDOVER_STAGE_OVER: return "over";
    }
    return "";
}

/* Who a customer is is shown as far as a visit begun by it would show it. */
static void put_entry(struct tb_json_writer *w, const struct tb_agent *agent,
                      const struct tb_handover_entry *entry)
{
    const struct tb_handover *doc = &entry->doc;
    bool name = tb_benefit_is_open(&agent->policy, TB_BENEFIT_SHOW_NAME, TB_ASSURANCE_LOW);
    bool tier = tb_benefit_is_open(&agent->policy, TB_BENEFIT_SHOW_TIER, TB_ASSURANCE_LOW);
    bool cart = tb_benefit_is_open(&agent->policy, TB_BENEFIT_SHOW_CART, TB_ASSURANCE_LOW);
    tb_json_open(w, NULL);
    tb_json_put_id(w, "id", &entry->id);
    tb_json_put_int(w, "at_ms", doc->at_ms);
    tb_json_put_str(w, "from", doc->from);
    if (doc->reason != TB_HANDOVER_FOR_NONE)
        tb_json_put_str(w, "reason", tb_handover_reason_names[doc->reason]);
    put_text(w, "note", doc->note);
    put_text(w, "name", name ? doc->customer_name : "");
    put_text(w, "tier", tier ? doc->tier : "");
    put_number(w, "item_count", cart ? doc->item_count : 0);
    put_number(w, "total", cart ? doc->total : 0);
    put_text(w, "currency", cart ? doc->currency : "");
    tb_json_put_bool(w, "anonymous", tb_id_is_zero(&entry->customer));
    tb_json_put_bool(w, "declined", entry->declined);
    tb_json_put_int(w, "declined_count", doc->declined);
    tb_json_close(w);
}

void tb_handover_desk_put_own(struct tb_json_writer *w, const struct tb_handover_own *own)
{
    tb_json_put_id(w, "id", &own->id);
    tb_json_put_str(w, "state", stage_name(own->stage));
    tb_json_put_int(w, "since_ms", own->since_ms);
    put_number(w, "until_ms", own->until_ms);
    put_text(w, "code", own->code);
    put_text(w, "by", own->by);
    put_text(w, "back_by", own->back_by);
    tb_json_put_int(w, "declined_count", own->declined);
}

/* The clerk's own request of the open visit. */
static void put_own(struct tb_json_writer *w, const struct tb_agent *agent)
{
    const struct tb_handover_own *own = tb_handovers_own(agent, TB_HANDOVER_FOR_CONTINUE);
    const struct tb_visit *visit = &agent->serving.visit;
    if (own->stage == TB_HANDOVER_STAGE_NONE || !visit->open || !tb_id_equal(&own->visit, &visit->id)) {
        tb_json_put_null(w, "own");
        return;
    }
    tb_json_open(w, "own");
    tb_handover_desk_put_own(w, own);
    tb_json_close(w);
}

void tb_handover_desk_put_open(struct tb_json_writer *w, const struct tb_agent *agent)
{
    const struct tb_handover_entry *entry;
    size_t index = 0;
    tb_json_open_array(w, "open");
    for (size_t count = 0; count < SHOWN_MAX && (entry = tb_handovers_next(agent, &index)); count++)
        put_entry(w, agent, entry);
    tb_json_close_array(w);
}

/* What was taken over here and waits for the end of another's visit, and what went back for want of it. */
static void put_taken(struct tb_json_writer *w, const struct tb_agent *agent)
{
    const struct tb_acceptances *taking = &agent->handovers.taking;
    const struct tb_handover_back *back = &agent->handovers.back;
    int64_t wall_ms = tb_loop_wall_ms(agent->loop) - tb_loop_now_ms(agent->loop);
    tb_json_open_array(w, "held");
    for (size_t i = 0; i < TB_ACCEPTANCE_COUNT_MAX; i++) {
        const struct tb_acceptance *one = &taking->at[i];
        if (one->stage != TB_ACCEPTANCE_HELD)
            continue;
        tb_json_open(w, NULL);
        tb_json_put_id(w, "id", &one->id);
        tb_json_put_str(w, "from", one->from);
        tb_json_put_int(w, "until_ms", wall_ms + one->until_ms);
        tb_json_close(w);
    }
    tb_json_close_array(w);
    if (tb_id_is_zero(&back->id))
        return;
    tb_json_open(w, "back");
    tb_json_put_id(w, "id", &back->id);
    tb_json_put_str(w, "from", back->from);
    tb_json_put_int(w, "at_ms", back->at_ms);
    tb_json_close(w);
}

void tb_handover_desk_tell_clerk(struct tb_agent *agent, struct tb_page_to to)
{
    struct tb_json_writer w = tb_page_begin(agent, "handovers");
    tb_handover_desk_put_open(&w, agent);
    put_own(&w, agent);
    put_taken(&w, agent);
    tb_json_put_int(&w, "wall_ms", tb_loop_wall_ms(agent->loop));
    tb_page_end(agent, &w, to, TB_COUNTER_TOPIC_HANDOVERS);
}

void tb_handover_desk_tell_shopper(struct tb_agent *agent, struct tb_page_to to)
{
    const struct tb_handover_own *own = tb_handovers_own(agent, TB_HANDOVER_FOR_HELP);
    struct tb_json_writer w = tb_page_begin(agent, "help");
    bool told = own->stage != TB_HANDOVER_STAGE_NONE && own->stage != TB_HANDOVER_STAGE_ASKING;
    if (told) {
        tb_json_open(&w, "help");
        tb_json_put_str(&w, "state", stage_name(own->stage));
        tb_json_put_int(&w, "since_ms", own->since_ms);
        put_text(&w, "by", own->by);
        put_text(&w, "back_by", own->back_by);
        tb_json_put_int(&w, "declined", own->declined);
        tb_json_close(&w);
    } else
        tb_json_put_null(&w, "help");
    tb_page_end(agent, &w, to, TB_COUNTER_TOPIC_HELP);
}

void tb_handover_desk_tell(struct tb_agent *agent)
{
    tb_handover_desk_tell_clerk(agent, (struct tb_page_to){.scopes = TB_PAGE_CLERKS});
    tb_handover_desk_tell_shopper(agent, (struct tb_page_to){.scopes = TB_PAGE_SHOPPERS});
    tb_pos_handovers(agent);
}

/* ---- answers ---- */

static const char *refusal(enum tb_err err)
{
    switch ((int)err) {
    case TB_ERR_OFFLINE: return "There is no connection: nobody else can be told.";
    case TB_ERR_TIMEOUT: return "The context store did not answer.";
    case TB_ERR_CONFLICT: return "That has been done already.";
    case TB_ERR_NOT_FOUND: return "It is over, or there is nothing to hand over.";
    case TB_ERR_HANDOVER_LIMIT: return "Too many were asked for here within a few minutes.";
    }
    return "It was turned down.";
}

static void refuse(const struct tb_request *r, enum tb_err err)
{
    tb_request_refuse(r, err, refusal(err));
}

/* Somebody may take it until then, with this code. */
static void asked_done(struct tb_agent *agent, const struct tb_request *asker, enum tb_err err,
                       const struct tb_handover_own *own)
{
    (void)agent;
    if (err != TB_OK) {
        refuse(asker, err);
        return;
    }
    struct tb_json_writer w = tb_request_answer_begin(asker);
    tb_json_put_id(&w, "handover", &own->id);
    tb_json_put_str(&w, "code", own->code);
    tb_json_put_int(&w, "until_ms", own->until_ms);
    tb_request_answer_end(asker, &w);
}

static void called_done(struct tb_agent *agent, const struct tb_request *asker, enum tb_err err,
                        const struct tb_handover_own *own)
{
    (void)agent;
    (void)own;
    if (err == TB_OK)
        tb_shopping_answer_done(asker);
    else
        refuse(asker, err);
}

static void visit_answer(struct tb_agent *agent, const struct tb_request *asker)
{
    struct tb_json_writer w = tb_request_answer_begin(asker);
    tb_json_put_id(&w, "visit", &agent->serving.visit.id);
    tb_request_answer_end(asker, &w);
}

static void accepted_done(struct tb_agent *agent, const struct tb_request *asker, enum tb_err err,
                          const struct tb_handover_own *own)
{
    (void)own;
    if (err == TB_OK)
        visit_answer(agent, asker);
    else if (err == TB_ERR_BUSY) {
        struct tb_json_writer w = tb_request_answer_begin(asker);
        tb_json_put_bool(&w, "later", true);
        tb_request_answer_end(asker, &w);
    } else
        refuse(asker, err);
}

/* ---- asking ---- */

static void request_answer(struct tb_request *r, bool accept)
{
    struct tb_id handover = tb_json_id(&r->check, r->params, "handover");
    if (!tb_request_check(r) || !tb_operators_admit(r))
        return;
    enum tb_err err = accept ? tb_handovers_accept(r->agent, &handover, accepted_done, r)
                             : tb_handovers_decline(r->agent, &handover, called_done, r);
    if (err != TB_OK)
        refuse(r, err);
}

void tb_handover_desk_accept(struct tb_request *r)
{
    request_answer(r, true);
}

void tb_handover_desk_decline(struct tb_request *r)
{
    request_answer(r, false);
}

static void request_wish(struct tb_request *r, struct tb_handover_wish *wish, tb_handover_done *done)
{
    char note[TB_TEXT_SIZE_MAX + 1] = "";
    struct tb_id visit = tb_json_id(&r->check, r->params, "visit");
    if (tb_json_has(r->params, "note"))
        tb_json_str(&r->check, r->params, "note", note, sizeof note);
    if (!tb_request_check(r) || !tb_shopping_visit_is_on(r, &visit))
        return;
    wish->note = note;
    enum tb_err err = tb_handovers_request(r->agent, wish, done, r);
    if (err != TB_OK)
        refuse(r, err);
}

/* As the context store takes it: letters, digits and ._:- */
static bool is_place(const char *text)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-";
    return text[0] && text[strspn(text, good)] == '\0';
}

void tb_handover_desk_request(struct tb_request *r)
{
    char to[TB_SHORT_SIZE_MAX + 1];
    struct tb_handover_wish wish = {.reason = TB_HANDOVER_FOR_CONTINUE, .to = to};
    tb_json_str(&r->check, r->params, "to", to, sizeof to);
    if (r->check.err == TB_OK && !is_place(to))
        tb_check_fail(&r->check, TB_ERR_SYNTAX, "to");
    if (tb_request_check(r) && tb_operators_admit(r))
        request_wish(r, &wish, asked_done);
}

/* ---- fetching by a code ---- */

static enum tb_err fetched_err(const struct tb_handed_end *end)
{
    if (end->merged)
        return TB_ERR_BUSY;
    if (end->reason == TB_REASON_FOUND_LATE)
        return TB_ERR_CONFLICT;
    if (end->outcome == TB_OUTCOME_RECOGNISED)
        return TB_OK;
    switch ((int)end->reason) {
    case TB_REASON_HANDOVER_OFFLINE: return TB_ERR_OFFLINE;
    case TB_REASON_HANDOVER_TIMEOUT: return TB_ERR_TIMEOUT;
    case TB_REASON_BUSY: return TB_ERR_BUSY;
    case TB_REASON_LOOKUP_LIMIT: return TB_ERR_FIND_LIMIT;
    case TB_REASON_HANDOVER_GONE: return TB_ERR_NOT_FOUND;
    }
    return TB_ERR_DENIED; /* what the chain's rules do not take for a hand-over */
}

static void fetched(struct tb_agent *agent, const struct tb_request *asker, const struct tb_handed_end *end)
{
    enum tb_err err = fetched_err(end);
    if (err == TB_OK && !agent->serving.visit.open)
        err = TB_ERR_NOT_FOUND;
    if (err == TB_OK)
        visit_answer(agent, asker);
    else
        refuse(asker, err);
}

/* Typed instead of scanned: what it proves, and what it may begin, is the same. */
void tb_handover_desk_fetch(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    char text[TB_HANDOVER_TEXT_SIZE_MAX + 1];
    char code[TB_HANDOVER_CODE_SIZE + 1] = "";
    struct tb_span typed = tb_json_text(&r->check, r->params, "code", TB_SHORT_SIZE_MAX);
    if (r->check.err == TB_OK) {
        enum tb_err bad = tb_handover_code_decode(typed, code);
        if (bad != TB_OK)
            tb_check_fail(&r->check, bad, "code");
    }
    if (!tb_request_check(r) || !tb_operators_admit(r))
        return;
    enum tb_err err = agent->status.line == TB_LINE_LIVE ? TB_OK : TB_ERR_OFFLINE;
    if (err == TB_OK)
        err = tb_handover_text(agent->identify.policy.rules, code, text, sizeof text);
    if (err == TB_OK)
        err = tb_handed_take(r, TB_AGENT_READER_PAGE, tb_span_str(text), fetched);
    if (err != TB_OK)
        refuse(r, err);
    tb_wipe(code, sizeof code);
    tb_wipe(text, sizeof text);
}

void tb_handover_desk_call(struct tb_request *r)
{
    struct tb_handover_wish wish = {.reason = TB_HANDOVER_FOR_HELP, .to = TB_HANDOVER_TO_ANY};
    request_wish(r, &wish, called_done);
}

static void request_cancel(struct tb_request *r, enum tb_handover_reason reason)
{
    if (!tb_shopping_visit(r))
        return;
    enum tb_err err = tb_handovers_cancel(r->agent, reason, &r->agent->serving.visit.id);
    if (err == TB_OK)
        tb_shopping_answer_done(r);
    else
        refuse(r, err);
}

void tb_handover_desk_cancel(struct tb_request *r)
{
    if (tb_operators_admit(r))
        request_cancel(r, TB_HANDOVER_FOR_CONTINUE);
}

void tb_handover_desk_call_cancel(struct tb_request *r)
{
    request_cancel(r, TB_HANDOVER_FOR_HELP);
}
