/*
 * Erasure: everything of a customer goes; a row in the feed of erasures makes terminals do the same, and
 * their signed receipts say that they have.
 */
#include "contextd/engine/sqlite_engine.h"
#include "contextd/engine/sqlite_erase_sql.h"

#include "core/base/assert.h"

#include <time.h>

#define CODE_SIGNATURE "signature"
#define ERASURES_KEPT_MS (90LL * 24 * 60 * 60 * 1000)
#define ERASURES_EXPIRE_MAX 64 /* per call */
#define RECEIPT_HEAD "tillbridge-erasure-1\n"
#define RECEIPT_SIZE_MAX 256 /* head, urn, id and time */
#define SCRUB_TRIES 100
#define SCRUB_PAUSE_MS 30

enum tb_err sqlite_erasure_of(struct sqlite_engine *e, const struct tb_id *customer,
                              struct tb_id *ret_erasure)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_ERASURE_OF);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    return sqlite_id_take(s, ret_erasure);
}

enum tb_err sqlite_erasure_read(struct sqlite_engine *e, struct tb_span id,
                                struct tb_erasure_entry *ret_entry)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_ERASURE_READ);
    tb_stmt_bind_blob(s, 1, id);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && !row)
        return TB_ERR_NOT_FOUND;
    if (err == TB_OK)
        err = sqlite_column_id(s, 0, &ret_entry->id);
    if (err == TB_OK)
        err = sqlite_column_id(s, 1, &ret_entry->customer);
    ret_entry->at_ms = tb_stmt_int(s, 2);
    ret_entry->receipt_count = tb_stmt_int(s, 3);
    tb_stmt_reset(s);
    return err;
}

static enum tb_err step_run(struct sqlite_engine *e, const struct sqlite_erase_step *step,
                            const struct tb_id *customer, const struct tb_id *erasure)
{
    struct tb_stmt s = {0};
    enum tb_err err = tb_stmt_prepare(e->db, step->sql, &s);
    if (err != TB_OK)
        return err;
    tb_stmt_bind_blob(&s, 1, tb_id_span(customer));
    if (step->names_erasure)
        tb_stmt_bind_blob(&s, 2, tb_id_span(erasure));
    err = tb_stmt_run(&s);
    tb_stmt_free(&s);
    return err;
}

static enum tb_err customer_destroy(struct sqlite_engine *e, const struct tb_id *customer,
                                    const struct tb_id *erasure)
{
    enum tb_err err = sqlite_handovers_erase(e, customer);
    for (size_t i = 0; i < sqlite_erase_step_count && err == TB_OK; i++)
        err = step_run(e, &sqlite_erase_steps[i], customer, erasure);
    return err;
}

static enum tb_err erasure_put(struct sqlite_engine *e, const struct tb_id *erasure,
                               const struct tb_id *customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_ERASURE_PUT);
    tb_stmt_bind_blob(s, 1, tb_id_span(erasure));
    tb_stmt_bind_blob(s, 2, tb_id_span(customer));
    tb_stmt_bind_int(s, 3, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    if (err != TB_OK)
        return err;
    /* Nobody's, so that it is in no other feed than that of erasures. */
    struct sqlite_change change = {
        .type = TB_ROW_ERASURE, .op = TB_ROW_PUT, .id = tb_id_span(erasure), .store = ""};
    return sqlite_change_put(e, &change);
}

/* The id of an erasure that was begun before, or of a new one. */
static enum tb_err erase_all(struct sqlite_engine *e, const struct tb_id *customer, struct tb_id *ret_erasure)
{
    enum tb_err err = sqlite_erasure_of(e, customer, ret_erasure);
    if (err != TB_ERR_NOT_FOUND)
        return err;
    bool known;
    err = sqlite_customer_has(e, customer, &known);
    if (err != TB_OK || !known)
        return err == TB_OK ? TB_ERR_NOT_FOUND : err;
    *ret_erasure = tb_id_random(e->rng);
    err = customer_destroy(e, customer, ret_erasure);
    return err == TB_OK ? erasure_put(e, ret_erasure, customer) : err;
}

