#include "tests/integration/cache/cache_people.h"

#define HOUR_MS (INT64_C(3600) * 1000)
#define DAY_MS (24 * HOUR_MS)

static struct tb_cache_upkept upkept;

static struct tb_customer_key key_of(int person)
{
    const struct tb_id id = person_id(person);
    return tb_pepper_customer(&pepper, &id);
}

static void upkeep_for(const struct tb_customer_key *serving)
{
    assert_int_equal(tb_db_begin(cache.db), TB_OK);
    assert_int_equal(tb_cache_upkeep(&cache, wall_ms, serving, &upkept), TB_OK);
    assert_int_equal(tb_db_commit(cache.db), TB_OK);
}

static void upkeep(void)
{
    upkeep_for(NULL);
}

static void seen(int person)
{
    const struct tb_customer_key key = key_of(person);
    assert_int_equal(tb_db_begin(cache.db), TB_OK);
    assert_int_equal(tb_cache_seen(&cache, &key, wall_ms), TB_OK);
    assert_int_equal(tb_db_commit(cache.db), TB_OK);
}

static void cohort_fill(int from, int to)
{
    for (int person = from; person < to; person++) {
        everything_rows(person);
        if (person % 20 == 19 || person == to - 1)
            assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    }
}

static bool is_here(int person)
{
    return find(person) == TB_OK;
}

static int64_t count_customers(void)
{
    int64_t customer_count = -1;
    int64_t product_count = -1;
    assert_int_equal(tb_cache_count(&reader, &customer_count, &product_count), TB_OK);
    return customer_count;
}

static void limit(struct tb_cache_limits limits)
{
    tb_cache_set_limits(&cache, &limits);
}

static void who_was_not_seen_for_longest_goes_first(void **state)
{
    (void)state;
    cohort_fill(0, 40);
    for (int person = 0; person < 10; person++) {
        wall_ms += HOUR_MS;
        seen(person);
    }
    limit((struct tb_cache_limits){.row_count_max = 20});
    upkeep();
    assert_int_equal(upkept.evicted_count, 20);
    assert_false(upkept.more);
    assert_int_equal(count_customers(), 20);
    for (int person = 0; person < 40; person++)
        assert_int_equal(is_here(person),
                         person < 10 || person >= 30); /* of those never seen, the last to come */
    limit((struct tb_cache_limits){.row_count_max = 5});
    upkeep();
    for (int person = 0; person < 40; person++)
        assert_int_equal(is_here(person), person >= 5 && person < 10);
}

static void who_is_being_served_stays(void **state)
{
    (void)state;
    cohort_fill(0, 10);
    const struct tb_customer_key serving = key_of(0);
    limit((struct tb_cache_limits){.row_count_max = 1});
    upkeep_for(&serving);
    assert_int_equal(upkept.evicted_count, 9);
    assert_true(is_here(0));
    seen(0);
    wall_ms += 60 * DAY_MS;
    customer_row(1, 9);
    apply(); /* contact */
    upkeep_for(&serving);
    assert_true(is_here(0));
}

static void bytes_are_a_limit_too(void **state)
{
    (void)state;
    int64_t size = 0;
    cohort_fill(0, 200);
    assert_int_equal(tb_db_size(cache.db, &size), TB_OK);
    limit((struct tb_cache_limits){.size_max = size / 2});
    do
        upkeep();
    while (upkept.more);
    assert_int_equal(tb_db_size(cache.db, &size), TB_OK);
    assert_true(size <= cache.limits.size_max);
    assert_true(count_customers() > 20);
    assert_int_equal(tb_db_check(cache.db), TB_OK);
}

static void one_call_takes_a_share(void **state)
{
    (void)state;
    cohort_fill(0, (int)TB_CACHE_UPKEEP_MAX + 10);
    limit((struct tb_cache_limits){.row_count_max = 2});
    upkeep();
    assert_true(upkept.more);
    assert_int_equal(upkept.evicted_count, TB_CACHE_UPKEEP_MAX);
    upkeep();
    assert_false(upkept.more);
    assert_int_equal(count_customers(), 2);
}

static void outside_the_cohort_a_day_after_the_visit_is_the_end(void **state)
{
    (void)state;
    everything_rows(1);
    everything_rows(2);
    apply(); /* a tap brought them */
    cohort_fill(3, 5);
    wall_ms += DAY_MS - HOUR_MS;
    seen(2);
    upkeep();
    assert_int_equal(upkept.dropped_count, 0);
    wall_ms += 2 * HOUR_MS;
    upkeep();
    assert_int_equal(upkept.dropped_count, 1);
    assert_true(!is_here(1) && is_here(2) && is_here(3));
    customer_row(2, 2); /* now of the cohort */
    assert_int_equal(apply_scoped(&COHORT, 2), TB_OK);
    wall_ms += 2 * DAY_MS;
    upkeep();
    assert_true(is_here(2) && is_here(3) && is_here(4));
}

