#include "host/sqlite/writer.h"

#include "host/system/thread.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#define JOB_MAX_PRESET 256
#define BATCH_MAX_PRESET 64
#define LAZY_MAX_PRESET 40
#define LAZY_MS_PRESET 250

struct tb_writer {
    struct tb_mailbox mailbox;
    struct tb_db *db;
    size_t job_max;
    size_t batch_max;
    size_t lazy_max;
    unsigned lazy_ms;
    unsigned lazy_cache_kib;
    struct tb_post *lost;
    pthread_t thread;

    /* The writer's thread's own: a transaction that lazy jobs left open. */
    size_t lazy_count; /* jobs in it that are done; 0: none is open */
    struct timespec lazy_end;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;
    struct tb_writer_job *head;
    struct tb_writer_job *tail;
    size_t job_count; /* waiting or being written */
    bool stopping;
};

static void job_posted(struct tb_post *post)
{
    struct tb_writer_job *job =
        (struct tb_writer_job *)(void *)((char *)post - offsetof(struct tb_writer_job, post));
    job->done(job, job->err);
}

/* False when it is time to commit what lazy jobs have left open. */
static bool wait_for_work(struct tb_writer *w)
{
    if (w->lazy_count == 0)
        return pthread_cond_wait(&w->work, &w->lock) == 0;
    return pthread_cond_timedwait(&w->work, &w->lock, &w->lazy_end) == 0;
}

/* Takes the jobs of the next transaction; NULL when the writer is to end, or to commit. Sleeps while there
 * are none. */
static struct tb_writer_job *batch_take(struct tb_writer *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->head && !w->stopping && wait_for_work(w))
        continue;
    struct tb_writer_job *first = w->head, *last = first;
    for (size_t n = 1; last && !last->bare && n < w->batch_max && last->next && !last->next->bare; n++)
        last = last->next;
    if (last) {
        w->head = last->next;
        if (!w->head)
            w->tail = NULL;
        last->next = NULL;
    }
    pthread_mutex_unlock(&w->lock);
    return first;
}

static bool is_ending(struct tb_writer *w)
{
    pthread_mutex_lock(&w->lock);
    bool ending = w->stopping && !w->head;
    pthread_mutex_unlock(&w->lock);
    return ending;
}

static void batch_done(struct tb_writer *w, struct tb_writer_job *first)
{
    size_t count = 0;
    for (struct tb_writer_job *job = first; job; job = job->next)
        count++;
    pthread_mutex_lock(&w->lock);
    w->job_count -= count;
    pthread_mutex_unlock(&w->lock);
    while (first) {
        struct tb_writer_job *job = first;
        first = job->next; /* once posted, the job may be gone */
        tb_mailbox_post(&w->mailbox, &job->post);
    }
}

/* Whoever was written before in this transaction was undone with it. */
static void batch_fail(struct tb_writer_job *first, const struct tb_writer_job *end, enum tb_err err)
{
    for (struct tb_writer_job *job = first; job != end; job = job->next)
        if (!job->err)
            job->err = err;
}

static enum tb_err job_run_apart(struct tb_writer_job *job, struct tb_db *db)
{
    enum tb_err err = tb_db_save(db);
    if (err)
        return err;
    err = job->run(job, db);
    if (!tb_db_in_transaction(db))
        return err ? err : TB_ERR_INTERNAL;
    enum tb_err end_err = err ? tb_db_undo(db) : tb_db_keep(db);
    return err ? err : end_err;
}

/* ---- lazy jobs ---- */

static bool batch_is_lazy(const struct tb_writer *w, const struct tb_writer_job *first)
{
    size_t count = w->lazy_count;
    for (; first && first->lazy; first = first->next)
        count++;
    return !first && count <= w->lazy_max;
}

/* What lazy jobs did since the last commit is not in the file any more, and they believe it is. */
static void lazy_lose(struct tb_writer *w)
{
    if (w->lazy_count > 0)
        tb_mailbox_post(&w->mailbox, w->lost);
    w->lazy_count = 0;
}

static enum tb_err lazy_begin(struct tb_writer *w)
{
    if (w->lazy_count > 0)
        return TB_OK;
    clock_gettime(CLOCK_MONOTONIC, &w->lazy_end);
    int64_t nanos = w->lazy_end.tv_nsec + (int64_t)w->lazy_ms * 1000000;
    w->lazy_end.tv_sec += (time_t)(nanos / 1000000000);
    w->lazy_end.tv_nsec = (long)(nanos % 1000000000);
    return tb_db_begin(w->db);
}

/* The transaction stays open for what comes next. A page cache that does not grow only makes it slower. */
static void lazy_leave(struct tb_writer *w, const struct tb_writer_job *first)
{
    if (w->lazy_count == 0 && w->lazy_cache_kib)
        (void)!tb_db_set_cache(w->db, w->lazy_cache_kib);
    for (; first; first = first->next)
        w->lazy_count++;
}

