/*
 * What benchmarks share: one clock, one processor, medians. Figures of this machine drift by tens of
 * per cent; so what is compared alternates within each round, and what counts is the median over the
 * rounds of the ratios.
 */
#ifndef TB_TESTS_BENCH_BENCH_H
#define TB_TESTS_BENCH_BENCH_H

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double bench_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* All threads on one processor: the wake-up of an idle second one costs more than what is measured. */
static inline void bench_pin(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    if (sched_setaffinity(0, sizeof one, &one))
        fprintf(stderr, "not pinned to one processor\n");
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
    printf("%-52s %8.2f %-4s limit %.2f  %s\n", what, value, unit, limit, value <= limit ? "within" : "OVER");
}

#endif
