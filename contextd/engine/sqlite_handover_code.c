/* Codes of open hand-overs: what they are, and which hand-over one names. */
#include "contextd/engine/sqlite_engine.h"

#include "core/credential/handover.h"
#include "core/wire/handover.h"

#include <inttypes.h>
#include <stdio.h>

void sqlite_handover_code(const struct sqlite_engine *e, struct tb_span id,
                          char ret_code[TB_HANDOVER_CODE_SIZE + 1])
{
    struct tb_digest digest = sqlite_keyed_hash(e, "handover", id);
    struct tb_reader from = tb_reader_of(tb_digest_span(&digest));
    tb_handover_code_of((uint32_t)(tb_read_u64be(&from) % TB_HANDOVER_NUMBER_COUNT), ret_code);
}

static struct tb_digest hash_of(const struct sqlite_engine *e, const char *code)
{
    return sqlite_keyed_hash(e, "handover code", tb_span_str(code));
}

struct tb_digest sqlite_handover_code_hash(const struct sqlite_engine *e, struct tb_span id)
{
    char code[TB_HANDOVER_CODE_SIZE + 1];
    sqlite_handover_code(e, id, code);
    return hash_of(e, code);
}

enum tb_err sqlite_handover_by_code(struct sqlite_engine *e, const char *code, struct tb_id *ret_handover)
{
    const struct tb_digest hash = hash_of(e, code);
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_BY_CODE);
    tb_stmt_bind_blob(s, 1, tb_digest_span(&hash));
    tb_stmt_bind_int(s, 2, e->wall_ms - TB_HANDOVER_LIFE_MS);
    bool row = false;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? sqlite_column_id(s, 0, ret_handover) : TB_ERR_NOT_FOUND;
    bool another = false;
    if (err == TB_OK)
        err = tb_stmt_step(s, &another);
    tb_stmt_reset(s);
    return err == TB_OK && another ? TB_ERR_NOT_FOUND : err;
}

enum tb_err sqlite_handover_code_mark(struct sqlite_engine *e, const char *code,
                                      char ret_mark[SQLITE_CODE_MARK_SIZE + 1], bool *ret_known)
{
    const struct tb_digest hash = hash_of(e, code);
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_HAD_CODE);
    tb_stmt_bind_blob(s, 1, tb_digest_span(&hash));
    enum tb_err err = tb_stmt_step(s, ret_known);
    tb_stmt_reset(s);
    struct tb_reader from = tb_reader_of(tb_digest_span(&hash));
    (void)snprintf(ret_mark, SQLITE_CODE_MARK_SIZE + 1, "%08" PRIx32, tb_read_u32be(&from));
    return err;
}

/* ---- files of before ---- */

/* How far the open ones were looked through, in the order of (at_ms, id). */
struct uncoded {
    int64_t at_ms;
    struct tb_id id;
};

/* The next one, behind *at; TB_ERR_NOT_FOUND. Each is read once, however many there are. */
static enum tb_err uncoded_next(struct sqlite_engine *e, struct uncoded *at)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_UNCODED);
    tb_stmt_bind_int(s, 1, at->at_ms);
    tb_stmt_bind_blob(s, 2, tb_id_span(&at->id));
    bool row = false;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? sqlite_column_id(s, 1, &at->id) : TB_ERR_NOT_FOUND;
    if (err == TB_OK)
        at->at_ms = tb_stmt_int(s, 0);
    tb_stmt_reset(s);
    return err;
}

/* *at is of one without a code. */
static enum tb_err codes_fill(struct sqlite_engine *e, struct uncoded *at)
{
    enum tb_err err = TB_OK;
    while (err == TB_OK) {
        const struct tb_digest hash = sqlite_handover_code_hash(e, tb_id_span(&at->id));
        struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_CODE);
        tb_stmt_bind_blob(s, 1, tb_id_span(&at->id));
        tb_stmt_bind_blob(s, 2, tb_digest_span(&hash));
        err = tb_stmt_run(s);
        if (err == TB_OK)
            err = uncoded_next(e, at);
    }
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

enum tb_err sqlite_handover_codes(struct sqlite_engine *e)
{
    e->wall_ms = e->clock_fn(e->clock);
    struct uncoded at = {.at_ms = e->wall_ms - TB_HANDOVER_LIFE_MS}; /* older ones are over, and no id is 0 */
    enum tb_err err = uncoded_next(e, &at);
    if (err != TB_OK)
        return err == TB_ERR_NOT_FOUND ? TB_OK : err;
    err = tb_db_begin(e->db);
    if (err != TB_OK)
        return err;
    err = codes_fill(e, &at);
    if (err == TB_OK)
        return tb_db_commit(e->db);
    tb_db_rollback(e->db);
    return err;
}
