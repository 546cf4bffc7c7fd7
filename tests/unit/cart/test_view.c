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

/* Whether it was one is in the store's book: until that has decided it is shown as what she asked for. */
static void a_gift_that_is_put_back_is_shown_as_one(void **state)
{
    (void)state;
    struct tb_mutation kept = test_add(7, 99, 1);
    kept.add.keep_gift = true;
    tb_cart_view_begin(&view, &base.cart, 2000);
    lay(kept);
    assert_true(view.cart.lines[2].gift);
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

static void lay_as(struct tb_mutation m, const struct tb_cart *of_merge)
{
    struct tb_cart_facts facts = {.at_ms = 9000, .channel = TB_CHANNEL_TILL, .touched_by = "Till 4"};
    tb_cart_view_add(&view, &m, &facts, of_merge);
}

static void nobodys_cart_is_shown_as_well(void **state)
{
    (void)state;
    struct tb_mutation m = test_add(7, 99, 1);
    m.customer = (struct tb_id){{0}};
    tb_cart_view_begin(&view, NULL, 2000);
    lay(m);
    assert_int_equal(view.cart.line_count, 1);
    assert_true(tb_id_is_zero(&view.cart.customer));
}

static void note_is_pending_on_its_line(void **state)
{
    (void)state;
    struct tb_mutation m = test_mutation(TB_MUTATION_CART_NOTE, 1);
    (void)snprintf(m.note.text, sizeof m.note.text, "wrap it");
    tb_cart_view_begin(&view, &base.cart, 2000);
    lay(m);
    assert_string_equal(view.cart.lines[0].note, "wrap it");
    assert_true(tb_cart_view_is_pending(&view, &view.cart.lines[0]));
    m.line = (struct tb_id){{0}};
    lay(m);
    assert_string_equal(view.cart.note, "wrap it");
    assert_int_equal(view.pending_line_count, 1);
}

static void joined_cart_is_shown_before_it_is_decided(void **state)
{
    (void)state;
    static struct test_cart kiosk;
    memset(&kiosk, 0, sizeof kiosk);
    struct tb_mutation adds[] = {test_add(11, 17, 3), test_add(12, 99, 1)};
    for (size_t i = 0; i < 2; i++) {
        adds[i].customer = (struct tb_id){{0}};
        adds[i].cart = test_id(77);
        assert_int_equal(test_apply(&kiosk, adds[i]), TB_CART_OK);
    }
    struct tb_mutation m = test_mutation(TB_MUTATION_CART_MERGE, 0);
    m.merge.from = test_id(77);
    m.merge.policy = TB_MERGE_SUM;
    tb_cart_view_begin(&view, &base.cart, 2000);
    lay_as(m, NULL);
    assert_int_equal(view.cart.line_count, 2); /* not known here what joins */
    lay_as(m, &kiosk.cart);
    assert_int_equal(view.cart.line_count, 3);
    assert_int_equal(view.cart.lines[0].quantity, 5);
    assert_true(tb_cart_view_is_pending(&view, &view.cart.lines[0]));
    assert_false(tb_cart_view_is_pending(&view, &view.cart.lines[1]));
    assert_true(tb_cart_view_is_pending(&view, &view.cart.lines[2]));
    lay(test_set(11, 3, 4)); /* under the id that it had */
    assert_int_equal(view.cart.lines[0].quantity, 6);
    tb_cart_view_begin(&view, NULL, 2000);
    lay_as(m, &kiosk.cart);
    assert_int_equal(view.cart.line_count, 2);
    assert_int_equal(view.cart.customer.bytes[0], 0xaa);
}

static void claim_and_release_are_shown(void **state)
{
    (void)state;
    struct tb_mutation m = test_mutation(TB_MUTATION_CHECKOUT_CLAIM, 0);
    m.claim.checkout = test_id(500);
    tb_cart_view_begin(&view, &base.cart, 2000);
    lay_as(m, NULL);
    assert_true(tb_id_equal(&view.cart.claim.checkout, &m.claim.checkout));
    assert_string_equal(view.cart.claim.by, "Till 4");
    assert_int_equal(view.cart.claim.until_ms, 9000 + 120000);
    struct tb_mutation other = m;
    other.claim.checkout = test_id(501);
    lay_as(other, NULL);
    assert_true(tb_id_equal(&view.cart.claim.checkout, &m.claim.checkout));
    m.kind = TB_MUTATION_CHECKOUT_RELEASE;
    lay_as(m, NULL);
    assert_true(tb_id_is_zero(&view.cart.claim.checkout));
    assert_int_equal(view.pending_count, 3);
}

static void paid_lines_are_off(void **state)
{
    (void)state;
    const struct tb_paid_line lines[] = {{.line = test_id(1), .quantity = 1},
                                         {.line = test_id(2), .quantity = 1}};
    struct tb_mutation m = test_mutation(TB_MUTATION_CHECKOUT_FINISH, 0);
    m.finish.checkout = test_id(500);
    m.finish.lines = (struct tb_paid_lines){.at = lines, .count = 2};
    m.finish.part = true;
    base.cart.claim = (struct tb_cart_claim){.checkout = test_id(500), .until_ms = 90000};
    tb_cart_view_begin(&view, &base.cart, 2000);
    lay_as(m, NULL);
    assert_int_equal(view.cart.line_count, 1);
    assert_int_equal(view.cart.lines[0].quantity, 1);
    assert_true(tb_cart_view_is_pending(&view, &view.cart.lines[0]));
    assert_false(tb_id_is_zero(&view.cart.claim.checkout));
    m.finish.part = false;
    lay_as(m, NULL);
    assert_int_equal(view.cart.line_count, 0);
    assert_true(tb_id_is_zero(&view.cart.claim.checkout));
}

static void void_is_counted_alone(void **state)
{
    (void)state;
    struct tb_mutation m = test_mutation(TB_MUTATION_CHECKOUT_VOID, 0);
    m.voided.reopen = true;
    tb_cart_view_begin(&view, &base.cart, 2000);
    lay_as(m, NULL);
    assert_int_equal(view.pending_count, 1);
    assert_memory_equal(&view.cart, &base.cart, sizeof base.cart);
    m.kind = TB_MUTATION_POINTS_EARNED; /* of no cart at all */
    lay_as(m, NULL);
    assert_int_equal(view.pending_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(shows_the_base_as_it_is, setup),
        cmocka_unit_test_setup(marks_what_is_pending_and_new, setup),
        cmocka_unit_test_setup(decided_line_of_the_visit_is_new, setup),
        cmocka_unit_test_setup(pending_line_merges_into_the_base, setup),
        cmocka_unit_test_setup(removed_line_is_gone, setup),
        cmocka_unit_test_setup(a_gift_that_is_put_back_is_shown_as_one, setup),
        cmocka_unit_test_setup(what_does_not_apply_only_counts, setup),
        cmocka_unit_test_setup(begins_without_a_base, setup),
        cmocka_unit_test_setup(nobodys_cart_is_shown_as_well, setup),
        cmocka_unit_test_setup(note_is_pending_on_its_line, setup),
        cmocka_unit_test_setup(joined_cart_is_shown_before_it_is_decided, setup),
        cmocka_unit_test_setup(claim_and_release_are_shown, setup),
        cmocka_unit_test_setup(paid_lines_are_off, setup),
        cmocka_unit_test_setup(void_is_counted_alone, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
