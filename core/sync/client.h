/*
 * Sync client: the protocol machine of a terminal, or of any other client of `tillbridge.v1`
 * (docs/protocol.md, "Context sync").
 *
 * Sans-I/O: the owner moves bytes, rows and time; the machine says what to do through one function,
 * tb_client_port.act. What an action points at is valid until act returns. act must not call the
 * machine; it notes the work and calls later. The one exception: that a read, save or decide could not even
 * be begun may be reported at once, as a fault. Single loop; not thread-safe; about 8 KiB.
 *
 * What the machine guarantees, given an outbox that keeps what it said it stored and a cache that
 * saves a cursor in the same transaction as its rows:
 *   - every stored mutation is sent until it is decided, in order, at most TB_CLIENT_WINDOW and
 *     TB_MUTATION_WINDOW_SIZE_MAX bytes at once;
 *     after a lost line or a restart it goes on from what was decided on both sides;
 *   - a verdict counts as received only when the owner reports it saved (tb_client_decided);
 *   - a cursor is acknowledged and used again only after its rows are saved (tb_client_saved).
 */
#ifndef TB_CORE_SYNC_CLIENT_H
#define TB_CORE_SYNC_CLIENT_H

#include "core/base/rng.h"
#include "core/wire/find.h"
#include "core/wire/sync.h"

#define TB_CLIENT_WINDOW 32 /* mutations sent and not yet saved as decided */
#define TB_CLIENT_FEED_COUNT_MAX 8
#define TB_CLIENT_IDENTIFY_COUNT_MAX 4
#define TB_CLIENT_BATCH_SIZE_MAX TB_MUTATION_WINDOW_SIZE_MAX /* bytes of them */
#define TB_CLIENT_SAVE_COUNT_MAX 2                           /* feed messages of one scope being saved */

enum tb_line_state { TB_LINE_CONNECTING, TB_LINE_LIVE, TB_LINE_OFFLINE };

enum tb_line_cause {
    TB_CAUSE_NONE,
    TB_CAUSE_NO_ROUTE,
    TB_CAUSE_REFUSED,
    TB_CAUSE_TLS,
    TB_CAUSE_CLOCK,
    TB_CAUSE_DENIED, /* the context store turned this device away */
    TB_CAUSE_CLOSED,
    TB_CAUSE_COUNT
};

/* Stable texts for screens' state; "" for TB_CAUSE_NONE. */
const char *tb_line_state_name(enum tb_line_state state);
const char *tb_line_cause_name(enum tb_line_cause cause);

enum tb_client_act {
    TB_CLIENT_SEND,       /* bytes: one text message */
    TB_CLIENT_CLOSE,      /* drop the connection, then report tb_client_closed(); code says why */
    TB_CLIENT_WELCOME,    /* keep welcome.epoch, show the device, keep the reconnect window */
    TB_CLIENT_READ,       /* outbox rows from from_seq on -> tb_client_read() */
    TB_CLIENT_SAVE,       /* rows and cursor in one transaction -> tb_client_saved() */
    TB_CLIENT_DECIDE,     /* rows into the cache, then verdicts into the outbox -> tb_client_decided() */
    TB_CLIENT_IDENTIFIED, /* the answer to tb_client_identify() or tb_client_open() */
    TB_CLIENT_FOUND,      /* the answer to tb_client_find() */
    TB_CLIENT_COMPARE,    /* the cohort with these checksums -> tb_client_compared() */
    TB_CLIENT_STATE,      /* the line's state for screens changed */
};

