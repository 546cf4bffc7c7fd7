/* The loop with its real library: posts, timers, descriptors, signals, children, and silence. */
#include "host/loop/loop.h"
#include "host/system/system.h"
#include "host/system/thread.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Ends a test whose event never comes; far above anything that a test needs. */
#define GUARD_MS 20000

static void guard_due(struct tb_timer *timer)
{
    (void)timer;
    abort();
}

struct fixture {
    struct tb_loop *loop;
    struct tb_timer guard;
    int step;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct tb_loop_options options = {.fd_max = 32};
    if (tb_loop_create(&options, &f->loop))
        return -1;
    tb_timer_set(f->loop, &f->guard, GUARD_MS, guard_due);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    tb_timer_cancel(&f->guard);
    tb_loop_free(f->loop);
    free(f);
    return 0;
}

/* ---- posts ---- */

#define POST_COUNT 2000

struct poster {
    struct fixture *f;
    struct tb_post posts[POST_COUNT];
    int seen;
    bool in_order;
};

static void post_counted(struct tb_post *post)
{
    struct poster *p = post->context;
    p->in_order = p->in_order && post == &p->posts[p->seen];
    if (++p->seen == POST_COUNT)
        tb_loop_stop(p->f->loop);
}

static void *poster_main(void *context)
{
    struct poster *p = context;
    for (int i = 0; i < POST_COUNT; i++)
        tb_loop_post(p->f->loop, &p->posts[i]);
    return NULL;
}

static void test_posts_of_a_thread_arrive_in_order(void **state)
{
    struct fixture *f = *state;
    struct poster *p = calloc(1, sizeof *p);
    p->f = f;
    p->in_order = true;
    for (int i = 0; i < POST_COUNT; i++)
        p->posts[i] = (struct tb_post){.fn = post_counted, .context = p};
    pthread_t thread;
    assert_int_equal(tb_thread_start(&thread, "poster", 0, poster_main, p), TB_OK);
    assert_int_equal(tb_loop_run(f->loop), TB_OK);
    pthread_join(thread, NULL);
    assert_int_equal(p->seen, POST_COUNT);
    assert_true(p->in_order);
    free(p);
}

static void post_again(struct tb_post *post)
{
    struct fixture *f = post->context;
    if (++f->step == 3)
        tb_loop_stop(f->loop);
    else
        tb_loop_post(f->loop, post);
}

static void test_post_may_post_itself_and_counts_once_while_waiting(void **state)
{
    struct fixture *f = *state;
    struct tb_post post = {.fn = post_again, .context = f};
    tb_loop_post(f->loop, &post);
    tb_loop_post(f->loop, &post);
    assert_int_equal(tb_loop_run(f->loop), TB_OK);
    assert_int_equal(f->step, 3);
    assert_false(post.queued);
}

static void test_unposted_does_not_run(void **state)
{
    struct fixture *f = *state;
    int other = 0;
    struct tb_post taken = {.fn = post_again, .context = &other};
    struct tb_post first = {.fn = post_again, .context = f}, last = first;
    f->step = 1;
    tb_loop_post(f->loop, &first);
    tb_loop_post(f->loop, &taken);
    tb_loop_post(f->loop, &last);
    assert_true(tb_loop_unpost(f->loop, &taken));
    assert_true(tb_loop_unpost(f->loop, &last));
    assert_false(tb_loop_unpost(f->loop, &last));
    tb_loop_post(f->loop, &last);
    assert_true(tb_loop_unpost(f->loop, &last));
    assert_int_equal(tb_loop_run(f->loop), TB_OK);
    assert_int_equal(f->step, 3);
    assert_int_equal(other, 0);
}

/* ---- timers and clocks ---- */

static void timer_in_order(struct tb_timer *timer)
{
    struct fixture *f = timer->context;
    assert_true(tb_loop_now_ms(f->loop) >= timer->due_ms);
    assert_false(tb_timer_is_set(timer));
    f->step = f->step * 10 + (int)(timer->due_ms % 10);
}

static void timer_stop(struct tb_timer *timer)
{
    tb_loop_stop(((struct fixture *)timer->context)->loop);
}

