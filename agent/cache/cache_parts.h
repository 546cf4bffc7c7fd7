/* What the parts of the cache's writing face share; private to agent/cache. Writer's thread only. */
#ifndef TB_AGENT_CACHE_CACHE_PARTS_H
#define TB_AGENT_CACHE_CACHE_PARTS_H

#include "agent/cache/cache.h"

#define CACHE_ARENA_SIZE TB_JSON_ARENA_SIZE(TB_ROW_DOC_SIZE_MAX)
#define CACHE_SEALED_SIZE_MAX (TB_RECORD_SIZE_MAX + TB_AEAD_OVERHEAD)
#define CACHE_MINUTE_MS 60000

/* Rows of `meta`: each sealed, and bound to which it is. Together they fill one page. */
enum cache_meta {
    CACHE_META_BOOKS = 1,
    CACHE_META_PEPPER,
    CACHE_META_HEARD,
    CACHE_META_CURSOR, /* + kind of the scope */
    CACHE_META_EPOCH = 32,
    CACHE_META_RENDERING,
};

/*
 * One customer's record while rows are applied to it; lives in cache->work. Sections that were replaced point
 * into parts, the others into plain.
 */
struct cache_work {
    struct tb_customer_key key;
    struct tb_record record;
    bool loaded;         /* key and record are of a customer */
    bool stored;         /* there is a row of it */
    bool damaged;        /* that does not verify */
    bool dirty;          /* the record is not as it is stored */
    bool moved;          /* outside or seen_minute is not as it is stored */
    bool outside;        /* of the cohort */
    int64_t ref;         /* of the stored row */
    int64_t seen_minute; /* wall time of the last visit in minutes; 0: never */
    uint64_t sum;        /* the stored row's share of the partition's checksum */
    uint32_t damaged_count;
    uint32_t row_count;
    size_t plain_size; /* most bytes of plain and of each part that were ever used */
    size_t part_size[TB_SECTION_COUNT];
    struct tb_customer customer; /* decoded documents, one at a time */
    struct tb_journey journey;
    struct tb_cart cart;
    uint8_t plain[TB_RECORD_SIZE_MAX];
    uint8_t parts[TB_SECTION_COUNT][TB_CART_PACKED_SIZE_MAX];
    uint8_t sealed[CACHE_SEALED_SIZE_MAX];
    uint8_t arena[CACHE_ARENA_SIZE];
};

_Static_assert(TB_CART_PACKED_SIZE_MAX >= TB_VIEW_PART_SIZE_MAX, "a part holds any section");

static inline struct cache_work *cache_work_of(struct tb_cache *cache)
{
    return (struct cache_work *)(void *)cache->work;
}

static inline struct tb_span cache_key_span(const struct tb_customer_key *key)
{
    return tb_span_of(key->bytes, sizeof key->bytes);
}

static inline uint32_t cache_stamp(const struct tb_cache *cache, const struct tb_customer_key *key)
{
    return cache->books.stamps[key->bytes[0]];
}

/* ---- one customer (cache_work.c) ---- */

/* Leaves nothing personal behind; the arena is wiped by its users, and what is sealed may stay. */
void cache_work_clear(struct cache_work *work);
/* Makes customer the one that work is about, after flushing the one before; a row that does not verify counts
 * as absent. */
TB_MUST_USE enum tb_err cache_work_load(struct tb_cache *cache, const struct tb_id *customer);
TB_MUST_USE enum tb_err cache_work_load_key(struct tb_cache *cache, const struct tb_customer_key *key);
TB_MUST_USE enum tb_err cache_work_flush(struct tb_cache *cache);
/* Removes the loaded customer: row, key, credentials; work is about nobody then. */
TB_MUST_USE enum tb_err cache_work_remove(struct tb_cache *cache);

/* The entry of a credential in the loaded record, made when there is none. TB_ERR_TOO_LONG: there are too
 * many. */
TB_MUST_USE enum tb_err cache_work_credential(struct tb_cache *cache, const uint8_t *hash,
                                              struct tb_record_credential **ret_credential);
/* Points the index to the loaded customer, or away from it. */
TB_MUST_USE enum tb_err cache_credential_put(struct tb_cache *cache, const uint8_t *hash);
TB_MUST_USE enum tb_err cache_credential_drop(struct tb_cache *cache, const uint8_t *hash);

/* ---- customers that are gone: dropped in a version, or erased for good ---- */

struct cache_gone {
    int64_t version; /* or one of these */
    uint32_t stamp;
};

#define CACHE_GONE_ERASED INT64_MAX
#define CACHE_GONE_PARTED (INT64_MAX - 1) /* by her own wish, until she is met again */

TB_MUST_USE enum tb_err cache_gone_put(struct tb_cache *cache, const struct tb_customer_key *key,
                                       int64_t version);
/* The version that counts for rows of now; 0: not gone. */
TB_MUST_USE enum tb_err cache_gone_version(struct tb_cache *cache, const struct tb_customer_key *key,
                                           int64_t *ret_version);

/* Statements that are known to be right and are not understood: the file's schema is not what it was. */
TB_MUST_USE enum tb_err cache_statements(struct tb_db *db, const char *const *sql, size_t count,
                                         struct tb_stmt *ret_stmts);

/* ---- meta (cache.c) ---- */

/* Opens a row of meta. */
TB_MUST_USE enum tb_err cache_meta_open(struct tb_sealer *sealer, int64_t which, struct tb_span sealed,
                                        struct tb_buf *ret_plain);
/* Appends the plain bytes; nothing when there is no row. TB_ERR_SEAL when it does not verify. */
TB_MUST_USE enum tb_err cache_meta_read(struct tb_cache *cache, int64_t which, struct tb_buf *ret_plain);
TB_MUST_USE enum tb_err cache_meta_write(struct tb_cache *cache, int64_t which, struct tb_span plain);

/* Begins a call that changes rows: reads the books of this transaction. Books that do not verify are made
 * anew. */
TB_MUST_USE enum tb_err cache_begin(struct tb_cache *cache, int64_t wall_ms);
/* Ends it: flushes the customer and saves the books, if err is TB_OK. Wipes what the call worked with. */
TB_MUST_USE enum tb_err cache_end(struct tb_cache *cache, enum tb_err err);
/* Notes when the context store was heard of, if the note is old. */
void cache_note_contact(struct tb_cache *cache);

TB_MUST_USE enum tb_err cache_cursors_forget(struct tb_cache *cache);
TB_MUST_USE enum tb_err cache_cohort_cursor_forget(struct tb_cache *cache);

#endif
