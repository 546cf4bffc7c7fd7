/*
 * The context store's file behind SQLite's engine: groups of requests from two terminals and a web shop, new
 * master data, erasures, what expires, clean restarts. All its tables count: after a power cut they are as
 * they were after one of the transactions that may be found. What left before is then asked again and changes
 * nothing; what was under way is sent again and leaves what it would have left.
 */
#include "contextd/engine/sqlite_engine.h"
#include "contextd/seed/seed.h"
#include "core/base/assert.h"
#include "tests/crash/mutations.h"
#include "tests/crash/power.h"
#include "tests/support/crash/vfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    STREAMS = 3,
    CUSTOMERS = 6,
    PRODUCTS = 6,
    DEEDS = 8,
    GROUP_MAX = 3,
    BATCH_MAX = 4,
    GROUPS_KEPT = 2 * DEEDS
};

enum mistake { MISTAKE_NONE, MISTAKE_NORMAL, MISTAKE_ANSWER_EARLY };

static const char *const mistakes[] = {
    "the file is not synced at each commit",
    "verdicts leave before their commit",
    NULL,
};

#define SEED_NUMBER 1
#define WALL_MS INT64_C(1790000000000)

/* What was asked together, and what was answered. */
struct group {
    size_t count; /* 0: no requests, but another kind of transaction */
    int64_t wall_ms;
    struct tb_engine_request requests[GROUP_MAX];
    struct tb_engine_answer answers[GROUP_MAX];
};

struct engine_state {
    uint64_t tables; /* hash of all that they hold */
    int64_t decided[STREAMS];
};

struct engine {
    struct seeded_rng *chance;
    unsigned mistake;
    char folder[64];
    char path[96];
    struct seeded_rng keys;
    struct tb_rng rng;
    int64_t wall_ms;
    struct crash_disk *disk; /* while it lives */
    struct tb_context_engine *engine;
    struct power_history history;
    struct engine_state seen;
    struct power_gone gone; /* of the credentials of erased customers */
    struct group *groups;   /* owned; of each transaction of this life */
    struct tb_arena arenas[GROUP_MAX];
    uint8_t *memory; /* owned */
    const char *wrong;
    char fault[POWER_FAULT_SIZE];
};

static unsigned below(struct engine *e, unsigned limit)
{
    return (unsigned)(seeded_rng_next(e->chance) % limit);
}

static bool fine(struct engine *e, enum tb_err err, const char *what)
{
    if (err != TB_OK && !e->wrong) {
        (void)snprintf(e->fault, sizeof e->fault, "%s: %s", what, tb_err_name(err));
        e->wrong = e->fault;
    }
    return e->wrong == NULL;
}

static int64_t clock_read(void *context)
{
    const struct engine *e = context;
    return e->wall_ms;
}

static struct tb_db *db_of(const struct engine *e)
{
    return ((struct sqlite_engine *)e->engine)->db;
}

static bool engine_start(struct engine *e)
{
    const struct tb_sqlite_engine_options options = {
        .path = e->path, .create = true, .rng = &e->rng, .wall_ms = clock_read, .clock = e};
    e->engine = NULL;
    if (!fine(e, tb_sqlite_engine_open(&options, &e->engine), "opening the engine"))
        return false;
    tb_db_defer_checkpoints(db_of(e));
    return e->mistake != MISTAKE_NORMAL || fine(e, tb_db_set_sync(db_of(e), TB_DB_SYNC_NORMAL), "a pragma");
}

static void engine_stop(struct engine *e)
{
    if (e->engine)
        e->engine->ops->close(e->engine);
    e->engine = NULL;
}

/* ---- what its tables hold ---- */

