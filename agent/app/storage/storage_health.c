#include "agent/app/storage/storage_call.h"

#include "host/system/system.h"

#include <stdio.h>

#define PROBE_MS 2000
#define AWAY_PROBE_MS 5000
#define AWAY_PROBE_SIZE (256u * 1024u)

static struct tb_storage_file *file_of(struct tb_storage *storage, const struct tb_writer *writer)
{
    for (size_t i = 0; i < TB_STORAGE_FILE_COUNT; i++)
        if (storage->files[i].writer == writer)
            return &storage->files[i];
    return NULL;
}

static enum tb_err probe_work(struct tb_storage_call *call)
{
    return tb_db_touch(file_of(call->storage, call->writer)->db);
}

static void probe_finish(struct tb_storage_call *call, enum tb_err err)
{
    (void)call;
    (void)err;
}

/* Nobody may ask for a change while it is said that none can be stored: somebody has to look. */
static void probe_due(struct tb_timer *timer)
{
    struct tb_storage *storage = timer->context;
    for (size_t i = 0; i < TB_STORAGE_FILE_COUNT; i++) {
        if (storage->files[i].trouble == TB_OK)
            continue;
        struct tb_storage_call *call = tb_storage_call_new(storage, sizeof *call, probe_work, probe_finish);
        if (call)
            tb_storage_call_submit(call, storage->files[i].writer);
    }
    tb_timer_set(storage->loop, timer, PROBE_MS, probe_due);
}

bool tb_storage_is_trouble(enum tb_err err)
{
    return err == TB_ERR_FULL || err == TB_ERR_DENIED || err == TB_ERR_IO;
}

static bool any_trouble(const struct tb_storage *storage)
{
    for (size_t i = 0; i < TB_STORAGE_FILE_COUNT; i++)
        if (storage->files[i].trouble != TB_OK)
            return true;
    return false;
}

bool tb_storage_has(const struct tb_storage *storage, enum tb_err trouble)
{
    for (size_t i = 0; i < TB_STORAGE_FILE_COUNT; i++)
        if (storage->files[i].trouble == trouble || storage->files[i].away == trouble)
            return true;
    return false;
}

enum tb_err tb_storage_outbox_away(const struct tb_storage *storage)
{
    return storage->files[TB_STORAGE_OUTBOX].away;
}

enum tb_err tb_storage_closed(const struct tb_storage *storage)
{
    return storage->outbox_apart ? TB_OK : tb_storage_outbox_away(storage);
}

/* ---- back to the disk ---- */

static enum tb_err away_work(struct tb_storage_call *call)
{
    static const uint8_t zeros[AWAY_PROBE_SIZE];
    struct tb_storage_path path;
    tb_storage_path_join(&path, call->storage->folder.text, ".probe");
    enum tb_err err = tb_folders_make(call->storage->folder.text, 0700);
    if (err == TB_OK)
        err = tb_file_replace(path.text, tb_span_of(zeros, sizeof zeros), 0600);
    if (err == TB_OK && remove(path.text) != 0)
        err = TB_ERR_IO;
    return err;
}

static void away_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct tb_storage *storage = call->storage;
    if (err == TB_OK && storage->recovered)
        storage->recovered(storage->health_context);
    tb_storage_watch_away(storage);
}

static void away_due(struct tb_timer *timer)
{
    struct tb_storage *storage = timer->context;
    struct tb_storage_call *call = tb_storage_call_new(storage, sizeof *call, away_work, away_finish);
    if (!call) {
        tb_storage_watch_away(storage);
        return;
    }
    call->job.bare = true;
    call->on_disk = true;
    tb_storage_call_submit(call, storage->state_writer);
}

void tb_storage_watch_away(struct tb_storage *storage)
{
    storage->away_probe.context = storage;
    for (size_t i = 0; i < TB_STORAGE_FILE_COUNT; i++)
        if (tb_storage_is_trouble(storage->files[i].away))
            tb_timer_set(storage->loop, &storage->away_probe, AWAY_PROBE_MS, away_due);
}

/* ---- how writes went ---- */

static void probe_watch(struct tb_storage *storage)
{
    storage->probe.context = storage;
    if (!any_trouble(storage))
        tb_timer_cancel(&storage->probe);
    else if (!tb_timer_is_set(&storage->probe))
        tb_timer_set(storage->loop, &storage->probe, PROBE_MS, probe_due);
}

void tb_storage_watch(struct tb_storage *storage)
{
    probe_watch(storage);
    tb_storage_watch_away(storage);
}

static bool is_suspect(const struct tb_storage *storage, const struct tb_storage_file *file, enum tb_err err)
{
    bool damaged = err == TB_ERR_CORRUPT && file != &storage->files[TB_STORAGE_CACHE];
    return file->away == TB_OK && (err == TB_ERR_IO || err == TB_ERR_DENIED || damaged);
}

void tb_storage_note(struct tb_storage *storage, const struct tb_writer *writer, enum tb_err err)
{
    struct tb_storage_file *file = file_of(storage, writer);
    if (!file)
        return;
    if (is_suspect(storage, file, err) && storage->suspect)
        storage->suspect(storage->health_context);
    if (file->trouble == err || (err != TB_OK && !tb_storage_is_trouble(err)))
        return;
    file->trouble = err;
    probe_watch(storage);
    if (storage->health)
        storage->health(storage->health_context);
}
