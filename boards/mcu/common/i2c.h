/*
 * I2C master on two open-drain pins, bit by bit (UM10204): the transactions of hal.h over the three functions
 * below, which a board implements. At most as fast as i2c_wait() makes it; interrupts may come between two
 * bits, which only makes a clock longer. Main loop only.
 */
#ifndef TB_BOARDS_MCU_COMMON_I2C_H
#define TB_BOARDS_MCU_COMMON_I2C_H

#include <stdbool.h>

enum i2c_line { I2C_CLOCK, I2C_DATA };

/* Low pulls the line down, high lets go of it. */
void i2c_set(enum i2c_line line, bool high);

/* The line as it is, whoever pulls it down. */
bool i2c_get(enum i2c_line line);

#define I2C_WAIT_NS 1300 /* fast mode's tLOW, the longest of all (UM10204 table 10) */

/* Lets I2C_WAIT_NS pass, or some more. */
void i2c_wait(void);

#endif
