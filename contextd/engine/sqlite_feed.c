#include "contextd/engine/sqlite_engine.h"

#include "core/crypto/hash.h"

/*
 * Cursor: layout ‖ first 8 bytes of SHA-256(epoch 00 scope 00 reader) ‖ seq, big-endian. The hash ties
 * it to one life of the data, one scope and one reader.
 */
#define CURSOR_LAYOUT 1
#define COHORT_SPAN 20000 /* changes that one read of a cohort looks at, of the whole chain's */
#define CURSOR_BIND_SIZE 8
#define CURSOR_SIZE (1 + CURSOR_BIND_SIZE + 8)

/* What a scope means for one reader. */
struct feed {
    const struct tb_scope *scope;
    const char *store;
    struct tb_span device;
    bool shopper;
    uint8_t bind[CURSOR_BIND_SIZE];
};

static void feed_bind(const struct sqlite_engine *e, struct feed *f)
{
    static const uint8_t zero[1] = {0};
    char scope[TB_SCOPE_TEXT_SIZE];
    tb_scope_format(f->scope, scope);
    bool of_device = f->scope->kind == TB_SCOPE_DEVICE;
    struct tb_span parts[] = {tb_span_str(e->chain.epoch), tb_span_of(zero, 1), tb_span_str(scope),
                              tb_span_of(zero, 1), of_device ? f->device : tb_span_str(f->store)};
    struct tb_digest digest = tb_sha256_parts(parts, sizeof parts / sizeof parts[0]);
    memcpy(f->bind, digest.bytes, sizeof f->bind);
}

static void cursor_encode(const struct feed *f, int64_t seq, struct tb_cursor *ret_cursor)
{
    struct tb_buf b = tb_buf_of(ret_cursor->bytes, sizeof ret_cursor->bytes);
    tb_buf_add_u8(&b, CURSOR_LAYOUT);
    tb_buf_add(&b, tb_span_of(f->bind, sizeof f->bind));
    tb_buf_add_u64be(&b, (uint64_t)seq);
    ret_cursor->size = (uint8_t)b.size;
}

/* 0, the beginning, for whatever is not a cursor of this feed. */
static int64_t cursor_decode(const struct feed *f, const struct tb_cursor *cursor)
{
    if (cursor->size != CURSOR_SIZE || cursor->bytes[0] != CURSOR_LAYOUT)
        return 0;
    if (memcmp(cursor->bytes + 1, f->bind, sizeof f->bind) != 0)
        return 0;
    struct tb_reader r = tb_reader_of(tb_span_of(cursor->bytes + 1 + CURSOR_BIND_SIZE, 8));
    uint64_t seq = tb_read_u64be(&r);
    return seq <= INT64_MAX ? (int64_t)seq : 0;
}

/* TB_ERR_DENIED for a scope that is not the peer's to read. */
static enum tb_err scope_check(const struct tb_engine_peer *peer, const struct tb_scope *scope)
{
    bool terminal = tb_id_is_zero(&peer->customer);
    switch (scope->kind) {
    case TB_SCOPE_DEVICE:
    case TB_SCOPE_STORE:
    case TB_SCOPE_COHORT:
    case TB_SCOPE_PARTITION:
    case TB_SCOPE_ERASURES:
    case TB_SCOPE_CATALOGUE: return terminal ? TB_OK : TB_ERR_DENIED;
    case TB_SCOPE_CUSTOMER:
        return terminal || tb_id_equal(&peer->customer, &scope->customer) ? TB_OK : TB_ERR_DENIED;
    case TB_SCOPE_NONE: break;
    }
    return TB_ERR_RANGE;
}

/*
 * What a cohort is sent stands anywhere among the changes of the whole chain: a store of few members must not
 * have them all looked through while everybody waits. Other scopes are read by an index. Counted are changes,
 * not numbers: most numbers of an old log are used no more. INT64_MAX: to the end.
 */
