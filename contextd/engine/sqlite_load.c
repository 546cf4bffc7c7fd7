#include "contextd/engine/sqlite_engine.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/crypto/hash.h"

#define TOUCH_JOIN_MS (10LL * 60 * 1000) /* touches of one kind this close together are one */

enum tb_err sqlite_change_put(struct sqlite_engine *e, const struct sqlite_change *change)
{
    if (!tb_id_is_zero(&change->customer))
        sqlite_sums_touch(e, &change->customer);
    struct tb_stmt *s = sqlite_stmt(e, STMT_CHANGE_PUT);
    tb_stmt_bind_int(s, 1, change->type);
    tb_stmt_bind_int(s, 2, change->op);
    tb_stmt_bind_blob(s, 3, change->id);
    if (tb_id_is_zero(&change->customer))
        tb_stmt_bind_null(s, 4);
    else
        tb_stmt_bind_blob(s, 4, tb_id_span(&change->customer));
    tb_stmt_bind_text(s, 5, tb_span_str(change->store));
    return tb_stmt_run(s);
}

static enum tb_err changed(struct sqlite_engine *e, enum tb_row_type type, struct tb_span id,
                           const struct tb_id *customer)
{
    struct sqlite_change change = {.type = type, .op = TB_ROW_PUT, .id = id, .store = ""};
    if (customer != NULL)
        change.customer = *customer;
    return sqlite_change_put(e, &change);
}

/* What a statement wrote counts as a change of that object. */
static enum tb_err run_changed(struct sqlite_engine *e, struct tb_stmt *s, enum tb_row_type type,
                               struct tb_span id, const struct tb_id *customer)
{
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? changed(e, type, id, customer) : err;
}

static void bind_str(struct tb_stmt *s, int index, const char *text)
{
    tb_stmt_bind_text(s, index, tb_span_str(text));
}

/* A new epoch for every set-up and restore: clients then know that what they hold is of another life. */
static void epoch_make(struct sqlite_engine *e, char ret_epoch[TB_ID_TEXT_SIZE])
{
    struct tb_id id = tb_id_random(e->rng);
    tb_id_encode(&id, ret_epoch);
}

static enum tb_err chain_put(struct sqlite_engine *e, const struct tb_record_chain *r)
{
    if (r->pepper.size != TB_RECORD_PEPPER_SIZE || strlen(r->currency) != TB_CURRENCY_SIZE ||
        strlen(r->name) > TB_SHORT_SIZE_MAX)
        return TB_ERR_RANGE;
    char epoch[TB_ID_TEXT_SIZE];
    epoch_make(e, epoch);
    struct tb_stmt *s = sqlite_stmt(e, STMT_CHAIN_PUT);
    bind_str(s, 1, r->name);
    bind_str(s, 2, r->currency);
    bind_str(s, 3, epoch);
    tb_stmt_bind_int(s, 4, r->seed);
    tb_stmt_bind_blob(s, 5, r->pepper);
    tb_stmt_bind_int(s, 6, r->pepper_version);
    tb_stmt_bind_int(s, 7, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    if (err == TB_OK)
        err = changed(e, TB_ROW_KEY, tb_span_str("pepper"), NULL);
    if (err == TB_OK)
        err = changed(e, TB_ROW_POLICY, tb_span_str("policy"), NULL);
    return err == TB_OK ? sqlite_chain_load(e) : err;
}

static enum tb_err store_put(struct sqlite_engine *e, const struct tb_record_store *r)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_STORE_PUT);
    bind_str(s, 1, r->id);
    bind_str(s, 2, r->name);
    bind_str(s, 3, r->language);
    return tb_stmt_run(s);
}

static enum tb_err terminal_put(struct sqlite_engine *e, const struct tb_record_terminal *r)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_TERMINAL_PUT);
    bind_str(s, 1, r->device);
    bind_str(s, 2, r->store);
    bind_str(s, 3, r->till);
    bind_str(s, 4, r->role);
    bind_str(s, 5, r->name);
    tb_stmt_bind_int(s, 6, e->wall_ms);
    enum tb_err err = run_changed(e, s, TB_ROW_TERMINAL, tb_span_str(r->device), NULL);
    return err == TB_OK ? sqlite_keys_again(e) : err;
}

static enum tb_err policy_changed(struct sqlite_engine *e)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_POLICY_BUMP);
    tb_stmt_bind_int(s, 1, e->wall_ms);
    return run_changed(e, s, TB_ROW_POLICY, tb_span_str("policy"), NULL);
}

