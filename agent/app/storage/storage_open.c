/*
 * Opening the terminal's files, one after the other: state.db, outbox.db, cache.db.
 *
 * One that cannot be used is left as it is, and the agent works with a file of that name in a folder that is
 * in memory, `memory` in run_dir: a copy where the disk only refuses to be written, empty otherwise. What is
 * written there ends with the process. Nothing is appended to a copy of the outbox, because its next number
 * would be given out again at the next start; what was stored before is sent, and its verdicts are asked for
 * again later. An outbox that is no copy is another incarnation, whose numbers nobody gives out again.
 */
#include "agent/app/storage/storage_call.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "host/log/log.h"
#include "host/system/system.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#define COPY_SIZE_MAX (64u * 1024u * 1024u)

struct opening {
    struct tb_storage *storage;
    struct tb_storage_found *found;
    struct tb_pending *pending;
    const struct tb_storage_told *told;
    const char *folder; /* on the disk */
};

void tb_storage_path_join(struct tb_storage_path *path, const char *folder, const char *name)
{
    (void)snprintf(path->text, sizeof path->text, "%s/%s", folder, name);
}

static void path_add(struct tb_storage_path *path, const char *suffix)
{
    size_t size = strlen(path->text);
    (void)snprintf(path->text + size, sizeof path->text - size, "%s", suffix);
}

/* ---- the folder in memory ---- */

/* Removes what is in the folder, as far as its name begins with name; also the folder, when nothing is left.
 */
static void memory_clear(const struct tb_storage *storage, const char *name)
{
    DIR *folder = opendir(storage->memory.text);
    if (!folder)
        return;
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        struct tb_storage_path path;
        tb_storage_path_join(&path, storage->memory.text, entry->d_name);
        if (strncmp(entry->d_name, name, strlen(name)) == 0)
            (void)unlink(path.text);
    }
    (void)closedir(folder);
    (void)rmdir(storage->memory.text);
}

static bool any_away(const struct tb_storage *storage)
{
    for (size_t i = 0; i < TB_STORAGE_FILE_COUNT; i++)
        if (storage->files[i].away != TB_OK)
            return true;
    return false;
}

static enum tb_err memory_copy_one(const struct opening *o, const char *name, const char *suffix)
{
    struct tb_storage_path from;
    struct tb_storage_path to;
    tb_storage_path_join(&from, o->folder, name);
    tb_storage_path_join(&to, o->storage->memory.text, name);
    path_add(&from, suffix);
    path_add(&to, suffix);
    enum tb_err err = tb_file_copy(from.text, to.text, COPY_SIZE_MAX);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

/* The file and its log, without the log's index, which is made anew; and what is being salvaged. */
static enum tb_err memory_copy(const struct opening *o, const char *name)
{
    static const char *const suffixes[] = {"-wal", "", TB_STORAGE_ASIDE "-wal", TB_STORAGE_ASIDE};
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < TB_ARRAY_SIZE(suffixes) && err == TB_OK; i++)
        err = memory_copy_one(o, name, suffixes[i]);
    return err;
}

/* ---- one file after the other ---- */

/* Another process has the files, or this machine is not able to run the agent at all. */
static bool is_fatal(enum tb_err err)
{
    return err == TB_ERR_BUSY || err == TB_ERR_NO_MEMORY || err == TB_ERR_INTERNAL;
}

static enum tb_err sealer_open(struct tb_storage *storage, const struct tb_agent_config *config)
{
    struct tb_storage_path path;
    tb_storage_path_join(&path, config->state_dir, "device.key");
    const char *file = config->device_key_file[0] ? config->device_key_file : path.text;
    enum tb_err err = tb_sealer_load(file, tb_rng_system(), &storage->sealer);
    if (err == TB_OK || is_fatal(err) || tb_file_exists(file))
        return err;
    /* There is none yet, and none can be kept: one for this process. */
    if (storage->key_trouble == TB_OK)
        storage->key_trouble = err;
    return tb_sealer_make(tb_rng_system(), &storage->sealer);
}

