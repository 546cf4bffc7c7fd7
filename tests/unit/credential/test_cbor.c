#include "core/credential/cbor.h"

#include "tests/support/hex.h"
#include "tests/support/unit.h"

static enum tb_err take(const char *text, struct tb_cbor *ret_item, size_t *ret_left)
{
    struct hex_bytes bytes = hex(text);
    struct tb_span rest = tb_span_of(bytes.at, bytes.size);
    enum tb_err err = tb_cbor_take(&rest, ret_item);
    *ret_left = rest.size;
    return err;
}

/* RFC 8949 appendix A. */
static void heads_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum tb_cbor_type type;
        uint64_t value;
        size_t left;
    } cases[] = {
        {"00", TB_CBOR_UINT, 0, 0},
        {"17", TB_CBOR_UINT, 23, 0},
        {"1818", TB_CBOR_UINT, 24, 0},
        {"1903e8", TB_CBOR_UINT, 1000, 0},
        {"1a000f4240", TB_CBOR_UINT, 1000000, 0},
        {"1b000000e8d4a51000", TB_CBOR_UINT, UINT64_C(1000000000000), 0},
        {"1bffffffffffffffff", TB_CBOR_UINT, UINT64_MAX, 0},
        {"20", TB_CBOR_NEGATIVE, 0, 0},
        {"3903e7", TB_CBOR_NEGATIVE, 999, 0},
        {"40", TB_CBOR_BYTES, 0, 0},
        {"4401020304", TB_CBOR_BYTES, 4, 0},
        {"6449455446", TB_CBOR_TEXT, 4, 0},
        {"80", TB_CBOR_ARRAY, 0, 0},
        {"83010203", TB_CBOR_ARRAY, 3, 3},
        {"a201020304", TB_CBOR_MAP, 2, 4},
        {"c11a514b67b0", TB_CBOR_TAG, 1, 5},
        {"d818456449455446", TB_CBOR_TAG, 24, 6},
        {"f4", TB_CBOR_SIMPLE, 20, 0},
        {"f90000", TB_CBOR_SIMPLE, 0, 0},
        {"fb3ff199999999999a", TB_CBOR_SIMPLE, UINT64_C(0x3ff199999999999a), 0},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        struct tb_cbor item;
        size_t left = 0;
        assert_int_equal(take(cases[i].hex, &item, &left), TB_OK);
        assert_int_equal(item.type, cases[i].type);
        assert_int_equal(item.value, cases[i].value);
        assert_int_equal(left, cases[i].left);
    }
}

static void what_breaks_the_rules_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum tb_err err;
    } cases[] = {
        {"", TB_ERR_TRUNCATED},
        {"18", TB_ERR_TRUNCATED},
        {"1903", TB_ERR_TRUNCATED},
        {"1817", TB_ERR_SYNTAX}, /* 23 has a shorter form */
        {"1900ff", TB_ERR_SYNTAX},
        {"1a0000ffff", TB_ERR_SYNTAX},
        {"1b00000000ffffffff", TB_ERR_SYNTAX},
        {"5801aa", TB_ERR_SYNTAX}, /* the same for a length */
        {"1c", TB_ERR_SYNTAX},     /* reserved */
        {"1e", TB_ERR_SYNTAX},
        {"5f41aaff", TB_ERR_UNSUPPORTED}, /* indefinite lengths */
        {"9fff", TB_ERR_UNSUPPORTED},
        {"bfff", TB_ERR_UNSUPPORTED},
        {"ff", TB_ERR_UNSUPPORTED},
        {"420a", TB_ERR_TRUNCATED},
        {"5bffffffffffffffff00", TB_ERR_TRUNCATED},
        {"820a", TB_ERR_TRUNCATED}, /* two items in one byte */
        {"a10a", TB_ERR_TRUNCATED}, /* a pair in one byte */
        {"9bffffffffffffffff00", TB_ERR_TRUNCATED},
        {"bbffffffffffffffff00", TB_ERR_TRUNCATED},
        {"bb800000000000000000", TB_ERR_TRUNCATED}, /* twice of it would be none */
        {"c1", TB_ERR_TRUNCATED},
        {"61ff", TB_ERR_UTF8},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        struct tb_cbor item;
        size_t left = 0;
        assert_int_equal(take(cases[i].hex, &item, &left), cases[i].err);
        assert_int_equal(left, strlen(cases[i].hex) / 2);
    }
}

static void whole_items_are_skipped(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum tb_err err;
        size_t left;
    } cases[] = {
        {"01aa", TB_OK, 1},
        {"8301820203820405aa", TB_OK, 1},
        {"a26161016162820203aa", TB_OK, 1},
        {"c180aa", TB_OK, 1},
        {"818181818180aa", TB_OK, 1}, /* six levels, the innermost empty */
        {"81818181818101", TB_ERR_DEPTH, 0},
        {"82018301", TB_ERR_TRUNCATED, 0},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        struct hex_bytes bytes = hex(cases[i].hex);
        struct tb_span rest = tb_span_of(bytes.at, bytes.size);
        assert_int_equal(tb_cbor_skip(&rest), cases[i].err);
        assert_true(cases[i].err != TB_OK || rest.size == cases[i].left);
    }
}

static void another_type_is_left_where_it_is(void **state)
{
    (void)state;
    struct tb_cbor item;
    struct tb_span rest = HEX_SPAN("4401020304");
    assert_int_equal(tb_cbor_take_type(&rest, TB_CBOR_TEXT, &item), TB_ERR_TYPE);
    assert_int_equal(rest.size, 5);
    assert_int_equal(tb_cbor_take_type(&rest, TB_CBOR_BYTES, &item), TB_OK);
    assert_int_equal(item.bytes.size, 4);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const uint64_t values[] = {
        0, 23, 24, 255, 256, 65535, 65536, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX};
    for (size_t i = 0; i < TB_ARRAY_SIZE(values); i++) {
        uint8_t memory[16];
        struct tb_buf b = tb_buf_of(memory, sizeof memory);
        struct tb_cbor item;
        tb_cbor_add(&b, TB_CBOR_NEGATIVE, values[i]);
        struct tb_span rest = tb_buf_span(&b);
        assert_int_equal(tb_cbor_take(&rest, &item), TB_OK);
        assert_true(item.type == TB_CBOR_NEGATIVE && item.value == values[i] && rest.size == 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_read),          cmocka_unit_test(what_breaks_the_rules_is_refused),
        cmocka_unit_test(whole_items_are_skipped), cmocka_unit_test(another_type_is_left_where_it_is),
        cmocka_unit_test(what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
