/*
 * How long a person waits for the head's first sign, in virtual time: the whole firmware with the PN532's
 * simulator on its line, both with the times of the wire and of the air, and an agent that reads nothing.
 */
#include "firmware/app/head.h"
#include "tests/support/hal/hal_fake.h"
#include "tests/support/pn532d/chip.h"
#include "tests/support/pn532d/wire.h"
#include "tests/support/unit.h"

enum {
    IN_COMMUNICATE_THRU = 0x42,
    TURN_US = 100, /* how often the main loop comes round; the real one is faster */
    BIT_RATE = 115200,
    SIGN_MAX_US = 50000,
    SETTLE_US = 400000, /* until the chip is set up and the field is polled */
    PHASES = 60,        /* of the polling, 1 ms apart */
};

static struct sim_log chip_log;

/* The chip's end of the line: what it has said is read by the firmware when it is due. */
static struct chip_end {
    struct chip chip;
    struct pn532_parser parser;
    uint8_t frame[PN532_FRAME_MAX];
    size_t frame_size;
    uint8_t command[PN532_DATA_MAX];
    size_t command_size;
    bool pending;
    uint64_t ack_us; /* when the acknowledgement is through; 0: none is due */
    uint64_t answer_us;
    uint64_t heard_us; /* when the last byte from the host was through */
    unsigned broadcast_count;
} end;

/* A look for a card that is under way when one comes finds it. */
static void command_run(void)
{
    uint8_t data[PN532_DATA_MAX];
    struct tb_buf answer = tb_buf_of(data, sizeof data);
    struct tb_buf frame = tb_buf_of(end.frame, sizeof end.frame);
    uint64_t air_us;
    enum chip_result result =
        chip_run(&end.chip, tb_span_of(end.command, end.command_size), &answer, &air_us);
    assert_int_not_equal(result, CHIP_SYNTAX);
    end.pending = result == CHIP_PENDING;
    assert_true(!end.pending || air_us > 0);
    pn532_frame_build(&frame, tb_buf_span(&answer));
    end.frame_size = frame.size;
    end.answer_us = end.chip.began_us + air_us + wire_line_us(frame.size, BIT_RATE);
}

static void command_take(struct tb_span command)
{
    memcpy(end.command, command.at, command.size);
    if (command.at[0] == IN_COMMUNICATE_THRU && command.at[1] == 0x6a)
        end.broadcast_count++;
    end.command_size = command.size;
    end.ack_us = end.heard_us + wire_line_us(sizeof pn532_frame_ack, BIT_RATE);
    end.chip.began_us = end.chip.now_us = end.ack_us;
    command_run();
}

static void card_comes(struct card *card)
{
    assert_true(chip_field_add(&end.chip, card));
    end.chip.now_us = (uint64_t)hal_fake.now_us;
    if (end.pending)
        command_run();
}

static void host_bytes_take(void)
{
    struct hal_fake_line *line = &hal_fake.lines[TB_HAL_UART_NFC];
    uint64_t now_us = (uint64_t)hal_fake.now_us;
    for (size_t i = 0; i < line->out_size; i++) {
        struct tb_span data;
        end.heard_us = (end.heard_us > now_us ? end.heard_us : now_us) + wire_line_us(1, BIT_RATE);
        enum pn532_event event = pn532_parser_take(&end.parser, line->out[i], &data);
        if (event == PN532_EVENT_WAKE && end.chip.power == CHIP_ASLEEP)
            end.chip.power = CHIP_LOWVBAT;
        if (event == PN532_EVENT_COMMAND)
            command_take(data);
    }
    line->out_size = 0;
}

static void chip_turn(void)
{
    uint64_t now_us = (uint64_t)hal_fake.now_us;
    host_bytes_take();
    if (end.ack_us != 0 && now_us >= end.ack_us) {
        hal_fake_receive(TB_HAL_UART_NFC, tb_span_of(pn532_frame_ack, sizeof pn532_frame_ack));
        end.ack_us = 0;
    }
    if (end.answer_us != 0 && now_us >= end.answer_us) {
        hal_fake_receive(TB_HAL_UART_NFC, tb_span_of(end.frame, end.frame_size));
        end.answer_us = 0;
        end.pending = false;
    }
}

static void turn(void)
{
    head_turn();
    chip_turn();
    hal_fake.now_us += TURN_US;
}

static void power_on(void)
{
    hal_fake_reset();
    memset(&end, 0, sizeof end);
    end.chip.log = &chip_log;
    end.chip.real = true;
    chip_reset(&end.chip);
    end.chip.bit_rate = BIT_RATE;
    head_start();
}

/* As the agent says it. */
static void agent_says(const struct tb_link_message *m)
{
    uint8_t memory[TB_LINK_FIELDS_MAX], bytes[TB_LINK_WIRE_MAX];
    struct tb_buf fields = tb_buf_of(memory, sizeof memory);
    struct tb_link_encoder e;
    struct tb_span bulk;
    assert_int_equal(tb_link_message_encode(m, &fields, &bulk), TB_OK);
    assert_int_equal(tb_link_encoder_start(&e, (uint8_t)m->type, 0, tb_buf_span(&fields), bulk), TB_OK);
    hal_fake_receive(TB_HAL_UART_LINK, tb_span_of(bytes, tb_link_encoder_read(&e, bytes, sizeof bytes)));
}

/* Empty: says nothing. */
static void polling_set(struct tb_span ecp)
{
    if (ecp.size > 0)
        agent_says(&(struct tb_link_message){.type = TB_LINK_POLLING, .ecp = ecp});
}

