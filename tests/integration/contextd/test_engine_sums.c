#include "tests/integration/contextd/engine_test.h"

#include "core/base/assert.h"
#include "core/crypto/hash.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS (60LL * 60 * 1000)

/* What a terminal holds that read its cohort, and the sums that follow from it. */
struct holder {
    struct tb_engine_peer peer;
    struct tb_cursor cursor;
    struct tb_row rows[1024];
    size_t count;
};

static void row_hold(struct holder *h, const struct tb_row *row)
{
    for (size_t i = 0; i < h->count; i++) {
        if (h->rows[i].type != row->type || strcmp(h->rows[i].id, row->id) != 0)
            continue;
        if (row->version > h->rows[i].version)
            h->rows[i] = *row;
        return;
    }
    assert_true(h->count < TB_ARRAY_SIZE(h->rows));
    h->rows[h->count++] = *row;
}

static void customer_drop(struct holder *h, const struct tb_id *customer)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->count; i++)
        if (!tb_id_equal(&h->rows[i].customer, customer))
            h->rows[kept++] = h->rows[i];
    h->count = kept;
}

static void scope_hold(struct engine_fixture *f, struct holder *h, const struct tb_scope *scope,
                       struct tb_cursor *cursor)
{
    for (bool more = true; more;) {
        struct tb_engine_request request = fixture_feed(&h->peer, scope->kind, cursor);
        request.feed.scope = *scope;
        const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
        assert_int_equal(answer->err, TB_OK);
        for (size_t i = 0; i < answer->feed.rows.count; i++) {
            const struct tb_row *row = &answer->feed.rows.at[i];
            if (row->op == TB_ROW_EVICT)
                customer_drop(h, &row->customer);
            else
                row_hold(h, row);
        }
        *cursor = answer->feed.cursor;
        more = answer->feed.more;
    }
}

static void cohort_hold(struct engine_fixture *f, struct holder *h)
{
    static const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
    scope_hold(f, h, &cohort, &h->cursor);
}

static void holder_begin(struct engine_fixture *f, struct holder *h)
{
    memset(h, 0, sizeof *h);
    h->peer = fixture_till("till-0421-4");
    cohort_hold(f, h);
}

/* As docs/protocol.md has it, from the rows alone. */
static void holder_sums(const struct holder *h, uint8_t sums[TB_PARTITION_COUNT][TB_PARTITION_SUM_SIZE])
{
    memset(sums, 0, TB_PARTITION_COUNT * TB_PARTITION_SUM_SIZE);
    for (size_t i = 0; i < h->count; i++) {
        const struct tb_row *row = &h->rows[i];
        if (row->type != TB_ROW_CUSTOMER && row->type != TB_ROW_CREDENTIAL && row->type != TB_ROW_CART &&
            row->type != TB_ROW_JOURNEY)
            continue;
        uint8_t text[64];
        struct tb_buf b = tb_buf_of(text, sizeof text);
        uint8_t object[TB_ID_SIZE];
        assert_int_equal(tb_hex_decode(tb_span_of(row->id, 2 * sizeof object), object, sizeof object), TB_OK);
        tb_buf_add_str(&b, tb_row_type_names[row->type]);
        tb_buf_add_u8(&b, 0);
        tb_buf_add(&b, tb_span_of(object, sizeof object));
        tb_buf_add_u64be(&b, (uint64_t)row->version);
        struct tb_digest digest = tb_sha256(tb_buf_span(&b));
        uint8_t *sum = sums[tb_sha256(tb_id_span(&row->customer)).bytes[0]];
        for (size_t k = 0; k < TB_PARTITION_SUM_SIZE; k++)
            sum[k] ^= digest.bytes[k];
    }
}

/* Share by share; true when the sums are of the holder's cursor. */
static bool store_sums(struct engine_fixture *f, const struct holder *h,
                       uint8_t sums[TB_PARTITION_COUNT][TB_PARTITION_SUM_SIZE])
{
    struct tb_engine_request request = {.ask = TB_ENGINE_CHECKSUM, .peer = h->peer};
    request.checksum.cursor = h->cursor;
    const struct tb_engine_answer *answer;
    do {
        answer = engine_fixture_ask(f, &request);
        assert_int_equal(answer->err, TB_OK);
    } while (answer->checksum.more);
    memcpy(sums, answer->checksum.sums, sizeof answer->checksum.sums);
    return memcmp(&answer->checksum.cursor, &h->cursor, sizeof h->cursor) == 0;
}

