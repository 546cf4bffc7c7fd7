/* The order in which jobs of different urgency reach the engine: its thread is held while they gather. */
#include "contextd/gateway/engine_queue.h"
#include "core/base/assert.h"
#include "tests/support/unit.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#define GUARD_MS 60000 /* ends a test whose event never comes */
#define JOB_MAX 2048

struct fixture {
    struct tb_context_engine engine;
    struct tb_loop *loop;
    struct tb_timer guard;
    struct tb_engine_queue *queue;
    sem_t gate; /* a post lets one group through */
    struct tb_engine_job *jobs[JOB_MAX];
    size_t job_count;
    size_t done_count;
    struct {
        enum tb_engine_ask ask;
        enum tb_scope_kind scope;
        size_t group;
    } served[JOB_MAX]; /* in the order in which the engine saw them */
    size_t served_count;
    size_t group_count;
};

static struct fixture f;

static void engine_answer(struct tb_context_engine *engine, const struct tb_engine_call *calls, size_t count)
{
    (void)engine;
    while (sem_wait(&f.gate) != 0) {
    }
    for (size_t i = 0; i < count; i++) {
        const struct tb_engine_request *r = calls[i].request;
        memset(calls[i].ret_answer, 0, sizeof *calls[i].ret_answer);
        calls[i].ret_answer->ask = r->ask;
        f.served[f.served_count].ask = r->ask;
        f.served[f.served_count].scope = r->ask == TB_ENGINE_FEED ? r->feed.scope.kind : TB_SCOPE_NONE;
        f.served[f.served_count++].group = f.group_count;
    }
    f.group_count++;
}

static void guard_due(struct tb_timer *timer)
{
    (void)timer;
    abort();
}

static int setup(void **state)
{
    static const struct tb_engine_ops ops = {.answer = engine_answer};
    (void)state;
    memset(&f, 0, sizeof f);
    f.engine.ops = &ops;
    (void)sem_init(&f.gate, 0, 0);
    const struct tb_loop_options options = {.fd_max = 32};
    if (tb_loop_create(&options, &f.loop) != TB_OK)
        return -1;
    tb_timer_set(f.loop, &f.guard, GUARD_MS, guard_due);
    return tb_engine_queue_start(f.loop, &f.engine, &f.queue) == TB_OK ? 0 : -1;
}

static void job_drop(struct tb_engine_job *job)
{
    (void)job;
    fail_msg("nothing waits at the end");
}

static int teardown(void **state)
{
    (void)state;
    f.queue = tb_engine_queue_stop(f.queue, job_drop);
    tb_timer_cancel(&f.guard);
    tb_loop_free(f.loop);
    for (size_t i = 0; i < f.job_count; i++)
        free(f.jobs[i]);
    return sem_destroy(&f.gate);
}

static void job_done(struct tb_engine_job *job, const struct tb_engine_answer *answer)
{
    (void)job;
    assert_non_null(answer);
    if (++f.done_count == f.job_count)
        tb_loop_stop(f.loop);
}

static void submit(enum tb_engine_ask ask, enum tb_scope_kind scope)
{
    struct tb_engine_job *job = calloc(1, sizeof *job);
    assert_non_null(job);
    job->request.ask = ask;
    if (ask == TB_ENGINE_FEED)
        job->request.feed.scope.kind = scope;
    job->done = job_done;
    f.jobs[f.job_count++] = job;
    tb_engine_queue_submit(f.queue, job);
}

static void submit_many(enum tb_engine_ask ask, enum tb_scope_kind scope, size_t count)
{
    for (size_t i = 0; i < count; i++)
        submit(ask, scope);
}

/* The first job is a group of its own, which holds the engine until all have gathered. */
static void all_serve(void)
{
    for (size_t i = 0; i < f.job_count; i++)
        (void)sem_post(&f.gate);
    assert_int_equal(tb_loop_run(f.loop), TB_OK);
    assert_int_equal(f.done_count, f.job_count);
    assert_int_equal(f.served_count, f.job_count);
}

