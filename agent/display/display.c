#include "agent/display/display.h"

#include <errno.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

enum { PAUSE_FIRST_MS = 100, PAUSE_MAX_MS = 5000 };

static void look_due(struct tb_timer *timer);
static void paint_due(struct tb_timer *timer);

static void reason_tell(struct tb_display *d, enum tb_link_reason reason)
{
    if (d->told_once && d->reason == reason)
        return;
    d->told_once = true;
    d->reason = reason;
    if (d->config.told)
        d->config.told(d->config.context, reason);
}

static void line_close(struct tb_display *d)
{
    tb_watch_stop(&d->watch);
    (void)tcflush(d->fd, TCOFLUSH); /* close(2) would wait for a line that takes nothing */
    (void)close(d->fd);
    d->fd = -1;
    d->out_size = 0;
}

static void line_lost(struct tb_display *d, enum tb_link_reason reason)
{
    line_close(d);
    reason_tell(d, reason);
    d->pause_ms = PAUSE_FIRST_MS;
    tb_timer_set(d->loop, &d->timer, d->pause_ms, look_due);
}

/* False: the line was given up. */
static bool out_flush(struct tb_display *d)
{
    ssize_t size = write(d->fd, d->out, d->out_size);
    if (size < 0 && errno != EAGAIN && errno != EINTR) {
        line_lost(d, TB_LINK_REASON_IO);
        return false;
    }
    if (size > 0) {
        d->out_size -= (size_t)size;
        memmove(d->out, d->out + size, d->out_size);
    }
    if (d->out_size > 0)
        tb_watch_want_write(&d->watch);
    return true;
}

/* Displays answer nothing; what one says all the same is read away. */
static void watch_event(struct tb_watch *watch, unsigned events)
{
    struct tb_display *d = watch->context;
    uint8_t bytes[64];
    bool ended = (events & TB_FD_HANGUP) != 0;
    if (events & TB_FD_READ) {
        ssize_t size = read(d->fd, bytes, sizeof bytes);
        ended = ended || size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
    }
    if (ended)
        line_lost(d, TB_LINK_REASON_NO_DEVICE);
    else if (events & TB_FD_WRITE)
        (void)out_flush(d);
}

static void paint(struct tb_display *d, bool begins)
{
    struct tb_buf out = tb_buf_of(d->out, sizeof d->out);
    if (begins)
        tb_display_begin(&out, d->config.dialect, d->config.page);
    tb_display_paint(&out, d->config.dialect, &d->cells);
    d->out_size = out.size;
    d->stale = false;
    d->painted_ms = tb_loop_now_ms(d->loop);
    if (out_flush(d))
        tb_timer_set(d->loop, &d->timer, TB_DISPLAY_AGAIN_MS, paint_due);
}

static void paint_due(struct tb_timer *timer)
{
    struct tb_display *d = timer->context;
    if (d->out_size == 0)
        paint(d, false);
    else
        tb_timer_set(d->loop, &d->timer, TB_DISPLAY_PAINT_MS, paint_due); /* it still takes the last one */
}

static enum tb_link_reason line_open(struct tb_display *d)
{
    enum tb_link_reason reason = tb_device_claim(d->config.device, O_RDWR, &d->fd);
    if (reason != TB_LINK_REASON_NONE)
        return reason;
    d->watch = (struct tb_watch){.context = d};
    if (!tb_device_line_set_up(d->fd, d->config.baud))
        reason = TB_LINK_REASON_UNSUPPORTED;
    else if (tb_loop_watch_fd(d->loop, &d->watch, d->fd, watch_event) != TB_OK)
        reason = TB_LINK_REASON_IO;
    if (reason != TB_LINK_REASON_NONE) {
        (void)close(d->fd);
        d->fd = -1;
    }
    return reason;
}

static void look_due(struct tb_timer *timer)
{
    struct tb_display *d = timer->context;
    enum tb_link_reason reason = line_open(d);
    reason_tell(d, reason);
    if (reason == TB_LINK_REASON_NONE) {
        paint(d, true);
        return;
    }
    d->pause_ms = d->pause_ms * 2 < PAUSE_MAX_MS ? d->pause_ms * 2 : PAUSE_MAX_MS;
    tb_timer_set(d->loop, &d->timer, d->pause_ms, look_due);
}

void tb_display_open(struct tb_display *d, struct tb_loop *loop, const struct tb_display_config *config)
{
    *d = (struct tb_display){
        .config = *config, .loop = loop, .fd = -1, .pause_ms = PAUSE_FIRST_MS / 2, .open = true};
    memset(&d->cells, ' ', sizeof d->cells);
    d->timer.context = d;
    tb_timer_set(loop, &d->timer, 0, look_due);
}

void tb_display_show(struct tb_display *d, const struct tb_display_cells *cells)
{
    if (!d->open || memcmp(&d->cells, cells, sizeof *cells) == 0)
        return;
    d->cells = *cells;
    if (d->fd < 0 || d->stale)
        return; /* shown when it is there, or when its time comes */
    d->stale = true;
    int64_t wait_ms = d->painted_ms + TB_DISPLAY_PAINT_MS - tb_loop_now_ms(d->loop);
    tb_timer_set(d->loop, &d->timer, wait_ms > 0 ? wait_ms : 0, paint_due);
}

void tb_display_close(struct tb_display *d)
{
    if (!d->open)
        return;
    tb_timer_cancel(&d->timer);
    if (d->fd >= 0) {
        struct tb_buf out = tb_buf_of(d->out, sizeof d->out);
        memset(&d->cells, ' ', sizeof d->cells);
        tb_display_paint(&out, d->config.dialect, &d->cells);
        ssize_t size = write(d->fd, out.at, out.size);
        (void)size; /* a shopper's name is not left on it, where it takes that */
        tb_watch_stop(&d->watch);
        (void)close(d->fd);
    }
    *d = (struct tb_display){.fd = -1};
}
