#include "agent/cache/outbox_policy.h"

#include "core/base/assert.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

/* A kind that is not named here is kept. A claim or a reservation that comes late would hold what nobody
 * holds any more: their lease on the server's side is minutes. */
static const struct tb_outbox_policy policies[TB_MUTATION_KIND_COUNT] = {
    [TB_MUTATION_CHECKOUT_CLAIM] = {.drop_rank = 3, .age_max_ms = HOUR_MS},
    [TB_MUTATION_CHECKOUT_RELEASE] = {.drop_rank = 3, .age_max_ms = HOUR_MS},
    [TB_MUTATION_CHECKOUT_FINISH] = {.reserved = true},
    [TB_MUTATION_CHECKOUT_VOID] = {.reserved = true},
    [TB_MUTATION_REWARD_RESERVE] = {.drop_rank = 3, .age_max_ms = HOUR_MS},
    [TB_MUTATION_REWARD_COMMIT] = {.reserved = true},
    [TB_MUTATION_REWARD_RELEASE] = {.drop_rank = 3, .age_max_ms = HOUR_MS},
    [TB_MUTATION_POINTS_EARNED] = {.reserved = true},
    [TB_MUTATION_CREDENTIAL_BLOCK] = {.reserved = true},
    [TB_MUTATION_VISIT_BEGIN] = {.drop_rank = 2, .age_max_ms = 30 * DAY_MS},
    [TB_MUTATION_VISIT_END] = {.drop_rank = 2, .age_max_ms = 30 * DAY_MS},
    [TB_MUTATION_JOURNEY_EVENT] = {.drop_rank = 1, .age_max_ms = 30 * DAY_MS},
    [TB_MUTATION_HANDOVER_REQUEST] = {.drop_rank = 3, .age_max_ms = DAY_MS},
    [TB_MUTATION_HANDOVER_ACCEPT] = {.drop_rank = 3, .age_max_ms = DAY_MS},
    [TB_MUTATION_HANDOVER_DECLINE] = {.drop_rank = 3, .age_max_ms = DAY_MS},
    [TB_MUTATION_HANDOVER_CANCEL] = {.drop_rank = 3, .age_max_ms = DAY_MS},
    [TB_MUTATION_CONSENT_SET] = {.reserved = true},
    [TB_MUTATION_ERASURE_RECEIPT] = {.reserved = true},
    [TB_MUTATION_NOTE_REMOVE] = {.reserved = true},
};

const struct tb_outbox_policy *tb_outbox_policy_of(enum tb_mutation_kind kind)
{
    TB_ASSERT((size_t)kind < TB_MUTATION_KIND_COUNT);
    return &policies[kind];
}

bool tb_outbox_may_drop(enum tb_mutation_kind kind)
{
    const struct tb_outbox_policy *policy = tb_outbox_policy_of(kind);
    return policy->drop_rank > 0 || policy->age_max_ms > 0;
}
