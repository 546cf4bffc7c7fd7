#include "core/credential/diversify.h"
#include "core/crypto/hash.h"
#include "tests/support/hex.h"
#include "tests/support/unit.h"

static const char master_hex[] = "00112233445566778899aabbccddeeff";

/* AN10922 section 2.2.1: UID, application and system identifier, 17 bytes. */
static void test_an10922(void **state)
{
    (void)state;
    const struct tb_span parts[] = {HEX_SPAN("04782e21801d80"), HEX_SPAN("3042f5"),
                                    HEX_SPAN("4e585020416275")};
    uint8_t key[16];
    assert_int_equal(tb_diversify_aes128(HEX_SPAN(master_hex), parts, 3, key), TB_OK);
    assert_memory_equal(key, hex("a8dd63a3b89d54b37ca802473fda9175").at, sizeof key);
}

/* With 17 to 32 bytes behind the constant it is a CMAC; a UID alone is padded to two blocks and is none. */
static void test_short_input_is_padded_to_two_blocks(void **state)
{
    (void)state;
    uint8_t key[16];
    uint8_t tag[TB_CMAC_SIZE];
    uint8_t input[32] = {0x01};
    for (size_t i = 1; i < sizeof input; i++)
        input[i] = (uint8_t)i;
    for (size_t size = 1; size <= TB_DIVERSIFY_INPUT_SIZE_MAX; size++) {
        struct tb_span part = tb_span_of(input + 1, size);
        assert_int_equal(tb_diversify_aes128(HEX_SPAN(master_hex), &part, 1, key), TB_OK);
        assert_int_equal(tb_cmac(HEX_SPAN(master_hex), tb_span_of(input, size + 1), tag), TB_OK);
        assert_int_equal(memcmp(key, tag, sizeof key) == 0, size + 1 > 16);
    }
}

/*
 * A UID alone, worked out by hand from the padded blocks and the subkey of NIST SP 800-38B with another
 * implementation of AES.
 */
static void test_uid_alone(void **state)
{
    (void)state;
    struct tb_span uid = HEX_SPAN("04782e21801d80");
    uint8_t key[16];
    assert_int_equal(tb_diversify_aes128(HEX_SPAN(master_hex), &uid, 1, key), TB_OK);
    assert_memory_equal(key, hex("4fd3364753b8142980e8203c75ad83be").at, sizeof key);
}

static void test_limits(void **state)
{
    (void)state;
    uint8_t key[16];
    uint8_t bytes[TB_DIVERSIFY_INPUT_SIZE_MAX + 1] = {0};
    struct tb_span part = tb_span_of(bytes, sizeof bytes);
    assert_int_equal(tb_diversify_aes128(HEX_SPAN(master_hex), &part, 1, key), TB_ERR_TOO_LONG);
    part.size--;
    assert_int_equal(tb_diversify_aes128(HEX_SPAN(master_hex), &part, 1, key), TB_OK);
    assert_int_equal(tb_diversify_aes128(tb_span_of(bytes, 15), &part, 1, key), TB_ERR_RANGE);
}

static void test_ring_key(void **state)
{
    (void)state;
    struct tb_ring_key key = {
        .use = TB_RING_DESFIRE,
        .size = 16,
        .diversified = true,
        .application = {0x30, 0x42, 0xf5},
        .system_size = 7,
    };
    uint8_t card_key[16];
    struct tb_span uid = HEX_SPAN("04782e21801d80");
    memcpy(key.bytes, hex(master_hex).at, 16);
    memcpy(key.system, hex("4e585020416275").at, 7);
    assert_int_equal(tb_diversify_ring_key(&key, uid, card_key), TB_OK);
    assert_memory_equal(card_key, hex("a8dd63a3b89d54b37ca802473fda9175").at, sizeof card_key);

    key.use = TB_RING_SUN_FILE; /* has no application */
    key.system_size = 0;
    assert_int_equal(tb_diversify_ring_key(&key, uid, card_key), TB_OK);
    assert_memory_equal(card_key, hex("4fd3364753b8142980e8203c75ad83be").at, sizeof card_key);

    key.diversified = false;
    assert_int_equal(tb_diversify_ring_key(&key, uid, card_key), TB_OK);
    assert_memory_equal(card_key, key.bytes, sizeof card_key);
    key.size = 0;
    assert_int_equal(tb_diversify_ring_key(&key, uid, card_key), TB_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an10922),   cmocka_unit_test(test_short_input_is_padded_to_two_blocks),
        cmocka_unit_test(test_uid_alone), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_ring_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
