/*
 * Checkout desk: `checkout.*` as the command line, the clerk's page and POS software ask it
 * (docs/protocol.md, "Command line socket"), and `points.earn` of POS software (docs/pos.md): paying the cart
 * of the visit, and what that brings the customer.
 *
 * Each is answered once: with {seq} when the change is on disk (later, by the asker's send), else with what
 * kept it from there. `visit` is optional here; what it names has to be open, but for finish, which then is
 * a sale of nobody, and for points, which then need the customer. Whoever has to name it is held to that by
 * the desk that hands the request on. What the context store decides of it is told as a verdict. Loop's
 * thread only.
 */
#ifndef TB_AGENT_APP_VISIT_CHECKOUT_DESK_H
#define TB_AGENT_APP_VISIT_CHECKOUT_DESK_H

#include "agent/app/request.h"

/* checkout.claim {visit?} and checkout.release {visit?}: refused.not_found without a cart, or a claim;
 * refused.assurance when the visit may not see its cart. */
void tb_checkout_desk_claim(struct tb_request *r);
void tb_checkout_desk_release(struct tb_request *r);
/* checkout.finish {visit?, transaction, business_date, total, part?, lines | all}: what was paid, in minor
 * units; at most TB_PAID_LINE_COUNT_MAX lines. Told again it is booked once. */
void tb_checkout_desk_finish(struct tb_request *r);
/* checkout.void {transaction, business_date, of_transaction, of_date, of_terminal?, lines?, reopen?,
 * returned?}: takes a sale back, with a visit or without. */
void tb_checkout_desk_void(struct tb_request *r);
/* points.earn {visit?, customer?, points, transaction? with business_date}: points of the customer of the
 * visit, or of the one that is named, with a visit or without; not 0, negative ones take back.
 * refused.not_found when neither says who. */
void tb_checkout_desk_earn(struct tb_request *r);

#endif
