#include "core/crypto/key.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "core/crypto/hash.h"
#include "core/crypto/port.h"

#include <mbedtls/ecdh.h>
#include <mbedtls/ecdsa.h>

enum { KEY_DER_SIZE_MAX = 160 };

/* What every computation on the curve needs; freed as a whole. */
struct curve {
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi scalar;
    mbedtls_mpi r;
    mbedtls_mpi s;
};

static int curve_start(struct curve *c)
{
    mbedtls_ecp_group_init(&c->group);
    mbedtls_ecp_point_init(&c->point);
    mbedtls_mpi_init(&c->scalar);
    mbedtls_mpi_init(&c->r);
    mbedtls_mpi_init(&c->s);
    return mbedtls_ecp_group_load(&c->group, MBEDTLS_ECP_DP_SECP256R1);
}

static void curve_free(struct curve *c)
{
    mbedtls_mpi_free(&c->s);
    mbedtls_mpi_free(&c->r);
    mbedtls_mpi_free(&c->scalar);
    mbedtls_ecp_point_free(&c->point);
    mbedtls_ecp_group_free(&c->group);
}

static int curve_write_point(struct curve *c, struct tb_public_key *ret_key)
{
    size_t size = 0;
    return mbedtls_ecp_point_write_binary(&c->group, &c->point, MBEDTLS_ECP_PF_UNCOMPRESSED, &size,
                                          ret_key->point, sizeof ret_key->point);
}

static int curve_public(struct curve *c, const struct tb_rng *rng, struct tb_key *ret_key)
{
    struct tb_crypto_random random = {rng};
    int code = mbedtls_ecp_check_privkey(&c->group, &c->scalar);
    if (code == 0)
        code = mbedtls_ecp_mul(&c->group, &c->point, &c->scalar, &c->group.G, tb_crypto_fill, &random);
    if (code == 0)
        code = curve_write_point(c, &ret_key->public_key);
    if (code == 0)
        code = mbedtls_mpi_write_binary(&c->scalar, ret_key->scalar, sizeof ret_key->scalar);
    return code;
}

enum tb_err tb_key_make(const struct tb_rng *rng, struct tb_key *ret_key)
{
    struct curve c;
    struct tb_crypto_random random = {rng};
    int code = curve_start(&c);
    if (code == 0)
        code = mbedtls_ecp_gen_privkey(&c.group, &c.scalar, tb_crypto_fill, &random);
    if (code == 0)
        code = curve_public(&c, rng, ret_key);
    curve_free(&c);
    return tb_crypto_err(code, TB_ERR_INTERNAL);
}

enum tb_err tb_key_of_scalar(struct tb_span scalar, const struct tb_rng *rng, struct tb_key *ret_key)
{
    if (scalar.size != TB_KEY_SCALAR_SIZE)
        return TB_ERR_RANGE;
    struct curve c;
    int code = curve_start(&c);
    if (code == 0)
        code = mbedtls_mpi_read_binary(&c.scalar, scalar.at, scalar.size);
    if (code == 0)
        code = curve_public(&c, rng, ret_key);
    curve_free(&c);
    return tb_crypto_err(code, TB_ERR_RANGE);
}

static enum tb_err key_of_pk(const mbedtls_pk_context *pk, const struct tb_rng *rng, struct tb_key *ret_key)
{
    struct tb_public_key public_key;
    enum tb_err err = tb_crypto_public_of_pk(pk, &public_key);
    if (err != TB_OK)
        return err;
    uint8_t scalar[TB_KEY_SCALAR_SIZE];
    size_t size = 0;
    int code = mbedtls_ecp_write_key_ext(mbedtls_pk_ec(*pk), &size, scalar, sizeof scalar);
    err = tb_crypto_err(code, TB_ERR_SYNTAX);
    /* The public half is computed, not believed: the file may hold another one. */
    if (err == TB_OK)
        err = tb_key_of_scalar(tb_span_of(scalar, size), rng, ret_key);
    tb_wipe(scalar, sizeof scalar);
    return err;
}

