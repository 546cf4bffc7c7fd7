#include "core/wire/sync.h"
#include "tests/unit/wire/wire_test.h"

#define CUSTOMER_ID "c0000000000000000000000000000000"
#define ROW_CART                                                                                            \
    "{\"type\":\"cart\",\"id\":\"ca000000000000000000000000000000\",\"version\":3,\"as_of\":1700000000000," \
    "\"op\":\"put\",\"customer\":\"" CUSTOMER_ID "\",\"doc\":{\"currency\":\"EUR\",\"lines\":[]}}"
#define ROW_PRODUCT \
    "{\"type\":\"product\",\"id\":\"04006381333931\",\"version\":1,\"as_of\":0,\"op\":\"drop\"}"

#define INCARNATION "\"incarnation\":\"10000000000000000000000000000001\""

static void test_scopes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tb_scope_kind kind;
    } good[] = {
        {"device", TB_SCOPE_DEVICE},
        {"cohort", TB_SCOPE_COHORT},
        {"catalogue", TB_SCOPE_CATALOGUE},
        {"customer:" CUSTOMER_ID, TB_SCOPE_CUSTOMER},
    };
    struct tb_scope scope;
    char text[TB_SCOPE_TEXT_SIZE];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(tb_scope_parse(tb_span_str(good[i].text), &scope), TB_OK);
        assert_int_equal(scope.kind, good[i].kind);
        tb_scope_format(&scope, text);
        assert_string_equal(text, good[i].text);
        assert_true(tb_scope_equal(&scope, &scope));
    }
    struct tb_scope other = scope;
    other.customer.bytes[15] ^= 1;
    assert_false(tb_scope_equal(&scope, &other));

    static const char *const bad[] = {
        "",       "Device", "devices", "customer", "customer:", "customer:" CUSTOMER_ID "0", "customer:zz",
        "store:1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_not_equal(tb_scope_parse(tb_span_str(bad[i]), &scope), TB_OK);
        assert_int_equal(scope.kind, TB_SCOPE_NONE);
    }
}

static void test_hello(void **state)
{
    (void)state;
    static const char text[] = "{\"protocol\":1,\"software\":\"tillbridged 0.1.0\",\"device\":"
                               "\"urn:tillbridge:demo:device:0421-4\",\"channel\":\"till\"," INCARNATION
                               ",\"next_seq\":12,\"epoch\":\"e1\"}";
    struct tb_hello hello;
    tb_hello_decode(&t.check, parse(text), &hello);
    assert_int_equal(t.check.err, TB_OK);
    assert_true(hello.next_seq == 12);
    assert_int_equal(hello.token.size, 0);
    struct tb_json_writer w = begin();
    tb_json_open(&w, NULL);
    tb_hello_encode(&w, &hello);
    tb_json_close(&w);
    assert_written(text);

    static const char web[] =
        "{\"protocol\":1,\"software\":\"web\",\"channel\":\"web\",\"token\":\"a.b.c\"," INCARNATION
        ",\"next_seq\":1,\"epoch\":\"\"}";
    tb_hello_decode(&t.check, parse(web), &hello);
    assert_int_equal(t.check.err, TB_OK);
    assert_true(tb_span_is(hello.token, "a.b.c"));
    assert_string_equal(hello.device, "");
    w = begin();
    tb_json_open(&w, NULL);
    tb_hello_encode(&w, &hello);
    tb_json_close(&w);
    assert_written(web);

    tb_hello_decode(&t.check, parse("{\"protocol\":\"1\"}"), &hello);
    assert_fault(TB_ERR_TYPE, "protocol");
}

static void test_welcome(void **state)
{
    (void)state;
    static const char text[] =
        "{\"protocol\":1,\"epoch\":\"e1\",\"decided_seq\":0,\"server_time_ms\":1700000000000,"
        "\"reconnect_window_ms\":5000,\"idle_ping_ms\":20000,\"device\":{\"id\":\"0421-4\",\"store\":"
        "\"0421\","
        "\"till\":\"4\",\"role\":\"till\",\"name\":\"Till 4\"}}";
    struct tb_welcome welcome;
    tb_welcome_decode(&t.check, parse(text), &welcome);
    assert_int_equal(t.check.err, TB_OK);
    assert_string_equal(welcome.device.till, "4");
    struct tb_json_writer w = begin();
    tb_json_open(&w, NULL);
    tb_welcome_encode(&w, &welcome);
    tb_json_close(&w);
    assert_written(text);
}

