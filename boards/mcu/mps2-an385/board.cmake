set(board_cpu -mcpu=cortex-m3 -mthumb)
set(board_sources boards/mcu/mps2-an385/board.c boards/mcu/common/cortexm.c boards/mcu/common/flash_none.c)