static uint64_t hash_add(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t row_hash(uint64_t hash, const struct tb_stmt *row, int column_count)
{
    for (int i = 0; i < column_count; i++) {
        struct tb_span value = tb_stmt_blob(row, i);
        hash = hash_add(hash, &value.size, sizeof value.size);
        hash = hash_add(hash, value.at, value.size);
    }
    return hash;
}

static void table_hash(struct engine *e, const char *name, uint64_t *hash)
{
    char sql[96];
    struct tb_stmt read = {0};
    bool row = false;
    (void)snprintf(sql, sizeof sql, "SELECT * FROM %s", name);
    if (!fine(e, tb_stmt_prepare(db_of(e), sql, &read), "reading a table"))
        return;
    *hash = hash_add(*hash, name, strlen(name));
    int column_count = sqlite3_column_count(read.handle);
    while (fine(e, tb_stmt_step(&read, &row), "reading a table") && row)
        *hash = row_hash(*hash, &read, column_count);
    tb_stmt_free(&read);
}

static uint64_t tables_hash(struct engine *e)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    struct tb_stmt list = {0};
    bool row = false;
    const char *sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    if (!fine(e, tb_stmt_prepare(db_of(e), sql, &list), "listing tables"))
        return 0;
    while (fine(e, tb_stmt_step(&list, &row), "listing tables") && row) {
        char name[64];
        if (fine(e, tb_span_to_str(tb_stmt_blob(&list, 0), name, sizeof name), "a table's name"))
            table_hash(e, name, &hash);
    }
    tb_stmt_free(&list);
    return hash;
}

static struct tb_id incarnation_of(unsigned stream)
{
    return (struct tb_id){{0x1c, (uint8_t)(stream + 1)}};
}

static void state_read(struct engine *e, struct engine_state *ret_state)
{
    static const char sql[] = "SELECT decided_seq FROM stream WHERE incarnation = ?1";
    struct tb_stmt read = {0};
    *ret_state = (struct engine_state){.tables = tables_hash(e)};
    if (!fine(e, tb_stmt_prepare(db_of(e), sql, &read), "reading the streams"))
        return;
    for (unsigned i = 0; i < STREAMS; i++) {
        struct tb_id incarnation = incarnation_of(i);
        bool row = false;
        tb_stmt_bind_blob(&read, 1, tb_id_span(&incarnation));
        if (fine(e, tb_stmt_step(&read, &row), "reading the streams") && row)
            ret_state->decided[i] = tb_stmt_int(&read, 0);
        tb_stmt_reset(&read);
    }
    tb_stmt_free(&read);
}

/* ---- requests ---- */

static struct tb_engine_peer peer_of(unsigned stream)
{
    struct tb_engine_peer peer = {.store = "0421", .channel = TB_CHANNEL_TILL};
    if (stream + 1 < STREAMS) {
        (void)snprintf(peer.device, sizeof peer.device, "urn:tillbridge:demo:device:till-0421-%u",
                       stream + 3);
        return peer;
    }
    char id[TB_ID_TEXT_SIZE];
    peer =
        (struct tb_engine_peer){.channel = TB_CHANNEL_WEB, .customer = tb_seed_customer_id(SEED_NUMBER, 0)};
    tb_id_encode(&peer.customer, id);
    (void)snprintf(peer.device, sizeof peer.device, "web:%s", id);
    return peer;
}

static void batch_fill(struct engine *e, unsigned stream, struct tb_engine_request *request)
{
    const struct engine_state *now = power_history_newest(&e->history);
    unsigned count = 1 + below(e, BATCH_MAX);
    for (unsigned i = 0; i < count; i++) {
        char gtin[TB_RECORD_GTIN_SIZE + 1];
        unsigned customer = stream + 1 < STREAMS ? below(e, CUSTOMERS) : 0;
        tb_seed_gtin(below(e, PRODUCTS), gtin);
        struct crash_matter matter = {.customer = tb_seed_customer_id(SEED_NUMBER, customer),
                                      .cart = {{0xca, (uint8_t)(customer + 1)}},
                                      .other = {{0x07, (uint8_t)below(e, 4)}},
                                      .gtin = gtin};
        struct tb_mutation m = crash_mutation(e->chance, &matter);
        m.seq = now->decided[stream] + 1 + i;
        m.made_ms = e->wall_ms;
        if (!fine(e, tb_mutation_batch_add(&request->apply.batch, &m), "filling a batch"))
            return;
    }
}

