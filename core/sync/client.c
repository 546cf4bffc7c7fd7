#include "core/sync/client.h"

#include "core/base/assert.h"
#include "core/sync/client_parts.h"

#define WELCOME_WAIT_MS 10000

const char *tb_line_state_name(enum tb_line_state state)
{
    static const char *const names[] = {
        [TB_LINE_CONNECTING] = "connecting", [TB_LINE_LIVE] = "live", [TB_LINE_OFFLINE] = "offline"};
    TB_ASSERT((size_t)state < TB_ARRAY_SIZE(names));
    return names[state];
}

const char *tb_line_cause_name(enum tb_line_cause cause)
{
    static const char *const names[TB_CAUSE_COUNT] = {
        [TB_CAUSE_NONE] = "",        [TB_CAUSE_NO_ROUTE] = "no_route", [TB_CAUSE_REFUSED] = "refused",
        [TB_CAUSE_TLS] = "tls",      [TB_CAUSE_CLOCK] = "clock",       [TB_CAUSE_DENIED] = "denied",
        [TB_CAUSE_CLOSED] = "closed"};
    TB_ASSERT((size_t)cause < TB_CAUSE_COUNT);
    return names[cause];
}

void client_act(struct tb_client *c, const struct tb_client_action *action)
{
    c->config.port.act(c->config.port.context, action);
}

uint32_t client_ticket(struct tb_client *c)
{
    if (++c->next_ticket == 0)
        ++c->next_ticket;
    return c->next_ticket;
}

int64_t client_request(struct tb_client *c)
{
    return ++c->next_id;
}

struct tb_buf *client_out(struct tb_client *c)
{
    tb_buf_reset(c->config.out);
    return c->config.out;
}

void client_send(struct tb_client *c, struct tb_json_writer *w)
{
    tb_rpc_end(w);
    if (c->config.out->err != TB_OK) {
        client_fail(c, "message_too_long");
        return;
    }
    client_act(c, &(struct tb_client_action){.act = TB_CLIENT_SEND, .send = tb_buf_span(c->config.out)});
}

static void connection_drop(struct tb_client *c, const char *code, bool denied)
{
    if (c->phase == TB_PHASE_DOWN || c->phase == TB_PHASE_CLOSING)
        return;
    c->phase = TB_PHASE_CLOSING;
    c->denied = denied;
    client_act(c,
               &(struct tb_client_action){.act = TB_CLIENT_CLOSE, .close = {.code = code, .denied = denied}});
}

void client_fail(struct tb_client *c, const char *code)
{
    connection_drop(c, code, false);
}

static void line_set(struct tb_client *c, enum tb_line_state state, enum tb_line_cause cause)
{
    if (c->line == state && c->line_cause == cause)
        return;
    if (c->line != state)
        c->line_since_ms = c->now_ms;
    c->line = state;
    c->line_cause = cause;
    client_act(c, &(struct tb_client_action){
                      .act = TB_CLIENT_STATE,
                      .state = {.state = state, .since_ms = c->line_since_ms, .cause = cause}});
}

void tb_client_init(struct tb_client *c, const struct tb_client_config *config,
                    const struct tb_client_start *start, int64_t now_ms)
{
    TB_ASSERT(start->next_seq >= 1 && start->decided_seq >= 0 && start->decided_seq < start->next_seq);
    memset(c, 0, sizeof *c);
    c->config = *config;
    if (c->config.welcome_wait_ms == 0)
        c->config.welcome_wait_ms = WELCOME_WAIT_MS;
    memcpy(c->epoch, start->epoch, sizeof c->epoch);
    c->decided_seq = start->decided_seq;
    c->next_seq = start->next_seq;
    c->now_ms = now_ms;
    c->line = TB_LINE_CONNECTING;
    c->line_since_ms = now_ms;
}

static void str_copy(char *to, size_t size_max, const char *from)
{
    /* What the owner configures fits; what does not is refused by the context store as missing. */
    if (tb_span_to_str(tb_span_str(from), to, size_max) != TB_OK)
        to[0] = '\0';
}

void tb_client_connected(struct tb_client *c, int64_t now_ms)
{
    struct tb_hello hello = {
        .protocol = TB_PROTOCOL, .protocol_min = TB_PROTOCOL_MIN, .channel = c->config.channel};
    TB_ASSERT(c->phase == TB_PHASE_DOWN);
    c->now_ms = now_ms;
    c->phase = TB_PHASE_HELLO;
    c->denied = false;
    c->hello_deadline_ms = now_ms + c->config.welcome_wait_ms;
    c->hello_request = client_request(c);
    str_copy(hello.software, sizeof hello.software, c->config.software);
    str_copy(hello.device, sizeof hello.device, c->config.device);
    hello.token = tb_span_str(c->config.token ? c->config.token : "");
    hello.incarnation = c->config.incarnation;
    hello.next_seq = c->next_seq;
    memcpy(hello.epoch, c->epoch, sizeof hello.epoch);
    struct tb_json_writer w = tb_rpc_begin_request(client_out(c), c->hello_request, "hello");
    tb_hello_encode(&w, &hello);
    client_send(c, &w);
}

