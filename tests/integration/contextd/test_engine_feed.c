#include "tests/integration/contextd/engine_test.h"

#include "core/base/assert.h"

#include <sqlite3.h>
#include <stdlib.h>

/* What one reader got so far. */
struct reading {
    struct tb_cursor cursor;
    size_t count[TB_ROW_TYPE_COUNT];
    size_t evicted;
    size_t answers;
    size_t total;
    char last_id[TB_ROW_ID_SIZE_MAX + 1];
    enum tb_row_op last_op;
    int64_t last_version;
    struct {
        enum tb_row_op op;
        int64_t version;
    } last_of[TB_ROW_TYPE_COUNT];
};

static void read_all(struct engine_fixture *f, const struct tb_engine_peer *peer, struct tb_scope scope,
                     struct reading *r)
{
    for (bool more = true; more;) {
        struct tb_engine_request request = fixture_feed(peer, scope.kind, &r->cursor);
        request.feed.scope = scope;
        const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
        size_t cost = 0;
        assert_int_equal(answer->err, TB_OK);
        assert_true(answer->feed.rows.count <= TB_ROW_BATCH_MAX);
        for (size_t i = 0; i < answer->feed.rows.count; i++) {
            const struct tb_row *row = &answer->feed.rows.at[i];
            r->count[row->type]++;
            r->evicted += row->op == TB_ROW_EVICT;
            cost += tb_engine_row_cost(row);
            memcpy(r->last_id, row->id, sizeof r->last_id);
            r->last_op = row->op;
            r->last_version = row->version;
            r->last_of[row->type].op = row->op;
            r->last_of[row->type].version = row->version;
        }
        assert_true(cost <= TB_ENGINE_ROWS_COST_MAX || answer->feed.rows.count == 1);
        r->total += answer->feed.rows.count;
        r->answers++;
        more = answer->feed.more;
        r->cursor = answer->feed.cursor;
    }
}

static const struct tb_scope device = {.kind = TB_SCOPE_DEVICE};
static const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
static const struct tb_scope catalogue = {.kind = TB_SCOPE_CATALOGUE};

