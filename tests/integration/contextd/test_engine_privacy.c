#include "tests/integration/contextd/engine_test.h"

#include "core/base/assert.h"
#include "core/crypto/key.h"
#include "host/system/system.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define HOUR_MS (60LL * 60 * 1000)
#define DAY_MS (24 * HOUR_MS)

static const struct tb_scope erasures = {.kind = TB_SCOPE_ERASURES};
static const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};

static struct tb_id customer_id(uint32_t index)
{
    return tb_seed_customer_id(SEED_NUMBER, index);
}

static size_t rows_after(struct engine_fixture *f, const struct tb_engine_peer *peer,
                         const struct tb_scope *scope, struct tb_cursor *cursor, struct tb_row *ret_last)
{
    size_t count = 0;
    for (bool more = true; more;) {
        struct tb_engine_request request = fixture_feed(peer, scope->kind, cursor);
        request.feed.scope = *scope;
        const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
        assert_int_equal(answer->err, TB_OK);
        count += answer->feed.rows.count;
        if (answer->feed.rows.count > 0 && ret_last != NULL)
            *ret_last = answer->feed.rows.at[answer->feed.rows.count - 1];
        *cursor = answer->feed.cursor;
        more = answer->feed.more;
    }
    return count;
}

/* Answers are good until the next call. */
static const struct tb_verdict *decide(struct engine_fixture *f, const struct tb_engine_peer *peer,
                                       const struct tb_mutation *m)
{
    struct tb_engine_request request = fixture_apply(peer, m, 1);
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->err, TB_OK);
    assert_int_equal(answer->apply.count, 1);
    return &answer->apply.verdicts[0];
}

/* ---- erasure ---- */

/* Every value in which the store knows this customer, so that it can be looked for in the files. */
struct traces {
    uint8_t bytes[32][64];
    size_t size[32];
    size_t count;
};

static void trace_add(struct traces *t, struct tb_span bytes)
{
    assert_true(t->count < TB_ARRAY_SIZE(t->size) && bytes.size <= sizeof t->bytes[0] && bytes.size >= 4);
    memcpy(t->bytes[t->count], bytes.at, bytes.size);
    t->size[t->count++] = bytes.size;
}

/* In pieces: of a row that was overwritten in part, a part may be left. */
static void trace_add_text(struct traces *t, const char *text)
{
    size_t size = strlen(text);
    for (size_t at = 0; at + 8 <= size; at += 8)
        trace_add(t, tb_span_of(text + at, 8));
    trace_add(t, tb_span_of(text + size - 8, 8));
}

static enum tb_err section_ignore(void *context, const char *name)
{
    (void)context;
    (void)name;
    return TB_OK;
}

static enum tb_err item_count(void *context, struct tb_span json)
{
    size_t *count = context;
    assert_true(json.size > 2 && json.at[0] == '{' && json.at[json.size - 1] == '}');
    ++*count;
    return TB_OK;
}

