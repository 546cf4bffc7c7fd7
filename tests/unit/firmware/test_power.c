/*
 * A whole update with power that fails at every single step of the flash: whenever it comes back, the boot
 * loader finds a whole image with a good signature, and the update can be finished.
 */
#include "firmware/boot/boot.h"
#include "firmware/hal/hal.h"
#include "firmware/update/update.h"
#include "tests/support/head/sign.h"
#include "tests/support/head/transfer.h"
#include "tests/support/unit.h"

static struct update u;
static struct transfer_image v1, v2;
static uint8_t before[FLASH_SIZE];

/* A head that was updated some times before, with that many records behind it. */
static void head_make(unsigned records)
{
    flash_reset();
    transfer_make(&v1, TRANSFER_V1, 0, 0);
    transfer_make(&v2, TRANSFER_V2, 0, 1);
    transfer_burn(&v1, 0);
    struct record r = record_initial();
    r.confirmed = 0;
    for (unsigned i = 0; i < records; i++)
        assert_int_equal(record_save(&r), TB_OK);
    memcpy(before, flash_memory, sizeof before);
}

/* Power comes back. What is started is whole, and one of the two that were signed; returns its version. */
static uint32_t start(struct choice *ret_choice)
{
    struct tb_image image;
    *ret_choice = boot_prepare();
    assert_int_not_equal(ret_choice->slot, RECORD_NO_SLOT);
    assert_true(verify_slot(ret_choice->slot, &image));
    const struct transfer_image *known = image.version == TRANSFER_V1 ? &v1 : &v2;
    assert_memory_equal(flash_memory + tb_hal_board.slot_at[ret_choice->slot], known->header,
                        sizeof known->header);
    update_init(&u, ret_choice->slot, sign_public());
    return image.version;
}

/* The whole way: transfer, restart, trial, confirmation, one more restart. */
static void update_whole(bool healthy)
{
    struct choice c;
    if (transfer_run(&u, &v2, TB_LINK_UPDATE_FORCE).status == TB_LINK_UPDATE_STORED)
        (void)start(&c);
    if (healthy)
        (void)update_turn(&u, &transfer_well, 1);
    (void)start(&c);
}

/* Until it runs for good; power stays. A trial that was cut off is rolled back, and asked for again. */
static void update_finish(void)
{
    struct choice c;
    (void)start(&c);
    (void)update_turn(&u, &transfer_well, 1);
    if (start(&c) != TRANSFER_V2)
        update_whole(true);
    assert_int_equal(start(&c), TRANSFER_V2);
    assert_false(c.trial);
    assert_int_equal(record_load().confirmed, 1);
}

/* Runs the update with the cut; false when it was not reached. */
static bool update_cut(bool healthy, int at)
{
    struct choice c;
    memcpy(flash_memory, before, sizeof before);
    flash_cut_at(FLASH_NEVER);
    assert_int_equal(start(&c), TRANSFER_V1);
    flash_cut_at(at);
    if (setjmp(flash_power) == 0) {
        update_whole(healthy);
        return false;
    }
    flash_cut_at(FLASH_NEVER);
    return true;
}

static void update_survives_every_cut(void **state)
{
    (void)state;
    static unsigned records;
    static int at;
    for (records = 0; records <= 2; records += 2) { /* none, and so many that the unit changes on the way */
        head_make(records);
        for (at = 0; update_cut(true, at); at++)
            update_finish();
        assert_true(at > TRANSFER_BODY_SIZE / 4);
        assert_int_equal(record_load().confirmed, 1);
    }
}

/* An image that never reports healthy: in the end version 1 runs, and the failure is remembered. */
static void rollback_survives_every_cut(void **state)
{
    (void)state;
    struct choice c;
    static int at;
    head_make(3);
    for (at = 0; update_cut(false, at); at++) {
        (void)start(&c); /* perhaps the trial, once more without a word */
        assert_int_equal(start(&c), TRANSFER_V1);
        assert_false(c.trial);
    }
    assert_int_equal(start(&c), TRANSFER_V1);
    assert_memory_equal(record_load().failed, v2.header + 56, RECORD_FAILED_SIZE);
    assert_int_equal(transfer_begin(&u, &v2, 0).reason, TB_LINK_REASON_UPDATE_FAILED);
}

/* The boot loader itself is cut while it makes good what the first cut left. */
static void second_cut_while_starting_is_survived(void **state)
{
    (void)state;
    static int first, second;
    static struct choice c;
    static uint8_t after_first[FLASH_SIZE];
    head_make(3);
    for (first = 0; update_cut(true, first); first++) {
        memcpy(after_first, flash_memory, sizeof after_first);
        for (second = 0;; second++) {
            memcpy(flash_memory, after_first, sizeof after_first);
            flash_cut_at(second);
            if (setjmp(flash_power) == 0) {
                (void)boot_prepare();
                break;
            }
            flash_cut_at(FLASH_NEVER);
            (void)start(&c);
            (void)start(&c);
            assert_false(c.trial);
        }
    }
    assert_true(first > TRANSFER_BODY_SIZE / 4);
}

/* A slot that rots: as long as one image is whole, it is started. */
static void damaged_slot_is_not_started(void **state)
{
    (void)state;
    struct choice c;
    head_make(1);
    (void)start(&c);
    update_whole(true);
    assert_int_equal(start(&c), TRANSFER_V2);
    flash_memory[tb_hal_board.slot_at[1] + TB_IMAGE_BODY_AT + 700] ^= 4;
    assert_int_equal(start(&c), TRANSFER_V1);
    flash_memory[tb_hal_board.slot_at[0] + TB_IMAGE_BODY_AT + 700] ^= 4;
    assert_int_equal(boot_prepare().slot, RECORD_NO_SLOT);
}

/* The confirmed slot rotted and the other one runs: an update into the rotten slot is on trial, too. */
static void update_into_a_rotten_confirmed_slot_is_on_trial(void **state)
{
    (void)state;
    static int at;
    struct choice c;
    head_make(1);
    (void)start(&c);
    update_whole(true);
    flash_memory[tb_hal_board.slot_at[1] + TB_IMAGE_BODY_AT + 700] ^= 4;
    memcpy(before, flash_memory, sizeof before);
    while (update_cut(false, at)) {
        if (start(&c) == TRANSFER_V2)
            assert_true(c.trial);
        at++;
    }
    assert_true(at > TRANSFER_BODY_SIZE / 4);
}

/* Records that cannot be written: the trial does not start, because it could not be given up. */
static void trial_without_its_record_is_not_started(void **state)
{
    (void)state;
    struct choice c;
    head_make(1);
    (void)start(&c);
    assert_int_equal(transfer_run(&u, &v2, 0).status, TB_LINK_UPDATE_STORED);
    flash_worn_below(FLASH_SIZE);
    assert_int_equal(start(&c), TRANSFER_V1);
    assert_false(c.trial);
    flash_worn_below(0);
    assert_int_equal(start(&c), TRANSFER_V2);
    assert_true(c.trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(update_survives_every_cut),
        cmocka_unit_test(rollback_survives_every_cut),
        cmocka_unit_test(second_cut_while_starting_is_survived),
        cmocka_unit_test(damaged_slot_is_not_started),
        cmocka_unit_test(update_into_a_rotten_confirmed_slot_is_on_trial),
        cmocka_unit_test(trial_without_its_record_is_not_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
