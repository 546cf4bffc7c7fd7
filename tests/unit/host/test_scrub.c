/* What SQLite leaves in the unused parts of pages, before and after a scrub. */
#include "host/sqlite/db.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 1500, PAGE = 1024, FILE_SIZE_MAX = 4 * 1024 * 1024 };

static const char *const migrations[] = {
    "CREATE TABLE item (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, data BLOB NOT NULL) STRICT"};

struct fixture {
    char folder[32];
    char file[64];
    struct tb_db *db;
};

static uint8_t image[FILE_SIZE_MAX];

static void db_open(struct fixture *f)
{
    const struct tb_db_options options = {.application_id = 1,
                                          .migrations = migrations,
                                          .migration_count = 1,
                                          .page_size = PAGE,
                                          .cache_kib = 4096,
                                          .secure_delete = true};
    assert_int_equal(tb_db_open(f->file, &options, &f->db), TB_OK);
}

static void run(struct fixture *f, const char *sql)
{
    assert_int_equal(tb_db_exec(f->db, sql), TB_OK);
}

/* Rows in an order of chance that then grow: pages split, and cells move. */
static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    memcpy(f->folder, "/tmp/tb_scrub_XXXXXX", 21);
    if (!mkdtemp(f->folder))
        return -1;
    (void)snprintf(f->file, sizeof f->file, "%s/a.db", f->folder);
    db_open(f);
    run(f, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)"
           " INSERT INTO item SELECT i, cast(printf('%08d', i * 7919 % 1500) AS BLOB), zeroblob(40) FROM n");
    run(f, "UPDATE item SET data = zeroblob(90) WHERE id % 3 = 0");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    tb_db_close(f->db);
    unlink(f->file);
    int left = rmdir(f->folder);
    free(f);
    return left;
}

static size_t u16_at(const uint8_t *at)
{
    return (size_t)at[0] << 8 | at[1];
}

/* Bytes that are not zero between the pointers and the cells of b-tree pages (SQLite's file format). */
static size_t gap_count(const struct fixture *f)
{
    FILE *file = fopen(f->file, "rb");
    assert_non_null(file);
    size_t size = fread(image, 1, sizeof image, file);
    (void)fclose(file);
    size_t count = 0;
    for (size_t at = 0; at < size; at += PAGE) {
        const uint8_t *head = image + at + (at == 0 ? 100 : 0);
        if (head[0] != 2 && head[0] != 5 && head[0] != 10 && head[0] != 13)
            continue;
        const uint8_t *end = image + at + u16_at(head + 5);
        for (const uint8_t *p = head + (head[0] < 10 ? 12 : 8) + 2 * u16_at(head + 3); p < end; p++)
            count += *p != 0;
    }
    return count;
}

static void assert_rows_are_all_there(struct fixture *f)
{
    struct tb_stmt stmt;
    bool row = false;
    assert_int_equal(tb_stmt_prepare(f->db, "SELECT count(*), sum(length(data)) FROM item", &stmt), TB_OK);
    assert_int_equal(tb_stmt_step(&stmt, &row), TB_OK);
    assert_int_equal(tb_stmt_int(&stmt, 0), ROWS);
    assert_int_equal(tb_stmt_int(&stmt, 1), 40 * ROWS + 50 * ROWS / 3);
    tb_stmt_free(&stmt);
    assert_int_equal(tb_db_check(f->db), TB_OK);
}

static void a_scrub_leaves_content_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(tb_db_checkpoint(f->db, TB_DB_CHECKPOINT_TRUNCATE), TB_OK);
    assert_true(gap_count(f) > 0);
    assert_int_equal(tb_db_scrub(f->db), TB_OK);
    assert_int_equal(gap_count(f), 0);
    assert_rows_are_all_there(f);
    f->db = tb_db_close(f->db);
    db_open(f);
    assert_rows_are_all_there(f);
}

