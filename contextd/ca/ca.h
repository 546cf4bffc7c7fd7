/*
 * Certificate authority of a chain: a folder with ca.key and ca.crt, and what it signs.
 *
 * Private keys are made where they are used, with mode 0600, and never replaced; what the CA signs is
 * decided by its caller, never by the request. Certificates are backdated, because a terminal without
 * a clock battery may start with a clock that stands at its build date.
 * Blocks on the disk; for command lines, not for a loop.
 */
#ifndef TB_CONTEXTD_CA_CA_H
#define TB_CONTEXTD_CA_CA_H

#include "core/crypto/cert.h"

#define TB_CA_CHAIN_SIZE_MAX 32
#define TB_CA_DEVICE_SIZE_MAX 64

struct tb_ca {
    const char *folder; /* borrowed */
    const struct tb_rng *rng;
    int64_t wall_ms;
    int64_t backdate_days;
};

/* What a certificate is for: a device, or a server with names. */
struct tb_ca_wish {
    const char *device;         /* id; NULL: a server */
    struct tb_cert_names names; /* of a server */
    int64_t days;               /* from now */
};

/* Chain and device names: a to z, 0 to 9, '.', '_' and '-'. */
bool tb_ca_name_valid(const char *name, size_t size_max);

/* Makes key and certificate. TB_ERR_CONFLICT: there is one already, and it stays. */
TB_MUST_USE enum tb_err tb_ca_init(const struct tb_ca *ca, const char *chain, int64_t days);

/* Makes a private key and a request for it. TB_ERR_CONFLICT: the key file is there already. */
TB_MUST_USE enum tb_err tb_ca_request(const struct tb_ca *ca, const char *name, const char *key_path,
                                      const char *csr_path);

/*
 * Signs the key of a request (PEM file). A device gets urn:tillbridge:<chain>:device:<id> and
 * clientAuth, a server its names and serverAuth. TB_ERR_SIGNATURE: the request does not prove its key.
 * TB_ERR_CONFLICT: the request names another device than the wish.
 */
TB_MUST_USE enum tb_err tb_ca_issue(const struct tb_ca *ca, const char *csr_path,
                                    const struct tb_ca_wish *wish, const char *cert_path);

/* Makes a private key of its own use (tokens) and its public half. TB_ERR_CONFLICT as above. */
TB_MUST_USE enum tb_err tb_ca_key_pair(const struct tb_ca *ca, const char *key_path, const char *public_path);

#endif
