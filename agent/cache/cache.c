#include "agent/cache/cache.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

#include <stdlib.h>

#define PEPPER_NAME "pepper_version"
#define EPOCH_NAME "epoch"
#define HEARD_PREFIX "heard " /* the outbox's incarnation behind it */
#define ARENA_SIZE TB_JSON_ARENA_SIZE(TB_ROW_DOC_SIZE_MAX)
#define SEALED_SIZE_MAX (TB_RECORD_SIZE_MAX + TB_AEAD_OVERHEAD)

static const char *const migrations[] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) STRICT;"
    "CREATE TABLE feed (scope TEXT PRIMARY KEY NOT NULL, cursor BLOB NOT NULL) STRICT;" /* cursor: sealed */
    "CREATE TABLE customer ("
    " ref INTEGER PRIMARY KEY,"
    " key BLOB NOT NULL UNIQUE," /* struct tb_customer_key */
    " wrapped BLOB NOT NULL,"    /* the row's own key, under the device key */
    " sealed BLOB NOT NULL"      /* record.h, under the row's own key */
    ") STRICT;"
    "CREATE TABLE credential ("
    " hash BLOB PRIMARY KEY NOT NULL," /* the first TB_CACHE_HASH_SIZE bytes of the look-up hash */
    " customer INTEGER NOT NULL REFERENCES customer (ref),"
    " version INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL,"
    " proof BLOB NOT NULL" /* tb_credential_proof(): that all of this belongs together */
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX credential_customer ON credential (customer);"
    "CREATE TABLE gone (key BLOB PRIMARY KEY NOT NULL, version INTEGER NOT NULL, epoch INTEGER NOT NULL) "
    "STRICT;"
    "CREATE TABLE product ("
    " gtin TEXT PRIMARY KEY NOT NULL,"
    " version INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL,"
    " sealed BLOB NOT NULL" /* tb_product_seal() */
    ") STRICT;",
};

_Static_assert(TB_ARRAY_SIZE(migrations) == TB_CACHE_FORMAT, "the reader expects what the writer makes");

static const char *const statements[TB_CACHE_STMT_COUNT] = {
    [TB_CACHE_STMT_CUSTOMER_READ] = "SELECT ref, wrapped, sealed FROM customer WHERE key = ?1",
    [TB_CACHE_STMT_CUSTOMER_PUT] = "INSERT INTO customer (key, wrapped, sealed) VALUES (?1, ?2, ?3)"
                                   " ON CONFLICT (key) DO UPDATE SET wrapped = ?2, sealed = ?3",
    [TB_CACHE_STMT_CUSTOMER_DROP] = "DELETE FROM customer WHERE key = ?1",
    [TB_CACHE_STMT_CREDENTIALS_DROP] =
        "DELETE FROM credential WHERE customer = (SELECT ref FROM customer WHERE key = ?1)",
    [TB_CACHE_STMT_CREDENTIAL_READ] = "SELECT k.version, k.epoch, k.proof, c.key FROM credential k"
                                      " LEFT JOIN customer c ON c.ref = k.customer WHERE k.hash = ?1",
    [TB_CACHE_STMT_CREDENTIAL_PUT] =
        "INSERT OR REPLACE INTO credential (hash, customer, version, epoch, proof)"
        " VALUES (?1, (SELECT ref FROM customer WHERE key = ?2), ?3, ?4, ?5)",
    [TB_CACHE_STMT_CREDENTIAL_DROP] = "DELETE FROM credential WHERE hash = ?1",
    [TB_CACHE_STMT_GONE_READ] = "SELECT version FROM gone WHERE key = ?1 AND epoch = ?2",
    [TB_CACHE_STMT_GONE_PUT] = "INSERT OR REPLACE INTO gone (key, version, epoch) VALUES (?1, ?2, ?3)",
    [TB_CACHE_STMT_PRODUCT_READ] = "SELECT version, epoch, sealed FROM product WHERE gtin = ?1",
    [TB_CACHE_STMT_PRODUCT_PUT] =
        "INSERT OR REPLACE INTO product (gtin, version, epoch, sealed) VALUES (?1, ?2, ?3, ?4)",
    [TB_CACHE_STMT_PRODUCT_DROP] = "DELETE FROM product WHERE gtin = ?1",
    [TB_CACHE_STMT_CURSOR_PUT] = "INSERT OR REPLACE INTO feed (scope, cursor) VALUES (?1, ?2)",
    [TB_CACHE_STMT_CURSORS_DROP] = "DELETE FROM feed",
    [TB_CACHE_STMT_META_PUT] = "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
};

