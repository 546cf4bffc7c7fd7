#include "host/loop/inside.h"

#include "host/system/system.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void signal_deliver(struct tb_loop *loop, int signo)
{
    for (size_t i = 0; i < loop->signal_count; i++)
        if (loop->signals[i].signo == signo)
            loop->signals[i].fn(loop->signals[i].context, signo);
}

static void signal_ready(struct tb_watch *watch, unsigned events)
{
    struct tb_loop *loop = watch->context;
    struct signalfd_siginfo info;
    if (events & TB_FD_READ && read(loop->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        signal_deliver(loop, (int)info.ssi_signo);
}

enum tb_err tb_loop_on_signal(struct tb_loop *loop, int signo, void (*fn)(void *context, int signo),
                              void *context)
{
    if (loop->signal_count == TB_LOOP_SIGNAL_MAX)
        return TB_ERR_FULL;
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signo);
    sigaddset(&loop->signal_set, signo);
    int code = pthread_sigmask(SIG_BLOCK, &one, NULL);
    if (code)
        return tb_err_of_errno(code);
    int fd = signalfd(loop->signal_fd, &loop->signal_set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return tb_err_of_errno(errno);
    loop->signals[loop->signal_count++] =
        (struct signal_handler){.signo = signo, .fn = fn, .context = context};
    if (loop->signal_fd >= 0)
        return TB_OK;
    loop->signal_fd = fd;
    loop->signal_watch.context = loop;
    return tb_loop_watch_fd(loop, &loop->signal_watch, fd, signal_ready);
}

void tb_loop_signals_close(struct tb_loop *loop)
{
    if (loop->signal_fd < 0)
        return;
    tb_watch_stop(&loop->signal_watch);
    close(loop->signal_fd);
    loop->signal_fd = -1;
    pthread_sigmask(SIG_UNBLOCK, &loop->signal_set, NULL);
}
