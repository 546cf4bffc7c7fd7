set(board_cpu -mcpu=cortex-m4 -mthumb)
set(board_sources boards/mcu/stm32f405/board.c boards/mcu/common/stm32.c boards/mcu/common/cortexm.c
    boards/mcu/common/flash_none.c)
