/* A SQLite engine on a file of its own, filled from the seed with few customers; for engine tests. */
#ifndef TB_TESTS_INTEGRATION_CONTEXTD_ENGINE_FIXTURE_H
#define TB_TESTS_INTEGRATION_CONTEXTD_ENGINE_FIXTURE_H

#include "contextd/engine/sqlite.h"
#include "contextd/seed/seed.h"

#define NOW_MS INT64_C(1790000000000)
#define SEED_NUMBER 1
#define FIXTURE_CUSTOMERS 60
#define FIXTURE_PRODUCTS 120
#define FIXTURE_CARTS 10
#define FIXTURE_CALLS 4 /* calls of one group */

struct engine_fixture {
    char folder[64];
    char path[96];
    int64_t wall_ms;
    struct tb_context_engine *engine;
    struct tb_arena arenas[FIXTURE_CALLS];
    struct tb_engine_answer answers[FIXTURE_CALLS];
    uint8_t *memory;
};

void engine_fixture_begin(struct engine_fixture *f);
void engine_fixture_end(struct engine_fixture *f);
/* Opens the file once more, as another process would; for a copy of the fixture. */
void engine_fixture_open(struct engine_fixture *f);
/* Closes the engine and opens the same file again. */
void engine_fixture_reopen(struct engine_fixture *f);
void engine_fixture_load(struct engine_fixture *f, const struct tb_record *record);

/* In how many places of the database's files these bytes stand. */
size_t engine_fixture_find_bytes(const struct engine_fixture *f, const uint8_t *bytes, size_t size);

/* Answers up to FIXTURE_CALLS requests in one group; answers are good until the next call. */
const struct tb_engine_answer *engine_fixture_group(struct engine_fixture *f,
                                                    const struct tb_engine_request *requests, size_t count);
const struct tb_engine_answer *engine_fixture_ask(struct engine_fixture *f,
                                                  const struct tb_engine_request *request);

struct tb_engine_peer fixture_till(const char *device);
struct tb_engine_peer fixture_web(uint32_t customer);
struct tb_id fixture_id(unsigned number); /* made up: carts, lines, incarnations */

/* A cart.add of one piece of the product at index by the customer at index. */
struct tb_mutation fixture_add(int64_t seq, uint32_t customer, uint32_t product, unsigned line);
struct tb_engine_request fixture_apply(const struct tb_engine_peer *peer, const struct tb_mutation *mutations,
                                       size_t count);
struct tb_engine_request fixture_feed(const struct tb_engine_peer *peer, enum tb_scope_kind scope,
                                      const struct tb_cursor *cursor);

#endif
