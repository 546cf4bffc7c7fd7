#include "tests/support/engine_fake_shop.h"

#include "core/base/assert.h"
#include "core/crypto/hash.h"
#include "core/sync/mutation_print.h"

#include <stdio.h>

struct tb_id engine_fake_id(const char *what, unsigned number)
{
    struct tb_id id = {{0}};
    size_t size = strlen(what);
    memcpy(id.bytes, what, size < 8 ? size : 8);
    for (size_t i = 0; i < 4; i++)
        id.bytes[12 + i] = (uint8_t)(number >> (8 * (3 - i)));
    return id;
}

void engine_fake_gtin(unsigned number, char ret_gtin[TB_GTIN_SIZE + 1])
{
    (void)snprintf(ret_gtin, TB_GTIN_SIZE + 1, "%014u", number);
}

void engine_fake_hash(unsigned number, uint8_t ret_hash[TB_LOOKUP_HASH_SIZE])
{
    struct tb_id id = engine_fake_id("hash", number);
    memcpy(ret_hash, id.bytes, TB_ID_SIZE);
    memcpy(ret_hash + TB_ID_SIZE, id.bytes, TB_ID_SIZE);
}

void engine_fake_put(struct engine_fake *e, enum tb_row_type type, const char *id,
                     const struct tb_id *customer, const char *doc)
{
    struct fake_object *object = NULL;
    for (size_t i = 0; !object && i < e->object_count; i++)
        if (e->objects[i].type == type && strcmp(e->objects[i].id, id) == 0)
            object = &e->objects[i];
    if (!object) {
        TB_ASSERT(e->object_count < FAKE_OBJECT_MAX);
        object = &e->objects[e->object_count++];
        memset(object, 0, sizeof *object);
    }
    object->type = type;
    (void)snprintf(object->id, sizeof object->id, "%s", id);
    if (customer)
        object->customer = *customer;
    object->change = ++e->change;
    TB_ASSERT(strlen(doc) < sizeof object->doc);
    (void)snprintf(object->doc, sizeof object->doc, "%s", doc);
}

void engine_fake_init(struct engine_fake *e)
{
    e->epoch = 1;
    e->change = 0;
    e->wall_ms = INT64_C(1790000000000);
    e->object_count = 0;
    e->cart_count = 0;
    e->product_count = 0;
    e->sale_count = 0;
    e->void_count = 0;
    e->merge_count = 0;
    e->conflict_count = 0;
    e->reopened = 0;
    e->stream_count = 0;
    e->fault = TB_OK;
    e->apply_max = 0;
    engine_fake_put(e, TB_ROW_TERMINAL, "till-4", NULL,
                    "{\"store\":\"" FAKE_STORE
                    "\",\"store_name\":\"Market Street\",\"till\":\"4\",\"role\":\"till\","
                    "\"name\":\"Till 4\",\"currency\":\"EUR\",\"language\":\"en\"}");
}

void engine_fake_add_customer(struct engine_fake *e, unsigned number)
{
    char text[TB_ID_TEXT_SIZE];
    char hash_text[2 * TB_LOOKUP_HASH_SIZE + 1];
    uint8_t hash[TB_LOOKUP_HASH_SIZE];
    struct tb_id id = engine_fake_id("cust", number);
    tb_id_encode(&id, text);
    engine_fake_put(
        e, TB_ROW_CUSTOMER, text, &id,
        "{\"name\":\"Ms Rivera\",\"since\":\"2023\",\"tier\":\"gold\",\"points\":2480,\"benefits\":[],"
        "\"open\":[],\"do_not_ask\":[],\"language\":\"en\"}");
    engine_fake_hash(number, hash);
    struct tb_buf hex = tb_buf_of(hash_text, sizeof hash_text);
    tb_buf_add_hex(&hex, tb_span_of(hash, sizeof hash));
    tb_buf_add_u8(&hex, 0);
    engine_fake_put(e, TB_ROW_CREDENTIAL, hash_text, &id, "{\"kind\":\"member\"}");
}

void engine_fake_add_product(struct engine_fake *e, unsigned number)
{
    char gtin[TB_GTIN_SIZE + 1];
    char doc[128];
    engine_fake_gtin(number, gtin);
    (void)snprintf(doc, sizeof doc,
                   "{\"name\":\"Product %u\",\"unit_price\":%u,\"currency\":\"EUR\",\"stock\":\"in_stock\"}",
                   number, number * 10);
    engine_fake_put(e, TB_ROW_PRODUCT, gtin, NULL, doc);
}

