/*
 * The way of an image into a reader: the machine of the command line against the firmware itself, on a flash
 * in memory, with answers lost and restarts at every step.
 */
#include "agent/cli/transfer.h"
#include "firmware/boot/boot.h"
#include "firmware/hal/hal.h"
#include "tests/support/head/sign.h"
#include "tests/support/head/transfer.h"
#include "tests/support/unit.h"

enum { STEPS_MAX = 4000, NEVER = -1 };

static struct update head;
static struct transfer_image v1, a, b; /* version 1 in slot 0; version 2 for slot 0 and slot 1 */
static struct transfer_image older;    /* version 1 for slot 1 */
static struct tb_transfer_image images[2];
static struct tb_transfer t;
static struct update_health health;
static bool head_is_there;
static bool dies_on_trial;
static int64_t now_ms;

static void image_take(struct tb_transfer_image *i, const struct transfer_image *from)
{
    i->header = tb_span_of(from->header, sizeof from->header);
    i->body = tb_span_of(from->body, sizeof from->body);
    assert_int_equal(tb_image_parse(i->header, &i->image), TB_OK);
}

static void head_start(void)
{
    struct choice c = boot_prepare();
    assert_int_not_equal(c.slot, RECORD_NO_SLOT);
    update_init(&head, c.slot, sign_public());
    head.trial = c.trial;
}

static int setup(void **state)
{
    (void)state;
    static bool made;
    flash_reset();
    if (!made) { /* signing is what takes time here */
        transfer_make(&v1, TRANSFER_V1, 0, 0);
        transfer_make(&a, TRANSFER_V2, 0, 0);
        transfer_make(&b, TRANSFER_V2, 0, 1);
        transfer_make(&older, TRANSFER_V1, 0, 1);
    }
    made = true;
    transfer_burn(&v1, 0);
    image_take(&images[0], &a);
    image_take(&images[1], &b);
    health = transfer_well;
    head_is_there = true;
    dies_on_trial = false;
    now_ms = 1000;
    head_start();
    return 0;
}

static struct tb_link_message message_of_step(void)
{
    struct tb_span body = images[t.at].body;
    if (t.step == TB_TRANSFER_BEGIN)
        return (struct tb_link_message){
            .type = TB_LINK_UPDATE_BEGIN,
            .update_begin = {.flags = t.force ? TB_LINK_UPDATE_FORCE : 0, .header = images[t.at].header}};
    if (t.step == TB_TRANSFER_BLOCK)
        return (struct tb_link_message){
            .type = TB_LINK_UPDATE_BLOCK,
            .update_block = {.offset = t.next, .data = tb_span_sub(body, t.next, TB_LINK_UPDATE_BLOCK_SIZE)}};
    return (struct tb_link_message){.type = TB_LINK_UPDATE_END};
}

/* One question; lost before it arrives, or with its answer. Then the head's turn, which may restart it. */
static void step_run(bool question_lost, bool answer_lost)
{
    struct tb_link_message m = message_of_step();
    now_ms += t.wait_ms + 5;
    if (question_lost || !head_is_there) {
        tb_transfer_lost(&t, now_ms);
        return;
    }
    struct tb_link_update_answer answer = update_take(&head, &m, &health);
    if (answer_lost)
        tb_transfer_lost(&t, now_ms);
    else
        tb_transfer_answer(&t, &answer, now_ms);
    if (head.trial && dies_on_trial)
        head_start();
    else if (update_turn(&head, &health, 0))
        head_start();
}

static bool is_over(void)
{
    return t.step == TB_TRANSFER_DONE || t.step == TB_TRANSFER_FAILED;
}

/* Runs it with one step lost, and returns how many steps it took. */
static int run(bool force, int question_lost_at, int answer_lost_at)
{
    int step = 0;
    tb_transfer_start(&t, images, 2, force, now_ms);
    for (; !is_over() && step < STEPS_MAX; step++)
        step_run(step == question_lost_at, step == answer_lost_at);
    assert_true(is_over());
    return step;
}

static void assert_result(enum tb_transfer_step step, enum tb_transfer_result result)
{
    assert_int_equal(t.step, step);
    assert_int_equal(t.result, result);
}

static void image_for_the_free_slot_is_installed(void **state)
{
    (void)state;
    (void)run(false, NEVER, NEVER);
    assert_result(TB_TRANSFER_DONE, TB_TRANSFER_INSTALLED);
    assert_int_equal(t.at, 1);
    assert_int_equal(head.running, 1);
    assert_int_equal(record_load().confirmed, 1);
}

