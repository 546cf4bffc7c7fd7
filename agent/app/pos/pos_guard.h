/*
 * POS guard: keeps off whoever guesses pairing codes or asks to be paired again and again, and nobody else.
 * Askers are the users of this machine: programs of one user can do as one another, and what runs as another
 * user must neither get in nor keep POS software out.
 *
 * An asker's wrong codes are counted over all of its pairings until one succeeds, so that nothing is gained
 * by stopping before the last of them and beginning anew; after TB_POS_GUESS_MAX it cannot begin one for a
 * pause that doubles each time, up to TB_POS_PAUSE_MAX_MS. One that a clerk refused waits TB_POS_PAUSE_MS. A
 * pairing that came to nothing, also because its time ran out, gives way to one of an asker that has fewer
 * of them. Success forgives everything.
 *
 * Pure: times are monotonic ms that are handed in. TB_POS_ASKER_MAX askers are remembered; of more, the one
 * with the fewest failures is forgotten. Who installs tills is never kept off: the command line grants
 * without a code (tillbridge pos grant).
 */
#ifndef TB_AGENT_APP_POS_POS_GUARD_H
#define TB_AGENT_APP_POS_POS_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#define TB_POS_GUESS_MAX 5    /* wrong codes until there is a pause */
#define TB_POS_PAUSE_MS 60000 /* the first */
#define TB_POS_PAUSE_MAX_MS 3600000
#define TB_POS_ASKER_MAX 8

struct tb_pos_guard { /* zero: nothing has happened */
    struct tb_pos_asker {
        bool known;
        uint32_t user;
        unsigned guess_count;
        unsigned pause_count;   /* of guesses, one after another */
        unsigned failure_count; /* pairings that came to nothing, one after another */
        int64_t pause_until_ms;
    } askers[TB_POS_ASKER_MAX];
};

/* For how long this asker cannot begin a pairing; 0: it can now. */
int64_t tb_pos_guard_pause_ms(const struct tb_pos_guard *guard, uint32_t user, int64_t now_ms);
/* A wrong code for a pairing of this asker. True: that was one too many, it is over and the pause begins. */
bool tb_pos_guard_guessed(struct tb_pos_guard *guard, uint32_t user, int64_t now_ms);
/* A clerk refused its pairing; or its time ran out. */
void tb_pos_guard_refused(struct tb_pos_guard *guard, uint32_t user, int64_t now_ms);
void tb_pos_guard_lapsed(struct tb_pos_guard *guard, uint32_t user);
/* The code was right. */
void tb_pos_guard_passed(struct tb_pos_guard *guard, uint32_t user);
/* Whether an open pairing of one asker gives way to another asker. */
bool tb_pos_guard_yields(const struct tb_pos_guard *guard, uint32_t open, uint32_t user);

#endif
