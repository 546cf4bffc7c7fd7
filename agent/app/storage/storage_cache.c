/* The cache's file: damaged it is set aside and made anew, at start or under way. */
#include "agent/app/storage/storage_call.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "host/system/system.h"

#include <stdio.h>

#define DAMAGED_SUFFIX ".damaged"
#define FEED_CACHE_KIB 2048 /* the pages of the indexes that one transaction of a feed touches */

static enum tb_err rename_damaged(const char *path, const char *suffix)
{
    struct tb_storage_path from;
    struct tb_storage_path to;
    (void)snprintf(from.text, sizeof from.text, "%s%s", path, suffix);
    (void)snprintf(to.text, sizeof to.text, "%s" DAMAGED_SUFFIX "%s", path, suffix);
    enum tb_err err = tb_file_move(from.text, to.text);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

enum tb_err tb_storage_set_aside(const char *path)
{
    enum tb_err err = rename_damaged(path, "-wal");
    if (err == TB_OK)
        err = rename_damaged(path, "-shm");
    return err == TB_OK ? rename_damaged(path, "") : err;
}

static void damaged_remove(const struct tb_storage *storage, enum tb_storage_which which)
{
    static const char *const logs[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(logs); i++) {
        struct tb_storage_path path;
        char name[32];
        (void)snprintf(name, sizeof name, "%s" DAMAGED_SUFFIX "%s", tb_storage_file_name(which), logs[i]);
        tb_storage_path_join(&path, storage->folder.text, name);
        (void)remove(path.text);
    }
}

void tb_storage_remove_damaged(const struct tb_storage *storage)
{
    damaged_remove(storage, TB_STORAGE_CACHE);
    damaged_remove(storage, TB_STORAGE_STATE);
}

static enum tb_err damaged_work(struct tb_storage_call *call)
{
    tb_storage_remove_damaged(call->storage);
    return TB_OK;
}

static void damaged_finish(struct tb_storage_call *call, enum tb_err err)
{
    (void)call;
    (void)err;
}

/* On the writer's thread: removing a large file takes its time. */
void tb_storage_drop_damaged(struct tb_storage *storage)
{
    if (storage->damaged_dropped)
        return;
    struct tb_storage_call *call = tb_storage_call_new(storage, sizeof *call, damaged_work, damaged_finish);
    if (!call)
        return;
    storage->damaged_dropped = true;
    call->job.bare = true;
    call->on_disk = true;
    tb_storage_call_submit(call, storage->cache_writer);
}

static void cache_close(struct tb_storage *storage)
{
    tb_cache_reader_close(&storage->reader);
    tb_cache_close(&storage->cache);
}

static enum tb_err cache_open(struct tb_storage *storage, const struct tb_pepper *pepper,
                              struct tb_storage_found *found)
{
    const char *path = storage->cache_path.text;
    const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
    const struct tb_scope catalogue = {.kind = TB_SCOPE_CATALOGUE};
    enum tb_err err = tb_cache_open(path, &storage->sealer, &storage->cache);
    if (err == TB_OK && pepper->version)
        err = tb_cache_set_pepper(&storage->cache, pepper);
    if (err == TB_OK)
        err = tb_cache_cursor(&storage->cache, &cohort, &found->cohort_cursor);
    if (err == TB_OK)
        err = tb_cache_cursor(&storage->cache, &catalogue, &found->catalogue_cursor);
    if (err == TB_OK)
        err = tb_cache_reader_open(path, &storage->sealer, &storage->reader);
    return err;
}

static enum tb_err cache_make_anew(struct tb_storage *storage, const struct tb_pepper *pepper,
                                   struct tb_storage_found *found)
{
    cache_close(storage);
    enum tb_err err = tb_storage_set_aside(storage->cache_path.text);
    return err == TB_OK ? cache_open(storage, pepper, found) : err;
}

/*
 * Rows of verdicts reach the cache before the verdicts reach the outbox; the agent may have ended between. A
 * cut of the power may have taken back what came last into the cache, but not the verdicts on it: these are
 * asked for again, because the rows come with them.
 */
static enum tb_err pending_hear(struct tb_storage *storage, struct tb_storage_found *found,
                                struct tb_pending *pending)
{
    int64_t held_seq = 0;
    enum tb_err err = tb_cache_heard(&storage->cache, &found->incarnation, &held_seq);
    tb_pending_hear_up_to(pending, held_seq);
    if (held_seq < storage->outbox.settled_seq)
        held_seq = storage->outbox.settled_seq;
    if (held_seq < found->sync.decided_seq)
        found->sync.decided_seq = held_seq;
    return err;
}

/* Tells the file whose rows it holds from now on; "": forgets what it holds. */
static enum tb_err epoch_write(struct tb_storage *storage, const char *epoch, bool *ret_other)
{
    *ret_other = true;
    enum tb_err err = tb_db_begin(storage->cache.db);
    if (err != TB_OK)
        return err;
    err = epoch[0] ? tb_cache_set_epoch(&storage->cache, epoch, ret_other)
                   : tb_cache_new_epoch(&storage->cache);
    if (err == TB_OK)
        return tb_db_commit(storage->cache.db);
    tb_db_rollback(storage->cache.db);
    return err;
}

/* When the file is of another epoch than the state says, or nobody can tell whether the store was restored
 * since, versions count as 0, and all is fetched again. */
static enum tb_err epoch_check(struct tb_storage *storage, struct tb_storage_found *found)
{
    bool empty = found->cohort_cursor.size == 0 && found->catalogue_cursor.size == 0;
    bool other = false;
    memcpy(storage->cache_epoch, found->settings.epoch, sizeof storage->cache_epoch);
    if (found->settings.epoch[0] == '\0' && empty)
        return TB_OK;
    enum tb_err err = epoch_write(storage, found->settings.epoch, &other);
    if (other) {
        found->cohort_cursor.size = 0;
        found->catalogue_cursor.size = 0;
    }
    return err;
}

enum tb_err tb_storage_cache_open(struct tb_storage *storage, const char *path,
                                  struct tb_storage_found *found, struct tb_pending *pending)
{
    (void)snprintf(storage->cache_path.text, sizeof storage->cache_path.text, "%s", path);
    enum tb_err err = cache_open(storage, &found->facts.pepper, found);
    if (err == TB_OK)
        err = epoch_check(storage, found);
    if (err == TB_OK)
        err = pending_hear(storage, found, pending);
    found->cache_rebuilt = tb_err_class(err) == TB_CLASS_CORRUPT;
    if (found->cache_rebuilt)
        err = cache_make_anew(storage, &found->facts.pepper, found);
    if (found->cache_rebuilt && err == TB_OK)
        err = epoch_check(storage, found);
    return err == TB_OK ? pending_hear(storage, found, pending) : err;
}

void tb_storage_pages_lost(struct tb_storage *storage)
{
    if (storage->pages_lost)
        storage->pages_lost(storage->health_context);
}

static void pages_lost(struct tb_post *post)
{
    tb_storage_pages_lost(post->context);
}

enum tb_err tb_storage_cache_start(struct tb_storage *storage)
{
    const struct tb_writer_options options = {
        .name = "cache", .lazy_cache_kib = FEED_CACHE_KIB, .lost = &storage->lost};
    storage->lost.fn = pages_lost;
    storage->lost.context = storage;
    enum tb_err err =
        tb_writer_start(tb_loop_mailbox(storage->loop), storage->cache.db, &options, &storage->cache_writer);
    struct tb_storage_file *file = &storage->files[TB_STORAGE_CACHE];
    *file = (struct tb_storage_file){.writer = storage->cache_writer,
                                     .db = storage->cache.db,
                                     .trouble = file->trouble,
                                     .away = file->away};
    storage->cache_number++;
    return err;
}

enum tb_err tb_storage_renew_cache(struct tb_storage *storage)
{
    struct tb_storage_found empty = {0};
    tb_storage_refuse_pages(storage);
    storage->cache_writer = tb_writer_stop(storage->cache_writer);
    struct tb_pepper pepper = storage->cache.pepper;
    enum tb_err err = cache_make_anew(storage, &pepper, &empty);
    storage->damaged_dropped = false;
    if (err != TB_OK && storage->files[TB_STORAGE_CACHE].away == TB_OK) {
        cache_close(storage);
        storage->files[TB_STORAGE_CACHE].away = err;
        err = tb_folders_make(storage->memory.text, 0700);
        tb_storage_path_join(&storage->cache_path, storage->memory.text,
                             tb_storage_file_name(TB_STORAGE_CACHE));
        if (err == TB_OK)
            err = cache_open(storage, &pepper, &empty);
    }
    tb_wipe(&pepper, sizeof pepper);
    bool other = false;
    if (err == TB_OK && storage->cache_epoch[0])
        err = epoch_write(storage, storage->cache_epoch, &other);
    return err == TB_OK ? tb_storage_cache_start(storage) : err;
}
