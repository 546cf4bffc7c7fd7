#include "agent/app/agent.h"

#include "core/base/assert.h"
#include "core/context/cart_view.h"
#include "host/log/log.h"

#define OUTCOME_COUNT_MAX 16
#define METRICS_SIZE_MAX 12288u

/* ---- sending ---- */

static void line_send(struct tb_agent *agent, uint32_t client)
{
    enum tb_err err = agent->page.err;
    if (err == TB_OK)
        err = tb_ctl_send(agent->ctl, client, tb_buf_span(&agent->page));
    if (err != TB_OK && err != TB_ERR_NOT_FOUND)
        tb_log(TB_LOG_WARN, TB_EVENT("console", "not_sent"), tb_log_err(err));
}

static void answer_error(struct tb_agent *agent, uint32_t client, int64_t id, enum tb_err err,
                         const char *text)
{
    tb_buf_reset(&agent->page);
    tb_rpc_put_error(&agent->page, id, tb_rpc_number_of(err), tb_err_name(err), text);
    line_send(agent, client);
}

/* ---- events for followers ---- */

static bool followed(const struct tb_agent *agent)
{
    for (size_t i = 0; i < TB_AGENT_TAIL_MAX; i++)
        if (agent->tails[i])
            return true;
    return false;
}

static struct tb_json_writer event_begin(struct tb_agent *agent, const char *event)
{
    tb_buf_reset(&agent->page);
    struct tb_json_writer w = tb_rpc_begin_notification(&agent->page, "event");
    tb_json_put_int(&w, "at_ms", tb_loop_wall_ms(agent->loop));
    tb_json_put_str(&w, "event", event);
    return w;
}

static void event_end(struct tb_agent *agent, struct tb_json_writer *w)
{
    tb_rpc_end(w);
    for (size_t i = 0; i < TB_AGENT_TAIL_MAX; i++)
        if (agent->tails[i])
            line_send(agent, agent->tails[i]);
}

void tb_console_outcome(struct tb_agent *agent, const struct tb_identify_action *action)
{
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "outcome");
    tb_json_put_str(&w, "outcome", tb_outcome_name(action->outcome));
    tb_json_put_str(&w, "code", tb_reason_name(action->reason));
    tb_json_put_str(&w, "reader", tb_readers_info(agent->readers, action->reader)->name);
    tb_json_put_int(&w, "took_ms", action->took_ms);
    if (action->gtin[0])
        tb_json_put_str(&w, "gtin", action->gtin);
    event_end(agent, &w);
}

void tb_console_visit_began(struct tb_agent *agent)
{
    const struct tb_visit *visit = &agent->serving.visit;
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "visit");
    tb_json_put_str(&w, "state", "began");
    tb_json_put_str(&w, "source", visit->start.from_store ? "store" : "cache");
    tb_json_put_str(&w, "kind", tb_credential_kind_name(visit->start.credential_kind));
    event_end(agent, &w);
}

void tb_console_visit_ended(struct tb_agent *agent, const struct tb_visit_end *end)
{
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "visit");
    tb_json_put_str(&w, "state", "ended");
    tb_json_put_str(&w, "reason", tb_visit_reason_name(end->reason));
    tb_json_put_int(&w, "took_ms", end->took_ms);
    event_end(agent, &w);
}

void tb_console_cart(struct tb_agent *agent, const struct tb_mutation *mutation)
{
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "cart");
    tb_json_put_str(&w, "change", tb_mutation_kind_names[mutation->kind]);
    tb_json_put_int(&w, "seq", mutation->seq);
    event_end(agent, &w);
}

void tb_console_verdict(struct tb_agent *agent, const struct tb_verdict *verdict)
{
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "cart");
    tb_json_put_int(&w, "seq", verdict->seq);
    tb_json_put_str(&w, "verdict", tb_verdict_kind_names[verdict->kind]);
    event_end(agent, &w);
}