static enum tb_err span_end(struct sqlite_engine *e, const struct feed *f, int64_t seq, int64_t *ret_end_seq)
{
    *ret_end_seq = INT64_MAX;
    if (f->scope->kind != TB_SCOPE_COHORT)
        return TB_OK;
    struct tb_stmt *s = sqlite_stmt(e, STMT_CHANGE_SPAN);
    tb_stmt_bind_int(s, 1, seq);
    tb_stmt_bind_int(s, 2, COHORT_SPAN - 1);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row)
        *ret_end_seq = tb_stmt_int(s, 0);
    tb_stmt_reset(s);
    return err;
}

static struct tb_stmt *feed_statement(struct sqlite_engine *e, const struct feed *f, int64_t seq,
                                      int64_t end_seq, int64_t limit)
{
    struct tb_stmt *s = NULL;
    int limit_at = 0;
    switch (f->scope->kind) {
    case TB_SCOPE_DEVICE:
        s = sqlite_stmt(e, STMT_FEED_DEVICE);
        tb_stmt_bind_blob(s, 2, f->device);
        tb_stmt_bind_int(s, 3, TB_ROW_TERMINAL);
        tb_stmt_bind_int(s, 4, TB_ROW_POLICY);
        tb_stmt_bind_int(s, 5, TB_ROW_KEY);
        tb_stmt_bind_int(s, 7, TB_ROW_OPERATOR);
        tb_stmt_bind_text(s, 8, tb_span_str(f->store));
        limit_at = 6;
        break;
    case TB_SCOPE_STORE:
        s = sqlite_stmt(e, STMT_FEED_STORE);
        tb_stmt_bind_text(s, 2, tb_span_str(f->store));
        limit_at = 3;
        break;
    case TB_SCOPE_COHORT:
        s = sqlite_stmt(e, STMT_FEED_COHORT);
        tb_stmt_bind_text(s, 2, tb_span_str(f->store));
        tb_stmt_bind_int(s, 4, end_seq);
        limit_at = 3;
        break;
    case TB_SCOPE_CATALOGUE:
        s = sqlite_stmt(e, STMT_FEED_CATALOGUE);
        tb_stmt_bind_text(s, 2, tb_span_str(f->store));
        limit_at = 3;
        break;
    case TB_SCOPE_CUSTOMER:
        s = sqlite_stmt(e, STMT_FEED_CUSTOMER);
        tb_stmt_bind_blob(s, 2, tb_id_span(&f->scope->customer));
        limit_at = 3;
        break;
    case TB_SCOPE_ERASURES:
        s = sqlite_stmt(e, STMT_FEED_ERASURES);
        tb_stmt_bind_int(s, 2, TB_ROW_ERASURE);
        limit_at = 3;
        break;
    case TB_SCOPE_PARTITION:
        s = sqlite_stmt(e, STMT_FEED_PARTITION);
        tb_stmt_bind_text(s, 2, tb_span_str(f->store));
        tb_stmt_bind_int(s, 3, f->scope->partition);
        limit_at = 4;
        break;
    case TB_SCOPE_NONE: return NULL;
    }
    tb_stmt_bind_int(s, 1, seq);
    tb_stmt_bind_int(s, limit_at, limit);
    return s;
}

/* A feed being gathered: rows and their documents share the arena. */
struct gathering {
    const struct feed *feed;
    struct tb_arena *arena;
    struct tb_row *rows;
    size_t count;
    size_t count_max;
    size_t cost;
    size_t cost_max;
    int64_t seq; /* of the last object that was taken or is gone */
    bool full;
};

