/* Files that are damaged, of a newer program, or in the middle of being salvaged: what the terminal starts
 * with. */
#include "agent/app/storage/storage_call.h"
#include "core/base/assert.h"
#include "host/system/system.h"
#include "tests/integration/agent/terminal.h"
#include "tests/support/seeded_rng.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a process that ends at a step: the calls by which something gets onto the disk or another name ---- */

static unsigned steps_left; /* 0: it does not end */

static void step_take(void)
{
    if (steps_left == 0)
        return;
    steps_left--;
    if (steps_left == 0)
        _exit(1);
}

int rename(const char *from, const char *to)
{
    step_take();
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int fsync(int fd)
{
    step_take();
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    step_take();
    return (int)syscall(SYS_fdatasync, fd);
}

enum { FILE_SIZE_MAX = 256 * 1024, ROW_COUNT = 20 };

static uint8_t image[FILE_SIZE_MAX];
static size_t image_size;
static enum tb_err append_err;
static int64_t append_seq;

static void appended(void *context, enum tb_err err, const struct tb_stored *stored)
{
    (void)context;
    append_err = err;
    append_seq = stored->mutation.seq;
    tb_loop_stop(terminal.loop);
}

static enum tb_err append(int32_t quantity)
{
    const struct tb_mutation m = terminal_add(quantity);
    assert_int_equal(tb_storage_append(&terminal.storage, &m, appended, NULL), TB_OK);
    terminal_run();
    return append_err;
}

static const char *file(const char *name)
{
    static struct tb_storage_path paths[2];
    static unsigned turn;
    struct tb_storage_path *path = &paths[turn++ % 2];
    tb_storage_path_join(path, terminal.config.state_dir, name);
    return path->text;
}

static void file_read(const char *name)
{
    struct tb_buf content = tb_buf_of(image, sizeof image);
    assert_int_equal(tb_file_read(file(name), &content), TB_OK);
    image_size = content.size;
}

static void file_write(const char *name)
{
    assert_int_equal(tb_file_replace(file(name), tb_span_of(image, image_size), 0600), TB_OK);
}

static void file_check_untouched(const char *name)
{
    static uint8_t bytes[FILE_SIZE_MAX];
    struct tb_buf content = tb_buf_of(bytes, sizeof bytes);
    assert_int_equal(tb_file_read(file(name), &content), TB_OK);
    assert_true(tb_span_equal(tb_buf_span(&content), tb_span_of(image, image_size)));
}

static void file_run_sql(const char *name, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(file(name), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static struct tb_id incarnation;

/* ROW_COUNT mutations, and the terminal is stopped. */
static int set_up(void **state)
{
    int failed = terminal_set_up(state);
    for (int32_t i = 1; i <= ROW_COUNT; i++)
        assert_int_equal(append(i), TB_OK);
    incarnation = terminal.found.incarnation;
    terminal_stop();
    return failed;
}

static void all_is_there_and_goes_on(void)
{
    assert_true(terminal.found.outbox_damaged);
    assert_true(tb_id_equal(&terminal.found.incarnation, &incarnation));
    assert_int_equal(terminal.pending.undecided_count, ROW_COUNT);
    for (size_t i = 0; i < ROW_COUNT; i++)
        assert_true(terminal.pending.entries[i].mutation.add.quantity == (int32_t)i + 1);
    /* A salvage that was begun and not finished may have taken a stride, too. */
    int64_t next_seq = terminal.found.sync.next_seq;
    assert_true(next_seq == TB_SALVAGE_STRIDE || next_seq == 2 * TB_SALVAGE_STRIDE);
    assert_true(tb_file_exists(file("outbox.db.damaged.1")));
    assert_false(tb_file_exists(file("outbox.db.salvage")));
    assert_false(tb_file_exists(file("outbox.db.salvage-wal")));
    assert_false(tb_file_exists(file("outbox.db.new")));
    assert_int_equal(append(99), TB_OK);
    assert_true(append_seq == next_seq);
    terminal_stop();
    terminal_start();
    assert_int_equal(terminal.pending.undecided_count, ROW_COUNT + 1);
    assert_true(terminal.found.outbox_damaged); /* for as long as the damaged one is kept */
}

static void header_ruin(void)
{
    file_read("outbox.db");
    memset(image, 0xee, 100);
    file_write("outbox.db");
}

static void a_damaged_outbox_is_salvaged(void **state)
{
    (void)state;
    header_ruin();
    terminal_start();
    all_is_there_and_goes_on();
}

static void a_damaged_page_is_found_at_the_start(void **state)
{
    (void)state;
    file_read("outbox.db");
    memset(image + 3 * TB_OUTBOX_PAGE_SIZE, 0, TB_OUTBOX_PAGE_SIZE);
    file_write("outbox.db");
    terminal_start();
    assert_true(terminal.found.outbox_damaged);
    assert_true(tb_id_equal(&terminal.found.incarnation, &incarnation));
    assert_true(terminal.pending.undecided_count > ROW_COUNT / 2);
    assert_true(terminal.found.sync.next_seq == TB_SALVAGE_STRIDE);
}

/* ---- ended in the middle of it: the folder as each step leaves it ---- */

static void ended_with_only_the_log_out_of_the_way(void **state)
{
    (void)state;
    header_ruin();
    image_size = 0;
    file_write("outbox.db.salvage-wal");
    terminal_start();
    all_is_there_and_goes_on();
    assert_true(tb_file_exists(file("outbox.db.damaged.1-wal")));
}

static void ended_with_both_out_of_the_way(void **state)
{
    (void)state;
    header_ruin();
    assert_int_equal(rename(file("outbox.db"), file("outbox.db.salvage")), 0);
    terminal_start();
    all_is_there_and_goes_on();
}

static void ended_with_a_new_one_by_halves(void **state)
{
    (void)state;
    header_ruin();
    assert_int_equal(rename(file("outbox.db"), file("outbox.db.salvage")), 0);
    image_size = 3000;
    file_write("outbox.db.new");
    file_write("outbox.db.new-wal");
    terminal_start();
    all_is_there_and_goes_on();
}

static void ended_with_the_new_one_in_place(void **state)
{
    (void)state;
    header_ruin();
    terminal_start();
    terminal_stop();
    assert_int_equal(rename(file("outbox.db.damaged.1"), file("outbox.db.salvage")), 0);
    terminal_start();
    all_is_there_and_goes_on();
}

/* False: it came to the end of its start. */
static bool child_ends_at(unsigned step)
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        steps_left = step;
        terminal_start();
        _exit(0);
    }
    assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status) == 1;
}

