/*
 * What the tests of the cache share: an open cache with its reader, rows of made-up people and products, and
 * look-ups that say what they found. Every test binary includes this once.
 */
#ifndef TB_TESTS_INTEGRATION_CACHE_CACHE_PEOPLE_H
#define TB_TESTS_INTEGRATION_CACHE_CACHE_PEOPLE_H

#include "agent/cache/cache.h"
#include "tests/integration/cache/cache_test.h"

enum { PEOPLE = 40, PRODUCTS = 25 };

static const int64_t AS_OF_MS = INT64_C(1700000000000);

static struct tb_cache cache;
static struct tb_cache_reader reader;
static struct tb_pepper pepper;
static struct tb_cache_applied applied;
static int64_t wall_ms;

static inline void cache_open(void)
{
    assert_int_equal(tb_cache_open(place.path, &place.sealer, &cache), TB_OK);
    assert_int_equal(tb_cache_set_pepper(&cache, &pepper), TB_OK);
    assert_int_equal(tb_cache_reader_open(place.path, &place.sealer, &reader), TB_OK);
}

static inline void cache_close(void)
{
    tb_cache_reader_close(&reader);
    tb_cache_close(&cache);
}

static inline int set_up(void **state)
{
    int failed = place_set_up(state);
    pepper = (struct tb_pepper){.version = 1, .bytes = {42}};
    wall_ms = AS_OF_MS;
    cache_open();
    return failed;
}

static inline int tear_down(void **state)
{
    cache_close();
    return place_tear_down(state);
}

/* ---- rows ---- */

struct rows {
    size_t count;
    struct tb_row at[TB_ROW_BATCH_MAX];
    char docs[TB_ROW_BATCH_MAX][1024];
};

static struct rows rows;

static inline struct tb_id person_id(int person)
{
    return (struct tb_id){{0xc0, (uint8_t)(person >> 8), (uint8_t)person, 0x77}};
}

static inline struct tb_id cart_id(int person)
{
    return (struct tb_id){{0xca, (uint8_t)(person >> 8), (uint8_t)person, 0x77}};
}

static inline struct tb_credential credential_of(int person)
{
    char number[16];
    struct tb_credential credential;
    (void)snprintf(number, sizeof number, "%010d", 4000000 + person);
    assert_int_equal(tb_credential_set(TB_CREDENTIAL_MEMBER, tb_span_str(number), &credential), TB_OK);
    return credential;
}

static inline struct tb_digest hash_of(int person)
{
    struct tb_credential credential = credential_of(person);
    return tb_pepper_credential(&pepper, &credential);
}

static struct tb_row *row_add(enum tb_row_type type, struct tb_span id_hex, int64_t version, const char *doc)
{
    assert_true(rows.count < TB_ROW_BATCH_MAX);
    struct tb_row *row = &rows.at[rows.count];
    *row = (struct tb_row){
        .type = type, .op = doc ? TB_ROW_PUT : TB_ROW_DROP, .version = version, .as_of_ms = AS_OF_MS};
    memcpy(row->id, id_hex.at, id_hex.size);
    if (doc) {
        (void)snprintf(rows.docs[rows.count], sizeof rows.docs[0], "%s", doc);
        row->doc = tb_span_str(rows.docs[rows.count]);
    }
    rows.count++;
    return row;
}

static struct tb_row *person_row(enum tb_row_type type, struct tb_id object, int person, int64_t version,
                                 const char *doc)
{
    char id[TB_ID_TEXT_SIZE];
    tb_id_encode(&object, id);
    struct tb_row *row = row_add(type, tb_span_str(id), version, doc);
    row->customer = person_id(person);
    return row;
}

static inline void customer_row(int person, int64_t version)
{
    char doc[256];
    (void)snprintf(doc, sizeof doc,
                   "{\"name\":\"Shopper %d.%d\",\"tier\":\"gold\",\"points\":%d,\"language\":\"en\"}", person,
                   (int)version, 1000 + person);
    (void)person_row(TB_ROW_CUSTOMER, person_id(person), person, version, doc);
}

static inline void credential_row(int person, int64_t version, bool put)
{
    struct tb_digest hash = hash_of(person);
    char id[65];
    struct tb_buf text = tb_buf_of(id, sizeof id);
    tb_buf_add_hex(&text, tb_digest_span(&hash));
    struct tb_row *row =
        row_add(TB_ROW_CREDENTIAL, tb_buf_span(&text), version, put ? "{\"kind\":\"member\"}" : NULL);
    row->customer = person_id(person);
}

static inline void cart_doc(int quantity, char *ret_doc, size_t size_max)
{
    (void)snprintf(
        ret_doc, size_max,
        "{\"currency\":\"EUR\",\"lines\":[{\"id\":\"aa000000000000000000000000000000\",\"gtin\":"
        "\"04006381333931\",\"name\":\"Pen\",\"quantity\":%d,\"unit_price\":249,\"channel\":\"web\"}],"
        "\"touched_ms\":5,\"touched_channel\":\"web\"}",
        quantity);
}

