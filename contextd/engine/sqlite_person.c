/* What is decided about customers themselves: points, consents, credentials, new customers. */
#include "contextd/engine/sqlite_decide.h"

#define CREDENTIALS_MAX 32 /* per customer */

static bool customer_note(struct sqlite_batch *b, const struct tb_id *customer)
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

/* The version that the customer's row has now. */
static enum tb_err customer_version(struct sqlite_engine *e, const struct tb_id *customer,
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
    if (!customer_note(b, &m->customer))
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
    return err == TB_OK ? customer_version(e, &m->customer, v) : err;
}

/* Every answer is kept, because it must be possible to show which text was agreed to when. */
enum tb_err sqlite_consent_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                  const struct tb_mutation *m, struct tb_verdict *v)
{
    if (!customer_note(b, &m->customer))
        return TB_OK;
    struct tb_stmt *s = sqlite_stmt(e, STMT_CONSENT_ADD);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->customer));
    tb_stmt_bind_text(s, 2, tb_span_str(m->consent.consent));
    tb_stmt_bind_int(s, 3, m->consent.granted);
    tb_stmt_bind_text(s, 4, tb_span_str(m->consent.text_version));
    tb_stmt_bind_text(s, 5, tb_span_str(b->request->peer.device));
    tb_stmt_bind_int(s, 6, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    if (err == TB_OK) {
        s = sqlite_stmt(e, STMT_CUSTOMER_BUMP);
        tb_stmt_bind_blob(s, 1, tb_id_span(&m->customer));
        tb_stmt_bind_int(s, 2, e->wall_ms);
        tb_stmt_bind_int(s, 3, 1);
        err = tb_stmt_run(s);
    }
    if (err == TB_OK)
        err = customer_changed(e, &m->customer);
    return err == TB_OK ? customer_version(e, &m->customer, v) : err;
}

/* Whose a credential is; TB_ERR_NOT_FOUND. */
static enum tb_err credential_owner(struct sqlite_engine *e, const uint8_t hash[TB_LOOKUP_HASH_SIZE],
                                    struct tb_id *ret_owner, int64_t *ret_version, bool *ret_blocked)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CREDENTIAL_READ);
    tb_stmt_bind_blob(s, 1, tb_span_of(hash, TB_LOOKUP_HASH_SIZE));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? sqlite_column_id(s, 1, ret_owner) : TB_ERR_NOT_FOUND;
    *ret_version = err == TB_OK ? tb_stmt_int(s, 2) : 0;
    *ret_blocked = err == TB_OK && tb_stmt_int(s, 4) != TB_BLOCK_NONE;
    tb_stmt_reset(s);
    return err;
}

static bool credential_note(struct sqlite_batch *b, const uint8_t hash[TB_LOOKUP_HASH_SIZE],
                            const struct tb_id *customer)
{
    struct sqlite_touched touched = {.type = TB_ROW_CREDENTIAL,
                                     .id_size = TB_LOOKUP_HASH_SIZE,
                                     .customer = *customer,
                                     .cost = 512,
                                     .changed = true};
    memcpy(touched.id, hash, TB_LOOKUP_HASH_SIZE);
    return sqlite_touch_note(b, &touched);
}

static enum tb_err credential_changed(struct sqlite_engine *e, const uint8_t hash[TB_LOOKUP_HASH_SIZE],
                                      const struct tb_id *customer)
{
    struct sqlite_change change = {.type = TB_ROW_CREDENTIAL,
                                   .op = TB_ROW_PUT,
                                   .id = tb_span_of(hash, TB_LOOKUP_HASH_SIZE),
                                   .customer = *customer,
                                   .store = ""};
    return sqlite_change_put(e, &change);
}

static enum tb_err credential_write(struct sqlite_engine *e, const struct tb_credential_ref *ref,
                                    const struct tb_id *customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CREDENTIAL_PUT);
    tb_stmt_bind_blob(s, 1, tb_span_of(ref->hash, sizeof ref->hash));
    tb_stmt_bind_text(s, 2, tb_span_str(ref->kind));
    tb_stmt_bind_blob(s, 3, tb_id_span(customer));
    tb_stmt_bind_int(s, 4, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? credential_changed(e, ref->hash, customer) : err;
}

static enum tb_err credentials_full(struct sqlite_engine *e, const struct tb_id *customer, bool *ret_full)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CREDENTIAL_COUNT);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    *ret_full = err == TB_OK && row && tb_stmt_int(s, 0) >= CREDENTIALS_MAX;
    tb_stmt_reset(s);
    return err;
}

enum tb_err sqlite_link_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                               struct tb_verdict *v)
{
    struct tb_id owner;
    bool blocked;
    bool full = false;
    enum tb_err err = credential_owner(e, m->link.ref.hash, &owner, &v->version, &blocked);
    if (err == TB_OK && !tb_id_equal(&owner, &m->customer))
        sqlite_reject(v, "credential_taken");
    else if (err == TB_OK && blocked)
        sqlite_reject(v, "credential_blocked");
    if (err != TB_ERR_NOT_FOUND)
        return err;
    err = credentials_full(e, &m->customer, &full);
    if (err == TB_OK && full)
        sqlite_reject(v, "credential_limit");
    if (err != TB_OK || full)
        return err;
    if (!credential_note(b, m->link.ref.hash, &m->customer))
        return TB_OK;
    v->version = 1;
    return credential_write(e, &m->link.ref, &m->customer);
}

enum tb_err sqlite_block_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                struct tb_verdict *v)
{
    struct tb_id owner;
    bool blocked;
    enum tb_err err = credential_owner(e, m->block.hash, &owner, &v->version, &blocked);
    if (err == TB_ERR_NOT_FOUND || (err == TB_OK && !tb_id_equal(&owner, &m->customer))) {
        sqlite_reject(v, "credential_unknown");
        return TB_OK;
    }
    if (err != TB_OK)
        return err;
    if (!credential_note(b, m->block.hash, &m->customer))
        return TB_OK;
    struct tb_stmt *s = sqlite_stmt(e, STMT_CREDENTIAL_BLOCK);
    tb_stmt_bind_blob(s, 1, tb_span_of(m->block.hash, sizeof m->block.hash));
    tb_stmt_bind_int(s, 2, m->block.reason);
    tb_stmt_bind_int(s, 3, e->wall_ms);
    v->version++;
    err = tb_stmt_run(s);
    return err == TB_OK ? credential_changed(e, m->block.hash, &m->customer) : err;
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

/* She begins in the lowest tier, at home in the store of the terminal. */
enum tb_err sqlite_create_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                 struct tb_verdict *v)
{
    const struct tb_credential_ref *ref = &m->create.ref;
    struct tb_id owner;
    int64_t version = 0;
    bool blocked;
    if (!tb_id_is_zero(&b->request->peer.customer)) {
        sqlite_reject(v, "customer_exists"); /* a web session is of a customer that there is */
        return TB_OK;
    }
    enum tb_err err =
        ref->kind[0] ? credential_owner(e, ref->hash, &owner, &version, &blocked) : TB_ERR_NOT_FOUND;
    if (err == TB_OK)
        sqlite_reject(v, "credential_taken");
    if (err != TB_ERR_NOT_FOUND)
        return err;
    if (!customer_note(b, &m->customer) || (ref->kind[0] && !credential_note(b, ref->hash, &m->customer)))
        return TB_OK;
    err = customer_write(e, b, m);
    if (err == TB_OK && ref->kind[0])
        err = credential_write(e, ref, &m->customer);
    v->version = 1;
    return err;
}
