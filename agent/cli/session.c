#include "agent/cli/session.h"

#include "agent/cli/print.h"

#include <stdio.h>

enum { REQUEST_SIZE_MAX = 1024 };

static enum tb_cli_exit unreachable(const struct tb_cli *cli, enum tb_err err)
{
    switch (err) {
    case TB_ERR_NOT_FOUND:
        return tb_cli_fail(cli, TB_CLI_UNREACHABLE, "agent_not_running",
                           "the agent is not running: nothing listens at %s", cli->socket);
    case TB_ERR_DENIED:
        return tb_cli_fail(cli, TB_CLI_UNREACHABLE, "permission_denied",
                           "no permission for %s: be root, the agent's user, or in its group", cli->socket);
    case TB_ERR_TIMEOUT: return tb_cli_fail(cli, TB_CLI_UNREACHABLE, "timeout", "the agent does not answer");
    case TB_ERR_OFFLINE:
        return tb_cli_fail(cli, TB_CLI_UNREACHABLE, "connection_closed", "the agent closed the connection");
    default:
        return tb_cli_fail(cli, TB_CLI_UNREACHABLE, tb_err_name(err), "%s: %s", cli->socket,
                           tb_err_name(err));
    }
}

static enum tb_cli_exit senseless(const struct tb_cli *cli, const char *member)
{
    return tb_cli_fail(cli, TB_CLI_FAILED, "answer_senseless",
                       "the agent's answer makes no sense to this version of tillbridge (%s)", member);
}

static enum tb_cli_exit message_receive(struct tb_cli_session *s, const struct tb_cli *cli,
                                        uint32_t timeout_ms)
{
    struct tb_span line;
    struct tb_json root;
    struct tb_check check = {.err = TB_OK};
    struct tb_arena arena = tb_arena_of(s->memory, sizeof s->memory);
    enum tb_err err = tb_cli_peer_receive(&s->peer, timeout_ms, &line);
    if (err != TB_OK)
        return unreachable(cli, err);
    s->body = tb_span_of(NULL, 0);
    if (tb_json_parse(line, TB_CLI_LINE_MAX, &arena, &root) == TB_OK)
        s->body = tb_json_raw(root, tb_json_has(root, "result") ? "result" : "params");
    arena = tb_arena_of(s->memory, sizeof s->memory);
    if (tb_rpc_parse(line, TB_CLI_LINE_MAX, &arena, &check, &s->message) != TB_OK)
        return senseless(cli, check.member);
    return TB_CLI_OK;
}

static enum tb_cli_exit request_send(struct tb_cli_session *s, const struct tb_cli *cli, const char *method,
                                     const struct tb_cli_param *param)
{
    uint8_t memory[REQUEST_SIZE_MAX];
    struct tb_buf request = tb_buf_of(memory, sizeof memory);
    struct tb_json_writer w = tb_rpc_begin_request(&request, TB_CLI_REQUEST_ID, method);
    if (param)
        tb_json_put_str(&w, param->name, param->text);
    tb_rpc_end(&w);
    if (request.err != TB_OK)
        return tb_cli_fail(cli, TB_CLI_USAGE, "usage", "this %s is no text, or longer than one may be",
                           param ? param->name : method);
    enum tb_err err = tb_cli_peer_send(&s->peer, tb_buf_span(&request), cli->timeout_ms);
    return err == TB_OK ? TB_CLI_OK : unreachable(cli, err);
}

/* Notifications may come before the answer when the socket is already being followed. */
static enum tb_cli_exit answer_receive(struct tb_cli_session *s, const struct tb_cli *cli)
{
    do {
        enum tb_cli_exit exit_code = message_receive(s, cli, cli->timeout_ms);
        if (exit_code != TB_CLI_OK)
            return exit_code;
    } while (s->message.kind == TB_RPC_NOTIFICATION);
    return s->message.kind == TB_RPC_REQUEST ? senseless(cli, "method") : TB_CLI_OK;
}

enum tb_cli_exit tb_cli_session_refusal(const struct tb_cli_session *s, const struct tb_cli *cli)
{
    char code[TB_RPC_CODE_SIZE_MAX + 1] = "refused";
    if (s->message.code.size && tb_span_to_str(s->message.code, code, sizeof code) != TB_OK)
        return senseless(cli, "code");
    return tb_cli_fail(cli, TB_CLI_FAILED, code, "the agent refused: %.*s (%s)", (int)s->message.text.size,
                       (const char *)s->message.text.at, code);
}

enum tb_cli_exit tb_cli_session_open(struct tb_cli_session *s, const struct tb_cli *cli)
{
    enum tb_err err = tb_cli_peer_open(&s->peer, cli->socket);
    return err == TB_OK ? TB_CLI_OK : unreachable(cli, err);
}

enum tb_cli_exit tb_cli_session_exchange(struct tb_cli_session *s, const struct tb_cli *cli,
                                         struct tb_span request)
{
    enum tb_err err = tb_cli_peer_send(&s->peer, request, cli->timeout_ms);
    return err == TB_OK ? answer_receive(s, cli) : unreachable(cli, err);
}

enum tb_cli_exit tb_cli_session_ask(struct tb_cli_session *s, const struct tb_cli *cli, const char *method,
                                    const struct tb_cli_param *param)
{
    enum tb_cli_exit exit_code = tb_cli_session_open(s, cli);
    if (exit_code != TB_CLI_OK)
        return exit_code;
    exit_code = request_send(s, cli, method, param);
    if (exit_code == TB_CLI_OK)
        exit_code = answer_receive(s, cli);
    if (exit_code == TB_CLI_OK && s->message.kind == TB_RPC_ERROR)
        exit_code = tb_cli_session_refusal(s, cli);
    if (exit_code != TB_CLI_OK)
        tb_cli_session_close(s);
    return exit_code;
}

enum tb_cli_exit tb_cli_session_follow(struct tb_cli_session *s, const struct tb_cli *cli)
{
    do {
        enum tb_cli_exit exit_code = message_receive(s, cli, TB_CLI_FOREVER);
        if (exit_code != TB_CLI_OK)
            return exit_code;
    } while (s->message.kind != TB_RPC_NOTIFICATION);
    return TB_CLI_OK;
}

void tb_cli_session_close(struct tb_cli_session *s)
{
    tb_cli_peer_close(&s->peer);
}

static enum tb_cli_exit not_written(const struct tb_cli *cli)
{
    return tb_cli_fail(cli, TB_CLI_FAILED, "output_failed", "the output could not be written");
}

enum tb_cli_exit tb_cli_session_print_json(const struct tb_cli_session *s, const struct tb_cli *cli)
{
    bool written = fwrite(s->body.at, 1, s->body.size, stdout) == s->body.size && fputc('\n', stdout) != EOF;
    return fflush(stdout) == 0 && written ? TB_CLI_OK : not_written(cli);
}

enum tb_cli_exit tb_cli_session_print(const struct tb_cli *cli, const struct tb_buf *out,
                                      const struct tb_check *check)
{
    if (check->err != TB_OK)
        return senseless(cli, check->member);
    return tb_print_flush(out) ? TB_CLI_OK : not_written(cli);
}
