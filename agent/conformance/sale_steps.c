#include "agent/conformance/steps.h"

#include "core/base/assert.h"
#include "host/system/system.h"

#include <stdio.h>
#include <time.h>

/* A store's books go by its own day, which is that of its tills' clocks. */
static void sale_name(struct tb_step_sale *ret_sale)
{
    const struct tb_rng *rng = tb_rng_system();
    const time_t now = time(NULL);
    uint32_t run = 0;
    struct tm day;
    rng->fill(rng->context, (uint8_t *)&run, sizeof run);
    (void)snprintf(ret_sale->name, sizeof ret_sale->name, "conformance-%08x", run);
    (void)strftime(ret_sale->date, sizeof ret_sale->date, "%Y-%m-%d", localtime_r(&now, &day));
}

static enum tb_step_end begin(struct tb_talk *t, struct tb_scene *s)
{
    if (!s->grants->live) {
        s->why = "it needs the line, which is down";
        return TB_STEP_NOT_TRIED;
    }
    sale_name(&s->sale);
    s->put = false;
    s->quantity = 0;
    s->booked = 0;
    return tb_visit_identify(t, s);
}

static enum tb_step_end priced(struct tb_talk *t, struct tb_scene *s)
{
    struct tb_check check = {.err = TB_OK};
    enum tb_step_end end = tb_cart_changed(t, s);
    if (end != TB_STEP_HELD)
        return end;
    s->unit_price = tb_json_int(&check, tb_cart_line(t->rpc.params, s), "unit_price", 0, INT32_MAX);
    if (check.err == TB_OK)
        return TB_STEP_HELD;
    s->why = "the chain does not say what the product costs";
    return TB_STEP_NOT_TRIED;
}

static enum tb_step_end claim(struct tb_talk *t, struct tb_scene *s)
{
    return tb_checkout_of_visit(t, s, "checkout.claim");
}

static enum tb_step_end claimed(struct tb_talk *t, struct tb_scene *s)
{
    struct tb_check check = {.err = TB_OK};
    if (!tb_cart_read(t, s))
        return TB_STEP_FAILED;
    const struct tb_json cart = tb_json_member(t->rpc.result, "cart");
    return tb_step_told(tb_json_bool(&check, tb_json_member(cart, "claim"), "mine"));
}

/* What people would have to look at is wrong, too. */
static enum tb_step_end booked(struct tb_talk *t, struct tb_scene *s, const char *method, const char *params)
{
    enum tb_step_end end = tb_step_change(t, s, method, params);
    if (end != TB_STEP_HELD)
        return end;
    return tb_step_told(!tb_json_exists(tb_json_member(t->rpc.params, "conflict")));
}

/* One piece. */
static void finish_write(const struct tb_scene *s, unsigned number, bool part,
                         char ret_params[TB_STEP_PARAMS_SIZE])
{
    const long long price = (long long)s->unit_price;
    (void)snprintf(ret_params, TB_STEP_PARAMS_SIZE,
                   "{\"visit\":\"%s\",\"transaction\":\"%s-%u\",\"business_date\":\"%s\",\"total\":%lld,"
                   "\"part\":%s,\"lines\":[{\"line\":\"%s\",\"gtin\":\"%s\",\"quantity\":1,"
                   "\"unit_price\":%lld}]}",
                   s->visit, s->sale.name, number, s->sale.date, price, part ? "true" : "false", s->line,
                   s->config->gtin, price);
}

/* What is booked with something to look at is booked, too. */
static enum tb_step_end finish(struct tb_talk *t, struct tb_scene *s, unsigned number, bool part)
{
    char params[TB_STEP_PARAMS_SIZE];
    finish_write(s, number, part, params);
    enum tb_step_end end = booked(t, s, "checkout.finish", params);
    if (tb_step_text_is(t->rpc.params, "verdict", "applied"))
        s->booked |= 1u << number;
    return end;
}

static enum tb_step_end finish_part(struct tb_talk *t, struct tb_scene *s)
{
    return finish(t, s, 1, true);
}

