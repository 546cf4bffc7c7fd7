#include "host/log/log.h"

#include "core/base/text.h"
#include "host/system/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE_MAX 1000
#define CUT_MARK " cut=yes"
#define HEAD_SIZE 40

static const char *const level_names[] = {"error", "warn", "info", "debug"};

/* Set before threads start, except the level, which may change any time. */
static _Atomic int level_max = TB_LOG_INFO;
static bool journal;
static int audit_fd = STDERR_FILENO;

const char *tb_log_level_name(enum tb_log_level level)
{
    return level_names[level];
}

bool tb_log_level_decode(struct tb_span name, enum tb_log_level *ret_level)
{
    for (int level = TB_LOG_ERROR; level <= TB_LOG_DEBUG; level++) {
        if (!tb_span_is(name, level_names[level]))
            continue;
        *ret_level = (enum tb_log_level)level;
        return true;
    }
    return false;
}

void tb_log_setup(enum tb_log_level level)
{
    atomic_store_explicit(&level_max, (int)level, memory_order_relaxed);
    journal = getenv("JOURNAL_STREAM") != NULL;
}

/* ---- one line ---- */

static bool is_plain(struct tb_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.at[i];
        if (c == ' ' || c == '"' || c == '=' || c == '\\' || tb_text_control(text, i) > 0)
            return false;
    }
    return text.size > 0 && tb_utf8_valid(text);
}

static void escape_add(struct tb_buf *b, struct tb_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        tb_buf_add_str(b, "\\x");
        tb_buf_add_hex(b, tb_span_sub(bytes, i, 1));
    }
}

static void quoted_add(struct tb_buf *b, struct tb_span text)
{
    bool utf8 = tb_utf8_valid(text);
    tb_buf_add_u8(b, '"');
    for (size_t i = 0, size; i < text.size; i += size) {
        uint8_t c = text.at[i];
        size_t escaped = c >= 0x80 && !utf8 ? 1 : tb_text_control(text, i);
        size = escaped ? escaped : 1;
        if (c == '"' || c == '\\')
            tb_buf_add_u8(b, '\\');
        if (escaped)
            escape_add(b, tb_span_sub(text, i, escaped));
        else
            tb_buf_add_u8(b, c);
    }
    tb_buf_add_u8(b, '"');
}

static void field_add(struct tb_buf *b, const struct tb_log_field *f)
{
    tb_buf_add_str(b, b->size ? " " : "");
    tb_buf_add_str(b, f->key);
    tb_buf_add_u8(b, f->kind == TB_LOG_KIND_EVENT ? ' ' : '=');
    switch (f->kind) {
    case TB_LOG_KIND_END: break;
    case TB_LOG_KIND_EVENT: tb_buf_add(b, f->text); break;
    case TB_LOG_KIND_INT: tb_buf_add_decimal(b, f->number); break;
    case TB_LOG_KIND_HEX: tb_buf_add_hex(b, f->text); break;
    case TB_LOG_KIND_TEXT:
        if (is_plain(f->text))
            tb_buf_add(b, f->text);
        else
            quoted_add(b, f->text);
        break;
    case TB_LOG_KIND_PRIVATE:
        tb_buf_add_str(b, "<private:");
        tb_buf_add_decimal(b, (int64_t)f->text.size);
        tb_buf_add_u8(b, '>');
        break;
    }
}

void tb_log_format(struct tb_buf *b, const struct tb_log_field *fields)
{
    size_t mark_size = strlen(CUT_MARK);
    for (; fields->kind != TB_LOG_KIND_END; fields++) {
        struct tb_buf room = *b;
        room.size_max = b->size_max > mark_size ? b->size_max - mark_size : 0;
        field_add(&room, fields);
        if (room.err) {
            tb_buf_add_str(b, CUT_MARK);
            return;
        }
        b->size = room.size;
    }
}

/* ---- where lines go ---- */

static void time_add(struct tb_buf *b)
{
    struct timespec now;
    struct tm t;
    char text[HEAD_SIZE];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &t);
    size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &t);
    tb_buf_add(b, tb_span_of(text, size));
    snprintf(text, sizeof text, ".%03dZ ", (int)(now.tv_nsec / 1000000));
    tb_buf_add_str(b, text);
}

static enum tb_err line_write(int fd, struct tb_span head, const struct tb_log_field *fields)
{
    char line[HEAD_SIZE + LINE_SIZE_MAX + 1];
    struct tb_buf b = tb_buf_of(line, sizeof line - 1);
    tb_buf_add(&b, head);
    struct tb_buf body = tb_buf_of(line + b.size, sizeof line - 1 - b.size);
    tb_log_format(&body, fields);
    size_t size = b.size + body.size;
    line[size++] = '\n';
    ssize_t done;
    do {
        done = write(fd, line, size);
    } while (done < 0 && errno == EINTR);
    if (done < 0)
        return tb_err_of_errno(errno);
    return (size_t)done == size ? TB_OK : TB_ERR_FULL;
}

void tb_log_write(enum tb_log_level level, const struct tb_log_field *fields)
{
    static const uint8_t priorities[] = {'3', '4', '6', '7'}; /* syslog's, as sd-daemon(3) has them */
    char head[HEAD_SIZE];
    struct tb_buf b = tb_buf_of(head, sizeof head);
    if ((int)level > atomic_load_explicit(&level_max, memory_order_relaxed))
        return;
    if (journal) {
        tb_buf_add_u8(&b, '<');
        tb_buf_add_u8(&b, priorities[level]);
        tb_buf_add_u8(&b, '>');
    } else {
        time_add(&b);
    }
    tb_buf_add_str(&b, level_names[level]);
    tb_buf_add_u8(&b, ' ');
    (void)line_write(STDERR_FILENO, tb_buf_span(&b), fields); /* there is nowhere left to say it */
}

enum tb_err tb_audit_open(const char *path)
{
    tb_audit_close();
    if (!path || !path[0])
        return TB_OK;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0)
        return tb_err_of_errno(errno);
    audit_fd = fd;
    return TB_OK;
}

void tb_audit_close(void)
{
    if (audit_fd != STDERR_FILENO)
        close(audit_fd);
    audit_fd = STDERR_FILENO;
}

enum tb_err tb_audit_write(const struct tb_log_field *fields)
{
    char head[HEAD_SIZE];
    struct tb_buf b = tb_buf_of(head, sizeof head);
    time_add(&b);
    tb_buf_add_str(&b, "audit ");
    return line_write(audit_fd, tb_buf_span(&b), fields);
}
