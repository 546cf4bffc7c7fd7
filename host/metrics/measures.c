#include "host/metrics/measures.h"

#include "core/base/assert.h"

static const int64_t quick_bounds_ms[] = {5, 10, 25, 50, 100, 250, 500, 1000, 2000, 5000};
static const int64_t slow_bounds_ms[] = {5000,   15000,  30000,  60000,   120000, 180000,
                                         300000, 600000, 900000, 1800000, 3600000};

static const struct {
    const char *name;
    const char *help;
    const int64_t *bounds;
    size_t bound_count;
} durations[TB_MEASURE_COUNT] = {
    [TB_MEASURE_WAIT] = {"tillbridge_wait_seconds", "From a call for somebody else to who takes it.",
                         slow_bounds_ms, TB_ARRAY_SIZE(slow_bounds_ms)},
    [TB_MEASURE_IDENTIFY] = {"tillbridge_identify_seconds", "From a tap or scan to the customer.",
                             quick_bounds_ms, TB_ARRAY_SIZE(quick_bounds_ms)},
    [TB_MEASURE_HANDLE] = {"tillbridge_handle_seconds", "From the beginning of a visit to its end.",
                           slow_bounds_ms, TB_ARRAY_SIZE(slow_bounds_ms)},
    [TB_MEASURE_FINISH] = {"tillbridge_finish_seconds",
                           "From the claim of a cart, or else the beginning of the visit, to its sale.",
                           slow_bounds_ms, TB_ARRAY_SIZE(slow_bounds_ms)},
};

static const struct {
    const char *name;
    const char *help;
} events[TB_MEASURE_EVENT_COUNT] = {
    [TB_MEASURE_VISIT] = {"tillbridge_visits", "Visits begun."},
    [TB_MEASURE_RECOGNISED] = {"tillbridge_visits_recognised", "Visits that had, or got, a customer."},
    [TB_MEASURE_RESUMED] = {"tillbridge_resumed_carts", "Visits that went on with a cart from elsewhere."},
};

static const char *const labels[TB_CHANNEL_COUNT] = {
    [TB_CHANNEL_WEB] = "channel=\"web\"",     [TB_CHANNEL_APP] = "channel=\"app\"",
    [TB_CHANNEL_KIOSK] = "channel=\"kiosk\"", [TB_CHANNEL_TILL] = "channel=\"till\"",
    [TB_CHANNEL_CALL] = "channel=\"call\"",
};

static enum tb_err channels_add(struct tb_metrics *registry, struct tb_metric metric, unsigned channels,
                                const void *first, size_t size)
{
    enum tb_err err = TB_OK;
    for (unsigned i = TB_CHANNEL_NONE + 1; i < TB_CHANNEL_COUNT && err == TB_OK; i++) {
        metric.labels = labels[i];
        metric.value = (const uint8_t *)first + i * size;
        if (channels & (1u << i))
            err = tb_metrics_add(registry, &metric);
    }
    return err;
}

enum tb_err tb_measures_open(struct tb_measures *m, struct tb_metrics *registry, unsigned channels,
                             unsigned measured)
{
    enum tb_err err = TB_OK;
    memset(m, 0, sizeof *m);
    for (unsigned i = 0; i < TB_MEASURE_EVENT_COUNT && err == TB_OK; i++) {
        const struct tb_metric metric = {
            .type = TB_METRIC_COUNTER, .name = events[i].name, .help = events[i].help};
        err = channels_add(registry, metric, channels, m->events[i], sizeof m->events[i][0]);
    }
    for (unsigned i = 0; i < TB_MEASURE_COUNT && err == TB_OK; i++) {
        const struct tb_metric metric = {
            .type = TB_METRIC_HISTOGRAM, .name = durations[i].name, .help = durations[i].help};
        for (size_t k = 0; k < TB_CHANNEL_COUNT; k++) {
            m->durations[i][k].bounds = durations[i].bounds;
            m->durations[i][k].bound_count = durations[i].bound_count;
            m->durations[i][k].unit = 1000;
        }
        if (measured & (1u << i))
            err = channels_add(registry, metric, channels, m->durations[i], sizeof m->durations[i][0]);
    }
    return err;
}

void tb_measures_took(struct tb_measures *m, enum tb_measure what, enum tb_channel channel, int64_t took_ms)
{
    TB_ASSERT((unsigned)what < TB_MEASURE_COUNT && (unsigned)channel < TB_CHANNEL_COUNT);
    tb_histogram_observe(&m->durations[what][channel], took_ms > 0 ? took_ms : 0);
}

void tb_measures_count(struct tb_measures *m, enum tb_measure_event what, enum tb_channel channel)
{
    TB_ASSERT((unsigned)what < TB_MEASURE_EVENT_COUNT && (unsigned)channel < TB_CHANNEL_COUNT);
    tb_tally_add(&m->events[what][channel], 1);
}
