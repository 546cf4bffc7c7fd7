/* What is typed is what a reader of that layout gets. */
#include "core/base/assert.h"
#include "core/link/typing.h"
#include "core/link/wedge.h"
#include "tests/support/unit.h"

#define EV_KEY 1

static size_t decode(const struct tb_link_layout *layout, const struct tb_link_typing *typing,
                     uint8_t *ret_text)
{
    struct tb_link_wedge wedge;
    size_t size = 0;
    tb_link_wedge_init(&wedge, layout);
    for (size_t i = 0; i < typing->count; i++)
        size +=
            tb_link_wedge_take(&wedge, EV_KEY, typing->keys[i].code, typing->keys[i].down, ret_text + size);
    return size;
}

static void every_character_comes_back(void **state)
{
    (void)state;
    static const char *const names[] = {"us", "de", "fr"};
    static struct tb_link_typing typing;
    uint8_t text[64];
    for (size_t n = 0; n < TB_ARRAY_SIZE(names); n++) {
        const struct tb_link_layout *layout = tb_link_layout_find(tb_span_str(names[n]));
        for (uint8_t c = 0x20; c < 0x7f; c++) {
            assert_int_equal(tb_link_typing_of(layout, tb_span_of(&c, 1), &typing), TB_OK);
            assert_int_equal(decode(layout, &typing, text), 1);
            assert_int_equal(text[0], c);
        }
    }
}

static void a_number_ends_with_enter(void **state)
{
    (void)state;
    static struct tb_link_typing typing;
    const struct tb_link_layout *fr = tb_link_layout_find(tb_span_str("fr"));
    uint8_t text[64];
    assert_int_equal(tb_link_typing_of(fr, tb_span_str("9100204417\r"), &typing), TB_OK);
    assert_int_equal(typing.keys[0].code, 42); /* digits stand above with Shift there */
    size_t size = decode(fr, &typing, text);
    assert_int_equal(size, 11);
    assert_memory_equal(text, "9100204417", 10);
}

static void nothing_is_left_pressed(void **state)
{
    (void)state;
    static struct tb_link_typing typing;
    int held[128] = {0};
    const struct tb_link_layout *de = tb_link_layout_find(tb_span_str("de"));
    assert_int_equal(tb_link_typing_of(de, tb_span_str("Aa@^`{\\}~|\t\r"), &typing), TB_OK);
    for (size_t i = 0; i < typing.count; i++)
        held[typing.keys[i].code] += typing.keys[i].down ? 1 : -1;
    for (size_t key = 0; key < TB_ARRAY_SIZE(held); key++)
        assert_int_equal(held[key], 0);
}

static void what_cannot_be_typed_is_not_begun(void **state)
{
    (void)state;
    static struct tb_link_typing typing;
    const struct tb_link_layout *us = tb_link_layout_find(tb_span_str("us"));
    char longer[TB_LINK_TYPING_TEXT_MAX + 2];
    assert_int_equal(tb_link_typing_of(us, tb_span_str("12\x1d"), &typing), TB_ERR_RANGE);
    assert_int_equal(typing.count, 0);
    assert_int_equal(tb_link_typing_of(us, tb_span_str("\xc3\xa4"), &typing), TB_ERR_RANGE);
    memset(longer, '1', sizeof longer);
    assert_int_equal(tb_link_typing_of(us, tb_span_of(longer, sizeof longer), &typing), TB_ERR_TOO_LONG);
    assert_int_equal(tb_link_typing_of(us, tb_span_of(longer, TB_LINK_TYPING_TEXT_MAX), &typing), TB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_comes_back),
        cmocka_unit_test(a_number_ends_with_enter),
        cmocka_unit_test(nothing_is_left_pressed),
        cmocka_unit_test(what_cannot_be_typed_is_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
