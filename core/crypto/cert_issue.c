#include "core/crypto/cert.h"

#include "core/base/assert.h"
#include "core/crypto/port.h"

#include <arpa/inet.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

enum {
    SERIAL_SIZE = 16,
    SAN_COUNT_MAX = 1 + 2 * TB_CERT_SAN_COUNT_MAX,
    DER_SIZE_MAX = TB_CERT_PEM_SIZE_MAX / 4 * 3 - 64,
    DN_SIZE_MAX = 256,
};

/* Subject alternative names as the library wants them: a list that points into what it was given. */
struct san_list {
    mbedtls_x509_san_list items[SAN_COUNT_MAX];
    uint8_t text[SAN_COUNT_MAX][TB_CERT_SAN_SIZE_MAX];
    size_t count;
};

static void san_add(struct san_list *list, int type, const uint8_t *at, size_t size)
{
    TB_ASSERT(list->count < SAN_COUNT_MAX && size <= TB_CERT_SAN_SIZE_MAX);
    mbedtls_x509_san_list *item = &list->items[list->count];
    memcpy(list->text[list->count], at, size);
    item->node.type = type;
    item->node.san.unstructured_name.p = list->text[list->count];
    item->node.san.unstructured_name.len = size;
    item->next = NULL;
    if (list->count > 0)
        list->items[list->count - 1].next = item;
    list->count++;
}

static enum tb_err san_add_text(struct san_list *list, int type, const char *text, size_t size_max)
{
    size_t size = strlen(text);
    if (size == 0 || size > size_max)
        return TB_ERR_RANGE;
    for (size_t i = 0; i < size; i++)
        if (text[i] <= 0x20 || text[i] > 0x7e)
            return TB_ERR_RANGE;
    san_add(list, type, (const uint8_t *)text, size);
    return TB_OK;
}

static enum tb_err san_add_address(struct san_list *list, const char *text)
{
    uint8_t address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, text, address) == 1)
        san_add(list, MBEDTLS_X509_SAN_IP_ADDRESS, address, sizeof(struct in_addr));
    else if (inet_pton(AF_INET6, text, address) == 1)
        san_add(list, MBEDTLS_X509_SAN_IP_ADDRESS, address, sizeof(struct in6_addr));
    else
        return TB_ERR_RANGE;
    return TB_OK;
}

static enum tb_err san_of_plan(const char *uri, const struct tb_cert_names *names, struct san_list *ret_list)
{
    enum tb_err err = TB_OK;
    if (uri)
        err = san_add_text(ret_list, MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER, uri, TB_CERT_URI_SIZE_MAX);
    if (!names)
        return err;
    for (size_t i = 0; err == TB_OK && i < TB_CERT_SAN_COUNT_MAX && names->dns[i]; i++)
        err = san_add_text(ret_list, MBEDTLS_X509_SAN_DNS_NAME, names->dns[i], TB_CERT_SAN_SIZE_MAX);
    for (size_t i = 0; err == TB_OK && i < TB_CERT_SAN_COUNT_MAX && names->ip[i]; i++)
        err = san_add_address(ret_list, names->ip[i]);
    return err;
}

static bool is_name_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == ' ' ||
           c == '.' || c == '_' || c == ':' || c == '-';
}

/* The library takes names as text in which , + = # and \ mean something: none of them may be inside. */
static enum tb_err format_dn(const char *common_name, char ret_dn[DN_SIZE_MAX])
{
    size_t size = strlen(common_name);
    if (size == 0 || size > TB_CERT_NAME_SIZE_MAX || common_name[0] == ' ' || common_name[size - 1] == ' ')
        return TB_ERR_RANGE;
    for (size_t i = 0; i < size; i++)
        if (!is_name_byte(common_name[i]))
            return TB_ERR_RANGE;
    memcpy(ret_dn, "CN=", 3);
    memcpy(ret_dn + 3, common_name, size + 1);
    return TB_OK;
}

static void add_two_digits(struct tb_buf *text, int64_t value)
{
    tb_buf_add_u8(text, (uint8_t)('0' + value / 10 % 10));
    tb_buf_add_u8(text, (uint8_t)('0' + value % 10));
}

/* YYYYMMDDhhmmss in UTC; years 1970 to 9999. */
static enum tb_err format_time(int64_t ms, char ret_text[16])
{
    if (ms < 0 || ms > INT64_C(253402300799999))
        return TB_ERR_RANGE;
    int64_t seconds = ms / 1000;
    int64_t z = seconds / 86400 + 719468; /* days since 0000-03-01 */
    int64_t era = z / 146097;
    int64_t day_of_era = z % 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    int64_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);

    struct tb_buf text = tb_buf_of(ret_text, 16);
    add_two_digits(&text, year / 100);
    add_two_digits(&text, year % 100);
    add_two_digits(&text, month);
    add_two_digits(&text, day_of_year - (153 * shifted_month + 2) / 5 + 1);
    add_two_digits(&text, seconds / 3600 % 24);
    add_two_digits(&text, seconds / 60 % 60);
    add_two_digits(&text, seconds % 60);
    tb_buf_add_u8(&text, 0);
    return text.err;
}

