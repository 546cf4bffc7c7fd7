# Third-party libraries as imported targets; their headers count as system headers. What is missing
# stops the configuration with the name of the Debian package that brings it.
#
#   from pinned sources, static:  tb::mbedcrypto tb::mbedx509 tb::mbedtls tb::lws_mbedtls tb::lws_openssl tb::yyjson
#                                 tb::mbedtls_small (p256-m and SHA-256 alone; not beside tb::mbedcrypto)
#   from Debian:                  tb::sqlite3 tb::libnfc tb::zbar tb::qrencode tb::cmocka tb::openssl

include_guard()

set(TB_DEPS_DIR ${PROJECT_SOURCE_DIR}/build/deps CACHE PATH "Cache of the libraries built from pinned sources")
set(TB_DEPS_TARBALLS "" CACHE PATH "Folder with their tarballs, instead of Debian's archive")

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(PkgConfig)
if(NOT PkgConfig_FOUND)
    message(FATAL_ERROR "pkg-config is missing (Debian package: pkg-config)")
endif()

# tb_find_pkg(<name> <pkg-config module> <Debian package>)
function(tb_find_pkg name module package)
    pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL ${module})
    if(NOT ${name}_FOUND)
        message(FATAL_ERROR "${module} is missing (Debian package: ${package})")
    endif()
    add_library(tb::${name} ALIAS PkgConfig::${name})
endfunction()

tb_find_pkg(sqlite3 sqlite3 libsqlite3-dev)
tb_find_pkg(libnfc libnfc libnfc-dev)
tb_find_pkg(zbar zbar libzbar-dev)
tb_find_pkg(qrencode libqrencode libqrencode-dev)
tb_find_pkg(cmocka cmocka libcmocka-dev)
tb_find_pkg(openssl openssl libssl-dev)

# The pinned libraries do not depend on the preset: they are always built with gcc.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    set(tb_deps_cc ${CMAKE_C_COMPILER})
else()
    set(tb_deps_cc gcc)
endif()
execute_process(
    COMMAND ${CMAKE_COMMAND} -E env TB_DEPS_CC=${tb_deps_cc} TB_DEPS_TOOLCHAIN=${CMAKE_TOOLCHAIN_FILE}
        TB_DEPS_TARBALLS=${TB_DEPS_TARBALLS}
        ${PROJECT_SOURCE_DIR}/cmake/deps/build.sh ${TB_DEPS_DIR}
    OUTPUT_VARIABLE tb_deps
    RESULT_VARIABLE tb_deps_failed)
if(tb_deps_failed)
    message(FATAL_ERROR "the pinned libraries could not be built")
endif()
string(REGEX MATCHALL "[^\n]+" tb_deps "${tb_deps}")
foreach(line IN LISTS tb_deps)
    string(REGEX MATCH "^([a-z_]+)=(.+)$" line "${line}")
    set(tb_dep_${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
endforeach()
file(GLOB tb_deps_inputs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/deps/* ${PROJECT_SOURCE_DIR}/cmake/deps/patches/*)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${tb_deps_inputs})

# tb_archive(<name> <folder> <archive> [links ...])
function(tb_archive name folder archive)
    add_library(tb::${name} STATIC IMPORTED GLOBAL)
    set_target_properties(tb::${name} PROPERTIES
        IMPORTED_LOCATION ${folder}/lib/${archive}
        INTERFACE_INCLUDE_DIRECTORIES ${folder}/include
        INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()

tb_archive(mbedcrypto ${tb_dep_mbedtls} libmbedcrypto.a Threads::Threads)
tb_archive(mbedx509 ${tb_dep_mbedtls} libmbedx509.a tb::mbedcrypto)
tb_archive(mbedtls ${tb_dep_mbedtls} libmbedtls.a tb::mbedx509)
tb_archive(lws_mbedtls ${tb_dep_lws_mbedtls} libwebsockets.a tb::mbedtls)
tb_archive(lws_openssl ${tb_dep_lws_openssl} libwebsockets.a tb::openssl)
tb_archive(yyjson ${tb_dep_yyjson} libyyjson.a)
# Must equal what the archive was compiled with.
set_target_properties(tb::yyjson PROPERTIES
    INTERFACE_COMPILE_DEFINITIONS "YYJSON_DISABLE_NON_STANDARD=1;YYJSON_DISABLE_UTILS=1")

# Compiled here, as the firmware's images compile it; nothing of it is built before somebody links it.
set(tb_small ${tb_dep_mbedtls_small})
add_library(tb_mbedtls_small STATIC EXCLUDE_FROM_ALL ${tb_small}/src/p256-m.c ${tb_small}/src/sha256.c
    ${PROJECT_SOURCE_DIR}/firmware/update/mbedtls_port.c)
target_include_directories(tb_mbedtls_small SYSTEM PUBLIC ${tb_small}/include ${tb_small}/src)
target_compile_definitions(tb_mbedtls_small PUBLIC MBEDTLS_CONFIG_FILE="${PROJECT_SOURCE_DIR}/firmware/update/mbedtls_config.h")
# gcc 14.2 for aarch64 makes a product of 32 bits out of the one of 16 that p256-m falls back to, and no signature is
# right; where words have 64 bits it has no need of it. Nothing here is secret: the time may tell what was multiplied.
if(CMAKE_SIZEOF_VOID_P EQUAL 8)
    target_compile_definitions(tb_mbedtls_small PRIVATE MUL64_IS_CONSTANT_TIME)
endif()
# What the small library brings itself does not meet the whole one's in a test whose simulator needs that.
target_compile_definitions(tb_mbedtls_small PRIVATE mbedtls_platform_zeroize=tb_mbedtls_small_zeroize)
target_compile_options(tb_mbedtls_small PRIVATE -w -O2 -ffunction-sections -fdata-sections)
add_library(tb::mbedtls_small ALIAS tb_mbedtls_small)
