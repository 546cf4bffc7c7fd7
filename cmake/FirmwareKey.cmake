# The key whose signatures a firmware accepts, as a C source. Without one of your own a demo key is made at the
# first build; it lies in build/, and every build of this checkout shares it.
#
#   tb_firmware_key(<top folder> <variable>)      sets the variable to the path of the C source

include_guard()
find_program(TB_NODE node)
if(NOT TB_NODE)
    message(FATAL_ERROR "node is missing (Debian package: nodejs)")
endif()
set(TB_FIRMWARE_KEY "" CACHE FILEPATH "Public or private key (PEM) that firmware images are verified with; empty: a demo key")

function(tb_firmware_key top variable)
    set(tool ${top}/firmware/image.mjs)
    set(source ${CMAKE_BINARY_DIR}/verify_key.c)
    set(key ${TB_FIRMWARE_KEY})
    if(NOT key)
        set(key ${top}/build/firmware/demo.pem)
        set(make COMMAND ${TB_NODE} ${tool} key ${key})
    endif()
    add_custom_command(OUTPUT ${source} ${make} COMMAND ${TB_NODE} ${tool} public ${key} ${source}
        DEPENDS ${tool} VERBATIM)
    set(${variable} ${source} PARENT_SCOPE)
endfunction()