/* Streams in any order, each at most once. */
static void group_fill(struct engine *e, struct group *group)
{
    group->count = 1 + below(e, GROUP_MAX);
    group->wall_ms = e->wall_ms;
    unsigned first = below(e, STREAMS);
    for (unsigned i = 0; i < group->count; i++) {
        unsigned stream = (first + i) % STREAMS;
        struct tb_engine_request *request = &group->requests[i];
        *request = (struct tb_engine_request){.ask = TB_ENGINE_APPLY, .ticket = i, .peer = peer_of(stream)};
        request->apply.incarnation = incarnation_of(stream);
        batch_fill(e, stream, request);
    }
}

static bool group_ask(struct engine *e, const struct group *group, struct tb_engine_answer *ret_answers)
{
    struct tb_engine_call calls[GROUP_MAX];
    for (size_t i = 0; i < group->count; i++) {
        e->arenas[i] = tb_arena_of(e->memory + i * TB_ENGINE_ARENA_SIZE, TB_ENGINE_ARENA_SIZE);
        calls[i] = (struct tb_engine_call){
            .request = &group->requests[i], .arena = &e->arenas[i], .ret_answer = &ret_answers[i]};
    }
    int64_t now_ms = e->wall_ms;
    e->wall_ms = group->wall_ms;
    e->engine->ops->answer(e->engine, calls, group->count);
    e->wall_ms = now_ms;
    for (size_t i = 0; i < group->count; i++)
        if (!fine(e, ret_answers[i].err, "applying"))
            return false;
    return true;
}

/* ---- looking ---- */

static bool verdict_repeats(const struct tb_verdict *before, const struct tb_verdict *again)
{
    enum tb_verdict_kind kind = before->kind == TB_VERDICT_APPLIED ? TB_VERDICT_DUPLICATE : before->kind;
    if (again->seq != before->seq || again->kind != kind || again->version != before->version)
        return false;
    return kind != TB_VERDICT_REJECTED || strcmp(again->code, before->code) == 0;
}

/* What left before the power was cut is asked for again. */
static const char *answers_repeat(struct engine *e, const struct group *group)
{
    static struct tb_engine_answer answers[GROUP_MAX];
    struct engine_state state;
    if (!group_ask(e, group, answers))
        return e->wrong;
    for (size_t i = 0; i < group->count; i++)
        for (uint8_t k = 0; k < group->answers[i].apply.count; k++)
            if (!verdict_repeats(&group->answers[i].apply.verdicts[k], &answers[i].apply.verdicts[k]))
                return "a verdict that had left is another one now";
    state_read(e, &state);
    return !e->wrong && memcmp(&state, &e->seen, sizeof state) != 0 ? "what was applied is applied again"
                                                                    : e->wrong;
}

/* What was under way is sent again, whether it was applied or not. */
static const char *group_resend(struct engine *e, const struct group *group,
                                const struct engine_state *wanted)
{
    static struct tb_engine_answer answers[GROUP_MAX];
    struct engine_state state;
    if (!group_ask(e, group, answers))
        return e->wrong;
    state_read(e, &state);
    return !e->wrong && memcmp(&state, wanted, sizeof state) != 0 ? "what is sent again is not applied once"
                                                                  : e->wrong;
}

