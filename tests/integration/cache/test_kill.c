/* The process may end at any instruction: what was promised is there afterwards, and nothing by halves. */
#include "agent/cache/cache.h"
#include "agent/cache/outbox.h"
#include "tests/integration/cache/cache_test.h"

#include <signal.h>
#include <sys/wait.h>

enum { ROUNDS = 40, CUSTOMERS = 5 };

static const struct tb_pepper PEPPER = {.version = 1, .bytes = {9}};
static const struct tb_scope COHORT = {.kind = TB_SCOPE_COHORT};

/* In the child: tells the parent a number that is on its own from now on. */
static void promise(int pipe_end, int64_t number)
{
    if (write(pipe_end, &number, sizeof number) != (ssize_t)sizeof number)
        _exit(1);
}

static void child_check(enum tb_err err)
{
    if (err != TB_OK)
        _exit(2);
}

/* ---- the outbox: appends, every third one decided ---- */

static void outbox_step(struct tb_outbox *outbox)
{
    uint8_t bytes[TB_MUTATION_JSON_SIZE_MAX];
    struct tb_buf json = tb_buf_of(bytes, sizeof bytes);
    struct tb_mutation m = {.kind = TB_MUTATION_CART_REMOVE, .customer = {{1}}, .cart = {{2}}, .line = {{3}}};
    m.remove.from = (int32_t)(outbox->next_seq % 1000);
    child_check(tb_db_begin(outbox->db));
    child_check(tb_outbox_append(outbox, &m, &json));
    child_check(tb_db_commit(outbox->db));
}

static void outbox_decide(struct tb_outbox *outbox, int64_t seq)
{
    const struct tb_verdict verdict = {.seq = seq, .kind = TB_VERDICT_APPLIED};
    child_check(tb_db_begin(outbox->db));
    child_check(tb_outbox_decide(outbox, &verdict, 1));
    child_check(tb_db_commit(outbox->db));
}

static void outbox_child(int pipe_end)
{
    static struct tb_outbox outbox;
    child_check(tb_outbox_open(place.path, &place.sealer, &outbox));
    for (;;) {
        outbox_step(&outbox);
        promise(pipe_end, outbox.next_seq - 1);
        int64_t decided = 0;
        child_check(tb_outbox_decided_seq(&outbox, &decided));
        if (outbox.next_seq % 3 == 0) {
            outbox_decide(&outbox, decided + 1);
            promise(pipe_end, -(decided + 1));
        }
    }
}

struct outbox_seen {
    int64_t last;
    int64_t decided;
};

static bool outbox_see(void *context, const struct tb_outbox_entry *entry)
{
    struct outbox_seen *seen = context;
    assert_true(entry->mutation.seq == seen->last + 1); /* no gap, in order */
    assert_int_equal(entry->mutation.remove.from, entry->mutation.seq % 1000);
    seen->last = entry->mutation.seq;
    if (entry->verdict.kind == TB_VERDICT_APPLIED)
        seen->decided = entry->mutation.seq;
    return true;
}

static struct tb_id outbox_incarnation;

static void outbox_verify(int64_t highest, int64_t lowest)
{
    static struct tb_outbox outbox;
    struct outbox_seen seen = {0};
    int64_t decided = 0;
    assert_int_equal(tb_outbox_open(place.path, &place.sealer, &outbox), TB_OK);
    assert_int_equal(tb_outbox_each(&outbox, TB_OUTBOX_ALL, 1, outbox_see, &seen), TB_OK);
    assert_int_equal(tb_outbox_decided_seq(&outbox, &decided), TB_OK);
    assert_true(seen.last >= highest && outbox.next_seq == seen.last + 1);
    assert_true(seen.decided >= -lowest && decided == seen.decided);
    assert_true(tb_id_is_zero(&outbox_incarnation) || tb_id_equal(&outbox_incarnation, &outbox.incarnation));
    outbox_incarnation = outbox.incarnation;
    tb_outbox_close(&outbox);
}

/* ---- the cache: version n of every customer comes with cursor n ---- */

static int64_t cursor_number(const struct tb_cursor *cursor)
{
    struct tb_reader from = tb_reader_of(tb_span_of(cursor->bytes, cursor->size));
    return cursor->size ? (int64_t)tb_read_u64be(&from) : 0;
}

