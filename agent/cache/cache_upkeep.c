/* What must not be kept any longer: the cohort's limits, time, damage, erasures, partitions that differ. */
#include "agent/cache/cache_parts.h"
#include "core/base/assert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_STEP_MINUTES 10
#define SEEN_AHEAD_MINUTES 60 /* no clock that is believed was ever so far ahead */
#define SET_ASIDE_SUFFIX ".damaged"

enum tb_err tb_cache_forget(struct tb_cache *cache, const struct tb_customer_key *customer)
{
    enum tb_err err = cache_begin(cache, cache->wall_ms);
    if (err == TB_OK)
        err = cache_work_load_key(cache, customer);
    cache->damaged = true;
    if (err == TB_OK)
        err = cache_work_remove(cache);
    err = cache_end(cache, err);
    return err == TB_OK ? cache_cursors_forget(cache) : err;
}

enum tb_err tb_cache_seen(struct tb_cache *cache, const struct tb_customer_key *customer, int64_t wall_ms)
{
    struct cache_work *work = cache_work_of(cache);
    int64_t minute = wall_ms / CACHE_MINUTE_MS;
    enum tb_err err = cache_begin(cache, wall_ms);
    if (err == TB_OK)
        err = cache_work_load_key(cache, customer);
    if (err == TB_OK && work->stored && labs((long)(minute - work->seen_minute)) >= SEEN_STEP_MINUTES) {
        work->seen_minute = minute;
        work->moved = true;
    }
    return cache_end(cache, err);
}

/* ---- upkeep ---- */

struct candidate {
    bool found;
    int64_t ref;
    bool outside;
    struct tb_customer_key key;
};

static void candidate_read(const struct tb_stmt *row, struct candidate *ret)
{
    struct tb_span key = tb_stmt_blob(row, 1);
    *ret = (struct candidate){.found = true, .ref = tb_stmt_int(row, 0), .outside = tb_stmt_int(row, 2) != 0};
    if (key.size == sizeof ret->key.bytes)
        memcpy(ret->key.bytes, key.at, key.size);
}

/* The first row of a bound statement that is not about who is served: it yields two. */
static enum tb_err candidate_find(struct tb_stmt *stmt, const struct tb_customer_key *serving,
                                  struct candidate *ret)
{
    *ret = (struct candidate){.found = false};
    bool row = false;
    enum tb_err err = TB_OK;
    while (!ret->found && (err = tb_stmt_step(stmt, &row)) == TB_OK && row) {
        candidate_read(stmt, ret);
        if (serving && memcmp(&ret->key, serving, sizeof *serving) == 0)
            ret->found = false;
    }
    tb_stmt_reset(stmt);
    return err;
}

static enum tb_err candidate_remove(struct tb_cache *cache, const struct candidate *who)
{
    struct cache_work *work = cache_work_of(cache);
    enum tb_err err = cache_work_load_key(cache, &who->key);
    if (err != TB_OK)
        return err;
    if (work->stored && work->ref == who->ref)
        return cache_work_remove(cache);
    work->loaded = false;
    cache->damaged = true; /* a row that its own index does not lead to */
    struct tb_stmt *drop = &cache->stmts[TB_CACHE_STMT_CUSTOMER_DROP];
    tb_stmt_bind_int(drop, 1, who->ref);
    return tb_stmt_run(drop);
}

static bool is_expired(const struct tb_cache *cache)
{
    return cache->limits.no_contact_ms > 0 && cache->books.contact_ms > 0 &&
           cache->wall_ms - cache->books.contact_ms > cache->limits.no_contact_ms;
}

static enum tb_err is_over_limit(struct tb_cache *cache, bool *ret_over)
{
    const struct tb_cache_limits *limits = &cache->limits;
    int64_t size = 0;
    enum tb_err err = limits->size_max > 0 ? tb_db_size(cache->db, &size) : TB_OK;
    *ret_over = (limits->row_count_max > 0 && cache->books.customer_count > limits->row_count_max) ||
                (limits->size_max > 0 && size > limits->size_max);
    return err;
}

static enum tb_err outside_overdue(struct tb_cache *cache, const struct tb_customer_key *serving,
                                   struct candidate *ret)
{
    struct tb_stmt *stmt = &cache->stmts[TB_CACHE_STMT_OUTSIDE_OLDEST];
    tb_stmt_bind_int(stmt, 1, (cache->wall_ms - cache->limits.outside_keep_ms) / CACHE_MINUTE_MS);
    tb_stmt_bind_int(stmt, 2, cache->wall_ms / CACHE_MINUTE_MS + SEEN_AHEAD_MINUTES);
    return candidate_find(stmt, serving, ret);
}

