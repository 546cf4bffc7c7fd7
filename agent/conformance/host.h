/*
 * Host: an agent for POS software under test, with the API's real transport and a made-up customer. A person
 * (or a script) works the POS; what it does is looked at:
 *
 *     it gets in by pairing or by the token that is told   it follows events
 *     it claims before it finishes                          what it finishes are lines of the cart, and they
 * add up an answer that was lost is asked for again            under the same transaction, and it comes back
 *     a visit that has ended is not spoken of again         it does not ask over and over what it is told
 *
 * One thread; ends when all was seen, or after the time it was given.
 */
#ifndef TB_AGENT_CONFORMANCE_HOST_H
#define TB_AGENT_CONFORMANCE_HOST_H

#include "agent/conformance/report.h"

struct tb_host_config {
    uint16_t port;    /* 0: any free one, which is told */
    unsigned seconds; /* at most */
};

/* TB_ERR_BUSY: the port is taken. */
TB_MUST_USE enum tb_err tb_host_pos(struct tb_report *report, const struct tb_host_config *config);

#endif
