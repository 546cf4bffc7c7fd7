#include "contextd/engine/sqlite_engine.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

#include <stdlib.h>
#include <unistd.h>

#define APPLICATION_ID 0x54426378u /* "TBcx" */
#define CACHE_KIB (16u * 1024u)
#define BUSY_MS 5000u
#define CHECKPOINT_PAGES 1000u

static struct sqlite_engine *engine_of(struct tb_context_engine *engine)
{
    return (struct sqlite_engine *)engine;
}

static enum tb_err chain_take(struct tb_stmt *s, struct sqlite_chain *chain)
{
    struct tb_span pepper = tb_stmt_blob(s, 4);
    if (pepper.size != sizeof chain->pepper)
        return TB_ERR_CORRUPT;
    memcpy(chain->pepper, pepper.at, sizeof chain->pepper);
    chain->seed = tb_stmt_int(s, 3);
    chain->pepper_version = tb_stmt_int(s, 5);
    chain->as_of_ms = tb_stmt_int(s, 6);
    enum tb_err err = sqlite_column_text(s, 0, chain->name, sizeof chain->name);
    if (err == TB_OK)
        err = sqlite_column_text(s, 1, chain->currency, sizeof chain->currency);
    if (err == TB_OK)
        err = sqlite_column_text(s, 2, chain->epoch, sizeof chain->epoch);
    return err;
}

enum tb_err sqlite_chain_load(struct sqlite_engine *e)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CHAIN_READ);
    enum tb_err err = tb_stmt_step(s, &e->chain_known);
    if (err == TB_OK && e->chain_known)
        err = chain_take(s, &e->chain);
    tb_stmt_reset(s);
    if (err == TB_OK)
        err = sqlite_keys_load(e);
    if (err == TB_OK)
        err = sqlite_trust_load(e);
    return err == TB_OK ? sqlite_people_load(e) : err;
}

/* ---- answering ---- */

static bool writes(const struct tb_engine_request *request)
{
    return request->ask == TB_ENGINE_APPLY || request->ask == TB_ENGINE_OPEN ||
           request->ask == TB_ENGINE_IDENTIFY || request->ask == TB_ENGINE_ADMIT ||
           request->ask == TB_ENGINE_FIND || request->ask == TB_ENGINE_FETCH;
}

static enum tb_err product_find(struct sqlite_engine *e, const struct tb_engine_request *request,
                                struct tb_engine_answer *ret_answer)
{
    struct tb_product *product = &ret_answer->product.product;
    enum tb_err err = sqlite_product_read(e, request->product.gtin, request->peer.store, product, NULL);
    if (err != TB_ERR_NOT_FOUND)
        return err;
    memset(product, 0, sizeof *product);
    return TB_OK;
}

static enum tb_err answer_one(struct sqlite_engine *e, const struct tb_engine_call *call)
{
    const struct tb_engine_request *request = call->request;
    enum tb_err err = TB_OK;
    /* A session that opens is told more exactly why not; all others are looked at on every request. */
    if (request->ask != TB_ENGINE_OPEN)
        err = sqlite_peer_check(e, &request->peer);
    else if (!e->chain_known)
        err = TB_ERR_DENIED;
    if (err != TB_OK)
        return err;
    switch (request->ask) {
    case TB_ENGINE_OPEN: return sqlite_open(e, request, call->ret_answer);
    case TB_ENGINE_APPLY: return sqlite_apply(e, request, call->arena, call->ret_answer);
    case TB_ENGINE_FEED: return sqlite_feed(e, request, call->arena, call->ret_answer);
    case TB_ENGINE_IDENTIFY: return sqlite_identify(e, request, call->arena, call->ret_answer);
    case TB_ENGINE_PRODUCT: return product_find(e, request, call->ret_answer);
    case TB_ENGINE_ADMIT: return sqlite_admit(e, request, call->ret_answer);
    case TB_ENGINE_CHECKSUM: return sqlite_checksum(e, request, call->ret_answer);
    case TB_ENGINE_FIND: return sqlite_find(e, request, call->ret_answer);
    case TB_ENGINE_FETCH: return sqlite_fetch(e, request, call->arena, call->ret_answer);
    case TB_ENGINE_NONE: break;
    }
    return TB_ERR_UNSUPPORTED;
}

