#include "agent/app/csr.h"

#include "core/base/wipe.h"
#include "core/crypto/cert.h"
#include "host/system/system.h"

static const char uri_prefix[] = "urn:tillbridge:";
static const char uri_infix[] = ":device:";

/* The id behind ":device:"; it also becomes the common name. */
static const char *uri_device_id(const char *uri)
{
    if (strncmp(uri, uri_prefix, sizeof uri_prefix - 1) != 0)
        return NULL;
    const char *infix = strstr(uri, uri_infix);
    if (!infix || infix == uri + sizeof uri_prefix - 1)
        return NULL;
    const char *id = infix + sizeof uri_infix - 1;
    return *id && strlen(id) <= TB_CERT_NAME_SIZE_MAX ? id : NULL;
}

static enum tb_err key_make(const char *key_file, struct tb_key *ret_key)
{
    enum tb_err err = tb_key_make(tb_rng_system(), ret_key);
    if (err != TB_OK)
        return err;
    uint8_t text[TB_KEY_PEM_SIZE_MAX];
    struct tb_buf pem = tb_buf_of(text, sizeof text);
    err = tb_key_store_pem(ret_key, &pem);
    if (err == TB_OK)
        err = tb_file_replace(key_file, tb_buf_span(&pem), 0600);
    tb_wipe(text, sizeof text);
    return err;
}

static enum tb_err key_load_or_make(const char *key_file, struct tb_key *ret_key)
{
    uint8_t text[TB_KEY_PEM_SIZE_MAX];
    struct tb_buf pem = tb_buf_of(text, sizeof text);
    enum tb_err err = tb_secret_read(key_file, &pem);
    if (err == TB_ERR_NOT_FOUND)
        return key_make(key_file, ret_key);
    if (err == TB_OK)
        err = tb_key_load(tb_buf_span(&pem), tb_rng_system(), ret_key);
    tb_wipe(text, sizeof text);
    return err;
}

enum tb_err tb_csr_make(const char *key_file, const char *device_uri, struct tb_buf *ret_pem)
{
    const char *id = uri_device_id(device_uri);
    if (!id)
        return TB_ERR_SYNTAX;
    struct tb_key key;
    enum tb_err err = key_load_or_make(key_file, &key);
    if (err == TB_OK)
        err = tb_cert_ask(&key, id, device_uri, tb_rng_system(), ret_pem);
    tb_key_wipe(&key);
    return err;
}
