#include "agent/conformance/steps.h"

#include "core/base/assert.h"

#include <stdio.h>

enum tb_step_end tb_visit_identify(struct tb_talk *t, struct tb_scene *s)
{
    char params[TB_STEP_PARAMS_SIZE];
    struct tb_check check = {.err = TB_OK};
    (void)snprintf(params, sizeof params, "{\"code\":\"%s\"}", s->config->code);
    if (!tb_talk_call(t, "identify.code", params) || t->rpc.kind != TB_RPC_RESULT)
        return TB_STEP_FAILED;
    if (tb_step_text_is(t->rpc.result, "outcome", "merged")) {
        s->why = "she is here already, or was a moment ago";
        return TB_STEP_NOT_TRIED;
    }
    tb_json_str(&check, t->rpc.result, "visit", s->visit, sizeof s->visit);
    return tb_step_told(tb_step_text_is(t->rpc.result, "outcome", "recognised") && check.err == TB_OK);
}

/* There is exactly one of each code. */
static enum tb_step_end outcome_told(struct tb_talk *t, struct tb_scene *s)
{
    (void)s;
    return tb_step_told(tb_talk_event(t, "outcome", NULL, NULL) &&
                        tb_step_text_is(t->rpc.params, "outcome", "recognised"));
}

enum tb_step_end tb_visit_identified(struct tb_talk *t, struct tb_scene *s)
{
    struct tb_check check = {.err = TB_OK};
    if (!tb_talk_event(t, "customer.identified", tb_step_is_visit, s->visit))
        return TB_STEP_FAILED;
    tb_json_str(&check, t->rpc.params, "customer", s->customer, sizeof s->customer);
    return tb_step_told(check.err == TB_OK && tb_json_exists(tb_json_member(t->rpc.params, "cart")));
}

static enum tb_step_end current(struct tb_talk *t, struct tb_scene *s)
{
    if (!tb_cart_read(t, s))
        return TB_STEP_FAILED;
    s->cart_size = tb_cart_write(t->rpc.result, s->cart);
    s->item_count = (int64_t)tb_json_count(tb_cart_lines(t->rpc.result));
    return TB_STEP_HELD;
}

static enum tb_step_end view_is_a_pos(struct tb_talk *t, struct tb_scene *s)
{
    static const char *const of_the_clerk[] = {"open", "do_not_ask", "notes", "journey", "suggestions"};
    (void)s;
    const struct tb_json view = tb_json_member(t->rpc.result, "view"); /* of the step before */
    bool right = tb_json_exists(view);
    for (size_t i = 0; i < TB_ARRAY_SIZE(of_the_clerk); i++)
        right = right && !tb_json_exists(tb_json_member(view, of_the_clerk[i]));
    return tb_step_told(right);
}

/* Any of them: nobody else was here since what came before was forgotten. */
static enum tb_step_end customer_changed(struct tb_talk *t, struct tb_scene *s)
{
    enum tb_step_end end = tb_step_watch(t, s, "customer.changed", NULL, NULL,
                                         "write a note about the customer on the clerk page, or look at a "
                                         "product in the web shop as the customer");
    if (end != TB_STEP_HELD)
        return end;
    return tb_step_told(tb_step_is_visit(t->rpc.params, s->visit) &&
                        tb_step_text_is(t->rpc.params, "customer", s->customer) &&
                        tb_json_has(t->rpc.params, "view"));
}

static enum tb_step_end visit_end(struct tb_talk *t, struct tb_scene *s)
{
    return tb_step_ask_of_visit(t, s, "visit.end");
}

static enum tb_step_end left(struct tb_talk *t, struct tb_scene *s)
{
    (void)s;
    return tb_step_told(tb_talk_event(t, "customer.left", NULL, NULL));
}

static enum tb_step_end ended(struct tb_talk *t, struct tb_scene *s)
{
    char params[TB_STEP_PARAMS_SIZE];
    tb_step_put_visit(params, s);
    return tb_step_refused(t, "visit.end", params, "refused.not_found");
}

void tb_visit_steps_begin(struct tb_talk *t, struct tb_scene *s)
{
    static const struct tb_step table[] = {
        {.id = "identify",
         .text = "the customer's code is recognised",
         .scopes = TB_GRANT_IDENTIFY,
         .run = tb_visit_identify},
        {.id = "outcome",
         .text = "followers are told the outcome",
         .scopes = TB_GRANT_DEVICE,
         .after = {"identify"},
         .run = outcome_told},
        {.id = "identified",
         .text = "the event brings the same visit, with its cart",
         .scopes = TB_GRANT_CUSTOMER,
         .after = {"identify"},
         .run = tb_visit_identified},
    };
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}

void tb_visit_steps_current(struct tb_talk *t, struct tb_scene *s)
{
    static const struct tb_step table[] = {
        {.id = "current",
         .text = "customer.current says the same",
         .scopes = TB_GRANT_CUSTOMER,
         .after = {"identified"},
         .run = current},
        {.id = "view",
         .text = "with nothing that is the clerk's alone",
         .scopes = TB_GRANT_CUSTOMER,
         .after = {"current"},
         .run = view_is_a_pos},
    };
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}

void tb_visit_steps_end(struct tb_talk *t, struct tb_scene *s)
{
    static const struct tb_step table[] = {
        {.id = "customer_changed",
         .text = "customer.changed tells the whole anew",
         .scopes = TB_GRANT_CUSTOMER,
         .after = {"identified"},
         .run = customer_changed},
        {.id = "end",
         .text = "the visit is ended by its id",
         .scopes = TB_GRANT_IDENTIFY,
         .after = {"identify"},
         .run = visit_end},
        {.id = "left",
         .text = "and followers are told",
         .scopes = TB_GRANT_CUSTOMER,
         .after = {"end"},
         .run = left},
        {.id = "ended",
         .text = "an ended visit is not ended again",
         .scopes = TB_GRANT_IDENTIFY,
         .after = {"end"},
         .run = ended},
    };
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}