enum tb_err tb_key_load(struct tb_span text, const struct tb_rng *rng, struct tb_key *ret_key)
{
    struct tb_crypto_text copy;
    struct tb_crypto_random random = {rng};
    enum tb_err err = tb_crypto_text_of(text, &copy);
    if (err != TB_OK)
        return err;
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    int code = mbedtls_pk_parse_key(&pk, copy.at, copy.size, NULL, 0, tb_crypto_fill, &random);
    err = tb_crypto_err(code, TB_ERR_SYNTAX);
    if (err == TB_OK)
        err = mbedtls_pk_can_do(&pk, MBEDTLS_PK_ECKEY) ? key_of_pk(&pk, rng, ret_key) : TB_ERR_UNSUPPORTED;
    mbedtls_pk_free(&pk);
    tb_wipe(&copy, sizeof copy);
    return err;
}

/* Writes at the end of the buffer, as the library does; ret_size is 0 on failure. */
static enum tb_err key_write_der(const struct tb_key *key, uint8_t *buffer, size_t buffer_size,
                                 size_t *ret_size)
{
    mbedtls_pk_context pk;
    enum tb_err err = tb_crypto_pk_of_key(key, &pk);
    int size = 0;
    if (err == TB_OK) {
        size = mbedtls_pk_write_key_der(&pk, buffer, buffer_size);
        err = size < 0 ? tb_crypto_err(size, TB_ERR_INTERNAL) : TB_OK;
    }
    mbedtls_pk_free(&pk);
    *ret_size = size > 0 ? (size_t)size : 0;
    return err;
}

enum tb_err tb_key_store_der(const struct tb_key *key, struct tb_buf *ret_der)
{
    uint8_t der[KEY_DER_SIZE_MAX];
    size_t size = 0;
    enum tb_err err = key_write_der(key, der, sizeof der, &size);
    if (err == TB_OK) {
        tb_buf_add(ret_der, tb_span_of(der + sizeof der - size, size));
        err = ret_der->err;
    }
    tb_wipe(der, sizeof der);
    return err;
}

enum tb_err tb_key_store_pem(const struct tb_key *key, struct tb_buf *ret_pem)
{
    uint8_t der[KEY_DER_SIZE_MAX];
    size_t size = 0;
    enum tb_err err = key_write_der(key, der, sizeof der, &size);
    if (err == TB_OK)
        err = tb_crypto_pem_add(ret_pem, "EC PRIVATE KEY", tb_span_of(der + sizeof der - size, size));
    tb_wipe(der, sizeof der);
    return err;
}

void tb_key_wipe(struct tb_key *key)
{
    tb_wipe(key, sizeof *key);
}

enum tb_err tb_public_key_of_point(struct tb_span point, struct tb_public_key *ret_key)
{
    if (point.size != TB_KEY_POINT_SIZE && point.size != TB_KEY_COMPRESSED_SIZE)
        return TB_ERR_RANGE;
    struct curve c;
    int code = curve_start(&c);
    if (code == 0)
        code = mbedtls_ecp_point_read_binary(&c.group, &c.point, point.at, point.size);
    if (code == 0)
        code = mbedtls_ecp_check_pubkey(&c.group, &c.point);
    if (code == 0)
        code = curve_write_point(&c, ret_key);
    curve_free(&c);
    return tb_crypto_err(code, TB_ERR_RANGE);
}

enum tb_err tb_public_key_load(struct tb_span text, struct tb_public_key *ret_key)
{
    struct tb_crypto_text copy;
    enum tb_err err = tb_crypto_text_of(text, &copy);
    if (err != TB_OK)
        return err;
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    int code = mbedtls_pk_parse_public_key(&pk, copy.at, copy.size);
    err = tb_crypto_err(code, TB_ERR_SYNTAX);
    if (err == TB_OK)
        err = mbedtls_pk_can_do(&pk, MBEDTLS_PK_ECKEY) ? tb_crypto_public_of_pk(&pk, ret_key)
                                                       : TB_ERR_UNSUPPORTED;
    mbedtls_pk_free(&pk);
    return err;
}

