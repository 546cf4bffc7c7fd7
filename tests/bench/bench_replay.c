/*
 * What it costs a tap that is good once: its claim in the replay memory, from the loop's turn that hands it
 * in to the turn that knows it is safe, against writing one page into a file that is already there and
 * syncing it. The memory holds NAME_COUNT names. bench_replay <folder on the disk to measure>
 */
#include "agent/cache/replay.h"
#include "core/base/assert.h"
#include "host/loop/loop.h"
#include "host/sqlite/writer.h"
#include "host/system/system.h"
#include "tests/bench/bench.h"

#include <fcntl.h>
#include <unistd.h>

#define ROUND_COUNT 11
#define OP_COUNT 100
#define NAME_COUNT 20000
#define PAGE_SIZE 1024
#define RAW_FILE_SIZE ((off_t)8 << 20)
#define WALL_MS INT64_C(1790000000000)

#define CHECK(call) bench_need_ok(call, #call)

static struct bench {
    struct tb_state state;
    struct tb_sealer sealer;
    struct tb_loop *loop;
    struct tb_writer *writer;
    struct tb_writer_job job;
    int raw_fd;
    off_t raw_at;
    uint64_t number; /* of the claim that comes next */
    double submitted_us;
    size_t op;
    double raw_us[OP_COUNT], own_us[OP_COUNT];
} bench;

static enum tb_err claim(struct bench *b)
{
    struct tb_replay replay = {.rule = TB_REPLAY_ONCE, .forget_ms = INT64_MAX};
    bool fresh = false;
    memcpy(replay.name, &b->number, sizeof b->number);
    b->number++;
    enum tb_err err = tb_replay_claim(&b->state, &replay, WALL_MS, &fresh);
    TB_ASSERT(err != TB_OK || fresh);
    return err;
}

static void fill(struct bench *b)
{
    CHECK(tb_db_begin(b->state.db));
    for (size_t i = 0; i < NAME_COUNT; i++)
        CHECK(claim(b));
    CHECK(tb_db_commit(b->state.db));
}

static double raw_write(struct bench *b)
{
    static const uint8_t bytes[PAGE_SIZE];
    double start_us = bench_now_us();
    ssize_t done = pwrite(b->raw_fd, bytes, sizeof bytes, b->raw_at);
    int rc = fdatasync(b->raw_fd);
    TB_ASSERT(done == (ssize_t)sizeof bytes && rc == 0);
    b->raw_at = (b->raw_at + done) % RAW_FILE_SIZE;
    return bench_now_us() - start_us;
}

static enum tb_err job_run(struct tb_writer_job *job, struct tb_db *db)
{
    (void)db;
    return claim(job->context);
}

static void job_submit(struct bench *b)
{
    b->raw_us[b->op] = raw_write(b);
    b->submitted_us = bench_now_us();
    CHECK(tb_writer_submit(b->writer, &b->job));
}

static void job_done(struct tb_writer_job *job, enum tb_err err)
{
    struct bench *b = job->context;
    CHECK(err);
    b->own_us[b->op++] = bench_now_us() - b->submitted_us;
    if (b->op == OP_COUNT)
        tb_loop_stop(b->loop);
    else
        job_submit(b);
}

static void round_run(struct bench *b)
{
    struct tb_writer_options options = {.name = "state"};
    CHECK(tb_writer_start(tb_loop_mailbox(b->loop), b->state.db, &options, &b->writer));
    b->op = 0;
    b->job = (struct tb_writer_job){.run = job_run, .done = job_done, .context = b};
    job_submit(b);
    CHECK(tb_loop_run(b->loop));
    b->writer = tb_writer_stop(b->writer);
}

static void setup(struct bench *b, const char *folder)
{
    static const uint8_t zeros[1 << 16];
    static struct tb_facts facts;
    struct tb_settings settings;
    struct tb_loop_options options = {0};
    char path[300];
    CHECK(tb_folders_make(folder, 0700));
    snprintf(path, sizeof path, "%s/device.key", folder);
    CHECK(tb_sealer_load(path, tb_rng_system(), &b->sealer));
    snprintf(path, sizeof path, "%s/state.db", folder);
    unlink(path);
    CHECK(tb_state_open(path, &b->sealer, &b->state));
    CHECK(tb_state_load(&b->state, &facts, &settings));
    fill(b);
    tb_db_defer_checkpoints(b->state.db);
    CHECK(tb_loop_create(&options, &b->loop));
    snprintf(path, sizeof path, "%s/raw", folder);
    b->raw_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (off_t at = 0; at < RAW_FILE_SIZE; at += (off_t)sizeof zeros) {
        ssize_t done = pwrite(b->raw_fd, zeros, sizeof zeros, at);
        TB_ASSERT(done == (ssize_t)sizeof zeros);
    }
    int rc = fsync(b->raw_fd);
    TB_ASSERT(rc == 0);
}

int main(int argc, char **argv)
{
    struct bench *b = &bench;
    double raw[ROUND_COUNT], own[ROUND_COUNT], ratio[ROUND_COUNT];
    if (argc != 2) {
        fprintf(stderr, "usage: bench_replay <folder>\n");
        return 2;
    }
    bench_pin(0);
    setup(b, argv[1]);
    round_run(b); /* the log reaches its working size */
    for (size_t i = 0; i < ROUND_COUNT; i++) {
        round_run(b);
        raw[i] = bench_percentile(b->raw_us, OP_COUNT, 0.5);
        own[i] = bench_percentile(b->own_us, OP_COUNT, 0.5);
        ratio[i] = own[i] / raw[i];
    }
    printf("a claim among %d names: p50 %.1f us, p99 of the last round %.1f us; pwrite + fdatasync %.1f us\n",
           NAME_COUNT, bench_percentile(own, ROUND_COUNT, 0.5), bench_percentile(b->own_us, OP_COUNT, 0.99),
           bench_percentile(raw, ROUND_COUNT, 0.5));
    bench_limit("claim from loop to loop", bench_percentile(ratio, ROUND_COUNT, 0.5), 2.0, "x");
    tb_state_close(&b->state);
    tb_sealer_wipe(&b->sealer);
    tb_loop_free(b->loop);
    close(b->raw_fd);
    return 0;
}