static void any_lost_question_or_answer_is_made_good(void **state)
{
    (void)state;
    int steps = run(false, NEVER, NEVER);
    assert_true(steps > (int)TRANSFER_BLOCKS + 2);
    for (int at = 0; at < steps; at++) {
        (void)setup(NULL);
        (void)run(false, at, NEVER);
        assert_result(TB_TRANSFER_DONE, TB_TRANSFER_INSTALLED);
        (void)setup(NULL);
        (void)run(false, NEVER, at);
        assert_result(TB_TRANSFER_DONE, TB_TRANSFER_INSTALLED);
        assert_int_equal(head.running, 1);
    }
}

/* Forced over the same version, too, where every BEGIN with force would start once more. */
static void forced_image_is_installed_once(void **state)
{
    (void)state;
    (void)run(false, NEVER, NEVER);
    int steps = run(true, NEVER, NEVER);
    assert_result(TB_TRANSFER_DONE, TB_TRANSFER_INSTALLED);
    assert_int_equal(head.running, 0);
    for (int at = 0; at < steps; at++) {
        unsigned before = head.running;
        (void)run(true, NEVER, at);
        assert_result(TB_TRANSFER_DONE, TB_TRANSFER_INSTALLED);
        assert_int_equal(head.running, 1 - before);
    }
}

static void head_that_restarts_at_any_step_gets_it_all(void **state)
{
    (void)state;
    int steps = run(false, NEVER, NEVER);
    for (int at = 0; at < steps; at++) {
        (void)setup(NULL);
        tb_transfer_start(&t, images, 2, false, now_ms);
        for (int step = 0; !is_over() && step < STEPS_MAX; step++) {
            if (step == at && !head.trial) /* during the trial a restart is what a failure looks like */
                head_start();
            step_run(false, false);
        }
        assert_result(TB_TRANSFER_DONE, TB_TRANSFER_INSTALLED);
    }
}

/* Restarts whenever that step is the next, which it answers as one that began anew, or not at all. */
static int run_with_restarts(bool force, enum tb_transfer_step step, uint32_t offset, int count_max,
                             bool lost)
{
    int count = 0;
    tb_transfer_start(&t, images, 2, force, now_ms);
    for (int i = 0; !is_over() && i < STEPS_MAX; i++) {
        bool now = t.step == step && t.next == offset && count < count_max;
        count += now;
        if (now)
            head_start();
        step_run(now && lost, false);
    }
    assert_true(is_over());
    return count;
}

static void head_that_always_restarts_is_given_up(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        (void)setup(NULL);
        int count = run_with_restarts(false, TB_TRANSFER_BLOCK, 512, STEPS_MAX, lost);
        assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_SENSELESS);
        assert_int_equal(count, TB_TRANSFER_RESTARTS_MAX + 1);
        (void)run(false, NEVER, NEVER);
        assert_result(TB_TRANSFER_DONE, TB_TRANSFER_INSTALLED);
        count = run_with_restarts(true, TB_TRANSFER_END, TRANSFER_BODY_SIZE, STEPS_MAX, lost);
        assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_SENSELESS);
        assert_int_equal(count, TB_TRANSFER_RESTARTS_MAX + 1);
        assert_int_equal(head.running, 1);
    }
}

/* As often at each block as it may at one. */
static void head_that_gets_further_gets_it_all(void **state)
{
    (void)state;
    int count = 0;
    tb_transfer_start(&t, images, 2, false, now_ms);
    for (int i = 0; !is_over() && i < STEPS_MAX; i++) {
        uint32_t block = 1 + (uint32_t)count / TB_TRANSFER_RESTARTS_MAX;
        if (t.step == TB_TRANSFER_BLOCK && t.next == block * TB_LINK_UPDATE_BLOCK_SIZE) {
            head_start();
            count++;
        }
        step_run(false, false);
    }
    assert_result(TB_TRANSFER_DONE, TB_TRANSFER_INSTALLED);
    assert_int_equal(count, (TRANSFER_BLOCKS - 1) * TB_TRANSFER_RESTARTS_MAX);
}