/* From the card's coming to the first light and sound. */
static int64_t sign_us(const char *spec, struct tb_span ecp, int64_t phase_us)
{
    static struct card card;
    char words[128];
    power_on();
    hal_fake.lines[TB_HAL_UART_LINK].stuck = true;
    polling_set(ecp);
    assert_int_equal(tb_span_to_str(tb_span_str(spec), words, sizeof words), TB_OK);
    assert_null(card_parse(&card, "c", words));
    while (hal_fake.now_us < SETTLE_US + phase_us)
        turn();
    assert_int_equal(hal_fake.lights, 0);
    card_comes(&card);
    int64_t came_us = hal_fake.now_us;
    while (hal_fake.lights == 0 && hal_fake.now_us - came_us < 1000000)
        turn();
    assert_int_equal(hal_fake.lights, TB_HAL_LIGHT_GREEN | TB_HAL_LIGHT_RED);
    assert_true(hal_fake.beeping);
    return hal_fake.now_us - came_us;
}

static void first_sign_expect(const char *what, struct tb_span ecp)
{
    static const char *const cards[] = {"ntag213 uri=https://loyal.example/m/1", "type4 text=x",
                                        "payment uid=random"};
    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
        int64_t least_us = INT64_MAX;
        int64_t most_us = 0;
        for (int64_t phase = 0; phase < PHASES; phase++) {
            int64_t us = sign_us(cards[i], ecp, phase * 1000);
            least_us = us < least_us ? us : least_us;
            most_us = us > most_us ? us : most_us;
        }
        print_message("%.7s%s: first sign after %.1f to %.1f ms\n", cards[i], what, (double)least_us / 1000,
                      (double)most_us / 1000);
        assert_true(most_us <= SIGN_MAX_US);
    }
}

static void first_sign_comes_within_50_ms_of_the_tap(void **state)
{
    (void)state;
    first_sign_expect("", tb_span_of(NULL, 0));
}

/* The card comes at every moment of the broadcast, too. */
static void so_it_does_with_a_polling_frame(void **state)
{
    (void)state;
    static const uint8_t ecp[TB_LINK_ECP_MAX] = {0x6a, 0x02};
    first_sign_expect(" with a polling frame", tb_span_of(ecp, sizeof ecp));
    assert_true(end.broadcast_count > 0);
}

/* The watchdog is kicked in every turn, busy agent or not. */
static void loop_gets_on_without_the_agent(void **state)
{
    (void)state;
    power_on();
    hal_fake.lines[TB_HAL_UART_LINK].stuck = true;
    unsigned turn_count = 0;
    for (; hal_fake.now_us < 5000000; turn_count++)
        turn();
    assert_int_equal(hal_fake.kick_count, turn_count);
}

static void light_and_beep_end_by_themselves(void **state)
{
    (void)state;
    (void)sign_us("ntag213 empty", tb_span_of(NULL, 0), 0);
    for (int64_t until_us = hal_fake.now_us + 100000; hal_fake.now_us < until_us;)
        turn();
    assert_false(hal_fake.beeping);
    assert_int_not_equal(hal_fake.lights, 0);
    for (int64_t until_us = hal_fake.now_us + 300000; hal_fake.now_us < until_us;)
        turn();
    assert_int_equal(hal_fake.lights, 0);
}

static void relay_says(enum tb_link_relaying what, uint16_t tap)
{
    agent_says(&(struct tb_link_message){.type = TB_LINK_RELAY, .relay = {.what = what, .tap = tap}});
}

/* How often the head said TAG. */
static unsigned tag_count(void)
{
    static uint8_t memory[TB_LINK_BODY_MAX];
    const struct hal_fake_line *line = &hal_fake.lines[TB_HAL_UART_LINK];
    struct tb_link_decoder d;
    struct tb_link_frame frame;
    unsigned count = 0;
    struct tb_span out = tb_span_of(line->out, line->out_size);
    tb_link_decoder_init(&d, memory, sizeof memory);
    while (out.size > 0)
        if (tb_link_decoder_take(&d, &out, &frame) == TB_LINK_FRAME && frame.type == TB_LINK_TAG)
            count++;
    return count;
}

static void turn_until_tags(unsigned count)
{
    int64_t until_us = hal_fake.now_us + 2000000;
    while (tag_count() < count && hal_fake.now_us < until_us)
        turn();
    assert_int_equal(tag_count(), count);
}

static void relayed_card_that_is_told_again_gives_no_second_sign(void **state)
{
    (void)state;
    static struct card card;
    char words[] = "type4 text=x";
    power_on();
    relay_says(TB_LINK_RELAY_ON, 0);
    assert_null(card_parse(&card, "c", words));
    while (hal_fake.now_us < SETTLE_US)
        turn();
    card_comes(&card);
    turn_until_tags(1);
    assert_int_not_equal(hal_fake.lights, 0);
    for (int64_t until_us = hal_fake.now_us + 400000; hal_fake.now_us < until_us;)
        turn();
    assert_int_equal(hal_fake.lights, 0);
    relay_says(TB_LINK_RELAY_AGAIN, 1);
    turn_until_tags(2);
    turn();
    assert_int_equal(hal_fake.lights, 0);
    assert_false(hal_fake.beeping);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_sign_comes_within_50_ms_of_the_tap),
        cmocka_unit_test(so_it_does_with_a_polling_frame),
        cmocka_unit_test(loop_gets_on_without_the_agent),
        cmocka_unit_test(light_and_beep_end_by_themselves),
        cmocka_unit_test(relayed_card_that_is_told_again_gives_no_second_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
