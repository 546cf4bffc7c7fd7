/*
 * Runs seeds: tillbridge-sim [--seeds N] [--first K] [--jobs J]. Every run ends quiet, and then
 * nothing that was stored is lost, nothing was decided twice, and all sides hold the same rows. A seed is
 * a run: it is the same on every machine and in every process. J processes share the seeds; the first
 * that finds something ends the others.
 */
#include "tests/sim/sim.h"

#include "core/base/assert.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEED_COUNT 1000
#define JOB_COUNT_MAX 64
#define REAL_SHARE 8

struct request {
    uint64_t count;
    uint64_t first;
    uint64_t job_count;
};

static volatile uint64_t seed_running;

void sim_broken(const struct sim *s, const char *what)
{
    (void)fprintf(stderr, "seed %llu, at %lld ms: %s\nreplay: ./dev sim --first %llu --seeds 1\n",
                  (unsigned long long)s->seed, (long long)s->now_ms, what, (unsigned long long)s->seed);
    (void)fflush(stderr);
    _exit(EXIT_FAILURE);
}

/* An assertion of the machines themselves. */
static void trapped(int number)
{
    char text[24];
    size_t at = sizeof text;
    uint64_t seed = seed_running;
    static const char head[] = "an assertion failed; replay: ./dev sim --seeds 1 --first ";
    text[--at] = '\n';
    do
        text[--at] = (char)('0' + seed % 10);
    while (seed /= 10);
    ssize_t written = write(STDERR_FILENO, head, sizeof head - 1);
    if (written > 0)
        written = write(STDERR_FILENO, text + at, sizeof text - at);
    _exit(written > 0 ? 128 + number : EXIT_FAILURE);
}

static void traps_set(void)
{
    static const int numbers[] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE};
    for (size_t i = 0; i < TB_ARRAY_SIZE(numbers); i++)
        (void)signal(numbers[i], trapped);
}

static uint64_t number(const char *text)
{
    uint64_t value = 0;
    if (tb_decimal_decode(tb_span_str(text), UINT64_MAX, &value) != TB_OK) {
        (void)fprintf(stderr, "not a number: %s\n", text);
        exit(2);
    }
    return value;
}

static struct request request_read(int argc, char **argv)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct request request = {.count = SEED_COUNT, .first = 1, .job_count = 1};
    if (processors > 0)
        request.job_count = (uint64_t)processors;
    for (int i = 1; i < argc; i += 2) {
        bool has_value = i + 1 < argc;
        if (has_value && strcmp(argv[i], "--seeds") == 0)
            request.count = number(argv[i + 1]);
        else if (has_value && strcmp(argv[i], "--first") == 0)
            request.first = number(argv[i + 1]);
        else if (has_value && strcmp(argv[i], "--jobs") == 0)
            request.job_count = number(argv[i + 1]);
        else {
            (void)fprintf(stderr, "usage: %s [--seeds N] [--first K] [--jobs J]\n", argv[0]);
            exit(2);
        }
    }
    if (request.job_count == 0 || request.job_count > JOB_COUNT_MAX || request.job_count > request.count)
        request.job_count = 1;
    return request;
}

/* Every job_count-th seed from one on, so that low seeds come first in all of them. */
static struct sim_totals seeds_run(const struct request *request, uint64_t job)
{
    static struct sim s;
    static uint8_t arena[TB_JSON_ARENA_SIZE(TB_MESSAGE_SIZE_MAX)];
    static uint8_t out[2][TB_MESSAGE_SIZE_MAX];
    s.arena = tb_arena_of(arena, sizeof arena);
    s.client_out = tb_buf_of(out[0], sizeof out[0]);
    s.server_out = tb_buf_of(out[1], sizeof out[1]);
    s.terminal_config = (struct tb_session_config){
        .reconnect_window_ms = 1000, .idle_ping_ms = 30000, .arena = &s.arena, .out = &s.server_out};
    s.real_share = REAL_SHARE;
    s.web_config = s.terminal_config;
    s.web_config.web = true;
    for (uint64_t i = job; i < request->count; i += request->job_count) {
        seed_running = request->first + i;
        sim_run(&s, request->first + i);
    }
    return s.totals;
}

static pid_t job_start(const struct request *request, uint64_t job, int fd)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    traps_set();
    struct sim_totals totals = seeds_run(request, job);
    _exit(write(fd, &totals, sizeof totals) == (ssize_t)sizeof totals ? EXIT_SUCCESS : EXIT_FAILURE);
}

static int jobs_wait(pid_t *pids, uint64_t count)
{
    int result = EXIT_SUCCESS;
    for (uint64_t left = count; left > 0; left--) {
        int status = 0;
        pid_t ended = wait(&status);
        for (uint64_t i = 0; i < count; i++)
            if (pids[i] == ended)
                pids[i] = 0;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            continue;
        for (uint64_t i = 0; i < count && result == EXIT_SUCCESS; i++)
            if (pids[i] > 0)
                (void)kill(pids[i], SIGKILL);
        result = EXIT_FAILURE;
    }
    return result;
}

int main(int argc, char **argv)
{
    struct request request = request_read(argc, argv);
    pid_t pids[JOB_COUNT_MAX];
    struct sim_totals all = {0};
    int fds[2];
    if (pipe(fds) != 0)
        return 2;
    for (uint64_t job = 0; job < request.job_count; job++) {
        pids[job] = job_start(&request, job, fds[1]);
        if (pids[job] < 0)
            return 2;
    }
    if (jobs_wait(pids, request.job_count) != EXIT_SUCCESS)
        return EXIT_FAILURE;
    for (uint64_t job = 0; job < request.job_count; job++) {
        struct sim_totals totals;
        if (read(fds[0], &totals, sizeof totals) != (ssize_t)sizeof totals)
            return EXIT_FAILURE;
        all.messages += totals.messages;
        all.decided += totals.decided;
        all.power_cuts += totals.power_cuts;
        all.restores += totals.restores;
        all.losses += totals.losses;
        all.double_sales += totals.double_sales;
        all.virtual_ms += totals.virtual_ms;
    }
    printf("%llu seeds from %llu: %llu mutations decided once, %llu messages, %llu power cuts, "
           "%llu restores, %llu losses of pages, %llu double sales told, %llu s of virtual time\n",
           (unsigned long long)request.count, (unsigned long long)request.first,
           (unsigned long long)all.decided, (unsigned long long)all.messages,
           (unsigned long long)all.power_cuts, (unsigned long long)all.restores,
           (unsigned long long)all.losses, (unsigned long long)all.double_sales,
           (unsigned long long)(all.virtual_ms / 1000));
    return EXIT_SUCCESS;
}
