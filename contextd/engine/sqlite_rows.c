#include "contextd/engine/sqlite_engine.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

enum tb_err sqlite_column_text(const struct tb_stmt *stmt, int column, char *ret_text, size_t size_max)
{
    return tb_span_to_str(tb_stmt_blob(stmt, column), ret_text, size_max) == TB_OK ? TB_OK : TB_ERR_CORRUPT;
}

enum tb_err sqlite_column_id(const struct tb_stmt *stmt, int column, struct tb_id *ret_id)
{
    struct tb_span bytes = tb_stmt_blob(stmt, column);
    if (bytes.size != TB_ID_SIZE)
        return TB_ERR_CORRUPT;
    memcpy(ret_id->bytes, bytes.at, TB_ID_SIZE);
    return TB_OK;
}

enum tb_err sqlite_id_take(struct tb_stmt *stmt, struct tb_id *ret_id)
{
    bool row;
    enum tb_err err = tb_stmt_step(stmt, &row);
    if (err == TB_OK)
        err = row ? sqlite_column_id(stmt, 0, ret_id) : TB_ERR_NOT_FOUND;
    tb_stmt_reset(stmt);
    return err;
}

enum tb_stock sqlite_stock_of(const struct tb_stmt *stmt, int column)
{
    if (tb_stmt_is_null(stmt, column))
        return TB_STOCK_NONE;
    int64_t quantity = tb_stmt_int(stmt, column);
    if (quantity <= 0)
        return TB_STOCK_NOT_HERE;
    return quantity <= STOCK_LOW_MAX ? TB_STOCK_LOW : TB_STOCK_IN_STOCK;
}

/* Steps to the one row of a read by key. */
static enum tb_err step_one(struct tb_stmt *s)
{
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    return err == TB_OK && !row ? TB_ERR_NOT_FOUND : err;
}

/* Texts of one row; the statement is reset afterwards either way. */
struct column {
    int index;
    char *at;
    size_t size_max;
};

static enum tb_err texts_take(const struct tb_stmt *s, const struct column *columns, size_t count)
{
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < count && err == TB_OK; i++)
        err = sqlite_column_text(s, columns[i].index, columns[i].at, columns[i].size_max);
    return err;
}

static struct tb_span text_id(struct tb_row *row)
{
    return tb_span_str(row->id);
}

static enum tb_err facts_read(struct sqlite_engine *e, struct tb_span id, struct tb_customer *customer)
{
    struct tb_texts *lists[] = {[TB_FACT_BENEFIT] = &customer->benefits,
                                [TB_FACT_OPEN] = &customer->open,
                                [TB_FACT_DO_NOT_ASK] = &customer->do_not_ask};
    struct tb_stmt *s = sqlite_stmt(e, STMT_FACT_READ);
    tb_stmt_bind_blob(s, 1, id);
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        int64_t kind = tb_stmt_int(s, 0);
        if (kind < 0 || kind >= (int64_t)TB_ARRAY_SIZE(lists))
            continue;
        struct tb_texts *list = lists[kind];
        if (list->count < TB_TEXT_COUNT_MAX &&
            sqlite_column_text(s, 1, list->text[list->count], sizeof list->text[0]) == TB_OK)
            list->count++;
    }
    return err;
}

static enum tb_err consents_read(struct sqlite_engine *e, struct tb_span id, struct tb_customer *customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CONSENT_READ);
    tb_stmt_bind_blob(s, 1, id);
    tb_stmt_bind_int(s, 2, TB_CONSENT_COUNT_MAX);
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        struct tb_consent *consent = &customer->consents[customer->consent_count++];
        consent->granted = tb_stmt_int(s, 1) != 0;
        err = sqlite_column_text(s, 0, consent->id, sizeof consent->id);
        if (err != TB_OK)
            break;
    }
    tb_stmt_reset(s);
    return err;
}

