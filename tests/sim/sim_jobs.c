/*
 * What agent/app/storage does, without threads: each file has its queue; what a job brought is told to the
 * machine later, and a crash may come in between. Verdicts go into the outbox when their rows are in the
 * cache; a save is not written behind one of its feed that failed, nor behind one that was lost with the
 * transaction of lazy jobs.
 */
#include "tests/sim/sim.h"

#include "core/base/assert.h"

#include <stdlib.h>

struct sim_job *job_new(struct sim_client *c, enum sim_file file, enum sim_job_kind kind)
{
    struct sim *s = c->sim;
    struct sim_jobs *jobs = &c->files[file];
    SIM_CHECK(s, jobs->count < SIM_QUEUE_MAX, "a client's job queue is full");
    struct sim_job *job = malloc(sizeof *job);
    SIM_CHECK(s, job != NULL, "out of memory");
    memset(job, 0, offsetof(struct sim_job, rows));
    memset(&job->verdict_count, 0, sizeof *job - offsetof(struct sim_job, verdict_count));
    job->kind = kind;
    job->fails = s->faults.disk_errors && !s->quiet && sim_one_in(s, 12);
    jobs->at[jobs->count++] = job;
    return job;
}

void jobs_drop(struct sim_client *c)
{
    for (size_t file = 0; file < SIM_FILE_COUNT; file++) {
        struct sim_jobs *jobs = &c->files[file];
        for (size_t i = 0; i < jobs->count; i++)
            free(jobs->at[i]);
        *jobs = (struct sim_jobs){0};
    }
}

/* ---- what the machine wants ---- */

/* The queue has no room just now. */
static bool cannot_begin(struct sim_client *c)
{
    return c->sim->faults.disk_errors && !c->sim->quiet && sim_one_in(c->sim, 30);
}

static void job_rows(struct sim_job *job, const struct tb_rows *rows)
{
    job->row_count = rows->count;
    for (size_t i = 0; i < rows->count; i++) {
        job->rows[i] = rows->at[i];
        job->hashes[i] = sim_hash(rows->at[i].doc);
    }
}

static void decide_queue(struct sim_client *c, const struct tb_client_action *action)
{
    if (cannot_begin(c)) {
        tb_client_decided(&c->machine, action->decide.ticket, TB_ERR_FULL, c->sim->now_ms);
        return;
    }
    struct sim_job *job = job_new(c, FILE_CACHE, JOB_DECIDE_ROWS);
    job_rows(job, &action->decide.rows);
    job->ticket = action->decide.ticket;
    job->verdict_count = action->decide.count;
    memcpy(job->verdicts, action->decide.verdicts, action->decide.count * sizeof job->verdicts[0]);
}

/* Of which pages need not be committed alone, and whose cursor says so when they are lost. */
static bool scope_is_bulk(const struct tb_scope *scope)
{
    return scope->kind == TB_SCOPE_COHORT || scope->kind == TB_SCOPE_CATALOGUE;
}

static void save_queue(struct sim_client *c, const struct tb_client_action *action)
{
    bool device = action->save.scope.kind == TB_SCOPE_DEVICE;
    if (cannot_begin(c)) {
        c->feed_failed[disk_feed(&c->disk, &action->save.scope)] = true;
        tb_client_saved(&c->machine, action->save.ticket, TB_ERR_FULL, c->sim->now_ms);
        return;
    }
    struct sim_job *job = job_new(c, device ? FILE_STATE : FILE_CACHE, JOB_SAVE);
    job->ticket = action->save.ticket;
    job->scope = action->save.scope;
    job->first = action->save.first;
    job->lazy = action->save.more && scope_is_bulk(&job->scope);
    job->from = action->save.from;
    job->cursor = action->save.cursor;
    job_rows(job, &action->save.rows);
}

static void read_queue(struct sim_client *c, const struct tb_client_action *action)
{
    if (cannot_begin(c)) {
        tb_client_read(&c->machine, action->read.ticket, &(struct tb_client_rows){.err = TB_ERR_FULL},
                       c->sim->now_ms);
        return;
    }
    struct sim_job *job = job_new(c, FILE_OUTBOX, JOB_READ);
    job->ticket = action->read.ticket;
    job->from_seq = action->read.from_seq;
    job->count_max = action->read.count_max;
}

static void welcome_queue(struct sim_client *c, const struct tb_client_action *action)
{
    if (action->welcome.epoch_changed || c->disk.cache.epoch[0] == '\0') {
        struct sim_job *job = job_new(c, FILE_CACHE, JOB_WELCOME);
        job->fails = false;
        memcpy(job->epoch, action->welcome.welcome->epoch, sizeof job->epoch);
    }
    struct sim_job *job = job_new(c, FILE_STATE, JOB_WELCOME);
    job->fails = false;
    memcpy(job->epoch, action->welcome.welcome->epoch, sizeof job->epoch);
}

