#include "agent/app/outage.h"

#include "agent/words/words.h"
#include "core/base/assert.h"

#include <stdio.h>

/* A sentence, and a blank before it when it is not the first. */
static void sentence_put(struct tb_buf *to, const char *language, const char *key)
{
    const char *text = tb_words_text(language, key);
    if (!text)
        return;
    if (to->size > 0)
        tb_buf_add_u8(to, ' ');
    tb_buf_add_str(to, text);
}

static struct tb_buf text_begin(char *ret_text)
{
    return tb_buf_of(ret_text, TB_OUTAGE_TEXT_SIZE - 1);
}

/* Words are ours and short; what would not fit is cut. */
static void text_end(const struct tb_buf *text, char *ret_text)
{
    ret_text[text->size] = '\0';
}

void tb_outage_line_text(const struct tb_status *status, const char *language,
                         char ret_text[TB_OUTAGE_TEXT_SIZE])
{
    char key[64];
    struct tb_buf text = text_begin(ret_text);
    if (status->line != TB_LINE_OFFLINE) {
        (void)snprintf(key, sizeof key, "line.%s", tb_line_state_name(status->line));
        sentence_put(&text, language, key);
    } else {
        (void)snprintf(key, sizeof key, "offline.cause.%s", tb_line_cause_name(status->line_cause));
        sentence_put(&text, language, key);
        sentence_put(&text, language, "offline.works");
        sentence_put(&text, language, "offline.not");
        sentence_put(&text, language, "offline.later");
    }
    text_end(&text, ret_text);
}

void tb_outage_notice_text(enum tb_notice notice, const char *language, char ret_text[TB_OUTAGE_TEXT_SIZE])
{
    char key[64];
    struct tb_buf text = text_begin(ret_text);
    (void)snprintf(key, sizeof key, "notice.%s.title", tb_notice_name(notice));
    const char *title = tb_words_text(language, key);
    tb_buf_add_str(&text, title ? title : tb_notice_name(notice));
    tb_buf_add_u8(&text, '.');
    (void)snprintf(key, sizeof key, "notice.%s.detail", tb_notice_name(notice));
    sentence_put(&text, language, key);
    text_end(&text, ret_text);
}

void tb_outage_line_labels(const struct tb_status *status, const char *language,
                           char ret_labels[TB_OUTAGE_LABELS_SIZE])
{
    char text[TB_OUTAGE_TEXT_SIZE];
    struct tb_buf labels = tb_buf_of(ret_labels, TB_OUTAGE_LABELS_SIZE - 1);
    tb_outage_line_text(status, language, text);
    tb_buf_add_str(&labels, "state=\"");
    tb_buf_add_str(&labels, tb_line_state_name(status->line));
    tb_buf_add_str(&labels, "\",cause=\"");
    tb_buf_add_str(&labels, tb_line_cause_name(status->line_cause));
    tb_buf_add_str(&labels, "\",text=\"");
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            tb_buf_add_u8(&labels, '\\');
        tb_buf_add_u8(&labels, (uint8_t)*c);
    }
    tb_buf_add_str(&labels, "\"");
    TB_ASSERT(labels.err == TB_OK);
    ret_labels[labels.size] = '\0';
}
