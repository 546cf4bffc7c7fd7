# What the toolchain files of the ARM Linux architectures share: the sysroot of cmake/deps/sysroot.sh, the compiler in
# it, pkg-config confined to it, and the emulator that runs the tests.

set(CMAKE_SYSTEM_NAME Linux)

find_program(tb_cross_gcc ${tb_triple}-gcc)
if(NOT tb_cross_gcc)
    message(FATAL_ERROR "${tb_triple}-gcc is missing (Debian package: ${tb_gcc_package})")
endif()
find_program(tb_emulator NAMES ${tb_emulators})
if(NOT tb_emulator)
    message(FATAL_ERROR "an emulator to run the tests is missing (Debian package: qemu-user-static)")
endif()

# The tree has its sysroot under one name, whichever one is current: CMake keeps the paths of what it found. Known already
# when this is read by a check of the compiler, or by the build of the pinned libraries.
if(NOT DEFINED TB_SYSROOT)
    get_filename_component(tb_cache ${CMAKE_CURRENT_LIST_DIR}/../build/deps ABSOLUTE)
    if(TB_DEPS_DIR)
        set(tb_cache ${TB_DEPS_DIR})
    endif()
    execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/deps/sysroot.sh ${tb_cache} ${tb_architecture}
        OUTPUT_VARIABLE tb_sysroot OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE tb_failed)
    if(tb_failed)
        message(FATAL_ERROR "the libraries for ${tb_architecture} could not be had")
    endif()
    set(TB_SYSROOT ${CMAKE_BINARY_DIR}/sysroot)
    file(CREATE_LINK ${tb_sysroot} ${TB_SYSROOT} SYMBOLIC)
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES TB_SYSROOT)

set(CMAKE_SYSROOT ${TB_SYSROOT})
set(CMAKE_C_COMPILER ${TB_SYSROOT}/bin/cc)
foreach(tool AR RANLIB NM OBJDUMP READELF STRIP OBJCOPY)
    string(TOLOWER ${tool} name)
    set(CMAKE_${tool} ${tb_triple}-${name})
endforeach()
set(CMAKE_LIBRARY_ARCHITECTURE ${tb_triple})
set(CMAKE_FIND_ROOT_PATH ${TB_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${TB_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${TB_SYSROOT}/usr/lib/${tb_triple}/pkgconfig:${TB_SYSROOT}/usr/share/pkgconfig)
set(CMAKE_CROSSCOMPILING_EMULATOR ${tb_emulator} ${tb_emulator_options} -L ${TB_SYSROOT})
