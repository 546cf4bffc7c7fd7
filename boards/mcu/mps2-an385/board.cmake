set(board_cpu -mcpu=cortex-m3 -mthumb)
set(board_sources boards/mcu/mps2-an385/board.c boards/mcu/mps2-an385/flash.c boards/mcu/common/cortexm.c)
set(board_slots 0x21001000 0x21009000)
