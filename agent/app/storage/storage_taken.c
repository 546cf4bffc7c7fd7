/* The hand-overs that this terminal took over and has not begun with, in state.db. */
#include "agent/app/storage/storage_call.h"

struct taken_call {
    struct tb_storage_call call;
    tb_storage_done *done;
    struct tb_taken taken;
};

static enum tb_err taken_work(struct tb_storage_call *call)
{
    const struct taken_call *taken = (struct taken_call *)(void *)call;
    return tb_state_set_taken(&call->storage->state, &taken->taken);
}

static void taken_finish(struct tb_storage_call *call, enum tb_err err)
{
    const struct taken_call *taken = (struct taken_call *)(void *)call;
    taken->done(call->context, err);
}

enum tb_err tb_storage_taken(struct tb_storage *storage, const struct tb_taken *taken, tb_storage_done *done,
                             void *context)
{
    struct taken_call *call = tb_storage_call_new(storage, sizeof *call, taken_work, taken_finish);
    if (!call)
        return TB_ERR_NO_MEMORY;
    call->done = done;
    call->taken = *taken;
    call->call.context = context;
    tb_storage_call_submit(&call->call, storage->state_writer);
    return TB_OK;
}