static void change_cart(struct engine_fixture *f, uint32_t customer, int64_t seq)
{
    struct tb_engine_peer till = fixture_till("till-0421-1");
    struct tb_mutation add = fixture_add(seq, customer, 0, 100 + (unsigned)seq);
    struct tb_engine_request request = fixture_apply(&till, &add, 1);
    assert_int_equal(engine_fixture_ask(f, &request)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
}

static void a_cohort_brings_every_object_once(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct reading r = {.total = 0};
    read_all(f, &till, cohort, &r);
    assert_int_equal(r.count[TB_ROW_CUSTOMER], FIXTURE_CUSTOMERS);
    assert_int_equal(r.count[TB_ROW_CREDENTIAL], FIXTURE_CUSTOMERS);
    assert_int_equal(r.count[TB_ROW_CART], FIXTURE_CARTS);
    assert_int_equal(r.count[TB_ROW_JOURNEY], FIXTURE_CARTS);
    assert_int_equal(r.count[TB_ROW_REWARD], (FIXTURE_CUSTOMERS + 3) / 4);
    assert_int_equal(r.total, 2 * FIXTURE_CUSTOMERS + 2 * FIXTURE_CARTS + r.count[TB_ROW_REWARD]);
    assert_true(r.answers > 1);
}

static void another_store_has_another_cohort(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0500-1");
    struct reading r = {.total = 0};
    memcpy(till.store, "0500", 5);
    read_all(f, &till, cohort, &r);
    assert_int_equal(r.count[TB_ROW_CUSTOMER], FIXTURE_CUSTOMERS / 5);
}

static void a_cursor_brings_only_what_came_after_it(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct reading r = {.total = 0};
    read_all(f, &till, cohort, &r);
    struct reading next = {.cursor = r.cursor};
    read_all(f, &till, cohort, &next);
    assert_int_equal(next.total, 0);
    assert_memory_equal(&next.cursor, &r.cursor, sizeof r.cursor);
    change_cart(f, 8, 1);
    engine_fixture_reopen(f);
    read_all(f, &till, cohort, &next);
    assert_int_equal(next.count[TB_ROW_CART], 1);
    assert_int_equal(next.count[TB_ROW_JOURNEY], 1);
    assert_int_equal(next.total, 2);
}

static void an_object_that_changed_often_comes_once(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct reading r = {.total = 0};
    read_all(f, &till, cohort, &r);
    for (int64_t seq = 1; seq <= 20; seq++)
        change_cart(f, 8, seq);
    struct reading next = {.cursor = r.cursor};
    read_all(f, &till, cohort, &next);
    assert_int_equal(next.count[TB_ROW_CART], 1);
}

static void a_cursor_of_elsewhere_begins_again(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer other = fixture_till("till-0422-1");
    struct reading first = {.total = 0};
    memcpy(other.store, "0422", 5);
    read_all(f, &till, cohort, &first);
    struct reading elsewhere = {.cursor = first.cursor};
    read_all(f, &other, cohort, &elsewhere);
    assert_true(elsewhere.total > 0);
    struct reading scope = {.cursor = first.cursor};
    read_all(f, &till, catalogue, &scope);
    assert_int_equal(scope.total, FIXTURE_PRODUCTS);
    struct reading torn = {.cursor = first.cursor};
    torn.cursor.bytes[3] ^= 1;
    read_all(f, &till, cohort, &torn);
    assert_int_equal(torn.total, first.total);
}

static void the_catalogue_has_each_product_with_its_stock_once(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    char gtin[TB_GTIN_SIZE + 1];
    struct reading r = {.total = 0};
    read_all(f, &till, catalogue, &r);
    assert_int_equal(r.total, FIXTURE_PRODUCTS);
    tb_seed_gtin(0, gtin);
    const struct tb_record elsewhere = {.kind = TB_RECORD_STOCK,
                                        .as.stock = {.gtin = gtin, .store = "0422", .quantity = 0}};
    const struct tb_record here = {.kind = TB_RECORD_STOCK,
                                   .as.stock = {.gtin = gtin, .store = "0421", .quantity = 0}};
    engine_fixture_load(f, &elsewhere);
    read_all(f, &till, catalogue, &r);
    assert_int_equal(r.total, FIXTURE_PRODUCTS);
    engine_fixture_load(f, &here);
    read_all(f, &till, catalogue, &r);
    assert_int_equal(r.total, FIXTURE_PRODUCTS + 1);
    assert_string_equal(r.last_id, gtin);
    const struct tb_record price = {.kind = TB_RECORD_PRODUCT,
                                    .as.product = {.gtin = gtin, .name = "Pen", .unit_price = 1}};
    int64_t version = r.last_version;
    engine_fixture_load(f, &price);
    read_all(f, &till, catalogue, &r);
    assert_int_equal(r.total, FIXTURE_PRODUCTS + 2);
    assert_true(r.last_version > version);
    struct reading fresh = {.total = 0};
    read_all(f, &till, catalogue, &fresh);
    assert_int_equal(fresh.total, FIXTURE_PRODUCTS);
}

static void a_device_gets_its_own_row_policy_and_key(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct reading r = {.total = 0};
    read_all(f, &till, device, &r);
    assert_int_equal(r.count[TB_ROW_TERMINAL], 1);
    assert_int_equal(r.count[TB_ROW_POLICY], 1);
    assert_int_equal(r.count[TB_ROW_KEY], 1);
    assert_int_equal(r.total, 3);
}

static void a_policy_that_is_set_reaches_every_device_once(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct reading r = {.total = 0};
    read_all(f, &till, device, &r);
    struct tb_record record = {.kind = TB_RECORD_POLICY, .as.policy = {.idle_ms = 30000}};
    engine_fixture_load(f, &record);
    struct tb_engine_request request = fixture_feed(&till, TB_SCOPE_DEVICE, &r.cursor);
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->feed.rows.count, 1);
    assert_int_equal(answer->feed.rows.at[0].type, TB_ROW_POLICY);
    struct tb_span doc = answer->feed.rows.at[0].doc;
    assert_non_null(memmem(doc.at, doc.size, "\"idle_ms\":30000", 15));
    assert_non_null(memmem(doc.at, doc.size, "\"removal_ms\":10000", 18)); /* as it was */
    record.as.policy.idle_ms = TB_RECORD_POLICY_MS_MAX + 1;
    assert_int_equal(f->engine->ops->load_begin(f->engine), TB_OK);
    assert_int_equal(f->engine->ops->load_put(f->engine, &record), TB_ERR_RANGE);
    assert_int_equal(f->engine->ops->load_end(f->engine, false), TB_OK);
}

