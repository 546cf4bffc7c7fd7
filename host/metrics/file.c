#include "host/metrics/file.h"

#include "host/log/log.h"
#include "host/system/system.h"
#include "host/worker/worker.h"

#include <stdlib.h>

#define PATH_SIZE 256

/* One text on its way to the disk; outlives the file when the disk does not answer. */
struct writing {
    struct tb_worker_job job;
    struct tb_metrics_file *file; /* for done() alone */
    enum tb_err err;
    char path[PATH_SIZE];
    size_t size;
    uint8_t text[TB_METRICS_TEXT_SIZE_MAX];
};

struct tb_metrics_file {
    struct tb_loop *loop;
    struct tb_timer timer;
    struct tb_worker *worker;
    struct tb_metrics_file_options options; /* its path is writing's */
    struct writing *writing;                /* the worker's while under way */
    bool under_way;
    int64_t begun_ms; /* if it is */
    struct tb_metrics_file_state state;
};

static void state_set(struct tb_metrics_file *f, enum tb_err err)
{
    bool first = f->state.since_wall_ms == 0;
    if (!first && f->state.err == err)
        return;
    f->state = (struct tb_metrics_file_state){.err = err, .since_wall_ms = tb_loop_wall_ms(f->loop)};
    if (err != TB_OK)
        tb_log(TB_LOG_WARN, TB_EVENT("metrics", "not_written"), tb_log_str("file", f->options.path),
               tb_log_err(err));
    else if (!first)
        tb_log(TB_LOG_INFO, TB_EVENT("metrics", "written"), tb_log_str("file", f->options.path));
    if (f->options.changed)
        f->options.changed(f->options.context);
}

static void writing_run(struct tb_worker_job *job)
{
    struct writing *w = job->context;
    w->err = tb_file_replace(w->path, tb_span_of(w->text, w->size), 0644);
}

static void writing_done(struct tb_worker_job *job)
{
    struct writing *w = job->context;
    struct tb_metrics_file *f = w->file;
    f->under_way = false;
    state_set(f, w->err);
}

static void writing_dropped(struct tb_worker_job *job)
{
    free(job->context);
}

static void text_hand_over(struct tb_metrics_file *f)
{
    struct writing *w = f->writing;
    struct tb_buf b = tb_buf_of(w->text, sizeof w->text);
    tb_metrics_render(f->options.registry, &b);
    w->size = b.size;
    f->begun_ms = tb_loop_now_ms(f->loop);
    enum tb_err err = b.err;
    if (err == TB_OK)
        err = tb_worker_submit(f->worker, &w->job);
    if (err == TB_OK)
        f->under_way = true;
    else
        state_set(f, err);
}

static void due(struct tb_timer *timer)
{
    struct tb_metrics_file *f = timer->context;
    tb_timer_set(f->loop, timer, f->options.interval_ms, due);
    if (!f->under_way)
        text_hand_over(f);
    else if (tb_loop_now_ms(f->loop) - f->begun_ms >= f->options.late_ms)
        state_set(f, TB_ERR_TIMEOUT);
}

static enum tb_err parts_open(struct tb_metrics_file *f)
{
    const struct tb_worker_options options = {.name = "metrics", .job_max = 1};
    struct writing *w = f->writing = calloc(1, sizeof *f->writing);
    if (!w)
        return TB_ERR_NO_MEMORY;
    w->job = (struct tb_worker_job){
        .run = writing_run, .done = writing_done, .dropped = writing_dropped, .context = w};
    w->file = f;
    enum tb_err err = tb_span_to_str(tb_span_str(f->options.path), w->path, sizeof w->path);
    f->options.path = w->path;
    if (err == TB_OK)
        err = tb_worker_start(tb_loop_mailbox(f->loop), &options, &f->worker);
    return err;
}

enum tb_err tb_metrics_file_open(struct tb_loop *loop, const struct tb_metrics_file_options *options,
                                 struct tb_metrics_file **ret_file)
{
    struct tb_metrics_file *f = calloc(1, sizeof *f);
    if (!f)
        return TB_ERR_NO_MEMORY;
    f->loop = loop;
    f->options = *options;
    f->timer.context = f;
    enum tb_err err = parts_open(f);
    if (err != TB_OK) {
        *ret_file = tb_metrics_file_close(f);
        return err;
    }
    tb_timer_set(loop, &f->timer, 0, due);
    *ret_file = f;
    return TB_OK;
}

struct tb_metrics_file *tb_metrics_file_close(struct tb_metrics_file *file)
{
    if (!file)
        return NULL;
    tb_timer_cancel(&file->timer);
    file->worker = tb_worker_abandon(file->worker);
    /* Written but not told of: ours again. Otherwise the worker frees it. */
    if (!file->under_way || tb_loop_unpost(file->loop, &file->writing->job.post))
        free(file->writing);
    free(file);
    return NULL;
}

struct tb_metrics_file_state tb_metrics_file_state(const struct tb_metrics_file *file)
{
    return file->state;
}
