#include "agent/cache/outbox.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

#define OUTBOX_APPLICATION_ID 0x54424f42 /* "TBOB" */
#define OUTBOX_SEALED_SIZE_MAX (TB_MUTATION_JSON_SIZE_MAX + TB_AEAD_OVERHEAD)

static const char *const migrations[] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) STRICT;"
    "CREATE TABLE mutation ("
    " seq INTEGER PRIMARY KEY,"
    " sealed BLOB NOT NULL,"
    " verdict INTEGER NOT NULL DEFAULT 0,"
    " code TEXT NOT NULL DEFAULT '',"
    " version INTEGER NOT NULL DEFAULT 0,"
    " decided_ms INTEGER NOT NULL DEFAULT 0,"
    " settled INTEGER NOT NULL DEFAULT 0"
    ") STRICT;",
};

#define READ_COLUMNS "SELECT seq, sealed, verdict, code, version, decided_ms FROM mutation"

static const char *const statements[TB_OUTBOX_STMT_COUNT] = {
    [TB_OUTBOX_STMT_INSERT] = "INSERT INTO mutation (seq, sealed) VALUES (?1, ?2)",
    [TB_OUTBOX_STMT_DECIDE] = "UPDATE mutation SET verdict = ?2, code = ?3, version = ?4, decided_ms = ?5"
                              " WHERE seq = ?1 AND verdict = 0",
    [TB_OUTBOX_STMT_SETTLE] =
        "UPDATE mutation SET settled = 1 WHERE seq <= ?1 AND verdict <> 0 AND settled = 0",
    [TB_OUTBOX_STMT_TRIM] = "DELETE FROM mutation WHERE settled = 1 AND decided_ms < ?1"
                            " AND seq < (SELECT max(seq) FROM mutation)",
    [TB_OUTBOX_STMT_READ] = READ_COLUMNS " WHERE seq >= ?1 ORDER BY seq",
    [TB_OUTBOX_STMT_READ_UNSETTLED] = READ_COLUMNS " WHERE seq >= ?1 AND settled = 0 ORDER BY seq",
};

/* What a sealed mutation is bound to: its name. */
struct about {
    uint8_t bytes[TB_ID_SIZE + 8];
};

static struct tb_span about_of(const struct tb_outbox *outbox, int64_t seq, struct about *space)
{
    struct tb_buf to = tb_buf_of(space->bytes, sizeof space->bytes);
    tb_buf_add(&to, tb_id_span(&outbox->incarnation));
    tb_buf_add_u64be(&to, (uint64_t)seq);
    return tb_buf_span(&to);
}

static enum tb_err query_int(struct tb_db *db, const char *sql, int64_t *ret_value)
{
    struct tb_stmt stmt;
    enum tb_err err = tb_stmt_prepare(db, sql, &stmt);
    if (err != TB_OK)
        return err;
    bool row = false;
    err = tb_stmt_step(&stmt, &row);
    *ret_value = err == TB_OK && row ? tb_stmt_int(&stmt, 0) : 0;
    tb_stmt_free(&stmt);
    return err;
}

static enum tb_err incarnation_read(struct tb_outbox *outbox, bool *ret_found)
{
    struct tb_stmt stmt;
    enum tb_err err = tb_stmt_prepare(outbox->db, "SELECT value FROM meta WHERE name = 'incarnation'", &stmt);
    if (err != TB_OK)
        return err;
    err = tb_stmt_step(&stmt, ret_found);
    if (err == TB_OK && *ret_found) {
        struct tb_span value = tb_stmt_blob(&stmt, 0);
        if (value.size == TB_ID_SIZE)
            memcpy(outbox->incarnation.bytes, value.at, TB_ID_SIZE);
        else
            err = TB_ERR_CORRUPT;
    }
    tb_stmt_free(&stmt);
    return err;
}

static enum tb_err incarnation_make(struct tb_outbox *outbox)
{
    struct tb_stmt stmt;
    enum tb_err err =
        tb_stmt_prepare(outbox->db, "INSERT INTO meta (name, value) VALUES ('incarnation', ?1)", &stmt);
    if (err != TB_OK)
        return err;
    outbox->incarnation = tb_id_random(outbox->sealer->rng);
    tb_stmt_bind_blob(&stmt, 1, tb_id_span(&outbox->incarnation));
    err = tb_stmt_run(&stmt);
    tb_stmt_free(&stmt);
    return err;
}

