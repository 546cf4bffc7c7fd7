#include "agent/app/handover/handover_desk.h"
#include "agent/app/handover/handover_parts.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "host/log/log.h"

#include <stdlib.h>

#define ANSWER_MS 5000

/* ---- mutations ---- */

void handover_audit(struct tb_agent *agent, const char *event, const struct tb_id *handover,
                    const struct tb_id *visit)
{
    enum tb_err err = tb_audit(TB_EVENT("handover", event), tb_log_id("handover", handover),
                               tb_log_id("visit", visit), tb_operators_field(agent));
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("audit", "write_failed"), tb_log_err(err));
}

enum tb_err handover_store(struct tb_agent *agent, struct tb_mutation *m)
{
    static const struct tb_cart_ask nobody;
    return tb_mutations_store(agent, m, nobody);
}

/* ---- what waits for a verdict ---- */

static void answer_due(struct tb_timer *timer);

void handover_rearm(struct tb_agent *agent)
{
    struct tb_handovers *h = &agent->handovers;
    int64_t now_ms = tb_loop_now_ms(agent->loop);
    int64_t due_ms = handover_taking_due_ms(agent);
    for (size_t i = 0; i < TB_HANDOVERS_ASK_MAX; i++) {
        const struct tb_handover_asked *asked = &h->asked[i];
        if (asked->kind != TB_MUTATION_NONE && asked->until_ms < due_ms)
            due_ms = asked->until_ms;
    }
    h->timer.context = agent;
    if (due_ms == INT64_MAX)
        tb_timer_cancel(&h->timer);
    else
        tb_timer_set(agent->loop, &h->timer, due_ms > now_ms ? due_ms - now_ms : 0, answer_due);
}

static void asked_free(struct tb_handover_asked *asked)
{
    *asked = (struct tb_handover_asked){.kind = TB_MUTATION_NONE};
}

void handover_asked_drop(struct tb_agent *agent, struct tb_handover_asked *asked)
{
    asked_free(asked);
    handover_rearm(agent);
}

void handover_asked_give_up(struct tb_agent *agent, struct tb_handover_asked *asked, enum tb_err err)
{
    const struct tb_handover_asked told = *asked;
    if (told.kind == TB_MUTATION_HANDOVER_REQUEST)
        handover_asking_give_up(agent, asked);
    asked_free(asked);
    if (told.kind == TB_MUTATION_HANDOVER_ACCEPT)
        handover_taking_unasked(agent, &told.id);
    handover_rearm(agent);
    if (told.kind == TB_MUTATION_HANDOVER_REQUEST)
        tb_handover_desk_tell(agent);
    if (told.done)
        told.done(agent, &told.asker, err,
                  told.kind == TB_MUTATION_HANDOVER_REQUEST ? &agent->handovers.own[told.reason] : NULL);
}

static void answer_due(struct tb_timer *timer)
{
    struct tb_agent *agent = timer->context;
    struct tb_handovers *h = &agent->handovers;
    handover_taking_tick(agent);
    int64_t now_ms = tb_loop_now_ms(agent->loop);
    for (size_t i = 0; i < TB_HANDOVERS_ASK_MAX; i++)
        if (h->asked[i].kind != TB_MUTATION_NONE && h->asked[i].until_ms <= now_ms)
            handover_asked_give_up(agent, &h->asked[i], TB_ERR_TIMEOUT);
    handover_rearm(agent);
}

void tb_handovers_line(struct tb_agent *agent)
{
    struct tb_handovers *h = &agent->handovers;
    for (size_t i = 0; agent->status.line != TB_LINE_LIVE && i < TB_HANDOVERS_ASK_MAX; i++)
        if (h->asked[i].kind != TB_MUTATION_NONE)
            handover_asked_give_up(agent, &h->asked[i], TB_ERR_OFFLINE);
}

