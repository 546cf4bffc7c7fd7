#include "contextd/gateway/token.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "host/system/system.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1790000000000)

struct fixture {
    struct tb_key key;
    struct tb_key other;
    struct tb_token_rules rules;
    struct tb_token_plan plan;
    uint8_t text[TB_TOKEN_SIZE_MAX + 64];
    struct tb_buf token;
};

static int set_up(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    assert_int_equal(tb_key_make(tb_rng_system(), &f.key), TB_OK);
    assert_int_equal(tb_key_make(tb_rng_system(), &f.other), TB_OK);
    f.rules = (struct tb_token_rules){.audience = "tillbridge", .key_count = 1};
    f.rules.keys[0] = f.key.public_key;
    f.plan = (struct tb_token_plan){
        .audience = "tillbridge", .customer = {{7, 1}}, .wall_ms = NOW_MS, .life_s = 600};
    f.token = tb_buf_of(f.text, sizeof f.text);
    *state = &f;
    return 0;
}

static enum tb_err verify(struct fixture *f, struct tb_token_claims *ret_claims)
{
    return tb_token_verify(&f->rules, tb_buf_span(&f->token), NOW_MS, ret_claims);
}

static enum tb_err mint_and_verify(struct fixture *f)
{
    struct tb_token_claims claims;
    assert_int_equal(tb_token_mint(&f->key, tb_rng_system(), &f->plan, &f->token), TB_OK);
    return verify(f, &claims);
}

/* A token with any header and claims, properly signed. */
static enum tb_err signed_and_verified(struct fixture *f, const char *header, const char *claims_text)
{
    struct tb_signature signature;
    struct tb_token_claims claims;
    tb_base64url_add(&f->token, tb_span_str(header));
    tb_buf_add_u8(&f->token, '.');
    tb_base64url_add(&f->token, tb_span_str(claims_text));
    assert_int_equal(tb_key_sign(&f->key, tb_rng_system(), tb_buf_span(&f->token), &signature), TB_OK);
    tb_buf_add_u8(&f->token, '.');
    tb_base64url_add(&f->token, tb_span_of(signature.bytes, sizeof signature.bytes));
    return verify(f, &claims);
}

static void a_good_token_names_its_customer(void **state)
{
    struct fixture *f = *state;
    struct tb_token_claims claims;
    assert_int_equal(tb_token_mint(&f->key, tb_rng_system(), &f->plan, &f->token), TB_OK);
    assert_int_equal(verify(f, &claims), TB_OK);
    assert_memory_equal(claims.customer.bytes, f->plan.customer.bytes, TB_ID_SIZE);
    assert_int_equal(claims.expires_ms, NOW_MS + 600 * 1000);
}

static void a_second_key_is_taken_too(void **state)
{
    struct fixture *f = *state;
    f->rules.keys[0] = f->other.public_key;
    f->rules.keys[1] = f->key.public_key;
    f->rules.key_count = 2;
    assert_int_equal(mint_and_verify(f), TB_OK);
}

static void another_key_is_refused(void **state)
{
    struct fixture *f = *state;
    f->rules.keys[0] = f->other.public_key;
    assert_int_equal(mint_and_verify(f), TB_ERR_SIGNATURE);
}

static void without_keys_nothing_is_accepted(void **state)
{
    struct fixture *f = *state;
    f->rules.key_count = 0;
    assert_int_equal(mint_and_verify(f), TB_ERR_SIGNATURE);
}

static void another_audience_is_refused(void **state)
{
    struct fixture *f = *state;
    f->plan.audience = "other";
    assert_int_equal(mint_and_verify(f), TB_ERR_DENIED);
}

static void an_expired_token_is_refused(void **state)
{
    struct fixture *f = *state;
    f->plan.life_s = -1;
    assert_int_equal(mint_and_verify(f), TB_ERR_EXPIRED);
}

static void a_token_that_ends_now_is_refused(void **state)
{
    struct fixture *f = *state;
    f->plan.life_s = 0;
    assert_int_equal(mint_and_verify(f), TB_ERR_EXPIRED);
}

static void a_life_of_15_minutes_is_the_most(void **state)
{
    struct fixture *f = *state;
    f->plan.life_s = TB_TOKEN_LIFE_MAX_S;
    assert_int_equal(mint_and_verify(f), TB_OK);
    f->token.size = 0;
    f->plan.life_s = TB_TOKEN_LIFE_MAX_S + 1;
    assert_int_equal(mint_and_verify(f), TB_ERR_EXPIRED);
}

