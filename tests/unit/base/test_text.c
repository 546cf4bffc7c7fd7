#include "core/base/text.h"
#include "tests/support/unit.h"

#define CHARS(text) tb_span_of(text, sizeof(text) - 1)

static void test_hex_takes_exactly_its_size(void **state)
{
    (void)state;
    uint8_t bytes[2];
    assert_int_equal(tb_hex_decode(CHARS("0aFf"), bytes, 2), TB_OK);
    assert_int_equal(bytes[0], 0x0a);
    assert_int_equal(bytes[1], 0xff);
    assert_int_equal(tb_hex_decode(CHARS("0aF"), bytes, 2), TB_ERR_TRUNCATED);
    assert_int_equal(tb_hex_decode(CHARS("0aFf0"), bytes, 2), TB_ERR_TOO_LONG);
    assert_int_equal(tb_hex_decode(CHARS("0aFg"), bytes, 2), TB_ERR_SYNTAX);
    assert_int_equal(tb_hex_decode(CHARS(""), bytes, 0), TB_OK);
}

/* RFC 4648 section 10, without padding. */
static void test_base64url_vectors_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *text;
    } cases[] = {{"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
                 {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t memory[16];
        struct tb_buf b = tb_buf_of(memory, sizeof memory);
        tb_base64url_add(&b, tb_span_str(cases[i].bytes));
        assert_true(tb_span_is(tb_buf_span(&b), cases[i].text));
        tb_buf_reset(&b);
        assert_int_equal(tb_base64url_decode(tb_span_str(cases[i].text), &b), TB_OK);
        assert_true(tb_span_is(tb_buf_span(&b), cases[i].bytes));
    }
}

static void test_base64url_refuses_what_is_not_canonical(void **state)
{
    (void)state;
    static const char *const cases[] = {"Zh", "Zm9", "Z", "Zm9vZ", "Zg==", "Zm+v", "Zm/v", "Zm 9"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t memory[16];
        struct tb_buf b = tb_buf_of(memory, sizeof memory);
        assert_int_equal(tb_base64url_decode(tb_span_str(cases[i]), &b), TB_ERR_SYNTAX);
    }
    uint8_t memory[2];
    struct tb_buf small = tb_buf_of(memory, sizeof memory);
    assert_int_equal(tb_base64url_decode(CHARS("Zm9v"), &small), TB_ERR_TOO_LONG);
}

/* RFC 3629 sections 3 and 4. */
static void test_utf8_accepts_every_length(void **state)
{
    (void)state;
    assert_true(tb_utf8_valid(CHARS("")));
    assert_true(tb_utf8_valid(CHARS("a\0b")));
    assert_true(tb_utf8_valid(CHARS("\xc2\x80\xdf\xbf")));
    assert_true(tb_utf8_valid(CHARS("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf")));
    assert_true(tb_utf8_valid(CHARS("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")));
}

static void test_utf8_refuses_overlong_surrogates_and_torn_text(void **state)
{
    (void)state;
    static const struct tb_span cases[] = {
        {(const uint8_t *)"\x80", 1},             /* a continuation alone */
        {(const uint8_t *)"\xc0\xaf", 2},         /* overlong */
        {(const uint8_t *)"\xc1\xbf", 2},         /* overlong */
        {(const uint8_t *)"\xe0\x9f\xbf", 3},     /* overlong */
        {(const uint8_t *)"\xf0\x8f\xbf\xbf", 4}, /* overlong */
        {(const uint8_t *)"\xed\xa0\x80", 3},     /* surrogate */
        {(const uint8_t *)"\xf4\x90\x80\x80", 4}, /* above U+10FFFF */
        {(const uint8_t *)"\xf8\x88\x80\x80", 4}, /* no such lead byte */
        {(const uint8_t *)"a\xe2\x82", 3},        /* torn */
        {(const uint8_t *)"\xe2\x82z", 3},        /* a letter in place of a continuation */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_false(tb_utf8_valid(cases[i]));
}

static void test_decimal_stops_at_its_maximum(void **state)
{
    (void)state;
    uint64_t value = 7;
    assert_int_equal(tb_decimal_decode(CHARS("18446744073709551615"), UINT64_MAX, &value), TB_OK);
    assert_true(value == UINT64_MAX);
    assert_int_equal(tb_decimal_decode(CHARS("18446744073709551616"), UINT64_MAX, &value), TB_ERR_RANGE);
    assert_int_equal(tb_decimal_decode(CHARS("0099"), 99, &value), TB_OK);
    assert_int_equal(value, 99);
    assert_int_equal(tb_decimal_decode(CHARS("100"), 99, &value), TB_ERR_RANGE);
    assert_int_equal(tb_decimal_decode(CHARS("5"), 4, &value), TB_ERR_RANGE);
    assert_int_equal(tb_decimal_decode(CHARS(""), 99, &value), TB_ERR_SYNTAX);
    assert_int_equal(tb_decimal_decode(CHARS("+1"), 99, &value), TB_ERR_SYNTAX);
    assert_int_equal(tb_decimal_decode(CHARS("1 "), 99, &value), TB_ERR_SYNTAX);
    assert_int_equal(value, 99);
}

static void test_control_is_what_does_something_to_a_screen(void **state)
{
    (void)state;
    assert_int_equal(tb_text_control(CHARS("\n"), 0), 1);
    assert_int_equal(tb_text_control(CHARS("a\x7f"), 1), 1);
    assert_int_equal(tb_text_control(CHARS("\xc2\x9b"), 0), 2);
    assert_int_equal(tb_text_control(CHARS("\xe2\x80\xa8"), 0), 3);
    assert_int_equal(tb_text_control(CHARS("\xe2\x80\xae"), 0), 3);
    assert_int_equal(tb_text_control(CHARS("\xe2\x81\xa9"), 0), 3);
    assert_int_equal(tb_text_control(CHARS(" "), 0), 0);
    assert_int_equal(tb_text_control(CHARS("\xc2\xa0"), 0), 0);
    assert_int_equal(tb_text_control(CHARS("\xe2\x80\xa7"), 0), 0);         /* a hyphenation point */
    assert_int_equal(tb_text_control(CHARS("\xe2\x81\xaa"), 0), 0);         /* behind the isolates */
    assert_int_equal(tb_text_control(CHARS("\xe2\x80"), 0), 0);             /* torn */
    assert_int_equal(tb_text_control(CHARS("\xd9\x85\xe2\x80\x8f"), 2), 0); /* a mark, as Arabic names have */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hex_takes_exactly_its_size),
        cmocka_unit_test(test_base64url_vectors_both_ways),
        cmocka_unit_test(test_base64url_refuses_what_is_not_canonical),
        cmocka_unit_test(test_utf8_accepts_every_length),
        cmocka_unit_test(test_utf8_refuses_overlong_surrogates_and_torn_text),
        cmocka_unit_test(test_decimal_stops_at_its_maximum),
        cmocka_unit_test(test_control_is_what_does_something_to_a_screen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
