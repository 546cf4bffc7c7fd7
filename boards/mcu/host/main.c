/* tillbridge-head: the reader head's firmware as a program; see board.h. */
#include "boards/mcu/host/board.h"
#include "firmware/app/head.h"
#include "firmware/hal/hal.h"

int main(int argc, char **argv)
{
    if (!board_arguments(argc, argv))
        return 2;
    tb_hal_start();
    head_run();
}
