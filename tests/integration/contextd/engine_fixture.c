#include "tests/integration/contextd/engine_fixture.h"

#include "core/base/assert.h"
#include "host/system/system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SEARCHED_SIZE_MAX (64u * 1024u * 1024u)

static int64_t fixture_clock(void *context)
{
    const struct engine_fixture *f = context;
    return f->wall_ms;
}

void engine_fixture_open(struct engine_fixture *f)
{
    const struct tb_sqlite_engine_options options = {
        .path = f->path, .create = true, .rng = tb_rng_system(), .wall_ms = fixture_clock, .clock = f};
    assert_int_equal(tb_sqlite_engine_open(&options, &f->engine), TB_OK);
}

static enum tb_err put(void *context, const struct tb_record *record)
{
    struct tb_context_engine *engine = context;
    return engine->ops->load_put(engine, record);
}

void engine_fixture_begin(struct engine_fixture *f)
{
    memset(f, 0, sizeof *f);
    f->wall_ms = NOW_MS;
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/tb_engine_XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    struct tb_buf path = tb_buf_of(f->path, sizeof f->path - 1);
    tb_buf_add_str(&path, f->folder);
    tb_buf_add_str(&path, "/context.db");
    f->memory = malloc((size_t)FIXTURE_CALLS * TB_ENGINE_ARENA_SIZE);
    assert_non_null(f->memory);
    engine_fixture_open(f);
    const struct tb_seed seed = {.number = SEED_NUMBER,
                                 .wall_ms = NOW_MS,
                                 .customer_count = FIXTURE_CUSTOMERS,
                                 .product_count = FIXTURE_PRODUCTS,
                                 .cart_count = FIXTURE_CARTS,
                                 .chain = "demo"};
    const struct tb_seed_sink sink = {.put = put, .context = f->engine};
    assert_int_equal(f->engine->ops->load_begin(f->engine), TB_OK);
    assert_int_equal(tb_seed_run(&seed, &sink), TB_OK);
    assert_int_equal(f->engine->ops->load_end(f->engine, true), TB_OK);
}

void engine_fixture_end(struct engine_fixture *f)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    f->engine->ops->close(f->engine);
    free(f->memory);
    for (size_t i = 0; i < TB_ARRAY_SIZE(ends); i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", f->path, ends[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(f->folder), 0);
}

void engine_fixture_reopen(struct engine_fixture *f)
{
    f->engine->ops->close(f->engine);
    engine_fixture_open(f);
}

void engine_fixture_load(struct engine_fixture *f, const struct tb_record *record)
{
    assert_int_equal(f->engine->ops->load_begin(f->engine), TB_OK);
    assert_int_equal(f->engine->ops->load_put(f->engine, record), TB_OK);
    assert_int_equal(f->engine->ops->load_end(f->engine, true), TB_OK);
}

const struct tb_engine_answer *engine_fixture_group(struct engine_fixture *f,
                                                    const struct tb_engine_request *requests, size_t count)
{
    struct tb_engine_call calls[FIXTURE_CALLS];
    assert_true(count <= FIXTURE_CALLS);
    for (size_t i = 0; i < count; i++) {
        f->arenas[i] = tb_arena_of(f->memory + i * TB_ENGINE_ARENA_SIZE, TB_ENGINE_ARENA_SIZE);
        calls[i] = (struct tb_engine_call){
            .request = &requests[i], .arena = &f->arenas[i], .ret_answer = &f->answers[i]};
    }
    f->engine->ops->answer(f->engine, calls, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(f->answers[i].ask, requests[i].ask);
        assert_int_equal(f->answers[i].ticket, requests[i].ticket);
    }
    return f->answers;
}

const struct tb_engine_answer *engine_fixture_ask(struct engine_fixture *f,
                                                  const struct tb_engine_request *request)
{
    return engine_fixture_group(f, request, 1);
}

static size_t file_read(const char *folder_path, const char *end, uint8_t *ret_bytes)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s%s", folder_path, end);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    size_t size = fread(ret_bytes, 1, SEARCHED_SIZE_MAX, file);
    assert_true(size < SEARCHED_SIZE_MAX);
    assert_int_equal(fclose(file), 0);
    return size;
}

size_t engine_fixture_find_bytes(const struct engine_fixture *f, const uint8_t *bytes, size_t size)
{
    static const char *const ends[] = {"", "-wal"};
    uint8_t *file = malloc(SEARCHED_SIZE_MAX);
    size_t found = 0;
    assert_non_null(file);
    for (size_t i = 0; i < TB_ARRAY_SIZE(ends); i++) {
        size_t left = file_read(f->path, ends[i], file);
        const uint8_t *at = file;
        const uint8_t *hit;
        while ((hit = memmem(at, left, bytes, size)) != NULL) {
            found++;
            left -= (size_t)(hit - at) + 1;
            at = hit + 1;
        }
    }
    free(file);
    return found;
}

struct tb_engine_peer fixture_till(const char *device)
{
    struct tb_engine_peer peer = {.store = "0421", .channel = TB_CHANNEL_TILL};
    (void)snprintf(peer.device, sizeof peer.device, "urn:tillbridge:demo:device:%s", device);
    return peer;
}

struct tb_engine_peer fixture_web(uint32_t customer)
{
    struct tb_engine_peer peer = {.channel = TB_CHANNEL_WEB};
    char id[TB_ID_TEXT_SIZE];
    peer.customer = tb_seed_customer_id(SEED_NUMBER, customer);
    tb_id_encode(&peer.customer, id);
    (void)snprintf(peer.device, sizeof peer.device, "web:%s", id);
    return peer;
}

struct tb_id fixture_id(unsigned number)
{
    return (struct tb_id){{0xf1, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}};
}

struct tb_mutation fixture_add(int64_t seq, uint32_t customer, uint32_t product, unsigned line)
{
    struct tb_mutation m = {.seq = seq,
                            .kind = TB_MUTATION_CART_ADD,
                            .customer = tb_seed_customer_id(SEED_NUMBER, customer),
                            .cart = fixture_id(1000 + customer),
                            .line = fixture_id(line),
                            .made_ms = NOW_MS};
    tb_seed_gtin(product, m.add.gtin);
    m.add.quantity = 1;
    return m;
}

struct tb_engine_request fixture_apply(const struct tb_engine_peer *peer, const struct tb_mutation *mutations,
                                       size_t count)
{
    struct tb_engine_request r = {.ask = TB_ENGINE_APPLY, .ticket = 7, .peer = *peer};
    assert_true(count <= TB_MUTATION_BATCH_MAX);
    r.apply.incarnation = fixture_id(1);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(tb_mutation_batch_add(&r.apply.batch, &mutations[i]), TB_OK);
    return r;
}

struct tb_engine_request fixture_feed(const struct tb_engine_peer *peer, enum tb_scope_kind scope,
                                      const struct tb_cursor *cursor)
{
    struct tb_engine_request r = {.ask = TB_ENGINE_FEED, .ticket = 9, .peer = *peer};
    r.feed.scope.kind = scope;
    r.feed.row_count_max = TB_ROW_BATCH_MAX;
    r.feed.cost_max = TB_ENGINE_ROWS_COST_MAX;
    if (cursor != NULL)
        r.feed.cursor = *cursor;
    return r;
}
