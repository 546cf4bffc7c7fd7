#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/jws.h"
#include "tests/support/hex.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

static const int64_t wall_ms = INT64_C(1700000000000);

static struct tb_key key_1;
static struct tb_key key_2;
static struct seeded_rng generator = {.state = 1};

static uint8_t arena_memory[TB_JWS_ARENA_SIZE];
static struct tb_arena arena;
static uint8_t token_memory[TB_JWS_SIZE_MAX + 64];
static struct tb_jws jws;

static int keys_make(void **state)
{
    (void)state;
    const struct tb_rng rng = seeded_rng_of(&generator);
    assert_int_equal(tb_key_make(&rng, &key_1), TB_OK);
    assert_int_equal(tb_key_make(&rng, &key_2), TB_OK);
    return 0;
}

/* Key id "1" has key 1, "both" has key 2 and then key 1, no key id has key 1, all others have none. */
static bool key_of(void *context, struct tb_span kid, size_t index, struct tb_public_key *ret_key)
{
    (void)context;
    bool both = tb_span_is(kid, "both");
    if (index > (both ? 1 : 0) || !(both || kid.size == 0 || tb_span_is(kid, "1")))
        return false;
    *ret_key = both && index == 0 ? key_2.public_key : key_1.public_key;
    return true;
}

static const struct tb_jws_rules rules = {
    .audience = "contextd",
    .leeway_s = TB_JWS_LEEWAY_S_DEFAULT,
    .life_max_s = 900,
    .key = key_of,
};

static struct tb_span build(const char *kid, const char *claims)
{
    const struct tb_rng rng = seeded_rng_of(&generator);
    struct tb_buf token = tb_buf_of(token_memory, sizeof token_memory);
    assert_int_equal(tb_jws_build(tb_span_str(kid), tb_span_str(claims), &key_1, &rng, &token), TB_OK);
    return tb_buf_span(&token);
}

static enum tb_err verify_by(struct tb_span token, const struct tb_jws_rules *by)
{
    arena = tb_arena_of(arena_memory, sizeof arena_memory);
    return tb_jws_verify(token, by, wall_ms, &arena, &jws);
}

static enum tb_err verify_claims(const char *claims)
{
    return verify_by(build("1", claims), &rules);
}

/* Signs whatever stands where the header belongs. */
static struct tb_span build_raw(const char *header, const char *claims)
{
    const struct tb_rng rng = seeded_rng_of(&generator);
    struct tb_buf token = tb_buf_of(token_memory, sizeof token_memory);
    struct tb_signature signature;
    tb_base64url_add(&token, tb_span_str(header));
    tb_buf_add_u8(&token, '.');
    tb_base64url_add(&token, tb_span_str(claims));
    assert_int_equal(tb_key_sign(&key_1, &rng, tb_buf_span(&token), &signature), TB_OK);
    tb_buf_add_u8(&token, '.');
    tb_base64url_add(&token, tb_span_of(signature.bytes, sizeof signature.bytes));
    return tb_buf_span(&token);
}

#define GOOD "{\"aud\":\"contextd\",\"sub\":\"s\",\"iat\":1700000000,\"exp\":1700000600}"

static bool rfc7515_key(void *context, struct tb_span kid, size_t index, struct tb_public_key *ret_key)
{
    (void)context;
    assert_int_equal(kid.size, 0);
    if (index > 0)
        return false;
    return tb_public_key_of_point(
               HEX_SPAN("047fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445"
                        "c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad"),
               ret_key) == TB_OK;
}

static void rfc7515_appendix_a3(void **state)
{
    (void)state;
    static const char text[] =
        "eyJhbGciOiJFUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    const struct tb_jws_rules any = {.key = rfc7515_key};
    struct tb_check check = {.err = TB_OK};
    arena = tb_arena_of(arena_memory, sizeof arena_memory);
    assert_int_equal(tb_jws_verify(tb_span_str(text), &any, INT64_C(1300819379999), &arena, &jws), TB_OK);
    assert_true(tb_span_is(tb_json_text(&check, jws.claims, "iss", 8), "joe"));
    assert_true(tb_json_bool(&check, jws.claims, "http://example.com/is_root"));
    assert_int_equal(check.err, TB_OK);
    assert_int_equal(jws.expires_ms, INT64_C(1300819380000));
    arena = tb_arena_of(arena_memory, sizeof arena_memory);
    assert_int_equal(tb_jws_verify(tb_span_str(text), &any, INT64_C(1300819380000), &arena, &jws),
                     TB_ERR_EXPIRED);
}