/* In the order of STMT_POLICY_SET's parameters, from ?2 on. */
static const struct policy_rule {
    size_t offset;
    int64_t min; /* 0: TB_RECORD_NONE is allowed */
    int64_t max;
} policy_rules[] = {
    {offsetof(struct tb_record_policy, idle_ms), TB_RECORD_POLICY_MS_MIN, TB_RECORD_POLICY_MS_MAX},
    {offsetof(struct tb_record_policy, removal_ms), TB_RECORD_POLICY_MS_MIN, TB_RECORD_POLICY_MS_MAX},
    {offsetof(struct tb_record_policy, cache_rows_max), 0, TB_RECORD_COUNT_MAX},
    {offsetof(struct tb_record_policy, cache_bytes_max), 0, TB_RECORD_COUNT_MAX},
    {offsetof(struct tb_record_policy, no_contact_ms), 0, TB_RECORD_KEEP_MS_MAX},
    {offsetof(struct tb_record_policy, outside_keep_ms), 0, TB_RECORD_KEEP_MS_MAX},
    {offsetof(struct tb_record_policy, journey_keep_ms), 0, TB_RECORD_KEEP_MS_MAX},
    {offsetof(struct tb_record_policy, note_keep_ms), 0, TB_RECORD_KEEP_MS_MAX},
    {offsetof(struct tb_record_policy, reward_offline_max), 0, TB_RECORD_COUNT_MAX},
    {offsetof(struct tb_record_policy, checksum_ms), 0, TB_RECORD_KEEP_MS_MAX},
    {offsetof(struct tb_record_policy, new_customers_max), 0, TB_RECORD_COUNT_MAX},
    {offsetof(struct tb_record_policy, finds_max), 0, TB_RECORD_COUNT_MAX},
    {offsetof(struct tb_record_policy, audit_keep_ms), 0, TB_RECORD_KEEP_MS_MAX},
};

static bool policy_value_ok(const struct policy_rule *rule, int64_t value)
{
    if (value == 0)
        return true;
    return value == TB_RECORD_NONE ? rule->min == 0 : value >= rule->min && value <= rule->max;
}

static bool merge_known(const char *merge)
{
    bool known = merge[0] == '\0';
    for (int i = TB_MERGE_NONE + 1; i < TB_MERGE_POLICY_COUNT; i++)
        known = known || strcmp(merge, tb_merge_policy_names[i]) == 0;
    return known;
}

static enum tb_err accent_put(struct sqlite_engine *e, const char *accent)
{
    if (accent == NULL)
        return TB_OK;
    bool none = strcmp(accent, "none") == 0;
    if (!none && !tb_color_ok(accent))
        return TB_ERR_SYNTAX;
    struct tb_stmt *s = sqlite_stmt(e, STMT_POLICY_ACCENT);
    bind_str(s, 1, none ? "" : accent);
    return tb_stmt_run(s);
}

/* Text for a display: as it goes to the terminals. */
static bool display_text_ok(const char *text)
{
    struct tb_span span = tb_span_str(text);
    for (size_t i = 0; i < span.size; i++)
        if (span.at[i] < 0x20)
            return false;
    return span.size <= TB_DISPLAY_IDLE_SIZE_MAX && tb_utf8_valid(span);
}

static enum tb_err display_put(struct sqlite_engine *e, const char *const display[2])
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_POLICY_DISPLAY);
    for (int line = 0; line < 2; line++) {
        if (display[line] != NULL && !display_text_ok(display[line])) {
            tb_stmt_reset(s);
            return TB_ERR_SYNTAX;
        }
        if (display[line] != NULL)
            bind_str(s, line + 1, display[line]);
        else
            tb_stmt_bind_null(s, line + 1);
    }
    return tb_stmt_run(s);
}