static enum tb_err gather_one(struct sqlite_engine *e, const struct tb_stmt *s, struct gathering *g)
{
    struct sqlite_change change = {.type = (enum tb_row_type)tb_stmt_int(s, 1),
                                   .op = (enum tb_row_op)tb_stmt_int(s, 2),
                                   .id = tb_stmt_blob(s, 3),
                                   .store = g->feed->store,
                                   .device = g->feed->device,
                                   .shopper = g->feed->shopper};
    if (!tb_stmt_is_null(s, 4)) {
        enum tb_err bad = sqlite_column_id(s, 4, &change.customer);
        if (bad != TB_OK)
            return bad;
    }
    if (g->count == g->count_max) {
        g->full = true;
        return TB_OK;
    }
    struct tb_row *row = &g->rows[g->count];
    size_t mark = tb_arena_mark(g->arena);
    enum tb_err err = sqlite_row_read(e, &change, g->arena, row);
    bool too_much = err == TB_OK && g->cost + tb_engine_row_cost(row) > g->cost_max;
    if (g->count > 0 && (too_much || err == TB_ERR_NO_MEMORY)) {
        tb_arena_release(g->arena, mark);
        g->full = true;
        return TB_OK;
    }
    if (err == TB_OK) {
        g->cost += tb_engine_row_cost(row);
        g->count++;
    }
    if (err == TB_OK || err == TB_ERR_NOT_FOUND)
        g->seq = tb_stmt_int(s, 0);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

/* Steps that were as many as the statement's limit may have more behind them, though some were of objects
 * that are gone. */
static enum tb_err gather(struct sqlite_engine *e, struct tb_stmt *s, size_t limit, struct gathering *g)
{
    bool row;
    size_t steps = 0;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        steps++;
        err = gather_one(e, s, g);
        if (err != TB_OK || g->full)
            break;
    }
    if (steps == limit)
        g->full = true;
    tb_stmt_reset(s);
    return err;
}

static enum tb_err log_end(struct sqlite_engine *e, int64_t *ret_seq)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CHANGE_LAST);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row)
        *ret_seq = tb_stmt_int(s, 0);
    tb_stmt_reset(s);
    return err;
}

/* Where nothing is left the cursor skips what is not of this scope, so that it is not read again. */
static enum tb_err span_skip(struct sqlite_engine *e, int64_t end_seq, struct gathering *g)
{
    int64_t last_seq = g->seq;
    enum tb_err err = log_end(e, &last_seq);
    g->full = last_seq > end_seq;
    g->seq = g->full ? end_seq : last_seq;
    return err;
}

enum tb_err sqlite_feed(struct sqlite_engine *e, const struct tb_engine_request *request,
                        struct tb_arena *arena, struct tb_engine_answer *ret_answer)
{
    struct feed f = {.scope = &request->feed.scope,
                     .store = request->peer.store,
                     .device = sqlite_device_of(e, request->peer.device),
                     .shopper = !tb_id_is_zero(&request->peer.customer)};
    enum tb_err err = scope_check(&request->peer, f.scope);
    if (err != TB_OK)
        return err;
    feed_bind(e, &f);
    size_t count_max =
        request->feed.row_count_max < TB_ROW_BATCH_MAX ? request->feed.row_count_max : TB_ROW_BATCH_MAX;
    struct gathering g = {.feed = &f,
                          .arena = arena,
                          .rows = tb_arena_take(arena, count_max * sizeof *g.rows),
                          .count_max = count_max,
                          .cost_max = request->feed.cost_max,
                          .seq = cursor_decode(&f, &request->feed.cursor)};
    if (g.rows == NULL || count_max == 0)
        return TB_ERR_NO_MEMORY;
    size_t limit = count_max + 1;
    int64_t end_seq;
    err = span_end(e, &f, g.seq, &end_seq);
    if (err == TB_OK)
        err = gather(e, feed_statement(e, &f, g.seq, end_seq, (int64_t)limit), limit, &g);
    if (err == TB_OK && !g.full)
        err = span_skip(e, end_seq, &g);
    if (err != TB_OK)
        return err;
    ret_answer->feed.rows = (struct tb_rows){.at = g.rows, .count = g.count};
    ret_answer->feed.more = g.full;
    if (g.count == 0 && !g.full)
        ret_answer->feed.cursor = request->feed.cursor;
    else
        cursor_encode(&f, g.seq, &ret_answer->feed.cursor);
    return TB_OK;
}

