#include "agent/app/config.h"

#include "agent/app/wiring.h"
#include "agent/cache/pos_clients.h"
#include "agent/counter/pos_gate.h"
#include "core/base/assert.h"
#include "core/base/text.h"
#include "host/device/device.h"

#include <stddef.h>

static const char *const display_dialects[] = {"epson", "cd5220", NULL}; /* as enum tb_display_dialect */
static const char *const display_codepages[] = {"437", "858", NULL};     /* as enum tb_codepage */
static const char *const log_levels[] = {"error", "warn", "info", "debug", NULL};
#if TB_WALLETS
static const char *const vas_modes[] = {"pass_or_payment", "pass_and_payment", "pass_only", NULL};

static const char *vas_url_check(struct tb_span value)
{
    bool printable = true;
    for (size_t i = 0; i < value.size; i++)
        printable = printable && value.at[i] > 0x20 && value.at[i] < 0x7f;
    bool fits = value.size == 0 || (printable && tb_span_starts(value, tb_span_str("https://")));
    return fits ? NULL : "is no address that begins with https:// and is all ASCII";
}
#endif

#define TEXT(section, name, field, preset, help) \
    TB_CONFIG_ROW_TEXT(struct tb_agent_config, section, name, field, preset, help)
#define INTEGER(section, name, field, min, max, preset, help) \
    TB_CONFIG_ROW_INT(struct tb_agent_config, section, name, field, min, max, preset, help)

static const char *baud_check(struct tb_span value)
{
    uint64_t baud = 0;
    if (tb_decimal_decode(value, UINT32_MAX, &baud) == TB_OK && baud >= 1200 && !tb_device_baud_valid(baud))
        return "is no speed of a serial line: 9600, 19200, 38400, 57600, 115200 …";
    return NULL; /* what is no number at all is told by the type */
}

const char *const tb_agent_typing_layouts[] = {"none", "us", "de", "fr", NULL};
static const char *const typing_endings[] = {"enter", "tab", "nothing", NULL};

static const char *prefix_check(struct tb_span value)
{
    for (size_t i = 0; i < value.size; i++)
        if (value.at[i] < 0x20 || value.at[i] > 0x7e)
            return "is not all printable ASCII";
    return NULL;
}

static const char *origin_check(struct tb_span value)
{
    bool valid = value.size <= TB_POS_ORIGIN_SIZE_MAX && tb_pos_gate_origin_valid(value);
    return valid ? NULL : "is no origin: https://host or https://host:port, in lower case, without a path";
}

