#include "boards/mcu/common/cortexm.h"

#include "core/image/image.h"
#include "firmware/hal/hal.h"

#define SYSTICK_CONTROL 0xe000e010 /* bit 0 on, bit 1 interrupt, bit 2 core clock */
#define SYSTICK_RELOAD 0xe000e014
#define SYSTICK_VALUE 0xe000e018
#define NVIC_ENABLE 0xe000e100
#define VECTOR_TABLE 0xe000ed08
#define RESET_CONTROL 0xe000ed0c
#define RESET_REQUEST 0x05fa0004 /* key and SYSRESETREQ */

enum { IRQ_COUNT = 48, EXCEPTION_OF_IRQ = 16, PAINT = 0xa5 };

/* Made by the linker script. */
extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[];
extern uint8_t stack_start[], stack_end[];

int main(void);
_Noreturn void reset_handler(void);

static volatile int64_t tick_ms;
static volatile bool interrupted; /* since the main loop slept last */

/* ---- startup ---- */

/* A fault is a bug or a broken chip: both are better off with a fresh start. */
static void fault_handler(void)
{
    tb_hal_reset();
}

static void tick_handler(void)
{
    tick_ms++;
    interrupted = true;
}

static void device_handler(void)
{
    uint32_t exception;
    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    board_interrupt(exception - EXCEPTION_OF_IRQ);
    interrupted = true;
}

/* The watchdog's warning on boards that have one: nothing is done, so that it bites. */
static void warning_handler(void)
{
}

typedef void (*vector)(void);

static const struct {
    const void *stack;
    vector exceptions[EXCEPTION_OF_IRQ - 1];
    vector irqs[IRQ_COUNT];
} vectors __attribute__((section(".vectors"), used)) = {
    .stack = stack_end,
    .exceptions = {reset_handler, warning_handler, fault_handler, fault_handler, fault_handler, fault_handler,
                   0, 0, 0, 0, fault_handler, fault_handler, 0, fault_handler, tick_handler},
    .irqs = {[0 ... IRQ_COUNT - 1] = device_handler},
};

void reset_handler(void)
{
    const uint32_t *from = data_load;
    for (uint32_t *to = data_start; to < data_end; to++)
        *to = *from++;
    for (uint32_t *to = bss_start; to < bss_end; to++)
        *to = 0;
    uint8_t *here = __builtin_frame_address(0);
    for (uint8_t *to = stack_start; to < here - 64; to++)
        *(volatile uint8_t *)to = PAINT;
    REGISTER(VECTOR_TABLE) = (uint32_t)(uintptr_t)&vectors;
    cortexm_unlock();
    (void)main();
    tb_hal_reset();
}

/* ---- for boards ---- */

void cortexm_start(uint32_t hertz)
{
    REGISTER(SYSTICK_RELOAD) = hertz / 1000 - 1;
    REGISTER(SYSTICK_VALUE) = 0;
    REGISTER(SYSTICK_CONTROL) = 7;
}

void cortexm_interrupt_on(unsigned irq)
{
    REGISTER(NVIC_ENABLE + irq / 32 * 4) = 1u << irq % 32;
}

bool cortexm_wait(uintptr_t address, uint32_t mask, uint32_t value, uint32_t turn_max)
{
    for (uint32_t i = 0; i < turn_max; i++)
        if ((REGISTER(address) & mask) == value)
            return true;
    return false;
}

/* ---- hal.h ---- */

int64_t tb_hal_now_ms(void)
{
    cortexm_lock();
    int64_t now_ms = tick_ms;
    cortexm_unlock();
    return now_ms;
}

/* An interrupt that comes between the look and the sleep stays pending and ends the sleep. */
void tb_hal_idle(void)
{
    cortexm_lock();
    if (!interrupted)
        __asm__ volatile("dsb\n\twfi" ::: "memory");
    interrupted = false;
    cortexm_unlock();
}

void cortexm_reset(void)
{
    __asm__ volatile("dsb" ::: "memory");
    REGISTER(RESET_CONTROL) = RESET_REQUEST;
    for (;;)
        __asm__ volatile("dsb" ::: "memory");
}

size_t tb_hal_stack_free(size_t *ret_size)
{
    size_t free_size = 0;
    *ret_size = (size_t)(stack_end - stack_start);
    while (free_size < *ret_size && stack_start[free_size] == PAINT)
        free_size++;
    return free_size;
}

unsigned tb_hal_slot(void)
{
    unsigned slot = 0;
    while (slot < TB_HAL_SLOT_COUNT &&
           (uintptr_t)&vectors != tb_hal_board.slot_at[slot] + (uintptr_t)TB_IMAGE_BODY_AT)
        slot++;
    return slot;
}

void tb_hal_boot(uint32_t address)
{
    const uint32_t *table = (const uint32_t *)(uintptr_t)address;
    cortexm_lock();
    REGISTER(SYSTICK_CONTROL) = 0;
    REGISTER(VECTOR_TABLE) = address;
    __asm__ volatile("dsb\n\tmsr msp, %0\n\tbx %1" : : "r"(table[0]), "r"(table[1]) : "memory");
}
