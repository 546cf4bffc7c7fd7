#include "host/worker/worker.h"

#include "host/system/thread.h"

#include <stddef.h>
#include <stdlib.h>

#define JOB_MAX_PRESET 64

struct tb_worker {
    struct tb_mailbox mailbox;
    size_t job_max;
    pthread_t thread;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;
    struct tb_worker_job *head;
    struct tb_worker_job *tail;
    size_t job_count; /* waiting or running */
    bool stopping;
    bool abandoned;
};

static void job_posted(struct tb_post *post)
{
    struct tb_worker_job *job =
        (struct tb_worker_job *)(void *)((char *)post - offsetof(struct tb_worker_job, post));
    job->done(job);
}

static struct tb_worker_job *job_take(struct tb_worker *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->head && !w->stopping)
        pthread_cond_wait(&w->work, &w->lock);
    struct tb_worker_job *job = w->head;
    if (job) {
        w->head = job->next;
        if (!w->head)
            w->tail = NULL;
    }
    pthread_mutex_unlock(&w->lock);
    return job;
}

/* Under the lock, so that nothing is posted once tb_worker_abandon() has returned. */
static void job_hand_back(struct tb_worker *w, struct tb_worker_job *job)
{
    pthread_mutex_lock(&w->lock);
    w->job_count--;
    bool dropped = w->abandoned;
    if (!dropped)
        tb_mailbox_post(&w->mailbox, &job->post);
    pthread_mutex_unlock(&w->lock);
    if (dropped && job->dropped)
        job->dropped(job);
}

static void worker_free(struct tb_worker *w)
{
    pthread_cond_destroy(&w->work);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static bool is_abandoned(struct tb_worker *w)
{
    pthread_mutex_lock(&w->lock);
    bool abandoned = w->abandoned;
    pthread_mutex_unlock(&w->lock);
    return abandoned;
}

static void *worker_main(void *context)
{
    struct tb_worker *w = context;
    for (struct tb_worker_job *job = job_take(w); job; job = job_take(w)) {
        if (!is_abandoned(w))
            job->run(job);
        job_hand_back(w, job);
    }
    if (is_abandoned(w))
        worker_free(w);
    return NULL;
}

enum tb_err tb_worker_start(const struct tb_mailbox *mailbox, const struct tb_worker_options *options,
                            struct tb_worker **ret_worker)
{
    struct tb_worker *w = calloc(1, sizeof *w);
    if (!w)
        return TB_ERR_NO_MEMORY;
    w->mailbox = *mailbox;
    w->job_max = options->job_max ? options->job_max : JOB_MAX_PRESET;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->work, NULL);
    enum tb_err err = tb_thread_start(&w->thread, options->name, options->stack_size, worker_main, w);
    if (err) {
        worker_free(w);
        return err;
    }
    *ret_worker = w;
    return TB_OK;
}

enum tb_err tb_worker_submit(struct tb_worker *worker, struct tb_worker_job *job)
{
    job->next = NULL;
    job->post.fn = job_posted;
    pthread_mutex_lock(&worker->lock);
    bool room = worker->job_count < worker->job_max && !worker->stopping;
    if (room) {
        if (worker->tail)
            worker->tail->next = job;
        else
            worker->head = job;
        worker->tail = job;
        worker->job_count++;
        pthread_cond_signal(&worker->work);
    }
    pthread_mutex_unlock(&worker->lock);
    return room ? TB_OK : TB_ERR_FULL;
}

static void worker_end(struct tb_worker *worker, bool abandoned)
{
    pthread_mutex_lock(&worker->lock);
    worker->stopping = true;
    worker->abandoned = abandoned;
    pthread_cond_signal(&worker->work);
    pthread_mutex_unlock(&worker->lock);
}

struct tb_worker *tb_worker_stop(struct tb_worker *worker)
{
    if (!worker)
        return NULL;
    worker_end(worker, false);
    pthread_join(worker->thread, NULL);
    worker_free(worker);
    return NULL;
}

struct tb_worker *tb_worker_abandon(struct tb_worker *worker)
{
    if (!worker)
        return NULL;
    pthread_t thread = worker->thread; /* afterwards the worker is its thread's to free */
    pthread_detach(thread);
    worker_end(worker, true);
    return NULL;
}
