/*
 * The reader head's firmware at its three lines, byte by byte: what it says by itself and when asked, and
 * what noise, a chip that resets, an agent that reads nothing and a loop that stands still do to it. The
 * argument names the board; what runs follows from its facts. Guest time is never compared with the clock:
 * every wait is for a message.
 */
#include "core/link/message.h"
#include "tests/integration/nfc/harness.h"

#include <poll.h>
#include <unistd.h>

#define URI "https://loyal.example/m/0001234567"

enum { PATIENCE_MS = 20000, BEAT_MAX = 60 };

static struct harness h;
static struct tb_link_decoder decoder;
static uint8_t memory[TB_LINK_BODY_MAX];
static struct tb_link_message got;
static uint8_t bytes[512];
static struct tb_span rest;
static uint8_t sequence;

static int start(void **state)
{
    (void)state;
    harness_start_sim(&h, TB_READER_HEAD);
    tb_board_start(&h.machine, h.board, h.folder, TB_BOARD_FOR_TEST);
    tb_link_decoder_init(&decoder, memory, sizeof memory);
    rest = tb_span_of(NULL, 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    harness_stop(&h);
    return 0;
}

static void sim(const char *command)
{
    (void)harness_sim(&h, command);
}

/* ---- the agent's end of the line ---- */

static void line_read(void)
{
    struct pollfd line = {.fd = h.machine.link_fd, .events = POLLIN};
    if (poll(&line, 1, PATIENCE_MS) != 1)
        fail_msg("the head says nothing; the chip's log: %s", harness_sim(&h, "log 40"));
    ssize_t size = read(line.fd, bytes, sizeof bytes);
    assert_true(size > 0);
    rest = tb_span_of(bytes, (size_t)size);
}

static void message_next(void)
{
    for (;;) {
        struct tb_link_frame frame;
        while (rest.size > 0)
            if (tb_link_decoder_take(&decoder, &rest, &frame) == TB_LINK_FRAME &&
                tb_link_message_decode(&frame, &got) == TB_OK)
                return;
        line_read();
    }
}

/* The next message of that type; the ones before are passed over. */
static void expect(enum tb_link_type type)
{
    unsigned beat_count = 0;
    while (beat_count < BEAT_MAX) {
        message_next();
        if (got.type == type)
            return;
        beat_count += got.type == TB_LINK_HEARTBEAT;
    }
    fail_msg("no message of type %d; the chip's log: %s", (int)type, harness_sim(&h, "log 400"));
}

static void line_write(const void *at, size_t size)
{
    assert_int_equal(write(h.machine.link_fd, at, size), size);
}

static void send_message(const struct tb_link_message *m)
{
    uint8_t fields_memory[TB_LINK_FIELDS_MAX];
    uint8_t wire[TB_LINK_WIRE_MAX];
    struct tb_buf fields = tb_buf_of(fields_memory, sizeof fields_memory);
    struct tb_link_encoder e;
    struct tb_span bulk;
    assert_int_equal(tb_link_message_encode(m, &fields, &bulk), TB_OK);
    assert_int_equal(tb_link_encoder_start(&e, (uint8_t)m->type, sequence++, tb_buf_span(&fields), bulk),
                     TB_OK);
    line_write(wire, tb_link_encoder_read(&e, wire, sizeof wire));
}

static void ask(enum tb_link_type type)
{
    send_message(&(struct tb_link_message){.type = type, .request = 7});
}

static void nfc_expect(enum tb_link_condition condition)
{
    do
        expect(TB_LINK_STATE);
    while (got.state.device != TB_LINK_DEVICE_NFC || got.state.condition != condition);
}

static void expect_text(struct tb_span text, const char *wanted)
{
    if (!tb_span_is(text, wanted))
        fail_msg("\"%.*s\" is not \"%s\"", (int)text.size, (const char *)text.at, wanted);
}

static uint32_t stat(enum tb_link_stat which)
{
    ask(TB_LINK_STATS);
    expect(TB_LINK_STATS_ANSWER);
    return got.stats_answer.values[which];
}

/* ---- what it says of itself ---- */

static void head_says_who_it_is(void **state)
{
    (void)state;
    expect(TB_LINK_HELLO);
    assert_int_equal(got.hello.role, TB_LINK_ROLE_HEAD);
    assert_int_equal(got.hello.devices, TB_LINK_DEVICE_NFC | TB_LINK_DEVICE_SCANNER);
    assert_true(got.hello.capabilities & TB_LINK_CAN_FEEDBACK);
    expect_text(got.hello.name, h.machine.facts->name);
    nfc_expect(TB_LINK_READY);
    ask(TB_LINK_HELLO_REQUEST);
    expect(TB_LINK_HELLO);
    nfc_expect(TB_LINK_READY);
    expect(TB_LINK_HEARTBEAT);
    uint32_t uptime_ms = got.uptime_ms;
    expect(TB_LINK_HEARTBEAT);
    assert_true(got.uptime_ms - uptime_ms >= 500);
}

static void head_tests_itself(void **state)
{
    (void)state;
    nfc_expect(TB_LINK_READY);
    ask(TB_LINK_SELFTEST);
    expect(TB_LINK_SELFTEST_ANSWER);
    assert_int_equal(got.selftest_answer.verdict, TB_LINK_SELFTEST_PASSED);
    assert_int_equal(got.selftest_answer.request, 7);
    assert_int_equal(stat(TB_LINK_STAT_DEVICE_OPENS), 1);
}

/* ---- scanner ---- */

static void scan(const char *text)
{
    assert_int_equal(write(tb_board_scanner(&h.machine), text, strlen(text)), strlen(text));
}

static void scanned_codes_are_told(void **state)
{
    (void)state;
    expect(TB_LINK_HEARTBEAT);
    scan("5901234123457\r\n4006381333931\n");
    expect(TB_LINK_LINE);
    expect_text(got.line.text, "5901234123457");
    expect(TB_LINK_LINE);
    expect_text(got.line.text, "4006381333931");
    scan("without an end");
    expect(TB_LINK_LINE);
    expect_text(got.line.text, "without an end");
    scan("\xff\xfe\r");
    expect(TB_LINK_LINE_FAILED);
    assert_int_equal(got.line_failed.reason, TB_LINK_REASON_LINE_TEXT);
    scan("5901234123457\t");
    expect(TB_LINK_LINE);
    expect_text(got.line.text, "5901234123457");
    assert_int_equal(stat(TB_LINK_STAT_LINES), 4);
}

/* ---- noise on the way from the agent ---- */

static void noise_costs_frames_and_nothing_else(void **state)
{
    (void)state;
    uint32_t seed = 1;
    uint8_t noise[4000];
    nfc_expect(TB_LINK_READY);
    for (size_t i = 0; i < sizeof noise; i++) {
        seed = seed * 1664525u + 1013904223u;
        noise[i] = (uint8_t)(seed >> 24);
    }
    for (size_t at = 0; at < sizeof noise; at += 100)
        line_write(noise + at, 100);
    line_write("\0", 1);
    ask(TB_LINK_SELFTEST);
    expect(TB_LINK_SELFTEST_ANSWER);
    assert_true(stat(TB_LINK_STAT_FRAMES_DAMAGED) > 0);
}

static void frame_that_is_too_long_is_dropped(void **state)
{
    (void)state;
    static uint8_t junk[2000];
    nfc_expect(TB_LINK_READY);
    memset(junk, 0xff, sizeof junk);
    for (size_t at = 0; at < sizeof junk; at += 100)
        line_write(junk + at, 100);
    line_write("\0", 1);
    ask(TB_LINK_SELFTEST);
    expect(TB_LINK_SELFTEST_ANSWER);
    assert_int_equal(stat(TB_LINK_STAT_FRAMES_DAMAGED), 1);
}

static void lost_frames_are_counted(void **state)
{
    (void)state;
    nfc_expect(TB_LINK_READY);
    ask(TB_LINK_HELLO_REQUEST);
    expect(TB_LINK_HELLO);
    sequence = (uint8_t)(sequence + 3);
    assert_int_equal(stat(TB_LINK_STAT_FRAMES_LOST), 3);
}

/* ---- the chip ---- */

static void tap_expect(void)
{
    expect(TB_LINK_TAG);
    uint16_t tap = got.tag.tap;
    expect(TB_LINK_TAG_DATA);
    assert_int_equal(got.tag_data.tap, tap);
    assert_int_equal(got.tag_data.ndef.size, 31);
}

static void chip_that_resets_in_mid_exchange_is_set_up_again(void **state)
{
    (void)state;
    static const char *const cards[] = {"c2", "c4"};
    sim("card c2 ntag213 uri=" URI);
    sim("card c4 type4 uri=" URI);
    nfc_expect(TB_LINK_READY);
    for (size_t i = 0; i < 2; i++) {
        char tap[16];
        (void)snprintf(tap, sizeof tap, "tap %s", cards[i]);
        sim("fault reset");
        sim(tap);
        tap_expect();
        sim("remove");
        expect(TB_LINK_TAG_GONE);
    }
    assert_true(stat(TB_LINK_STAT_DEVICE_ERRORS) > 0);
    assert_int_equal(stat(TB_LINK_STAT_DEVICE_OPENS), 1);
}

static void silent_chip_is_told_and_looked_for(void **state)
{
    (void)state;
    nfc_expect(TB_LINK_READY);
    sim("fault noack 0");
    nfc_expect(TB_LINK_FAILED);
    assert_int_equal(got.state.reason, TB_LINK_REASON_NO_ANSWER);
    ask(TB_LINK_SELFTEST);
    expect(TB_LINK_SELFTEST_ANSWER);
    assert_int_equal(got.selftest_answer.verdict, TB_LINK_SELFTEST_FAILED);
    expect_text(got.selftest_answer.detail, "device.no_answer");
    sim("fault off");
    nfc_expect(TB_LINK_READY);
    sim("card c ntag213 uri=" URI);
    sim("tap c");
    tap_expect();
}

/* A card that is lost with its chip is gone; there is one TAG_GONE for it. */
static void chip_that_falls_silent_ends_the_tap(void **state)
{
    (void)state;
    nfc_expect(TB_LINK_READY);
    sim("card c ntag213 uri=" URI);
    sim("tap c");
    tap_expect();
    sim("fault noack 0");
    expect(TB_LINK_TAG_GONE);
    nfc_expect(TB_LINK_FAILED);
    sim("fault off");
    tap_expect();
}

static void damaged_answers_are_asked_for_again(void **state)
{
    (void)state;
    static const char *const faults[] = {"dcs",  "trunc", "junk",   "preamble",
                                         "nack", "noack", "noresp", "dribble"};
    sim("card c type4 uri=" URI);
    nfc_expect(TB_LINK_READY);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char fault[32];
        (void)snprintf(fault, sizeof fault, "fault %s 2 c", faults[i]);
        sim(fault);
        tap_expect();
        sim("fault off");
        sim("remove");
        expect(TB_LINK_TAG_GONE);
    }
}

