/*
 * A short hash of what a mutation says: an engine keeps it beside the verdict and so can tell whether what
 * comes again under the same (device, incarnation, seq) is what it decided, or another mutation that was
 * given a number of before.
 *
 * Whatever a client may rightly send otherwise the second time is not part of it: made_ms, and of a sale its
 * customer, cart and visit, which an erasure takes out of an outbox. Nor is what later versions of the
 * protocol add: numbers that are kept hold for those, too. Pure; callable from any thread.
 */
#ifndef TB_CORE_SYNC_MUTATION_PRINT_H
#define TB_CORE_SYNC_MUTATION_PRINT_H

#include "core/wire/mutation.h"

#define TB_VERDICT_CODE_REUSED "seq_reused"

/* From 1; 0 for TB_MUTATION_NONE, of which nothing can be told. */
int64_t tb_mutation_print(const struct tb_mutation *mutation);

/* Whether a mutation is another one than the one with this print. Not when either is 0, and not when it is a
 * skipped record: what was decided may have left the outbox since. */
bool tb_mutation_differs(const struct tb_mutation *mutation, int64_t print);

#endif
