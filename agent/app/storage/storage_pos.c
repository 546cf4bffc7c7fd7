/* The POS software that was paired, in state.db. */
#include "agent/app/storage/storage_call.h"

struct pos_call {
    struct tb_storage_call call;
    tb_storage_done *done;
    struct tb_pos_client client;
};

static enum tb_err put_work(struct tb_storage_call *call)
{
    const struct pos_call *pos = (struct pos_call *)(void *)call;
    return tb_pos_clients_put(&call->storage->state, &pos->client);
}

static enum tb_err drop_work(struct tb_storage_call *call)
{
    const struct pos_call *pos = (struct pos_call *)(void *)call;
    return tb_pos_clients_drop(&call->storage->state, pos->client.number);
}

static void pos_finish(struct tb_storage_call *call, enum tb_err err)
{
    const struct pos_call *pos = (struct pos_call *)(void *)call;
    pos->done(call->context, err);
}

enum tb_err tb_storage_pos(struct tb_storage *storage, const struct tb_pos_client *client, bool keep,
                           tb_storage_done *done, void *context)
{
    struct pos_call *pos = tb_storage_call_new(storage, sizeof *pos, keep ? put_work : drop_work, pos_finish);
    if (!pos)
        return TB_ERR_NO_MEMORY;
    pos->done = done;
    pos->client = *client;
    pos->call.context = context;
    tb_storage_call_submit(&pos->call, storage->state_writer);
    return TB_OK;
}
