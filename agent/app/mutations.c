#include "agent/app/agent.h"
#include "agent/app/request.h"
#include "agent/app/visit/stitch.h"

#include "host/log/log.h"

#include <stdlib.h>

struct storing {
    struct tb_agent *agent;
    struct tb_cart_ask ask;
};

/* It is in the outbox whatever memory says; only its place on the screen would wait for the verdict. */
static void show(struct tb_agent *agent, const struct tb_mutation *mutation)
{
    if (!tb_cart_view_covers(mutation->kind))
        return;
    enum tb_err err = tb_pending_add(&agent->pending, mutation, TB_VERDICT_NONE, 0);
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("mutations", "pending_lost"), tb_log_err(err));
    if (tb_serving_is_about(&agent->serving, mutation)) {
        tb_serving_overlay(&agent->serving);
        tb_pages_cart(agent);
    }
    tb_console_cart(agent, mutation);
}

static void answer(struct tb_agent *agent, struct tb_cart_ask ask, int64_t seq, enum tb_err err)
{
    const struct tb_request r = {.agent = agent, .from = ask.from, .id = ask.request, .send = ask.send};
    if (!ask.send)
        return; /* a disk that takes nothing stands in the state's notices */
    if (err != TB_OK) {
        tb_request_refuse(&r, err, "The change was not saved.");
        return;
    }
    struct tb_json_writer w = tb_request_answer_begin(&r);
    tb_json_put_int(&w, "seq", seq);
    if (tb_storage_outbox_away(&agent->storage) != TB_OK)
        tb_json_put_str(&w, "kept", "memory");
    tb_request_answer_end(&r, &w);
}

static void stored(void *context, enum tb_err err, const struct tb_stored *stored)
{
    struct storing *storing = context;
    struct tb_agent *agent = storing->agent;
    int64_t seq = 0;
    if (err == TB_OK) {
        seq = stored->mutation.seq;
        if (!tb_outbox_may_drop(stored->mutation.kind))
            agent->awaited_seq = seq;
        tb_tally_add(&agent->metrics.mutations, 1);
        show(agent, &stored->mutation);
        tb_line_stored(agent, stored);
    } else
        tb_log(TB_LOG_ERROR, TB_EVENT("mutations", "not_stored"),
               tb_log_str("kind", tb_mutation_kind_names[stored->mutation.kind]), tb_log_err(err));
    answer(agent, storing->ask, seq, err);
    tb_pages_state(agent);
    tb_checkouts_stored(agent, &stored->mutation, err);
    tb_handovers_stored(agent, &stored->mutation, err);
    if (err != TB_OK)
        tb_stitch_rejected(agent, &stored->mutation);
    tb_people_stored(agent, &stored->mutation, err);
}

enum tb_err tb_mutations_closed(const struct tb_agent *agent)
{
    enum tb_err away = tb_storage_outbox_away(&agent->storage);
    bool leaves_at_once = tb_storage_closed(&agent->storage) == TB_OK && agent->status.line == TB_LINE_LIVE;
    return leaves_at_once ? TB_OK : away;
}

bool tb_mutations_are_sent(const struct tb_agent *agent)
{
    return agent->client.decided_seq >= agent->awaited_seq;
}

enum tb_err tb_mutations_store(struct tb_agent *agent, struct tb_mutation *mutation, struct tb_cart_ask ask)
{
    enum tb_err closed = tb_mutations_closed(agent);
    if (closed != TB_OK)
        return closed;
    const enum tb_assurance assurance =
        agent->serving.visit.open ? agent->serving.visit.start.assurance : TB_ASSURANCE_NONE;
    if (!tb_benefit_allows(&agent->policy, mutation->kind, assurance))
        return TB_ERR_ASSURANCE;
    struct storing *storing = malloc(sizeof *storing);
    if (!storing)
        return TB_ERR_NO_MEMORY;
    *storing = (struct storing){.agent = agent, .ask = ask};
    mutation->made_ms = tb_loop_wall_ms(agent->loop);
    memcpy(mutation->operator, tb_operators_id(agent), sizeof mutation->operator);
    enum tb_err err = tb_storage_append(&agent->storage, mutation, stored, storing);
    if (err != TB_OK)
        free(storing);
    return err;
}
