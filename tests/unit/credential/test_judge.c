#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/judge.h"
#include "tests/support/unit.h"

struct line_case {
    const char *line;
    enum tb_judged verdict;
    enum tb_reason reason;
    const char *value; /* of the credential, or the gtin */
};

static void judgement_check(const struct tb_judgement *j, const struct line_case *want)
{
    assert_int_equal(j->verdict, want->verdict);
    assert_string_equal(tb_reason_name(j->reason), tb_reason_name(want->reason));
    bool credential = want->verdict == TB_JUDGED_CREDENTIAL;
    bool product = want->verdict == TB_JUDGED_PRODUCT;
    assert_true(tb_span_is(tb_credential_value(&j->credential), credential ? want->value : ""));
    assert_string_equal(j->gtin, product ? want->value : "");
}

static void lines_check(const struct line_case *cases, size_t case_count, const struct tb_code_rules *rules)
{
    for (size_t i = 0; i < case_count; i++) {
        struct tb_judgement j;
        tb_judge_line(&(struct tb_judge){.rules = rules}, tb_span_str(cases[i].line), &j);
        judgement_check(&j, &cases[i]);
    }
}

static void lines_of_every_kind(void **state)
{
    (void)state;
    static const struct line_case cases[] = {
        {"M00012345674", TB_JUDGED_CREDENTIAL, TB_REASON_MEMBER_TEXT, "0001234567"},
        {"M00012345674\r\n", TB_JUDGED_CREDENTIAL, TB_REASON_MEMBER_TEXT, "0001234567"},
        {"\nM00012345674\t", TB_JUDGED_CREDENTIAL, TB_REASON_MEMBER_TEXT, "0001234567"},
        {"M00012345675", TB_JUDGED_UNKNOWN, TB_REASON_CODE_CHECK_DIGIT, NULL},
        {"M0001234567", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
        {"m00012345674", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
        {"M00012345674 ", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
        {"https://loyal.example/m/0001234567", TB_JUDGED_CREDENTIAL, TB_REASON_MEMBER_LINK, "0001234567"},
        {"HTTPS://LOYAL.EXAMPLE/M/0001234567", TB_JUDGED_CREDENTIAL, TB_REASON_MEMBER_LINK, "0001234567"},
        {"https://loyal.example:8443/m/0001234567?a=b#c", TB_JUDGED_CREDENTIAL, TB_REASON_MEMBER_LINK,
         "0001234567"},
        {"https://loyal.example/x/m/0001234567", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
        {"https://loyal.example/m/00012345678", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
        {"https://loyal.example/m/000123456x", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
        {"https:///m/0001234567", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
        {"2900012345671", TB_JUDGED_CREDENTIAL, TB_REASON_MEMBER_EAN, "0001234567"},
        {"2900012345675", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
        {"4006381333931", TB_JUDGED_PRODUCT, TB_REASON_PRODUCT_CODE, "04006381333931"},
        {"036000291452", TB_JUDGED_PRODUCT, TB_REASON_PRODUCT_CODE, "00036000291452"},
        {"96385074", TB_JUDGED_PRODUCT, TB_REASON_PRODUCT_CODE, "00000096385074"},
        {"8018952123456789012345", TB_JUDGED_CREDENTIAL, TB_REASON_GSRN_ELEMENT, "952123456789012345"},
        {"8018952123456789012346", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
        {"0109506000134352", TB_JUDGED_PRODUCT, TB_REASON_PRODUCT_ELEMENT, "09506000134352"},
        {"0109506000134352\03510AB", TB_JUDGED_PRODUCT, TB_REASON_PRODUCT_ELEMENT, "09506000134352"},
        {"https://id.example/8018/952123456789012345", TB_JUDGED_CREDENTIAL, TB_REASON_GSRN_LINK,
         "952123456789012345"},
        {"https://id.example/8018/952123456789012346", TB_JUDGED_UNKNOWN, TB_REASON_CODE_CHECK_DIGIT, NULL},
        {"https://id.example/01/09506000134352", TB_JUDGED_PRODUCT, TB_REASON_PRODUCT_LINK, "09506000134352"},
        {"4111111111111111", TB_JUDGED_PAYMENT_CARD, TB_REASON_PAYMENT_NUMBER, NULL},
        {"]C04111111111111111", TB_JUDGED_PAYMENT_CARD, TB_REASON_PAYMENT_NUMBER, NULL},
        {"\x02%B4111111111111111^A/B^2512\x03", TB_JUDGED_PAYMENT_CARD, TB_REASON_PAYMENT_TRACK, NULL},
        {"", TB_JUDGED_NOT_TEXT, TB_REASON_CODE_EMPTY, NULL},
        {"\r\n", TB_JUDGED_NOT_TEXT, TB_REASON_CODE_EMPTY, NULL},
        {"\x01\x02", TB_JUDGED_NOT_TEXT, TB_REASON_CODE_NOT_TEXT, NULL},
        {"abc\xff", TB_JUDGED_NOT_TEXT, TB_REASON_CODE_NOT_TEXT, NULL},
        {"hello world", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
        {"]E04006381333931", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
        {"%69 VD92EX0", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
        {"OP:0004210", TB_JUDGED_UNKNOWN, TB_REASON_CODE_CHECK_DIGIT, NULL},
        {"OP:000421", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
    };
    lines_check(cases, TB_ARRAY_SIZE(cases), tb_code_rules_default());
}

static void badge_is_no_customers(void **state)
{
    (void)state;
    struct tb_judgement j;
    tb_judge_line(&(struct tb_judge){.rules = tb_code_rules_default()}, tb_span_str("OP:0004218"), &j);
    assert_int_equal(j.verdict, TB_JUDGED_CREDENTIAL);
    assert_int_equal(j.credential.kind, TB_CREDENTIAL_BADGE);
    assert_true(tb_span_is(tb_credential_value(&j.credential), "000421"));
    assert_int_equal(j.assurance, TB_ASSURANCE_LOW);
    assert_int_equal(j.reason, TB_REASON_BADGE_CODE);
}

static void aim_identifiers_count_only_when_enabled(void **state)
{
    (void)state;
    static const struct line_case cases[] = {
        {"]E04006381333931", TB_JUDGED_PRODUCT, TB_REASON_PRODUCT_CODE, "04006381333931"},
        {"]Q0M00012345674", TB_JUDGED_CREDENTIAL, TB_REASON_MEMBER_TEXT, "0001234567"},
        {"]C18018952123456789012345", TB_JUDGED_CREDENTIAL, TB_REASON_GSRN_ELEMENT, "952123456789012345"},
        {"]C14001234567890128", TB_JUDGED_UNKNOWN, TB_REASON_CODE_GS1_OTHER, NULL},
        {"]C04111111111111111", TB_JUDGED_PAYMENT_CARD, TB_REASON_PAYMENT_NUMBER, NULL},
        {"]C110AB", TB_JUDGED_UNKNOWN, TB_REASON_CODE_GS1_OTHER, NULL},
        {"]C010AB", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
        {"4006381333931", TB_JUDGED_PRODUCT, TB_REASON_PRODUCT_CODE, "04006381333931"},
        {"]Q0", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
    };
    struct tb_code_rules rules = *tb_code_rules_default();
    rules.aim_enabled = true;
    lines_check(cases, TB_ARRAY_SIZE(cases), &rules);
}

static void rules_of_a_chain_replace_the_built_in_ones(void **state)
{
    (void)state;
    static const struct tb_code_rule table[] = {
        {.carrier = TB_CARRIER_EAN13, .prefix = "0427", .digit_count = 8, .kind = TB_CREDENTIAL_MEMBER},
        {.carrier = TB_CARRIER_SCAN_TEXT, .prefix = "CLUB-", .digit_count = 6, .kind = TB_CREDENTIAL_MEMBER},
        {.carrier = TB_CARRIER_LINK, .prefix = "/card/", .digit_count = 6, .kind = TB_CREDENTIAL_MEMBER},
    };
    static const char *const hosts[] = {"club.example", "www.club.example"};
    const struct tb_code_rules rules = {.rules = table,
                                        .rule_count = TB_ARRAY_SIZE(table),
                                        .hosts = hosts,
                                        .host_count = TB_ARRAY_SIZE(hosts)};
    static const struct line_case cases[] = {
        {"0427123456789", TB_JUDGED_CREDENTIAL, TB_REASON_MEMBER_EAN, "12345678"},
        {"2900012345671", TB_JUDGED_PRODUCT, TB_REASON_PRODUCT_CODE, "02900012345671"},
        {"CLUB-1234566", TB_JUDGED_CREDENTIAL, TB_REASON_MEMBER_TEXT, "123456"},
        {"M00012345674", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
        {"https://WWW.Club.example/card/123456", TB_JUDGED_CREDENTIAL, TB_REASON_MEMBER_LINK, "123456"},
        {"https://evil.example/card/123456", TB_JUDGED_UNKNOWN, TB_REASON_CODE_HOST, NULL},
        {"https://club.example.evil/card/123456", TB_JUDGED_UNKNOWN, TB_REASON_CODE_HOST, NULL},
        {"https://club.example@evil.example/card/123456", TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS, NULL},
    };
    lines_check(cases, TB_ARRAY_SIZE(cases), &rules);
}

static void long_line_is_not_a_code(void **state)
{
    (void)state;
    static uint8_t line[TB_LINE_SIZE_MAX + 1];
    struct tb_judgement j;
    memset(line, 'a', sizeof line);
    tb_judge_line(&(struct tb_judge){.rules = tb_code_rules_default()}, tb_span_of(line, TB_LINE_SIZE_MAX),
                  &j);
    assert_int_equal(j.reason, TB_REASON_CODE_NOT_OURS);
    tb_judge_line(&(struct tb_judge){.rules = tb_code_rules_default()}, tb_span_of(line, sizeof line), &j);
    assert_int_equal(j.verdict, TB_JUDGED_NOT_TEXT);
    assert_int_equal(j.reason, TB_REASON_CODE_TOO_LONG);
}

static void tags_of_every_kind(void **state)
{
    (void)state;
    static const struct line_case cases[] = {
        {"d1011b55046c6f79616c2e6578616d706c652f6d2f30303031323334353637", TB_JUDGED_CREDENTIAL,
         TB_REASON_MEMBER_LINK, "0001234567"},
        {"d4190a74696c6c6272696467652e6578616d706c653a6d656d62657230303031323334353637", TB_JUDGED_CREDENTIAL,
         TB_REASON_MEMBER_EXTERNAL, "0001234567"},
        {"d1010e5402656e4d30303031323334353637", TB_JUDGED_CREDENTIAL, TB_REASON_MEMBER_TEXT, "0001234567"},
        /* Smart Poster: a title, then the address */
        {"d1022a53709101075402656e4869212151011b55046c6f79616c2e6578616d706c652f6d2f30303031323334353637",
         TB_JUDGED_CREDENTIAL, TB_REASON_MEMBER_LINK, "0001234567"},
        /* text that is not ours, then an external record that is */
        {"9101055402656e486954190a74696c6c6272696467652e6578616d706c653a6d656d62657230303031323334353637",
         TB_JUDGED_CREDENTIAL, TB_REASON_MEMBER_EXTERNAL, "0001234567"},
        {"", TB_JUDGED_UNKNOWN, TB_REASON_TAG_EMPTY, NULL},
        {"d00000", TB_JUDGED_UNKNOWN, TB_REASON_TAG_EMPTY, NULL},
        {"d101055402656e4869", TB_JUDGED_UNKNOWN, TB_REASON_TAG_NOT_OURS, NULL},
        {"d1010b55046578616d706c652f6d2f", TB_JUDGED_UNKNOWN, TB_REASON_TAG_NOT_OURS, NULL},
        {"d1011b55046c6f79616c2e6578616d706c652f6d2f303030313233343536", TB_JUDGED_MALFORMED,
         TB_REASON_TAG_MALFORMED, NULL},
        /* a credential in a message that is broken behind it does not count */
        {"91011b55046c6f79616c2e6578616d706c652f6d2f3030303132333435363751", TB_JUDGED_MALFORMED,
         TB_REASON_TAG_MALFORMED, NULL},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        uint8_t message[128];
        struct tb_judgement j;
        size_t size = strlen(cases[i].line) / 2;
        assert_int_equal(tb_hex_decode(tb_span_str(cases[i].line), message, size), TB_OK);
        tb_judge_tag(&(struct tb_judge){.rules = tb_code_rules_default()}, tb_span_of(message, size), &j);
        judgement_check(&j, &cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_every_kind),
        cmocka_unit_test(badge_is_no_customers),
        cmocka_unit_test(aim_identifiers_count_only_when_enabled),
        cmocka_unit_test(rules_of_a_chain_replace_the_built_in_ones),
        cmocka_unit_test(long_line_is_not_a_code),
        cmocka_unit_test(tags_of_every_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
