/* That the model of power cuts is one, and finds what it is there to find. */
#include "tests/crash/modes.h"
#include "tests/support/crash/vfs.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

enum { SEEDS_MAX = 40 };

/* ---- one file, by hand ---- */

static struct crash_disk disk;
static struct crash_disk base;
static struct crash_disk cut;
static struct crash_replay replay;

static int disk_set_up(void **state)
{
    (void)state;
    crash_disk_record(&disk);
    return 0;
}

static int disk_tear_down(void **state)
{
    (void)state;
    crash_replay_end(&replay);
    crash_disk_free(&disk);
    crash_disk_free(&base);
    crash_disk_free(&cut);
    return 0;
}

/* After all that was done. */
static void cut_at_the_end(enum crash_fate fate, uint64_t seed)
{
    struct seeded_rng chance = {.state = seed};
    if (!replay.waiting) {
        crash_replay_begin(&replay, &disk, &base);
        while (crash_replay_step(&replay))
            ;
    }
    crash_replay_cut(&replay, fate, &chance, &cut);
}

static const struct crash_bytes *found(const char *name)
{
    const struct crash_name *entry = crash_disk_find(&cut, name);
    return entry ? &cut.files[entry->file] : NULL;
}

static void fill(uint32_t file, size_t offset, uint8_t with, size_t size)
{
    uint8_t bytes[8192];
    memset(bytes, with, sizeof bytes);
    crash_disk_write(&disk, file, offset, bytes, size);
}

static bool holds(const char *name, size_t offset, uint8_t with, size_t size)
{
    const struct crash_bytes *file = found(name);
    bool same = file && file->size >= offset + size;
    for (size_t i = offset; i < offset + size && same; i++)
        same = file->at[i] == with;
    return same;
}

static void what_was_synced_is_there(void **state)
{
    (void)state;
    uint32_t file = crash_disk_make(&disk, "a");
    fill(file, 0, 1, 1000);
    crash_disk_sync(&disk, file);
    fill(file, 0, 2, 500);
    cut_at_the_end(CRASH_LOST, 1);
    assert_true(holds("a", 0, 1, 1000));
    cut_at_the_end(CRASH_KEPT, 1);
    assert_true(holds("a", 0, 2, 500) && holds("a", 500, 1, 500));
    for (uint64_t seed = 0; seed < 50; seed++) {
        cut_at_the_end(CRASH_GARBAGE, seed);
        assert_true(holds("a", 500, 1, 500)); /* beside the write nothing changes */
    }
}

static void a_sync_of_one_file_says_nothing_of_another(void **state)
{
    (void)state;
    uint32_t a = crash_disk_make(&disk, "a");
    uint32_t b = crash_disk_make(&disk, "b");
    fill(a, 0, 1, 100);
    fill(b, 0, 1, 100);
    crash_disk_sync(&disk, b);
    cut_at_the_end(CRASH_LOST, 1);
    assert_true(found("a") && found("a")->size == 0); /* but the name lasts, as in a journal */
    assert_true(holds("b", 0, 1, 100));
}

static void a_removed_file_is_back_until_anything_is_synced(void **state)
{
    (void)state;
    uint32_t a = crash_disk_make(&disk, "a");
    fill(a, 0, 1, 100);
    crash_disk_sync(&disk, a);
    crash_disk_remove(&disk, "a");
    cut_at_the_end(CRASH_LOST, 1);
    assert_true(holds("a", 0, 1, 100));
    cut_at_the_end(CRASH_KEPT, 1);
    assert_null(found("a"));
    crash_disk_sync(&disk, crash_disk_make(&disk, "b"));
    crash_replay_end(&replay);
    cut_at_the_end(CRASH_LOST, 1);
    assert_null(found("a"));
}