enum tb_err sqlite_feed_reached(struct sqlite_engine *e, const struct tb_engine_request *request,
                                struct tb_cursor *ret_cursor)
{
    static const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
    struct feed f = {.scope = &cohort, .store = request->peer.store};
    feed_bind(e, &f);
    int64_t seq = cursor_decode(&f, &request->checksum.cursor);
    int64_t last_seq = seq;
    int64_t end_seq;
    bool row = false;
    enum tb_err err = span_end(e, &f, seq, &end_seq);
    if (err == TB_OK)
        err = log_end(e, &last_seq);
    if (err != TB_OK)
        return err;
    struct tb_stmt *s = feed_statement(e, &f, seq, end_seq, 1);
    err = tb_stmt_step(s, &row);
    tb_stmt_reset(s);
    bool reached = !row && last_seq <= end_seq;
    if (err == TB_OK)
        *ret_cursor = reached ? request->checksum.cursor : (struct tb_cursor){.size = 1};
    return err;
}

/* ---- all rows of one customer, or of those who share a credential ---- */

struct people {
    size_t count;
    struct tb_id ids[TB_SHARED_COUNT_MAX];
};

static enum tb_err take_row(struct sqlite_engine *e, const struct sqlite_change *change, struct gathering *g)
{
    if (g->full || g->count == g->count_max)
        return TB_OK;
    size_t mark = tb_arena_mark(g->arena);
    enum tb_err err = sqlite_row_read(e, change, g->arena, &g->rows[g->count]);
    if (err == TB_OK && g->cost + tb_engine_row_cost(&g->rows[g->count]) <= g->cost_max) {
        g->cost += tb_engine_row_cost(&g->rows[g->count]);
        g->count++;
        return TB_OK;
    }
    tb_arena_release(g->arena, mark);
    g->full = err == TB_OK || err == TB_ERR_NO_MEMORY;
    return g->full || err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

static enum tb_err take_credentials(struct sqlite_engine *e, struct sqlite_change *change,
                                    struct gathering *g)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CREDENTIAL_OF_CUSTOMER);
    tb_stmt_bind_blob(s, 1, tb_id_span(&change->customer));
    tb_stmt_bind_int(s, 2, CREDENTIALS_READ_MAX);
    change->type = TB_ROW_CREDENTIAL;
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        change->id = tb_stmt_blob(s, 0);
        err = take_row(e, change, g);
        if (err != TB_OK)
            break;
    }
    tb_stmt_reset(s);
    return err;
}

enum tb_err sqlite_cart_of(struct sqlite_engine *e, const struct tb_id *customer, struct tb_id *ret_cart)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CART_OF_CUSTOMER);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    return sqlite_id_take(s, ret_cart);
}

static enum tb_err take_rewards(struct sqlite_engine *e, const struct sqlite_change *like,
                                struct gathering *g)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_REWARD_OF_CUSTOMER);
    tb_stmt_bind_blob(s, 1, tb_id_span(&like->customer));
    tb_stmt_bind_int(s, 2, REWARDS_READ_MAX);
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        struct sqlite_change change = *like;
        change.type = TB_ROW_REWARD;
        change.id = tb_stmt_blob(s, 0);
        err = take_row(e, &change, g);
        if (err != TB_OK)
            break;
    }
    tb_stmt_reset(s);
    return err;
}

/* Everything of a customer but her own row. */
static enum tb_err take_others(struct sqlite_engine *e, const struct sqlite_change *like, struct gathering *g)
{
    struct sqlite_change change = *like;
    struct tb_id cart;
    enum tb_err err = take_credentials(e, &change, g);
    if (err == TB_OK && sqlite_cart_of(e, &like->customer, &cart) == TB_OK) {
        change.type = TB_ROW_CART;
        change.id = tb_id_span(&cart);
        err = take_row(e, &change, g);
    }
    change.type = TB_ROW_JOURNEY;
    change.id = tb_id_span(&like->customer);
    if (err == TB_OK)
        err = take_row(e, &change, g);
    return err == TB_OK ? take_rewards(e, &change, g) : err;
}

