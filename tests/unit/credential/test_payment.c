/* Card numbers below are the schemes' published test numbers or are generated here. */
#include "core/base/assert.h"
#include "core/credential/digits.h"
#include "core/credential/judge.h"
#include "core/credential/payment.h"
#include "tests/support/unit.h"

#include <stdio.h>

enum { ROUND_COUNT = 20000 };

static uint64_t random_state;

/* splitmix64: the same numbers in every run. */
static uint64_t random_next(void)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static void digits_fill(char *text, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        text[i] = (char)('0' + random_next() % 10);
}

static enum tb_reason in_line(const char *line)
{
    return tb_payment_in_line(tb_span_str(line));
}

static void published_numbers_of_every_scheme(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "4111111111111111", "4012888888881881", "5555555555554444", "2223003122003222", "2720992593319364",
        "378282246310005",  "371449635398431",  "6011111111111117", "6445644564456445", "6550000000000001",
        "30569309025904",   "38520000023237",   "36227206271667",   "3530111333300000", "3566002020360505",
        "6200000000000005", "8171999927660000", "6759649826438453", "5018000000000009", "6304000000000000",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(numbers); i++)
        assert_int_equal(in_line(numbers[i]), TB_REASON_PAYMENT_NUMBER);
}

static void numbers_that_are_none(void **state)
{
    (void)state;
    assert_int_equal(in_line("4111111111111112"), TB_REASON_NONE);     /* check digit */
    assert_int_equal(in_line("1111111111111117"), TB_REASON_NONE);     /* no scheme */
    assert_int_equal(in_line("7992739871300000"), TB_REASON_NONE);     /* no scheme */
    assert_int_equal(in_line("4222222222222"), TB_REASON_NONE);        /* 13 digits */
    assert_int_equal(in_line("40000000000000000006"), TB_REASON_NONE); /* 20 digits */
    assert_int_equal(in_line("X4111111111111111"), TB_REASON_NONE);
    assert_int_equal(in_line("4111111111111111X"), TB_REASON_NONE);
    assert_int_equal(in_line("4111  1111 1111 1111"), TB_REASON_NONE);
    assert_int_equal(in_line(""), TB_REASON_NONE);
}

static void ranges_end_where_they_end(void **state)
{
    (void)state;
    static const struct {
        const char *issuer;
        bool card;
    } rows[] = {{"2220", false}, {"2221", true},   {"2720", true},  {"2721", false},
                {"3527", false}, {"3528", true},   {"3589", true},  {"3590", false},
                {"306", false},  {"3095", true},   {"3094", false}, {"643", true} /* Maestro */,
                {"33", false},   {"35000", false}, {"80", false},   {"81", true},
                {"82", false},   {"51", true},     {"70", false}};
    for (size_t i = 0; i < TB_ARRAY_SIZE(rows); i++) {
        char text[17] = "0000000000000000";
        memcpy(text, rows[i].issuer, strlen(rows[i].issuer));
        text[15] = tb_luhn_check_digit(tb_span_of(text, 15));
        assert_int_equal(tb_payment_is_number(tb_span_str(text)), rows[i].card);
    }
}

static void numbers_in_groups_and_with_company(void **state)
{
    (void)state;
    assert_int_equal(in_line("4111 1111 1111 1111"), TB_REASON_PAYMENT_NUMBER);
    assert_int_equal(in_line("4111-1111-1111-1111"), TB_REASON_PAYMENT_NUMBER);
    assert_int_equal(in_line("3782 822463 10005"), TB_REASON_PAYMENT_NUMBER);
    assert_int_equal(in_line("  4111111111111111"), TB_REASON_PAYMENT_NUMBER);
    assert_int_equal(in_line("4111111111111111 12/29"), TB_REASON_PAYMENT_NUMBER);
    assert_int_equal(in_line("4111111111111111;12/29;123"), TB_REASON_PAYMENT_NUMBER);
}

static void magnetic_stripe(void **state)
{
    (void)state;
    static const char *const tracks[] = {
        "%B4111111111111111^RIVERA/A^25121010000000000000?",
        ";4111111111111111=25121010000000000000?",
        "%B4111111111111111^RIVERA/A^2512101?;4111111111111111=25121010000?",
        "xx;4111111111111111=2512",
        "%B3782 822463 10005^RIVERA/A^2512?",
        ";1234567890123456=2512", /* with its sentinel any account number counts */
        "+4111111111111111=2512",
        "4111111111111111=25121010000",
        "B4111111111111111^RIVERA/A^2512",
        "4111111111111111D25121010000",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(tracks); i++)
        assert_int_equal(in_line(tracks[i]), TB_REASON_PAYMENT_TRACK);
}

static void text_that_resembles_a_track(void **state)
{
    (void)state;
    assert_int_equal(in_line("https://id.example/01/09506000134352?3103=000195;17=201225"), TB_REASON_NONE);
    assert_int_equal(in_line("%20and%41"), TB_REASON_NONE);
    assert_int_equal(in_line(";="), TB_REASON_NONE);
    assert_int_equal(in_line("%B^"), TB_REASON_NONE);
    assert_int_equal(in_line(";12345678"), TB_REASON_NONE);
}

struct scheme {
    unsigned first;
    unsigned last;
    unsigned digit_count;
};

