#include "host/loop/loop.h"

#include "core/base/assert.h"
#include "host/system/system.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINK_FD 3
#define EXIT_NOT_STARTED 127 /* what a shell says of a program that cannot be run */

/* Between fork and exec: only calls that are safe after a fork in a process with threads. */
static _Noreturn void child_become(const struct tb_child_spec *spec, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    int null_fd = open("/dev/null", O_RDWR);
    if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0)
        _exit(EXIT_NOT_STARTED);
    int first_closed = LINK_FD;
    if (spec->link_fd == LINK_FD && fcntl(LINK_FD, F_SETFD, 0) < 0)
        _exit(EXIT_NOT_STARTED);
    if (spec->link_fd >= 0 && spec->link_fd != LINK_FD && dup2(spec->link_fd, LINK_FD) < 0)
        _exit(EXIT_NOT_STARTED);
    if (spec->link_fd >= 0)
        first_closed = LINK_FD + 1;
    close_range((unsigned)first_closed, ~0U, 0);
    for (int signo = 1; signo < NSIG; signo++)
        signal(signo, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_NOT_STARTED);
    union {
        const char *const *given;
        char *const *wanted;
    } argv = {.given = spec->argv};
    execv(spec->path, argv.wanted);
    _exit(EXIT_NOT_STARTED);
}

static int child_reap(struct tb_child *child)
{
    int status = 0;
    pid_t pid;
    do {
        pid = waitpid(child->pid, &status, 0);
    } while (pid < 0 && errno == EINTR);
    tb_watch_stop(&child->watch);
    close(child->pid_fd);
    child->pid = 0;
    return status;
}

static void child_ended(struct tb_watch *watch, unsigned events)
{
    struct tb_child *child = watch->context;
    (void)events;
    child->fn(child, child_reap(child));
}

enum tb_err tb_child_start(struct tb_loop *loop, struct tb_child *child, const struct tb_child_spec *spec,
                           void (*fn)(struct tb_child *child, int wait_status))
{
    TB_ASSERT(child->pid == 0);
    if (access(spec->path, X_OK) < 0)
        return tb_err_of_errno(errno);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        return tb_err_of_errno(errno);
    if (pid == 0)
        child_become(spec, parent);
    child->pid = pid;
    child->fn = fn;
    child->watch.context = child;
    child->pid_fd = pidfd_open(pid, 0);
    enum tb_err err = child->pid_fd < 0 ? tb_err_of_errno(errno) : TB_OK;
    if (!err)
        err = tb_loop_watch_fd(loop, &child->watch, child->pid_fd, child_ended);
    if (err)
        tb_child_end(child);
    return err;
}

void tb_child_kill(struct tb_child *child, int signo)
{
    if (child->pid)
        kill(child->pid, signo);
}

void tb_child_end(struct tb_child *child)
{
    if (!child->pid)
        return;
    kill(child->pid, SIGKILL);
    child_reap(child);
}