/* END had no effect: what runs is of the same version, or a newer one, still. */
static void forced_image_is_installed_after_a_lost_end(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        (void)setup(NULL);
        (void)run(false, NEVER, NEVER);
        assert_int_equal(head.running, 1);
        assert_int_equal(run_with_restarts(true, TB_TRANSFER_END, TRANSFER_BODY_SIZE, 3, lost), 3);
        assert_result(TB_TRANSFER_DONE, TB_TRANSFER_INSTALLED);
        assert_int_equal(head.running, 0);
        image_take(&images[1], &older);
        assert_int_equal(run_with_restarts(true, TB_TRANSFER_END, TRANSFER_BODY_SIZE, 3, lost), 3);
        assert_result(TB_TRANSFER_DONE, TB_TRANSFER_INSTALLED);
        assert_int_equal(head.running, 1);
    }
}

/* Of an image that failed before, too: that it failed then is not taken for what became of it now. */
static void forced_image_that_failed_is_installed_after_a_lost_end(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        (void)setup(NULL);
        dies_on_trial = true;
        (void)run(false, NEVER, NEVER);
        assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_ROLLED_BACK);
        dies_on_trial = false;
        assert_int_equal(run_with_restarts(true, TB_TRANSFER_END, TRANSFER_BODY_SIZE, 3, lost), 3);
        assert_result(TB_TRANSFER_DONE, TB_TRANSFER_INSTALLED);
        assert_int_equal(head.running, 1);
    }
}

/* Whether it is told that it is stored or not. */
static void forced_image_that_fails_again_is_told(void **state)
{
    (void)state;
    dies_on_trial = true;
    (void)run(false, NEVER, NEVER);
    int steps = run(true, NEVER, NEVER);
    for (int at = 0; at < steps; at++) {
        (void)run(true, NEVER, at);
        assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_ROLLED_BACK);
        (void)run(false, NEVER, NEVER);
        assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_REFUSED);
        assert_int_equal(t.reason, TB_LINK_REASON_UPDATE_FAILED);
    }
}

static void image_that_runs_already_is_told(void **state)
{
    (void)state;
    (void)run(false, NEVER, NEVER);
    (void)run(false, NEVER, NEVER);
    assert_result(TB_TRANSFER_DONE, TB_TRANSFER_ALREADY);
}

static void rollback_is_told(void **state)
{
    (void)state;
    dies_on_trial = true;
    (void)run(false, NEVER, NEVER);
    assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_ROLLED_BACK);
    assert_int_equal(head.running, 0);
    (void)run(false, NEVER, NEVER);
    assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_REFUSED);
    assert_int_equal(t.reason, TB_LINK_REASON_UPDATE_FAILED);
    dies_on_trial = false;
    (void)run(true, NEVER, NEVER);
    assert_result(TB_TRANSFER_DONE, TB_TRANSFER_INSTALLED);
}

static void refusal_is_told(void **state)
{
    (void)state;
    v1.header[56] ^= 1; /* any other digest than that of what runs */
    image_take(&images[1], &v1);
    (void)run(false, NEVER, NEVER);
    v1.header[56] ^= 1;
    assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_REFUSED);
    assert_int_equal(t.reason, TB_LINK_REASON_UPDATE_SLOT);
}

/* What has just started gets some time to test itself. */
static void head_that_is_not_well_is_asked_again_for_a_while(void **state)
{
    (void)state;
    health.well = false;
    tb_transfer_start(&t, images, 2, false, now_ms);
    for (int i = 0; i < 5; i++)
        step_run(false, false);
    assert_int_equal(t.step, TB_TRANSFER_BEGIN);
    health.well = true;
    for (int i = 0; !is_over() && i < STEPS_MAX; i++)
        step_run(false, false);
    assert_result(TB_TRANSFER_DONE, TB_TRANSFER_INSTALLED);
    (void)setup(NULL);
    health.well = false;
    int64_t began_ms = now_ms;
    (void)run(false, NEVER, NEVER);
    assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_REFUSED);
    assert_int_equal(t.reason, TB_LINK_REASON_UPDATE_UNWELL);
    assert_in_range(now_ms - began_ms, TB_TRANSFER_UNWELL_MS, TB_TRANSFER_UNWELL_MS + 1000);
}

