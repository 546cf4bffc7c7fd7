#include "agent/conformance/host.h"

#include "agent/counter/counter.h"
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/wire/member.h"
#include "core/wire/mutation.h"
#include "core/wire/rpc.h"
#include "host/loop/loop.h"
#include "host/system/system.h"

#include <stdio.h>

#define TOKEN_SIZE 32
#define FOLLOWER_MAX TB_COUNTER_POS_MAX
#define CUSTOMER_AFTER_MS 200
#define QUIET_MS 1500 /* after the end of the visit: what is still said of it? */
#define CURRENT_PER_S_MAX 2
#define CLIENT 1u
#define DENIED_TEXT "refused"

static const char customer_id[] = "c0000000000000000000000000000001";
static const char visit_id[] = "b0000000000000000000000000000001";

/* The cart that the made-up customer began at home. */
static const struct cart_line {
    const char *id;
    const char *gtin;
    const char *name;
    int32_t quantity;
    int64_t unit_price;
} cart[] = {
    {"a0000000000000000000000000000001", "09521234567899", "Fountain pen", 1, 3490},
    {"a0000000000000000000000000000002", "09529876543217", "Notebook", 2, 450},
};

enum stage { STAGE_WAITING, STAGE_HERE, STAGE_LOST_ANSWER, STAGE_LEFT, STAGE_OVER };

struct sale {
    struct tb_sale_key key;
    int64_t total;
    bool adds_up;
    bool lines_known;
};

struct host {
    struct tb_report *report;
    struct tb_loop *loop;
    struct tb_counter *counter;
    struct tb_timer timer;   /* of the stage */
    struct tb_timer timeout; /* of it all */
    struct tb_arena arena;
    struct tb_buf out;
    enum stage stage;
    uint32_t followers[FOLLOWER_MAX];
    unsigned follower_count; /* ever */
    char token[44];
    char code[7];
    int64_t seq;
    int64_t began_ms;
    struct sale first;
    bool got_in, paired, claimed, claimed_first, finished, repeated, came_back, visit_right;
    unsigned senseless_count; /* calls that no agent takes */
    unsigned current_count;
    unsigned afterwards_count; /* calls about a visit that has ended */
    char senseless[96];        /* the first of them */
};

/* ---- saying ---- */

static void send_out(struct host *h, uint32_t page)
{
    enum tb_err err = h->out.err;
    if (err == TB_OK)
        err = tb_counter_send(h->counter, page, TB_COUNTER_TOPIC_EVENT, tb_buf_span(&h->out));
    (void)err; /* who is gone comes back */
}

static void broadcast(struct host *h)
{
    for (size_t i = 0; i < FOLLOWER_MAX; i++)
        if (h->followers[i])
            send_out(h, h->followers[i]);
}

static struct tb_json_writer begin(struct host *h, const char *event)
{
    tb_buf_reset(&h->out);
    return tb_rpc_begin_notification(&h->out, event);
}

static void put_state(struct host *h, struct tb_json_writer *w)
{
    int64_t wall_ms = tb_loop_wall_ms(h->loop);
    tb_json_open(w, "line");
    tb_json_put_str(w, "state", "live");
    tb_json_put_int(w, "since_ms", wall_ms);
    tb_json_close(w);
    tb_json_open_array(w, "readers");
    tb_json_close_array(w);
    tb_json_put_int(w, "unsent", 0);
    tb_json_open_array(w, "notices");
    tb_json_close_array(w);
    tb_json_put_int(w, "wall_ms", wall_ms);
}

static void put_session(struct host *h, struct tb_json_writer *w)
{
    static const char *const scopes[] = {"customer", "cart", "checkout", "identify", "device"};
    tb_json_put_int(w, "api", 1);
    tb_json_put_str(w, "software", "tillbridge-conformance");
    tb_json_put_int(w, "client", CLIENT);
    tb_json_put_str(w, "name", "POS under test");
    tb_json_open_array(w, "scopes");
    for (size_t i = 0; i < TB_ARRAY_SIZE(scopes); i++)
        tb_json_put_str(w, NULL, scopes[i]);
    tb_json_close_array(w);
    tb_json_put_int(w, "wall_ms", tb_loop_wall_ms(h->loop));
}

