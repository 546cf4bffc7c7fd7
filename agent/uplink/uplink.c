#include "agent/uplink/uplink.h"

#include "agent/uplink/address.h"
#include "agent/uplink/delay.h"
#include "agent/uplink/queue.h"
#include "agent/uplink/resolve.h"
#include "agent/uplink/tls.h"
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "core/crypto/key.h"
#include "host/log/log.h"
#include "host/loop/loop.h"

#include <errno.h>
#include <libwebsockets.h>
#include <stdlib.h>

#define VHOST_NAME "tillbridge-uplink"
#define READ_SIZE 4096
#define ATTEMPT_MAX_MS 15000 /* from the first packet to the agreed subprotocol */
#define HELD_MS 10000        /* a connection that lasted this long counts as one that held */
#define PING_PRESET_S 20
#define SESSION_MAX_S (24u * 3600) /* how long a TLS session is offered again; the server decides */

_Static_assert(TB_UPLINK_QUEUE_HEADROOM >= LWS_PRE, "lws writes its frame header in front of a message");

/* How far an attempt has come; a failure means something else in each. */
enum line_phase {
    PHASE_WAITING, /* for the next attempt */
    PHASE_RESOLVING,
    PHASE_REACHING, /* TCP */
    PHASE_SECURING, /* TLS */
    PHASE_ASKING,   /* websocket upgrade */
    PHASE_UP,
};

struct tb_uplink {
    struct tb_loop *loop;
    struct tb_address address;
    struct tb_rng rng;
    struct tb_uplink_handlers handlers;
    struct lws_vhost *vhost;
    struct tb_resolver *resolver;

    enum line_phase phase;
    struct lws *wsi; /* NULL but in the last four phases */
    struct tb_resolved found;
    size_t found_next;             /* the next address to try */
    enum tb_line_cause drop_cause; /* set by us when we end a connection; TB_CAUSE_NONE otherwise */
    int64_t up_since_ms;
    struct tb_timer timer; /* next attempt while waiting, deadline of an attempt after that */
    struct tb_delay delay;
    struct tb_uplink_counts counts;

    struct tb_send_queue queue;
    size_t message_size; /* of the message being put together */
    uint8_t *message;    /* TB_UPLINK_MESSAGE_MAX bytes */
};

/* When to ping and when to hang up. Static, because a connection that winds up still reads it. */
static lws_retry_bo_t idle_policy;

static void attempt_begin(struct tb_timer *timer);
static void attempt_reach(struct tb_timer *timer);

/* ---- going down: the only way, whatever lws calls it ---- */

static enum tb_delay_after delay_after(const struct tb_uplink *u, enum tb_line_cause cause)
{
    if (cause == TB_CAUSE_DENIED)
        return TB_DELAY_AFTER_DENIAL;
    bool held = u->phase == PHASE_UP && tb_loop_now_ms(u->loop) - u->up_since_ms >= HELD_MS;
    return held ? TB_DELAY_AFTER_HELD : TB_DELAY_AFTER_FAILURE;
}

static void line_down(struct tb_uplink *u, enum tb_line_cause cause, const char *detail)
{
    if (u->drop_cause != TB_CAUSE_NONE)
        cause = u->drop_cause;
    int64_t retry_ms = tb_delay_next_ms(&u->delay, delay_after(u, cause), &u->rng);
    u->counts.failures += u->phase != PHASE_UP;
    u->phase = PHASE_WAITING;
    u->drop_cause = TB_CAUSE_NONE;
    u->message_size = 0;
    tb_send_queue_clear(&u->queue);
    tb_timer_set(u->loop, &u->timer, retry_ms, attempt_begin);
    tb_log(TB_LOG_WARN, TB_EVENT("uplink", "down"), tb_log_str("cause", tb_line_cause_name(cause)),
           tb_log_str("detail", detail), tb_log_int("retry_ms", retry_ms));
    if (u->handlers.down)
        u->handlers.down(u->handlers.context, cause, retry_ms);
}

/* errno of a failed connect(), out of lws's "conn fail: 111"; 0 when it does not say. */
static int connect_errno(struct tb_span text)
{
    static const char prefix[] = "conn fail: ";
    uint64_t code = 0;
    if (!tb_span_starts(text, tb_span_str(prefix)))
        return 0;
    struct tb_span digits = tb_span_sub(text, sizeof prefix - 1, text.size);
    return tb_decimal_decode(digits, INT16_MAX, &code) == TB_OK ? (int)code : 0;
}

