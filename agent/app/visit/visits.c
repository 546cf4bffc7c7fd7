#include "agent/app/agent.h"
#include "agent/app/pages/kiosk.h"
#include "agent/app/visit/stitch.h"
#include "agent/app/visit/suggestions.h"

#include "core/base/assert.h"
#include "host/log/log.h"
#include "host/system/system.h"

#include <stdio.h>

/* The pages first, also on a busy machine: messages over TLS cost as much as the rest of a tap. Well below
 * what a person notices. */
#define FOLLOW_AFTER_MS 10

/* What the context store is told of a visit. It is no trouble for anybody when the disk does not take it. */
static void visit_tell(struct tb_agent *agent, struct tb_mutation *mutation)
{
    const struct tb_cart_ask nobody = {.send = NULL};
    enum tb_err err = tb_mutations_store(agent, mutation, nobody);
    if (err != TB_OK)
        tb_log(TB_LOG_WARN, TB_EVENT("visit", "not_told"), tb_log_err(err));
}

static void beginning_tell(struct tb_agent *agent)
{
    const struct tb_visit *visit = &agent->serving.visit;
    struct tb_mutation begin = {
        .kind = TB_MUTATION_VISIT_BEGIN, .customer = agent->serving.record.customer, .visit = visit->id};
    (void)snprintf(begin.visit_begin.source, sizeof begin.visit_begin.source, "%s",
                   tb_visit_source_name(visit->start.source));
    if (visit->start.known)
        (void)snprintf(begin.visit_begin.credential_kind, sizeof begin.visit_begin.credential_kind, "%s",
                       tb_credential_kind_name(visit->start.credential_kind));
    if (visit->start.known)
        (void)snprintf(begin.visit_begin.assurance, sizeof begin.visit_begin.assurance, "%s",
                       tb_assurance_name(visit->start.assurance));
    visit_tell(agent, &begin);
    agent->visit_told = visit->id;
    agent->customer_told = begin.customer;
}

/* An anonymous one that somebody joined is told anew, with her. */
static bool beginning_is_told(const struct tb_agent *agent)
{
    return tb_id_equal(&agent->visit_told, &agent->serving.visit.id) &&
           tb_id_equal(&agent->customer_told, &agent->serving.record.customer);
}

/* One that was over before its beginning was told is told as a whole by its end. */
static void end_tell(struct tb_agent *agent, const struct tb_visit_end *end, const struct tb_id *customer)
{
    struct tb_mutation told = {.kind = TB_MUTATION_VISIT_END, .customer = *customer, .visit = end->id};
    (void)snprintf(told.visit_end.reason, sizeof told.visit_end.reason, "%s",
                   tb_visit_reason_name(end->reason));
    told.visit_end.lasted_ms = end->took_ms;
    visit_tell(agent, &told);
}

static void follow_due(struct tb_timer *timer)
{
    struct tb_agent *agent = timer->context;
    const struct tb_serving *serving = &agent->serving;
    struct tb_id wanted = {{0}};
    if (serving->visit.open)
        wanted = serving->record.customer;
    if (serving->visit.open && !beginning_is_told(agent))
        beginning_tell(agent);
    tb_suggestions_look(agent);
    tb_people_follow(agent, &wanted);
    if (tb_id_equal(&wanted, &agent->followed))
        return;
    if (!tb_id_is_zero(&agent->followed))
        tb_line_subscribe(agent, &agent->followed, false);
    if (!tb_id_is_zero(&wanted))
        tb_line_subscribe(agent, &wanted, true);
    agent->followed = wanted;
    tb_agent_rearm(agent);
}

/* The feed of the visit's customer is opened, and that of the one before closed, in a later turn. */
static void follow_soon(struct tb_agent *agent)
{
    agent->follow_timer.context = agent;
    if (!tb_timer_is_set(&agent->follow_timer))
        tb_timer_set(agent->loop, &agent->follow_timer, FOLLOW_AFTER_MS, follow_due);
}

void tb_visits_follow_now(struct tb_agent *agent)
{
    if (!tb_timer_is_set(&agent->follow_timer))
        return;
    tb_timer_cancel(&agent->follow_timer);
    follow_due(&agent->follow_timer);
}

