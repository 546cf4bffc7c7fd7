/* Registers of the STM32F103 that more than one source of this board needs: reset and clock control (RM0008
 * section 7.3), general purpose I/O (section 9.2). */
#ifndef TB_BOARDS_MCU_STM32F103_REGISTERS_H
#define TB_BOARDS_MCU_STM32F103_REGISTERS_H

#define RCC_APB1ENR 0x4002101c

#define PORT_A 0x40010800
#define PORT_B 0x40010c00
#define PORT_CRL 0x00
#define PORT_CRH 0x04
#define PORT_IDR 0x08
#define PORT_BSRR 0x10

#endif