static void put_cart(struct tb_json_writer *w)
{
    int64_t total = 0;
    int64_t count = 0;
    tb_json_open(w, "cart");
    tb_json_put_str(w, "id", "d0000000000000000000000000000001");
    tb_json_put_str(w, "currency", "EUR");
    tb_json_open_array(w, "lines");
    for (size_t i = 0; i < TB_ARRAY_SIZE(cart); i++) {
        tb_json_open(w, NULL);
        tb_json_put_str(w, "id", cart[i].id);
        tb_json_put_str(w, "gtin", cart[i].gtin);
        tb_json_put_str(w, "name", cart[i].name);
        tb_json_put_int(w, "quantity", cart[i].quantity);
        tb_json_put_int(w, "unit_price", cart[i].unit_price);
        tb_json_put_bool(w, "pending", false);
        tb_json_close(w);
        total += cart[i].quantity * cart[i].unit_price;
        count += cart[i].quantity;
    }
    tb_json_close_array(w);
    tb_json_put_int(w, "item_count", count);
    tb_json_put_int(w, "total", total);
    tb_json_close(w);
}

static void put_present(struct host *h, struct tb_json_writer *w)
{
    if (h->stage != STAGE_HERE && h->stage != STAGE_LOST_ANSWER) {
        tb_json_put_null(w, "visit");
        tb_json_put_str(w, "reason", h->stage == STAGE_WAITING ? "restart" : "checkout");
        return;
    }
    tb_json_put_str(w, "customer", customer_id);
    tb_json_open(w, "visit");
    tb_json_put_str(w, "id", visit_id);
    tb_json_put_int(w, "began_ms", tb_loop_wall_ms(h->loop));
    tb_json_put_str(w, "source", "cache");
    tb_json_put_str(w, "assurance", "high");
    tb_json_close(w);
    tb_json_open(w, "view");
    tb_json_open(w, "customer");
    tb_json_put_str(w, "name", "Ms Rivera");
    tb_json_close(w);
    tb_json_put_int(w, "points", 2480);
    tb_json_open_array(w, "benefits");
    tb_json_open(w, NULL);
    tb_json_put_str(w, "text", "Free gift wrap");
    tb_json_close(w);
    tb_json_close_array(w);
    tb_json_open(w, "as_of");
    tb_json_put_int(w, "profile_ms", tb_loop_wall_ms(h->loop));
    tb_json_close(w);
    tb_json_close(w);
    put_cart(w);
}

static void customer_tell(struct host *h, uint32_t page, const char *event)
{
    struct tb_json_writer w = begin(h, event);
    put_present(h, &w);
    tb_rpc_end(&w);
    if (page)
        send_out(h, page);
    else
        broadcast(h);
}

/* ---- stages ---- */

static void report_all(struct host *h)
{
    struct tb_report *r = h->report;
    int64_t lasted_s = (tb_loop_now_ms(h->loop) - h->began_ms) / 1000 + 1;
    char asked[96];
    tb_report_check(r, h->got_in, "in", "it gets in, by pairing or by the token", "nobody did");
    tb_report_check(r, h->follower_count > 0, "follow", "it follows events", "nobody did");
    tb_report_check(r, h->senseless_count == 0, "calls",
                    "it calls only what there is, with params as documented", h->senseless);
    tb_report_check(r, h->finished, "finish", "it says what was paid (checkout.finish)", "it did not");
    if (h->finished) {
        tb_report_check(r, h->claimed_first, "claim", "it claims the cart before it is paid", "it did not");
        tb_report_check(r, h->first.lines_known, "lines",
                        "paid lines of the cart bear their ids and products, and no more than was there",
                        "one does not");
        tb_report_check(r, h->first.adds_up, "total", "the total is what the paid lines come to",
                        "it is not");
        tb_report_check(r, h->came_back, "back", "it connects again after the connection was lost",
                        "it did not");
        tb_report_check(r, h->repeated, "repeat",
                        "a finish whose answer was lost is told again under the same transaction",
                        "it was not");
        tb_report_check(r, h->afterwards_count == 0, "left", "it does not speak of a visit that has ended",
                        "it did");
    }
    (void)snprintf(asked, sizeof asked, "%u times in %lld s", h->current_count, (long long)lasted_s);
    tb_report_check(r, h->current_count <= CURRENT_PER_S_MAX * (uint64_t)lasted_s, "poll",
                    "it does not ask over and over what events tell", asked);
    tb_report_check(r, h->visit_right, "visit", "changes name the visit that is open", "one did not");
}

