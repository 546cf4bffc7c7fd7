/* The cache's file, and what it says of itself. */
#include "agent/cache/cache.h"

#include "agent/cache/cache_parts.h"
#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "core/context/view.h"

#include <stdlib.h>

#define CONTACT_STEP_MS (INT64_C(6) * 3600 * 1000)

/* Format 1 had other indexes; what it holds comes again faster than it could be carried over. */
static const char *const migrations[] = {
    NULL,
    "CREATE TABLE meta (id INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;" /* enum cache_meta */
    "CREATE TABLE customer ("
    " ref INTEGER PRIMARY KEY,"
    " outside INTEGER NOT NULL," /* not of the cohort */
    " seen INTEGER NOT NULL,"    /* last visit, wall time in minutes; 0: never */
    " key BLOB NOT NULL UNIQUE," /* struct tb_customer_key */
    " wrapped BLOB NOT NULL,"    /* the row's own key, under the device key */
    " sealed BLOB NOT NULL"      /* record.h, under the row's own key */
    ") STRICT;"
    "CREATE INDEX customer_seen ON customer (seen);"
    "CREATE INDEX customer_outside ON customer (seen) WHERE outside;"
    "CREATE TABLE credential ("
    " hash BLOB PRIMARY KEY NOT NULL," /* the first TB_CACHE_HASH_SIZE bytes of the look-up hash */
    " key BLOB NOT NULL"               /* of the customer, whose record has the credential, too */
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE gone (ref INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL) STRICT;"
    "CREATE TABLE product ("
    " gtin TEXT PRIMARY KEY NOT NULL,"
    " version INTEGER NOT NULL,"
    " stamp INTEGER NOT NULL,"
    " sealed BLOB NOT NULL" /* tb_product_seal() */
    ") STRICT;",
};

_Static_assert(TB_ARRAY_SIZE(migrations) == TB_CACHE_FORMAT, "the reader expects what the writer makes");

static const char *const statements[TB_CACHE_STMT_COUNT] = {
    [TB_CACHE_STMT_CUSTOMER_READ] = "SELECT ref, outside, seen, wrapped, sealed FROM customer WHERE key = ?1",
    [TB_CACHE_STMT_CUSTOMER_ADD] =
        "INSERT INTO customer (outside, seen, key, wrapped, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
    [TB_CACHE_STMT_CUSTOMER_PUT] = "UPDATE customer SET wrapped = ?2, sealed = ?3 WHERE ref = ?1",
    [TB_CACHE_STMT_CUSTOMER_MOVE] = "UPDATE customer SET outside = ?2, seen = ?3 WHERE ref = ?1",
    [TB_CACHE_STMT_CUSTOMER_DROP] = "DELETE FROM customer WHERE ref = ?1",
    [TB_CACHE_STMT_CUSTOMER_NEXT] = "SELECT key FROM customer WHERE key > ?1 ORDER BY key LIMIT 1",
    [TB_CACHE_STMT_CREDENTIAL_READ] = "SELECT key FROM credential WHERE hash = ?1",
    [TB_CACHE_STMT_CREDENTIAL_PUT] = "INSERT INTO credential (hash, key) VALUES (?1, ?2)"
                                     " ON CONFLICT (hash) DO UPDATE SET key = ?2",
    [TB_CACHE_STMT_CREDENTIAL_DROP] = "DELETE FROM credential WHERE hash = ?1 AND key = ?2",
    [TB_CACHE_STMT_CREDENTIAL_SWEEP] = "DELETE FROM credential WHERE key = ?1",
    [TB_CACHE_STMT_GONE_READ] = "SELECT sealed FROM gone WHERE key = ?1",
    [TB_CACHE_STMT_GONE_PUT] = "INSERT OR REPLACE INTO gone (key, sealed) VALUES (?1, ?2)",
    [TB_CACHE_STMT_GONE_TRIM] = "DELETE FROM gone WHERE ref <= (SELECT max(ref) FROM gone) - ?1",
    [TB_CACHE_STMT_PRODUCT_READ] = "SELECT version, stamp, sealed FROM product WHERE gtin = ?1",
    [TB_CACHE_STMT_PRODUCT_PUT] =
        "INSERT OR REPLACE INTO product (gtin, version, stamp, sealed) VALUES (?1, ?2, ?3, ?4)",
    [TB_CACHE_STMT_PRODUCT_DROP] = "DELETE FROM product WHERE gtin = ?1",
    [TB_CACHE_STMT_META_READ] = "SELECT sealed FROM meta WHERE id = ?1",
    [TB_CACHE_STMT_META_PUT] = "INSERT OR REPLACE INTO meta (id, sealed) VALUES (?1, ?2)",
    [TB_CACHE_STMT_CURSORS_DROP] = "DELETE FROM meta WHERE id > ?1 AND id < ?2",
    [TB_CACHE_STMT_OLDEST] = "SELECT ref, key, outside FROM customer ORDER BY seen, ref LIMIT 2",
    [TB_CACHE_STMT_OUTSIDE_OLDEST] =
        "SELECT ref, key, outside FROM customer WHERE outside AND (seen <= ?1 OR seen > ?2)"
        " ORDER BY seen, ref LIMIT 2",
};

