/* Rows from the context store on their way into the file. */
#include "agent/cache/cache_parts.h"
#include "core/base/wipe.h"

static bool is_newer(uint32_t stamp_now, uint32_t stamp, int64_t version, int64_t row_version)
{
    return stamp != stamp_now || row_version > version;
}

/* Versions count per cart. Another cart replaces the one that is kept when it is the younger fact; the
 * end of another one says nothing about it. */
static bool cart_is_newer(const struct tb_record *record, const struct tb_row *row, const struct tb_id *cart,
                          uint32_t stamp)
{
    const struct tb_record_section *section = &record->sections[TB_SECTION_CART];
    if (tb_id_is_zero(&record->cart) || tb_id_equal(&record->cart, cart))
        return is_newer(stamp, section->stamp, section->version, row->version);
    return row->op == TB_ROW_PUT && (section->stamp != stamp || row->as_of_ms >= section->as_of_ms);
}

static bool section_is_newer(const struct tb_record *record, const struct tb_row *row, enum tb_section which,
                             const struct tb_id *object, uint32_t stamp)
{
    const struct tb_record_section *section = &record->sections[which];
    return which == TB_SECTION_CART ? cart_is_newer(record, row, object, stamp)
                                    : is_newer(stamp, section->stamp, section->version, row->version);
}

/* ---- customers, journeys, carts ---- */

/* Decodes a document and renders it into the part that its section is to hold. */
static enum tb_err part_render(struct cache_work *work, const struct tb_row *row, enum tb_section section,
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
            tb_view_render_profile(part, &work->customer);
        break;
    case TB_SECTION_JOURNEY:
        tb_journey_decode(&check, doc, &work->journey);
        if (check.err == TB_OK)
            tb_view_render_journey(part, &work->journey);
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
    struct cache_work *work = cache_work_of(cache);
    uint32_t stamp = cache_stamp(cache, &work->key);
    struct tb_id object;
    enum tb_err err = tb_row_object(row, &object);
    if (err != TB_OK)
        return err;
    if (!section_is_newer(&work->record, row, which, &object, stamp))
        return TB_OK;
    struct tb_buf part = tb_buf_of(work->parts[which], sizeof work->parts[which]);
    if (row->op == TB_ROW_PUT)
        err = part_render(work, row, which, &part);
    if (err != TB_OK)
        return err;
    if (part.size > work->part_size[which])
        work->part_size[which] = part.size;
    work->record.sections[which] = (struct tb_record_section){
        .version = row->version, .as_of_ms = row->as_of_ms, .stamp = stamp, .bytes = tb_buf_span(&part)};
    if (which == TB_SECTION_CART)
        work->record.cart = object;
    work->dirty = true;
    work->row_count++;
    return TB_OK;
}

static bool was_here_lately(const struct tb_cache *cache, const struct cache_work *work)
{
    int64_t ago_ms = cache->wall_ms - work->seen_minute * CACHE_MINUTE_MS;
    return work->seen_minute > 0 && ago_ms < cache->limits.outside_keep_ms;
}

/* Whoever was here lately stays for a while, as customers do that are not of the cohort. */
static enum tb_err customer_evict(struct tb_cache *cache)
{
    struct cache_work *work = cache_work_of(cache);
    work->row_count++;
    if (!work->stored || work->damaged || !was_here_lately(cache, work))
        return cache_work_remove(cache);
    work->outside = true;
    work->moved = true;
    return TB_OK;
}

static enum tb_err customer_drop(struct tb_cache *cache, const struct tb_row *row)
{
    struct cache_work *work = cache_work_of(cache);
    const struct tb_customer_key key = work->key;
    const struct tb_record_section *profile = &work->record.sections[TB_SECTION_PROFILE];
    if (!is_newer(cache_stamp(cache, &key), profile->stamp, profile->version, row->version))
        return TB_OK;
    work->row_count++;
    enum tb_err err = cache_work_remove(cache);
    return err == TB_OK ? cache_gone_put(cache, &key, row->version) : err;
}

