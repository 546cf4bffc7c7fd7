#include "agent/cache/outbox.h"

#include "agent/cache/outbox_policy.h"
#include "agent/cache/pack.h"
#include "core/base/assert.h"
#include "core/base/wipe.h"

#include <stdlib.h>

#define OUTBOX_APPLICATION_ID 0x54424f42 /* "TBOB" */
#define OUTBOX_SEALED_SIZE_MAX (TB_MUTATION_JSON_SIZE_MAX + TB_AEAD_OVERHEAD)
#define VERDICT_SIZE_MAX (1 + 8 + 8 + TB_VERDICT_CODE_SIZE_MAX)
#define SETTLED_NAME "settled"

static const char *const migrations[] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) STRICT;"
    "CREATE TABLE mutation ("
    " seq INTEGER PRIMARY KEY,"
    " sealed BLOB NOT NULL,"
    " verdict BLOB" /* sealed; NULL: not decided */
    ") STRICT;",
};

static const char *const statements[TB_OUTBOX_STMT_COUNT] = {
    [TB_OUTBOX_STMT_INSERT] = "INSERT INTO mutation (seq, sealed) VALUES (?1, ?2)",
    [TB_OUTBOX_STMT_IMPORT] = "INSERT INTO mutation (seq, sealed, verdict) VALUES (?1, ?2, ?3)",
    [TB_OUTBOX_STMT_DECIDE] = "UPDATE mutation SET verdict = ?2 WHERE seq = ?1",
    [TB_OUTBOX_STMT_VERDICT] = "SELECT verdict, length(sealed) FROM mutation WHERE seq = ?1",
    [TB_OUTBOX_STMT_SETTLE] = "INSERT OR REPLACE INTO meta (name, value) VALUES ('" SETTLED_NAME "', ?1)",
    [TB_OUTBOX_STMT_OLDEST] = ("SELECT seq, verdict, length(sealed) FROM mutation WHERE seq <= ?1"
                               " AND seq < (SELECT max(seq) FROM mutation) ORDER BY seq LIMIT ?2"),
    [TB_OUTBOX_STMT_REMOVE] = "DELETE FROM mutation WHERE seq = ?1",
    [TB_OUTBOX_STMT_REPLACE] = "UPDATE mutation SET sealed = ?2 WHERE seq = ?1",
    [TB_OUTBOX_STMT_READ] = "SELECT seq, sealed, verdict FROM mutation WHERE seq >= ?1 ORDER BY seq",
};

/* What a sealed piece is bound to: what it is, and the mutation's name. */
struct about {
    uint8_t bytes[16 + TB_ID_SIZE + 8];
};

static struct tb_span about_of(const struct tb_outbox *outbox, const char *what, int64_t seq,
                               struct about *space)
{
    struct tb_buf to = tb_buf_of(space->bytes, sizeof space->bytes);
    tb_buf_add_str(&to, what);
    tb_buf_add(&to, tb_id_span(&outbox->incarnation));
    tb_buf_add_u64be(&to, (uint64_t)seq);
    return tb_buf_span(&to);
}

struct tb_outbox_work {
    uint8_t packed[TB_MUTATION_JSON_SIZE_MAX];
    uint8_t sealed[OUTBOX_SEALED_SIZE_MAX];
    uint8_t json[TB_MUTATION_JSON_SIZE_MAX];
    uint8_t parsed[TB_MUTATION_ARENA_SIZE];
};

static enum tb_err incarnation_take(struct tb_outbox *outbox, struct tb_span value)
{
    if (value.size != TB_ID_SIZE)
        return TB_ERR_CORRUPT;
    memcpy(outbox->incarnation.bytes, value.at, TB_ID_SIZE);
    return TB_OK;
}

/* One that does not verify counts as none: more is laid over the carts than need be, and settled again. */
static enum tb_err settled_take(struct tb_outbox *outbox, struct tb_span value)
{
    struct about about;
    uint8_t bytes[8];
    struct tb_buf plain = tb_buf_of(bytes, sizeof bytes);
    enum tb_err err = tb_unseal(&outbox->sealer, about_of(outbox, SETTLED_NAME, 0, &about), value, &plain);
    struct tb_reader from = tb_reader_of(tb_buf_span(&plain));
    outbox->settled_seq = err == TB_OK ? (int64_t)tb_read_u64be(&from) : 0;
    return TB_OK;
}

