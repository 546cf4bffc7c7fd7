/*
 * Engine queue: hands requests to the context engine on its own thread, in groups that share one
 * durable transaction, and brings the answers back to the loop.
 *
 * While a group is under way, further jobs gather for the next one: the busier the store, the more
 * requests share a commit. Reads of long feeds (tb_scope_is_bulk) and sums of the cohort wait in lines of
 * their own, at most TB_ENGINE_GROUP_BULK_MAX of them are in a group, behind all else in it: whoever asks for
 * anything else waits for the group under way and, unless there are more than fill one, for the next. Answers
 * come in the order in which the engine gave them, and for jobs of one line in the order of the jobs. Thread
 * rule: loop thread only, but tb_engine_job.run. Limits: TB_ENGINE_GROUP_MAX jobs per group; the number of
 * waiting jobs is bounded by what sessions may have open.
 */
#ifndef TB_CONTEXTD_GATEWAY_ENGINE_QUEUE_H
#define TB_CONTEXTD_GATEWAY_ENGINE_QUEUE_H

#include "contextd/port/engine.h"
#include "host/loop/loop.h"

#define TB_ENGINE_GROUP_BULK_MAX 4

struct tb_engine_queue;

/* Embedded by its user, who keeps it until done. */
struct tb_engine_job {
    struct tb_engine_request request; /* answered, unless run is set */
    /* Instead of a request: called on the engine's thread, between groups. */
    void (*run)(struct tb_engine_job *job, struct tb_context_engine *engine);
    /* Loop thread; answer is borrowed for the call, NULL after run. May free the job. */
    void (*done)(struct tb_engine_job *job, const struct tb_engine_answer *answer);
    void *context;              /* the user's; untouched */
    struct tb_engine_job *next; /* the queue's from here on */
};

/* Loop and engine are borrowed until tb_engine_queue_stop(). */
TB_MUST_USE enum tb_err tb_engine_queue_start(struct tb_loop *loop, struct tb_context_engine *engine,
                                              struct tb_engine_queue **ret_queue);

void tb_engine_queue_submit(struct tb_engine_queue *queue, struct tb_engine_job *job);

/*
 * Ends the thread after the group that is under way (blocks for that); jobs that have not run are dropped
 * through `drop`, which may free them. Accepts NULL, returns NULL.
 */
struct tb_engine_queue *tb_engine_queue_stop(struct tb_engine_queue *queue,
                                             void (*drop)(struct tb_engine_job *job));

#endif
