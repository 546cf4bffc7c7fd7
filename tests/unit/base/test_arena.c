#include "core/base/arena.h"
#include "tests/support/unit.h"

static void test_blocks_are_aligned_and_apart(void **state)
{
    (void)state;
    uint8_t memory[256];
    struct tb_arena a = tb_arena_of(memory + 1, sizeof memory - 1);
    uint8_t *first = tb_arena_take(&a, 3);
    uint8_t *second = tb_arena_take(&a, 8);
    assert_non_null(first);
    assert_non_null(second);
    assert_int_equal((uintptr_t)first % _Alignof(max_align_t), 0);
    assert_int_equal((uintptr_t)second % _Alignof(max_align_t), 0);
    assert_true(second >= first + 3);
}

static void test_full_arena_gives_nothing_and_loses_nothing(void **state)
{
    (void)state;
    _Alignas(max_align_t) uint8_t memory[32];
    struct tb_arena a = tb_arena_of(memory, sizeof memory);
    assert_null(tb_arena_take(&a, 33));
    assert_null(tb_arena_take(&a, SIZE_MAX));
    assert_int_equal(a.size, 0);
    assert_non_null(tb_arena_take(&a, 32));
    assert_null(tb_arena_take(&a, 1));
    assert_null(tb_arena_str(&a, tb_span_str("")));
}

static void test_text_is_copied_and_terminated(void **state)
{
    (void)state;
    _Alignas(max_align_t) uint8_t memory[32];
    memset(memory, 0xff, sizeof memory);
    struct tb_arena a = tb_arena_of(memory, sizeof memory);
    char text[] = "till";
    char *copy = tb_arena_str(&a, tb_span_str(text));
    text[0] = 'b';
    assert_string_equal(copy, "till");
    assert_string_equal(tb_arena_str(&a, tb_span_of(NULL, 0)), "");
}

static void test_release_wipes_what_was_taken_since_the_mark(void **state)
{
    (void)state;
    _Alignas(max_align_t) uint8_t memory[64];
    struct tb_arena a = tb_arena_of(memory, sizeof memory);
    char *kept = tb_arena_str(&a, tb_span_str("kept"));
    size_t mark = tb_arena_mark(&a);
    char *dropped = tb_arena_str(&a, tb_span_str("dropped"));
    tb_arena_release(&a, mark);
    assert_string_equal(kept, "kept");
    for (size_t i = 0; i < sizeof "dropped"; i++)
        assert_int_equal(dropped[i], 0);
    assert_int_equal(tb_arena_mark(&a), mark);

    uint8_t *cleared = tb_arena_take_zero(&a, 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(cleared[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_are_aligned_and_apart),
        cmocka_unit_test(test_full_arena_gives_nothing_and_loses_nothing),
        cmocka_unit_test(test_text_is_copied_and_terminated),
        cmocka_unit_test(test_release_wipes_what_was_taken_since_the_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
