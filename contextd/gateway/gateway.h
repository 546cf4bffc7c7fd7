/*
 * Gateway: the listeners of the context store, a session per connection, and the wires between
 * sessions and the context engine.
 *
 * Terminals connect with mutual TLS (the certificate says which device it is, the engine's registry
 * whether it may), web channels with an Origin of the allow-list and a short-lived token for one
 * customer. Both speak websocket subprotocol tillbridge.v1 (docs/protocol.md).
 * Loop thread only; the engine is called on a thread of its own. Limits: struct tb_gateway_config,
 * 64 KiB a message, TB_GATEWAY_QUEUE_SIZE_MAX bytes that a client has not taken.
 */
#ifndef TB_CONTEXTD_GATEWAY_GATEWAY_H
#define TB_CONTEXTD_GATEWAY_GATEWAY_H

#include "contextd/gateway/tls.h"
#include "contextd/gateway/token.h"
#include "contextd/port/engine.h"
#include "host/loop/loop.h"

#define TB_GATEWAY_ORIGINS_MAX 8
#define TB_GATEWAY_CUSTOMER_SESSIONS_MAX 8 /* web sessions at a time; the oldest gives way */
#define TB_GATEWAY_QUEUE_SIZE_MAX (1024u * 1024u)

struct tb_gateway;

struct tb_gateway_listener {
    const char *address;     /* borrowed; "127.0.0.1:7443", "[::1]:0"; port 0: any free one */
    const char *certificate; /* borrowed; PEM file, chain included */
    const char *key;         /* borrowed; PEM file */
    const char *ca;          /* borrowed; PEM file; terminals only: who signs their certificates */
};

struct tb_gateway_config {
    struct tb_gateway_listener terminals;
    struct tb_gateway_listener web;
    const char *origins[TB_GATEWAY_ORIGINS_MAX]; /* borrowed */
    size_t origin_count;
    struct tb_token_rules token_rules;
    struct tb_tls_tickets *tickets; /* borrowed */
    size_t connections_max;      /* of both listeners, of the web three quarters; further ones are closed */
    int64_t reconnect_window_ms; /* handed out; negative: worked out (window.h) */
    int64_t idle_ping_ms;
    const char *metrics_path; /* borrowed; see host/metrics/file.h; "": nowhere */
};

/* Errors of the bind: TB_ERR_BUSY, TB_ERR_DENIED, TB_ERR_RANGE (not an address); TB_ERR_CONFIG:
 * certificate or key cannot be used. config is copied, what it points at borrowed for the gateway's life. */
TB_MUST_USE enum tb_err tb_gateway_open(struct tb_loop *loop, struct tb_context_engine *engine,
                                        const struct tb_gateway_config *config,
                                        struct tb_gateway **ret_gateway);

/* Closes every connection and waits for the engine's last group. Accepts NULL, returns NULL. */
struct tb_gateway *tb_gateway_close(struct tb_gateway *gateway);

uint16_t tb_gateway_terminals_port(const struct tb_gateway *gateway);
uint16_t tb_gateway_web_port(const struct tb_gateway *gateway);
size_t tb_gateway_connection_count(const struct tb_gateway *gateway);

#endif