static enum tb_step_end rest(struct tb_talk *t, struct tb_scene *s)
{
    struct tb_check check = {.err = TB_OK};
    return tb_step_told(tb_cart_read(t, s) &&
                        tb_json_int(&check, tb_cart_line(t->rpc.result, s), "quantity", 0, INT32_MAX) == 1);
}

/* Before the context store has said anything. */
static enum tb_step_end part_again(struct tb_talk *t, struct tb_scene *s)
{
    char params[TB_STEP_PARAMS_SIZE];
    finish_write(s, 1, true, params);
    enum tb_step_end end = tb_step_ask(t, s, "checkout.finish", params);
    return end == TB_STEP_HELD ? rest(t, s) : end;
}

/* ---- points of the part ---- */

static bool points_read(struct tb_json told, int64_t *ret_points)
{
    struct tb_check check = {.err = TB_OK};
    *ret_points = tb_json_int(&check, tb_json_member(told, "view"), "points", -TB_MONEY_MAX, TB_MONEY_MAX);
    return check.err == TB_OK;
}

static bool has_points(struct tb_json params, const void *context)
{
    const struct tb_scene *s = context;
    int64_t points;
    return tb_step_is_visit(params, s->visit) && points_read(params, &points) && points == s->points;
}

static enum tb_step_end points_say(struct tb_talk *t, struct tb_scene *s, int points)
{
    char params[TB_STEP_PARAMS_SIZE];
    (void)snprintf(params, sizeof params,
                   "{\"visit\":\"%s\",\"customer\":\"%s\",\"points\":%d,\"transaction\":\"%s-1\","
                   "\"business_date\":\"%s\"}",
                   s->visit, s->customer, points, s->sale.name, s->sale.date);
    return booked(t, s, "points.earn", params);
}

static enum tb_step_end points_earn(struct tb_talk *t, struct tb_scene *s)
{
    if (!tb_cart_read(t, s))
        return TB_STEP_FAILED;
    if (!points_read(t->rpc.result, &s->points)) {
        s->why = "what the code proves does not show her points";
        return TB_STEP_NOT_TRIED;
    }
    enum tb_step_end end = points_say(t, s, 1);
    s->points += end == TB_STEP_HELD;
    return end;
}

static enum tb_step_end points_shown(struct tb_talk *t, struct tb_scene *s)
{
    return tb_step_told(tb_talk_event(t, "customer.changed", has_points, s));
}

static enum tb_step_end points_again(struct tb_talk *t, struct tb_scene *s)
{
    return points_say(t, s, 1);
}

/* What counted twice leaves her with more than she had. */
static enum tb_step_end points_back(struct tb_talk *t, struct tb_scene *s)
{
    enum tb_step_end end = points_say(t, s, -1);
    s->points -= end == TB_STEP_HELD;
    return end == TB_STEP_HELD ? points_shown(t, s) : end;
}

/* ---- and the rest ---- */

static enum tb_step_end finish_rest(struct tb_talk *t, struct tb_scene *s)
{
    return finish(t, s, 2, false);
}

static enum tb_step_end left_paid(struct tb_talk *t, struct tb_scene *s)
{
    (void)s;
    return tb_step_told(tb_talk_event(t, "customer.left", NULL, NULL) &&
                        tb_step_text_is(t->rpc.params, "reason", "checkout"));
}

static enum tb_step_end take_back(struct tb_talk *t, struct tb_scene *s, unsigned number)
{
    char params[TB_STEP_PARAMS_SIZE];
    if (!(s->booked & 1u << number)) {
        s->why = "it was not booked";
        return TB_STEP_NOT_TRIED;
    }
    (void)snprintf(params, sizeof params,
                   "{\"transaction\":\"%s-%u-void\",\"business_date\":\"%s\",\"of_transaction\":\"%s-%u\","
                   "\"of_date\":\"%s\"}",
                   s->sale.name, number, s->sale.date, s->sale.name, number, s->sale.date);
    return booked(t, s, "checkout.void", params);
}

static enum tb_step_end void_part(struct tb_talk *t, struct tb_scene *s)
{
    return take_back(t, s, 1);
}

static enum tb_step_end void_rest(struct tb_talk *t, struct tb_scene *s)
{
    return take_back(t, s, 2);
}

