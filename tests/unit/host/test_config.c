#include "host/config/config.h"
#include "tests/support/unit.h"

#include <stdlib.h>
#include <unistd.h>

struct settings {
    char name[8];
    int64_t port;
    bool sealed;
    int level;
    struct tb_config_list readers;
};

static const char *const levels[] = {"low", "high", NULL};

static const struct tb_config_key keys[] = {
    {.section = "terminal",
     .name = "name",
     .type = TB_CONFIG_TEXT,
     .offset = offsetof(struct settings, name),
     .max = sizeof(((struct settings *)0)->name),
     .help = "What it is called."},
    {.section = "terminal",
     .name = "port",
     .type = TB_CONFIG_INT,
     .offset = offsetof(struct settings, port),
     .min = 0,
     .max = 65535,
     .preset = "7000",
     .help = "Port."},
    {.section = "terminal",
     .name = "sealed",
     .type = TB_CONFIG_BOOL,
     .offset = offsetof(struct settings, sealed),
     .preset = "yes",
     .help = "Whether rows are sealed."},
    {.section = "readers",
     .name = "level",
     .type = TB_CONFIG_CHOICE,
     .offset = offsetof(struct settings, level),
     .choices = levels,
     .preset = "low",
     .help = "How much."},
    {.section = "readers",
     .name = "nfc",
     .type = TB_CONFIG_LIST,
     .offset = offsetof(struct settings, readers),
     .preset = "",
     .help = "Connection string."},
};

static const struct tb_config_table table = {.keys = keys, .key_count = sizeof keys / sizeof keys[0]};

static enum tb_err parse(const char *text, struct settings *s, struct tb_config_error *error)
{
    memset(s, 0, sizeof *s);
    return tb_config_parse(&table, "till.conf", tb_span_str(text), s, error);
}

static void test_values_of_every_type(void **state)
{
    (void)state;
    struct settings s;
    struct tb_config_error error;
    const char *text = "# comment\n; another\n\n[terminal]\r\nname = till 4\nport=80\n  sealed =  no \n"
                       "[readers]\nlevel = high\nnfc = pn532_uart:/dev/ttyUSB0\nnfc = a=b # c";
    assert_int_equal(parse(text, &s, &error), TB_OK);
    assert_string_equal(s.name, "till 4");
    assert_int_equal(s.port, 80);
    assert_false(s.sealed);
    assert_int_equal(s.level, 1);
    assert_int_equal(s.readers.count, 2);
    assert_string_equal(s.readers.text[0], "pn532_uart:/dev/ttyUSB0");
    assert_string_equal(s.readers.text[1], "a=b # c");
}

static void test_presets_stand_where_nothing_is_given(void **state)
{
    (void)state;
    struct settings s;
    struct tb_config_error error;
    assert_int_equal(parse("[terminal]\nname = a\n", &s, &error), TB_OK);
    assert_int_equal(s.port, 7000);
    assert_true(s.sealed);
    assert_int_equal(s.level, 0);
    assert_int_equal(s.readers.count, 0);
}

struct refusal {
    const char *text;
    const char *said;
};

static void test_errors_name_file_line_and_key(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"[terminal]\nname = a\nprot = 1\n", "till.conf:3: terminal.prot: there is no such key"},
        {"name = a\n", "till.conf:1: .name: there is no such key"},
        {"[terminals]\n", "till.conf:1: there is no section [terminals]"},
        {"[terminal\n", "till.conf:1: a section is written [name]"},
        {"[terminal]\nname\n", "till.conf:2: a line is a comment, [section] or key = value"},
        {"[terminal]\nname = a\nname = b\n", "till.conf:3: terminal.name: is given twice"},
        {"[terminal]\nname = 12345678\n", "till.conf:2: terminal.name: is too long"},
        {"[terminal]\nport = 65536\n", "till.conf:2: terminal.port: must be a whole number from 0 to 65535"},
        {"[terminal]\nport = -1\n", "till.conf:2: terminal.port: must be a whole number from 0 to 65535"},
        {"[terminal]\nport = 1x\n", "till.conf:2: terminal.port: must be a whole number from 0 to 65535"},
        {"[terminal]\nport =\n", "till.conf:2: terminal.port: must be a whole number from 0 to 65535"},
        {"[terminal]\nport = 99999999999999999999\n",
         "till.conf:2: terminal.port: must be a whole number from 0 to 65535"},
        {"[terminal]\nsealed = 1\n", "till.conf:2: terminal.sealed: must be yes or no"},
        {"[readers]\nlevel = mid\n", "till.conf:2: readers.level: must be one of low, high"},
        {"[readers]\n", "till.conf: terminal.name: must be given"},
        {"", "till.conf: terminal.name: must be given"},
        {"[readers]\nnfc=1\nnfc=2\nnfc=3\nnfc=4\nnfc=5\nnfc=6\nnfc=7\nnfc=8\nnfc=9\n",
         "till.conf:10: readers.nfc: is given too often"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct settings s;
        struct tb_config_error error;
        char said[512];
        struct tb_buf b = tb_buf_of(said, sizeof said);
        assert_int_equal(parse(refusals[i].text, &s, &error), TB_ERR_CONFIG);
        tb_config_error_add(&error, &b);
        tb_buf_add_u8(&b, 0);
        assert_string_equal(said, refusals[i].said);
    }
}

