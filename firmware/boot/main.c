/*
 * The boot loader. It lies before the slots, is never updated, and talks to nobody: what it needs of the chip
 * is the flash and the watchdog.
 */
#include "firmware/boot/boot.h"

int main(void)
{
    boot_run();
}