/* Whether a row about somebody who is not stored says nothing new: she is gone. */
static enum tb_err gone_check(struct tb_cache *cache, const struct tb_row *row, bool *ret_gone)
{
    const struct cache_work *work = cache_work_of(cache);
    int64_t version = 0;
    enum tb_err err = work->stored ? TB_OK : cache_gone_version(cache, &work->key, &version);
    *ret_gone = version >= CACHE_GONE_PARTED || (row->type == TB_ROW_CUSTOMER && row->version <= version);
    if (version == CACHE_GONE_PARTED && row->type == TB_ROW_CUSTOMER && row->op == TB_ROW_EVICT)
        err = cache_gone_put(cache, &work->key, row->version); /* the cohort has let go of her, too */
    return err;
}

enum tb_err tb_cache_welcome(struct tb_cache *cache, const struct tb_rows *rows)
{
    enum tb_err err = cache->pepper.version ? cache_begin(cache, cache->wall_ms) : TB_ERR_AGAIN;
    for (size_t i = 0; i < rows->count && err == TB_OK; i++) {
        struct tb_id customer;
        int64_t version = 0;
        if (rows->at[i].type != TB_ROW_CUSTOMER || tb_row_object(&rows->at[i], &customer) != TB_OK)
            continue;
        const struct tb_customer_key key = tb_pepper_customer(&cache->pepper, &customer);
        err = cache_gone_version(cache, &key, &version);
        if (err == TB_OK && version == CACHE_GONE_PARTED)
            err = cache_gone_put(cache, &key, 0);
    }
    return cache_end(cache, err);
}

/* Of the cohort or outside it, now that rows have come. */
static void place_note(struct tb_cache *cache, bool of_cohort)
{
    struct cache_work *work = cache_work_of(cache);
    if (of_cohort && work->outside) {
        work->outside = false;
        work->moved = true;
    }
    if (!of_cohort && !work->stored && work->seen_minute == 0)
        work->seen_minute = cache->wall_ms / CACHE_MINUTE_MS;
}

/* A row of a customer, a journey or a cart: whose it is, and which section it is about. */
static enum tb_err person_apply(struct tb_cache *cache, const struct tb_row *row, enum tb_section section,
                                bool of_cohort)
{
    struct tb_id customer = row->customer;
    if (cache->pepper.version == 0)
        return TB_ERR_AGAIN;
    enum tb_err err = row->type == TB_ROW_CART ? TB_OK : tb_row_object(row, &customer);
    if (err == TB_OK && tb_id_is_zero(&customer))
        return TB_OK; /* an anonymous cart is not kept */
    bool gone = false;
    if (err == TB_OK)
        err = cache_work_load(cache, &customer);
    if (err == TB_OK)
        err = gone_check(cache, row, &gone);
    if (err != TB_OK || gone)
        return err;
    if (row->type == TB_ROW_CUSTOMER && row->op == TB_ROW_DROP)
        return customer_drop(cache, row);
    if (row->type == TB_ROW_CUSTOMER && row->op == TB_ROW_EVICT)
        return customer_evict(cache);
    place_note(cache, of_cohort);
    return section_apply(cache, row, section);
}

/* ---- credentials ---- */

/* To whom the index leads; all zero: to nobody. */
static enum tb_err owner_read(struct tb_cache *cache, const uint8_t *hash, struct tb_customer_key *ret_owner)
{
    *ret_owner = (struct tb_customer_key){{0}};
    struct tb_stmt *read = &cache->stmts[TB_CACHE_STMT_CREDENTIAL_READ];
    tb_stmt_bind_blob(read, 1, tb_span_of(hash, TB_RECORD_HASH_SIZE));
    bool row = false;
    enum tb_err err = tb_stmt_step(read, &row);
    if (err == TB_OK && row && tb_stmt_blob(read, 0).size == sizeof ret_owner->bytes)
        memcpy(ret_owner->bytes, tb_stmt_blob(read, 0).at, sizeof ret_owner->bytes);
    tb_stmt_reset(read);
    return err;
}

static bool key_is_zero(const struct tb_customer_key *key)
{
    static const struct tb_customer_key zero = {{0}};
    return memcmp(key, &zero, sizeof zero) == 0;
}

