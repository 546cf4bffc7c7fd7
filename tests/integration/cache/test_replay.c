#include "agent/cache/replay.h"
#include "tests/integration/cache/state_test.h"

#define WALL_MS INT64_C(1790000000000)

static struct tb_replay once(uint8_t name, int64_t forget_ms)
{
    return (struct tb_replay){.rule = TB_REPLAY_ONCE, .name = {0xab, name}, .forget_ms = forget_ms};
}

static struct tb_replay counted(uint8_t name, uint64_t counter)
{
    return (struct tb_replay){
        .rule = TB_REPLAY_COUNTER, .name = {0xcd, name}, .counter = counter, .forget_ms = INT64_MAX};
}

static enum tb_err claim_at(struct tb_replay replay, int64_t wall_ms, bool *ret_fresh)
{
    assert_int_equal(tb_db_begin(file.db), TB_OK);
    enum tb_err err = tb_replay_claim(&file, &replay, wall_ms, ret_fresh);
    assert_int_equal(tb_db_commit(file.db), TB_OK);
    return err;
}

static bool claimed(struct tb_replay replay)
{
    bool fresh = false;
    assert_int_equal(claim_at(replay, WALL_MS, &fresh), TB_OK);
    return fresh;
}

static int64_t number(const char *sql)
{
    struct tb_stmt read = {0};
    bool row = false;
    assert_int_equal(tb_stmt_prepare(file.db, sql, &read), TB_OK);
    assert_int_equal(tb_stmt_step(&read, &row), TB_OK);
    assert_true(row);
    int64_t value = tb_stmt_int(&read, 0);
    tb_stmt_free(&read);
    return value;
}

static void what_was_shown_is_good_once_over_restarts(void **state)
{
    (void)state;
    bool shown = true;
    const struct tb_replay replay = once(1, WALL_MS + 90000);
    assert_int_equal(tb_replay_shown(&file, &replay, &shown), TB_OK);
    assert_false(shown);
    assert_true(claimed(replay));
    assert_false(claimed(replay));
    assert_true(claimed(once(2, WALL_MS + 90000)));
    reload();
    assert_false(claimed(replay));
    assert_int_equal(tb_replay_shown(&file, &replay, &shown), TB_OK);
    assert_true(shown);
}

static void counters_only_rise(void **state)
{
    (void)state;
    assert_true(claimed(counted(1, 8)));
    assert_false(claimed(counted(1, 8)));
    assert_false(claimed(counted(1, 7)));
    assert_true(claimed(counted(1, 0xffffff)));
    assert_true(claimed(counted(2, 1)));
    reload();
    assert_false(claimed(counted(1, 9)));
    assert_true(claimed(counted(2, 2)));
    assert_int_equal(number("SELECT count FROM replay_total"), 2);
}

/* A transaction that fails has claimed nothing, and is not counted. */
static void what_is_rolled_back_was_not_claimed(void **state)
{
    (void)state;
    bool fresh = false;
    const struct tb_replay replay = once(1, INT64_MAX);
    assert_int_equal(tb_db_begin(file.db), TB_OK);
    assert_int_equal(tb_replay_claim(&file, &replay, WALL_MS, &fresh), TB_OK);
    assert_true(fresh);
    tb_db_rollback(file.db);
    assert_int_equal(number("SELECT count FROM replay_total"), 0);
    assert_true(claimed(replay));
}

static void what_expired_is_forgotten_oldest_first(void **state)
{
    (void)state;
    bool fresh = false;
    for (uint8_t i = 0; i < 40; i++)
        assert_true(claimed(once(i, WALL_MS + 1000 + i)));
    assert_int_equal(number("SELECT count FROM replay_total"), 40);
    assert_int_equal(claim_at(once(100, INT64_MAX), WALL_MS + 1009, &fresh), TB_OK);
    assert_int_equal(number("SELECT count(*) FROM replay"), 31); /* ten are gone, one is new */
    assert_int_equal(claim_at(once(101, INT64_MAX), WALL_MS + 9000, &fresh), TB_OK);
    assert_int_equal(number("SELECT min(forget_ms) FROM replay"), WALL_MS + 1026); /* 16 at a time */
    assert_int_equal(number("SELECT count FROM replay_total"), 16);
}

static void fill(int64_t forget_ms)
{
    char sql[300];
    (void)snprintf(sql, sizeof sql,
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                   " INSERT INTO replay SELECT randomblob(16), 0, %lld FROM n",
                   TB_REPLAY_COUNT_MAX, (long long)forget_ms);
    assert_int_equal(tb_db_exec(file.db, sql), TB_OK);
}

static void a_full_memory_refuses_rather_than_forget_what_protects(void **state)
{
    (void)state;
    bool fresh = true;
    assert_true(claimed(counted(1, 5)));
    assert_int_equal(tb_db_exec(file.db, "UPDATE replay_total SET count = count - 1"), TB_OK);
    fill(WALL_MS + 90000);
    assert_int_equal(claim_at(once(1, WALL_MS + 1000), WALL_MS, &fresh), TB_ERR_BUSY);
    assert_false(fresh);
    assert_false(claimed(counted(1, 5))); /* what is known needs no room */
    assert_true(claimed(counted(1, 6)));
    assert_int_equal(number("SELECT count(*) FROM replay"), TB_REPLAY_COUNT_MAX + 1);
    assert_int_equal(claim_at(once(1, WALL_MS + 99000), WALL_MS + 90000, &fresh), TB_OK);
    assert_true(fresh); /* some of it expired */
}

static void the_file_does_not_tell_what_was_shown(void **state)
{
    (void)state;
    static uint8_t content[IMAGE_SIZE_MAX];
    uint8_t name[TB_REPLAY_NAME_SIZE];
    struct tb_replay replay = once(1, INT64_MAX);
    memset(replay.name, 0xe7, sizeof replay.name);
    memcpy(name, replay.name, sizeof name);
    assert_true(claimed(replay));
    tb_state_close(&file);
    FILE *f = fopen(place.path, "rb");
    assert_non_null(f);
    size_t size = fread(content, 1, sizeof content, f);
    assert_int_equal(fclose(f), 0);
    assert_null(memmem(content, size, name, 16));
    load();
    assert_false(claimed(replay));
}

/* A file of the version before gets the memory, and keeps the rest. */
static void version_1_is_taken_over(void **state)
{
    (void)state;
    struct tb_settings before = settings;
    tb_state_close(&file);
    sql_run("DROP TABLE replay; DROP TABLE replay_total; DROP TABLE pos_client; DELETE FROM setting WHERE "
            "name = 'replay_key';"
            "PRAGMA user_version = 1");
    load();
    assert_memory_equal(before.session_key, settings.session_key, sizeof before.session_key);
    assert_true(claimed(once(1, INT64_MAX)));
    reload();
    assert_false(claimed(once(1, INT64_MAX)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_shown_is_good_once_over_restarts),
        TEST(counters_only_rise),
        TEST(what_is_rolled_back_was_not_claimed),
        TEST(what_expired_is_forgotten_oldest_first),
        TEST(a_full_memory_refuses_rather_than_forget_what_protects),
        TEST(the_file_does_not_tell_what_was_shown),
        TEST(version_1_is_taken_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
