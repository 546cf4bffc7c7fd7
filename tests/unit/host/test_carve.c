/* Rows carved out of a file are those that SQLite wrote, also where SQLite does not read it any more. */
#include "host/sqlite/carve.h"
#include "host/system/system.h"
#include "tests/support/unit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PAGE_SIZE = 1024, FILE_SIZE_MAX = 512 * 1024, ROW_COUNT = 60, FRAME_SIZE = 24 + PAGE_SIZE };

struct file {
    uint8_t bytes[FILE_SIZE_MAX];
    struct tb_buf all;
};

static char folder[64];
static char path[96];
static sqlite3 *db;
static struct file db_file;
static struct file log_file;
static unsigned found[ROW_COUNT + 1];
static unsigned wrong;

static void sql(const char *text)
{
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/tb-carve-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/file.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sql("PRAGMA page_size = 1024; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;"
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, size INTEGER, content BLOB, word TEXT)");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    (void)remove(path);
    return rmdir(folder);
}

/* Of 40 to 5,940 bytes: some in their leaf, some over several pages. */
static int size_of(int id)
{
    return id % 10 == 9 ? 100 * (id - 1) + 40 : 40 + id;
}

static void rows_add(int first, int last)
{
    for (int id = first; id <= last; id++) {
        char text[160];
        (void)snprintf(
            text, sizeof text,
            "INSERT INTO thing VALUES (%d, -%d, CAST(replace(hex(zeroblob(%d)), '00', 'x') AS BLOB), "
            "'row %d')",
            id, size_of(id), size_of(id), id);
        sql(text);
    }
}

static void file_read(struct file *file, const char *suffix)
{
    char name[112];
    (void)snprintf(name, sizeof name, "%s%s", path, suffix);
    file->all = tb_buf_of(file->bytes, sizeof file->bytes);
    assert_int_equal(tb_file_read(name, &file->all), TB_OK);
}

static bool row_is_right(const struct tb_carve_row *row)
{
    char word[16];
    if (row->column_count != 4 || row->columns[0].type != TB_CARVE_NULL)
        return false;
    (void)snprintf(word, sizeof word, "row %d", (int)row->rowid);
    const struct tb_carve_column *content = &row->columns[2];
    for (size_t i = 0; i < content->bytes.size; i++)
        if (content->bytes.at[i] != 'x')
            return false;
    return row->columns[1].type == TB_CARVE_INT && row->columns[1].number == -size_of((int)row->rowid) &&
           content->type == TB_CARVE_BLOB && content->bytes.size == (size_t)size_of((int)row->rowid) &&
           row->columns[3].type == TB_CARVE_TEXT && tb_span_is(row->columns[3].bytes, word);
}

static void see(void *context, const struct tb_carve_row *row)
{
    (void)context;
    if (row->rowid >= 1 && row->rowid <= ROW_COUNT && row_is_right(row))
        found[row->rowid]++;
    else
        wrong++; /* a row of the schema, or a damaged one */
}

static unsigned carve(void)
{
    static uint8_t room[8192];
    struct tb_buf row = tb_buf_of(room, sizeof room);
    const struct tb_carve_file file = {.db = tb_buf_span(&db_file.all),
                                       .log = tb_buf_span(&log_file.all),
                                       .page_size = PAGE_SIZE,
                                       .room = &row};
    memset(found, 0, sizeof found);
    wrong = 0;
    tb_carve_each(&file, see, NULL);
    unsigned count = 0;
    for (size_t id = 1; id <= ROW_COUNT; id++)
        count += found[id] > 0;
    return count;
}

static void rows_in_the_file_are_found(void **state)
{
    (void)state;
    rows_add(1, ROW_COUNT);
    sql("PRAGMA wal_checkpoint(TRUNCATE)");
    file_read(&db_file, "");
    file_read(&log_file, "-wal");
    assert_int_equal(log_file.all.size, 0);
    assert_int_equal(carve(), ROW_COUNT);
    assert_true(wrong <= 1);
    memset(db_file.bytes, 0xee, PAGE_SIZE); /* the header and the schema */
    assert_int_equal(carve(), ROW_COUNT);
}

