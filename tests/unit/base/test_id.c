#include "core/base/rng.h"
#include "tests/support/unit.h"

static void fill_counting(void *context, uint8_t *ret_bytes, size_t size)
{
    uint8_t *next = context;
    for (size_t i = 0; i < size; i++)
        ret_bytes[i] = (*next)++;
}

static void test_text_form_goes_both_ways(void **state)
{
    (void)state;
    uint8_t next = 0xf0;
    const struct tb_rng rng = {.fill = fill_counting, .context = &next};
    struct tb_id id = tb_id_random(&rng);
    char text[TB_ID_TEXT_SIZE];
    tb_id_encode(&id, text);
    assert_string_equal(text, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");

    struct tb_id back;
    assert_int_equal(tb_id_decode(tb_span_str(text), &back), TB_OK);
    assert_true(tb_id_equal(&id, &back));
    struct tb_id other = tb_id_random(&rng);
    assert_false(tb_id_equal(&id, &other));
}

static void test_decode_wants_32_digits(void **state)
{
    (void)state;
    struct tb_id id;
    assert_int_equal(tb_id_decode(tb_span_str("f0f1f2f3f4f5f6f7f8f9fafbfcfdfef"), &id), TB_ERR_TRUNCATED);
    assert_int_equal(tb_id_decode(tb_span_str("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff0"), &id), TB_ERR_TOO_LONG);
    assert_int_equal(tb_id_decode(tb_span_str("f0f1f2f3f4f5f6f7f8f9fafbfcfdfe-f"), &id), TB_ERR_SYNTAX);
}

static void test_zero_stands_for_none(void **state)
{
    (void)state;
    struct tb_id id = {.bytes = {0}};
    assert_true(tb_id_is_zero(&id));
    id.bytes[TB_ID_SIZE - 1] = 1;
    assert_false(tb_id_is_zero(&id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_form_goes_both_ways),
        cmocka_unit_test(test_decode_wants_32_digits),
        cmocka_unit_test(test_zero_stands_for_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
