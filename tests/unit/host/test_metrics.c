#include "host/metrics/metrics.h"
#include "tests/support/unit.h"

static const int64_t bounds[] = {1000, 2500, 10000}; /* µs */

static void test_rendering_is_open_metrics_text(void **state)
{
    (void)state;
    struct tb_metrics metrics = {0};
    struct tb_tally recognised = {0}, unknown = {0};
    struct tb_gauge unsent = {0};
    struct tb_histogram wait = {.bounds = bounds, .bound_count = 3, .unit = 1000000};
    const struct tb_metric items[] = {
        {TB_METRIC_COUNTER, "tb_taps", "Taps by outcome.", "outcome=\"recognised\"", &recognised},
        {TB_METRIC_COUNTER, "tb_taps", "Taps by outcome.", "outcome=\"unknown\"", &unknown},
        {TB_METRIC_GAUGE, "tb_absent", "Left out for now.", NULL, &unsent},
        {TB_METRIC_GAUGE, "tb_unsent", "Mutations not sent.", "", &unsent},
        {TB_METRIC_HISTOGRAM, "tb_wait_seconds", "Tap to page.", "channel=\"till\"", &wait},
    };
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(tb_metrics_add(&metrics, &items[i]), TB_OK);
    tb_tally_add(&recognised, 3);
    tb_tally_add(&unknown, 1);
    tb_gauge_set(&unsent, 5);
    tb_gauge_add(&unsent, -7);
    tb_histogram_observe(&wait, 1000);
    tb_histogram_observe(&wait, 1001);
    tb_histogram_observe(&wait, 99999);

    char text[2048];
    struct tb_buf b = tb_buf_of(text, sizeof text - 1);
    tb_metrics_render(&metrics, &b);
    assert_int_equal(b.err, TB_OK);
    text[b.size] = 0;
    assert_string_equal(text,
                        "# TYPE tb_taps counter\n# HELP tb_taps Taps by outcome.\n"
                        "tb_taps_total{outcome=\"recognised\"} 3\ntb_taps_total{outcome=\"unknown\"} 1\n"
                        "# TYPE tb_unsent gauge\n# HELP tb_unsent Mutations not sent.\ntb_unsent -2\n"
                        "# TYPE tb_wait_seconds histogram\n# HELP tb_wait_seconds Tap to page.\n"
                        "tb_wait_seconds_bucket{channel=\"till\",le=\"0.001\"} 1\n"
                        "tb_wait_seconds_bucket{channel=\"till\",le=\"0.0025\"} 2\n"
                        "tb_wait_seconds_bucket{channel=\"till\",le=\"0.01\"} 2\n"
                        "tb_wait_seconds_bucket{channel=\"till\",le=\"+Inf\"} 3\n"
                        "tb_wait_seconds_count{channel=\"till\"} 3\n"
                        "tb_wait_seconds_sum{channel=\"till\"} 0.102\n# EOF\n");
}

static void test_registry_has_a_limit(void **state)
{
    (void)state;
    struct tb_metrics metrics = {0};
    struct tb_gauge gauge = {0};
    const struct tb_metric item = {TB_METRIC_GAUGE, "tb_x", "X.", "", &gauge};
    for (size_t i = 0; i < TB_METRICS_MAX; i++)
        assert_int_equal(tb_metrics_add(&metrics, &item), TB_OK);
    assert_int_equal(tb_metrics_add(&metrics, &item), TB_ERR_FULL);
}

static void test_rendering_into_too_little_room_says_so(void **state)
{
    (void)state;
    struct tb_metrics metrics = {0};
    char text[4];
    struct tb_buf b = tb_buf_of(text, sizeof text);
    tb_metrics_render(&metrics, &b);
    assert_int_equal(b.err, TB_ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rendering_is_open_metrics_text),
        cmocka_unit_test(test_registry_has_a_limit),
        cmocka_unit_test(test_rendering_into_too_little_room_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