static enum tb_line_cause upgrade_cause(struct lws *wsi, const char **ret_detail)
{
    unsigned status = lws_http_client_http_response(wsi);
    *ret_detail = status ? "upgrade_refused" : "upgrade_cut";
    if (status == HTTP_STATUS_UNAUTHORIZED || status == HTTP_STATUS_FORBIDDEN)
        return TB_CAUSE_DENIED;
    return status ? TB_CAUSE_REFUSED : TB_CAUSE_CLOSED;
}

static enum tb_line_cause failure_cause(struct tb_uplink *u, struct lws *wsi, struct tb_span text,
                                        const char **ret_detail)
{
    *ret_detail = "closed";
    switch (u->phase) {
    case PHASE_REACHING:
        *ret_detail = "connect";
        return connect_errno(text) == ECONNREFUSED ? TB_CAUSE_REFUSED : TB_CAUSE_NO_ROUTE;
    case PHASE_SECURING: return tb_tls_cause(wsi, ret_detail);
    case PHASE_ASKING: return upgrade_cause(wsi, ret_detail);
    case PHASE_WAITING:
    case PHASE_RESOLVING:
    case PHASE_UP: break;
    }
    return TB_CAUSE_CLOSED;
}

/* In a turn of its own: lws may be in the middle of giving the last address up. */
static void attempt_reach_soon(struct tb_uplink *u)
{
    u->phase = PHASE_RESOLVING;
    tb_timer_set(u->loop, &u->timer, 0, attempt_reach);
}

/* lws says this up to twice for one connection, and in three ways; the first one counts. */
static void connection_over(struct tb_uplink *u, struct lws *wsi, struct tb_span text)
{
    const char *detail = "";
    enum tb_line_cause cause = failure_cause(u, wsi, text, &detail);
    lws_set_opaque_user_data(wsi, NULL);
    u->wsi = NULL;
    if (u->phase == PHASE_REACHING && u->drop_cause == TB_CAUSE_NONE && u->found_next < u->found.count)
        attempt_reach_soon(u);
    else
        line_down(u, cause, detail);
}

/* ---- an attempt ---- */

static void connection_kill(struct tb_uplink *u, enum tb_line_cause cause)
{
    u->drop_cause = cause;
    if (u->wsi)
        lws_wsi_close(u->wsi, LWS_TO_KILL_ASYNC);
}

static void attempt_late(struct tb_timer *timer)
{
    struct tb_uplink *u = timer->context;
    connection_kill(u, u->phase == PHASE_REACHING ? TB_CAUSE_NO_ROUTE : TB_CAUSE_REFUSED);
}

static void attempt_reach(struct tb_timer *timer)
{
    struct tb_uplink *u = timer->context;
    struct lws_client_connect_info info = {
        .context = tb_loop_lws(u->loop),
        .vhost = u->vhost,
        .address = u->found.text[u->found_next++],
        .port = u->address.port,
        .ssl_connection = LCCSCF_USE_SSL,
        .path = u->address.path,
        .host = u->address.name, /* what the certificate must name; also sent as SNI */
        .protocol = TB_PROTOCOL_NAME,
        .local_protocol_name = TB_PROTOCOL_NAME,
        .alpn = "http/1.1",
        .retry_and_idle_policy = &idle_policy,
        .opaque_user_data = u,
        .pwsi = &u->wsi,
    };
    u->phase = PHASE_REACHING;
    tb_timer_set(u->loop, &u->timer, ATTEMPT_MAX_MS, attempt_late);
    if (!lws_client_connect_via_info(&info) && u->phase == PHASE_REACHING && !u->wsi)
        line_down(u, TB_CAUSE_NO_ROUTE, "no_connection");
}

static void name_resolved(void *context, const struct tb_resolved *found)
{
    struct tb_uplink *u = context;
    u->found = *found;
    u->found_next = 0;
    if (found->count == 0)
        line_down(u, TB_CAUSE_NO_ROUTE, "name");
    else
        attempt_reach_soon(u);
}

static void attempt_begin(struct tb_timer *timer)
{
    struct tb_uplink *u = timer->context;
    u->phase = PHASE_RESOLVING;
    tb_tls_raise_clock_floor(tb_loop_wall_ms(u->loop));
    if (tb_resolver_ask(u->resolver, u->address.name, name_resolved, u))
        line_down(u, TB_CAUSE_NO_ROUTE, "resolver");
}

