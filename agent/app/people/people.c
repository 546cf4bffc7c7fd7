#include "agent/app/people/people.h"

#include "agent/app/agent.h"
#include "agent/app/pages/handles.h"
#include "agent/app/pages/page.h"
#include "agent/app/pages/shopping.h"
#include "agent/app/people/signups.h"
#include "agent/app/visit/operators.h"
#include "core/base/wipe.h"
#include "core/wire/member.h"
#include "host/log/log.h"
#include "host/system/system.h"

#include <stdlib.h>

#define FIND_WAIT_MS 4000 /* a person waits, and sees that it is being looked for */

static const struct tb_page_to clerks = {.scopes = TB_PAGE_CLERKS};

/* ---- for all of them ---- */

void tb_people_activity(struct tb_agent *agent)
{
    tb_visit_activity(&agent->serving.visit, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
}

bool tb_people_customer_is_on(struct tb_request *r, const struct tb_id *visit)
{
    const struct tb_serving *serving = &r->agent->serving;
    if (!tb_operators_admit(r) || !tb_shopping_visit_is_on(r, visit))
        return false;
    if (!serving->visit.start.known)
        tb_request_refuse(r, TB_ERR_NOT_FOUND, "Nobody has said who she is.");
    else if (!tb_serving_opens(serving, TB_BENEFIT_SHOW_NAME))
        tb_request_refuse(r, TB_ERR_ASSURANCE, "What the customer presented proves too little.");
    else
        return true;
    return false;
}

struct tb_mutation tb_people_mutation(const struct tb_agent *agent, enum tb_mutation_kind kind)
{
    return (struct tb_mutation){
        .kind = kind, .customer = agent->serving.record.customer, .visit = agent->serving.visit.id};
}

enum tb_err tb_people_store(struct tb_agent *agent, struct tb_mutation *mutation,
                            const struct tb_request *asker)
{
    struct tb_cart_ask ask = {.send = NULL};
    if (asker)
        ask = (struct tb_cart_ask){.from = asker->from, .request = asker->id, .send = asker->send};
    tb_people_activity(agent);
    return tb_mutations_store(agent, mutation, ask);
}

static void store_for(struct tb_request *r, struct tb_mutation *mutation)
{
    enum tb_err err = tb_people_store(r->agent, mutation, r);
    if (err != TB_OK)
        tb_request_refuse(r, err, "The change was not saved.");
}

/* ---- finding ---- */

static struct tb_people_ask *ask_of(struct tb_agent *agent, uint32_t ticket)
{
    for (size_t i = 0; i < TB_PEOPLE_ASK_MAX; i++)
        if (agent->people.asks[i].ticket == ticket)
            return &agent->people.asks[i];
    return NULL;
}

/* NULL: the asker was told. */
static struct tb_people_ask *ask_take(struct tb_request *r)
{
    struct tb_people *p = &r->agent->people;
    struct tb_people_ask *ask = ask_of(r->agent, 0);
    if (!ask) {
        tb_request_refuse(r, TB_ERR_BUSY, "Too much is being looked for.");
        return NULL;
    }
    p->ticket_last = (p->ticket_last + 1) % TB_PEOPLE_TICKET;
    *ask =
        (struct tb_people_ask){.ticket = TB_PEOPLE_TICKET | p->ticket_last,
                               .asker = {.agent = r->agent, .from = r->from, .id = r->id, .send = r->send}};
    return ask;
}

static struct tb_request asker_take(struct tb_people_ask *ask)
{
    const struct tb_request asker = ask->asker;
    tb_wipe(ask, sizeof *ask);
    return asker;
}

static void refuse_look(const struct tb_request *r, enum tb_err err)
{
    const char *text = "The context store could not say.";
    if (err == TB_ERR_OFFLINE)
        text = "Customers can be searched for with the line up only.";
    else if (err == TB_ERR_FIND_LIMIT)
        text = "This terminal has searched for too many customers.";
    else if (err == TB_ERR_OPERATOR)
        text = "The context store asks for somebody who is signed on.";
    else if (err == TB_ERR_SYNTAX)
        text = "That is no telephone number, e-mail address or member number.";
    tb_request_refuse(r, err, text);
}

/* What looks at a person stands in the audit stream before it is done. */
static bool find_is_audited(struct tb_request *r, const struct tb_find_ask *whom)
{
    enum tb_err err = tb_audit(TB_EVENT("customer", "find"), tb_log_str("by", tb_find_by_names[whom->by]),
                               tb_log_str("reason", whom->reason), tb_operators_field(r->agent));
    if (err != TB_OK)
        tb_request_refuse(r, err, "The search could not be recorded.");
    return err == TB_OK;
}

static void found_forget(struct tb_people *p)
{
    tb_wipe(&p->search, sizeof p->search);
    tb_wipe(p->found, sizeof p->found);
    p->found_count = 0;
}

void tb_people_find(struct tb_request *r)
{
    struct tb_find_ask whom;
    tb_find_ask_decode(&r->check, r->params, &whom);
    memcpy(whom.operator, tb_operators_id(r->agent), sizeof whom.operator);
    if (tb_request_check(r) && tb_operators_admit(r) && find_is_audited(r, &whom)) {
        struct tb_people_ask *ask = ask_take(r);
        found_forget(&r->agent->people);
        if (ask)
            tb_line_find(r->agent, ask->ticket, &whom, FIND_WAIT_MS);
    }
    tb_wipe(&whom, sizeof whom);
}

static void put_match(struct tb_json_writer *w, const struct tb_id *search, const struct tb_find_match *match)
{
    const struct tb_id handle = tb_handle_of(search, tb_id_span(&match->customer));
    tb_json_open(w, NULL);
    tb_json_put_id(w, "customer", &handle);
    tb_json_put_str(w, "name", match->name);
    tb_member_put_opt_str(w, "tier", match->tier);
    tb_member_put_opt_str(w, "hint", match->hint);
    tb_json_close(w);
}

void tb_people_found(struct tb_agent *agent, uint32_t ticket, enum tb_err err, const struct tb_found *found)
{
    struct tb_people *p = &agent->people;
    struct tb_people_ask *ask = ask_of(agent, ticket);
    if (!ask)
        return;
    const struct tb_request asker = asker_take(ask);
    if (err != TB_OK) {
        refuse_look(&asker, err);
        return;
    }
    p->search = tb_id_random(tb_rng_system());
    p->found_until_ms = tb_loop_now_ms(agent->loop) + TB_FOUND_KEEP_MS;
    p->found_count = found->count;
    struct tb_json_writer w = tb_request_answer_begin(&asker);
    tb_json_open_array(&w, "matches");
    for (size_t i = 0; i < found->count; i++) {
        p->found[i] = found->matches[i].customer;
        put_match(&w, &p->search, &found->matches[i]);
    }
    tb_json_close_array(&w);
    tb_request_answer_end(&asker, &w);
}

/* ---- opening whom was found ---- */

struct opening {
    struct tb_agent *agent;
    struct tb_request asker;
    struct tb_id customer;
    struct tb_id visit; /* that was open when it was asked for; zero: none */
};

static const struct tb_id *found_of(struct tb_agent *agent, const struct tb_id *handle)
{
    struct tb_people *p = &agent->people;
    bool keeps = tb_loop_now_ms(agent->loop) < p->found_until_ms;
    for (size_t i = 0; keeps && i < p->found_count; i++)
        if (tb_handle_is(handle, &p->search, tb_id_span(&p->found[i])))
            return &p->found[i];
    return NULL;
}

void tb_people_open(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    struct tb_id handle = tb_json_id(&r->check, r->params, "customer");
    if (!tb_request_check(r) || !tb_operators_admit(r))
        return;
    const struct tb_id *customer = found_of(agent, &handle);
    if (!customer) {
        tb_request_refuse(r, TB_ERR_NOT_FOUND, "That search is over. Search again.");
        return;
    }
    struct tb_open_ask whom = {.customer = *customer};
    memcpy(whom.operator, tb_operators_id(agent), sizeof whom.operator);
    struct tb_people_ask *ask = ask_take(r);
    if (!ask)
        return;
    ask->customer = *customer;
    if (agent->serving.visit.open)
        ask->visit = agent->serving.visit.id;
    tb_line_open(agent, ask->ticket, &whom, FIND_WAIT_MS);
}

static void opened_audit(struct tb_agent *agent)
{
    enum tb_err err = tb_audit(TB_EVENT("customer", "opened"), tb_log_id("visit", &agent->serving.visit.id),
                               tb_operators_field(agent));
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("audit", "write_failed"), tb_log_err(err));
}

