/*
 * Handovers: somebody else is to go on with the customer, or with the anonymous cart, of a visit.
 *
 * This terminal may ask (a shopper's call for help, a clerk's hand-over, a cart that is sent by its code),
 * and it is told of the open hand-overs of its store, takes one over or declines it. Both need the line: what
 * is asked for without it is refused with TB_ERR_OFFLINE and never stored, because an hour later nobody waits
 * any more. Nothing of others' hand-overs is on disk here: the context store tells them anew at every start.
 *
 * Limits: TB_HANDOVERS_OPEN_MAX open ones are shown, the oldest first; one request of each reason at a time.
 * Loop's thread only.
 */
#ifndef TB_AGENT_APP_HANDOVERS_H
#define TB_AGENT_APP_HANDOVERS_H

#include "agent/app/request.h"
#include "core/sync/client.h"
#include "core/wire/docs.h"
#include "host/loop/loop.h"

#define TB_HANDOVERS_OPEN_MAX 32
#define TB_HANDOVERS_ASK_MAX 4 /* requests that wait for a verdict */

struct tb_cart_ask;

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
    struct tb_id customer;         /* zero: nobody's cart */
    struct tb_id visit;            /* in which it was made */
    int64_t since_ms;              /* Unix ms, of this terminal: when it was asked for */
    int64_t declined;              /* terminals that do not take it */
    int64_t until_ms;              /* Unix ms: nobody can take it any more; 0 while ASKING */
    char code[7];                  /* names it at a till while it is open; "" while ASKING */
    char by[TB_NAME_SIZE_MAX + 1]; /* who accepted, in words */
};

struct tb_handover_wish {
    enum tb_handover_reason reason;
    const char *to;   /* "any", a store or a till */
    const char *note; /* at most TB_TEXT_SIZE_MAX bytes; "": none */
};

/* What became of something that was asked for here; exactly once, later. own is borrowed and NULL for what is
 * not about a request of this terminal. TB_OK: the context store has done it. TB_ERR_OFFLINE, TB_ERR_TIMEOUT
 * (5 s): nobody knows, and it is taken back when it was done all the same. TB_ERR_CONFLICT: somebody else was
 * first. TB_ERR_NOT_FOUND: it is over. */
typedef void tb_handover_done(struct tb_agent *agent, const struct tb_request *asker, enum tb_err err,
                              const struct tb_handover_own *own);

/*
 * Asks for the open visit's customer or, when it is anonymous, its cart. TB_ERR_NOT_FOUND: there is no visit,
 * or nobody's visit without a cart. TB_ERR_CONFLICT: one of this reason is already open for this visit.
 * TB_ERR_OFFLINE. TB_ERR_FULL: too much is being asked for. After an error done is not called. asker is
 * copied; of it only what answers is good in done (agent, from, id, send).
 */
TB_MUST_USE enum tb_err tb_handovers_request(struct tb_agent *agent, const struct tb_handover_wish *wish,
                                             tb_handover_done *done, const struct tb_request *asker);

/* Takes the request of this reason back. It is over at once here, whatever the line does.
 * TB_ERR_NOT_FOUND: there is none that somebody could still take. */
TB_MUST_USE enum tb_err tb_handovers_cancel(struct tb_agent *agent, enum tb_handover_reason reason);

/* The newest request of this reason; its stage says whether there is one. Borrowed, until the next call. */
const struct tb_handover_own *tb_handovers_own(const struct tb_agent *agent, enum tb_handover_reason reason);

/* The visit has ended: nobody has to come any more. What was sent by its code can still be fetched by it. */
void tb_handovers_visit_ended(struct tb_agent *agent, const struct tb_id *visit);

#endif
