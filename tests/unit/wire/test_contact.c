#include "core/base/assert.h"
#include "core/wire/contact.h"
#include "tests/support/unit.h"

static void numbers_of_one_telephone_are_one_text(void **state)
{
    (void)state;
    static const char *const same[] = {"+49 30 / 123-45 67",  "0049 30 1234567", "030 1234567",
                                       "+49 (0)30 123 45 67", "030.123.45.67",   "  +4930 1234567  "};
    char digits[TB_PHONE_DIGIT_COUNT_MAX + 1];
    for (size_t i = 0; i < TB_ARRAY_SIZE(same); i++) {
        assert_int_equal(tb_contact_phone(tb_span_str(same[i]), "49", digits), TB_OK);
        assert_string_equal(digits, "49301234567");
    }
}

static void without_a_country_a_number_names_its_own(void **state)
{
    (void)state;
    char digits[TB_PHONE_DIGIT_COUNT_MAX + 1];
    assert_int_equal(tb_contact_phone(tb_span_str("030 1234567"), "", digits), TB_ERR_SYNTAX);
    assert_string_equal(digits, "");
    assert_int_equal(tb_contact_phone(tb_span_str("+1 212 555 0100"), "", digits), TB_OK);
    assert_string_equal(digits, "12125550100");
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tb_err err;
    } vectors[] = {
        {"", TB_ERR_SYNTAX},
        {"+", TB_ERR_SYNTAX},
        {"0", TB_ERR_SYNTAX},
        {"+0 30 1234567", TB_ERR_SYNTAX},
        {"030 CALL-ME", TB_ERR_SYNTAX},
        {"+49 30 1234567 ext 5", TB_ERR_SYNTAX},
        {"+49+30 1234567", TB_ERR_SYNTAX},
        {"+49 12", TB_ERR_RANGE},
        {"+49 30 1234 5678 9012", TB_ERR_RANGE},
        {"0304953204953029495320495302945320", TB_ERR_RANGE},
    };
    char digits[TB_PHONE_DIGIT_COUNT_MAX + 1];
    for (size_t i = 0; i < TB_ARRAY_SIZE(vectors); i++) {
        assert_int_equal(tb_contact_phone(tb_span_str(vectors[i].text), "49", digits), vectors[i].err);
        assert_string_equal(digits, "");
    }
}

static void addresses_are_compared_in_lower_case(void **state)
{
    (void)state;
    char email[TB_EMAIL_SIZE_MAX + 1];
    assert_int_equal(tb_contact_email(tb_span_str(" Mara.Roth@Example.ORG "), email), TB_OK);
    assert_string_equal(email, "mara.roth@example.org");
    assert_int_equal(tb_contact_email(tb_span_str("j\xc3\xbcrgen@b\xc3\xbcro.example"), email), TB_OK);
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",          "mara",   "mara@",      "@example.org", "mara@example",
                                      "a@b@c.org", "a@.org", "a@example.", "a b@c.org",    "a@c.org,b@c.org"};
    char email[TB_EMAIL_SIZE_MAX + 1];
    for (size_t i = 0; i < TB_ARRAY_SIZE(bad); i++) {
        assert_int_equal(tb_contact_email(tb_span_str(bad[i]), email), TB_ERR_SYNTAX);
        assert_string_equal(email, "");
    }
    char longest[TB_EMAIL_SIZE_MAX + 1] = "a@b.";
    memset(longest + 4, 'c', sizeof longest - 4);
    assert_int_equal(tb_contact_email(tb_span_of(longest, sizeof longest - 1), email), TB_OK);
    assert_int_equal(strlen(email), TB_EMAIL_SIZE_MAX);
    assert_int_equal(tb_contact_email(tb_span_of(longest, sizeof longest), email), TB_ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_one_telephone_are_one_text),
        cmocka_unit_test(without_a_country_a_number_names_its_own),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(addresses_are_compared_in_lower_case),
        cmocka_unit_test(what_is_no_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
