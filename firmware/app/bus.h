/*
 * Bus: what the PN532 hangs on. A program links bus_uart.c or bus_i2c.c, as its board says; the other one
 * costs nothing. Main loop only; one instance.
 */
#ifndef TB_FIRMWARE_APP_BUS_H
#define TB_FIRMWARE_APP_BUS_H

#include "firmware/head/pn532.h"

/* After tb_hal_start(). The bus is good for the program's life; ret_bit_rate_max is what the board's side of
 * a serial line reaches, 0 where the bus has one rate. */
const struct tb_pn532_bus *bus_start(uint32_t *ret_bit_rate_max);

#endif