static void ended_at_any_step_it_goes_on(void **state)
{
    (void)state;
    static const char *const names[] = {"outbox.db.damaged.1", "outbox.db-wal", "outbox.db", "state.db"};
    static uint8_t known[FILE_SIZE_MAX];
    struct tb_buf state_db = tb_buf_of(known, sizeof known);
    assert_int_equal(tb_file_read(file("state.db"), &state_db), TB_OK);
    header_ruin();
    unsigned step = 0;
    bool ended = true;
    while (ended) {
        for (size_t i = 0; i < TB_ARRAY_SIZE(names); i++)
            (void)remove(file(names[i]));
        assert_int_equal(tb_file_replace(file("state.db"), tb_buf_span(&state_db), 0600), TB_OK);
        file_write("outbox.db");
        ended = child_ends_at(++step);
        terminal_start();
        all_is_there_and_goes_on();
        terminal_stop();
    }
    assert_true(step > 8);
    terminal_start();
}

static void each_damaged_one_is_kept(void **state)
{
    (void)state;
    for (int i = 1; i <= 3; i++) {
        char name[32];
        header_ruin();
        terminal_start();
        terminal_stop();
        (void)snprintf(name, sizeof name, "outbox.db.damaged.%d", i);
        assert_true(tb_file_exists(file(name)));
    }
    terminal_start();
    assert_true(terminal.found.sync.next_seq == 3 * TB_SALVAGE_STRIDE);
    assert_int_equal(terminal.pending.undecided_count, ROW_COUNT);
}

