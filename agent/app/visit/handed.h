/*
 * Handed: codes that no reader read; a program hands them in, or a clerk types them. Each goes through
 * identification as if a scanner had read it, and whoever handed it in is answered once, when everything that
 * comes with its outcome is done. Loop's thread only.
 *
 * Limits: TB_HANDED_MAX codes being judged.
 */
#ifndef TB_AGENT_APP_VISIT_HANDED_H
#define TB_AGENT_APP_VISIT_HANDED_H

#include "agent/app/request.h"
#include "core/identify/identify.h"

#define TB_HANDED_MAX 8

struct tb_handed_end {
    bool merged; /* it was the code before it once more, and has no outcome of its own */
    enum tb_outcome outcome;
    enum tb_reason reason;
};

/* Of asker only what answers is good (agent, from, id, send). */
typedef void tb_handed_done(struct tb_agent *agent, const struct tb_request *asker,
                            const struct tb_handed_end *end);

struct tb_handed_wait {
    uint64_t attempt; /* 0: the place is free */
    bool known;       /* the end is, and is told when everything that comes with it is done */
    struct tb_handed_end end;
    tb_handed_done *done;
    struct tb_request asker;
};

struct tb_handed {
    struct tb_handed_wait waits[TB_HANDED_MAX];
};

/* reader: TB_AGENT_READER_POS or TB_AGENT_READER_PAGE. TB_ERR_BUSY: others are still being looked up; done is
 * not called. Else it is, perhaps before this returns. */
TB_MUST_USE enum tb_err tb_handed_take(const struct tb_request *r, uint8_t reader, struct tb_span code,
                                       tb_handed_done *done);

/* ---- for taps ---- */

void tb_handed_ended(struct tb_agent *agent, const struct tb_identify_action *action);
/* Answers those of which the end is known by now. */
void tb_handed_answer(struct tb_agent *agent);

#endif
