#include "core/wire/json.h"
#include "tests/support/unit.h"

static uint8_t room[TB_JSON_ARENA_SIZE(TB_JSON_SIZE_MAX)];
static uint8_t text_room[TB_JSON_SIZE_MAX + 16];

static enum tb_err parse_bytes(struct tb_span text, struct tb_json *ret_root)
{
    static struct tb_arena arena;
    arena = tb_arena_of(room, sizeof room);
    return tb_json_parse(text, 0, &arena, ret_root);
}

static enum tb_err parse(const char *text, struct tb_json *ret_root)
{
    return parse_bytes(tb_span_str(text), ret_root);
}

static enum tb_err parse_error(const char *text)
{
    struct tb_json root;
    enum tb_err err = parse(text, &root);
    assert_true(err == TB_OK || !tb_json_exists(root));
    return err;
}

static void test_getters_read_what_is_there(void **state)
{
    (void)state;
    struct tb_json root;
    assert_int_equal(parse("{\"i\":-5,\"b\":true,\"t\":\"gr\\u00fc\\u00df\",\"id\":"
                           "\"000102030405060708090a0b0c0d0e0f\",\"o\":{\"x\":1},\"a\":[\"p\",\"q\"],"
                           "\"e\":\"two\",\"n\":null}",
                           &root),
                     TB_OK);
    struct tb_check c = {.err = TB_OK};
    assert_true(tb_json_int(&c, root, "i", -5, 5) == -5);
    assert_true(tb_json_bool(&c, root, "b"));
    assert_true(tb_span_is(tb_json_text(&c, root, "t", 6), "gr\xc3\xbc\xc3\x9f"));
    char text[7];
    tb_json_str(&c, root, "t", text, sizeof text);
    assert_string_equal(text, "gr\xc3\xbc\xc3\x9f");
    assert_int_equal(tb_json_id(&c, root, "id").bytes[15], 0x0f);
    assert_true(tb_json_int(&c, tb_json_object(&c, root, "o"), "x", 0, 9) == 1);
    static const char *const names[] = {NULL, "one", "two"};
    assert_int_equal(tb_json_enum(&c, root, "e", names, 3), 2);
    assert_false(tb_json_has(root, "n"));
    assert_false(tb_json_has(root, "absent"));
    assert_true(tb_json_has(root, "b"));

    size_t count = 0;
    for (struct tb_json_each each = tb_json_first(tb_json_array(&c, root, "a", 2));
         tb_json_exists(each.value); tb_json_next(&each))
        assert_int_equal(tb_json_as_text(&c, each.value, "a", 1).at[0], "pq"[count++]);
    assert_int_equal(count, 2);
    assert_int_equal(c.err, TB_OK);
    assert_null(c.member);
}

static void assert_fault(const struct tb_check *c, enum tb_err err, const char *member)
{
    assert_int_equal(c->err, err);
    assert_string_equal(c->member, member);
}

static void test_missing_and_wrong_type_are_told_apart(void **state)
{
    (void)state;
    struct tb_json root;
    assert_int_equal(parse("{\"i\":\"5\",\"t\":5,\"n\":null,\"r\":5.0,\"a\":[1,2,3]}", &root), TB_OK);
    struct tb_check c = {.err = TB_OK};
    assert_true(tb_json_int(&c, root, "gone", 0, 9) == 0);
    assert_fault(&c, TB_ERR_MISSING, "gone");

    c = (struct tb_check){.err = TB_OK};
    assert_true(tb_json_int(&c, root, "i", 0, 9) == 0);
    assert_fault(&c, TB_ERR_TYPE, "i");

    c = (struct tb_check){.err = TB_OK};
    assert_int_equal(tb_json_text(&c, root, "t", 9).size, 0);
    assert_fault(&c, TB_ERR_TYPE, "t");

    c = (struct tb_check){.err = TB_OK};
    assert_true(tb_json_int(&c, root, "n", 0, 9) == 0);
    assert_fault(&c, TB_ERR_TYPE, "n");

    c = (struct tb_check){.err = TB_OK};
    assert_true(tb_json_int(&c, root, "r", 0, 9) == 0);
    assert_fault(&c, TB_ERR_TYPE, "r");

    c = (struct tb_check){.err = TB_OK};
    assert_false(tb_json_exists(tb_json_array(&c, root, "a", 2)));
    assert_fault(&c, TB_ERR_TOO_LONG, "a");

    c = (struct tb_check){.err = TB_OK};
    assert_false(tb_json_exists(tb_json_object(&c, root, "a")));
    assert_fault(&c, TB_ERR_TYPE, "a");
}

