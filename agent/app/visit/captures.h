/*
 * Captures: the next card or code is to be linked with the customer who is here, instead of saying who comes
 * next; in the place of one that is lost, or beside the others. It is waited for TB_CAPTURE_WAIT_MS, until
 * the visit ends, or until a page calls it off; each of them is told to the clerk's pages (`captured`). What
 * was presented before the waiting began, perhaps by somebody else in an earlier visit, is of no use, however
 * late it is judged.
 *
 * What the cache knows to be somebody's, or to be blocked, is refused at once; for the rest the context store
 * decides. A link is told when that has happened; when it is on the disk and the line is not live, or nothing
 * has come for TB_CAPTURE_DECIDE_MS, it is told as kept: one that is turned down after that is told as taken
 * back alone. Loop's thread only.
 */
#ifndef TB_AGENT_APP_VISIT_CAPTURES_H
#define TB_AGENT_APP_VISIT_CAPTURES_H

#include "agent/app/request.h"
#include "core/identify/identify.h"
#include "core/wire/sync.h"
#include "host/loop/loop.h"

#define TB_CAPTURE_WAIT_MS 30000
#define TB_CAPTURE_DECIDE_MS 5000

enum tb_capture_purpose { TB_CAPTURE_NONE, TB_CAPTURE_LINK, TB_CAPTURE_REPLACE, TB_CAPTURE_PURPOSE_COUNT };

/* A link that pages have not been told of yet. */
struct tb_capture_link {
    enum tb_capture_purpose purpose; /* NONE: there is none */
    int64_t seq;                     /* 0: not on the disk yet */
    char kind[TB_SHORT_SIZE_MAX + 1];
    uint8_t hash[TB_LOOKUP_HASH_SIZE];
    struct tb_timer timer;
};

struct tb_captures {
    enum tb_capture_purpose purpose; /* NONE: nothing is waited for */
    uint64_t attempt_before;         /* newest when the waiting began: what was presented by then is not it */
    bool share;                      /* it may be others', too */
    uint8_t replaced[TB_LOOKUP_HASH_SIZE]; /* REPLACE: what it comes in the place of */
    struct tb_timer timer;
    /* What the context store verified of the attempt that is captured. */
    bool proven;
    uint8_t proven_hash[TB_LOOKUP_HASH_SIZE];
    char proven_kind[TB_SHORT_SIZE_MAX + 1];
    struct tb_capture_link link;
};

/* credential.capture, credential.capture_end */
void tb_captures_begin(struct tb_request *r);
void tb_captures_end(struct tb_request *r);

/* A tap or scan has come to its end: one that was of no use (unreadable, not verified …) is not what is
 * waited for. */
void tb_captures_outcome(struct tb_agent *agent);
/* The visit has ended. */
void tb_captures_visit_ended(struct tb_agent *agent);
/* Nobody is signed on any more, and somebody has to be. */
void tb_captures_unattended(struct tb_agent *agent);

/* The context store's answer to evidence of an attempt. True: it was captured, and is dealt with. */
bool tb_captures_told(struct tb_agent *agent, uint64_t attempt, const struct tb_identify_proof *proof);
/* The credential that is waited for is there (TB_IDENTIFY_CAPTURED). */
void tb_captures_take(struct tb_agent *agent, uint64_t attempt);
/* What became of any mutation: on the disk, and decided. */
void tb_captures_stored(struct tb_agent *agent, const struct tb_mutation *mutation, enum tb_err err);
void tb_captures_decided(struct tb_agent *agent, const struct tb_verdict *verdict);
/* Nothing is waited for and told any more. */
void tb_captures_stop(struct tb_agent *agent);

#endif