static enum tb_err state_load(const struct opening *o, const char *path)
{
    struct tb_storage *storage = o->storage;
    enum tb_err err = tb_state_open(path, &storage->sealer, &storage->state);
    if (err == TB_OK)
        err = tb_state_load(&storage->state, &o->found->facts, &o->found->settings);
    if (err == TB_OK)
        err = tb_pos_clients_load(&storage->state, &o->found->pos);
    if (err != TB_OK && storage->state.db)
        tb_db_leave(storage->state.db);
    return err;
}

static enum tb_err state_open(const struct opening *o, const char *path)
{
    enum tb_err err = state_load(o, path);
    if (err != TB_ERR_CORRUPT)
        return err;
    tb_state_close(&o->storage->state);
    err = tb_storage_set_aside(path);
    o->found->state_rebuilt = err == TB_OK;
    return err == TB_OK ? state_load(o, path) : TB_ERR_CORRUPT;
}

struct loading {
    struct tb_pending *pending;
    bool any;
    enum tb_err err;
};

static bool pending_load(void *context, const struct tb_outbox_entry *entry)
{
    struct loading *loading = context;
    loading->any = true;
    loading->err =
        tb_pending_add(loading->pending, &entry->mutation, entry->verdict.kind, entry->verdict.version);
    return loading->err == TB_OK;
}

static enum tb_err outbox_read(struct tb_storage *storage, struct tb_pending *pending,
                               struct tb_storage_found *found)
{
    struct loading loading = {.pending = pending};
    enum tb_err err = tb_outbox_each(&storage->outbox, TB_OUTBOX_UNSETTLED, 1, pending_load, &loading);
    found->outbox_damaged |= err == TB_ERR_SEAL;
    if (err != TB_OK && err != TB_ERR_SEAL)
        return err;
    if (err == TB_ERR_SEAL && !loading.any)
        return TB_ERR_CORRUPT; /* none of them: it is of another key or name */
    if (loading.err != TB_OK)
        return loading.err;
    found->incarnation = storage->outbox.incarnation;
    found->sync.next_seq = storage->outbox.next_seq;
    memcpy(found->sync.epoch, found->settings.epoch, sizeof found->sync.epoch);
    return tb_outbox_decided_seq(&storage->outbox, &found->sync.decided_seq);
}

static enum tb_err untold_forget(struct tb_outbox *outbox, const struct tb_storage_told *told)
{
    if (!tb_id_equal(&told->incarnation, &outbox->incarnation) || told->next_seq >= outbox->next_seq)
        return TB_OK;
    tb_log(TB_LOG_WARN, TB_EVENT("storage", "untold_forgotten"), tb_log_int("from_seq", told->next_seq),
           tb_log_int("count", outbox->next_seq - told->next_seq));
    enum tb_err err = tb_db_begin(outbox->db);
    if (err != TB_OK)
        return err;
    err = tb_outbox_forget_from(outbox, told->next_seq);
    if (err == TB_OK)
        err = tb_db_commit(outbox->db);
    else
        tb_db_rollback(outbox->db);
    return err == TB_OK ? tb_outbox_recount(outbox) : err;
}

static enum tb_err outbox_load(const struct opening *o, const char *path, const struct tb_storage_told *told)
{
    struct tb_storage *storage = o->storage;
    /* SQLite makes a file anew whose beginning is in a log that it does not read. */
    enum tb_err err = tb_salvage_check_log(path);
    if (err == TB_OK)
        err = tb_outbox_open(path, &storage->sealer, &storage->outbox);
    if (err == TB_OK)
        err = tb_outbox_check(&storage->outbox);
    if (err == TB_OK)
        err = untold_forget(&storage->outbox, told);
    if (err == TB_OK)
        err = outbox_read(storage, o->pending, o->found);
    if (err != TB_OK && storage->outbox.db)
        tb_db_leave(storage->outbox.db);
    return err;
}

static void outbox_unload(const struct opening *o)
{
    tb_outbox_close(&o->storage->outbox);
    tb_pending_free(o->pending);
}

static enum tb_err outbox_open(const struct opening *o, const char *path)
{
    enum tb_err err = tb_storage_outbox_resume(o->storage, path, o->found);
    if (err == TB_OK)
        err = outbox_load(o, path, o->told);
    if (err != TB_ERR_CORRUPT)
        return err;
    outbox_unload(o);
    err = tb_storage_outbox_salvage(o->storage, path, o->found);
    /* The sequence goes on far behind what was told. */
    return err == TB_OK ? outbox_load(o, path, &(struct tb_storage_told){0}) : err;
}