/* ---- one customer's record while rows are applied to it ---- */

/* Lives in cache->work. Sections that were replaced point into parts, the others into plain. */
struct workplace {
    struct tb_customer_key key;
    struct tb_record record;
    bool loaded; /* key and record are of a customer */
    bool stored; /* there is a row of it */
    bool dirty;
    uint32_t damaged_count;
    uint32_t row_count;
    size_t plain_size; /* most bytes of plain and of each part that were ever used */
    size_t part_size[TB_SECTION_COUNT];
    struct tb_customer customer; /* decoded documents, one at a time */
    struct tb_journey journey;
    struct tb_cart cart;
    uint8_t plain[TB_RECORD_SIZE_MAX];
    uint8_t parts[TB_SECTION_COUNT][TB_CART_PACKED_SIZE_MAX];
    uint8_t sealed[SEALED_SIZE_MAX];
    uint8_t arena[ARENA_SIZE];
};

_Static_assert(TB_CART_PACKED_SIZE_MAX >= TB_VIEW_PART_SIZE_MAX, "a part holds any section");

static struct workplace *workplace_of(struct tb_cache *cache)
{
    return (struct workplace *)(void *)cache->work;
}

/* Leaves nothing personal behind; the arena is wiped by its users, and what is sealed may stay. */
static void workplace_clear(struct workplace *work)
{
    tb_wipe(work->plain, work->plain_size);
    for (size_t i = 0; i < TB_SECTION_COUNT; i++)
        tb_wipe(work->parts[i], work->part_size[i]);
    tb_wipe(work, offsetof(struct workplace, plain));
}

static struct tb_span key_span(const struct tb_customer_key *key)
{
    return tb_span_of(key->bytes, sizeof key->bytes);
}

static enum tb_err gone_version(struct tb_cache *cache, const struct tb_customer_key *key,
                                int64_t *ret_version)
{
    struct tb_stmt *read = &cache->stmts[TB_CACHE_STMT_GONE_READ];
    tb_stmt_bind_blob(read, 1, key_span(key));
    tb_stmt_bind_int(read, 2, cache->epoch);
    bool row = false;
    enum tb_err err = tb_stmt_step(read, &row);
    *ret_version = err == TB_OK && row ? tb_stmt_int(read, 0) : 0;
    tb_stmt_reset(read);
    return err;
}

static enum tb_err work_flush(struct tb_cache *cache)
{
    struct workplace *work = workplace_of(cache);
    if (!work->loaded || !work->dirty)
        return TB_OK;
    uint8_t wrapped[TB_SEAL_WRAPPED_SIZE];
    struct tb_buf plain = tb_buf_of(work->arena, TB_RECORD_SIZE_MAX);
    struct tb_buf sealed = tb_buf_of(work->sealed, sizeof work->sealed);
    enum tb_err err = tb_record_seal(&cache->sealer, &work->key, &work->record, &plain, wrapped, &sealed);
    tb_wipe(work->arena, plain.size);
    if (err != TB_OK)
        return err;
    struct tb_stmt *put = &cache->stmts[TB_CACHE_STMT_CUSTOMER_PUT];
    tb_stmt_bind_blob(put, 1, key_span(&work->key));
    tb_stmt_bind_blob(put, 2, tb_span_of(wrapped, sizeof wrapped));
    tb_stmt_bind_blob(put, 3, tb_buf_span(&sealed));
    err = tb_stmt_run(put);
    if (err == TB_OK) {
        work->dirty = false;
        work->stored = true;
    }
    return err;
}