void jobs_act(struct sim_client *c, const struct tb_client_action *action)
{
    if (action->act == TB_CLIENT_WELCOME)
        welcome_queue(c, action);
    else if (action->act == TB_CLIENT_READ)
        read_queue(c, action);
    else if (action->act == TB_CLIENT_SAVE)
        save_queue(c, action);
    else
        decide_queue(c, action);
}

/* ---- on the file's thread ---- */

static void store_run(struct sim *s, struct sim_client *c, struct sim_job *job)
{
    struct sim_outbox *outbox = &c->disk.outbox;
    if (outbox->next_seq >= SIM_OUTBOX_MAX)
        job->fails = true;
    if (job->fails)
        return; /* never acknowledged to the person */
    job->mutation.seq = outbox->next_seq++;
    outbox->rows[job->mutation.seq] = (struct sim_outbox_row){.mutation = job->mutation};
    outbox_file_store(s, c, &job->mutation);
}

static bool cursor_equal(const struct tb_cursor *a, const struct tb_cursor *b)
{
    return tb_span_equal(tb_span_of(a->bytes, a->size), tb_span_of(b->bytes, b->size));
}

static enum tb_err save_judge(const struct sim_client *c, const struct sim_job *job,
                              const struct tb_cursor *saved)
{
    if (job->fails)
        return TB_ERR_IO;
    if (c->feed_failed[disk_feed(&c->disk, &job->scope)] && !job->first)
        return TB_ERR_AGAIN;
    bool follows = job->from.size == 0 || cursor_equal(&job->from, saved);
    return !scope_is_bulk(&job->scope) || follows ? TB_OK : TB_ERR_CONFLICT;
}

static void save_run(struct sim *s, struct sim_client *c, struct sim_job *job)
{
    size_t feed = disk_feed(&c->disk, &job->scope);
    SIM_CHECK(s, feed < c->disk.feed_count, "rows of a scope that nobody opened");
    struct sim_rows *rows = disk_rows(&c->disk, &job->scope);
    job->err = save_judge(c, job, &rows->cursors[feed]);
    c->feed_failed[feed] = job->err != TB_OK;
    if (job->err != TB_OK)
        return;
    if (job->lazy)
        cache_lazy_begin(&c->disk);
    rows_store(s, rows, job);
    rows->cursors[feed] = job->cursor;
    if (rows == &c->disk.cache && !job->lazy)
        cache_committed(s, &c->disk);
    check_cursor(s, c, feed);
}

static void decide_run(struct sim *s, struct sim_client *c, const struct sim_job *job)
{
    struct sim_outbox *outbox = &c->disk.outbox;
    for (size_t i = 0; i < job->verdict_count && !job->fails; i++) {
        const struct tb_verdict *verdict = &job->verdicts[i];
        SIM_CHECK(s, verdict->seq >= 1 && verdict->seq < outbox->next_seq, "a verdict on nothing");
        SIM_CHECK(s, verdict->kind != TB_VERDICT_RETRY, "a retry is no decision");
        struct sim_outbox_row *row = &outbox->rows[verdict->seq];
        bool was = row->verdict == TB_VERDICT_REJECTED;
        bool is = verdict->kind == TB_VERDICT_REJECTED;
        /* After a restore it may be judged anew, on another cart. */
        SIM_CHECK(s, !row->decided || s->restored || was == is, "a verdict changed");
        row->decided = true;
        row->verdict = verdict->kind;
    }
    if (!job->fails)
        outbox_file_decide(s, c, job->verdicts, job->verdict_count);
}

static void decide_rows_run(struct sim *s, struct sim_client *c, struct sim_job *job)
{
    if (job->fails)
        return;
    rows_store(s, &c->disk.cache, job);
    cache_committed(s, &c->disk);
}

static void welcome_run(struct sim *s, struct sim_client *c, enum sim_file file, const struct sim_job *job)
{
    rows_set_epoch(file == FILE_CACHE ? &c->disk.cache : &c->disk.state, job->epoch);
    if (file == FILE_CACHE)
        cache_committed(s, &c->disk);
}

/* Told before the job that runs now. */
static void lazy_lose(struct sim *s, struct sim_client *c)
{
    struct sim_jobs *jobs = &c->files[FILE_CACHE];
    struct sim_job *lost = job_new(c, FILE_CACHE, JOB_LOST);
    lost->fails = false;
    memmove(jobs->at + jobs->ran_count + 1, jobs->at + jobs->ran_count,
            (jobs->count - 1 - jobs->ran_count) * sizeof(struct sim_job *));
    jobs->at[jobs->ran_count++] = lost;
    cache_lazy_undo(&c->disk);
    s->totals.losses++;
}

/* What lazy jobs left open is committed before this job, with it, or still later; or fails to be. */
static void lazy_settle(struct sim *s, struct sim_client *c, struct sim_job *job)
{
    bool joins = job->kind == JOB_SAVE || job->kind == JOB_DECIDE_ROWS;
    bool breaks = s->faults.disk_errors && !s->quiet && sim_one_in(s, 6);
    if (joins && !job->lazy && breaks)
        job->fails = true; /* with them */
    if (breaks)
        lazy_lose(s, c);
    else if (!joins || job->fails || sim_one_in(s, 3))
        cache_committed(s, &c->disk);
}

