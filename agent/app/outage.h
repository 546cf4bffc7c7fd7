/*
 * Outage: what people are told of the line and of notices, in one sentence each for the cause, what works,
 * what does not, and what happens later. Log, metrics and pages say it in the same words (agent/words,
 * section `outage`).
 */
#ifndef TB_AGENT_APP_OUTAGE_H
#define TB_AGENT_APP_OUTAGE_H

#include "agent/app/status.h"

#define TB_OUTAGE_TEXT_SIZE 512
#define TB_OUTAGE_LABELS_SIZE (TB_OUTAGE_TEXT_SIZE + 64)

/* Of the line as it is; a text with its terminator. language as for tb_words_text(). */
void tb_outage_line_text(const struct tb_status *status, const char *language,
                         char ret_text[TB_OUTAGE_TEXT_SIZE]);
void tb_outage_notice_text(enum tb_notice notice, const char *language, char ret_text[TB_OUTAGE_TEXT_SIZE]);

/* The line as labels of a metric (OpenMetrics 1.0, section 4.2: escaped). */
void tb_outage_line_labels(const struct tb_status *status, const char *language,
                           char ret_labels[TB_OUTAGE_LABELS_SIZE]);

#endif
