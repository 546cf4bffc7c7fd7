#include "core/sync/server.h"

#include "core/base/assert.h"
#include "core/sync/server_parts.h"

#define HELLO_WAIT_MS 10000

void session_act(struct tb_session *s, const struct tb_session_action *action)
{
    s->port.act(s->port.context, action);
}

bool session_is_open(const struct tb_session *s)
{
    return s->phase == TB_SESSION_OPEN;
}

struct tb_buf *session_out(struct tb_session *s)
{
    tb_buf_reset(s->config->out);
    return s->config->out;
}

void session_close(struct tb_session *s, const char *code)
{
    if (s->phase == TB_SESSION_CLOSED)
        return;
    s->phase = TB_SESSION_CLOSED;
    session_act(s, &(struct tb_session_action){.act = TB_SESSION_CLOSE, .close = {.code = code}});
}

static void out_send(struct tb_session *s)
{
    if (s->config->out->err != TB_OK) {
        session_close(s, "message_too_long");
        return;
    }
    session_act(s, &(struct tb_session_action){.act = TB_SESSION_SEND, .send = tb_buf_span(s->config->out)});
}

void session_send(struct tb_session *s, struct tb_json_writer *w)
{
    tb_rpc_end(w);
    out_send(s);
}

void session_error(struct tb_session *s, int64_t id, enum tb_rpc_number number, const char *code)
{
    tb_rpc_put_error(session_out(s), id, number, code, code);
    out_send(s);
}

uint32_t session_ask(struct tb_session *s, struct tb_engine_request *request)
{
    if (++s->next_ticket == 0)
        ++s->next_ticket;
    request->ticket = s->next_ticket;
    request->peer = s->peer;
    session_act(s, &(struct tb_session_action){.act = TB_SESSION_ASK, .ask = request});
    return request->ticket;
}

void tb_session_init(struct tb_session *s, const struct tb_session_config *config,
                     const struct tb_session_port *port, const char *device, int64_t now_ms)
{
    memset(s, 0, sizeof *s);
    s->config = config;
    s->port = *port;
    s->now_ms = now_ms;
    s->hello_deadline_ms = now_ms + (config->hello_wait_ms ? config->hello_wait_ms : HELLO_WAIT_MS);
    s->expires_ms = INT64_MAX;
    /* A urn that does not fit was in no certificate of ours: it then equals no device. */
    if (tb_span_to_str(tb_span_str(device), s->peer.device, sizeof s->peer.device) != TB_OK)
        s->peer.device[0] = '\0';
}

void tb_session_set_key(struct tb_session *s, const struct tb_public_key *key)
{
    s->peer.key = *key;
}

static void hello_refuse(struct tb_session *s, enum tb_rpc_number number, const char *code)
{
    session_error(s, s->hello_request, number, code);
    session_close(s, code);
}

/* Tells what is spoken here, so that somebody knows which side is to be brought up to date. */
static void version_refuse(struct tb_session *s)
{
    static const char code[] = "protocol_unsupported";
    struct tb_json_writer w =
        tb_rpc_begin_error(session_out(s), s->hello_request, TB_RPC_UNSUPPORTED, code, code);
    tb_json_put_int(&w, "min", TB_PROTOCOL_MIN);
    tb_json_put_int(&w, "max", TB_PROTOCOL);
    tb_rpc_end_error(&w);
    out_send(s);
    session_close(s, code);
}

static enum tb_err terminal_admit(struct tb_session *s, const struct tb_hello *hello)
{
    if (s->peer.device[0] == '\0' || strcmp(hello->device, s->peer.device) != 0)
        return TB_ERR_DENIED;
    if (hello->channel != TB_CHANNEL_TILL && hello->channel != TB_CHANNEL_KIOSK)
        return TB_ERR_DENIED;
    return TB_OK;
}