static void who_leaves_a_cohort_is_evicted_and_may_come_back(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct reading r = {.total = 0};
    struct tb_record record = {
        .kind = TB_RECORD_COHORT,
        .as.cohort = {.customer = tb_seed_customer_id(SEED_NUMBER, 8), .store = "0421", .member = false}};
    read_all(f, &till, cohort, &r);
    engine_fixture_load(f, &record);
    struct reading left = {.cursor = r.cursor};
    read_all(f, &till, cohort, &left);
    assert_int_equal(left.total, 1);
    assert_int_equal(left.evicted, 1);
    int64_t evicted_version = left.last_version;
    struct tb_engine_peer web = fixture_web(8);
    struct tb_mutation add = fixture_add(1, 8, 0, 101);
    struct tb_engine_request request = fixture_apply(&web, &add, 1);
    assert_int_equal(engine_fixture_ask(f, &request)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    read_all(f, &till, cohort, &left);
    assert_int_equal(left.total, 1);
    record.as.cohort.member = true;
    engine_fixture_load(f, &record);
    struct reading back = {.cursor = left.cursor};
    read_all(f, &till, cohort, &back);
    assert_int_equal(back.evicted, 0);
    assert_int_equal(back.count[TB_ROW_CUSTOMER], 1);
    assert_int_equal(back.count[TB_ROW_CREDENTIAL], 1);
    assert_int_equal(back.count[TB_ROW_CART], 1);
    struct tb_rows rows;
    struct tb_arena arena = tb_arena_of(f->memory, TB_ENGINE_ARENA_SIZE);
    assert_int_equal(f->engine->ops->customer_read(f->engine, &record.as.cohort.customer, &arena, &rows),
                     TB_OK);
    assert_true(rows.at[0].version > evicted_version);
}

static void end_visit(struct engine_fixture *f, const struct tb_engine_peer *till, int64_t seq,
                      const char *reason)
{
    struct tb_mutation end = {.seq = seq,
                              .kind = TB_MUTATION_VISIT_END,
                              .customer = tb_seed_customer_id(SEED_NUMBER, 8),
                              .visit = fixture_id(900 + (unsigned)seq),
                              .made_ms = NOW_MS};
    memcpy(end.visit_end.reason, reason, strlen(reason));
    struct tb_engine_request request = fixture_apply(till, &end, 1);
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    size_t cohorts = 0;
    for (size_t i = 0; i < answer->apply.change_count; i++)
        cohorts += answer->apply.changes[i].scope.kind == TB_SCOPE_COHORT;
    assert_true(cohorts > 0); /* whose readers are woken */
}

static void who_wants_to_be_forgotten_leaves_the_cohort(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct reading r = {.total = 0};
    read_all(f, &till, cohort, &r);
    end_visit(f, &till, 1, "forget");
    struct reading left = {.cursor = r.cursor};
    read_all(f, &till, cohort, &left);
    assert_int_equal(left.evicted, 1);
    assert_int_equal(left.count[TB_ROW_CART] + left.count[TB_ROW_JOURNEY], 0);
    end_visit(f, &till, 2, "done"); /* she was served there again */
    struct reading back = {.cursor = left.cursor};
    read_all(f, &till, cohort, &back);
    assert_int_equal(back.evicted, 0);
    assert_int_equal(back.count[TB_ROW_CUSTOMER], 1);
    assert_true(back.last_of[TB_ROW_CUSTOMER].version > left.last_version);
}

static void a_customer_reads_nobody_elses_feed(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(4);
    struct reading own = {.total = 0};
    struct tb_scope scope = {.kind = TB_SCOPE_CUSTOMER, .customer = web.customer};
    read_all(f, &web, scope, &own);
    assert_int_equal(own.total, 5);
    scope.customer = tb_seed_customer_id(SEED_NUMBER, 5);
    struct tb_engine_request request = fixture_feed(&web, TB_SCOPE_CUSTOMER, NULL);
    request.feed.scope = scope;
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_ERR_DENIED);
    request = fixture_feed(&web, TB_SCOPE_COHORT, NULL);
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_ERR_DENIED);
    request = fixture_feed(&web, TB_SCOPE_DEVICE, NULL);
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_ERR_DENIED);
}

/* How many rows a statement changes, run as another process would. */
static int beside(const struct engine_fixture *f, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    int changed = sqlite3_changes(db);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return changed;
}