/* Makes customer the one that work is about; a row that does not verify counts as absent. */
static enum tb_err work_load(struct tb_cache *cache, const struct tb_id *customer)
{
    struct workplace *work = workplace_of(cache);
    struct tb_customer_key key = tb_pepper_customer(&cache->pepper, customer);
    if (work->loaded && memcmp(&key, &work->key, sizeof key) == 0)
        return TB_OK;
    enum tb_err err = work_flush(cache);
    if (err != TB_OK)
        return err;
    work->key = key;
    work->record = (struct tb_record){.customer = *customer};
    work->loaded = true;
    work->stored = false;
    work->dirty = false;

    struct tb_stmt *read = &cache->stmts[TB_CACHE_STMT_CUSTOMER_READ];
    tb_stmt_bind_blob(read, 1, key_span(&key));
    bool row = false;
    err = tb_stmt_step(read, &row);
    if (err == TB_OK && row) {
        struct tb_buf plain = tb_buf_of(work->plain, sizeof work->plain);
        work->stored = true;
        if (tb_record_open(&cache->sealer, &key, tb_stmt_blob(read, 1), tb_stmt_blob(read, 2), &plain,
                           &work->record) != TB_OK) {
            work->damaged_count++;
            work->record = (struct tb_record){.customer = *customer};
        }
        work->plain_size = plain.size > work->plain_size ? plain.size : work->plain_size;
    }
    tb_stmt_reset(read);
    return err;
}

static bool section_is_newer(const struct tb_cache *cache, const struct tb_record_section *section,
                             int64_t version)
{
    return section->epoch != cache->epoch || version > section->version;
}

/* Versions count per cart. Another cart replaces the one that is kept when it is the younger fact; the
 * end of another one says nothing about it. */
static bool cart_is_newer(const struct tb_cache *cache, const struct tb_record *record,
                          const struct tb_row *row, const struct tb_id *cart)
{
    const struct tb_record_section *section = &record->sections[TB_SECTION_CART];
    if (tb_id_is_zero(&record->cart) || tb_id_equal(&record->cart, cart))
        return section_is_newer(cache, section, row->version);
    return row->op == TB_ROW_PUT && (section->epoch != cache->epoch || row->as_of_ms >= section->as_of_ms);
}

/* ---- rows ---- */

/* Decodes a document and renders it into the part that its section is to hold. */
static enum tb_err part_render(struct workplace *work, const struct tb_row *row, enum tb_section section,
                               struct tb_buf *part)
{
    struct tb_arena arena = tb_arena_of(work->arena, sizeof work->arena);
    struct tb_check check = {0};
    struct tb_json doc;
    enum tb_err err = tb_json_parse(row->doc, TB_ROW_DOC_SIZE_MAX, &arena, &doc);
    if (err != TB_OK)
        return err;
    switch (section) {
    case TB_SECTION_PROFILE:
        tb_customer_decode(&check, doc, &work->customer);
        if (check.err == TB_OK)
            tb_view_render_profile(part, TB_AUDIENCE_CLERK, &work->customer);
        break;
    case TB_SECTION_JOURNEY:
        tb_journey_decode(&check, doc, &work->journey);
        if (check.err == TB_OK)
            tb_view_render_journey(part, TB_AUDIENCE_CLERK, &work->journey);
        break;
    case TB_SECTION_CART:
        work->cart = (struct tb_cart){
            .customer = work->record.customer, .version = row->version, .as_of_ms = row->as_of_ms};
        check.err = tb_row_object(row, &work->cart.id);
        tb_cart_decode(&check, doc, &work->cart);
        if (check.err == TB_OK)
            tb_cart_pack(&work->cart, part);
        break;
    case TB_SECTION_COUNT: break;
    }
    tb_arena_release(&arena, 0);
    return check.err != TB_OK ? check.err : part->err;
}

