/*
 * Delay: how long to wait before the next attempt, so that a thousand terminals that lost the same
 * context store do not come back at the same moment.
 *
 * After a connection that held, and at start: anywhere in the window that the context store handed out.
 * After a failure: full jitter, anywhere up to a limit that doubles from 1 s. After a denial: late,
 * because nothing but a person changes it. Pure.
 */
#ifndef TB_AGENT_UPLINK_DELAY_H
#define TB_AGENT_UPLINK_DELAY_H

#include "core/base/rng.h"

#define TB_DELAY_FIRST_MAX_MS 1000
#define TB_DELAY_MAX_PRESET_MS 60000

enum tb_delay_after {
    TB_DELAY_AFTER_HELD,    /* start, or a connection that held */
    TB_DELAY_AFTER_FAILURE, /* an attempt that failed, or a connection that soon ended */
    TB_DELAY_AFTER_DENIAL,
};

struct tb_delay {
    int64_t window_ms;      /* as handed out; 0: none */
    int64_t max_ms;         /* where the doubling ends */
    unsigned failure_count; /* in a row */
};

int64_t tb_delay_next_ms(struct tb_delay *delay, enum tb_delay_after after, const struct tb_rng *rng);

#endif
