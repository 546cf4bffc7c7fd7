/*
 * Head: the headers of a request as they came, and those of an answer. Internal to agent/counter.
 */
#ifndef TB_AGENT_COUNTER_HEAD_H
#define TB_AGENT_COUNTER_HEAD_H

#include "core/base/span.h"

#include <libwebsockets.h>

#define TB_HEAD_NO_SIZE SIZE_MAX /* the body ends with the connection */

struct tb_head {
    unsigned status;
    const char *type; /* media type; NULL: no body */
    size_t size;      /* of the body */
    const char *location;
    const char *cookie;
    const char *encoding;  /* of the body */
    const char *origin;    /* may read the answer (CORS); NULL: nobody else */
    const char *methods;   /* answers a preflight: what that origin may call with */
    bool private_network;  /* the preflight asked for that, too */
    const char *challenge; /* WWW-Authenticate */
};

/* Writes status and headers. False: nothing more can be said on this socket. */
bool tb_head_write(struct lws *wsi, const struct tb_head *head);

/* The value of a header, without surrounding blanks; empty when absent. What does not fit becomes a value
 * that equals nothing allowed, and is not empty either. */
struct tb_span tb_head_read(struct lws *wsi, enum lws_token_indexes token, char *to, size_t size_max);

#endif
