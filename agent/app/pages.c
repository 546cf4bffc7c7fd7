#include "agent/app/agent.h"
#include "agent/app/request.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "host/log/log.h"

#define ALL 0 /* every page of the clerk's scope */

/* ---- sending ---- */

/* Sends what was built in agent->page; to one page, or to ALL. */
static void page_send(struct tb_agent *agent, uint32_t page, enum tb_counter_topic topic)
{
    enum tb_err err = agent->page.err;
    struct tb_span message = tb_buf_span(&agent->page);
    if (err == TB_OK)
        err = page == ALL ? tb_counter_broadcast(agent->counter, TB_COUNTER_SCOPE_CLERK, topic, message)
                          : tb_counter_send(agent->counter, page, topic, message);
    if (err != TB_OK && err != TB_ERR_NOT_FOUND)
        tb_log(TB_LOG_ERROR, TB_EVENT("pages", "not_sent"), tb_log_err(err));
    tb_wipe(agent->page.at, agent->page.size); /* a shorter message would leave a customer's rest behind */
}

static struct tb_json_writer page_begin(struct tb_agent *agent, const char *method)
{
    tb_buf_reset(&agent->page);
    return tb_rpc_begin_notification(&agent->page, method);
}

void tb_pages_put_terminal(struct tb_json_writer *w, const struct tb_agent *agent)
{
    tb_terminal_put(w, &agent->facts.terminal);
    tb_policy_put_shown(w, &agent->facts.policy);
}

static void terminal_send(struct tb_agent *agent, uint32_t page)
{
    if (!agent->facts.terminal_known)
        return;
    struct tb_json_writer w = page_begin(agent, "terminal");
    tb_pages_put_terminal(&w, agent);
    tb_json_put_int(&w, "wall_ms", tb_loop_wall_ms(agent->loop));
    tb_rpc_end(&w);
    page_send(agent, page, TB_COUNTER_TOPIC_TERMINAL);
}

static void state_send(struct tb_agent *agent, uint32_t page)
{
    struct tb_json_writer w = page_begin(agent, "state");
    tb_status_put_state(&w, &agent->status, tb_loop_wall_ms(agent->loop));
    tb_rpc_end(&w);
    page_send(agent, page, TB_COUNTER_TOPIC_STATE);
}

static void visit_send(struct tb_agent *agent, uint32_t page)
{
    const struct tb_visit *visit = &agent->serving.visit;
    const char *reader = "";
    struct tb_json_writer w = page_begin(agent, "visit");
    if (visit->open && visit->start.reader != TB_VISIT_NO_READER)
        reader = tb_readers_info(agent->readers, visit->start.reader)->name;
    if (visit->open)
        tb_serving_put_visit(&w, &agent->serving, reader);
    else
        tb_serving_put_no_visit(&w, visit->last_reason);
    tb_rpc_end(&w);
    page_send(agent, page, TB_COUNTER_TOPIC_VISIT);
}

void tb_pages_terminal(struct tb_agent *agent)
{
    terminal_send(agent, ALL);
}

void tb_pages_state(struct tb_agent *agent)
{
    agent->status.unsent_count = agent->pending.undecided_count;
    tb_gauge_set(&agent->metrics.unsent, agent->status.unsent_count);
    state_send(agent, ALL);
}

void tb_pages_visit(struct tb_agent *agent)
{
    visit_send(agent, ALL);
}

void tb_pages_cart(struct tb_agent *agent)
{
    struct tb_json_writer w = page_begin(agent, "cart");
    tb_serving_put_cart(&w, &agent->serving);
    tb_rpc_end(&w);
    page_send(agent, ALL, TB_COUNTER_TOPIC_CART);
}

static void put_product(struct tb_json_writer *w, struct tb_agent *agent, const char *gtin)
{
    struct tb_product product;
    tb_json_put_str(w, "gtin", gtin);
    enum tb_err err = tb_cache_find_product(&agent->storage.reader, gtin, &product);
    tb_line_cache_read(agent, err);
    if (err != TB_OK)
        return; /* shown by its number */
    tb_json_put_str(w, "product_name", product.name);
    tb_json_put_int(w, "unit_price", product.unit_price);
    tb_json_put_str(w, "currency", product.currency);
    tb_json_put_int(w, "price_as_of", product.price_as_of_ms);
    if (product.stock != TB_STOCK_NONE)
        tb_json_put_str(w, "stock", tb_stock_names[product.stock]);
}

