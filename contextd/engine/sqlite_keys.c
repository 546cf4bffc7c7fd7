/* Keys that credentials are verified with: kept, handed to the terminals that may have them, retired. */
#include "contextd/engine/sqlite_engine.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "core/credential/keydoc.h"

#define KEY_DOC_SIZE_MAX 1024u
#define AUDIENCE_ALL "all"
#define AUDIENCE_NONE "none"

/* ---- who gets one ---- */

static bool word_names(struct tb_span word, const char *head, struct tb_span id)
{
    struct tb_span prefix = tb_span_str(head);
    return tb_span_starts(word, prefix) && tb_span_equal(tb_span_sub(word, prefix.size, SIZE_MAX), id);
}

static bool audience_has(struct tb_span audience, struct tb_span store, struct tb_span device)
{
    bool has = tb_span_is(audience, AUDIENCE_ALL);
    while (!has && audience.size > 0) {
        struct tb_span word = tb_span_cut(&audience, ',');
        has = word_names(word, "store:", store) || word_names(word, "device:", device);
    }
    return has;
}

static bool word_ok(struct tb_span word)
{
    static const char *const heads[] = {"store:", "device:"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(heads); i++) {
        struct tb_span head = tb_span_str(heads[i]);
        if (tb_span_starts(word, head) && word.size > head.size)
            return true;
    }
    return false;
}

static bool audience_ok(struct tb_span audience)
{
    if (tb_span_is(audience, AUDIENCE_ALL) || tb_span_is(audience, AUDIENCE_NONE))
        return true;
    bool ok = audience.size > 0 && audience.size <= TB_RECORD_TEXT_MAX;
    while (ok && audience.size > 0)
        ok = word_ok(tb_span_cut(&audience, ','));
    return ok;
}

/* ---- documents ---- */

static enum tb_err doc_parse(struct tb_span text, struct tb_key_doc *ret_doc)
{
    uint8_t block[TB_JSON_ARENA_SIZE(KEY_DOC_SIZE_MAX)];
    struct tb_arena arena = tb_arena_of(block, sizeof block);
    struct tb_check check = {0};
    struct tb_json object;
    enum tb_err err = tb_json_parse(text, KEY_DOC_SIZE_MAX, &arena, &object);
    if (err != TB_OK)
        return err;
    tb_key_doc_decode(&check, object, ret_doc);
    tb_arena_release(&arena, 0);
    return check.err;
}

/* One that does not decode is of a program that knew more, and is of no use to this one. */
static void key_load(struct sqlite_engine *e, struct tb_span text)
{
    struct tb_key_doc doc;
    struct tb_ring_key key = {0};
    enum tb_err err = doc_parse(text, &doc);
    if (err == TB_OK)
        err = tb_ring_key_of_doc(&doc, &key);
    if (err == TB_OK)
        err = tb_keyring_put(&e->ring, &key);
    TB_ASSERT(err != TB_ERR_FULL);
    tb_wipe(&doc, sizeof doc);
    tb_wipe(&key, sizeof key);
}

enum tb_err sqlite_keys_load(struct sqlite_engine *e)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_KEY_LIST);
    tb_keyring_wipe(&e->ring);
    tb_stmt_bind_text(s, 1, tb_span_str(""));
    tb_stmt_bind_int(s, 2, INT64_MAX);
    bool row = false;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row)
        if (tb_stmt_blob(s, 5).size > 0)
            key_load(e, tb_stmt_blob(s, 5));
    tb_stmt_reset(s);
    return err;
}

/* ---- writing ---- */

static enum tb_err key_changed(struct sqlite_engine *e, const char *row_id)
{
    const struct sqlite_change change = {
        .type = TB_ROW_KEY, .op = TB_ROW_PUT, .id = tb_span_str(row_id), .store = ""};
    return sqlite_change_put(e, &change);
}

static enum tb_err room_check(struct sqlite_engine *e, const char *row_id)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_KEY_COUNT);
    tb_stmt_bind_text(s, 1, tb_span_str(row_id));
    bool row = false;
    enum tb_err err = tb_stmt_step(s, &row);
    bool full = err == TB_OK && row && tb_stmt_int(s, 0) >= TB_RING_KEY_COUNT_MAX;
    tb_stmt_reset(s);
    return full ? TB_ERR_FULL : err;
}

static enum tb_err key_write(struct sqlite_engine *e, const char *row_id, const struct tb_record_key *r,
                             const struct tb_key_doc *doc)
{
    uint8_t bytes[KEY_DOC_SIZE_MAX];
    struct tb_buf text = tb_buf_of(bytes, sizeof bytes);
    struct tb_json_writer w = tb_json_writer_of(&text);
    bool is_public = strcmp(doc->kind, tb_ring_use_name(TB_RING_TOKEN)) == 0;
    tb_key_doc_encode(&w, NULL, doc);
    struct tb_stmt *s = sqlite_stmt(e, STMT_KEY_PUT);
    tb_stmt_bind_text(s, 1, tb_span_str(row_id));
    tb_stmt_bind_text(s, 2, tb_span_str(doc->kind));
    tb_stmt_bind_text(s, 3, tb_span_str(doc->id));
    tb_stmt_bind_int(s, 4, doc->version);
    tb_stmt_bind_text(s, 5, tb_span_str(is_public ? AUDIENCE_ALL : r->audience));
    tb_stmt_bind_text(s, 6, tb_buf_span(&text));
    tb_stmt_bind_int(s, 7, e->wall_ms);
    enum tb_err err = text.err == TB_OK ? tb_stmt_run(s) : text.err;
    tb_wipe(bytes, text.size);
    return err;
}

