#include "contextd/gateway/connection.h"

#include "contextd/gateway/origin.h"
#include "host/log/log.h"

#define HEADER_SIZE_MAX 256

/* What does not fit becomes a value that equals nothing allowed, and is not empty either. */
static struct tb_span header_read(struct lws *wsi, enum lws_token_indexes token, char to[HEADER_SIZE_MAX])
{
    if (lws_hdr_total_length(wsi, token) <= 0)
        return tb_span_of(NULL, 0);
    int size = lws_hdr_copy(wsi, to, HEADER_SIZE_MAX, token);
    return size >= 0 ? tb_span_of(to, (size_t)size) : tb_span_str("?");
}

/* A short answer after which the socket is closed: always -1. */
static int answer(struct connection *c, unsigned status, const char *reason)
{
    tb_log(TB_LOG_WARN, TB_EVENT("gateway", "refused"), tb_log_str("listener", c->listener->tls.name),
           tb_log_int("status", status), tb_log_str("reason", reason));
    c->reason = reason;
    c->state = CONNECTION_DYING;
    /* The socket is closed whether or not this still reaches the other side. */
    (void)lws_return_http_status(c->wsi, status, reason);
    return -1;
}

static bool protocol_offered(struct tb_span list)
{
    while (list.size > 0) {
        struct tb_span item = tb_span_cut(&list, ',');
        while (item.size > 0 && item.at[0] == ' ')
            item = tb_span_sub(item, 1, item.size);
        while (item.size > 0 && item.at[item.size - 1] == ' ')
            item.size--;
        if (tb_span_is(item, TB_PROTOCOL_NAME))
            return true;
    }
    return false;
}

static int terminal_judge(struct connection *c, struct tb_span origin)
{
    if (origin.size > 0)
        return answer(c, 403, "origin_on_terminal_listener");
    enum tb_err err = tb_tls_peer_device(c->wsi, c->device, sizeof c->device);
    if (err != TB_OK)
        return answer(c, 403, err == TB_ERR_EXPIRED ? "certificate_expired" : "certificate_refused");
    tb_tls_peer_key(c->wsi, &c->key);
    return 0;
}

static int web_judge(struct connection *c, struct tb_span origin)
{
    const struct tb_gateway_config *config = &c->gateway->config;
    if (!tb_origin_allowed(origin, config->origins, config->origin_count))
        return answer(c, 403, "origin_refused");
    return 0;
}

static int upgrade_judge(struct connection *c, struct tb_span upgrade)
{
    char origin_text[HEADER_SIZE_MAX];
    char protocol_text[HEADER_SIZE_MAX];
    char version_text[HEADER_SIZE_MAX];
    struct tb_span origin = header_read(c->wsi, WSI_TOKEN_ORIGIN, origin_text);
    if (!tb_span_is(upgrade, "websocket") ||
        !tb_span_is(header_read(c->wsi, WSI_TOKEN_VERSION, version_text), "13"))
        return answer(c, 400, "not_a_websocket");
    if (!protocol_offered(header_read(c->wsi, WSI_TOKEN_PROTOCOL, protocol_text)))
        return answer(c, 400, "protocol_missing");
    int refused = c->listener->tls.terminals ? terminal_judge(c, origin) : web_judge(c, origin);
    c->admitted = refused == 0;
    return refused;
}

static int socket_end(struct connection *c, struct lws *wsi)
{
    lws_set_opaque_user_data(wsi, NULL);
    connection_lost(c);
    return 0;
}

int upgrade_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
    (void)user;
    (void)size;
    if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS) {
        struct listener *l = lws_get_vhost_user(in);
        return tb_tls_setup(user, &l->tls) == TB_OK ? 0 : -1;
    }
    struct connection *c = connection_of(wsi);
    if (c == NULL)
        return 0;
    c->wsi = wsi;
    tb_loop_turn(c->gateway->loop);
    switch ((int)reason) {
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return upgrade_judge(c, tb_span_str(in ? in : ""));
    case LWS_CALLBACK_HTTP: return answer(c, 404, "not_a_websocket");
    case LWS_CALLBACK_HTTP_BODY: return -1;                  /* nobody has anything to post */
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return -1; /* a websocket without our protocol */
    case LWS_CALLBACK_WSI_DESTROY: return socket_end(c, wsi);
    default: return 0;
    }
}
