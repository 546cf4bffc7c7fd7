#include "agent/app/storage_call.h"

#define PROBE_MS 2000

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

static bool any_has(const struct tb_storage *storage, enum tb_err trouble)
{
    for (size_t i = 0; i < TB_STORAGE_FILE_COUNT; i++)
        if (storage->files[i].trouble == trouble)
            return true;
    return false;
}

void tb_storage_note(struct tb_storage *storage, const struct tb_writer *writer, enum tb_err err)
{
    struct tb_storage_file *file = file_of(storage, writer);
    bool is_trouble = err == TB_ERR_FULL || err == TB_ERR_IO;
    if (!file || file->trouble == err || (err != TB_OK && !is_trouble))
        return;
    file->trouble = err;
    storage->probe.context = storage;
    if (!is_trouble && !any_has(storage, TB_ERR_FULL) && !any_has(storage, TB_ERR_IO))
        tb_timer_cancel(&storage->probe);
    else if (!tb_timer_is_set(&storage->probe))
        tb_timer_set(storage->loop, &storage->probe, PROBE_MS, probe_due);
    if (storage->health)
        storage->health(storage->health_context, any_has(storage, TB_ERR_FULL), any_has(storage, TB_ERR_IO));
}
