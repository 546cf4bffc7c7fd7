/* A connection to a real file: opening, versions, statements, and what goes wrong with files. */
#include "host/sqlite/db.h"
#include "host/system/system.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const migrations[] = {
    "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, data BLOB) STRICT",
    "ALTER TABLE item ADD COLUMN size INTEGER; CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT",
};

#define OPTIONS .application_id = 0x54425431, .migrations = migrations, .page_size = 1024

static const struct tb_db_options second = {OPTIONS, .migration_count = 2};
static const struct tb_db_options first = {OPTIONS, .migration_count = 1};

struct place {
    char folder[32];
    char file[64];
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    memcpy(p->folder, "/tmp/tb_db_XXXXXX", 18);
    if (!mkdtemp(p->folder))
        return -1;
    snprintf(p->file, sizeof p->file, "%s/a.db", p->folder);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    char path[80];
    unlink(p->file);
    snprintf(path, sizeof path, "%s-wal", p->file);
    unlink(path);
    snprintf(path, sizeof path, "%s-shm", p->file);
    unlink(path);
    int left = rmdir(p->folder);
    free(p);
    return left;
}

static struct tb_db *db_open(const struct place *p, const struct tb_db_options *options)
{
    struct tb_db *db = NULL;
    assert_int_equal(tb_db_open(p->file, options, &db), TB_OK);
    return db;
}

static int64_t number(struct tb_db *db, const char *sql)
{
    struct tb_stmt stmt;
    bool row = false;
    assert_int_equal(tb_stmt_prepare(db, sql, &stmt), TB_OK);
    assert_int_equal(tb_stmt_step(&stmt, &row), TB_OK);
    assert_true(row);
    int64_t value = tb_stmt_int(&stmt, 0);
    tb_stmt_free(&stmt);
    return value;
}