static void stage_over(struct tb_timer *timer)
{
    struct host *h = timer->context;
    h->stage = STAGE_OVER;
    tb_loop_stop(h->loop);
}

static void customer_comes(struct tb_timer *timer)
{
    struct host *h = timer->context;
    h->stage = STAGE_HERE;
    tb_report_say(h->report,
                  "A customer is here, with a cart: bring it into the basket, total, and take the money.");
    customer_tell(h, 0, "customer.identified");
}

static void customer_leaves(struct host *h)
{
    h->stage = STAGE_LEFT;
    tb_report_say(h->report, "It was paid, and the customer has left.");
    customer_tell(h, 0, "customer.left");
    tb_timer_set(h->loop, &h->timer, QUIET_MS, stage_over);
}

/* ---- calls ---- */

static void answer_error(struct host *h, uint32_t page, int64_t id, enum tb_err err)
{
    tb_buf_reset(&h->out);
    tb_rpc_put_error(&h->out, id, tb_rpc_number_of(err), tb_err_name(err), DENIED_TEXT);
    send_out(h, page);
}

static void senseless(struct host *h, const struct tb_rpc *rpc, const char *member)
{
    if (h->senseless_count++ == 0)
        (void)snprintf(h->senseless, sizeof h->senseless, "%.*s: %s",
                       (int)(rpc->method.size < 48 ? rpc->method.size : 48),
                       rpc->method.size ? (const char *)rpc->method.at : "",
                       member ? member : "no such call");
}

static const struct cart_line *line_find(const struct tb_id *id)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(cart); i++) {
        struct tb_id own;
        enum tb_err err = tb_hex_decode(tb_span_str(cart[i].id), own.bytes, sizeof own.bytes);
        TB_ASSERT(err == TB_OK);
        if (tb_id_equal(&own, id))
            return &cart[i];
    }
    return NULL;
}

static struct sale sale_read(struct host *h, struct tb_check *check, struct tb_json params)
{
    struct sale sale = {.lines_known = true};
    struct tb_paid_lines lines = {.count = 0};
    int64_t sum = 0;
    bool all = tb_member_opt_bool(check, params, "all");
    tb_member_token(check, params, "transaction", sale.key.transaction, sizeof sale.key.transaction);
    tb_member_date(check, params, "business_date", sale.key.business_date);
    sale.total = tb_member_money(check, params, "total");
    if (!all)
        tb_paid_lines_decode(check, params, &h->arena, &lines);
    for (size_t i = 0; i < TB_ARRAY_SIZE(cart) && all; i++)
        sum += cart[i].quantity * cart[i].unit_price;
    for (size_t i = 0; i < lines.count && check->err == TB_OK; i++) {
        const struct tb_paid_line *paid = &lines.at[i];
        const struct cart_line *line = tb_id_is_zero(&paid->line) ? NULL : line_find(&paid->line);
        if (!tb_id_is_zero(&paid->line))
            sale.lines_known = sale.lines_known && line && strcmp(line->gtin, paid->gtin) == 0 &&
                               paid->quantity <= line->quantity;
        sum += paid->quantity * paid->unit_price;
    }
    sale.adds_up = sum == sale.total;
    return sale;
}

static void stored(struct host *h, uint32_t page, int64_t id)
{
    tb_buf_reset(&h->out);
    struct tb_json_writer w = tb_rpc_begin_result(&h->out, id);
    tb_json_put_int(&w, "seq", ++h->seq);
    tb_rpc_end(&w);
    send_out(h, page);
    w = begin(h, "change.decided");
    tb_json_put_int(&w, "seq", h->seq);
    tb_json_put_str(&w, "verdict", "applied");
    tb_rpc_end(&w);
    broadcast(h);
}

