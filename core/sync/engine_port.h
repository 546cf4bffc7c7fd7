/*
 * Engine port: what a session of the context store asks of its engine, and what it is answered.
 *
 * A session (server.h) hands out requests as actions; the program has them answered by a struct
 * tb_engine, usually on another thread, and hands the answers back as events. A request is a value
 * without pointers: copy it by assignment. An answer's rows borrow from whoever made the answer,
 * until it was handed to the session. One engine is called by one thread at a time.
 *
 * The engine knows no connections and no messages; SQLite and PostgreSQL stand behind the same port.
 * Limits: TB_MUTATION_BATCH_MAX mutations, TB_ROW_BATCH_MAX rows, TB_ENGINE_ROWS_COST_MAX bytes.
 */
#ifndef TB_CORE_SYNC_ENGINE_PORT_H
#define TB_CORE_SYNC_ENGINE_PORT_H

#include "core/crypto/key.h"
#include "core/wire/find.h"
#include "core/wire/sync.h"

#define TB_ENGINE_ROWS_COST_MAX TB_FEED_ROWS_SIZE_MAX
#define TB_ENGINE_CHANGE_COUNT_MAX 64

/* The arena handed to tb_engine.answer: rows, documents and their copies come from it. */
#define TB_ENGINE_ARENA_SIZE (256u * 1024u)

/* Reasons of a retry verdict; core/cart has the reasons of rejections. */
#define TB_ENGINE_CODE_BUSY "engine_busy"
#define TB_ENGINE_CODE_GAP "sequence_gap"

/* Who is at the other end, as proven by certificate or token. */
struct tb_engine_peer {
    char device[TB_DEVICE_SIZE_MAX + 1]; /* urn of the certificate; "web:<customer id>" from the web */
    char store[TB_SHORT_SIZE_MAX + 1];   /* from the registry, once the session is open; "" for the web */
    struct tb_id customer;               /* the only one that a web session may touch; zero: a terminal */
    enum tb_channel channel;
    struct tb_public_key key; /* of the certificate; all zero: none, as from the web */
};

enum tb_engine_ask {
    TB_ENGINE_NONE,
    TB_ENGINE_OPEN,
    TB_ENGINE_APPLY,
    TB_ENGINE_FEED,
    TB_ENGINE_IDENTIFY,
    TB_ENGINE_PRODUCT,
    TB_ENGINE_ADMIT,
    TB_ENGINE_CHECKSUM,
    TB_ENGINE_FIND,
    TB_ENGINE_FETCH,
};

struct tb_engine_request {
    enum tb_engine_ask ask;
    uint32_t ticket; /* comes back in the answer */
    struct tb_engine_peer peer;
    union {
        /* Answers epoch, the highest decided seq of (device, incarnation), 0 when it is new, and the
         * registry's facts of the device. TB_ERR_DENIED: not registered or revoked. The store decides
         * in peer.device; what a client says of itself is never asked. */
        struct {
            struct tb_id incarnation;
            int64_t
                next_seq; /* the client's; <= decided means a cloned or restored device: TB_ERR_REPLAYED */
        } open;

        /* Decides mutations strictly in order, one transaction for all, durable before the answer.
         *   seq <= decided      the stored verdict: applied becomes duplicate (same version), rejected
         *                       stays rejected; older than the verdicts kept: duplicate, version 0.
         *                       Another mutation than the one decided (mutation_print.h) is rejected as
         *                       TB_VERDICT_CODE_REUSED; a finish or void of a sale is decided all the same
         *   seq == decided + 1  decided now: applied or rejected, verdict stored, decided moves on; a
         *                       skipped record moves it by its count
         *   seq > decided + 1   retry with TB_ENGINE_CODE_GAP, nothing behind it is looked at
         * One of kind TB_MUTATION_NONE was not understood and is rejected.
         * A rejected one never holds up those behind it; a retry ends the batch. A cart belongs to
         * mutation.customer from its first add on; any other customer is rejected (cart_of_other).
         * The engine may decide fewer than asked, at least one, when their rows would cost more than
         * TB_ENGINE_ROWS_COST_MAX; the session asks again for the rest. */
        struct {
            struct tb_id incarnation;
            struct tb_mutation_batch batch;
        } apply;

        /* The changes of a scope after the cursor, oldest first, each object once with its newest state.
         * An empty cursor begins with the full state. A cursor of another epoch or scope, or one that
         * the engine no longer knows, is read as empty. Never past an uncommitted lower change. */
        struct {
            struct tb_scope scope;
            struct tb_cursor cursor;
            uint32_t row_count_max;
            uint32_t cost_max; /* sum of tb_engine_row_cost(); a first row above it is handed out alone */
        } feed;

        /* All rows of the customer whose credential has this hash: customer, credentials, cart, journey
         * in this order, cut where the limits end; of a shared one all its customers' own rows first.
         * They enter the cohort of the peer's store.
         * TB_ERR_CUSTOMER_LIMIT: the terminal came to know too many customers from outside of it within an
         * hour; nothing is told. Evidence is verified first: what it proves counts, and what is refused, or
         * was used before, finds nobody. What is good once is used up when somebody is found. */
        struct tb_identify_ask identify;

