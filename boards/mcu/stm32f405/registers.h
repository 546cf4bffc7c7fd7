/* Registers of the STM32F405 that more than one source of this board needs: reset and clock control (RM0090
 * section 7.3), general purpose I/O (section 8.4). */
#ifndef TB_BOARDS_MCU_STM32F405_REGISTERS_H
#define TB_BOARDS_MCU_STM32F405_REGISTERS_H

#define RCC_APB1ENR 0x40023840

#define PORT_A 0x40020000
#define PORT_B 0x40020400
#define PORT_MODE 0x00
#define PORT_TYPE 0x04
#define PORT_PULL 0x0c
#define PORT_IDR 0x10
#define PORT_BSRR 0x18
#define PORT_AF_LOW 0x20
#define PORT_AF_HIGH 0x24
#define MODE_OUTPUT 1u
#define MODE_ALTERNATE 2u
#define PULL_UP 1u
#define AF_USART 7u

/* One pin's field in a register of two bits a pin. */
#define PIN(pin, value) ((value) << (pin) * 2)

#endif
