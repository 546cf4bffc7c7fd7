/* What this terminal asks for, and what becomes of it. */
#include "agent/app/handover/handover_desk.h"
#include "agent/app/handover/handover_parts.h"
#include "agent/app/own_id.h"
#include "agent/app/pages/kiosk.h"

#include "core/base/assert.h"
#include "host/log/log.h"
#include "host/system/system.h"

#include <stdio.h>

#define HELP "help" /* a call for help: its id is this terminal's */

static void cancel_store(struct tb_agent *agent, const struct tb_id *handover, const struct tb_id *customer,
                         const struct tb_id *visit)
{
    struct tb_mutation cancel = {.kind = TB_MUTATION_HANDOVER_CANCEL,
                                 .customer = *customer,
                                 .visit = *visit,
                                 .handover.handover = *handover};
    enum tb_err err = handover_store(agent, &cancel);
    if (err != TB_OK)
        tb_log(TB_LOG_WARN, TB_EVENT("handovers", "not_cancelled"), tb_log_err(err));
    handover_audit(agent, "cancelled", handover, visit);
}

/* ---- asking ---- */

const struct tb_handover_own *tb_handovers_own(const struct tb_agent *agent, enum tb_handover_reason reason)
{
    TB_ASSERT((unsigned)reason < TB_HANDOVER_REASON_COUNT);
    return &agent->handovers.own[reason];
}

const char *tb_handovers_gone_to(const struct tb_agent *agent)
{
    return agent->handovers.gone.to;
}

static bool own_is_open(const struct tb_handover_own *own)
{
    return own->stage == TB_HANDOVER_STAGE_ASKING || own->stage == TB_HANDOVER_STAGE_WAITING;
}