struct tb_client_action {
    enum tb_client_act act;
    union {
        struct tb_span send;
        struct {
            const char *code; /* stable, static; of a refusal: denied, cloned, unsupported */
            bool denied;      /* the device was turned away: come back late, show it */
        } close;
        struct {
            const struct tb_welcome *welcome;
            /* The context store was restored: in one transaction keep the new epoch, forget all cursors
             * and count every stored row's version as 0, before any row that is saved later. Mutations
             * that the store has lost are read again from the outbox, decided ones too. */
            bool epoch_changed;
        } welcome;
        struct {
            uint32_t ticket;
            int64_t from_seq;
            uint32_t count_max;
            size_t size_max; /* sum of the mutations' bytes; the first one comes whatever its size */
        } read;
        struct {
            uint32_t ticket;
            struct tb_scope scope;
            /* The first save since the feed was opened. When a save fails, those of its scope behind it must
             * fail too, until a first one comes: they would put the cursor past the rows that are lost. */
            bool first;
            /* What the rows follow on: empty, they are from the beginning. A file that acknowledges saves
             * before they last may have lost those in front of this one: it must fail when its saved cursor
             * is another and this is not empty. */
            struct tb_cursor from;
            struct tb_cursor cursor;
            struct tb_rows rows;
            /* False: the scope is complete up to now. Of a partition (TB_SCOPE_PARTITION) the cursor need not
             * be kept; when it is complete, what the feed did not bring of it goes, in the same transaction.
             */
            bool more;
        } save;
        struct {
            uint32_t ticket; /* report it with tb_client_decided() */
            int64_t seq;     /* the last one decided here */
            uint8_t count;
            const struct tb_verdict *verdicts; /* applied, duplicate, rejected; in order */
            struct tb_rows rows;
        } decide;
        struct {
            uint32_t ticket;
            enum tb_err err; /* TB_ERR_OFFLINE, TB_ERR_TIMEOUT, TB_ERR_BUSY, TB_ERR_DENIED … */
            bool found;
            struct tb_rows rows;
            struct tb_identify_proof proof;
        } identified;
        struct {
            uint32_t ticket;
            enum tb_err err; /* as of identified; TB_ERR_FIND_LIMIT, TB_ERR_OPERATOR, TB_ERR_SYNTAX (no such
                              * number or address) */
            const struct tb_found *answer; /* never NULL; for the call */
        } found;
        struct {
            uint32_t ticket;
            const struct tb_checksum *checksum; /* of the cohort as it is saved here now */
        } compare;
        struct {
            enum tb_line_state state;
            int64_t since_ms; /* monotonic */
            enum tb_line_cause cause;
        } state;
    };
};

struct tb_client_port {
    void (*act)(void *context, const struct tb_client_action *action);
    void *context; /* borrowed */
};

/* Borrowed for the machine's life. */
struct tb_client_config {
    const char *software;
    const char *device; /* "" for a web client */
    enum tb_channel channel;
    struct tb_id incarnation;
    const char *token;        /* "" for a terminal; the owner may point it elsewhere between connections */
    uint32_t welcome_wait_ms; /* from connected to welcome; 0 stands for 10 000 */
    const struct tb_rng *rng;
    struct tb_client_port port;
    struct tb_arena
        *arena;         /* working memory of one message: TB_JSON_ARENA_SIZE(TB_MESSAGE_SIZE_MAX) at most */
    struct tb_buf *out; /* TB_MESSAGE_SIZE_MAX bytes to build messages in; may be shared on the loop */
};

/* What the owner's files say at start. */
struct tb_client_start {
    int64_t decided_seq;               /* all up to here are decided and their effects durable; 0: none */
    int64_t next_seq;                  /* one more than the highest stored; 1: none */
    char epoch[TB_EPOCH_SIZE_MAX + 1]; /* "" before the first contact */
};

enum tb_feed_state {
    TB_FEED_FREE,
    TB_FEED_WAITING, /* for the line, for its turn, or for a save of the connection before */
    TB_FEED_OPENING,
    TB_FEED_OPEN,
    TB_FEED_CLOSING, /* dropped by the owner while a save is under way */
};

struct tb_client_save {
    uint32_t ticket; /* 0: free */
    bool stale;      /* of an earlier subscription: no acknowledgement */
    bool more;
    struct tb_cursor cursor;
};

