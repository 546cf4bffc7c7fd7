/* One customer's record on its way into and out of the file. */
#include "agent/cache/cache_parts.h"
#include "core/base/assert.h"
#include "core/base/wipe.h"

void cache_work_clear(struct cache_work *work)
{
    tb_wipe(work->plain, work->plain_size);
    for (size_t i = 0; i < TB_SECTION_COUNT; i++)
        tb_wipe(work->parts[i], work->part_size[i]);
    tb_wipe(work, offsetof(struct cache_work, plain));
}

static uint64_t work_sum(const struct tb_cache *cache, const struct cache_work *work)
{
    return work->outside ? 0 : tb_record_sum(&work->record, cache_stamp(cache, &work->key));
}

/* ---- writing ---- */

static enum tb_err row_add(struct tb_cache *cache, struct cache_work *work, struct tb_span wrapped,
                           struct tb_span sealed)
{
    struct tb_stmt *add = &cache->stmts[TB_CACHE_STMT_CUSTOMER_ADD];
    tb_stmt_bind_int(add, 1, work->outside);
    tb_stmt_bind_int(add, 2, work->seen_minute);
    tb_stmt_bind_blob(add, 3, cache_key_span(&work->key));
    tb_stmt_bind_blob(add, 4, wrapped);
    tb_stmt_bind_blob(add, 5, sealed);
    enum tb_err err = tb_stmt_run(add);
    if (err == TB_OK) {
        work->ref = tb_db_last_rowid(cache->db);
        cache->books.customer_count++;
    }
    return err;
}

static enum tb_err row_put(struct tb_cache *cache, const struct cache_work *work, struct tb_span wrapped,
                           struct tb_span sealed)
{
    struct tb_stmt *put = &cache->stmts[TB_CACHE_STMT_CUSTOMER_PUT];
    tb_stmt_bind_int(put, 1, work->ref);
    tb_stmt_bind_blob(put, 2, wrapped);
    tb_stmt_bind_blob(put, 3, sealed);
    return tb_stmt_run(put);
}

static enum tb_err row_move(struct tb_cache *cache, const struct cache_work *work)
{
    struct tb_stmt *move = &cache->stmts[TB_CACHE_STMT_CUSTOMER_MOVE];
    tb_stmt_bind_int(move, 1, work->ref);
    tb_stmt_bind_int(move, 2, work->outside);
    tb_stmt_bind_int(move, 3, work->seen_minute);
    return tb_stmt_run(move);
}

static enum tb_err record_write(struct tb_cache *cache, struct cache_work *work)
{
    uint8_t wrapped[TB_SEAL_WRAPPED_SIZE];
    struct tb_buf plain = tb_buf_of(work->arena, TB_RECORD_SIZE_MAX);
    struct tb_buf sealed = tb_buf_of(work->sealed, sizeof work->sealed);
    enum tb_err err = tb_record_seal(&cache->sealer, &work->key, &work->record, &plain, wrapped, &sealed);
    tb_wipe(work->arena, plain.size);
    if (err != TB_OK)
        return err;
    struct tb_span key = tb_span_of(wrapped, sizeof wrapped);
    return work->stored ? row_put(cache, work, key, tb_buf_span(&sealed))
                        : row_add(cache, work, key, tb_buf_span(&sealed));
}

enum tb_err cache_work_flush(struct tb_cache *cache)
{
    struct cache_work *work = cache_work_of(cache);
    if (!work->loaded || (!work->dirty && !work->moved))
        return TB_OK;
    enum tb_err err = TB_OK;
    if (work->dirty)
        err = record_write(cache, work);
    if (err == TB_OK && work->moved && work->stored)
        err = row_move(cache, work);
    if (err != TB_OK)
        return err;
    uint64_t sum = work_sum(cache, work);
    cache->books.sums[work->key.bytes[0]] ^= work->sum ^ sum;
    work->sum = sum;
    work->stored = true;
    work->damaged = work->dirty = work->moved = false;
    return TB_OK;
}

/* ---- reading ---- */