enum tb_err tb_handovers_request(struct tb_agent *agent, const struct tb_handover_wish *wish,
                                 tb_handover_done *done, const struct tb_request *asker)
{
    const struct tb_serving *serving = &agent->serving;
    struct tb_handover_own *own = &agent->handovers.own[wish->reason];
    bool nobody = !serving->visit.start.known;
    bool empty = nobody && serving->cart.cart.line_count == 0;
    if (!serving->visit.open || (empty && wish->reason != TB_HANDOVER_FOR_HELP))
        return TB_ERR_NOT_FOUND;
    if (own_is_open(own) && tb_id_equal(&own->visit, &serving->visit.id))
        return TB_ERR_CONFLICT;
    struct tb_mutation m = {.kind = TB_MUTATION_HANDOVER_REQUEST,
                            .customer = serving->record.customer,
                            .visit = serving->visit.id,
                            .handover = {.reason = wish->reason}};
    if (serving->cart.cart.line_count || nobody) /* an empty one names what she may still fill */
        m.cart = serving->cart_id;
    m.handover.handover = wish->reason == TB_HANDOVER_FOR_HELP
                              ? tb_own_id_new(&agent->storage.sealer, HELP, tb_rng_system())
                              : tb_id_random(tb_rng_system());
    (void)snprintf(m.handover.to, sizeof m.handover.to, "%s", wish->to);
    (void)snprintf(m.handover.note, sizeof m.handover.note, "%s", wish->note);
    enum tb_err err = handover_ask_begin(agent, &m, done, asker);
    if (err != TB_OK)
        return err;
    *own = (struct tb_handover_own){.stage = TB_HANDOVER_STAGE_ASKING,
                                    .id = m.handover.handover,
                                    .customer = m.customer,
                                    .visit = m.visit,
                                    .since_ms = tb_loop_wall_ms(agent->loop)};
    handover_audit(agent, "requested", &own->id, &own->visit);
    tb_visit_activity(&agent->serving.visit, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
    return TB_OK;
}

/* ---- taking back ---- */

void handover_asking_end(struct tb_agent *agent, enum tb_handover_reason reason, const struct tb_id *id)
{
    struct tb_handover_own *own = &agent->handovers.own[reason];
    if (tb_id_equal(&own->id, id))
        own->stage = TB_HANDOVER_STAGE_OVER;
}

/* Nobody knows whether the context store has it, or will have it an hour later: then nobody is to come. */
void handover_asking_give_up(struct tb_agent *agent, const struct tb_handover_asked *asked)
{
    const struct tb_handover_own *own = &agent->handovers.own[asked->reason];
    if (tb_id_equal(&own->id, &asked->id) && own->stage != TB_HANDOVER_STAGE_OVER)
        cancel_store(agent, &asked->id, &asked->customer, &own->visit);
    handover_asking_end(agent, asked->reason, &asked->id);
}

static void own_cancel(struct tb_agent *agent, struct tb_handover_own *own)
{
    own->stage = TB_HANDOVER_STAGE_OVER;
    cancel_store(agent, &own->id, &own->customer, &own->visit);
    struct tb_handover_asked *asked = handover_asked_of(agent, TB_MUTATION_HANDOVER_REQUEST, &own->id);
    if (asked)
        handover_asked_give_up(agent, asked, TB_ERR_NOT_FOUND);
    tb_handover_desk_tell(agent);
}

enum tb_err tb_handovers_cancel(struct tb_agent *agent, enum tb_handover_reason reason,
                                const struct tb_id *visit)
{
    struct tb_handover_own *own = &agent->handovers.own[reason];
    if (!own_is_open(own) || !tb_id_equal(&own->visit, visit))
        return TB_ERR_NOT_FOUND;
    own_cancel(agent, own);
    return TB_OK;
}

void tb_handovers_part(struct tb_agent *agent)
{
    const struct tb_serving *serving = &agent->serving;
    for (unsigned i = 0; i < TB_HANDOVER_REASON_COUNT; i++) {
        struct tb_handover_own *own = &agent->handovers.own[i];
        bool hers = tb_id_equal(&own->customer, &serving->record.customer) ||
                    tb_id_equal(&own->visit, &serving->visit.id);
        if (own_is_open(own) && hers)
            own_cancel(agent, own);
    }
}

void tb_handovers_visit_ended(struct tb_agent *agent, const struct tb_id *visit)
{
    struct tb_handover_own *help = &agent->handovers.own[TB_HANDOVER_FOR_HELP];
    if (!tb_id_equal(&agent->handovers.gone.visit, visit))
        agent->handovers.gone = (struct tb_handover_gone){.to = ""};
    handover_taking_served(agent);
    if (help->stage == TB_HANDOVER_STAGE_NONE || !tb_id_equal(&help->visit, visit))
        return;
    enum tb_err err = tb_handovers_cancel(agent, TB_HANDOVER_FOR_HELP, visit);
    TB_ASSERT(err == TB_OK || err == TB_ERR_NOT_FOUND);
    help->stage = TB_HANDOVER_STAGE_NONE;
    tb_handover_desk_tell(agent);
}

/* ---- what became of it ---- */

static struct tb_handover_own *own_of(struct tb_handovers *h, const struct tb_id *id)
{
    for (unsigned i = 0; i < TB_HANDOVER_REASON_COUNT; i++)
        if (h->own[i].stage != TB_HANDOVER_STAGE_NONE && tb_id_equal(&h->own[i].id, id))
            return &h->own[i];
    return NULL;
}

/* What is shown at a kiosk is somebody else's by now: she is told whose, and the kiosk is free. At a till a
 * clerk sees to that. */
static void visit_leave(struct tb_agent *agent, enum tb_visit_reason reason, const char *to)
{
    struct tb_handover_gone *gone = &agent->handovers.gone;
    if (!tb_kiosk_is(agent))
        return;
    gone->visit = agent->serving.visit.id;
    (void)snprintf(gone->to, sizeof gone->to, "%s", to);
    tb_visits_finish(agent, reason);
}

/* She goes where it was fetched by its code. A call for help is another thing, somebody comes to her. */
static void sent_is_taken(struct tb_agent *agent, const struct tb_handover_own *own)
{
    const struct tb_visit *visit = &agent->serving.visit;
    bool sent = own == &agent->handovers.own[TB_HANDOVER_FOR_CONTINUE];
    if (sent && visit->open && tb_id_equal(&visit->id, &own->visit))
        visit_leave(agent, TB_VISIT_ENDED_HANDOVER, own->by);
}

/* Nobody's cart is in no feed: that there is none any more stands in the hand-over by which it left. */
static void cart_is_over(struct tb_agent *agent, const struct tb_handover *doc)
{
    const struct tb_serving *serving = &agent->serving;
    bool nobodys = serving->visit.open && !serving->visit.start.known;
    if (doc->cart_over == TB_HANDOVER_CART_IS_THERE || !nobodys ||
        !tb_id_equal(&doc->cart, &serving->cart_id))
        return;
    bool paid = doc->cart_over == TB_HANDOVER_CART_PAID;
    visit_leave(agent, paid ? TB_VISIT_ENDED_CHECKOUT : TB_VISIT_ENDED_HANDOVER, doc->cart_over_by);
}

static void own_take(struct tb_agent *agent, struct tb_handover_own *own, const struct tb_handover *doc)
{
    bool taken = doc->state == TB_HANDOVER_ACCEPTED && own->stage != TB_HANDOVER_STAGE_ACCEPTED;
    bool back = doc->state == TB_HANDOVER_OPEN && own->stage == TB_HANDOVER_STAGE_ACCEPTED;
    if (taken)
        tb_measuring_taken(agent, doc);
    if (back)
        memcpy(own->back_by, own->by, sizeof own->back_by);
    else if (taken)
        own->back_by[0] = '\0';
    own->declined = doc->declined;
    own->until_ms = doc->at_ms + TB_HANDOVER_LIFE_MS;
    memcpy(own->code, doc->code, sizeof own->code);
    memcpy(own->by, doc->by, sizeof own->by);
    if (doc->state == TB_HANDOVER_ACCEPTED)
        own->stage = TB_HANDOVER_STAGE_ACCEPTED;
    else if (doc->state != TB_HANDOVER_OPEN)
        own->stage = TB_HANDOVER_STAGE_OVER;
    else if (own->stage == TB_HANDOVER_STAGE_ASKING || back)
        own->stage = TB_HANDOVER_STAGE_WAITING;
    if (taken)
        sent_is_taken(agent, own);
}

/* A call that an agent before this one made: its visit is over. */
static bool is_left_behind(const struct tb_agent *agent, const struct tb_id *id,
                           const struct tb_handover *doc)
{
    return doc->state == TB_HANDOVER_OPEN && doc->reason == TB_HANDOVER_FOR_HELP &&
           tb_own_id_is(&agent->storage.sealer, HELP, id);
}

bool handover_asking_row(struct tb_agent *agent, const struct tb_row *row, const struct tb_id *handover,
                         const struct tb_handover *doc)
{
    static const struct tb_id none;
    struct tb_handover_own *own = own_of(&agent->handovers, handover);
    bool left_behind = !own && is_left_behind(agent, handover, doc);
    if (own && own->stage != TB_HANDOVER_STAGE_OVER)
        own_take(agent, own, doc);
    else if (left_behind)
        cancel_store(agent, handover, &row->customer, &none);
    cart_is_over(agent, doc);
    return own || left_behind;
}
