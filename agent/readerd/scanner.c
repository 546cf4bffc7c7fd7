#include "agent/readerd/scanner.h"

#include "agent/readerd/device.h"
#include "agent/readerd/port.h"
#include "core/link/line.h"

#include <errno.h>
#include <unistd.h>

struct scanner {
    struct port port;
    const char *path;
    const struct scanner_way *way;
    void *context; /* the way's */
    int fd;        /* -1 while it is not there */
    struct device_retry retry;
    struct tb_link_line line;
    uint8_t memory[TB_LINK_LINE_MAX];
};

static void scanner_close(struct scanner *s, enum tb_link_condition condition, enum tb_link_reason reason)
{
    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = -1;
    tb_link_line_drop(&s->line);
    port_state(&s->port, condition, reason);
}

static void scanner_open(struct scanner *s)
{
    enum tb_link_reason reason = tb_device_claim(s->path, s->way->access, &s->fd);
    if (reason == TB_LINK_REASON_NONE)
        reason = s->way->set_up(s->context, s->fd);
    if (reason != TB_LINK_REASON_NONE) {
        scanner_close(s, tb_device_condition(reason), reason);
        return;
    }
    s->port.stats[TB_LINK_STAT_DEVICE_OPENS]++;
    device_retry_reset(&s->retry);
    port_state(&s->port, TB_LINK_READY, TB_LINK_REASON_NONE);
}

static void step_send(struct scanner *s, enum tb_link_line_step step, struct tb_span line,
                      enum tb_link_reason reason)
{
    struct tb_link_message m = {.type = TB_LINK_LINE,
                                .line = {.device = TB_LINK_DEVICE_SCANNER, .text = line}};
    if (step == TB_LINK_LINE_MORE)
        return;
    if (step == TB_LINK_LINE_BROKEN)
        m = (struct tb_link_message){.type = TB_LINK_LINE_FAILED,
                                     .line_failed = {.device = TB_LINK_DEVICE_SCANNER, .reason = reason}};
    s->port.stats[step == TB_LINK_LINE_DONE ? TB_LINK_STAT_LINES : TB_LINK_STAT_LINES_FAILED]++;
    port_send(&s->port, &m);
}

static void bytes_take(struct scanner *s, struct tb_span in)
{
    while (in.size > 0) {
        struct tb_span line = tb_span_of(NULL, 0);
        enum tb_link_reason reason = TB_LINK_REASON_NONE;
        enum tb_link_line_step step = tb_link_line_take(&s->line, &in, port_now_ms(), &line, &reason);
        step_send(s, step, line, reason);
    }
}

static void idle_take(struct scanner *s)
{
    struct tb_span line = tb_span_of(NULL, 0);
    enum tb_link_reason reason = TB_LINK_REASON_NONE;
    enum tb_link_line_step step = tb_link_line_idle(&s->line, port_now_ms(), &line, &reason);
    step_send(s, step, line, reason);
}

static void scanner_read(struct scanner *s)
{
    uint8_t bytes[SCANNER_BYTES_MAX];
    size_t size = 0;
    if (s->way->read(s->context, s->fd, bytes, &size)) {
        bytes_take(s, tb_span_of(bytes, size));
    } else {
        s->port.stats[TB_LINK_STAT_DEVICE_ERRORS]++;
        scanner_close(s, TB_LINK_UNPLUGGED, TB_LINK_REASON_NO_DEVICE);
    }
}

/* Nothing, or an error, after poll() has said that there is something: the device hung up. */
bool scanner_bytes(int fd, uint8_t *bytes, size_t size_max, size_t *ret_size)
{
    ssize_t size = read(fd, bytes, size_max);
    *ret_size = size > 0 ? (size_t)size : 0;
    return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

static int64_t wait_ms(const struct scanner *s)
{
    if (s->fd < 0)
        return device_retry_left_ms(&s->retry, port_now_ms());
    int64_t deadline_ms = tb_link_line_deadline_ms(&s->line);
    if (deadline_ms == INT64_MAX)
        return PORT_HEARTBEAT_MS;
    int64_t left_ms = deadline_ms - port_now_ms();
    return left_ms > 0 ? left_ms : 0;
}

void scanner_run(const char *path, const struct scanner_way *way, void *context)
{
    static struct scanner s = {.fd = -1};
    s.path = path;
    s.way = way;
    s.context = context;
    tb_link_line_init(&s.line, s.memory, sizeof s.memory);
    s.line.idle_ms = way->idle_ms;
    port_open(&s.port, TB_LINK_DEVICE_SCANNER, 0, path);
    for (;;) {
        if (s.fd < 0 && device_retry_due(&s.retry, port_now_ms()))
            scanner_open(&s);
        if (port_wait(&s.port, wait_ms(&s), s.fd))
            scanner_read(&s);
        else if (s.fd >= 0)
            idle_take(&s);
    }
}
