/* The fastest way to read: FAST_READ where the tag has it, and the highest bit rate that chip and port take.
 */
#include "tests/integration/nfc/simulator.h"

static int start(void **state)
{
    (void)state;
    harness_start_sim(&h, TB_READER_NFC);
    sim("card c ntag213 uri=" URI);
    return 0;
}

static void ready_at(const char *rate)
{
    harness_expect(&h, "state ready");
    assert_string_equal(harness_sim(&h, "rate"), rate);
}

static void tap_is_read(const char *card)
{
    char command[64];
    (void)snprintf(command, sizeof command, "tap %s", card);
    sim(command);
    harness_expect(&h, strchr(card, '4') ? "tag type4" : "tag type2");
    harness_expect(&h, "data " URI_MESSAGE);
    sim("remove");
    harness_expect(&h, "gone");
}

/* How often text is in the simulator's log since it was cleared. */
static unsigned log_count(const char *kind, const char *text)
{
    char command[32];
    unsigned count = 0;
    (void)snprintf(command, sizeof command, "log %s 500", kind);
    for (const char *at = strstr(harness_sim(&h, command), text); at != NULL; at = strstr(at + 1, text))
        count++;
    return count;
}

static void rate_is_raised_as_far_as_the_chip_takes_it(void **state)
{
    (void)state;
    static const char *const rates[] = {"921600", "460800", "230400", "115200"};
    harness_start_reader(&h, TB_READER_NFC, "");
    ready_at("921600");
    tap_is_read("c");
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        char command[32];
        (void)snprintf(command, sizeof command, "rate max %s", rates[i]);
        sim(command);
        sim("unplug");
        harness_expect(&h, "state unplugged device.absent");
        sim("plug");
        ready_at(rates[i]);
        tap_is_read("c");
    }
}

static void speed_of_the_connection_string_is_kept(void **state)
{
    (void)state;
    harness_start_reader(&h, TB_READER_NFC, ":115200");
    ready_at("115200");
    tap_is_read("c");
    assert_int_equal(log_count("cmd", " cmd 10"), 0);
}

/* libnfc calls abort() when a status byte has bit 7 set: the process is gone, the chip goes on as it was. */
static void chip_is_found_at_the_rate_where_it_was_left(void **state)
{
    (void)state;
    harness_start_reader(&h, TB_READER_NFC, "");
    ready_at("921600");
    sim("log clear");
    sim("fault status80");
    sim("tap c");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "gone");
    harness_expect(&h, "state crashed process.ended");
    ready_at("921600");
    assert_true(log_count("sim", "noise") > 0); /* it was asked at 115,200 bit/s first */
    harness_expect(&h, "tag type2");
    harness_expect(&h, "data " URI_MESSAGE);
}

/* The same when the agent ends its reader and another one begins with a speed of its own. */
static void chip_is_brought_to_the_speed_that_is_asked_for(void **state)
{
    (void)state;
    harness_start_reader(&h, TB_READER_NFC, "");
    ready_at("921600");
    harness_stop_reader(&h);
    harness_start_reader(&h, TB_READER_NFC, ":230400");
    ready_at("230400");
    tap_is_read("c");
}

static void tag_with_fast_read_is_read_in_one_command(void **state)
{
    (void)state;
    harness_start_reader(&h, TB_READER_NFC, "");
    harness_expect(&h, "state ready");
    sim("log clear");
    tap_is_read("c");
    assert_int_equal(log_count("rf", "rf c 3a0311 -> e110"), 1);
    assert_int_equal(log_count("rf", "rf c 3003"), 0);
}

static void tag_without_fast_read_is_selected_again(void **state)
{
    (void)state;
    static const char *const kinds[] = {"ultralight", "ntag203"};
    harness_start_reader(&h, TB_READER_NFC, "");
    harness_expect(&h, "state ready");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char command[96];
        (void)snprintf(command, sizeof command, "card s %s uri=" URI, kinds[i]);
        sim(command);
        sim("log clear");
        tap_is_read("s");
        assert_int_equal(log_count("rf", "rf s 3a0311 -> nothing"), 1);
        assert_int_equal(log_count("rf", "rf s 3003 -> e110"), 1);
    }
}

/* Noise on the air that strikes FAST_READ costs its speed, not the tap. */
static void fast_read_that_is_garbled_is_not_lost(void **state)
{
    (void)state;
    harness_start_reader(&h, TB_READER_NFC, "");
    harness_expect(&h, "state ready");
    sim("log clear");
    sim("fault rf");
    tap_is_read("c");
    assert_int_equal(log_count("rf", "rf c 3003 -> e110"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rate_is_raised_as_far_as_the_chip_takes_it, start, stop),
        cmocka_unit_test_setup_teardown(speed_of_the_connection_string_is_kept, start, stop),
        cmocka_unit_test_setup_teardown(chip_is_found_at_the_rate_where_it_was_left, start, stop),
        cmocka_unit_test_setup_teardown(chip_is_brought_to_the_speed_that_is_asked_for, start, stop),
        cmocka_unit_test_setup_teardown(tag_with_fast_read_is_read_in_one_command, start, stop),
        cmocka_unit_test_setup_teardown(tag_without_fast_read_is_selected_again, start, stop),
        cmocka_unit_test_setup_teardown(fast_read_that_is_garbled_is_not_lost, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