void tb_pages_outcome(struct tb_agent *agent, const struct tb_identify_action *action)
{
    struct tb_json_writer w = page_begin(agent, "outcome");
    tb_json_put_int(&w, "id", (int64_t)action->attempt);
    tb_json_put_str(&w, "outcome", tb_outcome_name(action->outcome));
    tb_json_put_str(&w, "code", tb_reason_name(action->reason));
    tb_json_put_int(&w, "at_ms", tb_loop_wall_ms(agent->loop));
    tb_json_put_str(&w, "reader", tb_readers_info(agent->readers, action->reader)->name);
    if (action->gtin[0])
        put_product(&w, agent, action->gtin);
    tb_rpc_end(&w);
    page_send(agent, ALL, TB_COUNTER_TOPIC_EVENT);
}

/* The line as it is still on the screen, or the product as the cache has it. */
static void put_taken(struct tb_json_writer *w, struct tb_agent *agent, const struct tb_mutation *m)
{
    const struct tb_cart_line *line = NULL;
    if (m->kind == TB_MUTATION_CART_ADD)
        put_product(w, agent, m->add.gtin);
    else
        line = tb_cart_find(&agent->serving.cart.cart, &m->line);
    if (line) {
        tb_json_put_str(w, "gtin", line->gtin);
        tb_json_put_str(w, "product_name", line->name);
    }
}

void tb_pages_taken_back(struct tb_agent *agent, const struct tb_mutation *mutation,
                         const struct tb_verdict *verdict)
{
    if (!tb_serving_is_about(&agent->serving, mutation))
        return;
    struct tb_json_writer w = page_begin(agent, "taken_back");
    tb_json_put_id(&w, "visit", &agent->serving.visit.id);
    tb_json_put_int(&w, "seq", verdict->seq);
    tb_json_put_str(&w, "change", tb_mutation_kind_names[mutation->kind]);
    tb_json_put_str(&w, "code", verdict->code);
    put_taken(&w, agent, mutation);
    tb_rpc_end(&w);
    page_send(agent, ALL, TB_COUNTER_TOPIC_EVENT);
}

void tb_pages_reading(struct tb_agent *agent, const char *reader, bool on)
{
    struct tb_json_writer w = page_begin(agent, on ? "reading" : "reading_end");
    tb_json_put_str(&w, "reader", reader);
    tb_rpc_end(&w);
    page_send(agent, ALL, TB_COUNTER_TOPIC_READING);
}

/* ---- asking ---- */

static void answer_send(struct tb_agent *agent, uint32_t page)
{
    page_send(agent, page, TB_COUNTER_TOPIC_EVENT);
}

static void answer_done(const struct tb_request *r)
{
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_request_answer_end(r, &w);
}

static void request_change(struct tb_request *r, struct tb_mutation *change)
{
    if (!tb_request_check(r))
        return;
    enum tb_err err = tb_carts_change(
        r->agent, change, (struct tb_cart_ask){.from = r->from, .request = r->id, .send = r->send});
    if (err == TB_ERR_NOT_FOUND)
        tb_request_refuse(r, err, "The customer or the line is no longer on the screen.");
    else if (err != TB_OK)
        tb_request_refuse(r, err, "The change was not saved.");
}

static int32_t quantity(struct tb_request *r, const char *name, int64_t min)
{
    return (int32_t)tb_json_int(&r->check, r->params, name, min, TB_QUANTITY_MAX);
}

/* The visit that a request names is the one on the screen: an old page must not end a new visit, nor put into
 * the next customer's cart what the last one asked for. */
static bool visit_is_on(struct tb_request *r, const struct tb_id *visit)
{
    const struct tb_visit *open = &r->agent->serving.visit;
    if (open->open && tb_id_equal(visit, &open->id))
        return true;
    tb_request_refuse(r, TB_ERR_NOT_FOUND, "That visit has ended.");
    return false;
}

