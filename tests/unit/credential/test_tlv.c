#include "core/credential/tlv.h"
#include "tests/support/hex.h"
#include "tests/support/unit.h"

static enum tb_err next(const char *text, struct tb_tlv *ret_tlv)
{
    static struct hex_bytes room;
    struct tb_reader r = tb_reader_of(hex_span(&room, text));
    return tb_tlv_next(&r, ret_tlv);
}

static void tags_and_lengths(void **state)
{
    (void)state;
    struct tb_tlv tlv;
    assert_int_equal(next("5003616263", &tlv), TB_OK);
    assert_int_equal(tlv.tag, 0x50);
    assert_true(tb_span_is(tlv.value, "abc"));
    assert_int_equal(next("9f2a00", &tlv), TB_OK);
    assert_int_equal(tlv.tag, 0x9f2a);
    assert_int_equal(tlv.value.size, 0);
    assert_int_equal(next("6f8101aa", &tlv), TB_OK);
    assert_int_equal(tlv.value.size, 1);
    assert_int_equal(next("6f820001aa", &tlv), TB_OK);
    assert_int_equal(tlv.value.size, 1);
    assert_int_equal(next("", &tlv), TB_ERR_NOT_FOUND);
}

static void what_breaks_the_rules(void **state)
{
    (void)state;
    struct tb_tlv tlv;
    assert_int_equal(next("50", &tlv), TB_ERR_TRUNCATED);
    assert_int_equal(next("9f", &tlv), TB_ERR_TRUNCATED);
    assert_int_equal(next("5003aabb", &tlv), TB_ERR_TRUNCATED);
    assert_int_equal(next("5080", &tlv), TB_ERR_UNSUPPORTED);         /* indefinite length */
    assert_int_equal(next("508300000161", &tlv), TB_ERR_UNSUPPORTED); /* three bytes of length */
    assert_int_equal(next("9f818100", &tlv), TB_ERR_UNSUPPORTED);     /* three bytes of tag */
}

static void find(void **state)
{
    (void)state;
    struct tb_span value;
    struct tb_span objects = HEX_SPAN("4f01aa9f2702bbcc5000");
    assert_int_equal(tb_tlv_find(objects, 0x9f27, &value), TB_OK);
    assert_true(tb_span_equal(value, HEX_SPAN("bbcc")));
    assert_int_equal(tb_tlv_find(objects, 0x6f, &value), TB_ERR_NOT_FOUND);
    assert_int_equal(tb_tlv_find(HEX_SPAN("4f01aa4f01aa"), 0x4f, &value), TB_ERR_DUPLICATE_KEY);
    assert_int_equal(tb_tlv_find(HEX_SPAN("4f01aa5002bb"), 0x4f, &value), TB_ERR_TRUNCATED);
}

static void add(void **state)
{
    (void)state;
    uint8_t bytes[400];
    uint8_t value[300] = {0};
    struct tb_buf b = tb_buf_of(bytes, sizeof bytes);
    tb_tlv_add(&b, 0x9f22, HEX_SPAN("0100"));
    tb_tlv_add(&b, 0x50, tb_span_of(NULL, 0));
    assert_true(tb_span_equal(tb_buf_span(&b), HEX_SPAN("9f220201005000")));
    tb_buf_reset(&b);
    tb_tlv_add(&b, 0x50, tb_span_of(value, 255));
    assert_true(tb_span_starts(tb_buf_span(&b), HEX_SPAN("5081ff")));
    assert_int_equal(b.size, 258);
    tb_tlv_add(&b, 0x50, tb_span_of(value, 256));
    assert_int_equal(b.err, TB_ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_and_lengths),
        cmocka_unit_test(what_breaks_the_rules),
        cmocka_unit_test(find),
        cmocka_unit_test(add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
