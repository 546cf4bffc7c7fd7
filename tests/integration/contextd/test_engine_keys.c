#include "tests/integration/contextd/engine_test.h"

#include "core/base/assert.h"
#include "core/credential/keydoc.h"

#include <stdio.h>
#include <string.h>

static struct tb_key_doc doc_of(const char *kind, const char *id, int64_t version)
{
    struct tb_key_doc doc = {.version = version, .value_size = 16};
    (void)snprintf(doc.kind, sizeof doc.kind, "%s", kind);
    (void)snprintf(doc.id, sizeof doc.id, "%s", id);
    memset(doc.value, 0x5a, sizeof doc.value);
    if (strcmp(kind, "token") == 0) { /* the point of RFC 7515 appendix A.3, compressed */
        static const uint8_t point[33] = {3,    0x7f, 0xcd, 0xce, 0x27, 0x70, 0xf6, 0xc4, 0x5d, 0x41, 0x83,
                                          0xcb, 0xee, 0x6f, 0xdb, 0x4b, 0x7b, 0x58, 0x07, 0x33, 0x35, 0x7b,
                                          0xe9, 0xef, 0x13, 0xba, 0xcf, 0x6e, 0x3c, 0x7b, 0xd1, 0x54, 0x45};
        memcpy(doc.value, point, sizeof point);
        doc.value_size = sizeof point;
    }
    return doc;
}

static enum tb_err load(const struct tb_record *record)
{
    const struct tb_engine_ops *ops = fixture.engine->ops;
    assert_int_equal(ops->load_begin(fixture.engine), TB_OK);
    enum tb_err err = ops->load_put(fixture.engine, record);
    assert_int_equal(ops->load_end(fixture.engine, err == TB_OK), TB_OK);
    return err;
}

static enum tb_err put(const struct tb_key_doc *doc, const char *audience)
{
    return load(&(struct tb_record){.kind = TB_RECORD_KEY, .as.key = {.doc = doc, .audience = audience}});
}

static enum tb_err retire(const struct tb_key_doc *doc)
{
    return load(
        &(struct tb_record){.kind = TB_RECORD_KEY, .as.key = {.doc = doc, .audience = "", .retired = true}});
}

/* The last thing that the device feed says of a key, from the beginning. */
static struct tb_row key_row(const struct tb_engine_peer *peer, const char *id)
{
    struct tb_row found = {.type = TB_ROW_NONE};
    const struct tb_cursor none = {0};
    struct tb_engine_request request = fixture_feed(peer, TB_SCOPE_DEVICE, &none);
    const struct tb_engine_answer *answer = engine_fixture_ask(&fixture, &request);
    assert_int_equal(answer->err, TB_OK);
    for (size_t i = 0; i < answer->feed.rows.count; i++)
        if (answer->feed.rows.at[i].type == TB_ROW_KEY && strcmp(answer->feed.rows.at[i].id, id) == 0)
            found = answer->feed.rows.at[i];
    return found;
}

static void row_id(const struct tb_key_doc *doc, char ret_id[TB_ROW_ID_SIZE_MAX + 1])
{
    struct tb_ring_key key;
    assert_int_equal(tb_ring_key_of_doc(doc, &key), TB_OK);
    tb_ring_key_row_id(&key, ret_id);
}

static void sees(const char *device, const char *store, const struct tb_key_doc *doc, enum tb_row_op op)
{
    char id[TB_ROW_ID_SIZE_MAX + 1];
    struct tb_engine_peer peer = fixture_till(device);
    (void)snprintf(peer.store, sizeof peer.store, "%s", store);
    row_id(doc, id);
    struct tb_row row = key_row(&peer, id);
    assert_int_equal(row.op, op);
    assert_int_equal(row.doc.size > 0, op == TB_ROW_PUT);
}

static void public_keys_go_to_everybody(void **state)
{
    (void)state;
    const struct tb_key_doc doc = doc_of("token", "chain", 1);
    assert_int_equal(put(&doc, "none"), TB_OK);
    sees("till-0421-4", "0421", &doc, TB_ROW_PUT);
    sees("kiosk-0421-7", "0421", &doc, TB_ROW_PUT);
}

static void secret_keys_go_where_the_operator_says(void **state)
{
    (void)state;
    const struct tb_key_doc nobody = doc_of("sun_file", "nobody", 1);
    const struct tb_key_doc some = doc_of("sun_file", "some", 1);
    const struct tb_key_doc all = doc_of("totp", "all", 1);
    assert_int_equal(put(&nobody, "none"), TB_OK);
    assert_int_equal(put(&some, "store:0422,device:till-0421-4"), TB_OK);
    assert_int_equal(put(&all, "all"), TB_OK);
    sees("till-0421-4", "0421", &nobody, TB_ROW_EVICT);
    sees("till-0421-4", "0421", &some, TB_ROW_PUT);
    sees("till-0421-5", "0421", &some, TB_ROW_EVICT);
    sees("till-0421-5", "0422", &some, TB_ROW_PUT);
    sees("till-0421-5", "0421", &all, TB_ROW_PUT);
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const char *const audiences[] = {"", "everybody", "store:", "store:0421,,", "till-4"};
    struct tb_key_doc doc = doc_of("sun_file", "series", 1);
    for (size_t i = 0; i < TB_ARRAY_SIZE(audiences); i++)
        assert_int_equal(put(&doc, audiences[i]), TB_ERR_RANGE);
    assert_int_equal(retire(&doc), TB_ERR_NOT_FOUND);
    doc.value_size = 15;
    assert_int_equal(put(&doc, "all"), TB_ERR_RANGE);
    doc = doc_of("pepper", "x", 1);
    assert_int_equal(put(&doc, "all"), TB_ERR_NOT_FOUND);
}

