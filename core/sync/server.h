/*
 * Sync session: one connection of a client as the context store's gateway sees it, the same machine
 * behind the terminal listener and the web listener (docs/protocol.md, "Context sync").
 *
 * Sans-I/O: the gateway moves bytes and time; the session says what to do through tb_session_port.act.
 * What an action points at is valid until act returns; act must not call a session. The engine is
 * asked through values (engine_port.h) and may take its time: nothing here waits.
 * Single loop; not thread-safe; about 20 KiB a session.
 *
 * Bounds: one apply and one feed read of each lane at the engine, TB_MUTATION_BATCH_MAX undecided mutations
 * of TB_MUTATION_WINDOW_SIZE_MAX bytes together,
 * TB_SESSION_ASKED_MAX look-ups, TB_SESSION_FEED_MAX admissions, TB_SESSION_UNACKED_MAX feed messages per
 * scope. A peer that passes them is closed. The gateway stops reading from a socket whose sends pile up,
 * which bounds the rest.
 */
#ifndef TB_CORE_SYNC_SERVER_H
#define TB_CORE_SYNC_SERVER_H

#include "core/sync/engine_port.h"

#define TB_SESSION_FEED_MAX 8
#define TB_SESSION_ASKED_MAX 4
#define TB_SESSION_UNACKED_MAX 2
#define TB_SESSION_MET_MAX 16   /* customers identified last, whose feed may be opened */
#define TB_SESSION_FOUND_MAX 16 /* customers that searches found */

enum tb_session_act {
    TB_SESSION_SEND,    /* one text message */
    TB_SESSION_ASK,     /* have the engine answer -> tb_session_answered() */
    TB_SESSION_OPENED,  /* hello was accepted: peer says who it is; another live session of the same
                           device is the gateway's to end */
    TB_SESSION_CHANGED, /* tell every session, this one too: tb_session_changed() */
    TB_SESSION_CLOSE,   /* send what is queued, then close; no event but answers comes after it */
};

struct tb_session_action {
    enum tb_session_act act;
    union {
        struct tb_span send;
        const struct tb_engine_request *ask;
        const struct tb_engine_peer *opened;
        struct {
            const struct tb_engine_change *at;
            size_t count;
        } changed;
        struct {
            const char *code; /* stable, static */
        } close;
    };
};

/* What a token of the web listener grants. */
struct tb_session_grant {
    struct tb_id customer;
    int64_t expires_ms; /* wall clock; the session ends then */
};

struct tb_session_port {
    void (*act)(void *context, const struct tb_session_action *action);
    /* Verifies a JWS; must not block. Never called for terminals. */
    enum tb_err (*check_token)(void *context, struct tb_span token, int64_t wall_ms,
                               struct tb_session_grant *ret_grant);
    void *context; /* borrowed */
};

/* Shared by all sessions of a listener; borrowed. */
struct tb_session_config {
    bool web;                    /* the listener: tokens instead of certificates, one customer only */
    uint32_t hello_wait_ms;      /* from the upgrade to hello; 0 stands for 10 000 */
    int64_t reconnect_window_ms; /* handed out in hello's result */
    int64_t idle_ping_ms;
    struct tb_arena
        *arena;         /* working memory of one message: TB_JSON_ARENA_SIZE(TB_MESSAGE_SIZE_MAX) at most */
    struct tb_buf *out; /* TB_MESSAGE_SIZE_MAX bytes to build messages in */
};

struct tb_session_feed {
    bool used;
    uint32_t admit_ticket; /* the engine is asked whether this terminal may read it; 0: it may */
    int64_t request;       /* feed.open, to be answered then */
    struct tb_scope scope;
    struct tb_cursor cursor; /* read up to here */
    struct tb_cursor unacked[TB_SESSION_UNACKED_MAX];
    uint8_t unacked_count;
    bool first; /* nothing was sent yet: the first message goes out even when empty */
    bool dirty; /* there may be something after cursor */
    bool more;  /* what was sent last is not the end: rows of it are on their way */
};

/* Feeds of each lane are read one at a time; a long one keeps nobody of the other waiting. */
enum tb_session_lane {
    TB_SESSION_URGENT, /* erasures, the device, customers who are being served */
    TB_SESSION_BULK,   /* the cohort and its partitions, the catalogue: of any length */
    TB_SESSION_LANE_COUNT
};

struct tb_session_read {
    uint32_t ticket; /* 0: none at the engine */
    uint8_t feed;
    bool is_void; /* its feed was closed or opened anew meanwhile */
};

/* Whom customer.find told of on this connection. */
struct tb_session_found {
    struct tb_id customer;
    int64_t until_ms; /* 0: nobody */
};

struct tb_session_asked {
    uint32_t ticket; /* 0: free */
    int64_t request; /* JSON-RPC id */
};

enum tb_session_phase { TB_SESSION_NEW, TB_SESSION_OPENING, TB_SESSION_OPEN, TB_SESSION_CLOSED };

struct tb_session {
    const struct tb_session_config *config;
    struct tb_session_port port;
    enum tb_session_phase phase;
    struct tb_engine_peer peer;
    int64_t protocol; /* agreed */
    struct tb_id incarnation;
    int64_t now_ms;
    int64_t wall_ms;
    int64_t hello_deadline_ms;
    int64_t hello_request;
    int64_t expires_ms; /* wall clock; INT64_MAX: never */
    uint32_t next_ticket;
    uint32_t open_ticket;

    int64_t next_seq; /* a mutation above it is a gap */
    bool stopped;     /* after a retry: what is above next_seq was under way and is dropped */
    uint32_t apply_ticket;
    struct tb_mutation_batch queue; /* undecided, oldest first */

    struct tb_session_feed feeds[TB_SESSION_FEED_MAX];
    struct tb_session_read reads[TB_SESSION_LANE_COUNT];
    int64_t read_wait_ms; /* no reads before, after a fault of the engine */
    struct tb_session_asked asked[TB_SESSION_ASKED_MAX];
    uint8_t admit_count;                  /* admissions at the engine */
    struct tb_id met[TB_SESSION_MET_MAX]; /* the newest overwrites the oldest */
    uint8_t met_next;
    struct tb_session_found found[TB_SESSION_FOUND_MAX]; /* the same */
    uint8_t found_next;
};

/* device: urn proven by the client certificate; "" on the web listener. */
void tb_session_init(struct tb_session *s, const struct tb_session_config *config,
                     const struct tb_session_port *port, const char *device, int64_t now_ms);

/* The public key of the client certificate: what the device signs is verified with it. Before any message. */
void tb_session_set_key(struct tb_session *s, const struct tb_public_key *key);

/* One whole text message. wall_ms is Unix time. */
void tb_session_received(struct tb_session *s, struct tb_span message, int64_t now_ms, int64_t wall_ms);

/* Every request is answered once, in any order. */
void tb_session_answered(struct tb_session *s, const struct tb_engine_answer *answer, int64_t now_ms,
                         int64_t wall_ms);

/* Something changed; cheap when it does not concern this session. */
void tb_session_changed(struct tb_session *s, const struct tb_engine_change *change, int64_t now_ms,
                        int64_t wall_ms);

void tb_session_tick(struct tb_session *s, int64_t now_ms, int64_t wall_ms);
/* When tb_session_tick() is due, on the monotonic clock; INT64_MAX: never. */
int64_t tb_session_deadline_ms(const struct tb_session *s);

#endif
