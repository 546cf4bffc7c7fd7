#include "core/credential/cwt.h"

#include "core/credential/cbor.h"
#include "tests/support/hex.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

static const int64_t wall_ms = INT64_C(1700000000000);

static struct tb_key key_1;
static struct tb_cwt cwt;

/* RFC 8392 appendix A.3. */
static const char rfc_token[] =
    "d28443a10126a104524173796d6d657472696345434453413235365850a70175636f61703a2f2f61732e6578616d706c652e636f"
    "6d"
    "02656572696b77037818636f61703a2f2f6c696768742e6578616d706c652e636f6d041a5612aeb0051a5610d9f0061a5610d9f0"
    "07420b7158405427c1ff28d23fbad1f29c4c7c6a555e601d6fa29f9179bc3d7438bacaca5acd08c8d4d4f96131680c429a01f859"
    "51ecee743a52b9b63632c57209120e1c9e30";

static const char rfc_point[] = "04143329cce7868e416927599cf65a34f3ce2ffda55a7eca69ed8919a394d42f0f"
                                "60f7f1a780d8a783bfb7a2dd6b2796e8128dbbcef9d3d168db9529971a36e7b9";

#define RFC_EXP_MS INT64_C(1444064944000)

static bool rfc_key(void *context, struct tb_span kid, size_t index, struct tb_public_key *ret_key)
{
    (void)context;
    if (index > 0 || !tb_span_is(kid, "AsymmetricECDSA256"))
        return false;
    return tb_public_key_of_point(HEX_SPAN(rfc_point), ret_key) == TB_OK;
}

static const struct tb_jws_rules rfc_rules = {.audience = "coap://light.example.com",
                                              .leeway_s = TB_JWS_LEEWAY_S_DEFAULT,
                                              .life_max_s = 86400 * 2,
                                              .key = rfc_key};

static void rfc8392_appendix_a3(void **state)
{
    (void)state;
    struct hex_bytes token = hex(rfc_token);
    struct tb_span span = tb_span_of(token.at, token.size);
    assert_int_equal(tb_cwt_verify(span, &rfc_rules, RFC_EXP_MS - 1, &cwt), TB_OK);
    assert_true(tb_span_is(cwt.subject, "erikw"));
    assert_true(tb_span_is(cwt.kid, "AsymmetricECDSA256"));
    assert_true(tb_span_is(cwt.id, "\x0bq"));
    assert_int_equal(cwt.times.exp_s, 1444064944);
    assert_int_equal(cwt.times.iat_s, 1443944944);
    assert_int_equal(cwt.member.size, 0);
    assert_false(cwt.confirms_key);
    assert_int_equal(tb_cwt_verify(span, &rfc_rules, RFC_EXP_MS, &cwt), TB_ERR_EXPIRED);
    assert_int_equal(tb_cwt_verify(span, &rfc_rules, INT64_C(1443944944000) - 31000, &cwt), TB_ERR_RANGE);
    struct tb_jws_rules other = rfc_rules;
    other.audience = "till";
    assert_int_equal(tb_cwt_verify(span, &other, RFC_EXP_MS - 1, &cwt), TB_ERR_DENIED);
    other = rfc_rules;
    other.life_max_s = 86400;
    assert_int_equal(tb_cwt_verify(span, &other, RFC_EXP_MS - 1, &cwt), TB_ERR_RANGE);
}

/* Each bit of the token, in its structure, claims or signature. The kid is not signed; it only finds the key.
 */
static void every_changed_byte_is_noticed(void **state)
{
    (void)state;
    struct hex_bytes token = hex(rfc_token);
    for (size_t i = 0; i < token.size; i++) {
        token.at[i] ^= 0x01;
        assert_int_not_equal(
            tb_cwt_verify(tb_span_of(token.at, token.size), &rfc_rules, RFC_EXP_MS - 1, &cwt), TB_OK);
        token.at[i] ^= 0x01;
    }
    for (size_t size = 0; size < token.size; size++)
        assert_int_not_equal(tb_cwt_verify(tb_span_of(token.at, size), &rfc_rules, RFC_EXP_MS - 1, &cwt),
                             TB_OK);
}

/* ---- tokens of our own ---- */

static bool key_of(void *context, struct tb_span kid, size_t index, struct tb_public_key *ret_key)
{
    (void)context;
    *ret_key = key_1.public_key;
    return index == 0 && (kid.size == 0 || tb_span_is(kid, "k1"));
}

static const struct tb_jws_rules rules = {
    .audience = "till", .leeway_s = TB_JWS_LEEWAY_S_DEFAULT, .life_max_s = 900, .key = key_of};

