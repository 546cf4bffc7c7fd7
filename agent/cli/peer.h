/*
 * Peer: the program at the other end of a Unix socket that carries lines; blocking, with deadlines.
 *
 * Single-threaded. Limit: a line of TB_CLI_LINE_MAX bytes.
 */
#ifndef TB_AGENT_CLI_PEER_H
#define TB_AGENT_CLI_PEER_H

#include "core/base/span.h"

#define TB_CLI_LINE_MAX (64u * 1024u)
#define TB_CLI_FOREVER UINT32_MAX

struct tb_cli_peer {
    int fd; /* -1 when closed */
    size_t size;
    size_t taken; /* bytes of the line that was handed out last */
    uint8_t bytes[TB_CLI_LINE_MAX];
};

/* TB_ERR_NOT_FOUND: nothing listens there. TB_ERR_DENIED: no permission. TB_ERR_TOO_LONG: the path. */
TB_MUST_USE enum tb_err tb_cli_peer_open(struct tb_cli_peer *p, const char *path);
void tb_cli_peer_close(struct tb_cli_peer *p);

/* Sends the line and its newline. TB_ERR_TIMEOUT; TB_ERR_OFFLINE when the other side closed. */
TB_MUST_USE enum tb_err tb_cli_peer_send(struct tb_cli_peer *p, struct tb_span line, uint32_t timeout_ms);

/*
 * The next line without its newline, borrowed until the next call. TB_ERR_TIMEOUT; TB_ERR_OFFLINE when
 * the other side closed; TB_ERR_TOO_LONG.
 */
TB_MUST_USE enum tb_err tb_cli_peer_receive(struct tb_cli_peer *p, uint32_t timeout_ms,
                                            struct tb_span *ret_line);

#endif
