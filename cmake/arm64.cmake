# Toolchain file: 64-bit ARM boards, Debian's arm64.
set(tb_architecture arm64)
set(tb_triple aarch64-linux-gnu)
set(tb_gcc_package gcc-aarch64-linux-gnu)
set(tb_emulators qemu-aarch64-static qemu-aarch64)
# Signed return addresses are checked with QEMU's own function: the architecture's one takes most of the time.
set(tb_emulator_options -cpu max,pauth-impdef=on)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