/* ---- meta ---- */

struct meta_about {
    uint8_t bytes[16];
};

static struct tb_span meta_about_of(int64_t which, struct meta_about *space)
{
    struct tb_buf to = tb_buf_of(space->bytes, sizeof space->bytes);
    tb_buf_add_str(&to, "meta");
    tb_buf_add_u64be(&to, (uint64_t)which);
    return tb_buf_span(&to);
}

enum tb_err cache_meta_open(struct tb_sealer *sealer, int64_t which, struct tb_span sealed,
                            struct tb_buf *ret_plain)
{
    struct meta_about about;
    return tb_unseal(sealer, meta_about_of(which, &about), sealed, ret_plain);
}

enum tb_err cache_meta_read(struct tb_cache *cache, int64_t which, struct tb_buf *ret_plain)
{
    struct tb_stmt *read = &cache->stmts[TB_CACHE_STMT_META_READ];
    tb_stmt_bind_int(read, 1, which);
    bool row = false;
    enum tb_err err = tb_stmt_step(read, &row);
    if (err == TB_OK && row)
        err = cache_meta_open(&cache->sealer, which, tb_stmt_blob(read, 0), ret_plain);
    tb_stmt_reset(read);
    return err;
}

enum tb_err cache_meta_write(struct tb_cache *cache, int64_t which, struct tb_span plain)
{
    struct meta_about about;
    uint8_t bytes[TB_BOOKS_SIZE + TB_AEAD_OVERHEAD];
    struct tb_buf sealed = tb_buf_of(bytes, sizeof bytes);
    enum tb_err err = tb_seal(&cache->sealer, meta_about_of(which, &about), plain, &sealed);
    if (err != TB_OK)
        return err;
    struct tb_stmt *put = &cache->stmts[TB_CACHE_STMT_META_PUT];
    tb_stmt_bind_int(put, 1, which);
    tb_stmt_bind_blob(put, 2, tb_buf_span(&sealed));
    return tb_stmt_run(put);
}

/* Numbers one after the other; all 0 when they are not there. */
static enum tb_err numbers_read(struct tb_cache *cache, int64_t which, uint64_t *ret_numbers, size_t count)
{
    uint8_t bytes[4 * sizeof(uint64_t)];
    struct tb_buf plain = tb_buf_of(bytes, sizeof bytes);
    memset(ret_numbers, 0, count * sizeof *ret_numbers);
    enum tb_err err = cache_meta_read(cache, which, &plain);
    if (err == TB_ERR_SEAL)
        return TB_OK; /* counts as absent */
    struct tb_reader from = tb_reader_of(tb_buf_span(&plain));
    for (size_t i = 0; err == TB_OK && i < count && plain.size == count * sizeof *ret_numbers; i++)
        ret_numbers[i] = tb_read_u64be(&from);
    return err;
}