/* Who waits for SQLite's lock looks for it now and then, every 25 ms as a rule: it must be free meanwhile. */
static void writers_let_by(void)
{
    const struct timespec pause = {.tv_nsec = SCRUB_PAUSE_MS * 1000000L};
    (void)nanosleep(&pause, NULL);
}

static enum tb_err share_scrub(struct sqlite_engine *e, int64_t *page, bool *ret_more)
{
    enum tb_err err = TB_ERR_BUSY;
    /* Whoever writes between the checkpoint and the share makes it be tried again. */
    for (unsigned i = 0; i < SCRUB_TRIES && err == TB_ERR_BUSY; i++) {
        err = tb_db_checkpoint(e->db, TB_DB_CHECKPOINT_TRUNCATE);
        if (err == TB_OK)
            err = tb_db_scrub_share(e->db, page, ret_more);
    }
    return err;
}

/*
 * Deleted bytes are overwritten (secure_delete), but pages from which SQLite moved cells keep copies in their
 * unused parts. Those are overwritten share by share, so that the gateway goes on writing; the log is emptied
 * before each share and in the end.
 */
static enum tb_err file_scrub(struct sqlite_engine *e)
{
    int64_t page = 0;
    bool more = true;
    enum tb_err err = TB_OK;
    while (more && err == TB_OK) {
        err = share_scrub(e, &page, &more);
        writers_let_by();
    }
    for (unsigned i = 0; i < SCRUB_TRIES && (err == TB_OK || err == TB_ERR_BUSY); i++) {
        err = tb_db_checkpoint(e->db, TB_DB_CHECKPOINT_TRUNCATE);
        if (err == TB_OK)
            break;
    }
    return err;
}

enum tb_err sqlite_erase(struct tb_context_engine *engine, const struct tb_id *customer,
                         struct tb_id *ret_erasure)
{
    struct sqlite_engine *e = (struct sqlite_engine *)engine;
    memset(ret_erasure, 0, sizeof *ret_erasure);
    e->wall_ms = e->clock_fn(e->clock);
    enum tb_err err = tb_db_begin(e->db);
    if (err != TB_OK)
        return err;
    err = erase_all(e, customer, ret_erasure);
    if (err == TB_OK) {
        err = tb_db_commit(e->db);
    } else {
        tb_db_rollback(e->db);
        memset(ret_erasure, 0, sizeof *ret_erasure);
    }
    sqlite_sums_clear(e);
    e->changed_here = true;
    return err == TB_OK ? file_scrub(e) : err;
}

enum tb_err sqlite_erasure_next(struct tb_context_engine *engine, const struct tb_id *after,
                                struct tb_erasure_entry *ret_entry)
{
    struct sqlite_engine *e = (struct sqlite_engine *)engine;
    struct tb_stmt *s = sqlite_stmt(e, STMT_ERASURE_NEXT);
    memset(ret_entry, 0, sizeof *ret_entry);
    tb_stmt_bind_blob(s, 1, tb_id_span(after));
    enum tb_err err = sqlite_id_take(s, &ret_entry->id);
    return err == TB_OK ? sqlite_erasure_read(e, tb_id_span(&ret_entry->id), ret_entry) : err;
}

enum tb_err sqlite_erasure_waits(struct tb_context_engine *engine, const struct tb_id *erasure,
                                 const char *after, struct tb_terminal_entry *ret_entry)
{
    struct sqlite_engine *e = (struct sqlite_engine *)engine;
    struct tb_stmt *s = sqlite_stmt(e, STMT_ERASURE_WAITS);
    memset(ret_entry, 0, sizeof *ret_entry);
    tb_stmt_bind_text(s, 1, tb_span_str(after));
    tb_stmt_bind_blob(s, 2, tb_id_span(erasure));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? sqlite_terminal_take(s, ret_entry) : TB_ERR_NOT_FOUND;
    tb_stmt_reset(s);
    return err;
}

/* ---- receipts ---- */

