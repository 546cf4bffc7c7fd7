/*
 * The floor under a page that is served by libwebsockets: a websocket server that sends back what it gets,
 * and nothing else. Listens on loopback, prints its port, and ends with standard input.
 */
#include "tests/bench/bench.h"

#include <libwebsockets.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_MAX 65536

static unsigned char message[LWS_PRE + MESSAGE_MAX];
static size_t message_size;

static int echo(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
    (void)user;
    switch ((int)reason) {
    case LWS_CALLBACK_ESTABLISHED: message_size = 0; return 0;
    case LWS_CALLBACK_RECEIVE:
        bench_need(message_size + size <= MESSAGE_MAX, "long message");
        memcpy(message + LWS_PRE + message_size, in, size);
        message_size += size;
        if (lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0)
            lws_callback_on_writable(wsi);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        size = message_size;
        message_size = 0;
        return size > 0 && lws_write(wsi, message + LWS_PRE, size, LWS_WRITE_TEXT) < (int)size ? -1 : 0;
    default: return 0;
    }
}

static int input(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
    (void)wsi, (void)user, (void)in, (void)size;
    if (reason == LWS_CALLBACK_RAW_RX_FILE)
        exit(EXIT_SUCCESS);
    return 0;
}

int main(void)
{
    static const struct lws_protocols protocols[] = {
        {.name = "http", .callback = lws_callback_http_dummy},
        {.name = "echo", .callback = echo, .rx_buffer_size = 4096},
        {.name = "input", .callback = input},
        LWS_PROTOCOL_LIST_TERM,
    };
    struct lws_context_creation_info info = {
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6,
        .port = 0,
        .iface = "lo",
        .protocols = protocols,
        .fd_limit_per_thread = 64,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
    };
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_context *context = lws_create_context(&info);
    bench_need(context != NULL, "lws");
    struct lws_vhost *vhost = lws_create_vhost(context, &info);
    bench_need(vhost != NULL, "lws");
    lws_sock_file_fd_type standard_input = {.filefd = STDIN_FILENO};
    bench_need(lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, standard_input, "input", NULL) !=
                   NULL,
               "standard input");
    (void)printf("%d\n", lws_get_vhost_listen_port(vhost));
    (void)fflush(stdout);
    while (lws_service(context, 0) >= 0) {
    }
    return EXIT_FAILURE;
}
