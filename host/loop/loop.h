/*
 * Loop: the one event loop of a process, on top of one libwebsockets context.
 *
 * Timers, file descriptors, signals and child processes share the context's poll with the sockets
 * that adapters open in it (tb_loop_lws()). An idle loop does not wake up.
 * Thread rule: everything here belongs to the thread that runs the loop, except tb_loop_post() and
 * tb_loop_stop(), which any thread may call. No call blocks but tb_loop_run().
 * Limits: fd_max descriptors in all (sockets included), 8 signals.
 *
 * The same source is compiled once per libwebsockets build; no program links both.
 */
#ifndef TB_HOST_LOOP_LOOP_H
#define TB_HOST_LOOP_LOOP_H

#include "core/base/err.h"
#include "host/loop/post.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lws_context;
struct lws;
struct tb_loop;

struct tb_loop_options {
    unsigned fd_max;         /* descriptors the loop serves at most, sockets included; 0: 256 */
    size_t message_size_max; /* bytes an adapter reads or writes per service call; 0: 4096 */
};

/* ret_loop is the caller's, to be given to tb_loop_free(). TB_ERR_NO_MEMORY, TB_ERR_LOCAL class. */
TB_MUST_USE enum tb_err tb_loop_create(const struct tb_loop_options *options, struct tb_loop **ret_loop);

/*
 * Closes every socket in the context (adapters see their close callbacks), drops timers and posts
 * that have not run. Accepts NULL, returns NULL. Threads that post must have been joined before.
 */
struct tb_loop *tb_loop_free(struct tb_loop *loop);

/* Runs until tb_loop_stop(). TB_ERR_INTERNAL when the context gives up. */
TB_MUST_USE enum tb_err tb_loop_run(struct tb_loop *loop);

/* Makes tb_loop_run() return after the callback at hand; from any thread. */
void tb_loop_stop(struct tb_loop *loop);

/*
 * The clocks, read once per turn. A turn is one callback out of the loop; the loop opens it itself
 * for timers, descriptors, signals, children and posts. A callback that lws calls in an adapter opens
 * its turn with tb_loop_turn() as its first act.
 */
void tb_loop_turn(struct tb_loop *loop);
int64_t
tb_loop_now_ms(const struct tb_loop *loop); /* CLOCK_MONOTONIC: for every timer and age on this machine */
int64_t tb_loop_now_us(const struct tb_loop *loop); /* the same reading in µs: for latency figures */

/* Known wall time, Unix ms: the system's clock, but never before the floor. */
int64_t tb_loop_wall_ms(const struct tb_loop *loop);
/* Raises the floor (build date, last trusted time), which goes on from there with the monotonic clock; a
 * lower value than it has by then changes nothing. */
void tb_loop_raise_wall_floor(struct tb_loop *loop, int64_t wall_ms);
#define TB_LOOP_CLOCK_TOLERANCE_MS 60000 /* that two machines' clocks may well be apart */
/* True when the system's clock is behind the floor by more than that, so that it must be wrong. */
bool tb_loop_clock_is_behind(const struct tb_loop *loop);

/* The context, for adapters that open sockets in it. Borrowed. */
struct lws_context *tb_loop_lws(struct tb_loop *loop);

/* ---- posts ---- */

/* From any thread, fn runs on the loop's thread in a later turn; post->fn must be set. */
void tb_loop_post(struct tb_loop *loop, struct tb_post *post);
/* Takes a waiting post back; on the loop's thread only. False: it did not wait. */
bool tb_loop_unpost(struct tb_loop *loop, struct tb_post *post);
/* The loop as a mailbox; valid as long as the loop. */
const struct tb_mailbox *tb_loop_mailbox(struct tb_loop *loop);

/* ---- timers ---- */

/* Embedded by its user; all zero is a timer that is not set. */
struct tb_timer {
    void *context; /* the user's; untouched */
    void (*fn)(struct tb_timer *timer);
    struct tb_loop *loop;               /* NULL while not set */
    int64_t due_ms;                     /* tb_loop_now_ms() clock */
    _Alignas(8) unsigned char slot[48]; /* the loop's */
};

/* Sets or sets anew: fn runs once, after_ms from this turn on (0: soon, in a later turn). */
void tb_timer_set(struct tb_loop *loop, struct tb_timer *timer, int64_t after_ms,
                  void (*fn)(struct tb_timer *timer));
void tb_timer_cancel(struct tb_timer *timer);
bool tb_timer_is_set(const struct tb_timer *timer);

/* ---- descriptors ---- */

enum tb_fd_event {
    TB_FD_READ = 1,
    TB_FD_WRITE = 2,
    TB_FD_HANGUP = 4, /* the other end is gone; the watch has ended. What is unread may still be read. */
};

/* Embedded by its user; all zero is a watch that is not running. */
struct tb_watch {
    void *context; /* the user's; untouched */
    void (*fn)(struct tb_watch *watch, unsigned events);
    struct tb_loop *loop;
    struct lws *wsi; /* NULL while not running */
};

/*
 * Watches fd for TB_FD_READ (level-triggered) and hang-up. The descriptor stays the caller's, is to be
 * non-blocking, and must be one that poll(2) serves (not a regular file). fn may stop the watch and
 * free what embeds it.
 */
TB_MUST_USE enum tb_err tb_loop_watch_fd(struct tb_loop *loop, struct tb_watch *watch, int fd,
                                         void (*fn)(struct tb_watch *watch, unsigned events));
/* One TB_FD_WRITE when the descriptor takes bytes; ask again after each. */
void tb_watch_want_write(struct tb_watch *watch);
/* Holds back or lets through TB_FD_READ; for back-pressure. */
void tb_watch_set_read(struct tb_watch *watch, bool wanted);
void tb_watch_stop(struct tb_watch *watch);

/* ---- signals ---- */

/*
 * Blocks signo in the calling thread and calls fn on the loop instead. To be called before any other
 * thread starts, so that all of them inherit the mask. TB_ERR_FULL after 8 signals.
 */
TB_MUST_USE enum tb_err tb_loop_on_signal(struct tb_loop *loop, int signo,
                                          void (*fn)(void *context, int signo), void *context);

/* ---- children ---- */

struct tb_child_spec {
    const char *path;        /* the program; not searched for in PATH */
    const char *const *argv; /* NULL-terminated, argv[0] included */
    int link_fd;             /* given to the child as descriptor 3, or -1; stays open here */
};

/* Embedded by its user; all zero is a child that is not running. */
struct tb_child {
    void *context;                                       /* the user's; untouched */
    void (*fn)(struct tb_child *child, int wait_status); /* as of waitpid(2); the child is reaped */
    int pid;                                             /* 0 while not running */
    int pid_fd;
    struct tb_watch watch;
};

/*
 * Starts a child that has descriptors 0 (/dev/null), 1, 2 and link_fd as 3, no others, default signals, and
 * dies with this process. fn runs once when it has ended. TB_ERR_IO when it cannot be started.
 */
TB_MUST_USE enum tb_err tb_child_start(struct tb_loop *loop, struct tb_child *child,
                                       const struct tb_child_spec *spec,
                                       void (*fn)(struct tb_child *child, int wait_status));
/* Sends a signal; no effect when it does not run. */
void tb_child_kill(struct tb_child *child, int signo);
/* Kills with SIGKILL, reaps without calling fn; waits for the kernel to take it down (milliseconds). */
void tb_child_end(struct tb_child *child);

#endif
