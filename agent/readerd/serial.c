#include "agent/readerd/serial.h"

#include "agent/readerd/scanner.h"
#include "core/link/line.h"
#include "host/device/device.h"

#include <fcntl.h>

static enum tb_link_reason serial_set_up(void *context, int fd)
{
    const uint64_t *baud = context;
    return tb_device_line_set_up(fd, *baud) ? TB_LINK_REASON_NONE : TB_LINK_REASON_UNSUPPORTED;
}

static bool serial_read(void *context, int fd, uint8_t *ret_bytes, size_t *ret_size)
{
    (void)context;
    return scanner_bytes(fd, ret_bytes, SCANNER_BYTES_MAX, ret_size);
}

void serial_run(const char *path, uint64_t baud)
{
    static const struct scanner_way way = {
        .access = O_RDWR, .idle_ms = TB_LINK_LINE_IDLE_MS, .set_up = serial_set_up, .read = serial_read};
    scanner_run(path, &way, &baud);
}
