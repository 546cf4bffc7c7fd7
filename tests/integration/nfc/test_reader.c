#include "tests/integration/nfc/simulator.h"

static void line_is_as_fast_as_chip_and_reader_take(void **state)
{
    (void)state;
    assert_string_equal(harness_sim(&h, "rate"), h.board ? h.machine.facts->bit_rate : "921600");
}

static void type2_tags_are_read(void **state)
{
    (void)state;
    static const char *const kinds[] = {"ntag213", "ntag215", "ntag216"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char card[128];
        (void)snprintf(card, sizeof card, "card c %s uri=" URI, kinds[i]);
        sim(card);
        sim("tap c");
        harness_expect(&h, "tag type2");
        harness_expect(&h, "data " URI_MESSAGE);
        reader_gone();
    }
    sim("card external ntag213 external=tillbridge.example:member,0001234567");
    sim("tap external");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "data d4190a74696c6c6272696467652e6578616d706c653a6d656d62657230303031323334353637");
    reader_gone();
    sim("card text ntag213 text=M0001234567");
    sim("tap text");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "data d1010e5402656e4d30303031323334353637");
    reader_gone();
}

static void type4_tags_are_read(void **state)
{
    (void)state;
    static const char *const kinds[] = {"type4", "type4v1", "type4v3", "type4 uid=random"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char card[128];
        (void)snprintf(card, sizeof card, "card c %s uri=" URI, kinds[i]);
        sim(card);
        sim("tap c");
        harness_expect(&h, "tag type4");
        harness_expect(&h, "data " URI_MESSAGE);
        reader_gone();
    }
}

/* Longer than one frame of the chip, extended and in parts. */
static void long_messages_are_read(void **state)
{
    (void)state;
    char card[2200] = "card long type4 ndef=";
    char data[2200] = "data ";
    for (size_t i = 0; i < 1000; i++) {
        char byte[3];
        (void)snprintf(byte, sizeof byte, "%02x", (unsigned)(i * 7 & 0xff));
        memcpy(card + strlen("card long type4 ndef=") + 2 * i, byte, 3);
        memcpy(data + strlen("data ") + 2 * i, byte, 3);
    }
    sim(card);
    sim("tap long");
    harness_expect(&h, "tag type4");
    harness_expect(&h, data);
    reader_gone();
    sim("answers chained");
    sim("tap long");
    harness_expect(&h, "tag type4");
    harness_expect(&h, data);
    reader_gone();
}

static void empty_and_blank_tags_are_told_apart(void **state)
{
    (void)state;
    sim("card empty2 ntag213 empty");
    sim("card empty4 type4 empty");
    sim("card blank2 ntag213 blank");
    sim("card blank4 type4 blank");
    sim("tap empty2");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "data ");
    reader_gone();
    sim("tap empty4");
    harness_expect(&h, "tag type4");
    harness_expect(&h, "data ");
    reader_gone();
    sim("tap blank2");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "failed empty type2.cc");
    reader_gone();
    sim("tap blank4");
    harness_expect(&h, "tag type4");
    harness_expect(&h, "failed empty type4.no_ndef");
    reader_gone();
}

static void malformed_tags_fail_with_their_reason(void **state)
{
    (void)state;
    sim("card past ntag213 memory=e110120003ff0100d101");
    sim("tap past");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "failed malformed type2.past_area");
    reader_gone();
    sim("card toolong type4 file=1000d101 cc=000f2000fb00ff0406e104ffff00ff");
    sim("tap toolong");
    harness_expect(&h, "tag type4");
    harness_expect(&h, "failed unsupported tag.too_long");
    reader_gone();
    sim("card classic classic");
    sim("tap classic");
    harness_expect(&h, "tag other");
    harness_expect(&h, "failed unsupported tag.kind");
    reader_gone();
}

/* In the other's place before its absence was noticed; each kind after each. */
static void card_in_anothers_place_is_read(void **state)
{
    (void)state;
    static const char *const cards[] = {"a2", "a4", "b4", "b2", "a2"};
    sim("card a2 ntag213 uid=04a1a2a3a4a5a6 uri=" URI);
    sim("card b2 ntag213 uid=04b1b2b3b4b5b6 uri=" URI);
    sim("card a4 type4 uid=04c1c2c3c4c5c6 uri=" URI);
    sim("card b4 type4 uid=04d1d2d3d4d5d6 uri=" URI);
    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
        char command[32];
        (void)snprintf(command, sizeof command, "tap %s", cards[i]);
        sim("remove");
        sim(command);
        if (i > 0)
            harness_expect(&h, "gone");
        harness_expect(&h, strchr(cards[i], '2') ? "tag type2" : "tag type4");
        harness_expect(&h, "data " URI_MESSAGE);
    }
}

