/*
 * The page server and the control socket in a program of their own, with handlers that only report.
 *
 * counter_server <socket path>: prints "ready <port>". Lines on the control socket: "token <scope>" answers
 * an address to open, "pages" the number of open pages, "broadcast <topic> <size> <count>" sends filler,
 * "revoke <client>" ends what a POS has open, "answer <page>" answers a call that hangs, "reply <size>
 * <count>" answers with filler lines, anything else comes back as it is. What a page says comes back as
 * {"echo":<what it said>}. Events are printed, one per line.
 */
#include "agent/counter/counter.h"
#include "agent/counter/ctl.h"
#include "core/base/assert.h"
#include "core/base/text.h"
#include "host/loop/loop.h"
#include "host/system/system.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct server {
    struct tb_loop *loop;
    struct tb_counter *counter;
    struct tb_ctl *ctl;
};

static char filler[TB_COUNTER_SEND_MAX];

static void page_opened(void *context, uint32_t page, enum tb_counter_scope scope)
{
    struct server *s = context;
    printf("opened %" PRIu32 " scope %d\n", page, (int)scope);
    enum tb_err err =
        tb_counter_send(s->counter, page, TB_COUNTER_TOPIC_EVENT, tb_span_str("{\"hello\":true}"));
    TB_ASSERT(err == TB_OK);
}

static void page_request(void *context, uint32_t page, enum tb_counter_scope scope, struct tb_span message)
{
    struct server *s = context;
    uint8_t bytes[TB_COUNTER_MESSAGE_MAX + 16];
    struct tb_buf answer = tb_buf_of(bytes, sizeof bytes);
    (void)scope;
    tb_buf_add_str(&answer, "{\"echo\":");
    tb_buf_add(&answer, message);
    tb_buf_add_str(&answer, "}");
    enum tb_err err = tb_counter_send(s->counter, page, TB_COUNTER_TOPIC_EVENT, tb_buf_span(&answer));
    printf("request %" PRIu32 " %zu %s\n", page, message.size, tb_err_name(err));
}

/* ---- POS software: two tokens, one of them of a page of another origin ---- */

#define POS_ORIGIN "https://pos.example"
#define POS_TOKEN "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
#define POS_PAGE_TOKEN "1123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

static bool pos_origin(void *context, struct tb_span origin)
{
    (void)context;
    return tb_span_is(origin, POS_ORIGIN);
}

static enum tb_err pos_admit(void *context, struct tb_span token, struct tb_span origin, uint32_t *ret_client)
{
    (void)context;
    bool of_page = tb_span_is(token, POS_PAGE_TOKEN);
    *ret_client = of_page ? 8 : tb_span_is(token, POS_TOKEN) ? 7 : 0;
    if (token.size > 0 && *ret_client == 0)
        return TB_ERR_DENIED;
    return of_page && origin.size == 0 ? TB_ERR_CONFLICT : TB_OK;
}

static void pos_opened(void *context, uint32_t page, uint32_t client)
{
    struct server *s = context;
    printf("pos opened %" PRIu32 " client %" PRIu32 "\n", page, client);
    enum tb_err err =
        tb_counter_send(s->counter, page, TB_COUNTER_TOPIC_EVENT, tb_span_str("{\"hello\":true}"));
    TB_ASSERT(err == TB_OK);
}

/* "quiet" is a message to which nobody answers, "hang" one to which nobody does although he should. */
static bool pos_call(void *context, uint32_t page, uint32_t client, struct tb_span origin,
                     struct tb_span message)
{
    (void)origin;
    printf("pos call %" PRIu32 " client %" PRIu32 " %zu\n", page, client, message.size);
    if (!tb_span_is(message, "\"quiet\"") && !tb_span_is(message, "\"hang\""))
        page_request(context, page, TB_COUNTER_SCOPE_NONE, message);
    return !tb_span_is(message, "\"quiet\"");
}

static void page_closed(void *context, uint32_t page, const char *reason)
{
    (void)context;
    printf("closed %" PRIu32 " %s\n", page, reason);
}

static void refused(void *context, const char *code)
{
    (void)context;
    printf("refused %s\n", code);
}

static void answer(struct server *s, uint32_t client, const char *text)
{
    enum tb_err err = tb_ctl_send(s->ctl, client, tb_span_str(text));
    printf("answered %" PRIu32 " %s\n", client, tb_err_name(err));
}

static void command_broadcast(struct server *s, const char *arguments)
{
    char *end;
    unsigned long topic = strtoul(arguments, &end, 10);
    unsigned long size = strtoul(end, &end, 10);
    unsigned long count = strtoul(end, &end, 10);
    TB_ASSERT(size <= sizeof filler);
    for (unsigned long i = 0; i < count; i++) {
        enum tb_err err = tb_counter_broadcast(s->counter, TB_COUNTER_SCOPE_CLERK,
                                               (enum tb_counter_topic)topic, tb_span_of(filler, size));
        TB_ASSERT(err == TB_OK);
    }
}

