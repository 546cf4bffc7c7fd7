/*
 * Carts inside the SQLite engine: what the files that decide about carts, joining and paying share. The cart
 * being decided about is in e->cart with its book in e->book. Inside a transaction, one thread.
 */
#ifndef TB_CONTEXTD_ENGINE_SQLITE_CART_H
#define TB_CONTEXTD_ENGINE_SQLITE_CART_H

#include "contextd/engine/sqlite_decide.h"

/* Reads the cart, or the one that the customer has when that is not known; of zero id when there is
 * neither. */
TB_MUST_USE enum tb_err sqlite_cart_find(struct sqlite_engine *e, const struct tb_id *cart,
                                         const struct tb_id *customer, const char *store);

struct tb_cart_facts sqlite_cart_facts(const struct sqlite_engine *e, const struct sqlite_batch *b);

/* Before a changed cart is written: today's prices, its row noted, the next version. With b->full set
 * nothing was noted and nothing may be written. */
TB_MUST_USE enum tb_err sqlite_cart_ready(struct sqlite_engine *e, struct sqlite_batch *b,
                                          struct tb_cart *cart);

/* The same for the two of a merge, e->cart and e->joined. *ret_fit false: their rows together are more than
 * an answer holds; nothing was noted and nothing may be written. */
TB_MUST_USE enum tb_err sqlite_carts_ready(struct sqlite_engine *e, struct sqlite_batch *b, bool *ret_fit);

/* Notes the row of a cart that did not change; TB_ERR_NOT_FOUND. */
TB_MUST_USE enum tb_err sqlite_cart_note(struct sqlite_engine *e, struct sqlite_batch *b,
                                         const struct tb_id *cart);

/* Notes in the journey that the cart was changed; nobody's waits with the cart and visit. */
TB_MUST_USE enum tb_err sqlite_cart_touch(struct sqlite_engine *e, const struct sqlite_batch *b,
                                          const struct tb_cart *cart, const struct tb_id *visit);

#endif
