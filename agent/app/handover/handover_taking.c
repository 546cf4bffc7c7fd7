/* What this terminal takes over: it begins, or it is given back. */
#include "agent/app/handover/handover_desk.h"
#include "agent/app/handover/handover_parts.h"
#include "agent/app/visit/guest.h"

#include "host/log/log.h"

#include <stdlib.h>

/* ---- kept ---- */

struct keeping {
    struct tb_agent *agent;
    struct tb_id handover; /* that is accepted when it is kept; zero: none */
};

static enum tb_err accept_store(struct tb_agent *agent, struct tb_acceptance *acceptance)
{
    struct tb_mutation m = {.kind = TB_MUTATION_HANDOVER_ACCEPT,
                            .customer = acceptance->customer,
                            .handover.handover = acceptance->id};
    return handover_store(agent, &m);
}

/* It is accepted all the same where nothing can be kept: only a restart would lose it then. */
static void kept(void *context, enum tb_err err)
{
    const struct keeping *keeping = context;
    struct tb_agent *agent = keeping->agent;
    struct tb_handover_asked *asked =
        handover_asked_of(agent, TB_MUTATION_HANDOVER_ACCEPT, &keeping->handover);
    struct tb_acceptance *one = tb_acceptances_find(&agent->handovers.taking, &keeping->handover);
    if (err != TB_OK)
        tb_log(TB_LOG_WARN, TB_EVENT("handovers", "not_kept"), tb_log_err(err));
    if (!one || !asked || one->stage != TB_ACCEPTANCE_ASKED || one->stored)
        return;
    one->stored = true;
    err = accept_store(agent, one);
    if (err == TB_OK)
        return;
    one->stored = false;
    handover_asked_give_up(agent, asked, err);
}

static enum tb_err keep(struct tb_agent *agent, const struct tb_id *handover)
{
    struct tb_taken taken;
    tb_acceptances_save(&agent->handovers.taking, &taken);
    struct keeping *keeping = malloc(sizeof *keeping);
    if (!keeping)
        return TB_ERR_NO_MEMORY;
    *keeping = (struct keeping){.agent = agent, .handover = *handover};
    enum tb_err err = tb_storage_taken(&agent->storage, &taken, kept, keeping);
    if (err != TB_OK)
        free(keeping);
    return err;
}

static void drop(struct tb_agent *agent, struct tb_acceptance *one)
{
    static const struct tb_id none;
    tb_acceptance_drop(one);
    enum tb_err err = keep(agent, &none);
    if (err != TB_OK)
        tb_log(TB_LOG_WARN, TB_EVENT("handovers", "not_kept"), tb_log_err(err));
    handover_rearm(agent);
}

void tb_handovers_start(struct tb_agent *agent, const struct tb_taken *taken)
{
    tb_acceptances_load(&agent->handovers.taking, taken);
}

/* What is held, until when, and what went back. */
static void clerks_tell(struct tb_agent *agent)
{
    tb_handover_desk_tell_clerk(agent, (struct tb_page_to){.scopes = TB_PAGE_CLERKS});
}

/* ---- giving back ---- */

static void back_keep(struct tb_agent *agent, const struct tb_acceptance *one)
{
    struct tb_handover_back *back = &agent->handovers.back;
    *back = (struct tb_handover_back){.id = one->id, .at_ms = tb_loop_wall_ms(agent->loop)};
    memcpy(back->from, one->from, sizeof back->from);
}

/* It is open again, here as well. */
static void give_back(struct tb_agent *agent, struct tb_acceptance *one)
{
    static const struct tb_id none;
    struct tb_mutation m = {
        .kind = TB_MUTATION_HANDOVER_DECLINE, .customer = one->customer, .handover.handover = one->id};
    enum tb_err err = handover_store(agent, &m);
    if (err == TB_OK) {
        one->stage = TB_ACCEPTANCE_GOING;
        back_keep(agent, one);
        clerks_tell(agent);
        handover_audit(agent, "given_back", &one->id, &none);
    } else {
        one->until_ms = tb_loop_now_ms(agent->loop) + TB_ACCEPTANCE_RETRY_MS;
        tb_log(TB_LOG_WARN, TB_EVENT("handovers", "not_given_back"), tb_log_err(err));
    }
}

