# Third-party libraries as imported targets; their headers count as system headers. What is missing
# stops the configuration with the name of the Debian package that brings it.

include_guard()
find_package(PkgConfig)
if(NOT PkgConfig_FOUND)
    message(FATAL_ERROR "pkg-config is missing (Debian package: pkg-config)")
endif()

# tb_find_pkg(<target> <pkg-config module> <Debian package>)
function(tb_find_pkg target module package)
    pkg_check_modules(${target} QUIET IMPORTED_TARGET GLOBAL ${module})
    if(NOT ${target}_FOUND)
        message(FATAL_ERROR "${module} is missing (Debian package: ${package})")
    endif()
    add_library(tb::${target} ALIAS PkgConfig::${target})
endfunction()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
tb_find_pkg(sqlite3 sqlite3 libsqlite3-dev)
tb_find_pkg(libnfc libnfc libnfc-dev)
tb_find_pkg(cmocka cmocka libcmocka-dev)