static void request_add(struct tb_request *r)
{
    struct tb_mutation change = {.kind = TB_MUTATION_CART_ADD};
    struct tb_id visit = tb_json_id(&r->check, r->params, "visit");
    tb_json_str(&r->check, r->params, "gtin", change.add.gtin, sizeof change.add.gtin);
    change.add.quantity = quantity(r, "quantity", 1);
    if (r->check.err == TB_OK &&
        (strlen(change.add.gtin) != TB_GTIN_SIZE || !tb_text_is_digits(tb_span_str(change.add.gtin))))
        tb_check_fail(&r->check, TB_ERR_SYNTAX, "gtin");
    if (tb_request_check(r) && visit_is_on(r, &visit))
        request_change(r, &change);
}

static void request_set_quantity(struct tb_request *r)
{
    struct tb_mutation change = {.kind = TB_MUTATION_CART_SET_QUANTITY};
    change.line = tb_json_id(&r->check, r->params, "line");
    change.set_quantity.from = quantity(r, "from", 1);
    change.set_quantity.to = quantity(r, "to", 0);
    request_change(r, &change);
}

static void request_remove(struct tb_request *r)
{
    struct tb_mutation change = {.kind = TB_MUTATION_CART_REMOVE};
    change.line = tb_json_id(&r->check, r->params, "line");
    change.remove.from = quantity(r, "from", 1);
    request_change(r, &change);
}

static bool request_visit(struct tb_request *r)
{
    struct tb_id visit = tb_json_id(&r->check, r->params, "visit");
    return tb_request_check(r) && visit_is_on(r, &visit);
}

static void request_visit_end(struct tb_request *r)
{
    if (!request_visit(r))
        return;
    answer_done(r);
    tb_visits_finish(r->agent, TB_VISIT_ENDED_DONE);
}

static void request_details(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    if (!request_visit(r))
        return;
    enum tb_err err =
        tb_audit(TB_EVENT("visit", "details_shown"), tb_log_id("visit", &agent->serving.visit.id));
    if (err != TB_OK) {
        tb_request_refuse(r, err, "The look at the details could not be recorded.");
        return;
    }
    tb_visit_activity(&agent->serving.visit, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
    answer_done(r);
}

static void request_ping(struct tb_request *r)
{
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_put_int(&w, "wall_ms", tb_loop_wall_ms(r->agent->loop));
    tb_request_answer_end(r, &w);
}

static const struct tb_request_method methods[] = {
    {"cart.add", request_add},          {"cart.set_quantity", request_set_quantity},
    {"cart.remove", request_remove},    {"visit.end", request_visit_end},
    {"details.shown", request_details}, {"ping", request_ping},
};

static const struct tb_request_desk desk = {.methods = methods,
                                            .method_count = TB_ARRAY_SIZE(methods),
                                            .size_max = TB_COUNTER_MESSAGE_MAX,
                                            .send = answer_send};

/* A page that may ask for nothing yet. */
static const struct tb_request_desk nobody = {.size_max = TB_COUNTER_MESSAGE_MAX, .send = answer_send};

void tb_pages_request(void *context, uint32_t page, enum tb_counter_scope scope, struct tb_span message)
{
    tb_request_handle(context, scope == TB_COUNTER_SCOPE_CLERK ? &desk : &nobody, page, message);
}

void tb_pages_opened(void *context, uint32_t page, enum tb_counter_scope scope)
{
    struct tb_agent *agent = context;
    if (scope != TB_COUNTER_SCOPE_CLERK)
        return;
    terminal_send(agent, page);
    state_send(agent, page);
    visit_send(agent, page);
}

void tb_pages_closed(void *context, uint32_t page, const char *reason)
{
    (void)context;
    tb_log(TB_LOG_DEBUG, TB_EVENT("pages", "closed"), tb_log_int("page", page), tb_log_str("reason", reason));
}

void tb_pages_refused(void *context, const char *code)
{
    (void)context;
    tb_log(TB_LOG_WARN, TB_EVENT("pages", "refused"), tb_log_str("code", code));
}