/* ---- the chip on I2C ---- */

static void card_is_read(const char *tap)
{
    sim(tap);
    tap_expect();
    sim("remove");
    expect(TB_LINK_TAG_GONE);
}

/* Now and then that is a chip that sleeps or is busy; for good it is one that is not there. */
static void address_that_nobody_acknowledges_is_told_and_looked_for(void **state)
{
    (void)state;
    sim("card c2 ntag213 uri=" URI);
    nfc_expect(TB_LINK_READY);
    sim("fault address 5");
    card_is_read("tap c2");
    assert_int_equal(stat(TB_LINK_STAT_DEVICE_OPENS), 1);
    sim("fault address 0");
    nfc_expect(TB_LINK_FAILED);
    assert_int_equal(got.state.reason, TB_LINK_REASON_NO_ANSWER);
    scan("5901234123457\r");
    expect(TB_LINK_LINE);
    sim("fault off");
    nfc_expect(TB_LINK_READY);
    card_is_read("tap c2");
}

/* In a command, in an answer, before the status: none is waited for longer than a board waits. */
static void clock_that_is_held_costs_what_was_under_way(void **state)
{
    (void)state;
    sim("card c2 ntag213 uri=" URI);
    sim("card c4 type4 uri=" URI);
    nfc_expect(TB_LINK_READY);
    for (unsigned i = 0; i < 10; i++) {
        card_is_read(i % 2 ? "fault stretch 3 c2" : "fault stretch 3 c4");
    }
    assert_true(stat(TB_LINK_STAT_DEVICE_ERRORS) > 0);
    sim("fault stretch 0");
    nfc_expect(TB_LINK_FAILED);
    scan("5901234123457\r");
    expect(TB_LINK_LINE);
    sim("fault off");
    nfc_expect(TB_LINK_READY);
    card_is_read("tap c4");
}

