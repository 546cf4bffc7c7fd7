/* The PN532 driver on I2C: a master in memory, which checks each transaction, with the simulated chip as its
 * slave. */
#include "firmware/app/bus.h"
#include "firmware/hal/hal.h"
#include "tests/support/pn532d/chip.h"
#include "tests/support/pn532d/i2c.h"
#include "tests/support/unit.h"

enum { TURN_MAX = 5000, NEVER = INT32_MAX };

static struct sim_log chip_log;

static struct world {
    struct chip chip;
    struct pn532_parser parser;
    struct i2c slave;
    unsigned busy_count; /* looks at the status before a frame is ready */
    unsigned look_count;
    unsigned transaction_count;
    unsigned in_turn; /* bytes moved in one turn */
    unsigned in_turn_max;
    int fails_in; /* bytes until one fails, which ends the transaction */
    bool absent;
    bool unheard; /* what the chip says to the next command is lost */
    bool last;    /* the byte was not acknowledged: STOP follows */
    int64_t now_ms;
    struct tb_pn532 driver;
} world;

/* ---- the chip ---- */

static void command_take(struct tb_span command)
{
    uint8_t data[PN532_DATA_MAX];
    uint8_t frame[PN532_FRAME_MAX];
    struct tb_buf answer = tb_buf_of(data, sizeof data);
    struct tb_buf b = tb_buf_of(frame, sizeof frame);
    uint64_t us;
    i2c_frames_drop(&world.slave);
    i2c_frame_add(&world.slave, tb_span_of(pn532_frame_ack, sizeof pn532_frame_ack));
    if (chip_run(&world.chip, command, &answer, &us) == CHIP_SYNTAX) {
        i2c_frame_add(&world.slave, tb_span_of(pn532_frame_error, sizeof pn532_frame_error));
        return;
    }
    pn532_frame_build(&b, tb_buf_span(&answer));
    i2c_frame_add(&world.slave, tb_buf_span(&b));
    if (world.unheard)
        i2c_frames_drop(&world.slave);
    world.unheard = false;
}

/* ---- the master ---- */

static bool byte_fails(void)
{
    if (++world.in_turn > world.in_turn_max)
        world.in_turn_max = world.in_turn;
    if (--world.fails_in > 0)
        return false;
    world.fails_in = NEVER;
    i2c_stop(&world.slave);
    return true;
}

bool tb_hal_i2c_start(uint8_t address, bool read)
{
    assert_int_equal(world.slave.state, I2C_FREE);
    assert_int_equal(address, I2C_ADDRESS);
    if (world.absent)
        return false;
    if (world.chip.power == CHIP_ASLEEP)
        world.chip.power = CHIP_LOWVBAT; /* its own address wakes it */
    world.last = false;
    world.transaction_count++;
    return i2c_start(&world.slave, (uint8_t)(address << 1 | read));
}

bool tb_hal_i2c_put(uint8_t byte)
{
    struct tb_span data;
    assert_int_equal(world.slave.state, I2C_WRITTEN);
    if (byte_fails())
        return false;
    if (pn532_parser_take(&world.parser, byte, &data) == PN532_EVENT_COMMAND)
        command_take(data);
    return true;
}

bool tb_hal_i2c_get(bool last, uint8_t *ret_byte)
{
    bool status = world.slave.state == I2C_STATUS;
    assert_true(status || world.slave.state == I2C_EMPTY || world.slave.state == I2C_READ);
    assert_false(world.last);
    world.last = last;
    if (byte_fails())
        return false;
    world.look_count += status;
    if (status && world.busy_count > 0) {
        world.busy_count--;
        world.slave.state = I2C_EMPTY;
        *ret_byte = 0x00;
    } else {
        *ret_byte = i2c_read(&world.slave);
    }
    return true;
}

void tb_hal_i2c_stop(void)
{
    assert_true(world.slave.state == I2C_WRITTEN || world.last);
    i2c_stop(&world.slave);
}

