#include "agent/conformance/play.h"

#include "agent/conformance/link.h"
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/wire/rpc.h"
#include "host/system/system.h"

#include <stdio.h>
#include <stdlib.h>

#define REQUEST_MAX 24576
#define BODY_MAX 20480
#define PROTOCOL "tillbridge-pos.v1"

struct play {
    struct tb_report *report;
    const struct tb_play_config *config;
    const char *token;             /* that calls are made with; NULL: none */
    struct tb_conf_link *link;     /* of calls */
    struct tb_conf_link *follower; /* of events */
    struct tb_buf request;
    struct tb_arena arena;
    struct tb_wire_answer answer;
    struct tb_rpc rpc; /* of the last call */
    char seen[256];    /* what came instead */
};

/* What differs from an ordinary request. NULL: as usual. */
struct how {
    const char *line; /* method and path */
    const char *host;
    const char *origin;
    const char *token;
    const char *type;
    const char *more; /* header lines */
    const char *body;
};

/* ---- requests ---- */

static void header_add(struct tb_buf *to, const char *name, const char *value)
{
    if (!value)
        return;
    tb_buf_add_str(to, name);
    tb_buf_add_str(to, value);
    tb_buf_add_str(to, "\r\n");
}

static void request_write(struct play *p, const struct how *how)
{
    struct tb_buf *to = &p->request;
    char host[32];
    (void)snprintf(host, sizeof host, "127.0.0.1:%u", p->config->port);
    tb_buf_reset(to);
    tb_buf_add_str(to, how->line ? how->line : "POST /pos/v1/rpc");
    tb_buf_add_str(to, " HTTP/1.1\r\n");
    header_add(to, "Host: ", how->host ? how->host : host);
    header_add(to, "Origin: ", how->origin);
    header_add(to, "Authorization: Bearer ", how->token);
    if (how->more)
        tb_buf_add_str(to, how->more);
    if (how->body) {
        header_add(to, "Content-Type: ", how->type ? how->type : "application/json");
        tb_buf_add_str(to, "Content-Length: ");
        tb_buf_add_decimal(to, (int64_t)strlen(how->body));
        tb_buf_add_str(to, "\r\n\r\n");
        tb_buf_add_str(to, how->body);
    } else
        tb_buf_add_str(to, "\r\n");
    TB_ASSERT(to->err == TB_OK);
}

static bool exchange(struct play *p, const struct how *how)
{
    request_write(p, how);
    enum tb_err err = tb_conf_link_exchange(p->link, p->config->port, tb_buf_span(&p->request), &p->answer);
    (void)snprintf(p->seen, sizeof p->seen, "%s", err == TB_OK ? "" : tb_err_name(err));
    if (err == TB_OK)
        (void)snprintf(p->seen, sizeof p->seen, "HTTP %u %.*s", p->answer.status,
                       (int)(p->answer.body.size < 160 ? p->answer.body.size : 160),
                       p->answer.body.size ? (const char *)p->answer.body.at : "");
    return err == TB_OK;
}

/* The body as JSON-RPC. */
static bool answer_read(struct play *p)
{
    struct tb_check check = {.err = TB_OK};
    tb_arena_release(&p->arena, 0);
    return tb_rpc_parse(p->answer.body, 0, &p->arena, &check, &p->rpc) == TB_OK &&
           (p->rpc.kind == TB_RPC_RESULT || p->rpc.kind == TB_RPC_ERROR);
}

static void refused(struct play *p, const char *id, const char *text, const struct how *how, unsigned status,
                    const char *code)
{
    bool ok =
        exchange(p, how) && p->answer.status == status && answer_read(p) && tb_span_is(p->rpc.code, code);
    tb_report_check(p->report, ok, id, text, p->seen);
}

static bool call(struct play *p, const char *method, const char *params)
{
    char body[BODY_MAX];
    int size = snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\",\"params\":%s}",
                        method, params);
    TB_ASSERT(size > 0 && (size_t)size < sizeof body);
    return exchange(p, &(struct how){.token = p->token, .body = body}) && p->answer.status == 200 &&
           answer_read(p) && p->rpc.id == 7;
}

static void answered(struct play *p, const char *id, const char *text, const char *method, const char *member)
{
    bool ok = call(p, method, "{}") && p->rpc.kind == TB_RPC_RESULT &&
              tb_json_exists(tb_json_member(p->rpc.result, member));
    tb_report_check(p->report, ok, id, text, p->seen);
}

