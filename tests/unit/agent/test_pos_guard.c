#include "agent/app/pos_guard.h"
#include "tests/support/unit.h"

static struct tb_pos_guard guard;
static int64_t now_ms;

static int begin(void **state)
{
    (void)state;
    guard = (struct tb_pos_guard){0};
    now_ms = 5000;
    return 0;
}

/* Whoever stops before the last guess, lets the pairing run out and begins another gains nothing: there is
 * one count. */
static void the_last_guess_begins_the_pause(void **state)
{
    (void)state;
    for (int i = 1; i < TB_POS_GUESS_MAX; i++) {
        assert_false(tb_pos_guard_guessed(&guard, now_ms));
        assert_false(tb_pos_guard_is_paused(&guard, now_ms));
        now_ms += 600000;
    }
    assert_true(tb_pos_guard_guessed(&guard, now_ms));
    assert_true(tb_pos_guard_is_paused(&guard, now_ms + TB_POS_PAUSE_MS - 1));
    assert_false(tb_pos_guard_is_paused(&guard, now_ms + TB_POS_PAUSE_MS));
}

static void each_pause_is_longer_until_the_longest(void **state)
{
    (void)state;
    int64_t pause_ms = TB_POS_PAUSE_MS;
    for (int i = 0; i < 100; i++) {
        for (int k = 1; k < TB_POS_GUESS_MAX; k++)
            assert_false(tb_pos_guard_guessed(&guard, now_ms));
        assert_true(tb_pos_guard_guessed(&guard, now_ms));
        assert_true(tb_pos_guard_is_paused(&guard, now_ms + pause_ms - 1));
        assert_false(tb_pos_guard_is_paused(&guard, now_ms + pause_ms));
        now_ms += pause_ms;
        pause_ms = 2 * pause_ms < TB_POS_PAUSE_MAX_MS ? 2 * pause_ms : TB_POS_PAUSE_MAX_MS;
    }
}

static void what_a_clerk_refuses_is_followed_by_a_pause_that_does_not_grow(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        tb_pos_guard_refused(&guard, now_ms);
        assert_true(tb_pos_guard_is_paused(&guard, now_ms + TB_POS_PAUSE_MS - 1));
        assert_false(tb_pos_guard_is_paused(&guard, now_ms + TB_POS_PAUSE_MS));
        now_ms += TB_POS_PAUSE_MS;
    }
}

static void success_forgives_everything(void **state)
{
    (void)state;
    for (int i = 0; i < TB_POS_GUESS_MAX; i++)
        (void)tb_pos_guard_guessed(&guard, now_ms);
    assert_true(tb_pos_guard_is_paused(&guard, now_ms));
    assert_false(tb_pos_guard_guessed(&guard, now_ms));
    tb_pos_guard_passed(&guard);
    assert_false(tb_pos_guard_is_paused(&guard, now_ms));
    for (int i = 1; i < TB_POS_GUESS_MAX; i++)
        assert_false(tb_pos_guard_guessed(&guard, now_ms));
    assert_true(tb_pos_guard_guessed(&guard, now_ms));
    assert_false(tb_pos_guard_is_paused(&guard, now_ms + TB_POS_PAUSE_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_last_guess_begins_the_pause, begin),
        cmocka_unit_test_setup(each_pause_is_longer_until_the_longest, begin),
        cmocka_unit_test_setup(what_a_clerk_refuses_is_followed_by_a_pause_that_does_not_grow, begin),
        cmocka_unit_test_setup(success_forgives_everything, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