static enum tb_err web_admit(struct tb_session *s, const struct tb_hello *hello)
{
    struct tb_session_grant grant = {0};
    char customer[TB_ID_TEXT_SIZE];
    if (hello->channel != TB_CHANNEL_WEB && hello->channel != TB_CHANNEL_APP)
        return TB_ERR_DENIED;
    if (hello->token.size == 0)
        return TB_ERR_DENIED;
    enum tb_err err = s->port.check_token(s->port.context, hello->token, s->wall_ms, &grant);
    if (err != TB_OK)
        return err;
    if (tb_id_is_zero(&grant.customer))
        return TB_ERR_DENIED;
    s->peer.customer = grant.customer;
    s->expires_ms = grant.expires_ms;
    /* A tab is a device of its own by its incarnation; the customer in its name keeps anybody else from
     * speaking in its sequence. */
    tb_id_encode(&grant.customer, customer);
    struct tb_buf name = tb_buf_of(s->peer.device, sizeof s->peer.device - 1);
    tb_buf_add_str(&name, "web:");
    tb_buf_add_str(&name, customer);
    s->peer.device[name.size] = '\0';
    return TB_OK;
}

static void hello_handle(struct tb_session *s, const struct tb_rpc *rpc)
{
    struct tb_check check = {0};
    struct tb_hello hello;
    s->hello_request = rpc->id;
    tb_hello_decode(&check, rpc->params, &hello);
    if (check.err != TB_OK) {
        hello_refuse(s, TB_RPC_INVALID_PARAMS, tb_err_name(check.err));
        return;
    }
    s->protocol = tb_protocol_agree(&hello);
    if (s->protocol == 0) {
        version_refuse(s);
        return;
    }
    enum tb_err err = s->config->web ? web_admit(s, &hello) : terminal_admit(s, &hello);
    if (err != TB_OK) {
        hello_refuse(s, TB_RPC_DENIED, tb_err_name(err));
        return;
    }
    s->peer.channel = hello.channel;
    s->incarnation = hello.incarnation;
    s->phase = TB_SESSION_OPENING;
    struct tb_engine_request request = {.ask = TB_ENGINE_OPEN};
    request.open.incarnation = hello.incarnation;
    request.open.next_seq = hello.next_seq;
    s->open_ticket = session_ask(s, &request);
}

static void open_refused(struct tb_session *s, enum tb_err err)
{
    if (err == TB_ERR_REPLAYED)
        hello_refuse(s, TB_RPC_CLONED, "device_cloned");
    else if (tb_err_class(err) == TB_CLASS_REFUSED)
        hello_refuse(s, TB_RPC_DENIED, tb_err_name(err));
    else
        hello_refuse(s, TB_RPC_REFUSED, TB_ENGINE_CODE_BUSY);
}

/* Whether a terminal is a kiosk, the registry says, and not the terminal. */
static enum tb_channel channel_of(const struct tb_session *s, const char *role)
{
    if (s->config->web || role[0] == '\0')
        return s->peer.channel;
    return strcmp(role, "kiosk") == 0 ? TB_CHANNEL_KIOSK : TB_CHANNEL_TILL;
}

static void session_opened(struct tb_session *s, const struct tb_engine_answer *answer)
{
    struct tb_welcome welcome = {.protocol = s->protocol,
                                 .decided_seq = answer->open.decided_seq,
                                 .server_time_ms = s->wall_ms,
                                 .reconnect_window_ms = s->config->reconnect_window_ms,
                                 .idle_ping_ms = s->config->idle_ping_ms,
                                 .device = answer->open.device};
    if (answer->err != TB_OK) {
        open_refused(s, answer->err);
        return;
    }
    memcpy(welcome.epoch, answer->open.epoch, sizeof welcome.epoch);
    memcpy(s->peer.store, answer->open.device.store, sizeof s->peer.store);
    s->peer.channel = channel_of(s, answer->open.device.role);
    s->next_seq = answer->open.decided_seq + 1;
    s->phase = TB_SESSION_OPEN;
    struct tb_json_writer w = tb_rpc_begin_result(session_out(s), s->hello_request);
    tb_welcome_encode(&w, &welcome);
    session_send(s, &w);
    if (session_is_open(s))
        session_act(s, &(struct tb_session_action){.act = TB_SESSION_OPENED, .opened = &s->peer});
}

static struct tb_session_asked *asked_slot(struct tb_session *s, uint32_t ticket)
{
    for (size_t i = 0; i < TB_SESSION_ASKED_MAX; i++)
        if (s->asked[i].ticket == ticket)
            return &s->asked[i];
    return NULL;
}