static void command_reply(struct server *s, uint32_t client, const char *arguments)
{
    char *end;
    unsigned long size = strtoul(arguments, &end, 10);
    unsigned long count = strtoul(end, &end, 10);
    enum tb_err err = TB_OK;
    for (unsigned long i = 0; i < count && err == TB_OK; i++)
        err = tb_ctl_send(s->ctl, client, tb_span_of(filler, size));
    printf("answered %" PRIu32 " %s\n", client, tb_err_name(err));
}

static void ctl_request(void *context, uint32_t client, struct tb_span line)
{
    struct server *s = context;
    char text[TB_CTL_LINE_MAX];
    char url[TB_COUNTER_URL_SIZE];
    enum tb_err err = tb_span_to_str(line, text, sizeof text);
    TB_ASSERT(err == TB_OK);
    if (tb_span_starts(line, tb_span_str("token "))) {
        enum tb_counter_scope scope = tb_counter_scope_named(tb_span_sub(line, 6, line.size));
        TB_ASSERT(scope != TB_COUNTER_SCOPE_NONE);
        err = tb_counter_mint_token(s->counter, scope, url);
        TB_ASSERT(err == TB_OK);
        answer(s, client, url);
    } else if (tb_span_is(line, "pages")) {
        TB_ASSERT(snprintf(text, sizeof text, "%zu", tb_counter_page_count(s->counter)) > 0);
        answer(s, client, text);
    } else if (tb_span_starts(line, tb_span_str("revoke "))) {
        tb_counter_pos_end(s->counter, (uint32_t)strtoul(text + 7, NULL, 10));
        answer(s, client, "ok");
    } else if (tb_span_starts(line, tb_span_str("answer "))) {
        err = tb_counter_send(s->counter, (uint32_t)strtoul(text + 7, NULL, 10), TB_COUNTER_TOPIC_EVENT,
                              tb_span_str("{\"late\":true}"));
        answer(s, client, tb_err_name(err));
    } else if (tb_span_starts(line, tb_span_str("broadcast "))) {
        command_broadcast(s, text + 10);
        answer(s, client, "ok");
    } else if (tb_span_starts(line, tb_span_str("reply "))) {
        command_reply(s, client, text + 6);
    } else {
        answer(s, client, text);
    }
}

static void ctl_closed(void *context, uint32_t client, const char *reason)
{
    (void)context;
    printf("ctl closed %" PRIu32 " %s\n", client, reason);
}

static void ctl_refused(void *context, const char *code)
{
    (void)context;
    printf("ctl refused %s\n", code);
}

static void stop(void *context, int signo)
{
    struct server *s = context;
    (void)signo;
    tb_loop_stop(s->loop);
}

static enum tb_err server_open(struct server *s, const char *path)
{
    const char *port = getenv("COUNTER_PORT"); /* a restarted server takes its port again */
    struct tb_counter_config counter = {
        .port = port ? (uint16_t)strtoul(port, NULL, 10) : 0,
        .session_key = {42},
        .rng = *tb_rng_system(),
        .handlers =
            {.opened = page_opened,
             .request = page_request,
             .closed = page_closed,
             .refused = refused,
             .context = s,
             .pos = {.origin = pos_origin, .admit = pos_admit, .opened = pos_opened, .call = pos_call}},
    };
    struct tb_ctl_config ctl = {
        .path = path,
        .group = TB_CTL_NO_GROUP,
        .handlers = {ctl_request, ctl_closed, ctl_refused, s},
    };
    struct tb_loop_options options = {.fd_max = 512};
    enum tb_err err = tb_loop_create(&options, &s->loop);
    if (err == TB_OK)
        err = tb_loop_on_signal(s->loop, SIGTERM, stop, s);
    if (err == TB_OK)
        err = tb_counter_open(s->loop, &counter, &s->counter);
    if (err == TB_OK)
        err = tb_ctl_open(s->loop, &ctl, &s->ctl);
    return err;
}

int main(int argc, char **argv)
{
    struct server s = {.loop = NULL};
    if (argc != 2)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    memset(filler, 'x', sizeof filler);
    enum tb_err err = server_open(&s, argv[1]);
    if (err == TB_OK) {
        printf("ready %u\n", tb_counter_port(s.counter));
        err = tb_loop_run(s.loop);
    }
    if (err != TB_OK)
        printf("failed %s\n", tb_err_name(err));
    tb_ctl_close(s.ctl);
    tb_counter_close(s.counter);
    tb_loop_free(s.loop);
    return err == TB_OK ? 0 : 1;
}
