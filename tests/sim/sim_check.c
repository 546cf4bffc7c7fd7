#include "tests/sim/sim.h"

#include <stdio.h>

static int64_t version_stored(const struct sim_client *c, enum tb_row_type type, const char *id)
{
    const struct sim_row *row = rows_find(&c->disk.cache, type, id);
    if (!row)
        row = rows_find(&c->disk.state, type, id);
    return row ? row->version : 0;
}

/* The rule itself: what the cursor says was seen is there. */
void check_cursor(struct sim *s, const struct sim_client *c, size_t feed)
{
    const struct engine_fake *e = &s->store.fake;
    const struct tb_scope *scope = &c->disk.feeds[feed];
    const struct sim_rows *rows = scope->kind == TB_SCOPE_DEVICE ? &c->disk.state : &c->disk.cache;
    int64_t change = s->store.real ? -1 : engine_fake_cursor_change(e, scope, &rows->cursors[feed]);
    for (size_t i = 0; change >= 0 && i < e->object_count; i++) {
        const struct fake_object *object = &e->objects[i];
        if (engine_fake_covers(scope, object) && object->change <= change)
            SIM_CHECK(s, version_stored(c, object->type, object->id) >= object->change,
                      "a cursor is ahead of its rows");
    }
}

static bool objects_have(const struct store_objects *objects, const struct store_object *object)
{
    for (size_t i = 0; i < objects->count; i++)
        if (objects->at[i].type == object->type && strcmp(objects->at[i].id, object->id) == 0)
            return true;
    return false;
}

/* Of the real engine a cursor says nothing but what a feed brings from there on: all else must be here. */
static void check_cursor_asking(struct sim *s, const struct sim_client *c, size_t feed)
{
    static const struct tb_cursor none;
    static struct store_objects all;
    static struct store_objects after;
    const struct tb_scope *scope = &c->disk.feeds[feed];
    const struct sim_rows *rows = scope->kind == TB_SCOPE_DEVICE ? &c->disk.state : &c->disk.cache;
    if (rows->cursors[feed].size == 0)
        return;
    store_read(s, c, scope, &none, &all);
    store_read(s, c, scope, &rows->cursors[feed], &after);
    for (size_t i = 0; i < all.count; i++)
        SIM_CHECK(s,
                  objects_have(&after, &all.at[i]) ||
                      version_stored(c, all.at[i].type, all.at[i].id) >= all.at[i].version,
                  "a cursor is ahead of its rows");
}

static const struct oracle_stream *stream_of(const struct sim *s, const struct sim_client *c)
{
    char device[TB_DEVICE_SIZE_MAX + 1];
    client_name(c, device);
    return oracle_stream(&s->oracle, device, &c->disk.outbox.incarnation);
}

/* What a client holds as decided was decided; and no cursor is ahead. */
void check_disk(struct sim *s, const struct sim_client *c)
{
    const struct sim_outbox *outbox = &c->disk.outbox;
    const struct oracle_stream *stream = stream_of(s, c);
    for (size_t feed = 0; feed < c->disk.feed_count; feed++) {
        if (s->store.real)
            check_cursor_asking(s, c, feed);
        else
            check_cursor(s, c, feed);
    }
    for (int64_t seq = 1; seq < outbox->next_seq && !s->restored; seq++) {
        const struct sim_outbox_row *row = &outbox->rows[seq];
        if (!row->decided)
            continue;
        SIM_CHECK(s, stream && seq <= stream->decided, "a verdict on what was never decided");
        bool rejected = stream->decisions[seq].verdict == TB_VERDICT_REJECTED;
        SIM_CHECK(s, rejected == (row->verdict == TB_VERDICT_REJECTED), "a verdict is not what was decided");
    }
}

