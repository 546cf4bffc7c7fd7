#include "core/credential/rotating.h"

#include "core/base/assert.h"
#include "tests/support/unit.h"

#define PERIOD_MS 30000
#define WALL_MS INT64_C(1700000000000)

static const char rfc_key[] = "12345678901234567890";
static const char own_pattern[] = "R:{member}:{seconds}:{totp}";

static struct tb_span key_span(void)
{
    return tb_span_str(rfc_key);
}

/* RFC 6238 appendix B, SHA-1; and Google's documented example, whose period is 3 s. */
static void passwords_are_those_of_the_rfc(void **state)
{
    (void)state;
    static const struct {
        uint64_t step;
        unsigned digit_count;
        const char *otp;
    } cases[] = {
        {59 / 30, 8, "94287082"},         {1111111109 / 30, 8, "07081804"},
        {1111111111 / 30, 8, "14050471"}, {1234567890 / 30, 8, "89005924"},
        {2000000000 / 30, 8, "69279037"}, {UINT64_C(20000000000) / 30, 8, "65353130"},
        {28333333, 8, "15895298"},        {28333333, 6, "895298"},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        char otp[TB_TOTP_DIGIT_COUNT_MAX + 1];
        tb_totp(key_span(), cases[i].step, cases[i].digit_count, otp);
        assert_string_equal(otp, cases[i].otp);
    }
}

static void patterns_are_checked(void **state)
{
    (void)state;
    static const char *const good[] = {
        "R:{member}:{seconds}:{totp}",
        "GW-{member}-{totp_timestamp_seconds}-{totp_value_0}",
        "x{totp}/{member}",
        "P1-{member}-{millis}-{totp}.",
    };
    static const char *const bad[] = {
        "",
        "R:",
        "R:{member}",
        "R:{totp}",
        "{member}:{totp}",   /* could be anything that begins with digits */
        "1:{member}:{totp}", /* so could this */
        "R:{member}{totp}",  /* where does the one end */
        "R:{member}1{totp}", /* a digit of which? */
        "R1{member}:{totp}", /* the same in front */
        "R:{member}:{totp}:{totp}",
        "R:{member}:{member}:{totp}",
        "R:{member}:{seconds}:{millis}:{totp}",
        "R:{member}:{minutes}:{totp}",
        "R:{member}:{totp",
        "R:}{member}:{totp}",
        "R:\t{member}:{totp}",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(good); i++)
        assert_int_equal(tb_rotating_pattern_check(tb_span_str(good[i])), TB_OK);
    for (size_t i = 0; i < TB_ARRAY_SIZE(bad); i++)
        assert_int_equal(tb_rotating_pattern_check(tb_span_str(bad[i])), TB_ERR_SYNTAX);
}

static enum tb_err match(const char *pattern, const char *text, struct tb_rotating *ret_code)
{
    return tb_rotating_match(tb_span_str(pattern), 10, tb_span_str(text), ret_code);
}

static void codes_are_taken_apart(void **state)
{
    (void)state;
    struct tb_rotating code;
    assert_int_equal(match(own_pattern, "R:0001234567:1700000000:895298", &code), TB_OK);
    assert_true(tb_span_is(code.member, "0001234567") && tb_span_is(code.otp, "895298"));
    assert_true(code.timed && code.made_ms == WALL_MS);
    assert_int_equal(match("GW-{member}-{totp_timestamp_millis}-{totp_value_0}",
                           "GW-0001234567-1700000000123-12345678", &code),
                     TB_OK);
    assert_true(code.timed && code.made_ms == WALL_MS + 123);
    assert_int_equal(match("Q{member}/{totp}!", "Q0001234567/123456!", &code), TB_OK);
    assert_false(code.timed);
}

static void what_does_not_fit_is_not_ours(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "R:",
        "R:0001234567",
        "R:000123456:1700000000:895298",
        "R:00012345678:1700000000:895298",
        "R:0001234567:170000000:895298",
        "R:0001234567:17000000000:895298",
        "R:0001234567:1700000000:89529",
        "R:0001234567:1700000000:8952981234",
        "R:0001234567:1700000000:895298 ",
        "r:0001234567:1700000000:895298",
        "R:0001234567:1700000000:",
        "R:000123456x:1700000000:895298",
    };
    struct tb_rotating code;
    for (size_t i = 0; i < TB_ARRAY_SIZE(texts); i++)
        assert_int_equal(match(own_pattern, texts[i], &code), TB_ERR_NOT_FOUND);
}

static const struct tb_totp_rules six_digits = {
    .key = {(const uint8_t *)rfc_key, sizeof rfc_key - 1}, .period_ms = 60000, .digit_count = 6};

