#include "core/crypto/aead.h"

#include "core/crypto/port.h"

#include <mbedtls/gcm.h>

enum { FOREIGN_NONCE_SIZE_MAX = 64 };

static enum tb_err gcm_start(mbedtls_gcm_context *gcm, struct tb_span key)
{
    mbedtls_gcm_init(gcm);
    int code = mbedtls_gcm_setkey(gcm, MBEDTLS_CIPHER_ID_AES, key.at, (unsigned)key.size * 8);
    return tb_crypto_err(code, TB_ERR_NO_MEMORY);
}

enum tb_err tb_aead_seal(const struct tb_aead_key *key, const struct tb_rng *rng, struct tb_span associated,
                         struct tb_span plain, struct tb_buf *ret_sealed)
{
    if (ret_sealed->err != TB_OK)
        return ret_sealed->err;
    size_t room = ret_sealed->size_max - ret_sealed->size;
    if (room < TB_AEAD_OVERHEAD || room - TB_AEAD_OVERHEAD < plain.size)
        return ret_sealed->err = TB_ERR_TOO_LONG;

    uint8_t *nonce = ret_sealed->at + ret_sealed->size;
    uint8_t *body = nonce + TB_AEAD_NONCE_SIZE;
    mbedtls_gcm_context gcm;
    enum tb_err err = gcm_start(&gcm, tb_span_of(key->bytes, sizeof key->bytes));
    if (err == TB_OK) {
        rng->fill(rng->context, nonce, TB_AEAD_NONCE_SIZE);
        int code = mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, plain.size, nonce, TB_AEAD_NONCE_SIZE,
                                             associated.at, associated.size, plain.at, body, TB_AEAD_TAG_SIZE,
                                             body + plain.size);
        err = tb_crypto_err(code, TB_ERR_INTERNAL);
    }
    mbedtls_gcm_free(&gcm);
    if (err == TB_OK)
        ret_sealed->size += plain.size + TB_AEAD_OVERHEAD;
    return err;
}

enum tb_err tb_aead_open_foreign(const struct tb_aead_foreign *how, struct tb_span sealed,
                                 struct tb_buf *ret_plain)
{
    if (how->key.size != 16 && how->key.size != 32)
        return TB_ERR_RANGE;
    if (how->nonce.size == 0 || how->nonce.size > FOREIGN_NONCE_SIZE_MAX)
        return TB_ERR_RANGE;
    if (sealed.size < TB_AEAD_TAG_SIZE)
        return TB_ERR_SEAL;
    if (ret_plain->err != TB_OK)
        return ret_plain->err;
    size_t size = sealed.size - TB_AEAD_TAG_SIZE;
    if (ret_plain->size_max - ret_plain->size < size)
        return ret_plain->err = TB_ERR_TOO_LONG;

    mbedtls_gcm_context gcm;
    enum tb_err err = gcm_start(&gcm, how->key);
    if (err == TB_OK) {
        int code = mbedtls_gcm_auth_decrypt(&gcm, size, how->nonce.at, how->nonce.size, how->associated.at,
                                            how->associated.size, sealed.at + size, TB_AEAD_TAG_SIZE,
                                            sealed.at, ret_plain->at + ret_plain->size);
        err = tb_crypto_err(code, TB_ERR_SEAL);
    }
    mbedtls_gcm_free(&gcm);
    if (err == TB_OK)
        ret_plain->size += size;
    return err;
}

enum tb_err tb_aead_open(const struct tb_aead_key *key, struct tb_span associated, struct tb_span sealed,
                         struct tb_buf *ret_plain)
{
    if (sealed.size < TB_AEAD_OVERHEAD)
        return TB_ERR_SEAL;
    const struct tb_aead_foreign how = {
        .key = tb_span_of(key->bytes, sizeof key->bytes),
        .nonce = tb_span_sub(sealed, 0, TB_AEAD_NONCE_SIZE),
        .associated = associated,
    };
    return tb_aead_open_foreign(&how, tb_span_sub(sealed, TB_AEAD_NONCE_SIZE, SIZE_MAX), ret_plain);
}
