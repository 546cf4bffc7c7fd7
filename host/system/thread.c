#include "host/system/thread.h"

#include "core/base/assert.h"

#include <signal.h>
#include <stdio.h>

static void thread_name(pthread_t thread, const char *name)
{
    char kept[16] = "";
    (void)snprintf(kept, sizeof kept, "%s", name);
    pthread_setname_np(thread, kept);
}

enum tb_err tb_thread_start(pthread_t *ret_thread, const char *name, size_t stack_size,
                            void *(*fn)(void *context), void *context)
{
    sigset_t all, before;
    pthread_attr_t attr;
    if (pthread_attr_init(&attr))
        return TB_ERR_NO_MEMORY;
    int code = pthread_attr_setstacksize(&attr, stack_size ? stack_size : TB_THREAD_STACK_SIZE);
    TB_ASSERT(code == 0);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(ret_thread, &attr, fn, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (code)
        return TB_ERR_NO_MEMORY;
    if (name)
        thread_name(*ret_thread, name);
    return TB_OK;
}
