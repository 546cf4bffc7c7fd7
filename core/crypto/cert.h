/*
 * X.509 (RFC 5280): what a terminal needs to ask for its certificate, what `contextd ca` needs to
 * issue one, and what either side needs to know of the other's. P-256 with SHA-256 only.
 *
 * Chains are verified by the TLS library; nothing here replaces that. Uses the library's heap and,
 * for signing, some ms. Callable from any thread.
 */
#ifndef TB_CORE_CRYPTO_CERT_H
#define TB_CORE_CRYPTO_CERT_H

#include "core/crypto/key.h"

#define TB_CERT_NAME_SIZE_MAX 64 /* common name (RFC 5280 appendix A: ub-common-name) */
#define TB_CERT_URI_SIZE_MAX 160
#define TB_CERT_SAN_SIZE_MAX 253
#define TB_CERT_SAN_COUNT_MAX 8
#define TB_CERT_SERIAL_SIZE_MAX 20
#define TB_CERT_PEM_SIZE_MAX 4096

enum tb_cert_role {
    TB_CERT_CA,     /* basicConstraints CA, pathlen 0, keyCertSign + cRLSign */
    TB_CERT_CLIENT, /* extendedKeyUsage clientAuth */
    TB_CERT_SERVER, /* extendedKeyUsage serverAuth */
};

/* What may stand in a subject alternative name besides the URI. */
struct tb_cert_names {
    const char *dns[TB_CERT_SAN_COUNT_MAX]; /* borrowed, NULL after the last */
    const char *ip[TB_CERT_SAN_COUNT_MAX];  /* IPv4 or IPv6 text, NULL after the last */
};

struct tb_cert_plan {
    enum tb_cert_role role;
    const char *common_name;           /* [A-Za-z0-9 ._:-] only */
    const char *uri;                   /* URI SAN, or NULL */
    const struct tb_cert_names *names; /* or NULL */
    int64_t not_before_ms;             /* Unix; the caller backdates it (clocks without a battery) */
    int64_t not_after_ms;
};

/* A certification request: who asks, and the proof that they hold the key. */
struct tb_cert_request {
    struct tb_public_key key;
    char common_name[TB_CERT_NAME_SIZE_MAX + 1];
    char uri[TB_CERT_URI_SIZE_MAX + 1]; /* "" when absent */
};

struct tb_cert_info {
    struct tb_public_key key;
    char common_name[TB_CERT_NAME_SIZE_MAX + 1];
    char uri[TB_CERT_URI_SIZE_MAX + 1]; /* the first URI SAN, "" when absent */
    int64_t not_before_ms;
    int64_t not_after_ms;
    uint8_t serial[TB_CERT_SERIAL_SIZE_MAX];
    size_t serial_size;
    bool is_ca;
    bool is_client; /* extendedKeyUsage names clientAuth */
    bool is_server;
};

/* Who signs: a CA's key and its own certificate (PEM or DER). */
struct tb_cert_issuer {
    const struct tb_key *key;
    struct tb_span certificate;
};

/* Writes a PKCS #10 request (RFC 2986) in PEM with the URI as subject alternative name. */
TB_MUST_USE enum tb_err tb_cert_ask(const struct tb_key *key, const char *common_name, const char *uri,
                                    const struct tb_rng *rng, struct tb_buf *ret_pem);

/* Reads a request in PEM or DER and checks its signature: TB_ERR_SIGNATURE, TB_ERR_SYNTAX,
 * TB_ERR_UNSUPPORTED for a key that is not P-256. */
TB_MUST_USE enum tb_err tb_cert_read_request(struct tb_span text, struct tb_cert_request *ret_request);

/* Issues a certificate for a public key as planned; the serial number is 128 random bits. The plan
 * decides names and times, never the request. TB_ERR_RANGE for a plan that breaks a limit. */
TB_MUST_USE enum tb_err tb_cert_issue(const struct tb_cert_issuer *issuer, const struct tb_public_key *key,
                                      const struct tb_cert_plan *plan, const struct tb_rng *rng,
                                      struct tb_buf *ret_pem);

/* A self-signed CA certificate. */
TB_MUST_USE enum tb_err tb_cert_issue_root(const struct tb_key *key, const struct tb_cert_plan *plan,
                                           const struct tb_rng *rng, struct tb_buf *ret_pem);

/* Reads the first certificate of a PEM or DER text. Nothing is verified. */
TB_MUST_USE enum tb_err tb_cert_read(struct tb_span text, struct tb_cert_info *ret_info);

#endif