static enum tb_err meta_read(struct tb_outbox *outbox, const char *name,
                             enum tb_err (*take)(struct tb_outbox *outbox, struct tb_span value),
                             bool *ret_found)
{
    struct tb_stmt stmt;
    enum tb_err err = tb_stmt_prepare(outbox->db, "SELECT value FROM meta WHERE name = ?1", &stmt);
    if (err != TB_OK)
        return err;
    tb_stmt_bind_text(&stmt, 1, tb_span_str(name));
    err = tb_stmt_step(&stmt, ret_found);
    if (err == TB_OK && *ret_found)
        err = take(outbox, tb_stmt_blob(&stmt, 0));
    tb_stmt_free(&stmt);
    return err;
}

static enum tb_err incarnation_write(struct tb_outbox *outbox)
{
    struct tb_stmt stmt;
    enum tb_err err = tb_stmt_prepare(
        outbox->db, "INSERT OR REPLACE INTO meta (name, value) VALUES ('" TB_OUTBOX_INCARNATION_NAME "', ?1)",
        &stmt);
    if (err != TB_OK)
        return err;
    tb_stmt_bind_blob(&stmt, 1, tb_id_span(&outbox->incarnation));
    err = tb_stmt_run(&stmt);
    tb_stmt_free(&stmt);
    return err;
}

static enum tb_err outbox_load(struct tb_outbox *outbox)
{
    bool found = false;
    enum tb_err err = meta_read(outbox, TB_OUTBOX_INCARNATION_NAME, incarnation_take, &found);
    if (err == TB_OK && !found) {
        outbox->incarnation = tb_id_random(outbox->sealer.rng);
        err = incarnation_write(outbox);
    }
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
        .page_size = TB_OUTBOX_PAGE_SIZE,
        .cache_kib = 64,
        .checkpoint_pages = 512,
        .exclusive = true,
        .secure_delete = true,
        .application_id = OUTBOX_APPLICATION_ID,
        .migrations = migrations,
        .migration_count = TB_ARRAY_SIZE(migrations),
    };
    *ret_outbox = (struct tb_outbox){.work = malloc(sizeof *ret_outbox->work)};
    enum tb_err err = ret_outbox->work ? tb_sealer_share(sealer, &ret_outbox->sealer) : TB_ERR_NO_MEMORY;
    if (err == TB_OK)
        err = tb_db_open(path, &options, &ret_outbox->db);
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
    free(outbox->work);
    outbox->work = NULL;
    tb_sealer_wipe(&outbox->sealer);
}

/* As the file keeps it; borrowed until the next one. */
static enum tb_err mutation_seal(struct tb_outbox *outbox, int64_t seq, struct tb_span json,
                                 struct tb_span *ret_sealed)
{
    struct about about;
    struct tb_outbox_work *work = outbox->work;
    struct tb_buf packed = tb_buf_of(work->packed, sizeof work->packed);
    struct tb_buf sealed = tb_buf_of(work->sealed, sizeof work->sealed);
    tb_pack_json(json, &packed);
    if (packed.err != TB_OK)
        return packed.err;
    enum tb_err err =
        tb_seal(&outbox->sealer, about_of(outbox, "mutation", seq, &about), tb_buf_span(&packed), &sealed);
    *ret_sealed = tb_buf_span(&sealed);
    return err;
}

static enum tb_err mutation_store(struct tb_outbox *outbox, int64_t seq, struct tb_span json,
                                  int64_t *ret_bytes)
{
    struct tb_span sealed;
    enum tb_err err = mutation_seal(outbox, seq, json, &sealed);
    if (err != TB_OK)
        return err;
    struct tb_stmt *insert = &outbox->stmts[TB_OUTBOX_STMT_INSERT];
    tb_stmt_bind_int(insert, 1, seq);
    tb_stmt_bind_blob(insert, 2, sealed);
    *ret_bytes = (int64_t)sealed.size;
    return tb_stmt_run(insert);
}

