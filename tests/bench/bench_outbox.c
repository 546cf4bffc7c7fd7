/*
 * What it costs to say "saved": a mutation in the terminal's outbox, committed, against writing the same
 * bytes into a file that is already there and syncing them. bench_outbox <folder on the disk to measure>
 */
#include "agent/cache/outbox.h"
#include "host/system/system.h"
#include "tests/bench/bench_write.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#define ROUND_COUNT 11
#define OP_COUNT 150
#define WARM_ROUND_COUNT 4

struct bench {
    struct tb_outbox outbox;
    struct tb_sealer sealer;
    struct tb_mutation mutation;
    struct bench_write write;
};

struct round {
    double raw_us, own_us, ratio, p99_ratio;
};

static enum tb_err append(void *context)
{
    struct bench *b = context;
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
    b->write.raw_size = (size_t)tb_stmt_int(&size, 0);
    tb_stmt_free(&size);
}

static struct round round_of(struct bench_write *w)
{
    struct round r = {
        .raw_us = bench_percentile(w->raw_us, OP_COUNT, 0.5),
        .own_us = bench_percentile(w->own_us, OP_COUNT, 0.5),
    };
    r.ratio = r.own_us / r.raw_us;
    r.p99_ratio = bench_percentile(w->own_us, OP_COUNT, 0.99) / bench_percentile(w->raw_us, OP_COUNT, 0.99);
    return r;
}

/* What the writer's thread does for a job that is alone, checkpoint after the answer included. */
static struct round round_inside(struct bench *b)
{
    struct tb_db *db = b->outbox.db;
    struct bench_write *w = &b->write;
    for (size_t i = 0; i < OP_COUNT; i++) {
        w->raw_us[i] = bench_write_raw(w);
        double start_us = bench_now_us();
        CHECK(append(b));
        w->own_us[i] = bench_now_us() - start_us;
        CHECK(tb_db_tend(db));
    }
    return round_of(w);
}

/* From the loop's turn that hands the job in to the turn that knows it is safe. */
static struct round round_loop(struct bench *b)
{
    bench_write_round(&b->write, b->outbox.db);
    return round_of(&b->write);
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
    char path[300];
    CHECK(tb_folders_make(folder, 0700));
    snprintf(path, sizeof path, "%s/device.key", folder);
    CHECK(tb_sealer_load(path, tb_rng_system(), &b->sealer));
    snprintf(path, sizeof path, "%s/outbox.db", folder);
    unlink(path);
    CHECK(tb_outbox_open(path, &b->sealer, &b->outbox));
    tb_db_defer_checkpoints(b->outbox.db);
    b->write = (struct bench_write){
        .op_count = OP_COUNT, .name = "outbox", .single = true, .run = append, .context = b};
    bench_write_open(&b->write, folder);
    struct statfs disk;
    int rc = fstatfs(b->write.raw_fd, &disk);
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
    written = written_bytes() - written - (long long)(2 * ROUND_COUNT * OP_COUNT * b.write.raw_size);
    printf("one mutation: %zu bytes stored; %d rounds of %d, alternating, one processor\n", b.write.raw_size,
           ROUND_COUNT, OP_COUNT);
    report("commit inside the writer's thread", inside, 1.15);
    report("commit from loop to loop", loop, 1.5);
    bench_limit("written per commit, checkpoints included",
                (double)written / (2 * ROUND_COUNT * OP_COUNT) / 1000, 2.2, "kB");
    tb_outbox_close(&b.outbox);
    tb_sealer_wipe(&b.sealer);
    bench_write_close(&b.write);
    return 0;
}