static void unlike_decide(struct engine_fixture *f, const struct tb_mutation *m)
{
    struct tb_engine_peer till = fixture_till("till-0421-6");
    struct tb_engine_request request = fixture_apply(&till, m, 1);
    assert_int_equal(engine_fixture_ask(f, &request)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
}

/* What terminals report of her. */
static void unlike_live(struct engine_fixture *f, const struct tb_id *customer, struct traces *t)
{
    struct tb_mutation visit = {.seq = 1,
                                .kind = TB_MUTATION_VISIT_BEGIN,
                                .customer = *customer,
                                .visit = fixture_id(0xabcde5),
                                .made_ms = NOW_MS,
                                .visit_begin = {.source = "cache", .credential_kind = "member"}};
    struct tb_mutation event = {.seq = 2,
                                .kind = TB_MUTATION_JOURNEY_EVENT,
                                .customer = *customer,
                                .visit = visit.visit,
                                .made_ms = NOW_MS};
    struct tb_mutation asked = {
        .seq = 3,
        .kind = TB_MUTATION_HANDOVER_REQUEST,
        .customer = *customer,
        .made_ms = NOW_MS,
        .handover = {.handover = fixture_id(0xabcde6), .to = "any", .note = "Wants a bassoon in pink"}};
    struct tb_mutation consent = {
        .seq = 4,
        .kind = TB_MUTATION_CONSENT_SET,
        .customer = *customer,
        .made_ms = NOW_MS,
        .consent = {.consent = "newsletter", .granted = true, .text_version = "2026-1"}};
    event.event = (struct tb_cloud_event){.id = tb_span_str("unlike-1"),
                                          .source = tb_span_str("/scale"),
                                          .type = tb_span_str("com.example.weighed"),
                                          .data = tb_span_str("{\"heavy\":\"zeppelinesque\"}")};
    const struct tb_mutation *all[] = {&visit, &event, &asked, &consent};
    for (size_t i = 0; i < TB_ARRAY_SIZE(all); i++)
        unlike_decide(f, all[i]);
    trace_add(t, tb_id_span(&visit.visit));
    trace_add(t, tb_id_span(&asked.handover.handover));
    trace_add_text(t, asked.handover.note);
    trace_add_text(t, "zeppelinesque");
}

/* A customer whose every value is like nobody else's. */
static struct tb_id unlike_add(struct engine_fixture *f, struct traces *t)
{
    static const char name[] = "Zephyrine Quokkasdottir";
    static const char benefit[] = "A xylophone lesson for free";
    static const char seen[] = "Looked at unicycles";
    struct tb_id customer = fixture_id(0xabcdef);
    struct tb_id cart = fixture_id(0xabcde1);
    struct tb_id line = fixture_id(0xabcde2);
    uint8_t hash[TB_LOOKUP_HASH_SIZE];
    char gtin[TB_GTIN_SIZE + 1];
    memset(hash, 0x5c, sizeof hash);
    memcpy(hash, "hash of hers", 12);
    tb_seed_gtin(3, gtin);
    const struct tb_record records[] = {
        {.kind = TB_RECORD_CUSTOMER,
         .as.customer = {.id = customer,
                         .name = name,
                         .since = "2019",
                         .tier = "gold",
                         .language = "en",
                         .home_store = "0421",
                         .points = 77}},
        {.kind = TB_RECORD_FACT, .as.fact = {.customer = customer, .kind = TB_FACT_BENEFIT, .text = benefit}},
        {.kind = TB_RECORD_CREDENTIAL,
         .as.credential = {.customer = customer, .kind = "member", .hash = tb_span_of(hash, sizeof hash)}},
        {.kind = TB_RECORD_COHORT, .as.cohort = {.customer = customer, .store = "0421", .member = true}},
        {.kind = TB_RECORD_CART,
         .as.cart = {.id = cart,
                     .customer = customer,
                     .touched_channel = "web",
                     .touched_by = "",
                     .touched_ms = NOW_MS}},
        {.kind = TB_RECORD_CART_LINE,
         .as.cart_line =
             {.cart = cart, .id = line, .gtin = gtin, .channel = "web", .quantity = 1, .added_ms = NOW_MS}},
        {.kind = TB_RECORD_TOUCH,
         .as.touch = {.customer = customer, .channel = "web", .what = seen, .at_ms = NOW_MS}}};
    for (size_t i = 0; i < TB_ARRAY_SIZE(records); i++)
        engine_fixture_load(f, &records[i]);
    trace_add_text(t, name);
    trace_add_text(t, benefit);
    unlike_live(f, &customer, t);
    trace_add_text(t, seen);
    trace_add(t, tb_span_of(hash, sizeof hash));
    trace_add(t, tb_id_span(&cart));
    trace_add(t, tb_id_span(&line));
    return customer;
}

/* The file was once written without overwriting what is deleted: copies of a row that moved are left in its
 * page. */
static void copies_leave(struct engine_fixture *f, const struct traces *t)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(
            db,
            "PRAGMA secure_delete = OFF;"
            "INSERT INTO fact SELECT id, 2, 7, name FROM customer WHERE since = '2019' AND points = 77;"
            "DELETE FROM fact WHERE position = 7;"
            "PRAGMA wal_checkpoint(TRUNCATE)",
            NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_true(engine_fixture_find_bytes(f, t->bytes[0], t->size[0]) > 1);
}

static void who_is_erased_leaves_no_byte(void **state)
{
    struct engine_fixture *f = *state;
    struct traces t = {.count = 0};
    struct tb_id customer = unlike_add(f, &t);
    copies_leave(f, &t);
    for (size_t i = 0; i < t.count; i++)
        assert_true(engine_fixture_find_bytes(f, t.bytes[i], t.size[i]) > 0);
    struct tb_id erasure;
    assert_int_equal(f->engine->ops->erase(f->engine, &customer, &erasure), TB_OK);
    for (size_t i = 0; i < t.count; i++)
        assert_int_equal(engine_fixture_find_bytes(f, t.bytes[i], t.size[i]), 0);
    /* Her id stays in the erasure (a column and its index) and nowhere else: terminals have to be told whose.
     */
    assert_int_equal(engine_fixture_find_bytes(f, customer.bytes, sizeof customer.bytes), 2);
    size_t count = 0;
    const struct tb_export_sink sink = {.section = section_ignore, .item = item_count, .context = &count};
    assert_int_equal(f->engine->ops->customer_export(f->engine, &customer, &sink), TB_ERR_NOT_FOUND);
}

static void an_erasure_is_the_first_thing_a_terminal_hears(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer web = fixture_web(5);
    struct tb_engine_peer elsewhere = fixture_till("till-0500-1");
    struct tb_cursor at_erasures = {.size = 0};
    struct tb_cursor at_cohort = {.size = 0};
    struct tb_id customer = customer_id(5);
    struct tb_id erasure;
    struct tb_row row;
    memcpy(elsewhere.store, "0500", 5);
    assert_int_equal(rows_after(f, &till, &erasures, &at_erasures, NULL), 0);
    (void)rows_after(f, &till, &cohort, &at_cohort, NULL);
    assert_int_equal(f->engine->ops->erase(f->engine, &customer, &erasure), TB_OK);
    assert_true(f->engine->ops->changed_elsewhere(f->engine));
    assert_int_equal(rows_after(f, &till, &erasures, &at_erasures, &row), 1);
    assert_int_equal(row.type, TB_ROW_ERASURE);
    assert_true(tb_id_equal(&row.customer, &customer));
    assert_int_equal(row.as_of_ms, f->wall_ms);
    assert_int_equal(rows_after(f, &till, &cohort, &at_cohort, NULL), 0);
    struct tb_cursor from_start = {.size = 0};
    assert_int_equal(rows_after(f, &elsewhere, &erasures, &from_start, NULL), 1);
    struct tb_engine_request request = fixture_feed(&web, TB_SCOPE_ERASURES, NULL);
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_ERR_DENIED); /* nobody any more */
    struct tb_id again;
    assert_int_equal(f->engine->ops->erase(f->engine, &customer, &again), TB_OK);
    assert_true(tb_id_equal(&again, &erasure));
    customer = fixture_id(9);
    assert_int_equal(f->engine->ops->erase(f->engine, &customer, &again), TB_ERR_NOT_FOUND);
    assert_true(tb_id_is_zero(&again));
}