static void test_new_file_is_private_and_set_up(void **state)
{
    struct place *p = *state;
    struct stat s;
    struct tb_db *db = db_open(p, &second);
    assert_int_equal(stat(p->file, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    assert_int_equal(number(db, "PRAGMA user_version"), 2);
    assert_int_equal(number(db, "PRAGMA application_id"), 0x54425431);
    assert_int_equal(number(db, "PRAGMA page_size"), 1024);
    assert_int_equal(number(db, "PRAGMA synchronous"), 2);
    assert_int_equal(number(db, "PRAGMA cache_size"), -64);
    assert_int_equal(number(db, "PRAGMA trusted_schema"), 0);
    assert_int_equal(number(db, "SELECT count(*) FROM more"), 0);
    assert_int_equal(tb_db_check(db), TB_OK);
    assert_null(tb_db_close(db));
}

static void test_older_file_is_brought_up_and_keeps_its_rows(void **state)
{
    struct place *p = *state;
    struct tb_db *db = db_open(p, &first);
    assert_int_equal(tb_db_exec(db, "INSERT INTO item(name) VALUES ('a')"), TB_OK);
    tb_db_close(db);
    db = db_open(p, &second);
    assert_int_equal(number(db, "PRAGMA user_version"), 2);
    assert_int_equal(number(db, "SELECT count(*) FROM item WHERE size IS NULL"), 1);
    tb_db_close(db);
}

static void file_bytes(const char *path, uint8_t *ret_bytes, size_t size_max, size_t *ret_size)
{
    struct tb_buf b = tb_buf_of(ret_bytes, size_max);
    assert_int_equal(tb_file_read(path, &b), TB_OK);
    *ret_size = b.size;
}

static void test_newer_file_is_left_untouched(void **state)
{
    struct place *p = *state;
    static uint8_t before[65536], after[65536];
    size_t before_size = 0, after_size = 0;
    tb_db_close(db_open(p, &second));
    file_bytes(p->file, before, sizeof before, &before_size);
    struct tb_db *db = (struct tb_db *)(void *)p;
    assert_int_equal(tb_db_open(p->file, &first, &db), TB_ERR_NEWER_VERSION);
    assert_null(db);
    file_bytes(p->file, after, sizeof after, &after_size);
    assert_int_equal(before_size, after_size);
    assert_memory_equal(before, after, before_size);
}

static void test_newer_file_with_a_log_is_left_untouched(void **state)
{
    struct place *p = *state;
    static uint8_t before[65536], after[65536];
    size_t before_size = 0, after_size = 0;
    struct tb_db *db = db_open(p, &second), *refused = NULL;
    assert_int_equal(tb_db_exec(db, "INSERT INTO item(name) VALUES ('only in the log')"), TB_OK);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    tb_db_close(db);
    file_bytes(p->file, before, sizeof before, &before_size);
    assert_int_equal(tb_db_open(p->file, &first, &refused), TB_ERR_NEWER_VERSION);
    file_bytes(p->file, after, sizeof after, &after_size);
    assert_int_equal(before_size, after_size);
    assert_memory_equal(before, after, before_size);
    db = db_open(p, &second);
    assert_int_equal(number(db, "SELECT count(*) FROM item"), 1);
    tb_db_close(db);
}

static void test_files_that_are_not_ours_are_refused(void **state)
{
    struct place *p = *state;
    struct tb_db *db = NULL;
    struct tb_db_options foreign = second;
    foreign.application_id = 7;
    tb_db_close(db_open(p, &foreign));
    assert_int_equal(tb_db_open(p->file, &second, &db), TB_ERR_UNSUPPORTED);
    assert_int_equal(
        tb_file_replace(p->file, tb_span_str("this is no database, it only has a file name like one"), 0600),
        TB_OK);
    assert_int_equal(tb_db_open(p->file, &second, &db), TB_ERR_CORRUPT);
    assert_int_equal(tb_db_open("/nonexistent/a.db", &second, &db), TB_ERR_NOT_FOUND);
    assert_null(db);
}

static void test_damaged_page_is_found(void **state)
{
    struct place *p = *state;
    struct tb_db *db = db_open(p, &second);
    assert_int_equal(
        tb_db_exec(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
                       "INSERT INTO item(name, data) SELECT 'n' || i, zeroblob(100) FROM n"),
        TB_OK);
    tb_db_close(db);
    int fd = open(p->file, O_WRONLY);
    for (int page = 2; page < 30; page++)
        assert_int_equal(pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, page * 1024), 8);
    close(fd);
    db = db_open(p, &second);
    assert_int_equal(tb_db_check(db), TB_ERR_CORRUPT);
    assert_int_equal(tb_db_exec(db, "DELETE FROM item"), TB_ERR_CORRUPT);
    assert_int_not_equal(db->vendor_code, 0);
    assert_string_equal(tb_db_vendor_text(db), "database disk image is malformed");
    tb_db_close(db);
}

static void test_failed_migration_leaves_the_old_version(void **state)
{
    struct place *p = *state;
    static const char *const bad[] = {
        "CREATE TABLE item (id INTEGER PRIMARY KEY) STRICT",
        "CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT; CREATE TABLE item (x TEXT)"};
    struct tb_db_options options = {.application_id = 1, .migrations = bad, .migration_count = 2};
    struct tb_db *db = NULL;
    assert_int_equal(tb_db_open(p->file, &options, &db), TB_ERR_INTERNAL);
    options.migration_count = 1;
    db = db_open(p, &options);
    assert_int_equal(number(db, "PRAGMA user_version"), 1);
    assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
    tb_db_close(db);
}

static void test_values_come_back_as_they_went_in(void **state)
{
    struct place *p = *state;
    struct tb_db *db = db_open(p, &second);
    struct tb_stmt put, get;
    bool row = false;
    assert_int_equal(tb_stmt_prepare(db, "INSERT INTO item(name, data, size) VALUES (?, ?, ?)", &put), TB_OK);
    assert_int_equal(tb_stmt_prepare(db, "SELECT name, data, size FROM item ORDER BY id", &get), TB_OK);
    tb_stmt_bind_text(&put, 1, tb_span_str("00123"));
    tb_stmt_bind_blob(&put, 2, tb_span_of("a\0b", 3));
    tb_stmt_bind_int(&put, 3, INT64_MIN);
    assert_int_equal(tb_stmt_run(&put), TB_OK);
    assert_int_equal(tb_db_last_rowid(db), 1);
    assert_int_equal(tb_db_changes(db), 1);
    tb_stmt_bind_text(&put, 1, tb_span_of(NULL, 0));
    tb_stmt_bind_blob(&put, 2, tb_span_of(NULL, 0));
    tb_stmt_bind_null(&put, 3);
    assert_int_equal(tb_stmt_run(&put), TB_OK);

    assert_int_equal(tb_stmt_step(&get, &row), TB_OK);
    assert_true(row);
    assert_true(tb_span_is(tb_stmt_blob(&get, 0), "00123"));
    assert_true(tb_span_equal(tb_stmt_blob(&get, 1), tb_span_of("a\0b", 3)));
    assert_true(tb_stmt_int(&get, 2) == INT64_MIN);
    assert_int_equal(tb_stmt_step(&get, &row), TB_OK);
    assert_true(row);
    assert_int_equal(tb_stmt_blob(&get, 0).size, 0);
    assert_false(tb_stmt_is_null(&get, 0));
    assert_false(tb_stmt_is_null(&get, 1));
    assert_true(tb_stmt_is_null(&get, 2));
    assert_int_equal(tb_stmt_step(&get, &row), TB_OK);
    assert_false(row);
    tb_stmt_free(&put);
    tb_stmt_free(&get);
    tb_db_close(db);
}

static void test_statement_errors_are_mapped_and_do_not_stick(void **state)
{
    struct place *p = *state;
    struct tb_db *db = db_open(p, &second);
    struct tb_stmt put, stmts[2];
    assert_int_equal(tb_stmt_prepare(db, "INSERT INTO item(name) VALUES (?)", &put), TB_OK);
    tb_stmt_bind_text(&put, 1, tb_span_str("a"));
    assert_int_equal(tb_stmt_run(&put), TB_OK);
    tb_stmt_bind_text(&put, 1, tb_span_str("a"));
    assert_int_equal(tb_stmt_run(&put), TB_ERR_CONFLICT);
    tb_stmt_bind_text(&put, 2, tb_span_str("no such parameter"));
    assert_int_equal(tb_stmt_run(&put), TB_ERR_INTERNAL);
    tb_stmt_bind_text(&put, 1, tb_span_str("b"));
    assert_int_equal(tb_stmt_run(&put), TB_OK);
    tb_stmt_free(&put);

    static const char *const sql[] = {"SELECT 1", "SELEKT"};
    assert_int_equal(tb_stmt_prepare_all(db, sql, 2, stmts), TB_ERR_INTERNAL);
    assert_null(stmts[0].handle);
    tb_db_close(db);
}

static void test_parts_of_a_transaction_are_undone_alone(void **state)
{
    struct place *p = *state;
    struct tb_db *db = db_open(p, &second);
    assert_int_equal(tb_db_begin(db), TB_OK);
    assert_int_equal(tb_db_save(db), TB_OK);
    assert_int_equal(tb_db_exec(db, "INSERT INTO item(name) VALUES ('kept')"), TB_OK);
    assert_int_equal(tb_db_keep(db), TB_OK);
    assert_int_equal(tb_db_save(db), TB_OK);
    assert_int_equal(tb_db_exec(db, "INSERT INTO item(name) VALUES ('undone')"), TB_OK);
    assert_int_equal(tb_db_undo(db), TB_OK);
    assert_int_equal(tb_db_commit(db), TB_OK);
    assert_int_equal(number(db, "SELECT count(*) FROM item"), 1);
    assert_int_equal(tb_db_begin(db), TB_OK);
    assert_int_equal(tb_db_exec(db, "DELETE FROM item"), TB_OK);
    assert_true(tb_db_in_transaction(db));
    tb_db_rollback(db);
    tb_db_rollback(db);
    assert_int_equal(number(db, "SELECT count(*) FROM item"), 1);
    tb_db_close(db);
}

static void test_second_connection_reads_only_and_sees_commits(void **state)
{
    struct place *p = *state;
    struct tb_db *db = db_open(p, &second);
    struct tb_db_options read = second;
    read.read_only = true;
    struct tb_db *reader = db_open(p, &read);
    assert_int_equal(tb_db_begin(db), TB_OK);
    assert_int_equal(tb_db_exec(db, "INSERT INTO item(name) VALUES ('a')"), TB_OK);
    assert_int_equal(number(reader, "SELECT count(*) FROM item"), 0);
    assert_int_equal(tb_db_commit(db), TB_OK);
    assert_int_equal(number(reader, "SELECT count(*) FROM item"), 1);
    assert_int_equal(tb_db_exec(reader, "DELETE FROM item"), TB_ERR_DENIED);
    assert_int_equal(tb_db_begin(db), TB_OK);
    struct tb_db *other = db_open(p, &second);
    assert_int_equal(tb_db_begin(other), TB_ERR_BUSY);
    tb_db_rollback(db);
    tb_db_close(other);
    tb_db_close(reader);
    tb_db_close(db);
}

static void test_read_only_wants_the_right_version(void **state)
{
    struct place *p = *state;
    struct tb_db *db = NULL;
    struct tb_db_options read = second;
    read.read_only = true;
    assert_int_equal(tb_db_open(p->file, &read, &db), TB_ERR_IO);
    tb_db_close(db_open(p, &first));
    assert_int_equal(tb_db_open(p->file, &read, &db), TB_ERR_UNSUPPORTED);
}

static void test_exclusive_connection_shares_nothing(void **state)
{
    struct place *p = *state;
    char path[80];
    struct tb_db_options options = second;
    options.exclusive = true;
    snprintf(path, sizeof path, "%s-shm", p->file);
    tb_db_close(db_open(p, &options));
    struct tb_db *db = db_open(p, &options), *other = NULL;
    assert_int_equal(tb_db_exec(db, "INSERT INTO item(name) VALUES ('a')"), TB_OK);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(tb_db_open(p->file, &options, &other), TB_ERR_BUSY);
    assert_int_equal(tb_db_open(p->file, &second, &other), TB_ERR_BUSY);
    tb_db_close(db);
    db = db_open(p, &second);
    assert_int_equal(number(db, "SELECT count(*) FROM item"), 1);
    tb_db_close(db);
}

static void test_truncating_checkpoint_empties_the_log(void **state)
{
    struct place *p = *state;
    char path[80];
    struct stat s;
    struct tb_db *db = db_open(p, &second);
    assert_int_equal(tb_db_exec(db, "INSERT INTO item(name) VALUES ('a')"), TB_OK);
    snprintf(path, sizeof path, "%s-wal", p->file);
    assert_int_equal(stat(path, &s), 0);
    assert_true(s.st_size > 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    assert_int_equal(tb_db_checkpoint(db, TB_DB_CHECKPOINT_TRUNCATE), TB_OK);
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_size, 0);
    tb_db_close(db);
}

static void test_touch_writes_and_changes_nothing(void **state)
{
    struct place *p = *state;
    struct tb_db_options options = second;
    options.checkpoint_pages = 100;
    struct tb_db *db = db_open(p, &options);
    tb_db_defer_checkpoints(db);
    assert_int_equal(tb_db_checkpoint(db, TB_DB_CHECKPOINT_TRUNCATE), TB_OK);
    assert_int_equal(tb_db_begin(db), TB_OK);
    assert_int_equal(tb_db_touch(db), TB_OK);
    assert_int_equal(tb_db_commit(db), TB_OK);
    assert_in_range(db->log_pages, 1, 2);
    assert_int_equal(number(db, "PRAGMA user_version"), 2);
    tb_db_close(db);
}

static void test_deferred_checkpoints_come_when_tended(void **state)
{
    struct place *p = *state;
    struct tb_db_options options = second;
    options.checkpoint_pages = 4;
    struct tb_db *db = db_open(p, &options);
    assert_int_equal(tb_db_checkpoint(db, TB_DB_CHECKPOINT_TRUNCATE), TB_OK);
    tb_db_defer_checkpoints(db);
    for (int i = 0; i < 8; i++)
        assert_int_equal(
            tb_db_exec(db, "INSERT INTO item(name, data) VALUES (hex(randomblob(8)), randomblob(600))"),
            TB_OK);
    unsigned grown = db->log_pages;
    assert_true(grown > 8);
    assert_int_equal(tb_db_tend(db), TB_OK);
    assert_int_equal(tb_db_exec(db, "INSERT INTO item(name) VALUES ('x')"), TB_OK);
    assert_true(db->log_pages < grown); /* the log began anew */
    tb_db_close(db);
}

static void test_full_disk_is_told_and_loses_nothing(void **state)
{
    struct place *p = *state;
    struct tb_db *db = db_open(p, &second);
    assert_int_equal(tb_db_exec(db, "INSERT INTO item(name) VALUES ('before')"), TB_OK);
    assert_int_equal(tb_db_exec(db, "PRAGMA max_page_count = 8"), TB_OK);
    assert_int_equal(tb_db_exec(db, "INSERT INTO item(name, data) VALUES ('big', zeroblob(20000))"),
                     TB_ERR_FULL);
    assert_int_equal(tb_db_exec(db, "PRAGMA max_page_count = 1000"), TB_OK);
    assert_int_equal(number(db, "SELECT count(*) FROM item"), 1);
    assert_int_equal(tb_db_exec(db, "INSERT INTO item(name, data) VALUES ('big', zeroblob(20000))"), TB_OK);
    tb_db_close(db);
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_new_file_is_private_and_set_up),
        PLACE_TEST(test_older_file_is_brought_up_and_keeps_its_rows),
        PLACE_TEST(test_newer_file_is_left_untouched),
        PLACE_TEST(test_newer_file_with_a_log_is_left_untouched),
        PLACE_TEST(test_files_that_are_not_ours_are_refused),
        PLACE_TEST(test_damaged_page_is_found),
        PLACE_TEST(test_failed_migration_leaves_the_old_version),
        PLACE_TEST(test_values_come_back_as_they_went_in),
        PLACE_TEST(test_statement_errors_are_mapped_and_do_not_stick),
        PLACE_TEST(test_parts_of_a_transaction_are_undone_alone),
        PLACE_TEST(test_second_connection_reads_only_and_sees_commits),
        PLACE_TEST(test_read_only_wants_the_right_version),
        PLACE_TEST(test_exclusive_connection_shares_nothing),
        PLACE_TEST(test_truncating_checkpoint_empties_the_log),
        PLACE_TEST(test_touch_writes_and_changes_nothing),
        PLACE_TEST(test_deferred_checkpoints_come_when_tended),
        PLACE_TEST(test_full_disk_is_told_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
