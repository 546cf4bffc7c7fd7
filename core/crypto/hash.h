/*
 * Hashes and message authentication codes: SHA-256 (FIPS 180-4), HMAC-SHA-256 (RFC 2104),
 * HKDF-SHA-256 (RFC 5869), the X9.63 KDF, AES-CMAC (RFC 4493, NIST SP 800-38B), and HMAC-SHA-1 for one-time
 * passwords only.
 *
 * Input is a list of parts that is hashed as if it were one piece, so that nothing has to be copied
 * together first. Pure; callable from any thread. No heap, except in tb_cmac().
 */
#ifndef TB_CORE_CRYPTO_HASH_H
#define TB_CORE_CRYPTO_HASH_H

#include "core/base/span.h"

#define TB_SHA256_SIZE 32
#define TB_SHA1_SIZE 20
#define TB_CMAC_SIZE 16
#define TB_HKDF_SIZE_MAX (255 * TB_SHA256_SIZE)
#define TB_HKDF_INFO_SIZE_MAX 1024

struct tb_digest {
    uint8_t bytes[TB_SHA256_SIZE];
};

static inline struct tb_span tb_digest_span(const struct tb_digest *digest)
{
    return tb_span_of(digest->bytes, TB_SHA256_SIZE);
}

struct tb_digest tb_sha256(struct tb_span bytes);
struct tb_digest tb_sha256_parts(const struct tb_span *parts, size_t part_count);

/* A key longer than 64 bytes is hashed first, as RFC 2104 has it. */
struct tb_digest tb_hmac_sha256(struct tb_span key, struct tb_span bytes);
struct tb_digest tb_hmac_sha256_parts(struct tb_span key, const struct tb_span *parts, size_t part_count);

/* HMAC with SHA-1 (RFC 2104, FIPS 180-4), which RFC 6238 asks for; no other use. Key at most 64 bytes. */
void tb_hmac_sha1(struct tb_span key, struct tb_span bytes, uint8_t ret_mac[TB_SHA1_SIZE]);

/* Extract and expand. salt and info may be empty. TB_ERR_RANGE when size is above TB_HKDF_SIZE_MAX. */
TB_MUST_USE enum tb_err tb_hkdf_sha256(struct tb_span salt, struct tb_span secret, struct tb_span info,
                                       uint8_t *ret_bytes, size_t size);

/* One block of the ANSI X9.63 KDF with SHA-256 (SEC 1 section 3.6.1): SHA-256(secret ‖ 00000001 ‖ info). */
struct tb_digest tb_x963_sha256(struct tb_span secret, struct tb_span info);

/* AES-CMAC under a key of 16 or 32 bytes; any other size is TB_ERR_RANGE. bytes may be empty. */
TB_MUST_USE enum tb_err tb_cmac(struct tb_span key, struct tb_span bytes, uint8_t ret_tag[TB_CMAC_SIZE]);

#endif