static void test_mutate_in_order(void **state)
{
    (void)state;
    static struct tb_mutate mutate;
    tb_mutate_decode(
        &t.check,
        parse("{\"mutations\":[{\"seq\":5,\"kind\":\"skipped\",\"count\":3},"
              "{\"seq\":8,\"kind\":\"skipped\",\"count\":1},{\"seq\":9,\"kind\":\"skipped\",\"count\":1}]}"),
        &t.arena, &mutate);
    assert_int_equal(t.check.err, TB_OK);
    assert_int_equal(mutate.count, 3);
    struct tb_json_writer w = begin();
    tb_json_open(&w, NULL);
    tb_mutate_encode(&w, &mutate);
    tb_json_close(&w);
    assert_written(
        "{\"mutations\":[{\"seq\":5,\"kind\":\"skipped\",\"count\":3},"
        "{\"seq\":8,\"kind\":\"skipped\",\"count\":1},{\"seq\":9,\"kind\":\"skipped\",\"count\":1}]}");

    static const char *const bad[] = {
        "{\"mutations\":[{\"seq\":5,\"kind\":\"skipped\",\"count\":3},{\"seq\":6,\"kind\":\"skipped\","
        "\"count\":1}]}",
        "{\"mutations\":[{\"seq\":5,\"kind\":\"skipped\",\"count\":1},{\"seq\":7,\"kind\":\"skipped\","
        "\"count\":1}]}",
        "{\"mutations\":[{\"seq\":5,\"kind\":\"skipped\",\"count\":1},{\"seq\":5,\"kind\":\"skipped\","
        "\"count\":1}]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tb_mutate_decode(&t.check, parse(bad[i]), &t.arena, &mutate);
        assert_fault(TB_ERR_CONFLICT, "seq");
        assert_int_equal(mutate.count, 0);
    }
}

static void test_verdicts_with_rows(void **state)
{
    (void)state;
    static const char text[] =
        "{\"verdicts\":[{\"seq\":1,\"verdict\":\"applied\",\"version\":3}],\"rows\":[" ROW_CART "]}";
    static struct tb_verdicts verdicts;
    tb_verdicts_decode(&t.check, parse(text), &t.arena, &verdicts);
    assert_int_equal(t.check.err, TB_OK);
    assert_int_equal(verdicts.count, 1);
    assert_int_equal(verdicts.rows.count, 1);
    assert_true(tb_span_is(verdicts.rows.at[0].doc, "{\"currency\":\"EUR\",\"lines\":[]}"));
    struct tb_id id;
    assert_int_equal(tb_row_object(&verdicts.rows.at[0], &id), TB_OK);
    assert_int_equal(id.bytes[0], 0xca);
    struct tb_json_writer w = begin();
    tb_json_open(&w, NULL);
    tb_verdicts_encode(&w, &verdicts);
    tb_json_close(&w);
    assert_written(text);
}

static void test_feed(void **state)
{
    (void)state;
    static const char open_text[] = "{\"scope\":\"cohort\",\"cursor\":\"AAEC\"}";
    struct tb_feed_open open;
    tb_feed_open_decode(&t.check, parse(open_text), &open);
    assert_int_equal(t.check.err, TB_OK);
    assert_int_equal(open.cursor.size, 3);
    struct tb_json_writer w = begin();
    tb_json_open(&w, NULL);
    tb_feed_open_encode(&w, &open);
    tb_json_close(&w);
    assert_written(open_text);

    static const char rows_text[] =
        "{\"scope\":\"catalogue\",\"rows\":[" ROW_PRODUCT "],\"cursor\":\"\",\"more\":true}";
    struct tb_feed_rows rows;
    tb_feed_rows_decode(&t.check, parse(rows_text), &t.arena, &rows);
    assert_int_equal(t.check.err, TB_OK);
    assert_true(rows.more);
    assert_int_equal(rows.cursor.size, 0);
    w = begin();
    tb_json_open(&w, NULL);
    tb_feed_rows_encode(&w, &rows);
    tb_json_close(&w);
    assert_written(rows_text);
    struct tb_id id;
    assert_int_equal(tb_row_object(&rows.rows.at[0], &id), TB_ERR_TYPE);

    tb_feed_open_decode(&t.check, parse("{\"scope\":\"shop\",\"cursor\":\"\"}"), &open);
    assert_fault(TB_ERR_RANGE, "scope");
    tb_feed_open_decode(&t.check, parse("{\"scope\":\"cohort\",\"cursor\":\"A\"}"), &open);
    assert_fault(TB_ERR_SYNTAX, "cursor");
}

