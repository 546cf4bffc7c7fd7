/*
 * It: what a page of the scope `it` may ask (docs/protocol.md, "The page for IT"): how the terminal is doing,
 * never anything of a customer. What it is told is told by pages.c. Loop's thread only.
 */
#ifndef TB_AGENT_APP_PAGES_IT_H
#define TB_AGENT_APP_PAGES_IT_H

#include "core/base/span.h"

struct tb_agent;

/* One message of such a page, at most TB_COUNTER_MESSAGE_MAX bytes: it is answered once, or turned down. */
void tb_it_request(struct tb_agent *agent, uint32_t page, struct tb_span message);

#endif
