#include "host/loop/inside.h"

#include "core/base/assert.h"
#include "host/log/log.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define FD_COUNT_PRESET 256
#define MESSAGE_SIZE_PRESET 4096

_Static_assert(sizeof(struct lws_sorted_usec_list) <= sizeof(((struct tb_timer *)0)->slot),
               "a timer's slot holds an lws timer");

static int64_t clock_us(clockid_t clock)
{
    struct timespec t;
    int rc = clock_gettime(clock, &t);
    TB_ASSERT(rc == 0);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void tb_loop_turn(struct tb_loop *loop)
{
    loop->now_us = clock_us(CLOCK_MONOTONIC);
    loop->wall_ms = clock_us(CLOCK_REALTIME) / 1000;
}

int64_t tb_loop_now_ms(const struct tb_loop *loop)
{
    return loop->now_us / 1000;
}

int64_t tb_loop_now_us(const struct tb_loop *loop)
{
    return loop->now_us;
}

static int64_t wall_floor_ms(const struct tb_loop *loop)
{
    return tb_loop_now_ms(loop) + loop->wall_floor_lead_ms;
}

int64_t tb_loop_wall_ms(const struct tb_loop *loop)
{
    return loop->wall_ms > wall_floor_ms(loop) ? loop->wall_ms : wall_floor_ms(loop);
}

void tb_loop_raise_wall_floor(struct tb_loop *loop, int64_t wall_ms)
{
    if (wall_ms > wall_floor_ms(loop))
        loop->wall_floor_lead_ms = wall_ms - tb_loop_now_ms(loop);
}

bool tb_loop_clock_is_behind(const struct tb_loop *loop)
{
    return loop->wall_ms + TB_LOOP_CLOCK_TOLERANCE_MS < wall_floor_ms(loop);
}

struct lws_context *tb_loop_lws(struct tb_loop *loop)
{
    return loop->lws;
}

/* ---- posts ---- */

static struct tb_post *post_take(struct tb_loop *loop)
{
    pthread_mutex_lock(&loop->post_lock);
    struct tb_post *post = loop->post_head;
    if (post) {
        loop->post_head = post->next;
        if (!loop->post_head)
            loop->post_tail = NULL;
        loop->post_count--;
        post->queued = false;
    }
    pthread_mutex_unlock(&loop->post_lock);
    return post;
}

static size_t post_count(struct tb_loop *loop)
{
    pthread_mutex_lock(&loop->post_lock);
    size_t count = loop->post_count;
    pthread_mutex_unlock(&loop->post_lock);
    return count;
}

/* Only what waited at the start: posts that post again must not keep the sockets from their turn. */
static void posts_run(struct tb_loop *loop)
{
    for (size_t left = post_count(loop); left > 0; left--) {
        struct tb_post *post = post_take(loop);
        if (!post)
            return;
        tb_loop_turn(loop);
        post->fn(post);
    }
    if (post_count(loop) > 0)
        lws_cancel_service(loop->lws);
}

void tb_loop_post(struct tb_loop *loop, struct tb_post *post)
{
    pthread_mutex_lock(&loop->post_lock);
    bool first = !loop->post_head;
    if (!post->queued) {
        post->queued = true;
        post->next = NULL;
        if (loop->post_tail)
            loop->post_tail->next = post;
        else
            loop->post_head = post;
        loop->post_tail = post;
        loop->post_count++;
    }
    pthread_mutex_unlock(&loop->post_lock);
    if (first)
        lws_cancel_service(loop->lws);
}

bool tb_loop_unpost(struct tb_loop *loop, struct tb_post *post)
{
    pthread_mutex_lock(&loop->post_lock);
    bool waited = post->queued;
    struct tb_post *before = NULL;
    for (struct tb_post *p = waited ? loop->post_head : NULL; p; before = p, p = p->next) {
        if (p != post)
            continue;
        if (before)
            before->next = p->next;
        else
            loop->post_head = p->next;
        if (loop->post_tail == p)
            loop->post_tail = before;
        loop->post_count--;
        p->queued = false;
        break;
    }
    pthread_mutex_unlock(&loop->post_lock);
    return waited;
}

static void mailbox_post(void *context, struct tb_post *post)
{
    tb_loop_post(context, post);
}

const struct tb_mailbox *tb_loop_mailbox(struct tb_loop *loop)
{
    return &loop->mailbox;
}

/* ---- timers ---- */

static lws_sorted_usec_list_t *timer_sul(struct tb_timer *timer)
{
    return (lws_sorted_usec_list_t *)(void *)timer->slot;
}

static void timer_due(lws_sorted_usec_list_t *sul)
{
    struct tb_timer *timer = (struct tb_timer *)(void *)((char *)sul - offsetof(struct tb_timer, slot));
    struct tb_loop *loop = timer->loop;
    timer->loop = NULL;
    tb_loop_turn(loop);
    timer->fn(timer);
}

void tb_timer_set(struct tb_loop *loop, struct tb_timer *timer, int64_t after_ms,
                  void (*fn)(struct tb_timer *timer))
{
    TB_ASSERT(!timer->loop || timer->loop == loop);
    if (after_ms < 0)
        after_ms = 0;
    timer->loop = loop;
    timer->fn = fn;
    timer->due_ms = tb_loop_now_ms(loop) + after_ms;
    lws_sul_schedule(loop->lws, 0, timer_sul(timer), timer_due, after_ms * LWS_US_PER_MS);
}

void tb_timer_cancel(struct tb_timer *timer)
{
    if (!timer->loop)
        return;
    timer->loop = NULL;
    lws_sul_cancel(timer_sul(timer));
}

bool tb_timer_is_set(const struct tb_timer *timer)
{
    return timer->loop != NULL;
}

/* ---- the context ---- */

static int protocol_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                          size_t size)
{
    (void)user, (void)in, (void)size;
    switch ((int)reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED: posts_run(lws_context_user(lws_get_context(wsi))); return 0;
    case LWS_CALLBACK_RAW_RX_FILE: return tb_watch_event(wsi, TB_FD_READ);
    case LWS_CALLBACK_RAW_WRITEABLE_FILE: return tb_watch_event(wsi, TB_FD_WRITE);
    case LWS_CALLBACK_RAW_CLOSE_FILE: return tb_watch_event(wsi, TB_FD_HANGUP);
    }
    return 0;
}

