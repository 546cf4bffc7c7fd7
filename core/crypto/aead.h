/*
 * Authenticated encryption: AES-256-GCM (NIST SP 800-38D) with 16-byte tags.
 *
 * The sealed form is nonce (12) ‖ ciphertext ‖ tag (16). Nonces are random: at most 2^32 pieces may
 * be sealed under one key (SP 800-38D section 8.3). Callable from any thread; takes and returns a few
 * hundred bytes of heap inside the library.
 */
#ifndef TB_CORE_CRYPTO_AEAD_H
#define TB_CORE_CRYPTO_AEAD_H

#include "core/base/buf.h"
#include "core/base/rng.h"

#define TB_AEAD_KEY_SIZE 32
#define TB_AEAD_NONCE_SIZE 12
#define TB_AEAD_TAG_SIZE 16
#define TB_AEAD_OVERHEAD (TB_AEAD_NONCE_SIZE + TB_AEAD_TAG_SIZE)
#define TB_AEAD_CIPHER_NONCE_COUNT 16
#define TB_AEAD_CIPHER_CONTEXT_SIZE 512

struct tb_aead_key { /* secret: wipe after use */
    uint8_t bytes[TB_AEAD_KEY_SIZE];
};

static inline struct tb_aead_key tb_aead_key_random(const struct tb_rng *rng)
{
    struct tb_aead_key key;
    rng->fill(rng->context, key.bytes, sizeof key.bytes);
    return key;
}

/* Appends plain.size + TB_AEAD_OVERHEAD bytes. associated is bound to the piece but not part of it.
 * TB_ERR_TOO_LONG when the buffer has no room; nothing is appended then. */
TB_MUST_USE enum tb_err tb_aead_seal(const struct tb_aead_key *key, const struct tb_rng *rng,
                                     struct tb_span associated, struct tb_span plain,
                                     struct tb_buf *ret_sealed);

/* Appends the plain bytes. TB_ERR_SEAL when any bit of key, associated or sealed is not what it was:
 * nothing is appended then and no plain byte is left in the buffer. */
TB_MUST_USE enum tb_err tb_aead_open(const struct tb_aead_key *key, struct tb_span associated,
                                     struct tb_span sealed, struct tb_buf *ret_plain);

/*
 * A key made ready for many pieces: its schedule is worked out once, and nonces are drawn from the generator
 * many at a time. The same sealed form as above. Belongs to one thread at a time; does not move once made.
 */
struct tb_aead_cipher {       /* secret; tb_aead_cipher_wipe() gives back what the library took */
    const struct tb_rng *rng; /* borrowed */
    size_t nonces_left;
    uint8_t nonces[TB_AEAD_CIPHER_NONCE_COUNT][TB_AEAD_NONCE_SIZE];
    _Alignas(16) uint8_t context[TB_AEAD_CIPHER_CONTEXT_SIZE]; /* the library's */
};

/* TB_ERR_NO_MEMORY: nothing is left to wipe. */
TB_MUST_USE enum tb_err tb_aead_cipher_make(const struct tb_aead_key *key, const struct tb_rng *rng,
                                            struct tb_aead_cipher *ret_cipher);
void tb_aead_cipher_wipe(struct tb_aead_cipher *cipher); /* all zero: nothing to do */

/* As tb_aead_seal() and tb_aead_open(). */
TB_MUST_USE enum tb_err tb_aead_cipher_seal(struct tb_aead_cipher *cipher, struct tb_span associated,
                                            struct tb_span plain, struct tb_buf *ret_sealed);
TB_MUST_USE enum tb_err tb_aead_cipher_open(struct tb_aead_cipher *cipher, struct tb_span associated,
                                            struct tb_span sealed, struct tb_buf *ret_plain);

/* What a foreign format encrypted under AES-128 or AES-256 with a nonce of its own (1 to 64 bytes,
 * Apple VAS: 16 zero bytes); sealed = ciphertext ‖ tag. Errors as tb_aead_open(), TB_ERR_RANGE for a
 * key of another size. */
struct tb_aead_foreign {
    struct tb_span key;
    struct tb_span nonce;
    struct tb_span associated;
};

TB_MUST_USE enum tb_err tb_aead_open_foreign(const struct tb_aead_foreign *how, struct tb_span sealed,
                                             struct tb_buf *ret_plain);

#endif
