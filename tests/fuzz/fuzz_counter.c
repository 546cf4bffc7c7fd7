/*
 * Bytes of somebody who connects to the local server: heads, bodies and websocket frames, through the library
 * and back. First byte: where they are cut in two. In the rest $P is the port, $C and $K are the cookies of
 * a clerk's and a shopper's page, $T is a token that opens a page. Who says nothing of these gets in nowhere,
 * and everybody who got in has left when the socket is closed.
 */
#include "agent/counter/counter.h"
#include "agent/counter/session.h"
#include "core/base/assert.h"
#include "core/base/text.h"
#include "host/loop/loop.h"
#include "tests/fuzz/fuzz.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SENT_SIZE_MAX = 32768, TURN_COUNT = 10, TURN_COUNT_MAX = 100, CLIENT = 7, ADDRESS_COUNT = 0xfd0000 };

#define POS_TOKEN "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

static struct server {
    struct tb_loop *loop;
    struct tb_counter *counter;
    struct tb_timer timer;
    unsigned turn_count; /* left */
    uint32_t open;       /* a page, or a POS that follows events; 0: none */
    uint32_t hanging;    /* a call that nobody answered yet; 0: none */
    bool may_clerk;      /* what the input has said */
    bool may_shopper;
    bool may_pos;
} server;

/* ---- whom it serves ---- */

static void rng_fill(void *context, uint8_t *ret_bytes, size_t size)
{
    (void)context;
    memset(ret_bytes, 0xA5, size);
}

static void send_hello(uint32_t page)
{
    enum tb_err err = tb_counter_send(server.counter, page, TB_COUNTER_TOPIC_EVENT, tb_span_str("{}"));
    TB_ASSERT(err == TB_OK);
}

static void scope_check(enum tb_counter_scope scope)
{
    TB_ASSERT(scope == TB_COUNTER_SCOPE_CLERK ? server.may_clerk
                                              : scope == TB_COUNTER_SCOPE_SHOPPER && server.may_shopper);
}

static void page_opened(void *context, uint32_t page, enum tb_counter_scope scope)
{
    (void)context;
    scope_check(scope);
    TB_ASSERT(server.open == 0);
    server.open = page;
    send_hello(page);
}

static void page_request(void *context, uint32_t page, enum tb_counter_scope scope, struct tb_span message)
{
    (void)context;
    scope_check(scope);
    TB_ASSERT(message.size <= TB_COUNTER_MESSAGE_MAX && tb_utf8_valid(message));
    enum tb_err err = tb_counter_broadcast(server.counter, scope, TB_COUNTER_TOPIC_STATE, message);
    TB_ASSERT(err == TB_OK);
    send_hello(page);
}

static void page_closed(void *context, uint32_t page, const char *reason)
{
    (void)context;
    TB_ASSERT(reason[0] != '\0');
    if (page == server.open) /* calls have numbers, too */
        server.open = 0;
}

static bool pos_origin(void *context, struct tb_span origin)
{
    (void)context;
    return tb_span_is(origin, "https://pos.example");
}

static enum tb_err pos_admit(void *context, struct tb_span token, struct tb_span origin, uint32_t *ret_client)
{
    (void)context;
    (void)origin;
    *ret_client = tb_span_is(token, POS_TOKEN) ? CLIENT : 0;
    return token.size > 0 && *ret_client == 0 ? TB_ERR_DENIED : TB_OK;
}

static void pos_opened(void *context, uint32_t page, uint32_t client)
{
    (void)context;
    TB_ASSERT(client == CLIENT && server.may_pos && server.open == 0);
    server.open = page;
    send_hello(page);
}

/* Answers at once, later, or not at all. */
static bool pos_call(void *context, uint32_t page, uint32_t client, struct tb_span origin,
                     struct tb_span message)
{
    (void)context;
    TB_ASSERT(client == 0 || (client == CLIENT && server.may_pos));
    TB_ASSERT(origin.size == 0 || pos_origin(NULL, origin));
    TB_ASSERT(message.size <= TB_COUNTER_MESSAGE_MAX && tb_utf8_valid(message));
    if (tb_span_is(message, "\"quiet\""))
        return false;
    if (tb_span_is(message, "\"later\""))
        server.hanging = page;
    else if (tb_span_is(message, "\"end\""))
        tb_counter_pos_end(server.counter, CLIENT);
    else
        send_hello(page);
    return true;
}

/* ---- turns of its loop ---- */

static void turn_over(struct tb_timer *timer)
{
    if (server.hanging && server.turn_count == 1) {
        enum tb_err err =
            tb_counter_send(server.counter, server.hanging, TB_COUNTER_TOPIC_EVENT, tb_span_str("{}"));
        TB_ASSERT(err == TB_OK || err == TB_ERR_NOT_FOUND);
        server.hanging = 0;
    }
    if (--server.turn_count == 0)
        tb_loop_stop(server.loop);
    else
        tb_timer_set(server.loop, timer, 0, turn_over);
}