enum tb_err tb_public_key_store_pem(const struct tb_public_key *key, struct tb_buf *ret_pem)
{
    uint8_t der[KEY_DER_SIZE_MAX];
    mbedtls_pk_context pk;
    enum tb_err err = tb_crypto_pk_of_public(key, &pk);
    if (err == TB_OK) {
        int size = mbedtls_pk_write_pubkey_der(&pk, der, sizeof der);
        err = size < 0 ? tb_crypto_err(size, TB_ERR_INTERNAL)
                       : tb_crypto_pem_add(ret_pem, "PUBLIC KEY",
                                           tb_span_of(der + sizeof der - size, (size_t)size));
    }
    mbedtls_pk_free(&pk);
    return err;
}

void tb_public_key_compress(const struct tb_public_key *key, uint8_t ret_point[TB_KEY_COMPRESSED_SIZE])
{
    ret_point[0] = 2 | (key->point[TB_KEY_POINT_SIZE - 1] & 1);
    memcpy(ret_point + 1, key->point + 1, TB_KEY_COMPRESSED_SIZE - 1);
}

enum tb_err tb_key_sign(const struct tb_key *key, const struct tb_rng *rng, struct tb_span message,
                        struct tb_signature *ret_signature)
{
    struct tb_digest digest = tb_sha256(message);
    struct tb_crypto_random random = {rng};
    struct curve c;
    int code = curve_start(&c);
    if (code == 0)
        code = mbedtls_mpi_read_binary(&c.scalar, key->scalar, sizeof key->scalar);
    if (code == 0)
        code = mbedtls_ecdsa_sign_det_ext(&c.group, &c.r, &c.s, &c.scalar, digest.bytes, sizeof digest.bytes,
                                          MBEDTLS_MD_SHA256, tb_crypto_fill, &random);
    if (code == 0)
        code = mbedtls_mpi_write_binary(&c.r, ret_signature->bytes, TB_SIGNATURE_SIZE / 2);
    if (code == 0)
        code = mbedtls_mpi_write_binary(&c.s, ret_signature->bytes + TB_SIGNATURE_SIZE / 2,
                                        TB_SIGNATURE_SIZE / 2);
    curve_free(&c);
    return tb_crypto_err(code, TB_ERR_RANGE);
}

enum tb_err tb_public_key_verify(const struct tb_public_key *key, struct tb_span message,
                                 const struct tb_signature *signature)
{
    struct tb_digest digest = tb_sha256(message);
    struct curve c;
    int code = curve_start(&c);
    if (code == 0)
        code = mbedtls_ecp_point_read_binary(&c.group, &c.point, key->point, sizeof key->point);
    /* The point may come from memory that no one checked: a point off the curve is refused here. */
    if (code == 0)
        code = mbedtls_ecp_check_pubkey(&c.group, &c.point);
    if (code == 0)
        code = mbedtls_mpi_read_binary(&c.r, signature->bytes, TB_SIGNATURE_SIZE / 2);
    if (code == 0)
        code = mbedtls_mpi_read_binary(&c.s, signature->bytes + TB_SIGNATURE_SIZE / 2, TB_SIGNATURE_SIZE / 2);
    if (code == 0)
        code = mbedtls_ecdsa_verify(&c.group, digest.bytes, sizeof digest.bytes, &c.point, &c.r, &c.s);
    curve_free(&c);
    return tb_crypto_err(code, TB_ERR_SIGNATURE);
}

static void der_add_integer(struct tb_buf *der, const uint8_t *bytes, size_t size)
{
    while (size > 1 && bytes[0] == 0) {
        bytes++;
        size--;
    }
    bool is_padded = bytes[0] & 0x80; /* else it would read as negative */
    tb_buf_add_u8(der, 0x02);
    tb_buf_add_u8(der, (uint8_t)(size + (is_padded ? 1 : 0)));
    if (is_padded)
        tb_buf_add_u8(der, 0);
    tb_buf_add(der, tb_span_of(bytes, size));
}