struct tb_client_feed {
    enum tb_feed_state state;
    struct tb_scope scope;
    struct tb_cursor cursor; /* saved */
    struct tb_cursor read;   /* up to where rows were handed out for saving */
    bool first;              /* nothing was handed out for saving since it was opened */
    bool settled;            /* complete once, or refused: feeds of lower rank may open */
    bool refused;            /* not tried again on this connection */
    bool postponed;          /* what it brought could not be saved: see feed_holds_up() */
    int64_t wait_until_ms;
    int64_t request; /* id of feed.open */
    struct tb_client_save saves[TB_CLIENT_SAVE_COUNT_MAX];
};

struct tb_client_sent {
    int64_t first; /* a skipped record covers several */
    int64_t last;
    size_t size;     /* bytes of JSON */
    uint32_t ticket; /* of the decide action that hands its verdict out; 0: not judged */
    bool saved;      /* its verdict is, and waits for those before it */
};

struct tb_client_asked {
    bool used;
    bool finds; /* customer.find; else identify or customer.open */
    uint32_t ticket;
    int64_t request; /* JSON-RPC id */
    int64_t deadline_ms;
};

/* Comparing the cohort with the context store's, and reading those partitions again that differ. */
struct tb_client_check {
    int64_t interval_ms;            /* 0: never */
    int64_t due_ms;                 /* 0: when the cohort is complete */
    int64_t rows_ms;                /* when rows of the cohort came last */
    int64_t request;                /* id of feed.checksum; 0: none under way */
    uint32_t ticket;                /* of a comparison under way; 0: none */
    struct tb_partitions differing; /* still to be read */
};

enum tb_client_phase { TB_PHASE_DOWN, TB_PHASE_HELLO, TB_PHASE_LIVE, TB_PHASE_CLOSING };

struct tb_client {
    struct tb_client_config config;
    enum tb_client_phase phase;
    char epoch[TB_EPOCH_SIZE_MAX + 1];
    int64_t now_ms; /* of the event being handled */
    int64_t next_id;
    uint32_t next_ticket;
    int64_t hello_request;
    int64_t hello_deadline_ms;

    enum tb_line_state line;
    int64_t line_since_ms;
    enum tb_line_cause line_cause;
    bool denied;

    int64_t decided_seq; /* reported saved */
    int64_t next_seq;
    int64_t effect_seq; /* up to here rows of this connection may hold what our mutations did */
    int64_t sent_seq;   /* highest sent, on this connection */
    struct tb_client_sent sent[TB_CLIENT_WINDOW]; /* oldest first */
    uint8_t sent_count;
    uint8_t judged_count; /* of these have a verdict that is being saved */
    uint32_t read_ticket; /* 0: no outbox read under way */
    int64_t read_from;
    int64_t pause_until_ms; /* 0: the stream runs */
    uint32_t pause_count;   /* pauses in a row */
    bool window_full;       /* what comes next is too long beside what is under way */
    int64_t redo_from;      /* a save failed: from here on again when nothing is under way; 0: no */

    struct tb_client_feed feeds[TB_CLIENT_FEED_COUNT_MAX];
    struct tb_client_asked asked[TB_CLIENT_IDENTIFY_COUNT_MAX];
    struct tb_client_check check;
};

void tb_client_init(struct tb_client *c, const struct tb_client_config *config,
                    const struct tb_client_start *start, int64_t now_ms);

/* The websocket is up and subprotocol TB_PROTOCOL_NAME agreed: sends hello. */
void tb_client_connected(struct tb_client *c, int64_t now_ms);

/* One whole text message. What breaks the protocol ends in TB_CLIENT_CLOSE, never in a crash. */
void tb_client_received(struct tb_client *c, struct tb_span message, int64_t now_ms);

/* The connection is gone, or an attempt failed; once per connection and attempt. */
void tb_client_closed(struct tb_client *c, enum tb_line_cause cause, int64_t now_ms);

/* Due at tb_client_deadline_ms(); harmless at any time. */
void tb_client_tick(struct tb_client *c, int64_t now_ms);
int64_t tb_client_deadline_ms(const struct tb_client *c); /* INT64_MAX: none */

/* A mutation was committed to the outbox. mutation is its JSON object with the seq in it; every seq is
 * reported, in order. It is sent at once when nothing waits before it. */
