#include "agent/cache/state.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "core/credential/keydoc.h"

#define STATE_APPLICATION_ID 0x54425354 /* "TBST" */
#define FACT_SIZE_MAX TB_DOC_JSON_SIZE_MAX
#define EPOCH_NAME "epoch"
#define WINDOW_NAME "reconnect_window_ms"
#define FLOOR_NAME "wall_floor_ms"
#define CURSOR_NAME "device_cursor"
#define ERASURES_NAME "erasures_cursor"
#define SESSION_NAME "session_key"
#define REPLAY_NAME "replay_key"
#define RESTORES_NAME "restores"
#define OUTBOX_NAME "outbox"
#define TAKEN_NAME "taken"
#define SETTING_SIZE_MAX 128

_Static_assert(TB_STATE_TAKEN_MAX *TB_ID_SIZE <= SETTING_SIZE_MAX, "they are one setting");
_Static_assert(TB_SESSION_KEY_SIZE == TB_REPLAY_KEY_SIZE, "made alike");

static const char *const migrations[] = {
    "CREATE TABLE setting (name TEXT PRIMARY KEY NOT NULL, sealed BLOB NOT NULL) STRICT;"
    "CREATE TABLE fact ("
    " type INTEGER NOT NULL," /* enum tb_row_type */
    " id TEXT NOT NULL,"
    " version INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL,"
    " sealed BLOB NOT NULL," /* the document, under the device key, bound to all of the above */
    " PRIMARY KEY (type, id)"
    ") STRICT;",
    /* Version 2: what was shown and is good once. */
    "CREATE TABLE replay ("
    " name BLOB PRIMARY KEY NOT NULL,"
    " counter INTEGER NOT NULL,"
    " forget_ms INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX replay_forget ON replay (forget_ms);"
    "CREATE TABLE replay_total (one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL) STRICT;"
    "INSERT INTO replay_total VALUES (1, 0);"
    "CREATE TRIGGER replay_added AFTER INSERT ON replay"
    " BEGIN UPDATE replay_total SET count = count + 1; END;"
    "CREATE TRIGGER replay_gone AFTER DELETE ON replay"
    " BEGIN UPDATE replay_total SET count = count - 1; END;",
    /* Version 3: the POS software that was paired. */
    "CREATE TABLE pos_client (number INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;",
};

static const char *const statements[TB_STATE_STMT_COUNT] = {
    [TB_STATE_STMT_FACT_READ] =
        "SELECT type, id, version, epoch, sealed FROM fact WHERE type = ?1 AND id = ?2",
    [TB_STATE_STMT_FACT_PUT] =
        "INSERT OR REPLACE INTO fact (type, id, version, epoch, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
    [TB_STATE_STMT_FACT_DROP] = "DELETE FROM fact WHERE type = ?1 AND id = ?2",
    [TB_STATE_STMT_SETTING_PUT] = "INSERT OR REPLACE INTO setting (name, sealed) VALUES (?1, ?2)",
    [TB_STATE_STMT_REPLAY_READ] = "SELECT counter FROM replay WHERE name = ?1",
    [TB_STATE_STMT_REPLAY_ADD] = "INSERT INTO replay (name, counter, forget_ms) VALUES (?1, ?2, ?3)",
    [TB_STATE_STMT_REPLAY_RAISE] = "UPDATE replay SET counter = ?2, forget_ms = ?3 WHERE name = ?1",
    [TB_STATE_STMT_REPLAY_EXPIRE] = "DELETE FROM replay WHERE name IN (SELECT name FROM replay"
                                    " WHERE forget_ms <= ?1 ORDER BY forget_ms LIMIT ?2)",
    [TB_STATE_STMT_REPLAY_TOTAL] = "SELECT count FROM replay_total",
    [TB_STATE_STMT_POS_PUT] = "INSERT OR REPLACE INTO pos_client (number, sealed) VALUES (?1, ?2)",
    [TB_STATE_STMT_POS_DROP] = "DELETE FROM pos_client WHERE number = ?1",
};

