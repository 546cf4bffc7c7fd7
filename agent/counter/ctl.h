/*
 * Control socket: the Unix socket that the command line tool and launchers talk to.
 *
 * Newline-delimited JSON-RPC, one object per line, at most TB_CTL_LINE_MAX bytes with the newline.
 * The socket has mode 0660; a peer is let in when its user is root or this process's own, or when it
 * is in the configured group (SO_PEERCRED, SO_PEERGROUPS). Lines are opaque here.
 *
 * Everything runs on the loop's thread. At most TB_CTL_CLIENT_MAX clients; a client whose unsent
 * bytes would pass TB_CTL_UNSENT_MAX, or that sends a longer line, is closed.
 */
#ifndef TB_AGENT_COUNTER_CTL_H
#define TB_AGENT_COUNTER_CTL_H

#include "core/base/span.h"

#include <sys/types.h>

#define TB_CTL_CLIENT_MAX 16
#define TB_CTL_LINE_MAX 16384    /* bytes, both ways */
#define TB_CTL_UNSENT_MAX 262144 /* bytes, per client */
#define TB_CTL_NO_GROUP ((gid_t)~0U)

struct tb_ctl;
struct tb_loop;

/* Called on the loop. Any of them may be NULL. A callback may send, but not close the socket. */
struct tb_ctl_handlers {
    void (*request)(void *context, uint32_t client, struct tb_span line); /* without its newline */
    void (*closed)(void *context, uint32_t client, const char *reason);
    void (*refused)(void *context, const char *code); /* "peer_denied", "clients_full", … */
    void *context;                                    /* borrowed; outlives the socket */
};

struct tb_ctl_config {
    const char *path; /* copied; a socket left behind there is replaced */
    gid_t group;      /* whose members are let in, too; TB_CTL_NO_GROUP: nobody */
    struct tb_ctl_handlers handlers;
};

/* TB_ERR_TOO_LONG: the path does not fit a socket address. Owned by the caller. */
TB_MUST_USE enum tb_err tb_ctl_open(struct tb_loop *loop, const struct tb_ctl_config *config,
                                    struct tb_ctl **ret_ctl);

/* Closes every client, removes the socket file, frees. NULL is accepted. */
void tb_ctl_close(struct tb_ctl *ctl);

/* Queues the line and its newline. TB_ERR_NOT_FOUND: the client is gone; TB_ERR_FULL: it was closed. */
TB_MUST_USE enum tb_err tb_ctl_send(struct tb_ctl *ctl, uint32_t client, struct tb_span line);

#endif
