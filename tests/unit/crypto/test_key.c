#include "core/crypto/hash.h"
#include "core/crypto/key.h"
#include "tests/support/hex.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

static struct seeded_rng seed = {42};

static struct tb_key key_of(const char *scalar)
{
    struct tb_rng rng = seeded_rng_of(&seed);
    struct tb_key key;
    assert_int_equal(tb_key_of_scalar(HEX_SPAN(scalar), &rng, &key), TB_OK);
    return key;
}

static void assert_hex(const void *at, size_t size, const char *expected)
{
    struct hex_bytes bytes = hex(expected);
    assert_int_equal(size, bytes.size);
    assert_memory_equal(at, bytes.at, size);
}

/* RFC 6979 appendix A.2.5, P-256 with SHA-256. */
static void test_sign_is_deterministic(void **state)
{
    (void)state;
    struct tb_rng rng = seeded_rng_of(&seed);
    struct tb_key key = key_of("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
    assert_hex(key.public_key.point, sizeof key.public_key.point,
               "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
               "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
    struct tb_signature signature;
    assert_int_equal(tb_key_sign(&key, &rng, tb_span_str("sample"), &signature), TB_OK);
    assert_hex(signature.bytes, sizeof signature.bytes,
               "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
               "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    assert_int_equal(tb_key_sign(&key, &rng, tb_span_str("test"), &signature), TB_OK);
    assert_hex(signature.bytes, sizeof signature.bytes,
               "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
               "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083");
    assert_int_equal(tb_public_key_verify(&key.public_key, tb_span_str("test"), &signature), TB_OK);
}

/* RFC 7515 appendix A.3: a JWS signed with ES256. */
static void test_verify_jws(void **state)
{
    (void)state;
    struct tb_public_key key;
    assert_int_equal(
        tb_public_key_of_point(HEX_SPAN("047fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445"
                                        "c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad"),
                               &key),
        TB_OK);
    struct tb_span text =
        tb_span_str("eyJhbGciOiJFUzI1NiJ9."
                    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
                    "Ijp0cnVlfQ");
    struct tb_signature signature;
    struct tb_buf bytes = tb_buf_of(signature.bytes, sizeof signature.bytes);
    assert_int_equal(
        tb_base64url_decode(tb_span_str("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-"
                                        "F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
                            &bytes),
        TB_OK);
    assert_int_equal(tb_public_key_verify(&key, text, &signature), TB_OK);
    assert_int_equal(tb_public_key_verify(&key, tb_span_sub(text, 1, SIZE_MAX), &signature),
                     TB_ERR_SIGNATURE);
    signature.bytes[63] ^= 1;
    assert_int_equal(tb_public_key_verify(&key, text, &signature), TB_ERR_SIGNATURE);
}

static void test_zero_signature_never_verifies(void **state)
{
    (void)state;
    struct tb_key key = key_of("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
    struct tb_signature zero = {{0}};
    assert_int_equal(tb_public_key_verify(&key.public_key, tb_span_str("x"), &zero), TB_ERR_SIGNATURE);
    struct tb_public_key off_curve = key.public_key;
    off_curve.point[64] ^= 1;
    struct tb_signature signature;
    struct tb_rng rng = seeded_rng_of(&seed);
    assert_int_equal(tb_key_sign(&key, &rng, tb_span_str("x"), &signature), TB_OK);
    assert_int_equal(tb_public_key_verify(&off_curve, tb_span_str("x"), &signature), TB_ERR_SIGNATURE);
}

/* A whole Smart Tap 2.1 session with synthetic keys: signature, shared secret, session keys. */
static void test_smart_tap_session(void **state)
{
    (void)state;
    struct tb_rng rng = seeded_rng_of(&seed);
    struct tb_key collector = key_of("826d17e50767b165b0e4d9e332f8d1d1e20224284fb4daf1e50a03246e70797d");
    struct tb_key reader = key_of("1111111111111111111111111111111111111111111111111111111111111111");
    struct hex_bytes device_point = hex("03d65a93977caa3d1b081852ff57a79e465f1660577304baead505dd3a48589cf3");
    uint8_t compressed[TB_KEY_COMPRESSED_SIZE];
    tb_public_key_compress(&reader.public_key, compressed);
    assert_hex(compressed, sizeof compressed,
               "020217e617f0b6443928278f96999e69a23a4f2c152bdf6d6cdf66e5b80282d4ed");

    uint8_t room[256];
    struct tb_buf signed_text = tb_buf_of(room, sizeof room);
    for (uint8_t i = 0; i < 64; i++)
        tb_buf_add_u8(&signed_text, i);
    tb_buf_add_u32be(&signed_text, 0x0133ee80);
    tb_buf_add(&signed_text, tb_span_of(compressed, sizeof compressed));
    struct tb_signature signature;
    assert_int_equal(tb_key_sign(&collector, &rng, tb_buf_span(&signed_text), &signature), TB_OK);
    size_t der_at = signed_text.size;
    assert_int_equal(tb_signature_to_der(&signature, &signed_text), TB_OK);
    assert_hex(room + der_at, signed_text.size - der_at,
               "3046022100924281d0d3514bb8350fdd077483d5da7aa447304c51c662b8c728bbdcd2fd58"
               "0221008414b3eb8c9abaf60754ae28ffdf32fc0964874f6761e6ca2af4ff5798507db3");

    struct tb_public_key device;
    assert_int_equal(tb_public_key_of_point(tb_span_of(device_point.at, device_point.size), &device), TB_OK);
    uint8_t shared[TB_KEY_SHARED_SIZE];
    assert_int_equal(tb_key_agree(&reader, &device, &rng, shared), TB_OK);
    assert_hex(shared, sizeof shared, "ccfc261f58193c98ca4ad4a53bbac6f0ee29bc4d48438090446908622ca79af6");
    uint8_t keys[48];
    assert_int_equal(tb_hkdf_sha256(tb_span_of(device_point.at, device_point.size),
                                    tb_span_of(shared, sizeof shared), tb_buf_span(&signed_text), keys,
                                    sizeof keys),
                     TB_OK);
    assert_hex(
        keys, sizeof keys,
        "acc7f5122fe99ee6c20e98796a1121cdf2c645b8def56b856976698b1265e7a9a0166d62137f610601187eade280c07c");
}

static void test_points_off_the_curve_are_refused(void **state)
{
    (void)state;
    struct tb_public_key key;
    struct tb_key good = key_of("1111111111111111111111111111111111111111111111111111111111111111");
    good.public_key.point[64] ^= 1;
    assert_int_equal(tb_public_key_of_point(tb_span_of(good.public_key.point, 65), &key), TB_ERR_RANGE);
    /* x above the field's prime; x without a square root; infinity; wrong sizes. */
    assert_int_equal(
        tb_public_key_of_point(HEX_SPAN("02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
                               &key),
        TB_ERR_RANGE);
    assert_int_equal(
        tb_public_key_of_point(HEX_SPAN("020000000000000000000000000000000000000000000000000000000000000001"),
                               &key),
        TB_ERR_RANGE);
    assert_int_equal(tb_public_key_of_point(HEX_SPAN("00"), &key), TB_ERR_RANGE);
    assert_int_equal(tb_public_key_of_point(tb_span_of(good.public_key.point, 64), &key), TB_ERR_RANGE);
    struct tb_rng rng = seeded_rng_of(&seed);
    uint8_t shared[TB_KEY_SHARED_SIZE];
    assert_int_equal(tb_key_agree(&good, &good.public_key, &rng, shared), TB_ERR_RANGE);
}

static void test_scalars_out_of_range_are_refused(void **state)
{
    (void)state;
    struct tb_rng rng = seeded_rng_of(&seed);
    struct tb_key key;
    static const uint8_t zero[32];
    assert_int_equal(tb_key_of_scalar(tb_span_of(zero, 32), &rng, &key), TB_ERR_RANGE);
    assert_int_equal(tb_key_of_scalar(tb_span_of(zero, 31), &rng, &key), TB_ERR_RANGE);
    /* The order of the group itself. */
    assert_int_equal(
        tb_key_of_scalar(HEX_SPAN("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"), &rng,
                         &key),
        TB_ERR_RANGE);
}

static void test_store_and_load(void **state)
{
    (void)state;
    struct tb_rng rng = seeded_rng_of(&seed);
    for (int i = 0; i < 8; i++) {
        struct tb_key made;
        struct tb_key loaded;
        assert_int_equal(tb_key_make(&rng, &made), TB_OK);
        uint8_t room[TB_KEY_PEM_SIZE_MAX];
        struct tb_buf text = tb_buf_of(room, sizeof room);
        assert_int_equal(tb_key_store_pem(&made, &text), TB_OK);
        assert_true(tb_span_starts(tb_buf_span(&text), tb_span_str("-----BEGIN EC PRIVATE KEY-----\n")));
        assert_int_equal(tb_key_load(tb_buf_span(&text), &rng, &loaded), TB_OK);
        assert_memory_equal(&made, &loaded, sizeof made);

        tb_buf_reset(&text);
        assert_int_equal(tb_key_store_der(&made, &text), TB_OK);
        assert_int_equal(tb_key_load(tb_buf_span(&text), &rng, &loaded), TB_OK);
        assert_memory_equal(&made, &loaded, sizeof made);

        struct tb_public_key public_key;
        tb_buf_reset(&text);
        assert_int_equal(tb_public_key_store_pem(&made.public_key, &text), TB_OK);
        assert_int_equal(tb_public_key_load(tb_buf_span(&text), &public_key), TB_OK);
        assert_memory_equal(&made.public_key, &public_key, sizeof public_key);
    }
}

/* As `openssl genpkey` writes it: PKCS #8, made once and kept here. */
static void test_load_pkcs8(void **state)
{
    (void)state;
    struct tb_rng rng = seeded_rng_of(&seed);
    struct tb_key key;
    assert_int_equal(
        tb_key_load(tb_span_str("-----BEGIN PRIVATE KEY-----\n"
                                "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgya+p2EW6dRZrXCFX\n"
                                "Z7HWk05Qw9s26JsSe4piKxIPZyGhRANCAARg/tS6JVqdMclh63TGNW1owEm4kjth\n"
                                "+mzmaWIuYPKftnkD/hAIuLyZpBrp6VYovGTy8bIMLX6fUXejwpTURiKZ\n"
                                "-----END PRIVATE KEY-----\n"),
                    &rng, &key),
        TB_OK);
    assert_hex(key.scalar, sizeof key.scalar,
               "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
}

static void test_load_refuses_what_is_no_key(void **state)
{
    (void)state;
    struct tb_rng rng = seeded_rng_of(&seed);
    struct tb_key key;
    struct tb_public_key public_key;
    assert_int_equal(tb_key_load(tb_span_str(""), &rng, &key), TB_ERR_SYNTAX);
    assert_int_equal(
        tb_key_load(tb_span_str("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"), &rng,
                    &key),
        TB_ERR_SYNTAX);
    assert_int_equal(tb_public_key_load(tb_span_str("0000"), &public_key), TB_ERR_SYNTAX);
    static const uint8_t big[16384];
    assert_int_equal(tb_key_load(tb_span_of(big, sizeof big), &rng, &key), TB_ERR_TOO_LONG);
}

static void test_signature_der(void **state)
{
    (void)state;
    /* Shortest numbers and the padding that keeps them positive. */
    struct tb_signature signature = {{0}};
    signature.bytes[31] = 0x01;
    signature.bytes[63] = 0x80;
    uint8_t room[TB_SIGNATURE_DER_SIZE_MAX];
    struct tb_buf der = tb_buf_of(room, sizeof room);
    assert_int_equal(tb_signature_to_der(&signature, &der), TB_OK);
    assert_hex(room, der.size, "300702010102020080");
    struct tb_signature back;
    assert_int_equal(tb_signature_of_der(tb_buf_span(&der), &back), TB_OK);
    assert_memory_equal(&signature, &back, sizeof back);

    static const struct {
        const char *der;
        enum tb_err err;
    } bad[] = {
        {"", TB_ERR_TRUNCATED},
        {"3007020101020200", TB_ERR_SYNTAX},       /* length of the sequence */
        {"30070201010202007f", TB_ERR_SYNTAX},     /* needless zero */
        {"3006020101020180", TB_ERR_SYNTAX},       /* negative */
        {"3008020101020200800000", TB_ERR_SYNTAX}, /* bytes behind */
        {"300802010102020080ff", TB_ERR_SYNTAX},   /* bytes behind, inside the sequence */
        {"30050201010200", TB_ERR_SYNTAX},         /* number without bytes */
        {"310702010102020080", TB_ERR_SYNTAX},     /* a SET */
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(bad); i++)
        assert_int_equal(tb_signature_of_der(HEX_SPAN(bad[i].der), &back), bad[i].err);
    assert_int_equal(
        tb_signature_of_der(
            HEX_SPAN("3026022101ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff020101"),
            &back),
        TB_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sign_is_deterministic),
        cmocka_unit_test(test_verify_jws),
        cmocka_unit_test(test_zero_signature_never_verifies),
        cmocka_unit_test(test_smart_tap_session),
        cmocka_unit_test(test_points_off_the_curve_are_refused),
        cmocka_unit_test(test_scalars_out_of_range_are_refused),
        cmocka_unit_test(test_store_and_load),
        cmocka_unit_test(test_load_pkcs8),
        cmocka_unit_test(test_load_refuses_what_is_no_key),
        cmocka_unit_test(test_signature_der),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