static void test_the_first_fault_wins(void **state)
{
    (void)state;
    struct tb_json root;
    assert_int_equal(parse("{\"a\":1,\"b\":\"x\"}", &root), TB_OK);
    struct tb_check c = {.err = TB_OK};
    assert_true(tb_json_int(&c, root, "a", 2, 3) == 0);
    assert_int_equal(tb_json_text(&c, root, "b", 9).size, 0);
    (void)tb_json_int(&c, root, "gone", 0, 1);
    assert_fault(&c, TB_ERR_RANGE, "a");
}

static void test_getters_of_nothing_are_safe(void **state)
{
    (void)state;
    const struct tb_json none = {NULL, NULL};
    struct tb_check c = {.err = TB_OK};
    (void)tb_json_int(&c, none, "a", 0, 1);
    assert_fault(&c, TB_ERR_MISSING, "a");
    assert_false(tb_json_has(none, "a"));
    assert_int_equal(tb_json_count(none), 0);
    assert_int_equal(tb_json_raw(none, "a").size, 0);
    assert_false(tb_json_exists(tb_json_first(none).value));
    assert_int_equal(parse("7", &(struct tb_json){0}), TB_OK);
}

static void test_integers_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tb_err err;
        int64_t value;
    } vectors[] = {
        {"{\"n\":9007199254740993}", TB_OK, INT64_C(9007199254740993)},
        {"{\"n\":9223372036854775807}", TB_OK, INT64_MAX},
        {"{\"n\":-9223372036854775808}", TB_OK, INT64_MIN},
        {"{\"n\":9223372036854775808}", TB_ERR_RANGE, 0},
        {"{\"n\":18446744073709551615}", TB_ERR_RANGE, 0},
        {"{\"n\":18446744073709551616}", TB_ERR_TYPE, 0},
        {"{\"n\":1e3}", TB_ERR_TYPE, 0},
        {"{\"n\":-0}", TB_OK, 0},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct tb_json root;
        struct tb_check c = {.err = TB_OK};
        assert_int_equal(parse(vectors[i].text, &root), TB_OK);
        assert_true(tb_json_int(&c, root, "n", INT64_MIN, INT64_MAX) == vectors[i].value);
        assert_int_equal(c.err, vectors[i].err);
    }
}

static void test_texts_are_bounded_and_plain(void **state)
{
    (void)state;
    struct tb_json root;
    struct tb_check c = {.err = TB_OK};
    assert_int_equal(parse("{\"t\":\"abcd\",\"nul\":\"a\\u0000b\",\"nl\":\"a\\nb\"}", &root), TB_OK);
    char text[4] = "???";
    tb_json_str(&c, root, "t", text, sizeof text);
    assert_fault(&c, TB_ERR_TOO_LONG, "t");
    assert_string_equal(text, "");
    c = (struct tb_check){.err = TB_OK};
    (void)tb_json_text(&c, root, "nul", 9);
    assert_fault(&c, TB_ERR_SYNTAX, "nul");
    c = (struct tb_check){.err = TB_OK};
    (void)tb_json_text(&c, root, "nl", 9);
    assert_fault(&c, TB_ERR_SYNTAX, "nl");
}

static void test_what_is_not_json_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tb_err err;
    } vectors[] = {
        {"", TB_ERR_TRUNCATED},
        {"   ", TB_ERR_TRUNCATED},
        {"{", TB_ERR_TRUNCATED},
        {"{\"a\":1", TB_ERR_TRUNCATED},
        {"{\"a\":1}x", TB_ERR_SYNTAX},
        {"{\"a\":1}{}", TB_ERR_SYNTAX},
        {"{a:1}", TB_ERR_SYNTAX},
        {"{\"a\":01}", TB_ERR_SYNTAX},
        {"{\"a\":+1}", TB_ERR_SYNTAX},
        {"{\"a\":NaN}", TB_ERR_SYNTAX},
        {"{\"a\":Infinity}", TB_ERR_SYNTAX},
        {"{\"a\":1e999}", TB_ERR_SYNTAX},
        {"{\"a\":1,}", TB_ERR_SYNTAX},
        {"[1,]", TB_ERR_SYNTAX},
        {"{\"a\":1}//", TB_ERR_SYNTAX},
        {"{\"a\":'b'}", TB_ERR_SYNTAX},
        {"{\"a\":\"\t\"}", TB_ERR_SYNTAX},
        {"{\"a\":\"\\x\"}", TB_ERR_SYNTAX},
        {"{\"a\":\"\\ud800\"}", TB_ERR_SYNTAX},
        {"{\"a\":\"\xff\"}", TB_ERR_UTF8},
        {"{\"a\":\"\xc0\xaf\"}", TB_ERR_UTF8},
        {"{\"a\":\"\xed\xa0\x80\"}", TB_ERR_UTF8},
        {"\xef\xbb\xbf{}", TB_ERR_SYNTAX},
        {"{\"a\":1,\"b\":2,\"a\":3}", TB_ERR_DUPLICATE_KEY},
        {"{\"a\":1,\"\\u0061\":3}", TB_ERR_DUPLICATE_KEY},
        {"[[{\"x\":{\"a\":1,\"a\":1}}]]", TB_ERR_DUPLICATE_KEY},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        assert_int_equal(parse_error(vectors[i].text), vectors[i].err);
    assert_int_equal(parse_error("{\"a\":{\"x\":1},\"b\":{\"x\":1}}"), TB_OK);
}

