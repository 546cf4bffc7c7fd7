/* The PN532 on I2C: PB6 is the clock, PB7 the data. */
#include "boards/mcu/common/cortexm.h"
#include "boards/mcu/common/stm32.h"
#include "boards/mcu/common/stm32_i2c.h"
#include "boards/mcu/stm32f405/registers.h"

void stm32_nfc_start(uint32_t core_hz, uint32_t apb1_hz)
{
    (void)apb1_hz;
    stm32_i2c_start(PORT_B + PORT_BSRR, core_hz);
    REGISTER(PORT_B + PORT_TYPE) |= 1u << 6 | 1u << 7; /* open-drain */
    REGISTER(PORT_B + PORT_PULL) |= PIN(6, PULL_UP) | PIN(7, PULL_UP);
    REGISTER(PORT_B + PORT_MODE) |= PIN(6, MODE_OUTPUT) | PIN(7, MODE_OUTPUT);
}
