/*
 * Reconnect storm: one gateway starts again, and all its terminals come back. The delays are those of the
 * terminals' own code, the window is what the gateway's own code had handed out; the gateway takes
 * connections in one after the other and the clock is virtual.
 *
 *     tillbridge-storm [--terminals N] [--full-us N] [--resumed-us N] [--check]
 *
 * The costs are a connection's processor time on the gateway's loop, with a full and with a resumed TLS
 * handshake; ./dev bench storm measures them. With --check it fails unless, with the window, 99 % are back
 * within 1.25 times the ideal and an attempt per terminal is exceeded by no more than 5 %.
 */
#include "agent/uplink/delay.h"
#include "contextd/gateway/window.h"
#include "core/base/text.h"
#include "tests/support/seeded_rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TERMINAL_COUNT 100000
#define FULL_US 658                      /* OpenSSL 3.0, P-256 on both sides: docs/testing.md */
#define RESUMED_US 131                   /* the same with a ticket */
#define ATTEMPT_MAX_US INT64_C(15000000) /* as the terminal's uplink */
#define BACKLOG 4096                     /* connections that the system accepts ahead of the gateway */
#define SEED 1

struct storm {
    size_t terminal_count;
    int64_t full_us;
    int64_t resumed_us;
    unsigned resumed_percent;
    bool window;
};

struct outcome {
    double ideal_s;
    double t99_s;
    double attempts; /* per terminal */
    double window_s;
};

/* A terminal that will try at a time; a heap, the earliest first. */
struct attempt {
    int64_t at_us;
    size_t terminal;
};

struct heap {
    size_t count;
    struct attempt *at;
};