void session_request(struct tb_session *s, int64_t id, struct tb_engine_request *request)
{
    struct tb_session_asked *slot = asked_slot(s, 0);
    if (!slot) {
        session_error(s, id, TB_RPC_REFUSED, "too_many_requests");
        return;
    }
    slot->request = id;
    slot->ticket = session_ask(s, request);
}

static void identify_handle(struct tb_session *s, const struct tb_rpc *rpc)
{
    struct tb_check check = {0};
    struct tb_engine_request request = {.ask = TB_ENGINE_IDENTIFY};
    tb_identify_ask_decode(&check, rpc->params, &request.identify);
    /* Web clients know whose they are; a look-up by credential would tell them about others. A code says no
     * more than what somebody was handed. */
    if (s->config->web && !(check.err == TB_OK && strcmp(request.identify.kind, "handover") == 0))
        session_error(s, rpc->id, TB_RPC_DENIED, tb_err_name(TB_ERR_DENIED));
    else if (check.err != TB_OK)
        session_error(s, rpc->id, TB_RPC_INVALID_PARAMS, tb_err_name(check.err));
    else
        session_request(s, rpc->id, &request);
}

static void checksum_ask(struct tb_session *s, struct tb_session_asked *slot, const struct tb_cursor *cursor)
{
    struct tb_engine_request request = {.ask = TB_ENGINE_CHECKSUM, .checksum.cursor = *cursor};
    slot->ticket = session_ask(s, &request);
}

/* Of an open feed only: the sums are compared with what its reader holds. */
static void checksum_handle(struct tb_session *s, const struct tb_rpc *rpc)
{
    struct tb_check check = {0};
    struct tb_scope scope = tb_json_scope(&check, rpc->params, "scope");
    if (check.err == TB_OK && scope.kind != TB_SCOPE_COHORT)
        check.err = TB_ERR_RANGE;
    if (check.err != TB_OK) {
        session_error(s, rpc->id, TB_RPC_INVALID_PARAMS, tb_err_name(check.err));
        return;
    }
    const struct tb_cursor *cursor = session_feed_cursor(s, &scope);
    struct tb_session_asked *slot = asked_slot(s, 0);
    if (cursor == NULL || slot == NULL) {
        session_error(s, rpc->id, TB_RPC_REFUSED, cursor == NULL ? "feed_closed" : "too_many_requests");
        return;
    }
    slot->request = rpc->id;
    checksum_ask(s, slot, cursor);
}

static void product_handle(struct tb_session *s, const struct tb_rpc *rpc)
{
    struct tb_check check = {0};
    struct tb_engine_request request = {.ask = TB_ENGINE_PRODUCT};
    tb_product_find_decode(&check, rpc->params, request.product.gtin);
    if (check.err != TB_OK)
        session_error(s, rpc->id, TB_RPC_INVALID_PARAMS, tb_err_name(check.err));
    else
        session_request(s, rpc->id, &request);
}

static void request_handle(struct tb_session *s, const struct tb_rpc *rpc)
{
    bool is_hello = tb_span_is(rpc->method, "hello");
    if (s->phase == TB_SESSION_NEW && is_hello) {
        hello_handle(s, rpc);
    } else if (!session_is_open(s) || is_hello) {
        session_error(s, rpc->id, TB_RPC_INVALID_REQUEST, "unexpected_message");
        session_close(s, "unexpected_message");
    } else if (tb_span_is(rpc->method, "feed.open")) {
        session_feed_open(s, rpc);
    } else if (tb_span_is(rpc->method, "identify")) {
        identify_handle(s, rpc);
    } else if (tb_span_is(rpc->method, "feed.checksum")) {
        checksum_handle(s, rpc);
    } else if (tb_span_is(rpc->method, "product.find")) {
        product_handle(s, rpc);
    } else if (tb_span_is(rpc->method, "customer.find")) {
        session_find(s, rpc);
    } else if (tb_span_is(rpc->method, "customer.open")) {
        session_open_found(s, rpc);
    } else {
        session_error(s, rpc->id, TB_RPC_METHOD_NOT_FOUND, "method_unknown");
    }
}

