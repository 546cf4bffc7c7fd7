/* The head's side of an update: what it accepts, what it refuses, and what comes twice. */
#include "firmware/hal/hal.h"
#include "firmware/update/update.h"
#include "tests/support/head/sign.h"
#include "tests/support/head/transfer.h"
#include "tests/support/unit.h"

static struct update u;
static struct transfer_image v1, v2;

/* Version 1 runs from slot 0; version 2 is meant for slot 1. */
static int setup(void **state)
{
    (void)state;
    flash_reset();
    transfer_make(&v1, TRANSFER_V1, 0, 0);
    transfer_make(&v2, TRANSFER_V2, 0, 1);
    transfer_burn(&v1, 0);
    update_init(&u, 0, sign_public());
    return 0;
}

static void assert_refused(struct tb_link_update_answer a, enum tb_link_reason reason)
{
    assert_int_equal(a.status, TB_LINK_UPDATE_REFUSED);
    assert_int_equal(a.reason, reason);
}

static void assert_wants(struct tb_link_update_answer a, uint32_t next)
{
    assert_int_equal(a.status, TB_LINK_UPDATE_SEND);
    assert_int_equal(a.next, next);
}

static bool slot_is_blank(unsigned slot)
{
    for (uint32_t i = 0; i < FLASH_SLOT_SIZE; i++)
        if (flash_memory[tb_hal_board.slot_at[slot] + i] != 0xff)
            return false;
    return true;
}

static void image_is_stored_and_on_trial(void **state)
{
    (void)state;
    struct tb_image image;
    assert_false(update_turn(&u, &transfer_well, 0));
    struct tb_link_update_answer a = transfer_run(&u, &v2, 0);
    assert_int_equal(a.status, TB_LINK_UPDATE_STORED);
    assert_int_equal(a.request, TRANSFER_REQUEST);
    assert_true(verify_slot(1, &image));
    assert_true(verify_slot(0, &image));
    struct record r = record_load();
    assert_int_equal(r.confirmed, 0);
    assert_int_equal(r.trial, 1);
    assert_false(r.attempted);
    assert_true(update_turn(&u, &transfer_well, 0));
}

static void trial_is_confirmed_when_well_and_heard(void **state)
{
    (void)state;
    (void)transfer_run(&u, &v2, 0);
    update_init(&u, 1, sign_public());
    assert_int_equal(transfer_begin(&u, &v2, 0).status, TB_LINK_UPDATE_TRIAL);
    assert_false(update_turn(&u, &(struct update_health){.well = true}, 10));
    assert_false(update_turn(&u, &(struct update_health){.heard = true}, 20));
    assert_int_equal(record_load().trial, 1);
    assert_false(update_turn(&u, &transfer_well, 30));
    assert_int_equal(record_load().confirmed, 1);
    assert_int_equal(record_load().trial, RECORD_NO_SLOT);
    assert_int_equal(transfer_begin(&u, &v2, 0).status, TB_LINK_UPDATE_RUNNING);
    assert_false(update_turn(&u, &transfer_well, UPDATE_TRIAL_MS + 1));
}

/* Every try may erase a unit. */
static void confirmation_that_the_flash_does_not_take_is_tried_now_and_then(void **state)
{
    (void)state;
    (void)transfer_run(&u, &v2, 0);
    update_init(&u, 1, sign_public());
    flash_worn_below(FLASH_SIZE);
    assert_false(update_turn(&u, &transfer_well, 10));
    flash_worn_below(0);
    assert_false(update_turn(&u, &transfer_well, 10 + UPDATE_CONFIRM_MS - 1));
    assert_int_equal(record_load().trial, 1);
    assert_false(update_turn(&u, &transfer_well, 10 + UPDATE_CONFIRM_MS));
    assert_int_equal(record_load().confirmed, 1);
    assert_int_equal(record_load().trial, RECORD_NO_SLOT);
}

static void trial_ends_in_time(void **state)
{
    (void)state;
    (void)transfer_run(&u, &v2, 0);
    update_init(&u, 1, sign_public());
    struct update_health silent = {.well = true};
    assert_false(update_turn(&u, &silent, UPDATE_TRIAL_MS - 1));
    assert_true(update_turn(&u, &silent, UPDATE_TRIAL_MS));
}

