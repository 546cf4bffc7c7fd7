/*
 * Worker: one thread that runs jobs which may block, in the order they were handed in.
 *
 * A job is embedded by its user and stays the worker's from submit to done. run() is called on the
 * worker's thread, done() on the mailbox's (the loop).
 * Thread rule: start, submit and stop on the mailbox's thread.
 * Limits: job_max jobs waiting; an idle worker does not wake up.
 */
#ifndef TB_HOST_WORKER_WORKER_H
#define TB_HOST_WORKER_WORKER_H

#include "core/base/err.h"
#include "host/loop/post.h"

#include <stddef.h>

struct tb_worker;

struct tb_worker_job {
    void (*run)(struct tb_worker_job *job);  /* worker's thread; may block */
    void (*done)(struct tb_worker_job *job); /* mailbox's thread; may submit or free the job */
    /* Worker's thread, instead of done(), when the worker was abandoned; may free the job. NULL: nothing. */
    void (*dropped)(struct tb_worker_job *job);
    void *context;              /* the user's; untouched */
    struct tb_worker_job *next; /* the worker's from here on */
    struct tb_post post;
};

struct tb_worker_options {
    const char *name;  /* of the thread, ≤ 15 bytes */
    size_t job_max;    /* jobs waiting or running at most; 0: 64 */
    size_t stack_size; /* bytes; 0: 256 KiB */
};

TB_MUST_USE enum tb_err tb_worker_start(const struct tb_mailbox *mailbox,
                                        const struct tb_worker_options *options,
                                        struct tb_worker **ret_worker);

/* TB_ERR_FULL when job_max jobs wait: the job is still the caller's. */
TB_MUST_USE enum tb_err tb_worker_submit(struct tb_worker *worker, struct tb_worker_job *job);

/*
 * Runs what waits, ends the thread (blocks for that) and returns NULL; accepts NULL. done() of jobs
 * that have run but whose post was not delivered yet comes with the mailbox's next turns; drain the
 * mailbox before freeing what those jobs refer to.
 */
struct tb_worker *tb_worker_stop(struct tb_worker *worker);

/*
 * For a worker whose job may hang: returns NULL at once; accepts NULL. From now on nothing is posted;
 * jobs that wait or run are given to dropped(), and the thread ends by itself when it can. What was
 * posted before still waits in the mailbox: take it back (tb_loop_unpost()).
 */
struct tb_worker *tb_worker_abandon(struct tb_worker *worker);

#endif