static void without_its_state_the_outbox_names_itself(void **state)
{
    (void)state;
    header_ruin();
    assert_int_equal(remove(file("state.db")), 0);
    terminal_start();
    all_is_there_and_goes_on();
}

static void an_outbox_of_nothing_gets_a_new_name(void **state)
{
    (void)state;
    file_read("outbox.db");
    memset(image, 0, image_size);
    file_write("outbox.db");
    terminal_start();
    assert_true(terminal.found.outbox_damaged);
    assert_false(tb_id_equal(&terminal.found.incarnation, &incarnation));
    assert_true(terminal.found.sync.next_seq == 1);
    assert_int_equal(append(1), TB_OK);
}

/* ---- any bit ---- */

static size_t intact_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < terminal.pending.count; i++) {
        const struct tb_mutation *m = &terminal.pending.entries[i].mutation;
        if (m->kind == TB_MUTATION_SKIPPED)
            continue;
        assert_true(m->kind == TB_MUTATION_CART_ADD && m->seq >= 1 && m->seq <= ROW_COUNT);
        assert_true(m->add.quantity == (int32_t)m->seq);
        count++;
    }
    return count;
}

static void folder_reset(const char *name, struct tb_span db, struct tb_span log)
{
    static const char *const others[] = {"outbox.db-wal", "outbox.db.damaged.1", "outbox.db.damaged.1-wal"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(others); i++)
        (void)remove(file(others[i]));
    assert_int_equal(tb_file_replace(file(name), db, 0600), TB_OK);
    if (log.size)
        assert_int_equal(tb_file_replace(file("outbox.db-wal"), log, 0600), TB_OK);
}

