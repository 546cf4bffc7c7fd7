#include "boards/mcu/common/stm32.h"

#include "boards/mcu/common/cortexm.h"
#include "boards/mcu/common/ring.h"
#include "core/base/assert.h"

/* USART, RM0008 section 27.6 and RM0090 section 30.6. */
#define USART_STATUS 0x00
#define USART_DATA 0x04
#define USART_BAUD 0x08
#define USART_CONTROL 0x0c
#define STATUS_OVERRUN (1u << 3)
#define STATUS_RECEIVED (1u << 5)
#define STATUS_COMPLETE (1u << 6)
#define STATUS_EMPTY (1u << 7)
#define CONTROL_ON (1u << 13 | 1u << 5 | 1u << 3 | 1u << 2) /* USART, receive interrupt, both ways */
#define CONTROL_EMPTY_INTERRUPT (1u << 7)

/* Independent watchdog, RM0008 section 19.4. */
#define WATCHDOG_KEY 0x40003000
#define WATCHDOG_PRESCALER 0x40003004
#define WATCHDOG_RELOAD 0x40003008
#define WATCHDOG_STATE 0x4000300c
#define WATCHDOG_BUSY 3u       /* takes a new value over: five periods of its oscillator */
#define WATCHDOG_TURNS 100000u /* that and more, at any clock of the core */
#define KEY_WRITE 0x5555
#define KEY_START 0xcccc
#define KEY_KICK 0xaaaa

enum { PIN_GREEN = 12, PIN_RED = 13, PIN_BEEPER = 14 };

enum { IRQ_USART1 = 37, WATCHDOG_DIVIDER = 64, WATCHDOG_RELOAD_MAX = 0xfff, HSI_READY = 2 };

/* Flags of RCC_CSR, RM0090 section 7.3.21; the F1 has no brown-out flag, its bit reads 0. */
enum reset_flag {
    RESET_CLEAR = 24,
    RESET_BROWNOUT = 25,
    RESET_PIN = 26,
    RESET_POWER = 27,
    RESET_SOFTWARE = 28,
    RESET_WATCHDOG = 29,
    RESET_WINDOW_WATCHDOG = 30,
};

struct uart {
    uint32_t base;
    uint32_t clock_hz;
    struct ring in;
    struct ring out;
    volatile uint32_t lost;
};

static uint8_t link_in[128], link_out[128], scanner_in[64], scanner_out[2];

static struct uart uarts[TB_HAL_UART_COUNT] = {
    [TB_HAL_UART_LINK] = {.in = RING(link_in), .out = RING(link_out)},
    [TB_HAL_UART_NFC] = {.in = RING(stm32_nfc_in), .out = RING(stm32_nfc_out)},
    [TB_HAL_UART_SCANNER] = {.in = RING(scanner_in), .out = RING(scanner_out)},
};

static uint32_t watchdog_hz = 40000; /* a boot loader starts the watchdog and nothing else */
static enum tb_link_reset reset_cause;
static uint32_t outputs;

/* ---- serial lines ---- */

static void receive(struct uart *u)
{
    uint32_t status = REGISTER(u->base + USART_STATUS);
    if (status & STATUS_OVERRUN)
        u->lost++;
    if ((status & (STATUS_RECEIVED | STATUS_OVERRUN)) &&
        !ring_put(&u->in, (uint8_t)REGISTER(u->base + USART_DATA)))
        u->lost++;
}

/*
 * Writes while the transmitter takes bytes, and asks for its interrupt only when some are left: right on the
 * chip, and in an emulator whose transmitter is always empty and never interrupts.
 */
static void transmit(struct uart *u)
{
    uint8_t byte;
    while ((REGISTER(u->base + USART_STATUS) & STATUS_EMPTY) && ring_take(&u->out, &byte))
        REGISTER(u->base + USART_DATA) = byte;
    REGISTER(u->base + USART_CONTROL) = CONTROL_ON | (ring_is_empty(&u->out) ? 0 : CONTROL_EMPTY_INTERRUPT);
}

void board_interrupt(unsigned irq)
{
    unsigned number = irq - IRQ_USART1;
    if (number >= TB_HAL_UART_COUNT)
        return;
    receive(&uarts[number]);
    transmit(&uarts[number]);
}

void stm32_uart_start(enum tb_hal_uart uart, uint32_t base, uint32_t clock_hz, uint32_t baud)
{
    uarts[uart].base = base;
    uarts[uart].clock_hz = clock_hz;
    enum tb_err err = tb_hal_uart_baud(uart, baud);
    TB_ASSERT(err == TB_OK);
    REGISTER(base + USART_CONTROL) = CONTROL_ON;
    cortexm_interrupt_on(IRQ_USART1 + (unsigned)uart);
}