void tb_console_line(struct tb_agent *agent)
{
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "line");
    tb_json_put_str(&w, "state", tb_line_state_name(agent->status.line));
    if (agent->status.line_cause != TB_CAUSE_NONE)
        tb_json_put_str(&w, "cause", tb_line_cause_name(agent->status.line_cause));
    event_end(agent, &w);
}

void tb_console_reader(struct tb_agent *agent, const struct tb_reader_info *reader)
{
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "reader");
    tb_json_put_str(&w, "reader", reader->name);
    tb_json_put_str(&w, "kind", tb_reader_kind_name(reader->kind));
    tb_json_put_str(&w, "state", tb_reader_state_name(reader->state));
    event_end(agent, &w);
}

void tb_console_notice(struct tb_agent *agent, enum tb_notice notice, bool on)
{
    if (!followed(agent))
        return;
    struct tb_json_writer w = event_begin(agent, "notice");
    tb_json_put_str(&w, "code", tb_notice_name(notice));
    tb_json_put_str(&w, "state", on ? "on" : "off");
    event_end(agent, &w);
}

/* ---- requests ---- */

struct console_request {
    struct tb_agent *agent;
    uint32_t client;
    int64_t id;
    struct tb_json params;
    struct tb_check check;
};

static struct tb_json_writer answer_begin(struct console_request *r)
{
    tb_buf_reset(&r->agent->page);
    return tb_rpc_begin_result(&r->agent->page, r->id);
}

static void answer_end(struct console_request *r, struct tb_json_writer *w)
{
    tb_rpc_end(w);
    line_send(r->agent, r->client);
}

