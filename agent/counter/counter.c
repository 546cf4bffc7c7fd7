#include "agent/counter/connection.h"
#include "agent/counter/pos.h"
#include "agent/counter/pos_gate.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_COUNT_MAX 16 /* per turn, so that a flood leaves room for everything else */
#define SWEEP_MS 100
#define BACKLOG 512

static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = http_callback},
    {.name = TB_GATE_PROTOCOL, .callback = page_callback, .rx_buffer_size = 4096},
    {.name = TB_POS_GATE_PROTOCOL, .callback = page_callback, .rx_buffer_size = 4096},
    LWS_PROTOCOL_LIST_TERM,
};

void counter_refused(struct tb_counter *counter, const char *code)
{
    if (counter->handlers.refused)
        counter->handlers.refused(counter->handlers.context, code);
}

/* ---- connections ---- */

void connection_free(struct connection *c)
{
    page_free(c);
    tb_wipe(c, sizeof *c);
}

void connection_give_up(struct connection *c, const char *reason)
{
    if (c->state == CONNECTION_DYING)
        return;
    c->reason = reason;
    c->state = CONNECTION_DYING;
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void connection_judge(struct connection *c, int64_t now_ms)
{
    if (c->state == CONNECTION_REQUEST && c->token[0] != '\0' && now_ms >= c->token_due_ms)
        lws_callback_on_writable(c->wsi); /* the answer is written from there */
    if (now_ms < c->deadline_ms || pos_late(c))
        return;
    if (c->state == CONNECTION_REQUEST)
        counter_refused(c->counter, "request_slow");
    connection_give_up(c, c->state == CONNECTION_PAGE ? "page_slow" : "request_slow");
}

static void counter_sweep(struct tb_timer *timer)
{
    struct tb_counter *counter = timer->context;
    int64_t now_ms = tb_loop_now_ms(counter->loop);
    bool again = false;
    for (size_t i = 0; i < CONNECTION_COUNT_MAX; i++) {
        struct connection *c = &counter->connections[i];
        if (c->state != CONNECTION_REQUEST && c->state != CONNECTION_PAGE)
            continue;
        connection_judge(c, now_ms);
        again |= c->deadline_ms != INT64_MAX && c->state != CONNECTION_DYING;
    }
    if (counter->watch.wsi)
        tb_watch_set_read(&counter->watch, true);
    if (again)
        tb_timer_set(counter->loop, timer, SWEEP_MS, counter_sweep);
}

void connection_set_deadline(struct connection *c, int64_t deadline_ms)
{
    struct tb_counter *counter = c->counter;
    c->deadline_ms = deadline_ms;
    if (deadline_ms != INT64_MAX && !tb_timer_is_set(&counter->timer))
        tb_timer_set(counter->loop, &counter->timer, SWEEP_MS, counter_sweep);
}

/* Of those that may still be pushed aside: a call that somebody works on gets its answer. */
static struct connection *request_oldest(struct tb_counter *counter, size_t *ret_count)
{
    struct connection *oldest = NULL;
    *ret_count = 0;
    for (size_t i = 0; i < CONNECTION_COUNT_MAX; i++) {
        struct connection *c = &counter->connections[i];
        if (c->state != CONNECTION_REQUEST)
            continue;
        ++*ret_count;
        if (!c->handed && (!oldest || c->began_ms < oldest->began_ms))
            oldest = c;
    }
    return oldest;
}

/*
 * When all places are taken, the oldest request gives way once it had its chance; until then newcomers
 * wait in the kernel's queue. So neither a burst of pages nor a flood of idle sockets keeps out a
 * request for long.
 */
static bool request_make_room(struct tb_counter *counter)
{
    size_t count;
    struct connection *oldest = request_oldest(counter, &count);
    if (count < TB_COUNTER_REQUEST_MAX)
        return true;
    if (!oldest || tb_loop_now_ms(counter->loop) - oldest->began_ms < REQUEST_CHANCE_MS)
        return false;
    counter_refused(counter, "requests_full");
    connection_give_up(oldest, "requests_full");
    return true;
}

static struct connection *connection_new(struct tb_counter *counter)
{
    for (size_t i = 0; i < CONNECTION_COUNT_MAX; i++) {
        struct connection *c = &counter->connections[i];
        if (c->state != CONNECTION_FREE)
            continue;
        *c = (struct connection){.counter = counter, .state = CONNECTION_REQUEST};
        c->began_ms = tb_loop_now_ms(counter->loop);
        return c;
    }
    return NULL;
}

/* ---- listening ---- */

static void socket_adopt(struct tb_counter *counter, int fd)
{
    static const int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        close(fd);
        return;
    }
    struct connection *c = connection_new(counter);
    if (!c) {
        close(fd);
        return;
    }
    lws_adopt_desc_t adopt = {
        .vh = counter->vhost,
        .type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP,
        .fd = {.sockfd = fd},
        .opaque = c,
    };
    struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&adopt); /* closes fd when it fails */
    if (!wsi) {
        connection_free(c);
        return;
    }
    c->wsi = wsi;
    connection_set_deadline(c, c->began_ms + REQUEST_DEADLINE_MS);
}

