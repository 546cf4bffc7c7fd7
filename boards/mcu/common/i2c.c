#include "boards/mcu/common/i2c.h"

#include "firmware/hal/hal.h"

enum {
    BIT_COUNT = 9,      /* eight, and the acknowledgement, which is low */
    ALL_HIGH = 0x1ff,   /* lets the other side speak */
    RECOVERY_CLOCKS = 9 /* until a slave that stands in the middle of a byte has come to its end */
};

#define STRETCH_WAITS (TB_HAL_I2C_STRETCH_MS * 1000000 / I2C_WAIT_NS)

/* False: somebody holds the clock. */
static bool clock_release(void)
{
    i2c_set(I2C_CLOCK, true);
    for (unsigned i = 0; i < STRETCH_WAITS; i++) {
        if (i2c_get(I2C_CLOCK))
            return true;
        i2c_wait();
    }
    return false;
}

/* Between two bits the clock is low. Nine bits out, the first one first, and what was on the line meanwhile.
 */
static bool bits_move(unsigned out, unsigned *ret_in)
{
    unsigned in = 0;
    for (unsigned i = 0; i < BIT_COUNT; i++) {
        i2c_set(I2C_DATA, out >> (BIT_COUNT - 1 - i) & 1);
        i2c_wait();
        if (!clock_release()) {
            i2c_set(I2C_DATA, true);
            return false;
        }
        i2c_wait();
        in = in << 1 | i2c_get(I2C_DATA);
        i2c_set(I2C_CLOCK, false);
    }
    *ret_in = in;
    return true;
}

/* A slave that was left in the middle of a byte holds the data line until it has had the clocks for the rest;
 * the START that follows begins anew for all of them. */
static bool bus_take(void)
{
    i2c_set(I2C_DATA, true);
    for (unsigned i = 0; i <= RECOVERY_CLOCKS; i++) {
        if (!clock_release())
            return false;
        i2c_wait();
        if (i2c_get(I2C_DATA))
            return true;
        i2c_set(I2C_CLOCK, false);
        i2c_wait();
    }
    i2c_set(I2C_CLOCK, true);
    return false;
}

bool tb_hal_i2c_start(uint8_t address, bool read)
{
    if (!bus_take())
        return false;
    i2c_set(I2C_DATA, false);
    i2c_wait();
    i2c_set(I2C_CLOCK, false);
    return tb_hal_i2c_put((uint8_t)(address << 1 | read));
}

bool tb_hal_i2c_put(uint8_t byte)
{
    unsigned in;
    if (!bits_move((unsigned)byte << 1 | 1, &in))
        return false;
    bool acknowledged = (in & 1) == 0;
    if (!acknowledged)
        tb_hal_i2c_stop();
    return acknowledged;
}

bool tb_hal_i2c_get(bool last, uint8_t *ret_byte)
{
    unsigned in;
    if (!bits_move((ALL_HIGH & ~1u) | last, &in))
        return false;
    *ret_byte = (uint8_t)(in >> 1);
    return true;
}

void tb_hal_i2c_stop(void)
{
    i2c_set(I2C_DATA, false);
    i2c_wait();
    (void)clock_release(); /* where it is held, the next START finds out */
    i2c_wait();
    i2c_set(I2C_DATA, true);
    i2c_wait();
}