/* Whatever bit it is, no number is given out twice, nothing is made up, and little is lost. */
static void flips_check(uint8_t *bytes, size_t size, struct tb_span db, struct tb_span log)
{
    struct seeded_rng flips = {.state = size};
    size_t lost = 0;
    enum { ROUNDS = 60 };
    for (int i = 0; i < ROUNDS; i++) {
        size_t bit = (size_t)(seeded_rng_next(&flips) % (8 * size));
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        folder_reset("outbox.db", db, log);
        terminal_start();
        size_t intact = intact_count();
        bool same = tb_id_equal(&terminal.found.incarnation, &incarnation);
        assert_true(!same || terminal.found.sync.next_seq > ROW_COUNT);
        lost += ROW_COUNT - intact;
        terminal_stop();
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(lost < 2 * ROUNDS);
}

static void any_bit_of_the_file_may_flip(void **state)
{
    (void)state;
    file_read("outbox.db");
    flips_check(image, image_size, tb_span_of(image, image_size), tb_span_of(NULL, 0));
    folder_reset("outbox.db", tb_span_of(image, image_size), tb_span_of(NULL, 0));
    terminal_start();
}

/* The files as an agent that was killed leaves them. */
static void any_bit_of_the_log_may_flip(void **state)
{
    (void)state;
    static uint8_t log[FILE_SIZE_MAX];
    struct tb_buf content = tb_buf_of(log, sizeof log);
    assert_int_equal(remove(file("outbox.db")), 0);
    assert_int_equal(remove(file("state.db")), 0);
    terminal_start();
    incarnation = terminal.found.incarnation;
    for (int32_t i = 1; i <= ROW_COUNT; i++)
        assert_int_equal(append(i), TB_OK);
    file_read("outbox.db");
    assert_int_equal(tb_file_read(file("outbox.db-wal"), &content), TB_OK);
    terminal_stop();
    assert_true(content.size > ROW_COUNT * (size_t)TB_OUTBOX_PAGE_SIZE);
    /* The last commit may be one that was not finished: what is behind it in the log is left alone. */
    size_t frame = 24 + TB_OUTBOX_PAGE_SIZE;
    size_t last = content.size - (content.size - 32) % frame - 4 * frame;
    flips_check(log, last, tb_span_of(image, image_size), tb_buf_span(&content));
    folder_reset("outbox.db", tb_span_of(image, image_size), tb_buf_span(&content));
    terminal_start();
    assert_int_equal(intact_count(), ROW_COUNT);
}

/* ---- files of a newer program ---- */

static void a_newer_outbox_is_left_and_changes_are_in_memory_under_another_name(void **state)
{
    (void)state;
    file_run_sql("outbox.db", "PRAGMA user_version = 99");
    file_read("outbox.db");
    terminal_start();
    assert_true(tb_storage_has(&terminal.storage, TB_ERR_NEWER_VERSION));
    assert_int_equal(tb_storage_outbox_away(&terminal.storage), TB_ERR_NEWER_VERSION);
    assert_int_equal(tb_storage_closed(&terminal.storage), TB_OK);
    assert_false(tb_id_equal(&terminal.found.incarnation, &incarnation));
    assert_int_equal(terminal.pending.count, 0);
    assert_int_equal(append(1), TB_OK);
    const struct tb_id in_memory = terminal.found.incarnation;
    terminal_stop();
    terminal_start();
    assert_int_equal(terminal.pending.count, 0);
    assert_false(tb_id_equal(&terminal.found.incarnation, &in_memory));
    terminal_stop();
    file_check_untouched("outbox.db");
    assert_false(tb_file_exists(terminal.storage.memory.text)); /* nothing stays in memory's folder */
    file_run_sql("outbox.db", "PRAGMA user_version = 1");
    terminal_start();
    assert_int_equal(terminal.pending.undecided_count, ROW_COUNT);
    assert_int_equal(append(1), TB_OK);
}

static void a_newer_state_costs_no_mutation(void **state)
{
    (void)state;
    file_run_sql("state.db", "PRAGMA user_version = 99");
    file_read("state.db");
    terminal_start();
    assert_true(tb_storage_has(&terminal.storage, TB_ERR_NEWER_VERSION));
    assert_int_equal(tb_storage_closed(&terminal.storage), TB_OK);
    assert_int_equal(terminal.pending.undecided_count, ROW_COUNT);
    assert_int_equal(append(1), TB_OK);
    terminal_stop();
    file_check_untouched("state.db");
    terminal_start();
}

static void a_newer_cache_costs_no_mutation(void **state)
{
    (void)state;
    file_run_sql("cache.db", "PRAGMA user_version = 99");
    file_read("cache.db");
    terminal_start();
    assert_true(tb_storage_has(&terminal.storage, TB_ERR_NEWER_VERSION));
    assert_false(terminal.found.cache_rebuilt);
    assert_int_equal(append(1), TB_OK);
    terminal_stop();
    file_check_untouched("cache.db");
    terminal_start();
}

/* ---- state.db ---- */

static void saved(void *context, enum tb_err err)
{
    (void)context;
    assert_int_equal(err, TB_OK);
    tb_loop_stop(terminal.loop);
}

static void a_damaged_state_is_made_anew_and_the_cache_read_again(void **state)
{
    (void)state;
    const struct tb_welcome welcome = {.epoch = "e1"};
    const struct tb_storage_page page = {
        .scope = {.kind = TB_SCOPE_COHORT}, .cursor = {.size = 1, .bytes = {7}}, .first = true};
    terminal_start();
    tb_storage_welcome(&terminal.storage, &welcome, false);
    assert_int_equal(tb_storage_save(&terminal.storage, &page, saved, NULL), TB_OK);
    terminal_run();
    terminal_stop();
    terminal_start();
    assert_int_equal(terminal.found.cohort_cursor.size, 1);
    terminal_stop();
    file_read("state.db");
    memset(image, 0xee, 100);
    file_write("state.db");
    terminal_start();
    assert_true(terminal.found.state_rebuilt);
    assert_true(tb_file_exists(file("state.db.damaged")));
    assert_int_equal(terminal.found.cohort_cursor.size, 0);
    assert_int_equal(terminal.pending.undecided_count, ROW_COUNT);
    assert_true(tb_id_equal(&terminal.found.incarnation, &incarnation));
    assert_int_equal(append(1), TB_OK);
}

/* ---- erasing ---- */

static enum tb_err erase_err;

static void erased(void *context, enum tb_err err)
{
    (void)context;
    erase_err = err;
    tb_loop_stop(terminal.loop);
}

static enum tb_err erase(void)
{
    const struct tb_erasure erasure = {.id = {{5}}, .customer = terminal_customer};
    assert_int_equal(tb_storage_erase(&terminal.storage, &erasure, 1, erased, NULL), TB_OK);
    terminal_run();
    return erase_err;
}

static void an_erasure_reaches_what_was_set_aside(void **state)
{
    (void)state;
    header_ruin();
    terminal_start();
    tb_storage_set_pepper(&terminal.storage, &terminal_pepper);
    image_size = 10;
    file_write("cache.db.damaged");
    file_write("state.db.damaged");
    assert_true(tb_file_exists(file("outbox.db.damaged.1")));
    assert_int_equal(erase(), TB_OK);
    assert_false(tb_file_exists(file("outbox.db.damaged.1")));
    assert_false(tb_file_exists(file("cache.db.damaged")));
    assert_false(tb_file_exists(file("state.db.damaged")));
}

static void nobody_signs_while_a_file_is_not_used(void **state)
{
    (void)state;
    file_run_sql("cache.db", "PRAGMA user_version = 99");
    terminal_start();
    tb_storage_set_pepper(&terminal.storage, &terminal_pepper);
    assert_int_equal(erase(), TB_OK);
    assert_true(tb_storage_is_away(&terminal.storage));
}

static void another_agent_has_the_files(void **state)
{
    (void)state;
    static struct tb_storage other;
    static struct tb_storage_found found;
    struct tb_pending pending;
    terminal_start();
    assert_int_equal(
        tb_storage_open(&other, terminal.loop, &terminal.config, &terminal.told, &found, &pending),
        TB_ERR_BUSY);
    assert_string_equal(found.file, "state.db");
}

/* The commit failed, and the mutation was in the file all the same. */
static void what_nobody_was_told_of_is_forgotten(void **state)
{
    (void)state;
    terminal.told = (struct tb_storage_told){.incarnation = incarnation, .next_seq = ROW_COUNT};
    terminal_start();
    assert_int_equal(terminal.pending.undecided_count, ROW_COUNT - 1);
    assert_true(terminal.found.sync.next_seq == ROW_COUNT);
    terminal_stop();
    terminal.told.incarnation.bytes[0] ^= 1; /* said of another outbox */
    terminal.told.next_seq = 1;
    terminal_start();
    assert_int_equal(terminal.pending.undecided_count, ROW_COUNT - 1);
    terminal.told = (struct tb_storage_told){0};
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, terminal_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_damaged_outbox_is_salvaged),
        TEST(a_damaged_page_is_found_at_the_start),
        TEST(ended_with_only_the_log_out_of_the_way),
        TEST(ended_with_both_out_of_the_way),
        TEST(ended_with_a_new_one_by_halves),
        TEST(ended_with_the_new_one_in_place),
        TEST(ended_at_any_step_it_goes_on),
        TEST(each_damaged_one_is_kept),
        TEST(without_its_state_the_outbox_names_itself),
        TEST(an_outbox_of_nothing_gets_a_new_name),
        TEST(any_bit_of_the_file_may_flip),
        TEST(any_bit_of_the_log_may_flip),
        TEST(a_newer_outbox_is_left_and_changes_are_in_memory_under_another_name),
        TEST(a_newer_state_costs_no_mutation),
        TEST(a_newer_cache_costs_no_mutation),
        TEST(a_damaged_state_is_made_anew_and_the_cache_read_again),
        TEST(an_erasure_reaches_what_was_set_aside),
        TEST(nobody_signs_while_a_file_is_not_used),
        TEST(another_agent_has_the_files),
        TEST(what_nobody_was_told_of_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