static unsigned differing(struct engine_fixture *f, const struct holder *h, unsigned *ret_last)
{
    static uint8_t mine[TB_PARTITION_COUNT][TB_PARTITION_SUM_SIZE];
    static uint8_t theirs[TB_PARTITION_COUNT][TB_PARTITION_SUM_SIZE];
    unsigned count = 0;
    holder_sums(h, mine);
    assert_true(store_sums(f, h, theirs));
    for (unsigned i = 0; i < TB_PARTITION_COUNT; i++) {
        if (memcmp(mine[i], theirs[i], TB_PARTITION_SUM_SIZE) == 0)
            continue;
        count++;
        *ret_last = i;
    }
    return count;
}

static void change_cart(struct engine_fixture *f, uint32_t customer, int64_t seq)
{
    struct tb_engine_peer till = fixture_till("till-0421-1");
    struct tb_mutation add = fixture_add(seq, customer, 0, 100 + (unsigned)seq);
    struct tb_engine_request request = fixture_apply(&till, &add, 1);
    assert_int_equal(engine_fixture_ask(f, &request)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
}

static void database_run(struct engine_fixture *f, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_changes(db) > 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_true(f->engine->ops->changed_elsewhere(f->engine));
}

static struct holder holder;

static void who_read_everything_has_the_same_sums(void **state)
{
    struct engine_fixture *f = *state;
    unsigned last;
    holder_begin(f, &holder);
    assert_int_equal(differing(f, &holder, &last), 0);
    for (uint32_t i = 0; i < 20; i++) {
        change_cart(f, i * 3 % FIXTURE_CUSTOMERS, i + 1);
        cohort_hold(f, &holder);
        assert_int_equal(differing(f, &holder, &last), 0);
    }
    /* Somebody leaves, changes meanwhile and comes back. */
    struct tb_record record = {
        .kind = TB_RECORD_COHORT,
        .as.cohort = {.customer = tb_seed_customer_id(SEED_NUMBER, 4), .store = "0421", .member = false}};
    engine_fixture_load(f, &record);
    cohort_hold(f, &holder);
    assert_int_equal(differing(f, &holder, &last), 0);
    record.as.cohort.member = true;
    engine_fixture_load(f, &record);
    cohort_hold(f, &holder);
    assert_int_equal(differing(f, &holder, &last), 0);
    struct tb_id erasure;
    assert_int_equal(f->engine->ops->erase(f->engine, &record.as.cohort.customer, &erasure), TB_OK);
    customer_drop(&holder, &record.as.cohort.customer);
    assert_int_equal(differing(f, &holder, &last), 0);
}

static void sums_are_of_what_their_reader_has(void **state)
{
    struct engine_fixture *f = *state;
    static uint8_t sums[TB_PARTITION_COUNT][TB_PARTITION_SUM_SIZE];
    holder_begin(f, &holder);
    assert_true(store_sums(f, &holder, sums));
    change_cart(f, 8, 1);
    assert_false(store_sums(f, &holder, sums)); /* a change is on its way */
    cohort_hold(f, &holder);
    assert_true(store_sums(f, &holder, sums));
    /* What concerns others only leaves the cursor as it is. */
    struct tb_record record = {.kind = TB_RECORD_POLICY, .as.policy = {.idle_ms = 60000}};
    engine_fixture_load(f, &record);
    assert_true(store_sums(f, &holder, sums));
}

static void partitions_of_an_older_file_are_computed_once(void **state)
{
    struct engine_fixture *f = *state;
    unsigned last;
    holder_begin(f, &holder);
    database_run(f, "UPDATE cohort SET part = -1");
    engine_fixture_reopen(f);
    assert_int_equal(differing(f, &holder, &last), 0);
}

static void a_row_that_changed_behind_the_feed_shows_in_its_partition_alone(void **state)
{
    struct engine_fixture *f = *state;
    static const char *const silently[] = {
        "UPDATE customer SET version = version + 1 WHERE id = (SELECT customer FROM cart ORDER BY id LIMIT "
        "1)",
        "UPDATE cart SET version = version + 1 WHERE id = (SELECT id FROM cart ORDER BY id LIMIT 1)",
        "DELETE FROM credential WHERE customer = (SELECT customer FROM cart ORDER BY id LIMIT 1)",
        "UPDATE journey SET version = version + 1"
        " WHERE customer = (SELECT customer FROM cart ORDER BY id LIMIT 1)"};
    unsigned partition = 0;
    unsigned before = 0;
    holder_begin(f, &holder);
    for (size_t i = 0; i < TB_ARRAY_SIZE(silently); i++) {
        assert_int_equal(differing(f, &holder, &partition), i == 0 ? 0 : 1);
        database_run(f, silently[i]);
        assert_int_equal(differing(f, &holder, &partition), 1);
        assert_true(i == 0 || partition == before);
        before = partition;
    }
    /* The feed of that partition brings what is there, and nothing of others. */
    struct tb_scope scope = {.kind = TB_SCOPE_PARTITION, .partition = (uint8_t)partition};
    struct tb_cursor start = {.size = 0};
    size_t kept = 0;
    for (size_t i = 0; i < holder.count; i++)
        if (tb_sha256(tb_id_span(&holder.rows[i].customer)).bytes[0] != partition)
            holder.rows[kept++] = holder.rows[i];
    assert_true(kept < holder.count);
    holder.count = kept;
    scope_hold(f, &holder, &scope, &start);
    for (size_t i = kept; i < holder.count; i++)
        assert_int_equal(tb_sha256(tb_id_span(&holder.rows[i].customer)).bytes[0], partition);
    assert_int_equal(differing(f, &holder, &partition), 0);
}

static void a_row_that_a_terminal_lost_shows(void **state)
{
    struct engine_fixture *f = *state;
    unsigned partition = 0;
    holder_begin(f, &holder);
    holder.rows[7].version--;
    unsigned lost = tb_sha256(tb_id_span(&holder.rows[7].customer)).bytes[0];
    assert_int_equal(differing(f, &holder, &partition), 1);
    assert_int_equal(partition, lost);
}

static void a_change_of_this_process_that_was_not_logged_shows_within_the_hour(void **state)
{
    struct engine_fixture *f = *state;
    unsigned partition = 0;
    holder_begin(f, &holder);
    assert_int_equal(differing(f, &holder, &partition), 0);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE customer SET version = version + 1 WHERE home_store = '0421'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    f->wall_ms += HOUR_MS; /* nobody told the engine that something changed */
    assert_true(differing(f, &holder, &partition) > 1);
}

static void sums_are_not_for_the_web(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_request request = {.ask = TB_ENGINE_CHECKSUM, .peer = fixture_web(4)};
    assert_int_equal(engine_fixture_ask(f, &request)->err, TB_ERR_DENIED);
}

/* The example of docs/protocol.md. */
static void the_documents_example_holds(void **state)
{
    static struct holder one;
    static uint8_t sums[TB_PARTITION_COUNT][TB_PARTITION_SUM_SIZE];
    static const uint8_t expected[TB_PARTITION_SUM_SIZE] = {0x01, 0xb3, 0x6b, 0x9c, 0xaa, 0x4c, 0x43, 0x7d};
    (void)state;
    one.count = 1;
    one.rows[0] =
        (struct tb_row){.type = TB_ROW_CUSTOMER, .version = 1, .id = "000102030405060708090a0b0c0d0e0f"};
    for (uint8_t i = 0; i < TB_ID_SIZE; i++)
        one.rows[0].customer.bytes[i] = i;
    holder_sums(&one, sums);
    assert_memory_equal(sums[0xbe], expected, sizeof expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(who_read_everything_has_the_same_sums),
        ENGINE_TEST(sums_are_of_what_their_reader_has),
        ENGINE_TEST(partitions_of_an_older_file_are_computed_once),
        ENGINE_TEST(a_row_that_changed_behind_the_feed_shows_in_its_partition_alone),
        ENGINE_TEST(a_row_that_a_terminal_lost_shows),
        ENGINE_TEST(a_change_of_this_process_that_was_not_logged_shows_within_the_hour),
        ENGINE_TEST(sums_are_not_for_the_web),
        cmocka_unit_test(the_documents_example_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
