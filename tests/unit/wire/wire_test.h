/* What the tests of documents share: a document parsed from text, and a place to write one. */
#ifndef TB_TESTS_UNIT_WIRE_WIRE_TEST_H
#define TB_TESTS_UNIT_WIRE_WIRE_TEST_H

#include "core/wire/json.h"
#include "tests/support/unit.h"

struct wire_test {
    uint8_t room[TB_JSON_ARENA_SIZE(TB_JSON_SIZE_MAX)];
    uint8_t text_room[TB_JSON_SIZE_MAX];
    struct tb_arena arena;
    struct tb_buf text;
    struct tb_check check;
};

static struct wire_test t;

/* The parsed document is valid until the next one is parsed. */
static inline struct tb_json parse_span(struct tb_span text)
{
    struct tb_json root;
    t.arena = tb_arena_of(t.room, sizeof t.room);
    t.check = (struct tb_check){.err = TB_OK};
    assert_int_equal(tb_json_parse(text, 0, &t.arena, &root), TB_OK);
    return root;
}

static inline struct tb_json parse(const char *text)
{
    return parse_span(tb_span_str(text));
}

static inline struct tb_json_writer begin(void)
{
    t.text = tb_buf_of(t.text_room, sizeof t.text_room);
    return tb_json_writer_of(&t.text);
}

static inline void assert_written(const char *expected)
{
    assert_int_equal(t.text.err, TB_OK);
    tb_buf_add_u8(&t.text, 0);
    assert_string_equal((const char *)t.text.at, expected);
}

static inline void assert_fault(enum tb_err err, const char *member)
{
    assert_int_equal(t.check.err, err);
    assert_string_equal(t.check.member, member);
}

#endif