static void turns_run(unsigned count)
{
    server.turn_count = count;
    tb_timer_set(server.loop, &server.timer, 0, turn_over);
    enum tb_err err = tb_loop_run(server.loop);
    TB_ASSERT(err == TB_OK);
}

static void server_start(void)
{
    const struct tb_loop_options options = {.fd_max = 512};
    struct tb_counter_config config = {
        .rng = {.fill = rng_fill},
        .handlers =
            {.opened = page_opened,
             .request = page_request,
             .closed = page_closed,
             .pos = {.origin = pos_origin, .admit = pos_admit, .opened = pos_opened, .call = pos_call}},
    };
    enum tb_err err = tb_loop_create(&options, &server.loop);
    TB_ASSERT(err == TB_OK);
    err = tb_counter_open(server.loop, &config, &server.counter);
    TB_ASSERT(err == TB_OK);
}

/* ---- who connects ---- */

static void cookie_add(struct tb_buf *to, enum tb_counter_scope scope)
{
    static const uint8_t key[TB_SESSION_KEY_SIZE];
    struct tb_sessions sessions;
    char cookie[TB_SESSION_COOKIE_TEXT_SIZE];
    tb_sessions_init(&sessions, key, (struct tb_rng){.fill = rng_fill});
    tb_sessions_cookie(&sessions, (uint8_t)scope, cookie);
    tb_buf_add_str(to, cookie);
}

static void token_add(struct tb_buf *to)
{
    char url[TB_COUNTER_URL_SIZE];
    enum tb_err err = tb_counter_mint_token(server.counter, TB_COUNTER_SCOPE_CLERK, url);
    TB_ASSERT(err == TB_OK);
    tb_buf_add_str(to, strchr(url, '=') + 1);
}

static void word_add(struct tb_buf *to, uint8_t word)
{
    switch (word) {
    case 'P': tb_buf_add_decimal(to, tb_counter_port(server.counter)); break;
    case 'C': cookie_add(to, TB_COUNTER_SCOPE_CLERK); break;
    case 'K': cookie_add(to, TB_COUNTER_SCOPE_SHOPPER); break;
    case 'T': token_add(to); break;
    default: tb_buf_add_u8(to, word);
    }
    server.may_clerk |= word == 'C';
    server.may_shopper |= word == 'K';
}

static void text_expand(struct tb_span from, struct tb_buf *to)
{
    for (size_t i = 0; i < from.size; i++) {
        if (from.at[i] != '$' || i + 1 == from.size)
            tb_buf_add_u8(to, from.at[i]);
        else
            word_add(to, from.at[++i]);
    }
}

/* From one address of this machine after the other, so that no pair of ends is in TIME_WAIT still. */
static int socket_open(void)
{
    static const struct linger reset = {.l_onoff = 1};
    static uint32_t count;
    const struct sockaddr_in from = {
        .sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK + 1 + count++ % ADDRESS_COUNT)}};
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(tb_counter_port(server.counter)),
                                        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    TB_ASSERT(fd >= 0);
    int rc = setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    TB_ASSERT(rc == 0);
    rc = bind(fd, (const struct sockaddr *)&from, sizeof from);
    TB_ASSERT(rc == 0);
    rc = connect(fd, (const struct sockaddr *)&address, sizeof address);
    TB_ASSERT(rc == 0);
    return fd;
}

/* Answers are HTTP, whatever was said. */
static void answer_check(int fd)
{
    static char bytes[65536];
    ssize_t size = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    TB_ASSERT(size < 8 || memcmp(bytes, "HTTP/1.1", 8) == 0 || memcmp(bytes, "HTTP/1.0", 8) == 0);
}

static void bytes_send(int fd, struct tb_span bytes)
{
    ssize_t size = send(fd, bytes.at, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)size; /* it may have been closed, or not read all */
    turns_run(TURN_COUNT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t expanded[SENT_SIZE_MAX];
    struct tb_buf said = tb_buf_of(expanded, sizeof expanded);
    if (!server.loop)
        server_start();
    if (size == 0)
        return 0;
    server.may_clerk = server.may_shopper = false;
    server.hanging = 0;
    text_expand(tb_span_of(data + 1, size - 1), &said);
    const struct tb_span all = tb_buf_span(&said);
    const size_t cut = all.size * data[0] / 256;
    server.may_pos = all.size > 0 && memmem(all.at, all.size, POS_TOKEN, strlen(POS_TOKEN)) != NULL;
    int fd = socket_open();
    bytes_send(fd, tb_span_sub(all, 0, cut));
    bytes_send(fd, tb_span_sub(all, cut, SIZE_MAX));
    answer_check(fd);
    (void)close(fd);
    unsigned turn_count = 0;
    do
        turns_run(TURN_COUNT);
    while (server.open != 0 && ++turn_count < TURN_COUNT_MAX);
    TB_ASSERT(server.open == 0);
    return 0;
}