static void trial_takes_no_other_image(void **state)
{
    (void)state;
    (void)transfer_run(&u, &v2, 0);
    update_init(&u, 1, sign_public());
    struct transfer_image v3;
    transfer_make(&v3, TRANSFER_V2 + 1, 0, 0);
    struct tb_link_update_answer a = transfer_begin(&u, &v3, 0);
    assert_int_equal(a.status, TB_LINK_UPDATE_BUSY);
    assert_int_equal(a.reason, TB_LINK_REASON_UPDATE_TRIAL);
    struct tb_image image;
    assert_true(verify_slot(0, &image));
}

/* Each byte of the header is in one of: magic, sizes, board, version, digest, reserved, signature. */
static void header_with_any_changed_byte_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof v2.header; i++) {
        v2.header[i] ^= 0x01;
        struct tb_link_update_answer a = transfer_begin(&u, &v2, TB_LINK_UPDATE_FORCE);
        assert_int_equal(a.status, TB_LINK_UPDATE_REFUSED);
        v2.header[i] ^= 0x01;
    }
    assert_true(slot_is_blank(1));
}

static void body_with_any_changed_block_is_refused(void **state)
{
    (void)state;
    struct tb_image image;
    for (size_t i = 0; i < sizeof v2.body; i += 127) {
        v2.body[i] ^= 0x80;
        assert_refused(transfer_run(&u, &v2, 0), TB_LINK_REASON_UPDATE_DIGEST);
        v2.body[i] ^= 0x80;
        assert_false(verify_slot(1, &image));
        assert_int_equal(record_load().trial, RECORD_NO_SLOT);
        assert_false(update_turn(&u, &transfer_well, 0));
    }
    assert_int_equal(transfer_run(&u, &v2, 0).status, TB_LINK_UPDATE_STORED);
}

static void image_of_another_key_is_refused(void **state)
{
    (void)state;
    uint8_t other[VERIFY_KEY_SIZE];
    memcpy(other, sign_public(), sizeof other);
    other[40] ^= 1; /* not even a point of the curve */
    update_init(&u, 0, other);
    assert_refused(transfer_begin(&u, &v2, 0), TB_LINK_REASON_UPDATE_SIGNATURE);
    update_init(&u, 0, sign_public());
    assert_wants(transfer_begin(&u, &v2, 0), 0);
}

static void signed_again(struct transfer_image *image, size_t at, uint8_t value)
{
    image->header[at] = value;
    sign_again(image->header);
}

static void wrong_board_slot_and_size_are_refused(void **state)
{
    (void)state;
    signed_again(&v2, 8, 'x');
    assert_refused(transfer_begin(&u, &v2, TB_LINK_UPDATE_FORCE), TB_LINK_REASON_UPDATE_BOARD);
    transfer_make(&v2, TRANSFER_V2, 0, 0);
    assert_refused(transfer_begin(&u, &v2, TB_LINK_UPDATE_FORCE), TB_LINK_REASON_UPDATE_SLOT);
    transfer_make(&v2, TRANSFER_V2, 0, 1);
    signed_again(&v2, 54, (FLASH_SLOT_SIZE - TB_IMAGE_BODY_AT + 256) >> 8);
    assert_refused(transfer_begin(&u, &v2, TB_LINK_UPDATE_FORCE), TB_LINK_REASON_UPDATE_ROOM);
    signed_again(&v2, 0, 'x');
    assert_refused(transfer_begin(&u, &v2, TB_LINK_UPDATE_FORCE), TB_LINK_REASON_UPDATE_FORMAT);
    assert_true(slot_is_blank(1));
}

static void older_and_same_need_force(void **state)
{
    (void)state;
    transfer_make(&v2, TRANSFER_V1, 0, 1);
    assert_refused(transfer_begin(&u, &v2, 0), TB_LINK_REASON_UPDATE_SAME);
    transfer_make(&v2, TRANSFER_V1 - 1, 0, 1);
    assert_refused(transfer_begin(&u, &v2, 0), TB_LINK_REASON_UPDATE_OLDER);
    assert_int_equal(transfer_run(&u, &v2, TB_LINK_UPDATE_FORCE).status, TB_LINK_UPDATE_STORED);
}

