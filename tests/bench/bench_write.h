/*
 * What the benchmarks of durable writes share: jobs of a writer's thread, one after the other, each from the
 * loop's turn that hands it in to the turn that knows it is safe, beside a bare write and sync of as many
 * bytes into a file that is already there.
 */
#ifndef TB_TESTS_BENCH_BENCH_WRITE_H
#define TB_TESTS_BENCH_BENCH_WRITE_H

#include "core/base/assert.h"
#include "host/loop/loop.h"
#include "host/sqlite/writer.h"
#include "tests/bench/bench.h"

#include <fcntl.h>
#include <unistd.h>

#define CHECK(call) bench_need_ok(call, #call)

enum {
    BENCH_RAW_WRITE_MAX = 1024,
    BENCH_RAW_FILE_SIZE = 8 << 20,
    BENCH_OP_COUNT_MAX = 150,
};

struct bench_write {
    size_t op_count, raw_size; /* of a round; of a bare write */
    const char *name;          /* of the writer's thread */
    bool single;               /* as in struct tb_writer_job */
    enum tb_err (*run)(void *context);
    void *context;

    double raw_us[BENCH_OP_COUNT_MAX], own_us[BENCH_OP_COUNT_MAX]; /* of the last round */

    struct tb_loop *loop;
    struct tb_writer *writer;
    struct tb_writer_job job;
    int raw_fd;
    off_t raw_at;
    double submitted_us;
    size_t op;
};

/* Makes the loop, and the file for bare writes in the folder. */
static inline void bench_write_open(struct bench_write *w, const char *folder)
{
    static const uint8_t zeros[1 << 16];
    const struct tb_loop_options options = {0};
    char path[300];
    CHECK(tb_loop_create(&options, &w->loop));
    snprintf(path, sizeof path, "%s/raw", folder);
    w->raw_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (off_t at = 0; at < BENCH_RAW_FILE_SIZE; at += (off_t)sizeof zeros) {
        ssize_t done = pwrite(w->raw_fd, zeros, sizeof zeros, at);
        TB_ASSERT(done == (ssize_t)sizeof zeros);
    }
    int rc = fsync(w->raw_fd);
    TB_ASSERT(rc == 0);
}

static inline void bench_write_close(struct bench_write *w)
{
    tb_loop_free(w->loop);
    close(w->raw_fd);
}

/* What one bare write and sync takes. */
static inline double bench_write_raw(struct bench_write *w)
{
    static const uint8_t bytes[BENCH_RAW_WRITE_MAX];
    double start_us = bench_now_us();
    ssize_t done = pwrite(w->raw_fd, bytes, w->raw_size, w->raw_at);
    int rc = fdatasync(w->raw_fd);
    TB_ASSERT(done == (ssize_t)w->raw_size && rc == 0);
    w->raw_at = (w->raw_at + done) % (BENCH_RAW_FILE_SIZE - BENCH_RAW_WRITE_MAX);
    return bench_now_us() - start_us;
}

static inline enum tb_err bench_write_run(struct tb_writer_job *job, struct tb_db *db)
{
    struct bench_write *w = job->context;
    (void)db;
    return w->run(w->context);
}

static inline void bench_write_submit(struct bench_write *w)
{
    w->raw_us[w->op] = bench_write_raw(w);
    w->submitted_us = bench_now_us();
    CHECK(tb_writer_submit(w->writer, &w->job));
}

static inline void bench_write_done(struct tb_writer_job *job, enum tb_err err)
{
    struct bench_write *w = job->context;
    CHECK(err);
    w->own_us[w->op++] = bench_now_us() - w->submitted_us;
    if (w->op == w->op_count)
        tb_loop_stop(w->loop);
    else
        bench_write_submit(w);
}

/* One round through the writer's thread of this database. */
static inline void bench_write_round(struct bench_write *w, struct tb_db *db)
{
    const struct tb_writer_options options = {.name = w->name};
    CHECK(tb_writer_start(tb_loop_mailbox(w->loop), db, &options, &w->writer));
    w->op = 0;
    w->job = (struct tb_writer_job){
        .run = bench_write_run, .done = bench_write_done, .context = w, .single = w->single};
    bench_write_submit(w);
    CHECK(tb_loop_run(w->loop));
    w->writer = tb_writer_stop(w->writer);
}

#endif
