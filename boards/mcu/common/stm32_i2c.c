#include "boards/mcu/common/stm32_i2c.h"

#include "boards/mcu/common/cortexm.h"
#include "boards/mcu/common/i2c.h"

enum {
    PIN = 6,         /* of the clock; the data's is the next one */
    IDR_BEFORE = 8,  /* the input register stands that many bytes before BSRR */
    TURN_CYCLES = 4, /* of i2c_wait()'s loop, at least */
};

static uint32_t port;
static uint32_t wait_turns;

/* The upper half of the register clears, the lower one sets. */
void i2c_set(enum i2c_line line, bool high)
{
    REGISTER(port) = 1u << (high ? PIN : PIN + 16) << line;
}

bool i2c_get(enum i2c_line line)
{
    return REGISTER(port - IDR_BEFORE) >> PIN >> line & 1;
}

void i2c_wait(void)
{
    for (uint32_t i = 0; i < wait_turns; i++)
        __asm__ volatile("nop");
}

void stm32_i2c_start(uint32_t bsrr_address, uint32_t core_hz)
{
    port = bsrr_address;
    wait_turns = core_hz / (1000000000 / I2C_WAIT_NS * TURN_CYCLES) + 1;
    i2c_set(I2C_DATA, true);
    i2c_set(I2C_CLOCK, true);
}
