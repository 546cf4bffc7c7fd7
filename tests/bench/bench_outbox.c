/*
 * What it costs to say "saved": a mutation in the terminal's outbox, committed, against writing the same
 * bytes into a file that is already there and syncing them. bench_outbox <folder on the disk to measure>
 */
#include "agent/cache/outbox.h"
#include "core/base/assert.h"
#include "host/loop/loop.h"
#include "host/sqlite/writer.h"
#include "host/system/system.h"
#include "tests/bench/bench.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ROUND_COUNT 11
#define OP_COUNT 150
#define WARM_ROUND_COUNT 4
#define RAW_FILE_SIZE ((off_t)8 << 20)

#define CHECK(call) bench_need_ok(call, #call)

struct bench {
    struct tb_outbox outbox;
    struct tb_sealer sealer;
    struct tb_mutation mutation;
    size_t payload_size; /* of one mutation as it is stored */
    int raw_fd;
    off_t raw_at;

    struct tb_loop *loop;
    struct tb_writer *writer;
    struct tb_writer_job job;
    double submitted_us;
    size_t op;
    double raw_us[OP_COUNT], own_us[OP_COUNT];
};

struct round {
    double raw_us, own_us, ratio, p99_ratio;
};

static enum tb_err append(struct bench *b)
{
    uint8_t json[1024];
    struct tb_buf buf = tb_buf_of(json, sizeof json);
    return tb_outbox_append(&b->outbox, &b->mutation, &buf);
}

/* The raw write gets as many bytes as the outbox stores. */
static void payload_measure(struct bench *b)
{
    struct tb_stmt size = {0};
    bool row = false;
    CHECK(append(b));
    CHECK(tb_stmt_prepare(b->outbox.db, "SELECT length(sealed) FROM mutation", &size));
    CHECK(tb_stmt_step(&size, &row));
    b->payload_size = (size_t)tb_stmt_int(&size, 0);
    tb_stmt_free(&size);
}

static double raw_write(struct bench *b)
{
    static const uint8_t bytes[1024];
    double start_us = bench_now_us();
    ssize_t done = pwrite(b->raw_fd, bytes, b->payload_size, b->raw_at);
    int rc = fdatasync(b->raw_fd);
    TB_ASSERT(done == (ssize_t)b->payload_size && rc == 0);
    b->raw_at = (b->raw_at + done) % (RAW_FILE_SIZE - (off_t)sizeof bytes);
    return bench_now_us() - start_us;
}

static struct round round_of(struct bench *b)
{
    struct round r = {
        .raw_us = bench_percentile(b->raw_us, OP_COUNT, 0.5),
        .own_us = bench_percentile(b->own_us, OP_COUNT, 0.5),
    };
    r.ratio = r.own_us / r.raw_us;
    r.p99_ratio = bench_percentile(b->own_us, OP_COUNT, 0.99) / bench_percentile(b->raw_us, OP_COUNT, 0.99);
    return r;
}

/* What the writer's thread does for a job that is alone, checkpoint after the answer included. */
static struct round round_inside(struct bench *b)
{
    struct tb_db *db = b->outbox.db;
    for (size_t i = 0; i < OP_COUNT; i++) {
        b->raw_us[i] = raw_write(b);
        double start_us = bench_now_us();
        CHECK(append(b));
        b->own_us[i] = bench_now_us() - start_us;
        CHECK(tb_db_tend(db));
    }
    return round_of(b);
}

