#include "agent/app/storage/storage_call.h"
#include "host/system/system.h"
#include "tests/integration/agent/terminal.h"

/* What callbacks said, in order. Contexts are blocks from malloc(), as the contract asks. */
struct said {
    int number;
    enum tb_err err;
};

static struct said said[8];
static size_t said_count;
static size_t wanted_count;
static int64_t stored_seq;

static int *number_new(int number)
{
    int *block = malloc(sizeof *block);
    assert_non_null(block);
    *block = number;
    return block;
}

static void say(void *context, enum tb_err err)
{
    const int *number = context;
    said[said_count++] = (struct said){.number = *number, .err = err};
    if (said_count == wanted_count)
        tb_loop_stop(terminal.loop);
}

static void wait_for(size_t count)
{
    wanted_count = count;
    terminal_run();
    assert_int_equal(said_count, count);
}

static void stored(void *context, enum tb_err err, const struct tb_stored *what)
{
    if (err == TB_OK) {
        stored_seq = what->mutation.seq;
        assert_true(what->json.size > 0);
    }
    say(context, err);
}

static void read_rows(void *context, enum tb_err err, const struct tb_client_row *rows, size_t count)
{
    assert_int_equal(err, TB_OK);
    assert_int_equal(count, 2);
    assert_true(rows[0].seq == 1 && rows[1].seq == 2);
    say(context, err);
}

static int set_up(void **state)
{
    said_count = 0;
    return terminal_set_up(state);
}

static void append(int number)
{
    const struct tb_mutation m = terminal_add(number);
    assert_int_equal(tb_storage_append(&terminal.storage, &m, stored, number_new(number)), TB_OK);
}

static void a_stored_mutation_is_there_after_a_restart(void **state)
{
    (void)state;
    append(1);
    append(2);
    wait_for(2);
    assert_true(stored_seq == 2);
    assert_int_equal(tb_storage_read_outbox(&terminal.storage, 1, 32, 10000, read_rows, number_new(3)),
                     TB_OK);
    wait_for(3);
    terminal_stop();
    terminal_start();
    assert_int_equal(terminal.pending.count, 2);
    assert_int_equal(terminal.pending.undecided_count, 2);
    assert_true(terminal.found.sync.next_seq == 3);
    assert_true(terminal.found.sync.decided_seq == 0);
}

static void a_decided_one_is_laid_over_carts_until_it_is_settled(void **state)
{
    (void)state;
    const struct tb_row row = terminal_customer_row(1);
    const struct tb_rows rows = {.at = &row, .count = 1};
    const struct tb_verdict verdict = {.seq = 1, .kind = TB_VERDICT_APPLIED, .version = 4};
    append(1);
    wait_for(1);
    assert_int_equal(tb_storage_decide(&terminal.storage, &rows, &verdict, 1, say, number_new(2)), TB_OK);
    wait_for(2);
    terminal_stop();
    terminal_start();
    assert_int_equal(terminal.pending.count, 1);
    assert_int_equal(terminal.pending.undecided_count, 0);
    assert_true(terminal.found.sync.decided_seq == 1);
    assert_int_equal(tb_storage_settle(&terminal.storage, 1, say, number_new(3)), TB_OK);
    wait_for(3);
    terminal_stop();
    terminal_start();
    assert_int_equal(terminal.pending.count, 0);
    assert_true(terminal.found.sync.next_seq == 2);
}

/* What outbox.db is called while it is put aside. */
static void outbox_move(const char *from, const char *to)
{
    struct tb_storage_path from_path;
    struct tb_storage_path to_path;
    tb_storage_path_join(&from_path, terminal.config.state_dir, from);
    tb_storage_path_join(&to_path, terminal.config.state_dir, to);
    assert_int_equal(rename(from_path.text, to_path.text), 0);
}

static void outbox_copy(const char *to)
{
    uint8_t bytes[65536];
    struct tb_buf file = tb_buf_of(bytes, sizeof bytes);
    struct tb_storage_path path;
    tb_storage_path_join(&path, terminal.config.state_dir, "outbox.db");
    assert_int_equal(tb_file_read(path.text, &file), TB_OK);
    tb_storage_path_join(&path, terminal.config.state_dir, to);
    assert_int_equal(tb_file_replace(path.text, tb_buf_span(&file), 0600), TB_OK);
}