/* The first one is taken and its answer lost, with every connection. */
static void finish(struct host *h, uint32_t page, const struct tb_rpc *rpc, struct tb_check *check)
{
    const struct sale sale = sale_read(h, check, rpc->params);
    if (check->err != TB_OK)
        return;
    if (h->stage == STAGE_HERE) {
        h->first = sale;
        h->finished = true;
        h->claimed_first = h->claimed;
        h->stage = STAGE_LOST_ANSWER;
        tb_report_say(h->report, "What was paid is here; its answer gets lost, with the connection.");
        tb_counter_pos_end(h->counter, CLIENT);
        return;
    }
    if (h->stage == STAGE_LOST_ANSWER) {
        h->repeated = sale.total == h->first.total &&
                      strcmp(sale.key.transaction, h->first.key.transaction) == 0 &&
                      strcmp(sale.key.business_date, h->first.key.business_date) == 0;
        stored(h, page, rpc->id);
        customer_leaves(h);
        return;
    }
    h->afterwards_count += h->stage == STAGE_LEFT;
    stored(h, page, rpc->id);
}

static void visit_check(struct host *h, struct tb_check *check, struct tb_json params)
{
    struct tb_id own;
    struct tb_id named = tb_json_id(check, params, "visit");
    enum tb_err err = tb_hex_decode(tb_span_str(visit_id), own.bytes, sizeof own.bytes);
    TB_ASSERT(err == TB_OK);
    if (check->err != TB_OK)
        return;
    h->visit_right = h->visit_right && tb_id_equal(&named, &own);
    h->afterwards_count += h->stage == STAGE_LEFT;
}

static bool here(const struct host *h)
{
    return h->stage == STAGE_HERE || h->stage == STAGE_LOST_ANSWER;
}

/* Of a change: whether its params are as documented; it changes nothing here. */
static void change_check(struct host *h, const struct tb_rpc *rpc, struct tb_check *check)
{
    bool add = tb_span_is(rpc->method, "cart.add");
    char gtin[TB_GTIN_SIZE + 1];
    char options[TB_SHORT_SIZE_MAX + 1];
    if (add) {
        visit_check(h, check, rpc->params);
        tb_member_gtin(check, rpc->params, "gtin", gtin);
        tb_member_opt_token(check, rpc->params, "options", options, sizeof options);
        (void)tb_member_quantity(check, rpc->params, "quantity", 1);
        return;
    }
    (void)tb_json_id(check, rpc->params, "line");
    (void)tb_member_quantity(check, rpc->params, "from", 1);
    if (tb_span_is(rpc->method, "cart.set_quantity"))
        (void)tb_member_quantity(check, rpc->params, "to", 0);
}

static void change(struct host *h, uint32_t page, const struct tb_rpc *rpc, struct tb_check *check)
{
    if (tb_span_starts(rpc->method, tb_span_str("cart.")))
        change_check(h, rpc, check);
    else if (tb_span_is(rpc->method, "checkout.claim"))
        h->claimed = h->claimed || here(h);
    if (check->err != TB_OK)
        return;
    if (here(h))
        stored(h, page, rpc->id);
    else
        answer_error(h, page, rpc->id, TB_ERR_NOT_FOUND);
}

/* Of whoever is named also when she has left. */
static void earn(struct host *h, uint32_t page, const struct tb_rpc *rpc, struct tb_check *check)
{
    struct tb_mutation earned = {.kind = TB_MUTATION_POINTS_EARNED};
    bool named = tb_json_has(rpc->params, "customer");
    if (named)
        earned.customer = tb_json_id(check, rpc->params, "customer");
    tb_points_decode(check, rpc->params, &earned);
    if (check->err != TB_OK)
        return;
    if (named || here(h))
        stored(h, page, rpc->id);
    else
        answer_error(h, page, rpc->id, TB_ERR_NOT_FOUND);
}

static void ask(struct host *h, uint32_t page, const struct tb_rpc *rpc)
{
    tb_buf_reset(&h->out);
    struct tb_json_writer w = tb_rpc_begin_result(&h->out, rpc->id);
    if (tb_span_is(rpc->method, "session.info"))
        put_session(h, &w);
    else if (tb_span_is(rpc->method, "state"))
        put_state(h, &w);
    else if (tb_span_is(rpc->method, "customer.current"))
        put_present(h, &w);
    else
        tb_json_put_int(&w, "wall_ms", tb_loop_wall_ms(h->loop));
    h->current_count += tb_span_is(rpc->method, "customer.current");
    tb_rpc_end(&w);
    send_out(h, page);
}

static bool is_one_of(struct tb_span method, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (tb_span_is(method, names[i]))
            return true;
    return false;
}

