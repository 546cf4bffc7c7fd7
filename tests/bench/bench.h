/*
 * What benchmarks share: one clock, one processor, medians. Figures of this machine drift by tens of
 * per cent; so what is compared alternates within each round, and what counts is the median over the
 * rounds of the ratios.
 */
#ifndef TB_TESTS_BENCH_BENCH_H
#define TB_TESTS_BENCH_BENCH_H

#include "core/base/err.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BENCH_ANY_CPU (-1)

static inline double bench_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Ends the program with status 1, which says that nothing could be measured, unless it holds. */
static inline void bench_need(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench: %s: %s\n", what, errno ? strerror(errno) : "failed");
    exit(EXIT_FAILURE);
}

static inline void bench_need_ok(enum tb_err err, const char *what)
{
    if (err == TB_OK)
        return;
    fprintf(stderr, "bench: %s: %s\n", what, tb_err_name(err));
    exit(EXIT_FAILURE);
}

/* This thread, and those that it starts from now on, on one processor, or on BENCH_ANY_CPU. The wake-up of
 * an idle second one costs more than what is measured. */
static inline void bench_pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (cpu == BENCH_ANY_CPU || cpu == i)
            CPU_SET((unsigned)i, &set);
    bench_need(sched_setaffinity(0, sizeof set, &set) == 0, "not pinned");
}

static inline int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts values; share 0.5 is the median. */
static inline double bench_percentile(double *values, size_t count, double share)
{
    qsort(values, count, sizeof *values, bench_compare);
    size_t at = (size_t)(share * (double)count);
    return values[at < count ? at : count - 1];
}

static inline void bench_limit(const char *what, double value, double limit, const char *unit)
{
    printf("  %-52s %10.2f %-4s budget %7.2f  %s\n", what, value, unit, limit,
           value <= limit ? "ok" : "over");
}

#endif
