/*
 * Upkeep of the outbox: keeping it within its bounds, and telling people what is in it.
 *
 * What is dropped leaves a hole, which the sync machine closes by a skipped record in its place (core/sync);
 * it is counted per kind, durably, in the same transaction. The row of the highest seq stays: it keeps the
 * place.
 *
 * The threads of outbox.h.
 */
#ifndef TB_AGENT_CACHE_OUTBOX_UPKEEP_H
#define TB_AGENT_CACHE_OUTBOX_UPKEEP_H

#include "agent/cache/outbox.h"
#include "agent/cache/outbox_policy.h"

#define TB_OUTBOX_DROP_MAX 512 /* mutations dropped by one call */
#define TB_OUTBOX_LIST_MAX 50  /* rows of one list */

struct tb_outbox_drops {
    size_t count;
    struct {
        int64_t seq;
        enum tb_mutation_kind kind;
    } at[TB_OUTBOX_DROP_MAX];
};

/* Inside a transaction: drops what its policy lets go first, the oldest first, up to TB_OUTBOX_DROP_MAX.
 * None: all that waits has to be kept. Whatever became of the transaction, tb_outbox_recount() is due when it
 * failed. */
TB_MUST_USE enum tb_err tb_outbox_make_room(struct tb_outbox *outbox, int64_t wall_ms,
                                            struct tb_outbox_drops *ret_drops);

/* Inside a transaction: drops what has waited for longer than its policy allows. The same. */
TB_MUST_USE enum tb_err tb_outbox_expire(struct tb_outbox *outbox, int64_t wall_ms,
                                         struct tb_outbox_drops *ret_drops);

enum tb_outbox_state {
    TB_OUTBOX_WAITING,  /* not decided */
    TB_OUTBOX_REJECTED, /* its effect was taken back */
    TB_OUTBOX_CONFLICT, /* applied, and people have to look at it */
};

/* What people may see of a mutation: nothing of the customer. */
struct tb_outbox_row {
    int64_t seq;
    enum tb_mutation_kind kind;
    enum tb_outbox_state state;
    int64_t made_ms;    /* Unix; 0: not known */
    int64_t decided_ms; /* Unix; 0 while it waits */
    char code[TB_VERDICT_CODE_SIZE_MAX + 1];
};

struct tb_outbox_dropped {
    int64_t count; /* since the file was made */
    int64_t at_ms; /* Unix, the last time */
};

struct tb_outbox_list {
    int64_t next_seq; /* where the next list begins; 0: this is the end */
    size_t count;
    struct tb_outbox_row rows[TB_OUTBOX_LIST_MAX];
    int64_t waiting_count;
    int64_t waiting_bytes;
    int64_t stored_count; /* decided ones included */
    struct tb_outbox_dropped dropped[TB_MUTATION_KIND_COUNT];
};

/* What waits and what was turned down, from a seq on. Looks at 2,000 rows at most: it may bring none and go
 * on. */
TB_MUST_USE enum tb_err tb_outbox_list(struct tb_outbox *outbox, int64_t from_seq,
                                       struct tb_outbox_list *ret_list);

#endif