static bool has_room(const struct tb_outbox *outbox, enum tb_mutation_kind kind)
{
    bool reserved = tb_outbox_policy_of(kind)->reserved;
    return outbox->undecided_count < (reserved ? TB_OUTBOX_RESERVE_MAX : TB_OUTBOX_UNDECIDED_MAX) &&
           outbox->undecided_bytes < (reserved ? TB_OUTBOX_RESERVE_BYTES_MAX : TB_OUTBOX_BYTES_MAX);
}

enum tb_err tb_outbox_append(struct tb_outbox *outbox, struct tb_mutation *mutation, struct tb_buf *ret_json)
{
    if (!has_room(outbox, mutation->kind))
        return TB_ERR_BUSY;
    int64_t bytes = 0;
    size_t start = ret_json->size;
    mutation->seq = outbox->next_seq;
    struct tb_json_writer w = tb_json_writer_of(ret_json);
    tb_mutation_encode(&w, NULL, mutation);
    enum tb_err err = ret_json->err;
    if (err == TB_OK)
        err = mutation_store(outbox, mutation->seq, tb_span_sub(tb_buf_span(ret_json), start, SIZE_MAX),
                             &bytes);
    if (err != TB_OK) {
        mutation->seq = 0;
        ret_json->size = start;
        return err;
    }
    outbox->next_seq++;
    outbox->undecided_count++;
    outbox->undecided_bytes += bytes;
    outbox->stored_count++;
    outbox->stored_bytes += bytes;
    return TB_OK;
}

/* False: none, or one that does not verify. */
static bool verdict_open(struct tb_outbox *outbox, int64_t seq, struct tb_span sealed,
                         struct tb_outbox_entry *entry)
{
    struct about about;
    uint8_t bytes[VERDICT_SIZE_MAX];
    struct tb_buf plain = tb_buf_of(bytes, sizeof bytes);
    enum tb_err err = tb_unseal(&outbox->sealer, about_of(outbox, "verdict", seq, &about), sealed, &plain);
    if (err != TB_OK)
        return false;
    struct tb_reader from = tb_reader_of(tb_buf_span(&plain));
    entry->verdict.seq = seq;
    unsigned kind = tb_read_u8(&from);
    entry->verdict.version = (int64_t)tb_read_u64be(&from);
    entry->decided_ms = (int64_t)tb_read_u64be(&from);
    err = tb_span_to_str(from.rest, entry->verdict.code, sizeof entry->verdict.code);
    if (from.err != TB_OK || err != TB_OK || kind >= TB_VERDICT_KIND_COUNT)
        return false;
    entry->verdict.kind = (enum tb_verdict_kind)kind;
    return kind != TB_VERDICT_NONE;
}

enum verdict_state { VERDICT_ABSENT, VERDICT_OPEN, VERDICT_DAMAGED, VERDICT_KEPT };

static enum tb_err verdict_state(struct tb_outbox *outbox, int64_t seq, enum verdict_state *ret_state,
                                 int64_t *ret_bytes)
{
    struct tb_stmt *read = &outbox->stmts[TB_OUTBOX_STMT_VERDICT];
    struct tb_outbox_entry entry = {0};
    tb_stmt_bind_int(read, 1, seq);
    bool row = false;
    enum tb_err err = tb_stmt_step(read, &row);
    *ret_bytes = row ? tb_stmt_int(read, 1) : 0;
    if (!row)
        *ret_state = VERDICT_ABSENT;
    else if (tb_stmt_is_null(read, 0))
        *ret_state = VERDICT_OPEN;
    else
        *ret_state =
            verdict_open(outbox, seq, tb_stmt_blob(read, 0), &entry) ? VERDICT_KEPT : VERDICT_DAMAGED;
    tb_stmt_reset(read);
    return err;
}

