#include "tests/support/pn532d/log.h"

static const char *const kind_names[LOG_KIND_COUNT] = {
    [LOG_CMD] = "cmd", [LOG_ANS] = "ans", [LOG_RF] = "rf", [LOG_VIOLATION] = "violation", [LOG_SIM] = "sim"};

static struct log_entry *entry_next(struct sim_log *log, enum log_kind kind)
{
    struct log_entry *entry = &log->entries[log->count++ % LOG_ENTRY_MAX];
    entry->kind = kind;
    entry->at_us = log->now_us;
    entry->text[0] = '\0';
    log->violation_count += kind == LOG_VIOLATION;
    return entry;
}

/* Long texts end in "..": the log is for looking, the cards are for bytes. */
static void text_end(struct log_entry *entry, struct tb_buf *b)
{
    if (b->err != TB_OK)
        memcpy(entry->text + b->size, "..", 2);
    entry->text[b->size + (b->err != TB_OK ? 2 : 0)] = '\0';
}

static struct tb_buf text_begin(struct log_entry *entry)
{
    return tb_buf_of(entry->text, sizeof entry->text - 3);
}

static void hex_add(struct tb_buf *b, struct tb_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        tb_buf_add_hex(b, tb_span_sub(bytes, i, 1));
}

void log_text(struct sim_log *log, enum log_kind kind, const char *text)
{
    struct log_entry *entry = entry_next(log, kind);
    struct tb_buf b = text_begin(entry);
    tb_buf_add_str(&b, text);
    text_end(entry, &b);
}

void log_hex(struct sim_log *log, enum log_kind kind, struct tb_span bytes)
{
    struct log_entry *entry = entry_next(log, kind);
    struct tb_buf b = text_begin(entry);
    hex_add(&b, bytes);
    text_end(entry, &b);
}

void log_rf(struct sim_log *log, enum log_kind kind, const char *card, struct tb_span command,
            struct tb_span answer)
{
    struct log_entry *entry = entry_next(log, kind);
    struct tb_buf b = text_begin(entry);
    tb_buf_add_str(&b, card);
    tb_buf_add_str(&b, " ");
    hex_add(&b, command);
    tb_buf_add_str(&b, " -> ");
    if (answer.size)
        hex_add(&b, answer);
    else
        tb_buf_add_str(&b, "nothing");
    text_end(entry, &b);
}

static bool entry_wanted(const struct log_entry *entry, const char *kind)
{
    return kind == NULL || strcmp(kind, kind_names[entry->kind]) == 0;
}

/* The entry behind which count wanted ones follow. */
static unsigned start_find(const struct sim_log *log, const char *kind, unsigned count)
{
    unsigned oldest = log->count > LOG_ENTRY_MAX ? log->count - LOG_ENTRY_MAX : 0;
    oldest = oldest > log->first ? oldest : log->first;
    unsigned at = log->count;
    while (at > oldest && count > 0)
        if (entry_wanted(&log->entries[--at % LOG_ENTRY_MAX], kind))
            count--;
    return at;
}

void log_print(const struct sim_log *log, const char *kind, unsigned count, struct tb_buf *out)
{
    bool first = true;
    for (unsigned at = start_find(log, kind, count); at < log->count; at++) {
        const struct log_entry *entry = &log->entries[at % LOG_ENTRY_MAX];
        if (!entry_wanted(entry, kind))
            continue;
        if (!first)
            tb_buf_add_str(out, " | ");
        first = false;
        tb_buf_add_decimal(out, (int64_t)(entry->at_us / 1000));
        tb_buf_add_str(out, " ");
        tb_buf_add_str(out, kind_names[entry->kind]);
        tb_buf_add_str(out, " ");
        tb_buf_add_str(out, entry->text);
    }
}
