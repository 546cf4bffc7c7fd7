/* Documents of rows, and packed carts: what a decoder takes comes out the same after a round trip. */
#include "core/base/assert.h"
#include "core/wire/cart.h"
#include "core/wire/docs.h"
#include "tests/fuzz/fuzz.h"

static uint8_t room[TB_JSON_ARENA_SIZE(TB_JSON_SIZE_MAX)];
static uint8_t again_room[sizeof room];
static uint8_t first_room[8 * TB_JSON_SIZE_MAX];
static uint8_t second_room[8 * TB_JSON_SIZE_MAX];

typedef void codec(struct tb_check *c, struct tb_json doc, struct tb_json_writer *w);

#define CODEC(name)                                                                    \
    static void name(struct tb_check *c, struct tb_json doc, struct tb_json_writer *w) \
    {                                                                                  \
        static struct tb_##name x;                                                     \
        tb_##name##_decode(c, doc, &x);                                                \
        if (c->err == TB_OK)                                                           \
            tb_##name##_encode(w, NULL, &x);                                           \
    }

CODEC(cart)
CODEC(customer)
CODEC(credential_doc)
CODEC(journey)
CODEC(product)
CODEC(terminal)
CODEC(policy)
CODEC(key_doc)
CODEC(handover)
CODEC(reward)
CODEC(operator)

static void round_trip(codec *run, struct tb_json doc)
{
    struct tb_check c = {.err = TB_OK};
    struct tb_buf first = tb_buf_of(first_room, sizeof first_room);
    struct tb_json_writer w = tb_json_writer_of(&first);
    run(&c, doc, &w);
    TB_ASSERT((c.err == TB_OK) == (c.member == NULL));
    if (c.err != TB_OK || first.size > TB_JSON_SIZE_MAX)
        return;
    TB_ASSERT(first.err == TB_OK);
    struct tb_arena arena = tb_arena_of(again_room, sizeof again_room);
    struct tb_json again;
    enum tb_err err = tb_json_parse(tb_buf_span(&first), 0, &arena, &again);
    TB_ASSERT(err == TB_OK);
    struct tb_buf second = tb_buf_of(second_room, sizeof second_room);
    w = tb_json_writer_of(&second);
    run(&c, again, &w);
    TB_ASSERT(c.err == TB_OK && tb_span_equal(tb_buf_span(&first), tb_buf_span(&second)));
}

static void packed_round_trip(struct tb_span packed)
{
    static struct tb_cart x;
    if (tb_cart_unpack(packed, &x) != TB_OK)
        return;
    struct tb_buf first = tb_buf_of(first_room, sizeof first_room);
    tb_cart_pack(&x, &first);
    TB_ASSERT(first.err == TB_OK && first.size <= TB_CART_PACKED_SIZE_MAX);
    enum tb_err err = tb_cart_unpack(tb_buf_span(&first), &x);
    TB_ASSERT(err == TB_OK);
    struct tb_buf second = tb_buf_of(second_room, sizeof second_room);
    tb_cart_pack(&x, &second);
    TB_ASSERT(tb_span_equal(tb_buf_span(&first), tb_buf_span(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    packed_round_trip(tb_span_of(data, size));
    struct tb_arena arena = tb_arena_of(room, sizeof room);
    struct tb_json root;
    if (tb_json_parse(tb_span_of(data, size), 0, &arena, &root) != TB_OK)
        return 0;
    static codec *const codecs[] = {cart, customer, credential_doc, journey, product, terminal, policy,
                                    key_doc, handover, reward, operator};
    for (size_t i = 0; i < TB_ARRAY_SIZE(codecs); i++)
        round_trip(codecs[i], root);
    return 0;
}
