#include "contextd/gateway/connection.h"

#include "core/base/text.h"
#include "host/log/log.h"
#include "host/system/system.h"
#include "host/system/words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_COUNT_MAX 64 /* per turn, so that a storm leaves room for those who are in */
#define BACKLOG 1024

static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = upgrade_callback},
    {.name = TB_PROTOCOL_NAME, .callback = connection_callback, .rx_buffer_size = 4096},
    LWS_PROTOCOL_LIST_TERM,
};

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* "127.0.0.1:7443" or "[::1]:7443"; names are not looked up. */
static enum tb_err address_parse(struct tb_span text, union address *ret_address, socklen_t *ret_size)
{
    size_t colon = text.size;
    while (colon > 0 && text.at[colon - 1] != ':')
        colon--;
    uint64_t port = 0;
    char host[INET6_ADDRSTRLEN];
    if (colon < 2 || tb_decimal_decode(tb_span_sub(text, colon, text.size), UINT16_MAX, &port) != TB_OK)
        return TB_ERR_RANGE;
    struct tb_span name = tb_span_sub(text, 0, colon - 1);
    bool v6 = name.size > 2 && name.at[0] == '[' && name.at[name.size - 1] == ']';
    if (v6)
        name = tb_span_sub(name, 1, name.size - 2);
    if (tb_span_to_str(name, host, sizeof host) != TB_OK)
        return TB_ERR_RANGE;
    memset(ret_address, 0, sizeof *ret_address);
    *ret_size = v6 ? sizeof ret_address->v6 : sizeof ret_address->v4;
    if (v6) {
        ret_address->v6.sin6_family = AF_INET6;
        ret_address->v6.sin6_port = htons((uint16_t)port);
        return inet_pton(AF_INET6, host, &ret_address->v6.sin6_addr) == 1 ? TB_OK : TB_ERR_RANGE;
    }
    ret_address->v4.sin_family = AF_INET;
    ret_address->v4.sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &ret_address->v4.sin_addr) == 1 ? TB_OK : TB_ERR_RANGE;
}

/*
 * When all places are taken, the oldest connection that waits for its upgrade, or was refused it, gives way
 * once it had its chance: a flood of sockets that say nothing keeps nobody out for long.
 */
static bool room_make(struct listener *l)
{
    const struct tb_gateway *g = l->gateway;
    if (g->connection_count < g->config.connections_max && l->connection_count < l->connection_max)
        return true;
    struct connection *oldest = l->upgrading_oldest;
    if (oldest == NULL || tb_loop_now_ms(g->loop) - oldest->began_ms < UPGRADE_CHANCE_MS)
        return false;
    connection_displace(oldest);
    return true;
}

static void socket_adopt(struct listener *l, int fd)
{
    static const int on = 1;
    struct tb_gateway *g = l->gateway;
    struct connection *c = NULL;
    if (room_make(l) && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0)
        c = connection_new(l, tb_loop_now_ms(g->loop));
    if (c == NULL) {
        close(fd);
        return;
    }
    const lws_adopt_desc_t adopt = {
        .vh = l->vhost,
        .type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | LWS_ADOPT_ALLOW_SSL,
        .fd = {.sockfd = fd},
        .opaque = c,
    };
    /* The library handshakes at once when it can; a failure may have ended the connection already. */
    g->adopting = c;
    struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&adopt); /* closes fd when it fails */
    if (g->adopting == NULL)
        return;
    g->adopting = NULL;
    if (wsi == NULL)
        connection_lost(c);
    else
        c->wsi = wsi;
}

static void listener_accept(struct tb_watch *watch, unsigned events)
{
    struct listener *l = watch->context;
    if (!(events & TB_FD_READ))
        return;
    for (unsigned i = 0; i < ACCEPT_COUNT_MAX; i++) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            /* Without a descriptor for it the connection stays in the queue, which would wake us at once. */
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                tb_watch_set_read(&l->watch, false);
            return;
        }
        socket_adopt(l, fd);
    }
}

void listener_resume(struct listener *l)
{
    tb_watch_set_read(&l->watch, true);
}

static enum tb_err bind_err(int code)
{
    if (code == EADDRINUSE)
        return TB_ERR_BUSY;
    return code == EADDRNOTAVAIL ? TB_ERR_NOT_FOUND : tb_err_of_errno(code);
}

/*
 * The socket is bound here and not by the library, whose interface option for an address has made
 * releases listen on every interface; accepted sockets are handed over one by one.
 */
static enum tb_err listener_bind(struct listener *l)
{
    static const int on = 1;
    union address address;
    socklen_t size;
    enum tb_err err = address_parse(tb_span_str(l->config.address), &address, &size);
    if (err != TB_OK)
        return err;
    bool v6 = address.any.sa_family == AF_INET6;
    l->fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0)
        return tb_err_of_errno(errno);
    if (setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        (v6 && setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0))
        return tb_err_of_errno(errno);
    if (bind(l->fd, &address.any, size) != 0 || listen(l->fd, BACKLOG) != 0 ||
        getsockname(l->fd, &address.any, &size) != 0)
        return bind_err(errno);
    l->port = ntohs(v6 ? address.v6.sin6_port : address.v4.sin_port);
    l->watch.context = l;
    return tb_loop_watch_fd(l->gateway->loop, &l->watch, l->fd, listener_accept);
}

static enum tb_err listener_host(struct listener *l)
{
    struct tb_gateway *g = l->gateway;
    l->idle = (lws_retry_bo_t){
        .secs_since_valid_ping = (uint16_t)(g->config.idle_ping_ms / 1000),
        .secs_since_valid_hangup = (uint16_t)(g->config.idle_ping_ms * 3 / 2000),
    };
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .vhost_name = l->tls.name,
        .protocols = protocols,
        .user = l,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .ssl_cert_filepath = l->config.certificate,
        .ssl_private_key_filepath = l->config.key,
        .ssl_ca_filepath = l->config.ca,
        .retry_and_idle_policy = &l->idle,
    };
    l->vhost = lws_create_vhost(tb_loop_lws(g->loop), &info);
    return l->vhost != NULL ? TB_OK : TB_ERR_CONFIG;
}

enum tb_err listener_open(struct listener *l)
{
    const struct tb_tls_files files = {
        .certificate = l->config.certificate, .key = l->config.key, .ca = l->config.ca};
    const char *at_fault = "";
    l->fd = -1;
    enum tb_err err = tb_tls_check(&files, &at_fault);
    if (err == TB_OK) {
        at_fault = l->config.address;
        err = listener_host(l);
    }
    if (err == TB_OK)
        err = listener_bind(l);
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("gateway", "listen_failed"), tb_log_str("listener", l->tls.name),
               tb_log_str("at", at_fault), tb_log_err(err), tb_log_str("means", tb_err_words(err)));
    return err;
}

void listener_close(struct listener *l)
{
    if (l->watch.wsi != NULL)
        tb_watch_stop(&l->watch);
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    if (l->vhost != NULL)
        lws_vhost_destroy(l->vhost);
    l->vhost = NULL;
}
