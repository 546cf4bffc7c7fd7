/*
 * Certificate signing request: the terminal's half of getting a certificate. The key is made here and
 * never leaves; what is printed is signed by the chain's CA (`contextd ca issue`). Blocks on the disk;
 * runs before the loop, as a command of its own.
 */
#ifndef TB_AGENT_APP_CSR_H
#define TB_AGENT_APP_CSR_H

#include "core/base/buf.h"

/*
 * Loads the private key from key_file, or makes one and stores it there with mode 0600, and appends a
 * PKCS #10 request in PEM with device_uri (urn:tillbridge:<chain>:device:<id>) as subject alternative
 * name. TB_ERR_DENIED: others may read the key file. TB_ERR_SYNTAX: the uri or the key file is malformed.
 */
TB_MUST_USE enum tb_err tb_csr_make(const char *key_file, const char *device_uri, struct tb_buf *ret_pem);

#endif
