#include "agent/cli/cli.h"

#include "agent/cli/print.h"
#include "core/wire/json.h"

#include <stdarg.h>
#include <stdio.h>

enum { TEXT_SIZE_MAX = 1024, JSON_SIZE_MAX = 8 * TEXT_SIZE_MAX };

static void fail_json(const char *code, const char *text)
{
    uint8_t memory[JSON_SIZE_MAX];
    struct tb_buf out = tb_buf_of(memory, sizeof memory);
    struct tb_json_writer w = tb_json_writer_of(&out);
    tb_json_open(&w, NULL);
    tb_json_open(&w, "error");
    tb_json_put_str(&w, "code", code);
    tb_json_put_str(&w, "message", text);
    tb_json_close(&w);
    tb_json_close(&w);
    tb_buf_add_u8(&out, '\n');
    (void)tb_print_flush(&out);
}

enum tb_cli_exit tb_cli_fail(const struct tb_cli *cli, enum tb_cli_exit exit_code, const char *code,
                             const char *format, ...)
{
    char text[TEXT_SIZE_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (cli->json)
        fail_json(code, text);
    else
        (void)fprintf(stderr, "tillbridge: %s\n", text);
    return exit_code;
}