static int key_make(void **state)
{
    (void)state;
    struct seeded_rng generator = {.state = 1};
    const struct tb_rng rng = seeded_rng_of(&generator);
    return tb_key_make(&rng, &key_1) == TB_OK ? 0 : -1;
}

/* Signs whatever stands where the protected header and the payload belong. */
static enum tb_err verify_raw(struct tb_span protected_header, struct tb_span unprotected,
                              struct tb_span payload)
{
    uint8_t memory[TB_CWT_SIZE_MAX + 64];
    static uint8_t token_memory[TB_CWT_SIZE_MAX + 128]; /* cwt borrows from it */
    struct seeded_rng generator = {.state = 2};
    const struct tb_rng rng = seeded_rng_of(&generator);
    struct tb_buf text = tb_buf_of(memory, sizeof memory);
    struct tb_buf token = tb_buf_of(token_memory, sizeof token_memory);
    struct tb_signature signature;
    tb_cbor_add(&text, TB_CBOR_ARRAY, 4);
    tb_cbor_add_text(&text, tb_span_str("Signature1"));
    tb_cbor_add_bytes(&text, protected_header);
    tb_cbor_add_bytes(&text, tb_span_str(""));
    tb_cbor_add_bytes(&text, payload);
    assert_int_equal(tb_key_sign(&key_1, &rng, tb_buf_span(&text), &signature), TB_OK);
    tb_cbor_add(&token, TB_CBOR_TAG, 18);
    tb_cbor_add(&token, TB_CBOR_ARRAY, 4);
    tb_cbor_add_bytes(&token, protected_header);
    tb_buf_add(&token, unprotected);
    tb_cbor_add_bytes(&token, payload);
    tb_cbor_add_bytes(&token, tb_span_of(signature.bytes, sizeof signature.bytes));
    assert_int_equal(token.err, TB_OK);
    return tb_cwt_verify(tb_buf_span(&token), &rules, wall_ms, &cwt);
}

#define ES256 "a10126"
#define TIMES "041a6553f158061a6553f100" /* exp 1700000088, iat 1700000000 */
#define AUD "036474696c6c"               /* "till" */
#define SUB \
    "0262"  \
    "7031" /* "p1" */

static enum tb_err verify_claims(const char *claims)
{
    return verify_raw(HEX_SPAN(ES256), HEX_SPAN("a0"), HEX_SPAN(claims));
}

static void claims_are_read_by_the_rules(void **state)
{
    (void)state;
    static const struct {
        const char *claims;
        enum tb_err err;
    } cases[] = {
        {"a4" SUB AUD TIMES, TB_OK},
        {"a4" SUB "0382"
         "6474696c6c"
         "6161" TIMES,
         TB_OK}, /* an array of audiences */
        {"a4" SUB "0381"
         "6161" TIMES,
         TB_ERR_DENIED},
        {"a3" SUB TIMES, TB_ERR_MISSING},                          /* no audience */
        {"a3" SUB AUD "041a6553f158", TB_ERR_MISSING},             /* no iat */
        {"a3" SUB AUD "061a6553f100", TB_ERR_MISSING},             /* no exp */
        {"a4" SUB AUD "041a6553f100061a6553f100", TB_ERR_EXPIRED}, /* exp is now */
        {"a4" SUB AUD "041a6553f200061a6553f11f", TB_ERR_RANGE},   /* iat ahead by 31 s */
        {"a4" SUB AUD "041a6553f485061a6553f100", TB_ERR_RANGE},   /* lives 901 s */
        {"a5" SUB AUD TIMES "051a6553f11f", TB_ERR_RANGE},         /* nbf */
        {"a4" SUB AUD "04fb41d954fc55c0000006"
         "1a6553f100",
         TB_ERR_TYPE},                                  /* exp with a fraction */
        {"a4" SUB AUD "0420061a6553f100", TB_ERR_TYPE}, /* a negative one */
        {"a4" SUB AUD "041b0000003afff4418006"
         "1a6553f100",
         TB_ERR_RANGE}, /* year 10000 */
        {"a4"
         "024170" AUD TIMES,
         TB_ERR_TYPE}, /* sub as bytes */
        {"a5" SUB SUB AUD TIMES, TB_ERR_DUPLICATE_KEY},
        {"a6" SUB AUD TIMES "666d656d6265726131"
         "666d656d6265726131",
         TB_ERR_DUPLICATE_KEY},
        {"a5" SUB AUD TIMES, TB_ERR_TRUNCATED},
        {"a4" SUB AUD TIMES "00", TB_ERR_SYNTAX},
        {"a5" SUB AUD TIMES "8001", TB_ERR_TYPE}, /* a key that is an array */
        {"84" SUB AUD TIMES, TB_ERR_TYPE},
        {"", TB_ERR_TRUNCATED},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++)
        assert_int_equal(verify_claims(cases[i].claims), cases[i].err);
    assert_int_equal(verify_claims("a6" AUD TIMES "666d656d6265726131"
                                   "07420102"
                                   "08a0"),
                     TB_OK);
    assert_true(tb_span_is(cwt.member, "1") && cwt.id.size == 2 && cwt.confirms_key);
}

