#include "host/metrics/measures.h"
#include "tests/support/unit.h"

static struct tb_metrics registry;
static struct tb_measures measures;

static const char *rendered(void)
{
    static char text[32768];
    struct tb_buf b = tb_buf_of(text, sizeof text - 1);
    tb_metrics_render(&registry, &b);
    assert_int_equal(b.err, TB_OK);
    text[b.size] = 0;
    return text;
}

static void assert_line(const char *line)
{
    if (strstr(rendered(), line) == NULL)
        fail_msg("no %s in\n%s", line, rendered());
}

static void what_is_observed_stands_under_its_channel(void **state)
{
    (void)state;
    registry = (struct tb_metrics){0};
    assert_int_equal(tb_measures_open(&measures, &registry, 1u << TB_CHANNEL_KIOSK | 1u << TB_CHANNEL_TILL,
                                      TB_MEASURES_ALL),
                     TB_OK);
    tb_measures_count(&measures, TB_MEASURE_VISIT, TB_CHANNEL_TILL);
    tb_measures_count(&measures, TB_MEASURE_RECOGNISED, TB_CHANNEL_TILL);
    tb_measures_count(&measures, TB_MEASURE_RESUMED, TB_CHANNEL_KIOSK);
    tb_measures_took(&measures, TB_MEASURE_WAIT, TB_CHANNEL_KIOSK, 42000);
    tb_measures_took(&measures, TB_MEASURE_IDENTIFY, TB_CHANNEL_TILL, 12);
    tb_measures_took(&measures, TB_MEASURE_HANDLE, TB_CHANNEL_TILL, -1);
    assert_line("\ntillbridge_visits_total{channel=\"till\"} 1\n");
    assert_line("\ntillbridge_visits_total{channel=\"kiosk\"} 0\n");
    assert_line("\ntillbridge_visits_recognised_total{channel=\"till\"} 1\n");
    assert_line("\ntillbridge_resumed_carts_total{channel=\"kiosk\"} 1\n");
    assert_line("\ntillbridge_wait_seconds_sum{channel=\"kiosk\"} 42\n");
    assert_line("\ntillbridge_wait_seconds_bucket{channel=\"kiosk\",le=\"30\"} 0\n");
    assert_line("\ntillbridge_wait_seconds_bucket{channel=\"kiosk\",le=\"60\"} 1\n");
    assert_line("\ntillbridge_identify_seconds_sum{channel=\"till\"} 0.012\n");
    assert_line("\ntillbridge_handle_seconds_sum{channel=\"till\"} 0\n");
    assert_line("\ntillbridge_finish_seconds_count{channel=\"till\"} 0\n");
    assert_null(strstr(rendered(), "channel=\"web\""));
}

static void what_is_not_measured_is_not_listed(void **state)
{
    (void)state;
    registry = (struct tb_metrics){0};
    assert_int_equal(tb_measures_open(&measures, &registry, 1u << TB_CHANNEL_WEB, 1u << TB_MEASURE_WAIT),
                     TB_OK);
    assert_line("\ntillbridge_wait_seconds_count{channel=\"web\"} 0\n");
    assert_null(strstr(rendered(), "tillbridge_identify_seconds"));
}

static void a_registry_without_room_says_so(void **state)
{
    (void)state;
    registry = (struct tb_metrics){.count = TB_METRICS_MAX - 3};
    assert_int_equal(tb_measures_open(&measures, &registry, 1u << TB_CHANNEL_TILL, TB_MEASURES_ALL),
                     TB_ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_observed_stands_under_its_channel),
        cmocka_unit_test(what_is_not_measured_is_not_listed),
        cmocka_unit_test(a_registry_without_room_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
