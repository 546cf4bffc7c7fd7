#include "agent/app/pages/page.h"

#include "agent/app/agent.h"
#include "core/base/wipe.h"
#include "host/log/log.h"

struct tb_json_writer tb_page_begin(struct tb_agent *agent, const char *method)
{
    tb_buf_reset(&agent->page);
    return tb_rpc_begin_notification(&agent->page, method);
}

static enum tb_err scopes_send(struct tb_agent *agent, unsigned scopes, enum tb_counter_topic topic)
{
    enum tb_err err = TB_OK;
    for (unsigned scope = 1; scope < TB_COUNTER_SCOPE_COUNT && err == TB_OK; scope++)
        if (scopes & (1u << scope))
            err = tb_counter_broadcast(agent->counter, (enum tb_counter_scope)scope, topic,
                                       tb_buf_span(&agent->page));
    return err;
}

static void buffer_send(struct tb_agent *agent, struct tb_page_to to, enum tb_counter_topic topic)
{
    enum tb_err err = agent->page.err;
    if (err == TB_OK)
        err = to.page ? tb_counter_send(agent->counter, to.page, topic, tb_buf_span(&agent->page))
                      : scopes_send(agent, to.scopes, topic);
    if (err != TB_OK && err != TB_ERR_NOT_FOUND)
        tb_log(TB_LOG_ERROR, TB_EVENT("pages", "not_sent"), tb_log_err(err));
    tb_wipe(agent->page.at, agent->page.size); /* a shorter message would leave a customer's rest behind */
}

void tb_page_end(struct tb_agent *agent, struct tb_json_writer *w, struct tb_page_to to,
                 enum tb_counter_topic topic)
{
    tb_rpc_end(w);
    buffer_send(agent, to, topic);
}

void tb_page_answer(struct tb_agent *agent, uint32_t page)
{
    buffer_send(agent, (struct tb_page_to){.page = page}, TB_COUNTER_TOPIC_EVENT);
}

bool tb_page_put_product(struct tb_json_writer *w, struct tb_agent *agent, const char *gtin)
{
    struct tb_product product;
    tb_json_put_str(w, "gtin", gtin);
    enum tb_err err = tb_cache_find_product(&agent->storage.reader, gtin, &product);
    tb_line_cache_read(agent, err);
    if (err != TB_OK)
        return false;
    tb_json_put_str(w, "product_name", product.name);
    tb_json_put_int(w, "unit_price", product.unit_price);
    tb_json_put_str(w, "currency", product.currency);
    tb_json_put_int(w, "price_as_of", product.price_as_of_ms);
    if (product.stock != TB_STOCK_NONE)
        tb_json_put_str(w, "stock", tb_stock_names[product.stock]);
    return true;
}

void tb_page_put_outcome(struct tb_json_writer *w, struct tb_agent *agent,
                         const struct tb_identify_action *action)
{
    tb_json_put_int(w, "id", (int64_t)action->attempt);
    tb_json_put_str(w, "outcome", tb_outcome_name(action->outcome));
    tb_json_put_str(w, "code", tb_reason_name(action->reason));
    tb_json_put_int(w, "at_ms", tb_loop_wall_ms(agent->loop));
    tb_json_put_str(w, "reader", tb_agent_reader_name(agent, action->reader));
    if (action->gtin[0])
        (void)tb_page_put_product(w, agent, action->gtin);
}
