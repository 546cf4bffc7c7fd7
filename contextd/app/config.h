/* Configuration of `contextd serve` and of the operator's commands. */
#ifndef TB_CONTEXTD_APP_CONFIG_H
#define TB_CONTEXTD_APP_CONFIG_H

#include "contextd/gateway/gateway.h"
#include "host/config/config.h"

#define CONTEXTD_PATH_SIZE 256

struct contextd_config {
    int log_level; /* enum tb_log_level */
    char database[CONTEXTD_PATH_SIZE];
    char ticket_file[CONTEXTD_PATH_SIZE];
    char metrics_file[CONTEXTD_PATH_SIZE]; /* "": none */

    char terminals_listen[64];
    char terminals_certificate[CONTEXTD_PATH_SIZE];
    char terminals_key[CONTEXTD_PATH_SIZE];
    char terminals_ca[CONTEXTD_PATH_SIZE];

    char web_listen[64];
    char web_certificate[CONTEXTD_PATH_SIZE];
    char web_key[CONTEXTD_PATH_SIZE];
    char web_audience[64];
    struct tb_config_list web_origins;
    struct tb_config_list web_token_keys;

    int64_t connections_max;
    int64_t reconnect_window_ms;
    int64_t idle_ping_s;
};

extern const struct tb_config_table contextd_config_table;

/* Reads the file; says what is wrong with it on standard error. */
TB_MUST_USE enum tb_err contextd_config_load(const char *path, struct contextd_config *ret_config);

/* Reads the public keys that tokens are verified with. */
TB_MUST_USE enum tb_err contextd_token_rules(const struct contextd_config *config,
                                             struct tb_token_rules *ret_rules);

#endif
