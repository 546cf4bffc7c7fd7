#include "core/context/benefit.h"

_Static_assert(TB_LEVEL_COUNT == TB_ASSURANCE_COUNT && TB_ASSURANCE_NONE == 0 && TB_ASSURANCE_LOW == 1 &&
                   TB_ASSURANCE_MEDIUM == 2 && TB_ASSURANCE_HIGH == 3,
               "levels of policies are those of credentials");

bool tb_benefit_is_open(const struct tb_policy *policy, enum tb_benefit benefit, enum tb_assurance assurance)
{
    return (unsigned)assurance >= policy->benefits[benefit];
}

bool tb_benefit_allows(const struct tb_policy *policy, enum tb_mutation_kind kind,
                       enum tb_assurance assurance)
{
    bool redeems = kind == TB_MUTATION_REWARD_RESERVE || kind == TB_MUTATION_REWARD_COMMIT;
    return !redeems || tb_benefit_is_open(policy, TB_BENEFIT_REDEEM, assurance);
}
