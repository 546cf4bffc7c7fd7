#include "agent/uplink/delay.h"

/* Uniform in 0 … max; the bias of the remainder is below 2^-40 for any delay in use. */
static int64_t anywhere_up_to(int64_t max_ms, const struct tb_rng *rng)
{
    uint64_t value = 0;
    if (max_ms <= 0)
        return 0;
    rng->fill(rng->context, (uint8_t *)&value, sizeof value);
    return (int64_t)(value % ((uint64_t)max_ms + 1));
}

static int64_t failure_max_ms(struct tb_delay *delay)
{
    int64_t max_ms = TB_DELAY_FIRST_MAX_MS;
    for (unsigned i = 0; i < delay->failure_count && max_ms < delay->max_ms; i++)
        max_ms *= 2;
    if (max_ms < delay->max_ms)
        delay->failure_count++;
    return max_ms < delay->max_ms ? max_ms : delay->max_ms;
}

int64_t tb_delay_next_ms(struct tb_delay *delay, enum tb_delay_after after, const struct tb_rng *rng)
{
    switch (after) {
    case TB_DELAY_AFTER_HELD: delay->failure_count = 0; return anywhere_up_to(delay->window_ms, rng);
    case TB_DELAY_AFTER_FAILURE: return anywhere_up_to(failure_max_ms(delay), rng);
    case TB_DELAY_AFTER_DENIAL: return delay->max_ms / 2 + anywhere_up_to(delay->max_ms / 2, rng);
    }
    return delay->max_ms;
}