static void own_token_verifies(void **state)
{
    (void)state;
    struct tb_check check = {.err = TB_OK};
    assert_int_equal(verify_claims(GOOD), TB_OK);
    assert_true(tb_span_is(jws.kid, "1"));
    assert_true(tb_span_is(tb_json_text(&check, jws.claims, "sub", 8), "s"));
    assert_int_equal(jws.expires_ms, INT64_C(1700000600000));
    assert_int_equal(verify_by(build("", GOOD), &rules), TB_OK);
    assert_int_equal(jws.kid.size, 0);
}

static void every_changed_byte_is_noticed(void **state)
{
    (void)state;
    struct tb_span token = build("1", GOOD);
    for (size_t i = 0; i < token.size; i++) {
        token_memory[i] ^= 1;
        assert_int_not_equal(verify_by(token, &rules), TB_OK);
        assert_false(tb_json_exists(jws.claims));
        token_memory[i] ^= 1;
    }
    assert_int_equal(verify_by(token, &rules), TB_OK);
    for (size_t size = 0; size < token.size; size++)
        assert_int_not_equal(verify_by(tb_span_sub(token, 0, size), &rules), TB_OK);
}

static void keys_come_by_key_id(void **state)
{
    (void)state;
    assert_int_equal(verify_by(build("2", GOOD), &rules), TB_ERR_NOT_FOUND);
    assert_int_equal(verify_by(build("both", GOOD), &rules), TB_OK);
    struct tb_key kept = key_1;
    key_1 = key_2;
    struct tb_span token = build("1", GOOD);
    key_1 = kept;
    assert_int_equal(verify_by(token, &rules), TB_ERR_SIGNATURE);
}

static void algorithm_is_pinned(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{\"alg\":\"none\"}",
        "{\"alg\":\"HS256\"}",
        "{\"alg\":\"es256\"}",
        "{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}",
        "{\"alg\":\"ES256\",\"crit\":null}",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(headers); i++)
        assert_int_equal(verify_by(build_raw(headers[i], GOOD), &rules), TB_ERR_UNSUPPORTED);
    assert_int_equal(verify_by(build_raw("{\"alg\":\"ES256\"}", GOOD), &rules), TB_OK);
    assert_int_equal(verify_by(build_raw("{\"typ\":\"JWT\"}", GOOD), &rules), TB_ERR_MISSING);
    assert_int_equal(verify_by(build_raw("{\"alg\":\"ES256\",\"alg\":\"none\"}", GOOD), &rules),
                     TB_ERR_DUPLICATE_KEY);
    assert_int_equal(verify_by(build_raw("{\"alg\":\"ES256\",\"kid\":1}", GOOD), &rules), TB_ERR_TYPE);
    assert_int_equal(verify_by(build_raw("[]", GOOD), &rules), TB_ERR_TYPE);
    assert_int_equal(verify_by(build_raw("ES256", GOOD), &rules), TB_ERR_SYNTAX);
}

static void times(void **state)
{
    (void)state;
    static const struct {
        const char *claims;
        enum tb_err err;
    } rows[] = {
        {"{\"aud\":\"contextd\",\"iat\":1700000000,\"exp\":1700000001}", TB_OK},
        {"{\"aud\":\"contextd\",\"iat\":1699999900,\"exp\":1700000000}", TB_ERR_EXPIRED},
        {"{\"aud\":\"contextd\",\"iat\":1700000030,\"exp\":1700000600}", TB_OK},
        {"{\"aud\":\"contextd\",\"iat\":1700000031,\"exp\":1700000600}", TB_ERR_RANGE},
        {"{\"aud\":\"contextd\",\"iat\":1700000000,\"nbf\":1700000030,\"exp\":1700000600}", TB_OK},
        {"{\"aud\":\"contextd\",\"iat\":1700000000,\"nbf\":1700000031,\"exp\":1700000600}", TB_ERR_RANGE},
        {"{\"aud\":\"contextd\",\"iat\":1700000000,\"exp\":1700000900}", TB_OK},
        {"{\"aud\":\"contextd\",\"iat\":1700000000,\"exp\":1700000901}", TB_ERR_RANGE},
        {"{\"aud\":\"contextd\",\"exp\":1700000600}", TB_ERR_MISSING},
        {"{\"aud\":\"contextd\",\"iat\":1700000000}", TB_ERR_MISSING},
        {"{\"aud\":\"contextd\",\"iat\":1700000000,\"exp\":\"1700000600\"}", TB_ERR_TYPE},
        {"{\"aud\":\"contextd\",\"iat\":1700000000,\"exp\":9223372036854775807}", TB_ERR_RANGE},
        {"{\"aud\":\"contextd\",\"iat\":-1,\"exp\":1700000600}", TB_ERR_RANGE},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(rows); i++)
        assert_int_equal(verify_claims(rows[i].claims), rows[i].err);
}