/* A change whose object is gone, among those of the first answer. */
static void what_is_gone_does_not_end_the_feed(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct reading before = {.total = 0};
    struct reading after = {.total = 0};
    read_all(f, &till, cohort, &before);
    assert_true(before.total > TB_ROW_BATCH_MAX + 1);
    assert_int_equal(beside(f, "UPDATE change SET id = zeroblob(16) WHERE seq = (SELECT min(seq) FROM change"
                               " WHERE customer IS NOT NULL AND store = '')"),
                     1);
    read_all(f, &till, cohort, &after);
    assert_int_equal(after.total, before.total - 1);
}

static void expire_after(struct engine_fixture *f, int64_t days)
{
    f->wall_ms += days * 24 * 60 * 60 * 1000;
    for (bool more = true; more;)
        assert_int_equal(f->engine->ops->expire(f->engine, &more), TB_OK);
}

static void a_handover_that_expires_is_dropped_everywhere(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-1");
    struct tb_mutation m = {.seq = 1,
                            .kind = TB_MUTATION_HANDOVER_REQUEST,
                            .customer = tb_seed_customer_id(SEED_NUMBER, 0),
                            .made_ms = NOW_MS,
                            .handover = {.handover = fixture_id(71), .to = "any", .note = "Blue"}};
    struct tb_mutation accept = m;
    struct tb_engine_request request = fixture_apply(&till, &m, 1);
    struct reading before = {.total = 0};
    assert_int_equal(engine_fixture_ask(f, &request)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    read_all(f, &till, cohort, &before);
    assert_int_equal(before.count[TB_ROW_HANDOVER], 1);
    assert_int_equal(before.last_op, TB_ROW_PUT);
    expire_after(f, 366);
    assert_int_equal(beside(f, "UPDATE handover SET note = '' WHERE note || to_whom || from_name || by_name"
                               " || from_device || by_device <> '' OR cart <> zeroblob(16)"),
                     0);
    struct reading after = {.cursor = before.cursor};
    read_all(f, &till, cohort, &after);
    assert_int_equal(after.count[TB_ROW_HANDOVER], 1);
    assert_int_equal(after.last_of[TB_ROW_HANDOVER].op, TB_ROW_DROP);
    assert_true(after.last_of[TB_ROW_HANDOVER].version > before.last_of[TB_ROW_HANDOVER].version);

    accept.seq = 2;
    accept.kind = TB_MUTATION_HANDOVER_ACCEPT;
    request = fixture_apply(&till, &accept, 1);
    assert_string_equal(engine_fixture_ask(f, &request)->apply.verdicts[0].code, "handover_unknown");
    expire_after(f, 91);
    assert_int_equal(beside(f, "UPDATE handover SET state = state"), 0);
    assert_int_equal(beside(f, "UPDATE change SET op = op WHERE type = 10"), 0);
}

static void small_limits_are_kept(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_request request = fixture_feed(&till, TB_SCOPE_COHORT, NULL);
    request.feed.row_count_max = 3;
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->feed.rows.count, 3);
    assert_true(answer->feed.more);
    request.feed.row_count_max = TB_ROW_BATCH_MAX;
    request.feed.cost_max = 1;
    answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->feed.rows.count, 1);
    assert_true(answer->feed.more);
}

static void identify_finds_by_hash_and_kind(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_rows rows;
    struct tb_arena arena = tb_arena_of(f->memory, TB_ENGINE_ARENA_SIZE);
    struct tb_id customer = tb_seed_customer_id(SEED_NUMBER, 4);
    assert_int_equal(f->engine->ops->customer_read(f->engine, &customer, &arena, &rows), TB_OK);
    struct tb_engine_request request = {.ask = TB_ENGINE_IDENTIFY, .peer = fixture_till("till-0421-4")};
    memcpy(request.identify.kind, "member", 7);
    for (size_t i = 0; i < TB_LOOKUP_HASH_SIZE; i++) {
        char pair[3] = {rows.at[1].id[2 * i], rows.at[1].id[2 * i + 1], '\0'};
        request.identify.hash[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_true(answer->identify.found);
    assert_int_equal(answer->identify.rows.count, 5);
    assert_int_equal(answer->identify.rows.at[0].type, TB_ROW_CUSTOMER);
    assert_true(tb_id_equal(&answer->identify.rows.at[2].customer, &customer));
    memcpy(request.identify.kind, "gsrn", 5);
    assert_false(engine_fixture_ask(f, &request)->identify.found);
    memcpy(request.identify.kind, "member", 7);
    request.identify.hash[0] ^= 1;
    answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->err, TB_OK);
    assert_false(answer->identify.found);
    request.peer = fixture_web(4);
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_ERR_DENIED);
}