static void what_comes_later_of_somebody_erased_is_rejected(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_id customer = customer_id(5);
    struct tb_id erasure;
    assert_int_equal(f->engine->ops->erase(f->engine, &customer, &erasure), TB_OK);
    struct tb_mutation add = fixture_add(1, 5, 0, 100);
    struct tb_engine_request request = fixture_apply(&till, &add, 1);
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_REJECTED);
    assert_string_equal(answer->apply.verdicts[0].code, "customer_erased");
    struct tb_record record = {.kind = TB_RECORD_CUSTOMER,
                               .as.customer = {.id = customer,
                                               .name = "Back",
                                               .since = "",
                                               .tier = "gold",
                                               .language = "en",
                                               .home_store = "0421"}};
    assert_int_equal(f->engine->ops->load_begin(f->engine), TB_OK);
    assert_int_equal(f->engine->ops->load_put(f->engine, &record), TB_ERR_CONFLICT);
    assert_int_equal(f->engine->ops->load_end(f->engine, false), TB_OK);
}

/* One number from the file. */
static int64_t count_of(struct engine_fixture *f, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(stmt, 0);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return count;
}

/* Sales with one line each. */
static int64_t sales_of(struct engine_fixture *f, const struct tb_id *customer)
{
    char id[TB_ID_TEXT_SIZE];
    char sql[160];
    tb_id_encode(customer, id);
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM sale s JOIN sale_line l ON l.sale = s.id WHERE customer = x'%s'",
                   id);
    return count_of(f, sql);
}

