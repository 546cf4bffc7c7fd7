/* STM32F103 ("Blue Pill" and its clones): Cortex-M3 at 72 MHz. Pins and wiring are in README.md. */
#include "boards/mcu/common/cortexm.h"
#include "boards/mcu/common/stm32.h"
#include "boards/mcu/stm32f103/registers.h"

/* Reset and clock control, RM0008 section 7.3; flash access, PM0075 section 3.1. */
#define RCC_CR 0x40021000
#define RCC_CFGR 0x40021004
#define RCC_APB2ENR 0x40021018
#define RCC_CSR 0x40021024
#define FLASH_ACR 0x40022000

#define CR_HSE_ON (1u << 16)
#define CR_HSE_READY (1u << 17)
#define CR_PLL_ON (1u << 24)
#define CR_PLL_READY (1u << 25)
#define CFGR_PLL_HSE_9 (1u << 16 | 7u << 18 | 4u << 8) /* 8 MHz by 9; APB1 at half of it */
#define CFGR_SWITCH_PLL 2u
#define CFGR_STATUS (3u << 2)
#define CFGR_STATUS_PLL (2u << 2)
#define ACR_72_MHZ 0x12 /* two wait states, prefetch */

#define HSI_HZ 8000000
#define PLL_HZ 72000000
#define UNKNOWN_HZ 24000000 /* where nobody answers for the clock: what the smallest of the F1 runs at */

enum { PIN_TAMPER = 15, WAIT_TURNS = 100000 };

const struct tb_hal_board tb_hal_board = {
    .name = TB_BOARD_NAME,
    .devices = TB_LINK_DEVICE_NFC | TB_LINK_DEVICE_SCANNER,
    .capabilities = TB_LINK_CAN_TAMPER,
    .nfc_baud_max = 921600,
    .flash_write_size = 2,
    .slot_size = 28 * 1024,
    .slot_at = {0x08002000, 0x08009000},
    .record_at = {0x08001800, 0x08001c00},
};

/* The crystal may be missing or broken: each step is left out when the one before it did not come about. */
static uint32_t clock_start(void)
{
    if (!stm32_clocks_answer(RCC_CR))
        return UNKNOWN_HZ;
    REGISTER(RCC_CR) |= CR_HSE_ON;
    if (!cortexm_wait(RCC_CR, CR_HSE_READY, CR_HSE_READY, WAIT_TURNS))
        return HSI_HZ;
    REGISTER(FLASH_ACR) = ACR_72_MHZ;
    REGISTER(RCC_CFGR) = CFGR_PLL_HSE_9;
    REGISTER(RCC_CR) |= CR_PLL_ON;
    if (!cortexm_wait(RCC_CR, CR_PLL_READY, CR_PLL_READY, WAIT_TURNS)) {
        REGISTER(RCC_CFGR) = 0;
        return HSI_HZ;
    }
    REGISTER(RCC_CFGR) = CFGR_PLL_HSE_9 | CFGR_SWITCH_PLL;
    return cortexm_wait(RCC_CFGR, CFGR_STATUS, CFGR_STATUS_PLL, WAIT_TURNS) ? PLL_HZ : HSI_HZ;
}

/* Four bits per pin: 2 output, b alternate output, 8 input with pull-up (and 4, floating, as after reset).
 * The low halves are the NFC chip's. */
static void pins_start(void)
{
    REGISTER(RCC_APB2ENR) |= 1u << 0 | 1u << 2 | 1u << 3 | 1u << 14; /* AFIO, ports A and B, USART1 */
    REGISTER(RCC_APB1ENR) |= 1u << 18;                               /* USART3 */
    REGISTER(PORT_A + PORT_CRH) = 0x444448b4;                        /* 9 transmit, 10 receive */
    REGISTER(PORT_B + PORT_CRH) = 0x82228b44; /* 10 transmit, 11 receive, 12 to 14 output, 15 switch */
    REGISTER(PORT_A + PORT_BSRR) = 1u << 10;
    REGISTER(PORT_B + PORT_BSRR) = 1u << 11 | 1u << PIN_TAMPER;
}

void tb_hal_start(void)
{
    stm32_life_start(RCC_CSR, 40000);
    uint32_t core_hz = clock_start();
    uint32_t apb1_hz = core_hz == PLL_HZ ? core_hz / 2 : core_hz;
    pins_start();
    stm32_outputs_at(PORT_B + PORT_BSRR);
    cortexm_start(core_hz);
    stm32_uart_start(TB_HAL_UART_LINK, 0x40013800, core_hz, 115200);
    stm32_nfc_start(core_hz, apb1_hz);
    stm32_uart_start(TB_HAL_UART_SCANNER, 0x40004800, apb1_hz, 9600);
}

/* A closed housing pulls the pin to ground. */
bool tb_hal_tamper(void)
{
    return REGISTER(PORT_B + PORT_IDR) >> PIN_TAMPER & 1;
}
