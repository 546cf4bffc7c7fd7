/*
 * The I2C master (i2c.h) on pins 6 and 7 of a port: clock and data, by the port's registers (RM0008 section
 * 9.2, RM0090 section 8.4). Not the chip's own I2C block: the F1's locks its bus flag under noise and wants
 * each end of a read to be timed to the byte (ES0340, "I2C"), and neither block is in any emulator, whereas
 * this is tested bit by bit.
 */
#ifndef TB_BOARDS_MCU_COMMON_STM32_I2C_H
#define TB_BOARDS_MCU_COMMON_STM32_I2C_H

#include <stdint.h>

/* The port's set/reset register, and the clock of the core. Lets go of both lines; the pins are made
 * open-drain outputs after that. */
void stm32_i2c_start(uint32_t bsrr_address, uint32_t core_hz);

#endif