static void cache_step(struct tb_cache *cache, int64_t number)
{
    static const char doc[] = "{\"name\":\"Shopper\",\"points\":1}";
    struct tb_row rows[CUSTOMERS];
    struct tb_cursor cursor = {.size = 8};
    struct tb_buf bytes = tb_buf_of(cursor.bytes, sizeof cursor.bytes);
    tb_buf_add_u64be(&bytes, (uint64_t)number);
    for (size_t i = 0; i < CUSTOMERS; i++) {
        rows[i] = (struct tb_row){.type = TB_ROW_CUSTOMER,
                                  .op = TB_ROW_PUT,
                                  .customer = {{(uint8_t)(i + 1)}},
                                  .version = number,
                                  .doc = tb_span_str(doc)};
        tb_id_encode(&rows[i].customer, rows[i].id);
    }
    const struct tb_rows all = {.at = rows, .count = CUSTOMERS};
    struct tb_cache_applied applied;
    child_check(tb_db_begin(cache->db));
    child_check(tb_cache_apply(cache, &all, &COHORT, &cursor, 1, &applied));
    child_check(tb_db_commit(cache->db));
}

static void cache_child(int pipe_end)
{
    static struct tb_cache cache;
    struct tb_cursor cursor;
    child_check(tb_cache_open(place.path, &place.sealer, &cache));
    child_check(tb_cache_set_pepper(&cache, &PEPPER));
    child_check(tb_cache_cursor(&cache, &COHORT, &cursor));
    for (int64_t number = cursor_number(&cursor) + 1;; number++) {
        cache_step(&cache, number);
        promise(pipe_end, number);
    }
}

static void cache_verify(int64_t highest, int64_t lowest)
{
    (void)lowest;
    static struct tb_cache cache;
    static struct tb_cache_reader reader;
    struct tb_cursor cursor;
    assert_int_equal(tb_cache_open(place.path, &place.sealer, &cache), TB_OK);
    assert_int_equal(tb_cache_set_pepper(&cache, &PEPPER), TB_OK);
    assert_int_equal(tb_cache_reader_open(place.path, &place.sealer, &reader), TB_OK);
    assert_int_equal(tb_cache_cursor(&cache, &COHORT, &cursor), TB_OK);
    int64_t number = cursor_number(&cursor);
    assert_true(number >= highest);
    for (size_t i = 0; i < CUSTOMERS && number > 0; i++) {
        struct tb_record record;
        struct tb_id id = {{(uint8_t)(i + 1)}};
        struct tb_customer_key key = tb_pepper_customer(&PEPPER, &id);
        assert_int_equal(tb_cache_find_customer(&reader, &key, &record), TB_OK);
        assert_true(record.sections[TB_SECTION_PROFILE].version == number);
    }
    tb_cache_reader_close(&reader);
    tb_cache_close(&cache);
}

/* ---- the rounds ---- */

/* Reads promises until there are enough, kills, and reads those that were still made. */
static void round_run(void (*child)(int pipe_end), uint64_t promise_count, int64_t *highest, int64_t *lowest)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(ends[0]);
        child(ends[1]);
    }
    (void)close(ends[1]);
    int64_t number = 0;
    for (uint64_t i = 0; read(ends[0], &number, sizeof number) == (ssize_t)sizeof number; i++) {
        *highest = number > *highest ? number : *highest;
        *lowest = number < *lowest ? number : *lowest;
        if (i == promise_count)
            assert_int_equal(kill(pid, SIGKILL), 0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    (void)close(ends[0]);
}

static void rounds_run(void (*child)(int pipe_end), void (*verify)(int64_t highest, int64_t lowest))
{
    struct seeded_rng seed = {3};
    int64_t highest = 0;
    int64_t lowest = 0;
    for (int i = 0; i < ROUNDS; i++) {
        round_run(child, seeded_rng_next(&seed) % 24, &highest, &lowest);
        verify(highest, lowest);
    }
    assert_true(highest >= ROUNDS);
}

static void test_outbox(void **state)
{
    (void)state;
    rounds_run(outbox_child, outbox_verify);
}

static void test_cache(void **state)
{
    (void)state;
    rounds_run(cache_child, cache_verify);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_outbox, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_cache, place_set_up, place_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
