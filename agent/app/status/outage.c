#include "agent/app/status/outage.h"

#include "agent/words/words.h"
#include "core/base/assert.h"

#include <stdio.h>

#define KEY_SIZE 64

static struct tb_buf text_begin(char *ret_text)
{
    return tb_buf_of(ret_text, TB_OUTAGE_TEXT_SIZE - 1);
}

static void text_end(const struct tb_buf *text, char *ret_text)
{
    ret_text[text->size] = '\0';
}

/* A sentence, and a blank before it when it is not the first. */
static void sentence_put(struct tb_buf *to, const char *text)
{
    if (!text)
        return;
    if (to->size > 0)
        tb_buf_add_u8(to, ' ');
    tb_buf_add_str(to, text);
}

static void key_put(struct tb_buf *to, const char *language, const char *key)
{
    sentence_put(to, tb_words_text(language, key));
}

/* The words under <of>.<which>.<part>, or those for all that are <of>; which "" is none. */
static void part_put(struct tb_buf *to, const char *language, const char *of, const char *which,
                     const char *part)
{
    char key[KEY_SIZE];
    (void)snprintf(key, sizeof key, "%s.%s.%s", of, which, part);
    const char *text = tb_words_text(language, key);
    (void)snprintf(key, sizeof key, "%s.%s", of, part);
    sentence_put(to, text ? text : tb_words_text(language, key));
}

/* ---- the line ---- */

static void never_put(struct tb_buf *to, const char *language)
{
    key_put(to, language, "never.works");
    key_put(to, language, "never.not");
    key_put(to, language, "never.later");
}

static void offline_put(struct tb_buf *to, const char *language, enum tb_line_cause cause, bool never)
{
    char key[KEY_SIZE];
    if (never)
        key_put(to, language, "never.title");
    (void)snprintf(key, sizeof key, "offline.cause.%s", tb_line_cause_name(cause));
    key_put(to, language, key);
    if (never) {
        never_put(to, language);
        return;
    }
    key_put(to, language, "offline.works");
    key_put(to, language, "offline.not");
    (void)snprintf(key, sizeof key, "offline.later.%s", tb_line_cause_name(cause));
    const char *later = tb_words_text(language, key);
    sentence_put(to, later ? later : tb_words_text(language, "offline.later"));
}

static void connecting_put(struct tb_buf *to, const char *language, bool never)
{
    key_put(to, language, "connecting.title");
    if (never) {
        never_put(to, language);
        return;
    }
    key_put(to, language, "offline.works");
    key_put(to, language, "offline.not");
    key_put(to, language, "connecting.later");
}

void tb_outage_line_text(const struct tb_status *status, const char *language,
                         char ret_text[TB_OUTAGE_TEXT_SIZE])
{
    struct tb_buf text = text_begin(ret_text);
    switch (status->line) {
    case TB_LINE_LIVE: key_put(&text, language, "line.live"); break;
    case TB_LINE_OFFLINE: offline_put(&text, language, status->line_cause, status->never_connected); break;
    case TB_LINE_CONNECTING: connecting_put(&text, language, status->never_connected); break;
    }
    text_end(&text, ret_text);
}

/* ---- readers ---- */

static bool kind_is_ready(const struct tb_status *status, const char *kind)
{
    for (unsigned i = 0; i < status->reader_count; i++)
        if (strcmp(status->readers[i].kind, kind) == 0 && strcmp(status->readers[i].state, "ready") == 0)
            return true;
    return false;
}

static void reader_works_put(struct tb_buf *to, const char *language, const struct tb_status *status)
{
    bool nfc = kind_is_ready(status, "nfc"), scanner = kind_is_ready(status, "scanner");
    if (nfc)
        key_put(to, language, "reader.works.nfc");
    if (scanner)
        key_put(to, language, "reader.works.scanner");
    if (!nfc && !scanner)
        key_put(to, language, "reader.works.none");
}

/* Readers of one kind are told apart by their names. */
static void reader_title_put(struct tb_buf *to, const char *language, const struct tb_status *status,
                             const struct tb_status_reader *reader, const char *title)
{
    char key[KEY_SIZE];
    unsigned alike = 0;
    for (unsigned i = 0; i < status->reader_count; i++)
        alike += strcmp(status->readers[i].kind, reader->kind) == 0;
    (void)snprintf(key, sizeof key, "reader.%s", reader->kind);
    const char *kind = tb_words_text(language, key);
    const struct tb_words_value name = {"reader", tb_span_str(alike > 1 || !kind ? reader->name : kind)};
    tb_words_put(to, title, (struct tb_words_values){&name, 1});
    tb_buf_add_u8(to, '.');
}

void tb_outage_reader_text(const struct tb_status *status, unsigned index, const char *language,
                           char ret_text[TB_OUTAGE_TEXT_SIZE])
{
    TB_ASSERT(index < status->reader_count);
    char key[KEY_SIZE];
    const struct tb_status_reader *reader = &status->readers[index];
    struct tb_buf text = text_begin(ret_text);
    (void)snprintf(key, sizeof key, "reader.%s.title", reader->state);
    const char *title = tb_words_text(language, key);
    if (title) {
        reader_title_put(&text, language, status, reader, title);
        reader_works_put(&text, language, status);
        (void)snprintf(key, sizeof key, "reader.not.%s",
                       kind_is_ready(status, reader->kind) ? "alike" : reader->kind);
        key_put(&text, language, key);
        (void)snprintf(key, sizeof key, "reader.%s.later", reader->state);
        key_put(&text, language, key);
    }
    text_end(&text, ret_text);
}

/* ---- notices ---- */

void tb_outage_notice_text(enum tb_notice notice, const char *language, char ret_text[TB_OUTAGE_TEXT_SIZE])
{
    char key[KEY_SIZE];
    const char *code = tb_notice_name(notice);
    struct tb_buf text = text_begin(ret_text);
    (void)snprintf(key, sizeof key, "notice.%s.title", code);
    const char *title = tb_words_text(language, key);
    tb_buf_add_str(&text, title ? title : code);
    tb_buf_add_u8(&text, '.');
    part_put(&text, language, "notice", code, "works");
    part_put(&text, language, "notice", code, "not");
    part_put(&text, language, "notice", code, "later");
    text_end(&text, ret_text);
}