static enum tb_err policy_put(struct sqlite_engine *e, const struct tb_record_policy *r)
{
    const char *merge = r->merge != NULL ? r->merge : "";
    if (!merge_known(merge))
        return TB_ERR_RANGE;
    struct tb_stmt *s = sqlite_stmt(e, STMT_POLICY_SET);
    bind_str(s, 1, merge);
    for (size_t i = 0; i < TB_ARRAY_SIZE(policy_rules); i++) {
        int64_t value;
        memcpy(&value, (const uint8_t *)r + policy_rules[i].offset, sizeof value);
        if (!policy_value_ok(&policy_rules[i], value)) {
            tb_stmt_reset(s);
            return TB_ERR_RANGE;
        }
        tb_stmt_bind_int(s, 2 + (int)i, value);
    }
    enum tb_err err = tb_stmt_run(s);
    if (err == TB_OK)
        err = sqlite_trust_put(e, r);
    if (err == TB_OK)
        err = sqlite_people_put(e, r);
    if (err == TB_OK)
        err = accent_put(e, r->accent);
    if (err == TB_OK)
        err = display_put(e, r->display);
    return err == TB_OK ? policy_changed(e) : err;
}

static enum tb_err tier_put(struct sqlite_engine *e, const struct tb_record_tier *r)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_TIER_PUT);
    bind_str(s, 1, r->id);
    bind_str(s, 2, r->name);
    bind_str(s, 3, r->symbol);
    bind_str(s, 4, r->color);
    tb_stmt_bind_int(s, 5, r->points_from);
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? policy_changed(e) : err;
}

static enum tb_err product_put(struct sqlite_engine *e, const struct tb_record_product *r)
{
    if (strlen(r->gtin) != TB_GTIN_SIZE || strlen(r->name) > TB_NAME_SIZE_MAX || r->unit_price < 0 ||
        r->unit_price > TB_MONEY_MAX)
        return TB_ERR_RANGE;
    struct tb_stmt *s = sqlite_stmt(e, STMT_PRODUCT_PUT);
    bind_str(s, 1, r->gtin);
    bind_str(s, 2, r->name);
    tb_stmt_bind_int(s, 3, r->unit_price);
    tb_stmt_bind_int(s, 4, e->wall_ms);
    return run_changed(e, s, TB_ROW_PRODUCT, tb_span_str(r->gtin), NULL);
}

static enum tb_err stock_put(struct sqlite_engine *e, const struct tb_record_stock *r)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_STOCK_PUT);
    bind_str(s, 1, r->gtin);
    bind_str(s, 2, r->store);
    tb_stmt_bind_int(s, 3, r->quantity);
    tb_stmt_bind_int(s, 4, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    if (err != TB_OK)
        return err;
    struct sqlite_change change = {
        .type = TB_ROW_PRODUCT, .op = TB_ROW_PUT, .id = tb_span_str(r->gtin), .store = r->store};
    return sqlite_change_put(e, &change);
}

static enum tb_err customer_put(struct sqlite_engine *e, const struct tb_record_customer *r)
{
    if (strlen(r->name) > TB_NAME_SIZE_MAX || strlen(r->since) > 4)
        return TB_ERR_TOO_LONG;
    struct tb_id erasure;
    enum tb_err erased = sqlite_erasure_of(e, &r->id, &erasure);
    if (erased != TB_ERR_NOT_FOUND)
        return erased == TB_OK ? TB_ERR_CONFLICT
                               : erased; /* who was erased does not come back by an import */
    struct tb_stmt *s = sqlite_stmt(e, STMT_CUSTOMER_PUT);
    tb_stmt_bind_blob(s, 1, tb_id_span(&r->id));
    bind_str(s, 2, r->name);
    bind_str(s, 3, r->since);
    bind_str(s, 4, r->tier);
    bind_str(s, 5, r->language);
    bind_str(s, 6, r->home_store);
    tb_stmt_bind_int(s, 7, r->points);
    tb_stmt_bind_int(s, 8, e->wall_ms);
    return run_changed(e, s, TB_ROW_CUSTOMER, tb_id_span(&r->id), &r->id);
}

static enum tb_err fact_put(struct sqlite_engine *e, const struct tb_record_fact *r)
{
    if (strlen(r->text) > TB_TEXT_SIZE_MAX || r->position >= TB_TEXT_COUNT_MAX)
        return TB_ERR_RANGE;
    struct tb_stmt *s = sqlite_stmt(e, STMT_FACT_PUT);
    tb_stmt_bind_blob(s, 1, tb_id_span(&r->customer));
    tb_stmt_bind_int(s, 2, r->kind);
    tb_stmt_bind_int(s, 3, r->position);
    bind_str(s, 4, r->text);
    enum tb_err err = tb_stmt_run(s);
    return err == TB_OK ? sqlite_customer_changed(e, &r->customer) : err;
}