static enum tb_err setting_put(struct tb_state *state, const char *name, struct tb_span value)
{
    uint8_t bytes[SETTING_SIZE_MAX + TB_AEAD_OVERHEAD];
    struct tb_buf sealed = tb_buf_of(bytes, sizeof bytes);
    enum tb_err err = tb_seal(&state->sealer, tb_span_str(name), value, &sealed);
    if (err != TB_OK)
        return err;
    struct tb_stmt *put = &state->stmts[TB_STATE_STMT_SETTING_PUT];
    tb_stmt_bind_text(put, 1, tb_span_str(name));
    tb_stmt_bind_blob(put, 2, tb_buf_span(&sealed));
    return tb_stmt_run(put);
}

static enum tb_err setting_put_int(struct tb_state *state, const char *name, int64_t value)
{
    uint8_t bytes[8];
    struct tb_buf b = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add_u64be(&b, (uint64_t)value);
    return setting_put(state, name, tb_buf_span(&b));
}

/* ---- the file ---- */

static enum tb_err key_make(struct tb_state *state, const char *name)
{
    uint8_t key[TB_SESSION_KEY_SIZE];
    const struct tb_rng *rng = state->sealer.rng;
    rng->fill(rng->context, key, sizeof key);
    enum tb_err err = setting_put(state, name, tb_span_of(key, sizeof key));
    tb_wipe(key, sizeof key);
    return err;
}

enum tb_err tb_state_open(const char *path, const struct tb_sealer *sealer, struct tb_state *ret_state)
{
    const struct tb_db_options options = {
        .sync = TB_DB_SYNC_FULL,
        .page_size = 1024,
        .cache_kib = 64,
        .checkpoint_pages = 256,
        .exclusive = true,
        .secure_delete = true,
        .application_id = STATE_APPLICATION_ID,
        .migrations = migrations,
        .migration_count = TB_ARRAY_SIZE(migrations),
    };
    *ret_state = (struct tb_state){0};
    enum tb_err err = tb_sealer_share(sealer, &ret_state->sealer);
    if (err == TB_OK)
        err = tb_db_open(path, &options, &ret_state->db);
    if (err == TB_OK)
        err = tb_stmt_prepare_all(ret_state->db, statements, TB_STATE_STMT_COUNT, ret_state->stmts);
    if (err != TB_OK)
        tb_state_close(ret_state);
    return err;
}

void tb_state_close(struct tb_state *state)
{
    tb_stmt_free_all(state->stmts, TB_STATE_STMT_COUNT);
    state->db = tb_db_close(state->db);
    tb_wipe(state->replay_key, sizeof state->replay_key);
    tb_sealer_wipe(&state->sealer);
}

/* ---- loading ---- */

static void pepper_take(struct tb_facts *facts, const struct tb_key_doc *doc)
{
    if (doc->value_size != TB_PEPPER_SIZE || doc->version <= facts->pepper.version)
        return;
    facts->pepper.version = doc->version;
    memcpy(facts->pepper.bytes, doc->value, TB_PEPPER_SIZE);
}

/* What does not fit into the ring is left out: the context store keeps no more keys than that. */
static enum tb_err key_take(struct tb_facts *facts, const struct tb_key_doc *doc)
{
    struct tb_ring_key key;
    if (strcmp(doc->kind, "pepper") == 0) {
        pepper_take(facts, doc);
        return TB_OK;
    }
    enum tb_err err = tb_ring_key_of_doc(doc, &key);
    if (err == TB_OK)
        err = tb_keyring_put(&facts->ring, &key);
    tb_wipe(&key, sizeof key);
    return err;
}

static struct tb_operator_known *operator_find(struct tb_operators_known *known, const char *id)
{
    for (size_t i = 0; i < known->count; i++)
        if (strcmp(known->at[i].id, id) == 0)
            return &known->at[i];
    return NULL;
}

static enum tb_err operator_take(struct tb_operators_known *known, const char *id,
                                 const struct tb_operator *doc)
{
    struct tb_operator_known *entry = operator_find(known, id);
    if (!entry && known->count == TB_OPERATOR_COUNT_MAX)
        return TB_ERR_FULL;
    if (!entry)
        entry = &known->at[known->count++];
    entry->doc = *doc;
    return tb_span_to_str(tb_span_str(id), entry->id, sizeof entry->id);
}

