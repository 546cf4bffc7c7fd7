/*
 * Assertions stay in release builds: a broken invariant stops the process instead of the data.
 * For programming errors only; input is checked with enum tb_err.
 */
#ifndef TB_CORE_BASE_ASSERT_H
#define TB_CORE_BASE_ASSERT_H

#define TB_ASSERT(cond)                   \
    do {                                  \
        if (__builtin_expect(!(cond), 0)) \
            __builtin_trap();             \
    } while (0)

#define TB_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
