# The same board with its PN532 on I2C.
include(${CMAKE_CURRENT_LIST_DIR}/../stm32f405/board.cmake)
list(TRANSFORM board_sources REPLACE nfc_uart nfc_i2c)
list(APPEND board_sources boards/mcu/common/i2c.c boards/mcu/common/stm32_i2c.c)
set(board_nfc_bus I2C)
