#include "contextd/gateway/tls.h"

#include "contextd/gateway/tls_ticket.h"
#include "core/base/assert.h"
#include "host/log/log.h"
#include "host/system/system.h"

#include <libwebsockets.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <unistd.h>

#define URN_HEAD "urn:tillbridge:"
#define CIPHERS_TERMINAL "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
#define CIPHERS_WEB                                                                \
    CIPHERS_TERMINAL ":ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256:" \
                     "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305"
#define SESSION_LIFE_S (24L * 60 * 60)
#define SESSION_CACHE_MAX 20000

/* What an alert (RFC 8446 section 6) tells a person who looks after terminals. */
static const char *alert_words(int alert)
{
    switch (alert & 0xff) {
    case SSL3_AD_CERTIFICATE_EXPIRED: return "the certificate has expired, or a clock is wrong";
    case SSL3_AD_CERTIFICATE_REVOKED: return "the certificate was revoked";
    case SSL3_AD_CERTIFICATE_UNKNOWN: return "the certificate was not accepted";
    case SSL3_AD_BAD_CERTIFICATE: return "the certificate is damaged or not meant for this";
    case SSL3_AD_UNSUPPORTED_CERTIFICATE: return "the certificate is not meant for this use";
    case TLS1_AD_UNKNOWN_CA: return "the certificate is of another CA";
    case TLS1_AD_ACCESS_DENIED: return "the certificate has no right here";
    case TLS1_AD_PROTOCOL_VERSION: return "the other side offers only older TLS versions";
    case TLS1_AD_INSUFFICIENT_SECURITY: return "the other side offers only weaker ciphers";
    case SSL3_AD_HANDSHAKE_FAILURE: return "no cipher in common, or the certificate is missing";
    case TLS1_AD_UNRECOGNIZED_NAME: return "the other side asks for another server name";
    case TLS13_AD_CERTIFICATE_REQUIRED: return "the other side sent no certificate";
    case TLS1_AD_DECRYPT_ERROR: return "a signature does not verify: key and certificate differ";
    case TLS1_AD_NO_RENEGOTIATION: return "renegotiation is not offered";
    default: return "the handshake failed";
    }
}

static void on_info(const SSL *ssl, int where, int value)
{
    if (!(where & SSL_CB_ALERT) || (value & 0xff) == SSL3_AD_CLOSE_NOTIFY)
        return;
    const struct tb_tls_listener *listener = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    tb_log(TB_LOG_WARN, TB_EVENT("tls", "alert"), tb_log_str("listener", listener->name),
           tb_log_str("side", where & SSL_CB_READ ? "client" : "here"),
           tb_log_str("alert", SSL_alert_desc_string_long(value)), tb_log_str("means", alert_words(value)));
}

/* The library's own judgement stands; this only puts its reason into the log. */
static int on_verify(int accepted, X509_STORE_CTX *store)
{
    if (!accepted)
        tb_log(TB_LOG_WARN, TB_EVENT("tls", "certificate_refused"),
               tb_log_str("reason", X509_verify_cert_error_string(X509_STORE_CTX_get_error(store))),
               tb_log_int("depth", X509_STORE_CTX_get_error_depth(store)));
    return accepted;
}

static bool setup_sessions(SSL_CTX *ctx, const struct tb_tls_listener *listener)
{
    /* Fixed, because the library's default differs after each restart and would make tickets useless;
     * different per listener, because a web session must never resume as a terminal. */
    const unsigned char *id = (const unsigned char *)listener->name;
    if (SSL_CTX_set_session_id_context(ctx, id, (unsigned)strlen(listener->name)) != 1)
        return false;
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER);
    (void)SSL_CTX_sess_set_cache_size(ctx, SESSION_CACHE_MAX);
    (void)SSL_CTX_set_timeout(ctx, SESSION_LIFE_S);
    return tb_tls_tickets_install(listener->tickets, ctx);
}

enum tb_err tb_tls_setup(void *vendor, const struct tb_tls_listener *listener)
{
    SSL_CTX *ctx = vendor;
    SSL_CTX_set_app_data(ctx, (void *)(uintptr_t)listener);
    SSL_CTX_set_info_callback(ctx, on_info);
    /* A line that breaks is no attack: websocket messages are framed, a torn one is never used. */
    (void)SSL_CTX_set_options(ctx,
                              SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    /* No listener ever answers for another one, whatever name a client asks for. */
    (void)SSL_CTX_set_tlsext_servername_callback(ctx, NULL);
    const char *ciphers = listener->terminals ? CIPHERS_TERMINAL : CIPHERS_WEB;
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ctx, ciphers) != 1 || !setup_sessions(ctx, listener))
        return TB_ERR_INTERNAL;
    int mode = listener->terminals ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE;
    SSL_CTX_set_verify(ctx, mode, listener->terminals ? on_verify : NULL);
    return TB_OK;
}