static void operator_drop(struct tb_operators_known *known, const char *id)
{
    struct tb_operator_known *entry = operator_find(known, id);
    if (!entry)
        return;
    *entry = known->at[--known->count];
    tb_wipe(&known->at[known->count], sizeof known->at[0]);
}

static enum tb_err fact_parse(struct tb_facts *facts, const struct tb_row *row)
{
    const enum tb_row_type type = row->type;
    uint8_t block[TB_JSON_ARENA_SIZE(FACT_SIZE_MAX)];
    struct tb_arena arena = tb_arena_of(block, sizeof block);
    struct tb_check check = {0};
    struct tb_json object;
    enum tb_err err = tb_json_parse(row->doc, FACT_SIZE_MAX, &arena, &object);
    if (err != TB_OK)
        return err;
    if (type == TB_ROW_TERMINAL) {
        struct tb_terminal terminal = {0};
        tb_terminal_decode(&check, object, &terminal);
        if (check.err == TB_OK)
            facts->terminal = terminal;
        facts->terminal_known |= check.err == TB_OK;
    } else if (type == TB_ROW_POLICY) {
        struct tb_policy policy = {0};
        tb_policy_decode(&check, object, &policy);
        if (check.err == TB_OK)
            facts->policy = policy;
        facts->policy_known |= check.err == TB_OK;
    } else if (type == TB_ROW_KEY) {
        struct tb_key_doc key = {0};
        tb_key_doc_decode(&check, object, &key);
        if (check.err == TB_OK)
            check.err = key_take(facts, &key);
        tb_wipe(&key, sizeof key);
        tb_arena_release(&arena, 0);
    } else if (type == TB_ROW_OPERATOR) {
        struct tb_operator operator= {.active = false };
        tb_operator_decode(&check, object, &operator);
        if (check.err == TB_OK && strlen(row->id) > TB_SHORT_SIZE_MAX)
            check.err = TB_ERR_TOO_LONG;
        if (check.err == TB_OK)
            check.err = operator_take(&facts->operators, row->id, &operator);
    }
    return check.err;
}

void tb_facts_apply(struct tb_facts *facts, const struct tb_row *row)
{
    /* A document that does not decode changes nothing: the last good one stays in force. */
    if (row->op == TB_ROW_PUT)
        (void)fact_parse(facts, row);
    else if (row->type == TB_ROW_OPERATOR)
        operator_drop(&facts->operators, row->id);
    else if (row->type == TB_ROW_KEY) {
        enum tb_err err = tb_keyring_drop_row(&facts->ring, row->id);
        TB_ASSERT(err == TB_OK || err == TB_ERR_NOT_FOUND); /* one that it never had is no news */
    }
}

/* What a sealed fact is bound to. */
struct about {
    uint8_t bytes[32 + TB_ROW_ID_SIZE_MAX];
};

static struct tb_span about_fact(const struct tb_row *row, int64_t epoch, struct about *space)
{
    struct tb_buf about = tb_buf_of(space->bytes, sizeof space->bytes);
    tb_buf_add_str(&about, "fact");
    tb_buf_add_u8(&about, (uint8_t)row->type);
    tb_buf_add_u64be(&about, (uint64_t)row->version);
    tb_buf_add_u64be(&about, (uint64_t)epoch);
    tb_buf_add_str(&about, row->id);
    return tb_buf_span(&about);
}

