/*
 * Arm MPS2+ FPGA board with the AN385 image: Cortex-M3, CMSDK peripherals (DDI 0479). Nobody runs a shop with
 * it; it is the machine whose transmit interrupts and watchdog QEMU models, and whose "flash" is RAM that
 * keeps its contents over a reset.
 */
#include "boards/mcu/common/cortexm.h"
#include "boards/mcu/common/ring.h"
#include "core/base/assert.h"
#include "firmware/hal/hal.h"

#define CLOCK_HZ 25000000

/* CMSDK APB UART (DDI 0479 section 4.3). */
#define UART_DATA 0x00
#define UART_STATE 0x04
#define UART_CONTROL 0x08
#define UART_INTERRUPT 0x0c
#define UART_BAUD 0x10
#define STATE_TX_FULL 1u
#define STATE_RX_FULL 2u
#define STATE_RX_OVERRUN 8u
#define CONTROL_ON 0x0f /* both ways, with interrupts */
#define INTERRUPT_TX 1u
#define INTERRUPT_RX 2u

/* CMSDK watchdog (section 4.5): the first time-out warns, the second resets. */
#define WATCHDOG_LOAD 0x40008000
#define WATCHDOG_CONTROL 0x40008008
#define WATCHDOG_CLEAR 0x4000800c
#define WATCHDOG_LOCK 0x40008c00
#define WATCHDOG_KEY 0x1acce551

#define LEDS 0x40028000        /* FPGAIO: 0 green, 1 red */
#define SCC_LEDS 0x4002f004    /* bit 0 stands for the beeper */
#define TAMPER_UART 0x40007000 /* UART 3: the housing's switch. 'o' opens it, 'c' closes it */

/* Written before every reset that the firmware wants; what else resets this board is the watchdog. */
#define WAS_RUNNING 0x52554e21u
#define WAS_TOLD 0x544f4c44u

struct uart {
    uint32_t base;
    struct ring in;
    struct ring out;
    volatile uint32_t lost;
};

static uint8_t link_in[128], link_out[128], nfc_in[64], nfc_out[32], scanner_in[64], scanner_out[2];
static uint32_t life __attribute__((section(".noinit")));
static enum tb_link_reset reset_cause;
static bool housing_open;

static struct uart uarts[TB_HAL_UART_COUNT] = {
    [TB_HAL_UART_LINK] = {.base = 0x40004000, .in = RING(link_in), .out = RING(link_out)},
    [TB_HAL_UART_NFC] = {.base = 0x40005000, .in = RING(nfc_in), .out = RING(nfc_out)},
    [TB_HAL_UART_SCANNER] = {.base = 0x40006000, .in = RING(scanner_in), .out = RING(scanner_out)},
};

const struct tb_hal_board tb_hal_board = {
    .name = TB_BOARD_NAME,
    .devices = TB_LINK_DEVICE_NFC | TB_LINK_DEVICE_SCANNER,
    .capabilities = TB_LINK_CAN_TAMPER,
    .nfc_baud_max = 921600,
    .flash_write_size = 4,
    .slot_size = 32 * 1024,
    .slot_at = {0x21001000, 0x21009000},
    .record_at = {0x21000000, 0x21000400},
};

/* ---- serial lines ---- */

/* A full ring leaves the byte where it is until the main loop has made room: what follows is an overrun,
 * which the receiver notes itself. */
static void receive(struct uart *u)
{
    while ((REGISTER(u->base + UART_STATE) & STATE_RX_FULL) && !ring_is_full(&u->in))
        (void)ring_put(&u->in, (uint8_t)REGISTER(u->base + UART_DATA));
    if (REGISTER(u->base + UART_STATE) & STATE_RX_OVERRUN) {
        REGISTER(u->base + UART_STATE) = STATE_RX_OVERRUN;
        u->lost++;
    }
}

static void transmit(struct uart *u)
{
    uint8_t byte;
    while (!(REGISTER(u->base + UART_STATE) & STATE_TX_FULL) && ring_take(&u->out, &byte))
        REGISTER(u->base + UART_DATA) = byte;
}

