#include "agent/app/status/outage_metrics.h"
#include "tests/support/unit.h"

#include <string.h>

static void a_line_that_is_down_says_cause_and_consequences(void **state)
{
    (void)state;
    char text[TB_OUTAGE_TEXT_SIZE];
    struct tb_status status = {.line = TB_LINE_OFFLINE};
    for (int cause = TB_CAUSE_NO_ROUTE; cause < TB_CAUSE_COUNT; cause++) {
        status.line_cause = (enum tb_line_cause)cause;
        tb_outage_line_text(&status, "en", text);
        assert_non_null(strstr(text, ". Recognising customers and changing carts works. Searching for"));
        assert_non_null(strstr(text, " do not. Prices may be older than shown"));
        assert_non_null(strstr(text, " Everything is sent when "));
    }
    status = (struct tb_status){.line = TB_LINE_OFFLINE, .line_cause = TB_CAUSE_NO_ROUTE};
    tb_outage_line_text(&status, "en", text);
    assert_int_equal(strncmp(text, "There is no network. Recog", 26), 0);
    status.never_connected = true;
    tb_outage_line_text(&status, "en", text);
    assert_string_equal(
        text, "This terminal has never been connected. There is no network. Selling at the till goes on. "
              "Nobody can be recognised and no product is known here yet. What is needed comes by "
              "itself with the first connection. If this lasts, please call IT.");
    status.line = TB_LINE_CONNECTING;
    status.never_connected = false;
    tb_outage_line_text(&status, "en", text);
    assert_int_equal(strncmp(text, "Connecting to the central system… Recog", 41), 0);
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

static void a_reader_in_trouble_says_what_still_reads(void **state)
{
    (void)state;
    char text[TB_OUTAGE_TEXT_SIZE];
    struct tb_status status = {.reader_count = 2,
                               .readers = {{"Front", "nfc", "unplugged", 0}, {"Gun", "scanner", "ready", 0}}};
    tb_outage_reader_text(&status, 0, "en", text);
    assert_string_equal(text, "Card reader unplugged. Scanning codes works. Cards and phones are not read. "
                              "Check its cable. It comes back by itself when plugged in.");
    tb_outage_reader_text(&status, 1, "en", text);
    assert_string_equal(text, "");
    status.readers[1] = (struct tb_status_reader){"Back", "nfc", "ready", 0};
    tb_outage_reader_text(&status, 0, "en", text);
    assert_int_equal(strncmp(text, "Front unplugged. Tapping cards and phones works. Nothing is read at", 66),
                     0);
}

static const char *rendered(const struct tb_metrics *registry)
{
    static char text[32768];
    struct tb_buf b = tb_buf_of(text, sizeof text - 1);
    tb_metrics_render(registry, &b);
    assert_int_equal(b.err, TB_OK);
    text[b.size] = '\0';
    return text;
}

static void metrics_say_it_in_a_label(void **state)
{
    (void)state;
    static struct tb_outage_metrics metrics;
    static struct tb_metrics registry;
    struct tb_status status = {.line = TB_LINE_OFFLINE,
                               .line_cause = TB_CAUSE_TLS,
                               .reader_count = 1,
                               .readers = {{"A \"b\\", "scanner", "hung", 0}}};
    assert_int_equal(tb_outage_metrics_open(&metrics, &registry, &status, "en"), TB_OK);
    const char *text = rendered(&registry);
    assert_non_null(
        strstr(text, "\ntillbridge_line{state=\"offline\",cause=\"tls\",text=\"The central system could "));
    assert_non_null(strstr(text, "\ntillbridge_reader{reader=\"A \\\"b\\\\\",kind=\"scanner\",state=\"hung\","
                                 "text=\"Scanner does not answer. Carts can be changed"));
    assert_non_null(
        strstr(text, "\ntillbridge_notice{code=\"disk_full\",text=\"This terminal’s disk is full. "));

    status = (struct tb_status){.line = TB_LINE_LIVE};
    tb_outage_metrics_line(&metrics, &status, "en");
    tb_outage_metrics_readers(&metrics, &status, "en");
    tb_outage_metrics_notice(&metrics, TB_NOTICE_CLOCK_WRONG, true);
    text = rendered(&registry);
    assert_non_null(strstr(text, "\ntillbridge_line{state=\"live\",cause=\"\",text=\"Online"));
    assert_null(strstr(text, "tillbridge_reader"));
    assert_non_null(strstr(text, "the line may stay down. Please call IT.\"} 1\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_is_down_says_cause_and_consequences),
        cmocka_unit_test(every_notice_has_its_words),
        cmocka_unit_test(a_reader_in_trouble_says_what_still_reads),
        cmocka_unit_test(metrics_say_it_in_a_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
