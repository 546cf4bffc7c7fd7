#include "host/sqlite/writer.h"

#include "host/system/thread.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#define JOB_MAX_PRESET 256
#define BATCH_MAX_PRESET 64

struct tb_writer {
    struct tb_mailbox mailbox;
    struct tb_db *db;
    size_t job_max;
    size_t batch_max;
    pthread_t thread;

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

/* Takes the jobs of the next transaction; NULL when the writer is to end. Sleeps while there are none. */
static struct tb_writer_job *batch_take(struct tb_writer *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->head && !w->stopping)
        pthread_cond_wait(&w->work, &w->lock);
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

/*
 * Runs jobs from *first on and commits. Returns the first job that has not been run: SQLite rolls the
 * whole transaction back on some failures (no space, I/O), and what follows then needs a new one.
 */
static struct tb_writer_job *batch_write(struct tb_db *db, struct tb_writer_job *first)
{
    bool alone = !first->next;
    if (alone && first->single) {
        first->err = first->run(first, db);
        return NULL;
    }
    enum tb_err err = tb_db_begin(db);
    if (err) {
        batch_fail(first, NULL, err);
        return NULL;
    }
    for (struct tb_writer_job *job = first; job; job = job->next) {
        job->err = alone ? job->run(job, db) : job_run_apart(job, db);
        if (!tb_db_in_transaction(db)) {
            batch_fail(first, job->next, job->err ? job->err : TB_ERR_INTERNAL);
            return job->next;
        }
    }
    if (alone && first->err)
        tb_db_rollback(db);
    else if ((err = tb_db_commit(db)))
        batch_fail(first, NULL, err);
    return NULL;
}

static void *writer_main(void *context)
{
    struct tb_writer *w = context;
    for (struct tb_writer_job *first = batch_take(w); first; first = batch_take(w)) {
        struct tb_writer_job *rest = first;
        if (first->bare) {
            first->err = first->run(first, w->db);
            tb_db_rollback(w->db);
            rest = NULL;
        }
        while (rest)
            rest = batch_write(w->db, rest);
        batch_done(w, first);
        /* A checkpoint that fails loses nothing: the log still holds it all, and the next one tries again. */
        (void)!tb_db_tend(w->db);
    }
    return NULL;
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
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->work, NULL);
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
