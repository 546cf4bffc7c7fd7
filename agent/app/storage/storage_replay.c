/* What was shown and is good once: claimed in state.db before it counts. */
#include "agent/app/storage/storage_call.h"

#include "agent/cache/replay.h"

struct claim_call {
    struct tb_storage_call call;
    void (*done)(void *context, enum tb_err err, bool fresh);
    struct tb_replay replay;
    int64_t wall_ms;
    bool fresh;
};

static enum tb_err claim_work(struct tb_storage_call *call)
{
    struct claim_call *claim = (struct claim_call *)(void *)call;
    return tb_replay_claim(&call->storage->state, &claim->replay, claim->wall_ms, &claim->fresh);
}

static void claim_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct claim_call *claim = (struct claim_call *)(void *)call;
    claim->done(call->context, err, err == TB_OK && claim->fresh);
}

enum tb_err tb_storage_claim(struct tb_storage *storage, const struct tb_replay *replay,
                             void (*done)(void *context, enum tb_err err, bool fresh), void *context)
{
    struct claim_call *claim = tb_storage_call_new(storage, sizeof *claim, claim_work, claim_finish);
    if (!claim)
        return TB_ERR_NO_MEMORY;
    claim->done = done;
    claim->call.context = context;
    claim->replay = *replay;
    claim->wall_ms = tb_loop_wall_ms(storage->loop);
    enum tb_err away = storage->files[TB_STORAGE_STATE].away;
    if (away != TB_OK)
        tb_storage_call_refuse(&claim->call, away);
    else
        tb_storage_call_submit(&claim->call, storage->state_writer);
    return TB_OK;
}
