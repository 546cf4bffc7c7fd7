/*
 * Ring of bytes between an interrupt and the main loop: one side puts, the other takes, neither waits.
 * Holds one byte less than its memory. Safe with one putter and one taker on a single core.
 */
#ifndef TB_BOARDS_MCU_COMMON_RING_H
#define TB_BOARDS_MCU_COMMON_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
    uint8_t *at; /* borrowed */
    uint16_t size_max;
    volatile uint16_t put; /* next place to fill; written by the putter only */
    volatile uint16_t take;
};

/* Initialises a ring in an array of bytes. */
#define RING(memory) {.at = memory, .size_max = sizeof memory}

static inline uint16_t ring_next(const struct ring *r, uint16_t place)
{
    return (uint16_t)(place + 1 == r->size_max ? 0 : place + 1);
}

static inline bool ring_is_empty(const struct ring *r)
{
    return r->put == r->take;
}

static inline bool ring_is_full(const struct ring *r)
{
    return ring_next(r, r->put) == r->take;
}

/* False: full, the byte is not taken. */
static inline bool ring_put(struct ring *r, uint8_t byte)
{
    uint16_t next = ring_next(r, r->put);
    if (next == r->take)
        return false;
    r->at[r->put] = byte;
    __asm__ volatile("" ::: "memory");
    r->put = next;
    return true;
}

/* False: empty. */
static inline bool ring_take(struct ring *r, uint8_t *ret_byte)
{
    if (ring_is_empty(r))
        return false;
    *ret_byte = r->at[r->take];
    __asm__ volatile("" ::: "memory");
    r->take = ring_next(r, r->take);
    return true;
}

/* As many as there are, at most size_max. */
static inline size_t ring_read(struct ring *r, uint8_t *ret_bytes, size_t size_max)
{
    size_t size = 0;
    while (size < size_max && ring_take(r, &ret_bytes[size]))
        size++;
    return size;
}

/* As many as fit; returns how many. */
static inline size_t ring_write(struct ring *r, const uint8_t *bytes, size_t size)
{
    size_t taken = 0;
    while (taken < size && ring_put(r, bytes[taken]))
        taken++;
    return taken;
}

#endif
