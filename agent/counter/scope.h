/*
 * Scopes: what a page may ask for, and where its files and its websocket are. A session is good for one
 * scope, below that scope's path only. Pure.
 */
#ifndef TB_AGENT_COUNTER_SCOPE_H
#define TB_AGENT_COUNTER_SCOPE_H

#include "core/base/span.h"

/* Stable: cookies carry them. */
enum tb_counter_scope {
    TB_COUNTER_SCOPE_NONE,
    TB_COUNTER_SCOPE_CLERK,
    TB_COUNTER_SCOPE_SHOPPER,
    TB_COUNTER_SCOPE_IT,
    TB_COUNTER_SCOPE_COUNT
};

/* "clerk", "shopper", "it", as launchers name them, and back; NONE for another name. */
enum tb_counter_scope tb_counter_scope_named(struct tb_span name);

/* Path of its page: "/clerk", "/kiosk", "/it". */
const char *tb_counter_scope_path(enum tb_counter_scope scope);

/* Whose page a path is, or is below; NONE when it is nobody's. */
enum tb_counter_scope tb_counter_scope_at(struct tb_span path);

#endif