/* IRQ 0 and 1 are UART 0's receiver and transmitter, 2 and 3 UART 1's, 4 and 5 UART 2's. */
void board_interrupt(unsigned irq)
{
    if (irq >= 2 * TB_HAL_UART_COUNT)
        return;
    struct uart *u = &uarts[irq / 2];
    REGISTER(u->base + UART_INTERRUPT) = irq % 2 ? INTERRUPT_TX : INTERRUPT_RX;
    if (irq % 2)
        transmit(u);
    else
        receive(u);
}

size_t tb_hal_uart_read(enum tb_hal_uart uart, uint8_t *ret_bytes, size_t size_max)
{
    struct uart *u = &uarts[uart];
    size_t size = ring_read(&u->in, ret_bytes, size_max);
    cortexm_lock();
    receive(u);
    cortexm_unlock();
    return size;
}

size_t tb_hal_uart_write(enum tb_hal_uart uart, const uint8_t *bytes, size_t size)
{
    struct uart *u = &uarts[uart];
    size_t taken = ring_write(&u->out, bytes, size);
    cortexm_lock();
    transmit(u);
    cortexm_unlock();
    return taken;
}

bool tb_hal_uart_is_idle(enum tb_hal_uart uart)
{
    return ring_is_empty(&uarts[uart].out);
}

enum tb_err tb_hal_uart_baud(enum tb_hal_uart uart, uint32_t baud)
{
    if (baud == 0 || baud > CLOCK_HZ / 16)
        return TB_ERR_UNSUPPORTED;
    REGISTER(uarts[uart].base + UART_BAUD) = CLOCK_HZ / baud;
    return TB_OK;
}

uint32_t tb_hal_uart_lost(enum tb_hal_uart uart)
{
    return uarts[uart].lost;
}

/* ---- lights, beeper, housing ---- */

void tb_hal_lights(unsigned lights)
{
    REGISTER(LEDS) = lights;
}

void tb_hal_beeper(bool on)
{
    REGISTER(SCC_LEDS) = on;
}

bool tb_hal_tamper(void)
{
    if (REGISTER(TAMPER_UART + UART_STATE) & STATE_RX_FULL)
        housing_open = REGISTER(TAMPER_UART + UART_DATA) == 'o';
    return housing_open;
}

/* ---- life ---- */

static void uart_start(enum tb_hal_uart uart, uint32_t baud)
{
    enum tb_err err = tb_hal_uart_baud(uart, baud);
    TB_ASSERT(err == TB_OK);
    REGISTER(uarts[uart].base + UART_CONTROL) = CONTROL_ON;
    cortexm_interrupt_on(2u * uart);
    cortexm_interrupt_on(2u * uart + 1);
}

void tb_hal_start(void)
{
    reset_cause = life == WAS_TOLD      ? TB_LINK_RESET_SOFTWARE
                  : life == WAS_RUNNING ? TB_LINK_RESET_WATCHDOG
                                        : TB_LINK_RESET_POWER_ON;
    life = WAS_RUNNING;
    cortexm_start(CLOCK_HZ);
    uart_start(TB_HAL_UART_LINK, 115200);
    uart_start(TB_HAL_UART_NFC, 115200);
    uart_start(TB_HAL_UART_SCANNER, 9600);
    REGISTER(TAMPER_UART + UART_BAUD) = CLOCK_HZ / 9600;
    REGISTER(TAMPER_UART + UART_CONTROL) = CONTROL_ON & 3;
}

enum tb_link_reset tb_hal_reset_cause(void)
{
    return reset_cause;
}

void tb_hal_reset(void)
{
    life = WAS_TOLD;
    cortexm_reset();
}

void tb_hal_watchdog_start(uint32_t timeout_ms)
{
    REGISTER(WATCHDOG_LOCK) = WATCHDOG_KEY;
    REGISTER(WATCHDOG_LOAD) = timeout_ms * (CLOCK_HZ / 1000) / 2;
    REGISTER(WATCHDOG_CONTROL) = 3;
}

void tb_hal_watchdog_kick(void)
{
    REGISTER(WATCHDOG_CLEAR) = 1;
}
