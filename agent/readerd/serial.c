#include "agent/readerd/serial.h"

#include "agent/readerd/scanner.h"
#include "core/base/assert.h"

#include <fcntl.h>
#include <termios.h>

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

bool serial_baud_valid(unsigned long baud)
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

static enum tb_link_reason serial_set_up(void *context, int fd)
{
    const speed_t *speed = context;
    return line_set_up(fd, *speed) ? TB_LINK_REASON_NONE : TB_LINK_REASON_UNSUPPORTED;
}

static bool serial_read(void *context, int fd, uint8_t *ret_bytes, size_t *ret_size)
{
    (void)context;
    return scanner_bytes(fd, ret_bytes, SCANNER_BYTES_MAX, ret_size);
}

void serial_run(const char *path, unsigned long baud)
{
    static const struct scanner_way way = {.access = O_RDWR, .set_up = serial_set_up, .read = serial_read};
    const struct rate *rate = rate_find(baud);
    TB_ASSERT(rate != NULL);
    speed_t speed = rate->speed;
    scanner_run(path, &way, &speed);
}
