/* What is decided about credentials: whose they are, also of several customers, and which are blocked. */
#include "contextd/engine/sqlite_decide.h"

#include "core/credential/credential.h"

#define CREDENTIALS_MAX 32 /* per customer */
#define CREDENTIAL_ROW_COST 1024

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

bool sqlite_credential_note(struct sqlite_batch *b, const uint8_t hash[TB_LOOKUP_HASH_SIZE],
                            const struct tb_id *customer)
{
    struct sqlite_touched touched = {.type = TB_ROW_CREDENTIAL,
                                     .id_size = TB_LOOKUP_HASH_SIZE,
                                     .customer = *customer,
                                     .cost = CREDENTIAL_ROW_COST,
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

enum tb_err sqlite_credential_write(struct sqlite_engine *e, const struct tb_credential_ref *ref,
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

/* Whose it is beside its owner, and whether the customer is one of these or the owner. */
struct sharers {
    size_t count; /* without the owner */
    bool hers;
};

static enum tb_err sharers_read(struct sqlite_engine *e, const uint8_t hash[TB_LOOKUP_HASH_SIZE],
                                const struct tb_id *owner, const struct tb_id *customer,
                                struct sharers *ret_sharers)
{
    *ret_sharers = (struct sharers){.hers = tb_id_equal(owner, customer)};
    struct tb_stmt *s = sqlite_stmt(e, STMT_SHARE_READ);
    tb_stmt_bind_blob(s, 1, tb_span_of(hash, TB_LOOKUP_HASH_SIZE));
    tb_stmt_bind_int(s, 2, TB_SHARED_COUNT_MAX);
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        ret_sharers->count++;
        if (tb_span_equal(tb_stmt_blob(s, 0), tb_id_span(customer)))
            ret_sharers->hers = true;
    }
    tb_stmt_reset(s);
    return err;
}

enum tb_err sqlite_share_write(struct sqlite_engine *e, struct tb_span hash, const struct tb_id *owner,
                               const struct tb_id *customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_SHARE_PUT);
    tb_stmt_bind_blob(s, 1, hash);
    tb_stmt_bind_blob(s, 2, tb_id_span(customer));
    tb_stmt_bind_int(s, 3, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    if (err != TB_OK)
        return err;
    s = sqlite_stmt(e, STMT_CREDENTIAL_BUMP);
    tb_stmt_bind_blob(s, 1, hash);
    tb_stmt_bind_int(s, 2, e->wall_ms);
    err = tb_stmt_run(s);
    return err == TB_OK ? credential_changed(e, hash.at, owner) : err;
}

/* Of a credential that is somebody's already. */
static enum tb_err share_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                const struct tb_id *owner, struct tb_verdict *v)
{
    struct sharers sharers;
    enum tb_err err = sharers_read(e, m->link.ref.hash, owner, &m->customer, &sharers);
    bool full = false;
    if (err == TB_OK && sharers.hers)
        return TB_OK;
    if (err == TB_OK)
        err = credentials_full(e, &m->customer, &full);
    if (err != TB_OK)
        return err;
    if (!m->link.share)
        sqlite_reject(v, "credential_taken");
    else if (sharers.count + 1 >= TB_SHARED_COUNT_MAX)
        sqlite_reject(v, "share_limit");
    else if (full)
        sqlite_reject(v, "credential_limit");
    if (v->kind == TB_VERDICT_REJECTED || !sqlite_credential_note(b, m->link.ref.hash, owner))
        return TB_OK;
    v->version++;
    err = sqlite_share_write(e, tb_span_of(m->link.ref.hash, sizeof m->link.ref.hash), owner, &m->customer);
    /* Whoever has the one is to have the other: the credential comes with its owner. */
    return err == TB_OK ? sqlite_batch_meet(e, b, owner) : err;
}

/* A clerk's badge is nobody's way to be served. */
static bool is_badge(const struct tb_credential_ref *ref)
{
    return strcmp(ref->kind, tb_credential_kind_name(TB_CREDENTIAL_BADGE)) == 0;
}

enum tb_err sqlite_credential_taken(struct sqlite_engine *e, const struct tb_credential_ref *ref,
                                    bool *ret_taken)
{
    struct tb_id owner;
    int64_t version;
    bool blocked;
    enum tb_err err = credential_owner(e, ref->hash, &owner, &version, &blocked);
    *ret_taken = err == TB_OK || is_badge(ref);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

enum tb_err sqlite_link_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                               struct tb_verdict *v)
{
    struct tb_id owner;
    bool blocked;
    bool full = false;
    if (is_badge(&m->link.ref)) {
        sqlite_reject(v, "credential_taken");
        return TB_OK;
    }
    enum tb_err err = credential_owner(e, m->link.ref.hash, &owner, &v->version, &blocked);
    if (err == TB_OK && blocked) {
        sqlite_reject(v, "credential_blocked");
        return TB_OK;
    }
    if (err == TB_OK)
        return share_decide(e, b, m, &owner, v);
    if (err == TB_ERR_NOT_FOUND)
        err = credentials_full(e, &m->customer, &full);
    if (err == TB_OK && full)
        sqlite_reject(v, "credential_limit");
    if (err != TB_OK || full)
        return err;
    if (!sqlite_credential_note(b, m->link.ref.hash, &m->customer))
        return TB_OK;
    v->version = 1;
    return sqlite_credential_write(e, &m->link.ref, &m->customer);
}

static enum tb_err block_write(struct sqlite_engine *e, const struct tb_mutation *m,
                               const struct tb_id *owner)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CREDENTIAL_BLOCK);
    tb_stmt_bind_blob(s, 1, tb_span_of(m->block.hash, sizeof m->block.hash));
    tb_stmt_bind_int(s, 2, m->block.reason);
    tb_stmt_bind_int(s, 3, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? credential_changed(e, m->block.hash, owner) : err;
}

/* Whoever it is of may have it blocked, for all of them. */
enum tb_err sqlite_block_decide(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                                struct tb_verdict *v)
{
    struct tb_id owner;
    struct sharers sharers = {.hers = false};
    bool blocked;
    enum tb_err err = credential_owner(e, m->block.hash, &owner, &v->version, &blocked);
    if (err == TB_OK)
        err = sharers_read(e, m->block.hash, &owner, &m->customer, &sharers);
    if (err == TB_ERR_NOT_FOUND || (err == TB_OK && !sharers.hers)) {
        sqlite_reject(v, "credential_unknown");
        return TB_OK;
    }
    if (err != TB_OK || !sqlite_credential_note(b, m->block.hash, &owner))
        return err;
    v->version++;
    return block_write(e, m, &owner);
}

enum tb_err sqlite_sharers_read(struct sqlite_engine *e, struct tb_span hash, struct tb_credential_doc *doc)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_SHARE_READ);
    tb_stmt_bind_blob(s, 1, hash);
    tb_stmt_bind_int(s, 2, TB_SHARED_COUNT_MAX - 1);
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        err = sqlite_column_id(s, 0, &doc->also[doc->also_count++]);
        if (err != TB_OK)
            break;
    }
    tb_stmt_reset(s);
    return err;
}
