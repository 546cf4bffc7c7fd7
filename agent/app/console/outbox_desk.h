/*
 * Outbox desk: `outbox {from_seq?}` of the command line (docs/protocol.md, "Command line socket"): what waits
 * to be sent and what was turned down, by seq and kind, without a customer. Answered when storage has read
 * it, by the asker's send. Loop's thread only.
 */
#ifndef TB_AGENT_APP_CONSOLE_OUTBOX_DESK_H
#define TB_AGENT_APP_CONSOLE_OUTBOX_DESK_H

#include "agent/app/request.h"

void tb_outbox_desk_list(struct tb_request *r);

#endif
