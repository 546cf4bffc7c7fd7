/* The writer with a real file: grouping, one job's failure, whole failures, order, and the real loop. */
#include "host/loop/loop.h"
#include "host/sqlite/writer.h"
#include "tests/support/mailbox.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define JOB_COUNT 12

static const char *const migrations[] = {
    "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, data BLOB) STRICT"};

struct fixture {
    char folder[32];
    char file[64];
    struct test_mailbox box;
    struct tb_db *db;
    struct tb_writer *writer;
    pthread_mutex_t gate; /* held by a test that lets jobs pile up */
    int runs, dones;
};

struct job {
    struct tb_writer_job job;
    const char *sql;
    enum tb_err seen;
    bool is_done;
};

static enum tb_err job_run(struct tb_writer_job *job, struct tb_db *db)
{
    struct fixture *f = job->context;
    pthread_mutex_lock(&f->gate);
    f->runs++;
    pthread_mutex_unlock(&f->gate);
    return tb_db_exec(db, ((struct job *)(void *)job)->sql);
}

static void job_done(struct tb_writer_job *job, enum tb_err err)
{
    struct job *j = (struct job *)(void *)job;
    struct fixture *f = job->context;
    j->seen = err;
    j->is_done = true;
    f->dones++;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    memcpy(f->folder, "/tmp/tb_writer_XXXXXX", 22);
    if (!mkdtemp(f->folder))
        return -1;
    snprintf(f->file, sizeof f->file, "%s/a.db", f->folder);
    struct tb_db_options options = {
        .application_id = 1, .migrations = migrations, .migration_count = 1, .page_size = 1024};
    if (tb_db_open(f->file, &options, &f->db))
        return -1;
    pthread_mutex_init(&f->gate, NULL);
    test_mailbox_open(&f->box);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    tb_writer_stop(f->writer);
    tb_db_close(f->db);
    test_mailbox_close(&f->box);
    pthread_mutex_destroy(&f->gate);
    unlink(f->file);
    int left = rmdir(f->folder);
    free(f);
    return left;
}

static void writer_start(struct fixture *f, size_t job_max, size_t batch_max)
{
    struct tb_writer_options options = {.name = "test", .job_max = job_max, .batch_max = batch_max};
    assert_int_equal(tb_writer_start(&f->box.mailbox, f->db, &options, &f->writer), TB_OK);
}

static void jobs_make(struct fixture *f, struct job *jobs, const char *const *sql, size_t count)
{
    for (size_t i = 0; i < count; i++)
        jobs[i] = (struct job){.job = {.run = job_run, .done = job_done, .context = f}, .sql = sql[i]};
}

/* Hands all of them in while the first is kept from running, so that the others wait together. */
static void jobs_run(struct fixture *f, struct job *jobs, size_t count)
{
    pthread_mutex_lock(&f->gate);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(tb_writer_submit(f->writer, &jobs[i].job), TB_OK);
    pthread_mutex_unlock(&f->gate);
    for (size_t i = 0; i < count; i++)
        test_mailbox_run_one(&f->box);
}

/* Only after the writer has stopped: the connection is its own until then. */
static int64_t item_count(struct fixture *f)
{
    struct tb_stmt stmt;
    bool row = false;
    f->writer = tb_writer_stop(f->writer);
    assert_int_equal(tb_stmt_prepare(f->db, "SELECT count(*) FROM item", &stmt), TB_OK);
    assert_int_equal(tb_stmt_step(&stmt, &row), TB_OK);
    int64_t count = tb_stmt_int(&stmt, 0);
    tb_stmt_free(&stmt);
    return count;
}