static void a_torn_write_is_torn_at_sectors(void **state)
{
    (void)state;
    bool seen_torn[2] = {false, false};
    uint32_t a = crash_disk_make(&disk, "a");
    fill(a, 0, 1, 8192);
    crash_disk_sync(&disk, a);
    fill(a, 0, 2, 8192);
    for (uint64_t seed = 0; seed < 200; seed++) {
        cut_at_the_end(CRASH_TORN, seed);
        for (size_t at = 0; at < 8192; at += 512)
            assert_true(holds("a", at, 1, 512) || holds("a", at, 2, 512));
        seen_torn[0] |= found("a")->at[0] != found("a")->at[4095];
        seen_torn[1] |= found("a")->at[0] != found("a")->at[8191];
    }
    assert_true(seen_torn[0] && seen_torn[1]);
}

static void a_later_write_is_there_without_an_earlier_one(void **state)
{
    (void)state;
    bool seen = false;
    uint32_t a = crash_disk_make(&disk, "a");
    fill(a, 0, 1, 100);
    fill(a, 4096, 2, 100);
    for (uint64_t seed = 0; seed < 50 && !seen; seed++) {
        cut_at_the_end(CRASH_ONLY, seed);
        seen = holds("a", 4096, 2, 100) && holds("a", 0, 0, 4096);
    }
    assert_true(seen);
}

/* ---- what it says of SQLite's modes ---- */

static uint64_t faults_of(const struct power_subject *subject, unsigned mistake, uint64_t seeds)
{
    struct power_tally tally = {0};
    struct power_plan plan = {.mistake = mistake};
    while (plan.seed++ < seeds && tally.fault_count == 0)
        power_run(subject, &plan, &tally);
    (void)printf("%s: %s: %llu states of %llu runs, %s\n", subject->name, subject->mistakes[mistake - 1],
                 (unsigned long long)tally.state_count, (unsigned long long)tally.run_count,
                 tally.fault_count ? "found" : "nothing found");
    return tally.fault_count;
}

static void sqlite_keeps_what_its_modes_promise(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CRASH_MODE_COUNT; i++) {
        bool loses = faults_of(&power_modes, i + 1, crash_modes[i].loses ? SEEDS_MAX : 1) > 0;
        assert_int_equal(loses, crash_modes[i].loses);
    }
}

/* ---- ours ---- */

static void mistakes_are_found(const struct power_subject *subject)
{
    for (unsigned i = 0; subject->mistakes[i]; i++)
        assert_int_equal(faults_of(subject, i + 1, SEEDS_MAX), 1);
}

static void mistakes_at_a_terminal_are_found(void **state)
{
    (void)state;
    mistakes_are_found(&power_terminal);
}

static void mistakes_of_the_context_store_are_found(void **state)
{
    (void)state;
    mistakes_are_found(&power_engine);
}

/* The same seed is the same run. */
static void a_run_can_be_played_again(void **state)
{
    (void)state;
    struct power_tally first = {0};
    struct power_tally second = {0};
    const struct power_plan plan = {.seed = 7, .mistake = 1};
    power_run(&power_modes, &plan, &first);
    power_run(&power_modes, &plan, &second);
    assert_memory_equal(&first, &second, sizeof first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_synced_is_there, disk_set_up, disk_tear_down),
        cmocka_unit_test_setup_teardown(a_sync_of_one_file_says_nothing_of_another, disk_set_up,
                                        disk_tear_down),
        cmocka_unit_test_setup_teardown(a_removed_file_is_back_until_anything_is_synced, disk_set_up,
                                        disk_tear_down),
        cmocka_unit_test_setup_teardown(a_torn_write_is_torn_at_sectors, disk_set_up, disk_tear_down),
        cmocka_unit_test_setup_teardown(a_later_write_is_there_without_an_earlier_one, disk_set_up,
                                        disk_tear_down),
        cmocka_unit_test(sqlite_keeps_what_its_modes_promise),
        cmocka_unit_test(mistakes_at_a_terminal_are_found),
        cmocka_unit_test(mistakes_of_the_context_store_are_found),
        cmocka_unit_test(a_run_can_be_played_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