static void card_on_the_reader_is_waited_for(void **state)
{
    (void)state;
    health.reading = true;
    tb_transfer_start(&t, images, 2, false, now_ms);
    for (int i = 0; i < 20; i++)
        step_run(false, false);
    assert_int_equal(t.step, TB_TRANSFER_BEGIN);
    assert_int_equal(t.wait_ms, TB_TRANSFER_AGAIN_MS);
    health.reading = false;
    for (int i = 0; !is_over() && i < STEPS_MAX; i++)
        step_run(false, false);
    assert_result(TB_TRANSFER_DONE, TB_TRANSFER_INSTALLED);
    (void)setup(NULL);
    health.reading = true;
    (void)run(false, NEVER, NEVER);
    assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_BUSY);
    assert_int_equal(t.reason, TB_LINK_REASON_UPDATE_TAP);
}

static void reader_that_stays_away_ends_it(void **state)
{
    (void)state;
    head_is_there = false;
    int64_t began_ms = now_ms;
    (void)run(false, NEVER, NEVER);
    assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_LOST);
    assert_in_range(now_ms - began_ms, TB_TRANSFER_LOST_MS, TB_TRANSFER_LOST_MS + 1000);
}

static void answers(enum tb_link_update_status status, uint32_t next, int count)
{
    struct tb_link_update_answer answer = {.status = status, .next = next};
    for (int i = 0; i < count && !is_over(); i++)
        tb_transfer_answer(&t, &answer, now_ms);
}

static void answers_that_lead_nowhere_end_it(void **state)
{
    (void)state;
    tb_transfer_start(&t, images, 2, false, now_ms);
    answers(TB_LINK_UPDATE_SEND, 256, 100);
    assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_SENSELESS);
    tb_transfer_start(&t, images, 2, false, now_ms);
    answers(TB_LINK_UPDATE_SEND, 255, 1);
    assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_SENSELESS);
    tb_transfer_start(&t, images, 2, false, now_ms);
    answers(TB_LINK_UPDATE_SEND, TRANSFER_BODY_SIZE + 1, 1);
    assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_SENSELESS);
    tb_transfer_start(&t, images, 2, false, now_ms);
    for (int i = 0; i < 100 && !is_over(); i++)
        tb_transfer_answer(&t,
                           &(struct tb_link_update_answer){.status = TB_LINK_UPDATE_REFUSED,
                                                           .reason = TB_LINK_REASON_UPDATE_NOT_BEGUN},
                           now_ms);
    assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_SENSELESS);
}

static void stored_without_a_word_after_it_is_unproven(void **state)
{
    (void)state;
    tb_transfer_start(&t, images, 2, false, now_ms);
    answers(TB_LINK_UPDATE_STORED, TRANSFER_BODY_SIZE, 1);
    for (int64_t at_ms = now_ms; !is_over(); at_ms += TB_TRANSFER_AGAIN_MS) {
        now_ms = at_ms;
        answers(TB_LINK_UPDATE_TRIAL, TRANSFER_BODY_SIZE, 1);
    }
    assert_result(TB_TRANSFER_FAILED, TB_TRANSFER_UNPROVEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(image_for_the_free_slot_is_installed, setup),
        cmocka_unit_test_setup(any_lost_question_or_answer_is_made_good, setup),
        cmocka_unit_test_setup(forced_image_is_installed_once, setup),
        cmocka_unit_test_setup(head_that_restarts_at_any_step_gets_it_all, setup),
        cmocka_unit_test_setup(head_that_always_restarts_is_given_up, setup),
        cmocka_unit_test_setup(head_that_gets_further_gets_it_all, setup),
        cmocka_unit_test_setup(forced_image_is_installed_after_a_lost_end, setup),
        cmocka_unit_test_setup(forced_image_that_failed_is_installed_after_a_lost_end, setup),
        cmocka_unit_test_setup(forced_image_that_fails_again_is_told, setup),
        cmocka_unit_test_setup(image_that_runs_already_is_told, setup),
        cmocka_unit_test_setup(rollback_is_told, setup),
        cmocka_unit_test_setup(refusal_is_told, setup),
        cmocka_unit_test_setup(head_that_is_not_well_is_asked_again_for_a_while, setup),
        cmocka_unit_test_setup(card_on_the_reader_is_waited_for, setup),
        cmocka_unit_test_setup(reader_that_stays_away_ends_it, setup),
        cmocka_unit_test_setup(answers_that_lead_nowhere_end_it, setup),
        cmocka_unit_test_setup(stored_without_a_word_after_it_is_unproven, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