/* Takes a credential from the loaded customer, unless the row is older than what is known of it. */
static enum tb_err credential_part(struct tb_cache *cache, const struct tb_row *row, const uint8_t *hash,
                                   bool *ret_older)
{
    struct cache_work *work = cache_work_of(cache);
    uint32_t stamp = cache_stamp(cache, &work->key);
    const struct tb_record_credential *known = tb_record_credential_find(&work->record, hash);
    *ret_older = known && !known->gone && !is_newer(stamp, known->stamp, known->version, row->version);
    if (*ret_older || !known || known->gone)
        return TB_OK;
    struct tb_record_credential *entry = NULL;
    enum tb_err err = cache_work_credential(cache, hash, &entry);
    if (err != TB_OK)
        return err;
    entry->gone = true;
    entry->version = row->version;
    entry->stamp = stamp;
    tb_record_share(&work->record, hash, NULL, 0);
    work->dirty = true;
    return cache_credential_drop(cache, hash);
}

/* Another customer's credential becomes this one's. */
static enum tb_err credential_take_over(struct tb_cache *cache, const struct tb_row *row, const uint8_t *hash,
                                        const struct tb_customer_key *owner, bool *ret_older)
{
    enum tb_err err = cache_work_load_key(cache, owner);
    if (err == TB_OK && cache_work_of(cache)->stored)
        err = credential_part(cache, row, hash, ret_older);
    return err == TB_OK ? cache_work_load(cache, &row->customer) : err;
}

static enum tb_err credential_read(struct cache_work *work, const struct tb_row *row,
                                   struct tb_credential_doc *ret_credential)
{
    struct tb_arena arena = tb_arena_of(work->arena, sizeof work->arena);
    struct tb_check check = {0};
    struct tb_json doc;
    *ret_credential = (struct tb_credential_doc){.blocked = false};
    if (row->op != TB_ROW_PUT)
        return TB_OK;
    enum tb_err err = tb_json_parse(row->doc, TB_ROW_DOC_SIZE_MAX, &arena, &doc);
    if (err != TB_OK)
        return err;
    tb_credential_doc_decode(&check, doc, ret_credential);
    return check.err;
}

/* The loaded customer is the row's, and the row is news. */
static enum tb_err credential_write(struct tb_cache *cache, const struct tb_row *row, const uint8_t *hash)
{
    struct cache_work *work = cache_work_of(cache);
    struct tb_record_credential *entry = NULL;
    struct tb_credential_doc doc;
    enum tb_err err = credential_read(work, row, &doc);
    if (err == TB_OK)
        err = cache_work_credential(cache, hash, &entry);
    if (err != TB_OK)
        return err;
    entry->version = row->version;
    entry->stamp = cache_stamp(cache, &work->key);
    entry->blocked = doc.blocked;
    entry->gone = row->op != TB_ROW_PUT;
    tb_record_share(&work->record, hash, doc.also, doc.also_count);
    work->dirty = true;
    work->row_count++;
    return entry->gone ? cache_credential_drop(cache, hash) : cache_credential_put(cache, hash);
}

/* The record of the row's customer is loaded. */
static enum tb_err credential_judge(struct tb_cache *cache, const struct tb_row *row, const uint8_t *hash,
                                    const struct tb_customer_key *owner)
{
    struct cache_work *work = cache_work_of(cache);
    const struct tb_record_credential *known = tb_record_credential_find(&work->record, hash);
    bool leads_here = memcmp(owner, &work->key, sizeof *owner) == 0;
    bool was_lost = leads_here && !known && !work->stored; /* whoever a credential leads to is stored */
    cache->suspect |= was_lost;
    if (known && !is_newer(cache_stamp(cache, &work->key), known->stamp, known->version, row->version)) {
        if (known->gone || leads_here)
            return TB_OK;
        cache->suspect = true;
        return cache_credential_put(cache, hash);
    }
    if (row->op != TB_ROW_PUT && !work->stored && !work->dirty)
        return TB_OK;
    bool older = false;
    enum tb_err err = TB_OK;
    if (!key_is_zero(owner) && !leads_here)
        err = credential_take_over(cache, row, hash, owner, &older);
    return err == TB_OK && !older ? credential_write(cache, row, hash) : err;
}