static void counter_accept(struct tb_watch *watch, unsigned events)
{
    struct tb_counter *counter = watch->context;
    if (!(events & TB_FD_READ))
        return;
    for (unsigned i = 0; i < ACCEPT_COUNT_MAX; i++) {
        if (!request_make_room(counter)) {
            tb_watch_set_read(&counter->watch, false); /* the sweep looks again */
            return;
        }
        int fd = accept4(counter->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        socket_adopt(counter, fd);
    }
}

/*
 * The socket is bound here and not by the library, whose interface option for an address has made
 * releases listen on every interface; accepted sockets are handed over one by one.
 */
static enum tb_err counter_listen(struct tb_counter *counter, uint16_t port)
{
    static const int on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    counter->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (counter->listen_fd < 0)
        return TB_ERR_IO;
    if (setsockopt(counter->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return TB_ERR_IO;
    if (bind(counter->listen_fd, (struct sockaddr *)&address, size) != 0)
        return errno == EADDRINUSE ? TB_ERR_BUSY : TB_ERR_IO;
    if (listen(counter->listen_fd, BACKLOG) != 0 ||
        getsockname(counter->listen_fd, (struct sockaddr *)&address, &size) != 0)
        return errno == EADDRINUSE ? TB_ERR_BUSY : TB_ERR_IO;
    counter->port = ntohs(address.sin_port);
    counter->watch.context = counter;
    return tb_loop_watch_fd(counter->loop, &counter->watch, counter->listen_fd, counter_accept);
}

static enum tb_err counter_host(struct tb_counter *counter)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .vhost_name = "counter",
        .protocols = protocols,
        .user = counter,
        .options = LWS_SERVER_OPTION_DISABLE_IPV6,
    };
    counter->vhost = lws_create_vhost(tb_loop_lws(counter->loop), &info);
    return counter->vhost ? TB_OK : TB_ERR_NO_MEMORY;
}

enum tb_err tb_counter_open(struct tb_loop *loop, const struct tb_counter_config *config,
                            struct tb_counter **ret_counter)
{
    struct tb_counter *counter = calloc(1, sizeof *counter);
    if (!counter)
        return TB_ERR_NO_MEMORY;
    counter->loop = loop;
    counter->handlers = config->handlers;
    counter->listen_fd = -1;
    counter->timer.context = counter;
    tb_sessions_init(&counter->sessions, config->session_key, config->rng);

    enum tb_err err = counter_host(counter);
    if (err == TB_OK)
        err = counter_listen(counter, config->port);
    if (err != TB_OK) {
        tb_counter_close(counter);
        return err;
    }
    *ret_counter = counter;
    return TB_OK;
}

void tb_counter_close(struct tb_counter *counter)
{
    if (!counter)
        return;
    counter->closing = true;
    tb_timer_cancel(&counter->timer);
    if (counter->watch.wsi)
        tb_watch_stop(&counter->watch);
    if (counter->listen_fd >= 0)
        close(counter->listen_fd);
    if (counter->vhost)
        lws_vhost_destroy(counter->vhost);
    for (size_t i = 0; i < CONNECTION_COUNT_MAX; i++) {
        struct connection *c = &counter->connections[i];
        if (c->state == CONNECTION_FREE)
            continue;
        lws_set_opaque_user_data(c->wsi, NULL);
        connection_free(c);
    }
    tb_sessions_wipe(&counter->sessions);
    free(counter);
}

uint16_t tb_counter_port(const struct tb_counter *counter)
{
    return counter->port;
}

size_t tb_counter_page_count(const struct tb_counter *counter)
{
    return counter->page_count;
}

enum tb_err tb_counter_mint_token(struct tb_counter *counter, enum tb_counter_scope scope,
                                  char ret_url[TB_COUNTER_URL_SIZE])
{
    char token[TB_SESSION_TOKEN_TEXT_SIZE];
    struct tb_buf url = tb_buf_of(ret_url, TB_COUNTER_URL_SIZE - 1);
    tb_sessions_mint(&counter->sessions, (uint8_t)scope, tb_loop_now_ms(counter->loop), token);
    tb_buf_add_str(&url, "http://127.0.0.1:");
    tb_buf_add_decimal(&url, counter->port);
    tb_buf_add_str(&url, TB_GATE_OPEN_PATH "?token=");
    tb_buf_add_str(&url, token);
    tb_wipe(token, sizeof token);
    ret_url[url.size] = '\0';
    return url.err;
}

/* ---- sending ---- */

static enum tb_err page_send(struct connection *c, struct tb_message *message)
{
    bool was_idle = c->queue.count == 0;
    if (tb_queue_push(&c->queue, message) != TB_OK) {
        connection_give_up(c, "page_slow");
        return TB_ERR_FULL;
    }
    if (was_idle)
        connection_set_deadline(c, tb_loop_now_ms(c->counter->loop) + STALL_DEADLINE_MS);
    lws_callback_on_writable(c->wsi);
    return TB_OK;
}

static struct connection *page_find(struct tb_counter *counter, uint32_t number)
{
    for (size_t i = 0; i < CONNECTION_COUNT_MAX; i++) {
        struct connection *c = &counter->connections[i];
        bool open = c->state == CONNECTION_PAGE || c->state == CONNECTION_REQUEST;
        if (open && number != 0 && c->number == number)
            return c;
    }
    return NULL;
}

enum tb_err tb_counter_send(struct tb_counter *counter, uint32_t page, enum tb_counter_topic topic,
                            struct tb_span message)
{
    struct connection *c = page_find(counter, page);
    if (!c)
        return TB_ERR_NOT_FOUND;
    if (message.size > TB_COUNTER_SEND_MAX)
        return TB_ERR_TOO_LONG;
    struct tb_message *made = tb_message_new(topic, message);
    if (!made)
        return TB_ERR_NO_MEMORY;
    enum tb_err err = page_send(c, made);
    tb_message_drop(made);
    return err;
}

enum tb_err tb_counter_broadcast(struct tb_counter *counter, enum tb_counter_scope scope,
                                 enum tb_counter_topic topic, struct tb_span message)
{
    if (message.size > TB_COUNTER_SEND_MAX)
        return TB_ERR_TOO_LONG;
    if (counter->page_count == 0)
        return TB_OK;
    struct tb_message *made = tb_message_new(topic, message);
    if (!made)
        return TB_ERR_NO_MEMORY;
    for (size_t i = 0; i < CONNECTION_COUNT_MAX; i++) {
        struct connection *c = &counter->connections[i];
        if (c->state != CONNECTION_PAGE || c->scope != scope)
            continue;
        enum tb_err err = page_send(c, made);
        (void)err; /* a page that cannot take it has been given up, which is its report */
    }
    tb_message_drop(made);
    return TB_OK;
}