static int set_validity(mbedtls_x509write_cert *crt, const struct tb_cert_plan *plan)
{
    char from[16];
    char to[16];
    if (format_time(plan->not_before_ms, from) != TB_OK || format_time(plan->not_after_ms, to) != TB_OK)
        return MBEDTLS_ERR_X509_BAD_INPUT_DATA;
    return mbedtls_x509write_crt_set_validity(crt, from, to);
}

static int set_serial(mbedtls_x509write_cert *crt, const struct tb_rng *rng)
{
    uint8_t serial[SERIAL_SIZE];
    rng->fill(rng->context, serial, sizeof serial);
    serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and always of the same size */
    return mbedtls_x509write_crt_set_serial_raw(crt, serial, sizeof serial);
}

static int set_extended_usage(mbedtls_x509write_cert *crt, enum tb_cert_role role)
{
    unsigned char client[] = MBEDTLS_OID_CLIENT_AUTH;
    unsigned char server[] = MBEDTLS_OID_SERVER_AUTH;
    _Static_assert(sizeof client == sizeof server, "both object identifiers have one size");
    mbedtls_asn1_sequence usage = {.buf = {.tag = MBEDTLS_ASN1_OID,
                                           .len = sizeof client - 1,
                                           .p = role == TB_CERT_CLIENT ? client : server}};
    return mbedtls_x509write_crt_set_ext_key_usage(crt, &usage);
}