static void visit_ended(struct tb_agent *agent, const struct tb_visit_end *end)
{
    struct tb_serving *serving = &agent->serving;
    follow_soon(agent);
    enum tb_err err = tb_audit(TB_EVENT("visit", "ended"), tb_log_id("visit", &end->id),
                               tb_log_str("reason", tb_visit_reason_name(end->reason)),
                               tb_log_int("took_ms", end->took_ms), tb_operators_field(agent));
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("audit", "write_failed"), tb_log_err(err));
    tb_measuring_ended(agent, end->took_ms);
    tb_console_visit_ended(agent, end);
    tb_checkouts_visit_ended(agent, &end->id);
    tb_handovers_visit_ended(agent, &end->id);
    tb_captures_visit_ended(agent);
    tb_people_visit_ended(agent);
    end_tell(agent, end, &serving->record.customer);
    if (!tb_id_is_zero(&serving->record.customer)) {
        const struct tb_customer_key key =
            tb_pepper_customer(&agent->facts.pepper, &serving->record.customer);
        tb_storage_seen(&agent->storage, &key);
    }
    tb_timer_cancel(&agent->stitch_timer);
    tb_serving_clear(serving);
    tb_identify_visit_ended(&agent->identify);
    agent->status.visit_open = false;
}

/* The record of the customer whose visit begins: the one that was just looked up, or read anew. */
static enum tb_err record_find(struct tb_agent *agent, const struct tb_customer_key *customer,
                               struct tb_record *ret_record)
{
    if (agent->found && memcmp(customer, &agent->found_key, sizeof *customer) == 0) {
        *ret_record = agent->found_record;
        return TB_OK;
    }
    return tb_cache_find_customer(&agent->storage.reader, customer, ret_record);
}

static void began_audit(const struct tb_agent *agent, const char *event)
{
    const struct tb_visit *visit = &agent->serving.visit;
    enum tb_err err = tb_audit(
        TB_EVENT("visit", event), tb_log_id("visit", &visit->id),
        tb_log_str("credential", tb_credential_kind_name(visit->start.credential_kind)),
        tb_log_str("source", tb_visit_source_name(visit->start.source)),
        tb_log_str("assurance", tb_assurance_name(visit->start.assurance)), tb_operators_field(agent));
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("audit", "write_failed"), tb_log_err(err));
}

static void visit_began(struct tb_agent *agent, enum tb_visit_begun begun)
{
    const struct tb_visit *visit = &agent->serving.visit;
    if (begun == TB_VISIT_GOES_ON)
        return;
    tb_measuring_began(agent, begun);
    agent->status.visit_open = true;
    if (visit->start.known)
        tb_storage_seen(&agent->storage, &visit->start.customer);
    began_audit(agent, begun == TB_VISIT_JOINED ? "joined" : "began");
    tb_console_visit_began(agent);
    follow_soon(agent);
}

static enum tb_visit_begun visit_begin(struct tb_agent *agent, const struct tb_visit_start *start)
{
    struct tb_visit_end end;
    enum tb_visit_begun begun =
        tb_visit_begin(&agent->serving.visit, start, tb_rng_system(), tb_loop_now_ms(agent->loop),
                       tb_loop_wall_ms(agent->loop), &end);
    if (begun == TB_VISIT_REPLACED)
        visit_ended(agent, &end);
    tb_choices_drop(agent);
    return begun;
}

/* cache_number: of the file in which the record is. */
static void customer_show(struct tb_agent *agent, const struct tb_visit_start *start,
                          const struct tb_record *record, uint32_t cache_number)
{
    struct tb_serving *serving = &agent->serving;
    if (serving->visit.open && !serving->visit.start.known)
        tb_checkouts_visit_ended(agent, &serving->visit.id); /* of the cart that was nobody's */
    enum tb_visit_begun begun = visit_begin(agent, start);
    serving->cache_number = cache_number;
    tb_serving_show(serving, record, tb_rng_system());
    if (begun != TB_VISIT_GOES_ON)
        tb_checkouts_visit_began(agent);
    tb_pages_visit(agent);
    visit_began(agent, begun);
    if (tb_id_equal(&agent->followed, &serving->record.customer))
        tb_stitch_hers_came(agent); /* she was just here */
    else
        tb_stitch_look(agent);
}

enum tb_err tb_visits_open(struct tb_agent *agent, const struct tb_visit_start *start)
{
    struct tb_record record;
    enum tb_err err = record_find(agent, &start->customer, &record);
    if (err != TB_OK) {
        tb_log(TB_LOG_ERROR, TB_EVENT("visit", "record_missing"), tb_log_err(err));
        return err;
    }
    customer_show(agent, start, &record, agent->storage.cache_number);
    return TB_OK;
}

void tb_visits_open_new(struct tb_agent *agent, const struct tb_visit_start *start,
                        const struct tb_record *record)
{
    customer_show(agent, start, record, TB_SERVING_NO_FILE);
    tb_agent_rearm(agent);
}

