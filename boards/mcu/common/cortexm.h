/*
 * What every Cortex-M board shares: vector table and startup, the millisecond timer, interrupts, sleep,
 * the painted stack (ARMv7-M Architecture Reference Manual B3.2, B3.3, B3.4). It implements tb_hal_now_ms(),
 * tb_hal_idle(), tb_hal_stack_free() and tb_hal_boot() of hal.h.
 *
 * A board implements board_interrupt() and calls cortexm_start(). One core; interrupts do not nest.
 */
#ifndef TB_BOARDS_MCU_COMMON_CORTEXM_H
#define TB_BOARDS_MCU_COMMON_CORTEXM_H

#include <stdbool.h>
#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* Starts the timer; hertz is the clock of the core. */
void cortexm_start(uint32_t hertz);

void cortexm_interrupt_on(unsigned irq);

/* Keeps interrupts away between the two, so that main loop and interrupt do not meet in a device. */
static inline void cortexm_lock(void)
{
    __asm__ volatile("cpsid i" ::: "memory");
}

static inline void cortexm_unlock(void)
{
    __asm__ volatile("cpsie i" ::: "memory");
}

/* Waits until (register & mask) == value, for at most turn_max reads. False: it did not happen. */
bool cortexm_wait(uintptr_t address, uint32_t mask, uint32_t value, uint32_t turn_max);

_Noreturn void cortexm_reset(void);

/* The board's part of a device interrupt. */
void board_interrupt(unsigned irq);

#endif
