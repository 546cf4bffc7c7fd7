/*
 * uplinkd: the other end of a terminal's connection, for tests: a websocket server on OpenSSL that asks
 * for client certificates. It is a program of its own because no binary links both TLS builds.
 *
 *     uplinkd <certificate> <key> <ca> [port]     with a socket as descriptor 3
 *
 * It writes one line per event to the socket:  port N · open full|resumed · text T · long N (bytes) · closed
 * and obeys lines:  send T · parts T (a frame per byte) · big N (one message of N bytes) · binary · close
 * A path of /deny is answered with 403, /away with 503, /moved with a redirect to /.
 */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/wire/sync.h"
#include "host/loop/loop.h"

#include <libwebsockets.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINK_FD 3
#define MESSAGE_MAX 100000

struct server {
    struct tb_loop *loop;
    struct tb_watch link;
    struct lws *wsi;
    char line[512];
    size_t line_size;
    enum { OUT_NONE, OUT_TEXT, OUT_PARTS, OUT_BINARY, OUT_CLOSE } out;
    size_t out_size, out_sent;
    size_t in_size;           /* of the message that is coming in */
    unsigned char *out_bytes; /* after LWS_PRE */
};

static void say(const char *word, struct tb_span text)
{
    char line[600];
    struct tb_buf b = tb_buf_of(line, sizeof line);
    tb_buf_add_str(&b, word);
    tb_buf_add_str(&b, text.size ? " " : "");
    tb_buf_add(&b, tb_span_sub(text, 0, 500));
    tb_buf_add_u8(&b, '\n');
    ssize_t done = write(LINK_FD, line, b.size);
    TB_ASSERT(done == (ssize_t)b.size);
}

static void out_set(struct server *s, int kind, struct tb_span bytes)
{
    s->out = kind;
    s->out_sent = 0;
    s->out_size = bytes.size;
    if (bytes.size > 0)
        memcpy(s->out_bytes + LWS_PRE, bytes.at, bytes.size);
    if (s->wsi)
        lws_callback_on_writable(s->wsi);
}

static void command(struct server *s, struct tb_span line)
{
    uint64_t size = 0;
    if (tb_span_starts(line, tb_span_str("send "))) {
        out_set(s, OUT_TEXT, tb_span_sub(line, 5, line.size));
    } else if (tb_span_starts(line, tb_span_str("parts "))) {
        out_set(s, OUT_PARTS, tb_span_sub(line, 6, line.size));
    } else if (tb_span_starts(line, tb_span_str("big "))) {
        enum tb_err err = tb_decimal_decode(tb_span_sub(line, 4, line.size), MESSAGE_MAX, &size);
        TB_ASSERT(!err);
        memset(s->out_bytes + LWS_PRE, 'x', (size_t)size);
        s->out = OUT_TEXT;
        s->out_size = (size_t)size;
        lws_callback_on_writable(s->wsi);
    } else if (tb_span_is(line, "binary")) {
        out_set(s, OUT_BINARY, tb_span_str("b"));
    } else if (tb_span_is(line, "close")) {
        out_set(s, OUT_CLOSE, tb_span_str(""));
    } else {
        abort();
    }
}

static void link_ready(struct tb_watch *watch, unsigned events)
{
    struct server *s = watch->context;
    ssize_t got =
        events & TB_FD_READ ? read(LINK_FD, s->line + s->line_size, sizeof s->line - s->line_size) : 0;
    if (got <= 0) {
        tb_loop_stop(s->loop);
        return;
    }
    s->line_size += (size_t)got;
    for (char *end; (end = memchr(s->line, '\n', s->line_size));) {
        size_t size = (size_t)(end - s->line);
        command(s, tb_span_of(s->line, size));
        s->line_size -= size + 1;
        memmove(s->line, end + 1, s->line_size);
    }
}

static int out_write(struct server *s, struct lws *wsi)
{
    unsigned char *at = s->out_bytes + LWS_PRE;
    int flags = LWS_WRITE_TEXT;
    switch (s->out) {
    case OUT_NONE: return 0;
    case OUT_CLOSE: return -1;
    case OUT_BINARY: flags = LWS_WRITE_BINARY; break;
    case OUT_TEXT: break;
    case OUT_PARTS:
        flags = s->out_sent ? LWS_WRITE_CONTINUATION : LWS_WRITE_TEXT;
        flags |= s->out_sent + 1 < s->out_size ? LWS_WRITE_NO_FIN : 0;
        unsigned char one[LWS_PRE + 1];
        one[LWS_PRE] = at[s->out_sent++];
        if (lws_write(wsi, one + LWS_PRE, 1, (enum lws_write_protocol)flags) != 1)
            return -1;
        if (s->out_sent < s->out_size)
            lws_callback_on_writable(wsi);
        return 0;
    }
    s->out = OUT_NONE;
    return lws_write(wsi, at, s->out_size, (enum lws_write_protocol)flags) < 0 ? -1 : 0;
}