static struct tb_span nested(size_t depth)
{
    struct tb_buf text = tb_buf_of(text_room, sizeof text_room);
    for (size_t i = 0; i < depth; i++)
        tb_buf_add_u8(&text, '[');
    for (size_t i = 0; i < depth; i++)
        tb_buf_add_u8(&text, ']');
    return tb_buf_span(&text);
}

static void test_depth_is_limited(void **state)
{
    (void)state;
    struct tb_json root;
    assert_int_equal(parse_bytes(nested(TB_JSON_DEPTH_MAX), &root), TB_OK);
    assert_int_equal(parse_bytes(nested(TB_JSON_DEPTH_MAX + 1), &root), TB_ERR_DEPTH);
    assert_int_equal(parse_bytes(nested(TB_JSON_SIZE_MAX / 2), &root), TB_ERR_DEPTH);
    /* Brackets inside texts do not count, and a quote behind a backslash ends no text. */
    assert_int_equal(parse_error("[\"[[[[[[[[[[[[[[[[[[[[\\\"[[[[\"]"), TB_OK);
}

static void test_size_is_limited(void **state)
{
    (void)state;
    struct tb_json root;
    memset(text_room, ' ', sizeof text_room);
    text_room[0] = '7';
    assert_int_equal(parse_bytes(tb_span_of(text_room, TB_JSON_SIZE_MAX), &root), TB_OK);
    assert_int_equal(parse_bytes(tb_span_of(text_room, TB_JSON_SIZE_MAX + 1), &root), TB_ERR_TOO_LONG);
    struct tb_arena arena = tb_arena_of(room, sizeof room);
    assert_int_equal(tb_json_parse(tb_span_str("[1,2]"), 4, &arena, &root), TB_ERR_TOO_LONG);
}

static void test_members_are_limited(void **state)
{
    (void)state;
    struct tb_json root;
    for (size_t count = TB_JSON_MEMBER_COUNT_MAX; count <= TB_JSON_MEMBER_COUNT_MAX + 1; count++) {
        struct tb_buf text = tb_buf_of(text_room, sizeof text_room);
        struct tb_json_writer w = tb_json_writer_of(&text);
        tb_json_open(&w, NULL);
        for (size_t i = 0; i < count; i++) {
            char name[3] = {(char)('a' + i / 10), (char)('0' + i % 10), '\0'};
            tb_json_put_bool(&w, name, true);
        }
        tb_json_close(&w);
        assert_int_equal(parse_bytes(tb_buf_span(&text), &root),
                         count <= TB_JSON_MEMBER_COUNT_MAX ? TB_OK : TB_ERR_TOO_LONG);
    }
}

/* The promise of TB_JSON_ARENA_SIZE, with the densest text there is. */
static void test_any_text_fits_the_stated_arena(void **state)
{
    (void)state;
    struct tb_buf text = tb_buf_of(text_room, TB_JSON_SIZE_MAX);
    tb_buf_add_u8(&text, '[');
    while (text.size + 3 < TB_JSON_SIZE_MAX)
        tb_buf_add_str(&text, "1,");
    tb_buf_add_str(&text, "1]");
    struct tb_json root;
    assert_int_equal(parse_bytes(tb_buf_span(&text), &root), TB_OK);
    assert_true(tb_json_count(root) > TB_JSON_SIZE_MAX / 2 - 4);

    static uint8_t small[TB_JSON_ARENA_SIZE(5)];
    struct tb_arena arena = tb_arena_of(small, sizeof small);
    assert_int_equal(tb_json_parse(tb_span_str("[1,2]"), 0, &arena, &root), TB_OK);
}

static void test_a_small_arena_is_an_error(void **state)
{
    (void)state;
    struct tb_json root;
    for (size_t size = 0; size < 400; size += 8) {
        struct tb_arena arena = tb_arena_of(room, size);
        enum tb_err err = tb_json_parse(tb_span_str("{\"a\":[1,2,3,{\"b\":\"c\"}]}"), 0, &arena, &root);
        assert_true(err == TB_ERR_NO_MEMORY || err == TB_OK);
        assert_true(size > 0 || err == TB_ERR_NO_MEMORY);
    }
}

