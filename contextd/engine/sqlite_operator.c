/* Operators: the clerks of the chain, as terminals know them by their badges. */
#include "contextd/engine/sqlite_engine.h"

#include "core/base/assert.h"
#include "core/credential/credential.h"
#include "core/crypto/hash.h"

struct operator_row {
    struct tb_operator doc;
    char store[TB_SHORT_SIZE_MAX + 1];
    bool removed;
    int64_t version;
    int64_t as_of_ms;
};

/* Columns of STMT_OPERATOR_READ. */
static enum tb_err operator_take(const struct tb_stmt *s, struct operator_row *ret_row)
{
    struct tb_span badge = tb_stmt_blob(s, 2);
    memset(ret_row, 0, sizeof *ret_row);
    ret_row->doc.has_badge = !tb_stmt_is_null(s, 2);
    if (ret_row->doc.has_badge && badge.size != sizeof ret_row->doc.badge)
        return TB_ERR_CORRUPT;
    if (ret_row->doc.has_badge)
        memcpy(ret_row->doc.badge, badge.at, badge.size);
    ret_row->doc.active = tb_stmt_int(s, 4) != 0;
    ret_row->removed = tb_stmt_int(s, 5) != 0;
    ret_row->version = tb_stmt_int(s, 6);
    ret_row->as_of_ms = tb_stmt_int(s, 7);
    enum tb_err err = sqlite_column_text(s, 1, ret_row->doc.name, sizeof ret_row->doc.name);
    return err == TB_OK ? sqlite_column_text(s, 3, ret_row->store, sizeof ret_row->store) : err;
}

static enum tb_err operator_read(struct sqlite_engine *e, struct tb_span id, struct operator_row *ret_row)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_OPERATOR_READ);
    tb_stmt_bind_text(s, 1, id);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? operator_take(s, ret_row) : TB_ERR_NOT_FOUND;
    tb_stmt_reset(s);
    return err;
}

static enum tb_err operator_changed(struct sqlite_engine *e, const char *id, enum tb_row_op op,
                                    const char *store)
{
    const struct sqlite_change change = {
        .type = TB_ROW_OPERATOR, .op = op, .id = tb_span_str(id), .store = store};
    return sqlite_change_put(e, &change);
}

static enum tb_err operator_write(struct sqlite_engine *e, const struct tb_record_operator *r)
{
    struct tb_digest hash = sqlite_keyed_hash(e, tb_credential_kind_name(TB_CREDENTIAL_BADGE), r->badge);
    struct tb_stmt *s = sqlite_stmt(e, STMT_OPERATOR_PUT);
    tb_stmt_bind_text(s, 1, tb_span_str(r->id));
    tb_stmt_bind_text(s, 2, tb_span_str(r->name));
    if (r->badge.size)
        tb_stmt_bind_blob(s, 3, tb_digest_span(&hash));
    else
        tb_stmt_bind_null(s, 3);
    tb_stmt_bind_text(s, 4, tb_span_str(r->store));
    tb_stmt_bind_int(s, 5, r->active);
    tb_stmt_bind_int(s, 6, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? operator_changed(e, r->id, TB_ROW_PUT, r->store) : err;
}

static enum tb_err operator_remove(struct sqlite_engine *e, const char *id, const struct operator_row *before)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_OPERATOR_REMOVE);
    tb_stmt_bind_text(s, 1, tb_span_str(id));
    tb_stmt_bind_int(s, 2, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? operator_changed(e, id, TB_ROW_DROP, before->store) : err;
}

/* Terminals of another store than before are told that she is gone from there. */
enum tb_err sqlite_operator_put(struct sqlite_engine *e, const struct tb_record_operator *r)
{
    struct operator_row before;
    enum tb_err err = operator_read(e, tb_span_str(r->id), &before);
    bool known = err == TB_OK && !before.removed;
    if (err != TB_OK && err != TB_ERR_NOT_FOUND)
        return err;
    if (r->removed)
        return known ? operator_remove(e, r->id, &before) : TB_ERR_NOT_FOUND;
    if (strlen(r->id) > TB_SHORT_SIZE_MAX || strlen(r->name) > TB_NAME_SIZE_MAX ||
        strlen(r->store) > TB_SHORT_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    if (known && strcmp(before.store, r->store) != 0) {
        err = operator_changed(e, r->id, TB_ROW_DROP, before.store);
        if (err != TB_OK)
            return err;
    }
    return operator_write(e, r);
}

enum tb_err sqlite_operator_row(struct sqlite_engine *e, struct tb_span id, struct tb_row *row,
                                struct tb_json_writer *w)
{
    struct operator_row found;
    enum tb_err err = operator_read(e, id, &found);
    if (err != TB_OK || found.removed)
        return err == TB_OK ? TB_ERR_NOT_FOUND : err;
    row->version = found.version;
    row->as_of_ms = found.as_of_ms;
    tb_operator_encode(w, NULL, &found.doc);
    return TB_OK;
}

/* Of one who works elsewhere now, older than what is told there, and newer than what was told here: versions
 * of what is told rise by two. */
enum tb_err sqlite_operator_gone_row(struct sqlite_engine *e, struct tb_span id, struct tb_row *row)
{
    struct operator_row found;
    enum tb_err err = operator_read(e, id, &found);
    if (err != TB_OK)
        return err;
    row->version = found.removed ? found.version : found.version - 1;
    row->as_of_ms = found.as_of_ms;
    return TB_OK;
}

enum tb_err sqlite_operator_name(struct sqlite_engine *e, const char *id, char ret_name[TB_NAME_SIZE_MAX + 1])
{
    struct operator_row found;
    enum tb_err err = id[0] ? operator_read(e, tb_span_str(id), &found) : TB_ERR_NOT_FOUND;
    ret_name[0] = '\0';
    if (err == TB_OK)
        memcpy(ret_name, found.doc.name, sizeof found.doc.name);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

enum tb_err sqlite_operator_check(struct sqlite_engine *e, const char *id, const char *store)
{
    struct operator_row found;
    if (!e->operator_required)
        return TB_OK;
    enum tb_err err = operator_read(e, tb_span_str(id), &found);
    if (err != TB_OK)
        return err == TB_ERR_NOT_FOUND ? TB_ERR_OPERATOR : err;
    bool may = found.doc.active && !found.removed && (!found.store[0] || strcmp(found.store, store) == 0);
    return may ? TB_OK : TB_ERR_OPERATOR;
}

enum tb_err sqlite_operator_next(struct tb_context_engine *engine, const char *after,
                                 struct tb_operator_entry *ret_entry)
{
    struct sqlite_engine *e = (struct sqlite_engine *)engine;
    struct tb_stmt *s = sqlite_stmt(e, STMT_OPERATOR_LIST);
    struct operator_row found;
    memset(ret_entry, 0, sizeof *ret_entry);
    tb_stmt_bind_text(s, 1, tb_span_str(after));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? operator_take(s, &found) : TB_ERR_NOT_FOUND;
    if (err == TB_OK)
        err = sqlite_column_text(s, 0, ret_entry->id, sizeof ret_entry->id);
    tb_stmt_reset(s);
    if (err != TB_OK)
        return err;
    memcpy(ret_entry->store, found.store, sizeof ret_entry->store);
    ret_entry->doc = found.doc;
    return TB_OK;
}