static void test_failing_job_undoes_only_itself(void **state)
{
    struct fixture *f = *state;
    static const char *const sql[] = {
        "INSERT INTO item(name) VALUES ('first')", "INSERT INTO item(name) VALUES ('a')",
        "INSERT INTO item(name) VALUES ('undone'); INSERT INTO item(name) VALUES ('a')",
        "INSERT INTO item(name) VALUES ('b')"};
    struct job jobs[4];
    writer_start(f, 0, 0);
    jobs_make(f, jobs, sql, 4);
    jobs_run(f, jobs, 4);
    assert_int_equal(jobs[1].seen, TB_OK);
    assert_int_equal(jobs[2].seen, TB_ERR_CONFLICT);
    assert_int_equal(jobs[3].seen, TB_OK);
    assert_int_equal(item_count(f), 3);
}

static void test_lone_failing_job_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    static const char *const sql[] = {
        "INSERT INTO item(name) VALUES ('x'); INSERT INTO item(name) VALUES ('x')"};
    struct job job;
    writer_start(f, 0, 0);
    jobs_make(f, &job, sql, 1);
    jobs_run(f, &job, 1);
    assert_int_equal(job.seen, TB_ERR_CONFLICT);
    assert_int_equal(item_count(f), 0);
}

static void test_jobs_of_one_statement_need_no_transaction_around_them(void **state)
{
    struct fixture *f = *state;
    static const char *const sql[] = {
        "INSERT INTO item(name) VALUES ('a')", "INSERT INTO item(name) VALUES ('a')",
        "INSERT INTO item(name) VALUES ('b')", "INSERT INTO item(name) VALUES ('c')"};
    struct job jobs[4];
    writer_start(f, 0, 0);
    jobs_make(f, jobs, sql, 4);
    for (size_t i = 0; i < 4; i++)
        jobs[i].job.single = true;
    jobs_run(f, &jobs[0], 1);
    jobs_run(f, &jobs[1], 1);
    jobs_run(f, &jobs[2], 2);
    assert_int_equal(jobs[0].seen, TB_OK);
    assert_int_equal(jobs[1].seen, TB_ERR_CONFLICT);
    assert_int_equal(jobs[2].seen, TB_OK);
    assert_int_equal(jobs[3].seen, TB_OK);
    assert_int_equal(item_count(f), 3);
}

static void test_jobs_run_once_each_and_in_order(void **state)
{
    struct fixture *f = *state;
    const char *sql[JOB_COUNT];
    struct job jobs[JOB_COUNT];
    for (size_t i = 0; i < JOB_COUNT; i++) /* each only succeeds right after the one before it */
        sql[i] =
            "INSERT INTO item(id, name) SELECT coalesce(max(id), 0) + 1, coalesce(max(id), 0) + 1 FROM item";
    writer_start(f, 0, 5);
    jobs_make(f, jobs, sql, JOB_COUNT);
    jobs_run(f, jobs, JOB_COUNT);
    assert_int_equal(f->runs, JOB_COUNT);
    assert_int_equal(f->dones, JOB_COUNT);
    for (size_t i = 0; i < JOB_COUNT; i++)
        assert_int_equal(jobs[i].seen, TB_OK);
    assert_int_equal(item_count(f), JOB_COUNT);
}

static void test_transaction_lost_midway_fails_those_before_and_goes_on_after(void **state)
{
    struct fixture *f = *state;
    static const char *const sql[] = {"PRAGMA max_page_count = 10",
                                      "INSERT INTO item(name) VALUES ('before')",
                                      "INSERT INTO item(name, data) VALUES ('big', zeroblob(50000))",
                                      "INSERT INTO item(name) VALUES ('after')"};
    struct job jobs[4];
    writer_start(f, 0, 0);
    jobs_make(f, jobs, sql, 4);
    jobs[0].job.bare = true;
    jobs_run(f, jobs, 4);
    assert_int_equal(jobs[2].seen, TB_ERR_FULL);
    assert_int_equal(jobs[3].seen, TB_OK);
    /* Whether SQLite gives up the statement or the transaction is its choice; what it says must hold. */
    assert_int_equal(item_count(f), jobs[1].seen == TB_OK ? 2 : 1);
}

