#include "agent/conformance/step.h"

#include "core/base/assert.h"

#include <stdio.h>

/* ---- playing ---- */

static const char *before_missing(const struct tb_scene *s, const struct tb_step *step)
{
    for (size_t a = 0; a < TB_STEP_AFTER_COUNT && step->after[a]; a++) {
        size_t i = 0;
        while (i < s->past_count && strcmp(s->past[i].id, step->after[a]) != 0)
            i++;
        TB_ASSERT(i < s->past_count);
        if (!s->past[i].held)
            return s->past[i].id;
    }
    return NULL;
}

static void step_play(struct tb_talk *t, struct tb_scene *s, const struct tb_step *step)
{
    const char *scope = tb_grants_missing(s->grants, step->scopes);
    const char *before = before_missing(s, step);
    enum tb_step_end end = TB_STEP_NOT_TRIED;
    char why[192];
    s->why = "";
    if (scope)
        (void)snprintf(why, sizeof why, "the scope %s was not granted", scope);
    else if (before)
        (void)snprintf(why, sizeof why, "it builds on %s", before);
    else {
        end = step->run ? step->run(t, s) : tb_step_ask(t, s, step->method, step->params);
        (void)snprintf(why, sizeof why, "%s", s->why);
    }
    TB_ASSERT(s->past_count < TB_STEP_COUNT_MAX);
    s->past[s->past_count].id = step->id;
    s->past[s->past_count++].held = end == TB_STEP_HELD;
    if (end == TB_STEP_NOT_TRIED)
        tb_report_skip(t->report, step->id, step->text, why);
    else if (end == TB_STEP_NOT_SEEN)
        tb_report_unseen(t->report, step->id, step->text, why);
    else
        tb_report_check(t->report, end == TB_STEP_HELD, step->id, step->text, t->seen);
}

void tb_step_play(struct tb_talk *t, struct tb_scene *s, const struct tb_step *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        step_play(t, s, &table[i]);
}

/* ---- what steps are made of ---- */

enum tb_step_end tb_step_told(bool ok)
{
    return ok ? TB_STEP_HELD : TB_STEP_FAILED;
}

enum tb_step_end tb_step_watch(struct tb_talk *t, struct tb_scene *s, const char *event, tb_talk_fits *fits,
                               const void *context, const char *how)
{
    char text[256];
    const unsigned seconds = s->config->watch_seconds;
    if (tb_talk_told(t, event, fits, context))
        return TB_STEP_HELD;
    if (seconds > 0) {
        (void)snprintf(text, sizeof text, "For %s, within %u s: %s", event, seconds, how);
        tb_report_say(t->report, text);
        if (tb_talk_watch(t, event, fits, context, (int64_t)seconds * 1000))
            return TB_STEP_HELD;
    }
    s->why = how;
    return TB_STEP_NOT_SEEN;
}

enum tb_step_end tb_step_ask(struct tb_talk *t, struct tb_scene *s, const char *method, const char *params)
{
    if (!tb_talk_ask(t, method, params))
        return TB_STEP_FAILED;
    if (t->rpc.kind == TB_RPC_RESULT)
        return TB_STEP_HELD;
    if (tb_span_is(t->rpc.code, "refused.assurance"))
        s->why = "what the code proves is too little for it";
    else if (tb_span_is(t->rpc.code, "refused.operator"))
        s->why = "the chain asks for a badge, and nobody is signed on";
    else if (tb_span_is(t->rpc.code, "retry.offline") && !s->grants->live)
        s->why = "it needs the line, which is down";
    else
        return TB_STEP_FAILED;
    return TB_STEP_NOT_TRIED;
}

enum tb_step_end tb_step_ask_of_visit(struct tb_talk *t, struct tb_scene *s, const char *method)
{
    char params[TB_STEP_PARAMS_SIZE];
    tb_step_put_visit(params, s);
    return tb_step_ask(t, s, method, params);
}

enum tb_step_end tb_step_refused(struct tb_talk *t, const char *method, const char *params, const char *code)
{
    return tb_step_told(tb_talk_ask(t, method, params) && t->rpc.kind == TB_RPC_ERROR &&
                        tb_span_starts(t->rpc.code, tb_span_str(code)));
}

bool tb_step_nobody_is_here(struct tb_talk *t, struct tb_scene *s)
{
    enum tb_step_end end = tb_step_ask(t, s, "customer.current", "{}");
    if (end == TB_STEP_HELD && tb_json_type(tb_json_member(t->rpc.result, "visit")) == TB_JSON_NULL)
        return true;
    s->why = end == TB_STEP_HELD ? "somebody is here already" : "customer.current does not say who is here";
    return false;
}

static bool has_seq(struct tb_json params, const void *seq)
{
    struct tb_check check = {.err = TB_OK};
    const int64_t *wanted = seq;
    return tb_json_int(&check, params, "seq", 1, INT64_MAX) == *wanted;
}

/* Of a change that was just answered. Without a line nobody decides it now. */
static enum tb_step_end decided(struct tb_talk *t, struct tb_scene *s)
{
    struct tb_check check = {.err = TB_OK};
    int64_t seq = tb_json_int(&check, t->rpc.result, "seq", 1, INT64_MAX);
    if (check.err != TB_OK)
        return TB_STEP_FAILED;
    if (!s->grants->live)
        return TB_STEP_HELD;
    if (!tb_talk_event(t, "change.decided", has_seq, &seq))
        return TB_STEP_FAILED;
    if (tb_step_text_is(t->rpc.params, "code", "product_unknown"))
        s->why = "the chain does not have the product";
    else if (tb_step_text_is(t->rpc.params, "code", "cart_claimed"))
        s->why = "her cart is being paid elsewhere";
    else
        return tb_step_told(tb_step_text_is(t->rpc.params, "verdict", "applied"));
    return TB_STEP_NOT_TRIED;
}

enum tb_step_end tb_step_change(struct tb_talk *t, struct tb_scene *s, const char *method, const char *params)
{
    enum tb_step_end end = tb_step_ask(t, s, method, params);
    return end == TB_STEP_HELD ? decided(t, s) : end;
}

void tb_step_put_visit(char ret_params[TB_STEP_PARAMS_SIZE], const struct tb_scene *s)
{
    (void)snprintf(ret_params, TB_STEP_PARAMS_SIZE, "{\"visit\":\"%s\"}", s->visit);
}

bool tb_step_text_is(struct tb_json object, const char *name, const char *text)
{
    struct tb_check check = {.err = TB_OK};
    return tb_span_is(tb_json_text(&check, object, name, TB_STEP_PARAMS_SIZE), text);
}

bool tb_step_is_visit(struct tb_json params, const void *visit)
{
    const struct tb_json its = tb_json_member(params, "visit");
    bool whole = tb_json_type(its) == TB_JSON_OBJECT;
    return tb_step_text_is(whole ? its : params, whole ? "id" : "visit", visit);
}
