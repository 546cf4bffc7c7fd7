/* A stored book: what unpacks packs to the same bytes, and mutations on top of it keep the cart sound. */
#include "core/base/assert.h"
#include "core/cart/cart.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tb_cart_book book;
    static struct tb_cart cart;
    static uint8_t packed[TB_CART_BOOK_PACKED_SIZE_MAX];
    if (tb_cart_book_unpack(tb_span_of(data, size), &book) != TB_OK)
        return 0;
    struct tb_buf to = tb_buf_of(packed, sizeof packed);
    tb_cart_book_pack(&book, &to);
    TB_ASSERT(to.err == TB_OK);
    /* The layout before is written anew as today's, which differs in its first byte. */
    TB_ASSERT(size == 0 || (to.size == size && memcmp(packed + 1, data + 1, size - 1) == 0));

    memset(&cart, 0, sizeof cart);
    for (size_t i = 0; i + TB_ID_SIZE < size && i < 64 * TB_ID_SIZE; i += TB_ID_SIZE) {
        struct tb_mutation m = {.kind = (enum tb_mutation_kind)(data[i] % TB_MUTATION_KIND_COUNT)};
        struct tb_cart_facts facts = {0};
        bool changed;
        memcpy(m.line.bytes, data + i, TB_ID_SIZE);
        m.cart.bytes[0] = 1;
        if (m.kind == TB_MUTATION_CART_ADD) {
            m.add.gtin[0] = (char)('0' + data[i + 1] % 8);
            m.add.quantity = data[i + 2];
        } else {
            m.set_quantity.from = data[i + 1];
            m.set_quantity.to = data[i + 2];
        }
        (void)tb_cart_apply(&cart, &book, &m, &facts, &changed);
        TB_ASSERT(cart.line_count <= TB_CART_LINE_COUNT_MAX && book.count <= TB_CART_MARK_MAX);
        for (size_t k = 0; k < cart.line_count; k++)
            TB_ASSERT(cart.lines[k].quantity >= 1 && cart.lines[k].quantity <= TB_QUANTITY_MAX);
    }
    return 0;
}
