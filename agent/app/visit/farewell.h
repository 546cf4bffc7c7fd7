/*
 * Farewell: a customer leaves otherwise than by being done: she is not who was recognised ("Not me"), or
 * wants this terminal to forget her. In both cases nothing of her is on the screen any more when this
 * returns. Loop's thread only.
 */
#ifndef TB_AGENT_APP_VISIT_FAREWELL_H
#define TB_AGENT_APP_VISIT_FAREWELL_H

#include "agent/app/request.h"

/* visit.not_me: the visit ends with that reason, by which the context store makes nobody's what happened in
 * it. What had joined her cart is taken back, and whoever stands there goes on with it, anonymously. */
void tb_farewell_not_me_request(struct tb_request *r);

/* visit.forget: the visit ends with that reason, by which she leaves the store's cohort, and she is taken out
 * of the cache; answered when nothing of her is left in it. Until she is identified again no feed brings her
 * back. */
void tb_farewell_forget_request(struct tb_request *r);

#endif