static enum tb_err section_apply(struct tb_cache *cache, const struct tb_row *row, enum tb_section which)
{
    struct workplace *work = workplace_of(cache);
    struct tb_record_section *section = &work->record.sections[which];
    struct tb_id object;
    enum tb_err err = tb_row_object(row, &object);
    if (err != TB_OK)
        return err;
    if (which == TB_SECTION_CART ? !cart_is_newer(cache, &work->record, row, &object)
                                 : !section_is_newer(cache, section, row->version))
        return TB_OK;
    struct tb_buf part = tb_buf_of(work->parts[which], sizeof work->parts[which]);
    if (row->op == TB_ROW_PUT)
        err = part_render(work, row, which, &part);
    if (err != TB_OK)
        return err;
    if (part.size > work->part_size[which])
        work->part_size[which] = part.size;
    *section = (struct tb_record_section){.version = row->version,
                                          .as_of_ms = row->as_of_ms,
                                          .epoch = cache->epoch,
                                          .bytes = tb_buf_span(&part)};
    if (which == TB_SECTION_CART)
        work->record.cart = object;
    work->dirty = true;
    work->row_count++;
    return TB_OK;
}

static enum tb_err customer_remove(struct tb_cache *cache, const struct tb_customer_key *customer)
{
    struct workplace *work = workplace_of(cache);
    if (work->loaded && memcmp(customer, &work->key, sizeof *customer) == 0)
        work->loaded = false;
    struct tb_stmt *drop = &cache->stmts[TB_CACHE_STMT_CREDENTIALS_DROP];
    tb_stmt_bind_blob(drop, 1, key_span(customer));
    enum tb_err err = tb_stmt_run(drop);
    if (err != TB_OK)
        return err;
    drop = &cache->stmts[TB_CACHE_STMT_CUSTOMER_DROP];
    tb_stmt_bind_blob(drop, 1, key_span(customer));
    return tb_stmt_run(drop);
}

static enum tb_err cursors_forget(struct tb_cache *cache)
{
    return tb_stmt_run(&cache->stmts[TB_CACHE_STMT_CURSORS_DROP]);
}

enum tb_err tb_cache_forget(struct tb_cache *cache, const struct tb_customer_key *customer)
{
    enum tb_err err = customer_remove(cache, customer);
    cache->damaged = true;
    return err == TB_OK ? cursors_forget(cache) : err;
}

static enum tb_err customer_leave(struct tb_cache *cache, const struct tb_row *row)
{
    struct workplace *work = workplace_of(cache);
    struct tb_customer_key key = work->key;
    struct tb_record_section *profile = &work->record.sections[TB_SECTION_PROFILE];
    if (!section_is_newer(cache, profile, row->version) && row->op == TB_ROW_DROP)
        return TB_OK;
    enum tb_err err = customer_remove(cache, &key);
    work->row_count++;
    if (err != TB_OK || row->op != TB_ROW_DROP)
        return err;
    struct tb_stmt *put = &cache->stmts[TB_CACHE_STMT_GONE_PUT];
    tb_stmt_bind_blob(put, 1, key_span(&key));
    tb_stmt_bind_int(put, 2, row->version);
    tb_stmt_bind_int(put, 3, cache->epoch);
    return tb_stmt_run(put);
}

/* A row of a customer, a journey or a cart: whose it is, and which section it is about. */
static enum tb_err person_apply(struct tb_cache *cache, const struct tb_row *row, enum tb_section section)
{
    struct tb_id customer = row->customer;
    if (cache->pepper.version == 0)
        return TB_ERR_AGAIN;
    enum tb_err err = row->type == TB_ROW_CART ? TB_OK : tb_row_object(row, &customer);
    if (err == TB_OK && tb_id_is_zero(&customer))
        return TB_OK; /* an anonymous cart is not kept */
    if (err == TB_OK)
        err = work_load(cache, &customer);
    if (err != TB_OK)
        return err;
    if (row->type == TB_ROW_CUSTOMER && row->op != TB_ROW_PUT)
        return customer_leave(cache, row);
    int64_t gone = 0;
    if (row->type == TB_ROW_CUSTOMER && !workplace_of(cache)->stored)
        err = gone_version(cache, &workplace_of(cache)->key, &gone);
    if (err != TB_OK || (gone && row->version <= gone))
        return err;
    return section_apply(cache, row, section);
}

