#include "host/log/log.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIELDS(...)                 \
    (const struct tb_log_field[])   \
    {                               \
        __VA_ARGS__,                \
        {                           \
            .kind = TB_LOG_KIND_END \
        }                           \
    }

static const char *formatted(const struct tb_log_field *fields, char *ret_line, size_t size_max)
{
    struct tb_buf b = tb_buf_of(ret_line, size_max - 1);
    tb_log_format(&b, fields);
    ret_line[b.size] = 0;
    return ret_line;
}

static void test_line_is_module_event_and_pairs(void **state)
{
    (void)state;
    char line[200];
    struct tb_id id = {.bytes = {0xab, 1}};
    assert_string_equal(formatted(FIELDS(TB_EVENT("uplink", "down"), tb_log_str("cause", "refused"),
                                         tb_log_int("retry_ms", -5), tb_log_err(TB_ERR_TIMEOUT)),
                                  line, sizeof line),
                        "uplink down cause=refused retry_ms=-5 err=retry.timeout");
    assert_string_equal(formatted(FIELDS(TB_EVENT("a", "b"), tb_log_id("id", &id)), line, sizeof line),
                        "a b id=ab010000000000000000000000000000");
}

static void test_values_cannot_forge_a_line(void **state)
{
    (void)state;
    char line[200];
    assert_string_equal(
        formatted(FIELDS(TB_EVENT("a", "b"), tb_log_str("k", "x\ninfo a b=\"c\\")), line, sizeof line),
        "a b k=\"x\\x0ainfo a b=\\\"c\\\\\"");
    assert_string_equal(formatted(FIELDS(TB_EVENT("a", "b"), tb_log_str("k", "")), line, sizeof line),
                        "a b k=\"\"");
    assert_string_equal(formatted(FIELDS(TB_EVENT("a", "b"), tb_log_str("k", "\xc3\xa9")), line, sizeof line),
                        "a b k=\xc3\xa9");
    assert_string_equal(formatted(FIELDS(TB_EVENT("a", "b"), tb_log_str("k", "\xc3\x28")), line, sizeof line),
                        "a b k=\"\\xc3(\"");
    /* What a terminal that shows the log would obey, and what would turn the rest of the line around. */
    assert_string_equal(formatted(FIELDS(TB_EVENT("a", "b"), tb_log_str("k", "\xc2\x9b"
                                                                             "2J\xe2\x80\xae")),
                                  line, sizeof line),
                        "a b k=\"\\xc2\\x9b2J\\xe2\\x80\\xae\"");
}

static void test_private_values_show_only_their_size(void **state)
{
    (void)state;
    char line[200];
    assert_string_equal(
        formatted(FIELDS(TB_EVENT("visit", "begin"), tb_log_private("member", tb_span_str("4711081547"))),
                  line, sizeof line),
        "visit begin member=<private:10>");
}

static void test_long_line_is_cut_at_a_field(void **state)
{
    (void)state;
    char line[41];
    assert_string_equal(
        formatted(FIELDS(TB_EVENT("a", "b"), tb_log_int("n", 1),
                         tb_log_str("long", "0123456789012345678901234567"), tb_log_int("m", 2)),
                  line, sizeof line),
        "a b n=1 cut=yes");
}

static void test_level_names(void **state)
{
    (void)state;
    enum tb_log_level level;
    assert_true(tb_log_level_decode(tb_span_str("warn"), &level));
    assert_int_equal(level, TB_LOG_WARN);
    assert_string_equal(tb_log_level_name(level), "warn");
    assert_false(tb_log_level_decode(tb_span_str("loud"), &level));
}

static void *audit_many(void *context)
{
    (void)context;
    for (int i = 0; i < 100; i++)
        if (tb_audit(TB_EVENT("visit", "begin"), tb_log_int("n", i)) != TB_OK)
            return context;
    return NULL;
}

static void test_audit_lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    char path[] = "/tmp/tb_audit_XXXXXX";
    close(mkstemp(path));
    unlink(path);
    assert_int_equal(tb_audit_open(path), TB_OK);
    struct stat s;
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);

    pthread_t thread;
    int failed = 0;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, audit_many, &failed), 0);
    assert_null(audit_many(&failed));
    pthread_join(thread, &result);
    assert_null(result);
    tb_audit_close();

    char text[16384], *rest = NULL;
    int fd = open(path, O_RDONLY);
    ssize_t size = read(fd, text, sizeof text - 1);
    assert_true(size > 0);
    text[size] = 0;
    int count = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), count++)
        assert_ptr_equal(strstr(line, "Z audit visit begin n="), line + 23);
    assert_int_equal(count, 200);
    close(fd);
    unlink(path);
}

static void test_audit_that_cannot_be_written_says_so(void **state)
{
    (void)state;
    assert_int_equal(tb_audit_open("/nonexistent/audit"), TB_ERR_NOT_FOUND);
    assert_int_equal(tb_audit_open("/dev/full"), TB_OK);
    assert_int_equal(tb_audit(TB_EVENT("visit", "begin")), TB_ERR_FULL);
    tb_audit_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_is_module_event_and_pairs),
        cmocka_unit_test(test_values_cannot_forge_a_line),
        cmocka_unit_test(test_private_values_show_only_their_size),
        cmocka_unit_test(test_long_line_is_cut_at_a_field),
        cmocka_unit_test(test_level_names),
        cmocka_unit_test(test_audit_lines_of_threads_do_not_mix),
        cmocka_unit_test(test_audit_that_cannot_be_written_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