void tb_client_stored(struct tb_client *c, int64_t seq, struct tb_span mutation, int64_t now_ms);

/* Answers TB_CLIENT_READ: rows with seq >= from_seq, rising; holes are closed by a skipped record, which
 * gives their mutations up for good: a fault of the file is reported as err, never as missing rows.
 * count 0 with TB_OK: none are kept. An answer to an old ticket is ignored. */
struct tb_client_row {
    int64_t seq;
    struct tb_span mutation; /* at most TB_CLIENT_BATCH_SIZE_MAX bytes */
};

struct tb_client_rows {
    enum tb_err err;
    const struct tb_client_row *at; /* borrowed until the call returns */
    size_t count;
};
void tb_client_read(struct tb_client *c, uint32_t ticket, const struct tb_client_rows *rows, int64_t now_ms);

/* Answers TB_CLIENT_DECIDE, in any order. A fault makes the machine ask for the verdicts again later. Answers
 * to those of an earlier connection change nothing: it asks for their verdicts again anyway. */
void tb_client_decided(struct tb_client *c, uint32_t ticket, enum tb_err err, int64_t now_ms);

/* Answers TB_CLIENT_SAVE. A fault makes the machine open the feed again later, from the saved cursor. */
void tb_client_saved(struct tb_client *c, uint32_t ticket, enum tb_err err, int64_t now_ms);

/* Keeps a feed open over all connections until it is closed; cursor as saved, empty for none. Opening
 * an open scope again does nothing. TB_ERR_FULL. Order: device, customers, cohort, catalogue; a lower
 * one is opened when the higher ones have been complete once. But for the device's, feeds wait until every
 * verdict that the context store had at hello is saved: no row then holds the effect of a mutation that still
 * counts as undecided here. */
TB_MUST_USE enum tb_err tb_client_feed_open(struct tb_client *c, const struct tb_scope *scope,
                                            const struct tb_cursor *cursor, int64_t now_ms);
void tb_client_feed_close(struct tb_client *c, const struct tb_scope *scope, int64_t now_ms);
/* What was saved of a scope is lost, what is being saved included: it is read from the beginning. */
void tb_client_feed_lost(struct tb_client *c, const struct tb_scope *scope, int64_t now_ms);

/*
 * How often the cohort is compared with the context store's; 0: never, as it is at first. The first time is
 * at random within a 24th of it after the cohort was complete, so that a chain's terminals do not all ask at
 * once.
 */
void tb_client_set_checksum(struct tb_client *c, int64_t interval_ms, int64_t now_ms);

/* Answers TB_CLIENT_COMPARE: the partitions that differ, which the owner has forgotten, durably, or NULL for
 * none. Each is then read again by a feed of its own, one after the other. After a fault it is asked again
 * later. */
void tb_client_compared(struct tb_client *c, uint32_t ticket, enum tb_err err,
                        const struct tb_partitions *differing, int64_t now_ms);

/* Asks the context store; ends in exactly one TB_CLIENT_IDENTIFIED, perhaps before this returns. While feeds
 * wait for verdicts (tb_client_feed_open), answers come without their carts. */
void tb_client_identify(struct tb_client *c, uint32_t ticket, const struct tb_identify_ask *what,
                        uint32_t timeout_ms, int64_t now_ms);

/* Searches for a customer without a credential; ends in exactly one TB_CLIENT_FOUND. Of the look-ups of all
 * three kinds TB_CLIENT_IDENTIFY_COUNT_MAX may be under way. */
void tb_client_find(struct tb_client *c, uint32_t ticket, const struct tb_find_ask *whom, uint32_t timeout_ms,
                    int64_t now_ms);

/* Everything of one whom tb_client_find() found on this connection within the last TB_FOUND_KEEP_MS; ends in
 * exactly one TB_CLIENT_IDENTIFIED, with TB_ERR_DENIED when it did not. */
void tb_client_open(struct tb_client *c, uint32_t ticket, const struct tb_open_ask *whom, uint32_t timeout_ms,
                    int64_t now_ms);

#endif