enum tb_err handover_ask(struct tb_agent *agent, const struct tb_mutation *m, tb_handover_done *done,
                         const struct tb_request *asker)
{
    struct tb_handovers *h = &agent->handovers;
    struct tb_handover_asked *slot = NULL;
    for (size_t i = 0; i < TB_HANDOVERS_ASK_MAX && !slot; i++)
        if (h->asked[i].kind == TB_MUTATION_NONE)
            slot = &h->asked[i];
    if (agent->status.line != TB_LINE_LIVE)
        return TB_ERR_OFFLINE;
    if (!slot)
        return TB_ERR_FULL;
    *slot = (struct tb_handover_asked){.kind = m->kind,
                                       .id = m->handover.handover,
                                       .customer = m->customer,
                                       .reason = m->handover.reason,
                                       .until_ms = tb_loop_now_ms(agent->loop) + ANSWER_MS,
                                       .done = done};
    if (asker)
        slot->asker = *asker;
    if (agent->serving.visit.open)
        slot->visit = agent->serving.visit.id;
    handover_rearm(agent);
    return TB_OK;
}

struct tb_handover_asked *handover_asked_of(struct tb_agent *agent, enum tb_mutation_kind kind,
                                            const struct tb_id *handover)
{
    struct tb_handovers *h = &agent->handovers;
    for (size_t i = 0; i < TB_HANDOVERS_ASK_MAX; i++)
        if (h->asked[i].kind == kind && tb_id_equal(&h->asked[i].id, handover))
            return &h->asked[i];
    return NULL;
}

/* Stores what is asked for and remembers who waits. */
enum tb_err handover_ask_begin(struct tb_agent *agent, struct tb_mutation *m, tb_handover_done *done,
                               const struct tb_request *asker)
{
    enum tb_err err = handover_ask(agent, m, done, asker);
    if (err != TB_OK)
        return err;
    err = handover_store(agent, m);
    if (err != TB_OK)
        handover_asked_drop(agent, handover_asked_of(agent, m->kind, &m->handover.handover));
    return err;
}

void tb_handovers_stored(struct tb_agent *agent, const struct tb_mutation *mutation, enum tb_err err)
{
    if (mutation->kind != TB_MUTATION_HANDOVER_REQUEST && mutation->kind != TB_MUTATION_HANDOVER_ACCEPT &&
        mutation->kind != TB_MUTATION_HANDOVER_DECLINE)
        return;
    handover_taking_stored(agent, mutation, err);
    struct tb_handover_asked *asked = handover_asked_of(agent, mutation->kind, &mutation->handover.handover);
    if (!asked || asked->seq)
        return;
    if (err == TB_OK)
        asked->seq = mutation->seq;
    else
        handover_asked_give_up(agent, asked, err);
}

/* ---- what became of it ---- */

static enum tb_err verdict_err(const struct tb_verdict *verdict)
{
    if (verdict->kind == TB_VERDICT_APPLIED || verdict->kind == TB_VERDICT_DUPLICATE)
        return TB_OK;
    if (strcmp(verdict->code, "handover_taken") == 0)
        return TB_ERR_CONFLICT;
    if (strcmp(verdict->code, "handover_limit") == 0)
        return TB_ERR_HANDOVER_LIMIT;
    bool over = strcmp(verdict->code, "handover_over") == 0 || strcmp(verdict->code, "handover_unknown") == 0;
    return over ? TB_ERR_NOT_FOUND : TB_ERR_DENIED;
}

void tb_handovers_decided(struct tb_agent *agent, const struct tb_verdict *verdict)
{
    struct tb_handovers *h = &agent->handovers;
    struct tb_handover_asked *asked = NULL;
    struct tb_acceptance *taken = tb_acceptances_of_seq(&h->taking, verdict->seq);
    for (size_t i = 0; i < TB_HANDOVERS_ASK_MAX && !asked; i++)
        if (h->asked[i].kind != TB_MUTATION_NONE && h->asked[i].seq == verdict->seq && verdict->seq != 0)
            asked = &h->asked[i];
    if (!asked && !taken)
        return;
    const struct tb_handover_asked done =
        asked ? *asked : (struct tb_handover_asked){.kind = TB_MUTATION_NONE};
    if (asked)
        handover_asked_drop(agent, asked);
    enum tb_err err = verdict_err(verdict);
    if (done.kind == TB_MUTATION_HANDOVER_REQUEST && err != TB_OK)
        handover_asking_end(agent, done.reason, &done.id);
    if (taken)
        err = handover_taking_decided(agent, taken, err, asked ? &done.visit : NULL);
    tb_handover_desk_tell(agent);
    if (done.done)
        done.done(agent, &done.asker, err,
                  done.kind == TB_MUTATION_HANDOVER_REQUEST ? &h->own[done.reason] : NULL);
}