/* What was stored is what was decided, each seq once, nothing given up. */
static void mutations_check(struct sim *s, const struct sim_client *c)
{
    const struct sim_outbox *outbox = &c->disk.outbox;
    const struct oracle_stream *stream = stream_of(s, c);
    SIM_CHECK(s, stream && stream->decided == outbox->next_seq - 1, "a stored mutation was never decided");
    for (int64_t seq = 1; seq < outbox->next_seq; seq++) {
        const struct sim_outbox_row *row = &outbox->rows[seq];
        const struct oracle_decision *decision = &stream->decisions[seq];
        SIM_CHECK(s, row->decided, "a verdict never arrived");
        SIM_CHECK(s,
                  decision->kind == row->mutation.kind && tb_id_equal(&decision->line, &row->mutation.line),
                  "another mutation was decided than was stored");
        s->totals.decided++;
    }
}

static bool covers(const struct sim_client *c, const struct fake_object *object)
{
    for (size_t i = 0; i < c->disk.feed_count; i++)
        if (engine_fake_covers(&c->disk.feeds[i], object))
            return true;
    return false;
}

static uint64_t state_hash(uint64_t hash, enum tb_row_type type, const char *id, int64_t version,
                           uint64_t doc_hash)
{
    char text[TB_ROW_ID_SIZE_MAX + 80];
    int size = snprintf(text, sizeof text, "%d %s %lld %llx", (int)type, id, (long long)version,
                        (unsigned long long)doc_hash);
    return hash ^ sim_hash(tb_span_of(text, (size_t)size));
}

/* What a client holds of what its feeds cover hashes to the same as what the context store has of it. */
static void rows_check(struct sim *s, const struct sim_client *c)
{
    uint64_t here = 0;
    uint64_t there = 0;
    for (size_t i = 0; i < s->store.fake.object_count; i++) {
        const struct fake_object *object = &s->store.fake.objects[i];
        if (!covers(c, object))
            continue;
        const struct sim_row *row = rows_find(&c->disk.cache, object->type, object->id);
        if (!row)
            row = rows_find(&c->disk.state, object->type, object->id);
        SIM_CHECK(s, row != NULL, "a row is missing");
        here = state_hash(here, row->type, row->id, row->version, row->hash);
        there =
            state_hash(there, object->type, object->id, object->change, sim_hash(tb_span_str(object->doc)));
    }
    SIM_CHECK(s, here == there, "a client does not hold what the context store has");
}

/* The same, object by object, as the real engine tells it this client. */
static void rows_check_asking(struct sim *s, const struct sim_client *c)
{
    static const struct tb_cursor none;
    static struct store_objects all;
    for (size_t feed = 0; feed < c->disk.feed_count; feed++) {
        store_read(s, c, &c->disk.feeds[feed], &none, &all);
        for (size_t i = 0; i < all.count; i++) {
            const struct store_object *object = &all.at[i];
            const struct sim_row *row = rows_find(&c->disk.cache, object->type, object->id);
            if (!row)
                row = rows_find(&c->disk.state, object->type, object->id);
            SIM_CHECK(s, row != NULL, "a row is missing");
            SIM_CHECK(s, row->version == object->version && row->hash == object->hash,
                      "a client does not hold what the context store has");
        }
    }
}

/* Adds only, and no outbox lost: the carts hold exactly what was added, counted without any arithmetic. */
static void sums_check(struct sim *s)
{
    int64_t stored = 0;
    int64_t held = 0;
    for (size_t i = 0; i < s->client_count; i++) {
        const struct sim_outbox *outbox = &s->clients[i].disk.outbox;
        for (int64_t seq = 1; seq < outbox->next_seq; seq++)
            stored += outbox->rows[seq].mutation.add.quantity;
    }
    for (size_t i = 0; i < s->store.fake.cart_count; i++)
        held += tb_cart_item_count(&s->store.fake.carts[i]);
    SIM_CHECK(s, stored == held, "the carts do not hold what was added");
}

void check_rest(struct sim *s)
{
    for (size_t i = 0; i < s->client_count; i++) {
        const struct sim_client *c = &s->clients[i];
        mutations_check(s, c);
        check_disk(s, c);
        if (s->store.real)
            rows_check_asking(s, c);
        else
            rows_check(s, c);
        SIM_CHECK(s, c->asked == c->identified, "a look-up had no end, or two");
    }
    if (s->additive && !s->faults.files && !s->store.real)
        sums_check(s);
}
