/*
 * What the STM32F1 and STM32F4 have in common: the USART with its interrupts, the independent watchdog, and
 * the reset flags. Sources: RM0008 (F1), RM0090 (F4). It implements the serial lines and the watchdog of
 * hal.h, and tb_hal_reset(), for three USARTs with interrupts 37 to 39.
 *
 * A board calls these functions from tb_hal_start() and implements the rest; stm32_nfc_start() in a source of
 * its own for each bus that its NFC chip may hang on, of which an image has one.
 */
#ifndef TB_BOARDS_MCU_COMMON_STM32_H
#define TB_BOARDS_MCU_COMMON_STM32_H

#include "firmware/hal/hal.h"

/* Peripheral base address and the clock that it divides. After the pins and the clocks are on. */
void stm32_uart_start(enum tb_hal_uart uart, uint32_t base, uint32_t clock_hz, uint32_t baud);

/* The board's: pins and clocks of the bus that its NFC chip hangs on. After the ports' clocks are on. */
void stm32_nfc_start(uint32_t core_hz, uint32_t apb1_hz);

/* What waits on the NFC chip's USART. Defined beside stm32_nfc_start() where there is one, and nowhere else.
 */
extern uint8_t stm32_nfc_in[64] __attribute__((weak));
extern uint8_t stm32_nfc_out[32] __attribute__((weak));

/*
 * Reads RCC_CSR for the reset cause and clears its flags; watchdog_hz is the frequency of the watchdog's own
 * oscillator: 40 kHz in the F1, 32 kHz in the F4, both within a factor of 2.
 */
void stm32_life_start(uint32_t csr_address, uint32_t watchdog_hz);

/* Where the set/reset register is of the port whose pins 12 to 14 are green light, red light and beeper. */
void stm32_outputs_at(uint32_t bsrr_address);

/*
 * Whether the clock controller answers: its HSI ready flag is set whenever the core runs on the HSI, as it
 * does after a reset. In an emulator without the controller it is not, and the core's clock is what that
 * machine says.
 */
bool stm32_clocks_answer(uint32_t cr_address);

#endif