static void test_timers_run_in_order_and_never_early(void **state)
{
    struct fixture *f = *state;
    int64_t start_ms = tb_loop_now_ms(f->loop);
    int64_t round_ms = 10 - start_ms % 10;
    struct tb_timer late = {.context = f}, soon = {.context = f}, never = {.context = f},
                    end = {.context = f};
    tb_timer_set(f->loop, &end, round_ms + 24, timer_stop);
    tb_timer_set(f->loop, &late, round_ms + 12, timer_in_order);
    tb_timer_set(f->loop, &never, round_ms + 5, timer_in_order);
    tb_timer_set(f->loop, &soon, round_ms + 18, timer_in_order);
    tb_timer_set(f->loop, &soon, round_ms + 1, timer_in_order);
    assert_true(tb_timer_is_set(&never));
    tb_timer_cancel(&never);
    assert_int_equal(tb_loop_run(f->loop), TB_OK);
    assert_int_equal(f->step, 12);
}

static void test_wall_time_does_not_fall_below_its_floor(void **state)
{
    struct fixture *f = *state;
    int64_t system_ms = tb_loop_wall_ms(f->loop);
    assert_false(tb_loop_clock_is_behind(f->loop));
    tb_loop_raise_wall_floor(f->loop, system_ms + 1000000);
    tb_loop_raise_wall_floor(f->loop, 5);
    assert_int_equal(tb_loop_wall_ms(f->loop), system_ms + 1000000);
    assert_true(tb_loop_clock_is_behind(f->loop));
}

static void test_wall_time_goes_on_above_a_clock_that_is_behind(void **state)
{
    struct fixture *f = *state;
    struct tb_timer end = {.context = f};
    tb_loop_raise_wall_floor(f->loop, tb_loop_wall_ms(f->loop) + 1000000);
    int64_t began_ms = tb_loop_now_ms(f->loop);
    int64_t wall_ms = tb_loop_wall_ms(f->loop);
    tb_timer_set(f->loop, &end, 20, timer_stop);
    assert_int_equal(tb_loop_run(f->loop), TB_OK);
    assert_in_range(tb_loop_now_ms(f->loop) - began_ms, 20, 10000);
    assert_int_equal(tb_loop_wall_ms(f->loop) - wall_ms, tb_loop_now_ms(f->loop) - began_ms);
}

static void test_clock_a_little_behind_another_machines_is_not_wrong(void **state)
{
    struct fixture *f = *state;
    tb_loop_raise_wall_floor(f->loop, tb_loop_wall_ms(f->loop) + TB_LOOP_CLOCK_TOLERANCE_MS / 2);
    assert_false(tb_loop_clock_is_behind(f->loop));
}

static void test_idle_loop_does_not_wake_up(void **state)
{
    struct fixture *f = *state;
    struct tb_timer end = {.context = f};
    struct rusage before, after;
    tb_timer_set(f->loop, &end, 300, timer_stop);
    getrusage(RUSAGE_THREAD, &before);
    assert_int_equal(tb_loop_run(f->loop), TB_OK);
    getrusage(RUSAGE_THREAD, &after);
    assert_in_range(after.ru_nvcsw - before.ru_nvcsw, 1, 3);
}

/* ---- descriptors ---- */

struct pipe_end {
    struct fixture *f;
    struct tb_watch watch;
    int fds[2];
    unsigned seen;
    size_t size;
};

static void pipe_open(struct pipe_end *p, struct fixture *f)
{
    *p = (struct pipe_end){.f = f};
    p->watch.context = p;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, p->fds), 0);
}

static void pipe_read_all(struct tb_watch *watch, unsigned events)
{
    struct pipe_end *p = watch->context;
    char bytes[4];
    p->seen |= events;
    ssize_t got = read(p->fds[0], bytes, sizeof bytes);
    p->size += got > 0 ? (size_t)got : 0;
    if (events == TB_FD_READ && got == 0) {
        tb_watch_stop(watch);
        tb_loop_stop(p->f->loop);
    } else if (events == TB_FD_HANGUP) {
        tb_loop_stop(p->f->loop);
    }
}

