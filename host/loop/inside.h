/* What the files of this module share; nobody else includes it. */
#ifndef TB_HOST_LOOP_INSIDE_H
#define TB_HOST_LOOP_INSIDE_H

#include "host/loop/loop.h"

#include <libwebsockets.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#define TB_LOOP_SIGNAL_MAX 8

struct signal_handler {
    int signo;
    void (*fn)(void *context, int signo);
    void *context;
};

struct tb_loop {
    struct lws_context *lws;
    struct lws_vhost *vhost; /* for descriptors and wake-ups; listens to nothing */
    int64_t now_us;
    int64_t wall_ms;            /* the system's clock at the same reading */
    int64_t wall_floor_lead_ms; /* of the floor over the monotonic clock, with which it rises */
    atomic_bool stopped;

    pthread_mutex_t post_lock; /* guards the queue and the nodes' next and queued */
    struct tb_post *post_head;
    struct tb_post *post_tail;
    size_t post_count;
    struct tb_mailbox mailbox;

    int signal_fd; /* -1 until the first tb_loop_on_signal() */
    sigset_t signal_set;
    struct tb_watch signal_watch;
    struct signal_handler signals[TB_LOOP_SIGNAL_MAX];
    size_t signal_count;
};

/* The lws protocol that adopted descriptors run on. */
#define TB_LOOP_PROTOCOL "tillbridge-loop"

/* An event of a descriptor's wsi; 0 keeps the connection, -1 closes it. */
int tb_watch_event(struct lws *wsi, unsigned event);

void tb_loop_signals_close(struct tb_loop *loop);

#endif
