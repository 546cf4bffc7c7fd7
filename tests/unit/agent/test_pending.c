#include "agent/app/visit/pending.h"

#include "tests/support/unit.h"

#include <stdio.h>

static struct tb_pending pending;

static int tear_down(void **state)
{
    (void)state;
    tb_pending_free(&pending);
    return 0;
}

static struct tb_mutation mutation(int64_t seq, uint8_t customer)
{
    return (struct tb_mutation){.seq = seq,
                                .kind = TB_MUTATION_CART_ADD,
                                .customer = {{customer}},
                                .cart = {{9}},
                                .add = {.gtin = "04006381333931", .quantity = 1}};
}

static void add(int64_t seq, uint8_t customer)
{
    const struct tb_mutation m = mutation(seq, customer);
    assert_int_equal(tb_pending_add(&pending, &m, TB_VERDICT_NONE, 0), TB_OK);
}

static void decide(int64_t seq, enum tb_verdict_kind kind, int64_t version)
{
    const struct tb_verdict verdict = {.seq = seq, .kind = kind, .version = version};
    tb_pending_decide(&pending, &verdict);
}

static size_t count_of(uint8_t customer)
{
    const struct tb_pending_whose whose = {.customer = {{customer}}, .cart = {{9}}};
    size_t index = 0;
    size_t count = 0;
    while (tb_pending_next(&pending, &whose, &index))
        count++;
    return count;
}

static void each_customer_has_its_own(void **state)
{
    (void)state;
    for (int64_t seq = 1; seq <= 100; seq++)
        add(seq, (uint8_t)(seq % 3));
    assert_int_equal(count_of(0), 33);
    assert_int_equal(count_of(1), 34);
    assert_int_equal(count_of(7), 0);
    assert_int_equal(pending.undecided_count, 100);
}

static void a_rejected_one_is_taken_back(void **state)
{
    (void)state;
    add(1, 1);
    add(2, 1);
    decide(1, TB_VERDICT_REJECTED, 0);
    assert_int_equal(count_of(1), 1);
    assert_int_equal(pending.undecided_count, 1);
}

static void an_applied_one_stays_until_the_cart_holds_it(void **state)
{
    (void)state;
    const struct tb_pending_whose hers = {.customer = {{1}}};
    add(1, 1);
    add(2, 1);
    decide(1, TB_VERDICT_APPLIED, 5);
    assert_int_equal(pending.undecided_count, 1);
    tb_pending_settle(&pending, &hers, 4);
    assert_int_equal(count_of(1), 2);
    tb_pending_settle(&pending, &hers, 5);
    assert_int_equal(count_of(1), 1);
    assert_int_equal(pending.entries[0].mutation.seq, 2);
}

static void a_second_verdict_changes_nothing(void **state)
{
    (void)state;
    add(1, 1);
    decide(1, TB_VERDICT_APPLIED, 5);
    decide(1, TB_VERDICT_DUPLICATE, 3);
    assert_int_equal(pending.undecided_count, 0);
    assert_int_equal(pending.entries[0].version, 5);
}

static void a_verdict_that_is_only_heard_settles_nothing(void **state)
{
    (void)state;
    const struct tb_pending_whose hers = {.customer = {{1}}};
    const struct tb_verdict verdict = {.seq = 1, .kind = TB_VERDICT_APPLIED, .version = 5};
    add(1, 1);
    tb_pending_hear(&pending, &verdict);
    assert_int_equal(pending.entries[0].version, 5);
    assert_int_equal(pending.undecided_count, 1);
    tb_pending_settle(&pending, &hers, 5);
    assert_int_equal(count_of(1), 1);
}

static void those_whose_verdicts_were_heard_before_a_restart_count_as_held(void **state)
{
    (void)state;
    for (int64_t seq = 1; seq <= 3; seq++)
        add(seq, 1);
    decide(1, TB_VERDICT_APPLIED, 5);
    tb_pending_hear_up_to(&pending, 2);
    assert_int_equal(pending.entries[0].version, 5);
    assert_int_equal(pending.entries[1].version, 1);
    assert_int_equal(pending.entries[2].version, 0);
    assert_int_equal(pending.undecided_count, 2);
    decide(2, TB_VERDICT_DUPLICATE, 6);
    assert_int_equal(pending.entries[1].version, 6);
}