static struct fake_stream *stream_of(struct engine_fake *e, const char *device,
                                     const struct tb_id *incarnation)
{
    for (size_t i = 0; i < e->stream_count; i++)
        if (strcmp(e->streams[i].device, device) == 0 && tb_id_equal(&e->streams[i].incarnation, incarnation))
            return &e->streams[i];
    TB_ASSERT(e->stream_count < FAKE_STREAM_MAX);
    struct fake_stream *stream = &e->streams[e->stream_count++];
    memset(stream, 0, sizeof *stream);
    (void)snprintf(stream->device, sizeof stream->device, "%s", device);
    stream->incarnation = *incarnation;
    return stream;
}

const struct fake_stream *engine_fake_stream(const struct engine_fake *e, const char *device,
                                             const struct tb_id *incarnation)
{
    for (size_t i = 0; i < e->stream_count; i++)
        if (strcmp(e->streams[i].device, device) == 0 && tb_id_equal(&e->streams[i].incarnation, incarnation))
            return &e->streams[i];
    return NULL;
}

static void answer_open(struct engine_fake *e, const struct tb_engine_request *request,
                        struct tb_engine_answer *answer)
{
    const struct fake_stream *stream = stream_of(e, request->peer.device, &request->open.incarnation);
    if (request->open.next_seq <= stream->decided) {
        answer->err = TB_ERR_REPLAYED;
        return;
    }
    (void)snprintf(answer->open.epoch, sizeof answer->open.epoch, "epoch-%u", e->epoch);
    answer->open.decided_seq = stream->decided;
    if (tb_id_is_zero(&request->peer.customer)) {
        struct tb_device *device = &answer->open.device;
        (void)snprintf(device->id, sizeof device->id, "%s", "till-4");
        (void)snprintf(device->store, sizeof device->store, "%s", FAKE_STORE);
        (void)snprintf(device->till, sizeof device->till, "%s", "4");
        (void)snprintf(device->role, sizeof device->role, "%s", "till");
        (void)snprintf(device->name, sizeof device->name, "%s", "Till 4");
    }
}

static void seq_decide(struct engine_fake *e, struct fake_stream *stream, const struct tb_engine_peer *peer,
                       const struct tb_mutation *m, struct fake_touched *touched)
{
    struct fake_decision *decision = &stream->decisions[m->seq];
    TB_ASSERT(decision->verdict.kind == TB_VERDICT_NONE);
    decision->kind = m->kind;
    decision->print = tb_mutation_print(m);
    decision->line = m->line;
    decision->verdict.seq = m->seq;
    decision->verdict.kind = TB_VERDICT_APPLIED;
    stream->decided = m->seq;
    if (m->kind == TB_MUTATION_SKIPPED) {
        stream->decided += m->skipped.count - 1;
        return;
    }
    fake_shop_decide(e, peer, m, &decision->verdict, touched);
}

static struct tb_verdict verdict_reused(struct engine_fake *e, const struct tb_engine_peer *peer,
                                        const struct tb_mutation *m, struct fake_touched *touched)
{
    struct tb_verdict verdict = {.seq = m->seq, .kind = TB_VERDICT_REJECTED, .code = TB_VERDICT_CODE_REUSED};
    if (m->kind != TB_MUTATION_CHECKOUT_FINISH && m->kind != TB_MUTATION_CHECKOUT_VOID)
        return verdict;
    verdict = (struct tb_verdict){.seq = m->seq, .kind = TB_VERDICT_APPLIED};
    fake_shop_decide(e, peer, m, &verdict, touched);
    return verdict;
}

/* What was decided before is asked for again: with the cart as it is now. */
static struct tb_verdict verdict_of(struct engine_fake *e, struct fake_stream *stream,
                                    const struct tb_engine_peer *peer, const struct tb_mutation *m,
                                    struct fake_touched *touched)
{
    TB_ASSERT(m->seq < FAKE_SEQ_MAX);
    *touched = (struct fake_touched){.count = 1, .carts = {m->cart}};
    if (m->kind == TB_MUTATION_CART_MERGE)
        touched->carts[touched->count++] = m->merge.from;
    if (m->seq > stream->decided + 1)
        return (struct tb_verdict){.seq = m->seq, .kind = TB_VERDICT_RETRY, .code = TB_ENGINE_CODE_GAP};
    if (m->seq == stream->decided + 1) {
        seq_decide(e, stream, peer, m, touched);
        return stream->decisions[m->seq].verdict;
    }
    if (tb_mutation_differs(m, stream->decisions[m->seq].print))
        return verdict_reused(e, peer, m, touched);
    struct tb_verdict verdict = stream->decisions[m->seq].verdict;
    verdict.seq = m->seq;
    if (verdict.kind != TB_VERDICT_REJECTED)
        verdict.kind = TB_VERDICT_DUPLICATE;
    return verdict;
}

