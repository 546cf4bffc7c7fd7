#include "core/crypto/aead.h"

#include "core/base/wipe.h"
#include "core/crypto/port.h"

#include <mbedtls/gcm.h>

enum { FOREIGN_NONCE_SIZE_MAX = 64 };

static enum tb_err gcm_start(mbedtls_gcm_context *gcm, struct tb_span key)
{
    mbedtls_gcm_init(gcm);
    int code = mbedtls_gcm_setkey(gcm, MBEDTLS_CIPHER_ID_AES, key.at, (unsigned)key.size * 8);
    return tb_crypto_err(code, TB_ERR_NO_MEMORY);
}

static enum tb_err room_check(struct tb_buf *to, size_t size)
{
    if (to->err == TB_OK && to->size_max - to->size < size)
        to->err = TB_ERR_TOO_LONG;
    return to->err;
}

/* The buffer has the room. */
static enum tb_err gcm_seal(mbedtls_gcm_context *gcm, const uint8_t nonce[TB_AEAD_NONCE_SIZE],
                            struct tb_span associated, struct tb_span plain, struct tb_buf *ret_sealed)
{
    uint8_t *head = ret_sealed->at + ret_sealed->size;
    uint8_t *body = head + TB_AEAD_NONCE_SIZE;
    memcpy(head, nonce, TB_AEAD_NONCE_SIZE);
    int code = mbedtls_gcm_crypt_and_tag(gcm, MBEDTLS_GCM_ENCRYPT, plain.size, nonce, TB_AEAD_NONCE_SIZE,
                                         associated.at, associated.size, plain.at, body, TB_AEAD_TAG_SIZE,
                                         body + plain.size);
    if (code == 0)
        ret_sealed->size += plain.size + TB_AEAD_OVERHEAD;
    return tb_crypto_err(code, TB_ERR_INTERNAL);
}

/* sealed = ciphertext ‖ tag. */
static enum tb_err gcm_open(mbedtls_gcm_context *gcm, struct tb_span nonce, struct tb_span associated,
                            struct tb_span sealed, struct tb_buf *ret_plain)
{
    size_t size = sealed.size - TB_AEAD_TAG_SIZE;
    int code = mbedtls_gcm_auth_decrypt(gcm, size, nonce.at, nonce.size, associated.at, associated.size,
                                        sealed.at + size, TB_AEAD_TAG_SIZE, sealed.at,
                                        ret_plain->at + ret_plain->size);
    if (code == 0)
        ret_plain->size += size;
    return tb_crypto_err(code, TB_ERR_SEAL);
}

enum tb_err tb_aead_seal(const struct tb_aead_key *key, const struct tb_rng *rng, struct tb_span associated,
                         struct tb_span plain, struct tb_buf *ret_sealed)
{
    enum tb_err err = room_check(ret_sealed, plain.size + TB_AEAD_OVERHEAD);
    if (err != TB_OK)
        return err;
    uint8_t nonce[TB_AEAD_NONCE_SIZE];
    mbedtls_gcm_context gcm;
    err = gcm_start(&gcm, tb_span_of(key->bytes, sizeof key->bytes));
    if (err == TB_OK) {
        rng->fill(rng->context, nonce, sizeof nonce);
        err = gcm_seal(&gcm, nonce, associated, plain, ret_sealed);
    }
    mbedtls_gcm_free(&gcm);
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
    enum tb_err err = room_check(ret_plain, sealed.size - TB_AEAD_TAG_SIZE);
    if (err != TB_OK)
        return err;
    mbedtls_gcm_context gcm;
    err = gcm_start(&gcm, how->key);
    if (err == TB_OK)
        err = gcm_open(&gcm, how->nonce, how->associated, sealed, ret_plain);
    mbedtls_gcm_free(&gcm);
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

/* ---- a key made ready ---- */

static mbedtls_gcm_context *gcm_of(struct tb_aead_cipher *cipher)
{
    _Static_assert(sizeof(mbedtls_gcm_context) <= TB_AEAD_CIPHER_CONTEXT_SIZE, "the library's context fits");
    _Static_assert(_Alignof(mbedtls_gcm_context) <= 16, "and is aligned");
    return (mbedtls_gcm_context *)(void *)cipher->context;
}

enum tb_err tb_aead_cipher_make(const struct tb_aead_key *key, const struct tb_rng *rng,
                                struct tb_aead_cipher *ret_cipher)
{
    *ret_cipher = (struct tb_aead_cipher){.rng = rng};
    enum tb_err err = gcm_start(gcm_of(ret_cipher), tb_span_of(key->bytes, sizeof key->bytes));
    if (err != TB_OK)
        tb_aead_cipher_wipe(ret_cipher);
    return err;
}

void tb_aead_cipher_wipe(struct tb_aead_cipher *cipher)
{
    mbedtls_gcm_free(gcm_of(cipher));
    tb_wipe(cipher, sizeof *cipher);
}

static const uint8_t *nonce_next(struct tb_aead_cipher *cipher)
{
    if (cipher->nonces_left == 0) {
        cipher->rng->fill(cipher->rng->context, cipher->nonces[0], sizeof cipher->nonces);
        cipher->nonces_left = TB_AEAD_CIPHER_NONCE_COUNT;
    }
    return cipher->nonces[--cipher->nonces_left];
}

enum tb_err tb_aead_cipher_seal(struct tb_aead_cipher *cipher, struct tb_span associated,
                                struct tb_span plain, struct tb_buf *ret_sealed)
{
    enum tb_err err = room_check(ret_sealed, plain.size + TB_AEAD_OVERHEAD);
    return err == TB_OK ? gcm_seal(gcm_of(cipher), nonce_next(cipher), associated, plain, ret_sealed) : err;
}

enum tb_err tb_aead_cipher_open(struct tb_aead_cipher *cipher, struct tb_span associated,
                                struct tb_span sealed, struct tb_buf *ret_plain)
{
    if (sealed.size < TB_AEAD_OVERHEAD)
        return TB_ERR_SEAL;
    enum tb_err err = room_check(ret_plain, sealed.size - TB_AEAD_OVERHEAD);
    if (err != TB_OK)
        return err;
    return gcm_open(gcm_of(cipher), tb_span_sub(sealed, 0, TB_AEAD_NONCE_SIZE), associated,
                    tb_span_sub(sealed, TB_AEAD_NONCE_SIZE, SIZE_MAX), ret_plain);
}