static void back_stored(struct tb_agent *agent, struct tb_acceptance *one, enum tb_err err)
{
    if (err == TB_OK)
        drop(agent, one);
    else
        tb_acceptance_give_back(one, tb_loop_now_ms(agent->loop) + TB_ACCEPTANCE_RETRY_MS);
    handover_rearm(agent);
}

void handover_taking_row(struct tb_agent *agent, const struct tb_row *row, const struct tb_id *handover,
                         const struct tb_handover *doc)
{
    struct tb_acceptance *one = tb_acceptances_find(&agent->handovers.taking, handover);
    if (!one || one->stage != TB_ACCEPTANCE_LEFT)
        return;
    one->told = true; /* open: the acceptance may still be in the outbox */
    if (!doc || (doc->state != TB_HANDOVER_OPEN && doc->state != TB_HANDOVER_ACCEPTED)) {
        drop(agent, one);
        return;
    }
    if (doc->state != TB_HANDOVER_ACCEPTED)
        return;
    one->customer = row->customer;
    memcpy(one->from, doc->from, sizeof one->from);
    tb_acceptance_give_back(one, tb_loop_now_ms(agent->loop));
    handover_rearm(agent);
}

void handover_taking_complete(struct tb_agent *agent)
{
    for (size_t i = 0; i < TB_ACCEPTANCE_COUNT_MAX; i++) {
        struct tb_acceptance *one = &agent->handovers.taking.at[i];
        if (one->stage == TB_ACCEPTANCE_LEFT && !one->told)
            drop(agent, one);
    }
}

/* ---- beginning ---- */

/* Who is asked which of several people she is will be served next. */
static bool nobody_is_served(const struct tb_agent *agent)
{
    return !agent->serving.visit.open && tb_id_is_zero(&agent->choices.id);
}

/* A visit of this terminal with what was taken over; the one that was open has ended. */
static enum tb_err visit_begin(struct tb_agent *agent, const struct tb_id *customer,
                               const struct tb_cart *cart)
{
    struct tb_visit_start start = {.source = TB_VISIT_FROM_HANDOVER,
                                   .credential_kind = TB_CREDENTIAL_NONE,
                                   .assurance = TB_ASSURANCE_LOW,
                                   .reader = TB_VISIT_NO_READER};
    tb_visits_finish(agent, TB_VISIT_ENDED_OTHER);
    if (!tb_id_is_zero(customer)) {
        start.known = true;
        start.customer = tb_pepper_customer(&agent->facts.pepper, customer);
        return tb_visits_open(agent, &start);
    }
    tb_visits_open_nobody(agent, &start, cart); /* without one: who called had nothing in it yet */
    return TB_OK;
}

/* Either way it is not held any more. */
static enum tb_err begin(struct tb_agent *agent, struct tb_acceptance *one)
{
    enum tb_err err = visit_begin(agent, &one->customer, one->cart);
    if (err == TB_OK)
        drop(agent, one);
    else {
        tb_log(TB_LOG_WARN, TB_EVENT("handovers", "not_begun"), tb_log_err(err));
        tb_acceptance_give_back(one, tb_loop_now_ms(agent->loop));
    }
    clerks_tell(agent);
    handover_rearm(agent);
    return err;
}

/* What was taken over is what is served. */
static bool is_here(const struct tb_agent *agent, const struct tb_acceptance *one)
{
    const struct tb_serving *serving = &agent->serving;
    if (!tb_id_is_zero(&one->customer))
        return tb_id_equal(&one->customer, &serving->record.customer);
    return !tb_id_is_zero(&one->wanted) && tb_id_equal(&one->wanted, &serving->cart_id);
}

/* Somebody else who is being served is not sent away: it begins when her visit has ended, and nobody else can
 * take it any more. TB_ERR_BUSY then, and its audit line names no visit yet. */
enum tb_err handover_taking_decided(struct tb_agent *agent, struct tb_acceptance *one, enum tb_err err,
                                    const struct tb_id *waits)
{
    static const struct tb_id none;
    const struct tb_visit *visit = &agent->serving.visit;
    const struct tb_id id = one->id;
    if (err != TB_OK) {
        drop(agent, one);
        return err;
    }
    if (!visit->open || (waits && tb_id_equal(&visit->id, waits)))
        err = begin(agent, one);
    else if (is_here(agent, one))
        drop(agent, one);
    else {
        tb_acceptance_hold(one, tb_loop_now_ms(agent->loop));
        clerks_tell(agent);
        err = TB_ERR_BUSY;
    }
    handover_audit(agent, "accepted", &id, err == TB_OK ? &visit->id : &none);
    handover_rearm(agent);
    return err;
}