static struct tb_rows rows_new(struct tb_arena *arena)
{
    struct tb_row *rows = tb_arena_take(arena, TB_ROW_BATCH_MAX * sizeof *rows);
    TB_ASSERT(rows);
    return (struct tb_rows){.at = rows, .count = 0};
}

static void rows_add(struct tb_rows *rows, struct tb_arena *arena, const struct engine_fake *e,
                     const struct fake_object *object)
{
    struct tb_row row = {.type = object->type,
                         .op = TB_ROW_PUT,
                         .version = object->change,
                         .as_of_ms = e->wall_ms,
                         .customer = object->customer};
    memcpy(row.id, object->id, sizeof row.id);
    char *doc = tb_arena_str(arena, tb_span_str(object->doc));
    TB_ASSERT(doc && rows->count < TB_ROW_BATCH_MAX);
    row.doc = tb_span_str(doc);
    struct tb_row *at = (struct tb_row *)(uintptr_t)rows->at; /* our own, from rows_new() */
    at[rows->count++] = row;
}

static void rows_add_cart(struct tb_rows *rows, struct tb_arena *arena, const struct engine_fake *e,
                          const struct tb_id *cart)
{
    char id[TB_ID_TEXT_SIZE];
    tb_id_encode(cart, id);
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].type == TB_ROW_CART && strcmp(rows->at[i].id, id) == 0)
            return;
    for (size_t i = 0; i < e->object_count; i++)
        if (e->objects[i].type == TB_ROW_CART && strcmp(e->objects[i].id, id) == 0)
            rows_add(rows, arena, e, &e->objects[i]);
}

static void changes_add(struct tb_engine_answer *answer, const struct tb_id *customer)
{
    struct tb_engine_change *changes = answer->apply.changes;
    for (size_t i = 0; i < answer->apply.change_count; i++)
        if (tb_id_equal(&changes[i].scope.customer, customer))
            return;
    if (answer->apply.change_count == 0)
        changes[answer->apply.change_count++] =
            (struct tb_engine_change){.scope.kind = TB_SCOPE_COHORT, .store = FAKE_STORE};
    changes[answer->apply.change_count++] =
        (struct tb_engine_change){.scope = {.kind = TB_SCOPE_CUSTOMER, .customer = *customer}};
}

static void answer_apply(struct engine_fake *e, const struct tb_engine_request *request,
                         struct tb_arena *arena, struct tb_engine_answer *answer)
{
    struct fake_stream *stream = stream_of(e, request->peer.device, &request->apply.incarnation);
    const struct tb_mutation_batch *batch = &request->apply.batch;
    uint8_t count = batch->count;
    if (e->apply_max && count > e->apply_max)
        count = e->apply_max;
    struct fake_touched touched[TB_MUTATION_BATCH_MAX] = {{.count = 0}};
    for (uint8_t i = 0; i < count; i++) {
        struct tb_mutation m;
        size_t mark = tb_arena_mark(arena);
        tb_mutation_batch_read(batch, i, arena, &m);
        struct tb_verdict verdict = verdict_of(e, stream, &request->peer, &m, &touched[i]);
        answer->apply.verdicts[answer->apply.count++] = verdict;
        if (verdict.kind == TB_VERDICT_APPLIED && verdict.version)
            for (size_t k = 0; k < touched[i].count; k++)
                changes_add(answer, &engine_fake_cart(e, &touched[i].carts[k])->customer);
        tb_arena_release(arena, mark);
        if (verdict.kind == TB_VERDICT_RETRY)
            break;
    }
    answer->apply.rows = rows_new(arena);
    for (uint8_t i = 0; i < answer->apply.count; i++)
        for (size_t k = 0; k < touched[i].count; k++)
            rows_add_cart(&answer->apply.rows, arena, e, &touched[i].carts[k]);
}

uint8_t engine_fake_partition(const struct tb_id *customer)
{
    return tb_sha256(tb_id_span(customer)).bytes[0];
}

