/* Facts that are older than the policy has them shown, on the line display. */
#include "agent/app/agent.h"

#include "core/context/view.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY_MS (24LL * 3600 * 1000)

static struct tb_agent *agent;
static struct tb_timer end;
static struct tb_customer customer;
static uint8_t profile[TB_VIEW_PART_SIZE_MAX];

static void end_due(struct tb_timer *timer)
{
    (void)timer;
    tb_loop_stop(agent->loop);
}

static void look(void)
{
    tb_shopper_display_refresh(agent);
    tb_timer_set(agent->loop, &end, 1, end_due);
    assert_int_equal(tb_loop_run(agent->loop), TB_OK);
}

static void assert_shows(const char *upper, const char *lower)
{
    const char *wanted[TB_DISPLAY_LINE_COUNT] = {upper, lower};
    look();
    for (size_t i = 0; i < TB_DISPLAY_LINE_COUNT; i++) {
        char text[TB_DISPLAY_CELL_COUNT + 1] = "";
        memcpy(text, agent->shopper_display.display.cells.line[i], TB_DISPLAY_CELL_COUNT);
        assert_string_equal(text, wanted[i]);
    }
}

static void profile_of_age(int64_t age_ms)
{
    struct tb_record_section *section = &agent->serving.record.sections[TB_SECTION_PROFILE];
    section->as_of_ms = tb_loop_wall_ms(agent->loop) - age_ms;
}

static void line_put(size_t index, const char *name, int64_t unit_price, int64_t age_ms)
{
    struct tb_cart *cart = &agent->serving.cart.cart;
    struct tb_cart_line *line = &cart->lines[index];
    *line = (struct tb_cart_line){.id = {{(uint8_t)(index + 1)}},
                                  .quantity = 1,
                                  .unit_price = unit_price,
                                  .price_as_of_ms = tb_loop_wall_ms(agent->loop) - age_ms};
    (void)snprintf(line->name, sizeof line->name, "%s", name);
    memcpy(cart->currency, "EUR", sizeof cart->currency);
    cart->line_count = (uint8_t)(index + 1);
}

static int setup(void **state)
{
    (void)state;
    agent = calloc(1, sizeof *agent);
    if (!agent || tb_loop_create(&(struct tb_loop_options){0}, &agent->loop) != TB_OK)
        return -1;
    agent->shopper_display.display = (struct tb_display){.open = true, .fd = -1};
    agent->policy = tb_policy_default();
    agent->policy.max_age_show_points_ms = 30 * DAY_MS;
    agent->policy.max_age_show_price_ms = 7 * DAY_MS;
    agent->serving.policy = &agent->policy;
    agent->serving.visit = (struct tb_visit){
        .open = true, .id = {{7}}, .start = {.known = true, .assurance = TB_ASSURANCE_HIGH}};
    (void)snprintf(customer.name, sizeof customer.name, "Ms Rivera");
    (void)snprintf(customer.language, sizeof customer.language, "en");
    (void)snprintf(customer.tier, sizeof customer.tier, "Gold");
    customer.points = 2480;
    struct tb_buf rendered = tb_buf_of(profile, sizeof profile);
    tb_view_render_profile(&rendered, &customer);
    assert_int_equal(rendered.err, TB_OK);
    agent->serving.record.sections[TB_SECTION_PROFILE].bytes = tb_buf_span(&rendered);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tb_timer_cancel(&agent->shopper_display.timer);
    tb_timer_cancel(&end);
    tb_loop_free(agent->loop);
    free(agent);
    return 0;
}

static void points_that_are_too_old_are_left_out(void **state)
{
    (void)state;
    profile_of_age(29 * DAY_MS);
    assert_shows("Welcome Ms Rivera   ", "Gold     2480 points");
    profile_of_age(31 * DAY_MS);
    assert_shows("Welcome Ms Rivera   ", "Gold                ");
    agent->policy.max_age_show_points_ms = 0; /* at any age */
    assert_shows("Welcome Ms Rivera   ", "Gold     2480 points");
    agent->policy.max_age_show_points_ms = 30 * DAY_MS;
    agent->serving.record.sections[TB_SECTION_PROFILE].as_of_ms = 0; /* of what age is not known */
    assert_shows("Welcome Ms Rivera   ", "Gold     2480 points");
}

static void a_price_that_is_too_old_is_left_out_and_the_total_with_it(void **state)
{
    (void)state;
    profile_of_age(DAY_MS);
    look(); /* what the cart holds already is no change */
    line_put(0, "Fountain pen", 3490, DAY_MS);
    assert_shows("Fountain pen   34.90", "Total      34.90 EUR");
    line_put(1, "Notebook", 1200, 8 * DAY_MS);
    assert_shows("Notebook            ", "Total    not current");
    line_put(2, "Eraser", 120, DAY_MS); /* of one that is known the price is there */
    assert_shows("Eraser          1.20", "Total    not current");
    agent->policy.max_age_show_price_ms = 0;
    assert_shows("Eraser          1.20", "Total      48.10 EUR");
}

static void a_total_that_cannot_be_told_is_not(void **state)
{
    (void)state;
    profile_of_age(DAY_MS);
    look();
    line_put(0, "Pen", INT64_MAX, DAY_MS);
    line_put(1, "Ink", 100, DAY_MS);
    assert_shows("Ink             1.00", "Total    not current");
}

static void while_somebody_is_here_it_looks_again(void **state)
{
    (void)state;
    profile_of_age(DAY_MS);
    look();
    assert_true(tb_timer_is_set(&agent->shopper_display.timer));
    agent->serving.visit.open = false;
    look();
    assert_false(tb_timer_is_set(&agent->shopper_display.timer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(points_that_are_too_old_are_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_price_that_is_too_old_is_left_out_and_the_total_with_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_total_that_cannot_be_told_is_not, setup, teardown),
        cmocka_unit_test_setup_teardown(while_somebody_is_here_it_looks_again, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
