/* What is sent to a display is what it shows, by a display that was written from the makers' tables. */
#include "core/base/text.h"
#include "tests/support/unit.h"
#include "tests/support/vfd.h"

static void all_take(struct tb_vfd *v, const struct tb_buf *bytes)
{
    assert_int_equal(bytes->err, TB_OK);
    for (size_t i = 0; i < bytes->size; i++)
        tb_vfd_take(v, bytes->at[i]);
}

static void paint_is_shown(enum tb_display_dialect dialect, const char *before)
{
    uint8_t block[2 * TB_DISPLAY_BYTES_MAX];
    struct tb_display_cells cells;
    struct tb_vfd vfd;
    tb_vfd_power_on(&vfd, dialect);
    uint8_t garbage[16];
    size_t garbage_size = strlen(before) / 2;
    assert_int_equal(tb_hex_decode(tb_span_str(before), garbage, garbage_size), TB_OK);
    for (size_t i = 0; i < garbage_size; i++)
        tb_vfd_take(&vfd, garbage[i]);
    vfd.fault_count = 0;
    (void)tb_display_compose(&cells, 0, TB_CODEPAGE_437, tb_span_str("Welcome Ren\u00e9"), tb_span_str(""));
    (void)tb_display_compose(&cells, 1, TB_CODEPAGE_437, tb_span_str("GOLD"), tb_span_str("2480 points"));
    struct tb_buf bytes = tb_buf_of(block, sizeof block);
    tb_display_begin(&bytes, dialect, TB_CODEPAGE_437);
    tb_display_paint(&bytes, dialect, &cells);
    all_take(&vfd, &bytes);
    assert_memory_equal(&vfd.cells, &cells, sizeof cells);
    (void)tb_display_compose(&cells, 1, TB_CODEPAGE_437, tb_span_str("Total"), tb_span_str("67.70 EUR"));
    bytes = tb_buf_of(block, sizeof block);
    tb_display_paint(&bytes, dialect, &cells);
    all_take(&vfd, &bytes);
    assert_memory_equal(&vfd.cells, &cells, sizeof cells);
    assert_false(vfd.cursor_shown);
}

static void what_is_painted_is_shown(void **state)
{
    (void)state;
    paint_is_shown(TB_DISPLAY_EPSON, "");
    paint_is_shown(TB_DISPLAY_CD5220, "");
}

/* A program may have been killed in the middle of anything. */
static void half_a_command_before_does_no_harm(void **state)
{
    (void)state;
    static const char *const epson[] = {"1f", "1b", "1f24", "1f2401", "1b74", "1f43", "414243"};
    static const char *const cd5220[] = {"1b",   "1b51",  "1b5141", "1b5141616263", "1b51416162630d",
                                         "1b6c", "1b6c01"};
    struct tb_vfd vfd;
    for (size_t i = 0; i < sizeof epson / sizeof epson[0]; i++) {
        paint_is_shown(TB_DISPLAY_EPSON, epson[i]);
        paint_is_shown(TB_DISPLAY_CD5220, cd5220[i]);
    }
    tb_vfd_power_on(&vfd, TB_DISPLAY_EPSON);
    tb_vfd_take(&vfd, 0x02);
    assert_int_equal(vfd.fault_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_painted_is_shown),
        cmocka_unit_test(half_a_command_before_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