static enum tb_err numbers_write(struct tb_cache *cache, int64_t which, const uint64_t *numbers, size_t count)
{
    uint8_t bytes[4 * sizeof(uint64_t)];
    struct tb_buf plain = tb_buf_of(bytes, sizeof bytes);
    for (size_t i = 0; i < count; i++)
        tb_buf_add_u64be(&plain, numbers[i]);
    return plain.err == TB_OK ? cache_meta_write(cache, which, tb_buf_span(&plain)) : plain.err;
}

/* ---- books ---- */

static enum tb_err rows_count(struct tb_cache *cache, const char *sql, uint32_t *ret_count)
{
    struct tb_stmt count;
    bool row = false;
    enum tb_err err = tb_stmt_prepare(cache->db, sql, &count);
    if (err != TB_OK)
        return err;
    err = tb_stmt_step(&count, &row);
    *ret_count = row ? (uint32_t)tb_stmt_int(&count, 0) : 0;
    tb_stmt_free(&count);
    return err;
}

/* Books of a file that has none. No row may carry a stamp of theirs: where there are rows, they begin at a
 * number of chance. */
static enum tb_err books_renew(struct tb_cache *cache)
{
    uint32_t customer_count = 0;
    uint32_t product_count = 0;
    uint8_t chance[4];
    enum tb_err err = rows_count(cache, "SELECT count(*) FROM customer", &customer_count);
    if (err == TB_OK)
        err = rows_count(cache, "SELECT count(*) FROM product", &product_count);
    cache->sealer.rng->fill(cache->sealer.rng->context, chance, sizeof chance);
    struct tb_reader from = tb_reader_of(tb_span_of(chance, sizeof chance));
    bool is_empty = customer_count + product_count == 0;
    cache->books = tb_books_new(is_empty ? 1 : (tb_read_u32be(&from) & TB_BOOKS_STAMP_MAX) | 1u);
    cache->books.customer_count = customer_count;
    cache->books.product_count = product_count;
    cache->books.contact_ms = is_empty ? 0 : cache->wall_ms; /* the time without contact begins anew */
    cache->damaged |= !is_empty;
    return err;
}

static enum tb_err books_read(struct tb_cache *cache)
{
    uint8_t bytes[TB_BOOKS_SIZE];
    struct tb_buf plain = tb_buf_of(bytes, sizeof bytes);
    enum tb_err err = cache_meta_read(cache, CACHE_META_BOOKS, &plain);
    if (err != TB_OK && err != TB_ERR_SEAL)
        return err;
    if (err == TB_OK && plain.size == TB_BOOKS_SIZE)
        return tb_books_unpack(tb_buf_span(&plain), &cache->books);
    return books_renew(cache);
}

static enum tb_err books_write(struct tb_cache *cache)
{
    uint8_t bytes[TB_BOOKS_SIZE];
    struct tb_buf plain = tb_buf_of(bytes, sizeof bytes);
    tb_books_pack(&cache->books, &plain);
    return cache_meta_write(cache, CACHE_META_BOOKS, tb_buf_span(&plain));
}

enum tb_err cache_begin(struct tb_cache *cache, int64_t wall_ms)
{
    cache->wall_ms = wall_ms;
    cache_work_clear(cache_work_of(cache));
    enum tb_err err = books_read(cache);
    cache->books_before = cache->books;
    return err;
}

enum tb_err cache_end(struct tb_cache *cache, enum tb_err err)
{
    if (err == TB_OK)
        err = cache_work_flush(cache);
    if (err == TB_OK && memcmp(&cache->books, &cache->books_before, sizeof cache->books) != 0)
        err = books_write(cache);
    cache_work_clear(cache_work_of(cache));
    return err;
}

