/* Randomness as it was recorded: given bytes first, then those of a seeded generator, which blind. */
#ifndef TB_TESTS_SUPPORT_SCRIPTED_RNG_H
#define TB_TESTS_SUPPORT_SCRIPTED_RNG_H

#include "core/base/span.h"
#include "tests/support/seeded_rng.h"

struct scripted_rng {
    struct tb_span script; /* borrowed; what is left of it */
    struct seeded_rng after;
};

static inline void scripted_rng_fill(void *context, uint8_t *ret_bytes, size_t size)
{
    struct scripted_rng *r = (struct scripted_rng *)context;
    struct tb_span given = tb_span_sub(r->script, 0, size);
    if (given.size)
        memcpy(ret_bytes, given.at, given.size);
    seeded_rng_fill(&r->after, ret_bytes + given.size, size - given.size);
    r->script = tb_span_sub(r->script, given.size, SIZE_MAX);
}

static inline struct tb_rng scripted_rng_of(struct scripted_rng *r)
{
    return (struct tb_rng){.fill = scripted_rng_fill, .context = r};
}

#endif
