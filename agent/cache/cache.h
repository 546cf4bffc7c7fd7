/*
 * Cache: what this terminal keeps of the context store so that it works with the line down. cache.db:
 * WAL, synchronous=NORMAL; it may be set aside and filled again at any time, it holds no unsent work.
 *
 * One sealed row per customer (record.h), found by the keyed hash of a credential or of the customer's
 * id; products; and the cursor of each feed, saved in the same transaction as the rows it brought. Rows are
 * applied only if newer than what is stored. Everything that counts is covered by a seal, so that a flipped
 * bit is noticed: what does not verify counts as absent, and no cursor is kept from then on, so that the
 * feeds of the next start bring it again (the context store is asked meanwhile).
 *
 * A customer is of the store's cohort (its feed brought her) or outside it (a tap or a visit did). Those
 * outside are kept for a time after the visit; those of the cohort until the feed takes them away, or until
 * they are the ones not seen for longest and a limit is reached.
 *
 * Two faces: struct tb_cache writes and belongs to the file's writer thread; struct tb_cache_reader is a
 * read-only connection for the loop: one prepared read per look-up.
 */
#ifndef TB_AGENT_CACHE_CACHE_H
#define TB_AGENT_CACHE_CACHE_H

#include "agent/cache/books.h"
#include "agent/cache/pepper.h"
#include "agent/cache/record.h"
#include "agent/cache/seal.h"
#include "core/wire/sync.h"
#include "host/sqlite/db.h"

#define TB_CACHE_HASH_SIZE TB_RECORD_HASH_SIZE
#define TB_CACHE_APPLICATION_ID 0x54424341u /* "TBCA", in the file's header */
#define TB_CACHE_FORMAT 2                   /* version of the file that this program writes */
#define TB_CACHE_OUTSIDE_KEEP_MS (INT64_C(24) * 3600 * 1000)
#define TB_CACHE_NO_CONTACT_MS (INT64_C(30) * 24 * 3600 * 1000)
#define TB_CACHE_UPKEEP_MAX 200u  /* customers that one call of tb_cache_upkeep() takes away */
#define TB_CACHE_GONE_MAX 100000u /* dropped and erased customers that are kept in mind */

enum tb_cache_statement {
    TB_CACHE_STMT_CUSTOMER_READ,
    TB_CACHE_STMT_CUSTOMER_ADD,
    TB_CACHE_STMT_CUSTOMER_PUT,
    TB_CACHE_STMT_CUSTOMER_MOVE,
    TB_CACHE_STMT_CUSTOMER_DROP,
    TB_CACHE_STMT_CUSTOMER_NEXT,
    TB_CACHE_STMT_CREDENTIAL_READ,
    TB_CACHE_STMT_CREDENTIAL_PUT,
    TB_CACHE_STMT_CREDENTIAL_DROP,
    TB_CACHE_STMT_CREDENTIAL_SWEEP,
    TB_CACHE_STMT_GONE_READ,
    TB_CACHE_STMT_GONE_PUT,
    TB_CACHE_STMT_GONE_TRIM,
    TB_CACHE_STMT_PRODUCT_READ,
    TB_CACHE_STMT_PRODUCT_PUT,
    TB_CACHE_STMT_PRODUCT_DROP,
    TB_CACHE_STMT_META_READ,
    TB_CACHE_STMT_META_PUT,
    TB_CACHE_STMT_CURSORS_DROP,
    TB_CACHE_STMT_OLDEST,
    TB_CACHE_STMT_OUTSIDE_OLDEST,
    TB_CACHE_STMT_COUNT
};

/* How much may be kept, and for how long: the policy's cache_rows_max, cache_bytes_max, outside_keep_ms and
 * no_contact_ms. 0: no limit. */
struct tb_cache_limits {
    int64_t row_count_max;   /* customers */
    int64_t size_max;        /* bytes of the file that are in use */
    int64_t outside_keep_ms; /* a customer outside the cohort, after the visit */
    int64_t no_contact_ms;   /* then customers are unreadable, and taken away */
};

struct tb_cache {
    struct tb_db *db; /* owned */
    struct tb_sealer sealer;
    struct tb_pepper pepper;
    struct tb_cache_limits limits;
    struct tb_books books; /* as the transaction sees them; read anew by each call */
    struct tb_books books_before;
    int64_t wall_ms; /* of the call that is running */
    bool damaged;    /* something did not verify since the file was opened */
    bool suspect;    /* an index does not lead where it should: its order may be lost */
    bool checked;    /* the file's structure was, because of that */
    struct tb_stmt stmts[TB_CACHE_STMT_COUNT];
    uint8_t *work; /* owned: what one customer's record is put together in */
    char *path;    /* owned */
};

/* What one call of tb_cache_apply() did. */
struct tb_cache_applied {
    uint32_t row_count;     /* newer than what was stored, and taken */
    uint32_t refused_count; /* broke their format and were passed over, so that one cannot stop a feed */
    uint32_t damaged_count; /* stored rows that did not verify and were dropped */
};

