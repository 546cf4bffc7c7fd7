/*
 * The PN532 driver's bit rate against the simulated chip, in memory: what one end says at another rate than
 * the other's is lost.
 */
#include "firmware/head/pn532.h"
#include "tests/support/pn532d/chip.h"
#include "tests/support/unit.h"

enum { TURN_MAX = 20000, IN_LIST_PASSIVE_TARGET = 0x4a };

static struct sim_log chip_log;

static struct world {
    struct chip chip;
    struct pn532_parser parser;
    uint8_t out[512]; /* from the chip */
    size_t out_size;
    size_t out_at;
    uint32_t host_rate;
    bool deaf_to_ack;
    bool deaf_to_looks; /* for a card; all else is answered */
    int64_t now_ms;
    struct tb_pn532 driver;
} world;

static void out_add(struct tb_span bytes)
{
    assert_true(world.out_size + bytes.size <= sizeof world.out);
    memcpy(world.out + world.out_size, bytes.at, bytes.size);
    world.out_size += bytes.size;
}

static void command_take(struct tb_span command)
{
    uint8_t data[PN532_DATA_MAX];
    uint8_t frame[PN532_FRAME_MAX];
    struct tb_buf answer = tb_buf_of(data, sizeof data);
    struct tb_buf b = tb_buf_of(frame, sizeof frame);
    uint64_t us;
    if (world.deaf_to_looks && command.at[0] == IN_LIST_PASSIVE_TARGET)
        return;
    out_add(tb_span_of(pn532_frame_ack, sizeof pn532_frame_ack));
    if (chip_run(&world.chip, command, &answer, &us) == CHIP_SYNTAX) {
        out_add(tb_span_of(pn532_frame_error, sizeof pn532_frame_error));
        return;
    }
    pn532_frame_build(&b, tb_buf_span(&answer));
    out_add(tb_buf_span(&b));
}

static void event_take(enum pn532_event event, struct tb_span data)
{
    if (event == PN532_EVENT_ACK && !world.deaf_to_ack)
        chip_acknowledge(&world.chip);
    if (event == PN532_EVENT_WAKE && world.chip.power == CHIP_ASLEEP)
        world.chip.power = CHIP_LOWVBAT;
    if (event == PN532_EVENT_COMMAND && world.chip.power != CHIP_ASLEEP)
        command_take(data);
}

static size_t line_write(void *context, const uint8_t *bytes, size_t size)
{
    (void)context;
    for (size_t i = 0; i < size && world.host_rate == world.chip.bit_rate; i++) {
        struct tb_span data = tb_span_of(NULL, 0);
        event_take(pn532_parser_take(&world.parser, bytes[i], &data), data);
    }
    return size;
}

static size_t line_read(void *context, uint8_t *ret_bytes, size_t size_max)
{
    (void)context;
    size_t size = world.out_size - world.out_at;
    size = size < size_max ? size : size_max;
    memcpy(ret_bytes, world.out + world.out_at, size);
    world.out_at += size;
    if (world.out_at == world.out_size)
        world.out_at = world.out_size = 0;
    return size;
}

static void line_rate(void *context, uint32_t bit_rate)
{
    (void)context;
    world.host_rate = bit_rate;
}

static const uint8_t wake[16] = {0x55, 0x55};
static const struct tb_pn532_bus bus = {
    .wake = {.at = wake, .size = sizeof wake}, .write = line_write, .read = line_read, .rate = line_rate};

static void chip_power_on(unsigned rate_max)
{
    world.chip.bit_rate_max = rate_max;
    chip_reset(&world.chip);
    world.chip.log = &chip_log;
}

/* As after a reset of the processor: the host's side begins at 115,200 bit/s. */
static void processor_start(uint32_t board_rate_max)
{
    world.host_rate = 115200;
    tb_pn532_init(&world.driver, &bus, board_rate_max);
}

static enum tb_tap_result operate(enum tb_pn532_operation operation)
{
    tb_pn532_start(&world.driver, operation, tb_span_of(NULL, 0), 0, world.now_ms);
    for (unsigned i = 0; i < TURN_MAX; i++, world.now_ms++)
        if (tb_pn532_turn(&world.driver, world.now_ms))
            return world.driver.result;
    fail_msg("an operation did not end");
    return TB_TAP_BROKEN;
}

static enum tb_tap_result open_until_it_works(void)
{
    enum tb_tap_result result = operate(TB_PN532_OPEN);
    for (unsigned i = 0; i < 3 && result != TB_TAP_OK; i++)
        result = operate(TB_PN532_OPEN);
    return result;
}

static void assert_works_at(unsigned rate)
{
    assert_int_equal(world.chip.bit_rate, rate);
    assert_int_equal(world.host_rate, rate);
    world.chip.activation_retries = 0;
    assert_int_equal(operate(TB_PN532_SELECT), TB_TAP_NONE);
    assert_int_equal(world.driver.error_count, 0);
}

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    chip_power_on(921600);
    return 0;
}

