/*
 * Outbox: the terminal's mutations, from the moment a person was told "saved" until their effect is
 * back in the cache. outbox.db: WAL, synchronous=FULL, 1 KiB pages.
 *
 * A mutation is named (incarnation, seq). The incarnation is made with the file; seq is taken inside the
 * transaction, so both are lost only together. Payloads and verdicts are sealed with the device key and bound
 * to that name: a verdict that does not verify counts as none, so that a flipped bit makes a mutation go out
 * again (the context store answers "duplicate") and never makes one disappear. The row of the highest seq is
 * never removed: it keeps the place in the sequence.
 *
 * Synchronous; belongs to one thread at a time: the loop's while starting, the file's writer after that.
 * Limits: the constants below.
 */
#ifndef TB_AGENT_CACHE_OUTBOX_H
#define TB_AGENT_CACHE_OUTBOX_H

#include "agent/cache/seal.h"
#include "core/wire/mutation.h"
#include "host/sqlite/db.h"

#define TB_OUTBOX_PAGE_SIZE 1024u
#define TB_OUTBOX_INCARNATION_NAME "incarnation" /* in the table `meta` */
/* Undecided mutations and the bytes that they take as they are stored. Kinds whose policy says so
 * (outbox_policy.h) are taken up to the reserve. */
#define TB_OUTBOX_UNDECIDED_MAX 10000
#define TB_OUTBOX_BYTES_MAX (INT64_C(16) * 1024 * 1024)
#define TB_OUTBOX_RESERVE_MAX 30000
#define TB_OUTBOX_RESERVE_BYTES_MAX (INT64_C(48) * 1024 * 1024)
/* Decided ones: what a restored context store may ask for again, and what people may want to see. */
#define TB_OUTBOX_DECIDED_BYTES_MAX (INT64_C(32) * 1024 * 1024)
#define TB_OUTBOX_REJECTED_MAX 100
#define TB_OUTBOX_REMOVE_MAX 256
#define TB_OUTBOX_KEEP_MS \
    (INT64_C(7) * 24 * 3600 * 1000) /* decided mutations, for a restored context store */
#define TB_OUTBOX_REJECTED_KEEP_MS (INT64_C(30) * 24 * 3600 * 1000) /* rejected ones, for people */

enum tb_outbox_statement { /* index into tb_outbox.stmts */
                           TB_OUTBOX_STMT_INSERT,
                           TB_OUTBOX_STMT_IMPORT,
                           TB_OUTBOX_STMT_DECIDE,
                           TB_OUTBOX_STMT_VERDICT,
                           TB_OUTBOX_STMT_SETTLE,
                           TB_OUTBOX_STMT_OLDEST,
                           TB_OUTBOX_STMT_REMOVE,
                           TB_OUTBOX_STMT_REPLACE,
                           TB_OUTBOX_STMT_READ,
                           TB_OUTBOX_STMT_COUNT
};

struct tb_outbox_work;

struct tb_outbox {
    struct tb_db *db;            /* owned */
    struct tb_outbox_work *work; /* owned: what one mutation is put together in */
    struct tb_sealer sealer;
    struct tb_id incarnation;
    int64_t next_seq;
    int64_t undecided_count;
    int64_t undecided_bytes;
    int64_t stored_count; /* decided ones included */
    int64_t stored_bytes;
    int64_t settled_seq; /* see tb_outbox_settle() */
    struct tb_stmt stmts[TB_OUTBOX_STMT_COUNT];
};

/* One stored mutation. Not decided: verdict.kind is TB_VERDICT_NONE. */
struct tb_outbox_entry {
    struct tb_mutation mutation; /* its lists are borrowed for the call: tb_mutation_copy() */
    struct tb_span json;         /* the mutation as it goes on the wire; borrowed for the call */
    struct tb_verdict verdict;
    int64_t decided_ms; /* Unix; 0 while not decided */
};

/* Opens or makes the file. Errors as tb_db_open(); ret_outbox is then empty. Blocks on the disk. */
TB_MUST_USE enum tb_err tb_outbox_open(const char *path, const struct tb_sealer *sealer,
                                       struct tb_outbox *ret_outbox);
void tb_outbox_close(struct tb_outbox *outbox); /* accepts one that is not open */