static struct tb_mutation sale(int64_t seq, const struct tb_id *customer, const char *transaction)
{
    static struct tb_paid_line line = {.quantity = 1, .unit_price = 450};
    struct tb_mutation m = {
        .seq = seq, .kind = TB_MUTATION_CHECKOUT_FINISH, .customer = *customer, .made_ms = NOW_MS};
    tb_seed_gtin(3, line.gtin);
    line.line = fixture_id(0x5a1e);
    (void)snprintf(m.finish.sale.transaction, sizeof m.finish.sale.transaction, "%s", transaction);
    (void)snprintf(m.finish.sale.business_date, sizeof m.finish.sale.business_date, "2026-09-21");
    (void)snprintf(m.finish.currency, sizeof m.finish.currency, "EUR");
    m.finish.total = 450;
    m.finish.lines = (struct tb_paid_lines){.at = &line, .count = 1};
    return m;
}

static void a_sale_of_somebody_erased_is_the_erasures(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_id customer = customer_id(5);
    struct tb_id nobody = fixture_id(77);
    struct tb_id erasure;
    struct tb_mutation m = sale(1, &customer, "A-1");
    assert_int_equal(decide(f, &till, &m)->kind, TB_VERDICT_APPLIED);
    assert_int_equal(sales_of(f, &customer), 1);
    assert_true(count_of(f, "SELECT count(*) FROM sale_touch") > 0);
    assert_int_equal(f->engine->ops->erase(f->engine, &customer, &erasure), TB_OK);
    assert_int_equal(sales_of(f, &customer), 0);
    assert_int_equal(sales_of(f, &erasure), 1);
    assert_int_equal(count_of(f, "SELECT count(*) FROM sale_touch"), 0);
    m = sale(2, &customer, "A-2"); /* sent by a till that has not heard yet */
    assert_int_equal(decide(f, &till, &m)->kind, TB_VERDICT_APPLIED);
    m = sale(3, &erasure, "A-3"); /* by one that has */
    assert_int_equal(decide(f, &till, &m)->kind, TB_VERDICT_APPLIED);
    assert_int_equal(sales_of(f, &erasure), 3);
    m = sale(4, &nobody, "A-4"); /* a sale is never rejected */
    assert_int_equal(decide(f, &till, &m)->kind, TB_VERDICT_APPLIED);
    assert_int_equal(sales_of(f, &nobody), 0);
    assert_int_equal(engine_fixture_find_bytes(f, customer.bytes, sizeof customer.bytes), 2);
}

/* ---- receipts ---- */

static struct tb_mutation receipt(int64_t seq, const struct tb_id *erasure, const struct tb_key *key,
                                  const char *urn)
{
    struct tb_mutation m = {.seq = seq, .kind = TB_MUTATION_ERASURE_RECEIPT, .made_ms = NOW_MS + 5};
    struct tb_signature signature;
    char id[TB_ID_TEXT_SIZE];
    char text[256];
    tb_id_encode(erasure, id);
    (void)snprintf(text, sizeof text, "tillbridge-erasure-1\n%s\n%s\n%lld\n", urn, id, (long long)m.made_ms);
    assert_int_equal(tb_key_sign(key, tb_rng_system(), tb_span_str(text), &signature), TB_OK);
    m.receipt.erasure = *erasure;
    memcpy(m.receipt.signature, signature.bytes, sizeof m.receipt.signature);
    return m;
}

static size_t waits_count(struct engine_fixture *f, const struct tb_id *erasure, const char *device)
{
    struct tb_terminal_entry entry = {.device = ""};
    size_t count = 0;
    char after[sizeof entry.device] = "";
    while (f->engine->ops->erasure_waits(f->engine, erasure, after, &entry) == TB_OK) {
        count += device == NULL || strcmp(entry.device, device) == 0;
        memcpy(after, entry.device, sizeof after);
    }
    return count;
}

