set(board_cpu -mcpu=cortex-m4 -mthumb)
set(board_sources boards/mcu/stm32f405/board.c boards/mcu/stm32f405/nfc_uart.c boards/mcu/stm32f405/flash.c boards/mcu/common/stm32.c
    boards/mcu/common/cortexm.c)
set(board_nfc_bus UART)
set(board_slots 0x0800c000 0x08020000)
set(board_slot_size 80K)
set(board_boot_size 16K)