/*
 * Inside a transaction, or as one of its own (a single statement): gives mutation its seq and stores it; its
 * wire form is appended to ret_json.
 * TB_ERR_BUSY: too many undecided ones, see tb_outbox_make_room(). TB_ERR_FULL: the disk. Nothing is stored
 * on any error.
 */
TB_MUST_USE enum tb_err tb_outbox_append(struct tb_outbox *outbox, struct tb_mutation *mutation,
                                         struct tb_buf *ret_json);

/* Inside a transaction: keeps the first verdict on a mutation. One that is not there is no error. */
TB_MUST_USE enum tb_err tb_outbox_decide(struct tb_outbox *outbox, const struct tb_verdict *verdict,
                                         int64_t wall_ms);

/*
 * Inside a transaction: what is decided up to up_to_seq has its effect durably in the cache
 * (tb_cache_make_last() came after it); it is laid over no cart any more. Of those, removes the oldest that
 * were decided before before_wall_ms or are too many, but never the highest seq, and at most
 * TB_OUTBOX_REMOVE_MAX at a time. TB_OUTBOX_REJECTED_MAX of what people may want to see (rejected, or applied
 * with a conflict) stay for as long as TB_OUTBOX_REJECTED_KEEP_MS.
 */
TB_MUST_USE enum tb_err tb_outbox_settle(struct tb_outbox *outbox, int64_t up_to_seq, int64_t before_wall_ms);

/* Inside a transaction: removes a mutation, whatever it is. */
TB_MUST_USE enum tb_err tb_outbox_remove(struct tb_outbox *outbox, int64_t seq);

/* Inside a transaction: puts another mutation in the place of the one with its seq; its verdict stays. */
TB_MUST_USE enum tb_err tb_outbox_replace(struct tb_outbox *outbox, const struct tb_mutation *mutation);

/* To be called when a transaction that appended or decided did not commit. */
TB_MUST_USE enum tb_err tb_outbox_recount(struct tb_outbox *outbox);

enum tb_outbox_part {
    TB_OUTBOX_ALL,
    TB_OUTBOX_UNSETTLED, /* not decided, or decided and perhaps not yet in the cache */
};

/* Calls each for the rows of a part with seq >= from_seq, rising, until it returns false. TB_ERR_SEAL: a
 * row does not verify; it is kept, and those behind it are still called. */
TB_MUST_USE enum tb_err tb_outbox_each(struct tb_outbox *outbox, enum tb_outbox_part part, int64_t from_seq,
                                       bool (*each)(void *context, const struct tb_outbox_entry *entry),
                                       void *context);

/* Inside a transaction: forgets what was stored from seq on, of which nobody was told and nothing was sent.
 * tb_outbox_recount() is due afterwards. */
TB_MUST_USE enum tb_err tb_outbox_forget_from(struct tb_outbox *outbox, int64_t seq);

/* Full structural check of the file. TB_ERR_CORRUPT. Reads all of it. */
TB_MUST_USE enum tb_err tb_outbox_check(struct tb_outbox *outbox);

/* ---- for an outbox that is made anew from a damaged one (salvage.h) ---- */

struct tb_outbox_sealed { /* a row as it is stored; borrowed */
    int64_t seq;
    struct tb_span mutation;
    struct tb_span verdict; /* empty: none */
};

/* Whether the mutation is one of this outbox's incarnation and device key. */
bool tb_outbox_verifies(struct tb_outbox *outbox, const struct tb_outbox_sealed *sealed);

/* Inside a transaction: takes a row over as it is. A verdict that does not verify is left out, and one that
 * is there stays. TB_ERR_SEAL: the mutation does not verify. tb_outbox_recount() is due afterwards. */
TB_MUST_USE enum tb_err tb_outbox_import(struct tb_outbox *outbox, const struct tb_outbox_sealed *sealed);

/* Inside a transaction, while there is no row: takes over the name of another file. */
TB_MUST_USE enum tb_err tb_outbox_adopt(struct tb_outbox *outbox, const struct tb_id *incarnation);

/* Inside a transaction: the next mutation gets seq, which lies above all that are there. A skipped record
 * before it keeps the place. tb_outbox_recount() is due afterwards. */
TB_MUST_USE enum tb_err tb_outbox_go_on(struct tb_outbox *outbox, int64_t seq);

/* The highest seq up to which every mutation is decided; 0: none. */
TB_MUST_USE enum tb_err tb_outbox_decided_seq(struct tb_outbox *outbox, int64_t *ret_seq);

#endif
