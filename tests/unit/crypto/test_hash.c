#include "core/crypto/hash.h"
#include "tests/support/hex.h"
#include "tests/support/unit.h"

static void assert_hex(const void *at, size_t size, const char *expected)
{
    struct hex_bytes bytes = hex(expected);
    assert_int_equal(size, bytes.size);
    assert_memory_equal(at, bytes.at, size);
}

/* FIPS 180-4 examples. */
static void test_sha256(void **state)
{
    (void)state;
    struct tb_digest digest = tb_sha256(tb_span_str("abc"));
    assert_hex(digest.bytes, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest = tb_sha256(tb_span_of(NULL, 0));
    assert_hex(digest.bytes, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest = tb_sha256(tb_span_str("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"));
    assert_hex(digest.bytes, 32, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_parts_hash_as_one_piece(void **state)
{
    (void)state;
    const struct tb_span parts[] = {tb_span_str("a"), tb_span_of(NULL, 0), tb_span_str("bc")};
    struct tb_digest digest = tb_sha256_parts(parts, 3);
    assert_hex(digest.bytes, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    struct tb_digest whole = tb_hmac_sha256(tb_span_str("key"), tb_span_str("abc"));
    digest = tb_hmac_sha256_parts(tb_span_str("key"), parts, 3);
    assert_memory_equal(digest.bytes, whole.bytes, sizeof whole.bytes);
}

/* RFC 4231, cases 1, 2, 3, 6 and 7; the last two have keys longer than a block. */
static void test_hmac_sha256(void **state)
{
    (void)state;
    struct tb_digest mac =
        tb_hmac_sha256(HEX_SPAN("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), tb_span_str("Hi There"));
    assert_hex(mac.bytes, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");

    mac = tb_hmac_sha256(tb_span_str("Jefe"), tb_span_str("what do ya want for nothing?"));
    assert_hex(mac.bytes, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");

    uint8_t bytes[131];
    memset(bytes, 0xaa, sizeof bytes);
    uint8_t data[50];
    memset(data, 0xdd, sizeof data);
    mac = tb_hmac_sha256(tb_span_of(bytes, 20), tb_span_of(data, sizeof data));
    assert_hex(mac.bytes, 32, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");

    mac = tb_hmac_sha256(tb_span_of(bytes, sizeof bytes),
                         tb_span_str("Test Using Larger Than Block-Size Key - Hash Key First"));
    assert_hex(mac.bytes, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");

    mac = tb_hmac_sha256(
        tb_span_of(bytes, sizeof bytes),
        tb_span_str("This is a test using a larger than block-size key and a larger than block-size data. "
                    "The key needs to be hashed before being used by the HMAC algorithm."));
    assert_hex(mac.bytes, 32, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

/* RFC 5869 appendix A.1 and A.3. */
static void test_hkdf_sha256(void **state)
{
    (void)state;
    struct hex_bytes secret = hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    uint8_t okm[48];
    assert_int_equal(tb_hkdf_sha256(HEX_SPAN("000102030405060708090a0b0c"),
                                    tb_span_of(secret.at, secret.size), HEX_SPAN("f0f1f2f3f4f5f6f7f8f9"), okm,
                                    42),
                     TB_OK);
    assert_hex(okm, 42,
               "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    assert_int_equal(
        tb_hkdf_sha256(tb_span_of(NULL, 0), tb_span_of(secret.at, secret.size), tb_span_of(NULL, 0), okm, 42),
        TB_OK);
    assert_hex(okm, 42,
               "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
    assert_int_equal(tb_hkdf_sha256(tb_span_of(NULL, 0), tb_span_of(NULL, 0), tb_span_of(NULL, 0), okm,
                                    TB_HKDF_SIZE_MAX + 1),
                     TB_ERR_RANGE);
}

/* RFC 4493 section 4, and NIST SP 800-38B D.3 for a key of 32 bytes. */
/* RFC 2202, cases 1, 2 and 3. */
static void test_hmac_sha1(void **state)
{
    (void)state;
    uint8_t key[TB_SHA1_SIZE];
    uint8_t bytes[50];
    uint8_t mac[TB_SHA1_SIZE];
    memset(key, 0x0b, sizeof key);
    tb_hmac_sha1(tb_span_of(key, sizeof key), tb_span_str("Hi There"), mac);
    assert_hex(mac, sizeof mac, "b617318655057264e28bc0b6fb378c8ef146be00");
    tb_hmac_sha1(tb_span_str("Jefe"), tb_span_str("what do ya want for nothing?"), mac);
    assert_hex(mac, sizeof mac, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    memset(key, 0xaa, sizeof key);
    memset(bytes, 0xdd, sizeof bytes);
    tb_hmac_sha1(tb_span_of(key, sizeof key), tb_span_of(bytes, sizeof bytes), mac);
    assert_hex(mac, sizeof mac, "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
}

static void test_cmac(void **state)
{
    (void)state;
    struct hex_bytes key = hex("2b7e151628aed2a6abf7158809cf4f3c");
    struct tb_span k = tb_span_of(key.at, key.size);
    struct hex_bytes m = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                             "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    static const struct {
        size_t size;
        const char *tag;
    } vectors[] = {
        {0, "bb1d6929e95937287fa37d129b756746"},
        {16, "070a16b46b4d4144f79bdd9dd04a287c"},
        {40, "dfa66747de9ae63030ca32611497c827"},
        {64, "51f0bebf7e3b9d92fc49741779363cfe"},
    };
    uint8_t tag[TB_CMAC_SIZE];
    for (size_t i = 0; i < TB_ARRAY_SIZE(vectors); i++) {
        assert_int_equal(tb_cmac(k, tb_span_of(m.at, vectors[i].size), tag), TB_OK);
        assert_hex(tag, sizeof tag, vectors[i].tag);
    }
    assert_int_equal(tb_cmac(HEX_SPAN("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
                             tb_span_of(m.at, 16), tag),
                     TB_OK);
    assert_hex(tag, sizeof tag, "28a7023f452e8f82bd4bf28d8c37c35c");
    assert_int_equal(tb_cmac(tb_span_of(m.at, 24), tb_span_of(m.at, 16), tag), TB_ERR_RANGE);
}

/* NXP AN12196: the MAC of an NTAG 424 DNA message, session key and all. */
static void test_cmac_of_a_secure_unique_message(void **state)
{
    (void)state;
    static const uint8_t zero_key[16];
    uint8_t session_key[TB_CMAC_SIZE];
    assert_int_equal(tb_cmac(tb_span_of(zero_key, sizeof zero_key),
                             HEX_SPAN("3cc30001008004958caa5c5e80080000"), session_key),
                     TB_OK);
    assert_hex(session_key, sizeof session_key, "3ed0920e5e6a0320d823d5987feafbb1");
    uint8_t tag[TB_CMAC_SIZE];
    assert_int_equal(tb_cmac(tb_span_of(session_key, sizeof session_key),
                             tb_span_str("CEE9A53E3E463EF1F459635736738962&cmac="), tag),
                     TB_OK);
    assert_hex(tag, sizeof tag, "81ec45c175e72ff6fac61bc7ab3baef6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_parts_hash_as_one_piece),
        cmocka_unit_test(test_hmac_sha256),
        cmocka_unit_test(test_hkdf_sha256),
        cmocka_unit_test(test_hmac_sha1),
        cmocka_unit_test(test_cmac),
        cmocka_unit_test(test_cmac_of_a_secure_unique_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
