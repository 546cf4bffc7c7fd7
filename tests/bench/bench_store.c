/*
 * Customers of a large store, as bench_cache has them, put into a seeded context store: each with a journey,
 * a cart of one line, one or two credentials, and as many bytes of benefits as make her PLAIN_SIZE bytes at a
 * terminal.
 *
 *     bench_store <context.db> <customers>
 */
#include "contextd/engine/sqlite.h"
#include "contextd/seed/seed.h"
#include "core/crypto/hash.h"
#include "host/system/system.h"
#include "tests/bench/bench.h"

#include <inttypes.h>

#define STORE "0421"

enum {
    BENEFITS = 3,
    BENEFITS_SIZE = 161, /* bytes of all; what the plain text comes to is printed by bench_cache plain */
};

static struct tb_context_engine *engine;

/* The journeys are of now: older ones go after a time. */
static int64_t wall_ms(void *context)
{
    struct timespec t;
    (void)context;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000;
}

static struct tb_digest digest_of(char kind, uint32_t number)
{
    const uint8_t name[] = {(uint8_t)kind, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
                            (uint8_t)(number >> 8), (uint8_t)number};
    return tb_sha256(tb_span_of(name, sizeof name));
}

static struct tb_id id_of(char kind, uint32_t number)
{
    const struct tb_digest digest = digest_of(kind, number);
    struct tb_id id;
    memcpy(id.bytes, digest.bytes, sizeof id.bytes);
    return id;
}

static void put(const struct tb_record *record)
{
    bench_need_ok(engine->ops->load_put(engine, record), "a record");
}

static void person_put(uint32_t number, const struct tb_id *customer)
{
    char name[32];
    char benefit[BENEFITS_SIZE / BENEFITS + 2];
    (void)snprintf(name, sizeof name, "Shopper %07" PRIu32, number);
    put(&(struct tb_record){.kind = TB_RECORD_CUSTOMER,
                            .as.customer = {.id = *customer,
                                            .name = name,
                                            .since = "2019",
                                            .tier = "gold",
                                            .language = "en",
                                            .home_store = STORE,
                                            .points = 2480}});
    for (uint32_t i = 0; i < BENEFITS; i++) {
        size_t size = (BENEFITS_SIZE + i) / BENEFITS;
        memset(benefit, 'x', size);
        benefit[size] = '\0';
        put(&(struct tb_record){
            .kind = TB_RECORD_FACT,
            .as.fact = {.customer = *customer, .kind = TB_FACT_BENEFIT, .position = i, .text = benefit}});
    }
    put(&(struct tb_record){.kind = TB_RECORD_COHORT,
                            .as.cohort = {.customer = *customer, .store = STORE, .member = true}});
}

static void credentials_put(uint32_t number, const struct tb_id *customer)
{
    for (uint32_t i = 0; i <= number % 2; i++) {
        const struct tb_digest hash = digest_of(i == 0 ? 'h' : 'i', number);
        put(&(struct tb_record){
            .kind = TB_RECORD_CREDENTIAL,
            .as.credential = {.customer = *customer, .kind = "member", .hash = tb_digest_span(&hash)}});
    }
}

static void cart_put(uint32_t number, const struct tb_id *customer)
{
    const struct tb_id cart = id_of('k', number);
    char gtin[TB_RECORD_GTIN_SIZE + 1];
    tb_seed_gtin(0, gtin);
    put(&(struct tb_record){.kind = TB_RECORD_CART,
                            .as.cart = {.id = cart,
                                        .customer = *customer,
                                        .touched_channel = "web",
                                        .touched_by = "",
                                        .touched_ms = wall_ms(NULL)}});
    put(&(struct tb_record){.kind = TB_RECORD_CART_LINE,
                            .as.cart_line = {.cart = cart,
                                             .id = id_of('l', number),
                                             .gtin = gtin,
                                             .channel = "web",
                                             .quantity = 2,
                                             .added_ms = wall_ms(NULL)}});
}

static void customer_put(uint32_t number)
{
    const struct tb_id customer = id_of('c', number);
    person_put(number, &customer);
    credentials_put(number, &customer);
    put(&(struct tb_record){.kind = TB_RECORD_TOUCH,
                            .as.touch = {.customer = customer,
                                         .channel = "web",
                                         .what = "Looked at running shoes",
                                         .at_ms = wall_ms(NULL)}});
    cart_put(number, &customer);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: bench_store <context.db> <customers>\n");
        return 2;
    }
    const struct tb_sqlite_engine_options options = {
        .path = argv[1], .rng = tb_rng_system(), .wall_ms = wall_ms};
    bench_need_ok(tb_sqlite_engine_open(&options, &engine), argv[1]);
    uint32_t count = (uint32_t)strtoul(argv[2], NULL, 10);
    bench_need_ok(engine->ops->load_begin(engine), "begin");
    for (uint32_t i = 0; i < count; i++)
        customer_put(i);
    bench_need_ok(engine->ops->load_end(engine, true), "end");
    engine->ops->close(engine);
    return EXIT_SUCCESS;
}