/* A cursor of 64 bytes is the longest; one of 65 is refused, not cut. */
static void test_cursor_size(void **state)
{
    (void)state;
    uint8_t bytes[TB_CURSOR_SIZE_MAX + 1] = {0};
    for (size_t size = TB_CURSOR_SIZE_MAX; size <= TB_CURSOR_SIZE_MAX + 1; size++) {
        struct tb_json_writer w = begin();
        tb_json_open(&w, NULL);
        tb_json_put_base64url(&w, "cursor", tb_span_of(bytes, size));
        tb_json_close(&w);
        struct tb_json root = parse_span(tb_buf_span(&t.text));
        struct tb_cursor cursor = tb_json_cursor(&t.check, root, "cursor");
        assert_int_equal(t.check.err, size <= TB_CURSOR_SIZE_MAX ? TB_OK : TB_ERR_TOO_LONG);
        assert_int_equal(cursor.size, size <= TB_CURSOR_SIZE_MAX ? size : 0);
    }
}

static void test_identify(void **state)
{
    (void)state;
    static const char text[] = "{\"kind\":\"member\",\"hash\":"
                               "\"00000000000000000000000000000000000000000000000000000000000000ff\"}";
    struct tb_identify_ask identify;
    tb_identify_ask_decode(&t.check, parse(text), &identify);
    assert_int_equal(t.check.err, TB_OK);
    assert_int_equal(identify.hash[31], 0xff);
    struct tb_json_writer w = begin();
    tb_json_open(&w, NULL);
    tb_identify_ask_encode(&w, &identify);
    tb_json_close(&w);
    assert_written(text);

    struct tb_identified identified;
    tb_identified_decode(&t.check, parse("{\"found\":false,\"rows\":[]}"), &t.arena, &identified);
    assert_int_equal(t.check.err, TB_OK);
    assert_false(identified.found);
    assert_int_equal(identified.rows.count, 0);
    w = begin();
    tb_json_open(&w, NULL);
    tb_identified_encode(&w, &identified);
    tb_json_close(&w);
    assert_written("{\"found\":false,\"rows\":[]}");
}

static void test_product_find(void **state)
{
    (void)state;
    char gtin[TB_GTIN_SIZE + 1];
    tb_product_find_decode(&t.check, parse("{\"gtin\":\"04006381333931\"}"), gtin);
    assert_int_equal(t.check.err, TB_OK);
    assert_string_equal(gtin, "04006381333931");

    static const char found[] =
        "{\"product\":{\"gtin\":\"04006381333931\",\"name\":\"Pen\",\"unit_price\":249,"
        "\"currency\":\"EUR\"}}";
    struct tb_product product;
    tb_product_found_decode(&t.check, parse(found), &product);
    assert_int_equal(t.check.err, TB_OK);
    struct tb_json_writer w = begin();
    tb_json_open(&w, NULL);
    tb_product_found_encode(&w, &product);
    tb_json_close(&w);
    assert_written(found);

    tb_product_found_decode(&t.check, parse("{\"product\":null}"), &product);
    assert_int_equal(t.check.err, TB_OK);
    assert_string_equal(product.gtin, "");
    w = begin();
    tb_json_open(&w, NULL);
    tb_product_found_encode(&w, &product);
    tb_json_close(&w);
    assert_written("{\"product\":null}");
}