static void method_call(struct host *h, uint32_t page, const struct tb_rpc *rpc, struct tb_check *check)
{
    static const char *const asks[] = {"session.info", "state", "customer.current", "ping"};
    static const char *const changes[] = {"cart.add", "cart.set_quantity", "cart.remove", "checkout.claim",
                                          "checkout.release"};
    static const char *const handovers[] = {"handover.request", "handover.cancel", "handover.accept",
                                            "handover.decline"};
    if (is_one_of(rpc->method, asks, TB_ARRAY_SIZE(asks)))
        ask(h, page, rpc);
    else if (is_one_of(rpc->method, changes, TB_ARRAY_SIZE(changes)))
        change(h, page, rpc, check);
    else if (tb_span_is(rpc->method, "checkout.finish"))
        finish(h, page, rpc, check);
    else if (tb_span_is(rpc->method, "points.earn"))
        earn(h, page, rpc, check);
    else if (tb_span_is(rpc->method, "visit.end") || tb_span_is(rpc->method, "identify.code") ||
             tb_span_is(rpc->method, "checkout.void") || tb_span_is(rpc->method, "operator.set") ||
             is_one_of(rpc->method, handovers, TB_ARRAY_SIZE(handovers)) ||
             tb_span_starts(rpc->method, tb_span_str("upos.")))
        answer_error(h, page, rpc->id, TB_ERR_NOT_FOUND); /* there is nobody else, and no reader */
    else {
        senseless(h, rpc, NULL);
        answer_error(h, page, rpc->id, TB_ERR_UNSUPPORTED);
    }
}

/* ---- pairing ---- */

static void pair(struct host *h, uint32_t page, const struct tb_rpc *rpc, struct tb_check *check)
{
    static const char pairing[] = "e0000000000000000000000000000001";
    tb_buf_reset(&h->out);
    struct tb_json_writer w = tb_rpc_begin_result(&h->out, rpc->id);
    if (tb_span_is(rpc->method, "pair.begin")) {
        char name[65];
        tb_json_str(check, rpc->params, "name", name, sizeof name);
        (void)tb_json_array(check, rpc->params, "scopes", 7);
        tb_json_put_str(&w, "pairing", pairing);
        tb_json_put_int(&w, "until_ms", tb_loop_wall_ms(h->loop) + 120000);
    } else if (tb_span_is(rpc->method, "pair.finish")) {
        struct tb_span code = tb_json_text(check, rpc->params, "code", 16);
        if (check->err == TB_OK && !tb_span_is(code, h->code)) {
            answer_error(h, page, rpc->id, TB_ERR_DENIED);
            return;
        }
        h->paired = true;
        tb_json_put_int(&w, "client", CLIENT);
        tb_json_put_str(&w, "token", h->token);
        tb_json_open_array(&w, "scopes");
        tb_json_put_str(&w, NULL, "customer");
        tb_json_close_array(&w);
    } else {
        answer_error(h, page, rpc->id, TB_ERR_UNSUPPORTED);
        return;
    }
    tb_rpc_end(&w);
    if (check->err == TB_OK)
        send_out(h, page);
}

/* ---- handlers of the counter ---- */

static bool any_origin(void *context, struct tb_span origin)
{
    (void)context;
    (void)origin;
    return true; /* it is the POS that is looked at */
}

static enum tb_err admit(void *context, struct tb_span token, struct tb_span origin, uint32_t *ret_client)
{
    struct host *h = context;
    (void)origin;
    *ret_client = 0;
    if (token.size == 0)
        return TB_OK;
    if (!tb_span_is(token, h->token))
        return TB_ERR_DENIED;
    *ret_client = CLIENT;
    h->got_in = true;
    return TB_OK;
}

static void opened(void *context, uint32_t page, uint32_t client)
{
    struct host *h = context;
    (void)client;
    for (size_t i = 0; i < FOLLOWER_MAX; i++)
        if (h->followers[i] == 0) {
            h->followers[i] = page;
            break;
        }
    h->follower_count++;
    h->came_back = h->came_back || h->stage == STAGE_LOST_ANSWER;
    struct tb_json_writer w = begin(h, "ready");
    put_session(h, &w);
    tb_rpc_end(&w);
    send_out(h, page);
    w = begin(h, "state");
    put_state(h, &w);
    tb_rpc_end(&w);
    send_out(h, page);
    customer_tell(h, page, here(h) ? "customer.identified" : "customer.left");
    if (h->stage == STAGE_WAITING && !tb_timer_is_set(&h->timer))
        tb_timer_set(h->loop, &h->timer, CUSTOMER_AFTER_MS, customer_comes);
}

