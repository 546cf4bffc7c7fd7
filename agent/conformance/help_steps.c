#include "agent/conformance/steps.h"

#include "core/base/assert.h"

static const char nobodys[] = "{\"handover\":\"00000000000000000000000000000000\"}";

static enum tb_step_end handovers_told(struct tb_talk *t, struct tb_scene *s)
{
    bool told = tb_talk_event(t, "handovers", NULL, NULL) &&
                tb_json_type(tb_json_member(t->rpc.params, "open")) == TB_JSON_ARRAY;
    if (told)
        tb_takeover_waiting(t->rpc.params, s);
    return tb_step_told(told);
}

static enum tb_step_end handover_accept(struct tb_talk *t, struct tb_scene *s)
{
    return tb_step_refused(t, "handover.accept", nobodys, s->grants->live ? "refused.not_found" : "");
}

static enum tb_step_end handover_decline(struct tb_talk *t, struct tb_scene *s)
{
    return tb_step_refused(t, "handover.decline", nobodys, s->grants->live ? "refused.not_found" : "");
}

static enum tb_step_end handover_over(struct tb_talk *t, struct tb_scene *s)
{
    static const char *const states[] = {"accepted", "cancelled", "expired"};
    enum tb_step_end end = tb_step_watch(t, s, "handover.over", NULL, NULL,
                                         "call for help at a kiosk of the store, and take it back");
    bool known = false;
    if (end != TB_STEP_HELD)
        return end;
    for (size_t i = 0; i < TB_ARRAY_SIZE(states); i++)
        known = known || tb_step_text_is(t->rpc.params, "state", states[i]);
    if (tb_step_text_is(t->rpc.params, "id", s->waiting))
        s->waiting[0] = '\0';
    return tb_step_told(known && tb_json_has(t->rpc.params, "id"));
}

void tb_help_steps(struct tb_talk *t, struct tb_scene *s)
{
    static const struct tb_step table[] = {
        {.id = "handovers",
         .text = "who waits in the store is told at once",
         .scopes = TB_GRANT_HELP,
         .run = handovers_told},
        {.id = "handover_accept",
         .text = "a hand-over that nobody asked for is not taken",
         .scopes = TB_GRANT_HELP,
         .run = handover_accept},
        {.id = "handover_decline", .text = "nor declined", .scopes = TB_GRANT_HELP, .run = handover_decline},
        {.id = "handover_gone",
         .text = "handover.over tells what became of one that waited",
         .scopes = TB_GRANT_HELP,
         .after = {"handovers"},
         .run = handover_over},
    };
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}
