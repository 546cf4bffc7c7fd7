/* One-use tokens and the cookies that they are traded for. */
#include "agent/counter/session.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

static const uint8_t key[TB_SESSION_KEY_SIZE] = {1, 2, 3};
static struct seeded_rng seed = {7};

static struct tb_sessions sessions_new(void)
{
    struct tb_sessions s;
    tb_sessions_init(&s, key, seeded_rng_of(&seed));
    return s;
}

static void token_opens_once(void **state)
{
    (void)state;
    struct tb_sessions s = sessions_new();
    char token[TB_SESSION_TOKEN_TEXT_SIZE];
    uint8_t scope = 0;
    tb_sessions_mint(&s, 1, 1000, token);
    assert_int_equal(strlen(token), TB_SESSION_TOKEN_TEXT_SIZE - 1);
    assert_int_equal(tb_sessions_redeem(&s, tb_span_str(token), 1000, &scope), TB_OK);
    assert_int_equal(scope, 1);
    assert_int_equal(tb_sessions_redeem(&s, tb_span_str(token), 1000, &scope), TB_ERR_DENIED);
}

static void token_grows_too_old(void **state)
{
    (void)state;
    struct tb_sessions s = sessions_new();
    char token[TB_SESSION_TOKEN_TEXT_SIZE];
    uint8_t scope;
    tb_sessions_mint(&s, 1, 0, token);
    int64_t late_ms = TB_SESSION_TOKEN_LIFE_MS;
    assert_int_equal(tb_sessions_redeem(&s, tb_span_str(token), late_ms, &scope), TB_ERR_DENIED);
    tb_sessions_mint(&s, 1, 0, token);
    assert_int_equal(tb_sessions_redeem(&s, tb_span_str(token), late_ms - 1, &scope), TB_OK);
}

static void free_slots_match_nothing(void **state)
{
    (void)state;
    struct tb_sessions s = sessions_new();
    uint8_t scope;
    const char *zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_int_equal(tb_sessions_redeem(&s, tb_span_str(zeros), 0, &scope), TB_ERR_DENIED);
    assert_int_equal(tb_sessions_redeem(&s, tb_span_str(""), 0, &scope), TB_ERR_DENIED);
    assert_int_equal(tb_sessions_redeem(&s, tb_span_str("?"), 0, &scope), TB_ERR_DENIED);
}

static void oldest_token_gives_way(void **state)
{
    (void)state;
    struct tb_sessions s = sessions_new();
    char first[TB_SESSION_TOKEN_TEXT_SIZE];
    char second[TB_SESSION_TOKEN_TEXT_SIZE];
    char more[TB_SESSION_TOKEN_TEXT_SIZE];
    uint8_t scope;
    tb_sessions_mint(&s, 1, 1, first);
    tb_sessions_mint(&s, 1, 2, second);
    for (int i = 2; i <= TB_SESSION_TOKEN_COUNT_MAX; i++)
        tb_sessions_mint(&s, 1, 1 + i, more);
    assert_int_equal(tb_sessions_redeem(&s, tb_span_str(first), 20, &scope), TB_ERR_DENIED);
    assert_int_equal(tb_sessions_redeem(&s, tb_span_str(second), 20, &scope), TB_OK);
    assert_int_equal(tb_sessions_redeem(&s, tb_span_str(more), 20, &scope), TB_OK);
}

static void guessing_becomes_slow(void **state)
{
    (void)state;
    struct tb_sessions s = sessions_new();
    char token[TB_SESSION_TOKEN_TEXT_SIZE];
    uint8_t scope;
    for (int i = 0; i < TB_SESSION_FAILURE_COUNT_MAX; i++) {
        assert_int_equal(tb_sessions_delay_ms(&s), 0);
        assert_int_equal(tb_sessions_redeem(&s, tb_span_str("wrong"), 0, &scope), TB_ERR_DENIED);
    }
    assert_int_equal(tb_sessions_delay_ms(&s), TB_SESSION_FAILURE_DELAY_MS);
    tb_sessions_mint(&s, 1, 0, token);
    assert_int_equal(tb_sessions_redeem(&s, tb_span_str(token), 0, &scope), TB_OK);
    assert_int_equal(tb_sessions_delay_ms(&s), 0);
}

static void cookie_outlives_a_restart(void **state)
{
    (void)state;
    struct tb_sessions s = sessions_new();
    struct tb_sessions later = sessions_new();
    char cookie[TB_SESSION_COOKIE_TEXT_SIZE];
    uint8_t scope = 0;
    tb_sessions_cookie(&s, 1, cookie);
    assert_int_equal(strlen(cookie), TB_SESSION_COOKIE_TEXT_SIZE - 1);
    assert_int_equal(tb_sessions_check(&later, tb_span_str(cookie), &scope), TB_OK);
    assert_int_equal(scope, 1);
}

static void another_key_ends_every_session(void **state)
{
    (void)state;
    static const uint8_t other_key[TB_SESSION_KEY_SIZE] = {9};
    struct tb_sessions s = sessions_new();
    struct tb_sessions other;
    char cookie[TB_SESSION_COOKIE_TEXT_SIZE];
    uint8_t scope;
    tb_sessions_init(&other, other_key, seeded_rng_of(&seed));
    tb_sessions_cookie(&s, 1, cookie);
    assert_int_equal(tb_sessions_check(&other, tb_span_str(cookie), &scope), TB_ERR_DENIED);
}

static void no_changed_cookie_passes(void **state)
{
    (void)state;
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct tb_sessions s = sessions_new();
    char cookie[TB_SESSION_COOKIE_TEXT_SIZE];
    uint8_t scope;
    tb_sessions_cookie(&s, 1, cookie);
    for (size_t i = 0; i < sizeof cookie - 1; i++) {
        char kept = cookie[i];
        cookie[i] = digits[(size_t)(strchr(digits, kept) - digits + 1) % 64];
        assert_int_equal(tb_sessions_check(&s, tb_span_str(cookie), &scope), TB_ERR_DENIED);
        cookie[i] = kept;
        assert_int_equal(tb_sessions_check(&s, tb_span_of(cookie, i), &scope), TB_ERR_DENIED);
    }
    assert_int_equal(tb_sessions_check(&s, tb_span_str(cookie), &scope), TB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_opens_once),
        cmocka_unit_test(token_grows_too_old),
        cmocka_unit_test(free_slots_match_nothing),
        cmocka_unit_test(oldest_token_gives_way),
        cmocka_unit_test(guessing_becomes_slow),
        cmocka_unit_test(cookie_outlives_a_restart),
        cmocka_unit_test(another_key_ends_every_session),
        cmocka_unit_test(no_changed_cookie_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
