#include "contextd/gateway/connection.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "host/log/log.h"
#include "host/system/system.h"

#include <stdlib.h>
#include <sys/socket.h>

/* A request at the engine and whom its answer goes to. */
struct asked {
    struct tb_engine_job job;
    struct connection *connection;
};

static int64_t now_ms(const struct connection *c)
{
    return tb_loop_now_ms(c->gateway->loop);
}

static int64_t wall_ms(const struct connection *c)
{
    return tb_loop_wall_ms(c->gateway->loop);
}

static bool is_open(const struct connection *c)
{
    return c->state == CONNECTION_OPEN;
}

/* ---- life ---- */

static void connection_timer(struct tb_timer *timer);

static bool hold_is_due(const struct connection *c)
{
    return c->queue_size > QUEUE_HOLD_SIZE && !c->held;
}

static int64_t deadline_ms(const struct connection *c)
{
    if (c->state == CONNECTION_UPGRADING)
        return c->began_ms + UPGRADE_DEADLINE_MS;
    if (hold_is_due(c))
        return now_ms(c);
    int64_t deadline = is_open(c) ? tb_session_deadline_ms(&c->session) : INT64_MAX;
    int64_t stall = c->head != NULL ? c->took_ms + STALL_DEADLINE_MS : INT64_MAX;
    deadline = stall < deadline ? stall : deadline;
    return c->probe_deadline_ms < deadline ? c->probe_deadline_ms : deadline;
}

static void timer_arm(struct connection *c)
{
    int64_t deadline = deadline_ms(c);
    if (c->state == CONNECTION_DYING || deadline == INT64_MAX)
        tb_timer_cancel(&c->timer);
    else if (!tb_timer_is_set(&c->timer) || c->timer.due_ms != deadline)
        tb_timer_set(c->gateway->loop, &c->timer, deadline - now_ms(c), connection_timer);
}

static void upgrading_add(struct connection *c)
{
    struct listener *l = c->listener;
    c->older = l->upgrading_newest;
    if (c->older != NULL)
        c->older->newer = c;
    else
        l->upgrading_oldest = c;
    l->upgrading_newest = c;
}

/* Accepts one that has left the list. */
static void upgrading_remove(struct connection *c)
{
    struct listener *l = c->listener;
    if (c->older != NULL)
        c->older->newer = c->newer;
    else if (l->upgrading_oldest == c)
        l->upgrading_oldest = c->newer;
    if (c->newer != NULL)
        c->newer->older = c->older;
    else if (l->upgrading_newest == c)
        l->upgrading_newest = c->older;
    c->older = NULL;
    c->newer = NULL;
}

