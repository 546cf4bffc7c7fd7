/*
 * A head on a serial line, opened and locked by the agent itself.
 *
 * A device file that is not there is looked for with a failing open(2) after pauses that double from 0.1 s
 * to 1 s, not with inotify: udev makes and removes the folders of /dev/serial, too, and sets permissions
 * after a file has come, so a watch would need the look all the same. Hang-up of an open line is told by
 * the kernel at once.
 */
#include "agent/readers/transport.h"
#include "host/device/device.h"

#include <fcntl.h>
#include <unistd.h>

enum { ABSENT_PAUSE_MAX_MS = 1000, PAUSE_MAX_MS = 5000 };

static bool serial_open(struct tb_transport *t, int *ret_fd, struct tb_transport_fault *ret_fault)
{
    enum tb_link_reason reason = tb_device_claim(t->device, O_RDWR, ret_fd);
    if (reason == TB_LINK_REASON_NONE && !tb_device_line_set_up(*ret_fd, t->baud)) {
        reason = TB_LINK_REASON_UNSUPPORTED;
        (void)close(*ret_fd);
        *ret_fd = -1;
    }
    *ret_fault =
        (struct tb_transport_fault){TB_READER_UNPLUGGED, tb_link_reason_name(reason), ABSENT_PAUSE_MAX_MS};
    return reason == TB_LINK_REASON_NONE;
}

static void serial_drop(struct tb_transport *t)
{
    t->ended(t);
}

static void serial_close(struct tb_transport *t)
{
    (void)t; /* the line is the link's descriptor and nothing else */
}

const struct tb_transport_ops tb_transport_serial = {
    .role = TB_LINK_ROLE_HEAD,
    .asks = true,
    .ended = {TB_READER_UNPLUGGED, "device.absent", ABSENT_PAUSE_MAX_MS},
    .silent = {TB_READER_HUNG, "device.silent", PAUSE_MAX_MS},
    .open = serial_open,
    .drop = serial_drop,
    .close = serial_close,
};
