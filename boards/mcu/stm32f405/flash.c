/*
 * Flash of the STM32F405 (RM0090 section 3.9): sectors of 16, 64 and 128 KiB, written by words at 2.7 V and
 * more, 2 s at most for the largest sector and 100 us for a word (DS8626 table 40). The core waits while its
 * only bank is busy, so that the bounds below are met only by a controller that does not answer. Not run in
 * an emulator: QEMU's flash is read-only there.
 */
#include "boards/mcu/common/cortexm.h"
#include "core/base/assert.h"
#include "firmware/hal/hal.h"

#define FLASH_ACR 0x40023c00
#define FLASH_KEYR 0x40023c04
#define FLASH_SR 0x40023c0c
#define FLASH_CR 0x40023c10
#define KEY_1 0x45670123
#define KEY_2 0xcdef89ab
#define ACR_DATA_CACHE (1u << 10)
#define ACR_DATA_RESET (1u << 12)
#define CR_PROGRAM (1u << 0)
#define CR_ERASE (1u << 1)
#define CR_SECTOR_SHIFT 3
#define CR_WORDS (2u << 8)
#define CR_START (1u << 16)
#define CR_LOCK (1u << 31)
#define SR_BUSY (1u << 16)
#define SR_FAILED 0xf2u /* operation, protection, alignment, parallelism, sequence */
#define SR_DONE 1u

#define WAIT_TURNS 100000000u

/* Records and slots: sectors 1 to 5; what is behind them is free. */
static const struct sector {
    uint32_t at;
    uint32_t size;
} sectors[] = {{0x08004000, 16 * 1024},
               {0x08008000, 16 * 1024},
               {0x0800c000, 16 * 1024},
               {0x08010000, 64 * 1024},
               {0x08020000, 128 * 1024}};

#define AREA_AT 0x08004000u
#define AREA_END 0x08040000u
#define SECTOR_FIRST 1u

static bool area_holds(uint32_t address, size_t size)
{
    return address >= AREA_AT && address <= AREA_END && size <= AREA_END - address;
}

static unsigned sector_of(uint32_t address)
{
    unsigned i = TB_ARRAY_SIZE(sectors) - 1;
    while (i > 0 && address < sectors[i].at)
        i--;
    return i;
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

/* What the data cache holds of the flash is no longer true (RM0090 section 3.5.2). */
static void lock(void)
{
    uint32_t acr = REGISTER(FLASH_ACR);
    REGISTER(FLASH_CR) = CR_LOCK;
    REGISTER(FLASH_ACR) = acr & ~ACR_DATA_CACHE;
    REGISTER(FLASH_ACR) = (acr & ~ACR_DATA_CACHE) | ACR_DATA_RESET;
    REGISTER(FLASH_ACR) = acr;
}

static bool is_erased(const struct sector *s)
{
    uint32_t all = UINT32_MAX;
    for (uint32_t at = s->at; at < s->at + s->size; at += 4)
        all &= REGISTER(at);
    return all == UINT32_MAX;
}

uint32_t tb_hal_flash_unit(uint32_t address)
{
    return area_holds(address, 1) ? sectors[sector_of(address)].size : 0;
}

enum tb_err tb_hal_flash_erase(uint32_t address)
{
    if (!area_holds(address, 1))
        return TB_ERR_RANGE;
    unsigned i = sector_of(address);
    bool done = unlock();
    if (done) {
        uint32_t what = CR_ERASE | CR_WORDS | (SECTOR_FIRST + i) << CR_SECTOR_SHIFT;
        REGISTER(FLASH_CR) = what;
        REGISTER(FLASH_CR) = what | CR_START;
        done = ready_wait() && !(REGISTER(FLASH_SR) & SR_FAILED);
    }
    lock();
    return done && is_erased(&sectors[i]) ? TB_OK : TB_ERR_IO;
}

enum tb_err tb_hal_flash_write(uint32_t address, struct tb_span bytes)
{
    if (!area_holds(address, bytes.size) || address % 4 != 0 || bytes.size % 4 != 0)
        return TB_ERR_RANGE;
    bool done = unlock();
    if (done)
        REGISTER(FLASH_CR) = CR_PROGRAM | CR_WORDS;
    for (size_t i = 0; i < bytes.size && done; i += 4) {
        uint32_t word;
        memcpy(&word, bytes.at + i, sizeof word);
        REGISTER(address + i) = word;
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
