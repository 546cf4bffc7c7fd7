#include "host/worker/worker.h"
#include "tests/support/mailbox.h"
#include "tests/support/unit.h"

#include <stdbool.h>

struct fixture {
    struct test_mailbox box;
    struct tb_worker *worker;
    pthread_mutex_t gate; /* held by a test that keeps the worker busy */
    pthread_t ran_on;
    int runs, dones;
    bool runs_in_order, dones_in_order;
};

struct job {
    struct tb_worker_job job;
    int number;
};

static int number_of(struct tb_worker_job *job)
{
    return ((struct job *)(void *)job)->number;
}

static void job_run(struct tb_worker_job *job)
{
    struct fixture *f = job->context;
    pthread_mutex_lock(&f->gate);
    f->ran_on = pthread_self();
    f->runs_in_order = f->runs_in_order && number_of(job) == f->runs;
    f->runs++;
    pthread_mutex_unlock(&f->gate);
}

static void job_done(struct tb_worker_job *job)
{
    struct fixture *f = job->context;
    f->dones_in_order = f->dones_in_order && number_of(job) == f->dones;
    f->dones++;
}

static void fixture_open(struct fixture *f, size_t job_max)
{
    *f = (struct fixture){.runs_in_order = true, .dones_in_order = true};
    pthread_mutex_init(&f->gate, NULL);
    test_mailbox_open(&f->box);
    struct tb_worker_options options = {.name = "test", .job_max = job_max};
    assert_int_equal(tb_worker_start(&f->box.mailbox, &options, &f->worker), TB_OK);
}

static void fixture_close(struct fixture *f)
{
    assert_null(tb_worker_stop(f->worker));
    test_mailbox_close(&f->box);
    pthread_mutex_destroy(&f->gate);
}

static void jobs_make(struct fixture *f, struct job *jobs, int count)
{
    for (int i = 0; i < count; i++)
        jobs[i] = (struct job){.job = {.run = job_run, .done = job_done, .context = f}, .number = i};
}

static void test_jobs_run_elsewhere_and_are_done_here_in_order(void **state)
{
    (void)state;
    struct fixture f;
    struct job jobs[20];
    fixture_open(&f, 0);
    jobs_make(&f, jobs, 20);
    for (int i = 0; i < 20; i++)
        assert_int_equal(tb_worker_submit(f.worker, &jobs[i].job), TB_OK);
    for (int i = 0; i < 20; i++)
        test_mailbox_run_one(&f.box);
    assert_int_equal(f.runs, 20);
    assert_int_equal(f.dones, 20);
    assert_true(f.runs_in_order);
    assert_true(f.dones_in_order);
    assert_false(pthread_equal(f.ran_on, pthread_self()));
    fixture_close(&f);
}

static void test_full_queue_refuses(void **state)
{
    (void)state;
    struct fixture f;
    struct job jobs[3];
    fixture_open(&f, 2);
    jobs_make(&f, jobs, 3);
    pthread_mutex_lock(&f.gate);
    assert_int_equal(tb_worker_submit(f.worker, &jobs[0].job), TB_OK);
    assert_int_equal(tb_worker_submit(f.worker, &jobs[1].job), TB_OK);
    assert_int_equal(tb_worker_submit(f.worker, &jobs[2].job), TB_ERR_FULL);
    pthread_mutex_unlock(&f.gate);
    test_mailbox_run_one(&f.box);
    test_mailbox_run_one(&f.box);
    assert_int_equal(tb_worker_submit(f.worker, &jobs[2].job), TB_OK);
    test_mailbox_run_one(&f.box);
    assert_int_equal(f.dones, 3);
    fixture_close(&f);
}

static void test_stop_runs_what_waits(void **state)
{
    (void)state;
    struct fixture f;
    struct job jobs[5];
    fixture_open(&f, 0);
    jobs_make(&f, jobs, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(tb_worker_submit(f.worker, &jobs[i].job), TB_OK);
    f.worker = tb_worker_stop(f.worker);
    assert_int_equal(f.runs, 5);
    for (int i = 0; i < 5; i++)
        test_mailbox_run_one(&f.box);
    assert_int_equal(f.dones, 5);
    fixture_close(&f);
}

static void job_dropped(struct tb_worker_job *job)
{
    struct fixture *f = job->context;
    tb_mailbox_post(&f->box.mailbox,
                    &job->post); /* only to tell the test, after the worker is done with it */
}

static void dropped_seen(struct tb_post *post)
{
    struct fixture *f = post->context;
    f->dones += 10;
}

static void test_abandoned_worker_drops_what_it_had(void **state)
{
    (void)state;
    struct fixture f;
    struct job jobs[2];
    fixture_open(&f, 0);
    jobs_make(&f, jobs, 2);
    pthread_mutex_lock(&f.gate);
    for (int i = 0; i < 2; i++) {
        jobs[i].job.dropped = job_dropped;
        assert_int_equal(tb_worker_submit(f.worker, &jobs[i].job), TB_OK);
        jobs[i].job.post.fn = dropped_seen;
        jobs[i].job.post.context = &f;
    }
    f.worker = tb_worker_abandon(f.worker); /* returns although a job hangs */
    assert_true(test_mailbox_is_empty(&f.box));
    pthread_mutex_unlock(&f.gate);
    test_mailbox_run_one(&f.box);
    test_mailbox_run_one(&f.box);
    assert_int_equal(f.dones, 20);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs_run_elsewhere_and_are_done_here_in_order),
        cmocka_unit_test(test_full_queue_refuses),
        cmocka_unit_test(test_stop_runs_what_waits),
        cmocka_unit_test(test_abandoned_worker_drops_what_it_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
