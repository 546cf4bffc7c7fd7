#include "agent/conformance/play.h"

#include "agent/conformance/pairing.h"
#include "agent/conformance/steps.h"
#include "core/base/assert.h"
#include "core/base/text.h"

#include <stdio.h>

#define REQUEST_MAX (TB_TALK_BODY_MAX + 4096)

static void refused(struct tb_talk *t, const char *id, const char *text, const struct tb_talk_how *how,
                    unsigned status, const char *code)
{
    bool ok = tb_talk_exchange(t, how) && t->answer.status == status && tb_talk_answer_read(t) &&
              tb_span_is(t->rpc.code, code);
    tb_report_check(t->report, ok, id, text, t->seen);
}

static void answered(struct tb_talk *t, const char *id, const char *text, const char *method,
                     const char *member)
{
    bool ok = tb_talk_call(t, method, "{}") && t->rpc.kind == TB_RPC_RESULT &&
              tb_json_exists(tb_json_member(t->rpc.result, member));
    tb_report_check(t->report, ok, id, text, t->seen);
}

/* Answered with an error of this class of codes ("input."), or this code. */
static void turned_down(struct tb_talk *t, const char *id, const char *text, const char *method,
                        const char *params, const char *code)
{
    tb_report_check(t->report, tb_talk_is_refused(t, method, params, code), id, text, t->seen);
}

/* ---- who gets in ---- */

static void without_token(struct tb_talk *t)
{
    static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}";
    refused(t, "host", "another name of the machine is refused (DNS rebinding)",
            &(struct tb_talk_how){.host = "till.attacker.example", .body = ping}, 403, "host_foreign");
    refused(t, "origin", "a page of an origin that nobody allowed is refused",
            &(struct tb_talk_how){.origin = "https://attacker.example", .body = ping}, 403, "origin_foreign");
    refused(t, "origin_null", "so is a page without an origin of its own",
            &(struct tb_talk_how){.origin = "null", .body = ping}, 403, "origin_foreign");
    refused(t, "preflight", "and it may not ask whether it may",
            &(struct tb_talk_how){.line = "OPTIONS /pos/v1/rpc",
                                  .origin = "https://attacker.example",
                                  .more = "Access-Control-Request-Method: POST\r\n"},
            403, "origin_foreign");
    refused(t, "token_wrong", "a token that is nobody's is refused",
            &(struct tb_talk_how){.token = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", .body = ping}, 401,
            "token_refused");
    refused(t, "events_token", "events need a token", &(struct tb_talk_how){.line = "GET /pos/v1/events"},
            401, "token_missing");
    refused(t, "type", "a body that is not application/json is refused",
            &(struct tb_talk_how){.type = "text/plain", .body = ping}, 415, "type_refused");
    turned_down(t, "unpaired", "without a token nothing but pairing is answered", "customer.current", "{}",
                "refused.unsupported");
    turned_down(t, "pair_params", "pairing without a name is refused", "pair.begin",
                "{\"scopes\":[\"customer\"]}", "input.");
    turned_down(t, "pair_unknown", "a code for a pairing that there is not is refused", "pair.finish",
                "{\"pairing\":\"00000000000000000000000000000000\",\"code\":\"000000\"}",
                "refused.not_found");
}

static void body_long(struct tb_talk *t)
{
    char body[TB_TALK_BODY_MAX];
    memset(body, ' ', sizeof body);
    body[17000] = '\0';
    refused(t, "long", "a call above 16384 bytes is refused",
            &(struct tb_talk_how){.token = t->token, .body = body}, 413, "body_long");
}

/* ---- calls ---- */

static void calls(struct tb_talk *t, const struct tb_grants *grants)
{
    answered(t, "session", "session.info says which API this is", "session.info", "api");
    answered(t, "state", "state says how the line is", "state", "line");
    answered(t, "ping", "ping is answered", "ping", "wall_ms");
    turned_down(t, "method", "a call that there is not has a stable code", "no.such.call", "{}",
                "refused.unsupported");
    turned_down(t, "params", "wrong params have one, too", "cart.add", "{\"gtin\":7}",
                tb_grants_missing(grants, TB_GRANT_CART) ? "refused.denied" : "input.");
    bool ok = tb_talk_exchange(t, &(struct tb_talk_how){.token = t->token, .body = "[]"}) &&
              t->answer.status == 200 && tb_talk_answer_read(t) && t->rpc.kind == TB_RPC_ERROR;
    tb_report_check(t->report, ok, "batch", "a batch is answered with one error", t->seen);
    ok = tb_talk_exchange(t, &(struct tb_talk_how){.token = t->token,
                                                   .body = "{\"jsonrpc\":\"2.0\",\"method\":\"ping\"}"}) &&
         t->answer.status == 204;
    tb_report_check(t->report, ok, "notification", "a notification is taken without an answer", t->seen);
}

/* ---- events ---- */

/* The context store says it, once and for all. */
static void terminal_check(struct tb_talk *t, const struct tb_grants *grants)
{
    static const char text[] = "which terminal this is is told at once";
    struct tb_check check = {.err = TB_OK};
    bool told = tb_talk_told(t, "terminal", NULL, NULL);
    bool ok = told && tb_json_text(&check, t->rpc.params, "till", TB_SHORT_SIZE_MAX).size > 0;
    if (!told && !grants->live)
        tb_report_unseen(t->report, "socket_terminal", text, "let the agent reach its context store once");
    else
        tb_report_check(t->report, ok, "socket_terminal", text, t->seen);
}

