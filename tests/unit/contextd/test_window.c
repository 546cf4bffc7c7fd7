#include "contextd/gateway/window.h"
#include "tests/support/unit.h"

static void nothing_measured_is_a_slow_machine(void **state)
{
    (void)state;
    struct tb_window w = {0};
    assert_int_equal(tb_window_cost_us(&w), 2000);
    assert_int_equal(tb_window_ms(&w, 100000), 250000);
    assert_int_equal(tb_window_ms(&w, 3), TB_WINDOW_MIN_MS);
    assert_int_equal(tb_window_ms(&w, 0), TB_WINDOW_MIN_MS);
    assert_int_equal(tb_window_ms(&w, INT64_MAX), TB_WINDOW_MAX_MS);
}

static void the_least_of_the_last_costs_counts(void **state)
{
    (void)state;
    struct tb_window w = {0};
    tb_window_measure(&w, false, 900);
    tb_window_measure(&w, false, 5000); /* with other work in between */
    tb_window_measure(&w, false, 0);
    tb_window_measure(&w, false, INT64_MAX);
    assert_int_equal(tb_window_cost_us(&w), 900);
    for (int i = 0; i < TB_WINDOW_SAMPLE_COUNT; i++)
        tb_window_measure(&w, false, 1200); /* the machine has become slower */
    assert_int_equal(tb_window_cost_us(&w), 1200);
}

static void the_share_of_resumed_sessions_counts(void **state)
{
    (void)state;
    struct tb_window w = {0};
    tb_window_measure(&w, false, 1000);
    tb_window_measure(&w, true, 200);
    for (int i = 0; i < 3000; i++)
        tb_window_count(&w, true);
    assert_in_range(tb_window_cost_us(&w), 200, 204);
    for (int i = 0; i < 3000; i++)
        tb_window_count(&w, i % 2 == 0);
    assert_in_range(tb_window_cost_us(&w), 590, 610);
    for (int i = 0; i < 3000; i++)
        tb_window_count(&w, false);
    assert_in_range(tb_window_cost_us(&w), 996, 1000);
    assert_in_range(tb_window_ms(&w, 100000), 124500, 125000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_measured_is_a_slow_machine),
        cmocka_unit_test(the_least_of_the_last_costs_counts),
        cmocka_unit_test(the_share_of_resumed_sessions_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
