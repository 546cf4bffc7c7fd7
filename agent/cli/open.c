#include "agent/cli/print.h"
#include "agent/cli/session.h"

enum { URL_SIZE_MAX = 512 };

enum tb_cli_exit tb_cli_open(const struct tb_cli *cli)
{
    static struct tb_cli_session session;
    const struct tb_cli_param scope = {.name = "scope",
                                       .text = cli->argument_count > 0 ? cli->arguments[0] : "clerk"};
    uint8_t memory[URL_SIZE_MAX + 1];
    enum tb_cli_exit exit_code = tb_cli_session_ask(&session, cli, "page.token", &scope);
    if (exit_code != TB_CLI_OK)
        return exit_code;
    tb_cli_session_close(&session);
    if (cli->json)
        return tb_cli_session_print_json(&session, cli);
    struct tb_buf out = tb_buf_of(memory, sizeof memory);
    struct tb_check check = {.err = TB_OK};
    tb_print_clean(&out, tb_json_text(&check, session.message.result, "url", URL_SIZE_MAX));
    tb_buf_add_u8(&out, '\n');
    return tb_cli_session_print(cli, &out, &check);
}
