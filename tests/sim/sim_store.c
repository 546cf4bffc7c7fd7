#include "tests/sim/sim.h"

#include "contextd/engine/sqlite.h"
#include "tests/support/crash/vfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STORE_PATH_SIZE 64

/* ---- the real engine ---- */

/* Where SQLite would work if it worked on the machine's disk; only an empty file is made there. */
static const char *store_path(void)
{
    static char path[STORE_PATH_SIZE];
    if (path[0] == '\0')
        (void)snprintf(path, sizeof path, "/tmp/tb_sim_%ld.db", (long)getpid());
    return path;
}

static int64_t store_wall_ms(void *context)
{
    const struct sim_store *store = context;
    return store->wall_ms;
}

static void engine_open(struct sim *s)
{
    struct sim_store *store = &s->store;
    const struct tb_sqlite_engine_options options = {
        .path = store_path(), .create = true, .rng = &store->rng, .wall_ms = store_wall_ms, .clock = store};
    crash_vfs_mount(&store->disk, seeded_rng_next(&s->random));
    enum tb_err err = tb_sqlite_engine_open(&options, &store->engine);
    (void)unlink(store_path());
    SIM_CHECK(s, err == TB_OK, "the context store does not open its file");
}

static void record_put(struct sim *s, const struct tb_record *record)
{
    struct tb_context_engine *engine = s->store.engine;
    SIM_CHECK(s, engine->ops->load_put(engine, record) == TB_OK, "master data is refused");
}

static void chain_put(struct sim *s)
{
    static const uint8_t pepper[TB_RECORD_PEPPER_SIZE] = {42};
    record_put(s, &(struct tb_record){.kind = TB_RECORD_CHAIN,
                                      .as.chain = {.name = "demo",
                                                   .currency = "EUR",
                                                   .pepper_version = 1,
                                                   .pepper = tb_span_of(pepper, sizeof pepper),
                                                   .seed = -1}});
    record_put(
        s, &(struct tb_record){.kind = TB_RECORD_STORE,
                               .as.store = {.id = FAKE_STORE, .name = "Market Street", .language = "en"}});
    record_put(
        s, &(struct tb_record){.kind = TB_RECORD_TIER,
                               .as.tier = {.id = "gold", .name = "Gold", .symbol = "*", .color = "#d4af37"}});
    for (unsigned i = 0; i < SIM_CLIENT_MAX; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "%u", i);
        record_put(
            s, &(struct tb_record){
                   .kind = TB_RECORD_TERMINAL,
                   .as.terminal = {
                       .device = name, .store = FAKE_STORE, .role = "till", .name = "Till", .till = name}});
    }
}

static void customer_put(struct sim *s, unsigned number)
{
    uint8_t hash[TB_LOOKUP_HASH_SIZE];
    struct tb_id id = engine_fake_id("cust", number);
    engine_fake_hash(number, hash);
    record_put(s, &(struct tb_record){.kind = TB_RECORD_CUSTOMER,
                                      .as.customer = {.id = id,
                                                      .name = "Ms Rivera",
                                                      .since = "2023",
                                                      .tier = "gold",
                                                      .language = "en",
                                                      .home_store = FAKE_STORE,
                                                      .points = 2480}});
    record_put(
        s, &(struct tb_record){
               .kind = TB_RECORD_CREDENTIAL,
               .as.credential = {.customer = id, .kind = "member", .hash = tb_span_of(hash, sizeof hash)}});
    record_put(s, &(struct tb_record){.kind = TB_RECORD_COHORT,
                                      .as.cohort = {.customer = id, .store = FAKE_STORE, .member = true}});
}

static void product_put(struct sim *s, unsigned number)
{
    char gtin[TB_GTIN_SIZE + 1];
    engine_fake_gtin(number, gtin);
    record_put(
        s, &(struct tb_record){.kind = TB_RECORD_PRODUCT,
                               .as.product = {.gtin = gtin, .name = "Product", .unit_price = number * 10}});
    record_put(s, &(struct tb_record){.kind = TB_RECORD_STOCK,
                                      .as.stock = {.gtin = gtin, .store = FAKE_STORE, .quantity = 100}});
}

