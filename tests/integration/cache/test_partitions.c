#include "tests/integration/cache/cache_people.h"

enum { CROWD = 300 };

static struct tb_cache_sums sums;

/* What the context store would say: XOR over rows as docs/protocol.md, feed.checksum, has it. */
static uint64_t row_sum(const char *type, struct tb_span object, int64_t version)
{
    uint8_t bytes[64];
    struct tb_buf text = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add_str(&text, type);
    tb_buf_add_u8(&text, 0);
    tb_buf_add(&text, object);
    tb_buf_add_u64be(&text, (uint64_t)version);
    const struct tb_digest digest = tb_sha256(tb_buf_span(&text));
    struct tb_reader from = tb_reader_of(tb_digest_span(&digest));
    return tb_read_u64be(&from);
}

static unsigned partition_of(int person)
{
    const struct tb_id id = person_id(person);
    return tb_sha256(tb_id_span(&id)).bytes[0];
}

static uint64_t person_sum(int person, int64_t profile_version)
{
    const struct tb_id id = person_id(person);
    const struct tb_id object = cart_id(person);
    const struct tb_digest hash = hash_of(person);
    return row_sum("customer", tb_id_span(&id), profile_version) ^ row_sum("cart", tb_id_span(&object), 1) ^
           row_sum("journey", tb_id_span(&id), 1) ^
           row_sum("credential", tb_span_of(hash.bytes, TB_CACHE_HASH_SIZE), 1);
}

static void cohort_fill(void)
{
    for (int person = 0; person < CROWD; person++) {
        everything_rows(person);
        if (person % 20 == 19)
            assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    }
}

static void sums_read(void)
{
    assert_int_equal(tb_cache_sums(&cache, &sums), TB_OK);
}

/* Everybody but one, and that one in another version of her profile (0: not at all). */
static void assert_sums(int except, int64_t version)
{
    uint64_t expected[TB_PARTITION_COUNT] = {0};
    for (int person = 0; person < CROWD; person++)
        if (person != except || version > 0)
            expected[partition_of(person)] ^= person_sum(person, person == except ? version : 1);
    sums_read();
    assert_memory_equal(sums.sums, expected, sizeof expected);
}

static void begin(void)
{
    assert_int_equal(tb_db_begin(cache.db), TB_OK);
}

static void commit(void)
{
    assert_int_equal(tb_db_commit(cache.db), TB_OK);
}

static void sums_follow_the_rows(void **state)
{
    (void)state;
    cohort_fill();
    assert_sums(-1, 1);
    for (unsigned i = 0; i < TB_PARTITION_COUNT; i++)
        assert_true(sums.comparable[i]);
    customer_row(7, 5);
    assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    assert_sums(7, 5);
    cache_close();
    cache_open();
    assert_sums(7, 5);
    (void)person_row(TB_ROW_CUSTOMER, person_id(7), 7, 6, NULL);
    assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    assert_sums(7, 0);
}

static void a_transaction_that_is_undone_leaves_the_sums(void **state)
{
    (void)state;
    cohort_fill();
    const struct tb_rows all = {.at = rows.at, .count = 1};
    const struct tb_cursor cursor = {.size = 1};
    customer_row(7, 5);
    begin();
    assert_int_equal(tb_cache_apply(&cache, &all, &COHORT, &cursor, wall_ms, &applied), TB_OK);
    tb_db_rollback(cache.db);
    rows.count = 0;
    assert_sums(-1, 1);
}

static void who_is_outside_the_cohort_does_not_count(void **state)
{
    (void)state;
    cohort_fill();
    everything_rows(CROWD + 5);
    apply();
    assert_sums(-1, 1);
    customer_row(3, 2);
    rows.at[0].op = TB_ROW_EVICT;
    assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    assert_sums(3, 0);
    everything_rows(3);
    apply();
    assert_sums(3, 0);
    customer_row(3, 4); /* the cohort's feed has her again; what is stored of her counts with it */
    assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    assert_sums(3, 4);
}

/* A limit has the terminal let go of person 0. */
static void cohort_trim(void)
{
    struct tb_cache_upkept upkept;
    tb_cache_set_limits(&cache, &(struct tb_cache_limits){.row_count_max = CROWD - 1});
    begin();
    assert_int_equal(tb_cache_upkeep(&cache, wall_ms, NULL, &upkept), TB_OK);
    commit();
    assert_int_equal(upkept.evicted_count, 1);
    sums_read();
}

static void letting_go_for_a_limit_is_no_divergence(void **state)
{
    (void)state;
    cohort_fill();
    cohort_trim();
    for (unsigned i = 0; i < TB_PARTITION_COUNT; i++)
        assert_int_equal(sums.comparable[i], i != partition_of(0));
    begin();
    assert_int_equal(tb_cache_new_epoch(&cache), TB_OK); /* all of them come again */
    commit();
    sums_read();
    assert_true(sums.comparable[partition_of(0)]);
}

static enum tb_err resume(const struct tb_scope *scope, uint8_t from)
{
    const struct tb_cursor cursor = {.size = from > 0, .bytes = {from}};
    begin();
    enum tb_err err = tb_cache_resume(&cache, scope, &cursor);
    commit();
    sums_read();
    return err;
}

