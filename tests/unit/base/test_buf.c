#include "core/base/buf.h"
#include "tests/support/unit.h"

static void test_appends_big_endian_hex_and_decimal(void **state)
{
    (void)state;
    uint8_t memory[64];
    struct tb_buf b = tb_buf_of(memory, sizeof memory);
    tb_buf_add_u8(&b, 0x01);
    tb_buf_add_u16be(&b, 0x0203);
    tb_buf_add_u32be(&b, 0x04050607);
    tb_buf_add_u64be(&b, 0x08090a0b0c0d0e0fULL);
    static const uint8_t expected[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    assert_true(tb_span_equal(tb_buf_span(&b), tb_span_of(expected, sizeof expected)));

    tb_buf_reset(&b);
    tb_buf_add_hex(&b, tb_span_of("\x00\xaf\x5c", 3));
    tb_buf_add_str(&b, " ");
    tb_buf_add_decimal(&b, -120);
    assert_true(tb_span_is(tb_buf_span(&b), "00af5c -120"));
}

static void test_decimal_reaches_both_ends(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *text;
    } cases[] = {{0, "0"}, {9, "9"}, {INT64_MAX, "9223372036854775807"}, {INT64_MIN, "-9223372036854775808"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t memory[32];
        struct tb_buf b = tb_buf_of(memory, sizeof memory);
        tb_buf_add_decimal(&b, cases[i].value);
        assert_true(tb_span_is(tb_buf_span(&b), cases[i].text));
    }
}

static void test_full_buffer_refuses_and_stays_refused(void **state)
{
    (void)state;
    uint8_t memory[4] = {0};
    struct tb_buf b = tb_buf_of(memory, 3);
    tb_buf_add_str(&b, "ab");
    tb_buf_add_str(&b, "cd");
    assert_int_equal(b.err, TB_ERR_TOO_LONG);
    assert_true(tb_span_is(tb_buf_span(&b), "ab"));
    tb_buf_add_str(&b, "c");
    assert_true(tb_span_is(tb_buf_span(&b), "ab"));
    assert_int_equal(memory[3], 0);

    tb_buf_reset(&b);
    tb_buf_add_str(&b, "abc");
    assert_int_equal(b.err, TB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends_big_endian_hex_and_decimal),
        cmocka_unit_test(test_decimal_reaches_both_ends),
        cmocka_unit_test(test_full_buffer_refuses_and_stays_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