static const struct tb_config_key keys[] = {
    {.section = "agent",
     .name = "log",
     .type = TB_CONFIG_CHOICE,
     .offset = offsetof(struct tb_agent_config, log_level),
     .choices = log_levels,
     .preset = "info",
     .help = "The least grave events that are logged."},
    TEXT("agent", "state_dir", state_dir, "/var/lib/tillbridge",
         "Folder of the three databases and the device key."),
    TEXT("agent", "run_dir", run_dir, "/run/tillbridge", "Folder of the control socket tillbridge.sock."),
    TEXT("agent", "audit_file", audit_file, "", "File for the audit stream; empty: standard error."),
    TEXT("agent", "language", language, "en",
         "Language of the sentences in the log and the metrics, such as de; pages have that of their "
         "terminal."),
    TEXT("agent", "metrics", metrics_file, "",
         "File that metrics are written to every 10 s, as OpenMetrics text; empty: none."),
    TEXT("agent", "group", group, "",
         "Group whose members may use the control socket besides this user and root."),
    {.section = "readers",
     .name = "reader",
     .type = TB_CONFIG_LIST,
     .offset = offsetof(struct tb_agent_config, readers),
     .preset = "",
     .check = tb_wiring_check,
     .help = "A reader: head:/dev/ttyACM0[:baud], libnfc:pn532_uart:/dev/ttyUSB0[:baud], "
             "scanner:/dev/serial/by-id/…[:baud], keyboard:/dev/input/by-id/…-event-kbd[:layout], "
             "hidpos:/dev/hidraw0[:aim] or camera:/dev/video0[:aim]; up to 8 in all. The first two may end "
             "in \" polling=HEX\": at most "
             "16 bytes that go out before each look "
             "for a card."},
    TEXT("readers", "nfc", nfc, "",
         "Short for reader = libnfc:…, such as pn532_uart:/dev/ttyUSB0; empty: none."),
    TEXT("readers", "scanner", scanner, "",
         "Short for reader = scanner:…, such as /dev/serial/by-id/…; empty: none."),
    {.section = "readers",
     .name = "scanner_baud",
     .type = TB_CONFIG_INT,
     .offset = offsetof(struct tb_agent_config, scanner_baud),
     .min = 1200,
     .max = 921600,
     .preset = "9600",
     .check = baud_check,
     .help = "Speed of that scanner's line in bit/s, 8N1; USB-CDC scanners ignore it."},
    TEXT("readers", "readerd", readerd, "",
         "The tillbridge-readerd program; empty: the one beside tillbridged."),
    TEXT("readers", "qrcam", qrcam, "", "The tillbridge-qrcam program; empty: the one beside tillbridged."),
    TEXT("store", "url", url, NULL, "Address of the context store's terminal listener, wss://host:port/."),
    TEXT("store", "ca", ca_file, NULL, "PEM file of the CA that signed the context store's certificate."),
    TEXT("store", "certificate", certificate_file, NULL, "PEM file of this terminal's certificate."),
    TEXT("store", "key", key_file, NULL, "PEM file of this terminal's private key, mode 0600."),
    TEXT("store", "device_key", device_key_file, "",
         "Key file that seals what is stored; empty: device.key in state_dir, made on the first start."),
    INTEGER("counter", "port", port, 0, 65535, "7315",
            "Port on 127.0.0.1 for the pages and for POS software; 0: any free one."),
    {.section = "counter",
     .name = "pos_origin",
     .type = TB_CONFIG_LIST,
     .offset = offsetof(struct tb_agent_config, pos_origins),
     .preset = "",
     .check = origin_check,
     .help =
         "Where a web POS is loaded from, such as https://pos.example: its pages may ask to be paired. Up "
         "to 8."},
    INTEGER("counter", "operator_idle", operator_idle_s, 0, 86400, "900",
            "After how many seconds without a key, a press or a product a clerk is signed off; 0: never."),
    TEXT("display", "device", display_device, "",
         "The shopper's line display of 2 x 20 characters, such as /dev/serial/by-id/…; empty: none."),
    {.section = "display",
     .name = "baud",
     .type = TB_CONFIG_INT,
     .offset = offsetof(struct tb_agent_config, display_baud),
     .min = 1200,
     .max = 921600,
     .preset = "9600",
     .check = baud_check,
     .help = "Speed of its line in bit/s, 8N1."},
    {.section = "display",
     .name = "dialect",
     .type = TB_CONFIG_CHOICE,
     .offset = offsetof(struct tb_agent_config, display_dialect),
     .choices = display_dialects,
     .preset = "epson",
     .help = "Its command set: Epson DM-D (ESC/POS) or CD5220."},
    {.section = "display",
     .name = "codepage",
     .type = TB_CONFIG_CHOICE,
     .offset = offsetof(struct tb_agent_config, display_codepage),
     .choices = display_codepages,
     .preset = "437",
     .help = "Its code page. An Epson display is told 858; a CD5220 has a switch or a setting of its own."},
    {.section = "typing",
     .name = "layout",
     .type = TB_CONFIG_CHOICE,
     .offset = offsetof(struct tb_agent_config, typing_layout),
     .choices = tb_agent_typing_layouts,
     .preset = "none",
     .help =
         "Types the number of a member card that was recognised into the program that has the keyboard, as "
         "that program's keyboard is set."},
    TEXT("typing", "device", typing_device, "/dev/uinput",
         "Where the keyboard is made; a FIFO gets its events."),
    {.section = "typing",
     .name = "prefix",
     .type = TB_CONFIG_TEXT,
     .offset = offsetof(struct tb_agent_config, typing_prefix),
     .max = sizeof((struct tb_agent_config *)NULL)->typing_prefix,
     .preset = "",
     .check = prefix_check,
     .help = "What is typed before the number, such as %M."},
    {.section = "typing",
     .name = "ending",
     .type = TB_CONFIG_CHOICE,
     .offset = offsetof(struct tb_agent_config, typing_ending),
     .choices = typing_endings,
     .preset = "enter",
     .help = "What is typed behind it."},
#if TB_WALLETS
    INTEGER("wallets", "vas_window", vas_window_s, 0, 86400, "120",
            "How many seconds the time in an Apple pass may be off either way; 0: it is not looked at. This "
            "key and those below are there only when built with TB_WALLETS."),
    INTEGER("wallets", "vas_zone", vas_zone_min, -840, 840, "0",
            "Minutes that are added to that time, which is taken as UTC."),
    {.section = "wallets",
     .name = "vas_mode",
     .type = TB_CONFIG_CHOICE,
     .offset = offsetof(struct tb_agent_config, vas_mode),
     .choices = vas_modes,
     .preset = "pass_only",
     .help = "What iPhones are asked for; the polling frame of the reader has to name the same."},
    {.section = "wallets",
     .name = "vas_authenticate",
     .type = TB_CONFIG_BOOL,
     .offset = offsetof(struct tb_agent_config, vas_authenticate),
     .preset = "no",
     .help = "Whether shoppers authenticate for Apple passes that do not ask for it themselves."},
    {.section = "wallets",
     .name = "vas_url",
     .type = TB_CONFIG_TEXT,
     .offset = offsetof(struct tb_agent_config, vas_url),
     .max = sizeof((struct tb_agent_config *)NULL)->vas_url,
     .preset = "",
     .check = vas_url_check,
     .help = "Address at which iPhones without a pass are told to sign up; empty: none."},
#endif
};

const struct tb_config_table tb_agent_config_table = {.keys = keys, .key_count = TB_ARRAY_SIZE(keys)};
