/*
 * Plays docs/cart-vectors.json and docs/checkout-vectors.json against an engine, whichever it is: every step
 * is a mutation that is sent through the engine's port, and what counts are the verdicts and the carts in the
 * answers' rows.
 *
 * Each vector has customers, carts, lines and streams of its own, so that one engine serves all of them one
 * after the other. A cmocka test calls it; a difference fails the test and names vector and step.
 */
#ifndef TB_TESTS_SUPPORT_CART_VECTORS_H
#define TB_TESTS_SUPPORT_CART_VECTORS_H

#include "core/sync/engine_port.h"

#define CART_VECTORS_BEGIN_MS                                                    \
    INT64_C(1790000000000) /* a vector's first step; each step is a second later \
                            */

/* The engine and what cannot be asked through its port. */
struct cart_vectors_shop {
    struct tb_engine engine;
    void (*begin)(void *context); /* before each vector; may be NULL */
    void (*clock)(void *context, int64_t wall_ms);
    void (*customer)(void *context, const struct tb_id *id); /* one comes to be; may be NULL */
    /* A product costs unit_price and there are so many of it in the store of both tills. */
    void (*product)(void *context, const char *gtin, int64_t unit_price, int64_t pieces);
    struct tb_engine_peer tills[2]; /* A and B, of one store */
    void *context;
};

/* Returns how many vectors held; folder is where the files are. */
size_t cart_vectors_run(const struct cart_vectors_shop *shop, const char *folder);

#endif
