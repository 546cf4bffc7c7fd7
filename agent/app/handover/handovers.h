/*
 * Handovers: somebody else is to go on with the customer, or with the anonymous cart, of a visit.
 *
 * This terminal may ask (a shopper's call for help, a clerk's hand-over, a cart that is sent by its code),
 * and it is told of the open hand-overs of its store, takes one over or declines it. Both need the line: what
 * is asked for without it is refused with TB_ERR_OFFLINE and never stored, because an hour later nobody waits
 * any more. Of others' hand-overs nothing is on disk here but the ids of those that were taken over and have
 * not begun: the context store tells them anew at every start. A call for help of an agent before this one,
 * whose visit is over, is taken back; what that one took over and did not begin with is given back, and open
 * again for all.
 *
 * Limits: TB_HANDOVERS_OPEN_MAX open ones are known; one request of each reason at a time. Loop's thread
 * only.
 */
#ifndef TB_AGENT_APP_HANDOVER_HANDOVERS_H
#define TB_AGENT_APP_HANDOVER_HANDOVERS_H

#include "agent/app/handover/acceptances.h"
#include "agent/app/handover/handover_list.h"
#include "agent/app/pages/page.h"
#include "agent/app/request.h"
#include "core/sync/client.h"
#include "core/wire/docs.h"
#include "host/loop/loop.h"

#define TB_HANDOVERS_ASK_MAX 4 /* that wait for a verdict */

/* ---- who asks ---- */

enum tb_handover_stage {
    TB_HANDOVER_STAGE_NONE,
    TB_HANDOVER_STAGE_ASKING,   /* the context store has not said yet that it has it */
    TB_HANDOVER_STAGE_WAITING,  /* everybody in the store who may take it sees it */
    TB_HANDOVER_STAGE_ACCEPTED, /* somebody comes, or goes on with it elsewhere */
    TB_HANDOVER_STAGE_OVER      /* cancelled, expired or turned down */
};

/* A request of this terminal. */
struct tb_handover_own {
    enum tb_handover_stage stage;
    struct tb_id id;
    struct tb_id customer;              /* zero: nobody's cart */
    struct tb_id visit;                 /* in which it was made */
    int64_t since_ms;                   /* Unix ms, of this terminal: when it was asked for */
    int64_t declined;                   /* terminals that do not take it */
    int64_t until_ms;                   /* Unix ms: nobody can take it any more; 0 while ASKING */
    char code[7];                       /* names it at a till while it is open; "" while ASKING */
    char by[TB_NAME_SIZE_MAX + 1];      /* who accepted, in words */
    char back_by[TB_NAME_SIZE_MAX + 1]; /* who had accepted it before and gave it back; "" else */
};

struct tb_handover_wish {
    enum tb_handover_reason reason;
    const char *to;   /* "any", a store or a till */
    const char *note; /* at most TB_TEXT_SIZE_MAX bytes; "": none */
};

/* What became of something that was asked for here; exactly once, later. own is the request that it was, else
 * NULL; borrowed. TB_OK: the context store has done it. TB_ERR_OFFLINE, TB_ERR_TIMEOUT (5 s): nobody knows; a
 * request is then taken back. TB_ERR_CONFLICT: somebody else was first. TB_ERR_NOT_FOUND: it is over.
 * TB_ERR_DENIED: the context store turned it down. TB_ERR_BUSY, of an acceptance: it is taken over, and
 * begins when the visit has ended that somebody else began before the verdict; after 10 minutes it is given
 * back.
 */
typedef void tb_handover_done(struct tb_agent *agent, const struct tb_request *asker, enum tb_err err,
                              const struct tb_handover_own *own);

/*
 * Asks for the open visit's customer or, when it is anonymous, its cart. TB_ERR_NOT_FOUND: there is no visit,
 * or nobody's with an empty cart, but for a call for help. TB_ERR_CONFLICT: one of this reason is open for
 * this visit already. TB_ERR_OFFLINE. TB_ERR_FULL: too much is being asked for. After an error done is not
 * called. asker is copied; of it only what answers is good in done (agent, from, id, send).
 */
TB_MUST_USE enum tb_err tb_handovers_request(struct tb_agent *agent, const struct tb_handover_wish *wish,
                                             tb_handover_done *done, const struct tb_request *asker);

/* Takes the request of this reason back that was made in this visit. It is over at once here, whatever the
 * line does. TB_ERR_NOT_FOUND: there is none of it that somebody could still take. */
TB_MUST_USE enum tb_err tb_handovers_cancel(struct tb_agent *agent, enum tb_handover_reason reason,
                                            const struct tb_id *visit);

/* The newest request of this reason; its stage says whether there is one. Borrowed, until the next call. */
const struct tb_handover_own *tb_handovers_own(const struct tb_agent *agent, enum tb_handover_reason reason);