static void nothing_below_the_floor_is_taken(void **state)
{
    (void)state;
    transfer_make(&v1, TRANSFER_V1, TRANSFER_V1, 0);
    transfer_burn(&v1, 0);
    transfer_make(&v2, TRANSFER_V1 - 1, 0, 1);
    assert_refused(transfer_begin(&u, &v2, TB_LINK_UPDATE_FORCE), TB_LINK_REASON_UPDATE_FLOOR);
}

static void floor_does_not_sink(void **state)
{
    (void)state;
    transfer_make(&v1, TRANSFER_V1, TRANSFER_V1, 0);
    transfer_burn(&v1, 0);
    transfer_make(&v2, TRANSFER_V2, TRANSFER_V1 - 1, 1);
    assert_refused(transfer_begin(&u, &v2, TB_LINK_UPDATE_FORCE), TB_LINK_REASON_UPDATE_FLOOR);
    transfer_make(&v2, TRANSFER_V2, TRANSFER_V1, 1);
    assert_wants(transfer_begin(&u, &v2, 0), 0);
}

static void failed_image_needs_force(void **state)
{
    (void)state;
    struct record r = record_initial();
    r.confirmed = 0;
    memcpy(r.failed, v2.header + 56, sizeof r.failed);
    assert_int_equal(record_save(&r), TB_OK);
    assert_refused(transfer_begin(&u, &v2, 0), TB_LINK_REASON_UPDATE_FAILED);
    assert_int_equal(transfer_run(&u, &v2, TB_LINK_UPDATE_FORCE).status, TB_LINK_UPDATE_STORED);
}

static void blocks_may_come_twice_or_out_of_turn(void **state)
{
    (void)state;
    assert_wants(transfer_begin(&u, &v2, 0), 0);
    assert_wants(transfer_block(&u, &v2, 256), 0); /* ahead */
    assert_wants(transfer_block(&u, &v2, 0), 256);
    assert_wants(transfer_block(&u, &v2, 0), 256); /* again */
    assert_wants(transfer_end(&u), 256);           /* too early */
    assert_wants(transfer_begin(&u, &v2, 0), 256); /* another agent goes on */
    struct tb_link_message cut = {.type = TB_LINK_UPDATE_BLOCK,
                                  .update_block = {.offset = 256, .data = tb_span_of(v2.body + 256, 255)}};
    assert_wants(update_take(&u, &cut, &transfer_well), 256);
    struct tb_link_update_answer a = transfer_run(&u, &v2, 0);
    assert_int_equal(a.status, TB_LINK_UPDATE_STORED);
    assert_int_equal(transfer_end(&u).status, TB_LINK_UPDATE_STORED);
    assert_int_equal(transfer_begin(&u, &v2, 0).status, TB_LINK_UPDATE_STORED);
}

static void nothing_is_stored_without_a_beginning(void **state)
{
    (void)state;
    assert_refused(transfer_block(&u, &v2, 0), TB_LINK_REASON_UPDATE_NOT_BEGUN);
    assert_refused(transfer_end(&u), TB_LINK_REASON_UPDATE_NOT_BEGUN);
    assert_true(slot_is_blank(1));
}

/* A head that restarts in the middle begins anew, and the agent is told so at once. */
static void restart_begins_anew(void **state)
{
    (void)state;
    for (uint32_t blocks = 0; blocks < TRANSFER_BLOCKS; blocks++) {
        (void)setup(NULL);
        assert_wants(transfer_begin(&u, &v2, 0), 0);
        for (uint32_t i = 0; i < blocks; i++)
            (void)transfer_block(&u, &v2, i * TB_LINK_UPDATE_BLOCK_SIZE);
        update_init(&u, 0, sign_public());
        assert_refused(transfer_block(&u, &v2, blocks * TB_LINK_UPDATE_BLOCK_SIZE),
                       TB_LINK_REASON_UPDATE_NOT_BEGUN);
        assert_int_equal(transfer_run(&u, &v2, 0).status, TB_LINK_UPDATE_STORED);
    }
}

