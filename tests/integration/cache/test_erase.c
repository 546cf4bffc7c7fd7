#include "tests/integration/cache/cache_people.h"

enum { CROWD = 2000, VICTIMS = 5, TRACES = 64, TRACE_SIZE = 24 };

/* Bytes of the victims' rows, keys and credentials as they were stored at any time. */
struct trace {
    uint8_t bytes[TRACE_SIZE];
    size_t size;
};

static struct trace traces[VICTIMS * TRACES];
static size_t trace_count;

/* Spread over the file. */
static int victim(int number)
{
    return number * (CROWD / VICTIMS) + 7;
}

static void trace_add(struct tb_span bytes)
{
    assert_true(trace_count < TB_ARRAY_SIZE(traces));
    struct trace *trace = &traces[trace_count++];
    trace->size = bytes.size < TRACE_SIZE ? bytes.size : TRACE_SIZE;
    memcpy(trace->bytes, bytes.at, trace->size);
}

static void traces_take(void)
{
    struct tb_stmt row;
    bool found = false;
    assert_int_equal(tb_stmt_prepare(cache.db, "SELECT wrapped, sealed FROM customer WHERE key = ?1", &row),
                     TB_OK);
    for (int i = 0; i < VICTIMS; i++) {
        const struct tb_id id = person_id(victim(i));
        const struct tb_customer_key key = tb_pepper_customer(&pepper, &id);
        tb_stmt_bind_blob(&row, 1, tb_span_of(key.bytes, sizeof key.bytes));
        assert_int_equal(tb_stmt_step(&row, &found), TB_OK);
        assert_true(found);
        trace_add(tb_stmt_blob(&row, 0));
        trace_add(tb_stmt_blob(&row, 1));
        trace_add(tb_span_sub(tb_stmt_blob(&row, 1), tb_stmt_blob(&row, 1).size / 2, SIZE_MAX));
        tb_stmt_reset(&row);
        const struct tb_digest hash = hash_of(victim(i));
        trace_add(tb_span_of(hash.bytes, TB_CACHE_HASH_SIZE));
    }
    tb_stmt_free(&row);
}

/* In an order of chance, so that pages of the indexes split; rows that grow make theirs split, too. */
static void crowd_fill(void)
{
    struct seeded_rng chance = {5};
    static int order[CROWD];
    for (int i = 0; i < CROWD; i++)
        order[i] = i;
    for (int i = CROWD - 1; i > 0; i--) {
        int k = (int)(seeded_rng_next(&chance) % (unsigned)(i + 1));
        int other = order[i];
        order[i] = order[k];
        order[k] = other;
    }
    for (int i = 0; i < CROWD; i++) {
        customer_row(order[i], 1);
        credential_row(order[i], 1, true);
        if (i % 50 == 49)
            apply();
    }
    traces_take();
    for (int version = 2; version < 4; version++) {
        for (int i = 0; i < CROWD; i++) {
            (void)cart_row(order[i], cart_id(order[i]), version, version);
            (void)person_row(TB_ROW_JOURNEY, person_id(order[i]), order[i], version,
                             "{\"events\":[{\"at_ms\":1,\"channel\":\"app\",\"what\":\"looked at pens\"}]}");
            if (i % 50 == 49)
                apply();
        }
        traces_take();
    }
}

static size_t traces_found(void)
{
    size_t found = 0;
    image_read();
    for (size_t i = 0; i < trace_count; i++)
        found += memmem(place.image, place.image_size, traces[i].bytes, traces[i].size) != NULL;
    return found;
}

/* Emptied, and then one page written, so that the emptying lasts when the power is cut. */
#define LOG_SIZE_MAX (32 + 24 + 4096)

static size_t log_size(void)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s-wal", place.path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    (void)fclose(file);
    return (size_t)size;
}