static enum tb_err cache_open(const struct opening *o, const char *path)
{
    return tb_storage_cache_open(o->storage, path, o->found, o->pending);
}

static void state_close(const struct opening *o)
{
    tb_state_close(&o->storage->state);
}

static void cache_close(const struct opening *o)
{
    tb_cache_reader_close(&o->storage->reader);
    tb_cache_close(&o->storage->cache);
}

static const struct file_kind {
    const char *name;
    enum tb_err (*open)(const struct opening *o, const char *path);
    void (*close)(const struct opening *o); /* accepts one that is not open */
} kinds[TB_STORAGE_FILE_COUNT] = {
    [TB_STORAGE_STATE] = {"state.db", state_open, state_close},
    [TB_STORAGE_OUTBOX] = {"outbox.db", outbox_open, outbox_unload},
    [TB_STORAGE_CACHE] = {"cache.db", cache_open, cache_close},
};

const char *tb_storage_file_name(enum tb_storage_which which)
{
    return kinds[which].name;
}

static enum tb_err memory_open(const struct opening *o, enum tb_storage_which which, enum tb_err why)
{
    struct tb_storage *storage = o->storage;
    struct tb_storage_path path;
    const struct file_kind *kind = &kinds[which];
    tb_storage_path_join(&path, storage->memory.text, kind->name);
    memory_clear(storage, kind->name);
    enum tb_err err = tb_folders_make(storage->memory.text, 0700);
    if (err != TB_OK)
        return err;
    bool is_outbox = which == TB_STORAGE_OUTBOX;
    bool copied =
        tb_storage_is_trouble(why) && !(is_outbox && o->told->sent) && memory_copy(o, kind->name) == TB_OK;
    if (copied) {
        err = kind->open(o, path.text);
        if (err == TB_OK)
            return TB_OK;
        kind->close(o);
    }
    storage->outbox_apart |= is_outbox;
    memory_clear(storage, kind->name);
    err = tb_folders_make(storage->memory.text, 0700);
    return err == TB_OK ? kind->open(o, path.text) : err;
}

static struct tb_db *file_db(const struct tb_storage *storage, enum tb_storage_which which)
{
    switch (which) {
    case TB_STORAGE_STATE: return storage->state.db;
    case TB_STORAGE_OUTBOX: return storage->outbox.db;
    case TB_STORAGE_CACHE: return storage->cache.db;
    case TB_STORAGE_FILE_COUNT: break;
    }
    return NULL;
}

/* Whether it can be written. One that only lacks room stays: what it holds is of use, and room may come. */
static enum tb_err file_probe(struct tb_storage *storage, enum tb_storage_which which)
{
    struct tb_db *db = file_db(storage, which);
    enum tb_err err = tb_db_begin(db);
    if (err == TB_OK)
        err = tb_db_touch(db);
    if (err == TB_OK)
        err = tb_db_commit(db);
    else
        tb_db_rollback(db);
    if (err == TB_ERR_FULL)
        storage->files[which].trouble = err;
    else if (err != TB_OK)
        tb_db_leave(db);
    return err == TB_ERR_FULL ? TB_OK : err;
}

static enum tb_err file_open(const struct opening *o, enum tb_storage_which which)
{
    struct tb_storage_path path;
    tb_storage_path_join(&path, o->folder, kinds[which].name);
    enum tb_err err = o->storage->key_trouble;
    if (err == TB_OK)
        err = kinds[which].open(o, path.text);
    if (err == TB_OK)
        err = file_probe(o->storage, which);
    if (err == TB_OK || is_fatal(err))
        return err;
    kinds[which].close(o);
    o->storage->files[which].away = err;
    tb_log(TB_LOG_ERROR, TB_EVENT("storage", "in_memory"), tb_log_str("file", kinds[which].name),
           tb_log_err(err));
    return memory_open(o, which, err);
}