/* Opens the fact under the statement (type, id, version, epoch, sealed); its document is appended to doc. */
static enum tb_err fact_open(struct tb_state *state, const struct tb_stmt *stmt, struct tb_buf *doc,
                             struct tb_row *ret_row)
{
    struct about about;
    int64_t type = tb_stmt_int(stmt, 0);
    *ret_row = (struct tb_row){.op = TB_ROW_PUT, .version = tb_stmt_int(stmt, 2)};
    if (type <= TB_ROW_NONE || type >= TB_ROW_TYPE_COUNT)
        return TB_ERR_CORRUPT;
    ret_row->type = (enum tb_row_type)type;
    enum tb_err err = tb_span_to_str(tb_stmt_blob(stmt, 1), ret_row->id, sizeof ret_row->id);
    if (err == TB_OK)
        err = tb_unseal(&state->sealer, about_fact(ret_row, tb_stmt_int(stmt, 3), &about),
                        tb_stmt_blob(stmt, 4), doc);
    ret_row->doc = tb_buf_span(doc);
    return err;
}

static enum tb_err fact_load(struct tb_state *state, const struct tb_stmt *stmt, struct tb_facts *facts)
{
    uint8_t bytes[FACT_SIZE_MAX];
    struct tb_buf doc = tb_buf_of(bytes, sizeof bytes);
    struct tb_row row;
    enum tb_err err = fact_open(state, stmt, &doc, &row);
    if (err == TB_OK)
        tb_facts_apply(facts, &row);
    tb_wipe(bytes, doc.size);
    return err;
}

static enum tb_err facts_load(struct tb_state *state, struct tb_facts *facts, bool *ret_damaged)
{
    struct tb_stmt read;
    enum tb_err err = tb_stmt_prepare(state->db, "SELECT type, id, version, epoch, sealed FROM fact", &read);
    if (err != TB_OK)
        return err;
    bool row = false;
    while ((err = tb_stmt_step(&read, &row)) == TB_OK && row)
        *ret_damaged |= fact_load(state, &read, facts) != TB_OK;
    tb_stmt_free(&read);
    return err;
}

static int64_t value_int(struct tb_span value)
{
    struct tb_reader from = tb_reader_of(value);
    return (int64_t)tb_read_u64be(&from);
}

static void outbox_take(struct tb_span value, struct tb_settings *settings)
{
    struct tb_reader from = tb_reader_of(value);
    struct tb_span incarnation = tb_read_bytes(&from, TB_ID_SIZE);
    int64_t floor = (int64_t)tb_read_u64be(&from);
    if (from.err != TB_OK || floor < 0)
        return;
    memcpy(settings->outbox_incarnation.bytes, incarnation.at, TB_ID_SIZE);
    settings->outbox_floor = floor;
}

static void taken_take(struct tb_span value, struct tb_taken *taken)
{
    struct tb_reader from = tb_reader_of(value);
    *taken = (struct tb_taken){.count = 0};
    while (from.rest.size > 0 && taken->count < TB_STATE_TAKEN_MAX) {
        struct tb_span id = tb_read_bytes(&from, TB_ID_SIZE);
        if (from.err != TB_OK)
            return;
        memcpy(taken->ids[taken->count++].bytes, id.at, TB_ID_SIZE);
    }
}

static void cursor_take(struct tb_span value, struct tb_cursor *cursor)
{
    if (value.size > TB_CURSOR_SIZE_MAX)
        return;
    if (value.size)
        memcpy(cursor->bytes, value.at, value.size);
    cursor->size = (uint8_t)value.size;
}

static void setting_take(struct tb_state *state, struct tb_span name, struct tb_span value,
                         struct tb_settings *settings)
{
    if (tb_span_is(name, EPOCH_NAME)) {
        if (tb_span_to_str(value, settings->epoch, sizeof settings->epoch) != TB_OK)
            settings->epoch[0] = '\0';
    } else if (tb_span_is(name, WINDOW_NAME)) {
        settings->reconnect_window_ms = value_int(value);
    } else if (tb_span_is(name, FLOOR_NAME)) {
        settings->wall_floor_ms = value_int(value);
    } else if (tb_span_is(name, CURSOR_NAME)) {
        cursor_take(value, &settings->device_cursor);
    } else if (tb_span_is(name, ERASURES_NAME)) {
        cursor_take(value, &settings->erasures_cursor);
    } else if (tb_span_is(name, SESSION_NAME) && value.size == TB_SESSION_KEY_SIZE) {
        memcpy(settings->session_key, value.at, value.size);
    } else if (tb_span_is(name, REPLAY_NAME) && value.size == TB_REPLAY_KEY_SIZE) {
        memcpy(state->replay_key, value.at, value.size);
    } else if (tb_span_is(name, OUTBOX_NAME)) {
        outbox_take(value, settings);
    } else if (tb_span_is(name, TAKEN_NAME)) {
        taken_take(value, &settings->taken);
    } else if (tb_span_is(name, RESTORES_NAME)) {
        state->epoch = value_int(value);
    }
}

