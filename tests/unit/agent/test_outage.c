#include "agent/app/outage.h"
#include "tests/support/unit.h"

#include <string.h>

static void a_line_that_is_down_says_cause_and_consequences(void **state)
{
    (void)state;
    char text[TB_OUTAGE_TEXT_SIZE];
    char labels[TB_OUTAGE_LABELS_SIZE];
    struct tb_status status = {.line = TB_LINE_OFFLINE};
    for (int cause = TB_CAUSE_NO_ROUTE; cause < TB_CAUSE_COUNT; cause++) {
        status.line_cause = (enum tb_line_cause)cause;
        tb_outage_line_text(&status, "en", text);
        assert_non_null(
            strstr(text, ". Recognising customers and changing carts works. Prices may be older"));
        assert_non_null(strstr(text, " Everything is sent when the line is back."));
        tb_outage_line_labels(&status, "en", labels);
        assert_non_null(strstr(labels, text));
    }
    status = (struct tb_status){.line = TB_LINE_OFFLINE, .line_cause = TB_CAUSE_NO_ROUTE};
    tb_outage_line_text(&status, "en", text);
    assert_int_equal(strncmp(text, "There is no network. Recog", 26), 0);
    status.line = TB_LINE_LIVE;
    status.line_cause = TB_CAUSE_NONE;
    tb_outage_line_labels(&status, "en", labels);
    assert_int_equal(strncmp(labels, "state=\"live\",cause=\"\",text=\"Online", 34), 0);
}

static void every_notice_has_its_words(void **state)
{
    (void)state;
    char text[TB_OUTAGE_TEXT_SIZE];
    for (int notice = 0; notice < TB_NOTICE_COUNT; notice++) {
        tb_outage_notice_text((enum tb_notice)notice, "en", text);
        assert_null(strstr(text, tb_notice_name((enum tb_notice)notice)));
        assert_true(strlen(text) > 40);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_is_down_says_cause_and_consequences),
        cmocka_unit_test(every_notice_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
