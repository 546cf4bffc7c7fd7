/*
 * Address: where the context store is, as configured: wss://name[:port][/path].
 *
 * There is no other scheme than wss: the connection is never in clear. name is a DNS name or an IPv4
 * address and is what the server's certificate must name. Pure.
 */
#ifndef TB_AGENT_UPLINK_ADDRESS_H
#define TB_AGENT_UPLINK_ADDRESS_H

#include "core/base/span.h"

#define TB_ADDRESS_NAME_SIZE 128 /* with its terminator; the TLS layer keeps no more */
#define TB_ADDRESS_PATH_SIZE 128 /* with its terminator */

struct tb_address {
    char name[TB_ADDRESS_NAME_SIZE];
    uint16_t port; /* 443 when the text names none */
    char path[TB_ADDRESS_PATH_SIZE];
};

/* TB_ERR_CONFIG when it is not of that form. */
TB_MUST_USE enum tb_err tb_address_read(struct tb_span text, struct tb_address *ret_address);

#endif
