/* How the terminal is doing, for the command line and the IT page alike: nothing about a customer. */
#ifndef TB_AGENT_APP_CONSOLE_STATUS_H
#define TB_AGENT_APP_CONSOLE_STATUS_H

#include "agent/app/request.h"

void tb_console_status(struct tb_request *r);
void tb_console_metrics(struct tb_request *r);

#endif