/* The setting under the statement; one that does not verify keeps its default. */
static void setting_load(struct tb_state *state, const struct tb_stmt *row, struct tb_settings *settings)
{
    uint8_t bytes[SETTING_SIZE_MAX];
    struct tb_buf value = tb_buf_of(bytes, sizeof bytes);
    struct tb_span name = tb_stmt_blob(row, 0);
    if (tb_unseal(&state->sealer, name, tb_stmt_blob(row, 1), &value) == TB_OK)
        setting_take(state, name, tb_buf_span(&value), settings);
    tb_wipe(bytes, value.size);
}

static enum tb_err settings_load(struct tb_state *state, struct tb_settings *settings)
{
    struct tb_stmt read;
    enum tb_err err = tb_stmt_prepare(state->db, "SELECT name, sealed FROM setting", &read);
    if (err != TB_OK)
        return err;
    bool row = false;
    while ((err = tb_stmt_step(&read, &row)) == TB_OK && row)
        setting_load(state, &read, settings);
    tb_stmt_free(&read);
    return err;
}

static bool key_missing(const uint8_t *key)
{
    static const uint8_t none[TB_SESSION_KEY_SIZE];
    return memcmp(key, none, sizeof none) == 0;
}

static enum tb_err keys_make(struct tb_state *state, struct tb_settings *settings)
{
    bool session = key_missing(settings->session_key);
    bool replay = key_missing(state->replay_key);
    enum tb_err err = session ? key_make(state, SESSION_NAME) : TB_OK;
    if (err == TB_OK && replay)
        err = key_make(state, REPLAY_NAME);
    return err == TB_OK && (session || replay) ? settings_load(state, settings) : err;
}

enum tb_err tb_state_load(struct tb_state *state, struct tb_facts *ret_facts,
                          struct tb_settings *ret_settings)
{
    *ret_facts = (struct tb_facts){0};
    *ret_settings = (struct tb_settings){0};
    bool damaged = false;
    enum tb_err err = facts_load(state, ret_facts, &damaged);
    if (err == TB_OK)
        err = settings_load(state, ret_settings);
    if (err == TB_OK)
        err = keys_make(state, ret_settings);
    if (damaged) /* the whole feed again: writing a fact anew mends it */
        ret_settings->device_cursor.size = 0;
    return err;
}

/* ---- writing ---- */

/* A stored fact that does not verify counts as absent. */
static enum tb_err fact_is_newer(struct tb_state *state, const struct tb_row *row, bool *ret_newer)
{
    struct tb_stmt *read = &state->stmts[TB_STATE_STMT_FACT_READ];
    tb_stmt_bind_int(read, 1, row->type);
    tb_stmt_bind_text(read, 2, tb_span_str(row->id));
    bool found = false;
    enum tb_err err = tb_stmt_step(read, &found);
    *ret_newer = true;
    if (found) {
        uint8_t bytes[FACT_SIZE_MAX];
        struct tb_buf doc = tb_buf_of(bytes, sizeof bytes);
        struct tb_row stored;
        bool verifies = fact_open(state, read, &doc, &stored) == TB_OK;
        *ret_newer = !verifies || tb_stmt_int(read, 3) != state->epoch || row->version > stored.version;
        tb_wipe(bytes, doc.size);
    }
    tb_stmt_reset(read);
    return err;
}

