/*
 * A machine with a wrong clock or a faulty disk, for a program under test (LD_PRELOAD).
 *
 *     TB_CLOCK_S=<seconds>       the system's clock said this (Unix time) when the program began
 *     TB_CLOCK_PASSED=<path>     while a file of this name exists, 11 minutes more have passed on every clock
 *     TB_DISK=<folder>           the disk is what lies in this folder; unset: all regular files
 *     TB_DISK_FULL=<path>        while a file of this name exists, no write to the disk finds room
 *     TB_DISK_READ_ONLY=<path>   … nothing on the disk can be changed
 *     TB_DISK_SYNC_FAILS=<path>  … what was written cannot be brought onto the disk
 *
 * A full disk is asked for nothing first: that a file system overwrites in place is not to be relied on.
 * Built without sanitizers: the loader puts it before their runtime.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PASSED_S 660

static time_t clock_offset_s;
static const char *passed_path;
static const char *disk; /* NULL: everything */
static const char *full_path;
static const char *read_only_path;
static const char *sync_fails_path;

static ssize_t (*real_write)(int fd, const void *bytes, size_t size);
static ssize_t (*real_pwrite)(int fd, const void *bytes, size_t size, off_t at);
static int (*real_ftruncate)(int fd, off_t size);
static int (*real_fallocate)(int fd, int mode, off_t at, off_t size);
static int (*real_open)(const char *path, int flags, ...);
static int (*real_mkostemp)(char *path, int flags);
static int (*real_rename)(const char *from, const char *to);
static int (*real_unlink)(const char *path);
static int (*real_mkdir)(const char *path, mode_t mode);
static int (*real_fsync)(int fd);
static int (*real_fdatasync)(int fd);

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
    passed_path = getenv("TB_CLOCK_PASSED");
    disk = getenv("TB_DISK");
    full_path = getenv("TB_DISK_FULL");
    read_only_path = getenv("TB_DISK_READ_ONLY");
    sync_fails_path = getenv("TB_DISK_SYNC_FAILS");
    real_find(&real_write, "write");
    real_find(&real_pwrite, "pwrite");
    real_find(&real_ftruncate, "ftruncate");
    real_find(&real_fallocate, "fallocate");
    real_find(&real_open, "open");
    real_find(&real_mkostemp, "mkostemp");
    real_find(&real_rename, "rename");
    real_find(&real_unlink, "unlink");
    real_find(&real_mkdir, "mkdir");
    real_find(&real_fsync, "fsync");
    real_find(&real_fdatasync, "fdatasync");
}

static bool is_on(const char *trouble_path)
{
    return trouble_path && access(trouble_path, F_OK) == 0;
}

/* ---- the clock ---- */

int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    *ret_time = real_clock(clock);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        ret_time->tv_sec += clock_offset_s;
    if (is_on(passed_path))
        ret_time->tv_sec += PASSED_S;
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

static bool is_on_disk(const char *path)
{
    return !disk || strncmp(path, disk, strlen(disk)) == 0;
}

static bool is_disk_file(int fd)
{
    char link[64];
    char path[4096];
    struct stat file;
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode))
        return false;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    path[size > 0 ? size : 0] = '\0';
    return size > 0 && is_on_disk(path);
}

/* Sets errno when the disk does not take a change of this file. */
static bool is_refused(int fd)
{
    if (is_on(full_path) && is_disk_file(fd))
        errno = ENOSPC;
    else if (is_on(read_only_path) && is_disk_file(fd))
        errno = EROFS;
    else
        return false;
    return true;
}

static bool is_protected(const char *path)
{
    if (!is_on(read_only_path) || !is_on_disk(path))
        return false;
    errno = EROFS;
    return true;
}

static bool is_lost(int fd)
{
    if (!is_on(sync_fails_path) || !is_disk_file(fd))
        return false;
    errno = EIO;
    return true;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    return is_refused(fd) ? -1 : real_write(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    return is_refused(fd) ? -1 : real_pwrite(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    return pwrite(fd, bytes, size, at);
}

int ftruncate(int fd, off_t size)
{
    struct stat file;
    bool grows = fstat(fd, &file) == 0 && size > file.st_size;
    return grows && is_refused(fd) ? -1 : real_ftruncate(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

int fallocate(int fd, int mode, off_t at, off_t size)
{
    return is_refused(fd) ? -1 : real_fallocate(fd, mode, at, size);
}

int fallocate64(int fd, int mode, off64_t at, off64_t size)
{
    return fallocate(fd, mode, at, size);
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    bool changes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT && access(path, F_OK) != 0);
    return changes && is_protected(path) ? -1 : real_open(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open(path, flags, mode);
}

int mkostemp(char *path, int flags)
{
    return is_protected(path) ? -1 : real_mkostemp(path, flags);
}

int mkostemp64(char *path, int flags)
{
    return mkostemp(path, flags);
}

int rename(const char *from, const char *to)
{
    return is_protected(from) || is_protected(to) ? -1 : real_rename(from, to);
}

int unlink(const char *path)
{
    return is_protected(path) ? -1 : real_unlink(path);
}

int mkdir(const char *path, mode_t mode)
{
    return is_protected(path) && access(path, F_OK) != 0 ? -1 : real_mkdir(path, mode);
}

int fsync(int fd)
{
    return is_lost(fd) ? -1 : real_fsync(fd);
}

int fdatasync(int fd)
{
    return is_lost(fd) ? -1 : real_fdatasync(fd);
}
