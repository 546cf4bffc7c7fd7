# The reader head's sources, for the images (firmware/CMakeLists.txt) and for the host board in the main tree.
set(TB_FIRMWARE_CORE
    core/base/buf.c core/base/span.c core/base/text.c
    core/link/crc16.c core/link/frame.c core/link/line.c core/link/message.c core/link/tap.c
    core/tag/failure.c core/tag/read.c core/tag/tap.c core/tag/type2.c core/tag/type4.c)
set(TB_FIRMWARE_APP
    firmware/app/head.c firmware/app/link.c)
