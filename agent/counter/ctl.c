#include "agent/counter/ctl.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "host/loop/loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PEER_GROUP_COUNT_MAX 64
#define BACKLOG 8

struct ctl_client {
    struct tb_ctl *ctl;
    uint32_t number; /* 0: the place is free */
    int fd;
    struct tb_watch watch;
    size_t line_size;
    uint8_t *line; /* what has come of the line at hand; TB_CTL_LINE_MAX bytes, owned */
    size_t unsent_size;
    uint8_t *unsent; /* owned; NULL when nothing is */
};

struct tb_ctl {
    struct tb_loop *loop;
    struct tb_ctl_handlers handlers;
    gid_t group;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
    bool bound; /* the socket's file is ours to remove */
    int listen_fd;
    struct tb_watch watch;
    uint32_t number_last;
    struct ctl_client clients[TB_CTL_CLIENT_MAX];
};

/* ---- clients ---- */

static void client_close(struct ctl_client *client, const char *reason)
{
    struct tb_ctl *ctl = client->ctl;
    uint32_t number = client->number;
    if (number == 0)
        return;
    tb_watch_stop(&client->watch);
    close(client->fd);
    tb_wipe(client->line, client->line_size);
    free(client->line);
    if (client->unsent)
        tb_wipe(client->unsent, client->unsent_size);
    free(client->unsent);
    *client = (struct ctl_client){.ctl = ctl, .fd = -1};
    if (ctl->handlers.closed)
        ctl->handlers.closed(ctl->handlers.context, number, reason);
}

static void client_refuse(struct tb_ctl *ctl, const char *code)
{
    if (ctl->handlers.refused)
        ctl->handlers.refused(ctl->handlers.context, code);
}

/* Hands over the whole lines and keeps the rest. False: the client is gone. */
static bool lines_handle(struct ctl_client *client)
{
    struct tb_ctl *ctl = client->ctl;
    uint32_t number = client->number;
    size_t done = 0;
    const uint8_t *end;
    while ((end = memchr(client->line + done, '\n', client->line_size - done)) != NULL) {
        struct tb_span line = tb_span_of(client->line + done, (size_t)(end - client->line) - done);
        done += line.size + 1;
        if (line.size > 0 && ctl->handlers.request)
            ctl->handlers.request(ctl->handlers.context, number, line);
        if (client->number != number)
            return false; /* the answer did not fit, and the client was closed */
    }
    client->line_size -= done;
    memmove(client->line, client->line + done, client->line_size);
    return true;
}

static void client_read(struct ctl_client *client)
{
    ssize_t size = read(client->fd, client->line + client->line_size, TB_CTL_LINE_MAX - client->line_size);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        client_close(client, "closed");
        return;
    }
    client->line_size += (size_t)size;
    if (!lines_handle(client))
        return;
    if (client->line_size == TB_CTL_LINE_MAX) {
        client_refuse(client->ctl, "line_long");
        client_close(client, "line_long");
    }
}

/* How much of it the socket took; -1 when it is broken. */
static ssize_t socket_write(int fd, struct tb_span bytes)
{
    ssize_t size = send(fd, bytes.at, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return size;
}

static void client_flush(struct ctl_client *client)
{
    if (!client->unsent)
        return;
    ssize_t size = socket_write(client->fd, tb_span_of(client->unsent, client->unsent_size));
    if (size < 0) {
        client_close(client, "closed");
        return;
    }
    client->unsent_size -= (size_t)size;
    memmove(client->unsent, client->unsent + size, client->unsent_size);
    if (client->unsent_size > 0) {
        tb_watch_want_write(&client->watch);
        return;
    }
    free(client->unsent);
    client->unsent = NULL;
}

static void client_event(struct tb_watch *watch, unsigned events)
{
    struct ctl_client *client = watch->context;
    uint32_t number = client->number;
    if (events & TB_FD_WRITE)
        client_flush(client);
    if ((events & TB_FD_READ) && client->number == number)
        client_read(client);
    if ((events & TB_FD_HANGUP) && client->number == number)
        client_close(client, "closed");
}

/* ---- letting in ---- */

static bool peer_in_group(int fd, gid_t group)
{
    gid_t groups[PEER_GROUP_COUNT_MAX];
    socklen_t size = sizeof groups;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0)
        return false;
    for (size_t i = 0; i < size / sizeof groups[0]; i++)
        if (groups[i] == group)
            return true;
    return false;
}

static bool peer_is_welcome(const struct tb_ctl *ctl, int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    if (peer.uid == 0 || peer.uid == geteuid())
        return true;
    return ctl->group != TB_CTL_NO_GROUP && (peer.gid == ctl->group || peer_in_group(fd, ctl->group));
}

static struct ctl_client *client_place(struct tb_ctl *ctl)
{
    for (size_t i = 0; i < TB_CTL_CLIENT_MAX; i++)
        if (ctl->clients[i].number == 0)
            return &ctl->clients[i];
    return NULL;
}