static void who_leaves_the_cohort_after_a_visit_stays_for_a_day(void **state)
{
    (void)state;
    cohort_fill(1, 3);
    seen(1);
    for (int person = 1; person < 3; person++)
        person_row(TB_ROW_CUSTOMER, person_id(person), person, 2, NULL)->op = TB_ROW_EVICT;
    assert_int_equal(apply_scoped(&COHORT, 2), TB_OK);
    assert_true(is_here(1) && !is_here(2));
    wall_ms += DAY_MS + HOUR_MS;
    upkeep();
    assert_false(is_here(1));
}

/* A clock that was ahead, or a flipped bit, must not keep somebody for years. */
static void a_visit_in_the_future_keeps_nobody(void **state)
{
    (void)state;
    everything_rows(1);
    apply();
    wall_ms += 400 * DAY_MS;
    seen(1);
    wall_ms -= 400 * DAY_MS;
    upkeep();
    assert_false(is_here(1));
}

static void judge(int64_t no_contact_ms)
{
    assert_int_equal(tb_cache_reader_judge(&reader, wall_ms, no_contact_ms), TB_OK);
}

static void without_contact_nobody_is_shown_and_then_nobody_is_there(void **state)
{
    (void)state;
    cohort_fill(0, 5);
    const struct tb_customer_key key = key_of(1);
    judge(30 * DAY_MS);
    assert_true(is_here(1));
    wall_ms += 29 * DAY_MS;
    judge(30 * DAY_MS);
    assert_true(is_here(1));
    wall_ms += 2 * DAY_MS;
    judge(30 * DAY_MS);
    assert_false(is_here(1));
    assert_int_equal(tb_cache_find_customer(&reader, &key, &record), TB_ERR_NOT_FOUND);
    assert_int_equal(cursor_of(&COHORT), 1);
    upkeep_for(&key);
    assert_int_equal(upkept.expired_count, 5);
    assert_int_equal(count_customers(), 0);
    assert_int_equal(cursor_of(&COHORT), 0);
    judge(0);
    assert_false(is_here(1));

    cohort_fill(0, 5);
    judge(30 * DAY_MS);
    assert_true(is_here(1));
}

static void contact_needs_no_rows_and_few_writes(void **state)
{
    (void)state;
    cohort_fill(0, 2);
    wall_ms += 20 * DAY_MS;
    assert_int_equal(tb_db_begin(cache.db), TB_OK);
    assert_int_equal(tb_cache_contact(&cache, wall_ms), TB_OK);
    assert_int_equal(tb_db_commit(cache.db), TB_OK);
    int64_t contact_ms = cache.books.contact_ms;
    assert_true(contact_ms == wall_ms);
    assert_int_equal(tb_db_begin(cache.db), TB_OK);
    assert_int_equal(tb_cache_contact(&cache, wall_ms + HOUR_MS), TB_OK);
    assert_int_equal(tb_db_commit(cache.db), TB_OK);
    assert_true(cache.books.contact_ms == contact_ms);
    wall_ms += 20 * DAY_MS;
    judge(30 * DAY_MS);
    assert_true(is_here(1));
}

static void a_blocked_credential_is_known_and_not_good(void **state)
{
    (void)state;
    everything_rows(1);
    credential_row(1, 2, true);
    struct tb_row *row = &rows.at[rows.count - 1];
    row->doc = tb_span_str("{\"kind\":\"member\",\"blocked\":true}");
    apply();
    assert_int_equal(find(1), TB_ERR_EXPIRED);
    struct tb_id id = person_id(1);
    assert_true(tb_id_equal(&record.customer, &id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_was_not_seen_for_longest_goes_first),
        TEST(who_is_being_served_stays),
        TEST(bytes_are_a_limit_too),
        TEST(one_call_takes_a_share),
        TEST(outside_the_cohort_a_day_after_the_visit_is_the_end),
        TEST(who_leaves_the_cohort_after_a_visit_stays_for_a_day),
        TEST(a_visit_in_the_future_keeps_nobody),
        TEST(without_contact_nobody_is_shown_and_then_nobody_is_there),
        TEST(contact_needs_no_rows_and_few_writes),
        TEST(a_blocked_credential_is_known_and_not_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