static void socket_checks(struct tb_talk *t, const struct tb_grants *grants)
{
    bool ok = tb_talk_follow(t);
    tb_report_check(t->report, ok, "socket", "a websocket opens with the token and the subprotocol", t->seen);
    if (!ok)
        return;
    ok = tb_talk_next(t) && t->rpc.kind == TB_RPC_NOTIFICATION && tb_span_is(t->rpc.method, "ready");
    tb_report_check(t->report, ok, "socket_ready", "the first message is ready", t->seen);
    tb_report_check(t->report, tb_talk_event(t, "state", NULL, NULL), "socket_state", "state is told at once",
                    t->seen);
    terminal_check(t, grants);
    ok = tb_talk_ask(t, "ping", "{}") && t->rpc.kind == TB_RPC_RESULT;
    tb_report_check(t->report, ok, "socket_call", "a call over the websocket is answered there", t->seen);
}

static void stream_checks(struct tb_talk *t)
{
    struct tb_conf_link *link = t->link;
    struct tb_wire_answer answer = {.status = 0};
    tb_talk_write(t, &(struct tb_talk_how){.line = "GET /pos/v1/events", .token = t->token});
    struct tb_span event = tb_span_of(NULL, 0);
    enum tb_err err = tb_conf_link_open(link, t->port);
    if (err == TB_OK)
        err = tb_conf_link_send(link, tb_buf_span(&t->request));
    while (err == TB_OK && event.size == 0) {
        err = tb_conf_link_more(link, TB_LINK_WAIT_MS);
        if (tb_wire_answer_parse(tb_span_of(link->bytes, link->size), &answer) != TB_OK)
            continue;
        struct tb_span rest = answer.body;
        event = tb_wire_event_cut(&rest);
    }
    bool ok = err == TB_OK && answer.status == 200 &&
              tb_span_is(tb_wire_header(&answer, "content-type"), "text/event-stream");
    (void)snprintf(t->seen, sizeof t->seen, "HTTP %u, %s", answer.status, tb_err_name(err));
    tb_report_check(t->report, ok, "stream", "events come as server-sent events, too", t->seen);
    struct tb_check check = {.err = TB_OK};
    tb_arena_release(&t->arena, 0);
    ok = ok && tb_rpc_parse(event, 0, &t->arena, &check, &t->rpc) == TB_OK &&
         tb_span_is(t->rpc.method, "ready");
    tb_report_check(t->report, ok, "stream_ready", "the first of them is ready", t->seen);
    tb_conf_link_close(link);
}

/* True: there is a websocket, for what comes now. */
static bool with_token(struct tb_talk *t, struct tb_grants *ret_grants)
{
    bool ok = tb_grants_read(t, ret_grants);
    tb_report_check(t->report, ok, "scopes", "session.info says which scopes were granted", t->seen);
    body_long(t);
    calls(t, ret_grants);
    tb_grants_ungranted(t, ret_grants);
    stream_checks(t);
    socket_checks(t, ret_grants);
    return t->follower->fd >= 0;
}

/* No more than what is looked at needs; with a token of its own the new one is asked nothing but whose it is.
 */
static unsigned scopes_wanted(const struct tb_play_config *config)
{
    unsigned scopes = TB_GRANT_DEVICE;
    if (config->token[0])
        return scopes;
    scopes |= TB_GRANT_OPERATOR | TB_GRANT_HELP | TB_GRANT_IDENTIFY | TB_GRANT_CUSTOMER;
    if (config->code[0])
        scopes |= TB_GRANT_CHECKOUT | TB_GRANT_HANDOVER;
    if (config->code[0] && config->gtin[0])
        scopes |= TB_GRANT_CART;
    return scopes;
}

enum tb_err tb_play_agent(struct tb_report *report, const struct tb_play_config *config)
{
    static struct tb_conf_link link, follower;
    static uint8_t request[REQUEST_MAX];
    static _Alignas(max_align_t) uint8_t memory[TB_JSON_ARENA_SIZE(TB_WIRE_FRAME_MAX)];
    static struct tb_talk talk;
    struct tb_grants grants = {.scopes = 0};
    static struct tb_paired paired;
    bool followed = false;
    talk = (struct tb_talk){.report = report, .port = config->port, .link = &link, .follower = &follower};
    talk.request = tb_buf_of(request, sizeof request);
    talk.arena = tb_arena_of(memory, sizeof memory);
    link.fd = follower.fd = -1;
    enum tb_err err = tb_conf_link_open(&link, config->port);
    tb_conf_link_close(&link);
    if (err != TB_OK)
        return err;
    without_token(&talk);
    if (config->pair)
        (void)tb_pairing_play(&talk, scopes_wanted(config), &paired);
    else
        tb_report_skip(report, "pairing", "a code of the clerk page pairs", "nobody is asked without --pair");
    talk.token = config->token[0] ? config->token : paired.token;
    if (talk.token[0]) {
        followed = with_token(&talk, &grants);
    } else
        tb_report_skip(report, "token", "calls and events", "no token was given");
    if (followed)
        tb_steps_alone(&talk, config, &grants);
    if (followed && config->code[0])
        tb_steps_customer(&talk, config, &grants);
    else
        tb_report_skip(report, "serving", "a customer comes and goes",
                       config->code[0] ? "there is no websocket" : "no code of a customer was given");
    tb_conf_link_close(&follower);
    tb_pairing_remind(&talk, &paired);
    return TB_OK;
}
