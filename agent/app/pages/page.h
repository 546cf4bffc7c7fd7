/*
 * Page: one message to the terminal's pages. It is built in the agent's page buffer, sent to one page or to
 * all pages of some scopes, and wiped. Loop's thread only.
 */
#ifndef TB_AGENT_APP_PAGES_PAGE_H
#define TB_AGENT_APP_PAGES_PAGE_H

#include "agent/counter/counter.h"
#include "core/wire/rpc.h"

struct tb_agent;
struct tb_identify_action;

/* Scopes as a set. */
#define TB_PAGE_CLERKS (1u << TB_COUNTER_SCOPE_CLERK)
#define TB_PAGE_SHOPPERS (1u << TB_COUNTER_SCOPE_SHOPPER)
#define TB_PAGE_IT (1u << TB_COUNTER_SCOPE_IT)

/* Who is told. */
struct tb_page_to {
    uint32_t page;   /* 0: all pages of the scopes */
    unsigned scopes; /* a set */
};

/* A notification: the caller writes its params, then tb_page_end() sends it. */
struct tb_json_writer tb_page_begin(struct tb_agent *agent, const char *method);
void tb_page_end(struct tb_agent *agent, struct tb_json_writer *w, struct tb_page_to to,
                 enum tb_counter_topic topic);

/* Sends what stands in the buffer to one page: an answer. */
void tb_page_answer(struct tb_agent *agent, uint32_t page);

/* The product as the cache has it, under names that a scanned product has: its number alone when the cache
 * has none. False then. */
bool tb_page_put_product(struct tb_json_writer *w, struct tb_agent *agent, const char *gtin);

/* What became of a tap or scan, as clerk, shopper and POS are told of it. */
void tb_page_put_outcome(struct tb_json_writer *w, struct tb_agent *agent,
                         const struct tb_identify_action *action);

#endif