void jobs_run(struct sim *s, struct sim_client *c, enum sim_file file)
{
    struct sim_jobs *jobs = &c->files[file];
    if (file == FILE_CACHE && c->disk.lazy_open)
        lazy_settle(s, c, jobs->at[jobs->ran_count]);
    struct sim_job *job = jobs->at[jobs->ran_count++];
    if (s->faults.disk_slow && !s->quiet && sim_one_in(s, 4))
        jobs->busy_until_ms = s->now_ms + sim_below(s, 500);
    switch (job->kind) {
    case JOB_STORE: store_run(s, c, job); break;
    case JOB_READ: break; /* as it is when it is told: nothing but appends happens to what is read */
    case JOB_SAVE: save_run(s, c, job); break;
    case JOB_DECIDE_ROWS: decide_rows_run(s, c, job); break;
    case JOB_DECIDE: decide_run(s, c, job); break;
    case JOB_WELCOME: welcome_run(s, c, file, job); break;
    case JOB_CHECKPOINT: cache_checkpoint(&c->disk); break;
    case JOB_LOST: break;
    }
    if (job->fails)
        job->err = TB_ERR_IO;
}

/* ---- on the loop ---- */

static size_t mutation_text(const struct tb_mutation *m, char *ret_text)
{
    struct tb_buf to = tb_buf_of(ret_text, TB_MUTATION_JSON_SIZE_MAX);
    struct tb_json_writer w = tb_json_writer_of(&to);
    tb_mutation_encode(&w, NULL, m);
    TB_ASSERT(to.err == TB_OK);
    return to.size;
}

static void store_tell(struct sim *s, struct sim_client *c, const struct sim_job *job)
{
    static char text[TB_MUTATION_JSON_SIZE_MAX];
    if (job->err != TB_OK)
        return;
    size_t size = mutation_text(&job->mutation, text);
    tb_client_stored(&c->machine, job->mutation.seq, tb_span_of(text, size), s->now_ms);
}

static void read_tell(struct sim *s, struct sim_client *c, const struct sim_job *job)
{
    static char texts[TB_CLIENT_WINDOW][TB_MUTATION_JSON_SIZE_MAX];
    struct tb_client_row rows[TB_CLIENT_WINDOW];
    struct tb_client_rows answer = {.err = job->err, .at = rows};
    const struct sim_outbox *outbox = &c->disk.outbox;
    for (int64_t seq = job->from_seq; seq < outbox->next_seq && answer.count < job->count_max; seq++) {
        size_t size = mutation_text(&outbox->rows[seq].mutation, texts[answer.count]);
        rows[answer.count] =
            (struct tb_client_row){.seq = seq, .mutation = tb_span_of(texts[answer.count], size)};
        answer.count++;
    }
    tb_client_read(&c->machine, job->ticket, &answer, s->now_ms);
}

static void decide_rows_tell(struct sim *s, struct sim_client *c, const struct sim_job *job)
{
    if (job->err != TB_OK) {
        tb_client_decided(&c->machine, job->ticket, job->err, s->now_ms);
        return;
    }
    struct sim_job *next = job_new(c, FILE_OUTBOX, JOB_DECIDE);
    next->ticket = job->ticket;
    next->verdict_count = job->verdict_count;
    memcpy(next->verdicts, job->verdicts, sizeof next->verdicts);
}

static void lost_tell(struct sim *s, struct sim_client *c)
{
    for (size_t i = 0; i < c->disk.feed_count; i++)
        if (scope_is_bulk(&c->disk.feeds[i]))
            tb_client_feed_lost(&c->machine, &c->disk.feeds[i], s->now_ms);
}

static void save_tell(struct sim *s, struct sim_client *c, const struct sim_job *job)
{
    if (job->err == TB_ERR_CONFLICT)
        lost_tell(s, c);
    tb_client_saved(&c->machine, job->ticket, job->err, s->now_ms);
}

void jobs_tell(struct sim *s, struct sim_client *c, enum sim_file file)
{
    struct sim_jobs *jobs = &c->files[file];
    struct sim_job *job = jobs->at[0];
    jobs->ran_count--;
    memmove(jobs->at, jobs->at + 1, --jobs->count * sizeof(struct sim_job *));
    switch (job->kind) {
    case JOB_STORE: store_tell(s, c, job); break;
    case JOB_READ: read_tell(s, c, job); break;
    case JOB_SAVE: save_tell(s, c, job); break;
    case JOB_DECIDE_ROWS: decide_rows_tell(s, c, job); break;
    case JOB_DECIDE: tb_client_decided(&c->machine, job->ticket, job->err, s->now_ms); break;
    case JOB_LOST: lost_tell(s, c); break;
    case JOB_WELCOME:
    case JOB_CHECKPOINT: break;
    }
    free(job);
}