static enum tb_err outbox_load(struct tb_outbox *outbox)
{
    bool found = false;
    enum tb_err err = incarnation_read(outbox, &found);
    if (err == TB_OK && !found)
        err = incarnation_make(outbox);
    if (err == TB_OK)
        err = tb_stmt_prepare_all(outbox->db, statements, TB_OUTBOX_STMT_COUNT, outbox->stmts);
    if (err == TB_OK)
        err = tb_outbox_recount(outbox);
    return err;
}

enum tb_err tb_outbox_open(const char *path, const struct tb_sealer *sealer, struct tb_outbox *ret_outbox)
{
    const struct tb_db_options options = {
        .sync = TB_DB_SYNC_FULL,
        .page_size = 1024,
        .cache_kib = 64,
        .checkpoint_pages = 512,
        .exclusive = true,
        .secure_delete = true,
        .application_id = OUTBOX_APPLICATION_ID,
        .migrations = migrations,
        .migration_count = TB_ARRAY_SIZE(migrations),
    };
    *ret_outbox = (struct tb_outbox){.sealer = sealer};
    enum tb_err err = tb_db_open(path, &options, &ret_outbox->db);
    if (err == TB_OK)
        err = outbox_load(ret_outbox);
    if (err != TB_OK)
        tb_outbox_close(ret_outbox);
    return err;
}

void tb_outbox_close(struct tb_outbox *outbox)
{
    tb_stmt_free_all(outbox->stmts, TB_OUTBOX_STMT_COUNT);
    outbox->db = tb_db_close(outbox->db);
}

static enum tb_err mutation_store(struct tb_outbox *outbox, int64_t seq, struct tb_span json)
{
    struct about about;
    uint8_t bytes[OUTBOX_SEALED_SIZE_MAX];
    struct tb_buf sealed = tb_buf_of(bytes, sizeof bytes);
    enum tb_err err = tb_seal(outbox->sealer, about_of(outbox, seq, &about), json, &sealed);
    if (err != TB_OK)
        return err;
    struct tb_stmt *insert = &outbox->stmts[TB_OUTBOX_STMT_INSERT];
    tb_stmt_bind_int(insert, 1, seq);
    tb_stmt_bind_blob(insert, 2, tb_buf_span(&sealed));
    return tb_stmt_run(insert);
}

enum tb_err tb_outbox_append(struct tb_outbox *outbox, struct tb_mutation *mutation, struct tb_buf *ret_json)
{
    if (outbox->undecided_count >= TB_OUTBOX_UNDECIDED_MAX)
        return TB_ERR_FULL;
    size_t start = ret_json->size;
    mutation->seq = outbox->next_seq;
    struct tb_json_writer w = tb_json_writer_of(ret_json);
    tb_mutation_encode(&w, NULL, mutation);
    enum tb_err err = ret_json->err;
    if (err == TB_OK)
        err = mutation_store(outbox, mutation->seq, tb_span_sub(tb_buf_span(ret_json), start, SIZE_MAX));
    if (err != TB_OK) {
        mutation->seq = 0;
        ret_json->size = start;
        return err;
    }
    outbox->next_seq++;
    outbox->undecided_count++;
    return TB_OK;
}

enum tb_err tb_outbox_decide(struct tb_outbox *outbox, const struct tb_verdict *verdict, int64_t wall_ms)
{
    struct tb_stmt *decide = &outbox->stmts[TB_OUTBOX_STMT_DECIDE];
    tb_stmt_bind_int(decide, 1, verdict->seq);
    tb_stmt_bind_int(decide, 2, verdict->kind);
    tb_stmt_bind_text(decide, 3, tb_span_str(verdict->code));
    tb_stmt_bind_int(decide, 4, verdict->version);
    tb_stmt_bind_int(decide, 5, wall_ms);
    enum tb_err err = tb_stmt_run(decide);
    if (err == TB_OK)
        outbox->undecided_count -= tb_db_changes(outbox->db);
    return err;
}