static enum tb_err fact_put(struct tb_state *state, const struct tb_row *row)
{
    struct about about;
    uint8_t bytes[FACT_SIZE_MAX + TB_AEAD_OVERHEAD];
    struct tb_buf sealed = tb_buf_of(bytes, sizeof bytes);
    enum tb_err err = tb_seal(&state->sealer, about_fact(row, state->epoch, &about), row->doc, &sealed);
    if (err != TB_OK)
        return err;
    struct tb_stmt *put = &state->stmts[TB_STATE_STMT_FACT_PUT];
    tb_stmt_bind_int(put, 1, row->type);
    tb_stmt_bind_text(put, 2, tb_span_str(row->id));
    tb_stmt_bind_int(put, 3, row->version);
    tb_stmt_bind_int(put, 4, state->epoch);
    tb_stmt_bind_blob(put, 5, tb_buf_span(&sealed));
    return tb_stmt_run(put);
}

static enum tb_err fact_apply(struct tb_state *state, const struct tb_row *row)
{
    if (row->type != TB_ROW_TERMINAL && row->type != TB_ROW_POLICY && row->type != TB_ROW_KEY &&
        row->type != TB_ROW_OPERATOR)
        return TB_OK;
    bool newer = false;
    enum tb_err err = fact_is_newer(state, row, &newer);
    if (err != TB_OK || !newer)
        return err;
    if (row->op == TB_ROW_PUT)
        return fact_put(state, row);
    struct tb_stmt *drop = &state->stmts[TB_STATE_STMT_FACT_DROP];
    tb_stmt_bind_int(drop, 1, row->type);
    tb_stmt_bind_text(drop, 2, tb_span_str(row->id));
    return tb_stmt_run(drop);
}

enum tb_err tb_state_apply(struct tb_state *state, const struct tb_rows *rows, const struct tb_cursor *cursor)
{
    for (size_t i = 0; i < rows->count; i++) {
        enum tb_err err = fact_apply(state, &rows->at[i]);
        if (err != TB_OK && tb_err_class(err) != TB_CLASS_INPUT)
            return err;
    }
    return setting_put(state, CURSOR_NAME, tb_span_of(cursor->bytes, cursor->size));
}

enum tb_err tb_state_set_erasures(struct tb_state *state, const struct tb_cursor *cursor)
{
    return setting_put(state, ERASURES_NAME, tb_span_of(cursor->bytes, cursor->size));
}

enum tb_err tb_state_set_epoch(struct tb_state *state, const char *epoch, bool restored)
{
    enum tb_err err = TB_OK;
    if (restored)
        err = setting_put(state, CURSOR_NAME, tb_span_of("", 0));
    if (err == TB_OK && restored)
        err = setting_put(state, ERASURES_NAME, tb_span_of("", 0));
    if (err == TB_OK && restored)
        err = setting_put_int(state, RESTORES_NAME, state->epoch + 1);
    if (err == TB_OK && restored)
        state->epoch++;
    return err == TB_OK ? setting_put(state, EPOCH_NAME, tb_span_str(epoch)) : err;
}

enum tb_err tb_state_set_reconnect_window(struct tb_state *state, int64_t window_ms)
{
    return setting_put_int(state, WINDOW_NAME, window_ms);
}

enum tb_err tb_state_set_wall_floor(struct tb_state *state, int64_t wall_ms)
{
    return setting_put_int(state, FLOOR_NAME, wall_ms);
}

enum tb_err tb_state_set_outbox(struct tb_state *state, const struct tb_id *incarnation, int64_t floor)
{
    uint8_t bytes[TB_ID_SIZE + 8];
    struct tb_buf value = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add(&value, tb_id_span(incarnation));
    tb_buf_add_u64be(&value, (uint64_t)floor);
    return setting_put(state, OUTBOX_NAME, tb_buf_span(&value));
}

enum tb_err tb_state_set_taken(struct tb_state *state, const struct tb_taken *taken)
{
    uint8_t bytes[TB_STATE_TAKEN_MAX * TB_ID_SIZE];
    struct tb_buf value = tb_buf_of(bytes, sizeof bytes);
    for (size_t i = 0; i < taken->count; i++)
        tb_buf_add(&value, tb_id_span(&taken->ids[i]));
    return value.err == TB_OK ? setting_put(state, TAKEN_NAME, tb_buf_span(&value)) : value.err;
}
