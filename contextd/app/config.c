#include "contextd/app/config.h"

#include "contextd/gateway/origin.h"
#include "core/base/assert.h"
#include "host/system/system.h"
#include "host/system/words.h"

#include <stdio.h>

static const char *const log_levels[] = {"error", "warn", "info", "debug", NULL};

#define TEXT(section, name, field, preset, help) \
    TB_CONFIG_ROW_TEXT(struct contextd_config, section, name, field, preset, help)
#define INTEGER(section, name, field, min, max, preset, help) \
    TB_CONFIG_ROW_INT(struct contextd_config, section, name, field, min, max, preset, help)

#define LIST(section_, name_, field_, help_)             \
    {.section = (section_),                              \
     .name = (name_),                                    \
     .type = TB_CONFIG_LIST,                             \
     .offset = offsetof(struct contextd_config, field_), \
     .preset = "",                                       \
     .help = (help_)}

static const struct tb_config_key keys[] = {
    {.section = "contextd",
     .name = "log",
     .type = TB_CONFIG_CHOICE,
     .offset = offsetof(struct contextd_config, log_level),
     .choices = log_levels,
     .preset = "info",
     .help = "The least grave events that are logged."},
    TEXT("contextd", "database", database, "/var/lib/contextd/context.db", "File of the SQLite engine."),
    TEXT("contextd", "ticket_keys", ticket_file, "/var/lib/contextd/ticket.keys",
         "File of the TLS ticket keys; made when it is not there."),
    TEXT("contextd", "metrics", metrics_file, "",
         "File that metrics are written to every 10 s, as OpenMetrics text; empty: none."),
    INTEGER("contextd", "connections", connections_max, 1, 200000, "10000",
            "Connections at most, of both listeners together; the web gets at most three quarters of them."),
    INTEGER("contextd", "reconnect_window_ms", reconnect_window_ms, -1, 3600000, "-1",
            "Clients that lost the line spread their first try over this time; -1: it is worked out from the "
            "number of "
            "terminals and from what a connection costs this machine."),
    INTEGER("contextd", "idle_ping_s", idle_ping_s, 2, 3600, "20",
            "A client that was silent for this long, in seconds, is asked whether it is still there."),
    TEXT("terminals", "listen", terminals_listen, "127.0.0.1:7443",
         "Address and port for terminals; port 0: any free one."),
    TEXT("terminals", "certificate", terminals_certificate, NULL,
         "PEM file of the server's certificate, with intermediates."),
    TEXT("terminals", "key", terminals_key, NULL, "PEM file of the server's private key."),
    TEXT("terminals", "ca", terminals_ca, NULL, "PEM file of the CA that signs terminals' certificates."),
    TEXT("web", "listen", web_listen, "127.0.0.1:7444",
         "Address and port for web and app channels; port 0: any free one."),
    TEXT("web", "certificate", web_certificate, NULL,
         "PEM file of the certificate that browsers see, with intermediates."),
    TEXT("web", "key", web_key, NULL, "PEM file of its private key."),
    TEXT("web", "audience", web_audience, "tillbridge", "The `aud` that a web token must carry."),
    LIST("web", "origin", web_origins, "A web shop's origin, such as https://shop.example; may be repeated."),
    LIST("web", "token_key", web_token_keys,
         "PEM file of a public key that web tokens are verified with; may be repeated."),
};

const struct tb_config_table contextd_config_table = {.keys = keys, .key_count = TB_ARRAY_SIZE(keys)};

static enum tb_err origins_check(const char *path, const struct contextd_config *config)
{
    for (size_t i = 0; i < config->web_origins.count; i++) {
        if (tb_origin_check_entry(config->web_origins.text[i]) == TB_OK)
            continue;
        (void)fprintf(stderr,
                      "%s: web.origin: \"%s\" is no origin (scheme://host[:port], https unless loopback)\n",
                      path, config->web_origins.text[i]);
        return TB_ERR_CONFIG;
    }
    return TB_OK;
}

enum tb_err contextd_config_load(const char *path, struct contextd_config *ret_config)
{
    struct tb_config_error error;
    memset(ret_config, 0, sizeof *ret_config);
    enum tb_err err = tb_config_load(&contextd_config_table, path, ret_config, &error);
    if (err != TB_OK) {
        char text[768];
        struct tb_buf b = tb_buf_of(text, sizeof text);
        tb_config_error_add(&error, &b);
        (void)fprintf(stderr, "contextd: %.*s (%s)\n", (int)b.size, text, tb_err_name(err));
    }
    return err == TB_OK ? origins_check(path, ret_config) : err;
}

static enum tb_err token_key_read(const char *path, struct tb_public_key *ret_key)
{
    uint8_t text[TB_KEY_PEM_SIZE_MAX];
    struct tb_buf pem = tb_buf_of(text, sizeof text);
    enum tb_err err = tb_file_read(path, &pem);
    if (err == TB_OK)
        err = tb_public_key_load(tb_buf_span(&pem), ret_key);
    if (err != TB_OK)
        (void)fprintf(stderr, "contextd: web.token_key %s: %s (%s)\n", path, tb_err_words(err),
                      tb_err_name(err));
    return err;
}

enum tb_err contextd_token_rules(const struct contextd_config *config, struct tb_token_rules *ret_rules)
{
    memset(ret_rules, 0, sizeof *ret_rules);
    ret_rules->audience = config->web_audience;
    if (config->web_token_keys.count > TB_TOKEN_KEYS_MAX) {
        (void)fprintf(stderr, "contextd: web.token_key: at most %d keys\n", TB_TOKEN_KEYS_MAX);
        return TB_ERR_CONFIG;
    }
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < config->web_token_keys.count && err == TB_OK; i++)
        err = token_key_read(config->web_token_keys.text[i], &ret_rules->keys[ret_rules->key_count++]);
    return err;
}
