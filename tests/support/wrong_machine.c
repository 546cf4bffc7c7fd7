/*
 * A machine with a wrong clock or a full disk, for a program under test (LD_PRELOAD).
 *
 *     TB_CLOCK_S=<seconds>   the system's clock said this (Unix time) when the program began
 *     TB_DISK_FULL=<path>    while a file of this name exists, no write to a regular file finds room
 *
 * A full disk is asked for nothing first: that a file system overwrites in place is not to be relied on.
 * Built without sanitizers: the loader puts it before their runtime.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t clock_offset_s;
static const char *disk_full_path;

static ssize_t (*real_write)(int fd, const void *bytes, size_t size);
static ssize_t (*real_pwrite)(int fd, const void *bytes, size_t size, off_t at);
static int (*real_ftruncate)(int fd, off_t size);
static int (*real_fallocate)(int fd, int mode, off_t at, off_t size);

static void real_find(void *ret_function, const char *name)
{
    void **found = ret_function;
    *found = dlsym(RTLD_NEXT, name);
    if (!*found)
        abort();
}

static struct timespec real_clock(clockid_t clock)
{
    struct timespec now = {0};
    (void)syscall(SYS_clock_gettime, clock, &now);
    return now;
}

__attribute__((constructor)) static void machine_begin(void)
{
    const char *clock_s = getenv("TB_CLOCK_S");
    if (clock_s)
        clock_offset_s = (time_t)strtoll(clock_s, NULL, 10) - real_clock(CLOCK_REALTIME).tv_sec;
    disk_full_path = getenv("TB_DISK_FULL");
    real_find(&real_write, "write");
    real_find(&real_pwrite, "pwrite");
    real_find(&real_ftruncate, "ftruncate");
    real_find(&real_fallocate, "fallocate");
}

/* ---- the clock ---- */

int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    *ret_time = real_clock(clock);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        ret_time->tv_sec += clock_offset_s;
    return 0;
}

int gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
    (void)zone;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    *ret_time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *ret_time)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}

/* ---- the disk ---- */

static bool is_full(int fd)
{
    struct stat file;
    if (!disk_full_path || fstat(fd, &file) != 0 || !S_ISREG(file.st_mode) ||
        access(disk_full_path, F_OK) != 0)
        return false;
    errno = ENOSPC;
    return true;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    return is_full(fd) ? -1 : real_write(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    return is_full(fd) ? -1 : real_pwrite(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    return pwrite(fd, bytes, size, at);
}

int ftruncate(int fd, off_t size)
{
    struct stat file;
    bool grows = fstat(fd, &file) == 0 && size > file.st_size;
    return grows && is_full(fd) ? -1 : real_ftruncate(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

int fallocate(int fd, int mode, off_t at, off_t size)
{
    return is_full(fd) ? -1 : real_fallocate(fd, mode, at, size);
}

int fallocate64(int fd, int mode, off64_t at, off64_t size)
{
    return fallocate(fd, mode, at, size);
}
