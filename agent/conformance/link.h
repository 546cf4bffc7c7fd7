/*
 * Link: one connection to a program on this machine, blocking, each step with a deadline. One thread.
 */
#ifndef TB_AGENT_CONFORMANCE_LINK_H
#define TB_AGENT_CONFORMANCE_LINK_H

#include "agent/conformance/wire.h"

#define TB_LINK_BYTES_MAX (192u * 1024u)
#define TB_LINK_WAIT_MS 6000 /* longer than an agent takes to answer */

struct tb_conf_link {
    int fd; /* -1: closed */
    size_t size;
    uint8_t bytes[TB_LINK_BYTES_MAX]; /* that came */
};

TB_MUST_USE enum tb_err tb_conf_link_open(struct tb_conf_link *link, uint16_t port);
void tb_conf_link_close(struct tb_conf_link *link);
TB_MUST_USE enum tb_err tb_conf_link_send(struct tb_conf_link *link, struct tb_span bytes);

/* Waits for more. TB_ERR_OFFLINE: the other side has closed. TB_ERR_TIMEOUT. */
TB_MUST_USE enum tb_err tb_conf_link_more(struct tb_conf_link *link, int wait_ms);
/* These bytes are done with. */
void tb_conf_link_drop(struct tb_conf_link *link, size_t from, size_t size);

/* Sends a request, takes all until the other side closes; the answer borrows from link. */
TB_MUST_USE enum tb_err tb_conf_link_exchange(struct tb_conf_link *link, uint16_t port,
                                              struct tb_span request, struct tb_wire_answer *ret_answer);

#endif
