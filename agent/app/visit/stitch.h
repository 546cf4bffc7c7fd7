/*
 * Stitch: the cart that was nobody's joins the customer's when she is identified in the visit
 * (core/cart/merge says how), or she is asked first, as the policy wants it. Loop's thread only.
 */
#ifndef TB_AGENT_APP_VISIT_STITCH_H
#define TB_AGENT_APP_VISIT_STITCH_H

#include "agent/app/agent.h"
#include "agent/app/request.h"

/* She was identified, or proved more than before, or her cart or the line changed: joins the carts or asks,
 * once. Nothing is joined or shown before her own cart is open to what she proved. Where the policy asks, a
 * cart that the cache says is empty counts as empty once the context store says so, too: what she put into it
 * a moment ago may be on its way. Without the line, or after STITCH_WAIT_MS, what is known here counts. */
void tb_stitch_look(struct tb_agent *agent);

/* All that the context store has of the visit's customer is on the screen. */
void tb_stitch_hers_came(struct tb_agent *agent);

/* Takes back what joined in this visit, and asks nothing. TB_ERR_NOT_FOUND: nothing did; else as
 * tb_mutations_store(). */
TB_MUST_USE enum tb_err tb_stitch_take_back(struct tb_agent *agent, struct tb_cart_ask ask);

/* The context store turned this mutation down. */
void tb_stitch_rejected(struct tb_agent *agent, const struct tb_mutation *mutation);

/* Params of `merge`, into an object that the caller opened: the question with its preview, or null. */
void tb_stitch_put(struct tb_json_writer *w, const struct tb_agent *agent);

/* Requests: merge.decide and merge.undo. */
void tb_stitch_decide_request(struct tb_request *r);
void tb_stitch_undo_request(struct tb_request *r);

#endif