static void test_watch_delivers_bytes_then_the_end(void **state)
{
    struct fixture *f = *state;
    struct pipe_end p;
    pipe_open(&p, f);
    assert_int_equal(tb_loop_watch_fd(f->loop, &p.watch, p.fds[0], pipe_read_all), TB_OK);
    assert_int_equal(write(p.fds[1], "0123456789", 10), 10);
    close(p.fds[1]);
    assert_int_equal(tb_loop_run(f->loop), TB_OK);
    assert_int_equal(p.size, 10);
    assert_true(p.seen & TB_FD_READ);
    assert_null(p.watch.wsi);
    assert_int_equal(fcntl(p.fds[0], F_GETFD), FD_CLOEXEC); /* still the caller's */
    close(p.fds[0]);
}

static void pipe_write(struct tb_watch *watch, unsigned events)
{
    struct pipe_end *p = watch->context;
    p->seen |= events;
    if (events & TB_FD_WRITE) {
        assert_int_equal(write(p->fds[0], "x", 1), 1);
        tb_watch_stop(watch);
        tb_loop_stop(p->f->loop);
    }
}

static void test_watch_asks_for_room_once(void **state)
{
    struct fixture *f = *state;
    struct pipe_end p;
    char byte = 0;
    pipe_open(&p, f);
    assert_int_equal(tb_loop_watch_fd(f->loop, &p.watch, p.fds[0], pipe_write), TB_OK);
    tb_watch_want_write(&p.watch);
    assert_int_equal(tb_loop_run(f->loop), TB_OK);
    assert_int_equal(p.seen, TB_FD_WRITE);
    assert_int_equal(read(p.fds[1], &byte, 1), 1);
    close(p.fds[0]);
    close(p.fds[1]);
}

static void read_again(struct tb_timer *timer)
{
    struct pipe_end *p = timer->context;
    assert_int_equal(p->size, 0);
    tb_watch_set_read(&p->watch, true);
}

static void test_watch_held_back_reads_nothing_until_let_through(void **state)
{
    struct fixture *f = *state;
    struct pipe_end p;
    struct tb_timer later = {.context = &p};
    pipe_open(&p, f);
    assert_int_equal(tb_loop_watch_fd(f->loop, &p.watch, p.fds[0], pipe_read_all), TB_OK);
    tb_watch_set_read(&p.watch, false);
    assert_int_equal(write(p.fds[1], "abc", 3), 3);
    shutdown(p.fds[1], SHUT_WR);
    tb_timer_set(f->loop, &later, 20, read_again);
    assert_int_equal(tb_loop_run(f->loop), TB_OK);
    assert_int_equal(p.size, 3);
    close(p.fds[0]);
    close(p.fds[1]);
}

static void watch_freed(struct tb_watch *watch, unsigned events)
{
    struct pipe_end *p = watch->context;
    assert_int_equal(events, TB_FD_READ);
    tb_loop_stop(p->f->loop);
    tb_watch_stop(watch);
    close(p->fds[0]);
    close(p->fds[1]);
    free(p);
}

static void test_watch_may_be_freed_by_its_callback(void **state)
{
    struct fixture *f = *state;
    struct pipe_end *p = malloc(sizeof *p);
    pipe_open(p, f);
    assert_int_equal(tb_loop_watch_fd(f->loop, &p->watch, p->fds[0], watch_freed), TB_OK);
    assert_int_equal(write(p->fds[1], "a", 1), 1);
    assert_int_equal(tb_loop_run(f->loop), TB_OK);
}

static void test_watches_beyond_the_limit_are_refused(void **state)
{
    struct fixture *f = *state;
    struct pipe_end p;
    struct tb_watch watches[64] = {{0}};
    size_t count = 0;
    pipe_open(&p, f);
    while (count < 64 && tb_loop_watch_fd(f->loop, &watches[count], p.fds[0], pipe_read_all) == TB_OK)
        count++;
    assert_in_range(count, 16, 32);
    for (size_t i = 0; i < count; i++)
        tb_watch_stop(&watches[i]);
    close(p.fds[0]);
    close(p.fds[1]);
}

/* ---- signals and children ---- */

static void signal_seen(void *context, int signo)
{
    struct fixture *f = context;
    f->step = f->step * 100 + signo;
    if (signo == SIGUSR1)
        kill(getpid(), SIGUSR2);
    else
        tb_loop_stop(f->loop);
}

