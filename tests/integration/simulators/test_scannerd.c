/* The scanner simulator as a program under test would meet it: a serial line that can be unplugged. */
#include "core/base/buf.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

struct fixture {
    char folder[64];
    char line[96];
    char control[96];
    char answer[256];
    pid_t pid;
    int control_fd;
};

/* What came within the patience: at most size bytes, 0 at a hang-up. */
static size_t receive(int fd, char *ret_bytes, size_t size)
{
    struct pollfd set = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&set, 1, PATIENCE_MS), 1);
    ssize_t got = read(fd, ret_bytes, size);
    return got > 0 ? (size_t)got : 0;
}

static void program_start(struct fixture *f, const char *suffix)
{
    char program[512];
    int out[2];
    char said[16] = "";
    assert_true(snprintf(program, sizeof program, "%s/scannerd", getenv("TB_BIN")) < (int)sizeof program);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    f->pid = fork();
    assert_true(f->pid >= 0);
    if (f->pid == 0) {
        (void)dup2(out[1], STDOUT_FILENO);
        (void)execl(program, program, "--line", f->line, "--control", f->control, "--suffix", suffix,
                    (char *)NULL);
        _exit(127);
    }
    (void)close(out[1]);
    assert_int_equal(receive(out[0], said, sizeof said), sizeof "ready");
    assert_memory_equal(said, "ready\n", sizeof "ready");
    (void)close(out[0]);
}

static void control_connect(struct fixture *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_int_equal(tb_span_to_str(tb_span_str(f->control), address.sun_path, sizeof address.sun_path),
                     TB_OK);
    f->control_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(f->control_fd >= 0);
    assert_int_equal(connect(f->control_fd, (struct sockaddr *)&address, sizeof address), 0);
}

/* One command, its answer without the line end. */
static const char *ask(struct fixture *f, const char *command)
{
    assert_true(dprintf(f->control_fd, "%s\n", command) > 0);
    size_t size = receive(f->control_fd, f->answer, sizeof f->answer - 1);
    assert_true(size > 0 && f->answer[size - 1] == '\n');
    f->answer[size - 1] = '\0';
    return f->answer;
}

static int line_open(const struct fixture *f)
{
    struct termios mode;
    int fd = open(f->line, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(tcgetattr(fd, &mode), 0);
    cfmakeraw(&mode);
    assert_int_equal(tcsetattr(fd, TCSANOW, &mode), 0);
    return fd;
}

static void line_gives(int fd, const char *expected, size_t size)
{
    char bytes[64];
    assert_int_equal(receive(fd, bytes, sizeof bytes), size);
    assert_memory_equal(bytes, expected, size);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/tb-scannerd-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->line, sizeof f->line, "%s/scanner", f->folder);
    (void)snprintf(f->control, sizeof f->control, "%s/control", f->folder);
    program_start(f, "crlf");
    control_connect(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    int status = 0;
    assert_int_equal(kill(f->pid, SIGTERM), 0);
    assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    (void)close(f->control_fd);
    /* Only an empty folder can be removed: neither symlink nor socket is left behind. */
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

static void test_a_scan_is_the_code_and_its_suffix(void **state)
{
    struct fixture *f = *state;
    int fd = line_open(f);
    assert_string_equal(ask(f, "scan 4006381333931"), "ok");
    line_gives(fd, "4006381333931\r\n", 15);
    assert_string_equal(ask(f, "scan two words"), "ok");
    line_gives(fd, "two words\r\n", 11);
    assert_string_equal(ask(f, "raw 00ff1d0a"), "ok");
    line_gives(fd, "\x00\xff\x1d\n", 4);
    (void)close(fd);
}

static void test_nobody_listening_loses_the_scan(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(ask(f, "scan 1"), "error not_open");
    int fd = line_open(f);
    assert_string_equal(ask(f, "scan 2"), "ok");
    line_gives(fd, "2\r\n", 3);
    (void)close(fd);
    assert_string_equal(ask(f, "scan 3"), "error not_open");
    assert_string_equal(ask(f, "status"), "ok plugged closed");
}

static void test_unplugging_hangs_up_and_plugging_brings_it_back(void **state)
{
    struct fixture *f = *state;
    char byte = 0;
    int fd = line_open(f);
    assert_string_equal(ask(f, "status"), "ok plugged open");
    assert_string_equal(ask(f, "unplug"), "ok");
    assert_int_equal(receive(fd, &byte, 1), 0);
    assert_int_not_equal(access(f->line, F_OK), 0);
    assert_string_equal(ask(f, "scan 1"), "error unplugged");
    (void)close(fd);

    assert_string_equal(ask(f, "plug"), "ok");
    fd = line_open(f);
    assert_string_equal(ask(f, "scan 2"), "ok");
    line_gives(fd, "2\r\n", 3);
    (void)close(fd);
}

static void test_wrong_commands_are_named(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(ask(f, "dance"), "error unknown_command");
    assert_string_equal(ask(f, "raw 0"), "error not_hex");
    assert_string_equal(ask(f, "raw zz"), "error not_hex");
}

#define WITH_SCANNER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCANNER(test_a_scan_is_the_code_and_its_suffix),
        WITH_SCANNER(test_nobody_listening_loses_the_scan),
        WITH_SCANNER(test_unplugging_hangs_up_and_plugging_brings_it_back),
        WITH_SCANNER(test_wrong_commands_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
