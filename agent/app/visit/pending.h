/*
 * Pending: the mutations that are laid over carts on this terminal's screens, because their effect is
 * not in the cache yet: not decided, or decided with a version that the cache does not hold yet.
 *
 * A copy in memory of what the outbox keeps durably; loaded at start, then kept in step. Loop's thread only.
 * Limits: as many as the outbox keeps unsettled; about 230 bytes each.
 */
#ifndef TB_AGENT_APP_VISIT_PENDING_H
#define TB_AGENT_APP_VISIT_PENDING_H

#include "core/cart/view.h"

#define TB_PENDING_SALE_MAX 16 /* that are known to have been told, the newest ones */

struct tb_pending_entry {
    struct tb_mutation mutation;
    void *lists;                  /* owned: what the mutation borrows; NULL when it borrows nothing */
    enum tb_verdict_kind verdict; /* TB_VERDICT_NONE: not decided */
    int64_t version;              /* that its verdict names; 0 before it was heard */
    bool again; /* a sale that was told before: it is booked once, and laid over a cart once */
};

struct tb_pending {
    struct tb_pending_entry *entries; /* owned; by rising seq */
    size_t count;
    size_t count_max;
    int64_t undecided_count;
    struct tb_sale_key sales[TB_PENDING_SALE_MAX]; /* "": a free place */
    size_t sale_next;                              /* place of the next one */
};

/* Takes a copy, lists included. What cannot be laid over a cart (a visit, an event) is passed over. */
TB_MUST_USE enum tb_err tb_pending_add(struct tb_pending *p, const struct tb_mutation *mutation,
                                       enum tb_verdict_kind verdict, int64_t version);

/*
 * Notes the version of a verdict that is heard and not on disk yet: a cart of that version, which may
 * reach the cache first, holds the mutation already, and it would be shown twice.
 */
void tb_pending_hear(struct tb_pending *p, const struct tb_verdict *verdict);

/* The same for all up to seq, whose verdicts' versions are not known any more: carts of the cache hold them.
 */
void tb_pending_hear_up_to(struct tb_pending *p, int64_t seq);

/* Keeps a verdict. A rejected mutation is dropped: its effect is taken back. */
void tb_pending_decide(struct tb_pending *p, const struct tb_verdict *verdict);

/* The one of this seq; NULL: it is not there. Borrowed. */
const struct tb_pending_entry *tb_pending_find(const struct tb_pending *p, int64_t seq);

/* Drops an undecided one that was given up. */
void tb_pending_drop(struct tb_pending *p, int64_t seq);

/* A customer has one cart, whatever it is called; of nobody's carts each is its own. */
struct tb_pending_whose {
    struct tb_id customer; /* zero: nobody */
    struct tb_id cart;     /* read for nobody only */
};

bool tb_pending_is_of(const struct tb_mutation *mutation, const struct tb_pending_whose *whose);

/* Drops decided mutations whose effect the cart of base_version holds. */
void tb_pending_settle(struct tb_pending *p, const struct tb_pending_whose *whose, int64_t base_version);

/* Drops all decided mutations up to seq: the cache that holds their effects is on disk. */
void tb_pending_settle_up_to(struct tb_pending *p, int64_t seq);

/* Drops everything about a customer. */
void tb_pending_forget(struct tb_pending *p, const struct tb_id *customer);

/* The next entry from *index on, which is moved behind it; NULL at the end. Borrowed. */
const struct tb_pending_entry *tb_pending_next(const struct tb_pending *p,
                                               const struct tb_pending_whose *whose, size_t *index);

void tb_pending_free(struct tb_pending *p);

#endif