static enum tb_err verdict_store(struct tb_outbox *outbox, const struct tb_verdict *verdict, int64_t wall_ms)
{
    struct about about;
    uint8_t plain_bytes[VERDICT_SIZE_MAX];
    uint8_t sealed_bytes[VERDICT_SIZE_MAX + TB_AEAD_OVERHEAD];
    struct tb_buf plain = tb_buf_of(plain_bytes, sizeof plain_bytes);
    struct tb_buf sealed = tb_buf_of(sealed_bytes, sizeof sealed_bytes);
    tb_buf_add_u8(&plain, (uint8_t)verdict->kind);
    tb_buf_add_u64be(&plain, (uint64_t)verdict->version);
    tb_buf_add_u64be(&plain, (uint64_t)wall_ms);
    tb_buf_add_str(&plain, verdict->code);
    TB_ASSERT(plain.err == TB_OK);
    enum tb_err err = tb_seal(&outbox->sealer, about_of(outbox, "verdict", verdict->seq, &about),
                              tb_buf_span(&plain), &sealed);
    if (err != TB_OK)
        return err;
    struct tb_stmt *decide = &outbox->stmts[TB_OUTBOX_STMT_DECIDE];
    tb_stmt_bind_int(decide, 1, verdict->seq);
    tb_stmt_bind_blob(decide, 2, tb_buf_span(&sealed));
    return tb_stmt_run(decide);
}

enum tb_err tb_outbox_decide(struct tb_outbox *outbox, const struct tb_verdict *verdict, int64_t wall_ms)
{
    enum verdict_state state = VERDICT_ABSENT;
    int64_t bytes = 0;
    enum tb_err err = verdict_state(outbox, verdict->seq, &state, &bytes);
    if (err != TB_OK || state == VERDICT_ABSENT || state == VERDICT_KEPT)
        return err;
    err = verdict_store(outbox, verdict, wall_ms);
    if (err == TB_OK && state == VERDICT_OPEN) {
        outbox->undecided_count--;
        outbox->undecided_bytes -= bytes;
    }
    return err;
}

static enum tb_err settled_write(struct tb_outbox *outbox, int64_t seq)
{
    struct about about;
    uint8_t plain_bytes[8];
    uint8_t sealed_bytes[sizeof plain_bytes + TB_AEAD_OVERHEAD];
    struct tb_buf plain = tb_buf_of(plain_bytes, sizeof plain_bytes);
    struct tb_buf sealed = tb_buf_of(sealed_bytes, sizeof sealed_bytes);
    tb_buf_add_u64be(&plain, (uint64_t)seq);
    enum tb_err err =
        tb_seal(&outbox->sealer, about_of(outbox, SETTLED_NAME, 0, &about), tb_buf_span(&plain), &sealed);
    if (err != TB_OK)
        return err;
    struct tb_stmt *settle = &outbox->stmts[TB_OUTBOX_STMT_SETTLE];
    tb_stmt_bind_blob(settle, 1, tb_buf_span(&sealed));
    return tb_stmt_run(settle);
}

/* What is to be removed of the oldest settled ones. */
struct trim {
    int64_t before_wall_ms;
    int64_t bytes; /* of decided ones that would be left */
    size_t count;
    int64_t seqs[TB_OUTBOX_REMOVE_MAX];
    size_t shown_count; /* old enough to go, and kept for people */
    int64_t shown[TB_OUTBOX_REJECTED_MAX + TB_OUTBOX_REMOVE_MAX];
};

static bool is_for_people(const struct trim *trim, const struct tb_outbox_entry *entry)
{
    const int64_t longer_ms = TB_OUTBOX_REJECTED_KEEP_MS - TB_OUTBOX_KEEP_MS;
    bool told = entry->verdict.kind == TB_VERDICT_REJECTED || entry->verdict.code[0] != '\0';
    return told && entry->decided_ms >= trim->before_wall_ms - longer_ms;
}

/* False: this one stays, and all behind it. */
static bool row_trim(struct tb_outbox *outbox, struct trim *trim, const struct tb_stmt *row)
{
    struct tb_outbox_entry entry = {0};
    int64_t seq = tb_stmt_int(row, 0);
    /* A damaged verdict says no time; the row is settled and goes with those behind it. */
    bool opened = verdict_open(outbox, seq, tb_stmt_blob(row, 1), &entry);
    bool old = !opened || entry.decided_ms < trim->before_wall_ms;
    bool too_many = trim->bytes > TB_OUTBOX_DECIDED_BYTES_MAX;
    if (trim->count == TB_OUTBOX_REMOVE_MAX || (!old && !too_many))
        return false;
    if (opened && !too_many && is_for_people(trim, &entry)) {
        trim->shown[trim->shown_count++] = seq;
        return true;
    }
    trim->seqs[trim->count++] = seq;
    trim->bytes -= tb_stmt_int(row, 2);
    return true;
}

