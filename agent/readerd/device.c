#include "agent/readerd/device.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

enum { RETRY_FIRST_MS = 100, RETRY_MAX_MS = 1000 };

static enum tb_link_reason reason_of_errno(int error)
{
    switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV: return TB_LINK_REASON_NO_DEVICE;
    case EACCES:
    case EPERM: return TB_LINK_REASON_DENIED;
    case EBUSY:
    case EWOULDBLOCK: return TB_LINK_REASON_BUSY;
    default: return TB_LINK_REASON_IO;
    }
}

enum tb_link_reason device_claim(const char *path, int access, int *ret_fd)
{
    *ret_fd = -1;
    int fd = open(path, access | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return reason_of_errno(errno);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum tb_link_reason reason = reason_of_errno(errno);
        (void)close(fd);
        return reason;
    }
    *ret_fd = fd;
    return TB_LINK_REASON_NONE;
}

enum tb_link_condition device_condition(enum tb_link_reason reason)
{
    return reason == TB_LINK_REASON_NO_DEVICE ? TB_LINK_UNPLUGGED : TB_LINK_FAILED;
}

bool device_retry_due(struct device_retry *r, int64_t now_ms)
{
    if (now_ms < r->due_ms)
        return false;
    r->pause_ms = r->pause_ms ? 2 * r->pause_ms : RETRY_FIRST_MS;
    if (r->pause_ms > RETRY_MAX_MS)
        r->pause_ms = RETRY_MAX_MS;
    r->due_ms = now_ms + r->pause_ms;
    return true;
}

int64_t device_retry_left_ms(const struct device_retry *r, int64_t now_ms)
{
    return r->due_ms > now_ms ? r->due_ms - now_ms : 0;
}

void device_retry_reset(struct device_retry *r)
{
    *r = (struct device_retry){.due_ms = 0};
}