static void held_begin(struct tb_agent *agent)
{
    struct tb_acceptance *oldest = tb_acceptances_oldest_held(&agent->handovers.taking);
    if (!oldest || !nobody_is_served(agent))
        return;
    const struct tb_id id = oldest->id;
    if (begin(agent, oldest) == TB_OK)
        handover_audit(agent, "begun", &id, &agent->serving.visit.id);
    tb_agent_rearm(agent);
}

/* ---- time ---- */

int64_t handover_taking_due_ms(const struct tb_agent *agent)
{
    bool begins = tb_acceptances_has_held(&agent->handovers.taking) && nobody_is_served(agent);
    return begins ? tb_loop_now_ms(agent->loop) : tb_acceptances_due_ms(&agent->handovers.taking);
}

void handover_taking_tick(struct tb_agent *agent)
{
    struct tb_acceptance *one;
    held_begin(agent);
    while ((one = tb_acceptances_overdue(&agent->handovers.taking, tb_loop_now_ms(agent->loop))))
        give_back(agent, one);
}

/* ---- what becomes of it ---- */

void handover_taking_cart(struct tb_agent *agent, const struct tb_row *row)
{
    struct tb_id id;
    if (row->type != TB_ROW_CART || tb_row_object(row, &id) != TB_OK)
        return;
    for (size_t i = 0; i < TB_ACCEPTANCE_COUNT_MAX; i++) {
        struct tb_acceptance *one = &agent->handovers.taking.at[i];
        if (one->stage != TB_ACCEPTANCE_ASKED || !tb_id_equal(&one->wanted, &id))
            continue;
        free(one->cart);
        one->cart = handover_cart_read(row);
    }
}

void handover_taking_stored(struct tb_agent *agent, const struct tb_mutation *mutation, enum tb_err err)
{
    struct tb_acceptance *one = tb_acceptances_find(&agent->handovers.taking, &mutation->handover.handover);
    if (!one)
        return;
    bool accepts = mutation->kind == TB_MUTATION_HANDOVER_ACCEPT && one->stage == TB_ACCEPTANCE_ASKED;
    if (accepts && one->stored && one->seq == 0) {
        one->seq = mutation->seq;
        if (err != TB_OK)
            drop(agent, one);
    } else if (mutation->kind == TB_MUTATION_HANDOVER_DECLINE && one->stage == TB_ACCEPTANCE_GOING)
        back_stored(agent, one, err);
}

void handover_taking_unasked(struct tb_agent *agent, const struct tb_id *handover)
{
    struct tb_acceptance *one = tb_acceptances_find(&agent->handovers.taking, handover);
    if (one && one->stage == TB_ACCEPTANCE_ASKED && !one->stored)
        drop(agent, one);
}

void handover_taking_served(struct tb_agent *agent)
{
    for (size_t i = 0; i < TB_ACCEPTANCE_COUNT_MAX; i++) {
        struct tb_acceptance *one = &agent->handovers.taking.at[i];
        if (one->stage != TB_ACCEPTANCE_HELD || !is_here(agent, one))
            continue;
        drop(agent, one);
        clerks_tell(agent);
    }
    handover_rearm(agent);
}

void handover_taking_forget(struct tb_agent *agent, const struct tb_id *customer)
{
    for (size_t i = 0; i < TB_ACCEPTANCE_COUNT_MAX; i++) {
        struct tb_acceptance *one = &agent->handovers.taking.at[i];
        if (one->stage == TB_ACCEPTANCE_NONE || !tb_id_equal(&one->customer, customer))
            continue;
        drop(agent, one);
        clerks_tell(agent);
    }
}

