/* The PN532 on USART2: PA2 transmits, PA3 receives. */
#include "boards/mcu/common/cortexm.h"
#include "boards/mcu/common/stm32.h"
#include "boards/mcu/stm32f405/registers.h"

uint8_t stm32_nfc_in[64], stm32_nfc_out[32];

void stm32_nfc_start(uint32_t core_hz, uint32_t apb1_hz)
{
    (void)core_hz;
    REGISTER(RCC_APB1ENR) |= 1u << 17;
    REGISTER(PORT_A + PORT_AF_LOW) |= AF_USART << 8 | AF_USART << 12;
    REGISTER(PORT_A + PORT_PULL) |= PIN(2, PULL_UP) | PIN(3, PULL_UP);
    REGISTER(PORT_A + PORT_MODE) |= PIN(2, MODE_ALTERNATE) | PIN(3, MODE_ALTERNATE);
    stm32_uart_start(TB_HAL_UART_NFC, 0x40004400, apb1_hz, 115200);
}
