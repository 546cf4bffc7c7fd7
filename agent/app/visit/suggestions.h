/*
 * Suggestions: what the customer looked at lately and this store has in stock, for the clerk. The context
 * store sends what she looked at only while she consents ("profiling"); the catalogue of the cache says what
 * is here, as of its product's row: a figure older than the policy has it shown says nothing about now. Such
 * a product, and what lies in the cart already, is left out. A turn after the visit began, so that a tap does
 * not wait for it. Loop's thread only.
 */
#ifndef TB_AGENT_APP_VISIT_SUGGESTIONS_H
#define TB_AGENT_APP_VISIT_SUGGESTIONS_H

#include <stdbool.h>

#define TB_SUGGESTION_COUNT_MAX 4

struct tb_agent;
struct tb_product;

/* Whether it is here now, as far as anybody knows, and in nobody's cart yet. */
bool tb_suggestions_take(const struct tb_agent *agent, const struct tb_product *product);

/* Looks them up anew, and tells the pages when they are others than before. */
void tb_suggestions_look(struct tb_agent *agent);

#endif