static void opening_saved(void *context, enum tb_err err)
{
    const struct opening *opening = context;
    struct tb_agent *agent = opening->agent;
    const struct tb_visit_start start = {
        .known = true,
        .customer = tb_pepper_customer(&agent->facts.pepper, &opening->customer),
        .source = TB_VISIT_FROM_FOUND,
        .assurance = TB_ASSURANCE_LOW,
        .reader = TB_VISIT_NO_READER,
    };
    /* Somebody else has come meanwhile, and is not sent away for it. */
    const struct tb_visit *visit = &agent->serving.visit;
    if (err == TB_OK && visit->open && !tb_id_equal(&visit->id, &opening->visit))
        err = TB_ERR_CONFLICT;
    if (err == TB_OK)
        err = tb_visits_open(agent, &start);
    if (err != TB_OK) {
        tb_request_refuse(&opening->asker, err, "The customer could not be shown.");
        return;
    }
    opened_audit(agent);
    struct tb_json_writer w = tb_request_answer_begin(&opening->asker);
    tb_json_put_id(&w, "visit", &agent->serving.visit.id);
    tb_request_answer_end(&opening->asker, &w);
}

static enum tb_err opening_begin(struct tb_agent *agent, const struct tb_people_ask *ask,
                                 const struct tb_taps_answer *told)
{
    if (told->err != TB_OK)
        return told->err;
    if (!told->found)
        return TB_ERR_NOT_FOUND;
    struct opening *opening = malloc(sizeof *opening);
    if (!opening)
        return TB_ERR_NO_MEMORY;
    *opening =
        (struct opening){.agent = agent, .asker = ask->asker, .customer = ask->customer, .visit = ask->visit};
    enum tb_err err = tb_storage_put(&agent->storage, told->rows, opening_saved, opening);
    if (err != TB_OK)
        free(opening);
    return err;
}

