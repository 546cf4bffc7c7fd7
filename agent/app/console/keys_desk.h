/*
 * Keys desk: `keys {}` of the command line and the IT page (docs/protocol.md, "Command line socket"): what
 * credentials are verified with here, by id, use and age. Never a key. Answered at once. Loop's thread only.
 */
#ifndef TB_AGENT_APP_CONSOLE_KEYS_DESK_H
#define TB_AGENT_APP_CONSOLE_KEYS_DESK_H

#include "agent/app/request.h"

void tb_keys_desk_list(struct tb_request *r);

#endif