static enum tb_err bare_run(struct tb_writer_job *job, struct tb_db *db)
{
    (void)job;
    assert_false(tb_db_in_transaction(db));
    enum tb_err err = tb_db_begin(db);
    if (!err)
        err = tb_db_exec(db, "DELETE FROM item");
    if (!err)
        err = tb_db_commit(db);
    return err ? err : tb_db_checkpoint(db, TB_DB_CHECKPOINT_TRUNCATE);
}

static void test_bare_job_has_its_own_transactions_at_its_place(void **state)
{
    struct fixture *f = *state;
    static const char *const sql[] = {"INSERT INTO item(name) VALUES ('a')",
                                      "INSERT INTO item(name) VALUES ('b')", "",
                                      "INSERT INTO item(name) VALUES ('c')"};
    struct job jobs[4];
    writer_start(f, 0, 0);
    jobs_make(f, jobs, sql, 4);
    jobs[2].job.bare = true;
    jobs[2].job.run = bare_run;
    jobs_run(f, jobs, 4);
    assert_int_equal(jobs[2].seen, TB_OK);
    assert_int_equal(item_count(f), 1);
}

static void test_full_queue_refuses(void **state)
{
    struct fixture *f = *state;
    static const char *const sql[] = {"SELECT 1", "SELECT 1", "SELECT 1"};
    struct job jobs[3];
    writer_start(f, 2, 0);
    jobs_make(f, jobs, sql, 3);
    pthread_mutex_lock(&f->gate);
    assert_int_equal(tb_writer_submit(f->writer, &jobs[0].job), TB_OK);
    assert_int_equal(tb_writer_submit(f->writer, &jobs[1].job), TB_OK);
    assert_int_equal(tb_writer_submit(f->writer, &jobs[2].job), TB_ERR_FULL);
    pthread_mutex_unlock(&f->gate);
    test_mailbox_run_one(&f->box);
    test_mailbox_run_one(&f->box);
}

static void test_stop_writes_what_waits(void **state)
{
    struct fixture *f = *state;
    static const char *const sql[] = {"INSERT INTO item(name) VALUES ('a')",
                                      "INSERT INTO item(name) VALUES ('b')"};
    struct job jobs[2];
    writer_start(f, 0, 0);
    jobs_make(f, jobs, sql, 2);
    assert_int_equal(tb_writer_submit(f->writer, &jobs[0].job), TB_OK);
    assert_int_equal(tb_writer_submit(f->writer, &jobs[1].job), TB_OK);
    assert_int_equal(item_count(f), 2);
    assert_int_equal(f->dones, 0);
    test_mailbox_run_one(&f->box);
    test_mailbox_run_one(&f->box);
    assert_int_equal(f->dones, 2);
}

/* ---- lazy jobs ---- */

struct loss {
    struct tb_post post;
    int count;
};

static void loss_note(struct tb_post *post)
{
    ((struct loss *)(void *)post)->count++;
}

static void lazy_start(struct fixture *f, struct loss *loss, unsigned lazy_ms)
{
    *loss = (struct loss){.post = {.fn = loss_note}};
    struct tb_writer_options options = {
        .name = "test", .lazy_max = 3, .lazy_ms = lazy_ms, .lost = &loss->post};
    assert_int_equal(tb_writer_start(&f->box.mailbox, f->db, &options, &f->writer), TB_OK);
}

/* What another connection sees: only what was committed. */
static int64_t committed_count(struct fixture *f)
{
    struct tb_db_options options = {.application_id = 1, .migration_count = 1, .read_only = true};
    struct tb_db *db = NULL;
    struct tb_stmt stmt;
    bool row = false;
    assert_int_equal(tb_db_open(f->file, &options, &db), TB_OK);
    assert_int_equal(tb_stmt_prepare(db, "SELECT count(*) FROM item", &stmt), TB_OK);
    assert_int_equal(tb_stmt_step(&stmt, &row), TB_OK);
    int64_t count = tb_stmt_int(&stmt, 0);
    tb_stmt_free(&stmt);
    tb_db_close(db);
    return count;
}