int64_t tb_hal_now_ms(void)
{
    return world.now_ms;
}

/* ---- operations ---- */

static int start(void **state)
{
    (void)state;
    uint32_t bit_rate_max;
    memset(&world, 0, sizeof world);
    world.fails_in = NEVER;
    world.chip.log = &chip_log;
    chip_reset(&world.chip);
    const struct tb_pn532_bus *bus = bus_start(&bit_rate_max);
    assert_int_equal(bit_rate_max, 0);
    tb_pn532_init(&world.driver, bus, bit_rate_max);
    return 0;
}

static bool turn(void)
{
    world.in_turn = 0;
    return tb_pn532_turn(&world.driver, ++world.now_ms);
}

static enum tb_tap_result run(enum tb_pn532_operation operation, struct tb_span data)
{
    tb_pn532_start(&world.driver, operation, data, 300, world.now_ms);
    for (unsigned i = 0; i < TURN_MAX; i++)
        if (turn()) {
            assert_int_equal(world.slave.state, I2C_FREE);
            return world.driver.result;
        }
    fail_msg("operation %d does not end", (int)operation);
    return TB_TAP_BROKEN;
}

static enum tb_tap_result run_bare(enum tb_pn532_operation operation)
{
    return run(operation, tb_span_of(NULL, 0));
}

static void card_put(const char *spec)
{
    static struct card card;
    char words[700];
    assert_int_equal(tb_span_to_str(tb_span_str(spec), words, sizeof words), TB_OK);
    assert_null(card_parse(&card, "c", words));
    assert_true(chip_field_add(&world.chip, &card));
}

static void type2_put(void)
{
    card_put("ntag213 uid=04010203040506 uri=https://loyal.example/m/0001234567");
}

static void card_is_selected_and_read(void **state)
{
    (void)state;
    static const uint8_t read[] = {0x30, 0x03};
    static const uint8_t fast_read[] = {0x3a, 0x03, 0x0f};
    assert_int_equal(run_bare(TB_PN532_OPEN), TB_TAP_OK);
    assert_int_equal(run_bare(TB_PN532_SELECT), TB_TAP_NONE);
    type2_put();
    assert_int_equal(run_bare(TB_PN532_SELECT), TB_TAP_OK);
    assert_int_equal(world.driver.found.uid_size, 7);
    assert_int_equal(run(TB_PN532_EXCHANGE, tb_span_of(read, sizeof read)), TB_TAP_OK);
    assert_int_equal(world.driver.answer.size, 16);
    assert_int_equal(run(TB_PN532_THRU, tb_span_of(fast_read, sizeof fast_read)), TB_TAP_OK);
    assert_int_equal(world.driver.answer.size, 52);
    assert_int_equal(run_bare(TB_PN532_PRESENT), TB_TAP_OK);
    assert_int_equal(run_bare(TB_PN532_FIELD_OFF), TB_TAP_OK);
}

/* The main loop has serial lines to serve as well: a long frame takes several turns, in one transaction. */
static void long_frames_take_several_turns(void **state)
{
    (void)state;
    uint8_t update[240] = {0x00, 0xd6, 0x00, 0x00, 0xeb};
    static const uint8_t select[] = {0x00, 0xa4, 0x04, 0x00, 0x07, 0xd2, 0x76,
                                     0x00, 0x00, 0x85, 0x01, 0x01, 0x00};
    card_put("type4 uid=04010203040507 uri=https://loyal.example/m/0001234567");
    assert_int_equal(run_bare(TB_PN532_OPEN), TB_TAP_OK);
    assert_int_equal(run_bare(TB_PN532_SELECT), TB_TAP_OK);
    assert_int_equal(run(TB_PN532_EXCHANGE, tb_span_of(select, sizeof select)), TB_TAP_OK);
    unsigned transaction_count = world.transaction_count;
    unsigned look_count = world.look_count;
    world.in_turn_max = 0;
    assert_int_equal(run(TB_PN532_EXCHANGE, tb_span_of(update, sizeof update)), TB_TAP_OK);
    assert_true(world.in_turn_max > 64 && world.in_turn_max < 100);
    assert_int_equal(world.transaction_count - transaction_count, 1 + world.look_count - look_count);
}

