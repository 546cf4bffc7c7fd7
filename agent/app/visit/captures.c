#include "agent/app/visit/captures.h"

#include "agent/app/agent.h"
#include "agent/app/pages/page.h"
#include "agent/app/pages/shopping.h"
#include "agent/app/people/people.h"
#include "agent/app/visit/operators.h"
#include "core/base/wipe.h"
#include "core/wire/member.h"
#include "host/log/log.h"

#include <stdio.h>

static const char *const purpose_names[TB_CAPTURE_PURPOSE_COUNT] = {
    [TB_CAPTURE_LINK] = "link", [TB_CAPTURE_REPLACE] = "replace"};

/* ---- telling ---- */

/* outcome: deciding, linked, kept, refused, timeout, cancelled; kind and code may be NULL. */
static void tell(struct tb_agent *agent, enum tb_capture_purpose purpose, const char *outcome,
                 const char *kind, const char *code)
{
    struct tb_json_writer w = tb_page_begin(agent, "captured");
    tb_json_put_str(&w, "purpose", purpose_names[purpose]);
    tb_json_put_str(&w, "outcome", outcome);
    if (kind)
        tb_json_put_str(&w, "kind", kind);
    if (code)
        tb_json_put_str(&w, "code", code);
    tb_page_end(agent, &w, (struct tb_page_to){.scopes = TB_PAGE_CLERKS}, TB_COUNTER_TOPIC_EVENT);
}

static void forget(struct tb_agent *agent)
{
    struct tb_captures *c = &agent->captures;
    tb_identify_capture(&agent->identify, false);
    tb_timer_cancel(&c->timer);
    c->purpose = TB_CAPTURE_NONE;
    c->proven = false;
    tb_wipe(c->replaced, sizeof c->replaced);
    tb_wipe(c->proven_hash, sizeof c->proven_hash);
}

static void call_off(struct tb_agent *agent, const char *outcome)
{
    enum tb_capture_purpose purpose = agent->captures.purpose;
    if (purpose == TB_CAPTURE_NONE)
        return;
    forget(agent);
    tell(agent, purpose, outcome, NULL, NULL);
}

static void wait_due(struct tb_timer *timer)
{
    call_off(timer->context, "timeout");
}

void tb_captures_visit_ended(struct tb_agent *agent)
{
    call_off(agent, "cancelled");
}

void tb_captures_unattended(struct tb_agent *agent)
{
    call_off(agent, "cancelled");
}

/* ---- asking for it ---- */

static enum tb_capture_purpose purpose_read(struct tb_request *r)
{
    return (enum tb_capture_purpose)tb_json_enum(&r->check, r->params, "purpose", purpose_names,
                                                 TB_CAPTURE_PURPOSE_COUNT);
}

static void wait_begin(struct tb_agent *agent)
{
    struct tb_captures *c = &agent->captures;
    c->attempt_before = agent->identify.attempt_last;
    c->timer.context = agent;
    tb_timer_set(agent->loop, &c->timer, TB_CAPTURE_WAIT_MS, wait_due);
    tb_identify_capture(&agent->identify, true);
    tb_people_activity(agent);
}

void tb_captures_begin(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    struct tb_captures *c = &agent->captures;
    const struct tb_person_credential *replaced = NULL;
    struct tb_id visit = tb_json_id(&r->check, r->params, "visit");
    enum tb_capture_purpose purpose = purpose_read(r);
    bool share = tb_member_opt_bool(&r->check, r->params, "share");
    struct tb_id handle = {{0}};
    if (purpose == TB_CAPTURE_REPLACE)
        handle = tb_json_id(&r->check, r->params, "credential");
    if (!tb_request_check(r) || !tb_people_customer_is_on(r, &visit))
        return;
    if (purpose == TB_CAPTURE_REPLACE && !(replaced = tb_people_credential(r, &handle)))
        return;
    call_off(agent, "cancelled");
    c->purpose = purpose;
    c->share = share;
    if (replaced)
        memcpy(c->replaced, replaced->hash, sizeof c->replaced);
    wait_begin(agent);
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_put_int(&w, "until_ms", tb_loop_wall_ms(agent->loop) + TB_CAPTURE_WAIT_MS);
    tb_request_answer_end(r, &w);
}

