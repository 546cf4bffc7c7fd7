/* What is decided about customers themselves: points, consents, new customers. */
#include "contextd/engine/sqlite_decide.h"

bool sqlite_customer_note(struct sqlite_batch *b, const struct tb_id *customer)
{
    struct sqlite_touched touched =
        sqlite_touched_of(TB_ROW_CUSTOMER, customer, customer, TB_DOC_JSON_SIZE_MAX);
    return sqlite_touch_note(b, &touched);
}

static enum tb_err customer_changed(struct sqlite_engine *e, const struct tb_id *customer)
{
    struct sqlite_change change = {.type = TB_ROW_CUSTOMER,
                                   .op = TB_ROW_PUT,
                                   .id = tb_id_span(customer),
                                   .customer = *customer,
                                   .store = ""};
    return sqlite_change_put(e, &change);
}

enum tb_err sqlite_customer_version(struct sqlite_engine *e, const struct tb_id *customer,
                                    struct tb_verdict *v)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CUSTOMER_READ);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row)
        v->version = tb_stmt_int(s, 5);
    tb_stmt_reset(s);
    return err;
}

/* False when the sale has earned or taken back points before. */
static enum tb_err points_of_sale(struct sqlite_engine *e, const struct sqlite_batch *b,
                                  const struct tb_mutation *m, bool *ret_new)
{
    *ret_new = true;
    if (m->points.sale.transaction[0] == '\0')
        return TB_OK;
    struct tb_stmt *s = sqlite_stmt(e, STMT_POINTS_ENTRY_ADD);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->customer));
    tb_stmt_bind_text(s, 2, tb_span_str(b->request->peer.device));
    tb_stmt_bind_text(s, 3, tb_span_str(m->points.sale.business_date));
    tb_stmt_bind_text(s, 4, tb_span_str(m->points.sale.transaction));
    tb_stmt_bind_int(s, 5, m->points.points < 0);
    tb_stmt_bind_int(s, 6, m->points.points);
    tb_stmt_bind_int(s, 7, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    *ret_new = err == TB_OK && tb_db_changes(e->db) > 0;
    return err;
}

enum tb_err sqlite_points_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                 struct tb_verdict *v)
{
    bool fresh = false;
    if (!sqlite_customer_note(b, &m->customer))
        return TB_OK;
    enum tb_err err = points_of_sale(e, b, m, &fresh);
    if (err == TB_OK && fresh) {
        struct tb_stmt *s = sqlite_stmt(e, STMT_POINTS_ADD);
        tb_stmt_bind_blob(s, 1, tb_id_span(&m->customer));
        tb_stmt_bind_int(s, 2, m->points.points);
        tb_stmt_bind_int(s, 3, TB_MONEY_MAX);
        tb_stmt_bind_int(s, 4, e->wall_ms);
        err = tb_stmt_run(s);
        if (err == TB_OK)
            err = customer_changed(e, &m->customer);
    }
    return err == TB_OK ? sqlite_customer_version(e, &m->customer, v) : err;
}

/* Every answer is kept, because it must be possible to show which text was agreed to when. */
static enum tb_err consent_write(struct sqlite_engine *e, const struct sqlite_batch *b,
                                 const struct tb_id *customer, const struct tb_consent_answer *answer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CONSENT_ADD);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    tb_stmt_bind_text(s, 2, tb_span_str(answer->consent));
    tb_stmt_bind_int(s, 3, answer->granted);
    tb_stmt_bind_text(s, 4, tb_span_str(answer->text_version));
    tb_stmt_bind_text(s, 5, tb_span_str(b->request->peer.device));
    tb_stmt_bind_int(s, 6, e->wall_ms);
    return tb_stmt_run(s);
}

enum tb_err sqlite_consent_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                  const struct tb_mutation *m, struct tb_verdict *v)
{
    if (!sqlite_customer_note(b, &m->customer))
        return TB_OK;
    enum tb_err err = consent_write(e, b, &m->customer, &m->consent);
    if (err == TB_OK)
        err = sqlite_customer_changed(e, &m->customer);
    return err == TB_OK ? sqlite_customer_version(e, &m->customer, v) : err;
}

static enum tb_err customer_write(struct sqlite_engine *e, const struct sqlite_batch *b,
                                  const struct tb_mutation *m)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CUSTOMER_CREATE);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->customer));
    tb_stmt_bind_text(s, 2, tb_span_str(m->create.name));
    tb_stmt_bind_text(s, 3, tb_span_str(m->create.language));
    tb_stmt_bind_text(s, 4, tb_span_str(b->request->peer.store));
    tb_stmt_bind_int(s, 5, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? customer_changed(e, &m->customer) : err;
}

/* The contacts of a new customer in their one form; "": none. */
struct contacts {
    char phone[TB_EMAIL_SIZE_MAX + 1];
    char email[TB_EMAIL_SIZE_MAX + 1];
};

static bool contacts_form(struct sqlite_engine *e, const struct tb_mutation *m, struct contacts *ret_contacts)
{
    memset(ret_contacts, 0, sizeof *ret_contacts);
    bool phone =
        m->create.phone[0] == '\0' ||
        sqlite_contact_form(e, TB_FIND_PHONE, tb_span_str(m->create.phone), ret_contacts->phone) == TB_OK;
    return phone &&
           (m->create.email[0] == '\0' || sqlite_contact_form(e, TB_FIND_EMAIL, tb_span_str(m->create.email),
                                                              ret_contacts->email) == TB_OK);
}

static enum tb_err contacts_write(struct sqlite_engine *e, const struct tb_id *customer,
                                  const struct contacts *contacts)
{
    enum tb_err err = TB_OK;
    if (contacts->phone[0])
        err = sqlite_contact_put(e, customer, TB_FIND_PHONE, contacts->phone);
    if (err == TB_OK && contacts->email[0])
        err = sqlite_contact_put(e, customer, TB_FIND_EMAIL, contacts->email);
    return err;
}

static enum tb_err create_write(struct sqlite_engine *e, const struct sqlite_batch *b,
                                const struct tb_mutation *m, const struct contacts *contacts)
{
    enum tb_err err = customer_write(e, b, m);
    if (err == TB_OK && m->create.ref.kind[0])
        err = sqlite_credential_write(e, &m->create.ref, &m->customer);
    if (err == TB_OK)
        err = contacts_write(e, &m->customer, contacts);
    for (size_t i = 0; i < m->create.consent_count && err == TB_OK; i++)
        err = consent_write(e, b, &m->customer, &m->create.consents[i]);
    return err;
}

/* She begins in the lowest tier, at home in the store of the terminal. */
enum tb_err sqlite_create_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                 struct tb_verdict *v)
{
    const struct tb_credential_ref *ref = &m->create.ref;
    struct contacts contacts;
    bool taken = false;
    if (!tb_id_is_zero(&b->request->peer.customer)) {
        sqlite_reject(v, "customer_exists"); /* a web session is of a customer that there is */
        return TB_OK;
    }
    enum tb_err err = ref->kind[0] ? sqlite_credential_taken(e, ref, &taken) : TB_OK;
    if (err != TB_OK)
        return err;
    if (taken) {
        sqlite_reject(v, "credential_taken");
        return TB_OK;
    }
    if (!contacts_form(e, m, &contacts)) {
        sqlite_reject(v, "contact_invalid");
        return TB_OK;
    }
    if (!sqlite_customer_note(b, &m->customer) ||
        (ref->kind[0] && !sqlite_credential_note(b, ref->hash, &m->customer)))
        return TB_OK;
    v->version = 1;
    return create_write(e, b, m, &contacts);
}