void connection_give_up(struct connection *c, const char *reason)
{
    if (c->state == CONNECTION_DYING)
        return;
    upgrading_remove(c);
    c->reason = reason;
    c->state = CONNECTION_DYING;
    tb_timer_cancel(&c->timer);
    if (c->wsi != NULL)
        lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

void connection_displace(struct connection *c)
{
    connection_give_up(c, "room_needed");
    upgrading_remove(c); /* one that was refused is still there until its socket is */
    if (c->wsi == NULL)
        return;
    (void)shutdown(lws_get_socket_fd(c->wsi), SHUT_RDWR);
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void connection_timer(struct tb_timer *timer)
{
    struct connection *c = timer->context;
    int64_t now = now_ms(c);
    /* In a turn of its own: the library closes a connection that is stopped while it is being read. */
    if (hold_is_due(c))
        c->held = lws_rx_flow_control(c->wsi, 0) == 0;
    if (hold_is_due(c))
        connection_give_up(c, "client_slow");
    if (c->state == CONNECTION_UPGRADING && now >= c->began_ms + UPGRADE_DEADLINE_MS)
        connection_give_up(c, "upgrade_slow");
    else if (c->head != NULL && now >= c->took_ms + STALL_DEADLINE_MS)
        connection_give_up(c, "client_slow");
    else if (now >= c->probe_deadline_ms)
        connection_give_up(c, "superseded");
    else if (is_open(c))
        tb_session_tick(&c->session, now, wall_ms(c));
    timer_arm(c);
}

static void queue_drop(struct connection *c)
{
    for (struct message *m; (m = c->head) != NULL;) {
        c->head = m->next;
        tb_wipe(m->bytes, LWS_PRE + m->size);
        free(m);
    }
    c->tail = NULL;
    c->queue_size = 0;
}

static void received_drop(struct connection *c)
{
    if (c->received != NULL)
        tb_wipe(c->received, c->received_size);
    free(c->received);
    c->received = NULL;
    c->received_size = 0;
}

static void connection_free(struct connection *c)
{
    tb_wipe(c, sizeof *c);
    free(c);
}

void connection_lost(struct connection *c)
{
    struct tb_gateway *g = c->gateway;
    if (c->welcomed)
        tb_log(TB_LOG_INFO, TB_EVENT("gateway", "session_end"), tb_log_str("device", c->device),
               tb_log_str("reason", c->reason));
    else if (c->state != CONNECTION_UPGRADING || c->reason != NULL)
        tb_log(TB_LOG_INFO, TB_EVENT("gateway", "connection_end"),
               tb_log_str("listener", c->listener->tls.name), tb_log_str("reason", c->reason));
    c->state = CONNECTION_DYING;
    c->wsi = NULL;
    tb_timer_cancel(&c->timer);
    queue_drop(c);
    received_drop(c);
    upgrading_remove(c);
    if (c->next != NULL)
        c->next->previous = c->previous;
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        g->connections = c->next;
    g->connection_count--;
    g->greeting_count -= !c->welcomed;
    c->listener->connection_count--;
    if (g->adopting == c)
        g->adopting = NULL;
    if (c->job_count == 0)
        connection_free(c);
}

struct connection *connection_new(struct listener *l, int64_t began_ms)
{
    struct tb_gateway *g = l->gateway;
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->gateway = g;
    c->listener = l;
    c->began_ms = began_ms;
    c->probe_deadline_ms = INT64_MAX;
    c->alone = g->greeting_count++ == 0;
    c->number = ++g->begun_count;
    c->begun_us = tb_thread_cpu_us();
    c->timer.context = c;
    c->next = g->connections;
    if (c->next != NULL)
        c->next->previous = c;
    g->connections = c;
    g->connection_count++;
    l->connection_count++;
    upgrading_add(c);
    timer_arm(c);
    return c;
}

/* ---- what the session asks for ---- */

static void send_text(struct connection *c, struct tb_span text)
{
    if (c->queue_size + text.size > TB_GATEWAY_QUEUE_SIZE_MAX) {
        connection_give_up(c, "client_slow");
        return;
    }
    struct message *m = malloc(sizeof *m + LWS_PRE + text.size);
    if (m == NULL) {
        connection_give_up(c, "no_memory");
        return;
    }
    m->next = NULL;
    m->size = text.size;
    memcpy(m->bytes + LWS_PRE, text.at, text.size);
    if (c->tail != NULL)
        c->tail->next = m;
    else
        c->head = m;
    if (c->head == m)
        c->took_ms = now_ms(c);
    c->tail = m;
    c->queue_size += text.size;
    lws_callback_on_writable(c->wsi);
}

/* Frees the job; NULL when nobody waits for its answer any more. */
static struct connection *asked_end(struct tb_engine_job *job)
{
    struct asked *asked = (struct asked *)(void *)job;
    struct connection *c = asked->connection;
    tb_wipe(asked, sizeof *asked);
    free(asked);
    c->job_count--;
    if (c->wsi != NULL)
        return c;
    if (c->job_count == 0)
        connection_free(c);
    return NULL;
}

void connection_job_drop(struct tb_engine_job *job)
{
    (void)asked_end(job);
}

static void close_after_queue(struct connection *c, const char *code)
{
    if (!is_open(c))
        return;
    c->state = CONNECTION_CLOSING;
    c->reason = code;
    lws_callback_on_writable(c->wsi);
}

/* Whoever asked has left; what was decided concerns all others, and so does who entered a cohort. */
static void left_tell(struct tb_gateway *g, const struct tb_engine_peer *peer,
                      const struct tb_engine_answer *answer)
{
    struct tb_engine_change change = {.scope.kind = TB_SCOPE_COHORT};
    if (answer->err != TB_OK)
        return;
    if (answer->ask == TB_ENGINE_APPLY) {
        gateway_changed(g, answer->apply.changes, answer->apply.change_count);
        if (answer->apply.reused_count)
            gateway_reused(g, peer->device, answer->apply.reused_count);
        return;
    }
    bool identified = answer->ask == TB_ENGINE_IDENTIFY || answer->ask == TB_ENGINE_FETCH;
    bool entered =
        (identified && answer->identify.entered) || (answer->ask == TB_ENGINE_ADMIT && answer->admit.entered);
    memcpy(change.store, peer->store, sizeof change.store);
    if (entered)
        gateway_changed(g, &change, 1);
}

static void asked_done(struct tb_engine_job *job, const struct tb_engine_answer *answer)
{
    enum tb_engine_ask ask = answer->ask;
    struct tb_gateway *g = ((struct asked *)(void *)job)->connection->gateway;
    const struct tb_engine_peer peer = job->request.peer;
    struct connection *c = asked_end(job);
    gateway_measured(g, answer);
    if (c == NULL || !is_open(c)) {
        left_tell(g, &peer, answer);
        return;
    }
    bool limited = answer->limited;
    bool quarantined = answer->quarantined;
    uint8_t reused_count = ask == TB_ENGINE_APPLY ? answer->apply.reused_count : 0;
    bool cloned = ask == TB_ENGINE_OPEN && answer->err == TB_ERR_REPLAYED && c->device[0] != '\0';
    tb_session_answered(&c->session, answer, now_ms(c), wall_ms(c));
    if (cloned)
        gateway_cloned(c->gateway, c->device);
    else if (ask != TB_ENGINE_OPEN && answer->err == TB_ERR_DENIED)
        connection_give_up(c, "revoked");
    /* It is told why before it is shut out. */
    if (quarantined)
        close_after_queue(c, "customer_quarantine");
    if (limited)
        gateway_limited(c, quarantined);
    if (reused_count)
        gateway_reused(g, c->device, reused_count);
    timer_arm(c);
}

static void ask_engine(struct connection *c, const struct tb_engine_request *request)
{
    struct asked *asked = calloc(1, sizeof *asked);
    if (asked == NULL) {
        connection_give_up(c, "no_memory");
        return;
    }
    asked->connection = c;
    asked->job.request = *request;
    asked->job.done = asked_done;
    c->job_count++;
    tb_engine_queue_submit(c->gateway->queue, &asked->job);
}

static void session_act(void *context, const struct tb_session_action *action)
{
    struct connection *c = context;
    if (c->wsi == NULL || c->state == CONNECTION_DYING)
        return;
    switch (action->act) {
    case TB_SESSION_SEND: send_text(c, action->send); return;
    case TB_SESSION_ASK: ask_engine(c, action->ask); return;
    case TB_SESSION_OPENED: gateway_welcomed(c); return;
    case TB_SESSION_CHANGED: gateway_changed(c->gateway, action->changed.at, action->changed.count); return;
    case TB_SESSION_CLOSE: close_after_queue(c, action->close.code); return;
    }
}

static enum tb_err session_token(void *context, struct tb_span token, int64_t at_wall_ms,
                                 struct tb_session_grant *ret_grant)
{
    struct connection *c = context;
    struct tb_token_claims claims;
    enum tb_err err = tb_token_verify(&c->gateway->config.token_rules, token, at_wall_ms, &claims);
    if (err != TB_OK) {
        tb_log(TB_LOG_WARN, TB_EVENT("gateway", "token_refused"), tb_log_err(err));
        return err;
    }
    *ret_grant = (struct tb_session_grant){.customer = claims.customer, .expires_ms = claims.expires_ms};
    return TB_OK;
}

void connection_changed(struct connection *c, const struct tb_engine_change *change)
{
    if (!is_open(c))
        return;
    tb_session_changed(&c->session, change, now_ms(c), wall_ms(c));
    timer_arm(c);
}

void connection_wake(struct connection *c)
{
    for (size_t i = 0; i < TB_SESSION_FEED_MAX && is_open(c); i++) {
        if (!c->session.feeds[i].used)
            continue;
        struct tb_engine_change change = {.scope = c->session.feeds[i].scope};
        connection_changed(c, &change);
    }
}

/* ---- websocket ---- */

static int session_begin(struct connection *c)
{
    const struct tb_session_port port = {.act = session_act, .check_token = session_token, .context = c};
    upgrading_remove(c);
    c->state = CONNECTION_OPEN;
    c->reason = "closed";
    tb_session_init(&c->session, &c->listener->session, &port, c->device, now_ms(c));
    tb_session_set_key(&c->session, &c->key);
    timer_arm(c);
    return 0;
}

static int break_off(struct connection *c, enum lws_close_status status, const char *reason)
{
    c->reason = reason;
    c->state = CONNECTION_DYING;
    lws_close_reason(c->wsi, status, NULL, 0);
    return -1;
}

static bool received_add(struct connection *c, struct tb_span piece)
{
    if (c->received == NULL)
        c->received = malloc(TB_MESSAGE_SIZE_MAX);
    if (c->received == NULL)
        return false;
    if (piece.size > 0)
        memcpy(c->received + c->received_size, piece.at, piece.size);
    c->received_size += piece.size;
    return true;
}

static int receive(struct connection *c, struct tb_span piece)
{
    if (c->state == CONNECTION_CLOSING)
        return 0;
    if (!is_open(c))
        return -1;
    if (lws_frame_is_binary(c->wsi))
        return break_off(c, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "message_binary");
    if (piece.size > TB_MESSAGE_SIZE_MAX - c->received_size)
        return break_off(c, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "message_long");
    bool last = lws_is_final_fragment(c->wsi) && lws_remaining_packet_payload(c->wsi) == 0;
    if (last && c->received_size == 0) {
        tb_session_received(&c->session, piece, now_ms(c), wall_ms(c));
    } else {
        if (!received_add(c, piece))
            return break_off(c, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, "no_memory");
        if (!last)
            return 0;
        struct tb_span whole = tb_span_of(c->received, c->received_size);
        tb_session_received(&c->session, whole, now_ms(c), wall_ms(c));
        received_drop(c);
    }
    timer_arm(c);
    return 0;
}

static int probe_write(struct connection *c)
{
    uint8_t bytes[LWS_PRE + PROBE_SIZE];
    memcpy(bytes + LWS_PRE, c->probe, PROBE_SIZE);
    c->probe_unsent = false;
    if (lws_write(c->wsi, bytes + LWS_PRE, PROBE_SIZE, LWS_WRITE_PING) < 0)
        return -1;
    lws_callback_on_writable(c->wsi);
    return 0;
}

static int message_write(struct connection *c)
{
    struct message *m = c->head;
    c->head = m->next;
    if (c->head == NULL)
        c->tail = NULL;
    c->queue_size -= m->size;
    int written = lws_write(c->wsi, m->bytes + LWS_PRE, m->size, LWS_WRITE_TEXT);
    bool whole = written >= 0 && (size_t)written >= m->size;
    tb_wipe(m->bytes, LWS_PRE + m->size);
    free(m);
    if (!whole)
        return -1;
    c->took_ms = now_ms(c);
    if (c->held && c->queue_size < QUEUE_HOLD_SIZE / 2)
        c->held = lws_rx_flow_control(c->wsi, 1) != 0;
    if (c->head != NULL || c->state == CONNECTION_CLOSING)
        lws_callback_on_writable(c->wsi);
    timer_arm(c);
    return 0;
}

static int writeable(struct connection *c)
{
    if (c->state == CONNECTION_DYING)
        return -1;
    if (c->probe_unsent)
        return probe_write(c);
    if (c->head != NULL)
        return message_write(c);
    if (c->state != CONNECTION_CLOSING)
        return 0;
    unsigned char text[64];
    struct tb_buf b = tb_buf_of(text, sizeof text);
    tb_buf_add_str(&b, c->reason);
    lws_close_reason(c->wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION, text, b.size);
    return -1;
}

void connection_probe(struct connection *c)
{
    if (c->probe_deadline_ms != INT64_MAX)
        return;
    const struct tb_rng *rng = tb_rng_system();
    rng->fill(rng->context, c->probe, sizeof c->probe);
    c->probe_unsent = true;
    c->probe_deadline_ms = now_ms(c) + PROBE_DEADLINE_MS;
    lws_callback_on_writable(c->wsi);
    timer_arm(c);
}

/* Only the very ping that was sent proves that both connections are alive at the same time. */
static int pong(struct connection *c, struct tb_span payload)
{
    if (c->probe_deadline_ms == INT64_MAX || !tb_span_equal(payload, tb_span_of(c->probe, PROBE_SIZE)))
        return 0;
    c->probe_deadline_ms = INT64_MAX;
    timer_arm(c);
    gateway_cloned(c->gateway, c->device);
    return 0;
}

int connection_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
    (void)user;
    struct connection *c = connection_of(wsi);
    if (c == NULL)
        return 0;
    tb_loop_turn(c->gateway->loop);
    switch ((int)reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return c->admitted ? 0 : -1;
    case LWS_CALLBACK_ESTABLISHED: return session_begin(c);
    case LWS_CALLBACK_RECEIVE: return receive(c, tb_span_of(in, size));
    case LWS_CALLBACK_RECEIVE_PONG: return pong(c, tb_span_of(in, size));
    case LWS_CALLBACK_SERVER_WRITEABLE: return writeable(c);
    default: return 0;
    }
}