static enum tb_err trim_find(struct tb_outbox *outbox, struct trim *trim)
{
    struct tb_stmt *oldest = &outbox->stmts[TB_OUTBOX_STMT_OLDEST];
    tb_stmt_bind_int(oldest, 1, outbox->settled_seq);
    tb_stmt_bind_int(oldest, 2, TB_OUTBOX_REJECTED_MAX + TB_OUTBOX_REMOVE_MAX);
    bool row = false;
    bool more = true;
    enum tb_err err = TB_OK;
    while (more && (err = tb_stmt_step(oldest, &row)) == TB_OK && row)
        more = row_trim(outbox, trim, oldest);
    tb_stmt_reset(oldest);
    return err;
}

enum tb_err tb_outbox_replace(struct tb_outbox *outbox, const struct tb_mutation *mutation)
{
    struct tb_buf json = tb_buf_of(outbox->work->json, sizeof outbox->work->json);
    struct tb_json_writer w = tb_json_writer_of(&json);
    tb_mutation_encode(&w, NULL, mutation);
    if (json.err != TB_OK)
        return json.err;
    struct tb_span sealed;
    enum tb_err err = mutation_seal(outbox, mutation->seq, tb_buf_span(&json), &sealed);
    if (err != TB_OK)
        return err;
    struct tb_stmt *replace = &outbox->stmts[TB_OUTBOX_STMT_REPLACE];
    tb_stmt_bind_int(replace, 1, mutation->seq);
    tb_stmt_bind_blob(replace, 2, sealed);
    return tb_stmt_run(replace);
}

enum tb_err tb_outbox_remove(struct tb_outbox *outbox, int64_t seq)
{
    struct tb_stmt *remove = &outbox->stmts[TB_OUTBOX_STMT_REMOVE];
    tb_stmt_bind_int(remove, 1, seq);
    return tb_stmt_run(remove);
}

static enum tb_err rows_trim(struct tb_outbox *outbox, int64_t before_wall_ms)
{
    struct trim trim = {.before_wall_ms = before_wall_ms,
                        .bytes = outbox->stored_bytes - outbox->undecided_bytes};
    enum tb_err err = trim_find(outbox, &trim);
    for (size_t i = 0; i < trim.count && err == TB_OK; i++)
        err = tb_outbox_remove(outbox, trim.seqs[i]);
    for (size_t i = 0; i + TB_OUTBOX_REJECTED_MAX < trim.shown_count && err == TB_OK; i++)
        err = tb_outbox_remove(outbox, trim.shown[i]);
    bool removed = trim.count > 0 || trim.shown_count > TB_OUTBOX_REJECTED_MAX;
    return err == TB_OK && removed ? tb_outbox_recount(outbox) : err;
}

enum tb_err tb_outbox_settle(struct tb_outbox *outbox, int64_t up_to_seq, int64_t before_wall_ms)
{
    int64_t decided = 0;
    enum tb_err err = tb_outbox_decided_seq(outbox, &decided);
    int64_t settled = up_to_seq < decided ? up_to_seq : decided;
    if (err == TB_OK && settled > outbox->settled_seq) {
        err = settled_write(outbox, settled);
        if (err == TB_OK)
            outbox->settled_seq = settled;
    }
    return err == TB_OK ? rows_trim(outbox, before_wall_ms) : err;
}

/* One row of numbers. */
static enum tb_err query_ints(struct tb_db *db, const char *sql, int64_t *ret_values, int count)
{
    struct tb_stmt stmt;
    enum tb_err err = tb_stmt_prepare(db, sql, &stmt);
    if (err != TB_OK)
        return err;
    bool row = false;
    err = tb_stmt_step(&stmt, &row);
    for (int i = 0; i < count; i++)
        ret_values[i] = err == TB_OK && row ? tb_stmt_int(&stmt, i) : 0;
    tb_stmt_free(&stmt);
    return err;
}

