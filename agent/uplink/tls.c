#include "agent/uplink/tls.h"

#include "core/crypto/cert.h"

#include <libwebsockets.h>
#include <mbedtls/platform_time.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/*
 * The way to a connection's mbedTLS context: both functions are lws's, but its installed headers for
 * mbedTLS leave them out.
 */
struct ssl_st;
struct ssl_st *lws_get_ssl(struct lws *wsi);
mbedtls_ssl_context *SSL_mbedtls_ssl_context_from_SSL(struct ssl_st *ssl);

static _Atomic int64_t clock_floor_s;

static mbedtls_time_t clock_read(mbedtls_time_t *ret_time)
{
    int64_t now_s = (int64_t)time(NULL);
    int64_t floor_s = atomic_load_explicit(&clock_floor_s, memory_order_relaxed);
    mbedtls_time_t known = (mbedtls_time_t)(now_s > floor_s ? now_s : floor_s);
    if (ret_time)
        *ret_time = known;
    return known;
}

static void clock_install(void)
{
    mbedtls_platform_set_time(clock_read);
}

void tb_tls_raise_clock_floor(int64_t wall_ms)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, clock_install);
    int64_t before = atomic_load_explicit(&clock_floor_s, memory_order_relaxed);
    while (before < wall_ms / 1000 && !atomic_compare_exchange_weak(&clock_floor_s, &before, wall_ms / 1000))
        continue;
}

enum tb_err tb_tls_material_check(const struct tb_tls_material *material, const struct tb_rng *rng)
{
    struct tb_cert_info ca, own;
    struct tb_key key;
    enum tb_err err = tb_cert_read(material->ca, &ca);
    if (!err)
        err = tb_cert_read(material->certificate, &own);
    if (!err)
        err = tb_key_load(material->key, rng, &key);
    if (err)
        return err;
    bool same = memcmp(key.public_key.point, own.key.point, TB_KEY_POINT_SIZE) == 0;
    tb_key_wipe(&key);
    return same ? TB_OK : TB_ERR_CONFLICT;
}

struct verify_flag {
    uint32_t flag;
    enum tb_line_cause cause;
    const char *detail;
};

/* The first that fits is the reason; a clock in the past makes everything else uncertain. */
static const struct verify_flag verify_flags[] = {
    {MBEDTLS_X509_BADCERT_FUTURE, TB_CAUSE_CLOCK, "not_yet_valid"},
    {MBEDTLS_X509_BADCERT_EXPIRED, TB_CAUSE_TLS, "expired"},
    {MBEDTLS_X509_BADCERT_CN_MISMATCH, TB_CAUSE_TLS, "other_name"},
    {MBEDTLS_X509_BADCERT_NOT_TRUSTED, TB_CAUSE_TLS, "not_trusted"},
    {MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_KEY_USAGE, TB_CAUSE_TLS, "not_for_servers"},
};

enum tb_line_cause tb_tls_cause(struct lws *wsi, const char **ret_detail)
{
    *ret_detail = "handshake";
    struct ssl_st *ssl = lws_get_ssl(wsi);
    uint32_t flags = ssl ? mbedtls_ssl_get_verify_result(SSL_mbedtls_ssl_context_from_SSL(ssl)) : UINT32_MAX;
    if (flags == UINT32_MAX) /* the other side went away before it showed a certificate */
        return TB_CAUSE_CLOSED;
    for (size_t i = 0; i < sizeof verify_flags / sizeof verify_flags[0]; i++) {
        if (!(flags & verify_flags[i].flag))
            continue;
        *ret_detail = verify_flags[i].detail;
        return verify_flags[i].cause;
    }
    return TB_CAUSE_TLS;
}
