#include "contextd/ca/ca.h"

#include "host/system/system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1790000000000)
#define DAY_MS (24LL * 60 * 60 * 1000)

struct fixture {
    char folder[64];
    struct tb_ca ca;
};

/* Slots, so that one call can take several paths. */
static const char *path(const struct fixture *f, int slot, const char *name)
{
    static char paths[4][128];
    (void)snprintf(paths[slot], sizeof paths[slot], "%s/%s", f->folder, name);
    return paths[slot];
}

static int set_up(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    (void)snprintf(f.folder, sizeof f.folder, "/tmp/tb_ca_XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    f.ca = (struct tb_ca){.folder = f.folder, .rng = tb_rng_system(), .wall_ms = NOW_MS, .backdate_days = 30};
    assert_int_equal(tb_ca_init(&f.ca, "demo", 3650), TB_OK);
    assert_int_equal(tb_ca_request(&f.ca, "till", path(&f, 0, "t.key"), path(&f, 1, "t.csr")), TB_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"ca.key", "ca.crt", "t.key", "t.csr", "t.crt", "k.key", "k.pub"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(path(f, 3, names[i]));
    return rmdir(f->folder);
}

static void read_cert(const char *file, struct tb_cert_info *ret_info)
{
    uint8_t text[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf pem = tb_buf_of(text, sizeof text);
    assert_int_equal(tb_file_read(file, &pem), TB_OK);
    assert_int_equal(tb_cert_read(tb_buf_span(&pem), ret_info), TB_OK);
}

static void keys_are_for_their_owner_only(void **state)
{
    struct fixture *f = *state;
    struct stat s;
    assert_int_equal(stat(path(f, 2, "ca.key"), &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    assert_int_equal(stat(path(f, 2, "t.key"), &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
}

static void a_key_is_never_replaced(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(tb_ca_init(&f->ca, "demo", 1), TB_ERR_CONFLICT);
    assert_int_equal(tb_ca_request(&f->ca, "till", path(f, 0, "t.key"), path(f, 1, "t.csr")),
                     TB_ERR_CONFLICT);
    assert_int_equal(tb_ca_key_pair(&f->ca, path(f, 0, "k.key"), path(f, 1, "k.pub")), TB_OK);
    assert_int_equal(tb_ca_key_pair(&f->ca, path(f, 0, "k.key"), path(f, 1, "k.pub")), TB_ERR_CONFLICT);
}

static void a_device_gets_its_urn_and_client_use(void **state)
{
    struct fixture *f = *state;
    const struct tb_ca_wish wish = {.device = "till-0421-4", .days = 90};
    struct tb_cert_info info;
    assert_int_equal(tb_ca_issue(&f->ca, path(f, 0, "t.csr"), &wish, path(f, 1, "t.crt")), TB_OK);
    read_cert(path(f, 1, "t.crt"), &info);
    assert_string_equal(info.uri, "urn:tillbridge:demo:device:till-0421-4");
    assert_true(info.is_client);
    assert_false(info.is_server);
    assert_false(info.is_ca);
    assert_int_equal(info.not_before_ms, NOW_MS - 30 * DAY_MS);
    assert_int_equal(info.not_after_ms, NOW_MS + 90 * DAY_MS);
}

static void a_server_gets_its_names_and_server_use(void **state)
{
    struct fixture *f = *state;
    const struct tb_ca_wish wish = {.names = {.dns = {"localhost"}, .ip = {"127.0.0.1"}}, .days = 90};
    struct tb_cert_info info;
    assert_int_equal(tb_ca_issue(&f->ca, path(f, 0, "t.csr"), &wish, path(f, 1, "t.crt")), TB_OK);
    read_cert(path(f, 1, "t.crt"), &info);
    assert_true(info.is_server);
    assert_false(info.is_client);
    assert_string_equal(info.uri, "");
}

static void a_wish_without_names_is_refused(void **state)
{
    struct fixture *f = *state;
    const struct tb_ca_wish wish = {.days = 90};
    assert_int_equal(tb_ca_issue(&f->ca, path(f, 0, "t.csr"), &wish, path(f, 1, "t.crt")), TB_ERR_MISSING);
}

static void a_device_name_cannot_break_out_of_its_urn(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"",  "a:b", "a b",
                                        "A", "a/b", "till,URI:urn:tillbridge:demo:device:x"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct tb_ca_wish wish = {.device = names[i], .days = 90};
        assert_int_equal(tb_ca_issue(&f->ca, path(f, 0, "t.csr"), &wish, path(f, 1, "t.crt")), TB_ERR_SYNTAX);
    }
}

static void a_request_for_another_device_is_refused(void **state)
{
    struct fixture *f = *state;
    struct tb_key key;
    uint8_t text[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf pem = tb_buf_of(text, sizeof text);
    assert_int_equal(tb_key_make(tb_rng_system(), &key), TB_OK);
    assert_int_equal(tb_cert_ask(&key, "till-1", "urn:tillbridge:demo:device:till-1", tb_rng_system(), &pem),
                     TB_OK);
    assert_int_equal(tb_file_replace(path(f, 0, "t.csr"), tb_buf_span(&pem), 0644), TB_OK);
    const struct tb_ca_wish other = {.device = "till-2", .days = 90};
    const struct tb_ca_wish own = {.device = "till-1", .days = 90};
    assert_int_equal(tb_ca_issue(&f->ca, path(f, 0, "t.csr"), &other, path(f, 1, "t.crt")), TB_ERR_CONFLICT);
    assert_int_equal(tb_ca_issue(&f->ca, path(f, 0, "t.csr"), &own, path(f, 1, "t.crt")), TB_OK);
}

static void a_forged_request_is_refused(void **state)
{
    struct fixture *f = *state;
    uint8_t text[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf pem = tb_buf_of(text, sizeof text);
    const struct tb_ca_wish wish = {.device = "till-1", .days = 90};
    assert_int_equal(tb_file_read(path(f, 0, "t.csr"), &pem), TB_OK);
    size_t at = pem.size / 2;
    text[at] = text[at] == 'A' ? 'B' : 'A';
    assert_int_equal(tb_file_replace(path(f, 0, "t.csr"), tb_buf_span(&pem), 0644), TB_OK);
    assert_int_not_equal(tb_ca_issue(&f->ca, path(f, 0, "t.csr"), &wish, path(f, 1, "t.crt")), TB_OK);
    assert_int_not_equal(access(path(f, 1, "t.crt"), F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_are_for_their_owner_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_is_never_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_device_gets_its_urn_and_client_use, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_server_gets_its_names_and_server_use, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wish_without_names_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_device_name_cannot_break_out_of_its_urn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_request_for_another_device_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_forged_request_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
