/* Any bytes as a configuration file: refused with a place and a reason, or printed and read back the same. */
#include "core/base/assert.h"
#include "host/config/config.h"
#include "tests/fuzz/fuzz.h"

struct settings {
    char name[16];
    int64_t port;
    bool sealed;
    int level;
    struct tb_config_list readers;
};

static const char *const levels[] = {"low", "high", NULL};

#define FIELD(member) .offset = offsetof(struct settings, member)

static const struct tb_config_key keys[] = {
    {.section = "a",
     .name = "name",
     .type = TB_CONFIG_TEXT,
     FIELD(name),
     .max = 16,
     .preset = "x",
     .help = ""},
    {.section = "a",
     .name = "port",
     .type = TB_CONFIG_INT,
     FIELD(port),
     .min = -5,
     .max = 9,
     .preset = "1",
     .help = ""},
    {.section = "a", .name = "sealed", .type = TB_CONFIG_BOOL, FIELD(sealed), .preset = "no", .help = ""},
    {.section = "b",
     .name = "level",
     .type = TB_CONFIG_CHOICE,
     FIELD(level),
     .choices = levels,
     .preset = "low",
     .help = ""},
    {.section = "b", .name = "nfc", .type = TB_CONFIG_LIST, FIELD(readers), .preset = "", .help = ""},
};

static const struct tb_config_table table = {.keys = keys, .key_count = sizeof keys / sizeof keys[0]};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings s = {0}, again = {0};
    struct tb_config_error error;
    static char text[4096];
    struct tb_buf b = tb_buf_of(text, sizeof text);
    if (tb_config_parse(&table, "fuzz.conf", tb_span_of(data, size), &s, &error)) {
        TB_ASSERT(error.text[0] != 0);
        return 0;
    }
    tb_config_print(&table, &s, &b);
    TB_ASSERT(!b.err);
    enum tb_err err = tb_config_parse(&table, "printed.conf", tb_buf_span(&b), &again, &error);
    TB_ASSERT(!err);
    TB_ASSERT(memcmp(&s, &again, sizeof s) == 0);
    return 0;
}