static void test_signals_arrive_on_the_loop(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(tb_loop_on_signal(f->loop, SIGUSR1, signal_seen, f), TB_OK);
    assert_int_equal(tb_loop_on_signal(f->loop, SIGUSR2, signal_seen, f), TB_OK);
    kill(getpid(), SIGUSR1);
    assert_int_equal(tb_loop_run(f->loop), TB_OK);
    assert_int_equal(f->step, SIGUSR1 * 100 + SIGUSR2);
}

static void child_done(struct tb_child *child, int wait_status)
{
    struct fixture *f = child->context;
    f->step = wait_status;
    tb_loop_stop(f->loop);
}

static void test_child_has_its_link_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct pipe_end p;
    pipe_open(&p, f);
    struct tb_child child = {.context = f};
    const char *const argv[] = {"sh", "-c", "ls /proc/self/fd | tr '\\n' ' ' >&3; exit 7", NULL};
    struct tb_child_spec spec = {.path = "/bin/sh", .argv = argv, .link_fd = p.fds[1]};
    assert_int_equal(tb_child_start(f->loop, &child, &spec, child_done), TB_OK);
    assert_int_equal(tb_loop_run(f->loop), TB_OK);
    assert_true(WIFEXITED(f->step));
    assert_int_equal(WEXITSTATUS(f->step), 7);
    assert_int_equal(child.pid, 0);
    char seen[64] = "";
    assert_true(read(p.fds[0], seen, sizeof seen - 1) > 0);
    assert_string_equal(seen, "0 1 2 3 4 "); /* 4 is the folder that ls itself reads */
    close(p.fds[0]);
    close(p.fds[1]);
}

static void test_child_can_be_killed_and_ended(void **state)
{
    struct fixture *f = *state;
    struct tb_child child = {.context = f}, ended = {.context = f};
    const char *const argv[] = {"sleep", "1000", NULL};
    struct tb_child_spec spec = {.path = "/bin/sleep", .argv = argv, .link_fd = -1};
    assert_int_equal(tb_child_start(f->loop, &child, &spec, child_done), TB_OK);
    assert_int_equal(tb_child_start(f->loop, &ended, &spec, child_done), TB_OK);
    tb_child_end(&ended);
    assert_int_equal(ended.pid, 0);
    tb_child_kill(&child, SIGKILL);
    assert_int_equal(tb_loop_run(f->loop), TB_OK);
    assert_true(WIFSIGNALED(f->step));
    assert_int_equal(WTERMSIG(f->step), SIGKILL);
}

static void test_child_that_is_not_there_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct tb_child child = {.context = f};
    const char *const argv[] = {"none", NULL};
    struct tb_child_spec spec = {.path = "/nonexistent/none", .argv = argv, .link_fd = -1};
    assert_int_equal(tb_child_start(f->loop, &child, &spec, child_done), TB_ERR_NOT_FOUND);
    assert_int_equal(child.pid, 0);
}

#define LOOP_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(test_posts_of_a_thread_arrive_in_order),
        LOOP_TEST(test_post_may_post_itself_and_counts_once_while_waiting),
        LOOP_TEST(test_unposted_does_not_run),
        LOOP_TEST(test_timers_run_in_order_and_never_early),
        LOOP_TEST(test_wall_time_does_not_fall_below_its_floor),
        LOOP_TEST(test_wall_time_goes_on_above_a_clock_that_is_behind),
        LOOP_TEST(test_clock_a_little_behind_another_machines_is_not_wrong),
        LOOP_TEST(test_idle_loop_does_not_wake_up),
        LOOP_TEST(test_watch_delivers_bytes_then_the_end),
        LOOP_TEST(test_watch_asks_for_room_once),
        LOOP_TEST(test_watch_held_back_reads_nothing_until_let_through),
        LOOP_TEST(test_watch_may_be_freed_by_its_callback),
        LOOP_TEST(test_watches_beyond_the_limit_are_refused),
        LOOP_TEST(test_signals_arrive_on_the_loop),
        LOOP_TEST(test_child_has_its_link_and_nothing_else),
        LOOP_TEST(test_child_can_be_killed_and_ended),
        LOOP_TEST(test_child_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