bool tb_people_told(struct tb_agent *agent, uint32_t ticket, const struct tb_taps_answer *told)
{
    struct tb_people_ask *ask = ticket & TB_PEOPLE_TICKET ? ask_of(agent, ticket) : NULL;
    if (!ask)
        return (ticket & (TB_PEOPLE_TICKET | TB_SESSION_TICKET)) == TB_PEOPLE_TICKET;
    const struct tb_people_ask asked = *ask;
    const struct tb_request asker = asker_take(ask);
    enum tb_err err = opening_begin(agent, &asked, told);
    if (err != TB_OK)
        refuse_look(&asker, err);
    return true;
}

/* ---- credentials of who is here ---- */

static struct tb_person_credential *credential_of(struct tb_people *p, const uint8_t *hash)
{
    for (size_t i = 0; i < p->credential_count; i++)
        if (memcmp(p->credentials[i].hash, hash, TB_LOOKUP_HASH_SIZE) == 0)
            return &p->credentials[i];
    if (p->credential_count == TB_RECORD_CREDENTIAL_MAX)
        return NULL;
    struct tb_person_credential *added = &p->credentials[p->credential_count++];
    *added = (struct tb_person_credential){.gone = true};
    memcpy(added->hash, hash, TB_LOOKUP_HASH_SIZE);
    return added;
}

