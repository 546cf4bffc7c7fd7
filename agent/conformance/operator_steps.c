#include "agent/conformance/steps.h"

#include "core/base/assert.h"

#include <stdio.h>

static enum tb_step_end operator_told(struct tb_talk *t, struct tb_scene *s)
{
    (void)s;
    return tb_step_told(tb_talk_event(t, "operator", NULL, NULL));
}

/* Who it is already: a clerk at work is not signed off. */
static enum tb_step_end operator_set(struct tb_talk *t, struct tb_scene *s)
{
    char params[TB_STEP_PARAMS_SIZE] = "{\"operator\":null}";
    char id[TB_SHORT_SIZE_MAX + 1];
    struct tb_check check = {.err = TB_OK};
    const struct tb_json who = tb_json_member(t->rpc.params, "operator");
    if (tb_json_type(who) == TB_JSON_OBJECT) {
        tb_json_str(&check, who, "id", id, sizeof id);
        (void)snprintf(params, sizeof params, "{\"operator\":\"%s\"}", id);
    }
    return check.err == TB_OK ? tb_step_ask(t, s, "operator.set", params) : TB_STEP_FAILED;
}

static enum tb_step_end operator_unknown(struct tb_talk *t, struct tb_scene *s)
{
    (void)s;
    return tb_step_refused(t, "operator.set", "{\"operator\":\"tillbridge-conformance\"}", "refused.");
}

void tb_operator_steps(struct tb_talk *t, struct tb_scene *s)
{
    static const struct tb_step table[] = {
        {.id = "operator",
         .text = "who is the clerk is told at once",
         .scopes = TB_GRANT_OPERATOR,
         .run = operator_told},
        {.id = "operator_set",
         .text = "operator.set takes who it is already",
         .scopes = TB_GRANT_OPERATOR,
         .after = {"operator"},
         .run = operator_set},
        {.id = "operator_unknown",
         .text = "operator.set refuses somebody whom nobody knows",
         .scopes = TB_GRANT_OPERATOR,
         .run = operator_unknown},
    };
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}
