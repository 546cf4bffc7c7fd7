/*
 * Keys on the curve P-256: make, load, store, sign (ECDSA with SHA-256, deterministic by RFC 6979),
 * verify and agree (ECDH).
 *
 * Keys are plain values: copy them freely, wipe private ones with tb_key_wipe(). Every function
 * takes and returns some KiB of heap inside the library and runs for 0.1 to a few ms on a desktop
 * processor: do not call one where a loop turn may not last that long. Callable from any thread.
 */
#ifndef TB_CORE_CRYPTO_KEY_H
#define TB_CORE_CRYPTO_KEY_H

#include "core/base/buf.h"
#include "core/base/rng.h"

#define TB_KEY_SCALAR_SIZE 32
#define TB_KEY_POINT_SIZE 65      /* 04 ‖ X ‖ Y */
#define TB_KEY_COMPRESSED_SIZE 33 /* 02 or 03 ‖ X */
#define TB_KEY_SHARED_SIZE 32
#define TB_SIGNATURE_SIZE 64         /* r ‖ s, as in JWS (RFC 7518 section 3.4) */
#define TB_SIGNATURE_DER_SIZE_MAX 72 /* SEQUENCE { r, s }, as in X.509 (RFC 3279 section 2.2.3) */
#define TB_KEY_PEM_SIZE_MAX 512

struct tb_public_key {
    uint8_t point[TB_KEY_POINT_SIZE];
};

struct tb_key { /* secret */
    uint8_t scalar[TB_KEY_SCALAR_SIZE];
    struct tb_public_key public_key;
};

struct tb_signature {
    uint8_t bytes[TB_SIGNATURE_SIZE];
};

TB_MUST_USE enum tb_err tb_key_make(const struct tb_rng *rng, struct tb_key *ret_key);

/* From the 32 bytes of the private scalar. TB_ERR_RANGE when it is 0 or not below the group order. */
TB_MUST_USE enum tb_err tb_key_of_scalar(struct tb_span scalar, const struct tb_rng *rng,
                                         struct tb_key *ret_key);

/* From PEM or DER, SEC1 (RFC 5915) or PKCS #8, unencrypted. TB_ERR_SYNTAX, TB_ERR_UNSUPPORTED for
 * other kinds of key. */
TB_MUST_USE enum tb_err tb_key_load(struct tb_span text, const struct tb_rng *rng, struct tb_key *ret_key);

/* SEC1 without a separate EC PARAMETERS block, which not every reader skips. The PEM form is text
 * without a terminator. */
TB_MUST_USE enum tb_err tb_key_store_pem(const struct tb_key *key, struct tb_buf *ret_pem);
TB_MUST_USE enum tb_err tb_key_store_der(const struct tb_key *key, struct tb_buf *ret_der);

void tb_key_wipe(struct tb_key *key);

/* From a point of 65 or 33 bytes. TB_ERR_RANGE when it is not on the curve. */
TB_MUST_USE enum tb_err tb_public_key_of_point(struct tb_span point, struct tb_public_key *ret_key);

/* From a SubjectPublicKeyInfo in PEM or DER (RFC 5480). */
TB_MUST_USE enum tb_err tb_public_key_load(struct tb_span text, struct tb_public_key *ret_key);
TB_MUST_USE enum tb_err tb_public_key_store_pem(const struct tb_public_key *key, struct tb_buf *ret_pem);
void tb_public_key_compress(const struct tb_public_key *key, uint8_t ret_point[TB_KEY_COMPRESSED_SIZE]);

/* Signs SHA-256(message); the same key and message always give the same signature. rng only blinds
 * the computation. */
TB_MUST_USE enum tb_err tb_key_sign(const struct tb_key *key, const struct tb_rng *rng,
                                    struct tb_span message, struct tb_signature *ret_signature);

/* TB_ERR_SIGNATURE when it does not verify. */
TB_MUST_USE enum tb_err tb_public_key_verify(const struct tb_public_key *key, struct tb_span message,
                                             const struct tb_signature *signature);

TB_MUST_USE enum tb_err tb_signature_to_der(const struct tb_signature *signature, struct tb_buf *ret_der);
TB_MUST_USE enum tb_err tb_signature_of_der(struct tb_span der, struct tb_signature *ret_signature);

/* The X coordinate of the shared point (ECDH, NIST SP 800-56A); secret: feed it to a KDF and wipe it. */
TB_MUST_USE enum tb_err tb_key_agree(const struct tb_key *key, const struct tb_public_key *peer,
                                     const struct tb_rng *rng, uint8_t ret_shared[TB_KEY_SHARED_SIZE]);

#endif