static void answer_clear(const struct tb_engine_call *call)
{
    struct tb_engine_answer *answer = call->ret_answer;
    memset(answer, 0, sizeof *answer);
    answer->ask = call->request->ask;
    answer->ticket = call->request->ticket;
}

static void answer_fail(const struct tb_engine_call *call, enum tb_err err)
{
    answer_clear(call);
    call->ret_answer->err = err;
}

struct tb_digest sqlite_keyed_hash(const struct sqlite_engine *e, const char *kind, struct tb_span value)
{
    const struct tb_span parts[] = {tb_span_str(kind), tb_span_of("", 1), value};
    return tb_hmac_sha256_parts(tb_span_of(e->chain.pepper, sizeof e->chain.pepper), parts,
                                TB_ARRAY_SIZE(parts));
}

/* A clone that was found out, and a terminal that asks or searches for too many, leave a mark that is to
 * stay. */
static bool keeps_mark(enum tb_engine_ask ask, enum tb_err err)
{
    return (ask == TB_ENGINE_OPEN && err == TB_ERR_REPLAYED) || err == TB_ERR_CUSTOMER_LIMIT ||
           err == TB_ERR_FIND_LIMIT;
}

/* A call that fails undoes what it did. */
static enum tb_err answer_guarded(struct sqlite_engine *e, const struct tb_engine_call *call)
{
    answer_clear(call);
    enum tb_err err = tb_stmt_run(sqlite_stmt(e, STMT_SAVEPOINT));
    if (err != TB_OK)
        return err;
    e->limited = false;
    e->quarantined = false;
    enum tb_err asked = answer_one(e, call);
    if (asked != TB_OK) {
        answer_fail(call, asked);
        if (!keeps_mark(call->request->ask, asked))
            err = tb_stmt_run(sqlite_stmt(e, STMT_ROLLBACK_TO));
    }
    call->ret_answer->limited = e->limited;
    call->ret_answer->quarantined = e->quarantined;
    if (err == TB_OK)
        err = tb_stmt_run(sqlite_stmt(e, STMT_RELEASE));
    return err;
}

static enum tb_err group_begin(struct sqlite_engine *e, const struct tb_engine_call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (writes(calls[i].request))
            return tb_db_begin(e->db);
    }
    return tb_db_exec(e->db, "BEGIN");
}

static void engine_answer(struct tb_context_engine *engine, const struct tb_engine_call *calls, size_t count)
{
    TB_ASSERT(count <= TB_ENGINE_GROUP_MAX);
    struct sqlite_engine *e = engine_of(engine);
    e->wall_ms = e->clock_fn(e->clock);
    enum tb_err err = group_begin(e, calls, count);
    bool begun = err == TB_OK;
    for (size_t i = 0; i < count && err == TB_OK; i++)
        err = answer_guarded(e, &calls[i]);
    if (err == TB_OK)
        err = tb_db_commit(e->db);
    else if (begun)
        tb_db_rollback(e->db);
    if (err != TB_OK)
        sqlite_sums_clear(e); /* they may be of what was undone */
    for (size_t i = 0; i < count && err != TB_OK; i++)
        answer_fail(&calls[i], err);
}

/* ---- master data ---- */

static enum tb_err engine_load_begin(struct tb_context_engine *engine)
{
    struct sqlite_engine *e = engine_of(engine);
    e->wall_ms = e->clock_fn(e->clock);
    return tb_db_begin(e->db);
}

static enum tb_err engine_load_put(struct tb_context_engine *engine, const struct tb_record *record)
{
    return sqlite_record_put(engine_of(engine), record);
}

static enum tb_err engine_load_end(struct tb_context_engine *engine, bool keep)
{
    struct sqlite_engine *e = engine_of(engine);
    enum tb_err err = TB_OK;
    if (keep)
        err = tb_db_commit(e->db);
    else
        tb_db_rollback(e->db);
    sqlite_sums_clear(e);
    enum tb_err reloaded = sqlite_chain_load(e);
    return err == TB_OK ? reloaded : err;
}

/* ---- operators ---- */

