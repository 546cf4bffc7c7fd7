/* The PN532 driver on I2C: a master in memory, which checks each transaction, with the simulated chip as its
 * slave. */
#include "firmware/head/pn532_i2c.h"
#include "tests/support/pn532d/chip.h"
#include "tests/support/unit.h"

enum { QUEUE_MAX = 4, TURN_MAX = 5000, IDLE_BYTE = 0xff };

static struct sim_log chip_log;

static struct world {
    struct chip chip;
    struct pn532_parser parser;
    uint8_t frames[QUEUE_MAX][PN532_FRAME_MAX]; /* from the chip, not read yet */
    size_t sizes[QUEUE_MAX];
    size_t frame_count;
    bool open;
    bool reading;
    bool status_read;
    size_t at;           /* in the frame that is being read */
    unsigned busy_count; /* looks at the status before a frame is ready */
    unsigned look_count;
    bool absent;
    int64_t now_ms;
    struct tb_pn532_i2c transport;
    struct tb_pn532_bus bus;
    struct tb_pn532 driver;
} world;

/* ---- the chip ---- */

static void frame_queue(struct tb_span frame)
{
    assert_true(world.frame_count < QUEUE_MAX);
    memcpy(world.frames[world.frame_count], frame.at, frame.size);
    world.sizes[world.frame_count++] = frame.size;
}

static void command_take(struct tb_span command)
{
    uint8_t data[PN532_DATA_MAX];
    uint8_t frame[PN532_FRAME_MAX];
    struct tb_buf answer = tb_buf_of(data, sizeof data);
    struct tb_buf b = tb_buf_of(frame, sizeof frame);
    uint64_t us;
    world.frame_count = 0;
    frame_queue(tb_span_of(pn532_frame_ack, sizeof pn532_frame_ack));
    if (chip_run(&world.chip, command, &answer, &us) == CHIP_SYNTAX) {
        frame_queue(tb_span_of(pn532_frame_error, sizeof pn532_frame_error));
        return;
    }
    pn532_frame_build(&b, tb_buf_span(&answer));
    frame_queue(tb_buf_span(&b));
}

/* ---- the master ---- */

static bool i2c_start(void *context, uint8_t address, bool read)
{
    (void)context;
    assert_false(world.open);
    assert_int_equal(address, TB_PN532_I2C_ADDRESS);
    if (world.absent)
        return false;
    if (world.chip.power == CHIP_ASLEEP)
        world.chip.power = CHIP_LOWVBAT; /* its own address wakes it */
    world.open = true;
    world.reading = read;
    world.status_read = false;
    world.at = 0;
    return true;
}

static bool i2c_put(void *context, uint8_t byte)
{
    (void)context;
    struct tb_span data;
    assert_true(world.open && !world.reading);
    if (pn532_parser_take(&world.parser, byte, &data) == PN532_EVENT_COMMAND)
        command_take(data);
    return true;
}

static uint8_t i2c_get(void *context, bool last)
{
    (void)context;
    (void)last;
    assert_true(world.open && world.reading);
    if (!world.status_read) {
        world.status_read = true;
        world.look_count++;
        if (world.busy_count > 0) {
            world.busy_count--;
            return 0x00;
        }
        return world.frame_count > 0;
    }
    return world.at < world.sizes[0] ? world.frames[0][world.at++] : IDLE_BYTE;
}

static void i2c_stop(void *context)
{
    (void)context;
    assert_true(world.open);
    world.open = false;
    if (!world.reading || world.at == 0)
        return;
    memmove(world.frames[0], world.frames[1], sizeof world.frames[0] * (QUEUE_MAX - 1));
    memmove(world.sizes, world.sizes + 1, sizeof world.sizes[0] * (QUEUE_MAX - 1));
    world.frame_count--;
}

static int64_t i2c_now_ms(void *context)
{
    (void)context;
    return world.now_ms;
}

static const struct tb_i2c i2c = {
    .start = i2c_start, .put = i2c_put, .get = i2c_get, .stop = i2c_stop, .now_ms = i2c_now_ms};

/* ---- operations ---- */

static int start(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.chip.log = &chip_log;
    chip_reset(&world.chip);
    tb_pn532_i2c_init(&world.transport, &i2c, &world.bus);
    tb_pn532_init(&world.driver, &world.bus, 0);
    return 0;
}

static enum tb_tap_result run(enum tb_pn532_operation operation, struct tb_span data)
{
    tb_pn532_start(&world.driver, operation, data, 300, world.now_ms);
    for (unsigned i = 0; i < TURN_MAX; i++, world.now_ms++)
        if (tb_pn532_turn(&world.driver, world.now_ms)) {
            assert_false(world.open);
            return world.driver.result;
        }
    fail_msg("operation %d does not end", (int)operation);
    return TB_TAP_BROKEN;
}

static enum tb_tap_result run_bare(enum tb_pn532_operation operation)
{
    return run(operation, tb_span_of(NULL, 0));
}

static void card_put(struct card *card, const char *spec)
{
    char words[700];
    assert_int_equal(tb_span_to_str(tb_span_str(spec), words, sizeof words), TB_OK);
    assert_null(card_parse(card, "c", words));
    assert_true(chip_field_add(&world.chip, card));
}

static void card_is_selected_and_read(void **state)
{
    (void)state;
    static const uint8_t read[] = {0x30, 0x03};
    static const uint8_t fast_read[] = {0x3a, 0x03, 0x0f};
    static struct card card;
    assert_int_equal(run_bare(TB_PN532_OPEN), TB_TAP_OK);
    assert_int_equal(run_bare(TB_PN532_SELECT), TB_TAP_NONE);
    card_put(&card, "ntag213 uid=04010203040506 uri=https://loyal.example/m/0001234567");
    assert_int_equal(run_bare(TB_PN532_SELECT), TB_TAP_OK);
    assert_int_equal(world.driver.found.uid_size, 7);
    assert_int_equal(run(TB_PN532_EXCHANGE, tb_span_of(read, sizeof read)), TB_TAP_OK);
    assert_int_equal(world.driver.answer.size, 16);
    assert_int_equal(run(TB_PN532_THRU, tb_span_of(fast_read, sizeof fast_read)), TB_TAP_OK);
    assert_int_equal(world.driver.answer.size, 52);
    assert_int_equal(run_bare(TB_PN532_PRESENT), TB_TAP_OK);
    assert_int_equal(run_bare(TB_PN532_FIELD_OFF), TB_TAP_OK);
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

/* Without a frame's beginning a transaction ends by itself. */
static void noise_is_read_past(void **state)
{
    (void)state;
    static const uint8_t noise[] = {0x12, 0x34, 0x56};
    assert_int_equal(run_bare(TB_PN532_OPEN), TB_TAP_OK);
    tb_pn532_start(&world.driver, TB_PN532_SELECT, tb_span_of(NULL, 0), 0, world.now_ms);
    assert_false(tb_pn532_turn(&world.driver, world.now_ms));
    world.frame_count = 0;
    frame_queue(tb_span_of(noise, sizeof noise));
    bool over = false;
    for (unsigned i = 0; i < TURN_MAX && !over; i++)
        over = tb_pn532_turn(&world.driver, ++world.now_ms);
    assert_true(over);
    assert_int_equal(world.driver.result, TB_TAP_NONE);
    assert_true(world.driver.error_total > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(card_is_selected_and_read, start),
        cmocka_unit_test_setup(busy_chip_is_looked_at_once_a_millisecond, start),
        cmocka_unit_test_setup(absent_chip_is_told_in_time, start),
        cmocka_unit_test_setup(noise_is_read_past, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
