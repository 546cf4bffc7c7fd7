/*
 * Writer: the one thread that writes a database file, in group commits.
 *
 * Jobs that wait together run inside one transaction, each in a savepoint of its own (none when it is
 * alone), so that a failing job undoes only itself. A job of one statement that is alone needs no transaction
 * around it. done() is called on the mailbox's thread (the loop)
 * after COMMIT: with TB_OK the job's effect is as durable as the connection's sync setting says. After a
 * failed COMMIT every job of the group is done with that error and nothing of it was stored.
 * Checkpoints run on the writer's thread after the completions have been posted.
 *
 * A lazy job, one of many that fill a file, does not wait for its COMMIT: done() comes when it has run, and
 * the transaction stays open for those behind it, until one comes that is not lazy, lazy_max of them have
 * run, or lazy_ms have passed. Should the transaction fail after that, options.lost is posted: the effect of
 * the lazy jobs since the last other one is not stored. For whoever can fetch again what they brought. Thread
 * rule: start, submit and stop on the mailbox's thread; the connection is the writer's from start to stop.
 * Limits: job_max jobs waiting, batch_max per transaction; an idle writer does not wake up.
 */
#ifndef TB_HOST_SQLITE_WRITER_H
#define TB_HOST_SQLITE_WRITER_H

#include "host/loop/post.h"
#include "host/sqlite/db.h"

struct tb_writer;

struct tb_writer_job {
    /* Writer's thread, inside the transaction (the statement's own, if single); an error undoes this job
     * only. */
    enum tb_err (*run)(struct tb_writer_job *job, struct tb_db *db);
    /* Mailbox's thread, after COMMIT; may submit or free the job. */
    void (*done)(struct tb_writer_job *job, enum tb_err err);
    void *context;   /* the user's; untouched */
    bool single;     /* run() changes the file by one statement */
    bool lazy;       /* see above */
    bool bare;       /* run() outside a transaction and alone: checkpoints, erasures with their own commit */
    enum tb_err err; /* the writer's from here on */
    struct tb_writer_job *next;
    struct tb_post post;
};

struct tb_writer_options {
    const char *name;        /* of the thread, ≤ 15 bytes */
    size_t job_max;          /* jobs submitted and not done; 0: 256 */
    size_t batch_max;        /* jobs per transaction; 0: 64 */
    size_t stack_size;       /* bytes; 0: 256 KiB */
    size_t lazy_max;         /* lazy jobs per transaction; 0: 40 */
    unsigned lazy_ms;        /* 0: 250 */
    unsigned lazy_cache_kib; /* page cache while lazy jobs leave a transaction open; 0: as always */
    struct tb_post *lost;    /* borrowed, fn set; needed when there are lazy jobs */
};

/* db is borrowed until tb_writer_stop(). */
TB_MUST_USE enum tb_err tb_writer_start(const struct tb_mailbox *mailbox, struct tb_db *db,
                                        const struct tb_writer_options *options,
                                        struct tb_writer **ret_writer);

/* TB_ERR_FULL when job_max jobs wait: the job is still the caller's. */
TB_MUST_USE enum tb_err tb_writer_submit(struct tb_writer *writer, struct tb_writer_job *job);

/*
 * Writes what waits, ends the thread (blocks for that) and returns NULL; accepts NULL. done() of the
 * last jobs comes with the mailbox's next turns; drain it before freeing what they refer to.
 */
struct tb_writer *tb_writer_stop(struct tb_writer *writer);

#endif
