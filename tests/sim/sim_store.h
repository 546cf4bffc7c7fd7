/*
 * The context store's data: an engine in memory, or the real SQLite engine on a disk in memory whose power
 * can be cut between and within commits. Behind the same port, so that nobody else can tell.
 */
#ifndef TB_TESTS_SIM_SIM_STORE_H
#define TB_TESTS_SIM_SIM_STORE_H

#include "contextd/port/engine.h"
#include "tests/support/crash/disk.h"
#include "tests/support/engine_fake.h"

#define STORE_OBJECT_MAX 64

struct sim;
struct sim_client;

/* What a reader of a scope is told of an object. */
struct store_object {
    enum tb_row_type type;
    char id[TB_ROW_ID_SIZE_MAX + 1];
    int64_t version;
    uint64_t hash; /* of its document */
};

struct store_objects {
    size_t count;
    struct store_object at[STORE_OBJECT_MAX];
};

struct sim_store {
    bool real;
    struct engine_fake fake;
    struct engine_fake *backup; /* of fake; NULL: none taken */
    struct tb_context_engine *engine;
    struct crash_disk disk; /* of engine, recording since base was made */
    struct crash_disk base;
    struct crash_disk cut;
    int64_t wall_ms;
    struct tb_rng rng;
};

void store_open(struct sim *s, bool real);
void store_close(struct sim *s);

/* As tb_engine.answer. */
void store_answer(struct sim *s, const struct tb_engine_request *request, struct tb_arena *arena,
                  struct tb_engine_answer *ret_answer);

/* The real engine only: the power fails and comes back. */
void store_power_cut(struct sim *s);
/* The same somewhere inside the work on a request, whose answer nobody gets. */
void store_answer_cut(struct sim *s, const struct tb_engine_request *request);

/* What a client is told of a scope from a cursor on, until it is complete. */
void store_read(struct sim *s, const struct sim_client *c, const struct tb_scope *scope,
                const struct tb_cursor *cursor, struct store_objects *ret_objects);

#endif
