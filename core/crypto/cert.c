#include "core/crypto/cert.h"

#include "core/crypto/port.h"

#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

enum { SAN_TAG_URI = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER };

/* Days since 1970-01-01 of a date of the Gregorian calendar. */
static int64_t days_of_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static int64_t ms_of_time(const mbedtls_x509_time *t)
{
    int64_t seconds = ((days_of_date(t->year, t->mon, t->day) * 24 + t->hour) * 60 + t->min) * 60 + t->sec;
    return seconds * 1000;
}

/* Names are compared as text later: a control character in one could hide its end. */
static enum tb_err copy_printable(const mbedtls_asn1_buf *from, char *ret_text, size_t size_max)
{
    for (size_t i = 0; i < from->len; i++)
        if (from->p[i] < 0x20 || from->p[i] > 0x7e)
            return TB_ERR_SYNTAX;
    return tb_span_to_str(tb_span_of(from->p, from->len), ret_text, size_max);
}

static enum tb_err read_common_name(const mbedtls_x509_name *name, char ret_name[TB_CERT_NAME_SIZE_MAX + 1])
{
    ret_name[0] = '\0';
    for (; name; name = name->next)
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &name->oid) == 0)
            return copy_printable(&name->val, ret_name, TB_CERT_NAME_SIZE_MAX + 1);
    return TB_OK;
}

static enum tb_err read_uri(const mbedtls_x509_sequence *names, char ret_uri[TB_CERT_URI_SIZE_MAX + 1])
{
    ret_uri[0] = '\0';
    for (; names; names = names->next)
        if (names->buf.tag == SAN_TAG_URI)
            return copy_printable(&names->buf, ret_uri, TB_CERT_URI_SIZE_MAX + 1);
    return TB_OK;
}

static bool has_usage(const mbedtls_x509_sequence *usages, const char *oid, size_t oid_size)
{
    for (; usages; usages = usages->next)
        if (usages->buf.len == oid_size && memcmp(usages->buf.p, oid, oid_size) == 0)
            return true;
    return false;
}

static enum tb_err info_of_crt(const mbedtls_x509_crt *crt, struct tb_cert_info *ret_info)
{
    if (crt->serial.len > TB_CERT_SERIAL_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    memcpy(ret_info->serial, crt->serial.p, crt->serial.len);
    ret_info->serial_size = crt->serial.len;
    ret_info->not_before_ms = ms_of_time(&crt->valid_from);
    ret_info->not_after_ms = ms_of_time(&crt->valid_to);
    ret_info->is_ca = mbedtls_x509_crt_get_ca_istrue(crt) == 1;
    ret_info->is_client =
        has_usage(&crt->ext_key_usage, MBEDTLS_OID_CLIENT_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH));
    ret_info->is_server =
        has_usage(&crt->ext_key_usage, MBEDTLS_OID_SERVER_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH));
    enum tb_err err = tb_crypto_public_of_pk(&crt->pk, &ret_info->key);
    if (err == TB_OK)
        err = read_common_name(&crt->subject, ret_info->common_name);
    if (err == TB_OK)
        err = read_uri(&crt->subject_alt_names, ret_info->uri);
    return err;
}

enum tb_err tb_cert_read(struct tb_span text, struct tb_cert_info *ret_info)
{
    struct tb_crypto_text copy;
    enum tb_err err = tb_crypto_text_of(text, &copy);
    if (err != TB_OK)
        return err;
    memset(ret_info, 0, sizeof *ret_info);
    mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    int code = mbedtls_x509_crt_parse(&crt, copy.at, copy.size);
    /* Above zero: so many later certificates of the text could not be read. */
    err = code < 0 ? tb_crypto_err(code, TB_ERR_SYNTAX) : TB_OK;
    if (err == TB_OK)
        err = info_of_crt(&crt, ret_info);
    mbedtls_x509_crt_free(&crt);
    return err;
}

/* The signature follows the signed part: AlgorithmIdentifier, BIT STRING (RFC 2986 section 4.2). */
static enum tb_err read_signature(const mbedtls_x509_csr *csr, struct tb_signature *ret_signature)
{
    if (MBEDTLS_OID_CMP(MBEDTLS_OID_ECDSA_SHA256, &csr->sig_oid) != 0)
        return TB_ERR_UNSUPPORTED;
    unsigned char *at = csr->cri.p + csr->cri.len;
    const unsigned char *end = csr->raw.p + csr->raw.len;
    size_t size = 0;
    if (mbedtls_asn1_get_tag(&at, end, &size, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) != 0)
        return TB_ERR_SYNTAX;
    at += size;
    if (mbedtls_asn1_get_bitstring_null(&at, end, &size) != 0)
        return TB_ERR_SYNTAX;
    return tb_signature_of_der(tb_span_of(at, size), ret_signature);
}

static enum tb_err request_of_csr(const mbedtls_x509_csr *csr, struct tb_cert_request *ret_request)
{
    struct tb_signature signature;
    enum tb_err err = tb_crypto_public_of_pk(&csr->pk, &ret_request->key);
    if (err == TB_OK)
        err = read_signature(csr, &signature);
    if (err == TB_OK)
        err = tb_public_key_verify(&ret_request->key, tb_span_of(csr->cri.p, csr->cri.len), &signature);
    if (err == TB_OK)
        err = read_common_name(&csr->subject, ret_request->common_name);
    if (err == TB_OK)
        err = read_uri(&csr->subject_alt_names, ret_request->uri);
    return err;
}

enum tb_err tb_cert_read_request(struct tb_span text, struct tb_cert_request *ret_request)
{
    struct tb_crypto_text copy;
    enum tb_err err = tb_crypto_text_of(text, &copy);
    if (err != TB_OK)
        return err;
    memset(ret_request, 0, sizeof *ret_request);
    mbedtls_x509_csr csr;
    mbedtls_x509_csr_init(&csr);
    int code = mbedtls_x509_csr_parse(&csr, copy.at, copy.size);
    err = tb_crypto_err(code, TB_ERR_SYNTAX);
    if (err == TB_OK)
        err = request_of_csr(&csr, ret_request);
    mbedtls_x509_csr_free(&csr);
    return err;
}
