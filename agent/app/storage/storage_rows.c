#include "agent/app/storage/storage_call.h"

#include "core/base/assert.h"
#include "host/log/log.h"

/* Rows copied into the block of their call, documents behind them. */
struct rows_copy {
    struct tb_storage_call call;
    tb_storage_done *done;
    bool scoped;
    bool answers; /* who was asked for, because she is here */
    bool first;
    bool more;
    struct tb_scope scope;
    struct tb_cursor from;
    struct tb_cursor cursor;
    int64_t wall_ms;
    size_t verdict_count;
    struct tb_verdict verdicts[TB_VERDICT_BATCH_MAX];
    struct tb_rows rows;
    struct tb_row row[];
};

static size_t rows_size(const struct tb_rows *rows)
{
    size_t size = rows->count * sizeof(struct tb_row);
    for (size_t i = 0; i < rows->count; i++)
        size += rows->at[i].doc.size;
    return size;
}

static struct rows_copy *rows_copy_new(struct tb_storage *storage, const struct tb_rows *rows,
                                       enum tb_err (*work)(struct tb_storage_call *call),
                                       void (*finish)(struct tb_storage_call *call, enum tb_err err))
{
    struct rows_copy *copy =
        tb_storage_call_new(storage, sizeof(struct rows_copy) + rows_size(rows), work, finish);
    if (!copy)
        return NULL;
    uint8_t *doc = (uint8_t *)&copy->row[rows->count];
    for (size_t i = 0; i < rows->count; i++) {
        copy->row[i] = rows->at[i];
        copy->row[i].doc.at = doc;
        if (rows->at[i].doc.size)
            memcpy(doc, rows->at[i].doc.at, rows->at[i].doc.size);
        doc += rows->at[i].doc.size;
    }
    copy->rows = (struct tb_rows){.at = copy->row, .count = rows->count};
    copy->wall_ms = tb_loop_wall_ms(storage->loop);
    return copy;
}

static enum tb_err state_save_work(struct tb_storage_call *call)
{
    struct rows_copy *copy = (struct rows_copy *)(void *)call;
    return tb_state_apply(&call->storage->state, &copy->rows, &copy->cursor);
}

static enum tb_err cache_save_work(struct tb_storage_call *call)
{
    struct rows_copy *copy = (struct rows_copy *)(void *)call;
    struct tb_cache *cache = &call->storage->cache;
    struct tb_cache_applied applied;
    const struct tb_scope *scope = copy->scoped ? &copy->scope : NULL;
    enum tb_err err = scope ? tb_cache_resume(cache, scope, &copy->from) : TB_OK;
    if (copy->answers)
        err = tb_cache_welcome(cache, &copy->rows);
    if (err == TB_OK)
        err = tb_cache_apply(cache, &copy->rows, scope, &copy->cursor, copy->wall_ms, &applied);
    if (err == TB_OK && copy->scoped && copy->scope.kind == TB_SCOPE_PARTITION && !copy->more)
        err = tb_cache_partition_complete(cache, copy->scope.partition);
    if (err == TB_OK && applied.refused_count + applied.damaged_count > 0)
        tb_log(TB_LOG_WARN, TB_EVENT("cache", "rows_left_out"), tb_log_int("refused", applied.refused_count),
               tb_log_int("damaged", applied.damaged_count));
    return err;
}

static void rows_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct rows_copy *copy = (struct rows_copy *)(void *)call;
    copy->done(copy->call.context, err);
}

/* ---- feeds ---- */

static struct tb_storage_feed *feed_of(struct tb_storage *storage, const struct tb_scope *scope)
{
    struct tb_storage_feed *found = NULL;
    for (size_t i = 0; i < TB_STORAGE_FEED_COUNT_MAX; i++) {
        struct tb_storage_feed *feed = &storage->feeds[i];
        if (feed->used && tb_scope_equal(&feed->scope, scope))
            return feed;
        if (!feed->used || (!found && !feed->running))
            found = feed;
    }
    if (found)
        *found = (struct tb_storage_feed){.used = true, .scope = *scope};
    return found;
}

static void feed_start(struct tb_storage_feed *feed, struct tb_storage_call *call)
{
    struct rows_copy *copy = (struct rows_copy *)(void *)call;
    struct tb_storage *storage = call->storage;
    feed->running = call;
    if (copy->first)
        feed->failed = false;
    if (feed->failed)
        tb_storage_call_refuse(call, TB_ERR_AGAIN);
    else
        tb_storage_call_submit(call, feed->scope.kind == TB_SCOPE_DEVICE ? storage->state_writer
                                                                         : storage->cache_writer);
}