static const char *found_check(struct engine *e, size_t at)
{
    size_t oldest = 0;
    size_t newest = 0;
    const char *wrong = power_history_fault(&e->history, at, &e->seen, "the file", e->fault);
    power_history_range(&e->history, at, &oldest, &newest);
    for (size_t i = oldest; i > 0 && !wrong; i--)
        if (e->groups[i].count > 0) {
            wrong = answers_repeat(e, &e->groups[i]);
            break;
        }
    const struct engine_state *states = (const struct engine_state *)(const void *)e->history.states;
    if (!wrong && newest > oldest && e->groups[newest].count > 0)
        wrong = group_resend(e, &e->groups[newest], &states[newest]);
    return wrong;
}

static const char *engine_look(void *subject, size_t at)
{
    struct engine *e = subject;
    e->wrong = power_gone_fault(&e->gone, at);
    if (!e->wrong && engine_start(e))
        state_read(e, &e->seen);
    const char *wrong = e->wrong ? e->wrong : found_check(e, at);
    engine_stop(e);
    return wrong;
}

static void engine_adopt(void *subject)
{
    struct engine *e = subject;
    power_gone_adopt(&e->gone);
    power_history_begin(&e->history, sizeof e->seen, &e->seen);
}

static uint64_t engine_promised(void *subject, size_t at)
{
    return power_history_promised(&((const struct engine *)subject)->history, at);
}

/* ---- living ---- */

static struct group *transaction_begin(struct engine *e)
{
    (void)power_history_next(&e->history, e->disk);
    struct group *group = &e->groups[e->history.count - 1];
    group->count = 0;
    e->wall_ms += 1000;
    return group;
}

static void transaction_end(struct engine *e)
{
    struct engine_state *state = power_history_latest(&e->history);
    power_history_lasts(&e->history, e->disk);
    state_read(e, state);
}

static void apply(struct engine *e)
{
    struct group *group = transaction_begin(e);
    group_fill(e, group);
    if (e->mistake == MISTAKE_ANSWER_EARLY)
        power_history_lasts(&e->history, e->disk);
    if (!e->wrong && group_ask(e, group, group->answers))
        transaction_end(e);
}

/* An operator changes a price. */
static void load(struct engine *e)
{
    char gtin[TB_RECORD_GTIN_SIZE + 1];
    tb_seed_gtin(below(e, PRODUCTS), gtin);
    const struct tb_record record = {
        .kind = TB_RECORD_PRODUCT,
        .as.product = {.gtin = gtin, .name = "Pencil", .unit_price = below(e, 1000)}};
    (void)transaction_begin(e);
    bool keep = below(e, 4) > 0;
    if (fine(e, e->engine->ops->load_begin(e->engine), "loading") &&
        fine(e, e->engine->ops->load_put(e->engine, &record), "loading") &&
        fine(e, e->engine->ops->load_end(e->engine, keep), "loading"))
        transaction_end(e);
}

/* The first credential of a customer. False: she has none. */
static bool credential_note(struct engine *e, const struct tb_id *customer, uint8_t ret_hash[POWER_GONE_SIZE])
{
    struct tb_stmt read = {0};
    bool row = false;
    if (!fine(e,
              tb_stmt_prepare(
                  db_of(e),
                  "SELECT hash FROM credential WHERE customer = ?1 AND substr(hash, 2) <> zeroblob(31)",
                  &read),
              "a credential"))
        return false;
    tb_stmt_bind_blob(&read, 1, tb_id_span(customer));
    if (fine(e, tb_stmt_step(&read, &row), "a credential") && row)
        memcpy(ret_hash, tb_stmt_blob(&read, 0).at, POWER_GONE_SIZE);
    tb_stmt_free(&read);
    return row;
}

static void erase(struct engine *e)
{
    /* Not the one whose shop it is: what she sends would be refused from then on. */
    const struct tb_id customer = tb_seed_customer_id(SEED_NUMBER, 1 + below(e, CUSTOMERS - 1));
    struct tb_id erasure;
    uint8_t hash[POWER_GONE_SIZE];
    if (!credential_note(e, &customer, hash))
        return;
    (void)transaction_begin(e);
    if (!fine(e, e->engine->ops->erase(e->engine, &customer, &erasure), "erasing"))
        return;
    transaction_end(e);
    power_gone_note(&e->gone, hash, e->disk);
}