static const char *const one_each[] = {
    "INSERT INTO item(name) VALUES ('a')", "INSERT INTO item(name) VALUES ('b')",
    "INSERT INTO item(name) VALUES ('c')", "INSERT INTO item(name) VALUES ('d')"};

static void lazies_make(struct fixture *f, struct job *jobs, const char *const *sql, size_t count)
{
    jobs_make(f, jobs, sql, count);
    for (size_t i = 0; i < count; i++)
        jobs[i].job.lazy = true;
}

static void test_lazy_jobs_are_committed_with_the_next_that_is_not(void **state)
{
    struct fixture *f = *state;
    struct loss loss;
    struct job jobs[3];
    lazy_start(f, &loss, 600000);
    lazies_make(f, jobs, one_each, 3);
    jobs[2].job.lazy = false;
    jobs_run(f, jobs, 1);
    jobs_run(f, jobs + 1, 1);
    assert_int_equal(jobs[0].seen, TB_OK);
    assert_int_equal(committed_count(f), 0);
    jobs_run(f, jobs + 2, 1);
    assert_int_equal(committed_count(f), 3);
    assert_int_equal(loss.count, 0);
}

static void test_only_so_many_lazy_jobs_wait(void **state)
{
    struct fixture *f = *state;
    struct loss loss;
    struct job jobs[4];
    lazy_start(f, &loss, 600000);
    lazies_make(f, jobs, one_each, 4);
    for (size_t i = 0; i < 4; i++)
        jobs_run(f, jobs + i, 1);
    assert_int_equal(committed_count(f), 4);
}

static void test_stop_and_bare_jobs_commit_what_lazy_ones_left(void **state)
{
    struct fixture *f = *state;
    struct loss loss;
    struct job jobs[3];
    lazy_start(f, &loss, 600000);
    lazies_make(f, jobs, one_each, 3);
    jobs[1].job.lazy = false;
    jobs[1].job.bare = true;
    jobs[1].job.run = bare_run;
    jobs_run(f, jobs, 1);
    jobs_run(f, jobs + 1, 1); /* deletes what was committed */
    jobs_run(f, jobs + 2, 1);
    assert_int_equal(jobs[1].seen, TB_OK);
    assert_int_equal(item_count(f), 1);
}

static void test_a_lazy_job_that_fails_undoes_only_itself(void **state)
{
    struct fixture *f = *state;
    static const char *const sql[] = {
        "INSERT INTO item(name) VALUES ('a')",
        "INSERT INTO item(name) VALUES ('undone'); INSERT INTO item(name) VALUES ('a')"};
    struct loss loss;
    struct job jobs[2];
    lazy_start(f, &loss, 600000);
    lazies_make(f, jobs, sql, 2);
    jobs_run(f, jobs, 1);
    jobs_run(f, jobs + 1, 1);
    assert_int_equal(jobs[1].seen, TB_ERR_CONFLICT);
    assert_int_equal(item_count(f), 1);
    assert_int_equal(loss.count, 0);
}

static void test_lazy_jobs_are_said_to_be_lost_with_their_transaction(void **state)
{
    struct fixture *f = *state;
    static const char *const sql[] = {"INSERT INTO item(name) VALUES ('a')", "ROLLBACK",
                                      "INSERT INTO item(name) VALUES ('b')"};
    struct loss loss;
    struct job jobs[3];
    lazy_start(f, &loss, 600000);
    lazies_make(f, jobs, sql, 3);
    jobs_run(f, jobs, 1);
    assert_int_equal(tb_writer_submit(f->writer, &jobs[1].job), TB_OK);
    test_mailbox_run_one(&f->box);
    test_mailbox_run_one(&f->box);
    assert_int_equal(loss.count, 1);
    assert_int_equal(jobs[1].seen, TB_ERR_INTERNAL);
    jobs_run(f, jobs + 2, 1);
    assert_int_equal(jobs[2].seen, TB_OK);
    assert_int_equal(item_count(f), 1);
}