static void feed_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct rows_copy *copy = (struct rows_copy *)(void *)call;
    struct tb_storage_feed *feed = feed_of(call->storage, &copy->scope);
    struct tb_storage_call *next = feed->waiting;
    feed->failed |= err != TB_OK;
    feed->running = NULL;
    if (next) {
        feed->waiting = next->behind;
        feed_start(feed, next);
    }
    if (err == TB_ERR_CONFLICT)
        tb_storage_pages_lost(call->storage);
    copy->done(copy->call.context, err);
}

/* A partition has no cursor that would tell that pages of it were lost. */
static bool scope_is_bulk(const struct tb_scope *scope)
{
    return scope->kind == TB_SCOPE_COHORT || scope->kind == TB_SCOPE_CATALOGUE;
}

enum tb_err tb_storage_save(struct tb_storage *storage, const struct tb_storage_page *page,
                            tb_storage_done *done, void *context)
{
    bool is_device = page->scope.kind == TB_SCOPE_DEVICE;
    struct tb_storage_feed *feed = feed_of(storage, &page->scope);
    struct rows_copy *copy =
        feed ? rows_copy_new(storage, &page->rows, is_device ? state_save_work : cache_save_work, feed_finish)
             : NULL;
    if (!copy)
        return TB_ERR_NO_MEMORY;
    copy->done = done;
    copy->call.context = context;
    copy->scoped = true;
    copy->scope = page->scope;
    copy->from = page->from;
    copy->cursor = page->cursor;
    copy->first = page->first;
    copy->more = page->more;
    copy->call.job.lazy = page->more && scope_is_bulk(&page->scope);
    if (!feed->running) {
        feed_start(feed, &copy->call);
        return TB_OK;
    }
    struct tb_storage_call **last = &feed->waiting;
    while (*last)
        last = &(*last)->behind;
    *last = &copy->call;
    tb_storage_call_hold(&copy->call);
    return TB_OK;
}

enum tb_err tb_storage_put(struct tb_storage *storage, const struct tb_rows *rows, tb_storage_done *done,
                           void *context)
{
    struct rows_copy *copy = rows_copy_new(storage, rows, cache_save_work, rows_finish);
    if (!copy)
        return TB_ERR_NO_MEMORY;
    copy->answers = true;
    copy->done = done;
    copy->call.context = context;
    tb_storage_call_submit(&copy->call, storage->cache_writer);
    return TB_OK;
}

/* ---- verdicts ---- */

static enum tb_err verdict_rows_work(struct tb_storage_call *call)
{
    struct rows_copy *copy = (struct rows_copy *)(void *)call;
    struct tb_storage *storage = call->storage;
    enum tb_err err = cache_save_work(call);
    if (err == TB_OK && copy->verdict_count > 0)
        err = tb_cache_hear(&storage->cache, &storage->outbox.incarnation,
                            copy->verdicts[copy->verdict_count - 1].seq);
    return err;
}

static enum tb_err verdicts_work(struct tb_storage_call *call)
{
    struct rows_copy *copy = (struct rows_copy *)(void *)call;
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < copy->verdict_count && err == TB_OK; i++)
        err = tb_outbox_decide(&call->storage->outbox, &copy->verdicts[i], copy->wall_ms);
    return err;
}

static void verdicts_finish(struct tb_storage_call *call, enum tb_err err)
{
    if (err != TB_OK)
        tb_storage_recount(call->storage);
    rows_finish(call, err);
}

static void verdict_rows_finish(struct tb_storage_call *call, enum tb_err err)
{
    if (err == TB_OK)
        tb_storage_call_again(call, call->storage->outbox_writer, verdicts_work, verdicts_finish);
    else
        rows_finish(call, err);
}

enum tb_err tb_storage_decide(struct tb_storage *storage, const struct tb_rows *rows,
                              const struct tb_verdict *verdicts, size_t verdict_count, tb_storage_done *done,
                              void *context)
{
    TB_ASSERT(verdict_count <= TB_VERDICT_BATCH_MAX);
    struct rows_copy *copy = rows_copy_new(storage, rows, verdict_rows_work, verdict_rows_finish);
    if (!copy)
        return TB_ERR_NO_MEMORY;
    copy->done = done;
    copy->call.context = context;
    copy->verdict_count = verdict_count;
    memcpy(copy->verdicts, verdicts, verdict_count * sizeof *verdicts);
    tb_storage_call_submit(&copy->call, storage->cache_writer);
    return TB_OK;
}
