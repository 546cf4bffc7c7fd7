/*
 * Outage: what people are told of the line, of readers and of notices: what it is, what works, what does not,
 * and what happens later, a sentence or two each. Log and metrics say it as the pages do, which have it from
 * the same section `outage` of the catalogues (agent/words; agent/web/lib/outage.js).
 *
 * Any thread. Texts are ours and short; what would not fit is cut.
 */
#ifndef TB_AGENT_APP_STATUS_OUTAGE_H
#define TB_AGENT_APP_STATUS_OUTAGE_H

#include "agent/app/status/status.h"

#define TB_OUTAGE_TEXT_SIZE 1024

/* Of the line as it is; a text with its terminator. language as for tb_words_text(). When it is down, since
 * when is left out: log and metrics have a time of their own. */
void tb_outage_line_text(const struct tb_status *status, const char *language,
                         char ret_text[TB_OUTAGE_TEXT_SIZE]);

void tb_outage_notice_text(enum tb_notice notice, const char *language, char ret_text[TB_OUTAGE_TEXT_SIZE]);

/* Of the reader at this place in the status; "" when it is ready. */
void tb_outage_reader_text(const struct tb_status *status, unsigned index, const char *language,
                           char ret_text[TB_OUTAGE_TEXT_SIZE]);

#endif
