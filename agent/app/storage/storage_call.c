#include "agent/app/storage/storage_call.h"

#include "core/base/wipe.h"

#include <stddef.h>
#include <stdlib.h>

static void call_link(struct tb_storage_call *call)
{
    struct tb_storage *storage = call->storage;
    call->next = storage->calls;
    call->link = &storage->calls;
    if (call->next)
        call->next->link = &call->next;
    storage->calls = call;
}

static void call_unlink(struct tb_storage_call *call)
{
    *call->link = call->next;
    if (call->next)
        call->next->link = call->link;
    call->link = NULL;
}

static void call_free(struct tb_storage_call *call)
{
    free(call->context);
    tb_wipe(call, call->size);
    free(call);
}

void *tb_storage_call_new(struct tb_storage *storage, size_t size,
                          enum tb_err (*work)(struct tb_storage_call *call),
                          void (*finish)(struct tb_storage_call *call, enum tb_err err))
{
    struct tb_storage_call *call = calloc(1, size);
    if (!call)
        return NULL;
    call->storage = storage;
    call->size = size;
    call->work = work;
    call->finish = finish;
    return call;
}

static void call_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct tb_storage *storage = call->storage;
    call_unlink(call);
    if (call->writer && !call->on_disk && !(call->reads_only && err == TB_OK))
        tb_storage_note(storage, call->writer, err);
    bool cache_is_damaged = err == TB_ERR_CORRUPT && call->writer == storage->cache_writer &&
                            call->cache_number == storage->cache_number;
    call->finish(call, err);
    if (!call->link) /* it did not go on in another file */
        call_free(call);
    if (cache_is_damaged && storage->cache_damaged)
        storage->cache_damaged(storage->health_context);
}

static enum tb_err call_run(struct tb_writer_job *job, struct tb_db *db)
{
    (void)db;
    struct tb_storage_call *call = (struct tb_storage_call *)(void *)job;
    return call->work(call);
}

static void call_done(struct tb_writer_job *job, enum tb_err err)
{
    call_finish((struct tb_storage_call *)(void *)job, err);
}

static void call_refused(struct tb_post *post)
{
    struct tb_storage_call *call =
        (struct tb_storage_call *)(void *)((char *)post - offsetof(struct tb_storage_call, refused));
    call_finish(call, call->err);
}

void tb_storage_call_hold(struct tb_storage_call *call)
{
    if (!call->link)
        call_link(call);
}

void tb_storage_call_refuse(struct tb_storage_call *call, enum tb_err err)
{
    tb_storage_call_hold(call);
    call->writer = NULL;
    call->err = err;
    call->refused.fn = call_refused;
    tb_loop_post(call->storage->loop, &call->refused);
}

void tb_storage_call_submit(struct tb_storage_call *call, struct tb_writer *writer)
{
    tb_storage_call_hold(call);
    call->job.run = call_run;
    call->job.done = call_done;
    call->writer = writer;
    call->cache_number = call->storage->cache_number;
    enum tb_err err = tb_writer_submit(writer, &call->job);
    if (err != TB_OK)
        tb_storage_call_refuse(call, err);
}

void tb_storage_call_again(struct tb_storage_call *call, struct tb_writer *writer,
                           enum tb_err (*work)(struct tb_storage_call *call),
                           void (*finish)(struct tb_storage_call *call, enum tb_err err))
{
    call->work = work;
    call->finish = finish;
    call->job.bare = false;
    tb_storage_call_submit(call, writer);
}

void tb_storage_call_bare(struct tb_storage_call *call, struct tb_writer *writer,
                          enum tb_err (*work)(struct tb_storage_call *call),
                          void (*finish)(struct tb_storage_call *call, enum tb_err err))
{
    call->work = work;
    call->finish = finish;
    call->job.bare = true;
    tb_storage_call_submit(call, writer);
}

void tb_storage_call_drop_all(struct tb_storage *storage)
{
    struct tb_storage_call *call = storage->calls;
    storage->calls = NULL;
    while (call) {
        struct tb_storage_call *next = call->next;
        tb_loop_unpost(storage->loop, &call->job.post);
        tb_loop_unpost(storage->loop, &call->refused);
        call_free(call);
        call = next;
    }
}