static enum tb_err engine_facts(struct tb_context_engine *engine, struct tb_engine_facts *ret_facts)
{
    struct sqlite_engine *e = engine_of(engine);
    if (!e->chain_known)
        return TB_ERR_NOT_FOUND;
    memset(ret_facts, 0, sizeof *ret_facts);
    memcpy(ret_facts->chain, e->chain.name, sizeof ret_facts->chain);
    memcpy(ret_facts->currency, e->chain.currency, sizeof ret_facts->currency);
    memcpy(ret_facts->epoch, e->chain.epoch, sizeof ret_facts->epoch);
    ret_facts->seed = e->chain.seed;
    struct tb_stmt *s = sqlite_stmt(e, STMT_TERMINAL_COUNT);
    bool row = false;
    enum tb_err err = tb_stmt_step(s, &row);
    ret_facts->terminal_count = err == TB_OK && row ? tb_stmt_int(s, 0) : 0;
    tb_stmt_reset(s);
    return err;
}

static enum tb_err engine_customer_read(struct tb_context_engine *engine, const struct tb_id *id,
                                        struct tb_arena *arena, struct tb_rows *ret_rows)
{
    return sqlite_customer_rows(engine_of(engine), id, "", arena, ret_rows);
}

static enum tb_err engine_product_read(struct tb_context_engine *engine, const char *gtin, const char *store,
                                       struct tb_product *ret_product)
{
    return sqlite_product_read(engine_of(engine), gtin, store, ret_product, NULL);
}

enum tb_err sqlite_terminal_take(const struct tb_stmt *s, struct tb_terminal_entry *ret_entry)
{
    struct tb_terminal_entry *t = ret_entry;
    enum tb_err err = sqlite_column_text(s, 0, t->device, sizeof t->device);
    if (err == TB_OK)
        err = sqlite_column_text(s, 1, t->store, sizeof t->store);
    if (err == TB_OK)
        err = sqlite_column_text(s, 2, t->till, sizeof t->till);
    if (err == TB_OK)
        err = sqlite_column_text(s, 3, t->role, sizeof t->role);
    if (err == TB_OK)
        err = sqlite_column_text(s, 4, t->name, sizeof t->name);
    t->limited_ms = tb_stmt_int(s, 6);
    t->state = TB_TERMINAL_DISABLED;
    for (int i = 0; i < TB_TERMINAL_STATE_COUNT; i++) {
        if (tb_span_is(tb_stmt_blob(s, 5), tb_terminal_state_names[i]))
            t->state = (enum tb_terminal_state)i;
    }
    return err;
}

static enum tb_err engine_terminal_next(struct tb_context_engine *engine, const char *after,
                                        struct tb_terminal_entry *ret_entry)
{
    struct sqlite_engine *e = engine_of(engine);
    memset(ret_entry, 0, sizeof *ret_entry);
    struct tb_stmt *s = sqlite_stmt(e, STMT_TERMINAL_LIST);
    tb_stmt_bind_text(s, 1, tb_span_str(after));
    tb_stmt_bind_int(s, 2, 1);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? sqlite_terminal_take(s, ret_entry) : TB_ERR_NOT_FOUND;
    tb_stmt_reset(s);
    return err;
}

static enum tb_err engine_terminal_set_state(struct tb_context_engine *engine, const char *device,
                                             enum tb_terminal_state state)
{
    struct sqlite_engine *e = engine_of(engine);
    e->wall_ms = e->clock_fn(e->clock);
    enum tb_err err = tb_db_begin(e->db);
    if (err != TB_OK)
        return err;
    struct tb_stmt *s = sqlite_stmt(e, STMT_TERMINAL_STATE);
    tb_stmt_bind_text(s, 1, tb_span_str(device));
    tb_stmt_bind_text(s, 2, tb_span_str(tb_terminal_state_names[state]));
    tb_stmt_bind_int(s, 3, e->wall_ms);
    err = tb_stmt_run(s);
    if (err == TB_OK && tb_db_changes(e->db) == 0)
        err = TB_ERR_NOT_FOUND;
    if (err == TB_OK)
        return tb_db_commit(e->db);
    tb_db_rollback(e->db);
    return err;
}

static enum tb_err engine_expire(struct tb_context_engine *engine, bool *ret_more)
{
    struct sqlite_engine *e = engine_of(engine);
    e->wall_ms = e->clock_fn(e->clock);
    *ret_more = false;
    enum tb_err err = tb_db_begin(e->db);
    if (err != TB_OK)
        return err;
    err = sqlite_expire(e, ret_more);
    if (err == TB_OK)
        return tb_db_commit(e->db);
    tb_db_rollback(e->db);
    return err;
}

