/*
 * Outage metrics: the line, the readers and the notices as gauges, with what people are told of them in a
 * label.
 *
 * Labels are in the language of the terminal's configuration. Loop's thread only.
 */
#ifndef TB_AGENT_APP_STATUS_OUTAGE_METRICS_H
#define TB_AGENT_APP_STATUS_OUTAGE_METRICS_H

#include "agent/app/status/outage.h"
#include "host/metrics/metrics.h"

#define TB_OUTAGE_LABELS_SIZE (TB_OUTAGE_TEXT_SIZE + 128)

struct tb_outage_metrics {
    struct tb_metrics *registry;                   /* borrowed */
    size_t first_reader;                           /* place of the readers' series in it */
    struct tb_gauge line;                          /* always 1: its labels say how the line is */
    struct tb_gauge readers[TB_STATUS_READER_MAX]; /* 1: ready */
    struct tb_gauge notices[TB_NOTICE_COUNT];      /* 1: on */
    char line_labels[TB_OUTAGE_LABELS_SIZE];
    char reader_labels[TB_STATUS_READER_MAX][TB_OUTAGE_LABELS_SIZE];
    char notice_labels[TB_NOTICE_COUNT][TB_OUTAGE_LABELS_SIZE];
};

/* Lists the series, as the status is now. m lives as long as the registry. TB_ERR_FULL. */
TB_MUST_USE enum tb_err tb_outage_metrics_open(struct tb_outage_metrics *m, struct tb_metrics *registry,
                                               const struct tb_status *status, const char *language);

/* Each after what it is named for has changed in the status. */
void tb_outage_metrics_line(struct tb_outage_metrics *m, const struct tb_status *status,
                            const char *language);
void tb_outage_metrics_readers(struct tb_outage_metrics *m, const struct tb_status *status,
                               const char *language);
void tb_outage_metrics_notice(struct tb_outage_metrics *m, enum tb_notice notice, bool on);

#endif
