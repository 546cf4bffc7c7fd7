/*
 * Log: one line per event on standard error, `level module event key=value …` (values as in logfmt).
 *
 *     tb_log(TB_LOG_WARN, TB_EVENT("uplink", "down"), tb_log_str("cause", "refused"), tb_log_int("retry_ms",
 * ms));
 *
 * Personal values (names, member numbers, codes, card data) go through tb_log_private() only, which
 * prints nothing but the value's size. Allocates nothing, one write(2) per line.
 * Thread rule: any thread; tb_log_setup() and tb_audit_open() before threads start.
 * Limits: a line is cut at 1,000 bytes; 16 fields.
 */
#ifndef TB_HOST_LOG_LOG_H
#define TB_HOST_LOG_LOG_H

#include "core/base/id.h"

enum tb_log_level {
    TB_LOG_ERROR, /* a person must act */
    TB_LOG_WARN,  /* service is reduced, comes back by itself or soon needs a person */
    TB_LOG_INFO,  /* what happened, a few lines per visit at most */
    TB_LOG_DEBUG, /* for developers; off by default */
};

enum tb_log_kind {
    TB_LOG_KIND_END,
    TB_LOG_KIND_EVENT,
    TB_LOG_KIND_INT,
    TB_LOG_KIND_TEXT,
    TB_LOG_KIND_HEX,
    TB_LOG_KIND_PRIVATE
};

struct tb_log_field {
    enum tb_log_kind kind;
    const char *key; /* for an event: the module */
    int64_t number;
    struct tb_span text; /* borrowed for the call */
};

static inline struct tb_log_field tb_log_int(const char *key, int64_t value)
{
    return (struct tb_log_field){.kind = TB_LOG_KIND_INT, .key = key, .number = value};
}

static inline struct tb_log_field tb_log_text(const char *key, struct tb_span value)
{
    return (struct tb_log_field){.kind = TB_LOG_KIND_TEXT, .key = key, .text = value};
}

static inline struct tb_log_field tb_log_str(const char *key, const char *value)
{
    return tb_log_text(key, tb_span_str(value ? value : ""));
}

static inline struct tb_log_field tb_log_err(enum tb_err err)
{
    return tb_log_str("err", tb_err_name(err));
}

static inline struct tb_log_field tb_log_id(const char *key, const struct tb_id *id)
{
    return (struct tb_log_field){.kind = TB_LOG_KIND_HEX, .key = key, .text = tb_id_span(id)};
}

static inline struct tb_log_field tb_log_private(const char *key, struct tb_span value)
{
    return (struct tb_log_field){.kind = TB_LOG_KIND_PRIVATE, .key = key, .text = value};
}

static inline struct tb_log_field tb_log_event(const char *module, const char *event)
{
    return (struct tb_log_field){.kind = TB_LOG_KIND_EVENT, .key = module, .text = tb_span_str(event)};
}

#define TB_EVENT(module, event) tb_log_event((module), (event))

#define tb_log(level, ...) \
    tb_log_write((level), (const struct tb_log_field[]){__VA_ARGS__, {.kind = TB_LOG_KIND_END}})

/* For identifications and hand-overs: the same line with its time, to the audit stream. */
#define tb_audit(...) tb_audit_write((const struct tb_log_field[]){__VA_ARGS__, {.kind = TB_LOG_KIND_END}})

/* Lines above level are dropped. Under journald lines carry its priority prefix, elsewhere the time. */
void tb_log_setup(enum tb_log_level level);
bool tb_log_level_decode(struct tb_span name, enum tb_log_level *ret_level); /* error warn info debug */
const char *tb_log_level_name(enum tb_log_level level);

/* fields ends with TB_LOG_KIND_END; use the macro. */
void tb_log_write(enum tb_log_level level, const struct tb_log_field *fields);

/* Appends to path (made with mode 0600); NULL or "" sends audit lines to standard error. */
TB_MUST_USE enum tb_err tb_audit_open(const char *path);
void tb_audit_close(void);
/* TB_ERR_FULL, TB_ERR_IO: the line was not written, and the caller must not pretend that it was. */
enum tb_err tb_audit_write(const struct tb_log_field *fields);

/* Builds one line without its end; for tests and for other sinks. */
void tb_log_format(struct tb_buf *b, const struct tb_log_field *fields);

#endif