/* A stored credential that does not verify counts as absent. */
static bool credential_verifies(const struct tb_cache *cache, const struct tb_stmt *row, struct tb_span hash)
{
    struct tb_customer_key customer;
    struct tb_span key = tb_stmt_blob(row, 3);
    if (key.size != sizeof customer.bytes)
        return false;
    memcpy(customer.bytes, key.at, key.size);
    struct tb_seal_proof proof = tb_credential_proof(&cache->sealer, hash, &customer, tb_stmt_int(row, 0),
                                                     (uint32_t)tb_stmt_int(row, 1));
    return tb_span_equal_secret(tb_stmt_blob(row, 2), tb_span_of(proof.bytes, sizeof proof.bytes));
}

static enum tb_err credential_is_newer(struct tb_cache *cache, struct tb_span hash, int64_t version,
                                       bool *ret_newer)
{
    struct tb_stmt *read = &cache->stmts[TB_CACHE_STMT_CREDENTIAL_READ];
    tb_stmt_bind_blob(read, 1, hash);
    bool row = false;
    enum tb_err err = tb_stmt_step(read, &row);
    *ret_newer = !row || tb_stmt_int(read, 1) != cache->epoch || version > tb_stmt_int(read, 0);
    if (row && !credential_verifies(cache, read, hash)) {
        *ret_newer = true;
        workplace_of(cache)->damaged_count++;
    }
    tb_stmt_reset(read);
    return err;
}

static enum tb_err credential_put(struct tb_cache *cache, const struct tb_row *row, struct tb_span hash)
{
    struct workplace *work = workplace_of(cache);
    enum tb_err err = work_load(cache, &row->customer);
    if (err != TB_OK)
        return err;
    if (!work->stored) {
        work->dirty = true; /* the credential came before its customer: make the row that it points to */
        err = work_flush(cache);
        if (err != TB_OK)
            return err;
    }
    struct tb_stmt *put = &cache->stmts[TB_CACHE_STMT_CREDENTIAL_PUT];
    tb_stmt_bind_blob(put, 1, hash);
    tb_stmt_bind_blob(put, 2, key_span(&work->key));
    tb_stmt_bind_int(put, 3, row->version);
    tb_stmt_bind_int(put, 4, cache->epoch);
    struct tb_seal_proof proof =
        tb_credential_proof(&cache->sealer, hash, &work->key, row->version, cache->epoch);
    tb_stmt_bind_blob(put, 5, tb_span_of(proof.bytes, sizeof proof.bytes));
    return tb_stmt_run(put);
}

static enum tb_err credential_apply(struct tb_cache *cache, const struct tb_row *row)
{
    uint8_t bytes[TB_LOOKUP_HASH_SIZE];
    if (cache->pepper.version == 0)
        return TB_ERR_AGAIN;
    enum tb_err err = tb_hex_decode(tb_span_str(row->id), bytes, sizeof bytes);
    if (err != TB_OK)
        return err;
    struct tb_span hash = tb_span_of(bytes, TB_CACHE_HASH_SIZE);
    bool newer = false;
    err = credential_is_newer(cache, hash, row->version, &newer);
    if (err != TB_OK || !newer)
        return err;
    workplace_of(cache)->row_count++;
    if (row->op == TB_ROW_PUT)
        return credential_put(cache, row, hash);
    struct tb_stmt *drop = &cache->stmts[TB_CACHE_STMT_CREDENTIAL_DROP];
    tb_stmt_bind_blob(drop, 1, hash);
    return tb_stmt_run(drop);
}

static enum tb_err product_is_newer(struct tb_cache *cache, const struct tb_row *row, bool *ret_newer)
{
    struct tb_stmt *read = &cache->stmts[TB_CACHE_STMT_PRODUCT_READ];
    tb_stmt_bind_text(read, 1, tb_span_str(row->id));
    bool found = false;
    enum tb_err err = tb_stmt_step(read, &found);
    const struct tb_product_name name = {
        .gtin = row->id,
        .version = found ? tb_stmt_int(read, 0) : 0,
        .epoch = found ? (uint32_t)tb_stmt_int(read, 1) : 0,
    };
    *ret_newer = !found || name.epoch != cache->epoch || row->version > name.version;
    struct tb_product stored;
    if (found && tb_product_open(&cache->sealer, &name, tb_stmt_blob(read, 2), &stored) != TB_OK) {
        *ret_newer = true;
        workplace_of(cache)->damaged_count++;
    }
    tb_stmt_reset(read);
    return err;
}