/* Of a sale that went wrong on its way. */
static enum tb_step_end cleared(struct tb_talk *t, struct tb_scene *s)
{
    if (!tb_cart_read(t, s))
        return tb_step_told(t->rpc.kind == TB_RPC_RESULT);
    enum tb_step_end end = TB_STEP_HELD;
    if (s->put && tb_json_exists(tb_cart_line(t->rpc.result, s)))
        end = tb_cart_remove(t, s);
    return end == TB_STEP_HELD ? tb_step_ask_of_visit(t, s, "visit.end") : end;
}

enum { BOTH = TB_GRANT_CHECKOUT | TB_GRANT_CUSTOMER };

static const struct tb_step table[] = {
    {.id = "sale_begin",
     .text = "the customer comes again",
     .scopes = BOTH | TB_GRANT_CART | TB_GRANT_IDENTIFY,
     .after = {"cart_before", "ended"},
     .run = begin},
    {.id = "sale_identified",
     .text = "and is told",
     .scopes = BOTH,
     .after = {"sale_begin"},
     .run = tb_visit_identified},
    {.id = "sale_add",
     .text = "two pieces of the product are put into the cart",
     .scopes = TB_GRANT_CART,
     .after = {"sale_identified"},
     .run = tb_cart_add},
    {.id = "sale_price",
     .text = "cart.changed says what one costs",
     .scopes = BOTH,
     .after = {"sale_add"},
     .run = priced},
    {.id = "sale_claim",
     .text = "the cart is claimed",
     .scopes = BOTH,
     .after = {"sale_price"},
     .run = claim},
    {.id = "sale_claimed",
     .text = "customer.current says that it is paid here",
     .scopes = BOTH,
     .after = {"sale_claim"},
     .run = claimed},
    {.id = "sale_part",
     .text = "checkout.finish books one piece, as a part",
     .scopes = BOTH,
     .after = {"sale_claim"},
     .run = finish_part},
    {.id = "sale_rest",
     .text = "customer.current leaves the other",
     .scopes = BOTH,
     .after = {"sale_part"},
     .run = rest},
    {.id = "sale_part_again",
     .text = "told again, the part takes nothing more off",
     .scopes = BOTH,
     .after = {"sale_rest"},
     .run = part_again},
    {.id = "sale_points",
     .text = "points.earn brings her a point for it",
     .scopes = BOTH,
     .after = {"sale_part"},
     .run = points_earn},
    {.id = "sale_points_shown",
     .text = "customer.changed shows it",
     .scopes = BOTH,
     .after = {"sale_points"},
     .run = points_shown},
    {.id = "sale_points_again",
     .text = "told again, it is taken as what it is",
     .scopes = BOTH,
     .after = {"sale_points_shown"},
     .run = points_again},
    {.id = "sale_points_back",
     .text = "taken back, she has as many as before",
     .scopes = BOTH,
     .after = {"sale_points"},
     .run = points_back},
    {.id = "sale_finish",
     .text = "checkout.finish books the other",
     .scopes = BOTH,
     .after = {"sale_rest"},
     .run = finish_rest},
    {.id = "sale_left",
     .text = "and the visit ends because it was paid",
     .scopes = BOTH,
     .after = {"sale_finish"},
     .run = left_paid},
    {.id = "sale_again",
     .text = "told again, it is taken as what it is",
     .scopes = BOTH,
     .after = {"sale_finish"},
     .run = finish_rest},
    {.id = "sale_void",
     .text = "checkout.void takes it back",
     .scopes = BOTH,
     .after = {"sale_identified"},
     .run = void_rest},
    {.id = "sale_void_part",
     .text = "and the part",
     .scopes = BOTH,
     .after = {"sale_identified"},
     .run = void_part},
    {.id = "sale_cleared",
     .text = "nothing of it stays",
     .scopes = BOTH,
     .after = {"sale_identified"},
     .run = cleared},
};

void tb_sale_steps(struct tb_talk *t, struct tb_scene *s)
{
    static const char text[] = "the cart is paid, and that taken back";
    if (!s->config->sale)
        tb_report_skip(t->report, "sale", text, "nothing is sold without --sale");
    else if (!s->config->gtin[0])
        tb_report_skip(t->report, "sale", text, "no product was given (--gtin)");
    else
        tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}
