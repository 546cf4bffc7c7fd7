#include "core/credential/rules.h"

#include "core/base/assert.h"
#include "tests/support/unit.h"

static void built_in_rules_are_good_ones(void **state)
{
    (void)state;
    const struct tb_code_rules *rules = tb_code_rules_default();
    assert_true(rules->rule_count <= TB_CODE_RULE_COUNT_MAX);
    for (size_t i = 0; i < rules->rule_count; i++)
        assert_int_equal(tb_code_rule_check(&rules->rules[i]), TB_OK);
}

static void a_chains_rules_are_good_ones(void **state)
{
    (void)state;
    static const struct tb_code_rule rules[] = {
        {.carrier = TB_CARRIER_CODE128,
         .prefix = "9700",
         .digit_count = 10,
         .kind = TB_CREDENTIAL_MEMBER,
         .symbology = 'C',
         .check = TB_CODE_CHECK_GS1},
        {.carrier = TB_CARRIER_WALLET_READER, .prefix = "AV:", .kind = TB_CREDENTIAL_VAS},
        {.carrier = TB_CARRIER_WALLET_READER, .prefix = "ST:", .kind = TB_CREDENTIAL_SMART_TAP},
        {.carrier = TB_CARRIER_WALLET_READER, .prefix = "UID:", .kind = TB_CREDENTIAL_UID},
        {.carrier = TB_CARRIER_ROTATING,
         .prefix = "GW-{member}-{totp_timestamp_seconds}-{totp_value_0}",
         .digit_count = 10,
         .kind = TB_CREDENTIAL_MEMBER,
         .key_id = "google",
         .slack_steps = 1},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(rules); i++)
        assert_int_equal(tb_code_rule_check(&rules[i]), TB_OK);
}

static void rules_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct tb_code_rule rule;
        enum tb_err err;
    } cases[] = {
        {{.carrier = TB_CARRIER_SCAN_TEXT, .prefix = "", .digit_count = 10, .kind = TB_CREDENTIAL_MEMBER},
         TB_ERR_SYNTAX},
        {{.carrier = TB_CARRIER_SCAN_TEXT, .prefix = "1", .digit_count = 10, .kind = TB_CREDENTIAL_MEMBER},
         TB_ERR_SYNTAX},
        {{.carrier = TB_CARRIER_SCAN_TEXT, .prefix = "M", .kind = TB_CREDENTIAL_MEMBER}, TB_ERR_RANGE},
        {{.carrier = TB_CARRIER_SCAN_TEXT, .prefix = "M", .digit_count = 33, .kind = TB_CREDENTIAL_MEMBER},
         TB_ERR_RANGE},
        {{.carrier = TB_CARRIER_SCAN_TEXT, .prefix = "M", .digit_count = 10, .kind = TB_CREDENTIAL_VAS},
         TB_ERR_RANGE},
        {{.carrier = TB_CARRIER_SCAN_TEXT,
          .prefix = "\xc3\xa4",
          .digit_count = 10,
          .kind = TB_CREDENTIAL_MEMBER},
         TB_ERR_SYNTAX},
        {{.carrier = TB_CARRIER_EAN13, .prefix = "29", .digit_count = 9, .kind = TB_CREDENTIAL_MEMBER},
         TB_ERR_RANGE},
        {{.carrier = TB_CARRIER_EAN13, .prefix = "M", .digit_count = 11, .kind = TB_CREDENTIAL_MEMBER},
         TB_ERR_SYNTAX},
        {{.carrier = TB_CARRIER_LINK, .prefix = "m/", .digit_count = 10, .kind = TB_CREDENTIAL_MEMBER},
         TB_ERR_SYNTAX},
        {{.carrier = TB_CARRIER_LINK, .prefix = "/", .digit_count = 10, .kind = TB_CREDENTIAL_MEMBER},
         TB_ERR_SYNTAX},
        {{.carrier = TB_CARRIER_CWT, .prefix = ""}, TB_ERR_SYNTAX},
        {{.carrier = TB_CARRIER_CWT, .prefix = "TB1:", .kind = TB_CREDENTIAL_PASS}, TB_ERR_RANGE},
        {{.carrier = TB_CARRIER_JWS, .prefix = "T:", .slack_steps = 1}, TB_ERR_RANGE},
        {{.carrier = TB_CARRIER_WALLET_READER, .prefix = "AV:"}, TB_ERR_RANGE},
        {{.carrier = TB_CARRIER_WALLET_READER, .prefix = "4", .kind = TB_CREDENTIAL_VAS}, TB_ERR_SYNTAX},
        {{.carrier = TB_CARRIER_ROTATING,
          .prefix = "R:{member}",
          .digit_count = 10,
          .kind = TB_CREDENTIAL_MEMBER},
         TB_ERR_SYNTAX},
        {{.carrier = TB_CARRIER_CODE128,
          .prefix = "97",
          .digit_count = 10,
          .kind = TB_CREDENTIAL_MEMBER,
          .symbology = '1'},
         TB_ERR_RANGE},
        {{.carrier = TB_CARRIER_SCAN_TEXT,
          .prefix = "M",
          .digit_count = 10,
          .kind = TB_CREDENTIAL_MEMBER,
          .check = TB_CODE_CHECK_GS1},
         TB_ERR_RANGE},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++)
        assert_int_equal(tb_code_rule_check(&cases[i].rule), cases[i].err);
}

static void names_go_both_ways(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TB_CARRIER_COUNT; i++) {
        enum tb_carrier carrier = TB_CARRIER_COUNT;
        assert_int_equal(tb_carrier_decode(tb_span_str(tb_carrier_name((enum tb_carrier)i)), &carrier),
                         TB_OK);
        assert_int_equal(carrier, i);
    }
    for (unsigned i = 0; i < TB_CODE_CHECK_COUNT; i++) {
        enum tb_code_check check = TB_CODE_CHECK_COUNT;
        assert_int_equal(tb_code_check_decode(tb_span_str(tb_code_check_name((enum tb_code_check)i)), &check),
                         TB_OK);
        assert_int_equal(check, i);
    }
    enum tb_carrier carrier;
    enum tb_code_check check;
    assert_int_equal(tb_carrier_decode(tb_span_str("pigeon"), &carrier), TB_ERR_NOT_FOUND);
    assert_int_equal(tb_code_check_decode(tb_span_str(""), &check), TB_ERR_NOT_FOUND);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in_rules_are_good_ones),
        cmocka_unit_test(a_chains_rules_are_good_ones),
        cmocka_unit_test(rules_that_make_no_sense_are_refused),
        cmocka_unit_test(names_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