static enum tb_err credential_free(struct sqlite_engine *e, struct tb_span hash, const struct tb_id *customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CREDENTIAL_READ);
    bool row;
    tb_stmt_bind_blob(s, 1, hash);
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row && !tb_span_equal(tb_stmt_blob(s, 1), tb_id_span(customer)))
        err = TB_ERR_CONFLICT;
    tb_stmt_reset(s);
    return err;
}

static enum tb_err credential_put(struct sqlite_engine *e, const struct tb_record_credential *r)
{
    struct tb_digest made = sqlite_keyed_hash(e, r->kind, r->value);
    struct tb_span hash = r->value.size > 0 ? tb_digest_span(&made) : r->hash;
    if (hash.size != TB_LOOKUP_HASH_SIZE || strlen(r->kind) > TB_SHORT_SIZE_MAX)
        return TB_ERR_RANGE;
    if (r->share)
        return sqlite_share_put(e, hash, &r->customer);
    enum tb_err err = r->value.size > 0 ? credential_free(e, hash, &r->customer) : TB_OK;
    if (err != TB_OK)
        return err;
    struct tb_stmt *s = sqlite_stmt(e, STMT_CREDENTIAL_PUT);
    tb_stmt_bind_blob(s, 1, hash);
    bind_str(s, 2, r->kind);
    tb_stmt_bind_blob(s, 3, tb_id_span(&r->customer));
    tb_stmt_bind_int(s, 4, e->wall_ms);
    return run_changed(e, s, TB_ROW_CREDENTIAL, hash, &r->customer);
}

static enum tb_err cohort_put(struct sqlite_engine *e, const struct tb_record_cohort *r)
{
    return r->member ? sqlite_cohort_enter(e, r->store, &r->customer)
                     : sqlite_cohort_leave(e, r->store, &r->customer);
}

static enum tb_err channel_of(const char *name, enum tb_channel *ret_channel)
{
    for (int i = TB_CHANNEL_NONE + 1; i < TB_CHANNEL_COUNT; i++) {
        if (strcmp(tb_channel_names[i], name) == 0) {
            *ret_channel = (enum tb_channel)i;
            return TB_OK;
        }
    }
    return TB_ERR_RANGE;
}

static enum tb_err lines_write(struct sqlite_engine *e, const struct tb_cart *cart)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_LINES_CLEAR);
    tb_stmt_bind_blob(s, 1, tb_id_span(&cart->id));
    enum tb_err err = tb_stmt_run(s);
    s = sqlite_stmt(e, STMT_LINE_PUT);
    for (size_t i = 0; i < cart->line_count && err == TB_OK; i++) {
        const struct tb_cart_line *line = &cart->lines[i];
        tb_stmt_bind_blob(s, 1, tb_id_span(&cart->id));
        tb_stmt_bind_blob(s, 2, tb_id_span(&line->id));
        bind_str(s, 3, line->gtin);
        bind_str(s, 4, line->name);
        tb_stmt_bind_int(s, 5, line->quantity);
        tb_stmt_bind_int(s, 6, line->unit_price);
        tb_stmt_bind_int(s, 7, line->price_as_of_ms);
        tb_stmt_bind_int(s, 8, line->added_ms);
        tb_stmt_bind_int(s, 9, line->channel);
        tb_stmt_bind_int(s, 10, (int64_t)i);
        bind_str(s, 11, line->options);
        bind_str(s, 12, line->note);
        tb_stmt_bind_int(s, 13, line->gift);
        tb_stmt_bind_int(s, 14, line->was_price);
        tb_stmt_bind_int(s, 15, line->was_as_of_ms);
        err = tb_stmt_run(s);
    }
    return err;
}

enum tb_err sqlite_cart_write(struct sqlite_engine *e, const struct tb_cart *cart,
                              const struct tb_cart_book *book)
{
    struct tb_buf packed = tb_buf_of(e->book_packed, sizeof e->book_packed);
    tb_cart_book_pack(book, &packed);
    if (packed.err != TB_OK)
        return TB_ERR_INTERNAL;
    struct tb_stmt *s = sqlite_stmt(e, STMT_CART_PUT);
    tb_stmt_bind_blob(s, 1, tb_id_span(&cart->id));
    sqlite_bind_opt_id(s, 2, &cart->customer);
    bind_str(s, 3, cart->currency);
    tb_stmt_bind_int(s, 4, cart->touched_ms);
    tb_stmt_bind_int(s, 5, cart->touched_channel);
    bind_str(s, 6, cart->touched_by);
    tb_stmt_bind_int(s, 7, cart->version);
    tb_stmt_bind_int(s, 8, cart->as_of_ms);
    tb_stmt_bind_blob(s, 9, tb_buf_span(&packed));
    bind_str(s, 10, cart->note);
    enum tb_err err = tb_stmt_run(s);
    if (err == TB_OK)
        err = lines_write(e, cart);
    return err == TB_OK ? changed(e, TB_ROW_CART, tb_id_span(&cart->id), &cart->customer) : err;
}

