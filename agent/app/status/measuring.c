#include "agent/app/status/measuring.h"

#include "agent/app/agent.h"
#include "agent/app/pages/kiosk.h"
#include "core/base/assert.h"

#define LISTED TB_CHANNEL_TILL /* as which the series are listed; labels say which channel it is */

#define BOTH(rest) {"channel=\"till\"" rest, "channel=\"kiosk\"" rest}
#define OUTCOME(name) BOTH(",outcome=\"" name "\"")

/* Of a till and of a kiosk. */
static const char *const labels[][2] = {
    BOTH(""),
    OUTCOME("recognised"),
    OUTCOME("unknown"),
    OUTCOME("unreadable"),
    OUTCOME("wrong_key"),
    OUTCOME("expired"),
    OUTCOME("replayed"),
    OUTCOME("payment_card"),
    OUTCOME("product"),
    OUTCOME("two_cards"),
    OUTCOME("not_a_code"),
    OUTCOME("operator"),
    OUTCOME("captured"),
};

enum tb_err tb_measuring_open(struct tb_measures *measures, struct tb_metrics *registry)
{
    return tb_measures_open(measures, registry, 1u << LISTED, TB_MEASURES_ALL);
}

void tb_measuring_channel(struct tb_agent *agent)
{
    struct tb_metrics *registry = &agent->metrics.registry;
    size_t to = tb_kiosk_is(agent) ? 1 : 0;
    for (size_t i = 0; i < registry->count; i++)
        for (size_t k = 0; k < TB_ARRAY_SIZE(labels); k++)
            if (registry->items[i].labels && strcmp(registry->items[i].labels, labels[k][1 - to]) == 0)
                registry->items[i].labels = labels[k][to];
}

void tb_measuring_outcome(struct tb_agent *agent, const struct tb_identify_action *action)
{
    if (action->outcome == TB_OUTCOME_RECOGNISED)
        tb_measures_took(&agent->metrics.measures, TB_MEASURE_IDENTIFY, LISTED, action->took_ms);
}

/* It holds something, and somebody else, or somebody elsewhere, had it last. */
static bool is_resumed(const struct tb_agent *agent)
{
    const struct tb_cart *cart = &agent->serving.base;
    bool here = cart->touched_channel == tb_kiosk_channel(agent) &&
                strcmp(cart->touched_by, agent->facts.terminal.name) == 0;
    return cart->line_count > 0 && !here;
}

void tb_measuring_began(struct tb_agent *agent, enum tb_visit_begun begun)
{
    struct tb_measures *m = &agent->metrics.measures;
    if (begun == TB_VISIT_GOES_ON)
        return;
    agent->claimed_ms = 0;
    if (begun != TB_VISIT_JOINED)
        tb_measures_count(m, TB_MEASURE_VISIT, LISTED);
    if (agent->serving.visit.start.known)
        tb_measures_count(m, TB_MEASURE_RECOGNISED, LISTED);
    if (is_resumed(agent))
        tb_measures_count(m, TB_MEASURE_RESUMED, LISTED);
}

void tb_measuring_ended(struct tb_agent *agent, int64_t took_ms)
{
    tb_measures_took(&agent->metrics.measures, TB_MEASURE_HANDLE, LISTED, took_ms);
}

void tb_measuring_claimed(struct tb_agent *agent)
{
    agent->claimed_ms = tb_loop_now_ms(agent->loop);
}

void tb_measuring_paid(struct tb_agent *agent)
{
    int64_t since_ms = agent->claimed_ms ? agent->claimed_ms : agent->serving.visit.began_ms;
    tb_measures_took(&agent->metrics.measures, TB_MEASURE_FINISH, LISTED,
                     tb_loop_now_ms(agent->loop) - since_ms);
}

void tb_measuring_taken(struct tb_agent *agent, const struct tb_handover *handover)
{
    if (handover->taken_ms)
        tb_measures_took(&agent->metrics.measures, TB_MEASURE_WAIT, LISTED,
                         handover->taken_ms - handover->at_ms);
}
