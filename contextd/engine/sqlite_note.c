/* What staff wrote about customers, and what customers looked at. */
#include "contextd/engine/sqlite_decide.h"

#define NOTES_KEPT 32 /* per customer, the newest; her row shows TB_STAFF_NOTE_COUNT_MAX of them */
#define NOTES_EXPIRE_MAX 200
#define PROFILING "profiling"

enum tb_err sqlite_customer_changed(struct sqlite_engine *e, const struct tb_id *customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CUSTOMER_BUMP);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    tb_stmt_bind_int(s, 2, e->wall_ms);
    tb_stmt_bind_int(s, 3, 1);
    enum tb_err err = tb_stmt_run(s);
    const struct sqlite_change change = {.type = TB_ROW_CUSTOMER,
                                         .op = TB_ROW_PUT,
                                         .id = tb_id_span(customer),
                                         .customer = *customer,
                                         .store = ""};
    return err == TB_OK ? sqlite_change_put(e, &change) : err;
}

/* TB_ERR_NOT_FOUND: there is no such note. */
static enum tb_err note_owner(struct sqlite_engine *e, const struct tb_id *note, struct tb_id *ret_owner)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_NOTE_OWNER);
    tb_stmt_bind_blob(s, 1, tb_id_span(note));
    return sqlite_id_take(s, ret_owner);
}

static enum tb_err note_write(struct sqlite_engine *e, const struct sqlite_batch *b,
                              const struct tb_mutation *m)
{
    char by[TB_NAME_SIZE_MAX + 1];
    enum tb_err err = sqlite_operator_name(e, m->operator, by);
    if (err != TB_OK)
        return err;
    struct tb_stmt *s = sqlite_stmt(e, STMT_NOTE_ADD);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->staff_note.note));
    tb_stmt_bind_blob(s, 2, tb_id_span(&m->customer));
    tb_stmt_bind_text(s, 3, tb_span_str(m->staff_note.text));
    tb_stmt_bind_text(s, 4, tb_span_str(by[0] ? by : b->touched_by));
    tb_stmt_bind_text(s, 5, sqlite_device_of(e, b->request->peer.device));
    tb_stmt_bind_int(s, 6, e->wall_ms);
    err = tb_stmt_run(s);
    if (err != TB_OK)
        return err;
    s = sqlite_stmt(e, STMT_NOTE_PRUNE);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->customer));
    tb_stmt_bind_int(s, 2, NOTES_KEPT);
    return tb_stmt_run(s);
}

enum tb_err sqlite_note_add_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                   const struct tb_mutation *m, struct tb_verdict *v)
{
    struct tb_id owner;
    enum tb_err err = note_owner(e, &m->staff_note.note, &owner);
    if (err == TB_OK)
        sqlite_reject(v, "note_exists");
    if (err != TB_ERR_NOT_FOUND)
        return err;
    if (!sqlite_customer_note(b, &m->customer))
        return TB_OK;
    err = note_write(e, b, m);
    if (err == TB_OK)
        err = sqlite_customer_changed(e, &m->customer);
    return err == TB_OK ? sqlite_customer_version(e, &m->customer, v) : err;
}

/* Two who take the same note away both have what they want. */
enum tb_err sqlite_note_remove_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                      const struct tb_mutation *m, struct tb_verdict *v)
{
    struct tb_id owner;
    enum tb_err err = note_owner(e, &m->staff_note.note, &owner);
    bool gone = err == TB_ERR_NOT_FOUND;
    if (err != TB_OK && !gone)
        return err;
    if (!gone && !tb_id_equal(&owner, &m->customer)) {
        sqlite_reject(v, "note_unknown");
        return TB_OK;
    }
    if (!sqlite_customer_note(b, &m->customer))
        return TB_OK;
    struct tb_stmt *s = sqlite_stmt(e, STMT_NOTE_REMOVE);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->staff_note.note));
    err = gone ? TB_OK : tb_stmt_run(s);
    if (err == TB_OK && !gone)
        err = sqlite_customer_changed(e, &m->customer);
    return err == TB_OK ? sqlite_customer_version(e, &m->customer, v) : err;
}