static void torn_card_is_torn_and_gone(void **state)
{
    (void)state;
    sim("card torn2 ntag213 torn=1 text=longer.than.what.the.first.command.to.a.tag.asks.for");
    sim("card torn4 type4 torn=4 uri=" URI);
    sim("tap torn2");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "failed torn tag.lost");
    harness_expect(&h, "gone");
    sim("remove");
    sim("tap torn4");
    harness_expect(&h, "tag type4");
    harness_expect(&h, "failed torn tag.lost");
    harness_expect(&h, "gone");
}

/* Noise on the air costs a repetition, not the tap. */
static void transmission_error_is_repeated(void **state)
{
    (void)state;
    sim("card c ntag213 uri=" URI);
    sim("fault rf 2");
    sim("tap c");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "data " URI_MESSAGE);
    reader_gone();
}

/* A card that refuses to be read but stays is one failed tap, not many. */
static void card_that_never_answers_fails_once(void **state)
{
    (void)state;
    sim("card c ntag213 uri=" URI);
    sim("fault rf 0");
    sim("tap c");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "failed torn tag.lost");
    sim("fault off");
    reader_gone();
}

static void payment_card_is_asked_for_nothing_but_its_directory(void **state)
{
    (void)state;
    sim("card bank payment");
    sim("card phone payment uid=random");
    sim("log clear");
    sim("tap bank");
    harness_expect(&h, "tag type4");
    harness_expect(&h, "failed payment_card payment.card");
    const char *log = harness_sim(&h, "log rf 100");
    assert_non_null(strstr(log, "bank 00a404000e325041592e5359532e444446303100"));
    assert_null(strstr(strstr(log, "325041592e") + 1, "325041592e5359532e444446303100 ->"));
    reader_gone();
    sim("tap phone");
    harness_expect(&h, "tag type4");
    harness_expect(&h, "failed payment_card payment.card");
    reader_gone();
    assert_string_equal(harness_sim(&h, "violations"), "0");
}

static void two_cards_are_told(void **state)
{
    (void)state;
    static const char *const pairs[] = {"a2+b2", "a4+b4", "a2+b4", "a4+b2", "a4+pay"};
    sim("card a2 ntag213 uid=04010101010101 uri=" URI);
    sim("card b2 ntag213 uid=04020202020202 uri=" URI);
    sim("card a4 type4 uid=04010101010102 uri=" URI);
    sim("card b4 type4 uid=04020202020203 uri=" URI);
    sim("card pay payment uid=04000000000001");
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char tap[32];
        (void)snprintf(tap, sizeof tap, "tap %s", pairs[i]);
        sim(tap);
        harness_expect(&h, pairs[i][1] == '2' ? "tag type2" : "tag type4");
        harness_expect(&h, "failed two tag.two");
        reader_gone();
    }
}

/* A card that stays is read once. */
static void card_that_stays_is_read_once(void **state)
{
    (void)state;
    sim("card a ntag213 uri=" URI);
    sim("card b type4 uri=" URI);
    sim("tap a 700");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "data " URI_MESSAGE);
    harness_expect(&h, "gone");
    sim("tap b 700");
    harness_expect(&h, "tag type4");
    harness_expect(&h, "data " URI_MESSAGE);
    harness_expect(&h, "gone");
}

static void noise_on_the_line_costs_nothing(void **state)
{
    (void)state;
    static const char *const faults[] = {"dcs", "trunc", "junk", "preamble", "nack", "noack", "noresp"};
    sim("card c ntag213 uri=" URI);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char fault[32];
        (void)snprintf(fault, sizeof fault, "fault %s", faults[i]);
        sim(fault);
        sim("tap c");
        harness_expect(&h, "tag type2");
        harness_expect(&h, "data " URI_MESSAGE);
        reader_gone();
    }
}

static void transceive(uint64_t tap, uint16_t exchange, const char *apdu, size_t size)
{
    assert_int_equal(tb_readers_transceive(h.readers, 0, tap, exchange, 500, tb_span_of(apdu, size)), TB_OK);
}

