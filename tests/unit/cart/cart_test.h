/* Short ways to write mutations. */
#ifndef TB_TESTS_UNIT_CART_CART_TEST_H
#define TB_TESTS_UNIT_CART_CART_TEST_H

#include "core/cart/cart.h"

#include <stdio.h>

static inline struct tb_id test_id(unsigned number)
{
    struct tb_id id = {{0}};
    id.bytes[0] = 0xaa;
    id.bytes[14] = (uint8_t)(number >> 8);
    id.bytes[15] = (uint8_t)number;
    return id;
}

enum { TEST_CART = 0x1001, TEST_CUSTOMER = 0x2001 };

static inline struct tb_mutation test_mutation(enum tb_mutation_kind kind, unsigned line)
{
    return (struct tb_mutation){.kind = kind,
                                .customer = test_id(TEST_CUSTOMER),
                                .cart = test_id(TEST_CART),
                                .line = test_id(line),
                                .made_ms = 5};
}

static inline struct tb_mutation test_add(unsigned line, unsigned product, int32_t quantity)
{
    struct tb_mutation m = test_mutation(TB_MUTATION_CART_ADD, line);
    m.add.quantity = quantity;
    (void)snprintf(m.add.gtin, sizeof m.add.gtin, "%014u", product);
    return m;
}

static inline struct tb_mutation test_set(unsigned line, int32_t from, int32_t to)
{
    struct tb_mutation m = test_mutation(TB_MUTATION_CART_SET_QUANTITY, line);
    m.set_quantity.from = from;
    m.set_quantity.to = to;
    return m;
}

static inline struct tb_mutation test_remove(unsigned line, int32_t from)
{
    struct tb_mutation m = test_mutation(TB_MUTATION_CART_REMOVE, line);
    m.remove.from = from;
    return m;
}

struct test_cart {
    struct tb_cart cart;
    struct tb_cart_book book;
    bool changed; /* by the last mutation */
};

static inline enum tb_cart_code test_apply(struct test_cart *t, struct tb_mutation m)
{
    struct tb_product product = {.currency = "EUR", .name = "Pen", .unit_price = 250, .price_as_of_ms = 7};
    struct tb_cart_facts facts = {
        .at_ms = 1000, .channel = TB_CHANNEL_TILL, .touched_by = "Till 4", .product = &product};
    return tb_cart_apply(&t->cart, &t->book, &m, &facts, &t->changed);
}

#endif