/* Where what the visit before was about has gone, in words; "" when it is no other terminal. Borrowed. */
const char *tb_handovers_gone_to(const struct tb_agent *agent);

/* The visit has ended: nobody has to come any more. What was sent by its code can still be fetched by it.
 * What was taken over meanwhile begins in the next turn. */
void tb_handovers_visit_ended(struct tb_agent *agent, const struct tb_id *visit);
/* Nobody is asked any more who she is: the same. */
void tb_handovers_choice_over(struct tb_agent *agent);
/* The customer of the open visit wants to be forgotten here: what was asked for in it, or about her in
 * another, is taken back. */
void tb_handovers_part(struct tb_agent *agent);

/* ---- who answers ---- */

/* Takes over: when the context store has agreed, the visit that was open when it was asked ends and one with
 * that customer, or on that cart, begins. TB_ERR_NOT_FOUND: it is not open. The rest is as
 * tb_handovers_request(). */
TB_MUST_USE enum tb_err tb_handovers_accept(struct tb_agent *agent, const struct tb_id *handover,
                                            tb_handover_done *done, const struct tb_request *asker);
/* This terminal does not; it stays open for others. */
TB_MUST_USE enum tb_err tb_handovers_decline(struct tb_agent *agent, const struct tb_id *handover,
                                             tb_handover_done *done, const struct tb_request *asker);

/* The open ones of others that this terminal may take, in the order of the list; NULL at the end. Borrowed.
 */
const struct tb_handover_entry *tb_handovers_next(const struct tb_agent *agent, size_t *index);

/* ---- for line, mutations, visits and taps ---- */

struct tb_handover_asked {
    enum tb_mutation_kind kind; /* NONE: free */
    struct tb_id id;
    struct tb_id customer;
    enum tb_handover_reason reason; /* of a request */
    int64_t seq;                    /* 0: not yet in the outbox */
    int64_t until_ms;               /* monotonic */
    struct tb_id visit;             /* that was open then; zero: none */
    tb_handover_done *done;
    struct tb_request asker;
};

/* What was found by a code. */
struct tb_handover_fetched {
    struct tb_id id;       /* zero: it was no hand-over */
    struct tb_id customer; /* zero: nobody's */
    struct tb_cart *cart;  /* nobody's; owned, else NULL */
};

/* A visit that ended because somebody went on with it elsewhere. */
struct tb_handover_gone {
    struct tb_id visit;
    char to[TB_NAME_SIZE_MAX + 1];
};

/* What this terminal took over last and gave back. */
struct tb_handover_back {
    struct tb_id id; /* zero: nothing yet */
    char from[TB_NAME_SIZE_MAX + 1];
    int64_t at_ms; /* Unix ms */
};

struct tb_handovers {
    struct tb_handover_list open;
    struct tb_handover_own own[TB_HANDOVER_REASON_COUNT];
    struct tb_handover_asked asked[TB_HANDOVERS_ASK_MAX];
    struct tb_acceptances taking;
    struct tb_timer timer;
    struct tb_handover_gone gone;
    struct tb_handover_back back;
    struct tb_handover_fetched fetched;       /* for the visit that begins now */
    uint32_t saves[TB_CLIENT_SAVE_COUNT_MAX]; /* pages of the feed to be reported as saved */
    struct tb_timer save_timer;
};

/* Once, before the line is: what an agent before this one took over and did not begin with is given back. */
void tb_handovers_start(struct tb_agent *agent, const struct tb_taken *taken);
void tb_handovers_stop(struct tb_agent *agent);
/* The feed of the store. */
void tb_handovers_save(struct tb_agent *agent, const struct tb_client_action *action);
/* Rows beside verdicts, before tb_handovers_decided(). */
void tb_handovers_rows(struct tb_agent *agent, const struct tb_rows *rows);
void tb_handovers_stored(struct tb_agent *agent, const struct tb_mutation *mutation, enum tb_err err);
void tb_handovers_decided(struct tb_agent *agent, const struct tb_verdict *verdict);
void tb_handovers_line(struct tb_agent *agent); /* its state changed */
void tb_handovers_forget(struct tb_agent *agent, const struct tb_id *customer);
/* What was found by a code: the rows say of which hand-over. The cart is the caller's. */
struct tb_handover_fetched tb_handovers_found(const struct tb_rows *rows);
/* It is taken over by the visit that begins with it, and not before: until the customer has been found in the
 * cache somebody else may be faster, and then it stays open for its code. The cart is the agent's now.
 * Dropped when identification has had the answer. */
void tb_handovers_fetch(struct tb_agent *agent, const struct tb_handover_fetched *found);
void tb_handovers_fetched_drop(struct tb_agent *agent);
/* The open visit has begun with it. */
void tb_handovers_fetched_began(struct tb_agent *agent);
/* A visit on nobody's cart that was fetched begins. */
void tb_handovers_begin_fetched(struct tb_agent *agent, uint8_t reader);

#endif