/* ---- while it is up ---- */

static void connection_up(struct tb_uplink *u)
{
    u->phase = PHASE_UP;
    u->up_since_ms = tb_loop_now_ms(u->loop);
    u->counts.connects++;
    tb_timer_cancel(&u->timer);
    tb_log(TB_LOG_INFO, TB_EVENT("uplink", "up"), tb_log_str("name", u->address.name));
    if (u->handlers.up)
        u->handlers.up(u->handlers.context);
}

static int bytes_received(struct tb_uplink *u, struct lws *wsi, struct tb_span bytes)
{
    if (u->drop_cause != TB_CAUSE_NONE)
        return -1;
    if (lws_frame_is_binary(wsi) || bytes.size > TB_UPLINK_MESSAGE_MAX - u->message_size ||
        lws_remaining_packet_payload(wsi) > TB_UPLINK_MESSAGE_MAX) {
        tb_log(TB_LOG_WARN, TB_EVENT("uplink", "message_refused"),
               tb_log_int("size", (int64_t)u->message_size));
        return -1;
    }
    if (bytes.size > 0)
        memcpy(u->message + u->message_size, bytes.at, bytes.size);
    u->message_size += bytes.size;
    if (lws_remaining_packet_payload(wsi) > 0 || !lws_is_final_fragment(wsi))
        return 0;
    struct tb_span message = tb_span_of(u->message, u->message_size);
    u->message_size = 0;
    if (u->handlers.message)
        u->handlers.message(u->handlers.context, message);
    return 0;
}

/* One message per call: lws may write to a socket once per POLLOUT. */
static int socket_writable(struct tb_uplink *u, struct lws *wsi)
{
    size_t size = 0;
    uint8_t *message = tb_send_queue_first(&u->queue, &size);
    if (u->drop_cause != TB_CAUSE_NONE)
        return -1;
    if (!message)
        return 0;
    int written = lws_write(wsi, message, size, LWS_WRITE_TEXT);
    tb_send_queue_drop(&u->queue);
    if (written < 0 || (size_t)written < size)
        return -1;
    if (u->queue.count > 0)
        lws_callback_on_writable(wsi);
    return 0;
}

static int protocol_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                          size_t size)
{
    struct tb_uplink *u = lws_get_opaque_user_data(wsi);
    (void)user;
    if (!u) /* of the context or the vhost, or of a connection that is over */
        return 0;
    tb_loop_turn(u->loop);
    switch ((int)reason) {
    case LWS_CALLBACK_WSI_CREATE: u->phase = PHASE_SECURING; return 0;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: u->phase = PHASE_ASKING; return 0;
    case LWS_CALLBACK_CLIENT_HTTP_REDIRECT: return -1; /* the address is configured, not handed out */
    case LWS_CALLBACK_CLIENT_ESTABLISHED: connection_up(u); return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE: return bytes_received(u, wsi, tb_span_of(in, size));
    case LWS_CALLBACK_CLIENT_WRITEABLE: return socket_writable(u, wsi);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: connection_over(u, wsi, tb_span_of(in, in ? size : 0)); return 0;
    }
    return 0;
}

/* ---- the owner's side ---- */

static const struct lws_protocols uplink_protocols[] = {
    {.name = TB_PROTOCOL_NAME, .callback = protocol_event, .rx_buffer_size = READ_SIZE},
    LWS_PROTOCOL_LIST_TERM,
};

/* lws wants the key's terminator counted, and one byte more than that. */
static enum tb_err vhost_create(struct tb_uplink *u, const struct tb_tls_material *m)
{
    char key[TB_KEY_PEM_SIZE_MAX];
    enum tb_err err = tb_span_to_str(m->key, key, sizeof key - 1);
    if (err)
        return err;
    struct lws_context_creation_info info = {
        .vhost_name = VHOST_NAME,
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = uplink_protocols,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .client_ssl_ca_mem = m->ca.at,
        .client_ssl_ca_mem_len = (unsigned)m->ca.size,
        .client_ssl_cert_mem = m->certificate.at,
        .client_ssl_cert_mem_len = (unsigned)m->certificate.size,
        .client_ssl_key_mem = key,
        .client_ssl_key_mem_len = (unsigned)(m->key.size + 2),
        .tls_session_timeout = SESSION_MAX_S,
        .tls_session_cache_max = 1,
    };
    u->vhost = lws_create_vhost(tb_loop_lws(u->loop), &info);
    tb_wipe(key, sizeof key);
    return u->vhost ? TB_OK : TB_ERR_SYNTAX;
}

