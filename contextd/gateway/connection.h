/*
 * Connection: what the gateway keeps of one accepted socket. Internal to contextd/gateway.
 *
 * A connection waits for its upgrade (TLS handshake and one HTTP request, within its deadline) and
 * then carries one sync session. gateway.c owns the list, listener.c the sockets, upgrade.c judges who
 * may come in, connection.c speaks websocket and runs the session. Loop thread only.
 */
#ifndef TB_CONTEXTD_GATEWAY_CONNECTION_H
#define TB_CONTEXTD_GATEWAY_CONNECTION_H

#include "contextd/gateway/engine_queue.h"
#include "contextd/gateway/gateway.h"
#include "contextd/gateway/window.h"
#include "core/sync/server.h"
#include "host/metrics/file.h"
#include "host/metrics/measures.h"

#include <libwebsockets.h>

#define UPGRADE_DEADLINE_MS 10000 /* a far terminal's full handshake over a bad line */
#define UPGRADE_CHANCE_MS 1000    /* a connection that waits for its upgrade is not pushed aside before */
#define HELLO_DEADLINE_MS 2000
#define STALL_DEADLINE_MS 15000 /* a client takes something of what waits for it within this */
#define PROBE_DEADLINE_MS 2000  /* a live connection answers a ping within this */
#define PROBE_SIZE 16
/* Above this nothing more is read from the client, its pongs neither; more than a terminal's four feeds
 * have under way, so that a slow line alone does not come to it. */
#define QUEUE_HOLD_SIZE (512u * 1024u)

enum connection_state {
    CONNECTION_UPGRADING,
    CONNECTION_OPEN,
    CONNECTION_CLOSING, /* what is queued goes out, then it is closed */
    CONNECTION_DYING,   /* given up; only its end is awaited */
};

struct listener {
    struct tb_gateway *gateway;
    struct tb_gateway_listener config;
    struct tb_tls_listener tls;
    struct tb_session_config session;
    struct lws_vhost *vhost;
    lws_retry_bo_t idle; /* the library keeps a pointer to it */
    struct tb_watch watch;
    int fd;
    uint16_t port;
    size_t connection_count;
    size_t connection_max;
    struct connection *upgrading_oldest;
    struct connection *upgrading_newest;
};

struct message {
    struct message *next;
    size_t size;
    uint8_t bytes[]; /* LWS_PRE, then the text */
};

struct connection {
    struct connection *previous; /* in the gateway's list */
    struct connection *next;
    struct connection *older; /* among those of its listener that wait for their upgrade */
    struct connection *newer;
    struct tb_gateway *gateway; /* borrowed */
    struct listener *listener;  /* borrowed */
    struct lws *wsi;            /* NULL once the socket is gone */
    enum connection_state state;
    struct tb_timer timer;
    int64_t began_ms;
    int64_t took_ms;  /* when the client last took something of its queue */
    size_t job_count; /* at the engine; the connection is freed after the last */

    char device[TB_DEVICE_SIZE_MAX + 1]; /* proven by certificate; "" from the web */
    struct tb_public_key key;            /* of the same certificate; all zero: none that we can use */
    bool admitted;
    bool welcomed;    /* hello was accepted */
    bool alone;       /* no other one was being begun when this one was */
    uint64_t number;  /* of those that were begun */
    int64_t begun_us; /* the loop's processor time then */
    struct tb_session session;

    struct message *head;
    struct message *tail;
    size_t queue_size; /* bytes of text */
    bool held;         /* reading is stopped until the queue is shorter */

    uint8_t *received; /* of a message that came in pieces; TB_MESSAGE_SIZE_MAX bytes, owned */
    size_t received_size;

    uint8_t probe[PROBE_SIZE];
    int64_t probe_deadline_ms; /* INT64_MAX: no ping is waited for */
    bool probe_unsent;
    const char *reason; /* why it ends; static */
};

struct tb_gateway {
    struct tb_loop *loop;
    struct tb_gateway_config config;
    struct tb_engine_queue *queue;
    struct listener terminals;
    struct listener web;
    struct connection *connections;
    size_t connection_count;
    struct connection *adopting; /* being handed to the library; NULL once it is lost */

    struct tb_window window;
    int64_t window_told_ms; /* as last logged */
    int64_t terminal_count; /* registered */
    size_t greeting_count;  /* connections that were begun and are not welcomed yet */
    uint64_t begun_count;

    struct tb_arena arena;
    struct tb_buf out;
    uint8_t *memory; /* of arena and out */

    struct tb_engine_change *changes; /* to be told to every session; owned */
    size_t change_count;
    size_t change_max;
    struct tb_post changes_post;

    struct tb_gateway_metrics {
        struct tb_metrics all;
        struct tb_gauge connections;
        struct tb_measures measures;
        struct tb_tally customers_refused;
        struct tb_tally sequences_reused;
        struct tb_tally quarantined_customers;
        struct tb_tally quarantined_cloned;
    } metrics;
    struct tb_metrics_file *metrics_file; /* NULL: none */

    struct tb_timer watch_timer;
    struct tb_engine_job watch_job;
    bool watch_changed;      /* the engine's thread sets it while watch_job runs */
    bool change_missed;      /* for want of memory */
    int64_t expire_due_ms;   /* 0: now, share by share */
    bool expire_more;        /* as watch_changed */
    int64_t terminals_found; /* the same; -1: not looked for */
};

/* listener.c */
TB_MUST_USE enum tb_err listener_open(struct listener *l);
void listener_close(struct listener *l);
/* Accepts again, where the system had no room for one more connection. */
void listener_resume(struct listener *l);

/* upgrade.c: the HTTP side of a socket; judges it in LWS_CALLBACK_HTTP_CONFIRM_UPGRADE. */
int upgrade_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size);

/* connection.c */
int connection_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size);
struct connection *connection_new(struct listener *l, int64_t now_ms);
/* The socket is gone; frees the connection now or after its last job. */
void connection_lost(struct connection *c);
void connection_give_up(struct connection *c, const char *reason);
/* The same of one that waits for its upgrade, or was refused it and has not left: at once, because the
 * library lets the other side say goodbye for seconds, and the place is taken for as long. */
void connection_displace(struct connection *c);
/* Asks the client to show that it is there; whoever is, answers within PROBE_DEADLINE_MS. */
void connection_probe(struct connection *c);
void connection_changed(struct connection *c, const struct tb_engine_change *change);
/* A request that the engine will not answer any more. */
void connection_job_drop(struct tb_engine_job *job);
/* Wakes every feed that the session has open. */
void connection_wake(struct connection *c);

/* gateway.c */
void gateway_welcomed(struct connection *c);
void gateway_changed(struct tb_gateway *g, const struct tb_engine_change *changes, size_t count);
/* measured.c: what an answer tells of how customers are served. */
void gateway_measured(struct tb_gateway *g, const struct tb_engine_answer *answer);
void gateway_cloned(struct tb_gateway *g, const char *urn);
/* A terminal came to know too many customers; quarantined: the engine shut it out. */
void gateway_limited(struct connection *c, bool quarantined);
/* It sent other mutations under numbers that were decided. */
void gateway_reused(struct tb_gateway *g, const char *urn, uint8_t count);

static inline struct connection *connection_of(struct lws *wsi)
{
    return lws_get_opaque_user_data(wsi);
}

#endif