/* NULL, or why the client is not let in. */
static const char *client_admit(struct tb_ctl *ctl, int fd)
{
    if (!peer_is_welcome(ctl, fd))
        return "peer_denied";
    struct ctl_client *client = client_place(ctl);
    if (!client)
        return "clients_full";
    client->line = malloc(TB_CTL_LINE_MAX);
    if (!client->line)
        return "no_memory";
    client->watch.context = client;
    if (tb_loop_watch_fd(ctl->loop, &client->watch, fd, client_event) != TB_OK) {
        free(client->line);
        client->line = NULL;
        return "loop_full";
    }
    client->fd = fd;
    client->number = ++ctl->number_last;
    return NULL;
}

static void ctl_accept(struct tb_watch *watch, unsigned events)
{
    struct tb_ctl *ctl = watch->context;
    if (!(events & TB_FD_READ))
        return;
    int fd = accept4(ctl->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    const char *why = client_admit(ctl, fd);
    if (!why)
        return;
    close(fd);
    client_refuse(ctl, why);
}

/* ---- opening and closing ---- */

/* The file gets its mode under another name first: nobody can connect before it is right. */
static enum tb_err ctl_bind(struct tb_ctl *ctl)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int size = snprintf(address.sun_path, sizeof address.sun_path, "%s.new", ctl->path);
    if (size < 0 || (size_t)size >= sizeof address.sun_path)
        return TB_ERR_TOO_LONG;
    if (unlink(address.sun_path) != 0 && errno != ENOENT)
        return TB_ERR_IO;
    if (bind(ctl->listen_fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return TB_ERR_IO;
    bool ready = chmod(address.sun_path, 0660) == 0 &&
                 (ctl->group == TB_CTL_NO_GROUP || chown(address.sun_path, (uid_t)-1, ctl->group) == 0) &&
                 listen(ctl->listen_fd, BACKLOG) == 0 && rename(address.sun_path, ctl->path) == 0;
    if (!ready) {
        unlink(address.sun_path);
        return TB_ERR_IO;
    }
    ctl->bound = true;
    return TB_OK;
}

static enum tb_err ctl_listen(struct tb_ctl *ctl, const char *path)
{
    enum tb_err err = tb_span_to_str(tb_span_str(path), ctl->path, sizeof ctl->path);
    if (err != TB_OK)
        return err;
    ctl->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (ctl->listen_fd < 0)
        return TB_ERR_IO;
    err = ctl_bind(ctl);
    if (err != TB_OK)
        return err;
    ctl->watch.context = ctl;
    return tb_loop_watch_fd(ctl->loop, &ctl->watch, ctl->listen_fd, ctl_accept);
}

enum tb_err tb_ctl_open(struct tb_loop *loop, const struct tb_ctl_config *config, struct tb_ctl **ret_ctl)
{
    struct tb_ctl *ctl = calloc(1, sizeof *ctl);
    if (!ctl)
        return TB_ERR_NO_MEMORY;
    ctl->loop = loop;
    ctl->handlers = config->handlers;
    ctl->group = config->group;
    ctl->listen_fd = -1;
    for (size_t i = 0; i < TB_CTL_CLIENT_MAX; i++)
        ctl->clients[i] = (struct ctl_client){.ctl = ctl, .fd = -1};
    enum tb_err err = ctl_listen(ctl, config->path);
    if (err != TB_OK) {
        tb_ctl_close(ctl);
        return err;
    }
    *ret_ctl = ctl;
    return TB_OK;
}

void tb_ctl_close(struct tb_ctl *ctl)
{
    if (!ctl)
        return;
    for (size_t i = 0; i < TB_CTL_CLIENT_MAX; i++)
        client_close(&ctl->clients[i], "stopped");
    if (ctl->watch.wsi)
        tb_watch_stop(&ctl->watch);
    if (ctl->listen_fd >= 0)
        close(ctl->listen_fd);
    if (ctl->bound)
        unlink(ctl->path);
    free(ctl);
}

/* ---- sending ---- */

static bool unsent_add(struct ctl_client *client, struct tb_span bytes)
{
    if (bytes.size > TB_CTL_UNSENT_MAX - client->unsent_size)
        return false;
    uint8_t *grown = realloc(client->unsent, client->unsent_size + bytes.size);
    if (!grown)
        return false;
    memcpy(grown + client->unsent_size, bytes.at, bytes.size);
    client->unsent = grown;
    client->unsent_size += bytes.size;
    return true;
}

static struct ctl_client *client_find(struct tb_ctl *ctl, uint32_t number)
{
    for (size_t i = 0; i < TB_CTL_CLIENT_MAX; i++)
        if (number != 0 && ctl->clients[i].number == number)
            return &ctl->clients[i];
    return NULL;
}

enum tb_err tb_ctl_send(struct tb_ctl *ctl, uint32_t client_number, struct tb_span line)
{
    struct ctl_client *client = client_find(ctl, client_number);
    if (!client)
        return TB_ERR_NOT_FOUND;
    if (line.size >= TB_CTL_LINE_MAX)
        return TB_ERR_TOO_LONG;
    bool was_idle = client->unsent == NULL;
    if (!unsent_add(client, line) || !unsent_add(client, tb_span_str("\n"))) {
        client_close(client, "client_slow");
        return TB_ERR_FULL;
    }
    if (was_idle)
        client_flush(client);
    return client->number == client_number ? TB_OK : TB_ERR_FULL;
}