static enum tb_err customer_row(struct sqlite_engine *e, const struct sqlite_change *change,
                                struct tb_row *row, struct tb_json_writer *w)
{
    struct tb_span id = change->id;
    struct tb_customer *c = &e->doc.customer;
    memset(c, 0, sizeof *c);
    struct tb_stmt *s = sqlite_stmt(e, STMT_CUSTOMER_READ);
    tb_stmt_bind_blob(s, 1, id);
    enum tb_err err = step_one(s);
    if (err != TB_OK)
        return err;
    const struct column columns[] = {{0, c->name, sizeof c->name},
                                     {1, c->since, sizeof c->since},
                                     {2, c->tier, sizeof c->tier},
                                     {3, c->language, sizeof c->language}};
    err = texts_take(s, columns, TB_ARRAY_SIZE(columns));
    c->points = tb_stmt_int(s, 4);
    row->version = tb_stmt_int(s, 5);
    row->as_of_ms = tb_stmt_int(s, 6);
    tb_stmt_reset(s);
    if (err == TB_OK)
        err = facts_read(e, id, c);
    if (err == TB_OK)
        err = consents_read(e, id, c);
    if (err == TB_OK && !change->shopper)
        err = sqlite_notes_read(e, id, c);
    if (err == TB_OK)
        err = sqlite_viewed_read(e, id, c);
    tb_customer_encode(w, NULL, c);
    return err;
}

static enum tb_err credential_row(struct sqlite_engine *e, struct tb_span hash, struct tb_row *row,
                                  struct tb_json_writer *w)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CREDENTIAL_READ);
    tb_stmt_bind_blob(s, 1, hash);
    enum tb_err err = step_one(s);
    if (err != TB_OK)
        return err;
    struct tb_credential_doc doc = {.blocked = tb_stmt_int(s, 4) != TB_BLOCK_NONE};
    err = sqlite_column_text(s, 0, doc.kind, sizeof doc.kind);
    row->version = tb_stmt_int(s, 2);
    row->as_of_ms = tb_stmt_int(s, 3);
    tb_stmt_reset(s);
    if (err == TB_OK)
        err = sqlite_sharers_read(e, hash, &doc);
    tb_credential_doc_encode(w, NULL, &doc);
    return err;
}

static enum tb_err cart_line_take(const struct tb_stmt *s, struct tb_cart_line *line)
{
    const struct column columns[] = {{1, line->gtin, sizeof line->gtin},
                                     {2, line->name, sizeof line->name},
                                     {9, line->options, sizeof line->options},
                                     {10, line->note, sizeof line->note}};
    enum tb_err err = sqlite_column_id(s, 0, &line->id);
    if (err == TB_OK)
        err = texts_take(s, columns, TB_ARRAY_SIZE(columns));
    line->quantity = (int32_t)tb_stmt_int(s, 3);
    line->unit_price = tb_stmt_int(s, 4);
    line->price_as_of_ms = tb_stmt_int(s, 5);
    line->added_ms = tb_stmt_int(s, 6);
    line->channel = (enum tb_channel)tb_stmt_int(s, 7);
    line->stock = sqlite_stock_of(s, 8);
    line->gift = tb_stmt_int(s, 11) != 0;
    line->was_price = tb_stmt_int(s, 12);
    line->was_as_of_ms = tb_stmt_int(s, 13);
    return err;
}

static enum tb_err cart_lines_read(struct sqlite_engine *e, const char *store, struct tb_cart *cart)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_LINE_READ);
    tb_stmt_bind_blob(s, 1, tb_id_span(&cart->id));
    tb_stmt_bind_text(s, 2, tb_span_str(store));
    tb_stmt_bind_int(s, 3, TB_CART_LINE_COUNT_MAX);
    cart->line_count = 0;
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        struct tb_cart_line *line = &cart->lines[cart->line_count++];
        memset(line, 0, sizeof *line);
        err = cart_line_take(s, line);
        if (err != TB_OK)
            break;
    }
    tb_stmt_reset(s);
    return err;
}

/* Who pays the cart, as its rows show it. */
static enum tb_err cart_claim_take(struct sqlite_engine *e, struct tb_span packed, struct tb_cart *cart)
{
    if (tb_claim_unpack(packed, &e->claim) != TB_OK)
        return TB_ERR_CORRUPT;
    tb_claim_show(&e->claim, &cart->claim);
    return TB_OK;
}

