/* What the IT page is told and may ask: how the terminal is doing, never anything of a customer. Loop's
 * thread only. */
#ifndef TB_AGENT_APP_IT_H
#define TB_AGENT_APP_IT_H

#include "core/base/span.h"

struct tb_agent;

void tb_it_request(struct tb_agent *agent, uint32_t page, struct tb_span message);

#endif
