#include "firmware/app/bus.h"

#include "core/base/assert.h"
#include "firmware/hal/hal.h"

enum { BIT_RATE_START = 115200 /* the chip's after power-up */ };

static size_t line_write(void *context, const uint8_t *bytes, size_t size)
{
    (void)context;
    return tb_hal_uart_write(TB_HAL_UART_NFC, bytes, size);
}

static size_t line_read(void *context, uint8_t *ret_bytes, size_t size_max)
{
    (void)context;
    return tb_hal_uart_read(TB_HAL_UART_NFC, ret_bytes, size_max);
}

static void line_rate(void *context, uint32_t bit_rate)
{
    (void)context;
    /* At most rate_max(), and 115,200 bit/s is what the line began with. */
    enum tb_err err = tb_hal_uart_baud(TB_HAL_UART_NFC, bit_rate);
    TB_ASSERT(err == TB_OK);
}

/* 55 wakes the chip; the zeros give its oscillator 1.2 ms (section 7.2.11). */
static const uint8_t wake[16] = {0x55, 0x55};

static const struct tb_pn532_bus bus = {
    .wake = {.at = wake, .size = sizeof wake}, .write = line_write, .read = line_read, .rate = line_rate};

/* A board whose crystal does not start may not reach nfc_baud_max. Leaves the line at 115,200 bit/s. */
static uint32_t rate_max(void)
{
    uint32_t rate = tb_hal_board.nfc_baud_max;
    while (rate > BIT_RATE_START && tb_hal_uart_baud(TB_HAL_UART_NFC, rate) != TB_OK)
        rate /= 2;
    if (rate > BIT_RATE_START)
        line_rate(NULL, BIT_RATE_START);
    return rate;
}

const struct tb_pn532_bus *bus_start(uint32_t *ret_bit_rate_max)
{
    *ret_bit_rate_max = rate_max();
    return &bus;
}