static void welcome_accept(struct tb_client *c, const struct tb_welcome *welcome)
{
    bool epoch_changed = c->epoch[0] && strcmp(c->epoch, welcome->epoch) != 0;
    memcpy(c->epoch, welcome->epoch, sizeof c->epoch);
    c->phase = TB_PHASE_LIVE;
    client_act(c,
               &(struct tb_client_action){.act = TB_CLIENT_WELCOME,
                                          .welcome = {.welcome = welcome, .epoch_changed = epoch_changed}});
    line_set(c, TB_LINE_LIVE, TB_CAUSE_NONE);
    stream_begin(c, welcome->decided_seq);
    feeds_begin(c, epoch_changed);
    check_begin(c, epoch_changed);
    stream_pump(c);
    feeds_pump(c);
}

/* NULL: not turned away, only not now. */
static const char *denial_code(int64_t number)
{
    switch (number) {
    case TB_RPC_DENIED: return "denied";
    case TB_RPC_CLONED: return "cloned";
    case TB_RPC_UNSUPPORTED: return "unsupported";
    default: return NULL;
    }
}

static void hello_answered(struct tb_client *c, const struct tb_rpc *rpc)
{
    if (rpc->kind == TB_RPC_ERROR) {
        const char *code = denial_code(rpc->number);
        connection_drop(c, code ? code : "hello_refused", code != NULL);
        return;
    }
    struct tb_check check = {0};
    struct tb_welcome welcome;
    tb_welcome_decode(&check, rpc->result, &welcome);
    if (check.err == TB_OK && (welcome.protocol > TB_PROTOCOL || welcome.protocol < TB_PROTOCOL_MIN))
        check.err = TB_ERR_UNSUPPORTED;
    if (check.err == TB_OK && welcome.epoch[0] == '\0')
        check.err = TB_ERR_MISSING;
    if (check.err != TB_OK)
        client_fail(c, tb_err_name(check.err));
    else
        welcome_accept(c, &welcome);
}

static void response_handle(struct tb_client *c, const struct tb_rpc *rpc)
{
    if (c->phase == TB_PHASE_HELLO) {
        if (rpc->id == c->hello_request)
            hello_answered(c, rpc);
        else
            client_fail(c, "unexpected_message");
        return;
    }
    /* What belongs to nothing any more was given up by us: a late look-up, a feed that was dropped. */
    if (!asks_response(c, rpc) && !feeds_response(c, rpc) && !check_response(c, rpc) &&
        rpc->kind == TB_RPC_ERROR && rpc->id == TB_RPC_NO_ID)
        client_fail(c, "refused_by_peer");
}

static void notification_handle(struct tb_client *c, const struct tb_rpc *rpc)
{
    if (c->phase != TB_PHASE_LIVE)
        client_fail(c, "unexpected_message");
    else if (tb_span_is(rpc->method, "verdicts"))
        stream_verdicts(c, rpc->params);
    else if (tb_span_is(rpc->method, "feed.rows"))
        feeds_rows(c, rpc->params);
}

static void request_refuse(struct tb_client *c, const struct tb_rpc *rpc)
{
    struct tb_buf *out = client_out(c);
    tb_rpc_put_error(out, rpc->id, TB_RPC_METHOD_NOT_FOUND, "method_unknown", "method not known");
    if (out->err == TB_OK)
        client_act(c, &(struct tb_client_action){.act = TB_CLIENT_SEND, .send = tb_buf_span(out)});
}

static void message_handle(struct tb_client *c, struct tb_span message)
{
    struct tb_check check = {0};
    struct tb_rpc rpc;
    enum tb_err err = tb_rpc_parse(message, TB_MESSAGE_SIZE_MAX, c->config.arena, &check, &rpc);
    if (err != TB_OK) {
        client_fail(c, tb_err_name(err));
        return;
    }
    switch (rpc.kind) {
    case TB_RPC_RESULT:
    case TB_RPC_ERROR: response_handle(c, &rpc); break;
    case TB_RPC_NOTIFICATION: notification_handle(c, &rpc); break;
    case TB_RPC_REQUEST: request_refuse(c, &rpc); break;
    }
}

void tb_client_received(struct tb_client *c, struct tb_span message, int64_t now_ms)
{
    c->now_ms = now_ms;
    if (c->phase == TB_PHASE_DOWN || c->phase == TB_PHASE_CLOSING)
        return;
    size_t mark = tb_arena_mark(c->config.arena);
    message_handle(c, message);
    tb_arena_release(c->config.arena, mark);
}

void tb_client_closed(struct tb_client *c, enum tb_line_cause cause, int64_t now_ms)
{
    c->now_ms = now_ms;
    c->phase = TB_PHASE_DOWN;
    stream_end(c);
    feeds_end(c);
    check_end(c);
    asks_end(c);
    line_set(c, TB_LINE_OFFLINE, c->denied ? TB_CAUSE_DENIED : cause);
    c->denied = false;
}

void tb_client_tick(struct tb_client *c, int64_t now_ms)
{
    c->now_ms = now_ms;
    asks_tick(c);
    if (c->phase == TB_PHASE_HELLO && now_ms >= c->hello_deadline_ms)
        client_fail(c, "welcome_timeout");
    stream_tick(c);
    feeds_pump(c);
    check_pump(c);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t tb_client_deadline_ms(const struct tb_client *c)
{
    int64_t deadline = c->phase == TB_PHASE_HELLO ? c->hello_deadline_ms : INT64_MAX;
    for (size_t i = 0; i < TB_CLIENT_IDENTIFY_COUNT_MAX; i++)
        if (c->asked[i].used)
            deadline = least(deadline, c->asked[i].deadline_ms);
    deadline = least(deadline, check_deadline_ms(c));
    return least(deadline, least(stream_deadline_ms(c), feeds_deadline_ms(c)));
}
