/*
 * The agent's configuration: what this machine is wired to. Who the terminal is (store, till, role)
 * is not configured here; it comes from the context store's registry.
 */
#ifndef TB_AGENT_APP_CONFIG_H
#define TB_AGENT_APP_CONFIG_H

#if TB_WALLETS
#include "core/credential/vas.h"
#endif
#include "core/wire/names.h"
#include "host/config/config.h"

#define TB_PATH_SIZE 256
#define TB_CONNSTRING_SIZE 128 /* libnfc's limit is 1024; ours fits a log line */

#define TB_TYPING_PREFIX_SIZE 17

extern const char *const tb_agent_typing_layouts[]; /* "none" first, then as core/link/layout.h has them */

struct tb_agent_config {
    int log_level; /* enum tb_log_level */
    char state_dir[TB_PATH_SIZE];
    char run_dir[TB_PATH_SIZE];
    char audit_file[TB_PATH_SIZE];           /* "": standard error */
    char language[TB_LANGUAGE_SIZE_MAX + 1]; /* of texts in the log and the metrics */
    char metrics_file[TB_PATH_SIZE];         /* "": none */
    char group[TB_PATH_SIZE];                /* whose members may use the control socket; "": nobody else */

    char nfc[TB_CONNSTRING_SIZE];     /* libnfc connection string; "": no NFC reader */
    char scanner[TB_CONNSTRING_SIZE]; /* serial device; "": no scanner */
    int64_t scanner_baud;
    struct tb_config_list readers; /* see wiring.h */
    char readerd[TB_PATH_SIZE];    /* the program that owns a reader; "": beside this program */
    char qrcam[TB_PATH_SIZE];      /* the one that owns a camera; the same */

    char url[TB_PATH_SIZE];
    char ca_file[TB_PATH_SIZE];
    char certificate_file[TB_PATH_SIZE];
    char key_file[TB_PATH_SIZE];
    char device_key_file[TB_PATH_SIZE]; /* "": device.key in state_dir */

    int64_t port;
    struct tb_config_list pos_origins; /* of pages that may be a POS here */

    int typing_layout; /* index into tb_agent_typing_layouts; 0: nothing is typed */
    char typing_device[TB_PATH_SIZE];
    char typing_prefix[TB_TYPING_PREFIX_SIZE];
    int typing_ending;       /* enum tb_typing_ending */
    int64_t operator_idle_s; /* 0: never */

    char display_device[TB_CONNSTRING_SIZE]; /* serial device; "": no line display */
    int64_t display_baud;
    int display_dialect;  /* enum tb_display_dialect */
    int display_codepage; /* enum tb_codepage */

#if TB_WALLETS
    int64_t vas_window_s;
    int64_t vas_zone_min;
    int vas_mode; /* enum tb_vas_mode */
    bool vas_authenticate;
    char vas_url[TB_VAS_URL_SIZE_MAX + 1]; /* "": none is told */
#endif
};

extern const struct tb_config_table tb_agent_config_table;

#endif