static void a_timed_code_is_good_within_its_window(void **state)
{
    (void)state;
    struct tb_rotating code;
    uint64_t step = 0;
    int64_t forget_ms = 0;
    assert_int_equal(match(own_pattern, "R:0001234567:1700000000:895298", &code), TB_OK);
    assert_int_equal(tb_rotating_verify(&code, &six_digits, WALL_MS, &step, &forget_ms), TB_OK);
    assert_int_equal(step, 28333333);
    assert_int_equal(forget_ms, INT64_C(28333334) * 60000 + TB_TOTP_WINDOW_MS);
    assert_int_equal(tb_rotating_verify(&code, &six_digits, WALL_MS + 90000, &step, &forget_ms), TB_OK);
    assert_int_equal(tb_rotating_verify(&code, &six_digits, WALL_MS - 90000, &step, &forget_ms), TB_OK);
    assert_int_equal(tb_rotating_verify(&code, &six_digits, WALL_MS + 90001, &step, &forget_ms),
                     TB_ERR_EXPIRED);
    assert_int_equal(tb_rotating_verify(&code, &six_digits, WALL_MS - 90001, &step, &forget_ms),
                     TB_ERR_RANGE);
}

static void another_time_is_another_password(void **state)
{
    (void)state;
    struct tb_rotating code;
    struct tb_totp_rules rules = six_digits;
    uint64_t step = 0;
    int64_t forget_ms = 0;
    /* 60 s later, with the password of before: good only when a step beside is allowed. */
    assert_int_equal(match(own_pattern, "R:0001234567:1700000060:895298", &code), TB_OK);
    assert_int_equal(tb_rotating_verify(&code, &rules, WALL_MS, &step, &forget_ms), TB_ERR_SIGNATURE);
    rules.slack_steps = 1;
    assert_int_equal(tb_rotating_verify(&code, &rules, WALL_MS, &step, &forget_ms), TB_OK);
    assert_int_equal(step, 28333333);
    assert_true(forget_ms > WALL_MS + 60000 + TB_TOTP_WINDOW_MS);
    rules.digit_count = 8;
    assert_int_equal(tb_rotating_verify(&code, &rules, WALL_MS, &step, &forget_ms), TB_ERR_SIGNATURE);
}

static void a_code_without_time_is_good_a_step_around(void **state)
{
    (void)state;
    struct tb_rotating code;
    uint64_t step = 0;
    int64_t forget_ms = 0;
    assert_int_equal(match("Q{member}/{totp}", "Q0001234567/895298", &code), TB_OK);
    const int64_t begin_ms = INT64_C(28333333) * 60000;
    static const struct {
        int64_t steps;
        enum tb_err err;
    } cases[] = {{-2, TB_ERR_SIGNATURE}, {-1, TB_OK}, {0, TB_OK}, {1, TB_OK}, {2, TB_ERR_SIGNATURE}};
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        int64_t wall_ms = begin_ms + cases[i].steps * 60000;
        assert_int_equal(tb_rotating_verify(&code, &six_digits, wall_ms, &step, &forget_ms), cases[i].err);
        assert_true(cases[i].err != TB_OK || forget_ms >= wall_ms);
    }
}

static void members_have_keys_of_their_own(void **state)
{
    (void)state;
    uint8_t one[TB_TOTP_KEY_SIZE];
    uint8_t other[TB_TOTP_KEY_SIZE];
    tb_totp_member_key(key_span(), tb_span_str("0001234567"), one);
    tb_totp_member_key(key_span(), tb_span_str("0001234568"), other);
    static const uint8_t expected[] = {0xab, 0xc1, 0x31, 0xbe, 0x18, 0x55, 0x1f, 0xff, 0x37, 0x9c,
                                       0x7c, 0xe5, 0x13, 0x00, 0x01, 0x0f, 0xf8, 0xa1, 0xb2, 0xe6};
    assert_memory_equal(one, expected, sizeof one);
    assert_memory_not_equal(one, other, sizeof one);
    char otp[TB_TOTP_DIGIT_COUNT_MAX + 1];
    tb_totp(tb_span_of(one, sizeof one), 28333333, 6, otp);
    assert_string_equal(otp, "824488");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_are_those_of_the_rfc),
        cmocka_unit_test(patterns_are_checked),
        cmocka_unit_test(codes_are_taken_apart),
        cmocka_unit_test(what_does_not_fit_is_not_ours),
        cmocka_unit_test(a_timed_code_is_good_within_its_window),
        cmocka_unit_test(another_time_is_another_password),
        cmocka_unit_test(a_code_without_time_is_good_a_step_around),
        cmocka_unit_test(members_have_keys_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