void cache_note_contact(struct tb_cache *cache)
{
    int64_t ago_ms = cache->wall_ms - cache->books.contact_ms;
    if (cache->wall_ms > 0 && (ago_ms < 0 || ago_ms >= CONTACT_STEP_MS))
        cache->books.contact_ms = cache->wall_ms;
}

enum tb_err tb_cache_contact(struct tb_cache *cache, int64_t wall_ms)
{
    enum tb_err err = cache_begin(cache, wall_ms);
    if (err == TB_OK)
        cache_note_contact(cache);
    return cache_end(cache, err);
}

/* Of the scopes whose kind is between these two. */
static enum tb_err cursors_drop(struct tb_cache *cache, int64_t after, int64_t before)
{
    struct tb_stmt *drop = &cache->stmts[TB_CACHE_STMT_CURSORS_DROP];
    tb_stmt_bind_int(drop, 1, CACHE_META_CURSOR + after);
    tb_stmt_bind_int(drop, 2, CACHE_META_CURSOR + before);
    return tb_stmt_run(drop);
}

enum tb_err cache_cursors_forget(struct tb_cache *cache)
{
    return cursors_drop(cache, TB_SCOPE_NONE, CACHE_META_EPOCH - CACHE_META_CURSOR);
}

enum tb_err cache_cohort_cursor_forget(struct tb_cache *cache)
{
    return cursors_drop(cache, TB_SCOPE_COHORT - 1, TB_SCOPE_COHORT + 1);
}

/* All that is stored of customers counts as version 0. */
static void customers_outdate(struct tb_books *books)
{
    const uint32_t stamp = tb_books_stamp(books);
    memset(books->sums, 0, sizeof books->sums);
    memset(books->trimmed, 0, sizeof books->trimmed);
    for (size_t i = 0; i < TB_PARTITION_COUNT; i++)
        books->stamps[i] = stamp;
}

/* ---- the file ---- */

enum tb_err cache_statements(struct tb_db *db, const char *const *sql, size_t count,
                             struct tb_stmt *ret_stmts)
{
    enum tb_err err = tb_stmt_prepare_all(db, sql, count, ret_stmts);
    return err == TB_ERR_INTERNAL ? TB_ERR_CORRUPT : err;
}

static enum tb_err cache_load(struct tb_cache *cache, const char *path)
{
    /* pages that no document is large enough for stay untouched */
    cache->work = calloc(1, sizeof(struct cache_work));
    cache->path = strdup(path);
    if (!cache->work || !cache->path)
        return TB_ERR_NO_MEMORY;
    cache->limits = (struct tb_cache_limits){.outside_keep_ms = TB_CACHE_OUTSIDE_KEEP_MS,
                                             .no_contact_ms = TB_CACHE_NO_CONTACT_MS};
    return cache_statements(cache->db, statements, TB_CACHE_STMT_COUNT, cache->stmts);
}

static enum tb_err rendering_put(struct tb_cache *cache)
{
    const uint64_t rendering = TB_VIEW_RENDERING;
    uint32_t customer_count = 0;
    enum tb_err err = rows_count(cache, "SELECT count(*) FROM customer", &customer_count);
    if (err == TB_OK)
        err = cache_begin(cache, cache->wall_ms);
    if (err == TB_OK && customer_count)
        err = cursors_drop(cache, TB_SCOPE_CUSTOMER - 1, TB_SCOPE_CUSTOMER + 1);
    if (err == TB_OK && customer_count)
        err = cache_cohort_cursor_forget(cache);
    if (customer_count)
        customers_outdate(&cache->books);
    if (err == TB_OK)
        err = numbers_write(cache, CACHE_META_RENDERING, &rendering, 1);
    return cache_end(cache, err);
}

/* What cannot be written now is written at another opening: until then customers are shown as they are
 * stored. */
static enum tb_err rendering_check(struct tb_cache *cache)
{
    uint64_t stored = 0;
    enum tb_err err = numbers_read(cache, CACHE_META_RENDERING, &stored, 1);
    if (err != TB_OK || stored == TB_VIEW_RENDERING)
        return err;
    err = tb_db_begin(cache->db);
    if (err == TB_OK) {
        err = rendering_put(cache);
        if (err == TB_OK)
            err = tb_db_commit(cache->db);
        else
            tb_db_rollback(cache->db);
    }
    return tb_err_class(err) == TB_CLASS_CORRUPT ? err : TB_OK;
}