enum tb_err sqlite_cart_read(struct sqlite_engine *e, const struct tb_id *id, const char *store,
                             struct tb_cart *ret_cart, struct tb_cart_book *ret_book)
{
    struct tb_cart *c = ret_cart;
    memset(c, 0, offsetof(struct tb_cart, lines));
    struct tb_stmt *s = sqlite_stmt(e, STMT_CART_READ);
    tb_stmt_bind_blob(s, 1, tb_id_span(id));
    enum tb_err err = step_one(s);
    if (err != TB_OK)
        return err;
    const struct column columns[] = {{1, c->currency, sizeof c->currency},
                                     {4, c->touched_by, sizeof c->touched_by},
                                     {8, c->note, sizeof c->note}};
    c->id = *id;
    err = tb_stmt_is_null(s, 0) ? TB_OK : sqlite_column_id(s, 0, &c->customer);
    if (err == TB_OK)
        err = texts_take(s, columns, TB_ARRAY_SIZE(columns));
    c->touched_ms = tb_stmt_int(s, 2);
    c->touched_channel = (enum tb_channel)tb_stmt_int(s, 3);
    c->version = tb_stmt_int(s, 5);
    c->as_of_ms = tb_stmt_int(s, 6);
    if (err == TB_OK && ret_book != NULL)
        err = tb_cart_book_unpack(tb_stmt_blob(s, 7), ret_book);
    if (err == TB_OK)
        err = cart_claim_take(e, tb_stmt_blob(s, 9), c);
    tb_stmt_reset(s);
    return err == TB_OK ? cart_lines_read(e, store, c) : err;
}

static enum tb_err cart_row(struct sqlite_engine *e, struct tb_span id, const char *store, struct tb_row *row,
                            struct tb_json_writer *w)
{
    struct tb_id cart_id;
    if (id.size != TB_ID_SIZE)
        return TB_ERR_CORRUPT;
    memcpy(cart_id.bytes, id.at, TB_ID_SIZE);
    enum tb_err err = sqlite_cart_read(e, &cart_id, store, &e->cart, NULL);
    if (err != TB_OK)
        return err;
    row->version = e->cart.version;
    row->as_of_ms = e->cart.as_of_ms;
    tb_cart_encode(w, NULL, &e->cart);
    return TB_OK;
}

static enum tb_err touches_read(struct sqlite_engine *e, struct tb_span id, struct tb_journey *journey)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_TOUCH_READ);
    tb_stmt_bind_blob(s, 1, id);
    tb_stmt_bind_int(s, 2, TB_JOURNEY_EVENT_COUNT_MAX);
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        struct tb_journey_event *event = &journey->events[journey->event_count++];
        event->at_ms = tb_stmt_int(s, 0);
        event->channel = (enum tb_channel)tb_stmt_int(s, 1);
        err = sqlite_column_text(s, 2, event->what, sizeof event->what);
        if (err != TB_OK)
            break;
    }
    tb_stmt_reset(s);
    return err;
}

static enum tb_err journey_row(struct sqlite_engine *e, struct tb_span id, struct tb_row *row,
                               struct tb_json_writer *w)
{
    struct tb_journey *journey = &e->doc.journey;
    memset(journey, 0, sizeof *journey);
    struct tb_stmt *s = sqlite_stmt(e, STMT_JOURNEY_READ);
    tb_stmt_bind_blob(s, 1, id);
    enum tb_err err = step_one(s);
    if (err != TB_OK)
        return err;
    row->version = tb_stmt_int(s, 0);
    row->as_of_ms = tb_stmt_int(s, 1);
    tb_stmt_reset(s);
    err = touches_read(e, id, journey);
    tb_journey_encode(w, NULL, journey);
    return err;
}