/* It takes commands, and its status stays "not ready". */
static void chip_that_never_answers_is_told_and_looked_for(void **state)
{
    (void)state;
    sim("card c2 ntag213 uri=" URI);
    nfc_expect(TB_LINK_READY);
    sim("fault noresp 0");
    nfc_expect(TB_LINK_FAILED);
    assert_int_equal(got.state.reason, TB_LINK_REASON_NO_ANSWER);
    sim("fault off");
    nfc_expect(TB_LINK_READY);
    card_is_read("tap c2");
}

/* Nothing pulls the bus up here, as with a module whose plug came off: that is told, and nothing else is
 * kept waiting for it. */
static void head_without_its_chip_does_the_rest(void **state)
{
    (void)state;
    expect(TB_LINK_HELLO);
    expect_text(got.hello.name, h.machine.facts->name);
    nfc_expect(TB_LINK_FAILED);
    assert_int_equal(got.state.reason, TB_LINK_REASON_NO_ANSWER);
    ask(TB_LINK_SELFTEST);
    expect(TB_LINK_SELFTEST_ANSWER);
    assert_int_equal(got.selftest_answer.verdict, TB_LINK_SELFTEST_FAILED);
    expect_text(got.selftest_answer.detail, "device.no_answer");
    for (unsigned i = 0; i < 50; i++) {
        ask(TB_LINK_STATS);
        expect(TB_LINK_STATS_ANSWER);
        scan("5901234123457\r");
        expect(TB_LINK_LINE);
    }
    assert_int_equal(stat(TB_LINK_STAT_BYTES_LOST), 0);
    assert_int_equal(stat(TB_LINK_STAT_FRAMES_DAMAGED), 0);
    assert_true(stat(TB_LINK_STAT_STACK_FREE) >= 128);
}