/* The outbox of before the verdict beside the cache of after it. */
static void a_verdict_that_only_the_cache_has_is_not_laid_over_it(void **state)
{
    (void)state;
    const struct tb_row row = terminal_customer_row(1);
    const struct tb_rows rows = {.at = &row, .count = 1};
    const struct tb_verdict verdict = {.seq = 1, .kind = TB_VERDICT_APPLIED, .version = 4};
    append(1);
    append(2);
    wait_for(2);
    terminal_stop();
    outbox_copy("before");
    terminal_start();
    tb_storage_set_pepper(&terminal.storage, &terminal_pepper);
    assert_int_equal(tb_storage_decide(&terminal.storage, &rows, &verdict, 1, say, number_new(3)), TB_OK);
    wait_for(3);
    terminal_stop();
    outbox_move("before", "outbox.db");
    terminal_start();
    assert_int_equal(terminal.pending.undecided_count, 2);
    assert_true(terminal.found.sync.decided_seq == 0); /* its verdict is asked for again */
    assert_true(terminal.pending.entries[0].version == 1);
    assert_true(terminal.pending.entries[1].version == 0);
}

static void cache_remove(void)
{
    static const char *const names[] = {"cache.db", "cache.db-wal", "cache.db-shm"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct tb_storage_path path;
        tb_storage_path_join(&path, terminal.config.state_dir, names[i]);
        (void)remove(path.text);
    }
}

/* The cache of before the verdict beside the outbox of after it, as a cut of the power may leave them. */
static void a_verdict_that_only_the_outbox_has_is_asked_for_again(void **state)
{
    (void)state;
    const struct tb_row row = terminal_customer_row(1);
    const struct tb_rows rows = {.at = &row, .count = 1};
    const struct tb_verdict first = {.seq = 1, .kind = TB_VERDICT_APPLIED, .version = 4};
    const struct tb_verdict second = {.seq = 2, .kind = TB_VERDICT_APPLIED, .version = 5};
    append(1);
    append(2);
    wait_for(2);
    assert_int_equal(tb_storage_decide(&terminal.storage, &rows, &first, 1, say, number_new(3)), TB_OK);
    wait_for(3);
    assert_int_equal(tb_storage_settle(&terminal.storage, 1, say, number_new(4)), TB_OK);
    wait_for(4);
    assert_int_equal(tb_storage_decide(&terminal.storage, &rows, &second, 1, say, number_new(5)), TB_OK);
    wait_for(5);
    terminal_stop();
    cache_remove();
    terminal_start();
    assert_true(terminal.found.sync.decided_seq == 1); /* what is settled was on disk */
    assert_int_equal(terminal.pending.count, 1);
    assert_true(terminal.pending.entries[0].mutation.seq == 2);
}

static void page_save(int number, bool first, const struct tb_rows *rows, uint8_t cursor)
{
    const struct tb_storage_page page = {.rows = *rows,
                                         .scope = {.kind = TB_SCOPE_COHORT},
                                         .cursor = {.size = 1, .bytes = {cursor}},
                                         .first = first};
    assert_int_equal(tb_storage_save(&terminal.storage, &page, say, number_new(number)), TB_OK);
}

static void cache_copy(const char *from_suffix, const char *to_suffix)
{
    static const char *const names[] = {"cache.db", "cache.db-wal", "cache.db-shm"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[64];
        struct tb_storage_path from;
        struct tb_storage_path to;
        (void)snprintf(name, sizeof name, "%s%s", names[i], from_suffix);
        tb_storage_path_join(&from, terminal.config.state_dir, name);
        (void)snprintf(name, sizeof name, "%s%s", names[i], to_suffix);
        tb_storage_path_join(&to, terminal.config.state_dir, name);
        (void)remove(to.text);
        enum tb_err err = tb_file_copy(from.text, to.text, 64u << 20);
        assert_true(err == TB_OK || err == TB_ERR_NOT_FOUND);
    }
}

/* The cache of before a restore of the context store beside the state of after it, as a cut of the power may
 * leave them: what it holds has the versions of another life. */
static void a_cache_of_another_epoch_than_the_state_is_read_anew(void **state)
{
    (void)state;
    const struct tb_welcome before = {.epoch = "e1"};
    const struct tb_welcome after = {.epoch = "e2"};
    const struct tb_rows none = {.count = 0};
    tb_storage_welcome(&terminal.storage, &before, false);
    page_save(1, true, &none, 1);
    wait_for(1);
    terminal_stop();
    cache_copy("", ".old");
    terminal_start();
    assert_int_equal(terminal.found.cohort_cursor.size, 1);
    tb_storage_welcome(&terminal.storage, &after, true);
    page_save(2, true, &none, 2);
    wait_for(2);
    terminal_stop();
    cache_copy("", ".new");
    cache_copy(".old", "");
    terminal_start();
    assert_string_equal(terminal.found.sync.epoch, "e2");
    assert_int_equal(terminal.found.cohort_cursor.size, 0);
    terminal_stop();
    cache_copy(".new", "");
    terminal_start();
    assert_int_equal(terminal.found.cohort_cursor.size, 1);
}