static void a_receipt_counts_when_the_device_signed_it(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer other = fixture_till("till-0421-3");
    struct tb_id customer = customer_id(7);
    struct tb_id erasure;
    struct tb_key key;
    struct tb_key wrong;
    assert_int_equal(tb_key_make(tb_rng_system(), &key), TB_OK);
    assert_int_equal(tb_key_make(tb_rng_system(), &wrong), TB_OK);
    assert_int_equal(f->engine->ops->erase(f->engine, &customer, &erasure), TB_OK);
    size_t terminals = waits_count(f, &erasure, NULL);
    assert_int_equal(waits_count(f, &erasure, "till-0421-4"), 1);
    struct tb_mutation m = receipt(1, &erasure, &key, till.device);
    assert_string_equal(decide(f, &till, &m)->code, "signature"); /* no key is known of it */
    till.key = wrong.public_key;
    m = receipt(2, &erasure, &key, till.device);
    assert_string_equal(decide(f, &till, &m)->code, "signature");
    till.key = key.public_key;
    m = receipt(3, &erasure, &key, other.device); /* somebody else's */
    assert_string_equal(decide(f, &till, &m)->code, "signature");
    m = receipt(4, &erasure, &key, till.device);
    m.made_ms++;
    assert_string_equal(decide(f, &till, &m)->code, "signature");
    assert_int_equal(waits_count(f, &erasure, NULL), terminals);
    m = receipt(5, &erasure, &key, till.device);
    assert_int_equal(decide(f, &till, &m)->kind, TB_VERDICT_APPLIED);
    m.seq = 6;
    assert_int_equal(decide(f, &till, &m)->kind, TB_VERDICT_APPLIED);
    assert_int_equal(waits_count(f, &erasure, NULL), terminals - 1);
    assert_int_equal(waits_count(f, &erasure, "till-0421-4"), 0);
    struct tb_erasure_entry entry;
    static const struct tb_id first;
    assert_int_equal(f->engine->ops->erasure_next(f->engine, &first, &entry), TB_OK);
    assert_true(tb_id_equal(&entry.id, &erasure));
    assert_int_equal(entry.receipt_count, 1);
    assert_int_equal(f->engine->ops->erasure_next(f->engine, &erasure, &entry), TB_ERR_NOT_FOUND);
}

static void expire_all(struct engine_fixture *f)
{
    for (bool more = true; more;)
        assert_int_equal(f->engine->ops->expire(f->engine, &more), TB_OK);
}

static void an_erasure_is_kept_until_every_enabled_terminal_confirmed(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_id customer = customer_id(7);
    struct tb_id erasure;
    struct tb_key key;
    struct tb_terminal_entry entry = {.device = ""};
    char after[sizeof entry.device] = "";
    assert_int_equal(tb_key_make(tb_rng_system(), &key), TB_OK);
    assert_int_equal(f->engine->ops->erase(f->engine, &customer, &erasure), TB_OK);
    while (f->engine->ops->terminal_next(f->engine, after, &entry) == TB_OK) {
        memcpy(after, entry.device, sizeof after);
        if (strcmp(entry.device, "till-0421-4") != 0)
            assert_int_equal(
                f->engine->ops->terminal_set_state(f->engine, entry.device, TB_TERMINAL_DISABLED), TB_OK);
    }
    f->wall_ms += 100 * DAY_MS;
    expire_all(f);
    struct tb_cursor start = {.size = 0};
    assert_int_equal(rows_after(f, &till, &erasures, &start, NULL), 1);
    till.key = key.public_key;
    struct tb_mutation m = receipt(1, &erasure, &key, till.device);
    assert_int_equal(decide(f, &till, &m)->kind, TB_VERDICT_APPLIED);
    expire_all(f);
    start.size = 0;
    assert_int_equal(rows_after(f, &till, &erasures, &start, NULL), 0);
    m.seq = 2; /* and is not missed */
    assert_int_equal(decide(f, &till, &m)->kind, TB_VERDICT_APPLIED);
}

/* ---- export ---- */

static void an_export_has_everything(void **state)
{
    struct engine_fixture *f = *state;
    struct traces t = {.count = 0};
    struct tb_id customer = unlike_add(f, &t);
    size_t count = 0;
    const struct tb_export_sink sink = {.section = section_ignore, .item = item_count, .context = &count};
    assert_int_equal(f->engine->ops->customer_export(f->engine, &customer, &sink), TB_OK);
    /* Profile, fact, credential, cart, two touches, event, visit, consent and who set it, hand-over, store.
     */
    assert_int_equal(count, 12);
    customer = fixture_id(9);
    assert_int_equal(f->engine->ops->customer_export(f->engine, &customer, &sink), TB_ERR_NOT_FOUND);
}

