/*
 * Key diversification for AES-128, NXP AN10922 section 2.2: every card has a key of its own, derived from one
 * master key and its UID. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_DIVERSIFY_H
#define TB_CORE_CREDENTIAL_DIVERSIFY_H

#include "core/credential/keyring.h"
#include "core/crypto/aes.h"

#define TB_DIVERSIFY_INPUT_SIZE_MAX 31 /* bytes, all parts together */

/*
 * Diversification input: UID ‖ application ‖ system, as the chain's cards were made; the last two may be
 * empty. TB_ERR_TOO_LONG above the limit, TB_ERR_RANGE unless master has 16 bytes.
 */
TB_MUST_USE enum tb_err tb_diversify_aes128(struct tb_span master, const struct tb_span *parts,
                                            size_t part_count, uint8_t ret_key[TB_AES128_KEY_SIZE]);

/*
 * The key of the card with this UID by a ring's key of use SUN_FILE or DESFIRE: the ring's key itself unless
 * that is diversified. Input: UID ‖ application (DESFIRE only) ‖ system. Errors as above.
 */
TB_MUST_USE enum tb_err tb_diversify_ring_key(const struct tb_ring_key *key, struct tb_span uid,
                                              uint8_t ret_key[TB_AES128_KEY_SIZE]);

#endif