/* A page that waits when the context store turns out to be restored is one of before: its cursor is. */
static void no_page_of_another_epoch_is_written(void **state)
{
    (void)state;
    const struct tb_welcome before = {.epoch = "e1"};
    const struct tb_welcome after = {.epoch = "e2"};
    const struct tb_rows none = {.count = 0};
    tb_storage_welcome(&terminal.storage, &before, false);
    page_save(1, true, &none, 1);
    page_save(2, false, &none, 2);
    tb_storage_welcome(&terminal.storage, &after, true);
    wait_for(2);
    assert_true(said[0].number == 1 && said[0].err == TB_OK);
    assert_true(said[1].number == 2 && said[1].err == TB_ERR_AGAIN);
    terminal_stop();
    terminal_start();
    assert_int_equal(terminal.found.cohort_cursor.size, 0);
}

/* It would follow on customers that are not in the cache any more. */
static void no_page_of_another_pepper_is_written(void **state)
{
    (void)state;
    const struct tb_rows none = {.count = 0};
    struct tb_pepper other = terminal_pepper;
    other.version++;
    page_save(1, true, &none, 1);
    page_save(2, false, &none, 2);
    tb_storage_set_pepper(&terminal.storage, &other);
    wait_for(2);
    assert_true(said[1].number == 2 && said[1].err == TB_ERR_AGAIN);
    page_save(3, true, &none, 3);
    wait_for(3);
    assert_int_equal(said[2].err, TB_OK);
}

static int set_up_without_pepper(void **state)
{
    int failed = set_up(state);
    terminal_stop();
    terminal_start();
    return failed;
}

/* Without a pepper a customer's row cannot be kept; that is a failure which the test can end. */
static void no_page_is_written_behind_one_that_failed(void **state)
{
    (void)state;
    const struct tb_row row = terminal_customer_row(1);
    const struct tb_rows rows = {.at = &row, .count = 1};
    const struct tb_rows none = {.count = 0};
    page_save(1, true, &rows, 1);
    page_save(2, false, &none, 2);
    wait_for(2);
    assert_true(said[0].number == 1 && said[0].err == TB_ERR_AGAIN);
    assert_true(said[1].number == 2 && said[1].err == TB_ERR_AGAIN);

    tb_storage_set_pepper(&terminal.storage, &terminal_pepper);
    page_save(3, false, &rows, 3);
    wait_for(3);
    assert_int_equal(said[2].err, TB_ERR_AGAIN);

    const struct tb_welcome welcome = {.epoch = "e1"}; /* cursors without an epoch would not be trusted */
    tb_storage_welcome(&terminal.storage, &welcome, false);
    page_save(4, true, &rows, 4);
    page_save(5, false, &none, 5);
    wait_for(5);
    assert_true(said[3].number == 4 && said[3].err == TB_OK);
    assert_true(said[4].number == 5 && said[4].err == TB_OK);
    terminal_stop();
    terminal_start();
    assert_int_equal(terminal.found.cohort_cursor.size, 1);
    assert_int_equal(terminal.found.cohort_cursor.bytes[0], 5);
}

/* Makes the commit of the transaction that it is in fail. */
static enum tb_err commit_spoil(struct tb_storage_call *call)
{
    return tb_db_exec(call->storage->cache.db, "INSERT INTO part VALUES (1)");
}

static enum tb_err commit_spoilable(struct tb_storage_call *call)
{
    return tb_db_exec(call->storage->cache.db,
                      "PRAGMA foreign_keys = ON; CREATE TABLE whole (id INTEGER PRIMARY KEY) STRICT;"
                      "CREATE TABLE part (whole INTEGER NOT NULL"
                      " REFERENCES whole(id) DEFERRABLE INITIALLY DEFERRED) STRICT");
}

static enum tb_err do_nothing(struct tb_storage_call *call)
{
    (void)call;
    return TB_OK;
}

static void cache_call_done(struct tb_storage_call *call, enum tb_err err)
{
    say(call->context, err);
}

static void cache_call(int number, enum tb_err (*work)(struct tb_storage_call *call), bool lazy)
{
    struct tb_storage_call *call =
        tb_storage_call_new(&terminal.storage, sizeof *call, work, cache_call_done);
    assert_non_null(call);
    call->context = number_new(number);
    call->job.lazy = lazy;
    call->job.bare = !lazy;
    tb_storage_call_submit(call, terminal.storage.cache_writer);
}

