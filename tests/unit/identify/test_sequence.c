/* Property: whatever readers, cache and context store do, every tap and scan ends exactly once. */
#include "tests/support/identify_drive.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

enum { SEED_COUNT = 2000, CHOICES_SIZE = 2000 };

static void random_sequences_keep_every_rule(void **state)
{
    (void)state;
    struct identify_drive_tally sum = {0};
    for (uint64_t seed = 1; seed <= SEED_COUNT; seed++) {
        uint8_t choices[CHOICES_SIZE];
        struct identify_drive_tally tally;
        struct seeded_rng rng = {.state = seed};
        seeded_rng_fill(&rng, choices, sizeof choices);
        identify_drive(tb_span_of(choices, sizeof choices), &tally);
        sum.attempt_count += tally.attempt_count;
        sum.merged_count += tally.merged_count;
        sum.visit_count += tally.visit_count;
    }
    /* the sequences are worth something only when they get everywhere */
    assert_true(sum.attempt_count > 100 * SEED_COUNT);
    assert_true(sum.merged_count > 10 * SEED_COUNT);
    assert_true(sum.visit_count > 10 * SEED_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_sequences_keep_every_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
