/* What the parts of the hand-overs share: handovers.c (what waits for a verdict, the store's open ones),
 * handover_asking.c (this terminal's requests) and handover_taking.c (what it takes over); private to them.
 * Loop's thread only. */
#ifndef TB_AGENT_APP_HANDOVER_HANDOVER_PARTS_H
#define TB_AGENT_APP_HANDOVER_HANDOVER_PARTS_H

#include "agent/app/agent.h"

/* ---- handovers.c ---- */

void handover_audit(struct tb_agent *agent, const char *event, const struct tb_id *handover,
                    const struct tb_id *visit);
TB_MUST_USE enum tb_err handover_store(struct tb_agent *agent, struct tb_mutation *mutation);

/* Who waits for the verdict on what is stored next. TB_ERR_OFFLINE, TB_ERR_FULL. */
TB_MUST_USE enum tb_err handover_ask(struct tb_agent *agent, const struct tb_mutation *mutation,
                                     tb_handover_done *done, const struct tb_request *asker);
/* The same, and stores it. */
TB_MUST_USE enum tb_err handover_ask_begin(struct tb_agent *agent, struct tb_mutation *mutation,
                                           tb_handover_done *done, const struct tb_request *asker);
struct tb_handover_asked *handover_asked_of(struct tb_agent *agent, enum tb_mutation_kind kind,
                                            const struct tb_id *handover);
/* Frees it without a word. */
void handover_asked_drop(struct tb_agent *agent, struct tb_handover_asked *asked);
/* The asker is told; what becomes of an acceptance may still come. */
void handover_asked_give_up(struct tb_agent *agent, struct tb_handover_asked *asked, enum tb_err err);
void handover_rearm(struct tb_agent *agent);

/* ---- handover_asking.c ---- */

/* The context store said no. */
void handover_asking_end(struct tb_agent *agent, enum tb_handover_reason reason,
                         const struct tb_id *handover);
void handover_asking_give_up(struct tb_agent *agent, const struct tb_handover_asked *asked);
/* What the context store says of a hand-over; true: this terminal asked for it. */
bool handover_asking_row(struct tb_agent *agent, const struct tb_row *row, const struct tb_id *handover,
                         const struct tb_handover *doc);

/* ---- handover_taking.c ---- */

/* Owned by the caller; NULL: the row is of no cart of nobody's. */
struct tb_cart *handover_cart_read(const struct tb_row *row);

/* INT64_MAX: never. */
int64_t handover_taking_due_ms(const struct tb_agent *agent);
void handover_taking_tick(struct tb_agent *agent);
/* Nobody's cart comes with the verdict on the acceptance that waits for it. */
void handover_taking_cart(struct tb_agent *agent, const struct tb_row *row);
/* An acceptance, or what gives one back, is in the outbox, or is not. */
void handover_taking_stored(struct tb_agent *agent, const struct tb_mutation *mutation, enum tb_err err);
/* It was given up before it was stored. */
void handover_taking_unasked(struct tb_agent *agent, const struct tb_id *handover);
/* err: what the context store decided. waits: who asked is still waiting for an answer, in this visit; else
 * NULL. What that one is told. */
enum tb_err handover_taking_decided(struct tb_agent *agent, struct tb_acceptance *acceptance, enum tb_err err,
                                    const struct tb_id *waits);
/* The open visit has ended: what was served in it needs not begin any more. */
void handover_taking_served(struct tb_agent *agent);
void handover_taking_forget(struct tb_agent *agent, const struct tb_id *customer);
/* What the feed of the store says of one; doc is NULL when it is gone. */
void handover_taking_row(struct tb_agent *agent, const struct tb_row *row, const struct tb_id *handover,
                         const struct tb_handover *doc);
/* The feed has said all: of what it did not name nothing is left. */
void handover_taking_complete(struct tb_agent *agent);

#endif
