/*
 * Know: all that this terminal holds of the customer of the visit, for herself: each fact with where it is
 * from and how old it is. Loop's thread only.
 */
#ifndef TB_AGENT_APP_VISIT_KNOW_H
#define TB_AGENT_APP_VISIT_KNOW_H

#include "agent/app/request.h"

struct tb_cache_reader;
struct tb_serving;

/*
 * Members of the answer to visit.know, into an object that the caller opened:
 *
 *   groups:[{group, facts:[{fact, value, as_of?, source, quantity?, channel?, granted?}]}], hidden:[…]
 *
 * Of what her proof does not open the facts are left out, and the benefit is in hidden, as in `visit`: what
 * clerks noted and what she agreed to go with her name, as on the clerk's page. TB_ERR_NO_MEMORY, and faults
 * of what is stored: what could not be read is left out.
 * products: to name them by; NULL: by their number.
 */
TB_MUST_USE enum tb_err tb_know_put(struct tb_json_writer *w, const struct tb_serving *s,
                                    struct tb_cache_reader *products);

void tb_know_request(struct tb_request *r); /* visit.know */

#endif