void tb_visits_open_nobody(struct tb_agent *agent, const struct tb_visit_start *start,
                           const struct tb_cart *cart)
{
    struct tb_serving *serving = &agent->serving;
    TB_ASSERT(!start->known);
    bool goes_on = serving->visit.open && !serving->visit.start.known;
    if (goes_on && cart && !tb_id_equal(&cart->id, &serving->cart_id)) {
        tb_visits_finish(agent, TB_VISIT_ENDED_OTHER);
        goes_on = false;
    }
    enum tb_visit_begun begun = visit_begin(agent, start);
    if (!goes_on)
        tb_serving_show_nobody(serving, cart, tb_rng_system());
    tb_pages_visit(agent);
    visit_began(agent, begun);
    tb_agent_rearm(agent);
}

struct tb_visit_start tb_visits_start_of(const struct tb_agent *agent,
                                         const struct tb_identify_action *action)
{
    enum tb_visit_source source = action->from_store ? TB_VISIT_FROM_STORE : TB_VISIT_FROM_CACHE;
    if (action->credential_kind == TB_CREDENTIAL_NONE)
        source = TB_VISIT_FROM_HANDOVER; /* a code names a hand-over, nobody's credential */
    return (struct tb_visit_start){
        .known = true,
        .customer = action->customer,
        .source = source,
        .credential_kind = action->credential_kind,
        .assurance = action->assurance,
        .reader = action->reader,
        /* At a kiosk a card is put away while its owner goes on. */
        .tap = action->from_tap && !tb_kiosk_is(agent) ? action->attempt : 0,
    };
}

void tb_visits_begin(struct tb_agent *agent, const struct tb_identify_action *action)
{
    if (agent->handovers.fetched.cart) {
        tb_handovers_begin_fetched(agent, action->reader);
        return;
    }
    const struct tb_visit_start start = tb_visits_start_of(agent, action);
    if (tb_choices_begin(agent, action))
        return;
    enum tb_err err = tb_visits_open(agent, &start); /* an error is in the log */
    if (err == TB_OK)
        tb_handovers_fetched_began(agent);
}

static void visit_close(struct tb_agent *agent, const struct tb_visit_end *end)
{
    visit_ended(agent, end);
    tb_pages_visit(agent);
    tb_agent_rearm(agent);
}

void tb_visits_finish(struct tb_agent *agent, enum tb_visit_reason reason)
{
    struct tb_visit_end end;
    if (tb_visit_finish(&agent->serving.visit, reason, tb_loop_now_ms(agent->loop), &end))
        visit_close(agent, &end);
}

void tb_visits_tick(struct tb_agent *agent)
{
    struct tb_visit_end end;
    if (tb_visit_tick(&agent->serving.visit, tb_loop_now_ms(agent->loop), &end))
        visit_close(agent, &end);
}

void tb_visits_refresh(struct tb_agent *agent)
{
    struct tb_serving *serving = &agent->serving;
    if (!serving->visit.open)
        return;
    tb_people_saved(agent);
    int64_t profile_version = serving->record.sections[TB_SECTION_PROFILE].version;
    int64_t journey_version = serving->record.sections[TB_SECTION_JOURNEY].version;
    enum tb_err err = tb_serving_refresh(serving);
    if (err == TB_ERR_NOT_FOUND && serving->cache_number == agent->storage.cache_number) {
        tb_visits_finish(agent, TB_VISIT_ENDED_OTHER); /* the customer was erased meanwhile */
        return;
    }
    if (err == TB_OK)
        serving->cache_number = agent->storage.cache_number;
    else if (err == TB_ERR_NOT_FOUND) /* the file was made anew, and her feed brings her again */
        tb_serving_overlay(serving);
    else {
        tb_log(TB_LOG_ERROR, TB_EVENT("cache", "read_failed"), tb_log_err(err));
        tb_line_cache_read(agent, err);
        tb_serving_overlay(serving);
    }
    tb_serving_settle(serving, &agent->pending);
    if (serving->record.sections[TB_SECTION_PROFILE].version != profile_version ||
        serving->record.sections[TB_SECTION_JOURNEY].version != journey_version) {
        tb_pages_visit(agent);
        tb_suggestions_look(agent);
    } else
        tb_pages_cart(agent);
}

void tb_visits_policy(struct tb_agent *agent)
{
    struct tb_visit_policy policy = tb_visit_policy_default();
    if (agent->facts.policy_known) {
        policy.idle_ms = agent->facts.policy.idle_ms;
        policy.removal_ms = agent->facts.policy.removal_ms;
    }
    tb_visit_set_policy(&agent->serving.visit, &policy);
}