static void a_session_opens_for_the_registered_only(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_request request = {.ask = TB_ENGINE_OPEN, .peer = fixture_till("till-0421-4")};
    request.open.incarnation = fixture_id(1);
    request.open.next_seq = 1;
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->err, TB_OK);
    assert_string_equal(answer->open.device.store, "0421");
    assert_string_equal(answer->open.device.till, "4");
    request.peer = fixture_till("till-9999-4");
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_ERR_DENIED);
    memcpy(request.peer.device, "urn:tillbridge:evil:device:till-0421-4", 39);
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_ERR_DENIED);
    request.peer = fixture_web(4);
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_OK);
    request.peer.customer = fixture_id(5);
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_ERR_DENIED);
}

static void a_number_that_was_used_twice_shuts_the_device_out(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-1");
    struct tb_engine_request request = {.ask = TB_ENGINE_OPEN, .peer = till};
    change_cart(f, 8, 1);
    change_cart(f, 8, 2);
    request.open.incarnation = fixture_id(1);
    request.open.next_seq = 3;
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_OK);
    request.open.next_seq = 2;
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_ERR_REPLAYED);
    engine_fixture_reopen(f);
    request.open.next_seq = 3;
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_ERR_REPLAYED);
    struct tb_engine_request read = fixture_feed(&till, TB_SCOPE_COHORT, NULL);
    assert_int_equal(engine_fixture_ask(f, &read)->err, TB_ERR_DENIED);
    assert_int_equal(f->engine->ops->terminal_set_state(f->engine, "till-0421-1", TB_TERMINAL_ENABLED),
                     TB_OK);
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_OK);
    assert_int_equal(f->engine->ops->terminal_set_state(f->engine, "till-0421-1", TB_TERMINAL_DISABLED),
                     TB_OK);
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_ERR_DENIED);
    assert_int_equal(f->engine->ops->terminal_set_state(f->engine, "nobody", TB_TERMINAL_ENABLED),
                     TB_ERR_NOT_FOUND);
}

static void a_change_by_another_process_is_noticed_once(void **state)
{
    struct engine_fixture *f = *state;
    struct engine_fixture other = *f;
    assert_false(f->engine->ops->changed_elsewhere(f->engine));
    change_cart(f, 8, 1);
    assert_false(f->engine->ops->changed_elsewhere(f->engine));
    engine_fixture_open(&other);
    change_cart(&other, 8, 2);
    assert_true(f->engine->ops->changed_elsewhere(f->engine));
    assert_false(f->engine->ops->changed_elsewhere(f->engine));
    other.engine->ops->close(other.engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(a_cohort_brings_every_object_once),
        ENGINE_TEST(another_store_has_another_cohort),
        ENGINE_TEST(a_cursor_brings_only_what_came_after_it),
        ENGINE_TEST(an_object_that_changed_often_comes_once),
        ENGINE_TEST(a_cursor_of_elsewhere_begins_again),
        ENGINE_TEST(the_catalogue_has_each_product_with_its_stock_once),
        ENGINE_TEST(a_device_gets_its_own_row_policy_and_key),
        ENGINE_TEST(a_policy_that_is_set_reaches_every_device_once),
        ENGINE_TEST(who_leaves_a_cohort_is_evicted_and_may_come_back),
        ENGINE_TEST(who_wants_to_be_forgotten_leaves_the_cohort),
        ENGINE_TEST(a_customer_reads_nobody_elses_feed),
        ENGINE_TEST(what_is_gone_does_not_end_the_feed),
        ENGINE_TEST(a_handover_that_expires_is_dropped_everywhere),
        ENGINE_TEST(small_limits_are_kept),
        ENGINE_TEST(identify_finds_by_hash_and_kind),
        ENGINE_TEST(a_session_opens_for_the_registered_only),
        ENGINE_TEST(a_number_that_was_used_twice_shuts_the_device_out),
        ENGINE_TEST(a_change_by_another_process_is_noticed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