static enum tb_err job_run(struct tb_writer_job *job, struct tb_db *db)
{
    (void)db;
    return append(job->context);
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

/* From the loop's turn that hands the job in to the turn that knows it is safe. */
static struct round round_loop(struct bench *b)
{
    struct tb_writer_options options = {.name = "outbox"};
    CHECK(tb_writer_start(tb_loop_mailbox(b->loop), b->outbox.db, &options, &b->writer));
    b->op = 0;
    b->job = (struct tb_writer_job){.run = job_run, .done = job_done, .context = b, .single = true};
    job_submit(b);
    CHECK(tb_loop_run(b->loop));
    b->writer = tb_writer_stop(b->writer);
    return round_of(b);
}

static long long written_bytes(void)
{
    char text[512] = "";
    int fd = open("/proc/self/io", O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    const char *at = size > 0 ? strstr(text, "wchar: ") : NULL;
    return at ? strtoll(at + 7, NULL, 10) : 0;
}

static void setup(struct bench *b, const char *folder)
{
    static const uint8_t zeros[1 << 16];
    struct tb_loop_options options = {0};
    char path[300];
    CHECK(tb_folders_make(folder, 0700));
    snprintf(path, sizeof path, "%s/device.key", folder);
    CHECK(tb_sealer_load(path, tb_rng_system(), &b->sealer));
    snprintf(path, sizeof path, "%s/outbox.db", folder);
    unlink(path);
    CHECK(tb_outbox_open(path, &b->sealer, &b->outbox));
    tb_db_defer_checkpoints(b->outbox.db);
    CHECK(tb_loop_create(&options, &b->loop));
    snprintf(path, sizeof path, "%s/raw", folder);
    b->raw_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (off_t at = 0; at < RAW_FILE_SIZE; at += (off_t)sizeof zeros) {
        ssize_t done = pwrite(b->raw_fd, zeros, sizeof zeros, at);
        TB_ASSERT(done == (ssize_t)sizeof zeros);
    }
    int rc = fsync(b->raw_fd);
    TB_ASSERT(rc == 0);
    struct statfs disk;
    rc = fstatfs(b->raw_fd, &disk);
    errno = 0;
    bench_need(rc == 0 && disk.f_type != TMPFS_MAGIC, "the folder is in memory, where a sync costs nothing");
    b->mutation = (struct tb_mutation){
        .kind = TB_MUTATION_CART_ADD,
        .customer = tb_id_random(tb_rng_system()),
        .cart = tb_id_random(tb_rng_system()),
        .line = tb_id_random(tb_rng_system()),
        .visit = tb_id_random(tb_rng_system()),
        .made_ms = 1790000000000,
        .add = {.gtin = "04006381333931", .quantity = 1},
    };
    payload_measure(b);
}

static void report(const char *what, const struct round *rounds, double limit)
{
    double raw[ROUND_COUNT], own[ROUND_COUNT], ratio[ROUND_COUNT], p99[ROUND_COUNT];
    for (size_t i = 0; i < ROUND_COUNT; i++) {
        raw[i] = rounds[i].raw_us;
        own[i] = rounds[i].own_us;
        ratio[i] = rounds[i].ratio;
        p99[i] = rounds[i].p99_ratio;
    }
    printf("%s: p50 %.1f us, pwrite + fdatasync %.1f us; ratio of p99 %.2f\n", what,
           bench_percentile(own, ROUND_COUNT, 0.5), bench_percentile(raw, ROUND_COUNT, 0.5),
           bench_percentile(p99, ROUND_COUNT, 0.5));
    bench_limit(what, bench_percentile(ratio, ROUND_COUNT, 0.5), limit, "x");
}

int main(int argc, char **argv)
{
    static struct bench b;
    struct round inside[ROUND_COUNT], loop[ROUND_COUNT];
    if (argc != 2) {
        fprintf(stderr, "usage: bench_outbox <folder>\n");
        return 2;
    }
    bench_pin(0);
    setup(&b, argv[1]);
    for (size_t i = 0; i < WARM_ROUND_COUNT; i++) /* the log reaches its working size */
        (void)round_inside(&b);
    long long written = written_bytes();
    for (size_t i = 0; i < ROUND_COUNT; i++) {
        inside[i] = round_inside(&b);
        loop[i] = round_loop(&b);
    }
    written = written_bytes() - written - (long long)(2 * ROUND_COUNT * OP_COUNT * b.payload_size);
    printf("one mutation: %zu bytes stored; %d rounds of %d, alternating, one processor\n", b.payload_size,
           ROUND_COUNT, OP_COUNT);
    report("commit inside the writer's thread", inside, 1.15);
    report("commit from loop to loop", loop, 1.5);
    bench_limit("written per commit, checkpoints included",
                (double)written / (2 * ROUND_COUNT * OP_COUNT) / 1000, 2.2, "kB");
    tb_outbox_close(&b.outbox);
    tb_sealer_wipe(&b.sealer);
    tb_loop_free(b.loop);
    close(b.raw_fd);
    return 0;
}
