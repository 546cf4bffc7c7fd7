#include "agent/counter/pos.h"

#include "agent/counter/head.h"
#include "agent/counter/peer.h"
#include "agent/counter/pos_gate.h"
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"

#include <stdio.h>

#define ORIGIN_SIZE_MAX (sizeof((struct connection *)NULL)->origin)

struct request_text { /* room for the header values of one request */
    char host[TB_GATE_HEADER_MAX];
    char origin[TB_GATE_HEADER_MAX];
    char upgrade[32];
    char version[16];
    char protocol[TB_GATE_HEADER_MAX];
    char authorization[TB_GATE_HEADER_MAX];
    char type[128];
    char length[24];
    char asked_method[16];
};

/* ---- reading a request ---- */

static enum tb_pos_gate_method method_of(struct lws *wsi)
{
    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0)
        return TB_POS_GATE_METHOD_GET;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0)
        return TB_POS_GATE_METHOD_POST;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_OPTIONS_URI) > 0)
        return TB_POS_GATE_METHOD_OPTIONS;
    return TB_POS_GATE_METHOD_OTHER;
}

static struct tb_span custom_read(struct lws *wsi, const char *name, char *to, size_t size_max)
{
    int size = lws_hdr_custom_copy(wsi, to, (int)size_max, name, (int)strlen(name));
    return tb_span_of(to, size > 0 ? (size_t)size : 0);
}

static void request_read(struct lws *wsi, struct tb_span path, struct request_text *text,
                         struct tb_pos_gate_request *ret)
{
    *ret = (struct tb_pos_gate_request){.method = method_of(wsi), .path = path};
    ret->host = tb_head_read(wsi, WSI_TOKEN_HOST, text->host, sizeof text->host);
    ret->origin = tb_head_read(wsi, WSI_TOKEN_ORIGIN, text->origin, sizeof text->origin);
    ret->upgrade = tb_head_read(wsi, WSI_TOKEN_UPGRADE, text->upgrade, sizeof text->upgrade);
    ret->version = tb_head_read(wsi, WSI_TOKEN_VERSION, text->version, sizeof text->version);
    ret->protocol = tb_head_read(wsi, WSI_TOKEN_PROTOCOL, text->protocol, sizeof text->protocol);
    ret->authorization =
        tb_head_read(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, text->authorization, sizeof text->authorization);
    ret->type = tb_head_read(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, text->type, sizeof text->type);
    ret->length = tb_head_read(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text->length, sizeof text->length);
    ret->asked_method =
        custom_read(wsi, "access-control-request-method:", text->asked_method, sizeof text->asked_method);
}

/* ---- answering ---- */

static const char *origin_of(const struct connection *c)
{
    return c->origin[0] ? c->origin : NULL;
}

/* For who writes POS software: what to do about it. No quotes, as it goes into JSON as it is. */
static const struct {
    const char *code;
    const char *text;
} advice[] = {
    {"host_foreign", "Call 127.0.0.1 or localhost, with the port."},
    {"origin_foreign", "The token is not for this origin: see pos_origin, or pair for it."},
    {"token_missing", "Send Authorization: Bearer and the token; pair.begin is the way to one."},
    {"token_refused", "This token is nobody's, or it was revoked: pair again."},
    {"not_found", "There are /pos/v1/rpc, /pos/v1/events and the websocket /pos/v1."},
    {"method_refused", "POST to /pos/v1/rpc, GET from /pos/v1/events."},
    {"upgrade_refused", "The websocket is at /pos/v1, in version 13."},
    {"protocol_refused", "Ask for the subprotocol " TB_POS_GATE_PROTOCOL "."},
    {"type_refused", "Say Content-Type: application/json."},
    {"length_missing", "Say Content-Length: chunks are not taken."},
    {"body_long", "A call has 16 KiB at most."},
    {"message_utf8", "The body is not UTF-8."},
    {"pos_full", "As many follow already as can: close one."},
    {"no_memory", "There is no memory for it now: try again later."},
    {"answer_late", "There is no answer yet; what was asked may happen all the same."},
};

static const char *advice_of(const char *code)
{
    size_t i = 0;
    while (i < TB_ARRAY_SIZE(advice) && strcmp(advice[i].code, code) != 0)
        i++;
    return i < TB_ARRAY_SIZE(advice) ? advice[i].text : "refused";
}

/* An error as JSON-RPC has it, after which the socket is closed: always -1. */
static int refuse(struct connection *c, unsigned status, const char *code)
{
    uint8_t bytes[LWS_PRE + 256];
    char *text = (char *)bytes + LWS_PRE;
    bool denied = status == 401 || status == 403;
    counter_refused(c->counter, code);
    int size = snprintf(text, sizeof bytes - LWS_PRE,
                        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":%d,\"message\":\"%s\","
                        "\"data\":{\"code\":\"%s\"}}}\n",
                        denied ? -32001 : -32600, advice_of(code), code);
    TB_ASSERT(size > 0 && (size_t)size < sizeof bytes - LWS_PRE);
    const struct tb_head head = {.status = status,
                                 .type = "application/json",
                                 .size = (size_t)size,
                                 .origin = origin_of(c),
                                 .challenge = status == 401 ? "Bearer" : NULL};
    if (tb_head_write(c->wsi, &head)) {
        int written = lws_write(c->wsi, (uint8_t *)text, (size_t)size, LWS_WRITE_HTTP_FINAL);
        (void)written; /* the socket is closed in any case */
    }
    c->state = CONNECTION_DYING;
    return -1;
}

