/*
 * POS guard: keeps off whoever guesses pairing codes. Wrong codes are counted over all pairings until one
 * succeeds, so that nothing is gained by stopping before the last of them and beginning anew; after
 * TB_POS_GUESS_MAX nobody can begin a pairing for a pause that doubles each time, up to TB_POS_PAUSE_MAX_MS.
 * A pairing that a clerk refuses is followed by a pause, too, which does not grow. One that succeeds forgives
 * everything.
 *
 * Pure: times are monotonic ms that are handed in. Who installs tills is never kept off: the command line
 * grants without a code (tillbridge pos grant).
 */
#ifndef TB_AGENT_APP_POS_GUARD_H
#define TB_AGENT_APP_POS_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#define TB_POS_GUESS_MAX 5    /* wrong codes until there is a pause */
#define TB_POS_PAUSE_MS 60000 /* the first */
#define TB_POS_PAUSE_MAX_MS 3600000

struct tb_pos_guard { /* zero: nothing has happened */
    unsigned guess_count;
    unsigned pause_count; /* of guesses, one after another */
    int64_t pause_until_ms;
};

bool tb_pos_guard_is_paused(const struct tb_pos_guard *guard, int64_t now_ms);
/* A wrong code. True: that was one too many, the pairing is over and the pause begins. */
bool tb_pos_guard_guessed(struct tb_pos_guard *guard, int64_t now_ms);
/* A clerk refused a pairing. */
void tb_pos_guard_refused(struct tb_pos_guard *guard, int64_t now_ms);
/* The code was right. */
void tb_pos_guard_passed(struct tb_pos_guard *guard);

#endif