static enum tb_err file_check(const char *path, const char **ret_file)
{
    *ret_file = path;
    return access(path, R_OK) == 0 ? TB_OK : tb_err_of_errno(errno);
}

static enum tb_err files_load(SSL_CTX *ctx, const struct tb_tls_files *files, const char **ret_file)
{
    *ret_file = files->certificate;
    if (SSL_CTX_use_certificate_chain_file(ctx, files->certificate) != 1)
        return TB_ERR_SYNTAX;
    *ret_file = files->key;
    if (SSL_CTX_use_PrivateKey_file(ctx, files->key, SSL_FILETYPE_PEM) != 1)
        return ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ? TB_ERR_SIGNATURE
                                                                                   : TB_ERR_SYNTAX;
    if (SSL_CTX_check_private_key(ctx) != 1)
        return TB_ERR_SIGNATURE;
    *ret_file = files->ca;
    return files->ca == NULL || SSL_CTX_load_verify_file(ctx, files->ca) == 1 ? TB_OK : TB_ERR_SYNTAX;
}

enum tb_err tb_tls_check(const struct tb_tls_files *files, const char **ret_file)
{
    enum tb_err err = file_check(files->certificate, ret_file);
    if (err == TB_OK)
        err = file_check(files->key, ret_file);
    if (err == TB_OK && files->ca != NULL)
        err = file_check(files->ca, ret_file);
    if (err != TB_OK)
        return err;
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    err = ctx != NULL ? files_load(ctx, files, ret_file) : TB_ERR_NO_MEMORY;
    SSL_CTX_free(ctx);
    ERR_clear_error();
    return err;
}

static enum tb_err urn_take(const ASN1_STRING *uri, char *ret_urn, size_t size_max)
{
    struct tb_span text = tb_span_of(ASN1_STRING_get0_data(uri), (size_t)ASN1_STRING_length(uri));
    if (!tb_span_starts(text, tb_span_str(URN_HEAD)) || memchr(text.at, '\0', text.size) != NULL)
        return TB_ERR_DENIED;
    return tb_span_to_str(text, ret_urn, size_max) == TB_OK ? TB_OK : TB_ERR_DENIED;
}

static enum tb_err urn_find(X509 *cert, char *ret_urn, size_t size_max)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    enum tb_err err = TB_ERR_DENIED;
    int found = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_URI)
            continue;
        found++;
        err = urn_take(name->d.uniformResourceIdentifier, ret_urn, size_max);
    }
    GENERAL_NAMES_free(names);
    return found == 1 ? err : TB_ERR_DENIED;
}

enum tb_err tb_tls_peer_device(struct lws *wsi, char *ret_urn, size_t size_max)
{
    SSL *ssl = lws_get_ssl(wsi);
    X509 *cert = ssl != NULL ? SSL_get1_peer_certificate(ssl) : NULL;
    if (cert == NULL)
        return TB_ERR_DENIED;
    enum tb_err err = TB_OK;
    if (SSL_get_verify_result(ssl) != X509_V_OK)
        err = TB_ERR_DENIED;
    /* A resumed handshake verifies nothing: what may have changed since is checked here. */
    else if (X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0)
        err = TB_ERR_EXPIRED;
    else if (!(X509_get_extended_key_usage(cert) & XKU_SSL_CLIENT) ||
             X509_get_extended_key_usage(cert) == UINT32_MAX)
        err = TB_ERR_DENIED;
    else
        err = urn_find(cert, ret_urn, size_max);
    X509_free(cert);
    return err;
}

void tb_tls_peer_key(struct lws *wsi, struct tb_public_key *ret_key)
{
    SSL *ssl = lws_get_ssl(wsi);
    X509 *cert = ssl != NULL ? SSL_get1_peer_certificate(ssl) : NULL;
    unsigned char *der = NULL;
    int size = cert != NULL ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der) : 0;
    if (size <= 0 || tb_public_key_load(tb_span_of(der, (size_t)size), ret_key) != TB_OK)
        *ret_key = (struct tb_public_key){{0}};
    OPENSSL_free(der);
    X509_free(cert);
}

bool tb_tls_is_resumed(struct lws *wsi)
{
    SSL *ssl = lws_get_ssl(wsi);
    return ssl != NULL && SSL_session_reused(ssl) == 1;
}
