#include "agent/conformance/steps.h"

#include "core/base/assert.h"

static enum tb_step_end finish_wrong(struct tb_talk *t, struct tb_scene *s)
{
    (void)s;
    return tb_step_refused(t, "checkout.finish",
                           "{\"transaction\":\"T\",\"business_date\":\"today\",\"total\":0}", "input.");
}

static enum tb_step_end void_wrong(struct tb_talk *t, struct tb_scene *s)
{
    (void)s;
    return tb_step_refused(t, "checkout.void", "{\"transaction\":\"T\",\"business_date\":\"today\"}",
                           "input.");
}

static enum tb_step_end points_wrong(struct tb_talk *t, struct tb_scene *s)
{
    (void)s;
    return tb_step_refused(t, "points.earn", "{\"points\":0}", "input.");
}

enum tb_step_end tb_checkout_of_visit(struct tb_talk *t, struct tb_scene *s, const char *method)
{
    char params[TB_STEP_PARAMS_SIZE];
    tb_step_put_visit(params, s);
    return tb_step_change(t, s, method, params);
}

static enum tb_step_end claim(struct tb_talk *t, struct tb_scene *s)
{
    if (s->quantity > 0 || s->item_count > 0)
        return tb_checkout_of_visit(t, s, "checkout.claim");
    s->why = "her cart is empty";
    return TB_STEP_NOT_TRIED;
}

static enum tb_step_end release(struct tb_talk *t, struct tb_scene *s)
{
    return tb_checkout_of_visit(t, s, "checkout.release");
}

void tb_checkout_steps_wrong(struct tb_talk *t, struct tb_scene *s)
{
    static const struct tb_step table[] = {
        {.id = "finish",
         .text = "a sale without a date is refused",
         .scopes = TB_GRANT_CHECKOUT,
         .run = finish_wrong},
        {.id = "void", .text = "so is taking one back", .scopes = TB_GRANT_CHECKOUT, .run = void_wrong},
        {.id = "points", .text = "and giving no points", .scopes = TB_GRANT_CHECKOUT, .run = points_wrong},
    };
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}

void tb_checkout_steps(struct tb_talk *t, struct tb_scene *s)
{
    static const struct tb_step table[] = {
        {.id = "claim",
         .text = "checkout.claim claims the cart",
         .scopes = TB_GRANT_CHECKOUT,
         .after = {"current"},
         .run = claim},
        {.id = "release",
         .text = "checkout.release lets it go",
         .scopes = TB_GRANT_CHECKOUT,
         .after = {"claim"},
         .run = release},
    };
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}