static void heap_put(struct heap *h, struct attempt a)
{
    size_t i = h->count++;
    while (i > 0 && h->at[(i - 1) / 2].at_us > a.at_us) {
        h->at[i] = h->at[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    h->at[i] = a;
}

static struct attempt heap_take(struct heap *h)
{
    struct attempt first = h->at[0];
    struct attempt last = h->at[--h->count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= h->count)
            break;
        if (child + 1 < h->count && h->at[child + 1].at_us < h->at[child].at_us)
            child++;
        if (h->at[child].at_us >= last.at_us)
            break;
        h->at[i] = h->at[child];
        i = child;
    }
    h->at[i] = last;
    return first;
}

static bool is_resumed(const struct storm *storm, size_t terminal)
{
    return terminal % 100 < storm->resumed_percent;
}

/* What the gateway would have handed out while all was well. */
static int64_t window_of(const struct storm *storm)
{
    struct tb_window w = {0};
    tb_window_measure(&w, false, storm->full_us);
    tb_window_measure(&w, true, storm->resumed_us);
    for (size_t i = 0; i < storm->terminal_count; i++)
        tb_window_count(&w, is_resumed(storm, (i * 37) % 100));
    return storm->window ? tb_window_ms(&w, (int64_t)storm->terminal_count) : 0;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static void *room(size_t count, size_t size)
{
    void *at = calloc(count, size);
    if (at == NULL)
        abort();
    return at;
}

struct run {
    const struct storm *storm;
    struct tb_rng rng;
    struct heap heap;
    struct tb_delay *delays;
    int64_t *back_us; /* when each was taken in */
    size_t back_count;
    uint64_t attempt_count;
    int64_t free_us; /* when the gateway has done what waits */
};

static void retry(struct run *r, size_t terminal, int64_t from_us)
{
    int64_t delay_ms = tb_delay_next_ms(&r->delays[terminal], TB_DELAY_AFTER_FAILURE, &r->rng);
    heap_put(&r->heap, (struct attempt){.at_us = from_us + delay_ms * 1000, .terminal = terminal});
}

/* Whoever finds the queue full is turned away; whoever waits too long gives up, and is passed over. */
static void attempt_do(struct run *r, struct attempt a)
{
    int64_t cost_us = is_resumed(r->storm, a.terminal) ? r->storm->resumed_us : r->storm->full_us;
    int64_t wait_us = r->free_us > a.at_us ? r->free_us - a.at_us : 0;
    r->attempt_count++;
    if (wait_us > BACKLOG * cost_us) {
        retry(r, a.terminal, a.at_us);
    } else if (wait_us + cost_us > ATTEMPT_MAX_US) {
        retry(r, a.terminal, a.at_us + ATTEMPT_MAX_US);
    } else {
        r->free_us = a.at_us + wait_us + cost_us;
        r->back_us[r->back_count++] = r->free_us;
    }
}

static struct outcome storm_run(const struct storm *storm)
{
    struct seeded_rng chance = {.state = SEED};
    size_t count = storm->terminal_count;
    struct run r = {.storm = storm, .rng = seeded_rng_of(&chance)};
    int64_t window_ms = window_of(storm);
    int64_t ideal_us = 0;
    r.heap.at = room(count, sizeof *r.heap.at);
    r.delays = room(count, sizeof *r.delays);
    r.back_us = room(count, sizeof *r.back_us);
    for (size_t i = 0; i < count; i++) {
        r.delays[i] = (struct tb_delay){.window_ms = window_ms, .max_ms = TB_DELAY_MAX_PRESET_MS};
        ideal_us += is_resumed(storm, i) ? storm->resumed_us : storm->full_us;
        int64_t first_ms = tb_delay_next_ms(&r.delays[i], TB_DELAY_AFTER_HELD, &r.rng);
        heap_put(&r.heap, (struct attempt){.at_us = first_ms * 1000, .terminal = i});
    }
    while (r.heap.count > 0)
        attempt_do(&r, heap_take(&r.heap));
    qsort(r.back_us, count, sizeof *r.back_us, compare);
    size_t most = count - count / 100; /* 99 % */
    struct outcome outcome = {.ideal_s = (double)ideal_us / 1e6,
                              .t99_s = (double)r.back_us[most - 1] / 1e6,
                              .attempts = (double)r.attempt_count / (double)count,
                              .window_s = (double)window_ms / 1e3};
    free(r.heap.at);
    free(r.delays);
    free(r.back_us);
    return outcome;
}

static bool good(const struct outcome *outcome)
{
    return outcome->t99_s <= 1.25 * outcome->ideal_s && outcome->attempts <= 1.05;
}

static bool storms_print(struct storm storm)
{
    static const unsigned shares[] = {0, 50, 100};
    bool all_good = true;
    printf("%zu terminals; a connection costs %lld us, %lld us resumed\n", storm.terminal_count,
           (long long)storm.full_us, (long long)storm.resumed_us);
    printf("resumed  window s  ideal s  t99 s  t99/ideal  attempts each\n");
    for (size_t i = 0; i < 2 * sizeof shares / sizeof shares[0]; i++) {
        storm.window = i % 2 == 1;
        storm.resumed_percent = shares[i / 2];
        struct outcome outcome = storm_run(&storm);
        all_good = all_good && (!storm.window || good(&outcome));
        printf("%5u %%  %8.1f  %7.1f  %5.1f  %9.2f  %13.2f  %s\n", storm.resumed_percent, outcome.window_s,
               outcome.ideal_s, outcome.t99_s, outcome.t99_s / outcome.ideal_s, outcome.attempts,
               !storm.window    ? "no window"
               : good(&outcome) ? "ok"
                                : "over");
    }
    return all_good;
}

static int64_t number(const char *text)
{
    uint64_t value = 0;
    if (tb_decimal_decode(tb_span_str(text ? text : ""), 1000000000, &value) != TB_OK || value == 0) {
        (void)fprintf(stderr, "not a number: %s\n", text ? text : "");
        exit(2);
    }
    return (int64_t)value;
}

int main(int argc, char **argv)
{
    struct storm storm = {.terminal_count = TERMINAL_COUNT, .full_us = FULL_US, .resumed_us = RESUMED_US};
    bool check = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--check") == 0)
            check = true;
        else if (strcmp(argv[i], "--terminals") == 0)
            storm.terminal_count = (size_t)number(argv[++i]);
        else if (strcmp(argv[i], "--full-us") == 0)
            storm.full_us = number(argv[++i]);
        else if (strcmp(argv[i], "--resumed-us") == 0)
            storm.resumed_us = number(argv[++i]);
        else
            return 2;
    }
    return storms_print(storm) || !check ? EXIT_SUCCESS : EXIT_FAILURE;
}