/* Those of the customers' own rows come first, so that all are there however much there is of one. */
static enum tb_err people_rows(struct sqlite_engine *e, const struct people *people, const char *store,
                               struct tb_arena *arena, struct tb_rows *ret_rows)
{
    size_t count_max = people->count * CUSTOMER_ROWS_MAX;
    struct gathering g = {.arena = arena,
                          .count_max = count_max < TB_ROW_BATCH_MAX ? count_max : TB_ROW_BATCH_MAX,
                          .cost_max = TB_ENGINE_ROWS_COST_MAX};
    g.rows = tb_arena_take(arena, g.count_max * sizeof *g.rows);
    if (g.rows == NULL)
        return TB_ERR_NO_MEMORY;
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < 2 * people->count && err == TB_OK; i++) {
        const struct tb_id *customer = &people->ids[i % people->count];
        const struct sqlite_change change = {.type = TB_ROW_CUSTOMER,
                                             .op = TB_ROW_PUT,
                                             .id = tb_id_span(customer),
                                             .customer = *customer,
                                             .store = store};
        err = i < people->count ? take_row(e, &change, &g) : take_others(e, &change, &g);
        if (err == TB_OK && g.count == 0)
            err = TB_ERR_NOT_FOUND;
    }
    *ret_rows = (struct tb_rows){.at = g.rows, .count = g.count};
    return err;
}

enum tb_err sqlite_customer_rows(struct sqlite_engine *e, const struct tb_id *customer, const char *store,
                                 struct tb_arena *arena, struct tb_rows *ret_rows)
{
    const struct people people = {.count = 1, .ids = {*customer}};
    return people_rows(e, &people, store, arena, ret_rows);
}

/* Whose a credential is that may be accepted. TB_ERR_NOT_FOUND. */
static enum tb_err people_of(struct sqlite_engine *e, const char *kind, const uint8_t *hash,
                             struct people *ret_people)
{
    struct tb_credential_doc doc = {.kind = ""};
    struct tb_span key = tb_span_of(hash, TB_LOOKUP_HASH_SIZE);
    struct tb_stmt *s = sqlite_stmt(e, STMT_CREDENTIAL_READ);
    tb_stmt_bind_blob(s, 1, key);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    bool found =
        err == TB_OK && row && tb_span_is(tb_stmt_blob(s, 0), kind) && tb_stmt_int(s, 4) == TB_BLOCK_NONE;
    if (found)
        err = sqlite_column_id(s, 1, &ret_people->ids[0]);
    tb_stmt_reset(s);
    if (err == TB_OK && found)
        err = sqlite_sharers_read(e, key, &doc);
    if (err != TB_OK || !found)
        return err == TB_OK ? TB_ERR_NOT_FOUND : err;
    memcpy(&ret_people->ids[1], doc.also, doc.also_count * sizeof doc.also[0]);
    ret_people->count = 1u + doc.also_count;
    return TB_OK;
}

/* Whose it is, by the evidence or else by the hash; of a hand-over's code perhaps nobody's.
 * TB_ERR_NOT_FOUND: nothing, or refused. */
static enum tb_err people_find(struct sqlite_engine *e, const struct tb_engine_request *request,
                               struct sqlite_evidence *evidence, struct people *ret_people)
{
    const struct tb_identify_ask *ask = &request->identify;
    enum tb_err err = sqlite_evidence_judge(e, &request->peer, ask, evidence);
    if (err != TB_OK || evidence->proof.refused[0])
        return err == TB_OK ? TB_ERR_NOT_FOUND : err;
    if (!tb_id_is_zero(&evidence->handover)) {
        *ret_people =
            (struct people){.count = tb_id_is_zero(&evidence->customer) ? 0 : 1, .ids = {evidence->customer}};
        return TB_OK;
    }
    if (evidence->proof.verified)
        return people_of(e, evidence->proof.kind, evidence->proof.hash, ret_people);
    return people_of(e, ask->kind, ask->hash, ret_people);
}

