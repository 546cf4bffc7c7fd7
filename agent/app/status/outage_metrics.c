#include "agent/app/status/outage_metrics.h"

#include "core/base/assert.h"

static struct tb_buf labels_begin(char *ret_labels)
{
    return tb_buf_of(ret_labels, TB_OUTAGE_LABELS_SIZE - 1);
}

/* OpenMetrics 1.0, section 4.2: escaped. */
static void label_put(struct tb_buf *to, const char *name, const char *value)
{
    if (to->size > 0)
        tb_buf_add_u8(to, ',');
    tb_buf_add_str(to, name);
    tb_buf_add_str(to, "=\"");
    for (const char *c = value; *c; c++) {
        if (*c == '"' || *c == '\\')
            tb_buf_add_u8(to, '\\');
        tb_buf_add_u8(to, (uint8_t)*c);
    }
    tb_buf_add_u8(to, '"');
}

static void labels_end(const struct tb_buf *labels, char *ret_labels)
{
    TB_ASSERT(labels->err == TB_OK);
    ret_labels[labels->size] = '\0';
}

void tb_outage_metrics_line(struct tb_outage_metrics *m, const struct tb_status *status, const char *language)
{
    char text[TB_OUTAGE_TEXT_SIZE];
    struct tb_buf labels = labels_begin(m->line_labels);
    tb_outage_line_text(status, language, text);
    label_put(&labels, "state", tb_line_state_name(status->line));
    label_put(&labels, "cause", tb_line_cause_name(status->line_cause));
    label_put(&labels, "text", text);
    labels_end(&labels, m->line_labels);
}

static void reader_labels_put(const struct tb_status *status, unsigned index, const char *language,
                              char *ret_labels)
{
    char text[TB_OUTAGE_TEXT_SIZE];
    const struct tb_status_reader *reader = &status->readers[index];
    struct tb_buf labels = labels_begin(ret_labels);
    tb_outage_reader_text(status, index, language, text);
    label_put(&labels, "reader", reader->name);
    label_put(&labels, "kind", reader->kind);
    label_put(&labels, "state", reader->state);
    label_put(&labels, "text", text);
    labels_end(&labels, ret_labels);
}

void tb_outage_metrics_readers(struct tb_outage_metrics *m, const struct tb_status *status,
                               const char *language)
{
    for (unsigned i = 0; i < TB_STATUS_READER_MAX; i++) {
        bool there = i < status->reader_count;
        if (there)
            reader_labels_put(status, i, language, m->reader_labels[i]);
        tb_gauge_set(&m->readers[i], there && strcmp(status->readers[i].state, "ready") == 0);
        m->registry->items[m->first_reader + i].labels = there ? m->reader_labels[i] : NULL;
    }
}

static void notice_labels_put(struct tb_outage_metrics *m, enum tb_notice notice, const char *language)
{
    char text[TB_OUTAGE_TEXT_SIZE];
    struct tb_buf labels = labels_begin(m->notice_labels[notice]);
    tb_outage_notice_text(notice, language, text);
    label_put(&labels, "code", tb_notice_name(notice));
    label_put(&labels, "text", text);
    labels_end(&labels, m->notice_labels[notice]);
}

void tb_outage_metrics_notice(struct tb_outage_metrics *m, enum tb_notice notice, bool on)
{
    tb_gauge_set(&m->notices[notice], on);
}

static enum tb_err series_add(struct tb_outage_metrics *m, const char *name, const char *help,
                              const char *labels, const struct tb_gauge *value)
{
    const struct tb_metric metric = {TB_METRIC_GAUGE, name, help, labels, value};
    return tb_metrics_add(m->registry, &metric);
}

enum tb_err tb_outage_metrics_open(struct tb_outage_metrics *m, struct tb_metrics *registry,
                                   const struct tb_status *status, const char *language)
{
    m->registry = registry;
    enum tb_err err = series_add(m, "tillbridge_line", "How the line is, in the words that people see.",
                                 m->line_labels, &m->line);
    m->first_reader = registry->count;
    for (unsigned i = 0; i < TB_STATUS_READER_MAX && err == TB_OK; i++)
        err =
            series_add(m, "tillbridge_reader", "1 when it is ready; how it is, in the words that people see.",
                       NULL, &m->readers[i]);
    for (int i = 0; i < TB_NOTICE_COUNT && err == TB_OK; i++) {
        notice_labels_put(m, (enum tb_notice)i, language);
        tb_outage_metrics_notice(m, (enum tb_notice)i, status->notice_since_wall_ms[i] != 0);
        err = series_add(m, "tillbridge_notice", "1 when people are told of it, in these words.",
                         m->notice_labels[i], &m->notices[i]);
    }
    if (err != TB_OK)
        return err;
    tb_gauge_set(&m->line, 1);
    tb_outage_metrics_line(m, status, language);
    tb_outage_metrics_readers(m, status, language);
    return TB_OK;
}