/* An answer without a body, after which the socket is closed: always -1. */
static int empty_answer(struct connection *c, const struct tb_head *head)
{
    bool written = tb_head_write(c->wsi, head);
    (void)written; /* the socket is closed in any case */
    c->state = CONNECTION_DYING;
    return -1;
}

/* ---- who gets in ---- */

static bool origin_take(struct connection *c, struct tb_span origin)
{
    const struct tb_counter_handlers *handlers = &c->counter->handlers;
    bool allowed = origin.size > 0 && origin.size < ORIGIN_SIZE_MAX && handlers->pos.origin &&
                   handlers->pos.origin(handlers->context, origin);
    if (!allowed)
        return false;
    enum tb_err err = tb_span_to_str(origin, c->origin, sizeof c->origin);
    return err == TB_OK;
}

/* 0 when the POS may go on; else what it was answered with. */
static int admit(struct connection *c, const struct tb_pos_gate_request *r, bool token_needed)
{
    const struct tb_counter_handlers *handlers = &c->counter->handlers;
    struct tb_span token = tb_pos_gate_token(r);
    bool origin_known = origin_take(c, r->origin);
    if (r->origin.size > 0 && !origin_known)
        return refuse(c, 403, "origin_foreign");
    if (!handlers->pos.admit)
        return refuse(c, 404, "not_found");
    if (token.size == 0 && token_needed)
        return refuse(c, 401, "token_missing");
    enum tb_err err = handlers->pos.admit(handlers->context, token, r->origin, &c->client);
    if (err == TB_OK)
        return 0;
    bool foreign = err == TB_ERR_CONFLICT;
    return refuse(c, foreign ? 403 : 401, foreign ? "origin_foreign" : "token_refused");
}

static int preflight_answer(struct connection *c, const struct tb_pos_gate_request *r)
{
    char text[16];
    if (!origin_take(c, r->origin))
        return refuse(c, 403, "origin_foreign");
    struct tb_span asked = custom_read(c->wsi, "access-control-request-private-network:", text, sizeof text);
    const struct tb_head head = {.status = 204,
                                 .origin = c->origin,
                                 .methods = "GET, POST",
                                 .private_network = tb_span_is(asked, "true")};
    return empty_answer(c, &head);
}

static bool is_full(const struct connection *c)
{
    return c->counter->pos_count >= TB_COUNTER_POS_MAX;
}

static int events_open(struct connection *c)
{
    const struct tb_head head = {
        .status = 200, .type = "text/event-stream", .size = TB_HEAD_NO_SIZE, .origin = origin_of(c)};
    if (is_full(c))
        return refuse(c, 503, "pos_full");
    if (!tb_head_write(c->wsi, &head) || lws_http_mark_sse(c->wsi) != 0)
        return -1;
    c->form = CONNECTION_FORM_EVENTS;
    return page_begin(c);
}

int pos_request(struct connection *c, struct tb_span path)
{
    struct request_text text;
    struct tb_pos_gate_request r;
    request_read(c->wsi, path, &text, &r);
    enum tb_pos_gate_answer answer = tb_pos_gate_judge(&r, c->counter->port, TB_COUNTER_MESSAGE_MAX);
    int rc = 0;
    if (tb_pos_gate_code(answer))
        rc = refuse(c, tb_pos_gate_status(answer), tb_pos_gate_code(answer));
    else if (answer == TB_POS_GATE_PREFLIGHT)
        rc = preflight_answer(c, &r);
    else if (answer == TB_POS_GATE_SOCKET)
        rc = refuse(c, 403, "upgrade_refused");
    else
        rc = admit(c, &r, answer != TB_POS_GATE_CALL);
    tb_wipe(&text, sizeof text);
    if (rc != 0)
        return rc;
    if (answer == TB_POS_GATE_EVENTS)
        return events_open(c);
    c->form = CONNECTION_FORM_CALL;
    return 0; /* its body comes */
}

int pos_upgrade(struct connection *c, struct tb_span path)
{
    struct request_text text;
    struct tb_pos_gate_request r;
    request_read(c->wsi, path, &text, &r);
    enum tb_pos_gate_answer answer = tb_pos_gate_judge(&r, c->counter->port, TB_COUNTER_MESSAGE_MAX);
    int rc = 0;
    if (tb_pos_gate_code(answer))
        rc = refuse(c, tb_pos_gate_status(answer), tb_pos_gate_code(answer));
    else if (answer != TB_POS_GATE_SOCKET)
        rc = refuse(c, 403, "upgrade_refused");
    else
        rc = admit(c, &r, true);
    tb_wipe(&text, sizeof text);
    if (rc == 0 && is_full(c))
        rc = refuse(c, 503, "pos_full");
    c->form = CONNECTION_FORM_POS;
    c->admitted = rc == 0;
    return rc;
}