static void rate_is_the_highest_that_the_board_does(void **state)
{
    (void)state;
    static const unsigned rates[] = {921600, 460800, 230400, 115200};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        chip_power_on(921600);
        processor_start(rates[i] + rates[i] / 4);
        assert_int_equal(operate(TB_PN532_OPEN), TB_TAP_OK);
        assert_works_at(rates[i]);
    }
}

static void rate_that_the_chip_refuses_is_not_used(void **state)
{
    (void)state;
    static const unsigned rates[] = {460800, 230400, 115200};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        chip_power_on(rates[i]);
        processor_start(921600);
        assert_int_equal(operate(TB_PN532_OPEN), TB_TAP_OK);
        assert_works_at(rates[i]);
    }
}

static void line_without_rates_is_left_alone(void **state)
{
    (void)state;
    static const struct tb_pn532_bus plain = {
        .wake = {.at = wake, .size = sizeof wake}, .write = line_write, .read = line_read};
    world.host_rate = 115200;
    tb_pn532_init(&world.driver, &plain, 921600);
    assert_int_equal(operate(TB_PN532_OPEN), TB_TAP_OK);
    assert_works_at(115200);
}

static void chip_is_found_at_its_rate_after_a_reset_of_the_processor(void **state)
{
    (void)state;
    processor_start(921600);
    assert_int_equal(operate(TB_PN532_OPEN), TB_TAP_OK);
    processor_start(921600);
    assert_int_equal(operate(TB_PN532_OPEN), TB_TAP_OK);
    assert_works_at(921600);
}

/* One that refused the board's highest, or that a noisy line has kept from it. */
static void chip_is_found_at_a_rate_between_after_a_reset_of_the_processor(void **state)
{
    (void)state;
    static const unsigned rates[] = {460800, 230400};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        chip_power_on(rates[i]);
        processor_start(921600);
        assert_int_equal(operate(TB_PN532_OPEN), TB_TAP_OK);
        processor_start(921600);
        assert_int_equal(open_until_it_works(), TB_TAP_OK);
        assert_works_at(rates[i]);
    }
}

static void chip_that_was_reset_itself_is_raised_again(void **state)
{
    (void)state;
    processor_start(921600);
    assert_int_equal(operate(TB_PN532_OPEN), TB_TAP_OK);
    assert_works_at(921600);
    chip_power_on(921600);
    (void)operate(TB_PN532_SELECT); /* unheard */
    assert_int_equal(open_until_it_works(), TB_TAP_OK);
    assert_works_at(921600);
}

/* The acknowledgement that makes the chip change was lost: nothing is heard at the new rate, and it is not
 * tried again. */
static void raise_that_the_chip_misses_is_undone(void **state)
{
    (void)state;
    world.deaf_to_ack = true;
    processor_start(230400);
    assert_int_equal(operate(TB_PN532_OPEN), TB_TAP_OK); /* all that it needs was answered */
    (void)operate(TB_PN532_SELECT);
    assert_int_equal(open_until_it_works(), TB_TAP_OK);
    assert_works_at(115200);
}

/* A chip that is set up without fail and then says nothing about cards is broken all the same. */
static void chip_that_answers_only_its_set_up_is_broken(void **state)
{
    (void)state;
    processor_start(115200);
    assert_int_equal(operate(TB_PN532_OPEN), TB_TAP_OK);
    world.deaf_to_looks = true;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 2; i++) {
            assert_int_equal(operate(TB_PN532_SELECT), TB_TAP_NONE);
            assert_int_equal(operate(TB_PN532_BROADCAST), TB_TAP_OK);
        }
        assert_int_equal(operate(TB_PN532_SELECT), TB_TAP_BROKEN);
        assert_int_equal(operate(TB_PN532_OPEN), TB_TAP_OK);
    }
    world.deaf_to_looks = false;
    assert_works_at(115200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rate_is_the_highest_that_the_board_does, setup),
        cmocka_unit_test_setup(rate_that_the_chip_refuses_is_not_used, setup),
        cmocka_unit_test_setup(line_without_rates_is_left_alone, setup),
        cmocka_unit_test_setup(chip_is_found_at_its_rate_after_a_reset_of_the_processor, setup),
        cmocka_unit_test_setup(chip_is_found_at_a_rate_between_after_a_reset_of_the_processor, setup),
        cmocka_unit_test_setup(chip_that_was_reset_itself_is_raised_again, setup),
        cmocka_unit_test_setup(raise_that_the_chip_misses_is_undone, setup),
        cmocka_unit_test_setup(chip_that_answers_only_its_set_up_is_broken, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