/* Answered with an error of this class of codes ("input."), or this code. */
static void turned_down(struct play *p, const char *id, const char *text, const char *method,
                        const char *params, const char *code)
{
    bool ok = call(p, method, params) && p->rpc.kind == TB_RPC_ERROR &&
              tb_span_starts(p->rpc.code, tb_span_str(code));
    tb_report_check(p->report, ok, id, text, p->seen);
}

/* ---- who gets in ---- */

static void without_token(struct play *p)
{
    static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}";
    refused(p, "host", "another name of the machine is refused (DNS rebinding)",
            &(struct how){.host = "till.attacker.example", .body = ping}, 403, "host_foreign");
    refused(p, "origin", "a page of an origin that nobody allowed is refused",
            &(struct how){.origin = "https://attacker.example", .body = ping}, 403, "origin_foreign");
    refused(p, "origin_null", "so is a page without an origin of its own",
            &(struct how){.origin = "null", .body = ping}, 403, "origin_foreign");
    refused(p, "preflight", "and it may not ask whether it may",
            &(struct how){.line = "OPTIONS /pos/v1/rpc",
                          .origin = "https://attacker.example",
                          .more = "Access-Control-Request-Method: POST\r\n"},
            403, "origin_foreign");
    refused(p, "token_wrong", "a token that is nobody's is refused",
            &(struct how){.token = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", .body = ping}, 401,
            "token_refused");
    refused(p, "events_token", "events need a token", &(struct how){.line = "GET /pos/v1/events"}, 401,
            "token_missing");
    refused(p, "type", "a body that is not application/json is refused",
            &(struct how){.type = "text/plain", .body = ping}, 415, "type_refused");
    turned_down(p, "unpaired", "without a token nothing but pairing is answered", "customer.current", "{}",
                "refused.unsupported");
    turned_down(p, "pair_params", "pairing without a name is refused", "pair.begin",
                "{\"scopes\":[\"customer\"]}", "input.");
    turned_down(p, "pair_unknown", "a code for a pairing that there is not is refused", "pair.finish",
                "{\"pairing\":\"00000000000000000000000000000000\",\"code\":\"000000\"}",
                "refused.not_found");
}

static void body_long(struct play *p)
{
    char body[BODY_MAX];
    memset(body, ' ', sizeof body);
    body[17000] = '\0';
    refused(p, "long", "a call above 16384 bytes is refused", &(struct how){.token = p->token, .body = body},
            413, "body_long");
}

/* ---- calls ---- */

static void calls(struct play *p)
{
    answered(p, "session", "session.info says which API this is", "session.info", "api");
    answered(p, "state", "state says how the line is", "state", "line");
    answered(p, "ping", "ping is answered", "ping", "wall_ms");
    turned_down(p, "method", "a call that there is not has a stable code", "no.such.call", "{}",
                "refused.unsupported");
    turned_down(p, "params", "wrong params have one, too", "cart.add", "{\"gtin\":7}", "");
    turned_down(p, "handover", "a hand-over that nobody asked for is not taken", "handover.accept",
                "{\"handover\":\"00000000000000000000000000000000\"}", "refused.");
    bool ok = exchange(p, &(struct how){.token = p->token, .body = "[]"}) && p->answer.status == 200 &&
              answer_read(p) && p->rpc.kind == TB_RPC_ERROR;
    tb_report_check(p->report, ok, "batch", "a batch is answered with one error", p->seen);
    ok = exchange(p, &(struct how){.token = p->token, .body = "{\"jsonrpc\":\"2.0\",\"method\":\"ping\"}"}) &&
         p->answer.status == 204;
    tb_report_check(p->report, ok, "notification", "a notification is taken without an answer", p->seen);
}

/* ---- events ---- */

/* The next message of the websocket, parsed into p->rpc. */
static bool socket_next(struct play *p)
{
    struct tb_conf_link *link = p->follower;
    struct tb_wire_frame frame;
    struct tb_check check = {.err = TB_OK};
    for (;;) {
        enum tb_err err = tb_wire_frame_parse(tb_span_of(link->bytes, link->size), &frame);
        if (err == TB_ERR_TRUNCATED)
            err = tb_conf_link_more(link, TB_LINK_WAIT_MS);
        else if (err == TB_OK && frame.opcode == 1 && frame.final)
            break;
        else if (err == TB_OK)
            tb_conf_link_drop(link, frame.size);
        if (err != TB_OK) {
            (void)snprintf(p->seen, sizeof p->seen, "%s", tb_err_name(err));
            return false;
        }
    }
    static uint8_t kept[TB_WIRE_FRAME_MAX];
    struct tb_buf text = tb_buf_of(kept, sizeof kept);
    tb_buf_add(&text, frame.payload);
    tb_conf_link_drop(link, frame.size);
    (void)snprintf(p->seen, sizeof p->seen, "%.*s", (int)(text.size < 160 ? text.size : 160),
                   (const char *)kept);
    tb_arena_release(&p->arena, 0);
    return tb_rpc_parse(tb_buf_span(&text), 0, &p->arena, &check, &p->rpc) == TB_OK;
}

