/* Runs with TZ=UTC. */
#include "agent/cli/print.h"
#include "tests/support/unit.h"

static const int64_t wall_ms = INT64_C(1763849603250); /* 2025-11-22 22:13:23.250 */
static const int64_t minute_ms = 60000;

static uint8_t memory[256];
static struct tb_buf out;

static int setup(void **state)
{
    (void)state;
    out = tb_buf_of(memory, sizeof memory);
    return 0;
}

static void check(const char *text)
{
    assert_int_equal(out.err, TB_OK);
    tb_buf_add_u8(&out, 0);
    assert_string_equal((const char *)out.at, text);
    tb_buf_reset(&out);
}

static void nothing_can_steer_the_terminal(void **state)
{
    (void)state;
    tb_print_clean(&out, tb_span_str("a\033[31mb\x7f\r\n\xc2\x9b"
                                     "31m \xc3\xa9 \xc2\xa0"));
    check("a?[31mb????31m \xc3\xa9 \xc2\xa0");
}

static void columns_count_code_points(void **state)
{
    (void)state;
    tb_print_left(&out, tb_span_str("Caf\xc3\xa9"), 6);
    tb_print_right(&out, tb_span_str("12"), 4);
    tb_print_left(&out, tb_span_str("longer than that"), 4);
    check("Caf\xc3\xa9    12longer than that");
}

static void counts(void **state)
{
    (void)state;
    static const struct {
        int64_t count;
        const char *text;
    } rows[] = {{0, "0"},       {999, "999"},      {1000, "1,000"},       {-1000, "-1,000"},
                {-999, "-999"}, {10000, "10,000"}, {1234567, "1,234,567"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tb_print_count(&out, rows[i].count);
        check(rows[i].text);
    }
    tb_print_plural(&out, 1, "change", "changes");
    check("1 change");
    tb_print_plural(&out, 0, "change", "changes");
    check("0 changes");
}

static void money(void **state)
{
    (void)state;
    static const struct {
        int64_t amount;
        const char *currency;
        const char *text;
    } rows[] = {{3490, "EUR", "34.90"},
                {5, "EUR", "0.05"},
                {-5, "EUR", "-0.05"},
                {-123456, "USD", "-1,234.56"},
                {980, "JPY", "980"},
                {1234, "KWD", "1.234"},
                {100000000, "EUR", "1,000,000.00"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tb_print_money(&out, rows[i].amount, tb_span_str(rows[i].currency));
        check(rows[i].text);
    }
}

static void clock_of_today_and_before(void **state)
{
    (void)state;
    tb_print_clock(&out, wall_ms, wall_ms);
    check("22:13");
    tb_print_clock(&out, wall_ms - 24 * 60 * minute_ms, wall_ms);
    check("2025-11-21 22:13");
    tb_print_clock_ms(&out, wall_ms);
    check("22:13:23.250");
}

static void age_in_words(void **state)
{
    (void)state;
    static const struct {
        int64_t minutes;
        const char *text;
    } rows[] = {{-5, "just now"}, {0, "just now"},    {1, "1 min ago"},    {59, "59 min ago"},
                {60, "1 h ago"},  {1439, "23 h ago"}, {1440, "1 day ago"}, {3000, "2 days ago"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tb_print_ago(&out, wall_ms - rows[i].minutes * minute_ms, wall_ms);
        check(rows[i].text);
    }
}

static void what_does_not_fit_is_not_written(void **state)
{
    (void)state;
    out.size_max = 3;
    tb_print_clean(&out, tb_span_str("abcd"));
    assert_false(tb_print_flush(&out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_can_steer_the_terminal, setup),
        cmocka_unit_test_setup(columns_count_code_points, setup),
        cmocka_unit_test_setup(counts, setup),
        cmocka_unit_test_setup(money, setup),
        cmocka_unit_test_setup(clock_of_today_and_before, setup),
        cmocka_unit_test_setup(age_in_words, setup),
        cmocka_unit_test_setup(what_does_not_fit_is_not_written, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
