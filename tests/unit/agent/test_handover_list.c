/* What waits in a store: in which order a clerk sees it, and that nobody can hide who stands there. */
#include "agent/app/handover/handover_list.h"
#include "core/base/assert.h"
#include "tests/support/unit.h"

#include <stdio.h>

static struct tb_handover_list list;

static struct tb_id id_of(unsigned number)
{
    struct tb_id id = {{0}};
    id.bytes[0] = 1;
    id.bytes[14] = (uint8_t)(number >> 8);
    id.bytes[15] = (uint8_t)number;
    return id;
}

/* from "": a customer on the web. */
static struct tb_handover_entry entry(unsigned number, enum tb_handover_reason reason, const char *from)
{
    struct tb_handover_entry e = {
        .id = id_of(number),
        .version = 1,
        .doc = {.at_ms = 1000 + (int64_t)number, .reason = reason, .state = TB_HANDOVER_OPEN}};
    (void)snprintf(e.doc.from, sizeof e.doc.from, "%s", from);
    return e;
}

static bool put(unsigned number, enum tb_handover_reason reason, const char *from)
{
    const struct tb_handover_entry e = entry(number, reason, from);
    return tb_handover_list_put(&list, &e);
}

static void assert_order(const unsigned *numbers, size_t count)
{
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < count; i++) {
        const struct tb_id id = id_of(numbers[i]);
        assert_true(tb_id_equal(&list.at[i].id, &id));
    }
}

static int begin(void **state)
{
    (void)state;
    tb_handover_list_clear(&list);
    return 0;
}

static void who_stands_there_comes_first(void **state)
{
    (void)state;
    assert_true(put(1, TB_HANDOVER_FOR_HELP, "Kiosk 7"));
    assert_true(put(6, TB_HANDOVER_FOR_CONTINUE, "Kiosk 7"));
    assert_true(put(4, TB_HANDOVER_FOR_HELP, ""));
    assert_true(put(5, TB_HANDOVER_FOR_NONE, "Till 4"));
    assert_true(put(3, TB_HANDOVER_FOR_HELP, ""));
    assert_true(put(2, TB_HANDOVER_FOR_HELP, "Kiosk 8"));
    assert_order((unsigned[]){2, 1, 4, 3, 6, 5}, 6);
}

static void what_is_declined_goes_to_the_end_and_stays_there(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i++)
        assert_true(put(i, TB_HANDOVER_FOR_HELP, "Kiosk 7"));
    const struct tb_id id = id_of(3);
    const struct tb_id unknown = id_of(9);
    tb_handover_list_decline(&list, &id);
    tb_handover_list_decline(&list, &unknown);
    assert_order((unsigned[]){2, 1, 3}, 3);
    assert_true(put(3, TB_HANDOVER_FOR_HELP, "Kiosk 7")); /* somebody else declined it as well */
    assert_order((unsigned[]){2, 1, 3}, 3);
    assert_true(tb_handover_list_find(&list, &id)->declined);
}

static void one_that_is_known_is_not_there_twice(void **state)
{
    (void)state;
    struct tb_handover_entry e = entry(1, TB_HANDOVER_FOR_HELP, "Kiosk 7");
    assert_true(tb_handover_list_put(&list, &e));
    e.version = 2;
    e.doc.declined = 1;
    assert_true(tb_handover_list_put(&list, &e));
    assert_int_equal(list.count, 1);
    assert_int_equal(tb_handover_list_find(&list, &e.id)->version, 2);
    assert_int_equal(tb_handover_list_find(&list, &e.id)->doc.declined, 1);
}

/* However many carts are sent on, and however many accounts call: each call of the store is there. */
static void the_web_hides_no_call_of_the_store(void **state)
{
    (void)state;
    assert_true(put(1, TB_HANDOVER_FOR_HELP, "Kiosk 7"));
    for (unsigned i = 2; i < 400; i++)
        (void)put(i, i % 2 ? TB_HANDOVER_FOR_CONTINUE : TB_HANDOVER_FOR_HELP, "");
    assert_int_equal(list.count, TB_HANDOVERS_OPEN_MAX);
    assert_false(put(400, TB_HANDOVER_FOR_HELP, "Kiosk 8"));
    const unsigned first[] = {400, 1, 398, 396};
    for (size_t i = 0; i < TB_ARRAY_SIZE(first); i++) {
        const struct tb_id id = id_of(first[i]);
        assert_true(tb_id_equal(&list.at[i].id, &id));
    }
    assert_int_equal(list.count, TB_HANDOVERS_OPEN_MAX);
    for (size_t i = 0; i < list.count; i++)
        assert_int_equal(list.at[i].doc.reason, TB_HANDOVER_FOR_HELP);
}

static void the_oldest_that_is_to_go_on_makes_room(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= TB_HANDOVERS_OPEN_MAX; i++)
        assert_true(put(i, TB_HANDOVER_FOR_CONTINUE, "Kiosk 7"));
    assert_false(put(100, TB_HANDOVER_FOR_CONTINUE, "Kiosk 7"));
    const struct tb_id oldest = id_of(1);
    const struct tb_id newest = id_of(100);
    assert_null(tb_handover_list_find(&list, &oldest));
    assert_non_null(tb_handover_list_find(&list, &newest));
    const struct tb_handover_entry older = entry(0, TB_HANDOVER_FOR_CONTINUE, "Kiosk 7");
    assert_false(tb_handover_list_put(&list, &older));
    assert_null(tb_handover_list_find(&list, &older.id));
    assert_int_equal(list.count, TB_HANDOVERS_OPEN_MAX);
}

static void what_is_taken_away_leaves_nothing(void **state)
{
    (void)state;
    static const struct tb_handover_list none;
    const struct tb_id customer = id_of(77);
    for (unsigned i = 1; i <= 6; i++) {
        struct tb_handover_entry e = entry(i, TB_HANDOVER_FOR_HELP, "Kiosk 7");
        if (i % 2)
            e.customer = customer;
        assert_true(tb_handover_list_put(&list, &e));
    }
    tb_handover_list_forget(&list, &customer);
    assert_order((unsigned[]){6, 4, 2}, 3);
    for (unsigned i = 2; i <= 6; i += 2) {
        const struct tb_id id = id_of(i);
        tb_handover_list_remove(&list, &id);
        tb_handover_list_remove(&list, &id);
    }
    assert_memory_equal(&list, &none, sizeof list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(who_stands_there_comes_first, begin),
        cmocka_unit_test_setup(what_is_declined_goes_to_the_end_and_stays_there, begin),
        cmocka_unit_test_setup(one_that_is_known_is_not_there_twice, begin),
        cmocka_unit_test_setup(the_web_hides_no_call_of_the_store, begin),
        cmocka_unit_test_setup(the_oldest_that_is_to_go_on_makes_room, begin),
        cmocka_unit_test_setup(what_is_taken_away_leaves_nothing, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
