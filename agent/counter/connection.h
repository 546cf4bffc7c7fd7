/*
 * Connection: what the page server keeps of one accepted socket. Internal to agent/counter.
 *
 * A connection is a request (one HTTP request, answered and closed, within its deadline) and may
 * become a page (a websocket). counter.c owns the table and the listening socket, http.c speaks HTTP,
 * page.c speaks websocket. Loop thread only.
 */
#ifndef TB_AGENT_COUNTER_CONNECTION_H
#define TB_AGENT_COUNTER_CONNECTION_H

#include "agent/counter/counter.h"
#include "agent/counter/files.h"
#include "agent/counter/gate.h"
#include "agent/counter/queue.h"
#include "agent/counter/session.h"
#include "host/loop/loop.h"

#include <libwebsockets.h>

/* Places for sockets that are being closed come on top of those that are served. */
#define CONNECTION_COUNT_MAX (TB_COUNTER_PAGE_MAX + TB_COUNTER_POS_MAX + 2 * TB_COUNTER_REQUEST_MAX)
#define REQUEST_DEADLINE_MS 2000 /* a request is complete and answered within this */
#define REQUEST_CHANCE_MS 100    /* a request is not pushed aside before */
#define STALL_DEADLINE_MS 5000   /* a page takes what is sent to it within this */

enum connection_state {
    CONNECTION_FREE,
    CONNECTION_REQUEST,
    CONNECTION_PAGE,
    CONNECTION_DYING, /* given up; only its end is awaited */
};

enum connection_form {
    CONNECTION_FORM_PAGE,   /* a request of a browser; later perhaps a page */
    CONNECTION_FORM_CALL,   /* of a POS: one request, which stays one until it is answered (pos.h) */
    CONNECTION_FORM_EVENTS, /* server-sent events */
    CONNECTION_FORM_POS,    /* websocket */
};

struct connection {
    struct tb_counter *counter; /* borrowed; NULL while free */
    struct lws *wsi;
    enum connection_state state;
    enum connection_form form;
    int64_t began_ms;
    int64_t deadline_ms; /* INT64_MAX: none */

    /* request */
    const struct tb_file *file; /* being sent; borrowed */
    size_t file_sent;
    bool head_only;
    bool admitted; /* may become a page of that scope */
    enum tb_counter_scope scope;
    char token[TB_SESSION_TOKEN_TEXT_SIZE]; /* to be judged at token_due_ms; "" when none */
    int64_t token_due_ms;

    /* of a POS */
    uint32_t client;  /* 0: one that has yet to pair */
    char origin[128]; /* of the page that may read answers; "": none asked */
    bool handed;      /* a call is complete, and somebody works on its answer */
    bool answered;    /* and it is written */
    bool late;        /* and it did not come in time */

    /* page, and what a POS is sent by */
    uint32_t number; /* never used twice; 0: none yet */
    struct tb_queue queue;
    uint8_t *received; /* of a message that came in pieces; TB_COUNTER_MESSAGE_MAX bytes, owned */
    size_t received_size;
    const char *reason; /* why it ended; static */
};

struct tb_counter {
    struct tb_loop *loop; /* borrowed */
    struct lws_vhost *vhost;
    struct tb_counter_handlers handlers;
    struct tb_sessions sessions;
    int listen_fd;
    uint16_t port;
    struct tb_watch watch;
    struct tb_timer timer; /* runs while something has a deadline */
    uint32_t number_last;
    size_t page_count;
    size_t pos_count;
    bool closing;
    struct connection connections[CONNECTION_COUNT_MAX];
};

/* The protocols' callbacks. user is not used: the connection hangs on the socket. */
int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size);
int page_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size);

static inline struct connection *connection_of(struct lws *wsi)
{
    return lws_get_opaque_user_data(wsi);
}

/* Sets the deadline and makes sure that somebody looks. */
void connection_set_deadline(struct connection *c, int64_t deadline_ms);
void connection_give_up(struct connection *c, const char *reason);
void connection_free(struct connection *c);
void counter_refused(struct tb_counter *counter, const char *code);

/* What connected gets a number and can be sent to; 0 as lws expects it. */
int page_begin(struct connection *c);
/* A message was handed to the socket: more may follow. */
int page_written(struct connection *c);
/* A piece of a message; the caller has looked that it is not too long. False: no memory. */
bool received_add(struct connection *c, struct tb_span piece);
void received_drop(struct connection *c);

/* A page has ended. */
void page_free(struct connection *c);

#endif
