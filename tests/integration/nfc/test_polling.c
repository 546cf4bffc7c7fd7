/* The frame that phones' wallets wait for, sent through libnfc before each look for a card. */
#include "tests/integration/nfc/simulator.h"

static int polling_start(void **state)
{
    (void)state;
    static const uint8_t frame[] = {0x6a, 0x01, 0x00, 0x00, 0x02};
    harness_start_sim(&h, TB_READER_NFC);
    h.polling = tb_span_of(frame, sizeof frame);
    harness_start_reader(&h, TB_READER_NFC, "");
    harness_expect(&h, "state ready");
    requests_heard();
    return 0;
}

static void card_is_read(void)
{
    sim("tap c");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "data " URI_MESSAGE);
}

/* What was logged from one card's leaving to the end of the next one's reading: a look for it, at least. */
static const char *told(const char *log)
{
    static char text[65600];
    sim("card c ntag213 uri=" URI);
    card_is_read();
    sim("log clear");
    reader_gone();
    card_is_read();
    (void)snprintf(text, sizeof text, "%s", harness_sim(&h, log));
    reader_gone();
    return text;
}

static void frames_go_out_whole_and_before_each_look(void **state)
{
    (void)state;
    assert_int_equal(tb_readers_info(h.readers, 0)->polling_state, TB_READER_POLLING_SENT);
    const char *log = told("log cmd 100");
    const char *frame = strstr(log, "426a01000002");
    assert_non_null(frame);
    const char *look = strstr(frame, "4a0100");
    assert_non_null(look);
    assert_null(memmem(frame + 12, (size_t)(look - frame) - 12, "426a", 4)); /* one per look */
    const char *usual = strstr(frame, "3202000b0a");
    assert_true(usual != NULL && usual < look); /* and cards have the usual time to answer */
    assert_non_null(strstr(told("log rf 100"), "everybody 6a01000002 -> nothing"));
    assert_null(strstr(told("log rf 100"), "garbled"));
}

static void cards_are_read_as_without(void **state)
{
    (void)state;
    sim("card c4 type4 uid=random uri=" URI);
    for (unsigned i = 0; i < 3; i++) {
        sim("tap c4");
        harness_expect(&h, "tag type4");
        harness_expect(&h, "data " URI_MESSAGE);
        reader_gone();
    }
}

/* A chip that answers nothing but this is found out all the same. */
static void chip_that_is_gone_is_told(void **state)
{
    (void)state;
    sim("unplug");
    harness_expect(&h, "state unplugged device.absent");
    sim("plug");
    harness_expect(&h, "state ready");
    requests_heard();
    assert_non_null(strstr(told("log cmd 100"), "426a01000002"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(frames_go_out_whole_and_before_each_look, polling_start, stop),
        cmocka_unit_test_setup_teardown(cards_are_read_as_without, polling_start, stop),
        cmocka_unit_test_setup_teardown(chip_that_is_gone_is_told, polling_start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