/* One customer who is not to be kept, and which count that belongs to; nobody: *ret_who not found. */
static enum tb_err next_to_go(struct tb_cache *cache, const struct tb_customer_key *serving,
                              struct tb_cache_upkept *upkept, struct candidate *ret_who, uint32_t **ret_count)
{
    struct tb_stmt *oldest = &cache->stmts[TB_CACHE_STMT_OLDEST];
    *ret_count = &upkept->expired_count;
    if (is_expired(cache))
        return candidate_find(oldest, NULL, ret_who);
    *ret_count = &upkept->dropped_count;
    enum tb_err err = outside_overdue(cache, serving, ret_who);
    bool over = false;
    if (err == TB_OK && !ret_who->found)
        err = is_over_limit(cache, &over);
    if (err != TB_OK || !over)
        return err;
    err = candidate_find(oldest, serving, ret_who);
    if (!ret_who->outside)
        *ret_count = &upkept->evicted_count;
    return err;
}

static enum tb_err gone_trim(struct tb_cache *cache)
{
    struct tb_stmt *trim = &cache->stmts[TB_CACHE_STMT_GONE_TRIM];
    tb_stmt_bind_int(trim, 1, TB_CACHE_GONE_MAX);
    return tb_stmt_run(trim);
}

static enum tb_err upkeep(struct tb_cache *cache, const struct tb_customer_key *serving,
                          struct tb_cache_upkept *upkept)
{
    for (unsigned i = 0; i < TB_CACHE_UPKEEP_MAX; i++) {
        struct candidate who;
        uint32_t *count = NULL;
        enum tb_err err = next_to_go(cache, serving, upkept, &who, &count);
        if (err != TB_OK || !who.found)
            return err;
        err = candidate_remove(cache, &who);
        if (err != TB_OK)
            return err;
        if (count == &upkept->evicted_count)
            cache->books.trimmed[who.key.bytes[0]] = true;
        (*count)++;
    }
    upkept->more = true;
    return TB_OK;
}

enum tb_err tb_cache_upkeep(struct tb_cache *cache, int64_t wall_ms, const struct tb_customer_key *serving,
                            struct tb_cache_upkept *ret_upkept)
{
    *ret_upkept = (struct tb_cache_upkept){0};
    enum tb_err err = cache_begin(cache, wall_ms);
    if (err == TB_OK)
        err = upkeep(cache, serving, ret_upkept);
    if (err == TB_OK && ret_upkept->expired_count > 0)
        err = cache_cohort_cursor_forget(cache);
    if (err == TB_OK)
        err = gone_trim(cache);
    return cache_end(cache, err);
}

/* ---- erasure ---- */

static enum tb_err customer_erase(struct tb_cache *cache, const struct tb_id *customer, int64_t gone)
{
    struct tb_customer_key key = tb_pepper_customer(&cache->pepper, customer);
    enum tb_err err = cache_work_load_key(cache, &key);
    if (err == TB_OK)
        err = cache_work_remove(cache);
    return err == TB_OK ? cache_gone_put(cache, &key, gone) : err;
}

static enum tb_err customers_erase(struct tb_cache *cache, const struct tb_id *customers, size_t count,
                                   int64_t gone)
{
    enum tb_err err = tb_db_begin(cache->db);
    if (err != TB_OK)
        return err;
    err = cache_begin(cache, cache->wall_ms);
    for (size_t i = 0; i < count && err == TB_OK; i++)
        err = customer_erase(cache, &customers[i], gone);
    err = cache_end(cache, err);
    if (err == TB_OK)
        return tb_db_commit(cache->db);
    tb_db_rollback(cache->db);
    return err;
}

static enum tb_err set_aside_remove(const struct tb_cache *cache)
{
    static const char *const suffixes[] = {SET_ASIDE_SUFFIX, SET_ASIDE_SUFFIX "-wal",
                                           SET_ASIDE_SUFFIX "-shm"};
    size_t size = strlen(cache->path) + sizeof SET_ASIDE_SUFFIX "-wal";
    char *path = malloc(size);
    if (!path)
        return TB_ERR_NO_MEMORY;
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < TB_ARRAY_SIZE(suffixes); i++) {
        (void)snprintf(path, size, "%s%s", cache->path, suffixes[i]);
        if (remove(path) != 0 && errno != ENOENT)
            err = TB_ERR_IO;
    }
    free(path);
    return err;
}

static enum tb_err erase(struct tb_cache *cache, const struct tb_id *customers, size_t count, int64_t gone)
{
    if (cache->pepper.version == 0)
        return TB_ERR_AGAIN;
    enum tb_err err = tb_db_set_sync(cache->db, TB_DB_SYNC_FULL);
    if (err == TB_OK)
        err = customers_erase(cache, customers, count, gone);
    if (err == TB_OK)
        err = tb_db_checkpoint(cache->db, TB_DB_CHECKPOINT_TRUNCATE);
    if (err == TB_OK)
        err = tb_db_scrub(cache->db);
    if (err == TB_OK) /* that the log was emptied lasts from its next sync on */
        err = tb_cache_make_last(cache);
    if (err == TB_OK)
        err = set_aside_remove(cache);
    enum tb_err back = tb_db_set_sync(cache->db, TB_DB_SYNC_NORMAL);
    return err == TB_OK ? back : err;
}

