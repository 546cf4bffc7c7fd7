/*
 * What it costs a tap that is good once: its claim in the replay memory, from the loop's turn that hands it
 * in to the turn that knows it is safe, against writing one page into a file that is already there and
 * syncing it. The memory holds NAME_COUNT names. bench_replay <folder on the disk to measure>
 */
#include "agent/cache/replay.h"
#include "host/system/system.h"
#include "tests/bench/bench_write.h"

#define ROUND_COUNT 11
#define OP_COUNT 100
#define NAME_COUNT 20000
#define PAGE_SIZE 1024
#define WALL_MS INT64_C(1790000000000)

static struct bench {
    struct tb_state state;
    struct tb_sealer sealer;
    struct bench_write write;
    uint64_t number; /* of the claim that comes next */
} bench;

static enum tb_err claim(void *context)
{
    struct bench *b = context;
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

static void setup(struct bench *b, const char *folder)
{
    static struct tb_facts facts;
    struct tb_settings settings;
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
    b->write = (struct bench_write){
        .op_count = OP_COUNT, .raw_size = PAGE_SIZE, .name = "state", .run = claim, .context = b};
    bench_write_open(&b->write, folder);
}

int main(int argc, char **argv)
{
    struct bench *b = &bench;
    struct bench_write *w = &b->write;
    double raw[ROUND_COUNT], own[ROUND_COUNT], ratio[ROUND_COUNT];
    if (argc != 2) {
        fprintf(stderr, "usage: bench_replay <folder>\n");
        return 2;
    }
    bench_pin(0);
    setup(b, argv[1]);
    bench_write_round(w, b->state.db); /* the log reaches its working size */
    for (size_t i = 0; i < ROUND_COUNT; i++) {
        bench_write_round(w, b->state.db);
        raw[i] = bench_percentile(w->raw_us, OP_COUNT, 0.5);
        own[i] = bench_percentile(w->own_us, OP_COUNT, 0.5);
        ratio[i] = own[i] / raw[i];
    }
    printf("a claim among %d names: p50 %.1f us, p99 of the last round %.1f us; pwrite + fdatasync %.1f us\n",
           NAME_COUNT, bench_percentile(own, ROUND_COUNT, 0.5), bench_percentile(w->own_us, OP_COUNT, 0.99),
           bench_percentile(raw, ROUND_COUNT, 0.5));
    bench_limit("claim from loop to loop", bench_percentile(ratio, ROUND_COUNT, 0.5), 2.0, "x");
    tb_state_close(&b->state);
    tb_sealer_wipe(&b->sealer);
    bench_write_close(w);
    return 0;
}