static int set_usage(mbedtls_x509write_cert *crt, enum tb_cert_role role)
{
    bool is_ca = role == TB_CERT_CA;
    int code = mbedtls_x509write_crt_set_basic_constraints(crt, is_ca ? 1 : 0, is_ca ? 0 : -1);
    if (code == 0)
        code = mbedtls_x509write_crt_set_key_usage(crt, is_ca ? MBEDTLS_X509_KU_KEY_CERT_SIGN |
                                                                    MBEDTLS_X509_KU_CRL_SIGN
                                                              : MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
    if (code == 0 && !is_ca)
        code = set_extended_usage(crt, role);
    if (code == 0)
        code = mbedtls_x509write_crt_set_subject_key_identifier(crt);
    if (code == 0)
        code = mbedtls_x509write_crt_set_authority_key_identifier(crt);
    return code;
}

/* Everything that signing needs, held together so that it is freed together. */
struct issue {
    mbedtls_x509write_cert crt;
    mbedtls_pk_context subject_key;
    mbedtls_pk_context issuer_key;
    struct san_list names;
};

static enum tb_err issue_fill(struct issue *issue, const char *issuer_dn, const struct tb_cert_plan *plan,
                              const struct tb_rng *rng)
{
    char subject_dn[DN_SIZE_MAX];
    enum tb_err err = format_dn(plan->common_name, subject_dn);
    if (err == TB_OK)
        err = san_of_plan(plan->uri, plan->names, &issue->names);
    if (err == TB_OK && plan->not_after_ms <= plan->not_before_ms)
        err = TB_ERR_RANGE;
    if (err != TB_OK)
        return err;
    mbedtls_x509write_crt_set_version(&issue->crt, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&issue->crt, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&issue->crt, &issue->subject_key);
    mbedtls_x509write_crt_set_issuer_key(&issue->crt, &issue->issuer_key);
    int code = mbedtls_x509write_crt_set_subject_name(&issue->crt, subject_dn);
    if (code == 0)
        code = mbedtls_x509write_crt_set_issuer_name(&issue->crt, issuer_dn);
    if (code == 0)
        code = set_validity(&issue->crt, plan);
    if (code == 0)
        code = set_serial(&issue->crt, rng);
    if (code == 0)
        code = set_usage(&issue->crt, plan->role);
    if (code == 0 && issue->names.count > 0)
        code = mbedtls_x509write_crt_set_subject_alternative_name(&issue->crt, issue->names.items);
    return tb_crypto_err(code, TB_ERR_RANGE);
}

static enum tb_err issue_sign(struct issue *issue, const struct tb_rng *rng, struct tb_buf *ret_pem)
{
    uint8_t der[DER_SIZE_MAX];
    struct tb_crypto_random random = {rng};
    int size = mbedtls_x509write_crt_der(&issue->crt, der, sizeof der, tb_crypto_fill, &random);
    if (size < 0)
        return tb_crypto_err(size, TB_ERR_INTERNAL);
    return tb_crypto_pem_add(ret_pem, "CERTIFICATE", tb_span_of(der + sizeof der - size, (size_t)size));
}

static enum tb_err issue_as(const struct tb_key *issuer_key, const char *issuer_dn,
                            const struct tb_public_key *key, const struct tb_cert_plan *plan,
                            const struct tb_rng *rng, struct tb_buf *ret_pem)
{
    struct issue issue = {.names = {.count = 0}};
    mbedtls_x509write_crt_init(&issue.crt);
    mbedtls_pk_init(&issue.issuer_key);
    enum tb_err err = tb_crypto_pk_of_public(key, &issue.subject_key);
    if (err == TB_OK)
        err = tb_crypto_pk_of_key(issuer_key, &issue.issuer_key);
    if (err == TB_OK)
        err = issue_fill(&issue, issuer_dn, plan, rng);
    if (err == TB_OK)
        err = issue_sign(&issue, rng, ret_pem);
    mbedtls_x509write_crt_free(&issue.crt);
    mbedtls_pk_free(&issue.issuer_key);
    mbedtls_pk_free(&issue.subject_key);
    return err;
}

/* The whole subject of the issuer's certificate; its key must be the one that is going to sign. */
static enum tb_err read_issuer(const struct tb_cert_issuer *issuer, char ret_dn[DN_SIZE_MAX])
{
    struct tb_crypto_text copy;
    enum tb_err err = tb_crypto_text_of(issuer->certificate, &copy);
    if (err != TB_OK)
        return err;
    mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    struct tb_public_key key;
    err = mbedtls_x509_crt_parse(&crt, copy.at, copy.size) < 0 ? TB_ERR_SYNTAX : TB_OK;
    if (err == TB_OK && mbedtls_x509_crt_get_ca_istrue(&crt) != 1)
        err = TB_ERR_DENIED;
    if (err == TB_OK)
        err = tb_crypto_public_of_pk(&crt.pk, &key);
    if (err == TB_OK && memcmp(key.point, issuer->key->public_key.point, sizeof key.point) != 0)
        err = TB_ERR_DENIED;
    if (err == TB_OK && mbedtls_x509_dn_gets(ret_dn, DN_SIZE_MAX, &crt.subject) < 0)
        err = TB_ERR_TOO_LONG;
    mbedtls_x509_crt_free(&crt);
    return err;
}

enum tb_err tb_cert_issue(const struct tb_cert_issuer *issuer, const struct tb_public_key *key,
                          const struct tb_cert_plan *plan, const struct tb_rng *rng, struct tb_buf *ret_pem)
{
    char issuer_dn[DN_SIZE_MAX];
    enum tb_err err = read_issuer(issuer, issuer_dn);
    return err == TB_OK ? issue_as(issuer->key, issuer_dn, key, plan, rng, ret_pem) : err;
}

enum tb_err tb_cert_issue_root(const struct tb_key *key, const struct tb_cert_plan *plan,
                               const struct tb_rng *rng, struct tb_buf *ret_pem)
{
    char dn[DN_SIZE_MAX];
    enum tb_err err = plan->role == TB_CERT_CA ? format_dn(plan->common_name, dn) : TB_ERR_RANGE;
    return err == TB_OK ? issue_as(key, dn, &key->public_key, plan, rng, ret_pem) : err;
}

static enum tb_err ask_fill(mbedtls_x509write_csr *csr, const char *common_name, struct san_list *names)
{
    char dn[DN_SIZE_MAX];
    enum tb_err err = format_dn(common_name, dn);
    if (err != TB_OK)
        return err;
    mbedtls_x509write_csr_set_md_alg(csr, MBEDTLS_MD_SHA256);
    int code = mbedtls_x509write_csr_set_subject_name(csr, dn);
    if (code == 0 && names->count > 0)
        code = mbedtls_x509write_csr_set_subject_alternative_name(csr, names->items);
    return tb_crypto_err(code, TB_ERR_RANGE);
}

enum tb_err tb_cert_ask(const struct tb_key *key, const char *common_name, const char *uri,
                        const struct tb_rng *rng, struct tb_buf *ret_pem)
{
    uint8_t der[DER_SIZE_MAX];
    struct tb_crypto_random random = {rng};
    struct san_list names = {.count = 0};
    mbedtls_x509write_csr csr;
    mbedtls_pk_context pk;
    mbedtls_x509write_csr_init(&csr);
    enum tb_err err = tb_crypto_pk_of_key(key, &pk);
    mbedtls_x509write_csr_set_key(&csr, &pk);
    if (err == TB_OK)
        err = san_of_plan(uri, NULL, &names);
    if (err == TB_OK)
        err = ask_fill(&csr, common_name, &names);
    if (err == TB_OK) {
        int size = mbedtls_x509write_csr_der(&csr, der, sizeof der, tb_crypto_fill, &random);
        err = size < 0 ? tb_crypto_err(size, TB_ERR_INTERNAL)
                       : tb_crypto_pem_add(ret_pem, "CERTIFICATE REQUEST",
                                           tb_span_of(der + sizeof der - size, (size_t)size));
    }
    mbedtls_x509write_csr_free(&csr);
    mbedtls_pk_free(&pk);
    return err;
}
