#include "core/base/text.h"
#include "core/display/line_display.h"
#include "core/display/money.h"
#include "tests/support/unit.h"

static void line_is(enum tb_codepage page, const char *left, const char *right, const char *wanted,
                    bool whole)
{
    struct tb_display_cells cells;
    assert_int_equal(strlen(wanted), TB_DISPLAY_CELL_COUNT);
    assert_int_equal(tb_display_compose(&cells, 0, page, tb_span_str(left), tb_span_str(right)), whole);
    assert_memory_equal(cells.line[0], wanted, TB_DISPLAY_CELL_COUNT);
}

static void lines_are_cut_and_set_to_both_ends(void **state)
{
    (void)state;
    line_is(TB_CODEPAGE_437, "GOLD", "2480 points", "GOLD     2480 points", true);
    line_is(TB_CODEPAGE_437, "Welcome Ms Rivera", "", "Welcome Ms Rivera   ", true);
    line_is(TB_CODEPAGE_437, "Fountain pen, blue", "34.90", "Fountain pen,  34.90", true);
    line_is(TB_CODEPAGE_437, "left", "a right side that is too long", "a right side that is", true);
    line_is(TB_CODEPAGE_437, "", "", "                    ", true);
}

static void letters_are_of_the_code_page(void **state)
{
    (void)state;
    line_is(TB_CODEPAGE_437, "Andr\u00e9 Gr\u00fc\u00df", "", "Andr\x82 Gr\x81\xe1          ", true);
    line_is(TB_CODEPAGE_858, "\u20ac 5 \u00c3", "", "\xd5 5 \xc7               ", true);
    line_is(TB_CODEPAGE_437, "\u20ac 5 \u00c3", "", "E 5 A               ", true);
    line_is(TB_CODEPAGE_437, "\u0141uk\u00e1\u0161 D\u0151ry", "", "Luk\xa0s Dory          ", true);
    line_is(TB_CODEPAGE_437, "Nguy\u1ec5n \u2019t Hart", "", "Nguyen 't Hart      ", true);
    line_is(TB_CODEPAGE_437, "e\u0301", "", "e                   ", true);
    line_is(TB_CODEPAGE_437, "\u0645\u0631\u062d\u0628\u0627 Li", "", " Li                 ", false);
}

static void names_hold_no_commands(void **state)
{
    (void)state;
    line_is(TB_CODEPAGE_437, "a\x1b@b\x0c\x1f\x7f\x0d\nc", "", "a@bc                ", false);
    line_is(TB_CODEPAGE_437, "broken \xff", "", "                    ", false);
}

/* Every byte below 0x20 or above 0x9f that a cell holds came from the table, and none is a command. */
static void no_character_becomes_a_control(void **state)
{
    (void)state;
    for (uint32_t c = 1; c < 0x3000; c++) {
        char text[5] = {0};
        if (c < 0x80)
            text[0] = (char)c;
        else if (c < 0x800) {
            text[0] = (char)(0xc0 | c >> 6);
            text[1] = (char)(0x80 | (c & 0x3f));
        } else {
            text[0] = (char)(0xe0 | c >> 12);
            text[1] = (char)(0x80 | (c >> 6 & 0x3f));
            text[2] = (char)(0x80 | (c & 0x3f));
        }
        for (int page = TB_CODEPAGE_437; page <= TB_CODEPAGE_858; page++) {
            uint8_t bytes[4];
            struct tb_buf to = tb_buf_of(bytes, sizeof bytes);
            (void)tb_charset_put(&to, (enum tb_codepage)page, tb_span_str(text), 2);
            assert_in_range(to.size, 0, 1);
            if (to.size == 1)
                assert_true(bytes[0] >= 0x20 && bytes[0] != 0x7f);
        }
    }
}

static void bytes_are(const struct tb_buf *got, const char *hex)
{
    uint8_t wanted[TB_DISPLAY_BYTES_MAX];
    assert_int_equal(got->err, TB_OK);
    assert_int_equal(got->size, strlen(hex) / 2);
    assert_int_equal(tb_hex_decode(tb_span_str(hex), wanted, got->size), TB_OK);
    assert_memory_equal(got->at, wanted, got->size);
}

static void both_dialects_say_the_same(void **state)
{
    (void)state;
    uint8_t bytes[TB_DISPLAY_BYTES_MAX];
    struct tb_display_cells cells;
    (void)tb_display_compose(&cells, 0, TB_CODEPAGE_437, tb_span_str("ab"), tb_span_str(""));
    (void)tb_display_compose(&cells, 1, TB_CODEPAGE_437, tb_span_str("c"), tb_span_str("d"));
    struct tb_buf to = tb_buf_of(bytes, sizeof bytes);
    tb_display_paint(&to, TB_DISPLAY_EPSON, &cells);
    bytes_are(&to, "0b"
                   "6162202020202020202020202020202020202020"
                   "1f240102"
                   "6320202020202020202020202020202020202064");
    to = tb_buf_of(bytes, sizeof bytes);
    tb_display_paint(&to, TB_DISPLAY_CD5220, &cells);
    bytes_are(&to, "1b5141"
                   "6162202020202020202020202020202020202020"
                   "0d1b5142"
                   "6320202020202020202020202020202020202064"
                   "0d");
    to = tb_buf_of(bytes, sizeof bytes);
    tb_display_begin(&to, TB_DISPLAY_EPSON, TB_CODEPAGE_858);
    bytes_are(&to, "0d0c1b401b74131f4300");
    to = tb_buf_of(bytes, sizeof bytes);
    tb_display_begin(&to, TB_DISPLAY_CD5220, TB_CODEPAGE_858);
    bytes_are(&to, "0d0c1b401b5f00");
}

static void money_is(int64_t amount, const char *currency, const char *language, const char *wanted)
{
    char text[32] = {0};
    struct tb_buf to = tb_buf_of(text, sizeof text - 1);
    tb_money_put(&to, amount, currency, language);
    assert_string_equal(text, wanted);
}

static void money_has_its_minor_units(void **state)
{
    (void)state;
    money_is(6770, "EUR", "en", "67.70");
    money_is(6770, "EUR", "de-DE", "67,70");
    money_is(5, "EUR", "fr", "0,05");
    money_is(-50, "EUR", "en", "-0.50");
    money_is(1234, "JPY", "ja", "1234");
    money_is(1004, "KWD", "ar", "1.004");
    money_is(6770, "CHF", "de-CH", "67.70");
    money_is(6770, "CHF", "fr-CH", "67,70");
    money_is(6770, "MXN", "es-MX", "67.70");
    money_is(6770, "SEK", "sv", "67,70");
    money_is(6770, "EUR", "", "67.70");
    money_is(6770, "EUR", "d", "67.70");
    money_is(INT64_MIN, "EUR", "en", "-92233720368547758.07");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_cut_and_set_to_both_ends),
        cmocka_unit_test(letters_are_of_the_code_page),
        cmocka_unit_test(names_hold_no_commands),
        cmocka_unit_test(no_character_becomes_a_control),
        cmocka_unit_test(both_dialects_say_the_same),
        cmocka_unit_test(money_has_its_minor_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
