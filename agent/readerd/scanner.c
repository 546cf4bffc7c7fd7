#include "agent/readerd/scanner.h"

#include "agent/readerd/device.h"
#include "agent/readerd/port.h"
#include "core/base/assert.h"
#include "core/link/line.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

struct scanner {
    struct port port;
    const char *path;
    speed_t speed;
    int fd; /* -1 while it is not there */
    struct device_retry retry;
    struct tb_link_line line;
    uint8_t memory[TB_LINK_LINE_MAX];
};

static const struct rate {
    unsigned long baud;
    speed_t speed;
} rates[] = {
    {1200, B1200},     {2400, B2400},     {4800, B4800},     {9600, B9600},
    {19200, B19200},   {38400, B38400},   {57600, B57600},   {115200, B115200},
    {230400, B230400}, {460800, B460800}, {921600, B921600},
};

static const struct rate *rate_find(unsigned long baud)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(rates); i++)
        if (rates[i].baud == baud)
            return &rates[i];
    return NULL;
}

bool scanner_baud_valid(unsigned long baud)
{
    return rate_find(baud) != NULL;
}

/* Raw 8N1. What was scanned before is dropped: nobody stands at the till for it any more. */
static bool line_set_up(int fd, speed_t speed)
{
    struct termios mode;
    if (tcgetattr(fd, &mode) != 0)
        return false;
    cfmakeraw(&mode);
    mode.c_cflag |= CLOCAL | CREAD;
    mode.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
    mode.c_cc[VMIN] = 0;
    mode.c_cc[VTIME] = 0;
    return cfsetspeed(&mode, speed) == 0 && tcsetattr(fd, TCSANOW, &mode) == 0 && tcflush(fd, TCIFLUSH) == 0;
}

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
    enum tb_link_reason reason = device_claim(s->path, &s->fd);
    if (reason == TB_LINK_REASON_NONE && !line_set_up(s->fd, s->speed))
        reason = TB_LINK_REASON_UNSUPPORTED;
    if (reason != TB_LINK_REASON_NONE) {
        scanner_close(s, device_condition(reason), reason);
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

/* A read of nothing, or an error, after poll() has said that there is something: the line hung up. */
static void scanner_read(struct scanner *s)
{
    uint8_t bytes[512];
    ssize_t size = read(s->fd, bytes, sizeof bytes);
    if (size > 0) {
        bytes_take(s, tb_span_of(bytes, (size_t)size));
    } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
        s->port.stats[TB_LINK_STAT_DEVICE_ERRORS]++;
        scanner_close(s, TB_LINK_UNPLUGGED, TB_LINK_REASON_NO_DEVICE);
    }
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

void scanner_run(const char *path, unsigned long baud)
{
    static struct scanner s = {.fd = -1};
    const struct rate *rate = rate_find(baud);
    TB_ASSERT(rate != NULL);
    s.path = path;
    s.speed = rate->speed;
    tb_link_line_init(&s.line, s.memory, sizeof s.memory);
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
