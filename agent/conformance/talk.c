#include "agent/conformance/talk.h"

#include "core/base/assert.h"
#include "host/system/system.h"

#include <stdio.h>
#include <time.h>

#define PROTOCOL "tillbridge-pos.v1"
#define CALL_ID 7
#define SEEN_MAX 160 /* bytes of what came that are told */

/* ---- over HTTP ---- */

static void header_add(struct tb_buf *to, const char *name, const char *value)
{
    if (!value)
        return;
    tb_buf_add_str(to, name);
    tb_buf_add_str(to, value);
    tb_buf_add_str(to, "\r\n");
}

void tb_talk_write(struct tb_talk *t, const struct tb_talk_how *how)
{
    struct tb_buf *to = &t->request;
    char host[32];
    (void)snprintf(host, sizeof host, "127.0.0.1:%u", t->port);
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

bool tb_talk_exchange(struct tb_talk *t, const struct tb_talk_how *how)
{
    tb_talk_write(t, how);
    enum tb_err err = tb_conf_link_exchange(t->link, t->port, tb_buf_span(&t->request), &t->answer);
    (void)snprintf(t->seen, sizeof t->seen, "%s", err == TB_OK ? "" : tb_err_name(err));
    if (err == TB_OK)
        (void)snprintf(t->seen, sizeof t->seen, "HTTP %u %.*s", t->answer.status,
                       (int)(t->answer.body.size < SEEN_MAX ? t->answer.body.size : SEEN_MAX),
                       t->answer.body.size ? (const char *)t->answer.body.at : "");
    return err == TB_OK;
}

static bool message_read(struct tb_talk *t, struct tb_span text)
{
    struct tb_check check = {.err = TB_OK};
    tb_arena_release(&t->arena, 0);
    t->rpc = (struct tb_rpc){.id = TB_RPC_NO_ID};
    return tb_rpc_parse(text, 0, &t->arena, &check, &t->rpc) == TB_OK;
}

static bool is_answer(const struct tb_talk *t)
{
    return t->rpc.kind == TB_RPC_RESULT || t->rpc.kind == TB_RPC_ERROR;
}

bool tb_talk_answer_read(struct tb_talk *t)
{
    return message_read(t, t->answer.body) && is_answer(t);
}

static void call_write(char body[TB_TALK_BODY_MAX], int64_t id, const char *method, const char *params)
{
    int size =
        snprintf(body, TB_TALK_BODY_MAX, "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"method\":\"%s\",\"params\":%s}",
                 (long long)id, method, params);
    TB_ASSERT(size > 0 && size < TB_TALK_BODY_MAX);
}

bool tb_talk_call(struct tb_talk *t, const char *method, const char *params)
{
    char body[TB_TALK_BODY_MAX];
    call_write(body, CALL_ID, method, params);
    return tb_talk_exchange(t, &(struct tb_talk_how){.token = t->token, .body = body}) &&
           t->answer.status == 200 && tb_talk_answer_read(t) && t->rpc.id == CALL_ID;
}

bool tb_talk_is_refused(struct tb_talk *t, const char *method, const char *params, const char *code)
{
    return tb_talk_call(t, method, params) && t->rpc.kind == TB_RPC_ERROR &&
           tb_span_starts(t->rpc.code, tb_span_str(code));
}

/* ---- over the websocket ---- */

bool tb_talk_follow(struct tb_talk *t)
{
    struct tb_conf_link *link = t->follower;
    tb_talk_write(t, &(struct tb_talk_how){.line = "GET /pos/v1",
                                           .token = t->token,
                                           .more = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                                   "Sec-WebSocket-Version: 13\r\n"
                                                   "Sec-WebSocket-Protocol: " PROTOCOL "\r\n"});
    enum tb_err err = tb_conf_link_open(link, t->port);
    if (err == TB_OK)
        err = tb_conf_link_send(link, tb_buf_span(&t->request));
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
    (void)snprintf(t->seen, sizeof t->seen, "HTTP %u, %s", answer.status, tb_err_name(err));
    if (err == TB_OK)
        tb_conf_link_drop(link, 0, (size_t)(answer.body.at - link->bytes));
    return ok;
}

enum use { USE_NOT, USE_DROP, USE_TAKE };

/* What is waited for. All empty: whatever comes. */
struct wanted {
    const char *method; /* an event */
    int64_t id;         /* or an answer */
    tb_talk_fits *fits;
    const void *context;
    bool now;         /* is not waited for */
    int64_t until_ms; /* or until then, whatever else comes; 0: TB_LINK_WAIT_MS from whatever came last */
};

static int64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int wait_ms_of(const struct wanted *wanted)
{
    if (wanted->now)
        return 0;
    if (wanted->until_ms == 0)
        return TB_LINK_WAIT_MS;
    int64_t left_ms = wanted->until_ms - clock_ms();
    return left_ms > 0 ? (int)left_ms : 0;
}

static enum use use_of(const struct tb_talk *t, const struct wanted *wanted)
{
    if (wanted->method) {
        if (t->rpc.kind != TB_RPC_NOTIFICATION || !tb_span_is(t->rpc.method, wanted->method))
            return USE_NOT;
        return !wanted->fits || wanted->fits(t->rpc.params, wanted->context) ? USE_TAKE : USE_DROP;
    }
    return wanted->id == 0 || (is_answer(t) && t->rpc.id == wanted->id) ? USE_TAKE : USE_NOT;
}

/* Copied out of the link, whose bytes move. What is no text is of no use to anybody. */
static enum use frame_use(struct tb_talk *t, const struct tb_wire_frame *frame, const struct wanted *wanted)
{
    if (frame->opcode != 1 || !frame->final)
        return USE_DROP;
    struct tb_buf text = tb_buf_of(t->kept, sizeof t->kept);
    tb_buf_add(&text, frame->payload);
    if (!message_read(t, tb_buf_span(&text)))
        return wanted->method || wanted->id ? USE_DROP : USE_TAKE;
    enum use use = use_of(t, wanted);
    if (use != USE_NOT)
        (void)snprintf(t->seen, sizeof t->seen, "%.*s", (int)(text.size < SEEN_MAX ? text.size : SEEN_MAX),
                       (const char *)t->kept);
    return use;
}

static enum tb_err link_more(struct tb_conf_link *link, size_t *at, int wait_ms)
{
    struct tb_wire_frame oldest;
    enum tb_err err = tb_conf_link_more(link, wait_ms);
    if (err != TB_ERR_TOO_LONG || *at == 0)
        return err;
    err = tb_wire_frame_parse(tb_span_of(link->bytes, link->size), &oldest);
    if (err != TB_OK)
        return err;
    tb_conf_link_drop(link, 0, oldest.size);
    *at -= oldest.size;
    return TB_OK;
}

static bool await(struct tb_talk *t, const struct wanted *wanted)
{
    struct tb_conf_link *link = t->follower;
    struct tb_wire_frame frame;
    size_t at = 0;
    (void)snprintf(t->seen, sizeof t->seen, "nothing of it came");
    for (;;) {
        enum tb_err err = tb_wire_frame_parse(tb_span_of(link->bytes + at, link->size - at), &frame);
        if (err == TB_ERR_TRUNCATED)
            err = link_more(link, &at, wait_ms_of(wanted));
        else if (err == TB_OK) {
            enum use use = frame_use(t, &frame, wanted);
            if (use == USE_NOT)
                at += frame.size;
            else
                tb_conf_link_drop(link, at, frame.size);
            if (use == USE_TAKE)
                return true;
        }
        if (err == TB_ERR_TIMEOUT)
            return false;
        if (err != TB_OK) {
            (void)snprintf(t->seen, sizeof t->seen, "%s", tb_err_name(err));
            return false;
        }
    }
}

bool tb_talk_next(struct tb_talk *t)
{
    return await(t, &(struct wanted){.method = NULL});
}

bool tb_talk_event(struct tb_talk *t, const char *method, tb_talk_fits *fits, const void *context)
{
    return await(t, &(struct wanted){.method = method, .fits = fits, .context = context});
}

bool tb_talk_ask(struct tb_talk *t, const char *method, const char *params)
{
    char body[TB_TALK_BODY_MAX];
    uint8_t mask[TB_WIRE_MASK_SIZE];
    const struct tb_rng *rng = tb_rng_system();
    int64_t id = ++t->id_last;
    call_write(body, id, method, params);
    rng->fill(rng->context, mask, sizeof mask);
    tb_buf_reset(&t->request);
    tb_wire_frame_add(&t->request, 1, tb_span_str(body), mask);
    return tb_conf_link_send(t->follower, tb_buf_span(&t->request)) == TB_OK &&
           await(t, &(struct wanted){.id = id});
}

bool tb_talk_told(struct tb_talk *t, const char *method, tb_talk_fits *fits, const void *context)
{
    const struct wanted wanted = {.method = method, .fits = fits, .context = context, .now = true};
    return tb_talk_ask(t, "ping", "{}") && await(t, &wanted);
}

bool tb_talk_watch(struct tb_talk *t, const char *method, tb_talk_fits *fits, const void *context,
                   int64_t wait_ms)
{
    const struct wanted wanted = {
        .method = method, .fits = fits, .context = context, .until_ms = clock_ms() + wait_ms};
    return await(t, &wanted);
}

bool tb_talk_forget(struct tb_talk *t)
{
    struct tb_conf_link *link = t->follower;
    struct tb_wire_frame frame;
    if (!tb_talk_ask(t, "ping", "{}"))
        return false;
    while (tb_wire_frame_parse(tb_span_of(link->bytes, link->size), &frame) == TB_OK)
        tb_conf_link_drop(link, 0, frame.size);
    return true;
}