/* Pages that the connection has in memory would bring back what was there. */
static void what_was_scrubbed_is_not_written_again(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(tb_db_checkpoint(f->db, TB_DB_CHECKPOINT_TRUNCATE), TB_OK);
    assert_int_equal(tb_db_scrub(f->db), TB_OK);
    run(f, "UPDATE item SET data = randomblob(length(data))");
    assert_int_equal(tb_db_checkpoint(f->db, TB_DB_CHECKPOINT_TRUNCATE), TB_OK);
    assert_int_equal(gap_count(f), 0);
    assert_rows_are_all_there(f);
}

static void a_log_that_is_not_empty_is_not_passed_over(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(tb_db_scrub(f->db), TB_ERR_BUSY);
    assert_false(tb_db_in_transaction(f->db));
}

static size_t text_count(const struct fixture *f, const char *text)
{
    FILE *file = fopen(f->file, "rb");
    assert_non_null(file);
    size_t size = fread(image, 1, sizeof image, file);
    (void)fclose(file);
    size_t count = 0;
    const uint8_t *end = image + size;
    for (const uint8_t *at = image; (at = memmem(at, (size_t)(end - at), text, strlen(text))); at++)
        count++;
    return count;
}

/* A file that was written without overwriting: what was deleted stands in free blocks and free pages. */
static void what_was_deleted_is_overwritten(void **state)
{
    struct fixture *f = *state;
    run(f, "PRAGMA secure_delete = OFF");
    run(f, "INSERT INTO item SELECT 2 * id + 5000, CAST(name || 'zeppelinesque' AS BLOB), zeroblob(9)"
           " FROM item LIMIT 9");
    run(f, "DELETE FROM item WHERE id >= 5000");
    run(f, "CREATE TABLE gone(a ANY) STRICT");
    run(f, "INSERT INTO gone SELECT name || 'unicyclist' FROM item");
    run(f, "DROP TABLE gone");
    assert_int_equal(tb_db_checkpoint(f->db, TB_DB_CHECKPOINT_TRUNCATE), TB_OK);
    assert_true(text_count(f, "zeppelin") > 0);
    assert_true(text_count(f, "unicycl") > 1000);
    assert_int_equal(tb_db_scrub(f->db), TB_OK);
    assert_int_equal(text_count(f, "zeppelin"), 0);
    assert_int_equal(text_count(f, "unicycl"), 0);
    assert_rows_are_all_there(f);
    run(f, "CREATE TABLE again(a ANY) STRICT");
    run(f, "INSERT INTO again SELECT name FROM item");
    assert_rows_are_all_there(f);
}

/* One that has read everything just before, and writes whenever it can. */
static void others_write_between_shares_and_bring_nothing_back(void **state)
{
    struct fixture *f = *state;
    run(f, "CREATE TABLE wide(a ANY) STRICT");
    run(f, "INSERT INTO wide SELECT zeroblob(900) FROM item");
    struct fixture other = *f;
    db_open(&other);
    run(&other, "CREATE TEMP TABLE seen(size)");
    int64_t page = 0;
    bool more = true;
    unsigned shares = 0;
    unsigned refused = 0;
    while (more) {
        run(&other, "UPDATE item SET data = randomblob(length(data)) WHERE id = 7");
        assert_int_equal(tb_db_scrub_share(f->db, &page, &more), TB_ERR_BUSY);
        refused++;
        assert_int_equal(tb_db_checkpoint(f->db, TB_DB_CHECKPOINT_TRUNCATE), TB_OK);
        run(&other, "INSERT INTO seen SELECT sum(length(data) + length(name)) FROM item");
        assert_int_equal(tb_db_scrub_share(f->db, &page, &more), TB_OK);
        run(&other, "UPDATE item SET data = randomblob(length(data))");
        shares++;
    }
    assert_true(shares > 1 && refused == shares);
    assert_int_equal(tb_db_checkpoint(f->db, TB_DB_CHECKPOINT_TRUNCATE), TB_OK);
    assert_int_equal(gap_count(f), 0);
    other.db = tb_db_close(other.db);
    assert_rows_are_all_there(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_scrub_leaves_content_and_nothing_else, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_scrubbed_is_not_written_again, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_deleted_is_overwritten, setup, teardown),
        cmocka_unit_test_setup_teardown(others_write_between_shares_and_bring_nothing_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_log_that_is_not_empty_is_not_passed_over, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
