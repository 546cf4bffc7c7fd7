/*
 * The I2C master on two pins: what it does to them, seen by a slave that knows nothing but the two lines
 * (UM10204 section 3.1). Data changes while the clock is high are START and STOP, and nothing else.
 */
#include "boards/mcu/common/i2c.h"
#include "firmware/hal/hal.h"
#include "tests/support/unit.h"

#include <string.h>

enum { ADDRESS = 0x24, BYTE_MAX = 64, FOREVER = 1000000 };

/* The order of a transaction, as the slave saw it: S and P, w and r for a byte acknowledged, W and R not. */
static struct world {
    bool master_clock, master_data; /* high: let go */
    bool slave_clock, slave_data;
    bool clock, data; /* as they are: low when one pulls */

    bool addressed, reading, begun;
    unsigned bit; /* of nine */
    unsigned shift;
    bool acknowledges; /* bytes that are written */
    uint8_t in[BYTE_MAX];
    size_t in_size;
    uint8_t out[BYTE_MAX]; /* read from it */
    size_t out_at;
    char story[BYTE_MAX];
    size_t story_size;

    unsigned hold_waits; /* the slave holds the clock that long when it falls before a byte's first bit */
    unsigned hold_left;
    unsigned stuck_clocks; /* the slave holds the data line for so many more clocks */
    unsigned long wait_count;
    unsigned high_waits, low_waits; /* since the clock's last edge */
} world;

static void tell(char c)
{
    assert_true(world.story_size < sizeof world.story - 1);
    world.story[world.story_size++] = c;
}

/* ---- the slave ---- */

static bool own_bit(void)
{
    return world.out[world.out_at] >> (7 - world.bit) & 1;
}

/* The clock has fallen: the next bit goes to the line. */
static void slave_fall(void)
{
    world.slave_data = true;
    if (!world.begun)
        return;
    if (world.bit == 0 && world.hold_waits > 0) {
        world.hold_left = world.hold_waits;
        world.slave_clock = false;
    }
    bool in_address = world.in_size == 0;
    if (world.bit == 8 && in_address)
        world.slave_data = !(world.shift >> 1 == ADDRESS);
    else if (world.bit == 8 && world.addressed && !world.reading)
        world.slave_data = !world.acknowledges;
    else if (world.bit < 8 && world.addressed && world.reading)
        world.slave_data = own_bit();
}

static void byte_over(bool acknowledged)
{
    bool first = world.in_size == 0;
    assert_true(world.in_size < BYTE_MAX);
    world.in[world.in_size++] = (uint8_t)world.shift;
    if (first) {
        world.addressed = acknowledged;
        world.reading = world.shift & 1;
    } else {
        world.out_at += world.reading;
    }
    char c = first || !world.reading ? 'w' : 'r';
    tell(acknowledged ? c : (char)(c - 'a' + 'A'));
    if (!acknowledged)
        world.addressed = false;
    world.bit = world.shift = 0;
}

static void slave_rise(void)
{
    if (world.stuck_clocks > 0)
        world.stuck_clocks--;
    if (!world.begun)
        return;
    if (world.bit == 8) {
        byte_over(!world.data);
        return;
    }
    world.shift = world.shift << 1 | world.data;
    world.bit++;
}

static void condition(bool start)
{
    assert_true(world.high_waits > 0); /* set-up time */
    tell(start ? 'S' : 'P');
    assert_true(start || world.bit == 0 || world.bit == 1); /* a STOP's own clock is a bit nobody wants */
    world.begun = start;
    world.addressed = false;
    world.bit = world.shift = 0;
    world.in_size = 0;
}

/* ---- the lines ---- */

static void lines_settle(void)
{
    bool clock = world.master_clock && world.slave_clock;
    bool data = world.master_data && world.slave_data && world.stuck_clocks == 0;
    if (clock != world.clock) {
        assert_true(clock ? world.low_waits > 0 : world.high_waits > 0);
        world.low_waits = world.high_waits = 0;
        world.clock = clock;
        world.data = data;
        if (clock)
            slave_rise();
        else
            slave_fall();
        data = world.master_data && world.slave_data && world.stuck_clocks == 0;
        world.clock = world.master_clock && world.slave_clock;
    } else if (data != world.data && clock) {
        world.data = data;
        condition(!data);
    }
    world.data = data;
}

void i2c_set(enum i2c_line line, bool high)
{
    if (line == I2C_CLOCK)
        world.master_clock = high;
    else
        world.master_data = high;
    lines_settle();
}

bool i2c_get(enum i2c_line line)
{
    return line == I2C_CLOCK ? world.clock : world.data;
}

void i2c_wait(void)
{
    world.wait_count++;
    world.high_waits += world.clock;
    world.low_waits += !world.clock;
    if (world.hold_left > 0)
        world.hold_left--;
    if (world.hold_left == 0 && !world.slave_clock) {
        world.slave_clock = true;
        lines_settle();
    }
}

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.master_clock = world.master_data = world.slave_clock = world.slave_data = true;
    world.clock = world.data = true;
    world.acknowledges = true;
    return 0;
}

static void assert_free(void)
{
    assert_true(world.master_clock && world.master_data);
}

