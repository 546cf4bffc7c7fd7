# The reader head's sources, for the images (firmware/CMakeLists.txt) and for the host board in the main tree.
set(TB_FIRMWARE_CORE
    core/base/buf.c core/base/span.c core/base/text.c core/image/image.c
    core/link/crc16.c core/link/frame.c core/link/line.c core/link/message.c core/link/tap.c
    core/tag/failure.c core/tag/read.c core/tag/tap.c core/tag/type2.c core/tag/type4.c)
set(TB_FIRMWARE_APP
    firmware/head/pn532.c firmware/head/pn532_frame.c
    firmware/app/feedback.c firmware/app/head.c firmware/app/link.c firmware/app/nfc.c firmware/app/scan.c)
# What the PN532 hangs on: one of them.
set(TB_FIRMWARE_BUS_UART firmware/app/bus_uart.c)
set(TB_FIRMWARE_BUS_I2C firmware/app/bus_i2c.c)
# Updates: what the boot loader and the head share, what only the head has, what only the boot loader has.
set(TB_FIRMWARE_VERIFY firmware/update/record.c firmware/update/verify.c)
set(TB_FIRMWARE_MBEDTLS_PORT firmware/update/mbedtls_port.c)
set(TB_FIRMWARE_UPDATE firmware/update/update.c)
set(TB_FIRMWARE_INSTALL firmware/app/install.c) # install_none.c in a program that is not made for slots
set(TB_FIRMWARE_BOOT firmware/boot/boot.c firmware/boot/run.c firmware/update/choose.c)
