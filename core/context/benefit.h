/*
 * Benefits: what the assurance of a visit opens, by the policy of the chain. Pure; callable from any thread.
 */
#ifndef TB_CORE_CONTEXT_BENEFIT_H
#define TB_CORE_CONTEXT_BENEFIT_H

#include "core/credential/assurance.h"
#include "core/wire/docs.h"

bool tb_benefit_is_open(const struct tb_policy *policy, enum tb_benefit benefit, enum tb_assurance assurance);

/* Whether a visit of this assurance may make a mutation of this kind. */
bool tb_benefit_allows(const struct tb_policy *policy, enum tb_mutation_kind kind,
                       enum tb_assurance assurance);

#endif