enum tb_err tb_cache_open(const char *path, const struct tb_sealer *sealer, struct tb_cache *ret_cache)
{
    const struct tb_db_options options = {
        .sync = TB_DB_SYNC_NORMAL,
        .cache_kib = 256,
        .checkpoint_pages = 4000, /* the more, the fewer pages are written twice */
        .busy_ms = 1000,
        .secure_delete = true,
        .application_id = TB_CACHE_APPLICATION_ID,
        .migrations = migrations,
        .migration_count = TB_ARRAY_SIZE(migrations),
        .migration_first = TB_CACHE_FORMAT,
    };
    *ret_cache = (struct tb_cache){0};
    enum tb_err err = tb_sealer_share(sealer, &ret_cache->sealer);
    if (err == TB_OK)
        err = tb_db_open(path, &options, &ret_cache->db);
    if (err == TB_OK)
        err = cache_load(ret_cache, path);
    if (err == TB_OK)
        err = rendering_check(ret_cache);
    if (err != TB_OK)
        tb_cache_close(ret_cache);
    return err;
}

void tb_cache_close(struct tb_cache *cache)
{
    tb_stmt_free_all(cache->stmts, TB_CACHE_STMT_COUNT);
    free(cache->work);
    free(cache->path);
    cache->work = NULL;
    cache->path = NULL;
    cache->db = tb_db_close(cache->db);
    tb_sealer_wipe(&cache->sealer);
}

void tb_cache_set_limits(struct tb_cache *cache, const struct tb_cache_limits *limits)
{
    cache->limits = *limits;
}

/* ---- pepper ---- */

static enum tb_err customers_empty(struct tb_cache *cache, const struct tb_pepper *pepper)
{
    const uint64_t version = (uint64_t)pepper->version;
    enum tb_err err = cache_begin(cache, cache->wall_ms);
    if (err == TB_OK)
        err = tb_db_exec(cache->db, "DELETE FROM credential; DELETE FROM customer; DELETE FROM gone");
    if (err == TB_OK)
        err = cache_cohort_cursor_forget(cache);
    if (err == TB_OK)
        err = numbers_write(cache, CACHE_META_PEPPER, &version, 1);
    cache->books.customer_count = 0;
    memset(cache->books.sums, 0, sizeof cache->books.sums);
    memset(cache->books.trimmed, 0, sizeof cache->books.trimmed);
    return cache_end(cache, err);
}

static enum tb_err pepper_change(struct tb_cache *cache, const struct tb_pepper *pepper)
{
    enum tb_err err = tb_db_begin(cache->db);
    if (err != TB_OK)
        return err;
    err = customers_empty(cache, pepper);
    if (err == TB_OK)
        return tb_db_commit(cache->db);
    tb_db_rollback(cache->db);
    return err;
}

enum tb_err tb_cache_set_pepper(struct tb_cache *cache, const struct tb_pepper *pepper)
{
    uint64_t filled_with = 0;
    enum tb_err err = numbers_read(cache, CACHE_META_PEPPER, &filled_with, 1);
    if (err == TB_OK && filled_with != (uint64_t)pepper->version)
        err = pepper_change(cache, pepper);
    if (err == TB_OK)
        cache->pepper = *pepper;
    return err;
}

/* ---- verdicts, epochs, cursors ---- */

/* The incarnation as two numbers, then the seq. */
enum { HEARD_COUNT = 3 };

static void heard_name(const struct tb_id *incarnation, uint64_t ret_numbers[HEARD_COUNT])
{
    struct tb_reader from = tb_reader_of(tb_id_span(incarnation));
    ret_numbers[0] = tb_read_u64be(&from);
    ret_numbers[1] = tb_read_u64be(&from);
}

