/*
 * The boot loader's work before it starts a slot: reads both slots and the record, chooses, and remembers.
 * Main loop only; takes as long as SHA-256 takes for two slots, and sometimes the erasing of one unit.
 */
#ifndef TB_FIRMWARE_BOOT_BOOT_H
#define TB_FIRMWARE_BOOT_BOOT_H

#include "firmware/update/choose.h"

/* The slot to start now; what has to be remembered is. */
struct choice boot_prepare(void);

/* All of it. */
_Noreturn void boot_run(void);

#endif
