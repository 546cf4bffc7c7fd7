# How the project's own code is built: one place for flags, and one function for each kind of target.
#
#   tb_library(tb_core_base SOURCES span.c ... DEPENDS tb::yyjson ...)   a static library
#   tb_program(tillbridged SOURCES main.c ... DEPENDS ...)               an executable in bin/
#   tb_test(unit base/test_span SOURCES test_span.c DEPENDS ...)         ctest "unit.base.span", label "unit"
#   tb_fuzz(ndef DEPENDS ...)                                            tests/fuzz/fuzz_ndef.c with its corpus
#
# Includes are written from the root of the repository. Options of tb_test: ENVIRONMENT <name=value ...>, TIMEOUT <seconds>
# and COST <seconds>, see tb_add_test.

include_guard()
include(CheckPIESupported)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
check_pie_supported(LANGUAGES C)

option(TB_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(TB_FUZZ "Build the libFuzzer binaries (clang only)" OFF)
option(TB_WALLETS "Build Google Smart Tap and Apple VAS: docs/credentials.md says who may" OFF)
set(TB_TEST_KINDS "unit;sim;crash;integration;hil;e2e;fuzz;lint" CACHE STRING "Labels of the tests that this build registers")
set(TB_TEST_PREFIX "" CACHE STRING "Put before every test's name, so that the trees of several presets can run together")

add_library(tb_flags INTERFACE)
target_compile_definitions(tb_flags INTERFACE _GNU_SOURCE)
target_include_directories(tb_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(tb_flags INTERFACE
    -Wall -Wextra -Werror -Wconversion -Wsign-conversion -Wshadow -Wundef -Wvla
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wwrite-strings -Wpointer-arith
    -Wformat=2 -Wimplicit-fallthrough -Wdouble-promotion -Wcast-qual
    -fno-common -fno-strict-aliasing -ffunction-sections -fdata-sections)
target_link_options(tb_flags INTERFACE
    -Wl,--gc-sections -Wl,--as-needed -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)

# SQL statements are written over several lines; TB_ASSERT(!"why") says what cannot be.
target_compile_options(tb_flags INTERFACE
    $<$<C_COMPILER_ID:Clang>:-Wno-string-concatenation> $<$<C_COMPILER_ID:Clang>:-Wno-string-conversion>)

if(CMAKE_SIZEOF_VOID_P EQUAL 4)
    target_compile_definitions(tb_flags INTERFACE _TIME_BITS=64 _FILE_OFFSET_BITS=64)
endif()

if(TB_SANITIZE)
    set(tb_sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(tb_flags INTERFACE ${tb_sanitizers})
    target_link_options(tb_flags INTERFACE ${tb_sanitizers})
else()
    target_compile_options(tb_flags INTERFACE
        -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection
        -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
        target_compile_options(tb_flags INTERFACE -fcf-protection=full)
    elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
        target_compile_options(tb_flags INTERFACE -mbranch-protection=standard)
    endif()
endif()

if(TB_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "TB_FUZZ needs clang (Debian package: clang-19)")
    endif()
    target_compile_options(tb_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(tb_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(TB_SYMBOLIZER NAMES llvm-symbolizer-19 llvm-symbolizer)
set(tb_sanitizer_environment ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1)
if(TB_SYMBOLIZER)
    list(APPEND tb_sanitizer_environment ASAN_SYMBOLIZER_PATH=${TB_SYMBOLIZER})
endif()

function(tb_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS")
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE tb_flags PUBLIC ${arg_DEPENDS})
    if(name MATCHES "^tb_core_")
        set_property(GLOBAL APPEND PROPERTY TB_CORE_LIBRARIES ${name})
    endif()
endfunction()

function(tb_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS")
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE tb_flags ${arg_DEPENDS})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
    set_property(GLOBAL APPEND PROPERTY TB_PROGRAMS ${name})
endfunction()

# Of each kind, the seconds after which a test is given up: at least four times what the longest of them takes on a quiet
# machine, so that only one that hangs is. And what one of them takes about: the long ones are begun first, so that the
# short ones fill what is left at the end.
set(TB_TIMEOUT_unit 120)
set(TB_TIMEOUT_fuzz 120)
set(TB_TIMEOUT_lint 300)
set(TB_TIMEOUT_integration 600)
set(TB_TIMEOUT_crash 600)
set(TB_TIMEOUT_sim 600)
set(TB_TIMEOUT_hil 600)
set(TB_TIMEOUT_e2e 900)
set(TB_TIMEOUT_board 1200)
set(TB_COST_crash 40)
set(TB_COST_sim 30)
set(TB_COST_e2e 15)
set(TB_COST_hil 12)
set(TB_COST_integration 5)

# Registers a command as a test when this build runs its kind. It finds the programs of this build in $TB_BIN.
#   tb_add_test(<kind> <name> COMMAND <command ...> [TIMEOUT s] [COST s] [PROCESSORS n] [ENVIRONMENT ...])
# TIMEOUT and COST: where the kind's would be far off.
function(tb_add_test kind name)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT;COST;PROCESSORS" "COMMAND;ENVIRONMENT")
    if(NOT kind IN_LIST TB_TEST_KINDS)
        return()
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT ${TB_TIMEOUT_${kind}})
    endif()
    if(NOT arg_COST)
        set(arg_COST ${TB_COST_${kind}})
    endif()
    if(CMAKE_CROSSCOMPILING) # in an emulator
        math(EXPR arg_TIMEOUT "4 * ${arg_TIMEOUT}")
    endif()
    if(NOT arg_PROCESSORS)
        set(arg_PROCESSORS 1)
    endif()
    set(test ${TB_TEST_PREFIX}${kind}.${name})
    add_test(NAME ${test} COMMAND ${arg_COMMAND})
    set_tests_properties(${test} PROPERTIES
        LABELS ${kind}
        TIMEOUT ${arg_TIMEOUT}
        ENVIRONMENT "${tb_sanitizer_environment};TB_BIN=${CMAKE_BINARY_DIR}/bin;${arg_ENVIRONMENT}"
        PROCESSORS ${arg_PROCESSORS})
    if(arg_COST)
        set_tests_properties(${test} PROPERTIES COST ${arg_COST})
    endif()
endfunction()

function(tb_test kind path)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT;COST" "SOURCES;DEPENDS;ENVIRONMENT")
    if(NOT kind IN_LIST TB_TEST_KINDS)
        return()
    endif()
    get_filename_component(file ${path} NAME)
    get_filename_component(module ${path} DIRECTORY)
    if(NOT arg_SOURCES)
        set(arg_SOURCES ${file}.c)
    endif()
    string(REGEX REPLACE "^test_" "" noun ${file})
    string(REPLACE "/" "." module "${module}")
    set(target test_${kind}_${module}_${noun})
    add_executable(${target} ${arg_SOURCES})
    target_link_libraries(${target} PRIVATE tb_flags ${arg_DEPENDS} tb::cmocka)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    tb_add_test(${kind} ${module}.${noun} COMMAND ${target}
        TIMEOUT ${arg_TIMEOUT} COST ${arg_COST} ENVIRONMENT ${arg_ENVIRONMENT})
endfunction()

# The corpus is replayed as an ordinary test in every build; with TB_FUZZ the libFuzzer binary is
# built as well and given a short run with a fixed seed.
function(tb_fuzz noun)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS")
    if(NOT fuzz IN_LIST TB_TEST_KINDS)
        return()
    endif()
    set(folder ${PROJECT_SOURCE_DIR}/tests/fuzz)
    set(corpus ${folder}/corpus/${noun})
    if(NOT arg_SOURCES)
        set(arg_SOURCES fuzz_${noun}.c)
    endif()
    list(TRANSFORM arg_SOURCES PREPEND ${folder}/)

    add_executable(fuzz_replay_${noun} ${arg_SOURCES} ${folder}/replay.c)
    target_link_libraries(fuzz_replay_${noun} PRIVATE tb_flags ${arg_DEPENDS})
    set_target_properties(fuzz_replay_${noun} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    tb_add_test(fuzz ${noun}.replay COMMAND fuzz_replay_${noun} ${corpus})

    if(TB_FUZZ)
        add_executable(fuzz_${noun} ${arg_SOURCES})
        target_link_libraries(fuzz_${noun} PRIVATE tb_flags ${arg_DEPENDS})
        target_link_options(fuzz_${noun} PRIVATE -fsanitize=fuzzer)
        set_target_properties(fuzz_${noun} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
        # Without a second corpus folder libFuzzer would write what it finds into the first one.
        set(found ${CMAKE_BINARY_DIR}/fuzz/found/${noun})
        file(MAKE_DIRECTORY ${found})
        tb_add_test(fuzz ${noun}.run COMMAND fuzz_${noun} -seed=1 -runs=20000 -max_total_time=5
            -timeout=10 -artifact_prefix=${found}/ ${found} ${corpus})
    endif()
endfunction()
