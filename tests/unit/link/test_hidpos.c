#include "core/link/hidpos.h"

#include "tests/support/hex.h"
#include "tests/support/hidpos.h"
#include "tests/support/unit.h"

static struct tb_link_hidpos hidpos;

static void scanner_of(struct tb_span descriptor, bool identified)
{
    struct tb_link_hidpos_layout layout;
    assert_int_equal(tb_link_hidpos_describe(descriptor, &layout), TB_OK);
    tb_link_hidpos_init(&hidpos, &layout, identified);
}

static int scanner(void **state)
{
    (void)state;
    scanner_of(tb_hidpos_descriptor(), false);
    return 0;
}

static int scanner_identified(void **state)
{
    (void)state;
    scanner_of(tb_hidpos_descriptor(), true);
    return 0;
}

static void expect(struct tb_span report, const char *wanted, size_t wanted_size)
{
    uint8_t bytes[TB_LINK_HIDPOS_BYTES_MAX];
    assert_int_equal(tb_link_hidpos_take(&hidpos, report, bytes), wanted_size);
    assert_memory_equal(bytes, wanted, wanted_size);
}

static void expect_code(const char *identifier, const char *data, bool continued, const char *wanted)
{
    uint8_t report[TB_HIDPOS_REPORT_SIZE];
    tb_hidpos_report(identifier, data, continued, report);
    expect(tb_span_of(report, sizeof report), wanted, strlen(wanted));
}

/* ---- descriptors ---- */

static void descriptor_tells_where_everything_is(void **state)
{
    (void)state;
    const struct tb_link_hidpos_layout *l = &hidpos.layout;
    assert_true(l->numbered && l->switched);
    assert_int_equal(l->report_id, 2);
    assert_int_equal(l->size, TB_HIDPOS_REPORT_SIZE);
    assert_int_equal(l->length_at, 1);
    assert_int_equal(l->identifier_at, 2);
    assert_int_equal(l->data_at, 5);
    assert_int_equal(l->data_size, TB_HIDPOS_DATA_SIZE);
    assert_int_equal(l->continued_at, 63);
    assert_int_equal(l->continued_mask, 1);
}

/* One report without id, length and identifier: eight bytes of data, by a usage of four bytes. */
#define PLAIN "058c0902a101750895080bfe008c008102c0"

static void report_without_length_ends_at_its_zeros(void **state)
{
    (void)state;
    scanner_of(HEX_SPAN(PLAIN), false);
    assert_false(hidpos.layout.numbered);
    expect(tb_span_of("96385074", 8), "96385074\r", 9);
    expect(tb_span_of("123\0\0\0\0", 8), "123\r", 4);
    expect(tb_span_of("123", 3), "\0\r", 2);
}

static void report_of_another_collection_is_not_mixed_in(void **state)
{
    (void)state;
    /* id 1 holds an identifier and no data; id 2 data and no identifier; id 1 goes on behind it */
    scanner_of(HEX_SPAN("058c0902a1017508"
                        "8501950309fb09fc09fd8102"
                        "8502950809fe8102"
                        "8501950109ff75018102c0"),
               false);
    assert_int_equal(hidpos.layout.report_id, 2);
    assert_int_equal(hidpos.layout.identifier_at, 0);
    assert_int_equal(hidpos.layout.continued_at, 0);
    assert_int_equal(hidpos.layout.size, 9);
}

static void pushed_globals_come_back(void **state)
{
    (void)state;
    scanner_of(HEX_SPAN("058c0902a10175089508a495018103b409fe8102c0"), false);
    assert_int_equal(hidpos.layout.data_size, 8);
    assert_int_equal(hidpos.layout.size, 9);
}

