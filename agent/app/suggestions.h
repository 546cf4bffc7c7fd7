/*
 * Suggestions: what the customer looked at lately and this store has in stock, for the clerk. The context
 * store sends what she looked at only while she consents ("profiling"); the catalogue of the cache says what
 * is here. What lies in the cart already is left out. A turn after the visit began, so that a tap does not
 * wait for it. Loop's thread only.
 */
#ifndef TB_AGENT_APP_SUGGESTIONS_H
#define TB_AGENT_APP_SUGGESTIONS_H

#define TB_SUGGESTION_COUNT_MAX 4

struct tb_agent;

/* Looks them up anew, and tells the pages when they are others than before. */
void tb_suggestions_look(struct tb_agent *agent);

#endif