static enum tb_err product_put(struct tb_cache *cache, const struct tb_row *row)
{
    uint8_t bytes[TB_PRODUCT_DOC_SIZE_MAX + TB_AEAD_OVERHEAD];
    struct tb_buf sealed = tb_buf_of(bytes, sizeof bytes);
    const struct tb_product_name name = {.gtin = row->id, .version = row->version, .epoch = cache->epoch};
    enum tb_err err = tb_product_seal(&cache->sealer, &name, row->doc, &sealed);
    if (err != TB_OK)
        return err;
    struct tb_stmt *put = &cache->stmts[TB_CACHE_STMT_PRODUCT_PUT];
    tb_stmt_bind_text(put, 1, tb_span_str(row->id));
    tb_stmt_bind_int(put, 2, row->version);
    tb_stmt_bind_int(put, 3, cache->epoch);
    tb_stmt_bind_blob(put, 4, tb_buf_span(&sealed));
    return tb_stmt_run(put);
}

static enum tb_err product_apply(struct tb_cache *cache, const struct tb_row *row)
{
    bool newer = false;
    enum tb_err err = product_is_newer(cache, row, &newer);
    if (err != TB_OK || !newer)
        return err;
    if (row->op == TB_ROW_PUT) {
        err = product_put(cache, row);
    } else {
        struct tb_stmt *drop = &cache->stmts[TB_CACHE_STMT_PRODUCT_DROP];
        tb_stmt_bind_text(drop, 1, tb_span_str(row->id));
        err = tb_stmt_run(drop);
    }
    workplace_of(cache)->row_count += err == TB_OK;
    return err;
}

static enum tb_err row_apply(struct tb_cache *cache, const struct tb_row *row)
{
    switch (row->type) {
    case TB_ROW_CUSTOMER: return person_apply(cache, row, TB_SECTION_PROFILE);
    case TB_ROW_JOURNEY: return person_apply(cache, row, TB_SECTION_JOURNEY);
    case TB_ROW_CART: return person_apply(cache, row, TB_SECTION_CART);
    case TB_ROW_CREDENTIAL: return credential_apply(cache, row);
    case TB_ROW_PRODUCT: return product_apply(cache, row);
    case TB_ROW_NONE:
    case TB_ROW_TERMINAL:
    case TB_ROW_POLICY:
    case TB_ROW_KEY:
    case TB_ROW_ERASURE:
    case TB_ROW_HANDOVER:
    case TB_ROW_REWARD:
    case TB_ROW_TYPE_COUNT: return TB_OK;
    }
    return TB_OK;
}

/* Feeds of one customer begin anew at each visit: their few rows are not worth a stored cursor. */
static bool scope_is_kept(const struct tb_scope *scope)
{
    return scope->kind == TB_SCOPE_COHORT || scope->kind == TB_SCOPE_CATALOGUE;
}

static enum tb_err cursor_save(struct tb_cache *cache, const struct tb_scope *scope,
                               const struct tb_cursor *cursor)
{
    if (!scope || !scope_is_kept(scope))
        return TB_OK;
    char text[TB_SCOPE_TEXT_SIZE];
    uint8_t bytes[TB_CURSOR_SIZE_MAX + TB_AEAD_OVERHEAD];
    struct tb_buf sealed = tb_buf_of(bytes, sizeof bytes);
    tb_scope_format(scope, text);
    enum tb_err err =
        tb_seal(&cache->sealer, tb_span_str(text), tb_span_of(cursor->bytes, cursor->size), &sealed);
    if (err != TB_OK)
        return err;
    struct tb_stmt *put = &cache->stmts[TB_CACHE_STMT_CURSOR_PUT];
    tb_stmt_bind_text(put, 1, tb_span_str(text));
    tb_stmt_bind_blob(put, 2, tb_buf_span(&sealed));
    return tb_stmt_run(put);
}