/* Longer than the ring of a terminal the list never is; what is replaced or retired makes room. */
static void there_are_as_many_as_a_ring_holds(void **state)
{
    (void)state;
    struct tb_key_doc doc = doc_of("sun_meta", "series", 1);
    for (; doc.version <= TB_RING_KEY_COUNT_MAX; doc.version++)
        assert_int_equal(put(&doc, "all"), TB_OK);
    assert_int_equal(put(&doc, "all"), TB_ERR_FULL);
    const struct tb_key_doc first = doc_of("sun_meta", "series", 1);
    assert_int_equal(put(&first, "none"), TB_OK);
    assert_int_equal(retire(&first), TB_OK);
    assert_int_equal(put(&doc, "all"), TB_OK);
}

static void a_retired_key_is_dropped_and_its_bytes_forgotten(void **state)
{
    (void)state;
    const struct tb_key_doc doc = doc_of("sun_file", "series", 1);
    char id[TB_ROW_ID_SIZE_MAX + 1];
    const struct tb_engine_peer peer = fixture_till("till-0421-4");
    row_id(&doc, id);
    assert_int_equal(put(&doc, "all"), TB_OK);
    int64_t before = key_row(&peer, id).version;
    assert_int_equal(retire(&doc), TB_OK);
    assert_int_equal(retire(&doc), TB_ERR_NOT_FOUND);
    sees("till-0421-4", "0421", &doc, TB_ROW_DROP);
    assert_true(key_row(&peer, id).version > before);
    struct tb_key_entry entry;
    assert_int_equal(fixture.engine->ops->key_next(fixture.engine, "", &entry), TB_OK);
    assert_true(entry.retired);
    assert_string_equal(entry.doc.id, "series");
    struct tb_key_entry behind;
    assert_int_equal(fixture.engine->ops->key_next(fixture.engine, entry.row, &behind), TB_ERR_NOT_FOUND);
    assert_int_equal(put(&doc, "all"), TB_OK);
    sees("till-0421-4", "0421", &doc, TB_ROW_PUT);
}

static void the_list_has_no_keys(void **state)
{
    (void)state;
    static const uint8_t zero[TB_KEY_VALUE_SIZE_MAX];
    const struct tb_key_doc doc = doc_of("sun_file", "series", 7);
    assert_int_equal(put(&doc, "device:till-0421-4"), TB_OK);
    struct tb_key_entry entry;
    assert_int_equal(fixture.engine->ops->key_next(fixture.engine, "", &entry), TB_OK);
    assert_string_equal(entry.doc.kind, "sun_file");
    assert_string_equal(entry.audience, "device:till-0421-4");
    assert_int_equal(entry.doc.version, 7);
    assert_true(entry.doc.added_ms == NOW_MS);
    assert_memory_equal(entry.doc.value, zero, sizeof zero);
}

/* Whoever is registered in another store from now on gets and loses keys by the ordinary feed. */
static void a_terminal_that_moves_reads_every_key_again(void **state)
{
    (void)state;
    const struct tb_key_doc doc = doc_of("sun_file", "series", 1);
    char id[TB_ROW_ID_SIZE_MAX + 1];
    const struct tb_engine_peer peer = fixture_till("till-0421-4");
    row_id(&doc, id);
    assert_int_equal(put(&doc, "store:0421"), TB_OK);
    const struct tb_cursor none = {0};
    struct tb_engine_request request = fixture_feed(&peer, TB_SCOPE_DEVICE, &none);
    struct tb_cursor cursor = engine_fixture_ask(&fixture, &request)->feed.cursor;
    int64_t before = key_row(&peer, id).version;
    const struct tb_record move = {
        .kind = TB_RECORD_TERMINAL,
        .as.terminal = {
            .device = "till-0421-4", .store = "0421", .role = "till", .name = "Till 4", .till = "4"}};
    assert_int_equal(load(&move), TB_OK);
    request = fixture_feed(&peer, TB_SCOPE_DEVICE, &cursor);
    const struct tb_engine_answer *answer = engine_fixture_ask(&fixture, &request);
    bool again = false;
    for (size_t i = 0; i < answer->feed.rows.count; i++)
        again |= strcmp(answer->feed.rows.at[i].id, id) == 0 && answer->feed.rows.at[i].version > before;
    assert_true(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(public_keys_go_to_everybody),
        ENGINE_TEST(secret_keys_go_where_the_operator_says),
        ENGINE_TEST(what_makes_no_sense_is_refused),
        ENGINE_TEST(there_are_as_many_as_a_ring_holds),
        ENGINE_TEST(a_retired_key_is_dropped_and_its_bytes_forgotten),
        ENGINE_TEST(the_list_has_no_keys),
        ENGINE_TEST(a_terminal_that_moves_reads_every_key_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
