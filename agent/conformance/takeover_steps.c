#include "agent/conformance/steps.h"

#include "core/base/assert.h"

#include <stdio.h>

void tb_takeover_waiting(struct tb_json handovers, struct tb_scene *s)
{
    struct tb_check check = {.err = TB_OK};
    struct tb_json open = tb_json_array(&check, handovers, "open", TB_STEP_WAITING_MAX);
    struct tb_json_each first = tb_json_first(open);
    s->waiting[0] = '\0';
    if (check.err == TB_OK && tb_json_exists(first.value))
        tb_json_str(&check, first.value, "id", s->waiting, sizeof s->waiting);
}

static bool somebody_waits(struct tb_json handovers, const void *context)
{
    struct tb_scene seen = {.waiting = ""};
    (void)context;
    tb_takeover_waiting(handovers, &seen);
    return seen.waiting[0] != '\0';
}

/* The newest list counts, which may be the one that the websocket began with. */
static enum tb_step_end waiting(struct tb_talk *t, struct tb_scene *s)
{
    while (tb_talk_told(t, "handovers", NULL, NULL))
        tb_takeover_waiting(t->rpc.params, s);
    if (s->waiting[0])
        return TB_STEP_HELD;
    enum tb_step_end end = tb_step_watch(t, s, "handovers", somebody_waits, NULL,
                                         "call for help at a kiosk of the store, and wait there");
    if (end == TB_STEP_HELD)
        tb_takeover_waiting(t->rpc.params, s);
    return end;
}

/* An acceptance would end the visit of who is here. */
static enum tb_step_end accept(struct tb_talk *t, struct tb_scene *s)
{
    char params[TB_STEP_PARAMS_SIZE];
    struct tb_check check = {.err = TB_OK};
    if (!tb_step_nobody_is_here(t, s))
        return TB_STEP_NOT_TRIED;
    (void)snprintf(params, sizeof params, "{\"handover\":\"%s\"}", s->waiting);
    enum tb_step_end end = tb_step_ask(t, s, "handover.accept", params);
    if (end == TB_STEP_FAILED && tb_span_is(t->rpc.code, "refused.not_found"))
        s->why = "who waited does not any more";
    else if (end == TB_STEP_HELD && tb_json_has(t->rpc.result, "later"))
        s->why = "somebody came meanwhile";
    else if (end == TB_STEP_HELD) {
        tb_json_str(&check, t->rpc.result, "visit", s->visit, sizeof s->visit);
        return tb_step_told(check.err == TB_OK);
    } else
        return end;
    return TB_STEP_NOT_TRIED;
}

static enum tb_step_end identified(struct tb_talk *t, struct tb_scene *s)
{
    return tb_step_told(tb_talk_event(t, "customer.identified", tb_step_is_visit, s->visit) &&
                        tb_step_text_is(tb_json_member(t->rpc.params, "visit"), "source", "handover"));
}

static bool is_handover(struct tb_json params, const void *id)
{
    return tb_step_text_is(params, "id", id);
}

static enum tb_step_end over(struct tb_talk *t, struct tb_scene *s)
{
    return tb_step_told(tb_talk_event(t, "handover.over", is_handover, s->waiting) &&
                        tb_step_text_is(t->rpc.params, "state", "accepted"));
}

static enum tb_step_end end(struct tb_talk *t, struct tb_scene *s)
{
    if (!tb_talk_forget(t)) /* that somebody left before */
        return TB_STEP_FAILED;
    return tb_step_ask_of_visit(t, s, "visit.end");
}

static enum tb_step_end left(struct tb_talk *t, struct tb_scene *s)
{
    (void)s;
    return tb_step_told(tb_talk_event(t, "customer.left", NULL, NULL));
}

enum { BOTH = TB_GRANT_HELP | TB_GRANT_CUSTOMER | TB_GRANT_IDENTIFY };

static const struct tb_step table[] = {
    {.id = "takeover_waiting", .text = "handovers lists who waits", .scopes = BOTH, .run = waiting},
    {.id = "takeover_accept",
     .text = "handover.accept takes over who waits",
     .scopes = BOTH,
     .after = {"takeover_waiting"},
     .run = accept},
    {.id = "takeover_identified",
     .text = "customer.identified brings that visit",
     .scopes = BOTH,
     .after = {"takeover_accept"},
     .run = identified},
    {.id = "takeover_over",
     .text = "handover.over says that it was accepted",
     .scopes = BOTH,
     .after = {"takeover_accept"},
     .run = over},
    {.id = "takeover_end",
     .text = "the visit is ended",
     .scopes = BOTH,
     .after = {"takeover_accept"},
     .run = end},
    {.id = "takeover_left",
     .text = "and followers are told",
     .scopes = BOTH,
     .after = {"takeover_end"},
     .run = left},
};

void tb_takeover_steps(struct tb_talk *t, struct tb_scene *s)
{
    if (s->config->take_over)
        tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
    else
        tb_report_skip(t->report, "takeover", "who waits is taken over",
                       "nobody who waits is disturbed without --take-over");
}