static enum tb_err parts_open(struct tb_uplink *u, const struct tb_uplink_config *config)
{
    struct tb_tls_material material = {
        .ca = config->ca_pem, .certificate = config->certificate_pem, .key = config->key_pem};
    enum tb_err err = tb_address_read(tb_span_str(config->url), &u->address);
    if (!err)
        err = tb_tls_material_check(&material, &u->rng);
    if (!err) {
        u->message = malloc(TB_UPLINK_MESSAGE_MAX);
        err = u->message ? TB_OK : TB_ERR_NO_MEMORY;
    }
    if (!err)
        err = tb_resolver_open(u->loop, &u->resolver);
    if (!err)
        err = vhost_create(u, &material);
    return err;
}

enum tb_err tb_uplink_open(struct tb_loop *loop, const struct tb_uplink_config *config,
                           struct tb_uplink **ret_uplink)
{
    struct tb_uplink *u = calloc(1, sizeof *u);
    if (!u)
        return TB_ERR_NO_MEMORY;
    unsigned ping_s = config->ping_s ? config->ping_s : PING_PRESET_S;
    u->loop = loop;
    u->rng = config->rng;
    u->handlers = config->handlers;
    u->queue = (struct tb_send_queue){.count_max = TB_UPLINK_QUEUE_MAX, .size_max = TB_UPLINK_QUEUE_SIZE_MAX};
    idle_policy = (lws_retry_bo_t){
        .secs_since_valid_ping = (uint16_t)ping_s,
        .secs_since_valid_hangup = (uint16_t)(config->hangup_s ? config->hangup_s : 2 * ping_s),
    };
    u->delay = (struct tb_delay){
        .window_ms = config->window_ms,
        .max_ms = config->retry_max_ms ? config->retry_max_ms : TB_DELAY_MAX_PRESET_MS,
    };
    u->timer.context = u;
    enum tb_err err = parts_open(u, config);
    if (err) {
        tb_uplink_close(u);
        return err;
    }
    tb_timer_set(loop, &u->timer, tb_delay_next_ms(&u->delay, TB_DELAY_AFTER_HELD, &u->rng), attempt_begin);
    *ret_uplink = u;
    return TB_OK;
}

struct tb_uplink *tb_uplink_close(struct tb_uplink *uplink)
{
    if (!uplink)
        return NULL;
    tb_timer_cancel(&uplink->timer);
    tb_resolver_close(uplink->resolver);
    if (uplink->wsi)
        lws_set_opaque_user_data(uplink->wsi, NULL);
    if (uplink->vhost)
        lws_vhost_destroy(uplink->vhost);
    tb_send_queue_clear(&uplink->queue);
    if (uplink->message)
        tb_wipe(uplink->message, TB_UPLINK_MESSAGE_MAX);
    free(uplink->message);
    free(uplink);
    return NULL;
}

enum tb_err tb_uplink_send(struct tb_uplink *uplink, struct tb_span message)
{
    if (uplink->phase != PHASE_UP || uplink->drop_cause != TB_CAUSE_NONE)
        return TB_ERR_OFFLINE;
    if (message.size > TB_UPLINK_MESSAGE_MAX)
        return TB_ERR_TOO_LONG;
    enum tb_err err = tb_send_queue_put(&uplink->queue, message);
    if (!err)
        lws_callback_on_writable(uplink->wsi);
    return err;
}

void tb_uplink_drop(struct tb_uplink *uplink, enum tb_line_cause cause)
{
    TB_ASSERT(cause != TB_CAUSE_NONE);
    if (uplink->wsi && uplink->drop_cause == TB_CAUSE_NONE)
        connection_kill(uplink, cause);
}

void tb_uplink_set_window(struct tb_uplink *uplink, int64_t window_ms)
{
    uplink->delay.window_ms = window_ms;
}

bool tb_uplink_is_up(const struct tb_uplink *uplink)
{
    return uplink->phase == PHASE_UP;
}

struct tb_uplink_counts tb_uplink_counts(const struct tb_uplink *uplink)
{
    return uplink->counts;
}
