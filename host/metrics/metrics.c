#include "host/metrics/metrics.h"

#include "core/base/assert.h"

void tb_histogram_observe(struct tb_histogram *h, int64_t value)
{
    size_t i = 0;
    while (i < h->bound_count && value > h->bounds[i])
        i++;
    atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum, value, memory_order_relaxed);
}

enum tb_err tb_metrics_add(struct tb_metrics *metrics, const struct tb_metric *metric)
{
    if (metrics->count == TB_METRICS_MAX)
        return TB_ERR_FULL;
    metrics->items[metrics->count++] = *metric;
    return TB_OK;
}

/* value / unit as a decimal number, without going through floating point. unit is a power of ten. */
static void scaled_add(struct tb_buf *b, int64_t value, int64_t unit)
{
    TB_ASSERT(unit > 0);
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (value < 0)
        tb_buf_add_u8(b, '-');
    tb_buf_add_decimal(b, (int64_t)(size / (uint64_t)unit));
    uint64_t rest = size % (uint64_t)unit;
    if (rest == 0)
        return;
    tb_buf_add_u8(b, '.');
    for (uint64_t place = (uint64_t)unit / 10; place > 0 && rest > 0; place /= 10) {
        tb_buf_add_u8(b, (uint8_t)('0' + rest / place));
        rest %= place;
    }
}

static void series_add(struct tb_buf *b, const struct tb_metric *m, const char *suffix)
{
    tb_buf_add_str(b, m->name);
    tb_buf_add_str(b, suffix);
    if (m->labels[0]) {
        tb_buf_add_u8(b, '{');
        tb_buf_add_str(b, m->labels);
        tb_buf_add_u8(b, '}');
    }
    tb_buf_add_u8(b, ' ');
}

static void bucket_add(struct tb_buf *b, const struct tb_metric *m, size_t index, uint64_t count)
{
    const struct tb_histogram *h = m->value;
    tb_buf_add_str(b, m->name);
    tb_buf_add_str(b, "_bucket{");
    if (m->labels[0]) {
        tb_buf_add_str(b, m->labels);
        tb_buf_add_u8(b, ',');
    }
    tb_buf_add_str(b, "le=\"");
    if (index < h->bound_count)
        scaled_add(b, h->bounds[index], h->unit);
    else
        tb_buf_add_str(b, "+Inf");
    tb_buf_add_str(b, "\"} ");
    tb_buf_add_decimal(b, (int64_t)count);
    tb_buf_add_u8(b, '\n');
}

static void histogram_add(struct tb_buf *b, const struct tb_metric *m)
{
    const struct tb_histogram *h = m->value;
    uint64_t count = 0;
    for (size_t i = 0; i <= h->bound_count; i++) {
        count += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
        bucket_add(b, m, i, count);
    }
    series_add(b, m, "_count");
    tb_buf_add_decimal(b, (int64_t)count);
    tb_buf_add_u8(b, '\n');
    series_add(b, m, "_sum");
    scaled_add(b, atomic_load_explicit(&h->sum, memory_order_relaxed), h->unit);
    tb_buf_add_u8(b, '\n');
}

static void value_add(struct tb_buf *b, const struct tb_metric *m)
{
    const struct tb_tally *tally = m->value;
    const struct tb_gauge *gauge = m->value;
    switch (m->type) {
    case TB_METRIC_COUNTER:
        series_add(b, m, "_total");
        tb_buf_add_decimal(b, (int64_t)atomic_load_explicit(&tally->value, memory_order_relaxed));
        tb_buf_add_u8(b, '\n');
        break;
    case TB_METRIC_GAUGE:
        series_add(b, m, "");
        tb_buf_add_decimal(b, atomic_load_explicit(&gauge->value, memory_order_relaxed));
        tb_buf_add_u8(b, '\n');
        break;
    case TB_METRIC_HISTOGRAM: histogram_add(b, m); break;
    }
}

void tb_metrics_render(const struct tb_metrics *metrics, struct tb_buf *b)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    const char *name = "";
    for (size_t i = 0; i < metrics->count; i++) {
        const struct tb_metric *m = &metrics->items[i];
        if (!m->labels)
            continue;
        if (strcmp(name, m->name) != 0) {
            name = m->name;
            tb_buf_add_str(b, "# TYPE ");
            tb_buf_add_str(b, name);
            tb_buf_add_u8(b, ' ');
            tb_buf_add_str(b, types[m->type]);
            tb_buf_add_str(b, "\n# HELP ");
            tb_buf_add_str(b, name);
            tb_buf_add_u8(b, ' ');
            tb_buf_add_str(b, m->help);
            tb_buf_add_u8(b, '\n');
        }
        value_add(b, m);
    }
    tb_buf_add_str(b, "# EOF\n");
}
