#include "agent/conformance/steps.h"

#include "core/base/assert.h"

#include <stdio.h>

bool tb_cart_read(struct tb_talk *t, const struct tb_scene *s)
{
    return tb_talk_call(t, "customer.current", "{}") && t->rpc.kind == TB_RPC_RESULT &&
           tb_step_is_visit(t->rpc.result, s->visit);
}

struct tb_json tb_cart_lines(struct tb_json told)
{
    struct tb_json cart = tb_json_member(told, "cart");
    return tb_json_member(cart, "lines");
}

size_t tb_cart_write(struct tb_json told, uint8_t ret_bytes[TB_STEP_CART_SIZE])
{
    struct tb_buf text = tb_buf_of(ret_bytes, TB_STEP_CART_SIZE);
    struct tb_json_each each = tb_json_first(tb_cart_lines(told));
    for (; tb_json_exists(each.value); tb_json_next(&each)) {
        tb_buf_add(&text, tb_json_raw(each.value, "gtin"));
        tb_buf_add(&text, tb_json_raw(each.value, "quantity"));
    }
    return text.err == TB_OK ? text.size : SIZE_MAX;
}

struct tb_json tb_cart_line(struct tb_json told, const struct tb_scene *s)
{
    struct tb_json_each each = tb_json_first(tb_cart_lines(told));
    while (tb_json_exists(each.value) && !tb_step_text_is(each.value, "gtin", s->config->gtin))
        tb_json_next(&each);
    return each.value;
}

static enum tb_step_end gtin_wrong(struct tb_talk *t, struct tb_scene *s)
{
    char params[TB_STEP_PARAMS_SIZE];
    (void)snprintf(params, sizeof params, "{\"visit\":\"%s\",\"gtin\":\"x\",\"quantity\":1}", s->visit);
    return tb_step_refused(t, "cart.add", params, "input.");
}

enum tb_step_end tb_cart_add(struct tb_talk *t, struct tb_scene *s)
{
    char params[TB_STEP_PARAMS_SIZE];
    if (!s->config->gtin[0]) {
        s->why = "no product was given (--gtin)";
        return TB_STEP_NOT_TRIED;
    }
    if (!tb_cart_read(t, s))
        return TB_STEP_FAILED;
    if (tb_json_exists(tb_cart_line(t->rpc.result, s))) {
        s->why = "the product is in her cart already";
        return TB_STEP_NOT_TRIED;
    }
    (void)snprintf(params, sizeof params, "{\"visit\":\"%s\",\"gtin\":\"%s\",\"quantity\":2}", s->visit,
                   s->config->gtin);
    s->put = true;
    enum tb_step_end end = tb_step_change(t, s, "cart.add", params);
    s->quantity = end == TB_STEP_HELD ? 2 : 0;
    return end;
}

/* The product stands in it in the quantity that is wanted now; 0: not at all. */
static bool cart_fits(struct tb_json params, const void *scene)
{
    const struct tb_scene *s = scene;
    struct tb_check check = {.err = TB_OK};
    const struct tb_json line = tb_cart_line(params, s);
    if (!tb_step_is_visit(params, s->visit) || tb_json_type(tb_cart_lines(params)) != TB_JSON_ARRAY)
        return false;
    if (!tb_json_exists(line))
        return s->quantity == 0;
    return tb_json_int(&check, line, "quantity", 0, INT32_MAX) == s->quantity && check.err == TB_OK;
}

enum tb_step_end tb_cart_changed(struct tb_talk *t, struct tb_scene *s)
{
    struct tb_check check = {.err = TB_OK};
    if (!tb_talk_event(t, "cart.changed", cart_fits, s))
        return TB_STEP_FAILED;
    if (s->quantity > 0)
        tb_json_str(&check, tb_cart_line(t->rpc.params, s), "id", s->line, sizeof s->line);
    return tb_step_told(check.err == TB_OK);
}

