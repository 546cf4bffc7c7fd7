/* A seeded generator for tests: the same seed gives the same bytes on every machine. */
#ifndef TB_TESTS_SUPPORT_SEEDED_RNG_H
#define TB_TESTS_SUPPORT_SEEDED_RNG_H

#include "core/base/rng.h"

struct seeded_rng {
    uint64_t state;
};

/* splitmix64 */
static inline uint64_t seeded_rng_next(struct seeded_rng *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline void seeded_rng_fill(void *context, uint8_t *ret_bytes, size_t size)
{
    struct seeded_rng *r = (struct seeded_rng *)context;
    for (size_t i = 0; i < size; i++)
        ret_bytes[i] = (uint8_t)(seeded_rng_next(r) >> 56);
}

static inline struct tb_rng seeded_rng_of(struct seeded_rng *r)
{
    return (struct tb_rng){.fill = seeded_rng_fill, .context = r};
}

#endif
