#include "agent/cli/peer.h"

#include "host/system/system.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t monotonic_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t deadline_of(uint32_t timeout_ms)
{
    return timeout_ms == TB_CLI_FOREVER ? INT64_MAX : monotonic_ms() + timeout_ms;
}

static int poll_timeout(int64_t deadline_ms)
{
    if (deadline_ms == INT64_MAX)
        return -1;
    int64_t left_ms = deadline_ms - monotonic_ms();
    if (left_ms < 0)
        return 0;
    return left_ms > INT32_MAX ? INT32_MAX : (int)left_ms;
}

static enum tb_err wait_for(const struct tb_cli_peer *p, short events, int64_t deadline_ms)
{
    struct pollfd set = {.fd = p->fd, .events = events};
    for (;;) {
        int ready = poll(&set, 1, poll_timeout(deadline_ms));
        if (ready > 0)
            return TB_OK;
        if (ready == 0)
            return TB_ERR_TIMEOUT;
        if (errno != EINTR)
            return TB_ERR_IO;
    }
}

static enum tb_err connect_err(int code)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
    case ENOTSOCK:
    case ECONNREFUSED: return TB_ERR_NOT_FOUND;
    case EAGAIN: return TB_ERR_BUSY;
    default: return tb_err_of_errno(code);
    }
}

enum tb_err tb_cli_peer_open(struct tb_cli_peer *p, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    p->fd = -1;
    p->size = p->taken = 0;
    enum tb_err err = tb_span_to_str(tb_span_str(path), address.sun_path, sizeof address.sun_path);
    if (err != TB_OK)
        return err;
    p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (p->fd < 0)
        return tb_err_of_errno(errno);
    if (connect(p->fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return TB_OK;
    err = connect_err(errno);
    tb_cli_peer_close(p);
    return err;
}

void tb_cli_peer_close(struct tb_cli_peer *p)
{
    if (p->fd >= 0)
        (void)close(p->fd);
    p->fd = -1;
}

static enum tb_err io_err(void)
{
    return errno == EPIPE || errno == ECONNRESET ? TB_ERR_OFFLINE : TB_ERR_IO;
}

static enum tb_err bytes_send(struct tb_cli_peer *p, struct tb_span bytes, int64_t deadline_ms)
{
    while (bytes.size) {
        ssize_t sent = send(p->fd, bytes.at, bytes.size, MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes = tb_span_sub(bytes, (size_t)sent, SIZE_MAX);
        } else if (errno == EAGAIN) {
            enum tb_err err = wait_for(p, POLLOUT, deadline_ms);
            if (err != TB_OK)
                return err;
        } else if (errno != EINTR) {
            return io_err();
        }
    }
    return TB_OK;
}

enum tb_err tb_cli_peer_send(struct tb_cli_peer *p, struct tb_span line, uint32_t timeout_ms)
{
    int64_t deadline_ms = deadline_of(timeout_ms);
    enum tb_err err = bytes_send(p, line, deadline_ms);
    return err == TB_OK ? bytes_send(p, tb_span_str("\n"), deadline_ms) : err;
}

/* Reads what there is behind what was read before. */
static enum tb_err bytes_receive(struct tb_cli_peer *p, int64_t deadline_ms)
{
    if (p->size == sizeof p->bytes)
        return TB_ERR_TOO_LONG;
    enum tb_err err = wait_for(p, POLLIN, deadline_ms);
    if (err != TB_OK)
        return err;
    ssize_t got = recv(p->fd, p->bytes + p->size, sizeof p->bytes - p->size, 0);
    if (got == 0)
        return TB_ERR_OFFLINE;
    if (got < 0)
        return errno == EINTR || errno == EAGAIN ? TB_OK : io_err();
    p->size += (size_t)got;
    return TB_OK;
}

enum tb_err tb_cli_peer_receive(struct tb_cli_peer *p, uint32_t timeout_ms, struct tb_span *ret_line)
{
    int64_t deadline_ms = deadline_of(timeout_ms);
    memmove(p->bytes, p->bytes + p->taken, p->size - p->taken);
    p->size -= p->taken;
    p->taken = 0;
    size_t looked = 0;
    for (;;) {
        const uint8_t *end = memchr(p->bytes + looked, '\n', p->size - looked);
        if (end) {
            *ret_line = tb_span_of(p->bytes, (size_t)(end - p->bytes));
            p->taken = ret_line->size + 1;
            return TB_OK;
        }
        looked = p->size;
        enum tb_err err = bytes_receive(p, deadline_ms);
        if (err != TB_OK)
            return err;
    }
}