enum tb_err tb_cache_erase(struct tb_cache *cache, const struct tb_id *customers, size_t count)
{
    return erase(cache, customers, count, CACHE_GONE_ERASED);
}

enum tb_err tb_cache_part(struct tb_cache *cache, const struct tb_id *customer)
{
    return erase(cache, customer, 1, CACHE_GONE_PARTED);
}

/* ---- partitions ---- */

enum tb_err tb_cache_sums(struct tb_cache *cache, struct tb_cache_sums *ret_sums)
{
    enum tb_err err = cache_begin(cache, cache->wall_ms);
    for (size_t i = 0; i < TB_PARTITION_COUNT; i++) {
        ret_sums->sums[i] = cache->books.sums[i];
        ret_sums->comparable[i] = !cache->books.trimmed[i];
    }
    return err;
}

enum tb_err tb_cache_forget_partition(struct tb_cache *cache, unsigned partition)
{
    if (partition >= TB_PARTITION_COUNT)
        return TB_ERR_RANGE;
    enum tb_err err = cache_begin(cache, cache->wall_ms);
    cache->books.stamps[partition] = tb_books_stamp(&cache->books);
    cache->books.sums[partition] = 0;
    cache->books.trimmed[partition] = false;
    return cache_end(cache, err);
}

/* What of the loaded record is of another stamp than the partition's goes; the rest, if any, stays. */
static enum tb_err record_prune(struct tb_cache *cache, uint32_t *ret_left_count)
{
    struct cache_work *work = cache_work_of(cache);
    uint32_t stamp = cache_stamp(cache, &work->key);
    enum tb_err err = TB_OK;
    *ret_left_count = 0;
    for (size_t i = 0; i < TB_SECTION_COUNT; i++) {
        struct tb_record_section *section = &work->record.sections[i];
        if (section->version != 0 && section->stamp != stamp) {
            *section = (struct tb_record_section){.version = 0};
            work->dirty = true;
        }
        *ret_left_count += section->version != 0;
    }
    for (size_t i = 0; i < work->record.credential_count && err == TB_OK;) {
        struct tb_record_credential *credential = &work->record.credentials[i];
        if (credential->stamp == stamp) {
            *ret_left_count += !credential->gone;
            i++;
            continue;
        }
        err = cache_credential_drop(cache, credential->hash);
        *credential = work->record.credentials[--work->record.credential_count];
        work->dirty = true;
    }
    if (work->record.sections[TB_SECTION_CART].version == 0)
        work->record.cart = (struct tb_id){{0}};
    return err;
}

static enum tb_err customer_prune(struct tb_cache *cache, const struct tb_customer_key *key)
{
    struct cache_work *work = cache_work_of(cache);
    uint32_t left_count = 0;
    enum tb_err err = cache_work_load_key(cache, key);
    if (err != TB_OK || !work->stored || work->outside)
        return err;
    if (!work->damaged)
        err = record_prune(cache, &left_count);
    if (err != TB_OK || left_count > 0)
        return err;
    return cache_work_remove(cache);
}

/* The customer behind `after` in the order of keys, if of that partition. */
static enum tb_err customer_next(struct tb_cache *cache, struct tb_customer_key *after, unsigned partition,
                                 bool *ret_found)
{
    struct tb_stmt *next = &cache->stmts[TB_CACHE_STMT_CUSTOMER_NEXT];
    tb_stmt_bind_blob(next, 1, cache_key_span(after));
    bool row = false;
    enum tb_err err = tb_stmt_step(next, &row);
    struct tb_span key = row ? tb_stmt_blob(next, 0) : tb_span_of(NULL, 0);
    *ret_found = key.size == sizeof after->bytes && key.at[0] == partition;
    if (*ret_found)
        memcpy(after->bytes, key.at, key.size);
    tb_stmt_reset(next);
    return err;
}

enum tb_err tb_cache_partition_complete(struct tb_cache *cache, unsigned partition)
{
    if (partition >= TB_PARTITION_COUNT)
        return TB_ERR_RANGE;
    struct tb_customer_key key = {{(uint8_t)partition}};
    bool found = false;
    enum tb_err err = cache_begin(cache, cache->wall_ms);
    if (err == TB_OK)
        err = customer_next(cache, &key, partition, &found);
    while (err == TB_OK && found) {
        err = customer_prune(cache, &key);
        if (err == TB_OK)
            err = customer_next(cache, &key, partition, &found);
    }
    return cache_end(cache, err);
}
