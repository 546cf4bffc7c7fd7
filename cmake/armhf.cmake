# Toolchain file: 32-bit ARM boards with a floating-point unit (ARMv7 and later), Debian's armhf.
set(tb_architecture armhf)
set(tb_triple arm-linux-gnueabihf)
set(tb_gcc_package gcc-arm-linux-gnueabihf)
set(tb_emulators qemu-arm-static qemu-arm)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
