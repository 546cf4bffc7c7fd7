/* Stored claims and undos of merges: what unpacks packs to the same bytes, and taking an undo back leaves
 * sound carts. The first byte says which it is. */
#include "core/base/assert.h"
#include "core/cart/checkout.h"
#include "core/cart/merge.h"
#include "tests/fuzz/fuzz.h"

static uint8_t packed[TB_MERGE_UNDO_PACKED_SIZE_MAX];

static void claim_run(struct tb_span data)
{
    static struct tb_claim claim;
    struct tb_buf to = tb_buf_of(packed, sizeof packed);
    if (tb_claim_unpack(data, &claim) != TB_OK)
        return;
    tb_claim_pack(&claim, &to);
    TB_ASSERT(to.err == TB_OK && tb_span_equal(tb_buf_span(&to), data));
}

static void is_sound(const struct tb_cart *cart)
{
    TB_ASSERT(cart->line_count <= TB_CART_LINE_COUNT_MAX);
    for (size_t i = 0; i < cart->line_count; i++)
        TB_ASSERT(cart->lines[i].quantity <= UINT16_MAX);
}

static void undo_run(struct tb_span data)
{
    static struct tb_merge_undo undo;
    static struct tb_cart carts[2];
    static struct tb_cart_book books[2];
    static const struct tb_cart_facts facts = {.at_ms = 1};
    struct tb_buf to = tb_buf_of(packed, sizeof packed);
    bool changed;
    if (tb_merge_undo_unpack(data, &undo) != TB_OK)
        return;
    tb_merge_undo_pack(&undo, &to);
    TB_ASSERT(to.err == TB_OK);
    struct tb_cart_side here = {&carts[0], &books[0]};
    struct tb_cart_side there = {&carts[1], &books[1]};
    carts[0] = undo.set_aside;
    carts[1] = (struct tb_cart){.line_count = 0};
    memset(books, 0, sizeof books);
    (void)tb_merge_take_back(here, there, &undo, &facts, &changed);
    is_sound(&carts[0]);
    is_sound(&carts[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct tb_span rest = tb_span_of(data + 1, size - 1);
    if (data[0] % 2)
        claim_run(rest);
    else
        undo_run(rest);
    return 0;
}
