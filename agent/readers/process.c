/* A tillbridge-readerd or tillbridge-qrcam process behind a socket: killed when it hangs, reaped when it
 * ends. */
#include "agent/readers/transport.h"

#include "core/base/buf.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NUMBER_SIZE = 12, PAUSE_MAX_MS = 5000 };

static void child_ended(struct tb_child *child, int wait_status)
{
    struct tb_transport *t = child->context;
    (void)wait_status;
    t->ended(t);
}

static const char *verb_of(enum tb_reader_kind kind)
{
    switch (kind) {
    case TB_READER_NFC: return "nfc";
    case TB_READER_SCANNER: return "scanner";
    case TB_READER_KEYBOARD: return "keyboard";
    case TB_READER_HIDPOS: return "hidpos";
    case TB_READER_CAMERA: return "camera";
    case TB_READER_HEAD: break; /* no process */
    }
    return "";
}

/* The word behind the device; NULL: none. */
static const char *setting_of(const struct tb_transport *t, const char *baud)
{
    switch (t->kind) {
    case TB_READER_SCANNER: return baud;
    case TB_READER_KEYBOARD: return t->layout;
    case TB_READER_HIDPOS:
    case TB_READER_CAMERA: return t->identified ? "aim" : NULL;
    case TB_READER_NFC:
    case TB_READER_HEAD: break;
    }
    return NULL;
}

static enum tb_err child_start(struct tb_transport *t, int link_fd)
{
    char baud[NUMBER_SIZE];
    struct tb_buf number = tb_buf_of(baud, sizeof baud - 1);
    tb_buf_add_decimal(&number, t->baud);
    baud[number.size] = '\0';
    const char *argv[] = {t->program, verb_of(t->kind), t->device, setting_of(t, baud), NULL};
    const struct tb_child_spec spec = {.path = t->program, .argv = argv, .link_fd = link_fd};
    t->child.context = t;
    return tb_child_start(t->loop, &t->child, &spec, child_ended);
}

static bool process_open(struct tb_transport *t, int *ret_fd, struct tb_transport_fault *ret_fault)
{
    int ends[2];
    *ret_fd = -1;
    *ret_fault = (struct tb_transport_fault){TB_READER_CRASHED, "process.not_started", PAUSE_MAX_MS};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    enum tb_err err = child_start(t, ends[1]);
    (void)close(ends[1]);
    if (err == TB_OK)
        *ret_fd = ends[0];
    else
        (void)close(ends[0]);
    return err == TB_OK;
}

static void process_drop(struct tb_transport *t)
{
    tb_child_kill(&t->child, SIGKILL);
}

static void process_close(struct tb_transport *t)
{
    tb_child_end(&t->child);
}

const struct tb_transport_ops tb_transport_process = {
    .role = TB_LINK_ROLE_READERD,
    .asks = false,
    .ended = {TB_READER_CRASHED, "process.ended", PAUSE_MAX_MS},
    .silent = {TB_READER_HUNG, "process.silent", PAUSE_MAX_MS},
    .open = process_open,
    .drop = process_drop,
    .close = process_close,
};
