#include "agent/conformance/link.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum tb_err tb_conf_link_open(struct tb_conf_link *link, uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    link->size = 0;
    link->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->fd < 0)
        return TB_ERR_IO;
    if (connect(link->fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return TB_OK;
    tb_conf_link_close(link);
    return TB_ERR_OFFLINE;
}

void tb_conf_link_close(struct tb_conf_link *link)
{
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
}

enum tb_err tb_conf_link_send(struct tb_conf_link *link, struct tb_span bytes)
{
    while (bytes.size > 0) {
        ssize_t sent = send(link->fd, bytes.at, bytes.size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return TB_ERR_OFFLINE;
        bytes = tb_span_sub(bytes, (size_t)sent, bytes.size);
    }
    return TB_OK;
}

enum tb_err tb_conf_link_more(struct tb_conf_link *link, int wait_ms)
{
    struct pollfd waiting = {.fd = link->fd, .events = POLLIN};
    if (link->size == sizeof link->bytes)
        return TB_ERR_TOO_LONG;
    int ready = poll(&waiting, 1, wait_ms);
    if (ready <= 0)
        return TB_ERR_TIMEOUT;
    ssize_t got = recv(link->fd, link->bytes + link->size, sizeof link->bytes - link->size, 0);
    if (got <= 0)
        return TB_ERR_OFFLINE;
    link->size += (size_t)got;
    return TB_OK;
}

void tb_conf_link_drop(struct tb_conf_link *link, size_t from, size_t size)
{
    link->size -= size;
    memmove(link->bytes + from, link->bytes + from + size, link->size - from);
}

enum tb_err tb_conf_link_exchange(struct tb_conf_link *link, uint16_t port, struct tb_span request,
                                  struct tb_wire_answer *ret_answer)
{
    enum tb_err err = tb_conf_link_open(link, port);
    if (err != TB_OK)
        return err;
    /* An answer may be on its way although not all was taken: a long body is refused by its head. */
    enum tb_err sent = tb_conf_link_send(link, request);
    while (err == TB_OK)
        err = tb_conf_link_more(link, TB_LINK_WAIT_MS);
    tb_conf_link_close(link);
    if (err != TB_ERR_OFFLINE)
        return err;
    err = tb_wire_answer_parse(tb_span_of(link->bytes, link->size), ret_answer);
    return err == TB_ERR_TRUNCATED && sent != TB_OK ? sent : err;
}