static void record_read(struct tb_cache *cache, struct cache_work *work, const struct tb_stmt *row)
{
    struct tb_buf plain = tb_buf_of(work->plain, sizeof work->plain);
    work->stored = true;
    work->ref = tb_stmt_int(row, 0);
    work->outside = tb_stmt_int(row, 1) != 0;
    work->seen_minute = tb_stmt_int(row, 2);
    enum tb_err err = tb_record_open(&cache->sealer, &work->key, tb_stmt_blob(row, 3), tb_stmt_blob(row, 4),
                                     &plain, &work->record);
    if (plain.size > work->plain_size)
        work->plain_size = plain.size;
    if (err == TB_OK) {
        work->sum = work_sum(cache, work);
        return;
    }
    work->damaged_count++;
    work->damaged = true;
    work->record = (struct tb_record){.credential_count = 0};
}

enum tb_err cache_work_load_key(struct tb_cache *cache, const struct tb_customer_key *key)
{
    struct cache_work *work = cache_work_of(cache);
    if (work->loaded && memcmp(key, &work->key, sizeof *key) == 0)
        return TB_OK;
    enum tb_err err = cache_work_flush(cache);
    if (err != TB_OK)
        return err;
    work->key = *key;
    work->record = (struct tb_record){.credential_count = 0};
    work->loaded = true;
    work->stored = work->damaged = work->dirty = work->moved = false;
    work->outside = true;
    work->seen_minute = 0;
    work->sum = 0;

    struct tb_stmt *read = &cache->stmts[TB_CACHE_STMT_CUSTOMER_READ];
    tb_stmt_bind_blob(read, 1, cache_key_span(key));
    bool row = false;
    err = tb_stmt_step(read, &row);
    if (err == TB_OK && row)
        record_read(cache, work, read);
    tb_stmt_reset(read);
    return err;
}

enum tb_err cache_work_load(struct tb_cache *cache, const struct tb_id *customer)
{
    struct tb_customer_key key = tb_pepper_customer(&cache->pepper, customer);
    enum tb_err err = cache_work_load_key(cache, &key);
    cache_work_of(cache)->record.customer = *customer;
    return err;
}

/* ---- removing ---- */

/* What the record does not say, because it does not verify, is looked for in the whole index. */
static enum tb_err credentials_sweep(struct tb_cache *cache, const struct tb_customer_key *key)
{
    struct tb_stmt *sweep = &cache->stmts[TB_CACHE_STMT_CREDENTIAL_SWEEP];
    tb_stmt_bind_blob(sweep, 1, cache_key_span(key));
    return tb_stmt_run(sweep);
}

static enum tb_err credentials_drop(struct tb_cache *cache, const struct cache_work *work)
{
    if (work->damaged)
        return credentials_sweep(cache, &work->key);
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < work->record.credential_count && err == TB_OK; i++)
        err = cache_credential_drop(cache, work->record.credentials[i].hash);
    return err;
}

enum tb_err cache_work_remove(struct tb_cache *cache)
{
    struct cache_work *work = cache_work_of(cache);
    TB_ASSERT(work->loaded);
    work->loaded = false;
    if (!work->stored)
        return TB_OK;
    enum tb_err err = credentials_drop(cache, work);
    if (err != TB_OK)
        return err;
    struct tb_stmt *drop = &cache->stmts[TB_CACHE_STMT_CUSTOMER_DROP];
    tb_stmt_bind_int(drop, 1, work->ref);
    err = tb_stmt_run(drop);
    if (err != TB_OK)
        return err;
    cache->books.sums[work->key.bytes[0]] ^= work->sum;
    if (cache->books.customer_count > 0)
        cache->books.customer_count--;
    return TB_OK;
}

/* ---- credentials ---- */

static struct tb_record_credential *credential_oldest_gone(struct tb_record *record)
{
    for (size_t i = 0; i < record->credential_count; i++)
        if (record->credentials[i].gone)
            return &record->credentials[i];
    return NULL;
}

enum tb_err cache_work_credential(struct tb_cache *cache, const uint8_t *hash,
                                  struct tb_record_credential **ret_credential)
{
    struct tb_record *record = &cache_work_of(cache)->record;
    for (size_t i = 0; i < record->credential_count; i++) {
        if (memcmp(record->credentials[i].hash, hash, TB_RECORD_HASH_SIZE) == 0) {
            *ret_credential = &record->credentials[i];
            return TB_OK;
        }
    }
    struct tb_record_credential *entry = record->credential_count < TB_RECORD_CREDENTIAL_MAX
                                             ? &record->credentials[record->credential_count++]
                                             : credential_oldest_gone(record);
    if (!entry)
        return TB_ERR_TOO_LONG;
    *entry = (struct tb_record_credential){.version = 0};
    memcpy(entry->hash, hash, sizeof entry->hash);
    *ret_credential = entry;
    return TB_OK;
}