enum tb_err tb_outbox_settle(struct tb_outbox *outbox, int64_t up_to_seq, int64_t before_wall_ms)
{
    struct tb_stmt *settle = &outbox->stmts[TB_OUTBOX_STMT_SETTLE];
    tb_stmt_bind_int(settle, 1, up_to_seq);
    enum tb_err err = tb_stmt_run(settle);
    if (err != TB_OK)
        return err;
    struct tb_stmt *trim = &outbox->stmts[TB_OUTBOX_STMT_TRIM];
    tb_stmt_bind_int(trim, 1, before_wall_ms);
    return tb_stmt_run(trim);
}

enum tb_err tb_outbox_recount(struct tb_outbox *outbox)
{
    int64_t last = 0;
    enum tb_err err = query_int(outbox->db, "SELECT max(seq) FROM mutation", &last);
    if (err == TB_OK)
        err = query_int(outbox->db, "SELECT count(*) FROM mutation WHERE verdict = 0",
                        &outbox->undecided_count);
    if (err == TB_OK)
        outbox->next_seq = last + 1;
    return err;
}

enum tb_err tb_outbox_decided_seq(struct tb_outbox *outbox, int64_t *ret_seq)
{
    return query_int(outbox->db,
                     "SELECT coalesce((SELECT min(seq) - 1 FROM mutation WHERE verdict = 0),"
                     " (SELECT max(seq) FROM mutation), 0)",
                     ret_seq);
}

static enum tb_err mutation_parse(struct tb_span json, struct tb_mutation *ret_mutation)
{
    uint8_t block[TB_JSON_ARENA_SIZE(TB_MUTATION_JSON_SIZE_MAX)];
    struct tb_arena arena = tb_arena_of(block, sizeof block);
    struct tb_check check = {0};
    struct tb_json object;
    enum tb_err err = tb_json_parse(json, TB_MUTATION_JSON_SIZE_MAX, &arena, &object);
    if (err != TB_OK)
        return err;
    tb_mutation_decode(&check, object, ret_mutation);
    tb_wipe(block, sizeof block);
    return check.err;
}

static enum tb_err entry_load(const struct tb_outbox *outbox, const struct tb_stmt *row, struct tb_buf *json,
                              struct tb_outbox_entry *ret_entry)
{
    struct about about;
    int64_t seq = tb_stmt_int(row, 0);
    enum tb_err err = tb_unseal(outbox->sealer, about_of(outbox, seq, &about), tb_stmt_blob(row, 1), json);
    if (err != TB_OK)
        return err;
    ret_entry->json = tb_buf_span(json);
    ret_entry->verdict = (struct tb_verdict){
        .seq = seq,
        .kind = (enum tb_verdict_kind)tb_stmt_int(row, 2),
        .version = tb_stmt_int(row, 4),
    };
    ret_entry->decided_ms = tb_stmt_int(row, 5);
    err = tb_span_to_str(tb_stmt_blob(row, 3), ret_entry->verdict.code, sizeof ret_entry->verdict.code);
    return err == TB_OK ? mutation_parse(ret_entry->json, &ret_entry->mutation) : err;
}

enum tb_err tb_outbox_each(struct tb_outbox *outbox, enum tb_outbox_part part, int64_t from_seq,
                           bool (*each)(void *context, const struct tb_outbox_entry *entry), void *context)
{
    struct tb_stmt *read =
        &outbox->stmts[part == TB_OUTBOX_ALL ? TB_OUTBOX_STMT_READ : TB_OUTBOX_STMT_READ_UNSETTLED];
    tb_stmt_bind_int(read, 1, from_seq);
    enum tb_err damaged = TB_OK;
    bool row = true;
    bool wanted = true;
    enum tb_err err = TB_OK;
    while (wanted && (err = tb_stmt_step(read, &row)) == TB_OK && row) {
        uint8_t bytes[TB_MUTATION_JSON_SIZE_MAX];
        struct tb_buf json = tb_buf_of(bytes, sizeof bytes);
        struct tb_outbox_entry entry = {0};
        enum tb_err loaded = entry_load(outbox, read, &json, &entry);
        if (loaded == TB_OK)
            wanted = each(context, &entry);
        else
            damaged = TB_ERR_SEAL;
    }
    tb_stmt_reset(read);
    return err != TB_OK ? err : damaged;
}
