/*
 * Flash of the STM32F103 (PM0075): pages of 1 KiB, written by half-words, 40 ms at most for a page and 70 us
 * for a half-word (DS5319 table 28). The core waits while its only bank is busy, so that the bounds below are
 * met only by a controller that does not answer. Not run in an emulator: QEMU's flash is read-only there.
 */
#include "boards/mcu/common/cortexm.h"
#include "firmware/hal/hal.h"

#define FLASH_KEYR 0x40022004
#define FLASH_SR 0x4002200c
#define FLASH_CR 0x40022010
#define FLASH_AR 0x40022014
#define KEY_1 0x45670123
#define KEY_2 0xcdef89ab
#define CR_PROGRAM (1u << 0)
#define CR_ERASE_PAGE (1u << 1)
#define CR_START (1u << 6)
#define CR_LOCK (1u << 7)
#define SR_BUSY (1u << 0)
#define SR_FAILED (1u << 2 | 1u << 4) /* not erased before; protected */
#define SR_DONE (1u << 5)

/* Records and slots: everything behind the boot loader. */
#define AREA_AT 0x08001800u
#define AREA_END 0x08010000u
#define PAGE_SIZE 1024u
#define WAIT_TURNS 4000000u

static bool area_holds(uint32_t address, size_t size)
{
    return address >= AREA_AT && address <= AREA_END && size <= AREA_END - address;
}

static bool ready_wait(void)
{
    return cortexm_wait(FLASH_SR, SR_BUSY, 0, WAIT_TURNS);
}

static bool unlock(void)
{
    if (REGISTER(FLASH_CR) & CR_LOCK) {
        REGISTER(FLASH_KEYR) = KEY_1;
        REGISTER(FLASH_KEYR) = KEY_2;
    }
    REGISTER(FLASH_SR) = SR_FAILED | SR_DONE;
    return ready_wait() && !(REGISTER(FLASH_CR) & CR_LOCK);
}

static void lock(void)
{
    REGISTER(FLASH_CR) = CR_LOCK;
}

static bool is_erased(uint32_t address)
{
    uint32_t all = UINT32_MAX;
    for (uint32_t at = address; at < address + PAGE_SIZE; at += 4)
        all &= REGISTER(at);
    return all == UINT32_MAX;
}

static void half_write(uint32_t address, uint32_t half)
{
    *(volatile uint16_t *)(uintptr_t)address = (uint16_t)half; /* NOLINT(performance-no-int-to-ptr) */
}

uint32_t tb_hal_flash_unit(uint32_t address)
{
    return area_holds(address, 1) ? PAGE_SIZE : 0;
}

enum tb_err tb_hal_flash_erase(uint32_t address)
{
    uint32_t page = address - address % PAGE_SIZE;
    if (!area_holds(address, 1))
        return TB_ERR_RANGE;
    bool done = unlock();
    if (done) {
        REGISTER(FLASH_CR) = CR_ERASE_PAGE;
        REGISTER(FLASH_AR) = page;
        REGISTER(FLASH_CR) = CR_ERASE_PAGE | CR_START;
        done = ready_wait() && is_erased(page);
    }
    lock();
    return done ? TB_OK : TB_ERR_IO;
}

enum tb_err tb_hal_flash_write(uint32_t address, struct tb_span bytes)
{
    if (!area_holds(address, bytes.size) || address % 2 != 0 || bytes.size % 2 != 0)
        return TB_ERR_RANGE;
    bool done = unlock();
    if (done)
        REGISTER(FLASH_CR) = CR_PROGRAM;
    for (size_t i = 0; i < bytes.size && done; i += 2) {
        half_write(address + (uint32_t)i, bytes.at[i] | (uint32_t)bytes.at[i + 1] << 8);
        done = ready_wait() && !(REGISTER(FLASH_SR) & SR_FAILED);
    }
    lock();
    return done && tb_span_equal(tb_hal_flash_read(address, bytes.size), bytes) ? TB_OK : TB_ERR_IO;
}

struct tb_span tb_hal_flash_read(uint32_t address, size_t size)
{
    if (!area_holds(address, size))
        return tb_span_of(NULL, 0);
    return tb_span_of((const void *)(uintptr_t)address, size); /* NOLINT(performance-no-int-to-ptr) */
}
