/* tap and scan: play a shopper through the simulators' control sockets, one line each way. */
#include "agent/cli/peer.h"
#include "agent/cli/print.h"
#include "agent/cli/session.h"

#include <stdio.h>

#define READER_SOCKET "pn532d.sock"
#define SCANNER_SOCKET "scannerd.sock"

enum { COMMAND_SIZE_MAX = 4096, ANSWER_SIZE_MAX = 4096, PATH_SIZE_MAX = 512 };

static enum tb_cli_exit unreachable(const struct tb_cli *cli, enum tb_err err, const char *path)
{
    if (err == TB_ERR_NOT_FOUND)
        return tb_cli_fail(cli, TB_CLI_UNREACHABLE, "simulator_not_running",
                           "the simulator is not running: nothing listens at %s", path);
    return tb_cli_fail(cli, TB_CLI_UNREACHABLE, tb_err_name(err), "%s: %s", path, tb_err_name(err));
}

static enum tb_cli_exit answer_json(const struct tb_cli *cli, struct tb_span text)
{
    uint8_t memory[2 * ANSWER_SIZE_MAX];
    struct tb_buf out = tb_buf_of(memory, sizeof memory);
    struct tb_check check = {.err = TB_OK};
    struct tb_json_writer w = tb_json_writer_of(&out);
    tb_json_open(&w, NULL);
    tb_json_put_bool(&w, "ok", true);
    tb_json_put_text(&w, "text", text);
    tb_json_close(&w);
    tb_buf_add_u8(&out, '\n');
    return tb_cli_session_print(cli, &out, &check);
}

/* "ok[ text]" or "error <code>[ text]". */
static enum tb_cli_exit answer_judge(const struct tb_cli *cli, struct tb_span answer)
{
    if (tb_span_is(answer, "ok") || tb_span_starts(answer, tb_span_str("ok "))) {
        struct tb_span text = tb_span_sub(answer, 3, ANSWER_SIZE_MAX);
        if (cli->json)
            return answer_json(cli, text);
        uint8_t memory[ANSWER_SIZE_MAX + 1];
        struct tb_buf out = tb_buf_of(memory, sizeof memory);
        struct tb_check check = {.err = TB_OK};
        tb_print_clean(&out, text);
        if (text.size)
            tb_buf_add_u8(&out, '\n');
        return tb_cli_session_print(cli, &out, &check);
    }
    if (!tb_span_starts(answer, tb_span_str("error ")))
        return tb_cli_fail(cli, TB_CLI_FAILED, "answer_senseless", "the simulator's answer makes no sense");
    uint8_t memory[ANSWER_SIZE_MAX + 1];
    struct tb_buf words = tb_buf_of(memory, sizeof memory - 1);
    tb_print_clean(&words, tb_span_sub(answer, 6, ANSWER_SIZE_MAX));
    memory[words.size] = '\0';
    if (tb_span_is(tb_buf_span(&words), "unknown_card"))
        return tb_cli_fail(cli, TB_CLI_FAILED, "simulator_refused", "the simulator has no card of that name");
    return tb_cli_fail(cli, TB_CLI_FAILED, "simulator_refused", "the simulator refused: %s", (char *)memory);
}

static enum tb_cli_exit exchange(const struct tb_cli *cli, const char *path, struct tb_span command)
{
    static struct tb_cli_peer peer;
    struct tb_span answer;
    enum tb_err err = tb_cli_peer_open(&peer, path);
    if (err == TB_OK)
        err = tb_cli_peer_send(&peer, command, cli->timeout_ms);
    if (err == TB_OK)
        err = tb_cli_peer_receive(&peer, cli->timeout_ms, &answer);
    enum tb_cli_exit exit_code = err == TB_OK ? answer_judge(cli, answer) : unreachable(cli, err, path);
    tb_cli_peer_close(&peer);
    return exit_code;
}

static enum tb_cli_exit simulate(const struct tb_cli *cli, const char *socket, const struct tb_buf *command)
{
    char path[PATH_SIZE_MAX];
    if (cli->sim_folder == NULL)
        return tb_cli_fail(cli, TB_CLI_USAGE, "no_simulator",
                           "name the folder of the simulators with --sim or $TILLBRIDGE_SIM");
    int size = snprintf(path, sizeof path, "%s/%s", cli->sim_folder, socket);
    if (size < 0 || (size_t)size >= sizeof path || command->err != TB_OK)
        return tb_cli_fail(cli, TB_CLI_USAGE, "too_long", "that is longer than a command may be");
    /* A line break would make two commands of one. */
    if (memchr(command->at, '\n', command->size) != NULL)
        return tb_cli_fail(cli, TB_CLI_USAGE, "line_break", "a name or code has no line breaks");
    return exchange(cli, path, tb_buf_span(command));
}

enum tb_cli_exit tb_cli_tap(const struct tb_cli *cli)
{
    uint8_t memory[COMMAND_SIZE_MAX];
    struct tb_buf command = tb_buf_of(memory, sizeof memory);
    if (!cli->remove && cli->argument_count == 0)
        return tb_cli_fail(cli, TB_CLI_USAGE, "usage", "tap what? name a card, or use --remove");
    tb_buf_add_str(&command, cli->remove ? "remove" : "tap");
    for (int i = 0; i < cli->argument_count; i++) {
        tb_buf_add_u8(&command, ' ');
        tb_buf_add_str(&command, cli->arguments[i]);
    }
    return simulate(cli, READER_SOCKET, &command);
}

enum tb_cli_exit tb_cli_scan(const struct tb_cli *cli)
{
    uint8_t memory[COMMAND_SIZE_MAX];
    struct tb_buf command = tb_buf_of(memory, sizeof memory);
    tb_buf_add_str(&command, "scan ");
    tb_buf_add_str(&command, cli->arguments[0]);
    return simulate(cli, SCANNER_SOCKET, &command);
}