static const struct lws_protocols loop_protocols[] = {
    {.name = TB_LOOP_PROTOCOL, .callback = protocol_event},
    LWS_PROTOCOL_LIST_TERM,
};

/* lws begins its lines with a time of its own: "[2026/01/31 12:00:00:0000] E: text". */
static struct tb_span lws_text(const char *line)
{
    const char *end_of_time = line[0] == '[' ? strchr(line, ']') : NULL;
    struct tb_span text = tb_span_str(end_of_time ? end_of_time + 1 : line);
    while (text.size > 0 && text.at[0] == ' ')
        text = tb_span_sub(text, 1, text.size);
    while (text.size > 0 && (text.at[text.size - 1] == '\n' || text.at[text.size - 1] == ' '))
        text.size--;
    return text;
}

static void lws_line(int level, const char *line)
{
    tb_log(level == LLL_ERR ? TB_LOG_WARN : TB_LOG_DEBUG, TB_EVENT("lws", "message"),
           tb_log_text("text", lws_text(line)));
}

static enum tb_err context_create(struct tb_loop *loop, const struct tb_loop_options *options)
{
    lws_set_log_level(LLL_ERR | LLL_WARN, lws_line);
    struct lws_context_creation_info info = {
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                   LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS,
        .port = CONTEXT_PORT_NO_LISTEN,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
        .user = loop,
        .fd_limit_per_thread = options->fd_max ? options->fd_max : FD_COUNT_PRESET,
        .pt_serv_buf_size =
            (unsigned)(options->message_size_max ? options->message_size_max : MESSAGE_SIZE_PRESET),
    };
    loop->lws = lws_create_context(&info);
    if (!loop->lws)
        return TB_ERR_NO_MEMORY;
    struct lws_context_creation_info vhost = {
        .vhost_name = TB_LOOP_PROTOCOL,
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = loop_protocols,
    };
    loop->vhost = lws_create_vhost(loop->lws, &vhost);
    return loop->vhost ? TB_OK : TB_ERR_NO_MEMORY;
}

enum tb_err tb_loop_create(const struct tb_loop_options *options, struct tb_loop **ret_loop)
{
    struct tb_loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return TB_ERR_NO_MEMORY;
    loop->signal_fd = -1;
    loop->mailbox = (struct tb_mailbox){.post = mailbox_post, .context = loop};
    pthread_mutex_init(&loop->post_lock, NULL);
    sigemptyset(&loop->signal_set);
    tb_loop_turn(loop);
    enum tb_err err = context_create(loop, options);
    if (err) {
        tb_loop_free(loop);
        return err;
    }
    *ret_loop = loop;
    return TB_OK;
}

struct tb_loop *tb_loop_free(struct tb_loop *loop)
{
    if (!loop)
        return NULL;
    tb_loop_signals_close(loop);
    if (loop->lws)
        lws_context_destroy(loop->lws);
    pthread_mutex_destroy(&loop->post_lock);
    free(loop);
    return NULL;
}

enum tb_err tb_loop_run(struct tb_loop *loop)
{
    tb_loop_turn(loop);
    while (!atomic_load_explicit(&loop->stopped, memory_order_acquire))
        if (lws_service(loop->lws, 0) < 0)
            return TB_ERR_INTERNAL;
    atomic_store_explicit(&loop->stopped, false, memory_order_relaxed);
    return TB_OK;
}

void tb_loop_stop(struct tb_loop *loop)
{
    atomic_store_explicit(&loop->stopped, true, memory_order_release);
    lws_cancel_service(loop->lws);
}
