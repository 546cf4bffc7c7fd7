/* The PN532 on I2C: PB6 is the clock, PB7 the data. */
#include "boards/mcu/common/cortexm.h"
#include "boards/mcu/common/stm32.h"
#include "boards/mcu/common/stm32_i2c.h"
#include "boards/mcu/stm32f103/registers.h"

/* 6 open-drain output, 2 MHz (and 4, floating, as after reset). */
void stm32_nfc_start(uint32_t core_hz, uint32_t apb1_hz)
{
    (void)apb1_hz;
    stm32_i2c_start(PORT_B + PORT_BSRR, core_hz);
    REGISTER(PORT_B + PORT_CRL) = 0x66444444;
}
