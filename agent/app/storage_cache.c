/* The cache's file: damaged it is set aside and made anew, at start or under way. */
#include "agent/app/storage_call.h"

#include "core/base/wipe.h"

#include <stdio.h>

#define DAMAGED_SUFFIX ".damaged"
#define FEED_CACHE_KIB 2048 /* the pages of the indexes that one transaction of a feed touches */

static void file_set_aside(const char *path, const char *suffix)
{
    struct tb_storage_path from;
    struct tb_storage_path to;
    (void)snprintf(from.text, sizeof from.text, "%s%s", path, suffix);
    (void)snprintf(to.text, sizeof to.text, "%s" DAMAGED_SUFFIX "%s", path, suffix);
    if (rename(from.text, to.text) != 0)
        (void)remove(from.text);
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
    file_set_aside(storage->cache_path.text, "");
    file_set_aside(storage->cache_path.text, "-wal");
    file_set_aside(storage->cache_path.text, "-shm");
    return cache_open(storage, pepper, found);
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

enum tb_err tb_storage_cache_open(struct tb_storage *storage, const char *folder,
                                  struct tb_storage_found *found, struct tb_pending *pending)
{
    tb_storage_path_join(&storage->cache_path, folder, "cache.db");
    enum tb_err err = cache_open(storage, &found->facts.pepper, found);
    if (err == TB_OK)
        err = pending_hear(storage, found, pending);
    found->cache_rebuilt = tb_err_class(err) == TB_CLASS_CORRUPT;
    if (found->cache_rebuilt)
        err = cache_make_anew(storage, &found->facts.pepper, found);
    return err == TB_OK ? pending_hear(storage, found, pending) : err;
}

static void pages_lost(struct tb_post *post)
{
    struct tb_storage *storage = post->context;
    if (storage->pages_lost)
        storage->pages_lost(storage->health_context);
}

enum tb_err tb_storage_cache_start(struct tb_storage *storage)
{
    const struct tb_writer_options options = {
        .name = "cache", .lazy_cache_kib = FEED_CACHE_KIB, .lost = &storage->lost};
    storage->lost.fn = pages_lost;
    storage->lost.context = storage;
    enum tb_err err =
        tb_writer_start(tb_loop_mailbox(storage->loop), storage->cache.db, &options, &storage->cache_writer);
    storage->files[TB_STORAGE_CACHE] =
        (struct tb_storage_file){.writer = storage->cache_writer, .db = storage->cache.db};
    storage->cache_number++;
    return err;
}

enum tb_err tb_storage_renew_cache(struct tb_storage *storage)
{
    struct tb_storage_found empty = {0};
    storage->cache_writer = tb_writer_stop(storage->cache_writer);
    struct tb_pepper pepper = storage->cache.pepper;
    enum tb_err err = cache_make_anew(storage, &pepper, &empty);
    tb_wipe(&pepper, sizeof pepper);
    return err == TB_OK ? tb_storage_cache_start(storage) : err;
}
