/* The flash functions of a board without slots: there is one image, and it is written by a programmer. */
#include "firmware/hal/hal.h"

uint32_t tb_hal_flash_unit(uint32_t address)
{
    (void)address;
    return 0;
}

enum tb_err tb_hal_flash_erase(uint32_t address)
{
    (void)address;
    return TB_ERR_UNSUPPORTED;
}

enum tb_err tb_hal_flash_write(uint32_t address, struct tb_span bytes)
{
    (void)address;
    (void)bytes;
    return TB_ERR_UNSUPPORTED;
}

struct tb_span tb_hal_flash_read(uint32_t address, size_t size)
{
    (void)address;
    (void)size;
    return tb_span_of(NULL, 0);
}