static void headers_are_read_by_the_rules(void **state)
{
    (void)state;
    static const struct {
        const char *protected_header;
        const char *unprotected;
        enum tb_err err;
    } cases[] = {
        {ES256, "a0", TB_OK},
        {"a2012604426b31", "a0", TB_OK},
        {ES256, "a104426b31", TB_OK},
        {ES256, "a104426b32", TB_ERR_NOT_FOUND},
        {ES256, "a104626b31", TB_ERR_TYPE},
        {"a0", "a10126", TB_ERR_UNSUPPORTED},   /* alg that nobody signed */
        {"a10105", "a0", TB_ERR_UNSUPPORTED},   /* HMAC */
        {"a1013823", "a0", TB_ERR_UNSUPPORTED}, /* -36, ES512 */
        {"a10165455332"
         "3536",
         "a0", TB_ERR_UNSUPPORTED}, /* "ES256" as text */
        {"a0", "a0", TB_ERR_UNSUPPORTED},
        {"", "a0", TB_ERR_TRUNCATED},
        {"a201260281"
         "04",
         "a0", TB_ERR_UNSUPPORTED}, /* crit */
        {"a201260126", "a0", TB_ERR_DUPLICATE_KEY},
        {"a2012604426b31", "a104426b31", TB_ERR_DUPLICATE_KEY}, /* in both headers */
        {"a1012600", "a0", TB_ERR_SYNTAX},
        {ES256, "80", TB_ERR_TYPE},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        assert_int_equal(verify_raw(HEX_SPAN(cases[i].protected_header), HEX_SPAN(cases[i].unprotected),
                                    HEX_SPAN("a4" SUB AUD TIMES)),
                         cases[i].err);
    }
}

static void what_is_built_verifies(void **state)
{
    (void)state;
    uint8_t memory[TB_CWT_SIZE_MAX];
    struct seeded_rng generator = {.state = 3};
    const struct tb_rng rng = seeded_rng_of(&generator);
    struct tb_buf token = tb_buf_of(memory, sizeof memory);
    assert_int_equal(tb_cwt_build(tb_span_str("k1"), HEX_SPAN("a4" SUB AUD TIMES), &key_1, &rng, &token),
                     TB_OK);
    assert_int_equal(tb_cwt_verify(tb_buf_span(&token), &rules, wall_ms, &cwt), TB_OK);
    assert_true(tb_span_is(cwt.kid, "k1") && tb_span_is(cwt.subject, "p1"));
    token = tb_buf_of(memory, 40);
    assert_int_equal(tb_cwt_build(tb_span_str("k1"), HEX_SPAN("a4" SUB AUD TIMES), &key_1, &rng, &token),
                     TB_ERR_TOO_LONG);
}

static void frames_of_other_kinds_are_refused(void **state)
{
    (void)state;
    static const char *const frames[] = {
        "8443a10126a0404100",     /* no tag */
        "d18443a10126a0404100",   /* tag 17, a MAC */
        "d8628443a10126a0404100", /* tag 98, several signers */
        "d28343a10126a040",       /* three parts */
        "d28443a10126a0f64100",   /* payload elsewhere */
        "d28463a10126a0404100",   /* header as text */
        "d29f43a10126a0404100ff", /* of indefinite length */
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(frames); i++) {
        enum tb_err err = tb_cwt_verify(HEX_SPAN(frames[i]), &rules, wall_ms, &cwt);
        assert_true(err != TB_OK && err != TB_ERR_SIGNATURE && err != TB_ERR_NOT_FOUND);
    }
    static const uint8_t large[TB_CWT_SIZE_MAX + 1] = {0xd2};
    assert_int_equal(tb_cwt_verify(tb_span_of(large, sizeof large), &rules, wall_ms, &cwt), TB_ERR_TOO_LONG);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc8392_appendix_a3),          cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(claims_are_read_by_the_rules), cmocka_unit_test(headers_are_read_by_the_rules),
        cmocka_unit_test(what_is_built_verifies),       cmocka_unit_test(frames_of_other_kinds_are_refused),
    };
    return cmocka_run_group_tests(tests, key_make, NULL);
}