static enum tb_err lazy_commit(struct tb_writer *w)
{
    enum tb_err err = tb_db_commit(w->db);
    if (w->lazy_count > 0 && w->lazy_cache_kib)
        (void)!tb_db_set_cache(w->db, 0);
    if (err)
        lazy_lose(w);
    w->lazy_count = 0;
    return err;
}

/* ---- batches ---- */

/*
 * Runs jobs from *first on and commits, unless all are lazy. Returns the first job that has not been run:
 * SQLite rolls the whole transaction back on some failures (no space, I/O), and what follows then needs a new
 * one.
 */
static struct tb_writer_job *batch_write(struct tb_writer *w, struct tb_writer_job *first)
{
    bool lazy = batch_is_lazy(w, first);
    bool alone = !first->next && !lazy && w->lazy_count == 0;
    if (alone && first->single) {
        first->err = first->run(first, w->db);
        return NULL;
    }
    enum tb_err err = lazy_begin(w);
    if (err) {
        batch_fail(first, NULL, err);
        return NULL;
    }
    for (struct tb_writer_job *job = first; job; job = job->next) {
        job->err = alone ? job->run(job, w->db) : job_run_apart(job, w->db);
        if (!tb_db_in_transaction(w->db)) {
            batch_fail(first, job->next, job->err ? job->err : TB_ERR_INTERNAL);
            lazy_lose(w);
            return job->next;
        }
    }
    if (lazy)
        lazy_leave(w, first);
    else if (alone && first->err)
        tb_db_rollback(w->db);
    else if ((err = lazy_commit(w)))
        batch_fail(first, NULL, err);
    return NULL;
}

static void bare_run(struct tb_writer *w, struct tb_writer_job *job)
{
    if (w->lazy_count > 0)
        (void)!lazy_commit(w); /* who has to know is told */
    job->err = job->run(job, w->db);
    tb_db_rollback(w->db);
}

static void *writer_main(void *context)
{
    struct tb_writer *w = context;
    while (!is_ending(w) || w->lazy_count > 0) {
        struct tb_writer_job *first = batch_take(w);
        struct tb_writer_job *rest = first;
        if (!first && w->lazy_count > 0)
            (void)!lazy_commit(w);
        if (first && first->bare) {
            bare_run(w, first);
            rest = NULL;
        }
        while (rest)
            rest = batch_write(w, rest);
        batch_done(w, first);
        /* A checkpoint that fails loses nothing: the log still holds it all, and the next one tries again. */
        if (w->lazy_count == 0)
            (void)!tb_db_tend(w->db);
    }
    return NULL;
}

/* A condition whose waits end by the monotonic clock. */
static void condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

enum tb_err tb_writer_start(const struct tb_mailbox *mailbox, struct tb_db *db,
                            const struct tb_writer_options *options, struct tb_writer **ret_writer)
{
    struct tb_writer *w = calloc(1, sizeof *w);
    if (!w)
        return TB_ERR_NO_MEMORY;
    w->mailbox = *mailbox;
    w->db = db;
    w->job_max = options->job_max ? options->job_max : JOB_MAX_PRESET;
    w->batch_max = options->batch_max ? options->batch_max : BATCH_MAX_PRESET;
    w->lazy_max = options->lost ? (options->lazy_max ? options->lazy_max : LAZY_MAX_PRESET) : 0;
    w->lazy_ms = options->lazy_ms ? options->lazy_ms : LAZY_MS_PRESET;
    w->lazy_cache_kib = options->lazy_cache_kib;
    w->lost = options->lost;
    pthread_mutex_init(&w->lock, NULL);
    condition_init(&w->work);
    tb_db_defer_checkpoints(db);
    enum tb_err err = tb_thread_start(&w->thread, options->name, options->stack_size, writer_main, w);
    if (err) {
        pthread_cond_destroy(&w->work);
        pthread_mutex_destroy(&w->lock);
        free(w);
        return err;
    }
    *ret_writer = w;
    return TB_OK;
}

enum tb_err tb_writer_submit(struct tb_writer *writer, struct tb_writer_job *job)
{
    job->next = NULL;
    job->err = TB_OK;
    job->post.fn = job_posted;
    pthread_mutex_lock(&writer->lock);
    bool room = writer->job_count < writer->job_max && !writer->stopping;
    if (room) {
        if (writer->tail)
            writer->tail->next = job;
        else
            writer->head = job;
        writer->tail = job;
        writer->job_count++;
        pthread_cond_signal(&writer->work);
    }
    pthread_mutex_unlock(&writer->lock);
    return room ? TB_OK : TB_ERR_FULL;
}

struct tb_writer *tb_writer_stop(struct tb_writer *writer)
{
    if (!writer)
        return NULL;
    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    pthread_cond_destroy(&writer->work);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
    return NULL;
}
