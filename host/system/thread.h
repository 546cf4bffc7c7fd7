/*
 * Threads: started with a small stack, a name, and all signals blocked (they are the loop's).
 * Thread rule: any thread.
 */
#ifndef TB_HOST_SYSTEM_THREAD_H
#define TB_HOST_SYSTEM_THREAD_H

#include "core/base/err.h"

#include <pthread.h>
#include <stddef.h>

#define TB_THREAD_STACK_SIZE ((size_t)256 * 1024)

/* name: ≤ 15 bytes are kept. stack_size 0: TB_THREAD_STACK_SIZE. To be joined. TB_ERR_NO_MEMORY. */
TB_MUST_USE enum tb_err tb_thread_start(pthread_t *ret_thread, const char *name, size_t stack_size,
                                        void *(*fn)(void *context), void *context);

#endif
