#include "tests/unit/cart/cart_test.h"

#include "tests/support/unit.h"

static struct tb_cart_line line;
static struct tb_cart_price_change change;

static int setup(void **state)
{
    (void)state;
    memset(&line, 0, sizeof line);
    return 0;
}

static void describe(int64_t unit_price, int64_t as_of_ms)
{
    const struct tb_product product = {.name = "Pen", .unit_price = unit_price, .stock = TB_STOCK_LOW};
    tb_cart_line_describe(&line, &product, as_of_ms);
}

static void first_price_is_no_change(void **state)
{
    (void)state;
    describe(250, 1000);
    assert_int_equal(line.unit_price, 250);
    assert_int_equal(line.price_as_of_ms, 1000);
    assert_string_equal(line.name, "Pen");
    assert_false(tb_cart_line_price_change(&line, &change));
    assert_int_equal(change.since_ms, 0);
}

static void fall_and_rise_are_told_since_the_price_before_was_seen(void **state)
{
    (void)state;
    describe(450, 1000);
    describe(450, 2000);
    describe(250, 5000);
    assert_true(tb_cart_line_price_change(&line, &change));
    assert_int_equal(change.by, -200);
    assert_int_equal(change.since_ms, 2000);
    describe(300, 9000);
    assert_true(tb_cart_line_price_change(&line, &change));
    assert_int_equal(change.by, 50);
    assert_int_equal(change.since_ms, 5000);
}

static void change_is_told_as_long_as_the_price_stays(void **state)
{
    (void)state;
    describe(450, 1000);
    describe(250, 5000);
    describe(250, 90000);
    assert_true(tb_cart_line_price_change(&line, &change));
    assert_int_equal(change.since_ms, 1000);
    assert_int_equal(line.price_as_of_ms, 90000);
}

static void older_knowledge_is_passed_over(void **state)
{
    (void)state;
    describe(450, 5000);
    describe(250, 4999);
    assert_int_equal(line.unit_price, 450);
    assert_false(tb_cart_line_price_change(&line, &change));
}

static void price_of_unknown_age_tells_no_change(void **state)
{
    (void)state;
    line.unit_price = 450;
    describe(250, 5000);
    assert_int_equal(line.unit_price, 250);
    assert_false(tb_cart_line_price_change(&line, &change));
}

static void change_past_int64_is_none(void **state)
{
    (void)state;
    line = (struct tb_cart_line){.unit_price = INT64_MAX, .was_price = -1, .was_as_of_ms = 1};
    assert_false(tb_cart_line_price_change(&line, &change));
}

static void stock_is_a_warning(void **state)
{
    (void)state;
    static const struct {
        enum tb_stock stock;
        const char *warning;
    } vectors[] = {{TB_STOCK_NONE, ""},
                   {TB_STOCK_IN_STOCK, ""},
                   {TB_STOCK_LOW, "stock_low"},
                   {TB_STOCK_NOT_HERE, "stock_not_here"}};
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        line = (struct tb_cart_line){.stock = vectors[i].stock, .quantity = 9};
        assert_string_equal(tb_cart_warning_names[tb_cart_line_warning(&line)], vectors[i].warning);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(first_price_is_no_change, setup),
        cmocka_unit_test_setup(fall_and_rise_are_told_since_the_price_before_was_seen, setup),
        cmocka_unit_test_setup(change_is_told_as_long_as_the_price_stays, setup),
        cmocka_unit_test_setup(older_knowledge_is_passed_over, setup),
        cmocka_unit_test_setup(price_of_unknown_age_tells_no_change, setup),
        cmocka_unit_test_setup(change_past_int64_is_none, setup),
        cmocka_unit_test_setup(stock_is_a_warning, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
