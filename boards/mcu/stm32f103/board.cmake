set(board_cpu -mcpu=cortex-m3 -mthumb)
set(board_sources boards/mcu/stm32f103/board.c boards/mcu/stm32f103/nfc_uart.c boards/mcu/stm32f103/flash.c boards/mcu/common/stm32.c
    boards/mcu/common/cortexm.c)
set(board_nfc_bus UART)
set(board_slots 0x08002000 0x08009000)
set(board_slot_size 28K)
set(board_boot_size 6K)
