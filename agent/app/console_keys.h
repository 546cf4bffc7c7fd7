/* `keys` of the command line socket (docs/protocol.md). Loop's thread only. */
#ifndef TB_AGENT_APP_CONSOLE_KEYS_H
#define TB_AGENT_APP_CONSOLE_KEYS_H

#include "agent/app/request.h"

void tb_console_keys(struct tb_request *r);

#endif