static void nothing_of_an_erased_customer_is_left_in_the_files(void **state)
{
    (void)state;
    trace_count = 0;
    crowd_fill();
    assert_int_equal(tb_db_checkpoint(cache.db, TB_DB_CHECKPOINT_TRUNCATE), TB_OK);
    assert_true(traces_found() >= 4 * VICTIMS); /* the last ones, and what moving cells left of others */

    struct tb_id ids[VICTIMS];
    for (int i = 0; i < VICTIMS; i++)
        ids[i] = person_id(victim(i));
    assert_int_equal(tb_cache_erase(&cache, ids, VICTIMS), TB_OK);
    assert_int_equal(traces_found(), 0);
    assert_true(log_size() <= LOG_SIZE_MAX);
    for (int i = 0; i < VICTIMS; i++)
        assert_int_equal(find(victim(i)), TB_ERR_NOT_FOUND);
    assert_int_equal(tb_db_check(cache.db), TB_OK);
    for (int i = 0; i < CROWD; i += 9)
        if ((i - 7) % (CROWD / VICTIMS) != 0)
            assert_found(i, 1);

    /* The writer's own copies of pages do not bring it back. */
    for (int i = 0; i < CROWD; i += 3) {
        if ((i - 7) % (CROWD / VICTIMS) == 0)
            continue;
        (void)cart_row(i, cart_id(i), 9, 3);
        if (rows.count == 50)
            apply();
    }
    apply();
    assert_int_equal(tb_db_checkpoint(cache.db, TB_DB_CHECKPOINT_TRUNCATE), TB_OK);
    assert_int_equal(traces_found(), 0);
}

static void an_erased_customer_does_not_come_back(void **state)
{
    (void)state;
    everything_rows(1);
    apply();
    const struct tb_id ids[] = {person_id(1), person_id(2)}; /* the second was never here */
    assert_int_equal(tb_cache_erase(&cache, ids, 2), TB_OK);
    for (int person = 1; person < 3; person++) {
        everything_rows(person);
        customer_row(person, 1000);
        apply();
        assert_int_equal(find(person), TB_ERR_NOT_FOUND);
    }
    assert_int_equal(tb_db_begin(cache.db), TB_OK);
    assert_int_equal(tb_cache_new_epoch(&cache), TB_OK);
    assert_int_equal(tb_db_commit(cache.db), TB_OK);
    everything_rows(1);
    apply();
    assert_int_equal(find(1), TB_ERR_NOT_FOUND);
    int64_t customer_count = -1;
    int64_t product_count = -1;
    assert_int_equal(tb_cache_count(&reader, &customer_count, &product_count), TB_OK);
    assert_int_equal(customer_count, 0);
}

static void an_erasure_is_on_disk_and_the_next_commits_need_not_be(void **state)
{
    (void)state;
    everything_rows(1);
    everything_rows(2);
    apply();
    const struct tb_id id = person_id(1);
    assert_int_equal(tb_cache_erase(&cache, &id, 1), TB_OK);
    image_read(); /* what a power cut leaves, at worst: the file without its log */
    struct tb_stmt sync;
    bool row = false;
    assert_int_equal(tb_stmt_prepare(cache.db, "PRAGMA synchronous", &sync), TB_OK);
    assert_int_equal(tb_stmt_step(&sync, &row), TB_OK);
    assert_int_equal(tb_stmt_int(&sync, 0), 1);
    tb_stmt_free(&sync);
    cache_close();
    image_write();
    cache_open();
    assert_int_equal(find(1), TB_ERR_NOT_FOUND);
    assert_found(2, 1);
}

static void a_row_that_does_not_verify_can_be_erased(void **state)
{
    (void)state;
    everything_rows(1);
    everything_rows(2);
    apply();
    cache_close();
    sql_run("UPDATE customer SET sealed = zeroblob(length(sealed))");
    cache_open();
    const struct tb_id id = person_id(1);
    assert_int_equal(tb_cache_erase(&cache, &id, 1), TB_OK);
    struct tb_digest hash = hash_of(1);
    image_read();
    assert_null(memmem(place.image, place.image_size, hash.bytes, TB_CACHE_HASH_SIZE));
    hash = hash_of(2);
    assert_non_null(memmem(place.image, place.image_size, hash.bytes, TB_CACHE_HASH_SIZE));
}