static bool doc_read(const struct tb_row *row, struct tb_credential_doc *ret_doc)
{
    uint8_t block[TB_JSON_ARENA_SIZE(1024)];
    struct tb_arena arena = tb_arena_of(block, sizeof block);
    struct tb_check check = {0};
    struct tb_json doc;
    *ret_doc = (struct tb_credential_doc){.blocked = false};
    if (row->op != TB_ROW_PUT)
        return true;
    check.err = tb_json_parse(row->doc, 1024, &arena, &doc);
    if (check.err == TB_OK)
        tb_credential_doc_decode(&check, doc, ret_doc);
    return check.err == TB_OK;
}

static bool row_is_of(const struct tb_row *row, const struct tb_credential_doc *doc,
                      const struct tb_id *customer)
{
    bool is = tb_id_equal(&row->customer, customer);
    for (size_t i = 0; i < doc->also_count; i++)
        is = is || tb_id_equal(&doc->also[i], customer);
    return is && row->op == TB_ROW_PUT;
}

static void credential_row(struct tb_agent *agent, const struct tb_row *row)
{
    struct tb_people *p = &agent->people;
    struct tb_credential_doc doc;
    uint8_t hash[TB_LOOKUP_HASH_SIZE];
    if (!doc_read(row, &doc) || tb_hex_decode(tb_span_str(row->id), hash, sizeof hash) != TB_OK)
        return;
    struct tb_person_credential *known = credential_of(p, hash);
    if (!known || row->version <= known->version)
        return;
    p->credentials_changed = true;
    known->version = row->version;
    known->gone = !row_is_of(row, &doc, &p->customer);
    known->blocked = doc.blocked;
    if (!known->gone)
        memcpy(known->kind, doc.kind, sizeof known->kind);
}

void tb_people_rows(struct tb_agent *agent, const struct tb_rows *rows, const struct tb_id *complete)
{
    const struct tb_people *p = &agent->people;
    if (tb_id_is_zero(&p->customer))
        return;
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].type == TB_ROW_CREDENTIAL)
            credential_row(agent, &rows->at[i]);
    if (complete && tb_id_equal(complete, &p->customer))
        tb_people_credentials_known(agent);
}

static bool are_known(const struct tb_agent *agent)
{
    return agent->people.credentials_known && tb_serving_is(&agent->serving, &agent->people.customer);
}

void tb_people_saved(struct tb_agent *agent)
{
    struct tb_people *p = &agent->people;
    if (!p->credentials_changed || !are_known(agent))
        return;
    p->credentials_changed = false;
    struct tb_json_writer w = tb_page_begin(agent, "credentials_changed");
    tb_json_put_id(&w, "visit", &agent->serving.visit.id);
    tb_page_end(agent, &w, clerks, TB_COUNTER_TOPIC_EVENT);
}

static bool credentials_are_known(struct tb_request *r)
{
    bool known = are_known(r->agent);
    if (!known)
        tb_request_refuse(r, TB_ERR_OFFLINE, "The customer's credentials are known with the line up only.");
    return known;
}

const struct tb_person_credential *tb_people_credential(struct tb_request *r, const struct tb_id *handle)
{
    const struct tb_people *p = &r->agent->people;
    const struct tb_id *visit = &r->agent->serving.visit.id;
    if (!credentials_are_known(r))
        return NULL;
    for (size_t i = 0; i < p->credential_count; i++) {
        const struct tb_person_credential *c = &p->credentials[i];
        if (!c->gone && tb_handle_is(handle, visit, tb_span_of(c->hash, sizeof c->hash)))
            return c;
    }
    tb_request_refuse(r, TB_ERR_NOT_FOUND, "The customer has no such credential.");
    return NULL;
}

static void credentials_answer(const struct tb_request *r)
{
    const struct tb_people *p = &r->agent->people;
    const struct tb_id *visit = &r->agent->serving.visit.id;
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_open_array(&w, "credentials");
    for (size_t i = 0; i < p->credential_count; i++) {
        const struct tb_person_credential *c = &p->credentials[i];
        const struct tb_id handle = tb_handle_of(visit, tb_span_of(c->hash, sizeof c->hash));
        if (c->gone)
            continue;
        tb_json_open(&w, NULL);
        tb_json_put_id(&w, "credential", &handle);
        tb_json_put_str(&w, "kind", c->kind);
        tb_json_put_bool(&w, "blocked", c->blocked);
        tb_json_close(&w);
    }
    tb_json_close_array(&w);
    tb_request_answer_end(r, &w);
}

