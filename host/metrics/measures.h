/*
 * Measures: how customers are served, by channel, under the same names in every program: how long somebody
 * waits for a clerk and to be recognised, how long a visit and paying take, how many visits have a customer,
 * and how many go on with a cart from elsewhere. docs/measures.md says what each is measured from and to.
 *
 * Embedded or static; any thread may observe, as with the metrics that it is made of. About 4 KiB.
 */
#ifndef TB_HOST_METRICS_MEASURES_H
#define TB_HOST_METRICS_MEASURES_H

#include "core/wire/names.h"
#include "host/metrics/metrics.h"

enum tb_measure { /* durations, in ms */
                  TB_MEASURE_WAIT,
                  TB_MEASURE_IDENTIFY,
                  TB_MEASURE_HANDLE,
                  TB_MEASURE_FINISH,
                  TB_MEASURE_COUNT
};

enum tb_measure_event {
    TB_MEASURE_VISIT,
    TB_MEASURE_RECOGNISED, /* a visit that has, or got, a customer */
    TB_MEASURE_RESUMED,
    TB_MEASURE_EVENT_COUNT
};

struct tb_measures {
    struct tb_histogram durations[TB_MEASURE_COUNT][TB_CHANNEL_COUNT];
    struct tb_tally events[TB_MEASURE_EVENT_COUNT][TB_CHANNEL_COUNT];
};

/* Makes them empty and lists in the registry those of the channels that are measured here; a bit each.
 * TB_ERR_FULL. */
TB_MUST_USE enum tb_err tb_measures_open(struct tb_measures *m, struct tb_metrics *registry,
                                         unsigned channels, unsigned measured);
#define TB_MEASURES_ALL ((1u << TB_MEASURE_COUNT) - 1)

/* Of a channel that was not listed it goes unseen. */
void tb_measures_took(struct tb_measures *m, enum tb_measure what, enum tb_channel channel, int64_t took_ms);
void tb_measures_count(struct tb_measures *m, enum tb_measure_event what, enum tb_channel channel);

#endif