enum tb_err tb_cache_hear(struct tb_cache *cache, const struct tb_id *incarnation, int64_t seq)
{
    uint64_t heard[HEARD_COUNT];
    heard_name(incarnation, heard);
    heard[2] = (uint64_t)seq;
    return numbers_write(cache, CACHE_META_HEARD, heard, HEARD_COUNT);
}

enum tb_err tb_cache_heard(struct tb_cache *cache, const struct tb_id *incarnation, int64_t *ret_seq)
{
    uint64_t asked[HEARD_COUNT];
    uint64_t heard[HEARD_COUNT];
    heard_name(incarnation, asked);
    enum tb_err err = numbers_read(cache, CACHE_META_HEARD, heard, HEARD_COUNT);
    bool same = heard[0] == asked[0] && heard[1] == asked[1];
    *ret_seq = err == TB_OK && same ? (int64_t)heard[2] : 0;
    return err;
}

enum tb_err tb_cache_new_epoch(struct tb_cache *cache)
{
    static const uint64_t nothing[HEARD_COUNT] = {0};
    enum tb_err err = cache_begin(cache, cache->wall_ms);
    if (err == TB_OK)
        err = numbers_write(cache, CACHE_META_HEARD, nothing, HEARD_COUNT);
    if (err == TB_OK)
        err = cache_cursors_forget(cache);
    customers_outdate(&cache->books);
    cache->books.product_stamp = cache->books.last_stamp;
    return cache_end(cache, err);
}

/* 0 stands for none. */
static uint64_t epoch_number(const char *epoch)
{
    struct tb_digest digest = tb_sha256(tb_span_str(epoch));
    struct tb_reader from = tb_reader_of(tb_span_of(digest.bytes, sizeof digest.bytes));
    return tb_read_u64be(&from) | 1;
}

enum tb_err tb_cache_set_epoch(struct tb_cache *cache, const char *epoch, bool *ret_other)
{
    uint64_t stored = 0;
    const uint64_t told = epoch_number(epoch);
    *ret_other = false;
    enum tb_err err = numbers_read(cache, CACHE_META_EPOCH, &stored, 1);
    if (err != TB_OK || stored == told)
        return err;
    *ret_other = stored != 0;
    if (*ret_other)
        err = tb_cache_new_epoch(cache);
    return err == TB_OK ? numbers_write(cache, CACHE_META_EPOCH, &told, 1) : err;
}

static enum tb_err page_rewrite(struct tb_cache *cache)
{
    enum tb_err err = tb_db_begin(cache->db);
    if (err != TB_OK)
        return err;
    err = tb_db_touch(cache->db);
    if (err == TB_OK)
        return tb_db_commit(cache->db);
    tb_db_rollback(cache->db);
    return err;
}

enum tb_err tb_cache_make_last(struct tb_cache *cache)
{
    /* A checkpoint would not do: it leaves the log unsynced when a look-up holds back all that is to be
     * copied. */
    enum tb_err err = tb_db_set_sync(cache->db, TB_DB_SYNC_FULL);
    if (err == TB_OK)
        err = page_rewrite(cache);
    enum tb_err back = tb_db_set_sync(cache->db, TB_DB_SYNC_NORMAL);
    return err != TB_OK ? err : back;
}

enum tb_err tb_cache_cursor(struct tb_cache *cache, const struct tb_scope *scope,
                            struct tb_cursor *ret_cursor)
{
    *ret_cursor = (struct tb_cursor){0};
    struct tb_buf plain = tb_buf_of(ret_cursor->bytes, sizeof ret_cursor->bytes);
    enum tb_err err = cache_meta_read(cache, CACHE_META_CURSOR + (int64_t)scope->kind, &plain);
    /* A cursor that does not verify might skip rows: the feed begins anew instead. */
    if (err == TB_OK)
        ret_cursor->size = (uint8_t)plain.size;
    return err == TB_ERR_SEAL ? TB_OK : err;
}