/* ---- expiry ---- */

static void an_old_journey_is_forgotten_everywhere(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_cursor cursor = {.size = 0};
    struct tb_row row = {.id = ""};
    (void)rows_after(f, &till, &cohort, &cursor, NULL);
    f->wall_ms += 30 * DAY_MS;
    expire_all(f);
    assert_false(f->engine->ops->changed_elsewhere(f->engine));
    assert_int_equal(rows_after(f, &till, &cohort, &cursor, NULL), 0);
    f->wall_ms += 70 * DAY_MS;
    expire_all(f);
    assert_true(f->engine->ops->changed_elsewhere(f->engine));
    assert_int_equal(rows_after(f, &till, &cohort, &cursor, &row), FIXTURE_CARTS);
    assert_int_equal(row.type, TB_ROW_JOURNEY);
    assert_true(tb_span_is(row.doc, "{\"events\":[]}"));
}

static void notes_and_visits_are_kept_for_their_time(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_cursor cursor = {.size = 0};
    struct tb_row row = {.id = ""};
    struct tb_id customer = customer_id(0);
    struct tb_mutation add = fixture_add(1, 0, 0, 100);
    struct tb_mutation note = {.seq = 2,
                               .kind = TB_MUTATION_CART_NOTE,
                               .customer = customer,
                               .cart = add.cart,
                               .made_ms = NOW_MS,
                               .note = {.text = "Call before the blue one is sold"}};
    struct tb_mutation visit = {.seq = 3,
                                .kind = TB_MUTATION_VISIT_BEGIN,
                                .customer = customer,
                                .visit = fixture_id(70),
                                .made_ms = NOW_MS,
                                .visit_begin = {.source = "cache"}};
    assert_int_equal(decide(f, &till, &add)->kind, TB_VERDICT_APPLIED);
    assert_int_equal(decide(f, &till, &note)->kind, TB_VERDICT_APPLIED);
    assert_int_equal(decide(f, &till, &visit)->kind, TB_VERDICT_APPLIED);
    f->wall_ms += 89 * DAY_MS;
    expire_all(f);
    assert_int_equal(count_of(f, "SELECT count(*) FROM visit"), 1);
    f->wall_ms += 2 * DAY_MS;
    expire_all(f);
    assert_int_equal(count_of(f, "SELECT count(*) FROM visit"), 0);
    assert_int_equal(count_of(f, "SELECT count(*) FROM cart WHERE note <> ''"), 1);
    (void)rows_after(f, &till, &cohort, &cursor, NULL);
    f->wall_ms += 300 * DAY_MS;
    expire_all(f);
    assert_int_equal(count_of(f, "SELECT count(*) FROM cart WHERE note <> ''"), 0);
    assert_true(rows_after(f, &till, &cohort, &cursor, &row) > 0);
    assert_int_equal(row.type, TB_ROW_CART); /* terminals are told */
}

/* ---- what a terminal may come to know ---- */

static void policy_set(struct engine_fixture *f, const struct tb_record_policy *policy)
{
    struct tb_record record = {.kind = TB_RECORD_POLICY, .as.policy = *policy};
    engine_fixture_load(f, &record);
}

static struct tb_engine_request identify(struct engine_fixture *f, const struct tb_engine_peer *peer,
                                         uint32_t index)
{
    struct tb_engine_request r = {.ask = TB_ENGINE_IDENTIFY, .peer = *peer};
    struct tb_arena arena = tb_arena_of(f->memory, TB_ENGINE_ARENA_SIZE);
    struct tb_id customer = customer_id(index);
    struct tb_rows rows;
    assert_int_equal(f->engine->ops->customer_read(f->engine, &customer, &arena, &rows), TB_OK);
    (void)snprintf(r.identify.kind, sizeof r.identify.kind, "member");
    assert_int_equal(tb_hex_decode(tb_span_str(rows.at[1].id), r.identify.hash, sizeof r.identify.hash),
                     TB_OK);
    return r;
}

static enum tb_err identify_err(struct engine_fixture *f, const struct tb_engine_peer *peer, uint32_t index,
                                bool *ret_quarantined)
{
    struct tb_engine_request request = identify(f, peer, index);
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_true(answer->err != TB_OK || answer->identify.found);
    assert_true(answer->limited == (answer->err == TB_ERR_CUSTOMER_LIMIT));
    *ret_quarantined = answer->quarantined;
    return answer->err;
}

