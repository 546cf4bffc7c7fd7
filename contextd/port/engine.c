#include "contextd/port/engine.h"

const char *const tb_terminal_state_names[TB_TERMINAL_STATE_COUNT] = {
    [TB_TERMINAL_ENABLED] = "enabled",
    [TB_TERMINAL_DISABLED] = "disabled",
    [TB_TERMINAL_QUARANTINED] = "quarantined",
};

static void port_answer(void *context, const struct tb_engine_request *request, struct tb_arena *arena,
                        struct tb_engine_answer *ret_answer)
{
    struct tb_context_engine *engine = context;
    struct tb_engine_call call = {.request = request, .arena = arena, .ret_answer = ret_answer};
    engine->ops->answer(engine, &call, 1);
}

struct tb_engine tb_context_engine_port(struct tb_context_engine *engine)
{
    return (struct tb_engine){.answer = port_answer, .context = engine};
}
