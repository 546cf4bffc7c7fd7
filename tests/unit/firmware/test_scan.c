/* The scanner's line when its receiver loses bytes: a code with a hole is never handed on. */
#include "firmware/app/scan.h"
#include "tests/support/hal/hal_fake.h"
#include "tests/support/unit.h"

static struct link head_link;
static struct scan scan;
static uint32_t stats[TB_LINK_STAT_COUNT];

static int setup(void **state)
{
    (void)state;
    hal_fake_reset();
    memset(stats, 0, sizeof stats);
    link_init(&head_link);
    scan_init(&scan);
    return 0;
}

/* Until all that came in is read and on its way to the agent. */
static void turn(void)
{
    struct hal_fake_line *line = &hal_fake.lines[TB_HAL_UART_SCANNER];
    do {
        scan_turn(&scan, &head_link, stats, tb_hal_now_ms());
        link_pump(&head_link, tb_hal_now_ms());
        tb_hal_idle();
    } while (line->in_at < line->in_size);
}

static void received(const char *bytes)
{
    hal_fake_receive(TB_HAL_UART_SCANNER, tb_span_str(bytes));
}

static void lost(void)
{
    hal_fake.lines[TB_HAL_UART_SCANNER].lost_count++;
}

static void paused(int64_t ms)
{
    for (int64_t i = 0; i < ms; i++)
        turn();
}

static void assert_lines(uint32_t whole, uint32_t broken)
{
    assert_int_equal(stats[TB_LINK_STAT_LINES], whole);
    assert_int_equal(stats[TB_LINK_STAT_LINES_FAILED], broken);
}

static void line_with_a_hole_is_broken_and_the_next_one_is_not(void **state)
{
    (void)state;
    received("4006381333931\r");
    turn();
    assert_lines(1, 0);
    received("40063");
    turn();
    lost();
    received("3931\r");
    turn();
    assert_lines(1, 1);
    assert_int_equal(scan.reason, TB_LINK_REASON_LINE_TEXT);
    paused(TB_LINK_LINE_IDLE_MS);
    received("4006381333931\r");
    turn();
    assert_lines(2, 1);
    assert_int_equal(scan.reason, TB_LINK_REASON_NONE);
}

/* The loss is counted when it happens, behind what waits in the receiver. */
static void hole_behind_a_waiting_line_is_not_forgotten(void **state)
{
    (void)state;
    received("4006381333931\r40063");
    lost();
    received("3931\r");
    turn();
    turn();
    assert_lines(0, 2);
}

static void line_with_a_hole_that_ends_by_a_pause_is_broken(void **state)
{
    (void)state;
    received("1\r40063");
    lost();
    received("3931");
    turn();
    paused(TB_LINK_LINE_IDLE_MS + 1);
    assert_lines(0, 2);
    paused(TB_LINK_LINE_IDLE_MS);
    received("4006381333931\r");
    turn();
    assert_lines(1, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(line_with_a_hole_is_broken_and_the_next_one_is_not, setup),
        cmocka_unit_test_setup(hole_behind_a_waiting_line_is_not_forgotten, setup),
        cmocka_unit_test_setup(line_with_a_hole_that_ends_by_a_pause_is_broken, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