/* Every run begins with a copy of a disk that was filled once. */
static const struct crash_disk *image_make(struct sim *s)
{
    static struct crash_disk image;
    static bool made;
    struct sim_store *store = &s->store;
    if (made)
        return &image;
    made = true;
    crash_vfs_install();
    struct seeded_rng chance = {.state = 1};
    struct seeded_rng before = s->random;
    store->rng = seeded_rng_of(&chance);
    store->wall_ms = INT64_C(1789999999000);
    engine_open(s);
    SIM_CHECK(s, store->engine->ops->load_begin(store->engine) == TB_OK, "master data is refused");
    chain_put(s);
    for (unsigned i = 0; i < SIM_CUSTOMER_COUNT; i++)
        customer_put(s, i);
    for (unsigned i = 1; i <= SIM_PRODUCT_COUNT; i++)
        product_put(s, i);
    SIM_CHECK(s, store->engine->ops->load_end(store->engine, true) == TB_OK, "master data is refused");
    store->engine->ops->close(store->engine);
    crash_disk_copy(&store->disk, &image);
    s->random = before; /* a seed does not depend on being the first */
    return &image;
}

static void disk_begin(struct sim *s, const struct crash_disk *from)
{
    crash_disk_copy(from, &s->store.disk);
    crash_disk_copy(from, &s->store.base);
    crash_disk_record(&s->store.disk);
    engine_open(s);
}

/* at: steps of the disk that were done. */
static void power_cut(struct sim *s, size_t at)
{
    struct sim_store *store = &s->store;
    struct crash_replay replay;
    crash_vfs_mount(&store->disk, 0);
    store->engine->ops->close(store->engine);
    crash_replay_begin(&replay, &store->disk, &store->base);
    while (replay.at < at && crash_replay_step(&replay))
        continue;
    crash_replay_cut(&replay, (enum crash_fate)sim_below(s, CRASH_FATE_COUNT), &s->random, &store->cut);
    crash_replay_end(&replay);
    s->totals.power_cuts++;
    disk_begin(s, &store->cut);
}

void store_power_cut(struct sim *s)
{
    power_cut(s, s->store.disk.step_count);
}

/* ---- both ---- */

void store_open(struct sim *s, bool real)
{
    struct sim_store *store = &s->store;
    store->real = real;
    engine_fake_init(&store->fake);
    if (real) {
        const struct crash_disk *image = image_make(s);
        store->rng = seeded_rng_of(&s->random);
        disk_begin(s, image);
        return;
    }
    for (unsigned i = 0; i < SIM_CUSTOMER_COUNT; i++)
        engine_fake_add_customer(&store->fake, i);
    for (unsigned i = 1; i <= SIM_PRODUCT_COUNT; i++)
        engine_fake_add_product(&store->fake, i);
}

void store_close(struct sim *s)
{
    struct sim_store *store = &s->store;
    if (store->real) {
        crash_vfs_mount(&store->disk, 0);
        store->engine->ops->close(store->engine);
    }
    free(store->backup);
    store->backup = NULL;
}

void store_answer(struct sim *s, const struct tb_engine_request *request, struct tb_arena *arena,
                  struct tb_engine_answer *ret_answer)
{
    struct sim_store *store = &s->store;
    bool busy = s->faults.engine_busy && !s->quiet && sim_one_in(s, 25);
    store->wall_ms = sim_wall_ms(s);
    if (store->real && !busy) {
        struct tb_engine_call call = {.request = request, .arena = arena, .ret_answer = ret_answer};
        store->engine->ops->answer(store->engine, &call, 1);
        return;
    }
    struct tb_engine port = engine_fake_port(&store->fake);
    store->fake.wall_ms = store->wall_ms;
    store->fake.fault = busy ? TB_ERR_BUSY : TB_OK;
    store->fake.apply_max = (uint8_t)sim_below(s, 4);
    port.answer(port.context, request, arena, ret_answer);
}

static uint8_t scratch[TB_ENGINE_ARENA_SIZE];