/* The end of the wait commits, here what cannot be committed: that it was tried is heard. */
static void test_lazy_jobs_are_committed_in_time(void **state)
{
    struct fixture *f = *state;
    static const char *const sql[] = {"PRAGMA foreign_keys = ON; CREATE TABLE part (item INTEGER NOT NULL"
                                      " REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED) STRICT",
                                      "INSERT INTO part VALUES (77)"};
    struct loss loss;
    struct job jobs[2];
    lazy_start(f, &loss, 1);
    lazies_make(f, jobs, sql, 2);
    jobs[0].job.lazy = false;
    jobs[0].job.bare = true;
    jobs_run(f, jobs, 1);
    assert_int_equal(jobs[0].seen, TB_OK);
    jobs_run(f, jobs + 1, 1);
    test_mailbox_run_one(&f->box);
    assert_int_equal(jobs[1].seen, TB_OK);
    assert_int_equal(loss.count, 1);
}

/* ---- with the loop ---- */

struct chain {
    struct job job;
    struct tb_loop *loop;
    struct tb_writer *writer;
    int left;
};

static void chain_done(struct tb_writer_job *job, enum tb_err err)
{
    struct chain *c = (struct chain *)(void *)job;
    assert_int_equal(err, TB_OK);
    if (--c->left == 0)
        tb_loop_stop(c->loop);
    else
        assert_int_equal(tb_writer_submit(c->writer, job), TB_OK);
}

static void test_completions_arrive_on_the_loop(void **state)
{
    struct fixture *f = *state;
    struct tb_loop_options options = {0};
    struct tb_writer_options writer = {.name = "test"};
    struct chain c = {.left = 20};
    c.job = (struct job){.job = {.run = job_run, .done = chain_done, .context = f},
                         .sql = "INSERT INTO item(name) VALUES (hex(randomblob(8)))"};
    assert_int_equal(tb_loop_create(&options, &c.loop), TB_OK);
    assert_int_equal(tb_writer_start(tb_loop_mailbox(c.loop), f->db, &writer, &c.writer), TB_OK);
    assert_int_equal(tb_writer_submit(c.writer, &c.job.job), TB_OK);
    assert_int_equal(tb_loop_run(c.loop), TB_OK);
    f->writer = c.writer;
    assert_int_equal(item_count(f), 20);
    tb_loop_free(c.loop);
}

#define WRITER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WRITER_TEST(test_failing_job_undoes_only_itself),
        WRITER_TEST(test_lone_failing_job_leaves_nothing),
        WRITER_TEST(test_jobs_of_one_statement_need_no_transaction_around_them),
        WRITER_TEST(test_jobs_run_once_each_and_in_order),
        WRITER_TEST(test_transaction_lost_midway_fails_those_before_and_goes_on_after),
        WRITER_TEST(test_bare_job_has_its_own_transactions_at_its_place),
        WRITER_TEST(test_full_queue_refuses),
        WRITER_TEST(test_stop_writes_what_waits),
        WRITER_TEST(test_lazy_jobs_are_committed_with_the_next_that_is_not),
        WRITER_TEST(test_only_so_many_lazy_jobs_wait),
        WRITER_TEST(test_stop_and_bare_jobs_commit_what_lazy_ones_left),
        WRITER_TEST(test_a_lazy_job_that_fails_undoes_only_itself),
        WRITER_TEST(test_lazy_jobs_are_said_to_be_lost_with_their_transaction),
        WRITER_TEST(test_lazy_jobs_are_committed_in_time),
        WRITER_TEST(test_completions_arrive_on_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