static void bulk_save(int number, bool more, uint8_t from, uint8_t cursor)
{
    const struct tb_storage_page page = {.scope = {.kind = TB_SCOPE_COHORT},
                                         .from = {.size = from > 0, .bytes = {from}},
                                         .cursor = {.size = 1, .bytes = {cursor}},
                                         .first = from == 0,
                                         .more = more};
    assert_int_equal(tb_storage_save(&terminal.storage, &page, say, number_new(number)), TB_OK);
}

static int lost_count;

static void lost_note(void *context)
{
    (void)context;
    lost_count++;
}

/* The second page is with the writer when the transaction turns out to be lost that the first one was said to
 * be applied in. */
static void no_page_is_written_behind_a_lost_one(void **state)
{
    (void)state;
    const struct tb_welcome welcome = {.epoch = "e1"};
    lost_count = 0;
    terminal.storage.pages_lost = lost_note;
    tb_storage_welcome(&terminal.storage, &welcome, false);
    cache_call(1, commit_spoilable, false);
    wait_for(1);
    bulk_save(2, true, 0, 1);
    cache_call(3, commit_spoil, true);
    wait_for(3);
    assert_int_equal(said[1].err, TB_OK);
    assert_int_equal(said[2].err, TB_OK);
    cache_call(4, do_nothing, false);
    bulk_save(5, false, 1, 2);
    wait_for(5);
    assert_true(said[4].number == 5 && said[4].err == TB_ERR_CONFLICT);
    assert_int_equal(lost_count, 2);
    terminal_stop();
    terminal_start();
    assert_int_equal(terminal.found.cohort_cursor.size, 0);
    bulk_save(6, true, 0, 1);
    bulk_save(7, false, 1, 2);
    wait_for(7);
    assert_int_equal(said[6].err, TB_OK);
    terminal_stop();
    terminal_start();
    assert_int_equal(terminal.found.cohort_cursor.bytes[0], 2);
}

static bool claim_fresh;

static void claimed(void *context, enum tb_err err, bool fresh)
{
    claim_fresh = fresh;
    say(context, err);
}

static void claim(int number)
{
    const struct tb_replay replay = {.rule = TB_REPLAY_ONCE, .name = {7}, .forget_ms = INT64_MAX};
    assert_int_equal(tb_storage_claim(&terminal.storage, &replay, claimed, number_new(number)), TB_OK);
    wait_for(said_count + 1);
}

static void what_was_claimed_stays_claimed_after_a_restart(void **state)
{
    (void)state;
    claim(1);
    assert_true(claim_fresh);
    terminal_stop();
    terminal_start();
    claim(2);
    assert_false(claim_fresh);
    assert_int_equal(said[1].err, TB_OK);
}

/* Nothing is remembered of it when the file is not on the disk. */
static void nothing_is_claimed_in_memory(void **state)
{
    (void)state;
    terminal.storage.files[TB_STORAGE_STATE].away = TB_ERR_DENIED;
    claim(1);
    assert_int_equal(said[0].err, TB_ERR_DENIED);
    assert_false(claim_fresh);
}

static void what_waits_at_the_end_is_written_and_freed(void **state)
{
    (void)state;
    append(1);
    append(2);
    terminal_stop();
    terminal_start();
    assert_int_equal(said_count, 0);
    assert_int_equal(terminal.pending.count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stored_mutation_is_there_after_a_restart, set_up,
                                        terminal_tear_down),
        cmocka_unit_test_setup_teardown(a_decided_one_is_laid_over_carts_until_it_is_settled, set_up,
                                        terminal_tear_down),
        cmocka_unit_test_setup_teardown(a_verdict_that_only_the_outbox_has_is_asked_for_again, set_up,
                                        terminal_tear_down),
        cmocka_unit_test_setup_teardown(a_verdict_that_only_the_cache_has_is_not_laid_over_it, set_up,
                                        terminal_tear_down),
        cmocka_unit_test_setup_teardown(a_cache_of_another_epoch_than_the_state_is_read_anew, set_up,
                                        terminal_tear_down),
        cmocka_unit_test_setup_teardown(no_page_of_another_epoch_is_written, set_up, terminal_tear_down),
        cmocka_unit_test_setup_teardown(no_page_of_another_pepper_is_written, set_up, terminal_tear_down),
        cmocka_unit_test_setup_teardown(no_page_is_written_behind_one_that_failed, set_up_without_pepper,
                                        terminal_tear_down),
        cmocka_unit_test_setup_teardown(no_page_is_written_behind_a_lost_one, set_up, terminal_tear_down),
        cmocka_unit_test_setup_teardown(what_was_claimed_stays_claimed_after_a_restart, set_up,
                                        terminal_tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_claimed_in_memory, set_up, terminal_tear_down),
        cmocka_unit_test_setup_teardown(what_waits_at_the_end_is_written_and_freed, set_up,
                                        terminal_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
