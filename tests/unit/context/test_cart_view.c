#include "core/context/cart_view.h"

#include "tests/support/unit.h"
#include "tests/unit/cart/cart_test.h"

static struct test_cart base;
static struct tb_cart_view view;
static char text[TB_CART_VIEW_JSON_SIZE_MAX + 1];
static struct tb_buf to;
static struct tb_id own_checkout;

static const char *render(void)
{
    to = tb_buf_of(text, sizeof text - 1);
    struct tb_json_writer w = tb_json_writer_of(&to);
    tb_view_put_cart(&w, NULL, &view, &own_checkout);
    text[to.size] = '\0';
    return text;
}

static int setup(void **state)
{
    (void)state;
    memset(&base, 0, sizeof base);
    memset(&own_checkout, 0, sizeof own_checkout);
    return 0;
}

static void cart_that_was_never_begun_is_null(void **state)
{
    (void)state;
    tb_cart_view_begin(&view, NULL, 0);
    assert_string_equal(render(), "null");
}

static void shows_lines_sums_and_marks(void **state)
{
    (void)state;
    assert_int_equal(test_apply(&base, test_add(1, 17, 2)), TB_CART_OK);
    base.cart.version = 4;
    base.cart.as_of_ms = 1234;
    base.cart.lines[0].stock = TB_STOCK_LOW;
    tb_cart_view_begin(&view, &base.cart, 2000);
    struct tb_mutation m = test_add(2, 18, 1);
    struct tb_product product = {.currency = "EUR", .name = "Cup \"A\"", .unit_price = 99};
    struct tb_cart_facts facts = {.at_ms = 9000, .channel = TB_CHANNEL_KIOSK, .product = &product};
    tb_cart_view_add(&view, &m, &facts, NULL);
    assert_string_equal(
        render(),
        "{\"id\":\"aa000000000000000000000000001001\",\"version\":4,\"currency\":\"EUR\",\"lines\":["
        "{\"id\":\"aa000000000000000000000000000001\",\"gtin\":\"00000000000017\",\"name\":\"Pen\","
        "\"quantity\":2,"
        "\"unit_price\":250,\"price_as_of\":7,\"stock\":\"low\",\"added_ms\":1000,\"channel\":\"till\","
        "\"pending\":false,\"new\":false},"
        "{\"id\":\"aa000000000000000000000000000002\",\"gtin\":\"00000000000018\",\"name\":\"Cup \\\"A\\\"\","
        "\"quantity\":1,\"unit_price\":99,\"price_as_of\":0,\"added_ms\":9000,\"channel\":\"kiosk\","
        "\"pending\":true,\"new\":true}],"
        "\"item_count\":3,\"total\":599,\"as_of\":1234,\"touched_ms\":9000,\"touched_channel\":\"kiosk\","
        "\"unsent\":1}");
}

static void shows_what_was_chosen_notes_gifts_and_a_price_that_changed(void **state)
{
    (void)state;
    assert_int_equal(test_apply(&base, test_add(1, 17, 2)), TB_CART_OK);
    struct tb_cart_line *line = &base.cart.lines[0];
    memcpy(line->options, "size:m", sizeof "size:m");
    memcpy(line->note, "Wrap it", sizeof "Wrap it");
    memcpy(base.cart.note, "Door code 7", sizeof "Door code 7");
    line->gift = true;
    line->was_price = line->unit_price + 200;
    line->was_as_of_ms = 5;
    tb_cart_view_begin(&view, &base.cart, INT64_MAX);
    const char *shown = render();
    assert_non_null(strstr(shown, "\"options\":\"size:m\""));
    assert_non_null(strstr(shown, "\"price_change\":{\"by\":-200,\"since_ms\":5}"));
    assert_non_null(strstr(shown, "\"gift\":true,\"note\":\"Wrap it\"}"));
    assert_non_null(strstr(shown, "\"note\":\"Door code 7\",\"unsent\":0"));
}

static void a_claim_is_mine_or_somebody_elses(void **state)
{
    (void)state;
    assert_int_equal(test_apply(&base, test_add(1, 17, 2)), TB_CART_OK);
    base.cart.claim =
        (struct tb_cart_claim){.checkout = test_id(0xcc01), .by = "Till 4", .since_ms = 10, .until_ms = 130};
    tb_cart_view_begin(&view, &base.cart, INT64_MAX);
    assert_non_null(
        strstr(render(), "\"claim\":{\"by\":\"Till 4\",\"since_ms\":10,\"until_ms\":130,\"mine\":false}"));
    own_checkout = base.cart.claim.checkout;
    assert_non_null(strstr(render(), "\"mine\":true}"));
}

static void total_that_does_not_fit_is_null(void **state)
{
    (void)state;
    assert_int_equal(test_apply(&base, test_add(1, 17, 2)), TB_CART_OK);
    base.cart.lines[0].unit_price = INT64_MAX;
    tb_cart_view_begin(&view, &base.cart, INT64_MAX);
    assert_non_null(strstr(render(), "\"total\":null"));
}

/* The largest cart fits what the header promises. */
static void largest_cart_fits(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TB_CART_LINE_COUNT_MAX; i++) {
        assert_int_equal(test_apply(&base, test_add(1 + i, 100 + i, TB_QUANTITY_MAX)), TB_CART_OK);
        struct tb_cart_line *line = &base.cart.lines[i];
        memset(line->name, 'n', TB_NAME_SIZE_MAX);
        line->unit_price = TB_MONEY_MAX;
        line->price_as_of_ms = line->added_ms = TB_TIME_MS_MAX;
        line->stock = TB_STOCK_IN_STOCK;
        line->was_as_of_ms = TB_TIME_MS_MAX;
        line->gift = true;
        memset(line->options, 'o', TB_SHORT_SIZE_MAX);
        if (i < TB_CART_NOTE_COUNT_MAX)
            memset(line->note, 'n', TB_TEXT_SIZE_MAX);
    }
    memset(base.cart.note, 'n', TB_TEXT_SIZE_MAX);
    base.cart.claim = (struct tb_cart_claim){.checkout = {{1}}, .since_ms = 1, .until_ms = TB_TIME_MS_MAX};
    tb_cart_view_begin(&view, &base.cart, 0);
    (void)render();
    assert_int_equal(to.err, TB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(cart_that_was_never_begun_is_null, setup),
        cmocka_unit_test_setup(shows_lines_sums_and_marks, setup),
        cmocka_unit_test_setup(shows_what_was_chosen_notes_gifts_and_a_price_that_changed, setup),
        cmocka_unit_test_setup(a_claim_is_mine_or_somebody_elses, setup),
        cmocka_unit_test_setup(total_that_does_not_fit_is_null, setup),
        cmocka_unit_test_setup(largest_cart_fits, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