void tb_captures_end(struct tb_request *r)
{
    tb_shopping_answer_done(r);
    call_off(r->agent, "cancelled");
}

/* ---- what became of the link ---- */

static void link_told(struct tb_agent *agent, const char *outcome, const char *code)
{
    struct tb_capture_link *link = &agent->captures.link;
    tb_timer_cancel(&link->timer);
    if (link->purpose != TB_CAPTURE_NONE)
        tell(agent, link->purpose, outcome, link->kind, code);
    link->purpose = TB_CAPTURE_NONE;
    link->seq = 0;
    tb_wipe(link->hash, sizeof link->hash);
}

static void decide_due(struct tb_timer *timer)
{
    link_told(timer->context, "kept", NULL);
}

static void link_begin(struct tb_agent *agent, enum tb_capture_purpose purpose,
                       const struct tb_credential_ref *ref)
{
    struct tb_capture_link *link = &agent->captures.link;
    link_told(agent, "kept", NULL); /* the one before: who linked it is on to the next */
    link->purpose = purpose;
    memcpy(link->kind, ref->kind, sizeof link->kind);
    memcpy(link->hash, ref->hash, sizeof link->hash);
    link->timer.context = agent;
    tell(agent, purpose, "deciding", ref->kind, NULL);
}

void tb_captures_stored(struct tb_agent *agent, const struct tb_mutation *mutation, enum tb_err err)
{
    struct tb_capture_link *link = &agent->captures.link;
    if (link->purpose == TB_CAPTURE_NONE || link->seq != 0 || mutation->kind != TB_MUTATION_CREDENTIAL_LINK ||
        memcmp(mutation->link.ref.hash, link->hash, sizeof link->hash) != 0)
        return;
    link->seq = mutation->seq;
    if (err != TB_OK)
        link_told(agent, "refused", tb_err_name(err));
    else if (agent->status.line != TB_LINE_LIVE)
        link_told(agent, "kept", NULL);
    else
        tb_timer_set(agent->loop, &link->timer, TB_CAPTURE_DECIDE_MS, decide_due);
}

void tb_captures_decided(struct tb_agent *agent, const struct tb_verdict *verdict)
{
    bool rejected = verdict->kind == TB_VERDICT_REJECTED;
    if (agent->captures.link.seq != 0 && agent->captures.link.seq == verdict->seq)
        link_told(agent, rejected ? "refused" : "linked", rejected ? verdict->code : NULL);
}

void tb_captures_stop(struct tb_agent *agent)
{
    tb_timer_cancel(&agent->captures.timer);
    tb_timer_cancel(&agent->captures.link.timer);
}

/* ---- taking it ---- */

static bool is_awaited(const struct tb_captures *c, uint64_t attempt)
{
    return c->purpose != TB_CAPTURE_NONE && attempt > c->attempt_before;
}

bool tb_captures_told(struct tb_agent *agent, uint64_t attempt, const struct tb_identify_proof *proof)
{
    struct tb_captures *c = &agent->captures;
    struct tb_identify_proven proven = {.kind = TB_CREDENTIAL_NONE};
    if (!proof->verified || !tb_identify_is_captured(&agent->identify, attempt))
        return false;
    if (tb_credential_kind_decode(tb_span_str(proof->kind), &proven.kind) != TB_OK ||
        tb_assurance_decode(tb_span_str(proof->assurance), &proven.assurance) != TB_OK)
        return false; /* of a kind that this program does not know: seen, and no more */
    if (is_awaited(c, attempt)) {
        c->proven = true;
        memcpy(c->proven_hash, proof->hash, sizeof c->proven_hash);
        memcpy(c->proven_kind, proof->kind, sizeof c->proven_kind);
    }
    tb_identify_verified(&agent->identify, attempt, &proven, tb_loop_now_ms(agent->loop));
    tb_taps_drain(agent);
    return true;
}

void tb_captures_outcome(struct tb_agent *agent)
{
    struct tb_captures *c = &agent->captures;
    c->proven = false;
    if (c->purpose != TB_CAPTURE_NONE)
        tb_identify_capture(&agent->identify, true);
}