void tb_people_credentials_known(struct tb_agent *agent)
{
    struct tb_people *p = &agent->people;
    p->credentials_known = true;
    while (are_known(agent) && p->waiting_count > 0) {
        const struct tb_request waiting = p->waiting[--p->waiting_count];
        credentials_answer(&waiting);
    }
}

static void waiting_refuse(struct tb_agent *agent, enum tb_err err, const char *text)
{
    struct tb_people *p = &agent->people;
    while (p->waiting_count > 0) {
        const struct tb_request waiting = p->waiting[--p->waiting_count];
        tb_request_refuse(&waiting, err, text);
    }
}

void tb_people_line(struct tb_agent *agent)
{
    if (agent->status.line != TB_LINE_LIVE)
        waiting_refuse(agent, TB_ERR_OFFLINE, "The customer's credentials are known with the line up only.");
}

/* They come with the customer's feed, a moment after the visit began. */
void tb_people_credentials(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    struct tb_people *p = &agent->people;
    struct tb_id visit = tb_json_id(&r->check, r->params, "visit");
    if (!tb_request_check(r) || !tb_people_customer_is_on(r, &visit))
        return;
    if (are_known(agent)) {
        credentials_answer(r);
    } else if (agent->status.line != TB_LINE_LIVE) {
        (void)credentials_are_known(r);
    } else if (p->waiting_count == TB_PEOPLE_ASK_MAX) {
        tb_request_refuse(r, TB_ERR_BUSY, "Too many wait for that.");
    } else {
        p->waiting[p->waiting_count++] =
            (struct tb_request){.agent = agent, .from = r->from, .id = r->id, .send = r->send};
    }
}

void tb_people_block(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    struct tb_id visit = tb_json_id(&r->check, r->params, "visit");
    struct tb_id handle = tb_json_id(&r->check, r->params, "credential");
    enum tb_block_reason reason = (enum tb_block_reason)tb_json_enum(
        &r->check, r->params, "reason", tb_block_reason_names, TB_BLOCK_REASON_COUNT);
    if (!tb_request_check(r) || !tb_people_customer_is_on(r, &visit))
        return;
    const struct tb_person_credential *credential = tb_people_credential(r, &handle);
    if (!credential)
        return;
    enum tb_err err =
        tb_audit(TB_EVENT("credential", "block"), tb_log_id("visit", &visit),
                 tb_log_str("credential", credential->kind),
                 tb_log_str("reason", tb_block_reason_names[reason]), tb_operators_field(agent));
    if (err != TB_OK) {
        tb_request_refuse(r, err, "The block could not be recorded.");
        return;
    }
    struct tb_mutation block = tb_people_mutation(agent, TB_MUTATION_CREDENTIAL_BLOCK);
    memcpy(block.block.hash, credential->hash, sizeof block.block.hash);
    block.block.reason = reason;
    store_for(r, &block);
}

/* ---- notes ---- */

static bool note_is_audited(struct tb_request *r, const char *event)
{
    enum tb_err err = tb_audit(TB_EVENT("note", event), tb_log_id("visit", &r->agent->serving.visit.id),
                               tb_operators_field(r->agent));
    if (err != TB_OK)
        tb_request_refuse(r, err, "The note could not be recorded.");
    return err == TB_OK;
}

void tb_people_note_add(struct tb_request *r)
{
    struct tb_id visit = tb_json_id(&r->check, r->params, "visit");
    char text[TB_TEXT_SIZE_MAX + 1];
    tb_json_str(&r->check, r->params, "text", text, sizeof text);
    if (r->check.err == TB_OK && text[0] == '\0')
        tb_check_fail(&r->check, TB_ERR_MISSING, "text");
    if (!tb_request_check(r) || !tb_people_customer_is_on(r, &visit) || !note_is_audited(r, "add"))
        return;
    struct tb_mutation note = tb_people_mutation(r->agent, TB_MUTATION_NOTE_ADD);
    note.staff_note.note = tb_id_random(tb_rng_system());
    memcpy(note.staff_note.text, text, sizeof text);
    store_for(r, &note);
}

