/* The cohort in the cache: what is kept and for how long, and that it is what the context store has. */
#include "agent/app/agent.h"

#include "host/log/log.h"

#include <stdlib.h>

#define LOOK_MS 60000
#define LOOKS_PER_UPKEEP 5
#define UPKEEP_AFTER_FEED_MS 1000

static int64_t no_contact_ms(const struct tb_agent *agent)
{
    return agent->facts.policy_known ? agent->facts.policy.no_contact_ms : TB_CACHE_NO_CONTACT_MS;
}

static struct tb_cache_limits limits_of(const struct tb_agent *agent)
{
    const struct tb_policy *policy = &agent->facts.policy;
    struct tb_cache_limits limits = {.outside_keep_ms = TB_CACHE_OUTSIDE_KEEP_MS,
                                     .no_contact_ms = no_contact_ms(agent)};
    if (agent->facts.policy_known) {
        limits.row_count_max = policy->cache_rows_max;
        limits.size_max = policy->cache_bytes_max;
        limits.outside_keep_ms = policy->outside_keep_ms;
    }
    return limits;
}

/* ---- upkeep ---- */

struct upkeep {
    struct tb_agent *agent;
};

static void upkeep_begin(struct tb_agent *agent);

static void upkept(void *context, enum tb_err err, const struct tb_cache_upkept *upkept)
{
    struct tb_agent *agent = ((struct upkeep *)context)->agent;
    agent->cohort.keeping = false;
    if (err != TB_OK) {
        tb_log(TB_LOG_WARN, TB_EVENT("cache", "upkeep_failed"), tb_log_err(err));
        return;
    }
    tb_tally_add(&agent->metrics.cache_evicted, upkept->evicted_count);
    tb_tally_add(&agent->metrics.cache_dropped, upkept->dropped_count);
    tb_tally_add(&agent->metrics.cache_expired, upkept->expired_count);
    if (upkept->expired_count > 0) {
        tb_log(TB_LOG_WARN, TB_EVENT("cache", "expired"), tb_log_int("count", upkept->expired_count));
        tb_line_cohort_lost(agent);
    }
    if (upkept->more)
        upkeep_begin(agent);
}

static void upkeep_begin(struct tb_agent *agent)
{
    const struct tb_visit *visit = &agent->serving.visit;
    const struct tb_storage_keep what = {
        .limits = limits_of(agent),
        .in_contact = agent->status.line == TB_LINE_LIVE,
        .serving = visit->open && visit->start.known,
        .customer = visit->start.customer,
    };
    struct upkeep *upkeep = agent->cohort.keeping ? NULL : malloc(sizeof *upkeep);
    if (!upkeep)
        return;
    upkeep->agent = agent;
    agent->cohort.keeping = true;
    if (tb_storage_keep(&agent->storage, &what, upkept, upkeep) == TB_OK)
        return;
    agent->cohort.keeping = false;
    free(upkeep);
}

static void look(struct tb_agent *agent)
{
    enum tb_err err =
        tb_cache_reader_judge(&agent->storage.reader, tb_loop_wall_ms(agent->loop), no_contact_ms(agent));
    if (err != TB_OK)
        tb_line_cache_read(agent, err);
}

static void look_due(struct tb_timer *timer)
{
    struct tb_agent *agent = timer->context;
    look(agent);
    if (agent->cohort.look_count++ % LOOKS_PER_UPKEEP == 0)
        upkeep_begin(agent);
    tb_timer_set(agent->loop, timer, LOOK_MS, look_due);
}

void tb_cohort_start(struct tb_agent *agent)
{
    agent->cohort.timer.context = agent;
    tb_cohort_policy(agent);
    look(agent);
    tb_timer_set(agent->loop, &agent->cohort.timer, LOOK_MS, look_due);
}

void tb_cohort_stop(struct tb_agent *agent)
{
    tb_timer_cancel(&agent->cohort.timer);
}

void tb_cohort_filled(struct tb_agent *agent)
{
    look(agent);
    agent->cohort.look_count = 0;
    tb_timer_set(agent->loop, &agent->cohort.timer, UPKEEP_AFTER_FEED_MS, look_due);
}

void tb_cohort_policy(struct tb_agent *agent)
{
    if (agent->facts.policy_known)
        tb_client_set_checksum(&agent->client, agent->facts.policy.checksum_ms, tb_loop_now_ms(agent->loop));
}

/* ---- comparing ---- */

struct compare {
    struct tb_agent *agent;
    uint32_t ticket;
};

static void compared(void *context, enum tb_err err, const struct tb_partitions *differing)
{
    struct compare *compare = context;
    struct tb_agent *agent = compare->agent;
    int64_t count = 0;
    for (unsigned i = 0; i < TB_PARTITION_COUNT; i++)
        count += tb_partitions_has(differing, i);
    if (err != TB_OK)
        tb_log(TB_LOG_WARN, TB_EVENT("cache", "not_compared"), tb_log_err(err));
    else
        tb_log(count > 0 ? TB_LOG_WARN : TB_LOG_INFO, TB_EVENT("cache", count > 0 ? "differs" : "agrees"),
               tb_log_int("partitions", count));
    if (err == TB_OK)
        tb_tally_add(&agent->metrics.cache_repairs, (uint64_t)count);
    tb_client_compared(&agent->client, compare->ticket, err, differing, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
}

void tb_cohort_compare(struct tb_agent *agent, uint32_t ticket, const struct tb_checksum *checksum)
{
    struct compare *compare = malloc(sizeof *compare);
    if (compare) {
        *compare = (struct compare){.agent = agent, .ticket = ticket};
        if (tb_storage_compare(&agent->storage, checksum, compared, compare) == TB_OK)
            return;
        free(compare);
    }
    tb_client_compared(&agent->client, ticket, TB_ERR_NO_MEMORY, NULL, tb_loop_now_ms(agent->loop));
}
