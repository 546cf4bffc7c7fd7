#include "agent/cache/pack.h"
#include "tests/support/unit.h"

#define ID_A "0123456789abcdef0123456789abcdef"
#define ID_B "ffffffffffffffffffffffffffffffff"

static void assert_round_trip(const char *json, size_t packed_size)
{
    uint8_t packed_room[512], json_room[512];
    struct tb_buf packed = tb_buf_of(packed_room, sizeof packed_room);
    struct tb_buf back = tb_buf_of(json_room, sizeof json_room);
    tb_pack_json(tb_span_str(json), &packed);
    assert_int_equal(packed.err, TB_OK);
    assert_int_equal(packed.size, packed_size);
    assert_int_equal(tb_unpack_json(tb_buf_span(&packed), &back), TB_OK);
    assert_true(tb_span_is(tb_buf_span(&back), json));
}

static void test_text_comes_back_as_it_was(void **state)
{
    (void)state;
    assert_round_trip("", 0);
    assert_round_trip("{\"seq\":1}", 9);
    assert_round_trip("\"" ID_A "\"", 19);
    assert_round_trip(ID_A ID_B, 34);
    assert_round_trip("abc" ID_A "0", 21);                         /* 36 digits: 32 from the first on */
    assert_round_trip("\"0123456789abcdef0123456789abcde\"", 33);  /* 31 digits */
    assert_round_trip("\"0123456789ABCDEF0123456789ABCDEF\"", 34); /* capitals would not come back */
    assert_round_trip("{\"customer\":\"" ID_A "\",\"cart\":\"" ID_B "\"}", 59);
}

static void test_cut_off_piece_is_refused(void **state)
{
    (void)state;
    uint8_t room[64];
    struct tb_buf b = tb_buf_of(room, sizeof room);
    assert_int_equal(tb_unpack_json(tb_span_of("a\1"
                                               "123456789012345",
                                               17),
                                    &b),
                     TB_ERR_TRUNCATED);
    b = tb_buf_of(room, 31);
    assert_int_equal(tb_unpack_json(tb_span_of("\1"
                                               "1234567890123456",
                                               17),
                                    &b),
                     TB_ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_comes_back_as_it_was),
        cmocka_unit_test(test_cut_off_piece_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
