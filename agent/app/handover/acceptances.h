/*
 * Acceptances: hand-overs that this terminal took over and has not begun with. Each one either begins or is
 * given back to the context store, whatever comes between: no verdict, somebody else who is being served, a
 * restart. Only what is served here already is let go of without either.
 *
 * Limits: TB_ACCEPTANCE_COUNT_MAX. No I/O, no clock: times are handed in, monotonic ms. It owns the carts;
 * one thread.
 */
#ifndef TB_AGENT_APP_HANDOVER_ACCEPTANCES_H
#define TB_AGENT_APP_HANDOVER_ACCEPTANCES_H

#include "agent/cache/state.h"
#include "core/wire/cart.h"

#define TB_ACCEPTANCE_COUNT_MAX TB_STATE_TAKEN_MAX
#define TB_ACCEPTANCE_VERDICT_MS 120000 /* a verdict that comes later begins nothing here any more */
#define TB_ACCEPTANCE_HELD_MS 600000    /* nor does one that waited longer for the end of another's visit */
#define TB_ACCEPTANCE_RETRY_MS 5000     /* after it could not be given back */

enum tb_acceptance_stage {
    TB_ACCEPTANCE_NONE,
    TB_ACCEPTANCE_ASKED, /* the context store has not decided */
    TB_ACCEPTANCE_HELD,  /* nobody else can take it; it begins when nobody is being served */
    TB_ACCEPTANCE_LEFT,  /* by an agent before this one: what became of it is not known yet */
    TB_ACCEPTANCE_BACK,  /* to be given back */
    TB_ACCEPTANCE_GOING  /* that is being stored */
};

struct tb_acceptance {
    enum tb_acceptance_stage stage;
    struct tb_id id;
    char from[TB_NAME_SIZE_MAX + 1]; /* who asked, in words; of LEFT "" until it is known */
    struct tb_id customer;           /* zero: nobody's; of LEFT not known */
    struct tb_id wanted;             /* the cart when it is nobody's */
    struct tb_cart *cart;            /* that one, as the verdict brought it; owned */
    int64_t seq;                     /* of the mutation that accepts; 0: not stored yet */
    int64_t until_ms;                /* of ASKED and HELD; of BACK: tried again then */
    bool stored;                     /* of ASKED: it is in the outbox, or on its way there */
    bool told;                       /* of LEFT: the context store still has it open */
};

struct tb_acceptances {
    struct tb_acceptance at[TB_ACCEPTANCE_COUNT_MAX];
};

/* What an agent before this one had taken over. */
void tb_acceptances_load(struct tb_acceptances *list, const struct tb_taken *taken);
/* What an agent after this one is to know of. */
void tb_acceptances_save(const struct tb_acceptances *list, struct tb_taken *ret_taken);

/* NULL: there is none. */
struct tb_acceptance *tb_acceptances_find(struct tb_acceptances *list, const struct tb_id *id);
struct tb_acceptance *tb_acceptances_of_seq(struct tb_acceptances *list, int64_t seq); /* not of 0 */
struct tb_acceptance *tb_acceptances_oldest_held(struct tb_acceptances *list);
bool tb_acceptances_has_held(const struct tb_acceptances *list);

/* ASKED. One that was LEFT gives its place up. TB_ERR_CONFLICT: it is taken over already. TB_ERR_FULL. */
TB_MUST_USE enum tb_err tb_acceptances_add(struct tb_acceptances *list, const struct tb_id *id,
                                           int64_t now_ms, struct tb_acceptance **ret_acceptance);
void tb_acceptance_hold(struct tb_acceptance *acceptance, int64_t now_ms);
void tb_acceptance_give_back(struct tb_acceptance *acceptance, int64_t now_ms); /* BACK, due at once */
void tb_acceptance_drop(struct tb_acceptance *acceptance);
void tb_acceptances_clear(struct tb_acceptances *list);

/* When tb_acceptances_overdue() has one; INT64_MAX: never. */
int64_t tb_acceptances_due_ms(const struct tb_acceptances *list);
/* ASKED and HELD whose time is over are BACK by this. The first that is to be given back now; NULL: none. */
struct tb_acceptance *tb_acceptances_overdue(struct tb_acceptances *list, int64_t now_ms);

#endif
