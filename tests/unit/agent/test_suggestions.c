/* What is suggested: what is here as far as anybody knows, and not in the cart. */
#include "agent/app/visit/suggestions.h"

#include "agent/app/agent.h"
#include "tests/support/unit.h"

#include <stdlib.h>

#define DAY_MS (24LL * 3600 * 1000)
#define PEN "04006381333931"
#define INK "04006381333948"

static struct tb_agent *agent;

static int setup(void **state)
{
    (void)state;
    agent = calloc(1, sizeof *agent);
    if (!agent || tb_loop_create(&(struct tb_loop_options){0}, &agent->loop) != TB_OK)
        return -1;
    agent->policy = tb_policy_default();
    agent->policy.max_age_show_price_ms = DAY_MS;
    agent->policy.max_age_show_stock_ms = 2 * DAY_MS;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tb_loop_free(agent->loop);
    free(agent);
    return 0;
}

static bool takes(enum tb_stock stock, int64_t age_ms)
{
    return tb_suggestions_take(
        agent, &(struct tb_product){
                   .gtin = PEN, .stock = stock, .price_as_of_ms = tb_loop_wall_ms(agent->loop) - age_ms});
}

static void what_is_here_is_suggested(void **state)
{
    (void)state;
    assert_true(takes(TB_STOCK_IN_STOCK, 0));
    assert_true(takes(TB_STOCK_LOW, 0));
    assert_false(takes(TB_STOCK_NOT_HERE, 0));
    assert_false(takes(TB_STOCK_NONE, 0));
}

static void a_figure_that_is_too_old_says_nothing_about_now(void **state)
{
    (void)state;
    assert_true(takes(TB_STOCK_IN_STOCK, 2 * DAY_MS - 60000));
    assert_false(takes(TB_STOCK_IN_STOCK, 2 * DAY_MS + 60000));
    agent->policy.max_age_show_stock_ms = 0; /* at any age */
    assert_true(takes(TB_STOCK_IN_STOCK, 400 * DAY_MS));
}

static void one_of_an_age_that_is_not_known_is_shown(void **state)
{
    (void)state;
    assert_true(tb_suggestions_take(agent, &(struct tb_product){.gtin = PEN, .stock = TB_STOCK_LOW}));
}

static void what_is_in_the_cart_is_not(void **state)
{
    (void)state;
    struct tb_cart *cart = &agent->serving.cart.cart;
    cart->lines[0] = (struct tb_cart_line){.gtin = INK, .quantity = 1};
    cart->line_count = 1;
    assert_true(takes(TB_STOCK_IN_STOCK, 0));
    cart->lines[0] = (struct tb_cart_line){.gtin = PEN, .quantity = 1};
    assert_false(takes(TB_STOCK_IN_STOCK, 0));
    cart->lines[0].quantity = 0; /* taken out */
    assert_true(takes(TB_STOCK_IN_STOCK, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_here_is_suggested, setup, teardown),
        cmocka_unit_test_setup_teardown(a_figure_that_is_too_old_says_nothing_about_now, setup, teardown),
        cmocka_unit_test_setup_teardown(one_of_an_age_that_is_not_known_is_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_in_the_cart_is_not, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