enum tb_err tb_outbox_recount(struct tb_outbox *outbox)
{
    int64_t all[3];
    int64_t open[2];
    bool found = false;
    enum tb_err err =
        query_ints(outbox->db, "SELECT max(seq), count(*), sum(length(sealed)) FROM mutation", all, 3);
    if (err == TB_OK)
        err = query_ints(outbox->db,
                         "SELECT count(*), sum(length(sealed)) FROM mutation WHERE verdict IS NULL", open, 2);
    outbox->settled_seq = 0;
    if (err == TB_OK)
        err = meta_read(outbox, SETTLED_NAME, settled_take, &found);
    if (err != TB_OK)
        return err;
    outbox->next_seq = all[0] + 1;
    outbox->stored_count = all[1];
    outbox->stored_bytes = all[2];
    outbox->undecided_count = open[0];
    outbox->undecided_bytes = open[1];
    return TB_OK;
}

static bool mutation_verifies(struct tb_outbox *outbox, int64_t seq, struct tb_span sealed)
{
    struct about about;
    struct tb_buf packed = tb_buf_of(outbox->work->packed, sizeof outbox->work->packed);
    return tb_unseal(&outbox->sealer, about_of(outbox, "mutation", seq, &about), sealed, &packed) == TB_OK;
}

/* A mutation that does not verify cannot be sent and gets no verdict: a hole that stops nothing. */
enum tb_err tb_outbox_decided_seq(struct tb_outbox *outbox, int64_t *ret_seq)
{
    struct tb_stmt *read = &outbox->stmts[TB_OUTBOX_STMT_READ];
    tb_stmt_bind_int(read, 1, outbox->settled_seq + 1);
    *ret_seq = outbox->settled_seq;
    bool row = false;
    enum tb_err err = TB_OK;
    while ((err = tb_stmt_step(read, &row)) == TB_OK && row) {
        struct tb_outbox_entry entry = {0};
        int64_t seq = tb_stmt_int(read, 0);
        if (verdict_open(outbox, seq, tb_stmt_blob(read, 2), &entry))
            *ret_seq = seq;
        else if (mutation_verifies(outbox, seq, tb_stmt_blob(read, 1)))
            break;
    }
    tb_stmt_reset(read);
    return err;
}

static enum tb_err mutation_parse(struct tb_span json, struct tb_arena *arena,
                                  struct tb_mutation *ret_mutation)
{
    struct tb_check check = {0};
    struct tb_json object;
    enum tb_err err = tb_json_parse(json, TB_MUTATION_JSON_SIZE_MAX, arena, &object);
    if (err != TB_OK)
        return err;
    tb_mutation_decode(&check, object, arena, ret_mutation);
    return check.err;
}

static enum tb_err entry_load(struct tb_outbox *outbox, const struct tb_stmt *row, struct tb_arena *arena,
                              struct tb_outbox_entry *ret_entry)
{
    struct about about;
    int64_t seq = tb_stmt_int(row, 0);
    struct tb_outbox_work *work = outbox->work;
    struct tb_buf packed = tb_buf_of(work->packed, sizeof work->packed);
    struct tb_buf json = tb_buf_of(work->json, sizeof work->json);
    enum tb_err err =
        tb_unseal(&outbox->sealer, about_of(outbox, "mutation", seq, &about), tb_stmt_blob(row, 1), &packed);
    if (err == TB_OK)
        err = tb_unpack_json(tb_buf_span(&packed), &json);
    if (err != TB_OK)
        return err;
    ret_entry->json = tb_buf_span(&json);
    (void)verdict_open(outbox, seq, tb_stmt_blob(row, 2), ret_entry);
    return mutation_parse(ret_entry->json, arena, &ret_entry->mutation);
}

