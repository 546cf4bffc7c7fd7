#include "core/credential/handover.h"
#include "core/credential/judge.h"

#include "tests/support/unit.h"

static enum tb_err decode(const char *text, char *ret_code)
{
    return tb_handover_code_decode(tb_span_str(text), ret_code);
}

static void numbers_come_back_as_codes(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {0, 1, 30, 31, 123456, TB_HANDOVER_NUMBER_COUNT - 1};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char code[TB_HANDOVER_CODE_SIZE + 1];
        char read[TB_HANDOVER_CODE_SIZE + 1];
        tb_handover_code_of(numbers[i], code);
        assert_int_equal(decode(code, read), TB_OK);
        assert_string_equal(read, code);
    }
}

static void codes_are_as_documented(void **state)
{
    (void)state;
    char code[TB_HANDOVER_CODE_SIZE + 1];
    tb_handover_code_of(0, code);
    assert_string_equal(code, "222222");
    tb_handover_code_of(20261123, code);
    assert_string_equal(code, "QY5DN2");
    assert_int_equal(decode("qy5dn2", code), TB_OK);
    assert_string_equal(code, "QY5DN2");
}

/* All of one code's neighbours: one character changed, or two swapped. */
static void slips_are_found(void **state)
{
    (void)state;
    static const char alphabet[] = TB_HANDOVER_ALPHABET;
    char code[TB_HANDOVER_CODE_SIZE + 1];
    char read[TB_HANDOVER_CODE_SIZE + 1];
    tb_handover_code_of(20261123, code);
    for (size_t i = 0; i < TB_HANDOVER_CODE_SIZE; i++) {
        for (size_t c = 0; alphabet[c]; c++) {
            char slip[TB_HANDOVER_CODE_SIZE + 1];
            memcpy(slip, code, sizeof slip);
            slip[i] = alphabet[c];
            assert_int_equal(decode(slip, read), slip[i] == code[i] ? TB_OK : TB_ERR_CHECKSUM);
        }
        for (size_t k = i + 1; k < TB_HANDOVER_CODE_SIZE; k++) {
            char slip[TB_HANDOVER_CODE_SIZE + 1];
            memcpy(slip, code, sizeof slip);
            slip[i] = code[k];
            slip[k] = code[i];
            assert_int_equal(decode(slip, read), slip[i] == slip[k] ? TB_OK : TB_ERR_CHECKSUM);
        }
    }
}

static void what_is_no_code_is_told_apart(void **state)
{
    (void)state;
    static const char *const texts[] = {"",       "QY5DN",  "QY5DN2R", "QY5DN0",
                                        "QY5DNI", "QY5DNL", "QY5DNO",  "QY5 DN"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char code[TB_HANDOVER_CODE_SIZE + 1];
        assert_int_equal(decode(texts[i], code), TB_ERR_SYNTAX);
    }
    char code[TB_HANDOVER_CODE_SIZE + 1];
    assert_int_equal(tb_handover_code_decode(tb_span_of("QY5D\0X", 6), code), TB_ERR_SYNTAX);
}

/* Whatever is written is read again by the same rules. */
static void the_text_for_a_code_is_read_as_that_code(void **state)
{
    (void)state;
    static const char *const hosts[] = {"shop.example"};
    static const struct tb_code_rule bare[] = {{.carrier = TB_CARRIER_JWS, .prefix = "T:"}};
    struct tb_code_rules rules = *tb_code_rules_default();
    struct tb_judgement judgement;
    char text[TB_HANDOVER_TEXT_SIZE_MAX + 1];
    assert_int_equal(tb_handover_text(&rules, "QY5DN2", text, sizeof text), TB_OK);
    assert_string_equal(text, "H:QY5DN2");
    rules.hosts = hosts;
    rules.host_count = 1;
    assert_int_equal(tb_handover_text(&rules, "QY5DN2", text, sizeof text), TB_OK);
    assert_string_equal(text, "H:QY5DN2"); /* that a host is the chain's does not say that it answers */
    rules.handover_url = "https://shop.example/h/";
    assert_int_equal(tb_handover_text(&rules, "QY5DN2", text, sizeof text), TB_OK);
    assert_string_equal(text, "https://shop.example/h/QY5DN2");
    const struct tb_judge judge = {.rules = &rules};
    tb_judge_line(&judge, tb_span_str(text), &judgement);
    assert_int_equal(judgement.verdict, TB_JUDGED_HANDOVER);
    assert_string_equal(judgement.handover, "QY5DN2");
    assert_int_equal(tb_handover_text(&rules, "QY5DN2", text, 8), TB_ERR_TOO_LONG);
    rules.rules = bare;
    rules.rule_count = 1;
    rules.handover_url = NULL;
    assert_int_equal(tb_handover_text(&rules, "QY5DN2", text, sizeof text), TB_OK);
    assert_string_equal(text, "QY5DN2");
}

static void an_address_that_tills_would_not_read_is_refused(void **state)
{
    (void)state;
    static const char *const hosts[] = {"shop.example", "localhost"};
    static const struct {
        const char *url;
        enum tb_err err;
    } cases[] = {
        {NULL, TB_OK},
        {"https://shop.example/h/", TB_OK},
        {"https://SHOP.example:8443/H/", TB_OK},
        {"http://localhost:7316/h/", TB_OK},
        {"http://shop.example/h/", TB_ERR_SYNTAX}, /* read on the way */
        {"https://other.example/h/", TB_ERR_SYNTAX},
        {"https://shop.example/m/", TB_ERR_SYNTAX},
        {"https://shop.example/h", TB_ERR_SYNTAX},
        {"https://shop.example/h/x/", TB_ERR_SYNTAX},
        {"https://shop.example/h/?c=", TB_ERR_SYNTAX},
        {"https://shop.example/h/#", TB_ERR_SYNTAX},
        {"https://me@shop.example/h/", TB_ERR_SYNTAX},
        {"javascript://shop.example/h/", TB_ERR_SYNTAX},
        {"", TB_ERR_SYNTAX},
    };
    struct tb_code_rules rules = *tb_code_rules_default();
    rules.hosts = hosts;
    rules.host_count = 2;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rules.handover_url = cases[i].url;
        assert_int_equal(tb_handover_url_check(&rules), cases[i].err);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back_as_codes),
        cmocka_unit_test(codes_are_as_documented),
        cmocka_unit_test(slips_are_found),
        cmocka_unit_test(what_is_no_code_is_told_apart),
        cmocka_unit_test(the_text_for_a_code_is_read_as_that_code),
        cmocka_unit_test(an_address_that_tills_would_not_read_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