static void notification_handle(struct tb_session *s, const struct tb_rpc *rpc)
{
    if (!session_is_open(s))
        session_close(s, "unexpected_message");
    else if (tb_span_is(rpc->method, "mutate"))
        session_mutate(s, rpc->params);
    else if (tb_span_is(rpc->method, "feed.ack"))
        session_feed_ack(s, rpc->params);
    else if (tb_span_is(rpc->method, "feed.close"))
        session_feed_close(s, rpc->params);
}

static void message_handle(struct tb_session *s, struct tb_span message)
{
    struct tb_check check = {0};
    struct tb_rpc rpc;
    enum tb_err err = tb_rpc_parse(message, TB_MESSAGE_SIZE_MAX, s->config->arena, &check, &rpc);
    if (err != TB_OK) {
        session_error(s, rpc.id, tb_rpc_number_of(err), tb_err_name(err));
        session_close(s, tb_err_name(err));
        return;
    }
    switch (rpc.kind) {
    case TB_RPC_REQUEST: request_handle(s, &rpc); break;
    case TB_RPC_NOTIFICATION: notification_handle(s, &rpc); break;
    case TB_RPC_RESULT:
    case TB_RPC_ERROR: break; /* we ask nothing */
    }
}

static void clocks_set(struct tb_session *s, int64_t now_ms, int64_t wall_ms)
{
    s->now_ms = now_ms;
    s->wall_ms = wall_ms;
}

void tb_session_received(struct tb_session *s, struct tb_span message, int64_t now_ms, int64_t wall_ms)
{
    clocks_set(s, now_ms, wall_ms);
    if (s->phase == TB_SESSION_CLOSED)
        return;
    size_t mark = tb_arena_mark(s->config->arena);
    message_handle(s, message);
    tb_arena_release(s->config->arena, mark);
}

bool session_has_met(const struct tb_session *s, const struct tb_id *customer)
{
    for (size_t i = 0; i < TB_SESSION_MET_MAX; i++)
        if (tb_id_equal(&s->met[i], customer))
            return true;
    return false;
}

static void met_note(struct tb_session *s, const struct tb_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct tb_row *row = &rows->at[i];
        if (row->type != TB_ROW_CUSTOMER || session_has_met(s, &row->customer))
            continue;
        s->met[s->met_next] = row->customer;
        s->met_next = (uint8_t)((s->met_next + 1) % TB_SESSION_MET_MAX);
    }
}

void session_cohort_changed(struct tb_session *s)
{
    struct tb_engine_change change = {.scope.kind = TB_SCOPE_COHORT};
    memcpy(change.store, s->peer.store, sizeof change.store);
    session_act(
        s, &(struct tb_session_action){.act = TB_SESSION_CHANGED, .changed = {.at = &change, .count = 1}});
}

static void identify_answered(struct tb_session *s, int64_t id, const struct tb_engine_answer *answer)
{
    const struct tb_identified found = {
        .found = answer->identify.found, .rows = answer->identify.rows, .proof = answer->identify.proof};
    if (found.found && !s->config->web)
        met_note(s, &answer->identify.rows);
    struct tb_json_writer w = tb_rpc_begin_result(session_out(s), id);
    tb_identified_encode(&w, &found);
    session_send(s, &w);
    if (answer->identify.entered)
        session_cohort_changed(s);
}

/* While shares are missing the slot stays taken. */
static void checksum_answered(struct tb_session *s, struct tb_session_asked *slot,
                              const struct tb_engine_answer *answer)
{
    static const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
    const struct tb_cursor *cursor = session_feed_cursor(s, &cohort);
    int64_t id = slot->request;
    slot->ticket = 0;
    if (cursor == NULL) {
        session_error(s, id, TB_RPC_REFUSED, "feed_closed");
        return;
    }
    if (answer->checksum.more) {
        checksum_ask(s, slot, cursor);
        return;
    }
    struct tb_checksum checksum = {.cursor = answer->checksum.cursor};
    memcpy(checksum.sums, answer->checksum.sums, sizeof checksum.sums);
    struct tb_json_writer w = tb_rpc_begin_result(session_out(s), id);
    tb_checksum_encode(&w, &checksum);
    session_send(s, &w);
    session_feed_look_on(s, &cohort, &checksum.cursor);
}