/* Noted for the day on which the outbox is damaged; without it that would only find less. */
static void outbox_note(struct tb_storage *storage, struct tb_storage_found *found)
{
    struct tb_settings *settings = &found->settings;
    if (storage->files[TB_STORAGE_OUTBOX].away != TB_OK ||
        tb_id_equal(&settings->outbox_incarnation, &found->incarnation))
        return;
    int64_t floor = storage->outbox.next_seq / TB_SALVAGE_STRIDE * TB_SALVAGE_STRIDE;
    enum tb_err err = tb_state_set_outbox(&storage->state, &found->incarnation, floor);
    if (err != TB_OK)
        tb_log(TB_LOG_WARN, TB_EVENT("storage", "outbox_not_noted"), tb_log_err(err));
}

static enum tb_err writer_start(struct tb_storage *storage, enum tb_storage_which which, struct tb_db *db,
                                struct tb_writer **ret_writer)
{
    static const char *const names[] = {[TB_STORAGE_STATE] = "state", [TB_STORAGE_OUTBOX] = "outbox"};
    const struct tb_writer_options options = {.name = names[which]};
    enum tb_err err = tb_writer_start(tb_loop_mailbox(storage->loop), db, &options, ret_writer);
    storage->files[which].writer = *ret_writer;
    storage->files[which].db = db;
    return err;
}

static enum tb_err writers_start(struct tb_storage *storage)
{
    enum tb_err err = writer_start(storage, TB_STORAGE_STATE, storage->state.db, &storage->state_writer);
    if (err == TB_OK)
        err = writer_start(storage, TB_STORAGE_OUTBOX, storage->outbox.db, &storage->outbox_writer);
    if (err == TB_OK)
        err = tb_storage_cache_start(storage);
    if (err == TB_OK)
        tb_storage_watch(storage);
    if (err == TB_OK)
        tb_storage_upkeep_later(storage, TB_STORAGE_UPKEEP_FIRST_MS);
    return err;
}

enum tb_err tb_storage_open(struct tb_storage *storage, struct tb_loop *loop,
                            const struct tb_agent_config *config, const struct tb_storage_told *told,
                            struct tb_storage_found *ret_found, struct tb_pending *ret_pending)
{
    const struct opening o = {.storage = storage,
                              .found = ret_found,
                              .pending = ret_pending,
                              .told = told,
                              .folder = config->state_dir};
    struct tb_storage_path outbox;
    *storage = (struct tb_storage){.loop = loop};
    *ret_found = (struct tb_storage_found){0};
    *ret_pending = (struct tb_pending){0};
    (void)snprintf(storage->folder.text, sizeof storage->folder.text, "%s", config->state_dir);
    tb_storage_path_join(&storage->memory, config->run_dir, "memory");
    ret_found->file = config->state_dir;
    enum tb_err err = tb_folders_make(config->state_dir, 0700);
    if (tb_storage_is_trouble(err)) {
        storage->key_trouble = err;
        err = TB_OK;
    }
    if (err == TB_OK) {
        ret_found->file = "device key";
        err = sealer_open(storage, config);
    }
    for (size_t i = 0; i < TB_STORAGE_FILE_COUNT && err == TB_OK; i++) {
        ret_found->file = kinds[i].name;
        err = file_open(&o, (enum tb_storage_which)i);
    }
    tb_storage_path_join(&outbox, config->state_dir, kinds[TB_STORAGE_OUTBOX].name);
    ret_found->outbox_damaged |= tb_storage_outbox_was_damaged(outbox.text);
    if (err == TB_OK) {
        if (!any_away(storage)) /* what a process before this one left there */
            memory_clear(storage, "");
        outbox_note(storage, ret_found);
        err = writers_start(storage);
    }
    if (err != TB_OK)
        tb_storage_close(storage);
    return err;
}

void tb_storage_close(struct tb_storage *storage)
{
    tb_timer_cancel(&storage->probe);
    tb_timer_cancel(&storage->away_probe);
    tb_timer_cancel(&storage->upkeep);
    storage->outbox_writer = tb_writer_stop(storage->outbox_writer);
    storage->cache_writer = tb_writer_stop(storage->cache_writer);
    storage->state_writer = tb_writer_stop(storage->state_writer);
    tb_storage_call_drop_all(storage);
    tb_loop_unpost(storage->loop, &storage->lost);
    tb_cache_reader_close(&storage->reader);
    tb_cache_close(&storage->cache);
    tb_outbox_close(&storage->outbox);
    tb_state_close(&storage->state);
    tb_sealer_wipe(&storage->sealer);
    if (any_away(storage))
        memory_clear(storage, "");
}
