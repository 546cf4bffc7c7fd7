#include "tests/support/head/flash.h"

#include "firmware/hal/hal.h"

enum { WORD = 4, ERASE_STEPS = 4 };

uint8_t flash_memory[FLASH_SIZE];
jmp_buf flash_power;
static int step, cut;
static uint32_t worn_below;

const struct tb_hal_board tb_hal_board = {
    .name = FLASH_BOARD,
    .flash_write_size = WORD,
    .slot_size = FLASH_SLOT_SIZE,
    .slot_at = {0, FLASH_SLOT_SIZE},
    .record_at = {FLASH_RECORDS_AT, FLASH_RECORDS_AT + FLASH_RECORD_UNIT_SIZE},
};

void flash_reset(void)
{
    memset(flash_memory, 0xff, sizeof flash_memory);
    flash_cut_at(FLASH_NEVER);
    worn_below = 0;
}

void flash_cut_at(int at)
{
    step = 0;
    cut = at;
}

int flash_steps(void)
{
    return step;
}

void flash_worn_below(uint32_t address)
{
    worn_below = address;
}

static bool is_cut(void)
{
    return step++ == cut;
}

static bool holds(uint32_t address, size_t size)
{
    return address <= FLASH_SIZE && size <= FLASH_SIZE - address;
}

uint32_t tb_hal_flash_unit(uint32_t address)
{
    if (!holds(address, 1))
        return 0;
    return address < FLASH_RECORDS_AT ? FLASH_UNIT_SIZE : FLASH_RECORD_UNIT_SIZE;
}

/* A unit that loses power while it is erased holds anything: here what was, ones, and bits in between. */
enum tb_err tb_hal_flash_erase(uint32_t address)
{
    uint32_t size = tb_hal_flash_unit(address);
    if (size == 0)
        return TB_ERR_RANGE;
    if (address < worn_below)
        return TB_ERR_IO;
    uint8_t *unit = flash_memory + address / size * size;
    for (uint32_t part = 0; part < ERASE_STEPS; part++) {
        uint8_t *at = unit + part * size / ERASE_STEPS;
        if (is_cut()) {
            for (uint32_t i = 0; i < size / ERASE_STEPS; i++)
                at[i] |= (uint8_t)(0x5a << i % 3);
            longjmp(flash_power, 1);
        }
        memset(at, 0xff, size / ERASE_STEPS);
    }
    return TB_OK;
}

enum tb_err tb_hal_flash_write(uint32_t address, struct tb_span bytes)
{
    if (!holds(address, bytes.size) || address % WORD != 0 || bytes.size % WORD != 0)
        return TB_ERR_RANGE;
    if (address < worn_below)
        return TB_ERR_IO;
    for (size_t i = 0; i < bytes.size; i++) {
        if (i % WORD == 0 && is_cut()) {
            flash_memory[address + i] &= bytes.at[i] | 0x0f;
            longjmp(flash_power, 1);
        }
        flash_memory[address + i] &= bytes.at[i];
    }
    return tb_span_equal(tb_span_of(flash_memory + address, bytes.size), bytes) ? TB_OK : TB_ERR_IO;
}

struct tb_span tb_hal_flash_read(uint32_t address, size_t size)
{
    return holds(address, size) ? tb_span_of(flash_memory + address, size) : tb_span_of(NULL, 0);
}
