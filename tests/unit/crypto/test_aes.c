#include "core/crypto/aes.h"
#include "tests/support/hex.h"
#include "tests/support/unit.h"

/* NIST SP 800-38A appendix F: one key, four blocks. */
static const char key_hex[] = "2b7e151628aed2a6abf7158809cf4f3c";
static const char plain_hex[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                                "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
static const char cbc_hex[] = "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
                              "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7";
static const char iv_hex[] = "000102030405060708090a0b0c0d0e0f";

static void test_block(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "3ad77bb40d7a3660a89ecaf32466ef97",
        "f5d3d58503b9699de785895a96fdbaaf",
        "43b1cd7f598ece23881b00e3ed030688",
        "7b0c785e27e8ad3f8223207104725dd4",
    };
    struct hex_bytes key = hex(key_hex);
    struct hex_bytes plain = hex(plain_hex);
    for (size_t i = 0; i < 4; i++) {
        uint8_t block[TB_AES_BLOCK_SIZE];
        tb_aes128_encrypt(key.at, plain.at + 16 * i, block);
        assert_memory_equal(block, hex(expected[i]).at, sizeof block);
        tb_aes128_encrypt(key.at, plain.at + 16 * i, plain.at + 16 * i);
        assert_memory_equal(plain.at + 16 * i, block, sizeof block);
    }
}

static void test_cbc(void **state)
{
    (void)state;
    struct hex_bytes key = hex(key_hex);
    struct hex_bytes iv = hex(iv_hex);
    struct hex_bytes bytes = hex(plain_hex);
    assert_int_equal(tb_aes128_cbc_encrypt(key.at, iv.at, tb_span_of(bytes.at, bytes.size), bytes.at), TB_OK);
    assert_memory_equal(bytes.at, hex(cbc_hex).at, bytes.size);
    iv = hex(iv_hex);
    assert_int_equal(tb_aes128_cbc_decrypt(key.at, iv.at, tb_span_of(bytes.at, bytes.size), bytes.at), TB_OK);
    assert_memory_equal(bytes.at, hex(plain_hex).at, bytes.size);
}

static void test_cbc_goes_on_where_it_stopped(void **state)
{
    (void)state;
    struct hex_bytes key = hex(key_hex);
    struct hex_bytes plain = hex(plain_hex);
    struct hex_bytes iv = hex(iv_hex);
    uint8_t bytes[64];
    for (size_t at = 0; at < 64; at += 32)
        assert_int_equal(tb_aes128_cbc_encrypt(key.at, iv.at, tb_span_of(plain.at + at, 32), bytes + at),
                         TB_OK);
    assert_memory_equal(bytes, hex(cbc_hex).at, sizeof bytes);
    assert_memory_equal(iv.at, bytes + 48, 16);
    iv = hex(iv_hex);
    for (size_t at = 0; at < 64; at += 16) {
        uint8_t block[16];
        assert_int_equal(tb_aes128_cbc_decrypt(key.at, iv.at, tb_span_of(bytes + at, 16), block), TB_OK);
        assert_memory_equal(block, plain.at + at, sizeof block);
    }
}

static void test_only_whole_blocks(void **state)
{
    (void)state;
    struct hex_bytes key = hex(key_hex);
    uint8_t iv[16] = {1};
    uint8_t bytes[17] = {0};
    assert_int_equal(tb_aes128_cbc_encrypt(key.at, iv, tb_span_of(bytes, 17), bytes), TB_ERR_RANGE);
    assert_int_equal(tb_aes128_cbc_decrypt(key.at, iv, tb_span_of(bytes, 15), bytes), TB_ERR_RANGE);
    assert_int_equal(tb_aes128_cbc_decrypt(key.at, iv, tb_span_of(NULL, 0), bytes), TB_OK);
    assert_int_equal(iv[0], 1);
}

static void test_counter(void **state)
{
    (void)state;
    struct hex_bytes key = hex(key_hex);
    struct hex_bytes counter = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    struct hex_bytes plain = hex(plain_hex);
    struct hex_bytes expected = hex("874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
                                    "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee");
    struct hex_bytes bytes = plain;
    tb_aes128_ctr(key.at, counter.at, tb_span_of(bytes.at, bytes.size), bytes.at);
    assert_memory_equal(bytes.at, expected.at, expected.size);
    for (size_t size = 0; size <= plain.size; size++) { /* parts of a block too */
        uint8_t part[65] = {0};
        tb_aes128_ctr(key.at, counter.at, tb_span_of(expected.at, size), part);
        assert_memory_equal(part, plain.at, size);
        assert_int_equal(part[size], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block),
        cmocka_unit_test(test_cbc),
        cmocka_unit_test(test_cbc_goes_on_where_it_stopped),
        cmocka_unit_test(test_only_whole_blocks),
        cmocka_unit_test(test_counter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
