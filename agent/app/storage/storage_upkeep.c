/* The outbox within its bounds, and what is in it for people. */
#include "agent/app/storage/storage_call.h"

#define UPKEEP_MS 3600000

struct drop_call {
    struct tb_storage_call call;
    struct tb_storage_call *then; /* held; NULL: nothing */
    int64_t wall_ms;
    struct tb_outbox_drops drops;
};

static enum tb_err room_work(struct tb_storage_call *call)
{
    struct drop_call *drop = (struct drop_call *)(void *)call;
    return tb_outbox_make_room(&call->storage->outbox, drop->wall_ms, &drop->drops);
}

static enum tb_err expire_work(struct tb_storage_call *call)
{
    struct drop_call *drop = (struct drop_call *)(void *)call;
    return tb_outbox_expire(&call->storage->outbox, drop->wall_ms, &drop->drops);
}

static void drops_tell(struct tb_storage *storage, enum tb_err err, const struct tb_outbox_drops *drops)
{
    if (err != TB_OK)
        tb_storage_recount(storage);
    else if (drops->count > 0 && storage->dropped)
        storage->dropped(storage->health_context, drops);
}

static void room_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct drop_call *drop = (struct drop_call *)(void *)call;
    drops_tell(call->storage, err, &drop->drops);
    tb_storage_call_submit(drop->then, call->storage->outbox_writer);
}

static struct drop_call *drop_new(struct tb_storage *storage,
                                  enum tb_err (*work)(struct tb_storage_call *call),
                                  void (*finish)(struct tb_storage_call *call, enum tb_err err))
{
    struct drop_call *drop = tb_storage_call_new(storage, sizeof *drop, work, finish);
    if (drop)
        drop->wall_ms = tb_loop_wall_ms(storage->loop);
    return drop;
}

bool tb_storage_make_room(struct tb_storage_call *call)
{
    struct drop_call *drop = drop_new(call->storage, room_work, room_finish);
    if (!drop)
        return false;
    drop->then = call;
    tb_storage_call_hold(call);
    tb_storage_call_submit(&drop->call, call->storage->outbox_writer);
    return true;
}

static void expire_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct drop_call *drop = (struct drop_call *)(void *)call;
    bool more = drop->drops.count == TB_OUTBOX_DROP_MAX;
    drops_tell(call->storage, err, &drop->drops);
    tb_storage_upkeep_later(call->storage, err == TB_OK && more ? 0 : UPKEEP_MS);
}

static void upkeep_due(struct tb_timer *timer)
{
    struct tb_storage *storage = timer->context;
    struct drop_call *drop = drop_new(storage, expire_work, expire_finish);
    if (drop)
        tb_storage_call_submit(&drop->call, storage->outbox_writer);
    else
        tb_storage_upkeep_later(storage, UPKEEP_MS);
}

void tb_storage_upkeep_later(struct tb_storage *storage, int64_t after_ms)
{
    storage->upkeep.context = storage;
    tb_timer_set(storage->loop, &storage->upkeep, after_ms, upkeep_due);
}

/* ---- for people ---- */

struct list_call {
    struct tb_storage_call call;
    void (*done)(void *context, enum tb_err err, const struct tb_outbox_list *list);
    int64_t from_seq;
    struct tb_outbox_list list;
};

static enum tb_err list_work(struct tb_storage_call *call)
{
    struct list_call *list = (struct list_call *)(void *)call;
    return tb_outbox_list(&call->storage->outbox, list->from_seq, &list->list);
}

static void list_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct list_call *list = (struct list_call *)(void *)call;
    list->done(call->context, err, &list->list);
}

enum tb_err tb_storage_list_outbox(struct tb_storage *storage, int64_t from_seq,
                                   void (*done)(void *context, enum tb_err err,
                                                const struct tb_outbox_list *list),
                                   void *context)
{
    struct list_call *list = tb_storage_call_new(storage, sizeof *list, list_work, list_finish);
    if (!list)
        return TB_ERR_NO_MEMORY;
    list->done = done;
    list->from_seq = from_seq;
    list->call.context = context;
    list->call.reads_only = true;
    tb_storage_call_submit(&list->call, storage->outbox_writer);
    return TB_OK;
}