/* A till of the smaller store; the first twelve customers are of its cohort, those behind are not. */
static struct tb_engine_peer stranger(void)
{
    struct tb_engine_peer till = fixture_till("till-0500-1");
    memcpy(till.store, "0500", 5);
    return till;
}

static bool is_of_cohort(struct engine_fixture *f, const struct tb_engine_peer *peer, uint32_t index)
{
    struct tb_engine_request request = {.ask = TB_ENGINE_ADMIT, .peer = *peer};
    request.admit.customer = customer_id(index);
    return engine_fixture_ask(f, &request)->admit.admitted;
}

/* The next one from `from` on who is in the cohort, or is not. */
static uint32_t next_of(struct engine_fixture *f, const struct tb_engine_peer *peer, uint32_t from, bool in)
{
    while (is_of_cohort(f, peer, from) != in)
        from++;
    return from;
}

static int64_t limited_ms(struct engine_fixture *f, const char *device, enum tb_terminal_state *ret_state)
{
    struct tb_terminal_entry entry = {.device = ""};
    char after[sizeof entry.device] = "";
    while (f->engine->ops->terminal_next(f->engine, after, &entry) == TB_OK &&
           strcmp(entry.device, device) != 0)
        memcpy(after, entry.device, sizeof after);
    *ret_state = entry.state;
    return entry.limited_ms;
}

static void a_terminal_that_walks_hashes_is_stopped(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = stranger();
    enum tb_terminal_state shown;
    bool quarantined = false;
    uint32_t at = 0;
    policy_set(f, &(struct tb_record_policy){.new_customers_max = 5});
    for (unsigned i = 0; i < 5; i++) {
        at = next_of(f, &till, at, false);
        assert_int_equal(identify_err(f, &till, at, &quarantined), TB_OK);
        assert_int_equal(identify_err(f, &till, at, &quarantined), TB_OK); /* known now: not counted again */
    }
    assert_int_equal(limited_ms(f, "till-0500-1", &shown), 0);
    uint32_t mine = next_of(f, &till, 0, true);
    for (unsigned i = 6; i <= 15; i++) {
        at = next_of(f, &till, at, false);
        assert_false(quarantined);
        assert_int_equal(identify_err(f, &till, at, &quarantined), TB_ERR_CUSTOMER_LIMIT);
        if (i < 15) {
            assert_int_equal(identify_err(f, &till, mine, &quarantined), TB_OK);
            engine_fixture_reopen(f); /* the count is in the file */
        }
        at++;
    }
    assert_true(quarantined);
    assert_int_equal(limited_ms(f, "till-0500-1", &shown), f->wall_ms);
    assert_int_equal(shown, TB_TERMINAL_QUARANTINED);
    assert_int_equal(identify_err(f, &till, mine, &quarantined), TB_ERR_DENIED);
}

static void the_limit_is_for_an_hour(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = stranger();
    bool quarantined = false;
    policy_set(f, &(struct tb_record_policy){.new_customers_max = 1});
    uint32_t first = next_of(f, &till, 0, false);
    uint32_t second = next_of(f, &till, first + 1, false);
    assert_int_equal(identify_err(f, &till, first, &quarantined), TB_OK);
    assert_int_equal(identify_err(f, &till, second, &quarantined), TB_ERR_CUSTOMER_LIMIT);
    /* Served all the same where she says who she is by a cart; but nothing of her comes down as the cohort's.
     */
    struct tb_mutation add = fixture_add(1, second, 0, 100);
    assert_int_equal(decide(f, &till, &add)->kind, TB_VERDICT_APPLIED);
    assert_false(is_of_cohort(f, &till, second));
    f->wall_ms += HOUR_MS + 1;
    assert_int_equal(identify_err(f, &till, second, &quarantined), TB_OK);
    assert_true(is_of_cohort(f, &till, second));
    policy_set(f, &(struct tb_record_policy){.new_customers_max = TB_RECORD_NONE});
    for (uint32_t i = 0; i < FIXTURE_CUSTOMERS; i++)
        assert_int_equal(identify_err(f, &till, i, &quarantined), TB_OK);
}