void tb_handovers_choice_over(struct tb_agent *agent)
{
    handover_rearm(agent);
}

/* ---- the store's open ones ---- */

static bool is_to_here(const struct tb_agent *agent, const struct tb_handover *doc)
{
    const struct tb_terminal *t = &agent->facts.terminal;
    return strcmp(doc->to, TB_HANDOVER_TO_ANY) == 0 || strcmp(doc->to, t->store) == 0 ||
           strcmp(doc->to, t->till) == 0;
}

/* What became of it stands in doc. */
static void entry_over(struct tb_agent *agent, const struct tb_id *id, const struct tb_handover *doc)
{
    struct tb_handover_list *list = &agent->handovers.open;
    bool known = tb_handover_list_find(list, id) != NULL;
    tb_handover_list_remove(list, id);
    if (known && is_to_here(agent, doc))
        tb_pos_handover_over(agent, id, doc);
}

static void entry_put(struct tb_agent *agent, const struct tb_row *row, const struct tb_id *id,
                      const struct tb_handover *doc)
{
    struct tb_handover_entry entry = {
        .id = *id, .customer = row->customer, .version = row->version, .doc = *doc};
    if (doc->state != TB_HANDOVER_OPEN)
        entry_over(agent, id, doc);
    else if (!tb_handover_list_put(&agent->handovers.open, &entry))
        tb_log(TB_LOG_WARN, TB_EVENT("handovers", "too_many"));
    tb_wipe(&entry, sizeof entry);
}

static enum tb_err doc_read(const struct tb_row *row, struct tb_handover *ret_doc)
{
    const size_t size = TB_JSON_ARENA_SIZE(TB_DOC_JSON_SIZE_MAX);
    void *block = malloc(size);
    struct tb_check check = {0};
    struct tb_json doc;
    if (!block)
        return TB_ERR_NO_MEMORY;
    struct tb_arena arena = tb_arena_of(block, size);
    check.err = tb_json_parse(row->doc, TB_DOC_JSON_SIZE_MAX, &arena, &doc);
    if (check.err == TB_OK)
        tb_handover_decode(&check, doc, ret_doc);
    tb_wipe(block, size);
    free(block);
    return check.err;
}

/* True when something changed. */
static bool row_take(struct tb_agent *agent, const struct tb_row *row)
{
    struct tb_handovers *h = &agent->handovers;
    struct tb_handover doc;
    struct tb_id id;
    if (row->type != TB_ROW_HANDOVER || tb_row_object(row, &id) != TB_OK)
        return false;
    const struct tb_handover_entry *known = tb_handover_list_find(&h->open, &id);
    if (known && known->version >= row->version)
        return false;
    if (row->op != TB_ROW_PUT) {
        handover_taking_row(agent, row, &id, NULL);
        tb_handover_list_remove(&h->open, &id);
        return true;
    }
    enum tb_err err = doc_read(row, &doc);
    if (err != TB_OK) {
        tb_log(TB_LOG_ERROR, TB_EVENT("handovers", "row_unreadable"), tb_log_err(err));
        return false;
    }
    if (!handover_asking_row(agent, row, &id, &doc))
        entry_put(agent, row, &id, &doc);
    handover_taking_row(agent, row, &id, &doc);
    return true;
}

void tb_handovers_rows(struct tb_agent *agent, const struct tb_rows *rows)
{
    bool changed = false;
    for (size_t i = 0; i < rows->count; i++) {
        changed = row_take(agent, &rows->at[i]) || changed;
        handover_taking_cart(agent, &rows->at[i]);
    }
    if (changed)
        tb_handover_desk_tell(agent);
}

