/*
 * Policy of the outbox, one row per kind of mutation: what may be given up while it waits to be sent, and
 * when.
 *
 * A sale, and what else people or the law stand on, is never given up and is taken beyond the bounds for all
 * others. What loses its sense with time goes at an age; what is only told for statistics makes room first.
 * Pure.
 */
#ifndef TB_AGENT_CACHE_OUTBOX_POLICY_H
#define TB_AGENT_CACHE_OUTBOX_POLICY_H

#include "core/wire/mutation.h"

#define TB_OUTBOX_RANK_MAX 3

struct tb_outbox_policy {
    uint8_t drop_rank; /* 0: never dropped to make room; else 1 goes first, then 2, TB_OUTBOX_RANK_MAX last */
    bool reserved;     /* taken as long as the reserve has room */
    int64_t age_max_ms; /* undecided for longer it is dropped; 0: at no age */
};

/* Static, never NULL. */
const struct tb_outbox_policy *tb_outbox_policy_of(enum tb_mutation_kind kind);

/* Whether anything of this kind is ever dropped. */
bool tb_outbox_may_drop(enum tb_mutation_kind kind);

#endif