/* ---- transactions ---- */

static void bytes_are_written(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0xff, 0xa5, 0x5a, 0x01, 0x80};
    assert_true(tb_hal_i2c_start(ADDRESS, false));
    for (size_t i = 0; i < sizeof bytes; i++)
        assert_true(tb_hal_i2c_put(bytes[i]));
    assert_int_equal(world.in[0], ADDRESS << 1);
    assert_memory_equal(world.in + 1, bytes, sizeof bytes);
    tb_hal_i2c_stop();
    assert_string_equal(world.story, "SwwwwwwwP");
    assert_free();
}

static void bytes_are_read_and_the_last_one_is_not_acknowledged(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x01, 0x00, 0xff, 0xa5, 0x7e};
    memcpy(world.out, bytes, sizeof bytes);
    assert_true(tb_hal_i2c_start(ADDRESS, true));
    for (size_t i = 0; i < sizeof bytes; i++) {
        uint8_t byte;
        assert_true(tb_hal_i2c_get(i == sizeof bytes - 1, &byte));
        assert_int_equal(byte, bytes[i]);
    }
    tb_hal_i2c_stop();
    assert_string_equal(world.story, "SwrrrrRP");
    assert_free();
}

static void address_that_nobody_has_ends_the_transaction(void **state)
{
    (void)state;
    assert_false(tb_hal_i2c_start(ADDRESS + 1, true));
    assert_string_equal(world.story, "SWP");
    assert_free();
    assert_true(tb_hal_i2c_start(ADDRESS, false));
}

static void byte_that_is_refused_ends_the_transaction(void **state)
{
    (void)state;
    assert_true(tb_hal_i2c_start(ADDRESS, false));
    assert_true(tb_hal_i2c_put(0x55));
    world.acknowledges = false;
    assert_false(tb_hal_i2c_put(0x66));
    assert_string_equal(world.story, "SwwWP");
    assert_free();
}

/* ---- a slave that is slow, or gone in the middle ---- */

static void held_clock_is_waited_for(void **state)
{
    (void)state;
    uint8_t byte;
    world.out[0] = 0x42;
    world.hold_waits = 2000000 / I2C_WAIT_NS; /* 2 ms: a PN532's oscillator */
    assert_true(tb_hal_i2c_start(ADDRESS, true));
    assert_true(tb_hal_i2c_get(true, &byte));
    assert_int_equal(byte, 0x42);
    tb_hal_i2c_stop();
    assert_string_equal(world.story, "SwRP");
    assert_true(world.wait_count > 2 * world.hold_waits);
}

static void clock_that_stays_held_is_given_up(void **state)
{
    (void)state;
    uint8_t byte;
    assert_true(tb_hal_i2c_start(ADDRESS, true));
    world.slave_clock = false;
    world.hold_left = FOREVER;
    world.wait_count = 0;
    assert_false(tb_hal_i2c_get(false, &byte));
    assert_true(world.wait_count * I2C_WAIT_NS / 1000000 >= TB_HAL_I2C_STRETCH_MS - 1);
    assert_true(world.wait_count * I2C_WAIT_NS / 1000000 <= TB_HAL_I2C_STRETCH_MS);
    assert_free();
    world.wait_count = 0;
    assert_false(tb_hal_i2c_start(ADDRESS, true));
    assert_true(world.wait_count * I2C_WAIT_NS / 1000000 <= TB_HAL_I2C_STRETCH_MS);
    world.hold_left = 1;
    i2c_wait();
    assert_true(tb_hal_i2c_start(ADDRESS, true));
}

/* As after a reset of this side in the middle of a read: the slave waits for the rest of its byte's clocks.
 */
static void held_data_line_is_clocked_free(void **state)
{
    (void)state;
    for (unsigned clocks = 1; clocks <= 9; clocks++) {
        (void)setup(NULL);
        world.stuck_clocks = clocks;
        world.data = false;
        assert_true(tb_hal_i2c_start(ADDRESS, false));
        assert_true(tb_hal_i2c_put(0x11));
        tb_hal_i2c_stop();
        assert_non_null(strstr(world.story, "SwwP"));
    }
}

static void data_line_that_stays_held_is_given_up(void **state)
{
    (void)state;
    world.stuck_clocks = FOREVER;
    world.data = false;
    assert_false(tb_hal_i2c_start(ADDRESS, false));
    assert_true(world.stuck_clocks >= FOREVER - 10);
    assert_free();
    assert_string_equal(world.story, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(bytes_are_written, setup),
        cmocka_unit_test_setup(bytes_are_read_and_the_last_one_is_not_acknowledged, setup),
        cmocka_unit_test_setup(address_that_nobody_has_ends_the_transaction, setup),
        cmocka_unit_test_setup(byte_that_is_refused_ends_the_transaction, setup),
        cmocka_unit_test_setup(held_clock_is_waited_for, setup),
        cmocka_unit_test_setup(clock_that_stays_held_is_given_up, setup),
        cmocka_unit_test_setup(held_data_line_is_clocked_free, setup),
        cmocka_unit_test_setup(data_line_that_stays_held_is_given_up, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
