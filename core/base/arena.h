/*
 * Arena: one bounded block from which a message's working memory is taken and dropped as a whole.
 *
 * The block is the caller's. Returned memory is aligned for any type and not cleared; NULL when the
 * arena is full. tb_arena_mark()/tb_arena_release() give back everything taken since the mark.
 * Pure; not thread-safe.
 */
#ifndef TB_CORE_BASE_ARENA_H
#define TB_CORE_BASE_ARENA_H

#include "core/base/span.h"

struct tb_arena {
    uint8_t *at;     /* borrowed block */
    size_t size;     /* bytes taken */
    size_t size_max; /* bytes there are */
};

static inline struct tb_arena tb_arena_of(void *at, size_t size_max)
{
    return (struct tb_arena){.at = at, .size_max = size_max};
}

void *tb_arena_take(struct tb_arena *a, size_t size);
void *tb_arena_take_zero(struct tb_arena *a, size_t size);

/* Copies text into the arena and terminates it; NULL when there is no room. */
char *tb_arena_str(struct tb_arena *a, struct tb_span text);

static inline size_t tb_arena_mark(const struct tb_arena *a)
{
    return a->size;
}

/* Overwrites what was taken since mark, so that personal data does not linger. */
void tb_arena_release(struct tb_arena *a, size_t mark);

#endif