static void a_page_costs_its_own_rows_only(void **state)
{
    (void)state;
    rows_add(1, ROW_COUNT);
    sql("PRAGMA wal_checkpoint(TRUNCATE)");
    file_read(&log_file, "-wal");
    file_read(&db_file, "");
    size_t size = db_file.all.size;
    for (size_t at = 0; at < size; at += PAGE_SIZE) {
        file_read(&db_file, "");
        memset(db_file.bytes + at, 0, PAGE_SIZE);
        assert_true(carve() >= ROW_COUNT - 12);
    }
}

static void rows_in_the_log_are_found_behind_a_broken_frame(void **state)
{
    (void)state;
    rows_add(1, 20);
    sql("PRAGMA wal_checkpoint(TRUNCATE)");
    rows_add(21, ROW_COUNT);
    file_read(&db_file, "");
    file_read(&log_file, "-wal");
    assert_int_equal(carve(), ROW_COUNT);
    log_file.bytes[32 + 24 + 500] ^= 1; /* in the first frame: SQLite reads none of them */
    assert_true(carve() >= ROW_COUNT - 12);
    memset(log_file.bytes, 0, 32);
    assert_true(carve() >= ROW_COUNT - 12);
}

static bool log_is_broken(void)
{
    const struct tb_carve_file file = {
        .db = tb_buf_span(&db_file.all), .log = tb_buf_span(&log_file.all), .page_size = PAGE_SIZE};
    return tb_carve_log_is_broken(&file);
}

static void a_log_that_lost_commits_is_told_from_one_that_was_cut(void **state)
{
    (void)state;
    rows_add(1, ROW_COUNT);
    file_read(&log_file, "-wal");
    size_t size = log_file.all.size;
    size_t frame_count = (size - 32) / FRAME_SIZE;
    assert_false(log_is_broken());
    for (size_t cut = 0; cut < size; cut += 700) { /* as a power cut leaves it */
        log_file.all.size = cut;
        assert_false(log_is_broken());
    }
    log_file.all.size = size;
    for (size_t i = 0; i + 20 < frame_count; i += 3) {
        size_t at = 32 + i * FRAME_SIZE + 24 + (i * 37) % PAGE_SIZE;
        log_file.bytes[at] ^= 4;
        assert_true(log_is_broken());
        log_file.bytes[at] ^= 4;
    }
    log_file.bytes[size - 100] ^= 4; /* in the last commit: it may not have been finished */
    assert_false(log_is_broken());
    log_file.bytes[5] ^= 4; /* the header */
    assert_true(log_is_broken());
}

static void what_an_earlier_round_left_in_the_log_is_passed_over(void **state)
{
    (void)state;
    rows_add(1, 30);
    sql("PRAGMA wal_checkpoint(RESTART); DELETE FROM thing; PRAGMA secure_delete = ON");
    rows_add(31, 31);
    file_read(&log_file, "-wal");
    db_file.all = tb_buf_of(db_file.bytes, 0);
    assert_true(log_file.all.size > 10 * FRAME_SIZE);
    (void)carve();
    assert_true(found[31] > 0);
    assert_int_equal(found[20], 0);
}

static void nonsense_is_passed_over(void **state)
{
    (void)state;
    rows_add(1, ROW_COUNT);
    sql("PRAGMA wal_checkpoint(TRUNCATE)");
    file_read(&log_file, "-wal");
    file_read(&db_file, "");
    for (size_t i = 0; i < db_file.all.size; i += 3)
        db_file.bytes[i] = (uint8_t)(i * 7);
    (void)carve();
    db_file.all.size = 700; /* not even a page */
    assert_int_equal(carve(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_in_the_file_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_page_costs_its_own_rows_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_in_the_log_are_found_behind_a_broken_frame, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_log_that_lost_commits_is_told_from_one_that_was_cut, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_an_earlier_round_left_in_the_log_is_passed_over, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nonsense_is_passed_over, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
