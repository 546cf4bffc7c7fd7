#include "agent/cache/seal.h"

#include "core/base/wipe.h"
#include "core/crypto/hash.h"
#include "host/system/system.h"

static enum tb_err key_make(const char *path, struct tb_sealer *sealer)
{
    sealer->device_key = tb_aead_key_random(sealer->rng);
    return tb_file_replace(path, tb_span_of(sealer->device_key.bytes, TB_AEAD_KEY_SIZE), 0600);
}

static enum tb_err key_read(const char *path, struct tb_sealer *sealer)
{
    uint8_t bytes[TB_AEAD_KEY_SIZE + 1];
    struct tb_buf key = tb_buf_of(bytes, sizeof bytes);
    enum tb_err err = tb_secret_read(path, &key);
    if (err == TB_ERR_TOO_LONG || (err == TB_OK && key.size != TB_AEAD_KEY_SIZE))
        err = TB_ERR_CORRUPT;
    if (err == TB_OK)
        memcpy(sealer->device_key.bytes, bytes, TB_AEAD_KEY_SIZE);
    tb_wipe(bytes, sizeof bytes);
    return err;
}

/* The rest of a sealer from its device key. */
static enum tb_err sealer_finish(struct tb_sealer *sealer)
{
    enum tb_err err =
        tb_hkdf_sha256(tb_span_of(NULL, 0), tb_span_of(sealer->device_key.bytes, TB_AEAD_KEY_SIZE),
                       tb_span_str("tillbridge proof"), sealer->proof_key.bytes, TB_AEAD_KEY_SIZE);
    return err == TB_OK ? tb_aead_cipher_make(&sealer->device_key, sealer->rng, &sealer->cipher) : err;
}

enum tb_err tb_sealer_make(const struct tb_rng *rng, struct tb_sealer *ret_sealer)
{
    *ret_sealer = (struct tb_sealer){.rng = rng, .device_key = tb_aead_key_random(rng)};
    return sealer_finish(ret_sealer);
}

enum tb_err tb_sealer_load(const char *path, const struct tb_rng *rng, struct tb_sealer *ret_sealer)
{
    *ret_sealer = (struct tb_sealer){.rng = rng};
    enum tb_err err = key_read(path, ret_sealer);
    if (err == TB_ERR_NOT_FOUND)
        err = key_make(path, ret_sealer);
    return err == TB_OK ? sealer_finish(ret_sealer) : err;
}

enum tb_err tb_sealer_share(const struct tb_sealer *sealer, struct tb_sealer *ret_other)
{
    *ret_other = (struct tb_sealer){
        .device_key = sealer->device_key, .proof_key = sealer->proof_key, .rng = sealer->rng};
    return tb_aead_cipher_make(&ret_other->device_key, ret_other->rng, &ret_other->cipher);
}

void tb_sealer_wipe(struct tb_sealer *sealer)
{
    tb_wipe(&sealer->device_key, sizeof sealer->device_key);
    tb_wipe(&sealer->proof_key, sizeof sealer->proof_key);
    tb_aead_cipher_wipe(&sealer->cipher);
}

struct tb_seal_proof tb_seal_proof(const struct tb_sealer *sealer, struct tb_span about)
{
    struct tb_digest mac = tb_hmac_sha256(tb_span_of(sealer->proof_key.bytes, TB_AEAD_KEY_SIZE), about);
    struct tb_seal_proof proof;
    memcpy(proof.bytes, mac.bytes, sizeof proof.bytes);
    return proof;
}

enum tb_err tb_seal(struct tb_sealer *sealer, struct tb_span about, struct tb_span plain,
                    struct tb_buf *ret_sealed)
{
    return tb_aead_cipher_seal(&sealer->cipher, about, plain, ret_sealed);
}

enum tb_err tb_unseal(struct tb_sealer *sealer, struct tb_span about, struct tb_span sealed,
                      struct tb_buf *ret_plain)
{
    return tb_aead_cipher_open(&sealer->cipher, about, sealed, ret_plain);
}

enum tb_err tb_seal_row(struct tb_sealer *sealer, struct tb_span about, struct tb_span plain,
                        uint8_t ret_wrapped[TB_SEAL_WRAPPED_SIZE], struct tb_buf *ret_sealed)
{
    struct tb_aead_key row_key = tb_aead_key_random(sealer->rng);
    struct tb_buf wrapped = tb_buf_of(ret_wrapped, TB_SEAL_WRAPPED_SIZE);
    enum tb_err err = tb_seal(sealer, about, tb_span_of(row_key.bytes, sizeof row_key.bytes), &wrapped);
    if (err == TB_OK)
        err = tb_aead_seal(&row_key, sealer->rng, about, plain, ret_sealed);
    tb_wipe(&row_key, sizeof row_key);
    return err;
}

enum tb_err tb_unseal_row(struct tb_sealer *sealer, struct tb_span about, struct tb_span wrapped,
                          struct tb_span sealed, struct tb_buf *ret_plain)
{
    if (wrapped.size != TB_SEAL_WRAPPED_SIZE)
        return TB_ERR_SEAL;
    struct tb_aead_key row_key;
    struct tb_buf key = tb_buf_of(row_key.bytes, sizeof row_key.bytes);
    enum tb_err err = tb_unseal(sealer, about, wrapped, &key);
    if (err == TB_OK)
        err = tb_aead_open(&row_key, about, sealed, ret_plain);
    tb_wipe(&row_key, sizeof row_key);
    return err;
}
