#include "agent/counter/connection.h"
#include "agent/counter/head.h"
#include "agent/counter/pos.h"
#include "agent/counter/pos_gate.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"

#include <stdio.h>

#define CHUNK_SIZE 4096    /* bytes of a file per write */
#define COOKIE_COUNT_MAX 4 /* of our name that are tried */

/* A short answer in plain text, after which the socket is closed: always -1. */
static int text_answer(struct connection *c, unsigned status, const char *text)
{
    uint8_t bytes[LWS_PRE + 256];
    struct tb_buf body = tb_buf_of(bytes + LWS_PRE, sizeof bytes - LWS_PRE);
    tb_buf_add_str(&body, text);
    TB_ASSERT(body.err == TB_OK);
    const struct tb_head answer = {.status = status, .type = "text/plain; charset=utf-8", .size = body.size};
    if (tb_head_write(c->wsi, &answer) && !c->head_only) {
        int written = lws_write(c->wsi, body.at, body.size, LWS_WRITE_HTTP_FINAL);
        (void)written; /* the socket is closed in any case */
    }
    c->state = CONNECTION_DYING;
    return -1;
}

static int refuse(struct connection *c, enum tb_gate_answer why)
{
    char text[64];
    counter_refused(c->counter, tb_gate_code(why));
    int size = snprintf(text, sizeof text, "refused: %s\n", tb_gate_code(why));
    TB_ASSERT(size > 0 && (size_t)size < sizeof text);
    return text_answer(c, tb_gate_status(why), text);
}

static int session_refuse(struct connection *c)
{
    counter_refused(c->counter, "session_missing");
    return text_answer(c, 403, "Not signed in. Open the page from its launcher on this machine.\n");
}

/* ---- reading a request ---- */

struct request_text { /* room for the header values of one request */
    char host[TB_GATE_HEADER_MAX];
    char origin[TB_GATE_HEADER_MAX];
    char upgrade[32];
    char version[16];
    char protocol[TB_GATE_HEADER_MAX];
};

static void request_read(struct lws *wsi, struct request_text *text, struct tb_gate_request *ret_request)
{
    char *path = NULL;
    int path_size = 0;
    int method = lws_http_get_uri_and_method(wsi, &path, &path_size);
    ret_request->method = TB_GATE_METHOD_OTHER;
    if (method >= 0 && lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0)
        ret_request->method = TB_GATE_METHOD_GET;
    else if (method >= 0 && lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0)
        ret_request->method = TB_GATE_METHOD_HEAD;
    ret_request->path = tb_span_of(path, method >= 0 && path ? (size_t)path_size : 0);
    ret_request->host = tb_head_read(wsi, WSI_TOKEN_HOST, text->host, sizeof text->host);
    ret_request->origin = tb_head_read(wsi, WSI_TOKEN_ORIGIN, text->origin, sizeof text->origin);
    ret_request->upgrade = tb_head_read(wsi, WSI_TOKEN_UPGRADE, text->upgrade, sizeof text->upgrade);
    ret_request->version = tb_head_read(wsi, WSI_TOKEN_VERSION, text->version, sizeof text->version);
    ret_request->protocol = tb_head_read(wsi, WSI_TOKEN_PROTOCOL, text->protocol, sizeof text->protocol);
}

/* Cookies do not know ports: the name does, so that two agents of one machine do not mix theirs. */
static void cookie_name(const struct tb_counter *counter, char ret_name[32])
{
    int size = snprintf(ret_name, 32, "tillbridge_%u", counter->port);
    TB_ASSERT(size > 0 && size < 32);
}

/* A session of the scope of what is asked for. */
static bool session_find(struct connection *c, struct tb_span path)
{
    enum tb_counter_scope wanted = tb_counter_scope_at(path);
    char header[TB_GATE_HEADER_MAX];
    char name[32];
    uint8_t scope = 0;
    struct tb_span cookies = tb_head_read(c->wsi, WSI_TOKEN_HTTP_COOKIE, header, sizeof header);
    cookie_name(c->counter, name);
    for (unsigned n = 0; n < COOKIE_COUNT_MAX; n++) {
        struct tb_span cookie = tb_gate_cookie(cookies, tb_span_str(name), n);
        if (cookie.size == 0)
            return false;
        if (tb_sessions_check(&c->counter->sessions, cookie, &scope) == TB_OK && scope == (uint8_t)wanted) {
            c->scope = wanted;
            return true;
        }
    }
    return false;
}

/* ---- the page's files ---- */