static enum tb_err cart_put(struct sqlite_engine *e, const struct tb_record_cart *r)
{
    struct tb_cart *cart = &e->cart;
    memset(cart, 0, sizeof *cart);
    memset(&e->book, 0, sizeof e->book);
    enum tb_err err = channel_of(r->touched_channel, &cart->touched_channel);
    if (err == TB_OK)
        err = tb_span_to_str(tb_span_str(r->touched_by), cart->touched_by, sizeof cart->touched_by);
    if (err != TB_OK)
        return err;
    cart->id = r->id;
    cart->customer = r->customer;
    cart->version = 1;
    cart->as_of_ms = e->wall_ms;
    cart->touched_ms = r->touched_ms;
    memcpy(cart->currency, e->chain.currency, sizeof cart->currency);
    return sqlite_cart_write(e, cart, &e->book);
}

static enum tb_err cart_line_put(struct sqlite_engine *e, const struct tb_record_cart_line *r)
{
    struct tb_cart *cart = &e->cart;
    struct tb_product *product = &e->doc.product;
    struct tb_cart_line line = {
        .id = r->id, .quantity = (int32_t)r->quantity, .added_ms = r->added_ms, .price_as_of_ms = e->wall_ms};
    if (r->quantity < 1 || r->quantity > TB_QUANTITY_MAX)
        return TB_ERR_RANGE;
    enum tb_err err = channel_of(r->channel, &line.channel);
    if (err == TB_OK)
        err = sqlite_product_read(e, r->gtin, "", product, NULL);
    if (err == TB_OK)
        err = sqlite_cart_read(e, &r->cart, "", cart, &e->book);
    if (err != TB_OK)
        return err;
    if (cart->line_count == TB_CART_LINE_COUNT_MAX)
        return TB_ERR_FULL;
    memcpy(line.gtin, product->gtin, sizeof line.gtin);
    memcpy(line.name, product->name, sizeof line.name);
    line.unit_price = product->unit_price;
    cart->lines[cart->line_count++] = line;
    cart->version++;
    return sqlite_cart_write(e, cart, &e->book);
}

static enum tb_err touch_join(struct sqlite_engine *e, const struct tb_id *customer, enum tb_channel channel,
                              const char *what, int64_t at_ms, bool *ret_joined)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_TOUCH_LAST);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    *ret_joined = false;
    if (err != TB_OK || !row)
        return err;
    int64_t id = tb_stmt_int(s, 0);
    int64_t last_ms = tb_stmt_int(s, 1);
    bool joins = at_ms >= last_ms && at_ms - last_ms < TOUCH_JOIN_MS && tb_stmt_int(s, 2) == channel &&
                 tb_span_is(tb_stmt_blob(s, 3), what);
    tb_stmt_reset(s);
    if (!joins)
        return TB_OK;
    *ret_joined = true;
    s = sqlite_stmt(e, STMT_TOUCH_MOVE);
    tb_stmt_bind_int(s, 1, id);
    tb_stmt_bind_int(s, 2, at_ms);
    return tb_stmt_run(s);
}

static enum tb_err touch_add(struct sqlite_engine *e, const struct tb_id *customer, enum tb_channel channel,
                             const char *what, int64_t at_ms)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_TOUCH_ADD);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    tb_stmt_bind_int(s, 2, at_ms);
    tb_stmt_bind_int(s, 3, channel);
    bind_str(s, 4, what);
    enum tb_err err = tb_stmt_run(s);
    if (err != TB_OK)
        return err;
    s = sqlite_stmt(e, STMT_TOUCH_PRUNE);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    tb_stmt_bind_int(s, 2, TOUCHES_KEPT);
    return tb_stmt_run(s);
}

