/*
 * Port: what the files of this folder share to talk to mbedTLS. Not for use outside core/crypto.
 */
#ifndef TB_CORE_CRYPTO_PORT_H
#define TB_CORE_CRYPTO_PORT_H

#include "core/crypto/key.h"

#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>

#define TB_CRYPTO_TEXT_SIZE_MAX 8192 /* PEM or DER text that is read in one piece */

/* Hands a tb_rng to the library, which wants a pointer that is not const. */
struct tb_crypto_random {
    const struct tb_rng *rng;
};

int tb_crypto_fill(void *random, unsigned char *ret_bytes, size_t size);

/* 0, out of memory and buffer too small are told apart; the rest is what the caller says. */
enum tb_err tb_crypto_err(int code, enum tb_err otherwise);

/* A terminated copy: the library tells PEM from DER by the terminator. Wipe it after use. */
struct tb_crypto_text {
    unsigned char at[TB_CRYPTO_TEXT_SIZE_MAX + 1];
    size_t size; /* with the terminator for PEM, without for DER */
};

TB_MUST_USE enum tb_err tb_crypto_text_of(struct tb_span from, struct tb_crypto_text *ret_text);

/* Both initialise pk, which is to be freed whatever they return. */
TB_MUST_USE enum tb_err tb_crypto_pk_of_public(const struct tb_public_key *key, mbedtls_pk_context *ret_pk);
TB_MUST_USE enum tb_err tb_crypto_pk_of_key(const struct tb_key *key, mbedtls_pk_context *ret_pk);

/* TB_ERR_UNSUPPORTED for anything but P-256. */
TB_MUST_USE enum tb_err tb_crypto_public_of_pk(const mbedtls_pk_context *pk, struct tb_public_key *ret_key);

/* Appends DER as PEM: type is "CERTIFICATE", "EC PRIVATE KEY", … */
TB_MUST_USE enum tb_err tb_crypto_pem_add(struct tb_buf *to, const char *type, struct tb_span der);

#endif