static void commands_are_carried_to_the_card(void **state)
{
    (void)state;
    static const char select[] = "\x00\xa4\x04\x00\x07\xd2\x76\x00\x00\x85\x01\x01\x00";
    static const char unknown[] = "\x00\xa4\x04\x00\x05\xa0\x00\x00\x00\x01\x00";
    sim("card c type4 uri=" URI);
    sim("tap c");
    harness_expect(&h, "tag type4");
    harness_expect(&h, "data " URI_MESSAGE);
    transceive(h.tap, 7, select, sizeof select - 1);
    harness_expect(&h, "answer 7 0 9000");
    transceive(h.tap, 8, unknown, sizeof unknown - 1);
    harness_expect(&h, "answer 8 0 6a82");
    assert_int_equal(tb_readers_transceive(h.readers, 0, h.tap + 1, 9, 500, tb_span_of(select, 5)),
                     TB_ERR_NOT_FOUND);
    sim("remove");
    harness_expect(&h, "gone");
    assert_int_equal(tb_readers_transceive(h.readers, 0, h.tap, 9, 500, tb_span_of(select, 5)),
                     TB_ERR_NOT_FOUND);
}

/* The agent carries no command to a payment card either. */
static void payment_card_takes_no_commands(void **state)
{
    (void)state;
    static const char select[] = "\x00\xa4\x04\x00\x07\xa0\x00\x00\x00\x04\x10\x10";
    sim("card bank payment");
    sim("tap bank");
    harness_expect(&h, "tag type4");
    harness_expect(&h, "failed payment_card payment.card");
    transceive(h.tap, 1, select, sizeof select - 1);
    harness_expect(&h, "answer 1 1 ");
    reader_gone();
    assert_string_equal(harness_sim(&h, "violations"), "0");
}

static void service_requests_are_answered(void **state)
{
    (void)state;
    uint8_t request;
    sim("card c ntag213 uri=" URI);
    sim("tap c");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "data " URI_MESSAGE);
    reader_gone();
    assert_int_equal(tb_readers_selftest(h.readers, 0, &request), TB_OK);
    harness_expect(&h, "selftest passed");
    assert_int_equal(tb_readers_stats(h.readers, 0, &request), TB_OK);
    harness_expect(&h, "stats 1 1 0 0 0");
    assert_true(strlen(tb_readers_info(h.readers, 0)->software) > 0);
}

static void real_times_change_nothing(void **state)
{
    (void)state;
    sim("profile real");
    sim("card c type4 uri=" URI);
    sim("tap c");
    harness_expect(&h, "tag type4");
    harness_expect(&h, "data " URI_MESSAGE);
    reader_gone();
}

/* Without an argument readerd on libnfc; with one a reader head, and the argument names its board. */
int main(int argc, char **argv)
{
    h.board = argc > 1 ? argv[1] : NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(line_is_as_fast_as_chip_and_reader_take, reader_start, stop),
        cmocka_unit_test_setup_teardown(type2_tags_are_read, reader_start, stop),
        cmocka_unit_test_setup_teardown(type4_tags_are_read, reader_start, stop),
        cmocka_unit_test_setup_teardown(long_messages_are_read, reader_start, stop),
        cmocka_unit_test_setup_teardown(empty_and_blank_tags_are_told_apart, reader_start, stop),
        cmocka_unit_test_setup_teardown(malformed_tags_fail_with_their_reason, reader_start, stop),
        cmocka_unit_test_setup_teardown(card_in_anothers_place_is_read, reader_start, stop),
        cmocka_unit_test_setup_teardown(torn_card_is_torn_and_gone, reader_start, stop),
        cmocka_unit_test_setup_teardown(transmission_error_is_repeated, reader_start, stop),
        cmocka_unit_test_setup_teardown(card_that_never_answers_fails_once, reader_start, stop),
        cmocka_unit_test_setup_teardown(payment_card_is_asked_for_nothing_but_its_directory, reader_start,
                                        stop),
        cmocka_unit_test_setup_teardown(two_cards_are_told, reader_start, stop),
        cmocka_unit_test_setup_teardown(card_that_stays_is_read_once, reader_start, stop),
        cmocka_unit_test_setup_teardown(noise_on_the_line_costs_nothing, reader_start, stop),
        cmocka_unit_test_setup_teardown(commands_are_carried_to_the_card, reader_start, stop),
        cmocka_unit_test_setup_teardown(payment_card_takes_no_commands, reader_start, stop),
        cmocka_unit_test_setup_teardown(service_requests_are_answered, reader_start, stop),
        cmocka_unit_test_setup_teardown(real_times_change_nothing, reader_start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
