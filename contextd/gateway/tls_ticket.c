#include "contextd/gateway/tls_ticket.h"

#include "core/base/buf.h"
#include "core/base/wipe.h"
#include "host/system/system.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>

#define KEY_COUNT 3 /* the newest encrypts, all decrypt */
#define KEY_NAME_SIZE 16
#define KEY_SECRET_SIZE 32
#define KEY_LIFE_MS (12LL * 60 * 60 * 1000)
#define FILE_MAGIC 0x54425431u /* "TBT1" */
#define FILE_KEY_SIZE (8 + KEY_NAME_SIZE + 2 * KEY_SECRET_SIZE)
#define FILE_SIZE (4 + KEY_COUNT * FILE_KEY_SIZE)
#define PATH_SIZE 256

struct ticket_key {
    int64_t made_ms; /* 0: no key */
    uint8_t name[KEY_NAME_SIZE];
    uint8_t cipher[KEY_SECRET_SIZE]; /* AES-256-CBC */
    uint8_t mac[KEY_SECRET_SIZE];    /* HMAC-SHA-256 */
};

struct tb_tls_tickets {
    struct ticket_key keys[KEY_COUNT]; /* newest first */
    const struct tb_rng *rng;
    char path[PATH_SIZE];
};

static void key_make(struct tb_tls_tickets *t, int64_t wall_ms, struct ticket_key *ret_key)
{
    ret_key->made_ms = wall_ms;
    t->rng->fill(t->rng->context, ret_key->name, sizeof ret_key->name);
    t->rng->fill(t->rng->context, ret_key->cipher, sizeof ret_key->cipher);
    t->rng->fill(t->rng->context, ret_key->mac, sizeof ret_key->mac);
}

static enum tb_err keys_store(const struct tb_tls_tickets *t)
{
    uint8_t bytes[FILE_SIZE];
    struct tb_buf b = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add_u32be(&b, FILE_MAGIC);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        tb_buf_add_u64be(&b, (uint64_t)t->keys[i].made_ms);
        tb_buf_add(&b, tb_span_of(t->keys[i].name, KEY_NAME_SIZE));
        tb_buf_add(&b, tb_span_of(t->keys[i].cipher, KEY_SECRET_SIZE));
        tb_buf_add(&b, tb_span_of(t->keys[i].mac, KEY_SECRET_SIZE));
    }
    enum tb_err err = tb_file_replace(t->path, tb_buf_span(&b), 0600);
    tb_wipe(bytes, sizeof bytes);
    return err;
}

static void key_read(struct tb_reader *r, struct ticket_key *key)
{
    key->made_ms = (int64_t)tb_read_u64be(r);
    struct tb_span name = tb_read_bytes(r, KEY_NAME_SIZE);
    struct tb_span cipher = tb_read_bytes(r, KEY_SECRET_SIZE);
    struct tb_span mac = tb_read_bytes(r, KEY_SECRET_SIZE);
    if (r->err != TB_OK)
        return;
    memcpy(key->name, name.at, name.size);
    memcpy(key->cipher, cipher.at, cipher.size);
    memcpy(key->mac, mac.at, mac.size);
}

/* A file that is none of ours is not an error: tickets are a convenience, new keys replace it. */
static enum tb_err keys_load(struct tb_tls_tickets *t)
{
    uint8_t bytes[FILE_SIZE];
    struct tb_buf b = tb_buf_of(bytes, sizeof bytes);
    enum tb_err err = tb_secret_read(t->path, &b);
    if (err == TB_OK && b.size == FILE_SIZE) {
        struct tb_reader r = tb_reader_of(tb_buf_span(&b));
        bool ours = tb_read_u32be(&r) == FILE_MAGIC;
        for (size_t i = 0; i < KEY_COUNT && ours; i++)
            key_read(&r, &t->keys[i]);
    }
    tb_wipe(bytes, sizeof bytes);
    return err == TB_ERR_NOT_FOUND || err == TB_ERR_TOO_LONG ? TB_OK : err;
}

enum tb_err tb_tls_tickets_rotate(struct tb_tls_tickets *tickets, int64_t wall_ms)
{
    struct tb_tls_tickets *t = tickets;
    int64_t age_ms = wall_ms - t->keys[0].made_ms;
    if (t->keys[0].made_ms > 0 && age_ms >= 0 && age_ms < KEY_LIFE_MS)
        return TB_OK;
    memmove(&t->keys[1], &t->keys[0], (KEY_COUNT - 1) * sizeof t->keys[0]);
    key_make(t, wall_ms, &t->keys[0]);
    return keys_store(t);
}

enum tb_err tb_tls_tickets_open(const char *path, const struct tb_rng *rng, int64_t wall_ms,
                                struct tb_tls_tickets **ret_tickets)
{
    struct tb_tls_tickets *t = calloc(1, sizeof *t);
    if (t == NULL)
        return TB_ERR_NO_MEMORY;
    t->rng = rng;
    enum tb_err err = tb_span_to_str(tb_span_str(path), t->path, sizeof t->path);
    if (err == TB_OK)
        err = keys_load(t);
    if (err == TB_OK)
        err = tb_tls_tickets_rotate(t, wall_ms);
    if (err != TB_OK)
        t = tb_tls_tickets_close(t);
    *ret_tickets = t;
    return err;
}

struct tb_tls_tickets *tb_tls_tickets_close(struct tb_tls_tickets *tickets)
{
    if (tickets != NULL)
        tb_wipe(tickets, sizeof *tickets);
    free(tickets);
    return NULL;
}

static const struct ticket_key *key_find(const struct tb_tls_tickets *t, const unsigned char *name)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (t->keys[i].made_ms > 0 && memcmp(t->keys[i].name, name, KEY_NAME_SIZE) == 0)
            return &t->keys[i];
    }
    return NULL;
}

static bool mac_init(EVP_MAC_CTX *mac, const struct ticket_key *key)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    return EVP_MAC_init(mac, key->mac, sizeof key->mac, params) == 1;
}

/*
 * RFC 5077 section 4, as SSL_CTX_set_tlsext_ticket_key_evp_cb(3) wants it: -1 fault, 0 no ticket, 1 good,
 * 2 good but to be renewed. The prototype is the library's.
 */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int encrypting)
{
    struct tb_tls_tickets *t =
        ((const struct tb_tls_listener *)SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->tickets;
    const struct ticket_key *key = encrypting ? &t->keys[0] : key_find(t, name);
    if (key == NULL)
        return 0;
    const EVP_CIPHER *aes = EVP_aes_256_cbc();
    if (encrypting) {
        memcpy(name, key->name, KEY_NAME_SIZE);
        t->rng->fill(t->rng->context, iv, (size_t)EVP_CIPHER_get_iv_length(aes));
    }
    if (EVP_CipherInit_ex(cipher, aes, NULL, key->cipher, iv, encrypting) != 1 || !mac_init(mac, key))
        return -1;
    return encrypting || key == &t->keys[0] ? 1 : 2;
}

bool tb_tls_tickets_install(struct tb_tls_tickets *tickets, SSL_CTX *ctx)
{
    return tickets != NULL && SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1;
}