/* Opens or makes the file, with the presets of the two times as limits. What a program that rendered
 * otherwise (TB_VIEW_RENDERING) has stored of customers counts as version 0, and their cursors are forgotten:
 * it is shown until its rows have come anew. Errors as tb_db_open(); a file of an older format is
 * TB_ERR_CORRUPT: to be set aside and filled again. */
TB_MUST_USE enum tb_err tb_cache_open(const char *path, const struct tb_sealer *sealer,
                                      struct tb_cache *ret_cache);
void tb_cache_close(struct tb_cache *cache); /* accepts one that is not open */

/* Without a pepper no customer row can be applied (TB_ERR_AGAIN). A pepper of another version than the
 * one the file was filled with empties it. Outside a transaction. */
TB_MUST_USE enum tb_err tb_cache_set_pepper(struct tb_cache *cache, const struct tb_pepper *pepper);

/* Hold from the next call on. */
void tb_cache_set_limits(struct tb_cache *cache, const struct tb_cache_limits *limits);

/*
 * Inside a transaction, before tb_cache_apply() of a page of a feed that follows on cursor from; empty, it is
 * from the feed's beginning, and of the cohort all partitions can be compared again when it is complete.
 * TB_ERR_CONFLICT: the file's cursor of that scope is another, because pages in
 * front of it are not in the file; with its cursor it would be ahead of their rows.
 */
TB_MUST_USE enum tb_err tb_cache_resume(struct tb_cache *cache, const struct tb_scope *scope,
                                        const struct tb_cursor *from);

/*
 * Inside a transaction: applies rows in order and saves the cursor of scope; a NULL scope saves none (rows
 * of verdicts and answers). Rows of types that are not kept here are passed over. That there are rows is
 * contact with the context store at wall_ms (known wall time). On an error the transaction is to be rolled
 * back.
 */
TB_MUST_USE enum tb_err tb_cache_apply(struct tb_cache *cache, const struct tb_rows *rows,
                                       const struct tb_scope *scope, const struct tb_cursor *cursor,
                                       int64_t wall_ms, struct tb_cache_applied *ret_applied);

/* Inside a transaction: up to seq of that outbox verdicts were heard, and their rows are applied with this.
 */
TB_MUST_USE enum tb_err tb_cache_hear(struct tb_cache *cache, const struct tb_id *incarnation, int64_t seq);

/* The highest one that tb_cache_hear() was told; 0 when none, and for any incarnation but the last one. Not
 * while a transaction is open. */
TB_MUST_USE enum tb_err tb_cache_heard(struct tb_cache *cache, const struct tb_id *incarnation,
                                       int64_t *ret_seq);

/* Inside a transaction: the context store was restored. Stored versions count as 0 and cursors are forgotten.
 */
TB_MUST_USE enum tb_err tb_cache_new_epoch(struct tb_cache *cache);

/*
 * Inside a transaction: what is applied from now on is of this epoch of the context store. When the file
 * holds another one's, the same as tb_cache_new_epoch(), and *ret_other is set: the file says so itself,
 * because a cut of the power may take it back to before a restore that the terminal's other files know of.
 */
TB_MUST_USE enum tb_err tb_cache_set_epoch(struct tb_cache *cache, const char *epoch, bool *ret_other);

/* Inside a transaction: removes a customer's row, key and credentials because they do not verify. Absent is
 * no error. */
TB_MUST_USE enum tb_err tb_cache_forget(struct tb_cache *cache, const struct tb_customer_key *customer);

/* Outside a transaction: what was committed before is on disk when this returns, whoever reads meanwhile.
 * Blocks. */
TB_MUST_USE enum tb_err tb_cache_make_last(struct tb_cache *cache);

/* The saved cursor of a scope; empty when none. */
TB_MUST_USE enum tb_err tb_cache_cursor(struct tb_cache *cache, const struct tb_scope *scope,
                                        struct tb_cursor *ret_cursor);

/* ---- keeping within bounds ---- */

/* Inside a transaction: the customer is here now: a visit began, or ended. Absent is no error. At most one
 * write in 10 minutes and customer. */
TB_MUST_USE enum tb_err tb_cache_seen(struct tb_cache *cache, const struct tb_customer_key *customer,
                                      int64_t wall_ms);

/* Inside a transaction: the context store answered, whether it sent rows or not. Written at most every 6
 * hours. */
TB_MUST_USE enum tb_err tb_cache_contact(struct tb_cache *cache, int64_t wall_ms);

struct tb_cache_upkept {
    uint32_t evicted_count; /* of the cohort, to stay within a limit */
    uint32_t dropped_count; /* from outside the cohort, their time was over or a limit was reached */
    uint32_t expired_count; /* too long without contact: the cohort's feed is to be read from the
                               beginning */
    bool more;              /* call again */
};

/*
 * Inside a transaction: takes away what must not be kept any longer, at most TB_CACHE_UPKEEP_MAX customers.
 * To be called every few minutes, after a feed has brought rows, and again while there is more. serving: who
 * has an open visit here and stays, NULL for nobody.
 */
