#include "core/base/span.h"
#include "tests/support/unit.h"

static void test_sub_clamps_to_what_is_there(void **state)
{
    (void)state;
    struct tb_span a = tb_span_str("tillbridge");
    assert_true(tb_span_is(tb_span_sub(a, 0, 4), "till"));
    assert_true(tb_span_is(tb_span_sub(a, 4, 100), "bridge"));
    assert_true(tb_span_is(tb_span_sub(a, 99, 1), ""));
    assert_true(tb_span_is(tb_span_sub(a, 3, SIZE_MAX), "lbridge"));
    assert_true(tb_span_is(tb_span_sub(tb_span_of(NULL, 0), 0, 5), ""));
}

static void test_cut_takes_parts_off_the_front(void **state)
{
    (void)state;
    struct tb_span rest = tb_span_str("a,,bc");
    assert_true(tb_span_is(tb_span_cut(&rest, ','), "a"));
    assert_true(tb_span_is(tb_span_cut(&rest, ','), ""));
    assert_true(tb_span_is(rest, "bc"));
    assert_true(tb_span_is(tb_span_cut(&rest, ','), "bc"));
    assert_int_equal(rest.size, 0);
    assert_int_equal(tb_span_cut(&rest, ',').size, 0);
    rest = tb_span_of(NULL, 0);
    assert_int_equal(tb_span_cut(&rest, ',').size, 0);
    rest = tb_span_str("end,");
    assert_true(tb_span_is(tb_span_cut(&rest, ','), "end"));
    assert_int_equal(rest.size, 0);
}

static void test_starts_and_equal(void **state)
{
    (void)state;
    assert_true(tb_span_starts(tb_span_str("https://x"), tb_span_str("https://")));
    assert_true(tb_span_starts(tb_span_str("x"), tb_span_str("")));
    assert_false(tb_span_starts(tb_span_str("http"), tb_span_str("https")));
    assert_true(tb_span_equal(tb_span_of(NULL, 0), tb_span_str("")));
    assert_false(tb_span_equal(tb_span_str("ab"), tb_span_str("ac")));
    assert_false(tb_span_equal(tb_span_str("ab"), tb_span_str("abc")));
}

static void test_to_str_terminates_or_leaves_nothing(void **state)
{
    (void)state;
    char text[5] = "????";
    assert_int_equal(tb_span_to_str(tb_span_str("till"), text, sizeof text), TB_OK);
    assert_string_equal(text, "till");
    assert_int_equal(tb_span_to_str(tb_span_str("tills"), text, sizeof text), TB_ERR_TOO_LONG);
    assert_string_equal(text, "");
}

static void test_equal_secret_agrees_with_equal(void **state)
{
    (void)state;
    assert_true(tb_span_equal_secret(tb_span_str("abcd"), tb_span_str("abcd")));
    assert_true(tb_span_equal_secret(tb_span_str(""), tb_span_str("")));
    assert_false(tb_span_equal_secret(tb_span_str("abcd"), tb_span_str("abce")));
    assert_false(tb_span_equal_secret(tb_span_str("zbcd"), tb_span_str("abcd")));
    assert_false(tb_span_equal_secret(tb_span_str("abc"), tb_span_str("abcd")));
}

static void test_reader_takes_big_endian_numbers(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x84, 0x05, 0x06, 0x07, 0x88, 0x09,
                                    0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0xaa, 0xbb};
    struct tb_reader r = tb_reader_of(tb_span_of(bytes, sizeof bytes));
    assert_int_equal(tb_read_u8(&r), 0x01);
    assert_int_equal(tb_read_u16be(&r), 0x0203);
    assert_int_equal(tb_read_u32be(&r), 0x84050607U);
    assert_true(tb_read_u64be(&r) == 0x88090a0b0c0d0e0fULL);
    struct tb_span rest = tb_read_bytes(&r, 2);
    assert_int_equal(rest.size, 2);
    assert_int_equal(rest.at[1], 0xbb);
    assert_int_equal(r.err, TB_OK);
}

static void test_reader_remembers_the_first_overrun(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x11, 0x22, 0x33};
    struct tb_reader r = tb_reader_of(tb_span_of(bytes, sizeof bytes));
    assert_int_equal(tb_read_u32be(&r), 0);
    assert_int_equal(r.err, TB_ERR_TRUNCATED);
    assert_int_equal(tb_read_u8(&r), 0);
    assert_int_equal(tb_read_bytes(&r, 1).size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sub_clamps_to_what_is_there),
        cmocka_unit_test(test_cut_takes_parts_off_the_front),
        cmocka_unit_test(test_starts_and_equal),
        cmocka_unit_test(test_to_str_terminates_or_leaves_nothing),
        cmocka_unit_test(test_equal_secret_agrees_with_equal),
        cmocka_unit_test(test_reader_takes_big_endian_numbers),
        cmocka_unit_test(test_reader_remembers_the_first_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
