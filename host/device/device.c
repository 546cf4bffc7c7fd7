#include "host/device/device.h"

#include "core/base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

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

enum tb_link_reason tb_device_claim(const char *path, int access, int *ret_fd)
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

enum tb_link_condition tb_device_condition(enum tb_link_reason reason)
{
    return reason == TB_LINK_REASON_NO_DEVICE ? TB_LINK_UNPLUGGED : TB_LINK_FAILED;
}

static const struct rate {
    uint64_t baud;
    speed_t speed;
} rates[] = {
    {1200, B1200},     {2400, B2400},     {4800, B4800},     {9600, B9600},
    {19200, B19200},   {38400, B38400},   {57600, B57600},   {115200, B115200},
    {230400, B230400}, {460800, B460800}, {921600, B921600},
};

static const struct rate *rate_find(uint64_t baud)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(rates); i++)
        if (rates[i].baud == baud)
            return &rates[i];
    return NULL;
}

bool tb_device_baud_valid(uint64_t baud)
{
    return rate_find(baud) != NULL;
}

bool tb_device_line_set_up(int fd, uint64_t baud)
{
    const struct rate *rate = rate_find(baud);
    struct termios mode;
    TB_ASSERT(rate != NULL);
    if (tcgetattr(fd, &mode) != 0)
        return false;
    cfmakeraw(&mode);
    mode.c_cflag |= CLOCAL | CREAD;
    mode.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS | HUPCL);
    mode.c_cc[VMIN] = 1; /* an empty line then reads as EAGAIN, and 0 is its end */
    mode.c_cc[VTIME] = 0;
    if (cfsetspeed(&mode, rate->speed) != 0 || tcsetattr(fd, TCSANOW, &mode) != 0)
        return false;
    /* Success means that something was set. */
    return tcgetattr(fd, &mode) == 0 && cfgetospeed(&mode) == rate->speed && tcflush(fd, TCIFLUSH) == 0;
}
