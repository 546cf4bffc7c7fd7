#include "core/base/arena.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

void *tb_arena_take(struct tb_arena *a, size_t size)
{
    const uintptr_t align = _Alignof(max_align_t);
    uintptr_t next = (uintptr_t)a->at + a->size;
    size_t padding = (size_t)((align - next % align) % align);
    size_t room = a->size_max - a->size;
    if (padding > room || size > room - padding)
        return NULL;
    a->size += padding + size;
    return a->at + a->size - size;
}

void *tb_arena_take_zero(struct tb_arena *a, size_t size)
{
    void *block = tb_arena_take(a, size);
    if (block)
        memset(block, 0, size);
    return block;
}

char *tb_arena_str(struct tb_arena *a, struct tb_span text)
{
    char *copy = tb_arena_take(a, text.size + 1);
    if (!copy)
        return NULL;
    if (text.size)
        memcpy(copy, text.at, text.size);
    copy[text.size] = '\0';
    return copy;
}

void tb_arena_release(struct tb_arena *a, size_t mark)
{
    TB_ASSERT(mark <= a->size);
    tb_wipe(a->at + mark, a->size - mark);
    a->size = mark;
}
