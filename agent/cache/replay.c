#include "agent/cache/replay.h"

#include "core/base/assert.h"
#include "core/crypto/hash.h"

enum { NAME_SIZE = 16, EXPIRE_MAX = 16 }; /* forgotten per claim, which is more than come */

static struct tb_digest name_of(const struct tb_state *state, const struct tb_replay *replay)
{
    return tb_hmac_sha256(tb_span_of(state->replay_key, sizeof state->replay_key),
                          tb_span_of(replay->name, sizeof replay->name));
}

static void bind_name(struct tb_stmt *stmt, const struct tb_digest *name)
{
    tb_stmt_bind_blob(stmt, 1, tb_span_of(name->bytes, NAME_SIZE));
}

static enum tb_err name_read(struct tb_state *state, const struct tb_digest *name, bool *ret_known,
                             uint64_t *ret_counter)
{
    struct tb_stmt *read = &state->stmts[TB_STATE_STMT_REPLAY_READ];
    bind_name(read, name);
    enum tb_err err = tb_stmt_step(read, ret_known);
    *ret_counter = err == TB_OK && *ret_known ? (uint64_t)tb_stmt_int(read, 0) : 0;
    tb_stmt_reset(read);
    return err;
}

static bool is_used(const struct tb_replay *replay, bool known, uint64_t counter)
{
    return known && (replay->rule == TB_REPLAY_ONCE || replay->counter <= counter);
}

static enum tb_err name_write(struct tb_state *state, enum tb_state_statement which,
                              const struct tb_digest *name, const struct tb_replay *replay)
{
    struct tb_stmt *write = &state->stmts[which];
    bind_name(write, name);
    tb_stmt_bind_int(write, 2, (int64_t)replay->counter);
    tb_stmt_bind_int(write, 3, replay->forget_ms);
    return tb_stmt_run(write);
}

static enum tb_err expire(struct tb_state *state, int64_t wall_ms)
{
    struct tb_stmt *expire = &state->stmts[TB_STATE_STMT_REPLAY_EXPIRE];
    tb_stmt_bind_int(expire, 1, wall_ms);
    tb_stmt_bind_int(expire, 2, EXPIRE_MAX);
    return tb_stmt_run(expire);
}

static enum tb_err room_check(struct tb_state *state)
{
    struct tb_stmt *total = &state->stmts[TB_STATE_STMT_REPLAY_TOTAL];
    bool row = false;
    enum tb_err err = tb_stmt_step(total, &row);
    if (err == TB_OK && (!row || tb_stmt_int(total, 0) >= TB_REPLAY_COUNT_MAX))
        err = row ? TB_ERR_BUSY : TB_ERR_CORRUPT;
    tb_stmt_reset(total);
    return err;
}

enum tb_err tb_replay_claim(struct tb_state *state, const struct tb_replay *replay, int64_t wall_ms,
                            bool *ret_fresh)
{
    bool known = false;
    uint64_t counter = 0;
    const struct tb_digest name = name_of(state, replay);
    TB_ASSERT(replay->rule != TB_REPLAY_NONE && replay->counter <= INT64_MAX);
    *ret_fresh = false;
    enum tb_err err = expire(state, wall_ms);
    if (err == TB_OK)
        err = name_read(state, &name, &known, &counter);
    if (err != TB_OK || is_used(replay, known, counter))
        return err;
    if (!known)
        err = room_check(state);
    if (err == TB_OK)
        err = name_write(state, known ? TB_STATE_STMT_REPLAY_RAISE : TB_STATE_STMT_REPLAY_ADD, &name, replay);
    *ret_fresh = err == TB_OK;
    return err;
}

enum tb_err tb_replay_shown(struct tb_state *state, const struct tb_replay *replay, bool *ret_shown)
{
    bool known = false;
    uint64_t counter = 0;
    const struct tb_digest name = name_of(state, replay);
    enum tb_err err = name_read(state, &name, &known, &counter);
    *ret_shown = err == TB_OK && is_used(replay, known, counter);
    return err;
}