static enum tb_err people_meet(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                               const struct people *people, bool *ret_entered)
{
    enum tb_err err = TB_OK;
    *ret_entered = false;
    for (size_t i = 0; i < people->count && err == TB_OK; i++) {
        bool entered = false;
        err = sqlite_cohort_meet(e, peer, &people->ids[i], &entered);
        *ret_entered = *ret_entered || entered;
    }
    return err;
}

/* What a code is of: its row, behind those that there are, and nobody's cart. */
static enum tb_err handover_rows(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                                 const struct sqlite_evidence *evidence, struct tb_arena *arena,
                                 struct tb_rows *rows)
{
    struct gathering g = {.arena = arena,
                          .rows = tb_arena_take(arena, (rows->count + 2) * sizeof *g.rows),
                          .count_max = rows->count + 2,
                          .cost_max = SIZE_MAX};
    if (g.rows == NULL)
        return TB_ERR_NO_MEMORY;
    if (rows->count)
        memcpy(g.rows, rows->at, rows->count * sizeof *g.rows);
    g.count = rows->count;
    struct sqlite_change change = {.type = TB_ROW_CART,
                                   .op = TB_ROW_PUT,
                                   .id = tb_id_span(&evidence->cart),
                                   .customer = evidence->customer,
                                   .store = peer->store,
                                   .shopper = !tb_id_is_zero(&peer->customer)};
    enum tb_err err = TB_OK;
    if (tb_id_is_zero(&evidence->customer))
        err = take_row(e, &change, &g);
    change.type = TB_ROW_HANDOVER;
    change.id = tb_id_span(&evidence->handover);
    if (err == TB_OK)
        err = take_row(e, &change, &g);
    *rows = (struct tb_rows){.at = g.rows, .count = g.count};
    return err;
}

/* From the web only what somebody was handed is looked up, and only one's own or nobody's is found, calls for
 * help not at all: they are for the store. What is one's own comes with the feed. */
static enum tb_err web_find(struct sqlite_engine *e, const struct tb_engine_request *request,
                            struct sqlite_evidence *evidence, struct people *ret_people)
{
    if (strcmp(request->identify.kind, "handover") != 0)
        return TB_ERR_DENIED;
    enum tb_err err = people_find(e, request, evidence, ret_people);
    bool others = ret_people->count > 0 && !tb_id_equal(&ret_people->ids[0], &request->peer.customer);
    bool call = evidence->handover_reason == TB_HANDOVER_FOR_HELP;
    ret_people->count = 0;
    return err == TB_OK && (others || call) ? TB_ERR_NOT_FOUND : err;
}

enum tb_err sqlite_identify(struct sqlite_engine *e, const struct tb_engine_request *request,
                            struct tb_arena *arena, struct tb_engine_answer *ret_answer)
{
    struct sqlite_evidence evidence = {.replay = {.rule = TB_REPLAY_NONE}};
    struct people people = {.count = 0};
    bool web = !tb_id_is_zero(&request->peer.customer);
    enum tb_err err = (web ? web_find : people_find)(e, request, &evidence, &people);
    if (err == TB_OK)
        err = sqlite_evidence_claim(e, &evidence);
    bool found = err == TB_OK && !evidence.proof.refused[0];
    bool known = found && people.count > 0;
    if (known)
        err = people_meet(e, &request->peer, &people, &ret_answer->identify.entered);
    if (known && err == TB_OK)
        err = people_rows(e, &people, request->peer.store, arena, &ret_answer->identify.rows);
    if (found && err == TB_OK && !tb_id_is_zero(&evidence.handover))
        err = handover_rows(e, &request->peer, &evidence, arena, &ret_answer->identify.rows);
    ret_answer->identify.found = found && err == TB_OK;
    ret_answer->identify.proof = evidence.proof;
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}
