/*
 * Uplink: the terminal's connection to the context store, as a carrier of whole text messages.
 *
 * A websocket (subprotocol TB_PROTOCOL_NAME) over TLS 1.2 with certificates on both sides. It connects,
 * notices when the other side is gone, and connects again by itself: first at a random moment of the window
 * that the context store handed out, then after a full-jitter delay that grows up to retry_max_ms. What the
 * messages say is core/sync's business. Thread rule: everything on the loop's thread; names are resolved on a
 * thread of its own. A callback may send and drop, but not close. Limits: messages of TB_UPLINK_MESSAGE_MAX
 * bytes either way (a longer one ends the connection), TB_UPLINK_QUEUE_MAX messages and
 * TB_UPLINK_QUEUE_SIZE_MAX bytes not yet written.
 */
#ifndef TB_AGENT_UPLINK_UPLINK_H
#define TB_AGENT_UPLINK_UPLINK_H

#include "core/base/rng.h"
#include "core/sync/client.h"

#define TB_UPLINK_MESSAGE_MAX ((size_t)64 * 1024)
#define TB_UPLINK_QUEUE_MAX 64
#define TB_UPLINK_QUEUE_SIZE_MAX ((size_t)256 * 1024)

struct tb_loop;
struct tb_uplink;

/* Called on the loop, each in a turn of its own; any may be NULL. */
struct tb_uplink_handlers {
    /* Connected, the subprotocol is agreed, both sides are who they should be. */
    void (*up)(void *context);
    /* One whole message; the span ends with the call. */
    void (*message)(void *context, struct tb_span message);
    /* A connection is gone or an attempt failed, once for each; the next attempt follows in retry_ms. */
    void (*down)(void *context, enum tb_line_cause cause, int64_t retry_ms);
    void *context; /* borrowed; outlives the uplink */
};

struct tb_uplink_config {
    const char *url;                /* wss://name[:port][/path]; a name or an IPv4 address. Copied. */
    struct tb_span ca_pem;          /* who may sign the context store's certificate; copied */
    struct tb_span certificate_pem; /* the terminal's, with intermediates after it if there are; copied */
    struct tb_span key_pem;         /* its private key; copied, the caller wipes */
    int64_t window_ms;              /* reconnect window as last handed out, 0 when none was */
    int64_t retry_max_ms;           /* 0: 60,000 */
    unsigned ping_s;   /* silence after which the other side is asked for a sign of life; 0: 20 */
    unsigned hangup_s; /* silence after which it counts as gone; 0: twice ping_s */
    struct tb_rng rng;
    struct tb_uplink_handlers handlers;
};

/*
 * Sets up and schedules the first attempt, within window_ms. TB_ERR_CONFIG: the address;
 * TB_ERR_SYNTAX: a certificate or key cannot be read; TB_ERR_CONFLICT: the key is not the certificate's.
 */
TB_MUST_USE enum tb_err tb_uplink_open(struct tb_loop *loop, const struct tb_uplink_config *config,
                                       struct tb_uplink **ret_uplink);

/* Drops the connection and frees; calls nobody back. Never waits for a name server. Accepts NULL. */
struct tb_uplink *tb_uplink_close(struct tb_uplink *uplink);

/* Queues a copy. TB_ERR_OFFLINE: not up. TB_ERR_FULL: the other side takes too little. TB_ERR_TOO_LONG. */
TB_MUST_USE enum tb_err tb_uplink_send(struct tb_uplink *uplink, struct tb_span message);

/*
 * Ends the connection for a reason that only the owner knows (TB_CAUSE_DENIED, TB_CAUSE_CLOSED); down()
 * follows in a later turn. After a denial the next attempt comes late. No effect when there is no connection.
 */
void tb_uplink_drop(struct tb_uplink *uplink, enum tb_line_cause cause);

/* The window the context store has handed out, for the first attempt after this connection. */
void tb_uplink_set_window(struct tb_uplink *uplink, int64_t window_ms);

bool tb_uplink_is_up(const struct tb_uplink *uplink);

/* Since the uplink was opened. */
struct tb_uplink_counts {
    uint64_t connects; /* connections that came up */
    uint64_t failures; /* attempts that did not */
};

struct tb_uplink_counts tb_uplink_counts(const struct tb_uplink *uplink);

#endif
