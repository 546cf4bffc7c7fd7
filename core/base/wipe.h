/* Wiping: overwrites secrets and personal data in a way that the compiler must keep. */
#ifndef TB_CORE_BASE_WIPE_H
#define TB_CORE_BASE_WIPE_H

#include <stddef.h>
#include <string.h>

static inline void tb_wipe(void *at, size_t size)
{
    if (size == 0)
        return;
    memset(at, 0, size);
    __asm__ volatile("" : : "r"(at) : "memory");
}

#endif