static enum tb_err credential_apply(struct tb_cache *cache, const struct tb_row *row, bool of_cohort)
{
    uint8_t hash[TB_LOOKUP_HASH_SIZE];
    struct tb_customer_key owner;
    if (cache->pepper.version == 0)
        return TB_ERR_AGAIN;
    enum tb_err err = tb_hex_decode(tb_span_str(row->id), hash, sizeof hash);
    if (err == TB_OK)
        err = owner_read(cache, hash, &owner);
    if (err != TB_OK)
        return err;
    bool anonymous = tb_id_is_zero(&row->customer);
    if (anonymous && (key_is_zero(&owner) || row->op == TB_ROW_PUT))
        return TB_OK;
    err = anonymous ? cache_work_load_key(cache, &owner) : cache_work_load(cache, &row->customer);
    bool gone = false;
    if (err == TB_OK)
        err = gone_check(cache, row, &gone);
    if (err != TB_OK || gone)
        return err;
    place_note(cache, of_cohort);
    return credential_judge(cache, row, hash, &owner);
}

/* ---- products ---- */

struct product_found {
    bool found;
    bool newer; /* the row is */
};

static enum tb_err product_judge(struct tb_cache *cache, const struct tb_row *row, struct product_found *ret)
{
    struct tb_stmt *read = &cache->stmts[TB_CACHE_STMT_PRODUCT_READ];
    tb_stmt_bind_text(read, 1, tb_span_str(row->id));
    *ret = (struct product_found){.newer = true};
    enum tb_err err = tb_stmt_step(read, &ret->found);
    if (err == TB_OK && ret->found) {
        const struct tb_product_name name = {
            .gtin = row->id, .version = tb_stmt_int(read, 0), .stamp = (uint32_t)tb_stmt_int(read, 1)};
        struct tb_product stored;
        ret->newer = is_newer(cache->books.product_stamp, name.stamp, name.version, row->version);
        if (tb_product_open(&cache->sealer, &name, tb_stmt_blob(read, 2), &stored) != TB_OK) {
            ret->newer = true;
            cache_work_of(cache)->damaged_count++;
        }
    }
    tb_stmt_reset(read);
    return err;
}

static enum tb_err product_put(struct tb_cache *cache, const struct tb_row *row, bool found)
{
    uint8_t bytes[TB_PRODUCT_DOC_SIZE_MAX + TB_AEAD_OVERHEAD];
    struct tb_buf sealed = tb_buf_of(bytes, sizeof bytes);
    const struct tb_product_name name = {
        .gtin = row->id, .version = row->version, .stamp = cache->books.product_stamp};
    enum tb_err err = tb_product_seal(&cache->sealer, &name, row->doc, &sealed);
    if (err != TB_OK)
        return err;
    struct tb_stmt *put = &cache->stmts[TB_CACHE_STMT_PRODUCT_PUT];
    tb_stmt_bind_text(put, 1, tb_span_str(row->id));
    tb_stmt_bind_int(put, 2, row->version);
    tb_stmt_bind_int(put, 3, name.stamp);
    tb_stmt_bind_blob(put, 4, tb_buf_span(&sealed));
    err = tb_stmt_run(put);
    cache->books.product_count += err == TB_OK && !found;
    return err;
}

static enum tb_err product_drop(struct tb_cache *cache, const struct tb_row *row, bool found)
{
    struct tb_stmt *drop = &cache->stmts[TB_CACHE_STMT_PRODUCT_DROP];
    tb_stmt_bind_text(drop, 1, tb_span_str(row->id));
    enum tb_err err = tb_stmt_run(drop);
    cache->books.product_count -= err == TB_OK && found && cache->books.product_count > 0;
    return err;
}

static enum tb_err product_apply(struct tb_cache *cache, const struct tb_row *row)
{
    struct product_found stored;
    enum tb_err err = product_judge(cache, row, &stored);
    if (err != TB_OK || !stored.newer)
        return err;
    err = (row->op == TB_ROW_PUT ? product_put : product_drop)(cache, row, stored.found);
    cache_work_of(cache)->row_count += err == TB_OK;
    return err;
}

/* ---- all of them ---- */

