#include "agent/app/visit/handed.h"

#include "agent/app/agent.h"

static struct tb_handed_wait *wait_find(struct tb_agent *agent, uint64_t attempt)
{
    for (size_t i = 0; i < TB_HANDED_MAX; i++)
        if (agent->handed.waits[i].attempt == attempt)
            return &agent->handed.waits[i];
    return NULL;
}

enum tb_err tb_handed_take(const struct tb_request *r, uint8_t reader, struct tb_span code,
                           tb_handed_done *done)
{
    struct tb_agent *agent = r->agent;
    struct tb_handed_wait *wait = wait_find(agent, 0);
    if (!wait)
        return TB_ERR_BUSY;
    tb_trust_clock(agent);
    tb_identify_line(&agent->identify, reader, code, tb_loop_now_ms(agent->loop));
    *wait = (struct tb_handed_wait){
        .attempt = agent->identify.attempt_last,
        .done = done,
        .asker = {.agent = agent, .from = r->from, .id = r->id, .send = r->send},
    };
    tb_taps_drain(agent);
    return TB_OK;
}

void tb_handed_ended(struct tb_agent *agent, const struct tb_identify_action *action)
{
    struct tb_handed_wait *wait = wait_find(agent, action->attempt);
    if (!wait)
        return;
    wait->known = true;
    wait->end = (struct tb_handed_end){
        .merged = action->verb == TB_IDENTIFY_MERGED, .outcome = action->outcome, .reason = action->reason};
}

void tb_handed_answer(struct tb_agent *agent)
{
    for (size_t i = 0; i < TB_HANDED_MAX; i++) {
        const struct tb_handed_wait wait = agent->handed.waits[i];
        if (wait.attempt == 0 || !wait.known)
            continue;
        agent->handed.waits[i] = (struct tb_handed_wait){0};
        wait.done(agent, &wait.asker, &wait.end);
    }
}