static bool socket_event(struct play *p, const char *method)
{
    while (socket_next(p))
        if (p->rpc.kind == TB_RPC_NOTIFICATION && tb_span_is(p->rpc.method, method))
            return true;
    return false;
}

static bool socket_say(struct play *p, const char *text)
{
    uint8_t mask[TB_WIRE_MASK_SIZE];
    const struct tb_rng *rng = tb_rng_system();
    rng->fill(rng->context, mask, sizeof mask);
    tb_buf_reset(&p->request);
    tb_wire_frame_add(&p->request, 1, tb_span_str(text), mask);
    return tb_conf_link_send(p->follower, tb_buf_span(&p->request)) == TB_OK;
}

static bool socket_open(struct play *p)
{
    struct tb_conf_link *link = p->follower;
    request_write(p, &(struct how){.line = "GET /pos/v1",
                                   .token = p->token,
                                   .more = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: " PROTOCOL
                                           "\r\n"});
    enum tb_err err = tb_conf_link_open(link, p->config->port);
    if (err == TB_OK)
        err = tb_conf_link_send(link, tb_buf_span(&p->request));
    struct tb_wire_answer answer = {.status = 0};
    while (err == TB_OK) {
        err = tb_wire_answer_parse(tb_span_of(link->bytes, link->size), &answer);
        if (err == TB_OK)
            break;
        if (err == TB_ERR_TRUNCATED)
            err = tb_conf_link_more(link, TB_LINK_WAIT_MS);
    }
    /* RFC 6455 section 1.3: the proof that belongs to this key. */
    bool ok = err == TB_OK && answer.status == 101 &&
              tb_span_is(tb_wire_header(&answer, "sec-websocket-protocol"), PROTOCOL) &&
              tb_span_is(tb_wire_header(&answer, "sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    (void)snprintf(p->seen, sizeof p->seen, "HTTP %u, %s", answer.status, tb_err_name(err));
    if (err == TB_OK)
        tb_conf_link_drop(link, (size_t)(answer.body.at - link->bytes));
    return ok;
}

static void socket_checks(struct play *p)
{
    bool ok = socket_open(p);
    tb_report_check(p->report, ok, "socket", "a websocket opens with the token and the subprotocol", p->seen);
    if (!ok)
        return;
    ok = socket_next(p) && p->rpc.kind == TB_RPC_NOTIFICATION && tb_span_is(p->rpc.method, "ready");
    tb_report_check(p->report, ok, "socket_ready", "the first message is ready", p->seen);
    tb_report_check(p->report, socket_event(p, "state"), "socket_state", "state is told at once", p->seen);
    ok = socket_say(p, "{\"jsonrpc\":\"2.0\",\"id\":41,\"method\":\"ping\"}");
    while (ok && socket_next(p) && p->rpc.id != 41)
        continue;
    tb_report_check(p->report, ok && p->rpc.id == 41 && p->rpc.kind == TB_RPC_RESULT, "socket_call",
                    "a call over the websocket is answered there", p->seen);
}

static void stream_checks(struct play *p)
{
    struct tb_conf_link *link = p->link;
    struct tb_wire_answer answer = {.status = 0};
    request_write(p, &(struct how){.line = "GET /pos/v1/events", .token = p->token});
    struct tb_span event = tb_span_of(NULL, 0);
    enum tb_err err = tb_conf_link_open(link, p->config->port);
    if (err == TB_OK)
        err = tb_conf_link_send(link, tb_buf_span(&p->request));
    while (err == TB_OK && event.size == 0) {
        err = tb_conf_link_more(link, TB_LINK_WAIT_MS);
        if (tb_wire_answer_parse(tb_span_of(link->bytes, link->size), &answer) != TB_OK)
            continue;
        struct tb_span rest = answer.body;
        event = tb_wire_event_cut(&rest);
    }
    bool ok = err == TB_OK && answer.status == 200 &&
              tb_span_is(tb_wire_header(&answer, "content-type"), "text/event-stream");
    (void)snprintf(p->seen, sizeof p->seen, "HTTP %u, %s", answer.status, tb_err_name(err));
    tb_report_check(p->report, ok, "stream", "events come as server-sent events, too", p->seen);
    struct tb_check check = {.err = TB_OK};
    tb_arena_release(&p->arena, 0);
    ok = ok && tb_rpc_parse(event, 0, &p->arena, &check, &p->rpc) == TB_OK &&
         tb_span_is(p->rpc.method, "ready");
    tb_report_check(p->report, ok, "stream_ready", "the first of them is ready", p->seen);
    tb_conf_link_close(link);
}

/* ---- a customer ---- */

/* Of the answer of customer.current. */
static bool view_is_a_pos(struct tb_json told)
{
    static const char *const of_the_clerk[] = {"open", "do_not_ask", "notes", "journey", "suggestions"};
    const struct tb_json view = tb_json_member(told, "view");
    bool right = tb_json_exists(view);
    for (size_t i = 0; i < TB_ARRAY_SIZE(of_the_clerk); i++)
        right = right && !tb_json_exists(tb_json_member(view, of_the_clerk[i]));
    return right;
}

static void serving_checks(struct play *p)
{
    char params[1024];
    char visit[2 * TB_ID_SIZE + 1] = "";
    struct tb_check check = {.err = TB_OK};
    (void)snprintf(params, sizeof params, "{\"code\":\"%s\"}", p->config->code);
    bool ok = call(p, "identify.code", params) && p->rpc.kind == TB_RPC_RESULT &&
              tb_span_is(tb_json_text(&check, p->rpc.result, "outcome", 32), "recognised");
    tb_report_check(p->report, ok, "identify", "the customer's code is recognised", p->seen);
    if (!ok)
        return;
    tb_json_str(&check, p->rpc.result, "visit", visit, sizeof visit);
    ok = socket_event(p, "customer.identified") && tb_json_exists(tb_json_member(p->rpc.params, "cart"));
    struct tb_json told = ok ? tb_json_object(&check, p->rpc.params, "visit") : p->rpc.params;
    ok = ok && tb_span_is(tb_json_text(&check, told, "id", sizeof visit), visit);
    tb_report_check(p->report, ok, "identified", "the event brings the same visit, with its cart", p->seen);
    ok = call(p, "customer.current", "{}") && p->rpc.kind == TB_RPC_RESULT;
    told = ok ? tb_json_object(&check, p->rpc.result, "visit") : p->rpc.result;
    ok = ok && tb_span_is(tb_json_text(&check, told, "id", sizeof visit), visit);
    tb_report_check(p->report, ok, "current", "customer.current says the same", p->seen);
    tb_report_check(p->report, ok && view_is_a_pos(p->rpc.result), "view",
                    "with nothing that is the clerk's alone", p->seen);
    (void)snprintf(params, sizeof params, "{\"visit\":\"%s\",\"gtin\":\"x\",\"quantity\":1}", visit);
    turned_down(p, "gtin", "a product that is no GTIN is refused", "cart.add", params, "input.");
    (void)snprintf(params, sizeof params, "{\"visit\":\"%s\"}", visit);
    ok = call(p, "visit.end", params) && p->rpc.kind == TB_RPC_RESULT;
    tb_report_check(p->report, ok, "end", "the visit is ended by its id", p->seen);
    tb_report_check(p->report, socket_event(p, "customer.left"), "left", "and followers are told", p->seen);
    turned_down(p, "ended", "an ended visit is not ended again", "visit.end", params, "refused.not_found");
}

enum tb_err tb_play_agent(struct tb_report *report, const struct tb_play_config *config)
{
    static struct tb_conf_link link, follower;
    static uint8_t request[REQUEST_MAX];
    static _Alignas(max_align_t) uint8_t memory[TB_JSON_ARENA_SIZE(TB_WIRE_FRAME_MAX)];
    struct play p = {.report = report, .config = config, .link = &link, .follower = &follower};
    p.request = tb_buf_of(request, sizeof request);
    p.arena = tb_arena_of(memory, sizeof memory);
    link.fd = follower.fd = -1;
    enum tb_err err = tb_conf_link_open(&link, config->port);
    tb_conf_link_close(&link);
    if (err != TB_OK)
        return err;
    without_token(&p);
    if (config->token[0]) {
        p.token = config->token;
        body_long(&p);
        calls(&p);
        stream_checks(&p);
        socket_checks(&p);
    } else
        tb_report_skip(report, "token", "calls and events", "no token was given");
    if (config->token[0] && config->code[0] && follower.fd >= 0)
        serving_checks(&p);
    else
        tb_report_skip(report, "serving", "a customer comes and goes", "no code of a customer was given");
    tb_conf_link_close(&follower);
    return TB_OK;
}