size_t tb_hal_uart_read(enum tb_hal_uart uart, uint8_t *ret_bytes, size_t size_max)
{
    return ring_read(&uarts[uart].in, ret_bytes, size_max);
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
    const struct uart *u = &uarts[uart];
    return ring_is_empty(&u->out) && (REGISTER(u->base + USART_STATUS) & STATUS_COMPLETE);
}

/* The divider has four bits of fraction, which oversampling by 16 makes a plain quotient. */
enum tb_err tb_hal_uart_baud(enum tb_hal_uart uart, uint32_t baud)
{
    const struct uart *u = &uarts[uart];
    if (baud == 0 || u->clock_hz / baud < 16)
        return TB_ERR_UNSUPPORTED;
    uint32_t divider = (u->clock_hz + baud / 2) / baud;
    uint32_t real = u->clock_hz / divider;
    uint32_t off = real > baud ? real - baud : baud - real;
    if (divider > UINT16_MAX || off > baud / 50)
        return TB_ERR_UNSUPPORTED;
    REGISTER(u->base + USART_BAUD) = divider;
    return TB_OK;
}

uint32_t tb_hal_uart_lost(enum tb_hal_uart uart)
{
    return uarts[uart].lost;
}

/* ---- lights and beeper ---- */

void stm32_outputs_at(uint32_t bsrr_address)
{
    outputs = bsrr_address;
}

/* The upper half of the register clears, the lower one sets; setting wins. */
static void outputs_set(uint32_t all, uint32_t on)
{
    REGISTER(outputs) = all << 16 | on;
}

void tb_hal_lights(unsigned lights)
{
    outputs_set(1u << PIN_GREEN | 1u << PIN_RED, (lights & TB_HAL_LIGHT_GREEN ? 1u << PIN_GREEN : 0) |
                                                     (lights & TB_HAL_LIGHT_RED ? 1u << PIN_RED : 0));
}

void tb_hal_beeper(bool on)
{
    outputs_set(1u << PIN_BEEPER, on ? 1u << PIN_BEEPER : 0);
}

/* ---- life ---- */

static void watchdog_wait(void)
{
    (void)cortexm_wait(WATCHDOG_STATE, WATCHDOG_BUSY, 0, WATCHDOG_TURNS);
}

/* A kick loads what the watchdog has taken over: one that comes before counts from the value before. */
void tb_hal_watchdog_start(uint32_t timeout_ms)
{
    uint32_t reload = timeout_ms * (watchdog_hz / WATCHDOG_DIVIDER) / 1000;
    watchdog_wait(); /* with what was set before */
    REGISTER(WATCHDOG_KEY) = KEY_START;
    REGISTER(WATCHDOG_KEY) = KEY_WRITE;
    REGISTER(WATCHDOG_PRESCALER) = 4; /* by 64 */
    REGISTER(WATCHDOG_RELOAD) = reload > WATCHDOG_RELOAD_MAX ? WATCHDOG_RELOAD_MAX : reload;
    watchdog_wait();
    REGISTER(WATCHDOG_KEY) = KEY_KICK;
}

void tb_hal_watchdog_kick(void)
{
    REGISTER(WATCHDOG_KEY) = KEY_KICK;
}

void tb_hal_reset(void)
{
    cortexm_reset();
}

/* Power-on sets the flags of brown-out and pin as well. */
static enum tb_link_reset cause_of(uint32_t flags)
{
    if (flags & (1u << RESET_WATCHDOG | 1u << RESET_WINDOW_WATCHDOG))
        return TB_LINK_RESET_WATCHDOG;
    if (flags & 1u << RESET_SOFTWARE)
        return TB_LINK_RESET_SOFTWARE;
    if (flags & 1u << RESET_POWER)
        return TB_LINK_RESET_POWER_ON;
    if (flags & 1u << RESET_BROWNOUT)
        return TB_LINK_RESET_BROWNOUT;
    return flags & 1u << RESET_PIN ? TB_LINK_RESET_PIN : TB_LINK_RESET_UNKNOWN;
}

void stm32_life_start(uint32_t csr_address, uint32_t hertz)
{
    uint32_t flags = REGISTER(csr_address);
    REGISTER(csr_address) = flags | 1u << RESET_CLEAR;
    reset_cause = cause_of(flags);
    watchdog_hz = hertz;
}

enum tb_link_reset tb_hal_reset_cause(void)
{
    return reset_cause;
}

bool stm32_clocks_answer(uint32_t cr_address)
{
    return REGISTER(cr_address) & HSI_READY;
}
