/*
 * Resolver: turns a name into addresses on a thread of its own, because a name server that does not
 * answer blocks its caller for ten seconds and more.
 *
 * Thread rule: the loop's thread. One question at a time. Limits: TB_RESOLVE_MAX addresses.
 */
#ifndef TB_AGENT_UPLINK_RESOLVE_H
#define TB_AGENT_UPLINK_RESOLVE_H

#include "core/base/err.h"

#include <stddef.h>

#define TB_RESOLVE_MAX 4
#define TB_RESOLVE_TEXT_SIZE 64 /* a numeric address, with scope and terminator */

struct tb_loop;
struct tb_resolver;

struct tb_resolved {
    size_t count; /* 0: there is no such name, or nobody who knows it */
    char text[TB_RESOLVE_MAX][TB_RESOLVE_TEXT_SIZE];
};

TB_MUST_USE enum tb_err tb_resolver_open(struct tb_loop *loop, struct tb_resolver **ret_resolver);

/* Does not wait for a question that hangs; done is not called any more. Accepts NULL, returns NULL. */
struct tb_resolver *tb_resolver_close(struct tb_resolver *resolver);

/* done is called once, in a later turn. TB_ERR_BUSY: a question is open. TB_ERR_NO_MEMORY. */
TB_MUST_USE enum tb_err tb_resolver_ask(struct tb_resolver *resolver, const char *name,
                                        void (*done)(void *context, const struct tb_resolved *found),
                                        void *context);

#endif