static void audiences(void **state)
{
    (void)state;
    static const struct {
        const char *claims;
        enum tb_err err;
    } rows[] = {
        {"{\"iat\":1700000000,\"exp\":1700000600}", TB_ERR_MISSING},
        {"{\"aud\":\"other\",\"iat\":1700000000,\"exp\":1700000600}", TB_ERR_DENIED},
        {"{\"aud\":\"contextd2\",\"iat\":1700000000,\"exp\":1700000600}", TB_ERR_DENIED},
        {"{\"aud\":[],\"iat\":1700000000,\"exp\":1700000600}", TB_ERR_DENIED},
        {"{\"aud\":[\"other\"],\"iat\":1700000000,\"exp\":1700000600}", TB_ERR_DENIED},
        {"{\"aud\":[\"other\",\"contextd\"],\"iat\":1700000000,\"exp\":1700000600}", TB_OK},
        {"{\"aud\":[\"contextd\",1],\"iat\":1700000000,\"exp\":1700000600}", TB_ERR_TYPE},
        {"{\"aud\":1,\"iat\":1700000000,\"exp\":1700000600}", TB_ERR_TYPE},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(rows); i++)
        assert_int_equal(verify_claims(rows[i].claims), rows[i].err);
}

static void sizes_are_capped(void **state)
{
    (void)state;
    static uint8_t long_token[TB_JWS_SIZE_MAX + 1];
    memset(long_token, 'A', sizeof long_token);
    assert_int_equal(verify_by(tb_span_of(long_token, sizeof long_token), &rules), TB_ERR_TOO_LONG);
    static char claims[TB_JWS_PART_SIZE_MAX + 2];
    memset(claims, ' ', TB_JWS_PART_SIZE_MAX + 1);
    const struct tb_rng rng = seeded_rng_of(&generator);
    struct tb_buf token = tb_buf_of(token_memory, sizeof token_memory);
    assert_int_equal(tb_jws_build(tb_span_str(""), tb_span_str(claims), &key_1, &rng, &token),
                     TB_ERR_TOO_LONG);
    claims[TB_JWS_PART_SIZE_MAX] = '\0';
    memcpy(claims, GOOD, strlen(GOOD));
    assert_int_equal(verify_claims(claims), TB_OK);
    struct tb_buf small = tb_buf_of(token_memory, 100);
    assert_int_equal(tb_jws_build(tb_span_str(""), tb_span_str(GOOD), &key_1, &rng, &small), TB_ERR_TOO_LONG);
}

static void longest_token_fits_the_arena(void **state)
{
    (void)state;
    static char claims[TB_JWS_PART_SIZE_MAX + 1] =
        "{\"aud\":\"contextd\",\"iat\":1700000000,\"exp\":1700000600,\"x\":[";
    for (size_t i = strlen(claims); i < TB_JWS_PART_SIZE_MAX - 3; i += 2)
        memcpy(claims + i, "0,", 3);
    memcpy(claims + strlen(claims) - 1, "]}", 3);
    assert_int_equal(verify_claims(claims), TB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc7515_appendix_a3),
        cmocka_unit_test(own_token_verifies),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(keys_come_by_key_id),
        cmocka_unit_test(algorithm_is_pinned),
        cmocka_unit_test(times),
        cmocka_unit_test(audiences),
        cmocka_unit_test(sizes_are_capped),
        cmocka_unit_test(longest_token_fits_the_arena),
    };
    return cmocka_run_group_tests(tests, keys_make, NULL);
}
