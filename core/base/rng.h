/*
 * Randomness is handed in: core never asks the system. Programs pass one made from getrandom(2),
 * the simulator passes a seeded one. The filler must not fail; it may block at early boot.
 */
#ifndef TB_CORE_BASE_RNG_H
#define TB_CORE_BASE_RNG_H

#include "core/base/id.h"

struct tb_rng {
    void (*fill)(void *context, uint8_t *ret_bytes, size_t size);
    void *context; /* borrowed; outlives every user of the generator */
};

static inline struct tb_id tb_id_random(const struct tb_rng *rng)
{
    struct tb_id id;
    rng->fill(rng->context, id.bytes, sizeof id.bytes);
    return id;
}

#endif