static enum tb_err row_apply(struct tb_cache *cache, const struct tb_row *row, bool of_cohort)
{
    switch (row->type) {
    case TB_ROW_CUSTOMER: return person_apply(cache, row, TB_SECTION_PROFILE, of_cohort);
    case TB_ROW_JOURNEY: return person_apply(cache, row, TB_SECTION_JOURNEY, of_cohort);
    case TB_ROW_CART: return person_apply(cache, row, TB_SECTION_CART, of_cohort);
    case TB_ROW_CREDENTIAL: return credential_apply(cache, row, of_cohort);
    case TB_ROW_PRODUCT: return product_apply(cache, row);
    case TB_ROW_NONE:
    case TB_ROW_TERMINAL:
    case TB_ROW_POLICY:
    case TB_ROW_KEY:
    case TB_ROW_ERASURE:
    case TB_ROW_HANDOVER:
    case TB_ROW_REWARD:
    case TB_ROW_OPERATOR:
    case TB_ROW_TYPE_COUNT: return TB_OK;
    }
    return TB_OK;
}

/* The device's is kept elsewhere; a partition's is read once, from its beginning, and those of one customer
 * begin anew at each visit. */
static bool scope_is_kept(const struct tb_scope *scope)
{
    return scope->kind == TB_SCOPE_COHORT || scope->kind == TB_SCOPE_CATALOGUE ||
           scope->kind == TB_SCOPE_ERASURES;
}

static bool scope_is_cohort(const struct tb_scope *scope)
{
    return scope->kind == TB_SCOPE_COHORT || scope->kind == TB_SCOPE_PARTITION;
}

static enum tb_err cursor_save(struct tb_cache *cache, const struct tb_scope *scope,
                               const struct tb_cursor *cursor)
{
    if (!scope || !scope_is_kept(scope))
        return TB_OK;
    return cache_meta_write(cache, CACHE_META_CURSOR + (int64_t)scope->kind,
                            tb_span_of(cursor->bytes, cursor->size));
}

/* Whomever this terminal let go of comes again, and may have to go again. */
static enum tb_err trimmed_forget(struct tb_cache *cache)
{
    enum tb_err err = cache_begin(cache, cache->wall_ms);
    memset(cache->books.trimmed, 0, sizeof cache->books.trimmed);
    return cache_end(cache, err);
}

enum tb_err tb_cache_resume(struct tb_cache *cache, const struct tb_scope *scope,
                            const struct tb_cursor *from)
{
    struct tb_cursor saved;
    if (from->size == 0 && scope->kind == TB_SCOPE_COHORT)
        return trimmed_forget(cache);
    if (from->size == 0 || !scope_is_kept(scope) || cache->damaged) /* then it keeps no cursors */
        return TB_OK;
    enum tb_err err = tb_cache_cursor(cache, scope, &saved);
    if (err != TB_OK)
        return err;
    bool same = tb_span_equal(tb_span_of(saved.bytes, saved.size), tb_span_of(from->bytes, from->size));
    return same ? TB_OK : TB_ERR_CONFLICT;
}

/* One bit in an index can put its keys out of order; then what is stored is found sometimes, and stored
 * twice. Whether it is so is looked up once: it takes as long as reading the file. */
static enum tb_err suspicion_check(struct tb_cache *cache)
{
    if (!cache->suspect || cache->checked)
        return TB_OK;
    cache->checked = true;
    return tb_db_check(cache->db);
}

enum tb_err tb_cache_apply(struct tb_cache *cache, const struct tb_rows *rows, const struct tb_scope *scope,
                           const struct tb_cursor *cursor, int64_t wall_ms,
                           struct tb_cache_applied *ret_applied)
{
    struct cache_work *work = cache_work_of(cache);
    bool of_cohort = scope && scope_is_cohort(scope);
    *ret_applied = (struct tb_cache_applied){0};
    enum tb_err err = cache_begin(cache, wall_ms);
    for (size_t i = 0; i < rows->count && err == TB_OK; i++) {
        err = row_apply(cache, &rows->at[i], of_cohort);
        if (tb_err_class(err) == TB_CLASS_INPUT) {
            ret_applied->refused_count++;
            err = TB_OK;
        }
    }
    if (err == TB_OK)
        err = cache_work_flush(cache);
    ret_applied->row_count = work->row_count;
    ret_applied->damaged_count = work->damaged_count;
    cache->damaged |= work->damaged_count > 0;
    cache_note_contact(cache);
    err = cache_end(cache, err);
    if (err == TB_OK)
        err = suspicion_check(cache);
    if (err != TB_OK)
        return err;
    return cache->damaged ? cache_cursors_forget(cache) : cursor_save(cache, scope, cursor);
}
