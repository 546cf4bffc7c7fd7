/*
 * Erasing customers from the terminal's files: the outbox first, because what waits there would otherwise
 * bring her back to the context store, then the cache, in which her key is destroyed. Each step is on disk
 * before the next.
 */
#include "agent/app/storage/storage_call.h"

#include "core/base/assert.h"
#include "host/system/system.h"

struct erase_call {
    struct tb_storage_call call;
    tb_storage_done *done;
    size_t count;
    struct tb_erasure erasures[TB_ROW_BATCH_MAX];
    struct tb_id customers[TB_ROW_BATCH_MAX];
};

/* A file that is not used still holds her: nobody may sign that she is forgotten. */
bool tb_storage_is_away(const struct tb_storage *storage)
{
    for (size_t i = 0; i < TB_STORAGE_FILE_COUNT; i++)
        if (storage->files[i].away != TB_OK)
            return true;
    return false;
}

static void erase_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct erase_call *erase = (struct erase_call *)(void *)call;
    erase->done(call->context, err);
}

/* What was damaged and set aside may hold her, too. That is synced with the folder, before anybody signs for
 * it. */
static enum tb_err set_aside_remove(const struct tb_storage *storage)
{
    struct tb_storage_path path;
    tb_storage_path_join(&path, storage->folder.text, tb_storage_file_name(TB_STORAGE_OUTBOX));
    tb_storage_remove_damaged(storage);
    enum tb_err err = tb_storage_outbox_drop_damaged(path.text);
    return err == TB_OK ? tb_folder_sync(path.text) : err;
}

static enum tb_err cache_work(struct tb_storage_call *call)
{
    struct erase_call *erase = (struct erase_call *)(void *)call;
    enum tb_err err = set_aside_remove(call->storage);
    return err != TB_OK ? err : tb_cache_erase(&call->storage->cache, erase->customers, erase->count);
}

static enum tb_err log_work(struct tb_storage_call *call)
{
    return tb_outbox_erase_log(&call->storage->outbox);
}

static void log_finish(struct tb_storage_call *call, enum tb_err err)
{
    if (err == TB_OK)
        tb_storage_call_bare(call, call->storage->cache_writer, cache_work, erase_finish);
    else
        erase_finish(call, err);
}

static enum tb_err outbox_work(struct tb_storage_call *call)
{
    struct erase_call *erase = (struct erase_call *)(void *)call;
    return tb_outbox_erase(&call->storage->outbox, erase->erasures, erase->count);
}

static void outbox_finish(struct tb_storage_call *call, enum tb_err err)
{
    if (err == TB_OK) {
        tb_storage_call_bare(call, call->storage->outbox_writer, log_work, log_finish);
        return;
    }
    tb_storage_recount(call->storage);
    erase_finish(call, err);
}

enum tb_err tb_storage_erase(struct tb_storage *storage, const struct tb_erasure *erasures, size_t count,
                             tb_storage_done *done, void *context)
{
    TB_ASSERT(count > 0 && count <= TB_ROW_BATCH_MAX);
    struct erase_call *erase = tb_storage_call_new(storage, sizeof *erase, outbox_work, outbox_finish);
    if (!erase)
        return TB_ERR_NO_MEMORY;
    erase->done = done;
    erase->call.context = context;
    erase->count = count;
    for (size_t i = 0; i < count; i++) {
        erase->erasures[i] = erasures[i];
        erase->customers[i] = erasures[i].customer;
    }
    tb_storage_call_submit(&erase->call, storage->outbox_writer);
    return TB_OK;
}

struct part_call {
    struct tb_storage_call call;
    tb_storage_done *done;
    struct tb_id customer;
};

static enum tb_err part_work(struct tb_storage_call *call)
{
    struct part_call *part = (struct part_call *)(void *)call;
    tb_storage_remove_damaged(call->storage);
    return tb_cache_part(&call->storage->cache, &part->customer);
}

static void part_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct part_call *part = (struct part_call *)(void *)call;
    part->done(call->context, err);
}

enum tb_err tb_storage_part(struct tb_storage *storage, const struct tb_id *customer, tb_storage_done *done,
                            void *context)
{
    struct part_call *part = tb_storage_call_new(storage, sizeof *part, part_work, part_finish);
    if (!part)
        return TB_ERR_NO_MEMORY;
    part->done = done;
    part->call.context = context;
    part->customer = *customer;
    tb_storage_call_bare(&part->call, storage->cache_writer, part_work, part_finish);
    return TB_OK;
}

struct erased_call {
    struct tb_storage_call call;
    tb_storage_done *done;
    struct tb_cursor cursor;
};

static enum tb_err erased_work(struct tb_storage_call *call)
{
    struct erased_call *erased = (struct erased_call *)(void *)call;
    return tb_state_set_erasures(&call->storage->state, &erased->cursor);
}

static void erased_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct erased_call *erased = (struct erased_call *)(void *)call;
    erased->done(call->context, err);
}

enum tb_err tb_storage_erased(struct tb_storage *storage, const struct tb_cursor *cursor,
                              tb_storage_done *done, void *context)
{
    struct erased_call *erased = tb_storage_call_new(storage, sizeof *erased, erased_work, erased_finish);
    if (!erased)
        return TB_ERR_NO_MEMORY;
    erased->done = done;
    erased->cursor = *cursor;
    erased->call.context = context;
    tb_storage_call_submit(&erased->call, storage->state_writer);
    return TB_OK;
}
