/* Carts and checkout of the engine in memory; engine_fake.c alone includes it. */
#ifndef TB_TESTS_SUPPORT_ENGINE_FAKE_SHOP_H
#define TB_TESTS_SUPPORT_ENGINE_FAKE_SHOP_H

#include "tests/support/engine_fake.h"

/* The carts that a mutation touched; their rows go with the verdict. */
struct fake_touched {
    size_t count;
    struct tb_id carts[2];
};

/* Decides a cart.* or checkout.* mutation: verdict kind, code, version and the carts. Other kinds are not
 * understood. */
void fake_shop_decide(struct engine_fake *e, const struct tb_engine_peer *peer, const struct tb_mutation *m,
                      struct tb_verdict *verdict, struct fake_touched *ret_touched);

/* Writes the cart's row and its version. */
void fake_cart_publish(struct engine_fake *e, struct tb_cart *cart);

#endif