static void a_feed_is_for_those_it_met(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = stranger();
    struct tb_engine_request request = {.ask = TB_ENGINE_ADMIT, .peer = till};
    policy_set(f, &(struct tb_record_policy){.new_customers_max = 1});
    uint32_t first = next_of(f, &till, 0, false);
    uint32_t second = next_of(f, &till, first + 1, false);
    request.admit.customer = customer_id(first);
    assert_false(engine_fixture_ask(f, &request)->admit.admitted);
    request.admit.identified = true;
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_true(answer->admit.admitted);
    assert_true(answer->admit.entered);
    request.admit.customer = customer_id(second);
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_ERR_CUSTOMER_LIMIT);
    request.admit.customer = fixture_id(3); /* nobody */
    answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->err, TB_OK);
    assert_false(answer->admit.admitted);
}

/* ---- cohorts ---- */

static void a_cohort_keeps_those_seen_last(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = stranger();
    struct tb_cursor cursor = {.size = 0};
    bool quarantined = false;
    (void)rows_after(f, &till, &cohort, &cursor, NULL);
    /* All of the twelve but the first are seen again an hour later. */
    uint32_t unseen = next_of(f, &till, 0, true);
    f->wall_ms += 2 * HOUR_MS;
    for (uint32_t i = unseen + 1; i < FIXTURE_CUSTOMERS; i++)
        if (is_of_cohort(f, &till, i))
            assert_int_equal(identify_err(f, &till, i, &quarantined), TB_OK);
    assert_int_equal(rows_after(f, &till, &cohort, &cursor, NULL), 0);
    policy_set(f, &(struct tb_record_policy){.cache_rows_max = FIXTURE_CUSTOMERS / 5});
    uint32_t new_one = next_of(f, &till, unseen, false);
    assert_int_equal(identify_err(f, &till, new_one, &quarantined), TB_OK);
    assert_true(is_of_cohort(f, &till, new_one));
    assert_false(is_of_cohort(f, &till, unseen));
    struct tb_row row = {.id = ""};
    assert_true(rows_after(f, &till, &cohort, &cursor, &row) >= 3); /* hers, and who left */
    assert_int_equal(row.op, TB_ROW_EVICT);
    struct tb_id left = customer_id(unseen);
    assert_true(tb_id_equal(&row.customer, &left));
    policy_set(f, &(struct tb_record_policy){.cache_rows_max = 3});
    expire_all(f);
    assert_true(f->engine->ops->changed_elsewhere(f->engine));
    size_t members = 0;
    for (uint32_t i = 0; i < FIXTURE_CUSTOMERS; i++)
        members += is_of_cohort(f, &till, i);
    assert_int_equal(members, 3);
}

static void who_leaves_one_cohort_is_no_news_to_another(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer big = fixture_till("till-0421-4");
    struct tb_engine_peer small = stranger();
    struct tb_cursor at_big = {.size = 0};
    (void)rows_after(f, &big, &cohort, &at_big, NULL);
    struct tb_record record = {.kind = TB_RECORD_COHORT,
                               .as.cohort = {.customer = customer_id(next_of(f, &small, 0, true)),
                                             .store = "0500",
                                             .member = false}};
    engine_fixture_load(f, &record);
    assert_int_equal(rows_after(f, &big, &cohort, &at_big, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(who_is_erased_leaves_no_byte),
        ENGINE_TEST(an_erasure_is_the_first_thing_a_terminal_hears),
        ENGINE_TEST(what_comes_later_of_somebody_erased_is_rejected),
        ENGINE_TEST(a_sale_of_somebody_erased_is_the_erasures),
        ENGINE_TEST(a_receipt_counts_when_the_device_signed_it),
        ENGINE_TEST(an_erasure_is_kept_until_every_enabled_terminal_confirmed),
        ENGINE_TEST(an_export_has_everything),
        ENGINE_TEST(an_old_journey_is_forgotten_everywhere),
        ENGINE_TEST(notes_and_visits_are_kept_for_their_time),
        ENGINE_TEST(a_terminal_that_walks_hashes_is_stopped),
        ENGINE_TEST(the_limit_is_for_an_hour),
        ENGINE_TEST(a_feed_is_for_those_it_met),
        ENGINE_TEST(a_cohort_keeps_those_seen_last),
        ENGINE_TEST(who_leaves_one_cohort_is_no_news_to_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