void tb_people_note_remove(struct tb_request *r)
{
    struct tb_id visit = tb_json_id(&r->check, r->params, "visit");
    struct tb_id note = tb_json_id(&r->check, r->params, "note");
    if (!tb_request_check(r) || !tb_people_customer_is_on(r, &visit) || !note_is_audited(r, "remove"))
        return;
    struct tb_mutation removal = tb_people_mutation(r->agent, TB_MUTATION_NOTE_REMOVE);
    removal.staff_note.note = note;
    store_for(r, &removal);
}

/* ---- what became of changes ---- */

static bool is_watched(enum tb_mutation_kind kind)
{
    return kind == TB_MUTATION_CREDENTIAL_LINK || kind == TB_MUTATION_CREDENTIAL_BLOCK ||
           kind == TB_MUTATION_CUSTOMER_CREATE || kind == TB_MUTATION_NOTE_ADD ||
           kind == TB_MUTATION_NOTE_REMOVE;
}

/* When there are more than places the oldest is not told of: its visit has ended long ago. */
void tb_people_stored(struct tb_agent *agent, const struct tb_mutation *mutation, enum tb_err err)
{
    struct tb_people *p = &agent->people;
    tb_captures_stored(agent, mutation, err);
    if (err != TB_OK || !is_watched(mutation->kind))
        return;
    p->watched[p->watch_next++ % TB_PEOPLE_WATCH_MAX] =
        (struct tb_people_watch){.seq = mutation->seq,
                                 .kind = mutation->kind,
                                 .customer = mutation->customer,
                                 .visit = mutation->visit};
    if (mutation->kind == TB_MUTATION_CUSTOMER_CREATE)
        tb_signups_stored(agent, mutation);
}

static void taken_back(struct tb_agent *agent, const struct tb_people_watch *watch,
                       const struct tb_verdict *verdict)
{
    if (!tb_serving_is(&agent->serving, &watch->customer))
        return;
    struct tb_json_writer w = tb_page_begin(agent, "taken_back");
    tb_json_put_id(&w, "visit", &agent->serving.visit.id);
    tb_json_put_int(&w, "seq", verdict->seq);
    tb_json_put_str(&w, "change", tb_mutation_kind_names[watch->kind]);
    tb_json_put_str(&w, "code", verdict->code);
    tb_page_end(agent, &w, clerks, TB_COUNTER_TOPIC_EVENT);
}

void tb_people_verdict(struct tb_agent *agent, const struct tb_verdict *verdict)
{
    struct tb_people *p = &agent->people;
    tb_captures_decided(agent, verdict);
    for (size_t i = 0; i < TB_PEOPLE_WATCH_MAX; i++) {
        if (p->watched[i].seq != verdict->seq)
            continue;
        const struct tb_people_watch watch = p->watched[i];
        p->watched[i] = (struct tb_people_watch){.seq = 0};
        if (verdict->kind == TB_VERDICT_REJECTED)
            taken_back(agent, &watch, verdict);
        if (watch.kind == TB_MUTATION_CUSTOMER_CREATE)
            tb_signups_decided(agent, &watch.customer, verdict->kind != TB_VERDICT_REJECTED);
        return;
    }
}

void tb_people_visit_ended(struct tb_agent *agent)
{
    waiting_refuse(agent, TB_ERR_NOT_FOUND, "That visit has ended.");
}

void tb_people_follow(struct tb_agent *agent, const struct tb_id *customer)
{
    struct tb_people *p = &agent->people;
    if (tb_id_equal(customer, &p->customer))
        return;
    tb_wipe(p->credentials, p->credential_count * sizeof p->credentials[0]);
    p->customer = *customer;
    p->credential_count = 0;
    p->credentials_known = false;
    p->credentials_changed = false;
}

void tb_people_erased(struct tb_agent *agent)
{
    found_forget(&agent->people);
}