static void test_raw_is_the_source_text(void **state)
{
    (void)state;
    struct tb_json root;
    const char *text =
        "{ \"a\\u0062\\\"c\" : [1] , \"o\":{\"x\": [\"]}\\\"\", 2 ]},\n\"t\": \"a,\\\"b\" ,\"n\": -1.50e1 ,"
        "\"z\":null}";
    assert_int_equal(parse(text, &root), TB_OK);
    assert_true(tb_span_is(tb_json_raw(root, "ab\"c"), "[1]"));
    assert_true(tb_span_is(tb_json_raw(root, "o"), "{\"x\": [\"]}\\\"\", 2 ]}"));
    assert_true(tb_span_is(tb_json_raw(root, "t"), "\"a,\\\"b\""));
    assert_true(tb_span_is(tb_json_raw(root, "n"), "-1.50e1"));
    assert_true(tb_span_is(tb_json_raw(root, "z"), "null"));
    assert_true(tb_span_is(tb_json_raw(root, "gone"), ""));
    struct tb_check c = {.err = TB_OK};
    assert_true(tb_span_is(tb_json_raw(tb_json_object(&c, root, "o"), "x"), "[\"]}\\\"\", 2 ]"));
    assert_int_equal(parse("[{\"a\":7},{\"a\":8}]", &root), TB_OK);
    struct tb_json_each each = tb_json_first(root);
    assert_true(tb_span_is(tb_json_raw(each.value, "a"), "7"));
    tb_json_next(&each);
    assert_true(tb_span_is(tb_json_raw(each.value, "a"), "8"));
}

static void test_writer(void **state)
{
    (void)state;
    struct tb_buf text = tb_buf_of(text_room, sizeof text_room);
    struct tb_json_writer w = tb_json_writer_of(&text);
    struct tb_id id = {{0xab}};
    tb_json_open(&w, NULL);
    tb_json_put_int(&w, "i", INT64_MIN);
    tb_json_put_bool(&w, "b", false);
    tb_json_put_null(&w, "n");
    tb_json_put_str(&w, "left_out", NULL);
    tb_json_put_str(&w, "t", "q\" s/ b\\ \n\r\t\x01\x7f gr\xc3\xbc\xc3\x9f");
    tb_json_put_id(&w, "id", &id);
    tb_json_put_base64url(&w, "c", tb_span_str("\xff\xfe"));
    tb_json_open_array(&w, "a");
    tb_json_put_int(&w, NULL, 1);
    tb_json_open(&w, NULL);
    tb_json_close(&w);
    tb_json_open_array(&w, NULL);
    tb_json_close_array(&w);
    tb_json_put_str(&w, NULL, "");
    tb_json_close_array(&w);
    tb_json_put_raw(&w, "r", tb_span_str("{\"x\":1}"));
    tb_json_close(&w);
    assert_int_equal(text.err, TB_OK);
    assert_true(tb_span_is(
        tb_buf_span(&text),
        "{\"i\":-9223372036854775808,\"b\":false,\"n\":null,"
        "\"t\":\"q\\\" s/ b\\\\ \\n\\r\\t\\u0001\\u007f gr\xc3\xbc\xc3\x9f\","
        "\"id\":\"ab000000000000000000000000000000\",\"c\":\"__4\",\"a\":[1,{},[],\"\"],\"r\":{\"x\":1}}"));
}

static void test_writer_reports_what_does_not_fit(void **state)
{
    (void)state;
    for (size_t size = 0; size < 14; size++) {
        struct tb_buf text = tb_buf_of(text_room, size);
        struct tb_json_writer w = tb_json_writer_of(&text);
        tb_json_open(&w, NULL);
        tb_json_put_str(&w, "t", "abcdef");
        tb_json_close(&w);
        assert_int_equal(text.err, TB_ERR_TOO_LONG);
    }
    struct tb_buf text = tb_buf_of(text_room, sizeof text_room);
    struct tb_json_writer w = tb_json_writer_of(&text);
    tb_json_put_str(&w, NULL, "\xff");
    assert_int_equal(text.err, TB_ERR_UTF8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_getters_read_what_is_there),
        cmocka_unit_test(test_missing_and_wrong_type_are_told_apart),
        cmocka_unit_test(test_the_first_fault_wins),
        cmocka_unit_test(test_getters_of_nothing_are_safe),
        cmocka_unit_test(test_integers_are_exact),
        cmocka_unit_test(test_texts_are_bounded_and_plain),
        cmocka_unit_test(test_what_is_not_json_is_refused),
        cmocka_unit_test(test_depth_is_limited),
        cmocka_unit_test(test_size_is_limited),
        cmocka_unit_test(test_members_are_limited),
        cmocka_unit_test(test_any_text_fits_the_stated_arena),
        cmocka_unit_test(test_a_small_arena_is_an_error),
        cmocka_unit_test(test_raw_is_the_source_text),
        cmocka_unit_test(test_writer),
        cmocka_unit_test(test_writer_reports_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