static bool is_bulk(size_t i)
{
    return f.served[i].scope == TB_SCOPE_COHORT || f.served[i].scope == TB_SCOPE_PARTITION ||
           f.served[i].scope == TB_SCOPE_CATALOGUE || f.served[i].ask == TB_ENGINE_CHECKSUM;
}

static size_t bulk_count(size_t group)
{
    size_t count = 0;
    for (size_t i = 0; i < f.served_count; i++)
        count += f.served[i].group == group && is_bulk(i);
    return count;
}

/* However many pages of long feeds wait: what is urgent is in the very next group, and first in it. */
static void urgent_jobs_pass_any_number_of_bulk_reads(void **state)
{
    (void)state;
    static const struct {
        enum tb_engine_ask ask;
        enum tb_scope_kind scope;
    } urgent[] = {{TB_ENGINE_IDENTIFY, TB_SCOPE_NONE}, {TB_ENGINE_FEED, TB_SCOPE_ERASURES},
                  {TB_ENGINE_FEED, TB_SCOPE_CUSTOMER}, {TB_ENGINE_FEED, TB_SCOPE_DEVICE},
                  {TB_ENGINE_APPLY, TB_SCOPE_NONE},    {TB_ENGINE_OPEN, TB_SCOPE_NONE},
                  {TB_ENGINE_ADMIT, TB_SCOPE_NONE},    {TB_ENGINE_PRODUCT, TB_SCOPE_NONE}};
    submit(TB_ENGINE_OPEN, TB_SCOPE_NONE);
    submit_many(TB_ENGINE_FEED, TB_SCOPE_CATALOGUE, 400);
    submit_many(TB_ENGINE_FEED, TB_SCOPE_COHORT, 500);
    submit_many(TB_ENGINE_FEED, TB_SCOPE_PARTITION, 80);
    submit_many(TB_ENGINE_CHECKSUM, TB_SCOPE_NONE, 20);
    for (size_t i = 0; i < TB_ARRAY_SIZE(urgent); i++)
        submit(urgent[i].ask, urgent[i].scope);
    all_serve();
    assert_int_equal(f.served[0].group, 0);
    for (size_t i = 0; i < TB_ARRAY_SIZE(urgent); i++) {
        assert_int_equal(f.served[1 + i].ask, urgent[i].ask);
        assert_int_equal(f.served[1 + i].scope, urgent[i].scope);
        assert_int_equal(f.served[1 + i].group, 1);
    }
    for (size_t group = 0; group < f.group_count; group++)
        assert_in_range(bulk_count(group), group == 0 ? 0 : 1, TB_ENGINE_GROUP_BULK_MAX);
}

/* A store that is asked without a pause still brings its terminals up to date. */
static void bulk_reads_go_on_while_there_is_always_something_urgent(void **state)
{
    (void)state;
    submit(TB_ENGINE_OPEN, TB_SCOPE_NONE);
    submit_many(TB_ENGINE_IDENTIFY, TB_SCOPE_NONE, 600);
    submit_many(TB_ENGINE_FEED, TB_SCOPE_COHORT, 30);
    submit_many(TB_ENGINE_FEED, TB_SCOPE_CATALOGUE, 10);
    all_serve();
    for (size_t group = 1; group <= 10; group++)
        assert_int_equal(bulk_count(group), TB_ENGINE_GROUP_BULK_MAX);
}

/* The cohort before the catalogue, each in the order of its jobs. */
static void the_cohort_comes_before_the_catalogue(void **state)
{
    (void)state;
    submit(TB_ENGINE_OPEN, TB_SCOPE_NONE);
    submit_many(TB_ENGINE_FEED, TB_SCOPE_CATALOGUE, 20);
    submit_many(TB_ENGINE_FEED, TB_SCOPE_COHORT, 6);
    all_serve();
    size_t last = 0;
    for (size_t i = 0; i < f.served_count; i++)
        last = f.served[i].scope == TB_SCOPE_COHORT ? f.served[i].group : last;
    assert_int_equal(last, 2);
    assert_int_equal(f.served[1].scope, TB_SCOPE_COHORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(urgent_jobs_pass_any_number_of_bulk_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(bulk_reads_go_on_while_there_is_always_something_urgent, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_cohort_comes_before_the_catalogue, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