static void another_image_takes_the_place_of_a_started_one(void **state)
{
    (void)state;
    struct transfer_image v3;
    struct tb_image image;
    transfer_make(&v3, TRANSFER_V2 + 1, 0, 1);
    (void)transfer_begin(&u, &v2, 0);
    (void)transfer_block(&u, &v2, 0);
    assert_int_equal(transfer_run(&u, &v3, 0).status, TB_LINK_UPDATE_STORED);
    assert_true(verify_slot(1, &image));
    assert_int_equal(image.version, TRANSFER_V2 + 1);
}

static void head_that_is_not_well_takes_none(void **state)
{
    (void)state;
    struct tb_link_message m = {.type = TB_LINK_UPDATE_BEGIN,
                                .update_begin = {.header = tb_span_of(v2.header, sizeof v2.header)}};
    assert_refused(update_take(&u, &m, &(struct update_health){.heard = true}), TB_LINK_REASON_UPDATE_UNWELL);
    struct tb_link_update_answer a =
        update_take(&u, &m, &(struct update_health){.well = true, .reading = true});
    assert_int_equal(a.status, TB_LINK_UPDATE_BUSY);
    assert_int_equal(a.reason, TB_LINK_REASON_UPDATE_TAP);
    assert_true(slot_is_blank(1));
}

static void worn_flash_is_told(void **state)
{
    (void)state;
    struct tb_image image;
    flash_worn_below(2 * FLASH_SLOT_SIZE);
    assert_refused(transfer_begin(&u, &v2, 0), TB_LINK_REASON_UPDATE_FLASH);
    flash_worn_below(0);
    assert_wants(transfer_begin(&u, &v2, 0), 0);
    flash_worn_below(2 * FLASH_SLOT_SIZE);
    assert_refused(transfer_block(&u, &v2, 0), TB_LINK_REASON_UPDATE_FLASH);
    flash_worn_below(0);
    assert_refused(transfer_block(&u, &v2, 0), TB_LINK_REASON_UPDATE_NOT_BEGUN);
    for (uint32_t i = 0; i <= TRANSFER_BLOCKS; i++)
        (void)(i == 0 ? transfer_begin(&u, &v2, 0) : transfer_block(&u, &v2, (i - 1) * 256));
    flash_worn_below(FLASH_SIZE);
    assert_refused(transfer_end(&u), TB_LINK_REASON_UPDATE_FLASH);
    assert_false(verify_slot(1, &image));
    assert_true(verify_slot(0, &image));
}

static void program_outside_a_slot_takes_none(void **state)
{
    (void)state;
    update_init(&u, TB_HAL_SLOT_COUNT, sign_public());
    assert_refused(transfer_begin(&u, &v2, 0), TB_LINK_REASON_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(image_is_stored_and_on_trial, setup),
        cmocka_unit_test_setup(trial_is_confirmed_when_well_and_heard, setup),
        cmocka_unit_test_setup(confirmation_that_the_flash_does_not_take_is_tried_now_and_then, setup),
        cmocka_unit_test_setup(trial_ends_in_time, setup),
        cmocka_unit_test_setup(trial_takes_no_other_image, setup),
        cmocka_unit_test_setup(header_with_any_changed_byte_is_refused, setup),
        cmocka_unit_test_setup(body_with_any_changed_block_is_refused, setup),
        cmocka_unit_test_setup(image_of_another_key_is_refused, setup),
        cmocka_unit_test_setup(wrong_board_slot_and_size_are_refused, setup),
        cmocka_unit_test_setup(older_and_same_need_force, setup),
        cmocka_unit_test_setup(nothing_below_the_floor_is_taken, setup),
        cmocka_unit_test_setup(floor_does_not_sink, setup),
        cmocka_unit_test_setup(failed_image_needs_force, setup),
        cmocka_unit_test_setup(blocks_may_come_twice_or_out_of_turn, setup),
        cmocka_unit_test_setup(nothing_is_stored_without_a_beginning, setup),
        cmocka_unit_test_setup(restart_begins_anew, setup),
        cmocka_unit_test_setup(another_image_takes_the_place_of_a_started_one, setup),
        cmocka_unit_test_setup(head_that_is_not_well_takes_none, setup),
        cmocka_unit_test_setup(worn_flash_is_told, setup),
        cmocka_unit_test_setup(program_outside_a_slot_takes_none, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