enum tb_err tb_cache_apply(struct tb_cache *cache, const struct tb_rows *rows, const struct tb_scope *scope,
                           const struct tb_cursor *cursor, struct tb_cache_applied *ret_applied)
{
    struct workplace *work = workplace_of(cache);
    workplace_clear(work);
    *ret_applied = (struct tb_cache_applied){0};
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < rows->count && err == TB_OK; i++) {
        err = row_apply(cache, &rows->at[i]);
        if (tb_err_class(err) == TB_CLASS_INPUT) {
            ret_applied->refused_count++;
            err = TB_OK;
        }
    }
    if (err == TB_OK)
        err = work_flush(cache);
    ret_applied->row_count = work->row_count;
    ret_applied->damaged_count = work->damaged_count;
    cache->damaged |= work->damaged_count > 0;
    workplace_clear(work);
    if (err != TB_OK)
        return err;
    return cache->damaged ? cursors_forget(cache) : cursor_save(cache, scope, cursor);
}

/* ---- the file ---- */

static enum tb_err meta_read(struct tb_cache *cache, const char *name, int64_t *ret_value)
{
    struct tb_stmt stmt;
    enum tb_err err = tb_stmt_prepare(cache->db, "SELECT value FROM meta WHERE name = ?1", &stmt);
    if (err != TB_OK)
        return err;
    tb_stmt_bind_text(&stmt, 1, tb_span_str(name));
    bool row = false;
    err = tb_stmt_step(&stmt, &row);
    *ret_value = err == TB_OK && row ? tb_stmt_int(&stmt, 0) : 0;
    tb_stmt_free(&stmt);
    return err;
}

static enum tb_err meta_write(struct tb_cache *cache, const char *name, int64_t value)
{
    struct tb_stmt *put = &cache->stmts[TB_CACHE_STMT_META_PUT];
    tb_stmt_bind_text(put, 1, tb_span_str(name));
    tb_stmt_bind_int(put, 2, value);
    return tb_stmt_run(put);
}

static enum tb_err cache_load(struct tb_cache *cache)
{
    cache->work =
        calloc(1, sizeof(struct workplace)); /* pages that no document is large enough for stay untouched */
    if (!cache->work)
        return TB_ERR_NO_MEMORY;
    enum tb_err err = tb_stmt_prepare_all(cache->db, statements, TB_CACHE_STMT_COUNT, cache->stmts);
    int64_t epoch = 0;
    if (err == TB_OK)
        err = meta_read(cache, EPOCH_NAME, &epoch);
    cache->epoch = (uint32_t)epoch;
    return err;
}

enum tb_err tb_cache_open(const char *path, const struct tb_sealer *sealer, struct tb_cache *ret_cache)
{
    const struct tb_db_options options = {
        .sync = TB_DB_SYNC_NORMAL,
        .cache_kib = 256,
        .checkpoint_pages = 1000,
        .secure_delete = true,
        .application_id = TB_CACHE_APPLICATION_ID,
        .migrations = migrations,
        .migration_count = TB_ARRAY_SIZE(migrations),
    };
    *ret_cache = (struct tb_cache){0};
    enum tb_err err = tb_sealer_share(sealer, &ret_cache->sealer);
    if (err == TB_OK)
        err = tb_db_open(path, &options, &ret_cache->db);
    if (err == TB_OK)
        err = cache_load(ret_cache);
    if (err != TB_OK)
        tb_cache_close(ret_cache);
    return err;
}

void tb_cache_close(struct tb_cache *cache)
{
    tb_stmt_free_all(cache->stmts, TB_CACHE_STMT_COUNT);
    free(cache->work);
    cache->work = NULL;
    cache->db = tb_db_close(cache->db);
    tb_sealer_wipe(&cache->sealer);
}

