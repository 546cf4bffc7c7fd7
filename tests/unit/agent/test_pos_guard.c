#include "agent/app/pos/pos_guard.h"
#include "tests/support/unit.h"

enum { TILL = 1000, OTHER = 1001 }; /* users */

static struct tb_pos_guard guard;
static int64_t now_ms;

static int begin(void **state)
{
    (void)state;
    guard = (struct tb_pos_guard){0};
    now_ms = 5000;
    return 0;
}

static void check_pause(uint32_t user, int64_t pause_ms)
{
    assert_int_equal(tb_pos_guard_pause_ms(&guard, user, now_ms), pause_ms);
    assert_int_equal(tb_pos_guard_pause_ms(&guard, user, now_ms + pause_ms), 0);
}

static void guess_all(uint32_t user)
{
    for (int i = 1; i < TB_POS_GUESS_MAX; i++)
        assert_false(tb_pos_guard_guessed(&guard, user, now_ms));
    assert_true(tb_pos_guard_guessed(&guard, user, now_ms));
}

/* Whoever stops before the last guess, lets the pairing run out and begins another gains nothing: there is
 * one count. */
static void the_last_guess_begins_the_pause(void **state)
{
    (void)state;
    for (int i = 1; i < TB_POS_GUESS_MAX; i++) {
        assert_false(tb_pos_guard_guessed(&guard, TILL, now_ms));
        tb_pos_guard_lapsed(&guard, TILL);
        check_pause(TILL, 0);
        now_ms += 600000;
    }
    assert_true(tb_pos_guard_guessed(&guard, TILL, now_ms));
    check_pause(TILL, TB_POS_PAUSE_MS);
}

static void each_pause_is_longer_until_the_longest(void **state)
{
    (void)state;
    int64_t pause_ms = TB_POS_PAUSE_MS;
    for (int i = 0; i < 100; i++) {
        guess_all(TILL);
        check_pause(TILL, pause_ms);
        now_ms += pause_ms;
        pause_ms = 2 * pause_ms < TB_POS_PAUSE_MAX_MS ? 2 * pause_ms : TB_POS_PAUSE_MAX_MS;
    }
}

static void what_a_clerk_refuses_is_followed_by_a_pause_that_does_not_grow(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        tb_pos_guard_refused(&guard, TILL, now_ms);
        check_pause(TILL, TB_POS_PAUSE_MS);
        now_ms += TB_POS_PAUSE_MS;
    }
}

static void success_forgives_everything(void **state)
{
    (void)state;
    guess_all(TILL);
    assert_false(tb_pos_guard_guessed(&guard, TILL, now_ms));
    tb_pos_guard_passed(&guard, TILL);
    check_pause(TILL, 0);
    assert_false(tb_pos_guard_yields(&guard, TILL, OTHER));
    guess_all(TILL);
    check_pause(TILL, TB_POS_PAUSE_MS);
}

/* Whatever one user does, another can pair. */
static void nobody_keeps_off_another_user(void **state)
{
    (void)state;
    guess_all(OTHER);
    check_pause(TILL, 0);
    tb_pos_guard_passed(&guard, OTHER);
    assert_false(tb_pos_guard_yields(&guard, OTHER, TILL)); /* who comes first is let finish … */
    tb_pos_guard_lapsed(&guard, OTHER);
    assert_true(tb_pos_guard_yields(&guard, OTHER, TILL)); /* … once */
    assert_false(tb_pos_guard_yields(&guard, TILL, OTHER));
    tb_pos_guard_lapsed(&guard, TILL);
    assert_false(tb_pos_guard_yields(&guard, OTHER, TILL));
    tb_pos_guard_refused(&guard, OTHER, now_ms);
    assert_true(tb_pos_guard_yields(&guard, OTHER, TILL));
    assert_false(tb_pos_guard_yields(&guard, OTHER, OTHER));
}

/* What is remembered longest is who failed most. */
static void many_askers_do_not_make_a_guesser_forgotten(void **state)
{
    (void)state;
    guess_all(OTHER);
    for (uint32_t user = 2000; user < 2100; user++)
        (void)tb_pos_guard_guessed(&guard, user, now_ms);
    check_pause(OTHER, TB_POS_PAUSE_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_last_guess_begins_the_pause, begin),
        cmocka_unit_test_setup(each_pause_is_longer_until_the_longest, begin),
        cmocka_unit_test_setup(what_a_clerk_refuses_is_followed_by_a_pause_that_does_not_grow, begin),
        cmocka_unit_test_setup(success_forgives_everything, begin),
        cmocka_unit_test_setup(nobody_keeps_off_another_user, begin),
        cmocka_unit_test_setup(many_askers_do_not_make_a_guesser_forgotten, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