static bool receipt_holds(const struct tb_engine_peer *peer, const struct tb_mutation *m)
{
    static const struct tb_public_key none;
    uint8_t text[RECEIPT_SIZE_MAX];
    char id[TB_ID_TEXT_SIZE];
    struct tb_signature signature;
    if (memcmp(&peer->key, &none, sizeof none) == 0)
        return false;
    tb_id_encode(&m->receipt.erasure, id);
    struct tb_buf b = tb_buf_of(text, sizeof text);
    tb_buf_add_str(&b, RECEIPT_HEAD);
    tb_buf_add_str(&b, peer->device);
    tb_buf_add_u8(&b, '\n');
    tb_buf_add_str(&b, id);
    tb_buf_add_u8(&b, '\n');
    tb_buf_add_decimal(&b, m->made_ms);
    tb_buf_add_u8(&b, '\n');
    memcpy(signature.bytes, m->receipt.signature, sizeof signature.bytes);
    return b.err == TB_OK && tb_public_key_verify(&peer->key, tb_buf_span(&b), &signature) == TB_OK;
}

enum tb_err sqlite_receipt_take(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                                const struct tb_mutation *m, const char **ret_code)
{
    struct tb_erasure_entry entry;
    *ret_code = NULL;
    if (!tb_id_is_zero(&peer->customer) || !receipt_holds(peer, m)) {
        *ret_code = CODE_SIGNATURE;
        return TB_OK;
    }
    enum tb_err err = sqlite_erasure_read(e, tb_id_span(&m->receipt.erasure), &entry);
    /* Long confirmed by everybody and no longer kept: what is done need not be said again. */
    if (err != TB_OK)
        return err == TB_ERR_NOT_FOUND ? TB_OK : err;
    struct tb_stmt *s = sqlite_stmt(e, STMT_RECEIPT_PUT);
    tb_stmt_bind_blob(s, 1, tb_id_span(&m->receipt.erasure));
    tb_stmt_bind_text(s, 2, sqlite_device_of(e, peer->device));
    tb_stmt_bind_int(s, 3, m->made_ms);
    tb_stmt_bind_int(s, 4, e->wall_ms);
    tb_stmt_bind_blob(s, 5, tb_span_of(m->receipt.signature, sizeof m->receipt.signature));
    return tb_stmt_run(s);
}

/* ---- the end of an erasure ---- */

static enum tb_err erasure_drop(struct sqlite_engine *e, const struct tb_id *id)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_RECEIPTS_DROP);
    tb_stmt_bind_blob(s, 1, tb_id_span(id));
    enum tb_err err = tb_stmt_run(s);
    s = sqlite_stmt(e, STMT_CHANGE_REMOVE);
    tb_stmt_bind_int(s, 1, TB_ROW_ERASURE);
    tb_stmt_bind_blob(s, 2, tb_id_span(id));
    tb_stmt_bind_text(s, 3, tb_span_str(""));
    if (err == TB_OK)
        err = tb_stmt_run(s);
    s = sqlite_stmt(e, STMT_ERASURE_DROP);
    tb_stmt_bind_blob(s, 1, tb_id_span(id));
    return err == TB_OK ? tb_stmt_run(s) : err;
}

enum tb_err sqlite_erasures_expire(struct sqlite_engine *e, bool *ret_more)
{
    size_t count = 0;
    enum tb_err err = TB_OK;
    for (; count < ERASURES_EXPIRE_MAX && err == TB_OK; count++) {
        struct tb_id id;
        struct tb_stmt *s = sqlite_stmt(e, STMT_ERASURE_DONE);
        tb_stmt_bind_int(s, 1, e->wall_ms - ERASURES_KEPT_MS);
        bool row;
        err = tb_stmt_step(s, &row);
        if (err != TB_OK || !row)
            break;
        err = sqlite_column_id(s, 0, &id);
        tb_stmt_reset(s);
        if (err == TB_OK)
            err = erasure_drop(e, &id);
    }
    *ret_more = count == ERASURES_EXPIRE_MAX;
    return err;
}