TB_MUST_USE enum tb_err tb_cache_upkeep(struct tb_cache *cache, int64_t wall_ms,
                                        const struct tb_customer_key *serving,
                                        struct tb_cache_upkept *ret_upkept);

/* ---- erasure ---- */

/*
 * Outside a transaction and alone (a bare job of the writer): destroys the keys of customers, and removes
 * their rows, their credentials and what else of them is in the file, its log, and a file that was set aside.
 * When this returns TB_OK it is on disk (synchronous=FULL, the log is emptied), and nothing of theirs is left
 * in unused parts of pages. They do not come back, whatever rows come. Absent ones are no error. Look-ups go
 * on meanwhile. Reads the whole file. TB_ERR_BUSY: a reader held the log; call again.
 */
TB_MUST_USE enum tb_err tb_cache_erase(struct tb_cache *cache, const struct tb_id *customers, size_t count);

/* The same of one customer who wants to be forgotten here: rows of hers are passed over until the cohort's
 * feed has taken her away or tb_cache_welcome() is told that she was met again. */
TB_MUST_USE enum tb_err tb_cache_part(struct tb_cache *cache, const struct tb_id *customer);

/* Inside a transaction: the customers among these rows, which are applied next, showed themselves. */
TB_MUST_USE enum tb_err tb_cache_welcome(struct tb_cache *cache, const struct tb_rows *rows);

/* ---- partitions ---- */

/* What the cohort's feed brought adds up to, per partition; compare with feed.checksum's sums where
 * comparable is set (elsewhere a limit made this terminal let go of customers). Not while a transaction is
 * open. */
struct tb_cache_sums {
    uint64_t sums[TB_PARTITION_COUNT];
    bool comparable[TB_PARTITION_COUNT];
};
TB_MUST_USE enum tb_err tb_cache_sums(struct tb_cache *cache, struct tb_cache_sums *ret_sums);

/* Inside a transaction, before the partition's feed (cohort:<xx>) is opened from the beginning: what is
 * stored of it counts as version 0. It is shown until its rows have come again. */
TB_MUST_USE enum tb_err tb_cache_forget_partition(struct tb_cache *cache, unsigned partition);

/* Inside a transaction, when that feed was complete: removes customers of the cohort that it did not bring,
 * and what of the others it did not. Reads the partition: 1/256 of the customers. */
TB_MUST_USE enum tb_err tb_cache_partition_complete(struct tb_cache *cache, unsigned partition);

/* ---- the loop's face ---- */

enum tb_cache_read_statement {
    TB_CACHE_READ_CREDENTIAL,
    TB_CACHE_READ_CUSTOMER,
    TB_CACHE_READ_PRODUCT,
    TB_CACHE_READ_BOOKS,
    TB_CACHE_READ_COUNTS,
    TB_CACHE_READ_COUNT
};

struct tb_cache_reader {
    struct tb_db *db; /* owned, read-only */
    struct tb_sealer sealer;
    struct tb_stmt stmts[TB_CACHE_READ_COUNT];
    uint8_t *plain; /* owned: TB_RECORD_SIZE_MAX bytes, the record of the last look-up */
    size_t plain_size;
    bool expired; /* see tb_cache_reader_judge() */
};

/* After tb_cache_open() of the same file. */
TB_MUST_USE enum tb_err tb_cache_reader_open(const char *path, const struct tb_sealer *sealer,
                                             struct tb_cache_reader *ret_reader);
void tb_cache_reader_close(struct tb_cache_reader *reader); /* accepts one that is not open */

/* Judges whether customers may still be read at this known wall time, when the context store was not heard of
 * for more than no_contact_ms (0: no limit); until the next call, look-ups of customers find nobody when they
 * may not. To be called after opening and every minute. */
TB_MUST_USE enum tb_err tb_cache_reader_judge(struct tb_cache_reader *reader, int64_t wall_ms,
                                              int64_t no_contact_ms);

/*
 * Look-ups. The record borrows from the reader until the next one or tb_cache_reader_wipe().
 * TB_ERR_NOT_FOUND; TB_ERR_EXPIRED: the credential is blocked, the record is there; TB_ERR_SEAL: the row does
 * not verify, *ret_key says whose to forget; TB_ERR_CORRUPT: the file itself is damaged. Blocks for a few
 * page reads at most.
 */
TB_MUST_USE enum tb_err tb_cache_find_credential(struct tb_cache_reader *reader, const struct tb_digest *hash,
                                                 struct tb_customer_key *ret_key,
                                                 struct tb_record *ret_record);
TB_MUST_USE enum tb_err tb_cache_find_customer(struct tb_cache_reader *reader,
                                               const struct tb_customer_key *customer,
                                               struct tb_record *ret_record);
TB_MUST_USE enum tb_err tb_cache_find_product(struct tb_cache_reader *reader, const char *gtin,
                                              struct tb_product *ret_product);

/* Overwrites the record of the last look-up. */
void tb_cache_reader_wipe(struct tb_cache_reader *reader);

TB_MUST_USE enum tb_err tb_cache_count(struct tb_cache_reader *reader, int64_t *ret_customer_count,
                                       int64_t *ret_product_count);

#endif
