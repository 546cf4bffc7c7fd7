/* Records about people that are no cart: how they are reached, what they agreed to, what was written of them.
 */
#include "contextd/engine/sqlite_engine.h"

#include "core/base/assert.h"

enum tb_err sqlite_contact_load(struct sqlite_engine *e, const struct tb_record_contact *r)
{
    const struct {
        enum tb_find_by by;
        const char *text;
    } contacts[] = {{TB_FIND_PHONE, r->phone}, {TB_FIND_EMAIL, r->email}};
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < TB_ARRAY_SIZE(contacts) && err == TB_OK; i++) {
        char value[TB_EMAIL_SIZE_MAX + 1];
        if (contacts[i].text[0] == '\0')
            continue;
        err = sqlite_contact_form(e, contacts[i].by, tb_span_str(contacts[i].text), value);
        if (err == TB_OK)
            err = sqlite_contact_put(e, &r->customer, contacts[i].by, value);
    }
    return err;
}

enum tb_err sqlite_note_load(struct sqlite_engine *e, const struct tb_record_note *r)
{
    if (strlen(r->by) > TB_NAME_SIZE_MAX || strlen(r->text) > TB_TEXT_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    struct tb_stmt *s = sqlite_stmt(e, STMT_NOTE_ADD);
    tb_stmt_bind_blob(s, 1, tb_id_span(&r->id));
    tb_stmt_bind_blob(s, 2, tb_id_span(&r->customer));
    tb_stmt_bind_text(s, 3, tb_span_str(r->text));
    tb_stmt_bind_text(s, 4, tb_span_str(r->by));
    tb_stmt_bind_text(s, 5, tb_span_str(""));
    tb_stmt_bind_int(s, 6, r->at_ms);
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? sqlite_customer_changed(e, &r->customer) : err;
}

enum tb_err sqlite_consent_load(struct sqlite_engine *e, const struct tb_record_consent *r)
{
    if (strlen(r->consent) > TB_SHORT_SIZE_MAX || strlen(r->text_version) > TB_SHORT_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    struct tb_stmt *s = sqlite_stmt(e, STMT_CONSENT_ADD);
    tb_stmt_bind_blob(s, 1, tb_id_span(&r->customer));
    tb_stmt_bind_text(s, 2, tb_span_str(r->consent));
    tb_stmt_bind_int(s, 3, r->granted);
    tb_stmt_bind_text(s, 4, tb_span_str(r->text_version));
    tb_stmt_bind_text(s, 5, tb_span_str(""));
    tb_stmt_bind_int(s, 6, r->at_ms);
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? sqlite_customer_changed(e, &r->customer) : err;
}

/* As journey.event of a shop brings it. */
enum tb_err sqlite_viewed_load(struct sqlite_engine *e, const struct tb_record_viewed *r,
                               enum tb_channel channel)
{
    char data[64];
    char id[TB_ID_TEXT_SIZE];
    struct tb_id event = tb_id_random(e->rng);
    struct tb_buf text = tb_buf_of(data, sizeof data);
    struct tb_json_writer w = tb_json_writer_of(&text);
    tb_json_open(&w, NULL);
    tb_json_put_str(&w, "gtin", r->gtin);
    tb_json_close(&w);
    tb_id_encode(&event, id);
    if (text.err != TB_OK)
        return TB_ERR_TOO_LONG;
    struct tb_stmt *s = sqlite_stmt(e, STMT_EVENT_ADD);
    tb_stmt_bind_null(s, 1);
    tb_stmt_bind_text(s, 2, tb_span_str(""));
    tb_stmt_bind_int(s, 3, channel);
    tb_stmt_bind_text(s, 4, tb_span_str("/import"));
    tb_stmt_bind_text(s, 5, tb_span_str(id));
    tb_stmt_bind_text(s, 6, tb_span_str("product.viewed"));
    tb_stmt_bind_text(s, 7, tb_span_str(""));
    tb_stmt_bind_text(s, 8, tb_span_str(""));
    tb_stmt_bind_text(s, 9, tb_buf_span(&text));
    tb_stmt_bind_int(s, 10, r->at_ms);
    enum tb_err err = tb_stmt_run(s);
    s = sqlite_stmt(e, STMT_TOUCH_OF_EVENT);
    tb_stmt_bind_blob(s, 1, tb_id_span(&r->customer));
    tb_stmt_bind_null(s, 2);
    tb_stmt_bind_int(s, 3, r->at_ms);
    tb_stmt_bind_int(s, 4, channel);
    tb_stmt_bind_text(s, 5, tb_span_str("product.viewed"));
    tb_stmt_bind_int(s, 6, tb_db_last_rowid(e->db));
    if (err == TB_OK)
        err = tb_stmt_run(s);
    if (err == TB_OK)
        err = sqlite_journey_changed(e, &r->customer);
    return err == TB_OK ? sqlite_viewed_changed(e, &r->customer) : err;
}

/* TB_ERR_NOT_FOUND: there is no such credential; TB_ERR_CONFLICT: it is hers, or too many have it. */
enum tb_err sqlite_share_put(struct sqlite_engine *e, struct tb_span hash, const struct tb_id *customer)
{
    struct tb_credential_doc doc = {.kind = ""};
    struct tb_id owner;
    struct tb_stmt *s = sqlite_stmt(e, STMT_CREDENTIAL_READ);
    tb_stmt_bind_blob(s, 1, hash);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? sqlite_column_id(s, 1, &owner) : TB_ERR_NOT_FOUND;
    tb_stmt_reset(s);
    if (err == TB_OK)
        err = sqlite_sharers_read(e, hash, &doc);
    if (err == TB_OK && (tb_id_equal(&owner, customer) || doc.also_count == TB_SHARED_COUNT_MAX - 1))
        err = TB_ERR_CONFLICT;
    return err == TB_OK ? sqlite_share_write(e, hash, &owner, customer) : err;
}
