/* What a terminal took over: it begins in turn, or it is given back, whatever happens to the terminal. */
#include "agent/app/handover/acceptances.h"
#include "core/base/assert.h"
#include "tests/support/unit.h"

#include <stdlib.h>

#define MINUTE_MS INT64_C(60000)

static struct tb_acceptances list;
static int64_t now_ms;

static int begin(void **state)
{
    (void)state;
    tb_acceptances_clear(&list);
    now_ms = 1000;
    return 0;
}

static int end(void **state)
{
    (void)state;
    tb_acceptances_clear(&list);
    return 0;
}

static struct tb_id id_of(uint8_t number)
{
    struct tb_id id = {{0}};
    id.bytes[0] = 1;
    id.bytes[15] = number;
    return id;
}

static struct tb_acceptance *add(uint8_t number)
{
    const struct tb_id id = id_of(number);
    struct tb_acceptance *one = NULL;
    assert_int_equal(tb_acceptances_add(&list, &id, now_ms, &one), TB_OK);
    return one;
}

static void assert_is(const struct tb_acceptance *one, uint8_t number)
{
    const struct tb_id id = id_of(number);
    assert_non_null(one);
    assert_true(tb_id_equal(&one->id, &id));
}

static void the_oldest_begins_first(void **state)
{
    (void)state;
    struct tb_acceptance *first = add(2);
    struct tb_acceptance *second = add(1);
    assert_null(tb_acceptances_oldest_held(&list));
    assert_false(tb_acceptances_has_held(&list));
    tb_acceptance_hold(second, now_ms);
    tb_acceptance_hold(first, now_ms + 1);
    assert_true(tb_acceptances_has_held(&list));
    assert_is(tb_acceptances_oldest_held(&list), 1);
    tb_acceptance_drop(second);
    assert_is(tb_acceptances_oldest_held(&list), 2);
}

/* Its own time begins with the verdict. */
static void what_is_held_for_ten_minutes_is_given_back(void **state)
{
    (void)state;
    struct tb_acceptance *one = add(1);
    now_ms += MINUTE_MS;
    tb_acceptance_hold(one, now_ms);
    one->cart = malloc(sizeof *one->cart);
    assert_int_equal(tb_acceptances_due_ms(&list), now_ms + 10 * MINUTE_MS);
    assert_null(tb_acceptances_overdue(&list, now_ms + 10 * MINUTE_MS - 1));
    assert_int_equal(one->stage, TB_ACCEPTANCE_HELD);
    now_ms += 10 * MINUTE_MS;
    assert_ptr_equal(tb_acceptances_overdue(&list, now_ms), one);
    assert_int_equal(one->stage, TB_ACCEPTANCE_BACK);
    assert_null(one->cart);
    assert_null(tb_acceptances_oldest_held(&list));
}

static void so_is_what_nobody_decided(void **state)
{
    (void)state;
    struct tb_acceptance *one = add(1);
    one->seq = 7;
    assert_ptr_equal(tb_acceptances_of_seq(&list, 7), one);
    assert_null(tb_acceptances_of_seq(&list, 0));
    assert_null(tb_acceptances_overdue(&list, now_ms + 2 * MINUTE_MS - 1));
    assert_ptr_equal(tb_acceptances_overdue(&list, now_ms + 2 * MINUTE_MS), one);
    assert_null(tb_acceptances_of_seq(&list, 7)); /* a verdict begins nothing any more */
}

static void what_could_not_be_given_back_is_tried_again(void **state)
{
    (void)state;
    struct tb_acceptance *one = add(1);
    tb_acceptance_give_back(one, now_ms);
    assert_ptr_equal(tb_acceptances_overdue(&list, now_ms), one);
    one->until_ms = now_ms + TB_ACCEPTANCE_RETRY_MS;
    assert_null(tb_acceptances_overdue(&list, now_ms));
    assert_ptr_equal(tb_acceptances_overdue(&list, now_ms + TB_ACCEPTANCE_RETRY_MS), one);
    one->stage = TB_ACCEPTANCE_GOING;
    assert_int_equal(tb_acceptances_due_ms(&list), INT64_MAX);
}

/* An agent that begins anew does not know who was served meanwhile: nothing begins there by itself. */
static void what_an_agent_before_took_is_left(void **state)
{
    (void)state;
    struct tb_taken taken;
    struct tb_acceptance *held = add(1);
    (void)add(2);
    tb_acceptance_hold(held, now_ms);
    tb_acceptances_save(&list, &taken);
    assert_int_equal(taken.count, 2);
    tb_acceptances_clear(&list);
    tb_acceptances_load(&list, &taken);
    for (uint8_t i = 1; i <= 2; i++) {
        const struct tb_id id = id_of(i);
        assert_int_equal(tb_acceptances_find(&list, &id)->stage, TB_ACCEPTANCE_LEFT);
    }
    assert_int_equal(tb_acceptances_due_ms(&list), INT64_MAX);
    assert_null(tb_acceptances_oldest_held(&list));
}

static void one_is_taken_once(void **state)
{
    (void)state;
    const struct tb_taken taken = {.count = 1, .ids = {id_of(1)}};
    const struct tb_id id = id_of(1);
    const struct tb_id more = id_of(9);
    struct tb_acceptance *one;
    tb_acceptances_load(&list, &taken);
    assert_int_equal(add(1)->stage, TB_ACCEPTANCE_ASKED); /* open again, and a clerk takes it again */
    assert_int_equal(tb_acceptances_add(&list, &id, now_ms, &one), TB_ERR_CONFLICT);
    for (uint8_t i = 2; i <= TB_ACCEPTANCE_COUNT_MAX; i++)
        (void)add(i);
    assert_int_equal(tb_acceptances_add(&list, &more, now_ms, &one), TB_ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_oldest_begins_first, begin, end),
        cmocka_unit_test_setup_teardown(what_is_held_for_ten_minutes_is_given_back, begin, end),
        cmocka_unit_test_setup_teardown(so_is_what_nobody_decided, begin, end),
        cmocka_unit_test_setup_teardown(what_could_not_be_given_back_is_tried_again, begin, end),
        cmocka_unit_test_setup_teardown(what_an_agent_before_took_is_left, begin, end),
        cmocka_unit_test_setup_teardown(one_is_taken_once, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