void engine_fake_sum(const struct fake_object *object, uint8_t sum[TB_PARTITION_SUM_SIZE])
{
    static const uint8_t zero[1] = {0};
    uint8_t id[TB_ID_SIZE];
    uint8_t version[8];
    struct tb_buf b = tb_buf_of(version, sizeof version);
    tb_buf_add_u64be(&b, (uint64_t)object->change);
    /* Of a credential's hash the first half. */
    TB_ASSERT(tb_hex_decode(tb_span_of(object->id, sizeof id * 2), id, sizeof id) == TB_OK);
    struct tb_span parts[] = {tb_span_str(tb_row_type_names[object->type]), tb_span_of(zero, 1),
                              tb_span_of(id, sizeof id), tb_buf_span(&b)};
    struct tb_digest digest = tb_sha256_parts(parts, TB_ARRAY_SIZE(parts));
    for (size_t i = 0; i < TB_PARTITION_SUM_SIZE; i++)
        sum[i] ^= digest.bytes[i];
}

bool engine_fake_covers(const struct tb_scope *scope, const struct fake_object *object)
{
    switch (scope->kind) {
    case TB_SCOPE_DEVICE: return object->type == TB_ROW_TERMINAL;
    case TB_SCOPE_COHORT: return !tb_id_is_zero(&object->customer);
    case TB_SCOPE_CATALOGUE: return object->type == TB_ROW_PRODUCT;
    case TB_SCOPE_CUSTOMER: return tb_id_equal(&object->customer, &scope->customer);
    case TB_SCOPE_PARTITION:
        return !tb_id_is_zero(&object->customer) &&
               engine_fake_partition(&object->customer) == scope->partition;
    case TB_SCOPE_ERASURES: return object->type == TB_ROW_ERASURE;
    case TB_SCOPE_STORE: return object->type == TB_ROW_HANDOVER;
    case TB_SCOPE_NONE: break;
    }
    return false;
}

/* Cursor: u32 epoch | u8 scope kind | u64 change */
int64_t engine_fake_cursor_change(const struct engine_fake *e, const struct tb_scope *scope,
                                  const struct tb_cursor *cursor)
{
    struct tb_reader r = tb_reader_of(tb_span_of(cursor->bytes, cursor->size));
    uint32_t epoch = tb_read_u32be(&r);
    uint8_t kind = tb_read_u8(&r);
    uint64_t change = tb_read_u64be(&r);
    if (r.err != TB_OK || epoch != e->epoch || kind != scope->kind || change > (uint64_t)e->change)
        return -1;
    return (int64_t)change;
}

static struct tb_cursor cursor_of(const struct engine_fake *e, const struct tb_scope *scope, int64_t change)
{
    struct tb_cursor cursor = {0};
    struct tb_buf to = tb_buf_of(cursor.bytes, sizeof cursor.bytes);
    tb_buf_add_u32be(&to, e->epoch);
    tb_buf_add_u8(&to, (uint8_t)scope->kind);
    tb_buf_add_u64be(&to, (uint64_t)change);
    cursor.size = (uint8_t)to.size;
    return cursor;
}

static const struct fake_object *object_after(const struct engine_fake *e, const struct tb_scope *scope,
                                              int64_t change)
{
    const struct fake_object *next = NULL;
    for (size_t i = 0; i < e->object_count; i++) {
        const struct fake_object *object = &e->objects[i];
        if (object->change > change && engine_fake_covers(scope, object) &&
            (!next || object->change < next->change))
            next = object;
    }
    return next;
}

static void answer_feed(struct engine_fake *e, const struct tb_engine_request *request,
                        struct tb_arena *arena, struct tb_engine_answer *answer)
{
    const struct tb_scope *scope = &request->feed.scope;
    int64_t change = engine_fake_cursor_change(e, scope, &request->feed.cursor);
    if (change < 0)
        change = 0;
    answer->feed.rows = rows_new(arena);
    const struct fake_object *object = object_after(e, scope, change);
    /* Small pages, so that several are under way. */
    while (object && answer->feed.rows.count < 3 && answer->feed.rows.count < request->feed.row_count_max) {
        rows_add(&answer->feed.rows, arena, e, object);
        change = object->change;
        object = object_after(e, scope, change);
    }
    answer->feed.more = object != NULL;
    answer->feed.cursor = cursor_of(e, scope, change);
}

static void answer_identify(struct engine_fake *e, const struct tb_engine_request *request,
                            struct tb_arena *arena, struct tb_engine_answer *answer)
{
    char id[2 * TB_LOOKUP_HASH_SIZE + 1];
    struct tb_buf hex = tb_buf_of(id, sizeof id);
    tb_buf_add_hex(&hex, tb_span_of(request->identify.hash, TB_LOOKUP_HASH_SIZE));
    tb_buf_add_u8(&hex, 0);
    answer->identify.rows = rows_new(arena);
    for (size_t i = 0; i < e->object_count; i++) {
        if (e->objects[i].type != TB_ROW_CREDENTIAL || strcmp(e->objects[i].id, id) != 0)
            continue;
        answer->identify.found = true;
        for (size_t k = 0; k < e->object_count; k++)
            if (tb_id_equal(&e->objects[k].customer, &e->objects[i].customer))
                rows_add(&answer->identify.rows, arena, e, &e->objects[k]);
    }
}