enum tb_err sqlite_product_read(struct sqlite_engine *e, const char *gtin, const char *store,
                                struct tb_product *ret_product, struct tb_row *ret_row)
{
    struct tb_product *p = ret_product;
    memset(p, 0, sizeof *p);
    struct tb_stmt *s = sqlite_stmt(e, STMT_PRODUCT_READ);
    tb_stmt_bind_text(s, 1, tb_span_str(gtin));
    tb_stmt_bind_text(s, 2, tb_span_str(store));
    enum tb_err err = step_one(s);
    if (err != TB_OK)
        return err;
    const struct column columns[] = {{0, p->name, sizeof p->name}, {6, p->currency, sizeof p->currency}};
    err = texts_take(s, columns, TB_ARRAY_SIZE(columns));
    p->unit_price = tb_stmt_int(s, 1);
    p->price_as_of_ms = tb_stmt_int(s, 2);
    p->stock = sqlite_stock_of(s, 3);
    if (ret_row != NULL) {
        ret_row->version = tb_stmt_int(s, 4);
        ret_row->as_of_ms = tb_stmt_int(s, 5);
    }
    tb_stmt_reset(s);
    if (err == TB_OK)
        err = tb_span_to_str(tb_span_str(gtin), p->gtin, sizeof p->gtin);
    return err;
}

static enum tb_err product_row(struct sqlite_engine *e, const char *store, struct tb_row *row,
                               struct tb_json_writer *w)
{
    enum tb_err err = sqlite_product_read(e, row->id, store, &e->doc.product, row);
    if (err == TB_OK)
        tb_product_encode(w, NULL, &e->doc.product);
    return err;
}

static enum tb_err terminal_row(struct sqlite_engine *e, struct tb_row *row, struct tb_json_writer *w)
{
    struct tb_terminal *t = &e->doc.terminal;
    memset(t, 0, sizeof *t);
    struct tb_stmt *s = sqlite_stmt(e, STMT_TERMINAL_READ);
    tb_stmt_bind_text(s, 1, text_id(row));
    enum tb_err err = step_one(s);
    if (err != TB_OK)
        return err;
    const struct column columns[] = {
        {0, t->store, sizeof t->store},      {1, t->store_name, sizeof t->store_name},
        {2, t->till, sizeof t->till},        {3, t->role, sizeof t->role},
        {4, t->name, sizeof t->name},        {5, t->currency, sizeof t->currency},
        {6, t->language, sizeof t->language}};
    err = texts_take(s, columns, TB_ARRAY_SIZE(columns));
    row->version = tb_stmt_int(s, 8);
    row->as_of_ms = tb_stmt_int(s, 9);
    tb_stmt_reset(s);
    tb_terminal_encode(w, NULL, t);
    return err;
}

static enum tb_err tiers_read(struct sqlite_engine *e, struct tb_policy *policy)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_TIER_READ);
    tb_stmt_bind_int(s, 1, TB_TIER_COUNT_MAX);
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        struct tb_tier *tier = &policy->tiers[policy->tier_count++];
        const struct column columns[] = {{0, tier->id, sizeof tier->id},
                                         {1, tier->name, sizeof tier->name},
                                         {2, tier->symbol, sizeof tier->symbol},
                                         {3, tier->color, sizeof tier->color}};
        err = texts_take(s, columns, TB_ARRAY_SIZE(columns));
        tier->points_from = tb_stmt_int(s, 4);
        if (err != TB_OK)
            break;
    }
    tb_stmt_reset(s);
    return err;
}

static enum tb_merge_policy merge_of(struct tb_span text)
{
    for (int i = TB_MERGE_NONE + 1; i < TB_MERGE_POLICY_COUNT; i++)
        if (tb_span_is(text, tb_merge_policy_names[i]))
            return (enum tb_merge_policy)i;
    return TB_MERGE_ASK;
}

