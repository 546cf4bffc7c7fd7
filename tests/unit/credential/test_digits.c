#include "core/credential/digits.h"
#include "tests/support/unit.h"

static void gs1_check_digit_of_published_numbers(void **state)
{
    (void)state;
    assert_int_equal(tb_gs1_check_digit(tb_span_str("400638133393")), '1');
    assert_int_equal(tb_gs1_check_digit(tb_span_str("290000012345")), '8');
    assert_int_equal(tb_gs1_check_digit(tb_span_str("95212345678901234")), '5');
    assert_int_equal(tb_gs1_check_digit(tb_span_str("629104150021")), '3');
    assert_int_equal(tb_gs1_check_digit(tb_span_str("000000000000")), '0');
}

static void luhn_check_digit_of_published_numbers(void **state)
{
    (void)state;
    assert_int_equal(tb_luhn_check_digit(tb_span_str("7992739871")), '3');
    assert_int_equal(tb_luhn_check_digit(tb_span_str("411111111111111")), '1');
    assert_int_equal(tb_luhn_check_digit(tb_span_str("37828224631000")), '5');
}

static void check_needs_two_digits_and_nothing_else(void **state)
{
    (void)state;
    assert_true(tb_gs1_check_valid(tb_span_str("4006381333931")));
    assert_false(tb_gs1_check_valid(tb_span_str("4006381333932")));
    assert_false(tb_gs1_check_valid(tb_span_str("400638133393x")));
    assert_false(tb_gs1_check_valid(tb_span_str("0")));
    assert_false(tb_gs1_check_valid(tb_span_str("")));
    assert_true(tb_luhn_check_valid(tb_span_str("79927398713")));
    assert_false(tb_luhn_check_valid(tb_span_str("79927398714")));
    assert_false(tb_luhn_check_valid(tb_span_str("0")));
}

static void gtin_pads_every_size(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *gtin;
    } rows[] = {
        {"96385074", "00000096385074"},
        {"036000291452", "00036000291452"},
        {"4006381333931", "04006381333931"},
        {"14006381333938", "14006381333938"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char gtin[TB_GTIN_TEXT_SIZE];
        assert_int_equal(tb_gtin_decode(tb_span_str(rows[i].text), gtin), TB_OK);
        assert_string_equal(gtin, rows[i].gtin);
    }
}

static void gtin_refuses_other_sizes_and_wrong_checks(void **state)
{
    (void)state;
    char gtin[TB_GTIN_TEXT_SIZE];
    assert_int_equal(tb_gtin_decode(tb_span_str("4006381333932"), gtin), TB_ERR_CHECKSUM);
    assert_int_equal(tb_gtin_decode(tb_span_str("40063813339"), gtin), TB_ERR_SYNTAX);
    assert_int_equal(tb_gtin_decode(tb_span_str("400638133393 "), gtin), TB_ERR_SYNTAX);
    assert_int_equal(tb_gtin_decode(tb_span_str(""), gtin), TB_ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gs1_check_digit_of_published_numbers),
        cmocka_unit_test(luhn_check_digit_of_published_numbers),
        cmocka_unit_test(check_needs_two_digits_and_nothing_else),
        cmocka_unit_test(gtin_pads_every_size),
        cmocka_unit_test(gtin_refuses_other_sizes_and_wrong_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
