#include "agent/words/words.h"
#include "tests/support/unit.h"

#include "agent/words/table.h"

static void a_language_falls_back_to_english(void **state)
{
    (void)state;
    assert_string_equal(tb_words_text("en", "display.total"), "Total");
    assert_string_equal(tb_words_text("en-GB", "display.total"), "Total");
    assert_string_equal(tb_words_text("xx", "display.total"), "Total");
    assert_string_equal(tb_words_text("", "display.total"), "Total");
    assert_string_equal(tb_words_text("e", "display.total"), "Total");
    assert_null(tb_words_text("en", "no.such.key"));
    assert_null(tb_words_plural("en", "no.such.key", 1));
}

static void numbers_have_their_form(void **state)
{
    (void)state;
    assert_string_equal(tb_words_plural("en", "display.points", 1), "{n} point");
    assert_string_equal(tb_words_plural("en", "display.points", 0), "{n} points");
    assert_string_equal(tb_words_plural("en", "display.points", -2), "{n} points");
    assert_string_equal(tb_words_plural("de-AT", "display.points", 1), "{n} Punkt");
    assert_string_equal(tb_words_plural("fr", "display.points", 0), "{n} point");
    assert_string_equal(tb_words_plural("fr", "display.points", 1000000), "{n} points");
    assert_string_equal(tb_words_plural("xx", "display.points", 1), "{n} point");
}

/* As Intl.PluralRules of a browser has them. */
static void arabic_has_six_forms(void **state)
{
    (void)state;
    assert_ptr_equal(tb_words_plural("ar", "notice.more", 3), tb_words_plural("ar", "notice.more", 110));
    assert_ptr_equal(tb_words_plural("ar", "notice.more", 11), tb_words_plural("ar", "notice.more", 99));
    assert_ptr_equal(tb_words_plural("ar", "notice.more", 100), tb_words_plural("ar", "notice.more", 202));
    static const int64_t apart[] = {0, 1, 2, 3, 11, 100};
    for (size_t i = 1; i < sizeof apart / sizeof apart[0]; i++)
        assert_string_not_equal(tb_words_plural("ar", "notice.more", apart[i - 1]),
                                tb_words_plural("ar", "notice.more", apart[i]));
}

static void filled_is(const char *text, const char *wanted)
{
    static const struct tb_words_value values[] = {{"name", {(const uint8_t *)"Ms {n}", 6}},
                                                   {"n", {(const uint8_t *)"2", 1}}};
    char block[64] = {0};
    struct tb_buf to = tb_buf_of(block, sizeof block - 1);
    tb_words_put(&to, text, (struct tb_words_values){values, 2});
    assert_int_equal(to.err, TB_OK);
    assert_string_equal(block, wanted);
}

/* What is filled in is not looked at again. */
static void holes_are_filled_once(void **state)
{
    (void)state;
    filled_is("{name}: {n}!", "Ms {n}: 2!");
    filled_is("{other} {", "{other} {");
    filled_is("", "");
}

static void every_line_and_notice_has_words(void **state)
{
    (void)state;
    assert_true(tb_words_table_count > 40);
    for (size_t i = 0; i < tb_words_table_count; i++)
        assert_non_null(tb_words_table[i].form[0] ? tb_words_plural("en", tb_words_table[i].key, 2)
                                                  : tb_words_text("en", tb_words_table[i].key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_language_falls_back_to_english),
        cmocka_unit_test(numbers_have_their_form),
        cmocka_unit_test(arabic_has_six_forms),
        cmocka_unit_test(holes_are_filled_once),
        cmocka_unit_test(every_line_and_notice_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