static void test_row_faults(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tb_err err;
        const char *member;
    } vectors[] = {
        {"{}", TB_ERR_MISSING, "type"},
        {"{\"type\":\"product\",\"version\":1,\"as_of\":0,\"op\":\"drop\"}", TB_ERR_MISSING, "id"},
        {"{\"type\":\"product\",\"id\":\"4006381333931\",\"version\":1,\"as_of\":0,\"op\":\"drop\"}",
         TB_ERR_SYNTAX, "id"},
        {"{\"type\":\"cart\",\"id\":\"CA000000000000000000000000000000\",\"version\":1,\"as_of\":0,\"op\":"
         "\"drop\","
         "\"customer\":\"" CUSTOMER_ID "\"}",
         TB_ERR_SYNTAX, "id"},
        {"{\"type\":\"credential\",\"id\":\"ca\",\"version\":1,\"as_of\":0,\"op\":\"drop\",\"customer\":"
         "\"" CUSTOMER_ID "\"}",
         TB_ERR_SYNTAX, "id"},
        {"{\"type\":\"policy\",\"id\":\"a b\",\"version\":1,\"as_of\":0,\"op\":\"drop\"}", TB_ERR_SYNTAX,
         "id"},
        {"{\"type\":\"policy\",\"id\":\"a\",\"version\":0,\"as_of\":0,\"op\":\"drop\"}", TB_ERR_RANGE,
         "version"},
        {"{\"type\":\"policy\",\"id\":\"a\",\"version\":1,\"as_of\":0,\"op\":\"burn\"}", TB_ERR_RANGE, "op"},
        {"{\"type\":\"policy\",\"id\":\"a\",\"version\":1,\"as_of\":0,\"op\":\"put\"}", TB_ERR_MISSING,
         "doc"},
        {"{\"type\":\"policy\",\"id\":\"a\",\"version\":1,\"as_of\":0,\"op\":\"put\",\"doc\":\"x\"}",
         TB_ERR_TYPE, "doc"},
        {"{\"type\":\"journey\",\"id\":\"ca000000000000000000000000000000\",\"version\":1,\"as_of\":0,\"op\":"
         "\"evict\"}",
         TB_ERR_MISSING, "customer"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct tb_row row;
        tb_row_decode(&t.check, parse(vectors[i].text), &row);
        assert_fault(vectors[i].err, vectors[i].member);
        assert_int_equal(row.type, TB_ROW_NONE);
    }
}

static void test_carts_may_be_nobodys(void **state)
{
    (void)state;
    const char *text = "{\"type\":\"cart\",\"id\":\"ca000000000000000000000000000000\",\"version\":1,"
                       "\"as_of\":0,\"op\":\"put\",\"doc\":{}}";
    struct tb_row row;
    tb_row_decode(&t.check, parse(text), &row);
    assert_int_equal(t.check.err, TB_OK);
    assert_int_equal(row.type, TB_ROW_CART);
    assert_true(tb_id_is_zero(&row.customer));
    struct tb_json_writer w = begin();
    tb_row_encode(&w, NULL, &row);
    assert_written(text);
}

static void test_rows_of_unknown_types_are_left_out(void **state)
{
    (void)state;
    struct tb_rows rows;
    tb_rows_decode(&t.check,
                   parse("{\"rows\":[{\"type\":\"hologram\",\"id\":5}," ROW_PRODUCT ",{\"type\":\"aura\"}]}"),
                   "rows", &t.arena, &rows);
    assert_int_equal(t.check.err, TB_OK);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.at[0].type, TB_ROW_PRODUCT);
    assert_int_equal(rows.at[0].op, TB_ROW_DROP);
}

static void test_rows_need_their_memory(void **state)
{
    (void)state;
    struct tb_json root = parse("{\"rows\":[" ROW_PRODUCT "," ROW_PRODUCT "]}");
    uint8_t small[64];
    struct tb_arena arena = tb_arena_of(small, sizeof small);
    struct tb_rows rows;
    tb_rows_decode(&t.check, root, "rows", &arena, &rows);
    assert_fault(TB_ERR_NO_MEMORY, "rows");
    assert_int_equal(rows.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_hello),
        cmocka_unit_test(test_welcome),
        cmocka_unit_test(test_mutate_in_order),
        cmocka_unit_test(test_verdicts_with_rows),
        cmocka_unit_test(test_feed),
        cmocka_unit_test(test_cursor_size),
        cmocka_unit_test(test_identify),
        cmocka_unit_test(test_product_find),
        cmocka_unit_test(test_row_faults),
        cmocka_unit_test(test_carts_may_be_nobodys),
        cmocka_unit_test(test_rows_of_unknown_types_are_left_out),
        cmocka_unit_test(test_rows_need_their_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