static void closed(void *context, uint32_t page, const char *reason)
{
    struct host *h = context;
    (void)reason;
    for (size_t i = 0; i < FOLLOWER_MAX; i++)
        if (h->followers[i] == page)
            h->followers[i] = 0;
}

static bool call(void *context, uint32_t page, uint32_t client, struct tb_span origin, struct tb_span message)
{
    struct host *h = context;
    struct tb_check check = {.err = TB_OK};
    struct tb_rpc rpc;
    (void)origin;
    tb_arena_release(&h->arena, 0);
    enum tb_err err = tb_rpc_parse(message, TB_COUNTER_MESSAGE_MAX, &h->arena, &check, &rpc);
    if (err != TB_OK || (rpc.kind != TB_RPC_REQUEST && rpc.kind != TB_RPC_NOTIFICATION)) {
        senseless(h, &rpc, "no JSON-RPC request");
        answer_error(h, page, rpc.id, err == TB_OK ? TB_ERR_SYNTAX : err);
        return true;
    }
    if (rpc.kind == TB_RPC_NOTIFICATION)
        return false;
    if (client == 0)
        pair(h, page, &rpc, &check);
    else
        method_call(h, page, &rpc, &check);
    if (check.err != TB_OK) {
        senseless(h, &rpc, check.member);
        answer_error(h, page, rpc.id, check.err);
    }
    return true;
}

/* ---- it all ---- */

static void secrets_draw(struct host *h)
{
    const struct tb_rng *rng = tb_rng_system();
    uint8_t bytes[TOKEN_SIZE];
    uint32_t number = 0;
    struct tb_buf text = tb_buf_of(h->token, sizeof h->token - 1);
    rng->fill(rng->context, bytes, sizeof bytes);
    rng->fill(rng->context, (uint8_t *)&number, sizeof number);
    tb_base64url_add(&text, tb_span_of(bytes, sizeof bytes));
    TB_ASSERT(text.err == TB_OK);
    (void)snprintf(h->code, sizeof h->code, "%06u", number % 1000000u);
}

static void greet(struct host *h)
{
    char line[256];
    (void)snprintf(line, sizeof line,
                   "The API is at http://127.0.0.1:%u/pos/v1. Pair with the code %s, or take the token %s",
                   tb_counter_port(h->counter), h->code, h->token);
    tb_report_say(h->report, line);
}

enum tb_err tb_host_pos(struct tb_report *report, const struct tb_host_config *config)
{
    static struct host host;
    static uint8_t out[TB_COUNTER_SEND_MAX];
    static _Alignas(max_align_t) uint8_t memory[TB_JSON_ARENA_SIZE(TB_COUNTER_MESSAGE_MAX)];
    const struct tb_loop_options options = {.fd_max = 256};
    struct tb_counter_config counter = {
        .port = config->port,
        .rng = *tb_rng_system(),
        .handlers = {.closed = closed,
                     .context = &host,
                     .pos = {.origin = any_origin, .admit = admit, .opened = opened, .call = call}}};
    host = (struct host){.report = report, .visit_right = true};
    host.out = tb_buf_of(out, sizeof out);
    host.arena = tb_arena_of(memory, sizeof memory);
    host.timer.context = host.timeout.context = &host;
    secrets_draw(&host);
    counter.rng.fill(counter.rng.context, counter.session_key, sizeof counter.session_key);
    enum tb_err err = tb_loop_create(&options, &host.loop);
    if (err == TB_OK)
        err = tb_counter_open(host.loop, &counter, &host.counter);
    if (err == TB_OK) {
        host.began_ms = tb_loop_now_ms(host.loop);
        greet(&host);
        tb_timer_set(host.loop, &host.timeout, (int64_t)config->seconds * 1000, stage_over);
        err = tb_loop_run(host.loop);
    }
    tb_timer_cancel(&host.timer);
    tb_timer_cancel(&host.timeout);
    if (err == TB_OK)
        report_all(&host);
    tb_counter_close(host.counter);
    tb_loop_free(host.loop);
    return err;
}
