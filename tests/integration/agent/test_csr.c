#include "agent/app/csr.h"

#include "core/crypto/cert.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICE "urn:tillbridge:demo:device:till-0421-4"

static char folder[32];
static char key_file[64];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/tb-csr-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(key_file, sizeof key_file, "%s/till.key", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)remove(key_file);
    return rmdir(folder);
}

static enum tb_err request_make(const char *device, struct tb_cert_request *ret_request)
{
    char pem[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf to = tb_buf_of(pem, sizeof pem);
    enum tb_err err = tb_csr_make(key_file, device, &to);
    return err == TB_OK ? tb_cert_read_request(tb_buf_span(&to), ret_request) : err;
}

static void the_key_is_made_once_and_is_nobody_elses(void **state)
{
    (void)state;
    struct tb_cert_request first;
    struct tb_cert_request second;
    struct stat info;
    assert_int_equal(request_make(DEVICE, &first), TB_OK);
    assert_int_equal(request_make(DEVICE, &second), TB_OK);
    assert_memory_equal(first.key.point, second.key.point, sizeof first.key.point);
    assert_string_equal(first.uri, DEVICE);
    assert_string_equal(first.common_name, "till-0421-4");
    assert_int_equal(stat(key_file, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    (void)state;
    struct tb_cert_request request;
    assert_int_equal(request_make(DEVICE, &request), TB_OK);
    assert_int_equal(chmod(key_file, 0644), 0);
    assert_int_equal(request_make(DEVICE, &request), TB_ERR_DENIED);
}

static void a_name_that_is_no_device_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"", "till-4", "urn:tillbridge::device:x",
                                        "urn:tillbridge:demo:device:", "urn:other:demo:device:x"};
    struct tb_cert_request request;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(request_make(names[i], &request), TB_ERR_SYNTAX);
    assert_int_not_equal(access(key_file, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_key_is_made_once_and_is_nobody_elses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_others_may_read_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_that_is_no_device_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
