/*
 * Seal: how what is stored at rest is protected against reading and against flipped bits.
 *
 * One device key per terminal. A customer's row has a random key of its own, stored beside the row
 * wrapped by the device key: forgetting a customer is destroying that key. Every sealed piece is bound
 * to what it is about (`about`), so that a piece moved to another row does not open.
 * Thread rule: a sealer belongs to one thread at a time and does not move; tb_sealer_share() makes one for
 * another thread.
 */
#ifndef TB_AGENT_CACHE_SEAL_H
#define TB_AGENT_CACHE_SEAL_H

#include "core/crypto/aead.h"

#define TB_SEAL_WRAPPED_SIZE (TB_AEAD_KEY_SIZE + TB_AEAD_OVERHEAD)
#define TB_SEAL_PROOF_SIZE 16

struct tb_sealer {
    struct tb_aead_key device_key; /* secret; tb_sealer_wipe() */
    struct tb_aead_key proof_key;  /* secret; derived from the device key */
    struct tb_aead_cipher cipher;  /* of the device key */
    const struct tb_rng *rng;      /* borrowed */
};

/*
 * Reads the device key from path, or makes it there with mode 0600. Blocks on the disk.
 * TB_ERR_DENIED: others may read it. TB_ERR_CORRUPT: not 32 bytes.
 */
TB_MUST_USE enum tb_err tb_sealer_load(const char *path, const struct tb_rng *rng,
                                       struct tb_sealer *ret_sealer);
/* One with a key of its own that is kept nowhere. TB_ERR_NO_MEMORY. */
TB_MUST_USE enum tb_err tb_sealer_make(const struct tb_rng *rng, struct tb_sealer *ret_sealer);
/* Another with the same keys. TB_ERR_NO_MEMORY. */
TB_MUST_USE enum tb_err tb_sealer_share(const struct tb_sealer *sealer, struct tb_sealer *ret_other);
void tb_sealer_wipe(struct tb_sealer *sealer); /* all zero: nothing to do */

/* Under the device key itself: outbox payloads, keys, the terminal's own facts. */
TB_MUST_USE enum tb_err tb_seal(struct tb_sealer *sealer, struct tb_span about, struct tb_span plain,
                                struct tb_buf *ret_sealed);
TB_MUST_USE enum tb_err tb_unseal(struct tb_sealer *sealer, struct tb_span about, struct tb_span sealed,
                                  struct tb_buf *ret_plain);

/* Under a key of the row's own, which is handed back wrapped. */
TB_MUST_USE enum tb_err tb_seal_row(struct tb_sealer *sealer, struct tb_span about, struct tb_span plain,
                                    uint8_t ret_wrapped[TB_SEAL_WRAPPED_SIZE], struct tb_buf *ret_sealed);
TB_MUST_USE enum tb_err tb_unseal_row(struct tb_sealer *sealer, struct tb_span about, struct tb_span wrapped,
                                      struct tb_span sealed, struct tb_buf *ret_plain);

/* What must be found without being opened, as columns of an index are: a proof that it is as it was
 * written (HMAC-SHA-256 under a key derived from the device key, cut). Compare with tb_span_equal_secret().
 */
struct tb_seal_proof {
    uint8_t bytes[TB_SEAL_PROOF_SIZE];
};

struct tb_seal_proof tb_seal_proof(const struct tb_sealer *sealer, struct tb_span about);

#endif
