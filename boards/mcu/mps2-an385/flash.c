/*
 * What stands for this board's flash: its PSRAM (DAI0385D section 4.1), which keeps its contents over a reset
 * and lies outside of what QEMU loads again then. It is written as flash is: erased in units, bits only fall.
 */
#include "firmware/hal/hal.h"

#define FLASH_AT 0x21000000u
#define UNIT_SIZE 1024u
#define SLOT_SIZE (32u * 1024)
#define WRITE_SIZE 4u
#define RECORDS_SIZE (4 * UNIT_SIZE)
#define FLASH_SIZE (RECORDS_SIZE + TB_HAL_SLOT_COUNT * SLOT_SIZE)

static uint8_t *flash_at(uint32_t address)
{
    return (uint8_t *)(uintptr_t)address; /* NOLINT(performance-no-int-to-ptr): it is an address */
}

static bool flash_holds(uint32_t address, size_t size)
{
    uint32_t offset = address - FLASH_AT;
    return offset <= FLASH_SIZE && size <= FLASH_SIZE - offset;
}

uint32_t tb_hal_flash_unit(uint32_t address)
{
    return flash_holds(address, 1) ? UNIT_SIZE : 0;
}

enum tb_err tb_hal_flash_erase(uint32_t address)
{
    if (!flash_holds(address, 1))
        return TB_ERR_RANGE;
    memset(flash_at(address - address % UNIT_SIZE), 0xff, UNIT_SIZE);
    return TB_OK;
}

enum tb_err tb_hal_flash_write(uint32_t address, struct tb_span bytes)
{
    uint8_t *at = flash_at(address);
    if (!flash_holds(address, bytes.size) || address % WRITE_SIZE != 0 || bytes.size % WRITE_SIZE != 0)
        return TB_ERR_RANGE;
    for (size_t i = 0; i < bytes.size; i++)
        at[i] &= bytes.at[i];
    return tb_span_equal(tb_span_of(at, bytes.size), bytes) ? TB_OK : TB_ERR_IO;
}

struct tb_span tb_hal_flash_read(uint32_t address, size_t size)
{
    return flash_holds(address, size) ? tb_span_of(flash_at(address), size) : tb_span_of(NULL, 0);
}
