/* The PN532 on USART2: PA2 transmits, PA3 receives. */
#include "boards/mcu/common/cortexm.h"
#include "boards/mcu/common/stm32.h"
#include "boards/mcu/stm32f103/registers.h"

uint8_t stm32_nfc_in[64], stm32_nfc_out[32];

/* b alternate output, 8 input with pull-up (and 4, floating, as after reset). */
void stm32_nfc_start(uint32_t core_hz, uint32_t apb1_hz)
{
    (void)core_hz;
    REGISTER(RCC_APB1ENR) |= 1u << 17;
    REGISTER(PORT_A + PORT_CRL) = 0x44448b44;
    REGISTER(PORT_A + PORT_BSRR) = 1u << 3;
    stm32_uart_start(TB_HAL_UART_NFC, 0x40004400, apb1_hz, 115200);
}