static bool engine_changed_elsewhere(struct tb_context_engine *engine)
{
    struct sqlite_engine *e = engine_of(engine);
    struct tb_stmt *s = sqlite_stmt(e, STMT_DATA_VERSION);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    int64_t version = err == TB_OK && row ? tb_stmt_int(s, 0) : e->data_version;
    tb_stmt_reset(s);
    bool changed = version != e->data_version;
    e->data_version = version;
    if (changed)
        sqlite_sums_clear(e);
    if (changed && sqlite_chain_load(e) != TB_OK)
        e->chain_known = false;
    changed = changed || e->changed_here;
    e->changed_here = false;
    return changed;
}

static void engine_close(struct tb_context_engine *engine)
{
    struct sqlite_engine *e = engine_of(engine);
    tb_stmt_free_all(e->stmts, STMT_COUNT);
    tb_stmt_free_all(e->cart_stmts, CART_STMT_COUNT);
    (void)tb_db_close(e->db);
    tb_wipe(e, sizeof *e);
    free(e);
}

static const struct tb_engine_ops sqlite_ops = {
    .answer = engine_answer,
    .load_begin = engine_load_begin,
    .load_put = engine_load_put,
    .load_end = engine_load_end,
    .facts = engine_facts,
    .customer_read = engine_customer_read,
    .product_read = engine_product_read,
    .key_next = sqlite_key_next,
    .terminal_next = engine_terminal_next,
    .terminal_set_state = engine_terminal_set_state,
    .erase = sqlite_erase,
    .erasure_next = sqlite_erasure_next,
    .erasure_waits = sqlite_erasure_waits,
    .customer_export = sqlite_customer_export,
    .conflict_next = sqlite_conflict_next,
    .operator_next = sqlite_operator_next,
    .audit_next = sqlite_audit_next,
    .expire = engine_expire,
    .changed_elsewhere = engine_changed_elsewhere,
    .close = engine_close,
};

static enum tb_err engine_start(struct sqlite_engine *e, const char *path)
{
    const struct tb_db_options options = {.sync = TB_DB_SYNC_FULL,
                                          .cache_kib = CACHE_KIB,
                                          .checkpoint_pages = CHECKPOINT_PAGES,
                                          .busy_ms = BUSY_MS,
                                          .secure_delete = true,
                                          .application_id = APPLICATION_ID,
                                          .migrations = sqlite_migrations,
                                          .migration_count = sqlite_migration_count};
    enum tb_err err = tb_db_open(path, &options, &e->db);
    if (err != TB_OK)
        return err;
    err = tb_db_exec(e->db, "PRAGMA foreign_keys = ON");
    if (err == TB_OK)
        err = tb_stmt_prepare_all(e->db, sqlite_statements, STMT_COUNT, e->stmts);
    if (err == TB_OK)
        err = tb_stmt_prepare_all(e->db, sqlite_cart_statements, CART_STMT_COUNT, e->cart_stmts);
    if (err == TB_OK)
        err = sqlite_cohort_parts(e);
    if (err == TB_OK)
        err = sqlite_chain_load(e);
    if (err == TB_OK)
        err = sqlite_handover_codes(e);
    if (err == TB_OK)
        (void)engine_changed_elsewhere(&e->base);
    return err;
}

enum tb_err tb_sqlite_engine_open(const struct tb_sqlite_engine_options *options,
                                  struct tb_context_engine **ret_engine)
{
    if (!options->create && access(options->path, F_OK) != 0)
        return TB_ERR_NOT_FOUND;
    struct sqlite_engine *e = calloc(1, sizeof *e);
    if (e == NULL)
        return TB_ERR_NO_MEMORY;
    e->base.ops = &sqlite_ops;
    e->clock_fn = options->wall_ms;
    e->clock = options->clock;
    e->rng = options->rng;
    enum tb_err err = engine_start(e, options->path);
    if (err != TB_OK) {
        engine_close(&e->base);
        return err;
    }
    *ret_engine = &e->base;
    return TB_OK;
}