/* ---- a call ---- */

int pos_body(struct connection *c, struct tb_span piece)
{
    if (c->form != CONNECTION_FORM_CALL || c->state != CONNECTION_REQUEST || c->handed)
        return -1;
    if (piece.size > TB_COUNTER_MESSAGE_MAX - c->received_size)
        return refuse(c, 413, "body_long");
    return received_add(c, piece) ? 0 : refuse(c, 503, "no_memory");
}

int pos_body_end(struct connection *c)
{
    struct tb_counter *counter = c->counter;
    const struct tb_counter_handlers *handlers = &counter->handlers;
    struct tb_span body = tb_span_of(c->received, c->received_size);
    if (c->form != CONNECTION_FORM_CALL || c->state != CONNECTION_REQUEST || c->handed)
        return -1;
    if (!tb_utf8_valid(body))
        return refuse(c, 400, "message_utf8");
    c->handed = true;
    c->number = ++counter->number_last;
    c->reason = "answered";
    connection_set_deadline(c, tb_loop_now_ms(counter->loop) + POS_ANSWER_MS);
    bool waits = handlers->pos.call &&
                 handlers->pos.call(handlers->context, c->number, c->client, tb_span_str(c->origin), body);
    received_drop(c);
    if (waits)
        return 0;
    const struct tb_head nothing = {.status = 204, .origin = origin_of(c)};
    return empty_answer(c, &nothing);
}

bool pos_late(struct connection *c)
{
    if (!c->handed || c->late)
        return false;
    c->late = true;
    connection_set_deadline(c, tb_loop_now_ms(c->counter->loop) + REQUEST_DEADLINE_MS);
    lws_callback_on_writable(c->wsi);
    return true;
}

static int answer_write(struct connection *c)
{
    if (c->answered)
        return -1; /* all of it has left: what was written last is flushed before the next callback */
    struct tb_message *message = tb_queue_take(&c->queue);
    if (!message)
        return c->late ? refuse(c, 504, "answer_late") : 0;
    const struct tb_head head = {
        .status = 200, .type = "application/json", .size = message->size, .origin = origin_of(c)};
    int written = -1;
    if (tb_head_write(c->wsi, &head))
        written =
            lws_write(c->wsi, message->bytes + TB_MESSAGE_HEADROOM, message->size, LWS_WRITE_HTTP_FINAL);
    bool whole = written >= (int)message->size;
    tb_message_drop(message);
    c->answered = true;
    lws_callback_on_writable(c->wsi);
    return whole ? 0 : -1;
}

/* ---- server-sent events (WHATWG HTML, section "Server-sent events") ---- */

static int event_write(struct connection *c)
{
    static const char before[] = "data: ";
    static const char behind[] = "\n\n";
    enum { BEFORE = sizeof before - 1, BEHIND = sizeof behind - 1 };
    _Static_assert(BEHIND <= TB_MESSAGE_TAIL && BEFORE + LWS_PRE <= TB_MESSAGE_HEADROOM, "room is there");
    struct tb_message *message = tb_queue_take(&c->queue);
    if (!message)
        return 0;
    uint8_t *at = message->bytes + TB_MESSAGE_HEADROOM - BEFORE;
    size_t size = BEFORE + message->size + BEHIND;
    memcpy(at, before, BEFORE);
    memcpy(at + BEFORE + message->size, behind, BEHIND);
    int written = lws_write(c->wsi, at, size, LWS_WRITE_HTTP);
    tb_message_drop(message);
    return written < (int)size ? -1 : page_written(c);
}

int pos_write(struct connection *c)
{
    if (c->form == CONNECTION_FORM_EVENTS && c->state == CONNECTION_PAGE)
        return event_write(c);
    return c->form == CONNECTION_FORM_CALL && c->state == CONNECTION_REQUEST ? answer_write(c) : 0;
}

/* ---- for whoever keeps the tokens ---- */

uint32_t tb_counter_user(struct tb_counter *counter, uint32_t page)
{
    for (size_t i = 0; i < CONNECTION_COUNT_MAX; i++) {
        const struct connection *c = &counter->connections[i];
        bool open = c->state == CONNECTION_PAGE || c->state == CONNECTION_REQUEST;
        if (open && page != 0 && c->number == page)
            return tb_peer_user(lws_get_socket_fd(c->wsi));
    }
    return TB_PEER_UNKNOWN;
}

void tb_counter_pos_end(struct tb_counter *counter, uint32_t client)
{
    for (size_t i = 0; i < CONNECTION_COUNT_MAX; i++) {
        struct connection *c = &counter->connections[i];
        bool open = c->state == CONNECTION_PAGE || c->state == CONNECTION_REQUEST;
        if (open && client != 0 && c->client == client)
            connection_give_up(c, "revoked");
    }
}