enum tb_err cache_credential_put(struct tb_cache *cache, const uint8_t *hash)
{
    struct tb_stmt *put = &cache->stmts[TB_CACHE_STMT_CREDENTIAL_PUT];
    tb_stmt_bind_blob(put, 1, tb_span_of(hash, TB_RECORD_HASH_SIZE));
    tb_stmt_bind_blob(put, 2, cache_key_span(&cache_work_of(cache)->key));
    return tb_stmt_run(put);
}

enum tb_err cache_credential_drop(struct tb_cache *cache, const uint8_t *hash)
{
    struct tb_stmt *drop = &cache->stmts[TB_CACHE_STMT_CREDENTIAL_DROP];
    tb_stmt_bind_blob(drop, 1, tb_span_of(hash, TB_RECORD_HASH_SIZE));
    tb_stmt_bind_blob(drop, 2, cache_key_span(&cache_work_of(cache)->key));
    return tb_stmt_run(drop);
}

/* ---- customers that are gone ---- */

#define GONE_SIZE 12

struct gone_about {
    uint8_t bytes[4 + sizeof(struct tb_customer_key)];
};

static struct tb_span gone_about_of(const struct tb_customer_key *key, struct gone_about *space)
{
    struct tb_buf to = tb_buf_of(space->bytes, sizeof space->bytes);
    tb_buf_add_str(&to, "gone");
    tb_buf_add(&to, cache_key_span(key));
    return tb_buf_span(&to);
}

enum tb_err cache_gone_put(struct tb_cache *cache, const struct tb_customer_key *key, int64_t version)
{
    struct gone_about about;
    uint8_t plain_bytes[GONE_SIZE];
    uint8_t sealed_bytes[GONE_SIZE + TB_AEAD_OVERHEAD];
    struct tb_buf plain = tb_buf_of(plain_bytes, sizeof plain_bytes);
    struct tb_buf sealed = tb_buf_of(sealed_bytes, sizeof sealed_bytes);
    tb_buf_add_u64be(&plain, (uint64_t)version);
    tb_buf_add_u32be(&plain, cache_stamp(cache, key));
    enum tb_err err = tb_seal(&cache->sealer, gone_about_of(key, &about), tb_buf_span(&plain), &sealed);
    if (err != TB_OK)
        return err;
    struct tb_stmt *put = &cache->stmts[TB_CACHE_STMT_GONE_PUT];
    tb_stmt_bind_blob(put, 1, cache_key_span(key));
    tb_stmt_bind_blob(put, 2, tb_buf_span(&sealed));
    return tb_stmt_run(put);
}

static int64_t gone_open(struct tb_cache *cache, const struct tb_customer_key *key, struct tb_span sealed)
{
    struct gone_about about;
    uint8_t bytes[GONE_SIZE];
    struct tb_buf plain = tb_buf_of(bytes, sizeof bytes);
    if (tb_unseal(&cache->sealer, gone_about_of(key, &about), sealed, &plain) != TB_OK)
        return 0;
    struct tb_reader from = tb_reader_of(tb_buf_span(&plain));
    int64_t version = (int64_t)tb_read_u64be(&from);
    bool counts = tb_read_u32be(&from) == cache_stamp(cache, key) || version >= CACHE_GONE_PARTED;
    return counts && from.err == TB_OK ? version : 0;
}

enum tb_err cache_gone_version(struct tb_cache *cache, const struct tb_customer_key *key,
                               int64_t *ret_version)
{
    *ret_version = 0;
    struct tb_stmt *read = &cache->stmts[TB_CACHE_STMT_GONE_READ];
    tb_stmt_bind_blob(read, 1, cache_key_span(key));
    bool row = false;
    enum tb_err err = tb_stmt_step(read, &row);
    if (err == TB_OK && row)
        *ret_version = gone_open(cache, key, tb_stmt_blob(read, 0));
    tb_stmt_reset(read);
    return err;
}
