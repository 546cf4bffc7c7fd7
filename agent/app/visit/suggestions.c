#include "agent/app/visit/suggestions.h"

#include "agent/app/agent.h"
#include "core/base/wipe.h"
#include "host/log/log.h"

static bool is_in_cart(const struct tb_serving *serving, const char *gtin)
{
    const struct tb_cart *cart = &serving->cart.cart;
    for (size_t i = 0; i < cart->line_count; i++)
        if (cart->lines[i].quantity > 0 && strcmp(cart->lines[i].gtin, gtin) == 0)
            return true;
    return false;
}

bool tb_suggestions_take(const struct tb_agent *agent, const struct tb_product *product)
{
    bool here = product->stock == TB_STOCK_IN_STOCK || product->stock == TB_STOCK_LOW;
    return here &&
           !tb_agent_is_too_old(agent, product->price_as_of_ms, agent->policy.max_age_show_stock_ms) &&
           !is_in_cart(&agent->serving, product->gtin);
}

static bool product_of(struct tb_agent *agent, const char *gtin, struct tb_product *ret_product)
{
    enum tb_err err = tb_cache_find_product(&agent->storage.reader, gtin, ret_product);
    tb_line_cache_read(agent, err);
    return err == TB_OK && tb_suggestions_take(agent, ret_product);
}

/* The array, or nothing when it would be empty. */
static void render(struct tb_agent *agent, const struct tb_viewed *viewed, size_t viewed_count,
                   struct tb_buf *to)
{
    size_t count = 0;
    struct tb_json_writer w = tb_json_writer_of(to);
    tb_json_open_array(&w, NULL);
    for (size_t i = 0; i < viewed_count && count < TB_SUGGESTION_COUNT_MAX; i++) {
        struct tb_product product;
        if (!product_of(agent, viewed[i].gtin, &product))
            continue;
        tb_view_put_suggestion(&w, &product, viewed[i].at_ms);
        count++;
    }
    tb_json_close_array(&w);
    if (count == 0 || to->err != TB_OK)
        tb_buf_reset(to);
}

void tb_suggestions_look(struct tb_agent *agent)
{
    struct tb_serving *serving = &agent->serving;
    struct tb_viewed viewed[TB_VIEWED_COUNT_MAX];
    uint8_t viewed_count = 0;
    uint8_t text[TB_SUGGESTIONS_SIZE_MAX];
    struct tb_buf now = tb_buf_of(text, sizeof text);
    if (!serving->visit.open)
        return;
    size_t mark = tb_arena_mark(&agent->arena);
    enum tb_err err = tb_view_viewed(serving->record.sections[TB_SECTION_PROFILE].bytes, &agent->arena,
                                     viewed, &viewed_count);
    tb_arena_release(&agent->arena, mark);
    if (err == TB_OK && viewed_count > 0)
        render(agent, viewed, viewed_count, &now);
    else if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("visit", "suggestions_left_out"), tb_log_err(err));
    if (tb_serving_suggest(serving, tb_buf_span(&now)))
        tb_pages_visit(agent);
    tb_wipe(viewed, sizeof viewed);
    tb_wipe(text, sizeof text);
}
