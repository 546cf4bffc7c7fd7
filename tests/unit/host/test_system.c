#include "host/system/system.h"
#include "host/system/thread.h"
#include "tests/support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct place {
    char folder[32];
    char file[64];
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    memcpy(p->folder, "/tmp/tb_system_XXXXXX", 22);
    if (!mkdtemp(p->folder))
        return -1;
    snprintf(p->file, sizeof p->file, "%s/file", p->folder);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    unlink(p->file);
    int left = rmdir(p->folder); /* fails when a call left something behind */
    free(p);
    return left;
}

static void test_replace_leaves_the_new_content_and_nothing_else(void **state)
{
    struct place *p = *state;
    uint8_t bytes[64];
    struct stat s;
    assert_int_equal(tb_file_replace(p->file, tb_span_str("old"), 0644), TB_OK);
    assert_int_equal(tb_file_replace(p->file, tb_span_str("newer"), 0600), TB_OK);
    struct tb_buf b = tb_buf_of(bytes, sizeof bytes);
    assert_int_equal(tb_file_read(p->file, &b), TB_OK);
    assert_true(tb_span_is(tb_buf_span(&b), "newer"));
    assert_int_equal(stat(p->file, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    assert_int_equal(tb_file_replace("/nonexistent/x", tb_span_str("a"), 0600), TB_ERR_NOT_FOUND);
    assert_int_equal(tb_file_replace(p->folder, tb_span_str("a"), 0600), TB_ERR_IO);
    char beside[64];
    snprintf(beside, sizeof beside, "%s.XXXXXX", p->folder);
    assert_int_equal(access(beside, F_OK), -1);
}

static void test_read_refuses_what_is_too_long_or_no_file(void **state)
{
    struct place *p = *state;
    uint8_t bytes[4];
    struct tb_buf b = tb_buf_of(bytes, sizeof bytes);
    assert_int_equal(tb_file_read(p->file, &b), TB_ERR_NOT_FOUND);
    assert_int_equal(tb_file_read("/dev/zero", &b), TB_ERR_IO);
    assert_int_equal(tb_file_replace(p->file, tb_span_str("12345"), 0600), TB_OK);
    assert_int_equal(tb_file_read(p->file, &b), TB_ERR_TOO_LONG);
    assert_int_equal(tb_file_replace(p->file, tb_span_str("1234"), 0600), TB_OK);
    b = tb_buf_of(bytes, sizeof bytes);
    assert_int_equal(tb_file_read(p->file, &b), TB_OK);
}

static void test_secret_that_others_may_touch_is_refused(void **state)
{
    struct place *p = *state;
    uint8_t bytes[16];
    static const unsigned open_modes[] = {0640, 0604, 0620, 0602, 0601, 0644};
    for (size_t i = 0; i < sizeof open_modes / sizeof open_modes[0]; i++) {
        struct tb_buf b = tb_buf_of(bytes, sizeof bytes);
        assert_int_equal(tb_file_replace(p->file, tb_span_str("key"), open_modes[i]), TB_OK);
        assert_int_equal(tb_secret_read(p->file, &b), TB_ERR_DENIED);
        assert_int_equal(b.size, 0);
    }
    struct tb_buf b = tb_buf_of(bytes, sizeof bytes);
    assert_int_equal(tb_file_replace(p->file, tb_span_str("key"), 0600), TB_OK);
    assert_int_equal(tb_secret_read(p->file, &b), TB_OK);
    assert_true(tb_span_is(tb_buf_span(&b), "key"));
}

static void test_folders_are_made_with_their_parents(void **state)
{
    struct place *p = *state;
    char path[128], inside[128];
    snprintf(path, sizeof path, "%s/a/b", p->folder);
    assert_int_equal(tb_folders_make(path, 0700), TB_OK);
    assert_int_equal(tb_folders_make(path, 0700), TB_OK);
    struct stat s;
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0700);
    assert_int_equal(tb_file_replace(p->file, tb_span_str(""), 0600), TB_OK);
    snprintf(inside, sizeof inside, "%s/c", p->file);
    assert_int_equal(tb_folders_make(inside, 0700), TB_ERR_IO);
    assert_int_equal(tb_folders_make("", 0700), TB_ERR_NOT_FOUND);
    rmdir(path);
    snprintf(path, sizeof path, "%s/a", p->folder);
    rmdir(path);
}

static void test_random_bytes_differ(void **state)
{
    (void)state;
    const struct tb_rng *rng = tb_rng_system();
    struct tb_id a = tb_id_random(rng), b = tb_id_random(rng);
    assert_false(tb_id_equal(&a, &b));
    assert_false(tb_id_is_zero(&a));
}

static void notify_through(const char *address, const struct sockaddr_un *at, socklen_t size)
{
    char seen[16] = "";
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)at, size), 0);
    setenv("NOTIFY_SOCKET", address, 1);
    tb_notify("READY=1");
    assert_int_equal(read(fd, seen, sizeof seen - 1), 7);
    assert_string_equal(seen, "READY=1");
    close(fd);
}

static void test_notify_reaches_path_and_abstract_sockets(void **state)
{
    struct place *p = *state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char name[64];
    snprintf(at.sun_path, sizeof at.sun_path, "%s", p->file);
    notify_through(p->file, &at, sizeof at);

    snprintf(name, sizeof name, "@%s", p->folder);
    memset(at.sun_path, 0, sizeof at.sun_path);
    memcpy(at.sun_path + 1, p->folder, strlen(p->folder));
    notify_through(name, &at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name)));

    setenv("NOTIFY_SOCKET", "relative", 1);
    tb_notify("READY=1");
    unsetenv("NOTIFY_SOCKET");
    tb_notify("READY=1");
}

static void test_errno_becomes_a_class_one_can_act_on(void **state)
{
    (void)state;
    assert_int_equal(tb_err_of_errno(ENOSPC), TB_ERR_FULL);
    assert_int_equal(tb_err_of_errno(EACCES), TB_ERR_DENIED);
    assert_int_equal(tb_err_of_errno(EIO), TB_ERR_IO);
    assert_int_equal(tb_err_of_errno(0), TB_OK);
}

static void *thread_look(void *context)
{
    sigset_t *blocked = context;
    pthread_sigmask(SIG_BLOCK, NULL, blocked);
    return NULL;
}

static void test_threads_leave_signals_to_the_loop(void **state)
{
    (void)state;
    pthread_t thread;
    sigset_t blocked, before, after;
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    assert_int_equal(tb_thread_start(&thread, "a name that is too long", 0, thread_look, &blocked), TB_OK);
    pthread_join(thread, NULL);
    assert_true(sigismember(&blocked, SIGTERM));
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    assert_int_equal(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_replace_leaves_the_new_content_and_nothing_else),
        PLACE_TEST(test_read_refuses_what_is_too_long_or_no_file),
        PLACE_TEST(test_secret_that_others_may_touch_is_refused),
        PLACE_TEST(test_folders_are_made_with_their_parents),
        cmocka_unit_test(test_random_bytes_differ),
        PLACE_TEST(test_notify_reaches_path_and_abstract_sockets),
        cmocka_unit_test(test_errno_becomes_a_class_one_can_act_on),
        cmocka_unit_test(test_threads_leave_signals_to_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
