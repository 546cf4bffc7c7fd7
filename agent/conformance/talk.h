/*
 * Talk: how the POS that is played speaks with an agent: calls over HTTP, and a websocket with calls and
 * events. One thread, blocking, each wait with a deadline.
 *
 * What comes over the websocket stays until it is waited for, however late that is: events of one thing that
 * happened have no order among one another. When there is no more room the oldest gives way.
 */
#ifndef TB_AGENT_CONFORMANCE_TALK_H
#define TB_AGENT_CONFORMANCE_TALK_H

#include "agent/conformance/link.h"
#include "agent/conformance/report.h"
#include "core/wire/rpc.h"

#define TB_TALK_BODY_MAX 20480

struct tb_talk {
    struct tb_report *report;
    uint16_t port;
    const char *token;             /* that calls are made with; NULL: none */
    struct tb_conf_link *link;     /* of calls */
    struct tb_conf_link *follower; /* the websocket */
    struct tb_buf request;         /* borrows from the caller's bytes */
    struct tb_arena arena;         /* of rpc */
    struct tb_wire_answer answer;  /* of the last call over HTTP */
    struct tb_rpc rpc;             /* the last message that came; good until the next is waited for */
    int64_t id_last;               /* of calls over the websocket */
    char seen[256];                /* what came instead */
    uint8_t kept[TB_WIRE_FRAME_MAX];
};

/* What differs from an ordinary request. NULL: as usual. */
struct tb_talk_how {
    const char *line; /* method and path */
    const char *host;
    const char *origin;
    const char *token;
    const char *type;
    const char *more; /* header lines */
    const char *body;
};

/* ---- over HTTP ---- */

/* Into t->request, as it is sent. */
void tb_talk_write(struct tb_talk *t, const struct tb_talk_how *how);
/* False: nothing came that is an answer. */
bool tb_talk_exchange(struct tb_talk *t, const struct tb_talk_how *how);
/* The body as JSON-RPC: a result or an error. */
bool tb_talk_answer_read(struct tb_talk *t);
/* True: it was answered, with either. */
bool tb_talk_call(struct tb_talk *t, const char *method, const char *params);
/* The same with an error of this class of codes ("input."), or this code. */
bool tb_talk_is_refused(struct tb_talk *t, const char *method, const char *params, const char *code);

/* ---- over the websocket ---- */

bool tb_talk_follow(struct tb_talk *t);
/* The next message, whatever it is. */
bool tb_talk_next(struct tb_talk *t);
/* As tb_talk_call(). */
bool tb_talk_ask(struct tb_talk *t, const char *method, const char *params);

/* NULL stands for every event of that name. */
typedef bool tb_talk_fits(struct tb_json params, const void *context);
/* An event that fits; those of the same name before it are of the past, and gone with it. */
bool tb_talk_event(struct tb_talk *t, const char *method, tb_talk_fits *fits, const void *context);
/* The same without waiting for it: one that came before the answer to a ping. */
bool tb_talk_told(struct tb_talk *t, const char *method, tb_talk_fits *fits, const void *context);
/* The same of one that comes in this time. */
bool tb_talk_watch(struct tb_talk *t, const char *method, tb_talk_fits *fits, const void *context,
                   int64_t wait_ms);
/* What was told up to now is not waited for any more. False: the agent does not answer. */
bool tb_talk_forget(struct tb_talk *t);

#endif
