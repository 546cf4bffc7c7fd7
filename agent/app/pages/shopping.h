/*
 * Shopping: the requests about the visit and its cart that more than one kind of page may make. What a page
 * may ask for is said by the table of methods of its desk; each of these answers once. Loop's thread only.
 */
#ifndef TB_AGENT_APP_PAGES_SHOPPING_H
#define TB_AGENT_APP_PAGES_SHOPPING_H

#include "agent/app/request.h"
#include "core/wire/mutation.h"

void tb_shopping_add(struct tb_request *r);
void tb_shopping_set_quantity(struct tb_request *r);
void tb_shopping_remove(struct tb_request *r);
void tb_shopping_visit_end(struct tb_request *r);
void tb_shopping_product_find(struct tb_request *r); /* as the cache has it */
void tb_shopping_ping(struct tb_request *r);

/* For others that are about a visit. The visit that a request names is the one on the screen: an old page
 * must not end a new visit, nor put into the next customer's cart what the last one asked for. False: the
 * asker was told. */
bool tb_shopping_visit_is_on(struct tb_request *r, const struct tb_id *visit);
bool tb_shopping_visit(struct tb_request *r); /* its only param */

/* A GTIN of 14 digits. */
void tb_shopping_gtin(struct tb_request *r, char ret_gtin[TB_GTIN_SIZE + 1]);

void tb_shopping_answer_done(const struct tb_request *r);

#endif