/* The status byte says when; until then nothing is read. */
static void busy_chip_is_looked_at_once_a_millisecond(void **state)
{
    (void)state;
    assert_int_equal(run_bare(TB_PN532_OPEN), TB_TAP_OK);
    unsigned look_count = world.look_count;
    int64_t began_ms = world.now_ms;
    world.busy_count = 40;
    assert_int_equal(run_bare(TB_PN532_SELECT), TB_TAP_NONE);
    assert_true(world.now_ms - began_ms >= 40);
    assert_true(world.look_count - look_count <= (unsigned)(world.now_ms - began_ms) + 2);
}

static void absent_chip_is_told_in_time(void **state)
{
    (void)state;
    world.absent = true;
    assert_int_equal(run_bare(TB_PN532_OPEN), TB_TAP_BROKEN);
    assert_int_equal(world.driver.reason, TB_LINK_REASON_NO_ANSWER);
    world.absent = false;
    assert_int_equal(run_bare(TB_PN532_OPEN), TB_TAP_OK);
}

/* Wherever it happens nothing more belongs to that transaction, the operation ends, and the next one works.
 */
static void byte_that_fails_ends_the_transaction(void **state)
{
    (void)state;
    static const uint8_t read[] = {0x30, 0x03};
    type2_put();
    assert_int_equal(run_bare(TB_PN532_OPEN), TB_TAP_OK);
    for (int byte = 1; byte < 60; byte++) {
        assert_int_equal(run_bare(TB_PN532_SELECT), TB_TAP_OK);
        world.fails_in = byte;
        (void)run(TB_PN532_EXCHANGE, tb_span_of(read, sizeof read));
        world.fails_in = NEVER;
        assert_int_equal(run_bare(TB_PN532_FIELD_CYCLE), TB_TAP_OK);
    }
    assert_true(world.driver.error_total > 0);
}

/* It would hear no further request until the field goes off. */
static void card_that_was_activated_unheard_is_found(void **state)
{
    (void)state;
    card_put("type4 uid=04010203040507 uri=https://loyal.example/m/0001234567");
    assert_int_equal(run_bare(TB_PN532_OPEN), TB_TAP_OK);
    world.unheard = true;
    assert_int_equal(run_bare(TB_PN532_SELECT), TB_TAP_OK);
    assert_int_equal(world.driver.error_total, 1);
}

/* Without a frame's beginning a transaction ends by itself. */
static void noise_is_read_past(void **state)
{
    (void)state;
    static const uint8_t noise[] = {0x12, 0x34, 0x56};
    assert_int_equal(run_bare(TB_PN532_OPEN), TB_TAP_OK);
    tb_pn532_start(&world.driver, TB_PN532_SELECT, tb_span_of(NULL, 0), 0, world.now_ms);
    assert_false(turn());
    i2c_frames_drop(&world.slave);
    i2c_frame_add(&world.slave, tb_span_of(noise, sizeof noise));
    bool over = false;
    for (unsigned i = 0; i < TURN_MAX && !over; i++)
        over = turn();
    assert_true(over);
    assert_int_equal(world.driver.result, TB_TAP_NONE);
    assert_true(world.driver.error_total > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(card_is_selected_and_read, start),
        cmocka_unit_test_setup(long_frames_take_several_turns, start),
        cmocka_unit_test_setup(busy_chip_is_looked_at_once_a_millisecond, start),
        cmocka_unit_test_setup(absent_chip_is_told_in_time, start),
        cmocka_unit_test_setup(byte_that_fails_ends_the_transaction, start),
        cmocka_unit_test_setup(card_that_was_activated_unheard_is_found, start),
        cmocka_unit_test_setup(noise_is_read_past, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
