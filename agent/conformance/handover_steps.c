#include "agent/conformance/steps.h"

#include "core/base/assert.h"

#include <stdio.h>

static enum tb_step_end handover_request(struct tb_talk *t, struct tb_scene *s)
{
    char params[TB_STEP_PARAMS_SIZE];
    (void)snprintf(params, sizeof params, "{\"visit\":\"%s\",\"to\":\"any\"}", s->visit);
    enum tb_step_end end = tb_step_ask(t, s, "handover.request", params);
    if (end != TB_STEP_HELD)
        return end;
    return tb_step_told(tb_json_has(t->rpc.result, "handover") && tb_json_has(t->rpc.result, "code") &&
                        tb_json_has(t->rpc.result, "until_ms"));
}

static bool handover_waits(struct tb_json params, const void *visit)
{
    return tb_step_is_visit(params, visit) && tb_step_text_is(params, "state", "waiting");
}

static enum tb_step_end handover_waiting(struct tb_talk *t, struct tb_scene *s)
{
    return tb_step_told(tb_talk_event(t, "handover.own", handover_waits, s->visit));
}

static enum tb_step_end handover_cancel(struct tb_talk *t, struct tb_scene *s)
{
    return tb_step_ask_of_visit(t, s, "handover.cancel");
}

static bool handover_does_not_wait(struct tb_json params, const void *visit)
{
    return tb_step_is_visit(params, visit) && !tb_step_text_is(params, "state", "asking") &&
           !tb_step_text_is(params, "state", "waiting");
}

static enum tb_step_end handover_over(struct tb_talk *t, struct tb_scene *s)
{
    return tb_step_told(tb_talk_event(t, "handover.own", handover_does_not_wait, s->visit) &&
                        tb_step_text_is(t->rpc.params, "state", "over"));
}

void tb_handover_steps(struct tb_talk *t, struct tb_scene *s)
{
    static const struct tb_step table[] = {
        {.id = "handover_request",
         .text = "handover.request tells a code and until when",
         .scopes = TB_GRANT_HANDOVER,
         .after = {"identify"},
         .run = handover_request},
        {.id = "handover_waiting",
         .text = "handover.own says that it waits",
         .scopes = TB_GRANT_HANDOVER,
         .after = {"handover_request"},
         .run = handover_waiting},
        {.id = "handover_cancel",
         .text = "handover.cancel takes it back",
         .scopes = TB_GRANT_HANDOVER,
         .after = {"handover_request"},
         .run = handover_cancel},
        {.id = "handover_over",
         .text = "handover.own says that it is over",
         .scopes = TB_GRANT_HANDOVER,
         .after = {"handover_cancel"},
         .run = handover_over},
    };
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}