static void saves_report(struct tb_timer *timer)
{
    struct tb_agent *agent = timer->context;
    struct tb_handovers *h = &agent->handovers;
    for (size_t i = 0; i < TB_CLIENT_SAVE_COUNT_MAX; i++) {
        uint32_t ticket = h->saves[i];
        h->saves[i] = 0;
        if (ticket)
            tb_client_saved(&agent->client, ticket, TB_OK, tb_loop_now_ms(agent->loop));
    }
    tb_agent_rearm(agent);
}

/* The machine is not called from its own action: what is kept in memory is reported in the next turn. */
void tb_handovers_save(struct tb_agent *agent, const struct tb_client_action *action)
{
    struct tb_handovers *h = &agent->handovers;
    bool anew = action->save.first && action->save.from.size == 0;
    if (anew)
        tb_handover_list_clear(&h->open);
    for (size_t i = 0; i < action->save.rows.count; i++)
        (void)row_take(agent, &action->save.rows.at[i]);
    if (!action->save.more)
        handover_taking_complete(agent);
    if (anew || action->save.rows.count)
        tb_handover_desk_tell(agent);
    size_t slot = 0;
    while (slot < TB_CLIENT_SAVE_COUNT_MAX && h->saves[slot])
        slot++;
    TB_ASSERT(slot < TB_CLIENT_SAVE_COUNT_MAX);
    h->saves[slot] = action->save.ticket;
    h->save_timer.context = agent;
    tb_timer_set(agent->loop, &h->save_timer, 0, saves_report);
}

static bool is_for_here(const struct tb_agent *agent, const struct tb_handover *doc)
{
    bool overdue = tb_loop_wall_ms(agent->loop) >= doc->at_ms + TB_HANDOVER_LIFE_MS;
    return !overdue && is_to_here(agent, doc);
}

const struct tb_handover_entry *tb_handovers_next(const struct tb_agent *agent, size_t *index)
{
    const struct tb_handovers *h = &agent->handovers;
    while (*index < h->open.count) {
        const struct tb_handover_entry *entry = &h->open.at[(*index)++];
        if (is_for_here(agent, &entry->doc))
            return entry;
    }
    return NULL;
}

void tb_handovers_forget(struct tb_agent *agent, const struct tb_id *customer)
{
    tb_handover_list_forget(&agent->handovers.open, customer);
    handover_taking_forget(agent, customer);
    tb_handover_desk_tell(agent);
}

/* ---- declining ---- */

enum tb_err tb_handovers_decline(struct tb_agent *agent, const struct tb_id *handover, tb_handover_done *done,
                                 const struct tb_request *asker)
{
    const struct tb_handover_entry *entry = tb_handover_list_find(&agent->handovers.open, handover);
    if (agent->status.line != TB_LINE_LIVE)
        return TB_ERR_OFFLINE;
    if (!entry)
        return TB_ERR_NOT_FOUND;
    if (handover_asked_of(agent, TB_MUTATION_HANDOVER_DECLINE, handover))
        return TB_ERR_CONFLICT;
    struct tb_mutation m = {
        .kind = TB_MUTATION_HANDOVER_DECLINE, .customer = entry->customer, .handover.handover = *handover};
    enum tb_err err = handover_ask_begin(agent, &m, done, asker);
    if (err != TB_OK)
        return err;
    tb_handover_list_decline(&agent->handovers.open, handover);
    handover_audit(agent, "declined", handover, &agent->serving.visit.id);
    tb_handover_desk_tell(agent);
    return TB_OK;
}

void tb_handovers_stop(struct tb_agent *agent)
{
    struct tb_handovers *h = &agent->handovers;
    tb_timer_cancel(&h->timer);
    tb_timer_cancel(&h->save_timer);
    for (size_t i = 0; i < TB_HANDOVERS_ASK_MAX; i++)
        asked_free(&h->asked[i]);
    tb_acceptances_clear(&h->taking);
    tb_handovers_fetched_drop(agent);
    tb_handover_list_clear(&h->open);
}
