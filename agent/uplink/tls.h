/*
 * TLS set-up of the uplink: what the certificates and the key must be like, which time they are judged
 * by, and why a handshake failed.
 */
#ifndef TB_AGENT_UPLINK_TLS_H
#define TB_AGENT_UPLINK_TLS_H

#include "core/base/rng.h"
#include "core/sync/client.h"

struct lws;

/* What one terminal shows and trusts; PEM text. */
struct tb_tls_material {
    struct tb_span ca;
    struct tb_span certificate;
    struct tb_span key; /* secret */
};

/* TB_ERR_SYNTAX, TB_ERR_UNSUPPORTED: not a P-256 certificate or key; TB_ERR_CONFLICT: the key does not
 * belong to the certificate. Takes some ms. */
TB_MUST_USE enum tb_err tb_tls_material_check(const struct tb_tls_material *material,
                                              const struct tb_rng *rng);

/*
 * Certificates are judged by the system's clock, but never by a time before the floor: a machine without
 * a battery starts in 1970. For the whole process; the floor only rises. Any thread.
 */
void tb_tls_raise_clock_floor(int64_t wall_ms);

/* Why the handshake of a failed connection did not succeed: TB_CAUSE_CLOCK when the server's certificate is
 * not valid yet, otherwise TB_CAUSE_TLS. ret_detail is a static word for the log. */
enum tb_line_cause tb_tls_cause(struct lws *wsi, const char **ret_detail);

#endif