/* Kind and hash of what was captured. False: there is nothing to make the hash with. */
static bool ref_of(struct tb_agent *agent, uint64_t attempt, struct tb_credential_ref *ret_ref)
{
    const struct tb_captures *c = &agent->captures;
    const struct tb_credential *credential = tb_identify_credential(&agent->identify, attempt);
    if (c->proven) {
        memcpy(ret_ref->kind, c->proven_kind, sizeof ret_ref->kind);
        memcpy(ret_ref->hash, c->proven_hash, sizeof ret_ref->hash);
        return true;
    }
    if (!credential || !agent->facts.pepper.version)
        return false;
    const struct tb_digest hash = tb_pepper_credential(&agent->facts.pepper, credential);
    (void)snprintf(ret_ref->kind, sizeof ret_ref->kind, "%s", tb_credential_kind_name(credential->kind));
    memcpy(ret_ref->hash, hash.bytes, sizeof ret_ref->hash);
    return true;
}

/* Why it cannot be linked, as far as this terminal knows; NULL: it may be. The codes are the verdict's. */
static const char *reason_against(struct tb_agent *agent, const struct tb_credential_ref *ref)
{
    struct tb_digest hash;
    struct tb_customer_key key;
    struct tb_record record;
    memcpy(hash.bytes, ref->hash, sizeof hash.bytes);
    enum tb_err err = tb_cache_find_credential(&agent->storage.reader, &hash, &key, &record);
    bool hers = err == TB_OK && tb_id_equal(&record.customer, &agent->serving.record.customer);
    tb_cache_reader_wipe(&agent->storage.reader);
    if (hers)
        return "credential_known";
    if (err == TB_ERR_EXPIRED)
        return "credential_blocked";
    return err == TB_OK && !agent->captures.share ? "credential_taken" : NULL;
}

static enum tb_err link_store(struct tb_agent *agent, const struct tb_credential_ref *ref)
{
    const struct tb_captures *c = &agent->captures;
    struct tb_mutation link = tb_people_mutation(agent, TB_MUTATION_CREDENTIAL_LINK);
    link.link.ref = *ref;
    link.link.share = c->share;
    enum tb_err err = tb_people_store(agent, &link, NULL);
    if (err != TB_OK || c->purpose != TB_CAPTURE_REPLACE)
        return err;
    struct tb_mutation block = tb_people_mutation(agent, TB_MUTATION_CREDENTIAL_BLOCK);
    memcpy(block.block.hash, c->replaced, sizeof block.block.hash);
    block.block.reason = TB_BLOCK_REPLACED;
    return tb_people_store(agent, &block, NULL);
}

static void linked_audit(struct tb_agent *agent, const char *kind)
{
    enum tb_err err = tb_audit(TB_EVENT("credential", purpose_names[agent->captures.purpose]),
                               tb_log_id("visit", &agent->serving.visit.id), tb_log_str("credential", kind),
                               tb_operators_field(agent));
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("audit", "write_failed"), tb_log_err(err));
}

void tb_captures_take(struct tb_agent *agent, uint64_t attempt)
{
    struct tb_captures *c = &agent->captures;
    struct tb_credential_ref ref = {.kind = ""};
    enum tb_capture_purpose purpose = c->purpose;
    if (!is_awaited(c, attempt)) {
        tb_identify_captured(&agent->identify, attempt, false, tb_loop_now_ms(agent->loop));
        return;
    }
    bool known = ref_of(agent, attempt, &ref);
    const char *against = known ? reason_against(agent, &ref) : "retry.again";
    enum tb_err err = against ? TB_ERR_CONFLICT : link_store(agent, &ref);
    if (!against && err != TB_OK)
        against = tb_err_name(err);
    if (!against)
        linked_audit(agent, ref.kind);
    forget(agent);
    tb_identify_captured(&agent->identify, attempt, !against, tb_loop_now_ms(agent->loop));
    if (against)
        tell(agent, purpose, "refused", ref.kind, against);
    else
        link_begin(agent, purpose, &ref);
    tb_wipe(&ref, sizeof ref);
}
