/* tillbridge-boot: the boot loader as a program; see board.h. */
#include "firmware/boot/boot.h"
#include "boards/mcu/host/board.h"

int main(int argc, char **argv)
{
    if (!board_arguments(argc, argv))
        return 2;
    boot_run();
}
