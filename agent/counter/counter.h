/*
 * Counter: serves the terminal's own pages and their websocket to browsers on this machine.
 *
 * Listens on 127.0.0.1 only. Every request is judged by its request line and headers before any
 * payload is read (see gate.h); whatever does not belong is answered 403 and closed. Pages open with
 * a one-use token and then hold a cookie that stays good over a restart of the agent as long as
 * session_key is the same. Messages are opaque here: one websocket text message is one JSON-RPC
 * object, parsed by whoever handles it (docs/protocol.md, "Local page API").
 *
 * POS software is served on the same port, by token (pos_gate.h); to it everything here is a page, too, whose
 * messages come by its own handlers.
 *
 * Everything runs on the loop's thread. Limits: TB_COUNTER_PAGE_MAX pages, TB_COUNTER_REQUEST_MAX
 * connections that are no page yet (more wait; then the oldest one gives way), 2 s for a request to be
 * complete, TB_COUNTER_MESSAGE_MAX bytes per message from a page. A page that does not take what it is sent
 * is closed; it comes back and is given everything anew through opened().
 */
#ifndef TB_AGENT_COUNTER_COUNTER_H
#define TB_AGENT_COUNTER_COUNTER_H

#include "agent/counter/scope.h"
#include "core/base/rng.h"

#define TB_COUNTER_PAGE_MAX 64
#define TB_COUNTER_POS_MAX 16 /* that follow events */
#define TB_COUNTER_REQUEST_MAX 64
#define TB_COUNTER_MESSAGE_MAX 16384 /* bytes, from a page */
#define TB_COUNTER_SEND_MAX 65536    /* bytes, to a page */
#define TB_COUNTER_QUEUE_MAX 32      /* unsent messages of one page */
#define TB_COUNTER_KEY_SIZE 32
#define TB_COUNTER_URL_SIZE 128 /* with its terminator */

struct tb_counter;
struct tb_loop;

/* Decides what becomes of messages that a page has not taken yet when a newer one is sent. */
enum tb_counter_topic {
    TB_COUNTER_TOPIC_EVENT = 0, /* every message arrives: answers, outcomes */
    TB_COUNTER_TOPIC_TERMINAL,  /* the newest one wins */
    TB_COUNTER_TOPIC_STATE,     /* the newest one wins */
    TB_COUNTER_TOPIC_READING,   /* the newest one wins; reading and reading_end */
    TB_COUNTER_TOPIC_VISIT,     /* the newest one wins, and makes what is unsent of the one before it stale */
    TB_COUNTER_TOPIC_CUSTOMER,  /* the newest one wins; news of the visit's customer, which are no visit */
    TB_COUNTER_TOPIC_CART,      /* the newest one wins */
    TB_COUNTER_TOPIC_OPERATOR,  /* the newest one wins */
    TB_COUNTER_TOPIC_CHOOSE,    /* the newest one wins */
    TB_COUNTER_TOPIC_PAIRING,   /* the newest one wins */
    TB_COUNTER_TOPIC_HANDOVERS, /* the newest one wins */
    TB_COUNTER_TOPIC_HELP,      /* the newest one wins */
};

/*
 * POS software at the local API (pos_gate.h). client is what admit() said; 0 is one that has yet to pair. All
 * NULL: nobody gets in.
 */
struct tb_counter_pos {
    /* Whether a page of that Origin may call at all; its token, if any, is judged by admit(). */
    bool (*origin)(void *context, struct tb_span origin);
    /* Whose token this is; without one TB_OK with client 0. TB_ERR_DENIED: nobody's. TB_ERR_CONFLICT: it does
     * not belong to that Origin, or to none. */
    enum tb_err (*admit)(void *context, struct tb_span token, struct tb_span origin, uint32_t *ret_client);
    /* It follows events: send it everything as it is now. */
    void (*opened)(void *context, uint32_t page, uint32_t client);
    /* One message of a POS that follows events, or one call; origin is empty when it came without. False:
     * nobody waits for an answer. */
    bool (*call)(void *context, uint32_t page, uint32_t client, struct tb_span origin,
                 struct tb_span message);
};

/* Called on the loop. Any of them may be NULL. A callback may send, but not close the counter. */
struct tb_counter_handlers {
    /* A page is connected: send it the terminal, the state and the visit as they are now. */
    void (*opened)(void *context, uint32_t page, enum tb_counter_scope scope);
    /* One whole message; UTF-8 is checked, JSON is not. The span ends with the call. */
    void (*request)(void *context, uint32_t page, enum tb_counter_scope scope, struct tb_span message);
    void (*closed)(void *context, uint32_t page, const char *reason);
    /* Somebody was turned away; code is stable and lower case ("origin_foreign"), for log and metrics. */
    void (*refused)(void *context, const char *code);
    void *context; /* borrowed; outlives the counter */
    struct tb_counter_pos pos;
};

struct tb_counter_config {
    uint16_t port;                            /* 0: any free one, see tb_counter_port() */
    uint8_t session_key[TB_COUNTER_KEY_SIZE]; /* copied; kept by the caller over restarts */
    struct tb_rng rng;
    struct tb_counter_handlers handlers;
};

/* Binds and starts to serve. TB_ERR_BUSY: the port is taken. Owned by the caller. */
TB_MUST_USE enum tb_err tb_counter_open(struct tb_loop *loop, const struct tb_counter_config *config,
                                        struct tb_counter **ret_counter);

/* Closes every connection and frees; must come before the loop goes. NULL is accepted. */
void tb_counter_close(struct tb_counter *counter);

uint16_t tb_counter_port(const struct tb_counter *counter);
size_t tb_counter_page_count(const struct tb_counter *counter);

/*
 * Mints a token that opens one page of that scope once, within 60 s, and writes the whole address to
 * open. Holds at most 16 unused ones: the oldest gives way.
 */
TB_MUST_USE enum tb_err tb_counter_mint_token(struct tb_counter *counter, enum tb_counter_scope scope,
                                              char ret_url[TB_COUNTER_URL_SIZE]);

/* Copies the message into the page's queue. TB_ERR_NOT_FOUND: the page is gone. Never blocks. */
TB_MUST_USE enum tb_err tb_counter_send(struct tb_counter *counter, uint32_t page,
                                        enum tb_counter_topic topic, struct tb_span message);

/* Sends to every page of the scope. Only TB_ERR_TOO_LONG and TB_ERR_NO_MEMORY are reported. */
TB_MUST_USE enum tb_err tb_counter_broadcast(struct tb_counter *counter, enum tb_counter_scope scope,
                                             enum tb_counter_topic topic, struct tb_span message);

/* Which user of this machine sent the call that is being handled, or has this page open; TB_PEER_UNKNOWN when
 * that cannot be told. Reads files of the kernel. */
uint32_t tb_counter_user(struct tb_counter *counter, uint32_t page);

/* Ends every connection of a POS whose token is not good any more. */
void tb_counter_pos_end(struct tb_counter *counter, uint32_t client);

#endif