enum tb_err tb_signature_to_der(const struct tb_signature *signature, struct tb_buf *ret_der)
{
    uint8_t body[TB_SIGNATURE_DER_SIZE_MAX];
    struct tb_buf integers = tb_buf_of(body, sizeof body);
    der_add_integer(&integers, signature->bytes, TB_SIGNATURE_SIZE / 2);
    der_add_integer(&integers, signature->bytes + TB_SIGNATURE_SIZE / 2, TB_SIGNATURE_SIZE / 2);
    TB_ASSERT(integers.err == TB_OK);
    tb_buf_add_u8(ret_der, 0x30);
    tb_buf_add_u8(ret_der, (uint8_t)integers.size);
    tb_buf_add(ret_der, tb_buf_span(&integers));
    return ret_der->err;
}

/* DER has one form for each number: no needless leading zero, not negative. */
static enum tb_err der_read_integer(struct tb_reader *r, uint8_t *ret_bytes, size_t size)
{
    uint8_t tag = tb_read_u8(r);
    uint8_t length = tb_read_u8(r);
    struct tb_span digits = tb_read_bytes(r, length);
    if (r->err != TB_OK)
        return r->err;
    if (tag != 0x02 || digits.size == 0 || digits.at[0] & 0x80)
        return TB_ERR_SYNTAX;
    if (digits.size > 1 && digits.at[0] == 0) {
        if (!(digits.at[1] & 0x80))
            return TB_ERR_SYNTAX;
        digits = tb_span_sub(digits, 1, SIZE_MAX);
    }
    if (digits.size > size)
        return TB_ERR_RANGE;
    memset(ret_bytes, 0, size - digits.size);
    memcpy(ret_bytes + size - digits.size, digits.at, digits.size);
    return TB_OK;
}

enum tb_err tb_signature_of_der(struct tb_span der, struct tb_signature *ret_signature)
{
    struct tb_reader r = tb_reader_of(der);
    uint8_t tag = tb_read_u8(&r);
    uint8_t length = tb_read_u8(&r);
    if (r.err != TB_OK)
        return r.err;
    if (tag != 0x30 || length != r.rest.size)
        return TB_ERR_SYNTAX;
    enum tb_err err = der_read_integer(&r, ret_signature->bytes, TB_SIGNATURE_SIZE / 2);
    if (err == TB_OK)
        err = der_read_integer(&r, ret_signature->bytes + TB_SIGNATURE_SIZE / 2, TB_SIGNATURE_SIZE / 2);
    if (err == TB_OK && r.rest.size)
        err = TB_ERR_SYNTAX;
    return err;
}

enum tb_err tb_key_agree(const struct tb_key *key, const struct tb_public_key *peer, const struct tb_rng *rng,
                         uint8_t ret_shared[TB_KEY_SHARED_SIZE])
{
    struct tb_crypto_random random = {rng};
    struct curve c;
    int code = curve_start(&c);
    if (code == 0)
        code = mbedtls_mpi_read_binary(&c.scalar, key->scalar, sizeof key->scalar);
    if (code == 0)
        code = mbedtls_ecp_point_read_binary(&c.group, &c.point, peer->point, sizeof peer->point);
    if (code == 0)
        code = mbedtls_ecp_check_pubkey(&c.group, &c.point);
    if (code == 0)
        code = mbedtls_ecdh_compute_shared(&c.group, &c.r, &c.point, &c.scalar, tb_crypto_fill, &random);
    if (code == 0)
        code = mbedtls_mpi_write_binary(&c.r, ret_shared, TB_KEY_SHARED_SIZE);
    curve_free(&c);
    return tb_crypto_err(code, TB_ERR_RANGE);
}
