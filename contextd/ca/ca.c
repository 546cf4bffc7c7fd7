#include "contextd/ca/ca.h"

#include "core/base/wipe.h"
#include "host/system/system.h"

#include <stdio.h>
#include <unistd.h>

#define DAY_MS (24LL * 60 * 60 * 1000)
#define PATH_SIZE 512
#define NAME_HEAD "Tillbridge CA "

/* The CA's key and certificate, loaded. */
struct loaded {
    struct tb_key key;
    char chain[TB_CA_CHAIN_SIZE_MAX + 1];
    uint8_t pem[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf certificate;
};

bool tb_ca_name_valid(const char *name, size_t size_max)
{
    size_t size = strlen(name);
    return size > 0 && size <= size_max && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == size;
}

static enum tb_err path_join(const struct tb_ca *ca, const char *name, char ret_path[PATH_SIZE])
{
    int size = snprintf(ret_path, PATH_SIZE, "%s/%s", ca->folder, name);
    return size > 0 && size < PATH_SIZE ? TB_OK : TB_ERR_TOO_LONG;
}

/* A key that exists is somebody's identity. */
static enum tb_err key_store(const struct tb_key *key, const char *path)
{
    if (access(path, F_OK) == 0)
        return TB_ERR_CONFLICT;
    uint8_t text[TB_KEY_PEM_SIZE_MAX];
    struct tb_buf pem = tb_buf_of(text, sizeof text);
    enum tb_err err = tb_key_store_pem(key, &pem);
    if (err == TB_OK)
        err = tb_file_replace(path, tb_buf_span(&pem), 0600);
    tb_wipe(text, sizeof text);
    return err;
}

static enum tb_err key_read(const struct tb_ca *ca, const char *path, struct tb_key *ret_key)
{
    uint8_t text[TB_KEY_PEM_SIZE_MAX];
    struct tb_buf pem = tb_buf_of(text, sizeof text);
    enum tb_err err = tb_secret_read(path, &pem);
    if (err == TB_OK)
        err = tb_key_load(tb_buf_span(&pem), ca->rng, ret_key);
    tb_wipe(text, sizeof text);
    return err;
}

static void plan_times(const struct tb_ca *ca, int64_t days, struct tb_cert_plan *plan)
{
    plan->not_before_ms = ca->wall_ms - ca->backdate_days * DAY_MS;
    plan->not_after_ms = ca->wall_ms + days * DAY_MS;
}

static enum tb_err root_store(const struct tb_ca *ca, const struct tb_key *key, const char *chain,
                              int64_t days, const char *path)
{
    char name[sizeof NAME_HEAD + TB_CA_CHAIN_SIZE_MAX];
    (void)snprintf(name, sizeof name, NAME_HEAD "%s", chain);
    struct tb_cert_plan plan = {.role = TB_CERT_CA, .common_name = name};
    plan_times(ca, days, &plan);
    uint8_t text[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf pem = tb_buf_of(text, sizeof text);
    enum tb_err err = tb_cert_issue_root(key, &plan, ca->rng, &pem);
    return err == TB_OK ? tb_file_replace(path, tb_buf_span(&pem), 0644) : err;
}

enum tb_err tb_ca_init(const struct tb_ca *ca, const char *chain, int64_t days)
{
    char key_path[PATH_SIZE];
    char cert_path[PATH_SIZE];
    if (!tb_ca_name_valid(chain, TB_CA_CHAIN_SIZE_MAX))
        return TB_ERR_SYNTAX;
    enum tb_err err = tb_folders_make(ca->folder, 0700);
    if (err == TB_OK)
        err = path_join(ca, "ca.key", key_path);
    if (err == TB_OK)
        err = path_join(ca, "ca.crt", cert_path);
    if (err == TB_OK && access(cert_path, F_OK) == 0)
        err = TB_ERR_CONFLICT;
    struct tb_key key = {{0}, {{0}}};
    if (err == TB_OK)
        err = tb_key_make(ca->rng, &key);
    if (err == TB_OK)
        err = key_store(&key, key_path);
    if (err == TB_OK)
        err = root_store(ca, &key, chain, days, cert_path);
    tb_key_wipe(&key);
    return err;
}

enum tb_err tb_ca_request(const struct tb_ca *ca, const char *name, const char *key_path,
                          const char *csr_path)
{
    struct tb_key key;
    uint8_t text[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf pem = tb_buf_of(text, sizeof text);
    enum tb_err err = tb_key_make(ca->rng, &key);
    if (err == TB_OK)
        err = tb_cert_ask(&key, name, NULL, ca->rng, &pem);
    if (err == TB_OK)
        err = key_store(&key, key_path);
    if (err == TB_OK)
        err = tb_file_replace(csr_path, tb_buf_span(&pem), 0644);
    tb_key_wipe(&key);
    return err;
}

enum tb_err tb_ca_key_pair(const struct tb_ca *ca, const char *key_path, const char *public_path)
{
    struct tb_key key;
    uint8_t text[TB_KEY_PEM_SIZE_MAX];
    struct tb_buf pem = tb_buf_of(text, sizeof text);
    enum tb_err err = tb_key_make(ca->rng, &key);
    if (err == TB_OK)
        err = key_store(&key, key_path);
    if (err == TB_OK)
        err = tb_public_key_store_pem(&key.public_key, &pem);
    if (err == TB_OK)
        err = tb_file_replace(public_path, tb_buf_span(&pem), 0644);
    tb_key_wipe(&key);
    return err;
}

/* The chain's name is part of the CA's own name, so that nobody has to tell it twice. */
static enum tb_err chain_of(struct tb_span certificate, char ret_chain[TB_CA_CHAIN_SIZE_MAX + 1])
{
    struct tb_cert_info info;
    enum tb_err err = tb_cert_read(certificate, &info);
    if (err != TB_OK)
        return err;
    struct tb_span name = tb_span_str(info.common_name);
    if (!info.is_ca || !tb_span_starts(name, tb_span_str(NAME_HEAD)))
        return TB_ERR_UNSUPPORTED;
    return tb_span_to_str(tb_span_sub(name, sizeof NAME_HEAD - 1, name.size), ret_chain,
                          TB_CA_CHAIN_SIZE_MAX + 1);
}

static enum tb_err ca_load(const struct tb_ca *ca, struct loaded *ret_loaded)
{
    char path[PATH_SIZE];
    ret_loaded->certificate = tb_buf_of(ret_loaded->pem, sizeof ret_loaded->pem);
    enum tb_err err = path_join(ca, "ca.crt", path);
    if (err == TB_OK)
        err = tb_file_read(path, &ret_loaded->certificate);
    if (err == TB_OK)
        err = chain_of(tb_buf_span(&ret_loaded->certificate), ret_loaded->chain);
    if (err == TB_OK)
        err = path_join(ca, "ca.key", path);
    return err == TB_OK ? key_read(ca, path, &ret_loaded->key) : err;
}

static enum tb_err request_read(const char *path, struct tb_cert_request *ret_request)
{
    uint8_t text[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf pem = tb_buf_of(text, sizeof text);
    enum tb_err err = tb_file_read(path, &pem);
    return err == TB_OK ? tb_cert_read_request(tb_buf_span(&pem), ret_request) : err;
}

static enum tb_err issue(const struct tb_ca *ca, const struct loaded *from, const char *csr_path,
                         const struct tb_ca_wish *wish, struct tb_buf *ret_pem)
{
    struct tb_cert_request request;
    enum tb_err err = request_read(csr_path, &request);
    if (err != TB_OK)
        return err;
    char uri[TB_CERT_URI_SIZE_MAX + 1] = "";
    struct tb_cert_plan plan = {.role = TB_CERT_SERVER, .names = &wish->names};
    plan.common_name = wish->names.dns[0] != NULL ? wish->names.dns[0] : wish->names.ip[0];
    if (wish->device != NULL) {
        if (!tb_ca_name_valid(wish->device, TB_CA_DEVICE_SIZE_MAX))
            return TB_ERR_SYNTAX;
        (void)snprintf(uri, sizeof uri, "urn:tillbridge:%s:device:%s", from->chain, wish->device);
        if (request.uri[0] != '\0' && strcmp(request.uri, uri) != 0)
            return TB_ERR_CONFLICT;
        plan = (struct tb_cert_plan){.role = TB_CERT_CLIENT, .common_name = wish->device, .uri = uri};
    }
    if (plan.common_name == NULL)
        return TB_ERR_MISSING;
    plan_times(ca, wish->days, &plan);
    const struct tb_cert_issuer issuer = {.key = &from->key, .certificate = tb_buf_span(&from->certificate)};
    return tb_cert_issue(&issuer, &request.key, &plan, ca->rng, ret_pem);
}

enum tb_err tb_ca_issue(const struct tb_ca *ca, const char *csr_path, const struct tb_ca_wish *wish,
                        const char *cert_path)
{
    struct loaded from;
    uint8_t text[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf pem = tb_buf_of(text, sizeof text);
    memset(&from, 0, sizeof from);
    enum tb_err err = ca_load(ca, &from);
    if (err == TB_OK)
        err = issue(ca, &from, csr_path, wish, &pem);
    if (err == TB_OK)
        err = tb_file_replace(cert_path, tb_buf_span(&pem), 0644);
    tb_key_wipe(&from.key);
    return err;
}
