/* Codes of hand-overs that an older program left without one: each gets its own when the engine opens the
 * file, and how much is read for that grows as their number does. */
#include "core/credential/handover.h"
#include "tests/integration/contextd/engine_handovers.h"
#include "tests/integration/contextd/engine_steps.h"

#include <inttypes.h>
#include <sqlite3.h>

#define FEW 400
#define MANY (4 * FEW)

static void file_run(const struct engine_fixture *f, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int64_t number(const struct engine_fixture *f, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(s, 0);
    assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return value;
}

/* So many open ones without a code, in ten milliseconds. Those that are first in time have the last ids. */
static void uncoded_put(const struct engine_fixture *f, int count)
{
    char sql[1024];
    int size = snprintf(
        sql, sizeof sql,
        "DELETE FROM handover; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
        " INSERT INTO handover(id, customer, cart, from_device, from_name, to_whom, note, state, by_device,"
        " by_name, at_ms, version, as_of_ms)"
        " SELECT CAST(printf('%%016d', 1000000 - i) AS BLOB), NULL, zeroblob(16), 'k' || i, 'Kiosk', 'any', "
        "'',"
        " 1, '', '', %" PRId64 " + i * 10 / %d, 1, 1 FROM n",
        count, NOW_MS - 10, count);
    assert_true(size < (int)sizeof sql);
    file_run(f, sql);
}

static int64_t steps_of(struct engine_fixture *f, int count)
{
    f->engine->ops->close(f->engine);
    uncoded_put(f, count);
    steps_count("handover");
    engine_fixture_open(f);
    int64_t made = steps;
    assert_int_equal(number(f, "SELECT count(*) FROM handover WHERE state = 1"), count);
    assert_int_equal(number(f, "SELECT count(*) FROM handover WHERE code IS NULL"), 0);
    return made;
}

static void all_get_a_code_and_each_is_read_once(void **state)
{
    struct engine_fixture *f = *state;
    int64_t few = steps_of(f, FEW);
    int64_t many = steps_of(f, MANY);
    print_message("steps: %" PRId64 " for %d, %" PRId64 " for %d\n", few, FEW, many, MANY);
    assert_true(few > FEW);
    assert_true(many <= MANY / FEW * few + few);
    steps_count("handover");
    engine_fixture_reopen(f);
    assert_true(steps < few * 3); /* nothing to do: the open ones are looked at once */
}

/* A code that was given out before it was stored stays what it was. */
static void the_code_is_the_one_that_was_given_out(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    char codes[3][TB_HANDOVER_CODE_SIZE + 1];
    for (unsigned i = 0; i < TB_ARRAY_SIZE(codes); i++) { /* all at the same time */
        struct tb_mutation ask = request_of(tb_seed_customer_id(SEED_NUMBER, i), 5 + i, "any");
        memcpy(codes[i], doc_of(&decide(f, &kiosk, ask)->apply.rows).code, sizeof codes[i]);
    }
    file_run(f, "UPDATE handover SET code = NULL");
    for (unsigned i = 0; i < TB_ARRAY_SIZE(codes); i++)
        assert_false(ask_by_code(f, "till-0421-4", codes[i])->identify.found);
    engine_fixture_reopen(f);
    for (unsigned i = 0; i < TB_ARRAY_SIZE(codes); i++)
        assert_true(ask_by_code(f, "till-0421-4", codes[i])->identify.found);
}

/* What ran out before the engine was opened needs none. */
static void what_is_over_gets_none(void **state)
{
    struct engine_fixture *f = *state;
    f->engine->ops->close(f->engine);
    uncoded_put(f, FEW);
    f->wall_ms = NOW_MS + TB_HANDOVER_LIFE_MS + 1;
    engine_fixture_open(f);
    assert_int_equal(number(f, "SELECT count(*) FROM handover WHERE code IS NULL"), FEW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(all_get_a_code_and_each_is_read_once),
        ENGINE_TEST(the_code_is_the_one_that_was_given_out),
        ENGINE_TEST(what_is_over_gets_none),
    };
    return cmocka_run_group_tests(tests, steps_set_up, steps_tear_down);
}