enum tb_err sqlite_touch(struct sqlite_engine *e, const struct tb_id *customer, enum tb_channel channel,
                         const char *what, int64_t at_ms)
{
    bool joined;
    enum tb_err err = touch_join(e, customer, channel, what, at_ms, &joined);
    if (err == TB_OK && !joined)
        err = touch_add(e, customer, channel, what, at_ms);
    return err == TB_OK ? sqlite_journey_changed(e, customer) : err;
}

enum tb_err sqlite_journey_changed(struct sqlite_engine *e, const struct tb_id *customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_JOURNEY_BUMP);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    tb_stmt_bind_int(s, 2, e->wall_ms);
    return run_changed(e, s, TB_ROW_JOURNEY, tb_id_span(customer), customer);
}

static enum tb_err touch_put(struct sqlite_engine *e, const struct tb_record_touch *r)
{
    if (strlen(r->what) > TB_TEXT_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    enum tb_channel channel;
    enum tb_err err = channel_of(r->channel, &channel);
    return err == TB_OK ? sqlite_touch(e, &r->customer, channel, r->what, r->at_ms) : err;
}

static enum tb_err reward_put(struct sqlite_engine *e, const struct tb_record_reward *r)
{
    uint8_t bytes[TB_ID_SIZE + TB_REWARD_SIZE_MAX];
    struct tb_buf key = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add(&key, tb_id_span(&r->customer));
    tb_buf_add_str(&key, r->reward);
    if (key.err != TB_OK || strlen(r->text) > TB_TEXT_SIZE_MAX || r->value < 0 || r->value > TB_MONEY_MAX)
        return TB_ERR_RANGE;
    struct tb_stmt *s = sqlite_stmt(e, STMT_REWARD_PUT);
    tb_stmt_bind_blob(s, 1, tb_id_span(&r->customer));
    bind_str(s, 2, r->reward);
    bind_str(s, 3, r->text);
    tb_stmt_bind_int(s, 4, r->value);
    tb_stmt_bind_int(s, 5, TB_REWARD_OPEN);
    tb_stmt_bind_int(s, 6, e->wall_ms);
    return run_changed(e, s, TB_ROW_REWARD, tb_buf_span(&key), &r->customer);
}

static enum tb_err viewed_put(struct sqlite_engine *e, const struct tb_record_viewed *r)
{
    enum tb_channel channel;
    enum tb_err err = channel_of(r->channel, &channel);
    return err == TB_OK ? sqlite_viewed_load(e, r, channel) : err;
}

enum tb_err sqlite_record_put(struct sqlite_engine *e, const struct tb_record *record)
{
    if (record->kind != TB_RECORD_CHAIN && !e->chain_known)
        return TB_ERR_NOT_FOUND;
    switch (record->kind) {
    case TB_RECORD_CHAIN: return chain_put(e, &record->as.chain);
    case TB_RECORD_STORE: return store_put(e, &record->as.store);
    case TB_RECORD_TERMINAL: return terminal_put(e, &record->as.terminal);
    case TB_RECORD_TIER: return tier_put(e, &record->as.tier);
    case TB_RECORD_PRODUCT: return product_put(e, &record->as.product);
    case TB_RECORD_STOCK: return stock_put(e, &record->as.stock);
    case TB_RECORD_CUSTOMER: return customer_put(e, &record->as.customer);
    case TB_RECORD_FACT: return fact_put(e, &record->as.fact);
    case TB_RECORD_CREDENTIAL: return credential_put(e, &record->as.credential);
    case TB_RECORD_COHORT: return cohort_put(e, &record->as.cohort);
    case TB_RECORD_CART: return cart_put(e, &record->as.cart);
    case TB_RECORD_CART_LINE: return cart_line_put(e, &record->as.cart_line);
    case TB_RECORD_TOUCH: return touch_put(e, &record->as.touch);
    case TB_RECORD_REWARD: return reward_put(e, &record->as.reward);
    case TB_RECORD_POLICY: return policy_put(e, &record->as.policy);
    case TB_RECORD_KEY: return sqlite_key_put(e, &record->as.key);
    case TB_RECORD_OPERATOR: return sqlite_operator_put(e, &record->as.clerk);
    case TB_RECORD_CONTACT: return sqlite_contact_load(e, &record->as.contact);
    case TB_RECORD_NOTE: return sqlite_note_load(e, &record->as.note);
    case TB_RECORD_CONSENT: return sqlite_consent_load(e, &record->as.consent);
    case TB_RECORD_VIEWED: return viewed_put(e, &record->as.viewed);
    }
    return TB_ERR_INTERNAL;
}
