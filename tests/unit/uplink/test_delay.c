#include "agent/uplink/delay.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

#define DRAW_COUNT 4000

static void test_first_attempt_is_anywhere_in_the_window(void **state)
{
    (void)state;
    struct seeded_rng seed = {.state = 1};
    struct tb_rng rng = seeded_rng_of(&seed);
    struct tb_delay delay = {.window_ms = 90000, .max_ms = 60000, .failure_count = 4};
    int64_t sum = 0, largest = 0;
    for (int i = 0; i < DRAW_COUNT; i++) {
        int64_t ms = tb_delay_next_ms(&delay, TB_DELAY_AFTER_HELD, &rng);
        assert_in_range(ms, 0, 90000);
        sum += ms;
        largest = ms > largest ? ms : largest;
    }
    assert_in_range(sum / DRAW_COUNT, 43000, 47000);
    assert_true(largest > 88000);
    assert_int_equal(delay.failure_count, 0);
    delay.window_ms = 0;
    assert_int_equal(tb_delay_next_ms(&delay, TB_DELAY_AFTER_HELD, &rng), 0);
}

/* The mean of a full-jitter delay is half its limit. */
static int64_t mean_after_failures(unsigned failure_count, struct tb_rng *rng)
{
    int64_t sum = 0;
    for (int i = 0; i < DRAW_COUNT; i++) {
        struct tb_delay delay = {.window_ms = 5, .max_ms = 60000, .failure_count = failure_count};
        sum += tb_delay_next_ms(&delay, TB_DELAY_AFTER_FAILURE, rng);
    }
    return sum / DRAW_COUNT;
}

static void test_limit_doubles_up_to_the_largest(void **state)
{
    (void)state;
    struct seeded_rng seed = {.state = 1};
    struct tb_rng rng = seeded_rng_of(&seed);
    assert_in_range(mean_after_failures(0, &rng), 480, 520);
    assert_in_range(mean_after_failures(1, &rng), 960, 1040);
    assert_in_range(mean_after_failures(5, &rng), 15300, 16700);
    assert_in_range(mean_after_failures(6, &rng), 28800, 31200);
    assert_in_range(mean_after_failures(60, &rng), 28800, 31200);

    struct tb_delay delay = {.max_ms = 60000};
    for (int i = 0; i < 1000; i++)
        assert_in_range(tb_delay_next_ms(&delay, TB_DELAY_AFTER_FAILURE, &rng), 0, 60000);
    assert_int_equal(delay.failure_count, 6);
}

static void test_denied_comes_back_late(void **state)
{
    (void)state;
    struct seeded_rng seed = {.state = 1};
    struct tb_rng rng = seeded_rng_of(&seed);
    struct tb_delay delay = {.window_ms = 1, .max_ms = 60000};
    for (int i = 0; i < DRAW_COUNT; i++)
        assert_in_range(tb_delay_next_ms(&delay, TB_DELAY_AFTER_DENIAL, &rng), 30000, 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_attempt_is_anywhere_in_the_window),
        cmocka_unit_test(test_limit_doubles_up_to_the_largest),
        cmocka_unit_test(test_denied_comes_back_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