static void product_answered(struct tb_session *s, int64_t id, const struct tb_engine_answer *answer)
{
    struct tb_json_writer w = tb_rpc_begin_result(session_out(s), id);
    tb_product_found_encode(&w, &answer->product.product);
    session_send(s, &w);
}

static void request_answered(struct tb_session *s, const struct tb_engine_answer *answer)
{
    struct tb_session_asked *slot = asked_slot(s, answer->ticket);
    if (!slot)
        return;
    int64_t id = slot->request;
    if (answer->err == TB_OK && answer->ask == TB_ENGINE_CHECKSUM) {
        checksum_answered(s, slot, answer);
        return;
    }
    slot->ticket = 0;
    bool finds = answer->ask == TB_ENGINE_FIND || answer->ask == TB_ENGINE_FETCH;
    if (finds && answer->err == TB_ERR_UNSUPPORTED)
        session_error(s, id, TB_RPC_DENIED, tb_err_name(TB_ERR_DENIED)); /* the terminal stays welcome */
    else if (finds && tb_err_class(answer->err) == TB_CLASS_INPUT)
        session_error(s, id, TB_RPC_INVALID_PARAMS, tb_err_name(answer->err)); /* no such number or address */
    else if (answer->err != TB_OK)
        session_error(s, id, tb_rpc_number_of(answer->err), tb_err_name(answer->err));
    else if (answer->ask == TB_ENGINE_IDENTIFY || answer->ask == TB_ENGINE_FETCH)
        identify_answered(s, id, answer);
    else if (answer->ask == TB_ENGINE_FIND)
        session_find_answered(s, id, answer);
    else
        product_answered(s, id, answer);
}

void tb_session_answered(struct tb_session *s, const struct tb_engine_answer *answer, int64_t now_ms,
                         int64_t wall_ms)
{
    clocks_set(s, now_ms, wall_ms);
    if (s->phase == TB_SESSION_CLOSED || answer->ticket == 0)
        return;
    switch (answer->ask) {
    case TB_ENGINE_OPEN:
        if (s->phase == TB_SESSION_OPENING && answer->ticket == s->open_ticket)
            session_opened(s, answer);
        break;
    case TB_ENGINE_APPLY: session_applied(s, answer); break;
    case TB_ENGINE_FEED: session_feed_read(s, answer); break;
    case TB_ENGINE_ADMIT: session_feed_admitted(s, answer); break;
    case TB_ENGINE_CHECKSUM:
    case TB_ENGINE_FIND:
    case TB_ENGINE_FETCH:
    case TB_ENGINE_IDENTIFY:
    case TB_ENGINE_PRODUCT: request_answered(s, answer); break;
    case TB_ENGINE_NONE: break;
    }
}

void tb_session_tick(struct tb_session *s, int64_t now_ms, int64_t wall_ms)
{
    clocks_set(s, now_ms, wall_ms);
    bool greeting = s->phase == TB_SESSION_NEW || s->phase == TB_SESSION_OPENING;
    if (greeting && now_ms >= s->hello_deadline_ms)
        session_close(s, "hello_timeout");
    else if (session_is_open(s) && wall_ms >= s->expires_ms)
        session_close(s, "token_expired");
    else
        session_feed_pump(s);
}

int64_t tb_session_deadline_ms(const struct tb_session *s)
{
    int64_t deadline = INT64_MAX;
    switch (s->phase) {
    case TB_SESSION_NEW:
    case TB_SESSION_OPENING: return s->hello_deadline_ms;
    case TB_SESSION_CLOSED: return INT64_MAX;
    case TB_SESSION_OPEN: break;
    }
    if (s->expires_ms != INT64_MAX)
        deadline = s->expires_ms > s->wall_ms ? s->now_ms + (s->expires_ms - s->wall_ms) : s->now_ms;
    if (session_feed_waits(s) && s->read_wait_ms < deadline)
        deadline = s->read_wait_ms;
    return deadline;
}
