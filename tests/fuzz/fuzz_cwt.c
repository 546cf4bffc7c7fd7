/* Short tokens: nothing verifies by a key that nobody has, and CBOR items are taken without a byte too many.
 */
#include "core/base/assert.h"
#include "core/credential/cbor.h"
#include "core/credential/cwt.h"
#include "tests/fuzz/fuzz.h"

/* The generator of P-256: its private key is 1, which no fuzzer signs with by chance. */
static const struct tb_public_key generator = {
    {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
     0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f,
     0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce,
     0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5}};

static bool key_of(void *context, struct tb_span kid, size_t index, struct tb_public_key *ret_key)
{
    (void)context;
    TB_ASSERT(kid.size <= TB_JWS_KID_SIZE_MAX);
    *ret_key = generator;
    return index == 0;
}

/* An item skipped is as long as its head and what is in it; written again, a head is the same bytes. */
static void item_check(struct tb_span bytes)
{
    uint8_t memory[16];
    struct tb_buf head = tb_buf_of(memory, sizeof memory);
    struct tb_span rest = bytes;
    struct tb_span skipped = bytes;
    struct tb_cbor item;
    if (tb_cbor_take(&rest, &item) != TB_OK) {
        TB_ASSERT(rest.size == bytes.size && tb_cbor_skip(&skipped) != TB_OK);
        return;
    }
    TB_ASSERT(rest.size < bytes.size && item.bytes.size <= bytes.size);
    if (tb_cbor_skip(&skipped) == TB_OK)
        TB_ASSERT(skipped.size <= rest.size);
    if (item.type == TB_CBOR_SIMPLE)
        return;
    tb_cbor_add(&head, item.type, item.value);
    TB_ASSERT(head.err == TB_OK && tb_span_starts(bytes, tb_buf_span(&head)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct tb_jws_rules rules = {.audience = "till", .leeway_s = 30, .key = key_of};
    struct tb_cwt cwt;
    TB_ASSERT(tb_cwt_verify(tb_span_of(data, size), &rules, 0, &cwt) != TB_OK);
    item_check(tb_span_of(data, size));
    return 0;
}
