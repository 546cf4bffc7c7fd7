#include "core/cart/view.h"
#include "tests/unit/cart/cart_test.h"

#include "tests/support/unit.h"

static struct test_cart base;
static struct tb_cart_view view;

static int setup(void **state)
{
    (void)state;
    memset(&base, 0, sizeof base);
    assert_int_equal(test_apply(&base, test_add(1, 17, 2)), TB_CART_OK);
    assert_int_equal(test_apply(&base, test_add(2, 18, 1)), TB_CART_OK);
    return 0;
}

static void lay(struct tb_mutation m)
{
    struct tb_cart_facts facts = {.at_ms = 9000, .channel = TB_CHANNEL_TILL};
    tb_cart_view_add(&view, &m, &facts, NULL);
}

static void shows_the_base_as_it_is(void **state)
{
    (void)state;
    tb_cart_view_begin(&view, &base.cart, 2000);
    assert_memory_equal(&view.cart, &base.cart, sizeof base.cart);
    assert_int_equal(view.pending_count, 0);
    assert_false(tb_cart_view_is_pending(&view, &view.cart.lines[0]));
    assert_false(tb_cart_view_is_new(&view, &view.cart.lines[0]));
}

static void marks_what_is_pending_and_new(void **state)
{
    (void)state;
    tb_cart_view_begin(&view, &base.cart, 2000);
    lay(test_add(7, 99, 1));
    lay(test_set(1, 2, 5));
    assert_int_equal(view.pending_count, 2);
    assert_int_equal(view.cart.line_count, 3);
    assert_int_equal(view.cart.lines[0].quantity, 5);
    assert_true(tb_cart_view_is_pending(&view, &view.cart.lines[0]));
    assert_false(tb_cart_view_is_new(&view, &view.cart.lines[0]));
    assert_false(tb_cart_view_is_pending(&view, &view.cart.lines[1]));
    assert_true(tb_cart_view_is_pending(&view, &view.cart.lines[2]));
    assert_true(tb_cart_view_is_new(&view, &view.cart.lines[2]));
}

/* A decided line of this visit stays new until the visit ends. */
static void decided_line_of_the_visit_is_new(void **state)
{
    (void)state;
    tb_cart_view_begin(&view, &base.cart, 1000);
    assert_true(tb_cart_view_is_new(&view, &view.cart.lines[0]));
    assert_false(tb_cart_view_is_pending(&view, &view.cart.lines[0]));
}

/* The base got a line of the same product meanwhile; what was done to the pending line goes along. */
static void pending_line_merges_into_the_base(void **state)
{
    (void)state;
    tb_cart_view_begin(&view, &base.cart, 2000);
    lay(test_add(7, 17, 1));
    lay(test_set(7, 1, 4));
    assert_int_equal(view.cart.line_count, 2);
    assert_int_equal(view.cart.lines[0].quantity, 6);
    assert_true(tb_cart_view_is_pending(&view, &view.cart.lines[0]));
}

static void removed_line_is_gone(void **state)
{
    (void)state;
    tb_cart_view_begin(&view, &base.cart, 2000);
    lay(test_remove(1, 2));
    assert_int_equal(view.cart.line_count, 1);
    lay(test_add(8, 17, 1));
    assert_int_equal(view.cart.line_count, 2);
    assert_true(tb_cart_view_is_new(&view, &view.cart.lines[1]));
}

static void what_does_not_apply_only_counts(void **state)
{
    (void)state;
    struct tb_mutation other = test_add(7, 99, 1);
    other.cart = test_id(77);
    tb_cart_view_begin(&view, &base.cart, 2000);
    lay(test_set(50, 1, 2));
    assert_int_equal(view.pending_count, 1);
    assert_memory_equal(&view.cart, &base.cart, sizeof base.cart);
    lay(other);
    assert_int_equal(view.pending_count, 1);
}

static void begins_without_a_base(void **state)
{
    (void)state;
    tb_cart_view_begin(&view, NULL, 2000);
    assert_true(tb_id_is_zero(&view.cart.id));
    lay(test_add(7, 99, 1));
    assert_int_equal(view.cart.line_count, 1);
    assert_false(tb_id_is_zero(&view.cart.id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(shows_the_base_as_it_is, setup),
        cmocka_unit_test_setup(marks_what_is_pending_and_new, setup),
        cmocka_unit_test_setup(decided_line_of_the_visit_is_new, setup),
        cmocka_unit_test_setup(pending_line_merges_into_the_base, setup),
        cmocka_unit_test_setup(removed_line_is_gone, setup),
        cmocka_unit_test_setup(what_does_not_apply_only_counts, setup),
        cmocka_unit_test_setup(begins_without_a_base, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
