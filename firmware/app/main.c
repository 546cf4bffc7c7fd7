#include "firmware/app/head.h"
#include "firmware/hal/hal.h"

int main(void)
{
    tb_hal_start();
    head_run();
}
