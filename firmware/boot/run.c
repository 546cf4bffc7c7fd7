#include "firmware/boot/boot.h"
#include "firmware/hal/hal.h"
#include "firmware/update/update.h"

void boot_run(void)
{
    struct choice c = boot_prepare();
    if (c.trial)
        tb_hal_watchdog_start(UPDATE_WATCHDOG_MS);
    if (c.slot < TB_HAL_SLOT_COUNT)
        tb_hal_boot(tb_hal_board.slot_at[c.slot] + TB_IMAGE_BODY_AT);
    /* Nothing to start: somebody has to come with a programmer. */
    tb_hal_start();
    tb_hal_lights(TB_HAL_LIGHT_RED);
    for (;;)
        tb_hal_idle();
}