static enum tb_err policy_row(struct sqlite_engine *e, struct tb_row *row, struct tb_json_writer *w)
{
    struct tb_policy *policy = &e->doc.policy;
    memset(policy, 0, sizeof *policy);
    struct tb_stmt *s = sqlite_stmt(e, STMT_POLICY_READ);
    enum tb_err err = step_one(s);
    if (err != TB_OK)
        return err;
    policy->idle_ms = tb_stmt_int(s, 0);
    policy->removal_ms = tb_stmt_int(s, 1);
    policy->max_age_show_price_ms = tb_stmt_int(s, 2);
    policy->max_age_show_stock_ms = tb_stmt_int(s, 3);
    policy->max_age_show_points_ms = tb_stmt_int(s, 4);
    row->version = tb_stmt_int(s, 5);
    row->as_of_ms = tb_stmt_int(s, 6);
    policy->merge = merge_of(tb_stmt_blob(s, 7));
    int64_t *kept[] = {&policy->cache_rows_max,  &policy->cache_bytes_max, &policy->no_contact_ms,
                       &policy->outside_keep_ms, &policy->journey_keep_ms, &policy->reward_offline_max,
                       &policy->checksum_ms};
    for (size_t i = 0; i < TB_ARRAY_SIZE(kept); i++)
        *kept[i] = tb_stmt_int(s, 8 + (int)i);
    err = sqlite_trust_take(tb_stmt_blob(s, 15), policy);
    if (err == TB_OK)
        err = sqlite_people_take(tb_stmt_blob(s, 16), policy);
    if (err == TB_OK)
        err = tb_span_to_str(tb_stmt_blob(s, 17), policy->accent, sizeof policy->accent);
    for (int line = 0; line < 2 && err == TB_OK; line++)
        err = tb_span_to_str(tb_stmt_blob(s, 18 + line), policy->display_idle[line],
                             sizeof policy->display_idle[line]);
    tb_stmt_reset(s);
    if (err == TB_OK)
        err = tiers_read(e, policy);
    tb_policy_encode(w, NULL, policy);
    return err;
}

static enum tb_err pepper_row(struct sqlite_engine *e, struct tb_row *row, struct tb_json_writer *w)
{
    struct tb_key_doc key = {
        .kind = "pepper", .version = e->chain.pepper_version, .value_size = sizeof e->chain.pepper};
    memcpy(key.value, e->chain.pepper, sizeof e->chain.pepper);
    row->version = e->chain.pepper_version;
    row->as_of_ms = e->chain.as_of_ms;
    tb_key_doc_encode(w, NULL, &key);
    tb_wipe(&key, sizeof key);
    return TB_OK;
}

static enum tb_err erasure_row(struct sqlite_engine *e, struct tb_span id, struct tb_row *row,
                               struct tb_json_writer *w)
{
    struct tb_erasure_entry entry;
    enum tb_err err = sqlite_erasure_read(e, id, &entry);
    if (err != TB_OK)
        return err;
    row->version = 1;
    row->as_of_ms = entry.at_ms;
    row->customer = entry.customer;
    tb_json_open(w, NULL);
    tb_json_put_int(w, "at_ms", entry.at_ms);
    tb_json_close(w);
    return TB_OK;
}

static enum tb_err doc_build(struct sqlite_engine *e, const struct sqlite_change *change, struct tb_row *row,
                             struct tb_json_writer *w)
{
    switch (change->type) {
    case TB_ROW_CUSTOMER: return customer_row(e, change, row, w);
    case TB_ROW_CREDENTIAL: return credential_row(e, change->id, row, w);
    case TB_ROW_CART: return cart_row(e, change->id, change->store, row, w);
    case TB_ROW_JOURNEY: return journey_row(e, change->id, row, w);
    case TB_ROW_PRODUCT: return product_row(e, change->store, row, w);
    case TB_ROW_TERMINAL: return terminal_row(e, row, w);
    case TB_ROW_POLICY: return policy_row(e, row, w);
    case TB_ROW_KEY:
        return tb_span_is(change->id, "pepper") ? pepper_row(e, row, w) : sqlite_key_row(e, change, row, w);
    case TB_ROW_ERASURE: return erasure_row(e, change->id, row, w);
    case TB_ROW_HANDOVER: return sqlite_handover_row(e, change, row, w);
    case TB_ROW_REWARD: return sqlite_reward_row(e, change->id, row, w);
    case TB_ROW_OPERATOR: return sqlite_operator_row(e, change->id, row, w);
    case TB_ROW_NONE:
    case TB_ROW_TYPE_COUNT: break;
    }
    return TB_ERR_CORRUPT;
}

