/*
 * Hardware: all that the reader head's firmware asks of a board. A board is a folder below boards/mcu that
 * implements these functions and tb_hal_board; no other code knows which board it runs on.
 *
 * One thread: everything is called from the main loop, never from an interrupt. No call waits for
 * anything outside the chip, but for I2C, whose other side may hold the clock; every wait is bounded. Time is
 * monotonic from the start.
 */
#ifndef TB_FIRMWARE_HAL_HAL_H
#define TB_FIRMWARE_HAL_HAL_H

#include "core/link/message.h"

enum tb_hal_uart {
    TB_HAL_UART_LINK, /* to the agent */
    TB_HAL_UART_NFC,
    TB_HAL_UART_SCANNER,
    TB_HAL_UART_COUNT
};

enum tb_hal_light { /* bits: amber is both */
                    TB_HAL_LIGHT_GREEN = 1,
                    TB_HAL_LIGHT_RED = 2,
};

#define TB_HAL_NAME_MAX 24
#define TB_HAL_SLOT_COUNT 2

/* The facts of a board, constant. */
struct tb_hal_board {
    const char *name;          /* as its folder; at most TB_HAL_NAME_MAX bytes */
    uint8_t devices;           /* enum tb_link_device bits: what can be wired to it */
    uint16_t capabilities;     /* enum tb_link_capability bits that come from the board: tamper, update */
    uint32_t nfc_baud_max;     /* what its UART reaches towards the NFC chip, where that is the chip's bus */
    uint32_t flash_write_size; /* bytes that one write programs; 0 when the board has no slots */
    uint32_t slot_size;        /* bytes of one firmware slot */
    uint32_t slot_at[TB_HAL_SLOT_COUNT];
    uint32_t record_at[2]; /* two erase units for what the boot loader has to remember */
};

extern const struct tb_hal_board tb_hal_board;

/* Clocks, pins, timer, UARTs at 115,200 8N1 (the scanner's at 9,600). Called once, first. A clock that does
 * not start leaves the chip on its internal one. */
void tb_hal_start(void);

int64_t tb_hal_now_ms(void);

/* Sleeps until an interrupt; the timer's comes every millisecond at the latest. */
void tb_hal_idle(void);

/* ---- serial lines ---- */

/* Takes received bytes, oldest first; 0 when there are none. */
size_t tb_hal_uart_read(enum tb_hal_uart uart, uint8_t *ret_bytes, size_t size_max);

/* Hands over as many bytes as fit now and returns their number. */
size_t tb_hal_uart_write(enum tb_hal_uart uart, const uint8_t *bytes, size_t size);

/* True when every byte handed over has left the buffer, and on an STM32 the pin as well. */
bool tb_hal_uart_is_idle(enum tb_hal_uart uart);

/* TB_ERR_UNSUPPORTED when the board cannot do that rate within 2 %. Bytes under way are lost. */
TB_MUST_USE enum tb_err tb_hal_uart_baud(enum tb_hal_uart uart, uint32_t baud);

/* Received bytes that were lost because nobody took them in time; since the start. */
uint32_t tb_hal_uart_lost(enum tb_hal_uart uart);

/* ---- I2C: only on a board whose NFC chip hangs on it ---- */

/*
 * The master of one bus, and one transaction at a time: start, bytes one way, stop. After false the
 * transaction is over and the bus let go of; not even stop belongs to it any more. A byte takes at most 0.2
 * ms, and up to TB_HAL_I2C_STRETCH_MS more when the other side holds the clock.
 */
#define TB_HAL_I2C_STRETCH_MS 5

/* START and a 7-bit address. False: nobody acknowledges it; or somebody holds the data line, also after nine
 * clocks (UM10204 section 3.1.16), or the clock. */
bool tb_hal_i2c_start(uint8_t address, bool read);

/* False: not acknowledged, or the clock was held for too long. */
bool tb_hal_i2c_put(uint8_t byte);

/* The last byte is not acknowledged: the other side then lets go of the bus. False: the clock was held. */
bool tb_hal_i2c_get(bool last, uint8_t *ret_byte);

void tb_hal_i2c_stop(void);

/* ---- lights, beeper, housing ---- */

void tb_hal_lights(unsigned lights); /* enum tb_hal_light bits */
void tb_hal_beeper(bool on);

/* True while the housing is open; false on a board without the switch. */
bool tb_hal_tamper(void);

/* ---- life ---- */

enum tb_link_reset tb_hal_reset_cause(void);

/* Once started it bites when it was not kicked for timeout_ms (at most 8,000), and cannot be stopped. */
void tb_hal_watchdog_start(uint32_t timeout_ms);
void tb_hal_watchdog_kick(void);

_Noreturn void tb_hal_reset(void);

/* Bytes of stack that were never used, and bytes there are; 0 of 0 where that is not known. */
size_t tb_hal_stack_free(size_t *ret_size);

/* ---- flash ---- */

/*
 * Addresses are those of tb_hal_board. Erasing and writing stop the processor for up to 50 ms on some
 * boards and 2 s on others: received bytes may be lost meanwhile, so that the other end must be waiting for
 * an answer. Both verify: TB_ERR_IO when the flash does not hold what it should. TB_ERR_RANGE outside the
 * slots and records, TB_ERR_UNSUPPORTED on a board without flash functions.
 */

/* Bytes of the erase unit that holds address; 0 outside. */
uint32_t tb_hal_flash_unit(uint32_t address);

/* Erases the unit that holds address to ff. */
TB_MUST_USE enum tb_err tb_hal_flash_erase(uint32_t address);

/* Address and size are multiples of flash_write_size; the place is erased. */
TB_MUST_USE enum tb_err tb_hal_flash_write(uint32_t address, struct tb_span bytes);

/* The bytes from address on, as far as size; an empty span outside. */
struct tb_span tb_hal_flash_read(uint32_t address, size_t size);

/* The slot that this program runs from; TB_HAL_SLOT_COUNT when it is in none of them. */
unsigned tb_hal_slot(void);

/* Begins the program whose vector table is at address, with interrupts off and the watchdog running on.
 * Returns only where that is not possible. For the boot loader, which calls nothing of the above but the
 * flash functions before: what tb_hal_start() finds is the program's. */
void tb_hal_boot(uint32_t address);

#endif
