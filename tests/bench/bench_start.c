/*
 * Measures how long the agent takes from fork to being able to look a customer up (READY=1, as it tells a
 * service manager), and until its readers are ready.
 *
 *     bench_start <tillbridged> <configuration> <starts> <readers>
 *
 * Prints one line "ready <start> <µs>" and one "readers <start> <µs>" for each start. The agent's log goes to
 * standard error.
 */
#include "tests/bench/bench.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, LINE_SIZE = 1024 };

/* Bound to a name that the kernel chooses (unix(7), autobind), which the agent gets in its environment. */
static int notify_open(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t size = sizeof address;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bench_need(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0, "notify socket");
    bench_need(getsockname(fd, (struct sockaddr *)&address, &size) == 0, "notify socket");
    address.sun_path[0] = '@';
    bench_need(setenv("NOTIFY_SOCKET", address.sun_path, 1) == 0, "environment");
    return fd;
}

static bool is_ready(int notify_fd)
{
    char text[256];
    ssize_t size = recv(notify_fd, text, sizeof text - 1, 0);
    bench_need(size >= 0, "notify socket");
    text[size] = '\0';
    return strcmp(text, "READY=1") == 0;
}

static bool is_reader_ready(const char *line)
{
    return strstr(line, " readers state ") && strstr(line, " state=ready");
}

static pid_t agent_start(char *program, char *config, int *ret_log_fd)
{
    int ends[2];
    pid_t pid = 0;
    posix_spawn_file_actions_t actions;
    static char option[] = "--config";
    char *const argv[] = {program, option, config, NULL};
    bench_need(pipe(ends) == 0 && posix_spawn_file_actions_init(&actions) == 0, "pipe");
    bench_need(posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO) == 0 &&
                   posix_spawn_file_actions_addclose(&actions, ends[0]) == 0,
               "spawn");
    bench_need(posix_spawn(&pid, program, &actions, NULL, argv, environ) == 0, program);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    *ret_log_fd = ends[0];
    return pid;
}

static void readers_wait(FILE *log, unsigned reader_count)
{
    char line[LINE_SIZE];
    while (reader_count > 0) {
        bench_need(fgets(line, sizeof line, log) != NULL, "the agent ended");
        (void)fputs(line, stderr);
        if (is_reader_ready(line))
            reader_count--;
    }
}

static void agent_end(pid_t pid, FILE *log)
{
    char line[LINE_SIZE];
    int status = 0;
    bench_need(kill(pid, SIGTERM) == 0, "kill");
    while (fgets(line, sizeof line, log))
        (void)fputs(line, stderr);
    bench_need(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0,
               "exit status");
    (void)fclose(log);
}

int main(int argc, char **argv)
{
    bench_need(argc == 5, "usage: bench_start <tillbridged> <configuration> <starts> <readers>");
    int notify_fd = notify_open();
    long start_count = strtol(argv[3], NULL, 10);
    for (long i = 0; i < start_count; i++) {
        int log_fd = -1;
        struct pollfd set = {.fd = notify_fd, .events = POLLIN};
        double began_us = bench_now_us();
        pid_t pid = agent_start(argv[1], argv[2], &log_fd);
        do
            bench_need(poll(&set, 1, PATIENCE_MS) == 1, "the agent is not ready");
        while (!is_ready(notify_fd));
        double ready_us = bench_now_us();
        FILE *log = fdopen(log_fd, "r");
        bench_need(log != NULL, "log");
        readers_wait(log, (unsigned)strtol(argv[4], NULL, 10));
        double readers_us = bench_now_us();
        printf("ready %ld %.1f\nreaders %ld %.1f\n", i, ready_us - began_us, i, readers_us - began_us);
        agent_end(pid, log);
        while (recv(notify_fd, (char[64]){0}, 64, MSG_DONTWAIT) > 0) {
        }
    }
    return EXIT_SUCCESS;
}
