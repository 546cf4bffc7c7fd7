#include "contextd/gateway/engine_queue.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "host/worker/worker.h"

#include <stdlib.h>

#define STACK_SIZE ((size_t)1024 * 1024) /* SQLite and an engine's own frames */

/* Where the answer to one job of a group is built. */
struct place {
    struct tb_engine_job *job;
    struct tb_arena arena;
    struct tb_engine_answer answer;
    uint8_t *memory; /* owned; TB_ENGINE_ARENA_SIZE bytes, made when first needed */
};

/* Jobs of one kind of urgency, oldest first. */
struct line {
    struct tb_engine_job *head;
    struct tb_engine_job *tail;
};

enum lane { LANE_URGENT, LANE_COHORT, LANE_CATALOGUE, LANE_COUNT };

/*
 * Places of a group. A read of a long feed takes a few milliseconds, and everybody in a group waits for the
 * whole of it: so few of them are in one, and they go on all the same when there is always something urgent.
 */
static const size_t lane_places[LANE_COUNT] = {
    [LANE_URGENT] = TB_ENGINE_GROUP_MAX - TB_ENGINE_GROUP_BULK_MAX,
    [LANE_COHORT] = TB_ENGINE_GROUP_BULK_MAX - 1,
    [LANE_CATALOGUE] = 1,
};

struct tb_engine_queue {
    struct tb_loop *loop;
    struct tb_context_engine *engine;
    struct tb_worker *worker;
    struct tb_worker_job group;
    bool busy; /* the group is the worker's */
    struct line lines[LANE_COUNT];
    size_t place_count;
    struct place places[TB_ENGINE_GROUP_MAX];
};

/* ---- engine's thread ---- */

static void answer_run(struct tb_engine_queue *q)
{
    struct tb_engine_call calls[TB_ENGINE_GROUP_MAX];
    size_t count = 0;
    for (size_t i = 0; i < q->place_count; i++) {
        struct place *p = &q->places[i];
        if (p->job->run != NULL)
            continue;
        calls[count++] = (struct tb_engine_call){
            .request = &p->job->request, .arena = &p->arena, .ret_answer = &p->answer};
    }
    if (count > 0)
        q->engine->ops->answer(q->engine, calls, count);
}

static void group_run(struct tb_worker_job *worker_job)
{
    struct tb_engine_queue *q = worker_job->context;
    answer_run(q);
    for (size_t i = 0; i < q->place_count; i++) {
        struct tb_engine_job *job = q->places[i].job;
        if (job->run != NULL)
            job->run(job, q->engine);
    }
}

/* ---- loop's thread ---- */

static enum lane lane_of(const struct tb_engine_job *job)
{
    const struct tb_engine_request *request = &job->request;
    if (job->run != NULL)
        return LANE_URGENT;
    if (request->ask == TB_ENGINE_CHECKSUM)
        return LANE_COHORT;
    if (request->ask != TB_ENGINE_FEED || !tb_scope_is_bulk(&request->feed.scope))
        return LANE_URGENT;
    return request->feed.scope.kind == TB_SCOPE_CATALOGUE ? LANE_CATALOGUE : LANE_COHORT;
}

static void line_add(struct line *line, struct tb_engine_job *job)
{
    job->next = NULL;
    if (line->tail != NULL)
        line->tail->next = job;
    else
        line->head = job;
    line->tail = job;
}

static struct tb_engine_job *line_take(struct line *line)
{
    struct tb_engine_job *job = line->head;
    if (job == NULL)
        return NULL;
    line->head = job->next;
    if (line->head == NULL)
        line->tail = NULL;
    job->next = NULL;
    return job;
}

static bool place_fill(struct place *p, struct tb_engine_job *job)
{
    if (p->memory == NULL)
        p->memory = malloc(TB_ENGINE_ARENA_SIZE);
    if (p->memory == NULL)
        return false;
    p->job = job;
    p->arena = tb_arena_of(p->memory, TB_ENGINE_ARENA_SIZE);
    return true;
}

static void group_done(struct tb_worker_job *worker_job);

/* False without memory for one more place: then the group is smaller. The first place is made at the start.
 */
static bool lane_gather(struct tb_engine_queue *q, enum lane lane)
{
    for (size_t i = 0; i < lane_places[lane] && q->lines[lane].head != NULL; i++) {
        if (!place_fill(&q->places[q->place_count], q->lines[lane].head))
            return false;
        (void)line_take(&q->lines[lane]);
        q->place_count++;
    }
    return true;
}

static void group_start(struct tb_engine_queue *q)
{
    q->place_count = 0;
    for (unsigned lane = 0; lane < LANE_COUNT; lane++)
        if (!lane_gather(q, (enum lane)lane))
            break;
    if (q->place_count == 0)
        return;
    q->busy = true;
    enum tb_err err = tb_worker_submit(q->worker, &q->group);
    TB_ASSERT(err == TB_OK); /* only one group is ever under way */
}

static void group_done(struct tb_worker_job *worker_job)
{
    struct tb_engine_queue *q = worker_job->context;
    for (size_t i = 0; i < q->place_count; i++) {
        struct place *p = &q->places[i];
        bool answered = p->job->run == NULL;
        p->job->done(p->job, answered ? &p->answer : NULL);
        p->job = NULL;
        tb_arena_release(&p->arena, 0);
    }
    q->busy = false;
    group_start(q);
}

void tb_engine_queue_submit(struct tb_engine_queue *queue, struct tb_engine_job *job)
{
    line_add(&queue->lines[lane_of(job)], job);
    if (!queue->busy)
        group_start(queue);
}

enum tb_err tb_engine_queue_start(struct tb_loop *loop, struct tb_context_engine *engine,
                                  struct tb_engine_queue **ret_queue)
{
    struct tb_engine_queue *q = calloc(1, sizeof *q);
    if (q == NULL)
        return TB_ERR_NO_MEMORY;
    q->loop = loop;
    q->engine = engine;
    q->group = (struct tb_worker_job){.run = group_run, .done = group_done, .context = q};
    q->places[0].memory = malloc(TB_ENGINE_ARENA_SIZE);
    enum tb_err err = q->places[0].memory != NULL ? TB_OK : TB_ERR_NO_MEMORY;
    const struct tb_worker_options options = {.name = "engine", .stack_size = STACK_SIZE};
    if (err == TB_OK)
        err = tb_worker_start(tb_loop_mailbox(loop), &options, &q->worker);
    if (err != TB_OK) {
        free(q->places[0].memory);
        free(q);
        return err;
    }
    *ret_queue = q;
    return TB_OK;
}

struct tb_engine_queue *tb_engine_queue_stop(struct tb_engine_queue *queue,
                                             void (*drop)(struct tb_engine_job *job))
{
    if (queue == NULL)
        return NULL;
    queue->worker = tb_worker_stop(queue->worker);
    tb_loop_unpost(queue->loop, &queue->group.post);
    /* What the last group decided is durable; its clients ask again when they are back. */
    for (size_t i = 0; i < queue->place_count && queue->busy; i++)
        drop(queue->places[i].job);
    for (size_t lane = 0; lane < LANE_COUNT; lane++)
        for (struct tb_engine_job *job; (job = line_take(&queue->lines[lane])) != NULL;)
            drop(job);
    for (size_t i = 0; i < TB_ENGINE_GROUP_MAX; i++) {
        if (queue->places[i].memory != NULL)
            tb_wipe(queue->places[i].memory, TB_ENGINE_ARENA_SIZE);
        free(queue->places[i].memory);
    }
    free(queue);
    return NULL;
}