static void test_hostile_bytes_are_refused_without_harm(void **state)
{
    (void)state;
    struct settings s = {0};
    struct tb_config_error error;
    static const char zero[] = "[terminal]\nname = a\0b\n";
    assert_int_equal(tb_config_parse(&table, "f", tb_span_of(zero, sizeof zero - 1), &s, &error),
                     TB_ERR_CONFIG);
    assert_string_equal(error.text, "the line holds a zero byte");

    char *line = malloc(70000);
    memset(line, 'k', 70000);
    line[69999] = 0;
    assert_int_equal(tb_config_parse(&table, "f", tb_span_of(line, 600), &s, &error), TB_ERR_CONFIG);
    assert_string_equal(error.text, "the line is too long");
    assert_int_equal(tb_config_parse(&table, "f", tb_span_of(line, 69999), &s, &error), TB_ERR_CONFIG);
    assert_string_equal(error.text, "the file is too long");
    line[200] = '=';
    memset(line, 0xff, 200);
    assert_int_equal(tb_config_parse(&table, line + 100, tb_span_of(line, 400), &s, &error), TB_ERR_CONFIG);
    assert_string_equal(error.text, "there is no such key");
    free(line);
}

static void test_printed_configuration_reads_back_the_same(void **state)
{
    (void)state;
    struct settings s, again;
    struct tb_config_error error;
    char text[1024];
    struct tb_buf b = tb_buf_of(text, sizeof text - 1);
    assert_int_equal(parse("[terminal]\nname =\nport = 1\n[readers]\nnfc = a\nnfc = b\n", &s, &error), TB_OK);
    tb_config_print(&table, &s, &b);
    assert_int_equal(b.err, TB_OK);
    text[b.size] = 0;
    assert_string_equal(
        text, "[terminal]\nname =\nport = 1\nsealed = yes\n\n[readers]\nlevel = low\nnfc = a\nnfc = b\n");
    assert_int_equal(parse(text, &again, &error), TB_OK);
    assert_memory_equal(&s, &again, sizeof s);
}

static void test_markdown_has_a_row_per_key(void **state)
{
    (void)state;
    char text[2048];
    struct tb_buf b = tb_buf_of(text, sizeof text - 1);
    tb_config_markdown(&table, &b);
    text[b.size] = 0;
    assert_non_null(strstr(text, "| terminal | `port` | 0 to 65535 | `7000` | Port. |\n"));
    assert_non_null(strstr(text, "| terminal | `name` | text | required | What it is called. |\n"));
    assert_non_null(strstr(text, "| readers | `level` | low, high | `low` | How much. |\n"));
}

static void test_load_says_when_there_is_no_file(void **state)
{
    (void)state;
    struct settings s;
    struct tb_config_error error;
    assert_int_equal(tb_config_load(&table, "/nonexistent/x.conf", &s, &error), TB_ERR_NOT_FOUND);
    assert_string_equal(error.file, "/nonexistent/x.conf");
    assert_int_equal(tb_config_load(&table, "/", &s, &error), TB_ERR_CONFIG);

    char path[] = "/tmp/tb_config_XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "[terminal]\nname = q", 19), 19);
    close(fd);
    memset(&s, 0, sizeof s);
    assert_int_equal(tb_config_load(&table, path, &s, &error), TB_OK);
    assert_string_equal(s.name, "q");
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_of_every_type),
        cmocka_unit_test(test_presets_stand_where_nothing_is_given),
        cmocka_unit_test(test_errors_name_file_line_and_key),
        cmocka_unit_test(test_hostile_bytes_are_refused_without_harm),
        cmocka_unit_test(test_printed_configuration_reads_back_the_same),
        cmocka_unit_test(test_markdown_has_a_row_per_key),
        cmocka_unit_test(test_load_says_when_there_is_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
