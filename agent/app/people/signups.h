/*
 * Sign-ups: somebody becomes a customer at the till, with the consents that she was asked for in words. The
 * change is stored like any other; her visit begins when it is, with what was typed. The context store's rows
 * take that over; when it turns her down, the visit ends and the clerk's pages are told why. Loop's thread
 * only.
 */
#ifndef TB_AGENT_APP_PEOPLE_SIGNUPS_H
#define TB_AGENT_APP_PEOPLE_SIGNUPS_H

#include "agent/app/request.h"
#include "core/wire/mutation.h"

/* customer.create */
void tb_signups_create(struct tb_request *r);

/* It is in the outbox; the context store has decided about it. */
void tb_signups_stored(struct tb_agent *agent, const struct tb_mutation *create);
void tb_signups_decided(struct tb_agent *agent, const struct tb_id *customer, bool applied);

#endif