static void broadcast_goes_out_before_each_look(void **state)
{
    (void)state;
    static const uint8_t ecp[] = {0x6a, 0x01, 0x00, 0x00, 0x04};
    nfc_expect(TB_LINK_READY);
    sim("log clear");
    send_message(&(struct tb_link_message){.type = TB_LINK_POLLING, .ecp = tb_span_of(ecp, sizeof ecp)});
    expect(TB_LINK_HEARTBEAT);
    expect(TB_LINK_HEARTBEAT);
    const char *sent = strstr(harness_sim(&h, "log cmd 100"), "426a01000004");
    assert_non_null(sent);
    const char *look = strstr(sent, "4a0100");
    assert_non_null(look);
    assert_null(memmem(sent + 12, (size_t)(look - sent) - 12, "426a", 4)); /* one per look */
    assert_non_null(strstr(harness_sim(&h, "log rf 20"), "everybody 6a01000004 -> nothing"));
    sim("card c ntag213 uri=" URI);
    sim("tap c");
    tap_expect();
}

static void transceive_expect(uint16_t tap, uint16_t exchange, enum tb_link_exchange status)
{
    static const uint8_t select[] = {0x00, 0xa4, 0x04, 0x00, 0x07, 0xd2, 0x76,
                                     0x00, 0x00, 0x85, 0x01, 0x01, 0x00};
    send_message(&(struct tb_link_message){
        .type = TB_LINK_TRANSCEIVE,
        .transceive = {
            .tap = tap, .exchange = exchange, .timeout_ms = 500, .apdu = tb_span_of(select, sizeof select)}});
    expect(TB_LINK_TRANSCEIVE_ANSWER);
    assert_int_equal(got.transceive_answer.exchange, exchange);
    assert_int_equal(got.transceive_answer.status, status);
}

/* While the card is still being read a command waits; its answer comes exactly once. */
static void commands_wait_for_the_reading_to_end(void **state)
{
    (void)state;
    sim("card c type4 uri=" URI);
    nfc_expect(TB_LINK_READY);
    sim("tap c");
    expect(TB_LINK_TAG);
    uint16_t tap = got.tag.tap;
    transceive_expect(tap, 1, TB_LINK_EXCHANGE_OK);
    transceive_expect(tap, 2, TB_LINK_EXCHANGE_OK);
    transceive_expect((uint16_t)(tap + 1), 3, TB_LINK_EXCHANGE_GONE);
    sim("remove");
    expect(TB_LINK_TAG_GONE);
    transceive_expect(tap, 4, TB_LINK_EXCHANGE_GONE);
}

/* ---- an agent that reads nothing ---- */

/* The line is stuffed until the head has given frames up; cards are read meanwhile, and then all is as
 * before. */
static void agent_that_reads_nothing_stops_nothing(void **state)
{
    (void)state;
    nfc_expect(TB_LINK_READY);
    uint32_t frame_count = decoder.frame_count;
    for (unsigned i = 0; i < 400; i++)
        ask(TB_LINK_HELLO_REQUEST);
    sim("card c ntag213 uri=" URI);
    sim("log clear");
    sim("tap c");
    while (strstr(harness_sim(&h, "log rf 20"), "c 3a") == NULL)
        continue; /* the simulator's loop serves the head between two questions */
    ask(TB_LINK_SELFTEST);
    expect(TB_LINK_SELFTEST_ANSWER);
    assert_true(decoder.frame_count > frame_count);
    sim("remove");
    expect(TB_LINK_TAG_GONE);
    sim("tap c");
    tap_expect();
}

/* ---- life ---- */

