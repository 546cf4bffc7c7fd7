#include "core/crypto/aes.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

#include <mbedtls/aes.h>

/* The library's own implementation cannot fail on whole blocks; the checks guard against another one. */
static void cipher_start(mbedtls_aes_context *aes, const uint8_t *key, int mode)
{
    mbedtls_aes_init(aes);
    int code = mode == MBEDTLS_AES_ENCRYPT ? mbedtls_aes_setkey_enc(aes, key, TB_AES128_KEY_SIZE * 8)
                                           : mbedtls_aes_setkey_dec(aes, key, TB_AES128_KEY_SIZE * 8);
    TB_ASSERT(code == 0);
}

void tb_aes128_encrypt(const uint8_t key[TB_AES128_KEY_SIZE], const uint8_t block[TB_AES_BLOCK_SIZE],
                       uint8_t ret_block[TB_AES_BLOCK_SIZE])
{
    mbedtls_aes_context aes;
    cipher_start(&aes, key, MBEDTLS_AES_ENCRYPT);
    TB_ASSERT(mbedtls_aes_crypt_ecb(&aes, MBEDTLS_AES_ENCRYPT, block, ret_block) == 0);
    mbedtls_aes_free(&aes);
}

static enum tb_err cbc(int mode, const uint8_t *key, uint8_t *iv, struct tb_span from, uint8_t *ret_bytes)
{
    if (from.size % TB_AES_BLOCK_SIZE != 0)
        return TB_ERR_RANGE;
    if (from.size == 0)
        return TB_OK;
    mbedtls_aes_context aes;
    cipher_start(&aes, key, mode);
    TB_ASSERT(mbedtls_aes_crypt_cbc(&aes, mode, from.size, iv, from.at, ret_bytes) == 0);
    mbedtls_aes_free(&aes);
    return TB_OK;
}

enum tb_err tb_aes128_cbc_encrypt(const uint8_t key[TB_AES128_KEY_SIZE], uint8_t iv[TB_AES_BLOCK_SIZE],
                                  struct tb_span from, uint8_t *ret_bytes)
{
    return cbc(MBEDTLS_AES_ENCRYPT, key, iv, from, ret_bytes);
}

enum tb_err tb_aes128_cbc_decrypt(const uint8_t key[TB_AES128_KEY_SIZE], uint8_t iv[TB_AES_BLOCK_SIZE],
                                  struct tb_span from, uint8_t *ret_bytes)
{
    return cbc(MBEDTLS_AES_DECRYPT, key, iv, from, ret_bytes);
}

void tb_aes128_ctr(const uint8_t key[TB_AES128_KEY_SIZE], const uint8_t counter[TB_AES_BLOCK_SIZE],
                   struct tb_span from, uint8_t *ret_bytes)
{
    uint8_t block[TB_AES_BLOCK_SIZE];
    uint8_t stream[TB_AES_BLOCK_SIZE];
    size_t used = 0;
    if (from.size == 0)
        return;
    memcpy(block, counter, sizeof block);
    mbedtls_aes_context aes;
    cipher_start(&aes, key, MBEDTLS_AES_ENCRYPT);
    TB_ASSERT(mbedtls_aes_crypt_ctr(&aes, from.size, &used, block, stream, from.at, ret_bytes) == 0);
    mbedtls_aes_free(&aes);
    tb_wipe(stream, sizeof stream);
}
