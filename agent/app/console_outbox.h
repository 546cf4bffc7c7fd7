/* `outbox {from_seq?}` of the command line socket (docs/protocol.md); answered later. Loop's thread only. */
#ifndef TB_AGENT_APP_CONSOLE_OUTBOX_H
#define TB_AGENT_APP_CONSOLE_OUTBOX_H

#include "agent/app/request.h"

void tb_console_outbox(struct tb_request *r);

#endif
