#include "agent/app/status/status.h"

#include "tests/support/unit.h"

static void a_line_keeps_its_time_while_its_cause_changes(void **state)
{
    (void)state;
    struct tb_status status = {.line = TB_LINE_CONNECTING};
    assert_true(tb_status_set_line(&status, TB_LINE_OFFLINE, TB_CAUSE_CLOSED, 1000));
    assert_false(tb_status_set_line(&status, TB_LINE_OFFLINE, TB_CAUSE_CLOSED, 2000));
    assert_true(tb_status_set_line(&status, TB_LINE_OFFLINE, TB_CAUSE_REFUSED, 3000));
    assert_int_equal(status.line_since_wall_ms, 1000);
    assert_true(tb_status_set_line(&status, TB_LINE_LIVE, TB_CAUSE_NONE, 4000));
    assert_int_equal(status.line_since_wall_ms, 4000);
}

static void the_state_says_what_is_and_leaves_out_what_is_not(void **state)
{
    (void)state;
    struct tb_status status = {.line = TB_LINE_OFFLINE,
                               .line_since_wall_ms = 5,
                               .line_cause = TB_CAUSE_REFUSED,
                               .reader_count = 1,
                               .readers = {{"Card reader", "nfc", "hung", 7}},
                               .unsent_count = 2};
    tb_status_set_display(&status, "ready", 3);
    tb_status_set_display(&status, "ready", 4);
    assert_true(tb_status_set_notice(&status, TB_NOTICE_DISK_FULL, true, 9));
    assert_false(tb_status_set_notice(&status, TB_NOTICE_DISK_FULL, true, 10));
    char text[TB_STATUS_JSON_SIZE_MAX];
    struct tb_buf to = tb_buf_of(text, sizeof text);
    struct tb_json_writer w = tb_json_writer_of(&to);
    tb_json_open(&w, NULL);
    tb_status_put_state(&w, &status, 11);
    tb_json_close(&w);
    const char *expected =
        "{\"line\":{\"state\":\"offline\",\"since_ms\":5,\"cause\":\"refused\"},"
        "\"readers\":[{\"name\":\"Card reader\",\"kind\":\"nfc\",\"state\":\"hung\",\"since_ms\":7}],"
        "\"display\":{\"state\":\"ready\",\"since_ms\":3},"
        "\"unsent\":2,\"notices\":[{\"code\":\"disk_full\",\"since_ms\":9}],\"wall_ms\":11}";
    assert_int_equal(to.err, TB_OK);
    assert_int_equal(to.size, strlen(expected));
    assert_memory_equal(text, expected, to.size);
}

static void every_notice_has_a_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TB_NOTICE_COUNT; i++)
        assert_string_not_equal(tb_notice_name((enum tb_notice)i), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_keeps_its_time_while_its_cause_changes),
        cmocka_unit_test(the_state_says_what_is_and_leaves_out_what_is_not),
        cmocka_unit_test(every_notice_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
