/* The boot loader's memory, with power that fails at every step of every record. */
#include "firmware/hal/hal.h"
#include "firmware/update/record.h"
#include "tests/support/head/flash.h"
#include "tests/support/unit.h"

enum { RECORDS = 14 /* more than both units hold */ };

static struct record numbered(unsigned n)
{
    return (struct record){.confirmed = n & 1,
                           .trial = n & 2 ? RECORD_NO_SLOT : (n & 4) != 0,
                           .attempted = n & 8,
                           .failed = {(uint8_t)n, 0, 0xff}};
}

static bool is(struct record a, unsigned n)
{
    struct record b = n == 0 ? record_initial() : numbered(n);
    return a.confirmed == b.confirmed && a.trial == b.trial && a.attempted == b.attempted &&
           memcmp(a.failed, b.failed, sizeof a.failed) == 0;
}

/* Numbered 1 and so on. */
static void save(unsigned n)
{
    struct record record = numbered(n);
    assert_int_equal(record_save(&record), TB_OK);
}

static void newest_record_counts(void **state)
{
    (void)state;
    flash_reset();
    assert_true(is(record_load(), 0));
    for (unsigned n = 1; n <= 200; n++) {
        save(n);
        assert_true(is(record_load(), n));
    }
}

/* Returns false when power did not fail any more. */
static bool cut_once(unsigned n, int at)
{
    flash_reset();
    for (unsigned i = 1; i < n; i++)
        save(i);
    flash_cut_at(at);
    if (setjmp(flash_power) == 0) {
        save(n);
        return false;
    }
    return true;
}

static void power_loss_leaves_the_old_or_the_new_record(void **state)
{
    (void)state;
    unsigned cuts = 0;
    static unsigned n;
    static int at;
    for (n = 1; n <= RECORDS; n++)
        for (at = 0; cut_once(n, at); at++) {
            flash_cut_at(FLASH_NEVER);
            struct record after = record_load();
            assert_true(is(after, n - 1) || is(after, n));
            save(n + 1);
            assert_true(is(record_load(), n + 1));
            cuts++;
        }
    assert_true(cuts >= RECORDS * RECORD_SIZE / 4);
}

/* Twice in a row, the second time while the first is being made good. */
static void second_power_loss_changes_nothing(void **state)
{
    (void)state;
    static unsigned n;
    static int first, second;
    for (n = 1; n <= RECORDS; n++)
        for (first = 0; cut_once(n, first); first++)
            for (second = 0; second < 2 + RECORD_SIZE / 4; second++) {
                (void)cut_once(n, first);
                flash_cut_at(second);
                if (setjmp(flash_power) == 0)
                    save(n);
                flash_cut_at(FLASH_NEVER);
                struct record after = record_load();
                assert_true(is(after, n - 1) || is(after, n));
            }
}

static void worn_unit_is_left_for_the_other(void **state)
{
    (void)state;
    flash_reset();
    save(1); /* the first unit is written first */
    flash_worn_below(tb_hal_board.record_at[1]);
    save(2);
    assert_true(is(record_load(), 2));
    save(3);
    assert_true(is(record_load(), 3));
    flash_worn_below(FLASH_SIZE);
    struct record record = numbered(4);
    assert_int_equal(record_save(&record), TB_ERR_IO);
    assert_true(is(record_load(), 3));
}

/* Whatever stands in the units: what is loaded is nothing, or passes its checksum. */
static void garbage_is_no_record(void **state)
{
    (void)state;
    flash_reset();
    memset(flash_memory + FLASH_RECORDS_AT, 0, 2 * FLASH_RECORD_UNIT_SIZE);
    assert_true(is(record_load(), 0));
    save(5);
    assert_true(is(record_load(), 5));
    for (unsigned bit = 0; bit < RECORD_SIZE * 8; bit++) {
        flash_reset();
        save(6);
        flash_memory[FLASH_RECORDS_AT + bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_true(is(record_load(), 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_record_counts),
        cmocka_unit_test(power_loss_leaves_the_old_or_the_new_record),
        cmocka_unit_test(second_power_loss_changes_nothing),
        cmocka_unit_test(worn_unit_is_left_for_the_other),
        cmocka_unit_test(garbage_is_no_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