struct tb_cart *handover_cart_read(const struct tb_row *row)
{
    if (row->type != TB_ROW_CART || row->op != TB_ROW_PUT || !tb_id_is_zero(&row->customer))
        return NULL;
    struct tb_cart *cart = malloc(sizeof *cart);
    enum tb_err err = cart ? tb_guest_read(row, cart) : TB_ERR_NO_MEMORY;
    if (err == TB_OK)
        return cart;
    tb_log(TB_LOG_ERROR, TB_EVENT("handovers", "cart_unreadable"), tb_log_err(err));
    free(cart);
    return NULL;
}

/* ---- accepting ---- */

enum tb_err tb_handovers_accept(struct tb_agent *agent, const struct tb_id *handover, tb_handover_done *done,
                                const struct tb_request *asker)
{
    struct tb_handovers *h = &agent->handovers;
    const struct tb_handover_entry *entry = tb_handover_list_find(&h->open, handover);
    struct tb_acceptance *one;
    if (agent->status.line != TB_LINE_LIVE)
        return TB_ERR_OFFLINE;
    if (!entry)
        return TB_ERR_NOT_FOUND;
    const struct tb_mutation m = {
        .kind = TB_MUTATION_HANDOVER_ACCEPT, .customer = entry->customer, .handover.handover = *handover};
    enum tb_err err = tb_acceptances_add(&h->taking, handover, tb_loop_now_ms(agent->loop), &one);
    if (err != TB_OK)
        return err;
    one->customer = m.customer;
    memcpy(one->from, entry->doc.from, sizeof one->from);
    if (tb_id_is_zero(&m.customer))
        one->wanted = entry->doc.cart;
    err = handover_ask(agent, &m, done, asker);
    if (err == TB_OK)
        err = keep(agent, handover);
    struct tb_handover_asked *asked = handover_asked_of(agent, m.kind, handover);
    if (err != TB_OK && asked)
        handover_asked_drop(agent, asked);
    if (err != TB_OK)
        tb_acceptance_drop(one);
    handover_rearm(agent);
    return err;
}

/* ---- fetching by a code ---- */

static void fetched_accept(struct tb_agent *agent, const struct tb_handover_fetched *fetched)
{
    struct tb_mutation accept = {.kind = TB_MUTATION_HANDOVER_ACCEPT, .customer = fetched->customer};
    accept.handover.handover = fetched->id;
    enum tb_err err = handover_store(agent, &accept);
    if (err != TB_OK)
        tb_log(TB_LOG_WARN, TB_EVENT("handovers", "not_accepted"), tb_log_err(err));
    handover_audit(agent, "fetched", &fetched->id, &agent->serving.visit.id);
}

struct tb_handover_fetched tb_handovers_found(const struct tb_rows *rows)
{
    struct tb_handover_fetched found = {.cart = NULL};
    for (size_t i = 0; i < rows->count; i++) {
        const struct tb_row *row = &rows->at[i];
        struct tb_id id;
        if (row->type == TB_ROW_HANDOVER && tb_row_object(row, &id) == TB_OK) {
            found.id = id;
            found.customer = row->customer;
        }
        if (!found.cart)
            found.cart = handover_cart_read(row);
    }
    return found;
}

void tb_handovers_fetch(struct tb_agent *agent, const struct tb_handover_fetched *found)
{
    tb_handovers_fetched_drop(agent);
    agent->handovers.fetched = *found;
}

void tb_handovers_fetched_drop(struct tb_agent *agent)
{
    struct tb_handovers *h = &agent->handovers;
    free(h->fetched.cart);
    h->fetched = (struct tb_handover_fetched){.cart = NULL};
}

void tb_handovers_fetched_began(struct tb_agent *agent)
{
    struct tb_handovers *h = &agent->handovers;
    if (!tb_id_is_zero(&h->fetched.id))
        fetched_accept(agent, &h->fetched);
    tb_handovers_fetched_drop(agent);
}

void tb_handovers_begin_fetched(struct tb_agent *agent, uint8_t reader)
{
    const struct tb_visit_start start = {.source = TB_VISIT_FROM_HANDOVER,
                                         .credential_kind = TB_CREDENTIAL_NONE,
                                         .assurance = TB_ASSURANCE_LOW,
                                         .reader = reader};
    tb_visits_finish(agent, TB_VISIT_ENDED_OTHER);
    tb_visits_open_nobody(agent, &start, agent->handovers.fetched.cart);
    tb_handovers_fetched_began(agent);
}