static enum tb_err row_id(const struct sqlite_change *change, struct tb_row *row)
{
    bool binary = change->type == TB_ROW_CUSTOMER || change->type == TB_ROW_CREDENTIAL ||
                  change->type == TB_ROW_CART || change->type == TB_ROW_JOURNEY ||
                  change->type == TB_ROW_ERASURE || change->type == TB_ROW_HANDOVER;
    struct tb_buf id = tb_buf_of(row->id, sizeof row->id - 1);
    if (change->type == TB_ROW_REWARD) {
        tb_buf_add_hex(&id, tb_span_sub(change->id, 0, TB_ID_SIZE));
        tb_buf_add_str(&id, ":");
        tb_buf_add(&id, tb_span_sub(change->id, TB_ID_SIZE, SIZE_MAX));
    } else if (binary)
        tb_buf_add_hex(&id, change->id);
    else
        tb_buf_add(&id, change->id);
    if (id.err != TB_OK)
        return TB_ERR_CORRUPT;
    row->id[id.size] = '\0';
    return TB_OK;
}

/* Where a customer leaves a cohort, terminals only need to know whose rows go, and that this is newer than
 * they. */
static enum tb_err evict_row(struct sqlite_engine *e, const struct sqlite_change *change, struct tb_row *row)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CUSTOMER_READ);
    tb_stmt_bind_blob(s, 1, change->id);
    enum tb_err err = step_one(s);
    if (err == TB_OK) {
        row->version = tb_stmt_int(s, 5) + 1;
        row->as_of_ms = tb_stmt_int(s, 6);
    }
    tb_stmt_reset(s);
    return err;
}

/* Of this version, so that whoever has it keeps it. */
static enum tb_err cart_evict_row(struct sqlite_engine *e, const struct sqlite_change *change,
                                  struct tb_row *row)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CART_READ);
    tb_stmt_bind_blob(s, 1, change->id);
    enum tb_err err = step_one(s);
    if (err == TB_OK) {
        row->version = tb_stmt_int(s, 5);
        row->as_of_ms = tb_stmt_int(s, 6);
    }
    tb_stmt_reset(s);
    return err;
}

enum tb_err sqlite_row_read(struct sqlite_engine *e, const struct sqlite_change *change,
                            struct tb_arena *arena, struct tb_row *ret_row)
{
    struct tb_row *row = ret_row;
    memset(row, 0, sizeof *row);
    row->type = change->type;
    row->op = change->op;
    row->customer = change->customer;
    enum tb_err err = row_id(change, row);
    if (err != TB_OK)
        return err;
    if (change->op != TB_ROW_PUT && change->type == TB_ROW_HANDOVER)
        return sqlite_handover_gone_row(e, change->id, row);
    if (change->op != TB_ROW_PUT && change->type == TB_ROW_OPERATOR)
        return sqlite_operator_gone_row(e, change->id, row);
    if (change->op != TB_ROW_PUT && change->type == TB_ROW_CART)
        return cart_evict_row(e, change, row);
    if (change->op != TB_ROW_PUT)
        return evict_row(e, change, row);
    uint8_t *at = tb_arena_take(arena, 0);
    if (at == NULL)
        return TB_ERR_NO_MEMORY;
    struct tb_buf doc = tb_buf_of(at, arena->size_max - arena->size);
    struct tb_json_writer w = tb_json_writer_of(&doc);
    err = doc_build(e, change, row, &w);
    if (err == TB_OK && doc.err == TB_ERR_TOO_LONG)
        err = TB_ERR_NO_MEMORY;
    else if (err == TB_OK)
        err = doc.err;
    if (err != TB_OK)
        return err;
    row->doc = tb_buf_span(&doc);
    TB_ASSERT(tb_arena_take(arena, doc.size) == at);
    return TB_OK;
}