static void opened_housing_is_told(void **state)
{
    (void)state;
    expect(TB_LINK_TAMPER);
    assert_false(got.tamper.open);
    tb_board_tamper(&h.machine, true);
    do
        expect(TB_LINK_TAMPER);
    while (!got.tamper.open);
    assert_int_equal(got.tamper.count, 1);
    tb_board_tamper(&h.machine, false);
    expect(TB_LINK_TAMPER);
    assert_false(got.tamper.open);
    assert_int_equal(got.tamper.count, 1);
}

static void loop_that_stands_still_is_bitten(void **state)
{
    (void)state;
    expect(TB_LINK_HELLO);
    assert_int_equal(got.hello.reset, TB_LINK_RESET_POWER_ON);
    nfc_expect(TB_LINK_READY);
    tb_board_hang(&h.machine);
    expect(TB_LINK_HELLO);
    assert_int_equal(got.hello.reset, TB_LINK_RESET_WATCHDOG);
    nfc_expect(TB_LINK_READY);
    sim("card c ntag213 uri=" URI);
    sim("tap c");
    tap_expect();
}

/* After everything that it can be asked to do: how much of the stack was never touched. */
static void stack_is_large_enough(void **state)
{
    (void)state;
    static char card[2200] = "card c type4 ndef=";
    for (size_t i = 0; i < 1000; i++)
        memcpy(card + 18 + 2 * i, "a5", 3);
    sim(card);
    nfc_expect(TB_LINK_READY);
    sim("tap c");
    expect(TB_LINK_TAG);
    uint16_t tap = got.tag.tap;
    expect(TB_LINK_TAG_DATA);
    assert_int_equal(got.tag_data.ndef.size, 1000);
    transceive_expect(tap, 1, TB_LINK_EXCHANGE_OK);
    scan("5901234123457\r");
    expect(TB_LINK_LINE);
    sim("remove");
    expect(TB_LINK_TAG_GONE);
    uint32_t free_size = stat(TB_LINK_STAT_STACK_FREE);
    uint32_t bound, size;
    tb_board_stack(h.board, "head.elf", &bound, &size);
    print_message("%s: %u bytes of %u were never used, at least %u were to be left\n", h.board,
                  (unsigned)free_size, (unsigned)size, (unsigned)(size - bound));
    assert_true(free_size >= size - bound);
    assert_int_equal(stat(TB_LINK_STAT_BYTES_LOST), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(int argc, char **argv)
{
    const struct CMUnitTest common[] = {
        TEST(head_says_who_it_is),
        TEST(head_tests_itself),
        TEST(scanned_codes_are_told),
        TEST(noise_costs_frames_and_nothing_else),
        TEST(frame_that_is_too_long_is_dropped),
        TEST(lost_frames_are_counted),
        TEST(chip_that_resets_in_mid_exchange_is_set_up_again),
        TEST(silent_chip_is_told_and_looked_for),
        TEST(chip_that_falls_silent_ends_the_tap),
        TEST(damaged_answers_are_asked_for_again),
        TEST(broadcast_goes_out_before_each_look),
        TEST(commands_wait_for_the_reading_to_end),
    };
    const struct CMUnitTest on_i2c[] = {
        TEST(address_that_nobody_acknowledges_is_told_and_looked_for),
        TEST(clock_that_is_held_costs_what_was_under_way),
        TEST(chip_that_never_answers_is_told_and_looked_for),
    };
    const struct CMUnitTest without_chip[] = {TEST(head_without_its_chip_does_the_rest),
                                              TEST(scanned_codes_are_told)};
    const struct CMUnitTest painted[] = {TEST(stack_is_large_enough)};
    const struct CMUnitTest filled[] = {TEST(agent_that_reads_nothing_stops_nothing)};
    const struct CMUnitTest with_housing[] = {TEST(opened_housing_is_told)};
    const struct CMUnitTest watched[] = {TEST(loop_that_stands_still_is_bitten)};
    assert_true(argc == 2);
    h.board = argv[1];
    const struct tb_board_facts *facts = tb_board_facts(h.board);
    assert_non_null(facts);
    if (!facts->chip)
        return cmocka_run_group_tests(without_chip, NULL, NULL);
    int failed = cmocka_run_group_tests(common, NULL, NULL);
    if (facts->i2c)
        failed += cmocka_run_group_tests(on_i2c, NULL, NULL);
    if (facts->stack)
        failed += cmocka_run_group_tests(painted, NULL, NULL);
    if (facts->fills)
        failed += cmocka_run_group_tests(filled, NULL, NULL);
    if (facts->tamper)
        failed += cmocka_run_group_tests(with_housing, NULL, NULL);
    if (facts->watchdog)
        failed += cmocka_run_group_tests(watched, NULL, NULL);
    return failed;
}