static size_t number_make(char *text)
{
    static const struct scheme schemes[] = {
        {4, 4, 1},       {51, 55, 2},     {2221, 2720, 4}, {34, 34, 2},   {37, 37, 2},
        {6011, 6011, 4}, {644, 649, 3},   {65, 65, 2},     {300, 305, 3}, {36, 36, 2},
        {38, 39, 2},     {3528, 3589, 4}, {62, 62, 2},     {50, 50, 2},   {56, 69, 2},
    };
    const struct scheme *s = &schemes[random_next() % TB_ARRAY_SIZE(schemes)];
    size_t size = 14 + (size_t)(random_next() % 6);
    unsigned issuer = s->first + (unsigned)(random_next() % (s->last - s->first + 1));
    (void)snprintf(text, 8, "%u", issuer);
    digits_fill(text, s->digit_count, size - 1);
    text[size - 1] = tb_luhn_check_digit(tb_span_of(text, size - 1));
    text[size] = '\0';
    return size;
}

/* A number is presented bare, in groups, with an unannounced symbology identifier, or as a track. */
static void number_present(const char *number, size_t size, char *line, size_t line_size)
{
    switch (random_next() % 6) {
    case 0: (void)snprintf(line, line_size, "]C0%s\r\n", number); return;
    case 1: (void)snprintf(line, line_size, "%%B%s^NAME/A^2512?", number); return;
    case 2: (void)snprintf(line, line_size, ";%s=2512?", number); return;
    case 3: (void)snprintf(line, line_size, "%.4s %.4s %s", number, number + 4, number + 8); return;
    case 4: (void)snprintf(line, line_size, "%.4s-%.*s", number, (int)(size - 4), number + 4); return;
    default: (void)snprintf(line, line_size, "%s\r", number); return;
    }
}

/*
 * No generated card number gets past the guard. The one exception is the rule's own: 14 digits that
 * are a valid GTIN-14 as well.
 */
static void no_card_number_passes(void **state)
{
    (void)state;
    random_state = 1;
    for (size_t i = 0; i < ROUND_COUNT; i++) {
        char number[24];
        char line[96];
        struct tb_judgement j;
        static const struct tb_credential no_credential;
        size_t size = number_make(number);
        number_present(number, size, line, sizeof line);
        if (size == 14 && tb_gs1_check_valid(tb_span_str(number)))
            continue;
        tb_judge_line(&(struct tb_judge){.rules = tb_code_rules_default()}, tb_span_str(line), &j);
        assert_int_equal(j.verdict, TB_JUDGED_PAYMENT_CARD);
        assert_memory_equal(&j.credential, &no_credential, sizeof no_credential);
        assert_string_equal(j.gtin, "");
    }
}

static void no_retail_code_is_dropped(void **state)
{
    (void)state;
    static const size_t sizes[] = {8, 12, 13, 14};
    random_state = 2;
    for (size_t i = 0; i < ROUND_COUNT; i++) {
        char text[15] = "";
        size_t size = sizes[i % 4];
        struct tb_judgement j;
        digits_fill(text, 0, size - 1);
        text[size - 1] = tb_gs1_check_digit(tb_span_of(text, size - 1));
        tb_judge_line(&(struct tb_judge){.rules = tb_code_rules_default()}, tb_span_str(text), &j);
        bool member = size == 13 && memcmp(text, "29", 2) == 0;
        assert_int_equal(j.verdict, member ? TB_JUDGED_CREDENTIAL : TB_JUDGED_PRODUCT);
        assert_true(member || tb_span_is(tb_span_of(j.gtin + 14 - size, size), text));
    }
}

static void no_element_string_is_dropped(void **state)
{
    (void)state;
    random_state = 3;
    for (size_t i = 0; i < ROUND_COUNT; i++) {
        char text[40] = "";
        struct tb_judgement j;
        bool gsrn = i % 2;
        size_t ai_size = gsrn ? 4 : 2;
        size_t size = gsrn ? 22 : 16;
        memcpy(text, gsrn ? "8018" : "01", ai_size);
        digits_fill(text, ai_size, size - 1);
        text[size - 1] = tb_gs1_check_digit(tb_span_of(text + ai_size, size - 1 - ai_size));
        tb_judge_line(&(struct tb_judge){.rules = tb_code_rules_default()}, tb_span_str(text), &j);
        assert_int_equal(j.verdict, gsrn ? TB_JUDGED_CREDENTIAL : TB_JUDGED_PRODUCT);
    }
}

/* AI 400 with a number that would be a card's: FNC1 makes it an element string, without it is a card. */
static void fnc1_tells_an_element_string_from_a_card(void **state)
{
    (void)state;
    struct tb_judgement j;
    tb_judge_line(&(struct tb_judge){.rules = tb_code_rules_default()}, tb_span_str("4000056655665556"), &j);
    assert_int_equal(j.verdict, TB_JUDGED_PAYMENT_CARD);
    tb_judge_line(&(struct tb_judge){.rules = tb_code_rules_default()}, tb_span_str("\0354000056655665556"),
                  &j);
    assert_int_equal(j.verdict, TB_JUDGED_UNKNOWN);
    assert_int_equal(j.reason, TB_REASON_CODE_GS1_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_numbers_of_every_scheme),
        cmocka_unit_test(numbers_that_are_none),
        cmocka_unit_test(ranges_end_where_they_end),
        cmocka_unit_test(numbers_in_groups_and_with_company),
        cmocka_unit_test(magnetic_stripe),
        cmocka_unit_test(text_that_resembles_a_track),
        cmocka_unit_test(no_card_number_passes),
        cmocka_unit_test(no_retail_code_is_dropped),
        cmocka_unit_test(no_element_string_is_dropped),
        cmocka_unit_test(fnc1_tells_an_element_string_from_a_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