static void what_was_let_go_of_is_compared_again_when_all_is_read_again(void **state)
{
    (void)state;
    const struct tb_scope catalogue = {.kind = TB_SCOPE_CATALOGUE};
    cohort_fill();
    cohort_trim();
    assert_int_equal(resume(&catalogue, 0), TB_OK);
    assert_int_equal(resume(&COHORT, 1), TB_OK);
    assert_false(sums.comparable[partition_of(0)]);
    assert_int_equal(resume(&COHORT, 0), TB_OK);
    assert_true(sums.comparable[partition_of(0)]);
    cohort_fill();
    assert_sums(-1, 1);
    cohort_trim();
    unsigned trimmed_count = 0;
    for (unsigned i = 0; i < TB_PARTITION_COUNT; i++)
        trimmed_count += !sums.comparable[i];
    assert_int_equal(trimmed_count, 1);
}

static void no_page_follows_on_a_cursor_that_is_not_saved(void **state)
{
    (void)state;
    cohort_fill();
    assert_int_equal(cursor_of(&COHORT), 1);
    assert_int_equal(resume(&COHORT, 2), TB_ERR_CONFLICT);
    assert_int_equal(resume(&COHORT, 1), TB_OK);
    assert_int_equal(resume(&COHORT, 0), TB_OK);
    begin();
    assert_int_equal(tb_cache_new_epoch(&cache), TB_OK);
    commit();
    assert_int_equal(resume(&COHORT, 1), TB_ERR_CONFLICT);
}

/* Brings what the context store has of a partition, all but one customer. */
static void partition_feed(unsigned partition, int except)
{
    const struct tb_scope scope = {.kind = TB_SCOPE_PARTITION, .partition = (uint8_t)partition};
    for (int person = 0; person < CROWD; person++) {
        if (person == except || partition_of(person) != partition)
            continue;
        everything_rows(person);
    }
    assert_int_equal(apply_scoped(&scope, 9), TB_OK);
}

static void a_partition_that_differs_is_repaired_alone(void **state)
{
    (void)state;
    const unsigned partition = partition_of(7);
    cohort_fill();
    /* A row of a version that the context store never had, and one that it has no more. */
    customer_row(7, 80);
    assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    begin();
    assert_int_equal(tb_cache_forget_partition(&cache, partition), TB_OK);
    commit();
    assert_found(7, 80); /* shown until it is repaired */
    assert_int_equal(cursor_of(&COHORT), 1);
    sums_read();
    assert_true(sums.sums[partition] == 0);

    int gone = -1;
    for (int person = 0; person < CROWD && gone < 0; person++)
        if (person != 7 && partition_of(person) == partition)
            gone = person;
    partition_feed(partition, gone);
    assert_found(7, 1);
    begin();
    assert_int_equal(tb_cache_partition_complete(&cache, partition), TB_OK);
    commit();
    assert_sums(gone, gone < 0 ? 1 : 0);
    for (int person = 0; person < CROWD; person++)
        assert_int_equal(find(person), person == gone ? TB_ERR_NOT_FOUND : TB_OK);
    assert_int_equal(tb_cache_forget_partition(&cache, 256), TB_ERR_RANGE);
}

static void what_is_stale_of_a_customer_goes_when_her_partition_is_complete(void **state)
{
    (void)state;
    everything_rows(1);
    assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    begin();
    assert_int_equal(tb_cache_forget_partition(&cache, partition_of(1)), TB_OK);
    commit();
    const struct tb_scope scope = {.kind = TB_SCOPE_PARTITION, .partition = (uint8_t)partition_of(1)};
    customer_row(1, 1);
    assert_int_equal(apply_scoped(&scope, 9), TB_OK);
    assert_int_equal(find(1), TB_OK);
    assert_int_equal(cart.line_count, 1);
    begin();
    assert_int_equal(tb_cache_partition_complete(&cache, partition_of(1)), TB_OK);
    commit();
    assert_int_equal(find(1), TB_ERR_NOT_FOUND);
    const struct tb_id id = person_id(1);
    const struct tb_customer_key key = tb_pepper_customer(&pepper, &id);
    assert_int_equal(tb_cache_find_customer(&reader, &key, &record), TB_OK);
    assert_int_equal(record.sections[TB_SECTION_CART].bytes.size, 0);
    assert_int_equal(record.credential_count, 0);
}

static void damaged_books_are_begun_anew(void **state)
{
    (void)state;
    cohort_fill();
    cache_close();
    sql_run("UPDATE meta SET sealed = zeroblob(length(sealed)) WHERE id = 1");
    cache_open();
    assert_found(7, 1);
    int64_t customer_count = 0;
    int64_t product_count = 0;
    assert_int_equal(tb_cache_count(&reader, &customer_count, &product_count), TB_OK);
    assert_int_equal(customer_count, CROWD);
    customer_row(7, 2);
    assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    assert_int_equal(cursor_of(&COHORT), 0); /* all of it is read again */
    assert_found(7, 2);
    assert_int_equal(tb_cache_count(&reader, &customer_count, &product_count), TB_OK);
    assert_int_equal(customer_count, CROWD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sums_follow_the_rows),
        TEST(a_transaction_that_is_undone_leaves_the_sums),
        TEST(who_is_outside_the_cohort_does_not_count),
        TEST(letting_go_for_a_limit_is_no_divergence),
        TEST(what_was_let_go_of_is_compared_again_when_all_is_read_again),
        TEST(no_page_follows_on_a_cursor_that_is_not_saved),
        TEST(a_partition_that_differs_is_repaired_alone),
        TEST(what_is_stale_of_a_customer_goes_when_her_partition_is_complete),
        TEST(damaged_books_are_begun_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