        struct {
            char gtin[TB_GTIN_SIZE + 1];
        } product;

        /* The customers of a contact or member number, in no order that says anything, with just enough to
         * tell them apart. TB_ERR_UNSUPPORTED: not at a kiosk. What was asked, and why, is kept; not the
         * number or address. TB_ERR_FIND_LIMIT: the terminal did so too often within an hour. TB_ERR_SYNTAX,
         * TB_ERR_RANGE, TB_ERR_TOO_LONG: no such number or address can be. TB_ERR_OPERATOR: the policy asks
         * for a clerk, and none is named who may sign on there. */
        struct tb_find_ask find;

        /* All rows of a customer whom TB_ENGINE_FIND found, which the session knows. It is kept that this was
         * done. Answered like identify: found is false when she is gone. TB_ERR_CUSTOMER_LIMIT and
         * TB_ERR_OPERATOR as there. */
        struct tb_open_ask fetch;

        /* Whether a terminal may read the feed of one customer: she is of its store's cohort, or it
         * identified her in this session. TB_ERR_CUSTOMER_LIMIT. */
        struct {
            struct tb_id customer;
            bool identified; /* in this session */
        } admit;

        /* The checksums of the store's cohort as the reader of this cursor has it. */
        struct {
            struct tb_cursor cursor; /* of the peer's cohort feed: read up to here */
        } checksum;
    };
};

/* Something in a scope changed: sessions that cover it read their feed on. */
struct tb_engine_change {
    struct tb_scope scope;
    char store[TB_SHORT_SIZE_MAX + 1];   /* cohort, catalogue: whose; "" = every store's */
    char device[TB_DEVICE_SIZE_MAX + 1]; /* device: whose; "" = every terminal's */
};

/* How customers are served, as decisions tell it; docs/measures.md says from when to when. */
enum tb_engine_measured {
    TB_ENGINE_WAITED,
    TB_ENGINE_HANDLED,
    TB_ENGINE_FINISHED,
    TB_ENGINE_VISITED, /* these take no time */
    TB_ENGINE_RECOGNISED,
    TB_ENGINE_RESUMED,
};

#define TB_ENGINE_MEASURE_COUNT_MAX (3 * TB_MUTATION_BATCH_MAX)

struct tb_engine_measure {
    enum tb_engine_measured what;
    enum tb_channel channel;
    int64_t took_ms;
};

struct tb_engine_answer {
    enum tb_engine_ask ask;
    uint32_t ticket;
    enum tb_err err;  /* class RETRY, LOCAL or CORRUPT: nothing was done; the rest is empty */
    bool limited;     /* the terminal came to know too many customers within an hour: somebody has to look */
    bool quarantined; /* and so many that it is shut out from now on */
    union {
        struct {
            char epoch[TB_EPOCH_SIZE_MAX + 1];
            int64_t decided_seq;
            struct tb_device device;
        } open;
        struct {
            uint8_t count; /* verdicts, in the order asked */
            struct tb_verdict verdicts[TB_MUTATION_BATCH_MAX];
            struct tb_rows rows;  /* new state of every object that the verdicts name, once each */
            uint8_t reused_count; /* verdicts on another mutation than the one decided under that seq */
            uint8_t change_count;
            struct tb_engine_change changes[TB_ENGINE_CHANGE_COUNT_MAX]; /* for every other session */
            uint8_t measure_count;
            struct tb_engine_measure measures[TB_ENGINE_MEASURE_COUNT_MAX];
        } apply;
        struct {
            struct tb_rows rows;
            struct tb_cursor cursor; /* after these rows; equal to the asked one when there are none */
            bool more;               /* also without rows: how far was looked is bounded, not who waits */
        } feed;
        struct {
            bool found;
            bool entered; /* the cohort of the peer's store changed */
            struct tb_rows rows;
            struct tb_identify_proof proof;
        } identify; /* and fetch */
        struct tb_found find;
        struct {
            struct tb_product product; /* gtin "" when not found */
        } product;
        struct {
            bool admitted;
            bool entered; /* as of identify */
        } admit;
        struct {
            bool more; /* a share was computed: ask again */
            /* As asked when the feed has nothing after it, so that the sums are of what its reader holds;
             * else of no feed, also where it would take long to say: then the feed is to be read on. */
            struct tb_cursor cursor;
            uint8_t sums[TB_PARTITION_COUNT][TB_PARTITION_SUM_SIZE];
        } checksum;
    };
};

/* An engine: synchronous; may block on its database, so it is called off the loop. ret_answer is
 * cleared by the callee, takes ask and ticket over, and borrows its rows from arena. */
struct tb_engine {
    void (*answer)(void *context, const struct tb_engine_request *request, struct tb_arena *arena,
                   struct tb_engine_answer *ret_answer);
    void *context; /* borrowed */
};

/* Upper bound of a row's encoded size, in bytes. */
static inline size_t tb_engine_row_cost(const struct tb_row *row)
{
    return row->doc.size + 2 * TB_ROW_ID_SIZE_MAX + 160;
}

#endif
