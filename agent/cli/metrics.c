#include "agent/cli/session.h"

#include "agent/cli/print.h"

enum { OUT_SIZE_MAX = 32 * 1024, LINE_SIZE_MAX = 1024, LINE_COUNT_MAX = 1024 };

enum tb_cli_exit tb_cli_metrics(const struct tb_cli *cli)
{
    static struct tb_cli_session session;
    static uint8_t memory[OUT_SIZE_MAX];
    enum tb_cli_exit exit_code = tb_cli_session_ask(&session, cli, "metrics", NULL);
    if (exit_code != TB_CLI_OK)
        return exit_code;
    tb_cli_session_close(&session);
    if (cli->json)
        return tb_cli_session_print_json(&session, cli);
    struct tb_buf out = tb_buf_of(memory, sizeof memory);
    struct tb_check check = {.err = TB_OK};
    struct tb_json lines = tb_json_array(&check, session.message.result, "lines", LINE_COUNT_MAX);
    for (struct tb_json_each each = tb_json_first(lines); tb_json_exists(each.value); tb_json_next(&each)) {
        tb_print_clean(&out, tb_json_as_text(&check, each.value, "lines", LINE_SIZE_MAX));
        tb_buf_add_u8(&out, '\n');
    }
    return tb_cli_session_print(cli, &out, &check);
}
