/* Ticket keys inside the TLS adapter; see tls.h. */
#ifndef TB_CONTEXTD_GATEWAY_TLS_TICKET_H
#define TB_CONTEXTD_GATEWAY_TLS_TICKET_H

#include "contextd/gateway/tls.h"

#include <openssl/ssl.h>

/* Makes ctx issue and take tickets with these keys. */
bool tb_tls_tickets_install(struct tb_tls_tickets *tickets, SSL_CTX *ctx);

#endif