static void a_token_from_the_future_is_refused(void **state)
{
    struct fixture *f = *state;
    f->plan.wall_ms = NOW_MS + (TB_TOKEN_LEEWAY_S + 1) * 1000;
    assert_int_equal(mint_and_verify(f), TB_ERR_EXPIRED);
}

#define CLAIMS                                                                                         \
    "{\"aud\":\"tillbridge\",\"sub\":\"07010000000000000000000000000000\",\"iat\":1790000000,\"exp\":" \
    "1790000600}"

static void only_es256_is_an_algorithm(void **state)
{
    struct fixture *f = *state;
    static const char *const headers[] = {"{\"alg\":\"none\"}", "{\"alg\":\"HS256\"}", "{\"alg\":\"es256\"}",
                                          "{\"alg\":\"ES256\",\"crit\":[\"x\"]}"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(headers); i++) {
        f->token.size = 0;
        assert_int_equal(signed_and_verified(f, headers[i], CLAIMS), TB_ERR_UNSUPPORTED);
    }
    f->token.size = 0;
    assert_int_equal(signed_and_verified(f, "{\"alg\":\"ES256\"}", CLAIMS), TB_OK);
}

static void malformed_claims_are_named(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *claims;
        enum tb_err err;
    } cases[] = {
        {"{\"aud\":\"tillbridge\",\"iat\":1790000000,\"exp\":1790000600}", TB_ERR_MISSING},
        {"{\"aud\":\"tillbridge\",\"sub\":\"07\",\"iat\":1790000000,\"exp\":1790000600}", TB_ERR_SYNTAX},
        {"{\"aud\":7,\"sub\":\"07010000000000000000000000000000\",\"iat\":1790000000,\"exp\":1790000600}",
         TB_ERR_TYPE},
        {"{\"aud\":\"tillbridge\",\"sub\":\"07010000000000000000000000000000\",\"exp\":1790000600}",
         TB_ERR_MISSING},
        {"{\"aud\":\"tillbridge\",\"aud\":\"other\"}", TB_ERR_DUPLICATE_KEY},
        {"{\"aud\":\"tillbridge\",\"sub\":\"00000000000000000000000000000000\",\"iat\":1790000000,\"exp\":"
         "1790000600}",
         TB_ERR_DENIED},
        {"[]", TB_ERR_TYPE},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        f->token.size = 0;
        assert_int_equal(tb_err_class(signed_and_verified(f, "{\"alg\":\"ES256\"}", cases[i].claims)),
                         tb_err_class(cases[i].err));
    }
}

static void every_changed_byte_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct tb_token_claims claims;
    assert_int_equal(tb_token_mint(&f->key, tb_rng_system(), &f->plan, &f->token), TB_OK);
    for (size_t i = 0; i < f->token.size; i += 3) {
        uint8_t kept = f->text[i];
        f->text[i] = kept == 'A' ? 'B' : 'A';
        assert_int_not_equal(verify(f, &claims), TB_OK);
        assert_true(tb_id_is_zero(&claims.customer));
        f->text[i] = kept;
    }
    assert_int_equal(verify(f, &claims), TB_OK);
}

static void a_torn_token_is_refused(void **state)
{
    struct fixture *f = *state;
    struct tb_token_claims claims;
    assert_int_equal(tb_token_mint(&f->key, tb_rng_system(), &f->plan, &f->token), TB_OK);
    for (size_t size = 0; size < f->token.size; size += 7)
        assert_int_not_equal(tb_token_verify(&f->rules, tb_span_of(f->text, size), NOW_MS, &claims), TB_OK);
    tb_buf_add_u8(&f->token, 'A');
    assert_int_not_equal(verify(f, &claims), TB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_good_token_names_its_customer, set_up),
        cmocka_unit_test_setup(a_second_key_is_taken_too, set_up),
        cmocka_unit_test_setup(another_key_is_refused, set_up),
        cmocka_unit_test_setup(without_keys_nothing_is_accepted, set_up),
        cmocka_unit_test_setup(another_audience_is_refused, set_up),
        cmocka_unit_test_setup(an_expired_token_is_refused, set_up),
        cmocka_unit_test_setup(a_token_that_ends_now_is_refused, set_up),
        cmocka_unit_test_setup(a_life_of_15_minutes_is_the_most, set_up),
        cmocka_unit_test_setup(a_token_from_the_future_is_refused, set_up),
        cmocka_unit_test_setup(only_es256_is_an_algorithm, set_up),
        cmocka_unit_test_setup(malformed_claims_are_named, set_up),
        cmocka_unit_test_setup(every_changed_byte_is_noticed, set_up),
        cmocka_unit_test_setup(a_torn_token_is_refused, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