static enum tb_err key_retire(struct sqlite_engine *e, const char *row_id)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_KEY_RETIRE);
    tb_stmt_bind_text(s, 1, tb_span_str(row_id));
    tb_stmt_bind_int(s, 2, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK && tb_db_changes(e->db) == 0 ? TB_ERR_NOT_FOUND : err;
}

/* The name of the row, of a key whose value is not known either. */
static enum tb_err row_name(const struct tb_key_doc *doc, char ret_id[TB_ROW_ID_SIZE_MAX + 1])
{
    struct tb_ring_key key = {.version = (uint32_t)doc->version};
    enum tb_err err = tb_ring_use_decode(tb_span_str(doc->kind), &key.use);
    if (err == TB_OK && (doc->id[0] == '\0' || doc->version < 1 || doc->version > UINT32_MAX))
        err = TB_ERR_RANGE;
    memcpy(key.id, doc->id, sizeof key.id);
    if (err == TB_OK)
        tb_ring_key_row_id(&key, ret_id);
    return err;
}

enum tb_err sqlite_key_put(struct sqlite_engine *e, const struct tb_record_key *r)
{
    char row_id[TB_ROW_ID_SIZE_MAX + 1];
    struct tb_key_doc doc = *r->doc;
    struct tb_ring_key key;
    enum tb_err err = row_name(&doc, row_id);
    if (err == TB_OK && r->retired)
        err = key_retire(e, row_id);
    else if (err == TB_OK) {
        doc.added_ms = e->wall_ms;
        err = audience_ok(tb_span_str(r->audience)) ? tb_ring_key_of_doc(&doc, &key) : TB_ERR_RANGE;
        tb_wipe(&key, sizeof key);
        if (err == TB_OK)
            err = room_check(e, row_id);
        if (err == TB_OK)
            err = key_write(e, row_id, r, &doc);
    }
    tb_wipe(&doc, sizeof doc);
    return err == TB_OK ? key_changed(e, row_id) : err;
}

enum tb_err sqlite_keys_again(struct sqlite_engine *e)
{
    enum tb_err err = tb_stmt_run(sqlite_stmt(e, STMT_KEY_BUMP));
    struct tb_stmt *s = sqlite_stmt(e, STMT_KEY_AGAIN);
    tb_stmt_bind_int(s, 1, TB_ROW_KEY);
    tb_stmt_bind_int(s, 2, TB_ROW_PUT);
    return err == TB_OK ? tb_stmt_run(s) : err;
}

/* ---- reading ---- */

enum tb_err sqlite_key_row(struct sqlite_engine *e, const struct sqlite_change *change, struct tb_row *row,
                           struct tb_json_writer *w)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_KEY_READ);
    tb_stmt_bind_text(s, 1, change->id);
    bool found = false;
    enum tb_err err = tb_stmt_step(s, &found);
    if (err == TB_OK && found) {
        struct tb_span doc = tb_stmt_blob(s, 1);
        bool may = audience_has(tb_stmt_blob(s, 0), tb_span_str(change->store), change->device);
        row->version = tb_stmt_int(s, 2);
        row->as_of_ms = tb_stmt_int(s, 3);
        if (doc.size == 0)
            row->op = TB_ROW_DROP;
        else if (!may)
            row->op = TB_ROW_EVICT;
        else
            tb_json_put_raw(w, NULL, doc);
    }
    tb_stmt_reset(s);
    return err == TB_OK && !found ? TB_ERR_NOT_FOUND : err;
}

static enum tb_err entry_take(struct tb_stmt *s, struct tb_key_entry *entry)
{
    struct tb_key_doc *doc = &entry->doc;
    struct tb_span text = tb_stmt_blob(s, 5);
    entry->retired = text.size == 0;
    entry->changed_ms = tb_stmt_int(s, 6);
    enum tb_err err = sqlite_column_text(s, 0, entry->row, sizeof entry->row);
    if (err == TB_OK)
        err = sqlite_column_text(s, 4, entry->audience, sizeof entry->audience);
    if (err != TB_OK)
        return err;
    if (!entry->retired) {
        err = doc_parse(text, doc);
        tb_wipe(doc->value, sizeof doc->value);
        return err;
    }
    doc->version = tb_stmt_int(s, 3);
    err = sqlite_column_text(s, 1, doc->kind, sizeof doc->kind);
    return err == TB_OK ? sqlite_column_text(s, 2, doc->id, sizeof doc->id) : err;
}

enum tb_err sqlite_key_next(struct tb_context_engine *engine, const char *after,
                            struct tb_key_entry *ret_entry)
{
    struct sqlite_engine *e = (struct sqlite_engine *)engine;
    memset(ret_entry, 0, sizeof *ret_entry);
    struct tb_stmt *s = sqlite_stmt(e, STMT_KEY_LIST);
    tb_stmt_bind_text(s, 1, tb_span_str(after));
    tb_stmt_bind_int(s, 2, 1);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? entry_take(s, ret_entry) : TB_ERR_NOT_FOUND;
    tb_stmt_reset(s);
    return err;
}
