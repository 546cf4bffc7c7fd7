/*
 * Cache: what this terminal keeps of the context store so that it works with the line down. cache.db:
 * WAL, synchronous=NORMAL; it may be set aside and filled again at any time, it holds no unsent work.
 *
 * One sealed row per customer (record.h), found by the keyed hash of a credential or of the customer's
 * id; products; and the cursor of each feed, saved in the same transaction as the rows it brought. Rows are
 * applied only if newer than what is stored. Every column is covered by a seal or a proof, so that a flipped
 * bit is noticed: what does not verify counts as absent, and no cursor is kept from then on, so that the
 * feeds of the next start bring it again (the context store is asked meanwhile).
 *
 * Two faces: struct tb_cache writes and belongs to the file's writer thread; struct tb_cache_reader is a
 * read-only connection for the loop: one prepared read per look-up.
 */
#ifndef TB_AGENT_CACHE_CACHE_H
#define TB_AGENT_CACHE_CACHE_H

#include "agent/cache/pepper.h"
#include "agent/cache/record.h"
#include "agent/cache/seal.h"
#include "core/wire/sync.h"
#include "host/sqlite/db.h"

#define TB_CACHE_HASH_SIZE 16               /* bytes of a look-up hash that index a credential */
#define TB_CACHE_APPLICATION_ID 0x54424341u /* "TBCA", in the file's header */
#define TB_CACHE_FORMAT 1                   /* version of the file that this program writes */

enum tb_cache_statement {
    TB_CACHE_STMT_CUSTOMER_READ,
    TB_CACHE_STMT_CUSTOMER_PUT,
    TB_CACHE_STMT_CUSTOMER_DROP,
    TB_CACHE_STMT_CREDENTIALS_DROP,
    TB_CACHE_STMT_CREDENTIAL_READ,
    TB_CACHE_STMT_CREDENTIAL_PUT,
    TB_CACHE_STMT_CREDENTIAL_DROP,
    TB_CACHE_STMT_GONE_READ,
    TB_CACHE_STMT_GONE_PUT,
    TB_CACHE_STMT_PRODUCT_READ,
    TB_CACHE_STMT_PRODUCT_PUT,
    TB_CACHE_STMT_PRODUCT_DROP,
    TB_CACHE_STMT_CURSOR_PUT,
    TB_CACHE_STMT_CURSORS_DROP,
    TB_CACHE_STMT_META_PUT,
    TB_CACHE_STMT_COUNT
};

struct tb_cache {
    struct tb_db *db; /* owned */
    struct tb_sealer sealer;
    struct tb_pepper pepper;
    uint32_t epoch; /* counts restores of the context store */
    bool damaged;   /* something did not verify since the file was opened */
    struct tb_stmt stmts[TB_CACHE_STMT_COUNT];
    uint8_t *work; /* owned: what one customer's record is put together in */
};

/* What one call of tb_cache_apply() did. */
struct tb_cache_applied {
    uint32_t row_count;     /* newer than what was stored, and taken */
    uint32_t refused_count; /* broke their format and were passed over, so that one cannot stop a feed */
    uint32_t damaged_count; /* stored rows that did not verify and were dropped */
};

/* Opens or makes the file. Errors as tb_db_open(). */
TB_MUST_USE enum tb_err tb_cache_open(const char *path, const struct tb_sealer *sealer,
                                      struct tb_cache *ret_cache);
void tb_cache_close(struct tb_cache *cache); /* accepts one that is not open */

/* Without a pepper no customer row can be applied (TB_ERR_AGAIN). A pepper of another version than the
 * one the file was filled with empties it. Outside a transaction. */
TB_MUST_USE enum tb_err tb_cache_set_pepper(struct tb_cache *cache, const struct tb_pepper *pepper);

/*
 * Inside a transaction: applies rows in order and saves the cursor of scope; a NULL scope saves none (rows
 * of verdicts and answers). Rows of types that are not kept here are passed over. On an error the
 * transaction is to be rolled back.
 */
TB_MUST_USE enum tb_err tb_cache_apply(struct tb_cache *cache, const struct tb_rows *rows,
                                       const struct tb_scope *scope, const struct tb_cursor *cursor,
                                       struct tb_cache_applied *ret_applied);

/* Inside a transaction: up to seq of that outbox verdicts were heard, and their rows are applied with this.
 */
TB_MUST_USE enum tb_err tb_cache_hear(struct tb_cache *cache, const struct tb_id *incarnation, int64_t seq);

/* The highest one that tb_cache_hear() was told; 0 when none. Not while a transaction is open. */
TB_MUST_USE enum tb_err tb_cache_heard(struct tb_cache *cache, const struct tb_id *incarnation,
                                       int64_t *ret_seq);

/* Inside a transaction: the context store was restored. Stored versions count as 0 and cursors are forgotten.
 */
TB_MUST_USE enum tb_err tb_cache_new_epoch(struct tb_cache *cache);

/* Inside a transaction: removes a customer's row, key and credentials because they do not verify. Absent is
 * no error. */
TB_MUST_USE enum tb_err tb_cache_forget(struct tb_cache *cache, const struct tb_customer_key *customer);

/* Outside a transaction: what was committed before is on disk when this returns, whoever reads meanwhile.
 * Blocks. */
TB_MUST_USE enum tb_err tb_cache_make_last(struct tb_cache *cache);

/* The saved cursor of a scope; empty when none. Not while a transaction is open. */
TB_MUST_USE enum tb_err tb_cache_cursor(struct tb_cache *cache, const struct tb_scope *scope,
                                        struct tb_cursor *ret_cursor);

/* ---- the loop's face ---- */

enum tb_cache_read_statement {
    TB_CACHE_READ_CREDENTIAL,
    TB_CACHE_READ_CUSTOMER,
    TB_CACHE_READ_PRODUCT,
    TB_CACHE_READ_COUNTS,
    TB_CACHE_READ_COUNT
};

struct tb_cache_reader {
    struct tb_db *db; /* owned, read-only */
    struct tb_sealer sealer;
    struct tb_stmt stmts[TB_CACHE_READ_COUNT];
    uint8_t *plain; /* owned: TB_RECORD_SIZE_MAX bytes, the record of the last look-up */
    size_t plain_size;
};

/* After tb_cache_open() of the same file. */
TB_MUST_USE enum tb_err tb_cache_reader_open(const char *path, const struct tb_sealer *sealer,
                                             struct tb_cache_reader *ret_reader);
void tb_cache_reader_close(struct tb_cache_reader *reader); /* accepts one that is not open */

/*
 * Look-ups. The record borrows from the reader until the next one or tb_cache_reader_wipe().
 * TB_ERR_NOT_FOUND; TB_ERR_SEAL: the row does not verify, *ret_key says whose to forget; TB_ERR_CORRUPT: the
 * file itself is damaged.
 * Blocks for a few page reads at most.
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
