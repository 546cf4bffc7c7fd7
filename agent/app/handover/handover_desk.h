/*
 * Hand-over desk: what pages are told of hand-overs and may ask about them (docs/protocol.md, "Local page
 * API"). Each handler answers once; those that need the context store answer when it has decided. Loop's
 * thread only.
 */
#ifndef TB_AGENT_APP_HANDOVER_HANDOVER_DESK_H
#define TB_AGENT_APP_HANDOVER_HANDOVER_DESK_H

#include "agent/app/handover/handovers.h"
#include "agent/app/pages/page.h"
#include "agent/app/request.h"

/* To all pages and POS software, after something changed. */
void tb_handover_desk_tell(struct tb_agent *agent);
/* To one page that has connected: the list of a clerk's, the state of a shopper's call for help. */
void tb_handover_desk_tell_clerk(struct tb_agent *agent, struct tb_page_to to);
void tb_handover_desk_tell_shopper(struct tb_agent *agent, struct tb_page_to to);

/* Members for whoever else is told: `open`, what waits in the store; and of a request of this terminal. */
void tb_handover_desk_put_open(struct tb_json_writer *w, const struct tb_agent *agent);
void tb_handover_desk_put_own(struct tb_json_writer *w, const struct tb_handover_own *own);

/* clerk: handover.accept, .decline, .request, .cancel, .fetch */
void tb_handover_desk_accept(struct tb_request *r);
void tb_handover_desk_decline(struct tb_request *r);
void tb_handover_desk_request(struct tb_request *r);
void tb_handover_desk_cancel(struct tb_request *r);
void tb_handover_desk_fetch(struct tb_request *r);
/* shopper: help.call, help.cancel */
void tb_handover_desk_call(struct tb_request *r);
void tb_handover_desk_call_cancel(struct tb_request *r);

#endif
