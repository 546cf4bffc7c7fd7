#include "agent/counter/scope.h"

#include "core/base/assert.h"

static const struct {
    const char *name;
    const char *path;
} scopes[TB_COUNTER_SCOPE_COUNT] = {
    [TB_COUNTER_SCOPE_CLERK] = {"clerk", "/clerk"},
    [TB_COUNTER_SCOPE_SHOPPER] = {"shopper", "/kiosk"},
    [TB_COUNTER_SCOPE_IT] = {"it", "/it"},
};

enum tb_counter_scope tb_counter_scope_named(struct tb_span name)
{
    for (unsigned scope = 1; scope < TB_COUNTER_SCOPE_COUNT; scope++)
        if (tb_span_is(name, scopes[scope].name))
            return (enum tb_counter_scope)scope;
    return TB_COUNTER_SCOPE_NONE;
}

const char *tb_counter_scope_path(enum tb_counter_scope scope)
{
    TB_ASSERT(scope > TB_COUNTER_SCOPE_NONE && scope < TB_COUNTER_SCOPE_COUNT);
    return scopes[scope].path;
}

enum tb_counter_scope tb_counter_scope_at(struct tb_span path)
{
    for (unsigned scope = 1; scope < TB_COUNTER_SCOPE_COUNT; scope++) {
        struct tb_span own = tb_span_str(scopes[scope].path);
        if (tb_span_starts(path, own) && (path.size == own.size || path.at[own.size] == '/'))
            return (enum tb_counter_scope)scope;
    }
    return TB_COUNTER_SCOPE_NONE;
}