static struct tb_row *cart_row(int person, struct tb_id cart, int64_t version, int quantity)
{
    char doc[512];
    cart_doc(quantity, doc, sizeof doc);
    return person_row(TB_ROW_CART, cart, person, version, doc);
}

static inline void product_row(int product, int64_t version)
{
    char gtin[16];
    char doc[128];
    (void)snprintf(gtin, sizeof gtin, "%014d", product);
    (void)snprintf(doc, sizeof doc, "{\"name\":\"Product %d\",\"unit_price\":%d,\"currency\":\"EUR\"}",
                   product, product * 100 + (int)version);
    (void)row_add(TB_ROW_PRODUCT, tb_span_str(gtin), version, doc);
}

static inline void everything_rows(int person)
{
    customer_row(person, 1);
    credential_row(person, 1, true);
    (void)cart_row(person, cart_id(person), 1, person + 1);
    (void)person_row(TB_ROW_JOURNEY, person_id(person), person, 1,
                     "{\"events\":[{\"at_ms\":1,\"channel\":\"app\",\"what\":\"looked at pens\"}]}");
}

static inline enum tb_err apply_scoped(const struct tb_scope *scope, uint8_t cursor_byte)
{
    const struct tb_rows all = {.at = rows.at, .count = rows.count};
    const struct tb_cursor cursor = {.size = 1, .bytes = {cursor_byte}};
    assert_int_equal(tb_db_begin(cache.db), TB_OK);
    enum tb_err err = tb_cache_apply(&cache, &all, scope, &cursor, wall_ms, &applied);
    if (err == TB_OK)
        err = tb_db_commit(cache.db);
    else
        tb_db_rollback(cache.db);
    rows.count = 0;
    return err;
}

static inline void apply(void)
{
    assert_int_equal(apply_scoped(NULL, 0), TB_OK);
}

static const struct tb_scope COHORT = {.kind = TB_SCOPE_COHORT};
static const struct tb_scope CATALOGUE = {.kind = TB_SCOPE_CATALOGUE};

static inline int cursor_of(const struct tb_scope *scope)
{
    struct tb_cursor cursor;
    assert_int_equal(tb_cache_cursor(&cache, scope, &cursor), TB_OK);
    return cursor.size == 1 ? cursor.bytes[0] : -(int)cursor.size;
}

/* ---- look-ups ---- */

static struct tb_record record;
static struct tb_customer_key found_key;
static struct tb_cart cart;
static char profile[512];

static inline enum tb_err find(int person)
{
    struct tb_digest hash = hash_of(person);
    enum tb_err err = tb_cache_find_credential(&reader, &hash, &found_key, &record);
    if (err != TB_OK)
        return err;
    struct tb_span bytes = record.sections[TB_SECTION_PROFILE].bytes;
    assert_int_equal(tb_span_to_str(bytes, profile, sizeof profile), TB_OK);
    bytes = record.sections[TB_SECTION_CART].bytes;
    cart = (struct tb_cart){.version = 0};
    return bytes.size ? tb_cart_unpack(bytes, &cart) : TB_OK;
}

static inline void assert_found(int person, int64_t version)
{
    char name[64];
    assert_int_equal(find(person), TB_OK);
    (void)snprintf(name, sizeof name, "\"name\":\"Shopper %d.%d\"", person, (int)version);
    assert_non_null(strstr(profile, name));
}

static inline void fill(void)
{
    for (int person = 0; person < PEOPLE; person += 20) {
        for (int i = 0; i < 20; i++)
            everything_rows(person + i);
        assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    }
    for (int product = 1; product <= PRODUCTS; product++)
        product_row(product, 1);
    assert_int_equal(apply_scoped(&CATALOGUE, 2), TB_OK);
}

/* Everything that is still found is what was written; returns how much is not found any more. */
static inline size_t lost_count(void)
{
    size_t lost = 0;
    for (int person = 0; person < PEOPLE; person++) {
        if (find(person) != TB_OK || record.sections[TB_SECTION_PROFILE].bytes.size == 0) {
            lost++;
            continue;
        }
        char name[64];
        (void)snprintf(name, sizeof name, "\"name\":\"Shopper %d.1\"", person);
        assert_non_null(strstr(profile, name));
        assert_true(cart.line_count == 1 && cart.lines[0].quantity == person + 1);
        assert_true(record.sections[TB_SECTION_PROFILE].as_of_ms == AS_OF_MS);
    }
    for (int product = 1; product <= PRODUCTS; product++) {
        char gtin[16];
        struct tb_product found;
        (void)snprintf(gtin, sizeof gtin, "%014d", product);
        if (tb_cache_find_product(&reader, gtin, &found) != TB_OK)
            lost++;
        else
            assert_true(found.unit_price == product * 100 + 1);
    }
    return lost;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
