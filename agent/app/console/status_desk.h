/*
 * Status desk: how the terminal is doing, for the command line and the IT page alike (docs/protocol.md,
 * "Command line socket"): nothing about a customer. Answered at once. Loop's thread only; status reads the
 * cache's file and asks for the room on its disk.
 */
#ifndef TB_AGENT_APP_CONSOLE_STATUS_DESK_H
#define TB_AGENT_APP_CONSOLE_STATUS_DESK_H

#include "agent/app/request.h"

/* status {}: the members of the pages' `state`, and the terminal, cache, machine and last outcomes. What the
 * machine does not tell is left out. */
void tb_status_desk_status(struct tb_request *r);
/* metrics {}: OpenMetrics text, a string for each line. */
void tb_status_desk_metrics(struct tb_request *r);

#endif
