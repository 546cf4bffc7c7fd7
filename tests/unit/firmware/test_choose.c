/* The choice of the boot loader, for every record and every pair of slots there can be. */
#include "firmware/update/choose.h"
#include "tests/support/unit.h"

static const uint8_t slots[] = {0, 1, RECORD_NO_SLOT};

#define SLOTS (sizeof slots / sizeof slots[0])

static struct slot_fact facts[CHOOSE_SLOT_COUNT];

static void case_check(const struct record *r)
{
    bool any = facts[0].whole || facts[1].whole;
    struct choice c = choose(r, facts);
    bool trial = r->trial != RECORD_NO_SLOT;

    /* Whenever something can be started something is, and nothing that is not whole. */
    assert_int_equal(c.slot != RECORD_NO_SLOT, any);
    assert_true(c.slot == RECORD_NO_SLOT || facts[c.slot].whole);

    /* A trial is started once and never without a record of it. */
    assert_int_equal(c.trial, trial && !r->attempted && facts[trial ? r->trial : 0].whole);
    if (c.trial) {
        assert_int_equal(c.slot, r->trial);
        assert_true(c.changed && c.record.attempted);
        assert_int_equal(c.record.confirmed, r->confirmed);
        return;
    }

    /* Otherwise the confirmed slot, as long as it is whole, and nothing is on trial any more. */
    if (r->confirmed != RECORD_NO_SLOT && facts[r->confirmed].whole)
        assert_int_equal(c.slot, r->confirmed);
    assert_int_equal(c.record.trial, RECORD_NO_SLOT);
    assert_int_equal(c.changed, trial);
    if (trial)
        assert_memory_equal(c.record.failed, facts[r->trial].digest, RECORD_FAILED_SIZE);
}

static void every_case_has_its_choice(void **state)
{
    (void)state;
    unsigned count = 0;
    for (size_t confirmed = 0; confirmed < SLOTS; confirmed++)
        for (size_t trial = 0; trial < SLOTS; trial++)
            for (unsigned bits = 0; bits < 8; bits++) {
                facts[0] = (struct slot_fact){.whole = bits & 1, .digest = {1, 2, 3, 4, 5, 6, 7, 8}};
                facts[1] = (struct slot_fact){.whole = bits & 2, .digest = {8, 7, 6, 5, 4, 3, 2, 1}};
                case_check(&(struct record){
                    .confirmed = slots[confirmed], .trial = slots[trial], .attempted = bits & 4});
                count++;
            }
    assert_int_equal(count, SLOTS * SLOTS * 8);
}

/* A head whose record cannot be written never starts a trial, but always what proved itself. */
static void without_its_record_no_trial_starts(void **state)
{
    (void)state;
    facts[0] = (struct slot_fact){.whole = true};
    facts[1] = (struct slot_fact){.whole = true};
    struct record r = {.confirmed = 1, .trial = 0};
    struct choice c = choose_without_trial(&r, facts);
    assert_int_equal(c.slot, 1);
    assert_false(c.trial);
    assert_false(c.changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_has_its_choice),
        cmocka_unit_test(without_its_record_no_trial_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
