/* STM32F405: Cortex-M4 at 84 MHz, without a crystal. Pins and wiring are in README.md. */
#include "boards/mcu/common/cortexm.h"
#include "boards/mcu/common/stm32.h"
#include "boards/mcu/stm32f405/registers.h"

/* Reset and clock control, RM0090 section 7.3; flash access, section 3.9. */
#define RCC_CR 0x40023800
#define RCC_PLLCFGR 0x40023804
#define RCC_CFGR 0x40023808
#define RCC_AHB1ENR 0x40023830
#define RCC_APB2ENR 0x40023844
#define RCC_CSR 0x40023874
#define FLASH_ACR 0x40023c00

#define CR_PLL_ON (1u << 24)
#define CR_PLL_READY (1u << 25)
#define PLL_84_MHZ (16u | 336u << 6 | 1u << 16 | 7u << 24) /* HSI / 16 x 336 / 4; 48 MHz clock / 7 */
#define CFGR_APB1_HALF (4u << 10)
#define CFGR_SWITCH_PLL 2u
#define CFGR_STATUS (3u << 2)
#define CFGR_STATUS_PLL (2u << 2)
#define ACR_84_MHZ 0x702 /* two wait states, prefetch, caches */

#define HSI_HZ 16000000
#define PLL_HZ 84000000
#define UNKNOWN_HZ 168000000 /* where nobody answers for the clock: what the chip runs at most */

enum { PIN_TAMPER = 15, WAIT_TURNS = 100000 };

const struct tb_hal_board tb_hal_board = {
    .name = TB_BOARD_NAME,
    .devices = TB_LINK_DEVICE_NFC | TB_LINK_DEVICE_SCANNER,
    .capabilities = TB_LINK_CAN_TAMPER,
    .nfc_baud_max = 921600,
    .flash_write_size = 4,
    .slot_size = 80 * 1024,
    .slot_at = {0x0800c000, 0x08020000},
    .record_at = {0x08004000, 0x08008000},
};

static uint32_t clock_start(void)
{
    if (!stm32_clocks_answer(RCC_CR))
        return UNKNOWN_HZ;
    REGISTER(FLASH_ACR) = ACR_84_MHZ;
    REGISTER(RCC_PLLCFGR) = PLL_84_MHZ;
    REGISTER(RCC_CFGR) = CFGR_APB1_HALF;
    REGISTER(RCC_CR) |= CR_PLL_ON;
    if (!cortexm_wait(RCC_CR, CR_PLL_READY, CR_PLL_READY, WAIT_TURNS)) {
        REGISTER(RCC_CFGR) = 0;
        return HSI_HZ;
    }
    REGISTER(RCC_CFGR) = CFGR_APB1_HALF | CFGR_SWITCH_PLL;
    return cortexm_wait(RCC_CFGR, CFGR_STATUS, CFGR_STATUS_PLL, WAIT_TURNS) ? PLL_HZ : HSI_HZ;
}

/* After a reset the fields of these pins are 0: input, no pull. */
static void pins_start(void)
{
    REGISTER(RCC_AHB1ENR) |= 3;        /* ports A and B */
    REGISTER(RCC_APB1ENR) |= 1u << 18; /* USART3 */
    REGISTER(RCC_APB2ENR) |= 1u << 4;  /* USART1 */
    REGISTER(PORT_A + PORT_AF_HIGH) |= AF_USART << 4 | AF_USART << 8;
    REGISTER(PORT_B + PORT_AF_HIGH) |= AF_USART << 8 | AF_USART << 12;
    REGISTER(PORT_A + PORT_PULL) |= PIN(9, PULL_UP) | PIN(10, PULL_UP);
    REGISTER(PORT_B + PORT_PULL) |= PIN(10, PULL_UP) | PIN(11, PULL_UP) | PIN(PIN_TAMPER, PULL_UP);
    REGISTER(PORT_A + PORT_MODE) |= PIN(9, MODE_ALTERNATE) | PIN(10, MODE_ALTERNATE);
    REGISTER(PORT_B + PORT_MODE) |= PIN(10, MODE_ALTERNATE) | PIN(11, MODE_ALTERNATE) | PIN(12, MODE_OUTPUT) |
                                    PIN(13, MODE_OUTPUT) | PIN(14, MODE_OUTPUT);
}

void tb_hal_start(void)
{
    stm32_life_start(RCC_CSR, 32000);
    uint32_t core_hz = clock_start();
    uint32_t apb1_hz = core_hz == PLL_HZ ? core_hz / 2 : core_hz;
    pins_start();
    stm32_outputs_at(PORT_B + PORT_BSRR);
    cortexm_start(core_hz);
    stm32_uart_start(TB_HAL_UART_LINK, 0x40011000, core_hz, 115200);
    stm32_nfc_start(core_hz, apb1_hz);
    stm32_uart_start(TB_HAL_UART_SCANNER, 0x40004800, apb1_hz, 9600);
}

/* A closed housing pulls the pin to ground. */
bool tb_hal_tamper(void)
{
    return REGISTER(PORT_B + PORT_IDR) >> PIN_TAMPER & 1;
}
