#include "contextd/engine/sqlite_decide.h"

#define RESERVED_MS (INT64_C(15) * 60 * 1000)

struct reward {
    enum tb_reward_state state;
    struct tb_id reservation; /* of the reservation, or of the use */
    int64_t until_ms;
    int64_t version;
};

static struct tb_span reward_key(const struct tb_mutation *m, struct tb_buf *key)
{
    tb_buf_add(key, tb_id_span(&m->customer));
    tb_buf_add_str(key, m->reward.reward);
    return tb_buf_span(key);
}

static enum tb_err reward_read(struct sqlite_engine *e, const struct tb_mutation *m,
                               struct reward *ret_reward)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_REWARD_READ);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->customer));
    tb_stmt_bind_text(s, 2, tb_span_str(m->reward.reward));
    bool row;
    *ret_reward = (struct reward){.state = TB_REWARD_NONE};
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? TB_OK : TB_ERR_NOT_FOUND;
    if (err == TB_OK) {
        ret_reward->state = (enum tb_reward_state)tb_stmt_int(s, 2);
        ret_reward->until_ms = tb_stmt_int(s, 4);
        ret_reward->version = tb_stmt_int(s, 5);
    }
    if (err == TB_OK && !tb_stmt_is_null(s, 3))
        err = sqlite_column_id(s, 3, &ret_reward->reservation);
    tb_stmt_reset(s);
    if (err == TB_OK && ret_reward->state == TB_REWARD_RESERVED && ret_reward->until_ms <= e->wall_ms)
        ret_reward->state = TB_REWARD_OPEN;
    return err;
}

static enum tb_err reward_write(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                enum tb_reward_state state, struct tb_verdict *v)
{
    uint8_t bytes[TB_ID_SIZE + TB_REWARD_SIZE_MAX];
    struct tb_buf key = tb_buf_of(bytes, sizeof bytes);
    struct sqlite_change change = {.type = TB_ROW_REWARD,
                                   .op = TB_ROW_PUT,
                                   .id = reward_key(m, &key),
                                   .customer = m->customer,
                                   .store = ""};
    struct sqlite_touched touched = {.type = TB_ROW_REWARD,
                                     .id_size = (uint8_t)key.size,
                                     .customer = m->customer,
                                     .cost = 1536,
                                     .changed = true};
    memcpy(touched.id, bytes, key.size);
    if (!sqlite_touch_note(b, &touched))
        return TB_OK;
    struct tb_stmt *s = sqlite_stmt(e, STMT_REWARD_STATE);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->customer));
    tb_stmt_bind_text(s, 2, tb_span_str(m->reward.reward));
    tb_stmt_bind_int(s, 3, state);
    tb_stmt_bind_blob(s, 4, tb_id_span(&m->reward.reservation));
    tb_stmt_bind_int(s, 5, state == TB_REWARD_RESERVED ? e->wall_ms + RESERVED_MS : 0);
    tb_stmt_bind_int(s, 6, e->wall_ms);
    v->version++;
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? sqlite_change_put(e, &change) : err;
}

static enum tb_err reserve(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                           const struct reward *r, struct tb_verdict *v)
{
    bool mine = tb_id_equal(&r->reservation, &m->reward.reservation);
    if (r->state == TB_REWARD_USED)
        sqlite_reject(v, "reward_used");
    else if (r->state == TB_REWARD_RESERVED && !mine)
        sqlite_reject(v, "reward_taken");
    else
        return reward_write(e, b, m, TB_REWARD_RESERVED, v);
    return TB_OK;
}

/* Goods were handed over: it is never rejected because somebody else used the reward, too. */
static enum tb_err commit(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                          const struct reward *r, struct tb_verdict *v)
{
    if (r->state != TB_REWARD_USED)
        return reward_write(e, b, m, TB_REWARD_USED, v);
    if (!tb_id_equal(&r->reservation, &m->reward.reservation))
        sqlite_conflict(v, "reward_double");
    return TB_OK;
}

static enum tb_err release(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                           const struct reward *r, struct tb_verdict *v)
{
    bool mine = r->state == TB_REWARD_RESERVED && tb_id_equal(&r->reservation, &m->reward.reservation);
    return mine ? reward_write(e, b, m, TB_REWARD_OPEN, v) : TB_OK;
}

enum tb_err sqlite_reward_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                 struct tb_verdict *v)
{
    struct reward r;
    enum tb_err err = reward_read(e, m, &r);
    if (err == TB_ERR_NOT_FOUND) {
        sqlite_reject(v, "reward_unknown");
        return TB_OK;
    }
    if (err != TB_OK)
        return err;
    v->version = r.version;
    if (m->kind == TB_MUTATION_REWARD_RESERVE)
        return reserve(e, b, m, &r, v);
    return m->kind == TB_MUTATION_REWARD_COMMIT ? commit(e, b, m, &r, v) : release(e, b, m, &r, v);
}

enum tb_err sqlite_reward_row(struct sqlite_engine *e, struct tb_span key, struct tb_row *row,
                              struct tb_json_writer *w)
{
    struct tb_reward reward;
    struct tb_stmt *s = sqlite_stmt(e, STMT_REWARD_READ);
    tb_stmt_bind_blob(s, 1, tb_span_sub(key, 0, TB_ID_SIZE));
    tb_stmt_bind_text(s, 2, tb_span_sub(key, TB_ID_SIZE, SIZE_MAX));
    bool found;
    enum tb_err err = tb_stmt_step(s, &found);
    if (err == TB_OK && !found)
        err = TB_ERR_NOT_FOUND;
    if (err == TB_OK)
        err = sqlite_column_text(s, 0, reward.text, sizeof reward.text);
    if (err == TB_OK) {
        reward.value = tb_stmt_int(s, 1);
        reward.state = (enum tb_reward_state)tb_stmt_int(s, 2);
        reward.until_ms = tb_stmt_int(s, 4);
        row->version = tb_stmt_int(s, 5);
        row->as_of_ms = tb_stmt_int(s, 6);
        tb_reward_encode(w, NULL, &reward);
    }
    tb_stmt_reset(s);
    return err;
}
