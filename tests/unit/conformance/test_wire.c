/* What tillbridge-conformance reads of programs under test. */
#include "agent/conformance/wire.h"
#include "core/base/assert.h"
#include "tests/support/unit.h"

static void an_answer_is_taken_apart(void **state)
{
    (void)state;
    struct tb_wire_answer answer;
    enum tb_err err = tb_wire_answer_parse(
        tb_span_str("HTTP/1.1 403 Forbidden\r\nContent-Type:  text/plain \r\nx: y\r\n\r\nno\r\n"), &answer);
    assert_int_equal(err, TB_OK);
    assert_int_equal(answer.status, 403);
    assert_true(tb_span_is(tb_wire_header(&answer, "content-type"), "text/plain"));
    assert_true(tb_span_is(tb_wire_header(&answer, "x"), "y"));
    assert_int_equal(tb_wire_header(&answer, "content").size, 0);
    assert_true(tb_span_is(answer.body, "no\r\n"));
    assert_int_equal(tb_wire_answer_parse(tb_span_str("HTTP/1.1 200 OK\r\nx: y\r\n"), &answer),
                     TB_ERR_TRUNCATED);
    assert_int_equal(tb_wire_answer_parse(tb_span_str("HTTP/2 200\r\n\r\n"), &answer), TB_ERR_SYNTAX);
}

static void frames_come_one_by_one(void **state)
{
    (void)state;
    struct tb_wire_frame frame;
    static const uint8_t two[] = {0x81, 2, 'h', 'i', 0x89, 0};
    assert_int_equal(tb_wire_frame_parse(tb_span_of(two, sizeof two), &frame), TB_OK);
    assert_int_equal(frame.opcode, 1);
    assert_true(frame.final && tb_span_is(frame.payload, "hi") && frame.size == 4);
    assert_int_equal(tb_wire_frame_parse(tb_span_of(two, 3), &frame), TB_ERR_TRUNCATED);
    static const uint8_t masked[] = {0x81, 0x82, 0, 0, 0, 0, 'h', 'i'};
    assert_int_equal(tb_wire_frame_parse(tb_span_of(masked, sizeof masked), &frame), TB_ERR_SYNTAX);
    static const uint8_t huge[] = {0x81, 127, 0, 0, 0, 0, 0, 1, 0, 1};
    assert_int_equal(tb_wire_frame_parse(tb_span_of(huge, sizeof huge), &frame), TB_ERR_TOO_LONG);
}

static void what_is_said_is_masked(void **state)
{
    (void)state;
    static const uint8_t mask[TB_WIRE_MASK_SIZE] = {1, 2, 3, 4};
    uint8_t bytes[16];
    struct tb_buf to = tb_buf_of(bytes, sizeof bytes);
    tb_wire_frame_add(&to, 1, tb_span_str("abc"), mask);
    static const uint8_t wanted[] = {0x81, 0x83, 1, 2, 3, 4, 'a' ^ 1, 'b' ^ 2, 'c' ^ 3};
    assert_int_equal(to.size, sizeof wanted);
    assert_memory_equal(bytes, wanted, sizeof wanted);
}

static void comments_are_no_events(void **state)
{
    (void)state;
    struct tb_span rest = tb_span_str(": hello\n\ndata: {\"a\":1}\n\ndata: {\"b\"");
    assert_true(tb_span_is(tb_wire_event_cut(&rest), "{\"a\":1}"));
    assert_int_equal(tb_wire_event_cut(&rest).size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_taken_apart),
        cmocka_unit_test(frames_come_one_by_one),
        cmocka_unit_test(what_is_said_is_masked),
        cmocka_unit_test(comments_are_no_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
