/*
 * TLS of the listeners: the only place that touches the TLS library.
 *
 * The terminal listener asks for a certificate of our CA that is meant for clients (RFC 5280
 * extendedKeyUsage clientAuth) and holds exactly one URI name of ours; the web listener asks for none.
 * TLS 1.2 is the least; ECDHE with AEAD only; no renegotiation, no compression. Sessions resume by
 * ticket (RFC 5077, RFC 8446 section 2.2) or by id; a resumed session is looked at like a new one.
 * Loop thread only.
 */
#ifndef TB_CONTEXTD_GATEWAY_TLS_H
#define TB_CONTEXTD_GATEWAY_TLS_H

#include "core/base/err.h"
#include "core/base/rng.h"
#include "core/crypto/key.h"

struct lws;
struct tb_tls_tickets;

/* Ticket keys: kept in a file (0600), so that terminals resume after a restart of the gateway; changed
 * every 12 hours, the old ones still taken for a day. rng is borrowed. TB_ERR_DENIED: others may read it. */
TB_MUST_USE enum tb_err tb_tls_tickets_open(const char *path, const struct tb_rng *rng, int64_t wall_ms,
                                            struct tb_tls_tickets **ret_tickets);
/* Accepts NULL, returns NULL; after the listeners are gone. */
struct tb_tls_tickets *tb_tls_tickets_close(struct tb_tls_tickets *tickets);
/* Changes the key when it is time. TB_ERR_IO, TB_ERR_FULL: the new key serves, but a restart forgets it. */
TB_MUST_USE enum tb_err tb_tls_tickets_rotate(struct tb_tls_tickets *tickets, int64_t wall_ms);

struct tb_tls_listener {
    const char *name; /* static; in logs, and part of what a session can be resumed for */
    bool terminals;   /* client certificates are required */
    struct tb_tls_tickets *tickets;
};

/* PEM files of a listener. */
struct tb_tls_files {
    const char *certificate;
    const char *key;
    const char *ca; /* NULL: none */
};

/*
 * Whether a listener can be made of them, and which file (borrowed) is at fault when not: TB_ERR_NOT_FOUND,
 * TB_ERR_DENIED, TB_ERR_SYNTAX, TB_ERR_SIGNATURE (a key of another certificate). Blocks on the disk.
 */
TB_MUST_USE enum tb_err tb_tls_check(const struct tb_tls_files *files, const char **ret_file);

/* Sets up a listener's context: vendor is the library's own, as lws hands it out before the first
 * connection. The listener and its tickets are borrowed for its life. */
TB_MUST_USE enum tb_err tb_tls_setup(void *vendor, const struct tb_tls_listener *listener);

/* The device of a terminal's connection, from its verified certificate: size_max bytes with the
 * terminator. TB_ERR_DENIED: none, not verified or not ours; TB_ERR_EXPIRED: resumed with a certificate
 * that has expired since. */
TB_MUST_USE enum tb_err tb_tls_peer_device(struct lws *wsi, char *ret_urn, size_t size_max);

/* The public key of that certificate, also of a resumed session. All zero: none, or not on the curve P-256.
 */
void tb_tls_peer_key(struct lws *wsi, struct tb_public_key *ret_key);

bool tb_tls_is_resumed(struct lws *wsi);

#endif