static void a_file_that_was_set_aside_goes_with_an_erasure(void **state)
{
    (void)state;
    char path[96];
    (void)snprintf(path, sizeof path, "%s.damaged", place.path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    const struct tb_id id = person_id(1);
    assert_int_equal(tb_cache_erase(&cache, &id, 1), TB_OK);
    assert_null(fopen(path, "rb"));
}

/* A reader in the middle of a look-up keeps the log; it is said, and the next try does it. */
static void an_erasure_that_a_reader_holds_up_is_tried_again(void **state)
{
    (void)state;
    everything_rows(1);
    everything_rows(2);
    apply();
    struct tb_stmt slow;
    bool row = false;
    assert_int_equal(tb_stmt_prepare(reader.db, "SELECT ref FROM customer", &slow), TB_OK);
    assert_int_equal(tb_stmt_step(&slow, &row), TB_OK);
    const struct tb_id id = person_id(1);
    assert_int_equal(tb_cache_erase(&cache, &id, 1), TB_ERR_BUSY);
    tb_stmt_free(&slow);
    assert_int_equal(tb_cache_erase(&cache, &id, 1), TB_OK);
    assert_true(log_size() <= LOG_SIZE_MAX);
    assert_int_equal(find(1), TB_ERR_NOT_FOUND);
    assert_found(2, 1);
}

static void welcome(void)
{
    const struct tb_rows met = {.at = rows.at, .count = rows.count};
    assert_int_equal(tb_db_begin(cache.db), TB_OK);
    assert_int_equal(tb_cache_welcome(&cache, &met), TB_OK);
    assert_int_equal(tb_db_commit(cache.db), TB_OK);
}

/* Rows that are under way must not bring her back, whatever they are about, over a restart either. */
static void who_parted_is_passed_over_until_she_is_met(void **state)
{
    (void)state;
    const struct tb_id id = person_id(1);
    everything_rows(1);
    everything_rows(2);
    apply();
    assert_int_equal(tb_cache_part(&cache, &id), TB_OK);
    assert_int_equal(find(1), TB_ERR_NOT_FOUND);
    assert_found(2, 1);
    everything_rows(1);
    apply();
    assert_int_equal(find(1), TB_ERR_NOT_FOUND);
    cache_close();
    cache_open();
    everything_rows(1);
    apply();
    assert_int_equal(find(1), TB_ERR_NOT_FOUND);
    everything_rows(1);
    welcome();
    apply();
    assert_found(1, 1);
}

static void who_parted_may_come_back_with_the_cohort(void **state)
{
    (void)state;
    const struct tb_id id = person_id(1);
    everything_rows(1);
    apply();
    assert_int_equal(tb_cache_part(&cache, &id), TB_OK);
    person_row(TB_ROW_CUSTOMER, id, 1, 2, NULL)->op = TB_ROW_EVICT;
    apply();
    assert_int_equal(find(1), TB_ERR_NOT_FOUND);
    everything_rows(1);
    for (size_t i = 0; i < rows.count; i++)
        rows.at[i].version = 3;
    apply();
    assert_found(1, 1);
}

static void an_erased_customer_is_not_welcome(void **state)
{
    (void)state;
    const struct tb_id id = person_id(1);
    everything_rows(1);
    apply();
    assert_int_equal(tb_cache_erase(&cache, &id, 1), TB_OK);
    everything_rows(1);
    welcome();
    apply();
    assert_int_equal(find(1), TB_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_of_an_erased_customer_is_left_in_the_files),
        TEST(an_erased_customer_does_not_come_back),
        TEST(an_erasure_is_on_disk_and_the_next_commits_need_not_be),
        TEST(a_row_that_does_not_verify_can_be_erased),
        TEST(a_file_that_was_set_aside_goes_with_an_erasure),
        TEST(an_erasure_that_a_reader_holds_up_is_tried_again),
        cmocka_unit_test_setup_teardown(who_parted_is_passed_over_until_she_is_met, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_parted_may_come_back_with_the_cohort, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_erased_customer_is_not_welcome, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