enum tb_err tb_outbox_each(struct tb_outbox *outbox, enum tb_outbox_part part, int64_t from_seq,
                           bool (*each)(void *context, const struct tb_outbox_entry *entry), void *context)
{
    struct tb_stmt *read = &outbox->stmts[TB_OUTBOX_STMT_READ];
    if (part == TB_OUTBOX_UNSETTLED && from_seq <= outbox->settled_seq)
        from_seq = outbox->settled_seq + 1;
    tb_stmt_bind_int(read, 1, from_seq);
    enum tb_err damaged = TB_OK;
    bool row = true;
    bool wanted = true;
    enum tb_err err = TB_OK;
    while (wanted && (err = tb_stmt_step(read, &row)) == TB_OK && row) {
        struct tb_arena arena = tb_arena_of(outbox->work->parsed, sizeof outbox->work->parsed);
        struct tb_outbox_entry entry = {0};
        enum tb_err loaded = entry_load(outbox, read, &arena, &entry);
        if (loaded == TB_OK)
            wanted = each(context, &entry);
        else
            damaged = TB_ERR_SEAL;
        tb_arena_release(&arena, 0);
    }
    tb_stmt_reset(read);
    return err != TB_OK ? err : damaged;
}

enum tb_err tb_outbox_forget_from(struct tb_outbox *outbox, int64_t seq)
{
    struct tb_stmt stmt;
    enum tb_err err = tb_stmt_prepare(outbox->db, "DELETE FROM mutation WHERE seq >= ?1", &stmt);
    if (err != TB_OK)
        return err;
    tb_stmt_bind_int(&stmt, 1, seq);
    err = tb_stmt_run(&stmt);
    tb_stmt_free(&stmt);
    return err;
}

enum tb_err tb_outbox_check(struct tb_outbox *outbox)
{
    return tb_db_check(outbox->db);
}

/* ---- salvage ---- */

bool tb_outbox_verifies(struct tb_outbox *outbox, const struct tb_outbox_sealed *sealed)
{
    return mutation_verifies(outbox, sealed->seq, sealed->mutation);
}

enum tb_err tb_outbox_import(struct tb_outbox *outbox, const struct tb_outbox_sealed *sealed)
{
    struct tb_outbox_entry entry = {0};
    enum verdict_state state = VERDICT_ABSENT;
    int64_t bytes = 0;
    if (!tb_outbox_verifies(outbox, sealed))
        return TB_ERR_SEAL;
    bool decided = verdict_open(outbox, sealed->seq, sealed->verdict, &entry);
    enum tb_err err = verdict_state(outbox, sealed->seq, &state, &bytes);
    if (err != TB_OK || state == VERDICT_KEPT || (state == VERDICT_OPEN && !decided))
        return err;
    if (state == VERDICT_OPEN) {
        struct tb_stmt *decide = &outbox->stmts[TB_OUTBOX_STMT_DECIDE];
        tb_stmt_bind_int(decide, 1, sealed->seq);
        tb_stmt_bind_blob(decide, 2, sealed->verdict);
        return tb_stmt_run(decide);
    }
    struct tb_stmt *import = &outbox->stmts[TB_OUTBOX_STMT_IMPORT];
    tb_stmt_bind_int(import, 1, sealed->seq);
    tb_stmt_bind_blob(import, 2, sealed->mutation);
    if (decided)
        tb_stmt_bind_blob(import, 3, sealed->verdict);
    else
        tb_stmt_bind_null(import, 3);
    return tb_stmt_run(import);
}

enum tb_err tb_outbox_adopt(struct tb_outbox *outbox, const struct tb_id *incarnation)
{
    outbox->incarnation = *incarnation;
    return incarnation_write(outbox);
}

enum tb_err tb_outbox_go_on(struct tb_outbox *outbox, int64_t seq)
{
    uint8_t bytes[128];
    struct tb_buf json = tb_buf_of(bytes, sizeof bytes);
    const struct tb_mutation place = {.seq = seq - 1, .kind = TB_MUTATION_SKIPPED, .skipped.count = 1};
    struct tb_json_writer w = tb_json_writer_of(&json);
    tb_mutation_encode(&w, NULL, &place);
    TB_ASSERT(json.err == TB_OK);
    int64_t stored = 0;
    return mutation_store(outbox, place.seq, tb_buf_span(&json), &stored);
}