/* Nobody's carts have nothing in common but that they are nobody's. */
static void each_cart_of_nobody_is_its_own(void **state)
{
    (void)state;
    const struct tb_pending_whose this_one = {.cart = {{9}}};
    const struct tb_pending_whose other = {.cart = {{8}}};
    size_t index = 0;
    add(1, 0);
    decide(1, TB_VERDICT_APPLIED, 5);
    assert_null(tb_pending_next(&pending, &other, &index));
    tb_pending_settle(&pending, &other, 5);
    assert_int_equal(count_of(0), 1);
    tb_pending_settle(&pending, &this_one, 5);
    assert_int_equal(count_of(0), 0);
}

static void settling_up_to_a_seq_spares_what_is_not_decided(void **state)
{
    (void)state;
    for (int64_t seq = 1; seq <= 4; seq++)
        add(seq, 1);
    decide(1, TB_VERDICT_APPLIED, 1);
    decide(2, TB_VERDICT_APPLIED, 2);
    decide(4, TB_VERDICT_APPLIED, 4);
    tb_pending_settle_up_to(&pending, 3);
    assert_int_equal(pending.count, 2);
    assert_int_equal(pending.entries[0].mutation.seq, 3);
    assert_int_equal(pending.entries[1].mutation.seq, 4);
}

static bool told_again(int64_t seq, const char *transaction)
{
    struct tb_mutation m = {
        .seq = seq, .kind = TB_MUTATION_CHECKOUT_FINISH, .customer = {{1}}, .cart = {{9}}};
    (void)snprintf(m.finish.sale.transaction, sizeof m.finish.sale.transaction, "%s", transaction);
    (void)snprintf(m.finish.sale.business_date, sizeof m.finish.sale.business_date, "2026-11-23");
    assert_int_equal(tb_pending_add(&pending, &m, TB_VERDICT_NONE, 0), TB_OK);
    return tb_pending_find(&pending, seq)->again;
}

static void a_sale_is_told_once(void **state)
{
    (void)state;
    const struct tb_pending_whose whose = {.customer = {{1}}};
    assert_false(told_again(1, "T-1"));
    assert_true(told_again(2, "T-1"));
    assert_false(told_again(3, "T-2"));
    decide(1, TB_VERDICT_APPLIED, 5);
    tb_pending_settle(&pending, &whose, 5);
    assert_null(tb_pending_find(&pending, 1));
    assert_true(told_again(4, "T-1"));
}

static void a_sale_that_was_not_booked_is_told_anew(void **state)
{
    (void)state;
    assert_false(told_again(1, "T-1"));
    decide(1, TB_VERDICT_REJECTED, 0);
    assert_false(told_again(2, "T-1"));
    tb_pending_drop(&pending, 2);
    assert_false(told_again(3, "T-1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_customer_has_its_own, tear_down),
        cmocka_unit_test_teardown(a_rejected_one_is_taken_back, tear_down),
        cmocka_unit_test_teardown(an_applied_one_stays_until_the_cart_holds_it, tear_down),
        cmocka_unit_test_teardown(a_second_verdict_changes_nothing, tear_down),
        cmocka_unit_test_teardown(a_verdict_that_is_only_heard_settles_nothing, tear_down),
        cmocka_unit_test_teardown(those_whose_verdicts_were_heard_before_a_restart_count_as_held, tear_down),
        cmocka_unit_test_teardown(a_sale_is_told_once, tear_down),
        cmocka_unit_test_teardown(a_sale_that_was_not_booked_is_told_anew, tear_down),
        cmocka_unit_test_teardown(each_cart_of_nobody_is_its_own, tear_down),
        cmocka_unit_test_teardown(settling_up_to_a_seq_spares_what_is_not_decided, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