static void redirect(struct lws *wsi)
{
    unsigned char room[LWS_PRE + 512], *at = room + LWS_PRE;
    char host[128] = "", to[256];
    lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST);
    int size = snprintf(to, sizeof to, "https://%s:%d/", host, lws_get_vhost_listen_port(lws_get_vhost(wsi)));
    int sent = lws_http_redirect(wsi, HTTP_STATUS_FOUND, (unsigned char *)to, size, &at, room + sizeof room);
    TB_ASSERT(sent >= 0);
}

/* The answer to a path that is turned down; 0 lets it through. */
static int path_judge(struct lws *wsi)
{
    char path[32] = "";
    lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI);
    if (strcmp(path, "/deny") == 0)
        lws_return_http_status(wsi, HTTP_STATUS_FORBIDDEN, NULL);
    else if (strcmp(path, "/away") == 0)
        lws_return_http_status(wsi, HTTP_STATUS_SERVICE_UNAVAILABLE, NULL);
    else if (strcmp(path, "/moved") == 0)
        redirect(wsi);
    else
        return 0;
    return -1;
}

static void message_part(struct server *s, struct lws *wsi, struct tb_span bytes)
{
    char number[24];
    s->in_size += bytes.size;
    if (lws_remaining_packet_payload(wsi) > 0 || !lws_is_final_fragment(wsi))
        return;
    snprintf(number, sizeof number, "%zu", s->in_size);
    if (s->in_size == bytes.size)
        say("text", bytes);
    else
        say("long", tb_span_str(number));
    s->in_size = 0;
}

static int connection_event(struct server *s, struct lws *wsi, int reason, struct tb_span bytes)
{
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        s->wsi = wsi;
        say("open", tb_span_str(SSL_session_reused(lws_get_ssl(wsi)) ? "resumed" : "full"));
        return 0;
    case LWS_CALLBACK_RECEIVE: message_part(s, wsi, bytes); return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE: return out_write(s, wsi);
    case LWS_CALLBACK_CLOSED:
        s->wsi = NULL;
        say("closed", tb_span_str(""));
        return 0;
    }
    return 0;
}

static int protocol_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                          size_t size)
{
    switch ((int)reason) {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        SSL_CTX_set_session_id_context(user, (const unsigned char *)"uplinkd", 7);
        return 0;
    case LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION:
        return size == 0; /* size: what the check said */
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return path_judge(wsi);
    }
    struct lws_vhost *vhost = lws_get_vhost(wsi);
    struct server *s = vhost ? lws_vhost_user(vhost) : NULL;
    return s ? connection_event(s, wsi, (int)reason, tb_span_of(in, in ? size : 0)) : 0;
}

static const struct lws_protocols protocols[] = {
    {.name = TB_PROTOCOL_NAME, .callback = protocol_event, .rx_buffer_size = 4096},
    LWS_PROTOCOL_LIST_TERM,
};

static int server_listen(struct server *s, int argc, char **argv)
{
    uint64_t port = 0;
    enum tb_err err = argc > 4 ? tb_decimal_decode(tb_span_str(argv[4]), UINT16_MAX, &port) : TB_OK;
    TB_ASSERT(!err);
    struct lws_context_creation_info info = {
        .port = (int)port,
        .iface = "127.0.0.1",
        .protocols = protocols,
        .vhost_name = "uplinkd",
        .user = s,
        .options = LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT | LWS_SERVER_OPTION_DISABLE_IPV6,
        .ssl_cert_filepath = argv[1],
        .ssl_private_key_filepath = argv[2],
        .ssl_ca_filepath = argv[3],
    };
    struct lws_vhost *vhost = lws_create_vhost(tb_loop_lws(s->loop), &info);
    return vhost ? lws_get_vhost_listen_port(vhost) : -1;
}

int main(int argc, char **argv)
{
    static struct server s;
    struct tb_loop_options options = {0};
    char number[16];
    TB_ASSERT(argc >= 4);
    s.out_bytes = malloc(LWS_PRE + MESSAGE_MAX);
    s.link.context = &s;
    enum tb_err err = tb_loop_create(&options, &s.loop);
    TB_ASSERT(!err && s.out_bytes);
    int port = server_listen(&s, argc, argv);
    TB_ASSERT(port > 0);
    snprintf(number, sizeof number, "%d", port);
    say("port", tb_span_str(number));
    err = tb_loop_watch_fd(s.loop, &s.link, LINK_FD, link_ready);
    TB_ASSERT(!err);
    err = tb_loop_run(s.loop);
    tb_watch_stop(&s.link);
    tb_loop_free(s.loop);
    free(s.out_bytes);
    return err != TB_OK;
}