static enum tb_step_end cart_quantity(struct tb_talk *t, struct tb_scene *s)
{
    char params[TB_STEP_PARAMS_SIZE];
    int64_t from = s->quantity;
    (void)snprintf(params, sizeof params, "{\"line\":\"%s\",\"from\":%lld,\"to\":%lld}", s->line,
                   (long long)from, (long long)from + 1);
    enum tb_step_end end = tb_step_change(t, s, "cart.set_quantity", params);
    if (end == TB_STEP_HELD)
        s->quantity = from + 1;
    return end;
}

enum tb_step_end tb_cart_remove(struct tb_talk *t, struct tb_scene *s)
{
    char params[TB_STEP_PARAMS_SIZE];
    struct tb_check check = {.err = TB_OK};
    bool added = s->quantity > 0;
    if (s->put && !tb_cart_read(t, s))
        return TB_STEP_FAILED;
    const struct tb_json line = s->put ? tb_cart_line(t->rpc.result, s) : (struct tb_json){.at = NULL};
    if (!added && !tb_json_exists(line)) {
        s->why = "nothing was put into it";
        return TB_STEP_NOT_TRIED;
    }
    tb_json_str(&check, line, "id", s->line, sizeof s->line);
    s->quantity = tb_json_int(&check, line, "quantity", 1, INT32_MAX);
    if (check.err != TB_OK)
        return TB_STEP_FAILED;
    (void)snprintf(params, sizeof params, "{\"line\":\"%s\",\"from\":%lld}", s->line, (long long)s->quantity);
    s->quantity = 0;
    return tb_step_change(t, s, "cart.remove", params);
}

static enum tb_step_end cart_as_before(struct tb_talk *t, struct tb_scene *s)
{
    uint8_t cart[TB_STEP_CART_SIZE];
    if (!tb_cart_read(t, s))
        return TB_STEP_FAILED;
    size_t size = tb_cart_write(t->rpc.result, cart);
    return tb_step_told(size == s->cart_size && size != SIZE_MAX && memcmp(cart, s->cart, size) == 0);
}

void tb_cart_steps_put(struct tb_talk *t, struct tb_scene *s)
{
    static const struct tb_step table[] = {
        {.id = "gtin",
         .text = "a product that is no GTIN is refused",
         .scopes = TB_GRANT_CART,
         .after = {"identify"},
         .run = gtin_wrong},
        {.id = "cart_add",
         .text = "cart.add puts a product into her cart",
         .scopes = TB_GRANT_CART | TB_GRANT_CUSTOMER,
         .after = {"current"},
         .run = tb_cart_add},
        {.id = "cart_added",
         .text = "cart.changed brings it",
         .scopes = TB_GRANT_CUSTOMER,
         .after = {"cart_add"},
         .run = tb_cart_changed},
        {.id = "cart_quantity",
         .text = "cart.set_quantity makes it one more",
         .scopes = TB_GRANT_CART,
         .after = {"cart_added"},
         .run = cart_quantity},
        {.id = "cart_more",
         .text = "cart.changed says so",
         .scopes = TB_GRANT_CUSTOMER,
         .after = {"cart_quantity"},
         .run = tb_cart_changed},
    };
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}

void tb_cart_steps_take(struct tb_talk *t, struct tb_scene *s)
{
    static const struct tb_step table[] = {
        {.id = "cart_remove",
         .text = "cart.remove takes the product out",
         .scopes = TB_GRANT_CART,
         .after = {"current"},
         .run = tb_cart_remove},
        {.id = "cart_removed",
         .text = "cart.changed says that it is gone",
         .scopes = TB_GRANT_CUSTOMER,
         .after = {"cart_remove"},
         .run = tb_cart_changed},
        {.id = "cart_before",
         .text = "her cart is as it was",
         .scopes = TB_GRANT_CUSTOMER,
         .after = {"current"},
         .run = cart_as_before},
    };
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}