/* The journeys, verdicts and visits of long ago. */
static void expire(struct engine *e)
{
    bool more = false;
    (void)transaction_begin(e);
    if (fine(e, e->engine->ops->expire(e->engine, &more), "expiring"))
        transaction_end(e);
}

static void checkpoint(struct engine *e)
{
    (void)fine(e, tb_db_checkpoint(db_of(e), TB_DB_CHECKPOINT_PASSIVE), "a checkpoint");
}

static void restart(struct engine *e)
{
    engine_stop(e);
    (void)engine_start(e);
}

static const char *engine_live(void *subject, struct crash_disk *disk)
{
    static void (*const deeds[])(struct engine *e) = {apply, apply, apply,  apply,      apply,  apply,
                                                      load,  erase, expire, checkpoint, restart};
    struct engine *e = subject;
    e->wrong = NULL;
    e->disk = disk;
    (void)engine_start(e);
    for (unsigned i = 0; i < DEEDS && !e->wrong; i++)
        deeds[below(e, TB_ARRAY_SIZE(deeds))](e);
    disk->recording = false;
    engine_stop(e);
    return e->wrong;
}

/* ---- beginning ---- */

static enum tb_err record_put(void *context, const struct tb_record *record)
{
    struct engine *e = context;
    return e->engine->ops->load_put(e->engine, record);
}

static void chain_make(struct engine *e)
{
    const struct tb_seed seed = {.number = SEED_NUMBER,
                                 .wall_ms = WALL_MS,
                                 .customer_count = CUSTOMERS,
                                 .product_count = PRODUCTS,
                                 .cart_count = 2,
                                 .chain = "demo"};
    const struct tb_seed_sink sink = {.put = record_put, .context = e};
    if (engine_start(e) && fine(e, e->engine->ops->load_begin(e->engine), "loading") &&
        fine(e, tb_seed_run(&seed, &sink), "loading") &&
        fine(e, e->engine->ops->load_end(e->engine, true), "loading"))
        state_read(e, &e->seen);
    engine_stop(e);
    if (e->wrong) {
        (void)fprintf(stderr, "engine: %s\n", e->wrong);
        abort();
    }
}

static void *engine_begin(struct seeded_rng *chance, unsigned mistake, struct crash_disk *disk)
{
    struct engine *e = calloc(1, sizeof *e);
    if (!e)
        abort();
    e->chance = chance;
    e->keys = (struct seeded_rng){.state = seeded_rng_next(chance)};
    e->rng = seeded_rng_of(&e->keys);
    e->wall_ms = WALL_MS;
    e->groups = calloc(GROUPS_KEPT, sizeof *e->groups);
    e->memory = malloc((size_t)GROUP_MAX * TB_ENGINE_ARENA_SIZE);
    (void)snprintf(e->folder, sizeof e->folder, "/tmp/tb-power-XXXXXX");
    if (!e->groups || !e->memory || !mkdtemp(e->folder))
        abort();
    (void)snprintf(e->path, sizeof e->path, "%s/context.db", e->folder);
    crash_vfs_mount(disk, 0);
    chain_make(e);
    e->mistake = mistake;
    engine_adopt(e);
    return e;
}

static void engine_end(void *subject)
{
    struct engine *e = subject;
    power_history_end(&e->history);
    (void)unlink(e->path);
    (void)rmdir(e->folder);
    free(e->groups);
    free(e->memory);
    free(e);
}

const struct power_subject power_engine = {
    .name = "engine",
    .mistakes = mistakes,
    .begin = engine_begin,
    .end = engine_end,
    .live = engine_live,
    .look = engine_look,
    .adopt = engine_adopt,
    .promised = engine_promised,
};