/* Everybody, whatever is looked for. */
static void answer_find(const struct engine_fake *e, struct tb_engine_answer *answer)
{
    for (size_t i = 0; i < e->object_count && answer->find.count < TB_FIND_COUNT_MAX; i++)
        if (e->objects[i].type == TB_ROW_CUSTOMER)
            answer->find.matches[answer->find.count++].customer = e->objects[i].customer;
}

static void answer_fetch(struct engine_fake *e, const struct tb_id *customer, struct tb_arena *arena,
                         struct tb_engine_answer *answer)
{
    answer->identify.rows = rows_new(arena);
    for (size_t i = 0; i < e->object_count; i++)
        if (tb_id_equal(&e->objects[i].customer, customer))
            rows_add(&answer->identify.rows, arena, e, &e->objects[i]);
    answer->identify.found = answer->identify.rows.count > 0;
}

static void answer_product(struct engine_fake *e, const struct tb_engine_request *request,
                           struct tb_engine_answer *answer)
{
    struct tb_product *product = &answer->product.product;
    for (size_t i = 0; i < e->object_count; i++) {
        if (e->objects[i].type != TB_ROW_PRODUCT || strcmp(e->objects[i].id, request->product.gtin) != 0)
            continue;
        memcpy(product->gtin, request->product.gtin, sizeof product->gtin);
        (void)snprintf(product->name, sizeof product->name, "%s", "Product");
        (void)snprintf(product->currency, sizeof product->currency, "%s", "EUR");
        product->unit_price = 100;
        product->stock = TB_STOCK_IN_STOCK;
    }
}

/* Every customer is of the one store's cohort. */
static void answer_admit(const struct engine_fake *e, const struct tb_engine_request *request,
                         struct tb_engine_answer *answer)
{
    for (size_t i = 0; i < e->object_count; i++)
        if (tb_id_equal(&e->objects[i].customer, &request->admit.customer))
            answer->admit.admitted = true;
}

static void answer_checksum(const struct engine_fake *e, const struct tb_engine_request *request,
                            struct tb_engine_answer *answer)
{
    static const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
    for (size_t i = 0; i < e->object_count; i++) {
        const struct fake_object *object = &e->objects[i];
        if (engine_fake_covers(&cohort, object))
            engine_fake_sum(object, answer->checksum.sums[engine_fake_partition(&object->customer)]);
    }
    const struct tb_cursor *cursor = &request->checksum.cursor;
    int64_t change = engine_fake_cursor_change(e, &cohort, cursor);
    bool reached = change >= 0 && object_after(e, &cohort, change) == NULL;
    answer->checksum.cursor = reached ? *cursor : (struct tb_cursor){.size = 1};
}

static void fake_answer(void *context, const struct tb_engine_request *request, struct tb_arena *arena,
                        struct tb_engine_answer *answer)
{
    struct engine_fake *e = context;
    memset(answer, 0, sizeof *answer);
    answer->ask = request->ask;
    answer->ticket = request->ticket;
    answer->err = e->fault;
    if (e->fault != TB_OK)
        return;
    switch (request->ask) {
    case TB_ENGINE_OPEN: answer_open(e, request, answer); break;
    case TB_ENGINE_APPLY: answer_apply(e, request, arena, answer); break;
    case TB_ENGINE_FEED: answer_feed(e, request, arena, answer); break;
    case TB_ENGINE_IDENTIFY: answer_identify(e, request, arena, answer); break;
    case TB_ENGINE_PRODUCT: answer_product(e, request, answer); break;
    case TB_ENGINE_ADMIT: answer_admit(e, request, answer); break;
    case TB_ENGINE_CHECKSUM: answer_checksum(e, request, answer); break;
    case TB_ENGINE_FIND: answer_find(e, answer); break;
    case TB_ENGINE_FETCH: answer_fetch(e, &request->fetch.customer, arena, answer); break;
    case TB_ENGINE_NONE: answer->err = TB_ERR_UNSUPPORTED; break;
    }
}

struct tb_engine engine_fake_port(struct engine_fake *e)
{
    return (struct tb_engine){.answer = fake_answer, .context = e};
}

void engine_fake_restored(struct engine_fake *e, uint32_t epoch)
{
    e->epoch = epoch;
}