static void put_outcomes(struct tb_json_writer *w, const struct tb_agent *agent)
{
    struct tb_journal_entry entry;
    int64_t ago_ms = tb_loop_wall_ms(agent->loop) - tb_loop_now_ms(agent->loop);
    tb_json_open_array(w, "outcomes");
    for (size_t i = 0; i < OUTCOME_COUNT_MAX && tb_identify_journal(&agent->identify, i, &entry); i++) {
        tb_json_open(w, NULL);
        tb_json_put_int(w, "at_ms", entry.at_ms + ago_ms);
        tb_json_put_str(w, "outcome", tb_outcome_name(entry.outcome));
        tb_json_put_str(w, "code", tb_reason_name(entry.reason));
        tb_json_put_str(w, "reader", tb_readers_info(agent->readers, entry.reader)->name);
        tb_json_put_int(w, "took_ms", entry.took_ms);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

static void request_status(struct console_request *r)
{
    struct tb_agent *agent = r->agent;
    struct tb_status *status = &agent->status;
    enum tb_err err = tb_cache_count(&agent->storage.reader, &status->customer_count, &status->product_count);
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("cache", "read_failed"), tb_log_err(err));
    struct tb_json_writer w = answer_begin(r);
    tb_json_put_str(&w, "software", TB_AGENT_SOFTWARE);
    if (agent->facts.terminal_known) {
        tb_json_open(&w, "terminal");
        tb_pages_put_terminal(&w, agent);
        tb_json_close(&w);
    } else
        tb_json_put_null(&w, "terminal");
    tb_status_put_state(&w, status, tb_loop_wall_ms(agent->loop));
    tb_json_open(&w, "cache");
    tb_json_put_int(&w, "customers", status->customer_count);
    tb_json_put_int(&w, "products", status->product_count);
    tb_json_close(&w);
    tb_json_put_bool(&w, "visit", agent->serving.visit.open);
    put_outcomes(&w, agent);
    answer_end(r, &w);
}

static void request_cart(struct console_request *r)
{
    const struct tb_serving *serving = &r->agent->serving;
    struct tb_json_writer w = answer_begin(r);
    tb_json_put_bool(&w, "visit", serving->visit.open);
    if (serving->visit.open)
        tb_serving_put_cart(&w, serving);
    else
        tb_json_put_null(&w, "cart");
    answer_end(r, &w);
}

static void request_tail(struct console_request *r)
{
    struct tb_agent *agent = r->agent;
    for (size_t i = 0; i < TB_AGENT_TAIL_MAX; i++) {
        if (agent->tails[i])
            continue;
        agent->tails[i] = r->client;
        struct tb_json_writer w = answer_begin(r);
        answer_end(r, &w);
        return;
    }
    answer_error(agent, r->client, r->id, TB_ERR_FULL, "Too many followers.");
}

static void request_token(struct console_request *r)
{
    char url[TB_COUNTER_URL_SIZE];
    struct tb_span scope = tb_json_text(&r->check, r->params, "scope", TB_SHORT_SIZE_MAX);
    enum tb_err err = r->check.err;
    if (err == TB_OK && !tb_span_is(scope, "clerk"))
        err = TB_ERR_RANGE;
    if (err == TB_OK)
        err = tb_counter_mint_token(r->agent->counter, TB_COUNTER_SCOPE_CLERK, url);
    if (err != TB_OK) {
        answer_error(r->agent, r->client, r->id, err, "scope");
        return;
    }
    struct tb_json_writer w = answer_begin(r);
    tb_json_put_str(&w, "url", url);
    answer_end(r, &w);
}

/* OpenMetrics text, a line each: texts in messages have no line ends. */
static void request_metrics(struct console_request *r)
{
    char block[METRICS_SIZE_MAX];
    struct tb_buf text = tb_buf_of(block, sizeof block);
    tb_metrics_render(&r->agent->metrics.registry, &text);
    if (text.err != TB_OK) {
        answer_error(r->agent, r->client, r->id, text.err, "metrics");
        return;
    }
    struct tb_json_writer w = answer_begin(r);
    tb_json_open_array(&w, "lines");
    for (char *line = block; line < block + text.size;) {
        char *end = memchr(line, '\n', (size_t)(block + text.size - line));
        size_t size = end ? (size_t)(end - line) : (size_t)(block + text.size - line);
        tb_json_put_text(&w, NULL, tb_span_of(line, size));
        line += size + 1;
    }
    tb_json_close_array(&w);
    answer_end(r, &w);
}

static const struct {
    const char *method;
    void (*handle)(struct console_request *r);
} requests[] = {
    {"status", request_status},    {"cart", request_cart},       {"tail", request_tail},
    {"page.token", request_token}, {"metrics", request_metrics},
};

void tb_console_request(void *context, uint32_t client, struct tb_span line)
{
    struct tb_agent *agent = context;
    struct console_request r = {.agent = agent, .client = client};
    struct tb_rpc rpc;
    size_t mark = tb_arena_mark(&agent->arena);
    enum tb_err err = tb_rpc_parse(line, TB_CTL_LINE_MAX, &agent->arena, &r.check, &rpc);
    r.id = rpc.id;
    r.params = rpc.params;
    if (err != TB_OK)
        answer_error(agent, client, r.id, err, r.check.member ? r.check.member : "not a request");
    else {
        size_t i = 0;
        while (i < TB_ARRAY_SIZE(requests) && !tb_span_is(rpc.method, requests[i].method))
            i++;
        if (i < TB_ARRAY_SIZE(requests) && rpc.kind == TB_RPC_REQUEST)
            requests[i].handle(&r);
        else
            answer_error(agent, client, r.id, TB_ERR_UNSUPPORTED, "no such method");
    }
    tb_arena_release(&agent->arena, mark);
}

void tb_console_closed(void *context, uint32_t client, const char *reason)
{
    struct tb_agent *agent = context;
    for (size_t i = 0; i < TB_AGENT_TAIL_MAX; i++)
        if (agent->tails[i] == client)
            agent->tails[i] = 0;
    tb_log(TB_LOG_DEBUG, TB_EVENT("console", "closed"), tb_log_str("reason", reason));
}

void tb_console_refused(void *context, const char *code)
{
    (void)context;
    tb_log(TB_LOG_WARN, TB_EVENT("console", "refused"), tb_log_str("code", code));
}
