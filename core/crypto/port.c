#include "core/crypto/port.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

#include <mbedtls/asn1.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/base64.h>
#include <mbedtls/cipher.h>
#include <mbedtls/md.h>
#include <mbedtls/pem.h>
#include <mbedtls/x509.h>

int tb_crypto_fill(void *random, unsigned char *ret_bytes, size_t size)
{
    const struct tb_rng *rng = ((struct tb_crypto_random *)random)->rng;
    rng->fill(rng->context, ret_bytes, size);
    return 0;
}

enum tb_err tb_crypto_err(int code, enum tb_err otherwise)
{
    if (code == 0)
        return TB_OK;
    switch (code) {
    case MBEDTLS_ERR_MPI_ALLOC_FAILED:
    case MBEDTLS_ERR_ECP_ALLOC_FAILED:
    case MBEDTLS_ERR_PK_ALLOC_FAILED:
    case MBEDTLS_ERR_MD_ALLOC_FAILED:
    case MBEDTLS_ERR_X509_ALLOC_FAILED:
    case MBEDTLS_ERR_ASN1_ALLOC_FAILED:
    case MBEDTLS_ERR_PEM_ALLOC_FAILED:
    case MBEDTLS_ERR_CIPHER_ALLOC_FAILED: return TB_ERR_NO_MEMORY;
    case MBEDTLS_ERR_ASN1_BUF_TOO_SMALL:
    case MBEDTLS_ERR_BASE64_BUFFER_TOO_SMALL:
    case MBEDTLS_ERR_X509_BUFFER_TOO_SMALL: return TB_ERR_TOO_LONG;
    default: return otherwise;
    }
}

enum tb_err tb_crypto_text_of(struct tb_span from, struct tb_crypto_text *ret_text)
{
    if (from.size > TB_CRYPTO_TEXT_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    if (from.size)
        memcpy(ret_text->at, from.at, from.size);
    ret_text->at[from.size] = '\0';
    bool is_pem = strstr((const char *)ret_text->at, "-----BEGIN") != NULL;
    ret_text->size = from.size + (is_pem ? 1 : 0);
    return TB_OK;
}

static enum tb_err pk_setup(mbedtls_pk_context *pk)
{
    mbedtls_pk_init(pk);
    int code = mbedtls_pk_setup(pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    return tb_crypto_err(code, TB_ERR_INTERNAL);
}

static enum tb_err pk_set_public(mbedtls_pk_context *pk, const struct tb_public_key *key)
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    int code = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
    if (code == 0)
        code = mbedtls_ecp_point_read_binary(&group, &point, key->point, sizeof key->point);
    if (code == 0)
        code = mbedtls_ecp_set_public_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*pk), &point);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    return tb_crypto_err(code, TB_ERR_RANGE);
}

enum tb_err tb_crypto_pk_of_public(const struct tb_public_key *key, mbedtls_pk_context *ret_pk)
{
    enum tb_err err = pk_setup(ret_pk);
    return err == TB_OK ? pk_set_public(ret_pk, key) : err;
}

enum tb_err tb_crypto_pk_of_key(const struct tb_key *key, mbedtls_pk_context *ret_pk)
{
    enum tb_err err = pk_setup(ret_pk);
    if (err != TB_OK)
        return err;
    int code = mbedtls_ecp_read_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*ret_pk), key->scalar,
                                    sizeof key->scalar);
    if (code != 0)
        return tb_crypto_err(code, TB_ERR_RANGE);
    return pk_set_public(ret_pk, &key->public_key);
}

enum tb_err tb_crypto_public_of_pk(const mbedtls_pk_context *pk, struct tb_public_key *ret_key)
{
    const mbedtls_ecp_keypair *pair = mbedtls_pk_ec(*pk);
    if (!pair || mbedtls_ecp_keypair_get_group_id(pair) != MBEDTLS_ECP_DP_SECP256R1)
        return TB_ERR_UNSUPPORTED;
    size_t size = 0;
    int code = mbedtls_ecp_write_public_key(pair, MBEDTLS_ECP_PF_UNCOMPRESSED, &size, ret_key->point,
                                            sizeof ret_key->point);
    return tb_crypto_err(code, TB_ERR_INTERNAL);
}

static void pem_line(char line[64], const char *edge, const char *type)
{
    struct tb_buf text = tb_buf_of(line, 64);
    tb_buf_add_str(&text, "-----");
    tb_buf_add_str(&text, edge);
    tb_buf_add_str(&text, type);
    tb_buf_add_str(&text, "-----\n");
    tb_buf_add_u8(&text, 0);
    TB_ASSERT(text.err == TB_OK);
}

enum tb_err tb_crypto_pem_add(struct tb_buf *to, const char *type, struct tb_span der)
{
    if (to->err != TB_OK)
        return to->err;
    char header[64];
    char footer[64];
    pem_line(header, "BEGIN ", type);
    pem_line(footer, "END ", type);
    size_t size = 0; /* with the terminator, for which there must be room too */
    int code = mbedtls_pem_write_buffer(header, footer, der.at, der.size, to->at + to->size,
                                        to->size_max - to->size, &size);
    if (code != 0)
        return to->err = tb_crypto_err(code, TB_ERR_INTERNAL);
    to->size += size - 1;
    return TB_OK;
}
