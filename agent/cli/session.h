/*
 * Session: one connection to the agent's control socket (docs/protocol.md, "Command line socket").
 * Single-threaded. About 1 MiB: keep it static.
 */
#ifndef TB_AGENT_CLI_SESSION_H
#define TB_AGENT_CLI_SESSION_H

#include "agent/cli/cli.h"
#include "agent/cli/peer.h"
#include "core/wire/rpc.h"

struct tb_cli_session {
    struct tb_cli_peer peer;
    struct tb_rpc message; /* the last one received; borrows from peer and memory */
    struct tb_span body;   /* its result or params as it came; borrowed from peer */
    _Alignas(max_align_t) uint8_t memory[TB_JSON_ARENA_SIZE(TB_CLI_LINE_MAX)];
};

/* The functions below say on stderr (with --json on stdout) what went wrong, and give the exit code. */

/* One text of a question's params. */
struct tb_cli_param {
    const char *name;
    const char *text; /* borrowed */
};

/* Connects and asks one question; on TB_CLI_OK message.result is the answer. param may be NULL. */
enum tb_cli_exit tb_cli_session_ask(struct tb_cli_session *s, const struct tb_cli *cli, const char *method,
                                    const struct tb_cli_param *param);

/* The same in two steps, for more than one question. After an exchange message is the answer: a result, or an
 * error that nobody was told of. request is one line of JSON-RPC with TB_CLI_REQUEST_ID. */
#define TB_CLI_REQUEST_ID 1
enum tb_cli_exit tb_cli_session_open(struct tb_cli_session *s, const struct tb_cli *cli);
enum tb_cli_exit tb_cli_session_exchange(struct tb_cli_session *s, const struct tb_cli *cli,
                                         struct tb_span request);

/* Says that the last exchange was refused, and why. */
enum tb_cli_exit tb_cli_session_refusal(const struct tb_cli_session *s, const struct tb_cli *cli);

/* Waits without end for the next notification. */
enum tb_cli_exit tb_cli_session_follow(struct tb_cli_session *s, const struct tb_cli *cli);

void tb_cli_session_close(struct tb_cli_session *s);

/* Writes body and a newline to stdout. */
enum tb_cli_exit tb_cli_session_print_json(const struct tb_cli_session *s, const struct tb_cli *cli);

/* Writes what is for people; check tells whether the answer could be read. */
enum tb_cli_exit tb_cli_session_print(const struct tb_cli *cli, const struct tb_buf *out,
                                      const struct tb_check *check);

#endif
