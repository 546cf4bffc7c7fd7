/*
 * What a checksum of a store's cohort costs the context store, and what erasing one customer: customers of
 * the seed in one SQLite engine. Shares are what a tap may have to wait behind.
 *
 *     bench_sums [CUSTOMERS]    100,000 unless given
 */
#include "contextd/engine/sqlite.h"
#include "contextd/seed/seed.h"
#include "host/system/system.h"
#include "tests/bench/bench.h"

#define CUSTOMERS 100000
#define CHANGES 100
#define DEVICE "urn:tillbridge:demo:device:till-0421-1"

static uint8_t arena_memory[TB_ENGINE_ARENA_SIZE];

static int64_t wall_ms(void *context)
{
    (void)context;
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum tb_err put(void *context, const struct tb_record *record)
{
    struct tb_context_engine *engine = context;
    return engine->ops->load_put(engine, record);
}

static void engine_fill(struct tb_context_engine *engine, uint32_t customers)
{
    const struct tb_seed seed = {.number = 1,
                                 .wall_ms = wall_ms(NULL),
                                 .customer_count = customers,
                                 .product_count = 2000,
                                 .cart_count = customers / 2,
                                 .chain = "demo"};
    const struct tb_seed_sink sink = {.put = put, .context = engine};
    bench_need_ok(engine->ops->load_begin(engine), "begin");
    bench_need_ok(tb_seed_run(&seed, &sink), "seed");
    bench_need_ok(engine->ops->load_end(engine, true), "end");
}

static const struct tb_engine_answer *ask(struct tb_context_engine *engine, struct tb_engine_request *request)
{
    static struct tb_engine_answer answer;
    struct tb_arena arena = tb_arena_of(arena_memory, sizeof arena_memory);
    struct tb_engine_call call = {.request = request, .arena = &arena, .ret_answer = &answer};
    (void)snprintf(request->peer.device, sizeof request->peer.device, "%s", DEVICE);
    (void)snprintf(request->peer.store, sizeof request->peer.store, "0421");
    request->peer.channel = TB_CHANNEL_TILL;
    engine->ops->answer(engine, &call, 1);
    bench_need_ok(answer.err, "answer");
    return &answer;
}

/* Of this process: a busy machine shows in the wall time of a share, not in this. */
static double cpu_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void checksum(struct tb_context_engine *engine, const char *what)
{
    double begin = cpu_us();
    double longest = 0;
    unsigned shares = 0;
    for (bool more = true; more; shares++) {
        struct tb_engine_request request = {.ask = TB_ENGINE_CHECKSUM};
        double share = cpu_us();
        more = ask(engine, &request)->checksum.more;
        share = cpu_us() - share;
        longest = share > longest ? share : longest;
    }
    printf("checksum, %-34s %9.1f ms of CPU in %3u shares, longest %5.1f ms\n", what,
           (cpu_us() - begin) / 1e3, shares, longest / 1e3);
}

static void carts_change(struct tb_context_engine *engine, uint32_t customers)
{
    for (int64_t i = 0; i < CHANGES; i++) {
        struct tb_engine_request request = {.ask = TB_ENGINE_APPLY};
        struct tb_mutation add = {.seq = i + 1,
                                  .kind = TB_MUTATION_CART_ADD,
                                  .customer = tb_seed_customer_id(1, (uint32_t)i * 977u % customers),
                                  .cart = tb_id_random(tb_rng_system()),
                                  .line = tb_id_random(tb_rng_system()),
                                  .add = {.quantity = 1}};
        tb_seed_gtin((uint32_t)i, add.add.gtin);
        bench_need_ok(tb_mutation_batch_add(&request.apply.batch, &add), "batch");
        bench_need(ask(engine, &request)->apply.verdicts[0].kind == TB_VERDICT_APPLIED, "cart.add");
    }
}

static void erase(struct tb_context_engine *engine)
{
    struct tb_id customer = tb_seed_customer_id(1, 1);
    struct tb_id erasure;
    double begin = bench_now_us();
    bench_need_ok(engine->ops->erase(engine, &customer, &erasure), "erase");
    printf("erase of one customer, file rebuilt %17.1f ms\n", (bench_now_us() - begin) / 1e3);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/tb_bench_XXXXXX";
    char path[64];
    uint32_t customers = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : CUSTOMERS;
    struct tb_context_engine *engine;
    bench_need(mkdtemp(folder) != NULL, "no folder");
    (void)snprintf(path, sizeof path, "%s/context.db", folder);
    const struct tb_sqlite_engine_options options = {
        .path = path, .create = true, .rng = tb_rng_system(), .wall_ms = wall_ms};
    bench_need_ok(tb_sqlite_engine_open(&options, &engine), "open");
    engine_fill(engine, customers);
    printf("%u customers in one store's cohort\n", customers);
    checksum(engine, "nothing known");
    checksum(engine, "nothing changed");
    carts_change(engine, customers);
    checksum(engine, "100 carts changed");
    erase(engine);
    engine->ops->close(engine);
    (void)remove(path);
    (void)remove(folder);
    return EXIT_SUCCESS;
}
