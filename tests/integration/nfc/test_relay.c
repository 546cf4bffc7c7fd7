/* ISO-DEP cards that the agent speaks with first: through readerd and libnfc, and through a head's firmware.
 */
#include "tests/integration/nfc/simulator.h"

static const char select_ndef[] = "\x00\xa4\x04\x00\x07\xd2\x76\x00\x00\x85\x01\x01\x00";
static const char select_other[] = "\x00\xa4\x04\x00\x05\xa0\x00\x00\x00\x01\x00";

static int relay_start(void **state)
{
    (void)reader_start(state);
    relay_begin();
    assert_true(tb_readers_relays(h.readers, 0));
    return 0;
}

static void ask(uint16_t exchange, const char *apdu, size_t size, const char *answer)
{
    assert_int_equal(tb_readers_transceive(h.readers, 0, h.tap, exchange, 500, tb_span_of(apdu, size)),
                     TB_OK);
    harness_expect(&h, answer);
}

static void tell(enum tb_link_relaying what)
{
    assert_int_equal(tb_readers_tell(h.readers, 0, h.tap, what), TB_OK);
}

static void cards_are_spoken_with_before_they_are_read(void **state)
{
    (void)state;
    sim("card c type4 uri=" URI);
    sim("log clear");
    sim("tap c");
    harness_expect(&h, "tag type4");
    ask(1, select_other, sizeof select_other - 1, "answer 1 0 6a82");
    ask(2, select_ndef, sizeof select_ndef - 1, "answer 2 0 9000");
    tell(TB_LINK_RELAY_READ);
    harness_expect(&h, "data " URI_MESSAGE);
    ask(3, select_other, sizeof select_other - 1, "answer 3 0 6a82");
    reader_gone();
    const char *first = strstr(harness_sim(&h, "log rf 100"), "c 00a404");
    assert_non_null(first);
    assert_memory_equal(first, "c 00a4040005a000", 16);
}

static void cards_of_type2_are_not_waited_for(void **state)
{
    (void)state;
    sim("card c ntag213 uri=" URI);
    sim("tap c");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "data " URI_MESSAGE);
    reader_gone();
}

static void silence_has_the_card_read(void **state)
{
    (void)state;
    sim("card c type4 uid=random uri=" URI);
    sim("tap c");
    harness_expect(&h, "tag type4");
    ask(1, select_other, sizeof select_other - 1, "answer 1 0 6a82");
    harness_expect(&h, "data " URI_MESSAGE);
    reader_gone();
}

static void relay_ends_when_it_is_not_wanted_any_more(void **state)
{
    (void)state;
    tb_readers_relay(h.readers, false);
    assert_false(tb_readers_relays(h.readers, 0));
    requests_heard();
    sim("card c type4 uri=" URI);
    sim("log clear");
    sim("tap c");
    harness_expect(&h, "tag type4");
    harness_expect(&h, "data " URI_MESSAGE);
    reader_gone();
}

static void card_that_is_kept_stays_one_tap(void **state)
{
    (void)state;
    static const char *const uids[] = {"04c1c2c3c4c5c6", "random"};
    for (size_t i = 0; i < sizeof uids / sizeof uids[0]; i++) {
        char card[64];
        (void)snprintf(card, sizeof card, "card c type4 uid=%s uri=" URI, uids[i]);
        sim(card);
        sim("tap c");
        harness_expect(&h, "tag type4");
        ask(1, select_ndef, sizeof select_ndef - 1, "answer 1 0 9000");
        tell(TB_LINK_RELAY_KEEP);
        harness_expect(&h, "data ");
        ask(2, select_ndef, sizeof select_ndef - 1, "answer 2 0 9000");
        reader_gone();
    }
}

static void second_card_is_told_when_the_first_is_kept(void **state)
{
    (void)state;
    static const char *const pairs[] = {"a4+b4", "a4+b2"};
    sim("card a4 type4 uid=04010101010102 uri=" URI);
    sim("card b4 type4 uid=04020202020203 uri=" URI);
    sim("card b2 ntag213 uid=04020202020202 uri=" URI);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char tap[32];
        (void)snprintf(tap, sizeof tap, "tap %s", pairs[i]);
        sim(tap);
        harness_expect(&h, "tag type4");
        ask(1, select_ndef, sizeof select_ndef - 1, "answer 1 0 9000");
        tell(TB_LINK_RELAY_KEEP);
        harness_expect(&h, "failed two tag.two");
        reader_gone();
    }
}

static void card_that_is_left_takes_no_commands(void **state)
{
    (void)state;
    sim("card c type4 uri=" URI);
    sim("tap c");
    harness_expect(&h, "tag type4");
    tell(TB_LINK_RELAY_LEAVE);
    harness_expect(&h, "data ");
    ask(1, select_ndef, sizeof select_ndef - 1, "answer 1 1 ");
    reader_gone();
}

static void torn_card_is_offered_again(void **state)
{
    (void)state;
    sim("card c type4 uri=" URI);
    sim("tap c");
    harness_expect(&h, "tag type4");
    ask(1, select_ndef, sizeof select_ndef - 1, "answer 1 0 9000");
    tell(TB_LINK_RELAY_AGAIN);
    harness_expect(&h, "again type4");
    ask(2, select_ndef, sizeof select_ndef - 1, "answer 2 0 9000");
    tell(TB_LINK_RELAY_AGAIN);
    harness_expect(&h, "again type4");
    tell(TB_LINK_RELAY_AGAIN);
    harness_expect(&h, "failed torn tag.lost");
    reader_gone();
}

static void card_that_left_is_gone(void **state)
{
    (void)state;
    sim("card c type4 uri=" URI);
    sim("tap c");
    harness_expect(&h, "tag type4");
    sim("remove");
    ask(1, select_ndef, sizeof select_ndef - 1, "answer 1 3 ");
    tell(TB_LINK_RELAY_AGAIN);
    harness_expect(&h, "failed torn tag.lost");
    harness_expect(&h, "gone");
}

/* Without an argument readerd on libnfc; with one a reader head, and the argument names its board. */
int main(int argc, char **argv)
{
    h.board = argc > 1 ? argv[1] : NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cards_are_spoken_with_before_they_are_read, relay_start, stop),
        cmocka_unit_test_setup_teardown(cards_of_type2_are_not_waited_for, relay_start, stop),
        cmocka_unit_test_setup_teardown(silence_has_the_card_read, relay_start, stop),
        cmocka_unit_test_setup_teardown(relay_ends_when_it_is_not_wanted_any_more, relay_start, stop),
        cmocka_unit_test_setup_teardown(card_that_is_kept_stays_one_tap, relay_start, stop),
        cmocka_unit_test_setup_teardown(second_card_is_told_when_the_first_is_kept, relay_start, stop),
        cmocka_unit_test_setup_teardown(card_that_is_left_takes_no_commands, relay_start, stop),
        cmocka_unit_test_setup_teardown(torn_card_is_offered_again, relay_start, stop),
        cmocka_unit_test_setup_teardown(card_that_left_is_gone, relay_start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
