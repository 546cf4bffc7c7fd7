/*
 * Visit: a customer's presence at this terminal, from identification to leave.
 *
 * A terminal has at most one. It ends by Done, checkout, the removal of the card that began it
 * (removal_ms later), idleness (idle_ms without activity), a tap of another customer, or a restart of
 * the agent. A scanned code has no removal. Activity of the clerk starts both waits anew, so that a
 * visit is not cleared under the hands of somebody who works on its cart.
 *
 * It may be anonymous: somebody fills a cart before she says who she is. Whoever is identified in it joins
 * it: the visit goes on under its id, and is hers from then on.
 *
 * Sans-I/O: the owner arms one timer for tb_visit_deadline_ms(). now_ms is monotonic, wall_ms is Unix
 * time. Not thread-safe; one machine per terminal.
 */
#ifndef TB_CORE_VISIT_VISIT_H
#define TB_CORE_VISIT_VISIT_H

#include "core/base/rng.h"
#include "core/credential/assurance.h"
#include "core/credential/credential.h"

#define TB_VISIT_NO_READER UINT8_MAX /* it was begun on a page */

enum tb_visit_reason {
    TB_VISIT_ENDED_RESTART, /* the agent started anew: also the state before the first visit */
    TB_VISIT_ENDED_DONE,
    TB_VISIT_ENDED_CHECKOUT,
    TB_VISIT_ENDED_REMOVED,
    TB_VISIT_ENDED_IDLE,
    TB_VISIT_ENDED_OTHER,    /* another customer's tap replaced it */
    TB_VISIT_ENDED_NOT_ME,   /* she says that she is somebody else: what happened in it is nobody's */
    TB_VISIT_ENDED_FORGET,   /* she wants to be forgotten here: she leaves the store's cohort */
    TB_VISIT_ENDED_HANDOVER, /* at a kiosk: somebody has taken what she sent, and goes on with it elsewhere */
};

/* What the customer was found by; names enter the protocol (visit.begin). */
enum tb_visit_source {
    TB_VISIT_FROM_CACHE,
    TB_VISIT_FROM_STORE,
    TB_VISIT_FROM_FOUND,    /* a clerk searched for her */
    TB_VISIT_FROM_CREATED,  /* signed up just now */
    TB_VISIT_FROM_CHOSEN,   /* of several to whom one credential belongs */
    TB_VISIT_FROM_HANDOVER, /* taken over from another terminal */
    TB_VISIT_FROM_NOBODY,   /* anonymous */
    TB_VISIT_SOURCE_COUNT
};

struct tb_visit_policy {
    int64_t idle_ms;    /* default 120 000 */
    int64_t removal_ms; /* default 10 000 */
};

struct tb_visit_start {
    bool known; /* false: an anonymous visit; customer and credential are then not read */
    struct tb_customer_key customer;
    enum tb_visit_source source;
    enum tb_credential_kind credential_kind;
    enum tb_assurance assurance; /* a visit keeps the strongest that was presented in it */
    uint8_t reader;
    uint64_t tap; /* attempt whose card may be removed; 0 for a code */
};

struct tb_visit {
    struct tb_visit_policy policy;
    bool open;
    struct tb_id id;
    struct tb_visit_start start;
    int64_t began_ms;
    int64_t began_wall_ms;
    int64_t active_ms;                /* last activity, monotonic */
    bool removed;                     /* the card is off the reader */
    int64_t removed_ms;               /* when it left, or the later activity */
    enum tb_visit_reason last_reason; /* of the visit before, for pages that connect now */
};

struct tb_visit_end {
    struct tb_id id;
    struct tb_visit_start start;
    enum tb_visit_reason reason;
    int64_t began_wall_ms;
    int64_t took_ms;
};

enum tb_visit_begun {
    TB_VISIT_BEGAN,    /* a new visit, none was open */
    TB_VISIT_REPLACED, /* a new visit; the one before has ended: ret_end is filled */
    TB_VISIT_GOES_ON,  /* the same customer was identified again; the id stays */
    TB_VISIT_JOINED,   /* it was anonymous and has a customer now; the id stays */
};

struct tb_visit_policy tb_visit_policy_default(void);

void tb_visit_init(struct tb_visit *v, const struct tb_visit_policy *policy);

/* Takes effect at once, also for the open visit. */
void tb_visit_set_policy(struct tb_visit *v, const struct tb_visit_policy *policy);

enum tb_visit_begun tb_visit_begin(struct tb_visit *v, const struct tb_visit_start *start,
                                   const struct tb_rng *rng, int64_t now_ms, int64_t wall_ms,
                                   struct tb_visit_end *ret_end);

/* Somebody works on the visit: a cart change, a product, a look at the details. */
void tb_visit_activity(struct tb_visit *v, int64_t now_ms);

/* The card of a tap left the field or came back; ignored unless that tap began the open visit. */
void tb_visit_card_gone(struct tb_visit *v, uint64_t tap, int64_t now_ms);
void tb_visit_card_back(struct tb_visit *v, uint64_t tap, int64_t now_ms);

/* Done, checkout or restart. False when no visit is open; ret_end is then untouched. */
bool tb_visit_finish(struct tb_visit *v, enum tb_visit_reason reason, int64_t now_ms,
                     struct tb_visit_end *ret_end);

/* Ends the visit when a deadline has passed; false when nothing ended. */
bool tb_visit_tick(struct tb_visit *v, int64_t now_ms, struct tb_visit_end *ret_end);

/* When tb_visit_tick() is due; INT64_MAX when no visit is open. */
int64_t tb_visit_deadline_ms(const struct tb_visit *v);

/* Stable name such as "removed"; static, never NULL. */
const char *tb_visit_reason_name(enum tb_visit_reason reason);
const char *tb_visit_source_name(enum tb_visit_source source);

#endif