static int64_t decided_ask(struct sim *s, const struct tb_engine_request *request)
{
    static struct tb_engine_request open;
    static struct tb_engine_answer answer;
    struct tb_arena arena = tb_arena_of(scratch, sizeof scratch);
    struct tb_engine_call call = {.request = &open, .arena = &arena, .ret_answer = &answer};
    open = (struct tb_engine_request){.ask = TB_ENGINE_OPEN, .peer = request->peer};
    open.open.incarnation = request->apply.incarnation;
    open.open.next_seq = INT64_MAX;
    s->store.engine->ops->answer(s->store.engine, &call, 1);
    SIM_CHECK(s, answer.err == TB_OK, "the context store does not open after a power cut");
    return answer.open.decided_seq;
}

void store_answer_cut(struct sim *s, const struct tb_engine_request *request)
{
    static struct sim_oracle before;
    static struct tb_engine_answer answer;
    struct tb_arena arena = tb_arena_of(scratch, sizeof scratch);
    size_t first = s->store.disk.step_count;
    oracle_copy(&before, &s->oracle);
    store_answer(s, request, &arena, &answer);
    oracle_answered(s, request, &answer);
    size_t count = s->store.disk.step_count - first;
    power_cut(s, first + sim_below(s, (uint32_t)count + 1));
    if (request->ask != TB_ENGINE_APPLY)
        return;
    /* As a whole or not at all. */
    const struct tb_id *incarnation = &request->apply.incarnation;
    const struct oracle_stream *then = oracle_stream(&before, request->peer.device, incarnation);
    const struct oracle_stream *now = oracle_stream(&s->oracle, request->peer.device, incarnation);
    int64_t decided = decided_ask(s, request);
    if (now && decided == now->decided)
        return;
    SIM_CHECK(s, decided == (then ? then->decided : 0), "a part of a transaction was kept");
    oracle_copy(&s->oracle, &before);
}

static void peer_of(const struct sim_client *c, struct tb_engine_peer *ret_peer)
{
    *ret_peer = (struct tb_engine_peer){.channel = c->web ? TB_CHANNEL_WEB : TB_CHANNEL_TILL};
    client_name(c, ret_peer->device);
    if (c->web)
        ret_peer->customer = engine_fake_id("cust", (unsigned)c->index % SIM_CUSTOMER_COUNT);
    else
        memcpy(ret_peer->store, FAKE_STORE, sizeof FAKE_STORE);
}

static void objects_add(struct sim *s, const struct tb_rows *rows, struct store_objects *objects)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct tb_row *row = &rows->at[i];
        SIM_CHECK(s, objects->count < STORE_OBJECT_MAX, "too many objects");
        struct store_object *object = &objects->at[objects->count++];
        *object =
            (struct store_object){.type = row->type, .version = row->version, .hash = sim_hash(row->doc)};
        memcpy(object->id, row->id, sizeof object->id);
    }
}

void store_read(struct sim *s, const struct sim_client *c, const struct tb_scope *scope,
                const struct tb_cursor *cursor, struct store_objects *ret_objects)
{
    static struct tb_engine_request request;
    static struct tb_engine_answer answer;
    struct tb_engine_call call = {.request = &request, .ret_answer = &answer};
    request = (struct tb_engine_request){.ask = TB_ENGINE_FEED};
    peer_of(c, &request.peer);
    request.feed.scope = *scope;
    request.feed.cursor = *cursor;
    request.feed.row_count_max = TB_ROW_BATCH_MAX;
    request.feed.cost_max = TB_ENGINE_ROWS_COST_MAX;
    ret_objects->count = 0;
    do {
        struct tb_arena arena = tb_arena_of(scratch, sizeof scratch);
        call.arena = &arena;
        s->store.engine->ops->answer(s->store.engine, &call, 1);
        SIM_CHECK(s, answer.err == TB_OK, "a feed cannot be read");
        objects_add(s, &answer.feed.rows, ret_objects);
        request.feed.cursor = answer.feed.cursor;
    } while (answer.feed.more);
}
