# Writes the pages' files as a C source with one array per file, each as it is sent
# (page.awk) and compressed with gzip:
#   cmake -DOUT=<file.c> -DROOT=<folder agent> "-DFILES=web/clerk/app.js;words/en.json" -P embed.cmake
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_json "application/json")

set(arrays "")
set(table "")
set(index 0)
foreach(file IN LISTS FILES)
    string(REGEX MATCH "[a-z]+$" ext "${file}")
    string(REGEX REPLACE "^/web/" "/" path "/${file}")
    string(REGEX REPLACE "/index\\.html$" "" path "${path}")

    execute_process(
        COMMAND awk -v "root=${ROOT}" -v "file=${file}" -f "${CMAKE_CURRENT_LIST_DIR}/page.awk"
        COMMAND gzip -9nc
        OUTPUT_FILE "${OUT}.gz" COMMAND_ERROR_IS_FATAL ANY)
    file(READ "${OUT}.gz" hex HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
    string(APPEND arrays "static const uint8_t file_${index}[] = {${bytes}};\n")
    string(APPEND table "    {\"${path}\", \"${type_${ext}}\", {file_${index}, sizeof file_${index}}},\n")
    math(EXPR index "${index} + 1")
endforeach()
file(REMOVE "${OUT}.gz")
file(WRITE "${OUT}" "#include \"agent/counter/files.h\"\n\n${arrays}\nconst struct tb_file tb_files[] = {\n${table}};\nconst size_t tb_files_count = ${index};\n")
