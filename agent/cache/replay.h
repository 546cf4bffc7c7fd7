/*
 * Replay memory: what was shown at this terminal and is good once. Part of state.db, and as durable.
 *
 * A name is kept as HMAC-SHA-256 under a key of the file, cut to 16 bytes: nobody learns from the file what
 * was shown. What is refused as expired anyway is forgotten, the oldest first; what still protects never is,
 * so that the memory can be full (TB_REPLAY_COUNT_MAX names, about 4 MiB).
 *
 * Synchronous; belongs to one thread at a time, as state.h says. state is loaded.
 */
#ifndef TB_AGENT_CACHE_REPLAY_H
#define TB_AGENT_CACHE_REPLAY_H

#include "agent/cache/state.h"
#include "core/credential/judgement.h"

#define TB_REPLAY_COUNT_MAX 65536

/*
 * Inside a transaction: uses up what replay names, unless it was used before (*ret_fresh is then false). It
 * counts when the transaction is committed. TB_ERR_BUSY: everything in the memory still protects.
 */
TB_MUST_USE enum tb_err tb_replay_claim(struct tb_state *state, const struct tb_replay *replay,
                                        int64_t wall_ms, bool *ret_fresh);

/* Whether it is used up; nothing is written. */
TB_MUST_USE enum tb_err tb_replay_shown(struct tb_state *state, const struct tb_replay *replay,
                                        bool *ret_shown);

#endif