enum tb_err sqlite_notes_read(struct sqlite_engine *e, struct tb_span customer, struct tb_customer *doc)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_NOTE_READ);
    tb_stmt_bind_blob(s, 1, customer);
    tb_stmt_bind_int(s, 2, TB_STAFF_NOTE_COUNT_MAX);
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        struct tb_staff_note *note = &doc->notes[doc->note_count++];
        err = sqlite_column_id(s, 0, &note->id);
        note->at_ms = tb_stmt_int(s, 1);
        if (err == TB_OK)
            err = sqlite_column_text(s, 2, note->by, sizeof note->by);
        if (err == TB_OK)
            err = sqlite_column_text(s, 3, note->text, sizeof note->text);
        if (err != TB_OK)
            break;
    }
    tb_stmt_reset(s);
    return err;
}

/* Whose oldest note is too old; TB_ERR_NOT_FOUND: nobody's. */
static enum tb_err note_oldest(struct sqlite_engine *e, int64_t before_ms, struct tb_id *ret_customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_NOTE_OLDEST);
    tb_stmt_bind_int(s, 1, before_ms);
    return sqlite_id_take(s, ret_customer);
}

enum tb_err sqlite_notes_expire(struct sqlite_engine *e, int64_t before_ms, bool *more)
{
    enum tb_err err = TB_OK;
    size_t count = 0;
    for (; count < NOTES_EXPIRE_MAX && err == TB_OK; count++) {
        struct tb_id customer;
        err = note_oldest(e, before_ms, &customer);
        if (err != TB_OK)
            break;
        struct tb_stmt *s = sqlite_stmt(e, STMT_NOTE_EXPIRE);
        tb_stmt_bind_blob(s, 1, tb_id_span(&customer));
        tb_stmt_bind_int(s, 2, before_ms);
        err = tb_stmt_run(s);
        if (err == TB_OK)
            err = sqlite_customer_changed(e, &customer);
    }
    e->changed_here = e->changed_here || count > 0;
    *more = *more || count == NOTES_EXPIRE_MAX;
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

/* ---- products that were looked at ---- */

enum tb_err sqlite_viewed_allowed(struct sqlite_engine *e, const struct tb_id *customer, bool *ret_allowed)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CONSENT_GIVEN);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    tb_stmt_bind_text(s, 2, tb_span_str(PROFILING));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    *ret_allowed = err == TB_OK && row && tb_stmt_int(s, 0) != 0;
    tb_stmt_reset(s);
    return err;
}

enum tb_err sqlite_viewed_read(struct sqlite_engine *e, struct tb_span customer, struct tb_customer *doc)
{
    bool allowed = false;
    for (size_t i = 0; i < doc->consent_count; i++)
        allowed = allowed || (doc->consents[i].granted && strcmp(doc->consents[i].id, PROFILING) == 0);
    if (!allowed)
        return TB_OK;
    struct tb_stmt *s = sqlite_stmt(e, STMT_VIEWED_READ);
    tb_stmt_bind_blob(s, 1, customer);
    tb_stmt_bind_int(s, 2, TB_VIEWED_COUNT_MAX);
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        struct tb_viewed *viewed = &doc->viewed[doc->viewed_count++];
        viewed->at_ms = tb_stmt_int(s, 1);
        err = sqlite_column_text(s, 0, viewed->gtin, sizeof viewed->gtin);
        if (err != TB_OK)
            break;
    }
    tb_stmt_reset(s);
    return err;
}

enum tb_err sqlite_viewed_changed(struct sqlite_engine *e, const struct tb_id *customer)
{
    bool allowed = false;
    enum tb_err err = sqlite_viewed_allowed(e, customer, &allowed);
    return err == TB_OK && allowed ? sqlite_customer_changed(e, customer) : err;
}
