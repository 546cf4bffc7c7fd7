/*
 * Metrics: counters, gauges and histograms, rendered as OpenMetrics text.
 *
 * Values are atomics that their owner embeds or keeps static; a registry lists them for rendering.
 * Thread rule: tb_tally_*, tb_gauge_*, tb_histogram_* from any thread; registering and rendering
 * on one thread. Limits: TB_METRICS_MAX series; 16 buckets. Labels never carry personal values.
 */
#ifndef TB_HOST_METRICS_METRICS_H
#define TB_HOST_METRICS_METRICS_H

#include "core/base/buf.h"

#include <stdatomic.h>

#define TB_METRICS_MAX 192
#define TB_METRICS_TEXT_SIZE_MAX (48u * 1024u) /* of all that a program renders */
#define TB_HISTOGRAM_BUCKET_MAX 16

struct tb_tally {
    _Atomic uint64_t value;
};

struct tb_gauge {
    _Atomic int64_t value;
};

struct tb_histogram {
    const int64_t *bounds; /* ascending upper bounds, in the unit of observe(); borrowed */
    size_t bound_count;    /* ≤ TB_HISTOGRAM_BUCKET_MAX */
    int64_t unit;          /* observed units per exported unit: 1,000,000 when µs are shown as seconds */
    _Atomic uint64_t buckets[TB_HISTOGRAM_BUCKET_MAX + 1]; /* the last takes what is above every bound */
    _Atomic int64_t sum;
};

static inline void tb_tally_add(struct tb_tally *c, uint64_t n)
{
    atomic_fetch_add_explicit(&c->value, n, memory_order_relaxed);
}

static inline void tb_gauge_set(struct tb_gauge *g, int64_t value)
{
    atomic_store_explicit(&g->value, value, memory_order_relaxed);
}

static inline void tb_gauge_add(struct tb_gauge *g, int64_t n)
{
    atomic_fetch_add_explicit(&g->value, n, memory_order_relaxed);
}

void tb_histogram_observe(struct tb_histogram *h, int64_t value);

enum tb_metric_type { TB_METRIC_COUNTER, TB_METRIC_GAUGE, TB_METRIC_HISTOGRAM };

struct tb_metric {
    enum tb_metric_type type;
    const char *name;   /* "tillbridge_taps", without _total; static */
    const char *help;   /* one sentence; static */
    const char *labels; /* `outcome="recognised",channel="till"` or ""; static; NULL: left out for now */
    const void *value;  /* struct tb_tally, tb_gauge or tb_histogram; borrowed */
};

struct tb_metrics {
    size_t count;
    struct tb_metric items[TB_METRICS_MAX];
};

/* Series of one name are to be registered one after another. TB_ERR_FULL. */
TB_MUST_USE enum tb_err tb_metrics_add(struct tb_metrics *metrics, const struct tb_metric *metric);

/* OpenMetrics 1.0 text, ended by "# EOF"; b->err says when it did not fit. */
void tb_metrics_render(const struct tb_metrics *metrics, struct tb_buf *b);

#endif
