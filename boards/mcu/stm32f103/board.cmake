set(board_cpu -mcpu=cortex-m3 -mthumb)
set(board_sources boards/mcu/stm32f103/board.c boards/mcu/common/stm32.c boards/mcu/common/cortexm.c
    boards/mcu/common/flash_none.c)
