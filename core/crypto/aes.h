/*
 * AES-128 (FIPS 197) as cards use it: single blocks, CBC without padding and counter mode (NIST SP 800-38A).
 * It hides and proves nothing by itself: whoever uses it checks a MAC, or a plain text with enough
 * redundancy.
 *
 * Pure, no heap; callable from any thread.
 */
#ifndef TB_CORE_CRYPTO_AES_H
#define TB_CORE_CRYPTO_AES_H

#include "core/base/span.h"

#define TB_AES_BLOCK_SIZE 16
#define TB_AES128_KEY_SIZE 16

/* One block; both may be the same memory. */
void tb_aes128_encrypt(const uint8_t key[TB_AES128_KEY_SIZE], const uint8_t block[TB_AES_BLOCK_SIZE],
                       uint8_t ret_block[TB_AES_BLOCK_SIZE]);

/*
 * Whole blocks in CBC mode: from.size bytes go to ret_bytes, which may be from's own memory. iv is what the
 * first block is chained to, and afterwards what a block behind the last would be. TB_ERR_RANGE: from is not
 * whole blocks.
 */
TB_MUST_USE enum tb_err tb_aes128_cbc_encrypt(const uint8_t key[TB_AES128_KEY_SIZE],
                                              uint8_t iv[TB_AES_BLOCK_SIZE], struct tb_span from,
                                              uint8_t *ret_bytes);
TB_MUST_USE enum tb_err tb_aes128_cbc_decrypt(const uint8_t key[TB_AES128_KEY_SIZE],
                                              uint8_t iv[TB_AES_BLOCK_SIZE], struct tb_span from,
                                              uint8_t *ret_bytes);

/* Counter mode: from.size bytes, any number, are encrypted or decrypted from the first counter on. ret_bytes
 * may be from's own memory. */
void tb_aes128_ctr(const uint8_t key[TB_AES128_KEY_SIZE], const uint8_t counter[TB_AES_BLOCK_SIZE],
                   struct tb_span from, uint8_t *ret_bytes);

#endif