static void what_is_no_scanner_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum tb_err err;
    } others[] = {
        {"05010906a1017508950609208102c0", TB_ERR_UNSUPPORTED},       /* a keyboard */
        {"058c0902a101c0", TB_ERR_UNSUPPORTED},                       /* no data */
        {"058c0902a1017504950809fe8102c0", TB_ERR_UNSUPPORTED},       /* data in halves of bytes */
        {"058c0902a1017508850296000109fe8102c0", TB_ERR_UNSUPPORTED}, /* longer than a report */
        {"058c0902a1018500", TB_ERR_RANGE},                           /* id 0 */
        {"058c0902a10177ffffffff97ffffffff09fe8102", TB_ERR_RANGE},
        {"b4", TB_ERR_DEPTH},
        {"a4a4a4a4a4", TB_ERR_DEPTH},
        {"058c0902a1", TB_ERR_TRUNCATED},
        {"fe", TB_ERR_TRUNCATED},
        {"fe0500", TB_ERR_TRUNCATED},
        {"", TB_ERR_UNSUPPORTED},
    };
    struct tb_link_hidpos_layout layout;
    for (size_t i = 0; i < TB_ARRAY_SIZE(others); i++)
        assert_int_equal(tb_link_hidpos_describe(HEX_SPAN(others[i].hex), &layout), others[i].err);
}

/* ---- reports ---- */

static void code_is_taken_out(void **state)
{
    (void)state;
    expect_code("]E0", "5901234123457", false, "5901234123457\r");
    expect_code("]Q0", "https://shop.example/m/0123456789", false, "https://shop.example/m/0123456789\r");
}

static void gs1_code_begins_with_fnc1(void **state)
{
    (void)state;
    expect_code("]C1", "8018952123456789012345", false,
                "\x1d"
                "8018952123456789012345\r");
    expect_code("]d2", "0104006381333931", true,
                "\x1d"
                "0104006381333931");
    expect_code("]d2", "10A", false, "10A\r");
    expect_code("]C0", "M123", false, "M123\r");
}

static void identifier_goes_along_where_it_is_wanted(void **state)
{
    (void)state;
    expect_code("]C1", "8018952123456789012345", false, "]C18018952123456789012345\r");
    expect_code("]Q0", "a", true, "]Q0a");
    expect_code("]Q0", "b", false, "b\r");
}

static void report_without_identifier_has_none(void **state)
{
    (void)state;
    uint8_t report[TB_HIDPOS_REPORT_SIZE];
    tb_hidpos_report("]E0", "96385074", false, report);
    memset(report + 2, 0, 3);
    expect(tb_span_of(report, sizeof report), "96385074\r", 9);
}

static void reports_of_other_ids_are_nothing(void **state)
{
    (void)state;
    uint8_t report[TB_HIDPOS_REPORT_SIZE];
    tb_hidpos_report("]E0", "96385074", false, report);
    report[0] = 4;
    expect(tb_span_of(report, sizeof report), "", 0);
    expect(tb_span_of("", 0), "", 0);
}

static void report_that_breaks_its_layout_spoils_its_code_only(void **state)
{
    (void)state;
    uint8_t report[TB_HIDPOS_REPORT_SIZE];
    tb_hidpos_report("]E0", "96385074", false, report);
    report[1] = TB_HIDPOS_DATA_SIZE + 1;
    expect(tb_span_of(report, sizeof report), "\0\r", 2);
    expect_code("]E0", "96385074", false, "96385074\r");
    expect_code("]Q0", "begin ", true, "begin ");
    expect(tb_span_of(report, 20), "\0", 1);
    expect_code("]Q0", "end", false, "end\r");
    expect_code("]E0", "96385074", false, "96385074\r");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(descriptor_tells_where_everything_is, scanner),
        cmocka_unit_test(report_without_length_ends_at_its_zeros),
        cmocka_unit_test(report_of_another_collection_is_not_mixed_in),
        cmocka_unit_test(pushed_globals_come_back),
        cmocka_unit_test(what_is_no_scanner_is_refused),
        cmocka_unit_test_setup(code_is_taken_out, scanner),
        cmocka_unit_test_setup(gs1_code_begins_with_fnc1, scanner),
        cmocka_unit_test_setup(identifier_goes_along_where_it_is_wanted, scanner_identified),
        cmocka_unit_test_setup(report_without_identifier_has_none, scanner_identified),
        cmocka_unit_test_setup(reports_of_other_ids_are_nothing, scanner),
        cmocka_unit_test_setup(report_that_breaks_its_layout_spoils_its_code_only, scanner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