static enum tb_err cache_empty(struct tb_cache *cache, int64_t pepper_version)
{
    enum tb_err err = tb_db_begin(cache->db);
    if (err != TB_OK)
        return err;
    err = tb_db_exec(cache->db,
                     "DELETE FROM credential; DELETE FROM customer; DELETE FROM gone; DELETE FROM feed");
    if (err == TB_OK)
        err = meta_write(cache, PEPPER_NAME, pepper_version);
    if (err != TB_OK) {
        tb_db_rollback(cache->db);
        return err;
    }
    return tb_db_commit(cache->db);
}

enum tb_err tb_cache_set_pepper(struct tb_cache *cache, const struct tb_pepper *pepper)
{
    int64_t filled_with = 0;
    enum tb_err err = meta_read(cache, PEPPER_NAME, &filled_with);
    if (err == TB_OK && filled_with != pepper->version)
        err = cache_empty(cache, pepper->version);
    if (err == TB_OK)
        cache->pepper = *pepper;
    return err;
}

struct heard_name {
    char text[sizeof HEARD_PREFIX + TB_ID_TEXT_SIZE];
};

static struct heard_name heard_name_of(const struct tb_id *incarnation)
{
    struct heard_name name = {.text = HEARD_PREFIX};
    tb_id_encode(incarnation, name.text + strlen(HEARD_PREFIX));
    return name;
}

enum tb_err tb_cache_hear(struct tb_cache *cache, const struct tb_id *incarnation, int64_t seq)
{
    const struct heard_name name = heard_name_of(incarnation);
    return meta_write(cache, name.text, seq);
}

enum tb_err tb_cache_heard(struct tb_cache *cache, const struct tb_id *incarnation, int64_t *ret_seq)
{
    const struct heard_name name = heard_name_of(incarnation);
    return meta_read(cache, name.text, ret_seq);
}

enum tb_err tb_cache_new_epoch(struct tb_cache *cache)
{
    enum tb_err err = meta_write(cache, EPOCH_NAME, (int64_t)cache->epoch + 1);
    if (err == TB_OK)
        err = tb_db_exec(cache->db, "DELETE FROM meta WHERE name LIKE '" HEARD_PREFIX "%'");
    if (err == TB_OK)
        err = cursors_forget(cache);
    if (err == TB_OK)
        cache->epoch++;
    return err;
}

enum tb_err tb_cache_make_last(struct tb_cache *cache)
{
    /* A checkpoint would not do: it leaves the log unsynced when a look-up holds back all that is to be
     * copied. */
    enum tb_err err = tb_db_set_sync(cache->db, TB_DB_SYNC_FULL);
    if (err == TB_OK)
        err = tb_db_begin(cache->db);
    if (err != TB_OK)
        return err;
    err = tb_db_touch(cache->db);
    if (err == TB_OK)
        err = tb_db_commit(cache->db);
    else
        tb_db_rollback(cache->db);
    enum tb_err back = tb_db_set_sync(cache->db, TB_DB_SYNC_NORMAL);
    return err != TB_OK ? err : back;
}

enum tb_err tb_cache_cursor(struct tb_cache *cache, const struct tb_scope *scope,
                            struct tb_cursor *ret_cursor)
{
    *ret_cursor = (struct tb_cursor){0};
    char text[TB_SCOPE_TEXT_SIZE];
    struct tb_stmt stmt;
    tb_scope_format(scope, text);
    enum tb_err err = tb_stmt_prepare(cache->db, "SELECT cursor FROM feed WHERE scope = ?1", &stmt);
    if (err != TB_OK)
        return err;
    tb_stmt_bind_text(&stmt, 1, tb_span_str(text));
    bool row = false;
    err = tb_stmt_step(&stmt, &row);
    /* A cursor that does not verify might skip rows: the feed begins anew instead. */
    struct tb_buf plain = tb_buf_of(ret_cursor->bytes, sizeof ret_cursor->bytes);
    if (row && tb_unseal(&cache->sealer, tb_span_str(text), tb_stmt_blob(&stmt, 0), &plain) == TB_OK)
        ret_cursor->size = (uint8_t)plain.size;
    tb_stmt_free(&stmt);
    return err;
}