static int file_write(struct connection *c)
{
    uint8_t bytes[LWS_PRE + CHUNK_SIZE];
    struct tb_span piece = tb_span_sub(c->file->content, c->file_sent, CHUNK_SIZE);
    if (piece.size == 0)
        return -1; /* all of it has left: what was written last is flushed before the next callback */
    memcpy(bytes + LWS_PRE, piece.at, piece.size);
    c->file_sent += piece.size;
    bool last = c->file_sent == c->file->content.size;
    int written =
        lws_write(c->wsi, bytes + LWS_PRE, piece.size, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
    if (written < (int)piece.size)
        return -1;
    lws_callback_on_writable(c->wsi);
    return 0;
}

static int file_answer(struct connection *c, struct tb_span path)
{
    for (size_t i = 0; i < tb_files_count; i++) {
        const struct tb_file *file = &tb_files[i];
        if (!tb_span_is(path, file->path))
            continue;
        const struct tb_head answer = {
            .status = 200, .type = file->type, .size = file->content.size, .encoding = "gzip"};
        if (!tb_head_write(c->wsi, &answer) || c->head_only)
            return -1;
        c->file = file;
        lws_callback_on_writable(c->wsi);
        return 0;
    }
    return refuse(c, TB_GATE_NOT_FOUND);
}

/* ---- tokens ---- */

/* Judges the token of a request whose time has come; after the answer the socket is closed. */
static int token_answer(struct connection *c)
{
    struct tb_counter *counter = c->counter;
    char value[TB_SESSION_COOKIE_TEXT_SIZE];
    char name[32];
    char cookie[192];
    uint8_t scope = 0;
    enum tb_err err =
        tb_sessions_redeem(&counter->sessions, tb_span_str(c->token), tb_loop_now_ms(counter->loop), &scope);
    tb_wipe(c->token, sizeof c->token);
    if (err != TB_OK) {
        counter_refused(counter, "token_refused");
        return text_answer(c, 403, "This address was used already or is too old. Open the page anew.\n");
    }
    tb_sessions_cookie(&counter->sessions, scope, value);
    cookie_name(counter, name);
    const char *path = tb_counter_scope_path((enum tb_counter_scope)scope);
    int size =
        snprintf(cookie, sizeof cookie, "%s=%s; Path=%s; HttpOnly; SameSite=Strict", name, value, path);
    TB_ASSERT(size > 0 && (size_t)size < sizeof cookie);
    const struct tb_head answer = {.status = 303, .type = "text/plain", .location = path, .cookie = cookie};
    bool written = tb_head_write(c->wsi, &answer);
    tb_wipe(cookie, sizeof cookie);
    tb_wipe(value, sizeof value);
    c->state = CONNECTION_DYING;
    (void)written; /* the socket is closed in any case */
    return -1;
}

static int token_take(struct connection *c)
{
    char text[2 * TB_SESSION_TOKEN_TEXT_SIZE]; /* the argument with its name, and longer ones */
    int64_t now_ms = tb_loop_now_ms(c->counter->loop);
    int size = lws_get_urlarg_by_name_safe(c->wsi, "token=", text, sizeof text);
    bool whole = size == TB_SESSION_TOKEN_TEXT_SIZE - 1;
    memcpy(c->token, whole ? text : "?", whole ? sizeof c->token : 2); /* "?" counts as a wrong token */
    tb_wipe(text, sizeof text);
    c->token_due_ms = now_ms + tb_sessions_delay_ms(&c->counter->sessions);
    if (c->token_due_ms <= now_ms)
        return token_answer(c);
    connection_set_deadline(c, c->token_due_ms + REQUEST_DEADLINE_MS);
    return 0;
}

/* ---- callbacks ---- */

static int request_answer(struct lws *wsi)
{
    struct connection *c = connection_of(wsi);
    struct request_text text;
    struct tb_gate_request request;
    request_read(wsi, &text, &request);
    if (tb_pos_gate_is(request.path))
        return pos_request(c, request.path);
    c->head_only = request.method == TB_GATE_METHOD_HEAD;
    enum tb_gate_answer answer = tb_gate_judge(&request, c->counter->port);
    if (answer == TB_GATE_OPEN)
        return token_take(c);
    if (answer != TB_GATE_PAGE && answer != TB_GATE_SHARED)
        return refuse(c, answer == TB_GATE_SOCKET ? TB_GATE_UPGRADE_REFUSED : answer);
    bool allowed = answer == TB_GATE_SHARED || session_find(c, request.path);
    return allowed ? file_answer(c, request.path) : session_refuse(c);
}

static int upgrade_answer(struct lws *wsi)
{
    struct connection *c = connection_of(wsi);
    struct request_text text;
    struct tb_gate_request request;
    request_read(wsi, &text, &request);
    if (tb_pos_gate_is(request.path))
        return pos_upgrade(c, request.path);
    enum tb_gate_answer answer = tb_gate_judge(&request, c->counter->port);
    if (answer != TB_GATE_SOCKET)
        return refuse(c, tb_gate_code(answer) ? answer : TB_GATE_UPGRADE_REFUSED);
    if (!session_find(c, request.path))
        return session_refuse(c);
    if (c->counter->page_count >= TB_COUNTER_PAGE_MAX) {
        counter_refused(c->counter, "pages_full");
        return text_answer(c, 503, "Too many pages are open on this till.\n");
    }
    c->admitted = true;
    return 0;
}

static int socket_free(struct lws *wsi)
{
    struct connection *c = connection_of(wsi);
    lws_set_opaque_user_data(wsi, NULL);
    connection_free(c);
    return 0;
}

static int body_write(struct lws *wsi)
{
    struct connection *c = connection_of(wsi);
    if (c->form != CONNECTION_FORM_PAGE)
        return pos_write(c);
    if (c->state != CONNECTION_REQUEST)
        return 0;
    if (c->token[0] != '\0' && tb_loop_now_ms(c->counter->loop) >= c->token_due_ms)
        return token_answer(c);
    return c->file ? file_write(c) : 0;
}

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
    (void)user;
    struct connection *c = connection_of(wsi);
    if (!c)
        return 0;
    c->wsi = wsi;
    tb_loop_turn(c->counter->loop);
    switch ((int)reason) {
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return upgrade_answer(wsi);
    case LWS_CALLBACK_HTTP: return request_answer(wsi);
    case LWS_CALLBACK_HTTP_WRITEABLE: return body_write(wsi);
    case LWS_CALLBACK_HTTP_BODY: return pos_body(c, tb_span_of(in, size));
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return pos_body_end(c);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return -1; /* a websocket without our protocol */
    case LWS_CALLBACK_WSI_DESTROY: return socket_free(wsi);
    default: return 0;
    }
}
