#include "host/system/system.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PATH_SIZE 512

enum tb_err tb_err_of_errno(int code)
{
    switch (code) {
    case 0: return TB_OK;
    case ENOSPC:
    case EDQUOT: return TB_ERR_FULL;
    case ENOENT: return TB_ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS: return TB_ERR_DENIED;
    case ENOMEM: return TB_ERR_NO_MEMORY;
    case EAGAIN: return TB_ERR_AGAIN;
    case EBUSY: return TB_ERR_BUSY;
    case ENAMETOOLONG: return TB_ERR_TOO_LONG;
    default: return TB_ERR_IO;
    }
}

static void rng_fill(void *context, uint8_t *ret_bytes, size_t size)
{
    (void)context;
    while (size > 0) {
        ssize_t got = getrandom(ret_bytes, size, 0);
        TB_ASSERT(got > 0 || errno == EINTR);
        if (got <= 0)
            continue;
        ret_bytes += got;
        size -= (size_t)got;
    }
}

const struct tb_rng *tb_rng_system(void)
{
    static const struct tb_rng system = {.fill = rng_fill};
    return &system;
}

static enum tb_err write_whole(int fd, struct tb_span bytes)
{
    while (bytes.size > 0) {
        ssize_t done = write(fd, bytes.at, bytes.size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return tb_err_of_errno(errno);
        bytes = tb_span_sub(bytes, (size_t)done, bytes.size);
    }
    return TB_OK;
}

/* The name of the folder that path is in, with the rule of dirname(3) for what this project passes. */
static enum tb_err folder_of(const char *path, char *ret_folder, size_t size_max)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return tb_span_to_str(tb_span_str("."), ret_folder, size_max);
    return tb_span_to_str(tb_span_of(path, slash == path ? 1 : (size_t)(slash - path)), ret_folder, size_max);
}

enum tb_err tb_folder_sync(const char *path)
{
    char folder[PATH_SIZE];
    enum tb_err err = folder_of(path, folder, sizeof folder);
    if (err)
        return err;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return tb_err_of_errno(errno);
    err = fsync(fd) < 0 ? tb_err_of_errno(errno) : TB_OK;
    close(fd);
    return err;
}

static enum tb_err file_fill(int fd, struct tb_span content, unsigned mode)
{
    if (fchmod(fd, (mode_t)mode) < 0)
        return tb_err_of_errno(errno);
    enum tb_err err = write_whole(fd, content);
    if (!err && fsync(fd) < 0)
        err = tb_err_of_errno(errno);
    return err;
}

enum tb_err tb_file_replace(const char *path, struct tb_span content, unsigned mode)
{
    char beside[PATH_SIZE];
    struct tb_buf b = tb_buf_of(beside, sizeof beside);
    tb_buf_add_str(&b, path);
    tb_buf_add_str(&b, ".XXXXXX");
    tb_buf_add_u8(&b, 0);
    if (b.err)
        return b.err;
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return tb_err_of_errno(errno);
    enum tb_err err = file_fill(fd, content, mode);
    if (close(fd) < 0 && !err)
        err = tb_err_of_errno(errno);
    if (!err && rename(beside, path) < 0)
        err = tb_err_of_errno(errno);
    if (err) {
        unlink(beside);
        return err;
    }
    return tb_folder_sync(path);
}

static enum tb_err read_whole(int fd, struct tb_buf *b)
{
    for (;;) {
        uint8_t piece[1024];
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tb_err_of_errno(errno);
        tb_buf_add(b, tb_span_of(piece, (size_t)got));
        tb_wipe(piece, (size_t)got);
        if (got == 0 || b->err)
            return b->err;
    }
}

static enum tb_err secret_check(const struct stat *s)
{
    bool ours = s->st_uid == geteuid() || s->st_uid == 0;
    return ours && (s->st_mode & 077) == 0 ? TB_OK : TB_ERR_DENIED;
}

static enum tb_err file_read(const char *path, bool secret, struct tb_buf *b)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return tb_err_of_errno(errno);
    struct stat s;
    enum tb_err err = fstat(fd, &s) < 0 ? tb_err_of_errno(errno) : TB_OK;
    if (!err && !S_ISREG(s.st_mode))
        err = TB_ERR_IO;
    if (!err && secret)
        err = secret_check(&s);
    if (!err)
        err = read_whole(fd, b);
    close(fd);
    return err;
}

enum tb_err tb_file_read(const char *path, struct tb_buf *b)
{
    return file_read(path, false, b);
}

enum tb_err tb_secret_read(const char *path, struct tb_buf *b)
{
    return file_read(path, true, b);
}

enum tb_err tb_file_move(const char *from, const char *to)
{
    return rename(from, to) == 0 ? tb_folder_sync(to) : tb_err_of_errno(errno);
}

static enum tb_err pieces_copy(int from, int to, size_t size_max)
{
    uint8_t piece[16384];
    for (size_t size = 0;;) {
        ssize_t got = read(from, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0 ? TB_OK : tb_err_of_errno(errno);
        size += (size_t)got;
        enum tb_err err = size > size_max ? TB_ERR_TOO_LONG : write_whole(to, tb_span_of(piece, (size_t)got));
        if (err)
            return err;
    }
}

enum tb_err tb_file_copy(const char *from, const char *to, size_t size_max)
{
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (in < 0)
        return tb_err_of_errno(errno);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
    enum tb_err err = out < 0 ? tb_err_of_errno(errno) : pieces_copy(in, out, size_max);
    if (out >= 0 && close(out) < 0 && !err)
        err = tb_err_of_errno(errno);
    close(in);
    return err;
}

bool tb_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static enum tb_err folder_make(const char *path, unsigned mode)
{
    struct stat s;
    if (mkdir(path, (mode_t)mode) == 0)
        return TB_OK;
    int code = errno;
    if (stat(path, &s) == 0)
        return S_ISDIR(s.st_mode) ? TB_OK : TB_ERR_IO;
    return tb_err_of_errno(code);
}

enum tb_err tb_folders_make(const char *path, unsigned mode)
{
    char part[PATH_SIZE];
    enum tb_err err = tb_span_to_str(tb_span_str(path), part, sizeof part);
    if (err)
        return err;
    if (!part[0])
        return TB_ERR_NOT_FOUND;
    for (char *at = part + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = 0;
        err = folder_make(part, mode);
        *at = '/';
        if (err)
            return err;
    }
    return folder_make(part, mode);
}

/* A limit may be larger than what a 32-bit machine can count. */
static size_t limit_size(rlim_t limit)
{
    return (size_t)limit == limit ? (size_t)limit : SIZE_MAX;
}

int64_t tb_thread_cpu_us(void)
{
    struct timespec at;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at) != 0)
        return 0;
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

size_t tb_descriptors_allow(size_t wanted)
{
    struct rlimit limit;
    int rc = getrlimit(RLIMIT_NOFILE, &limit);
    TB_ASSERT(rc == 0);
    if (limit.rlim_cur >= wanted)
        return limit_size(limit.rlim_cur);
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit_size(limit.rlim_cur) : limit_size(before);
}

void tb_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof to.sun_path)
        return;
    memcpy(to.sun_path, path, strlen(path));
    if (path[0] == '@') /* a name in the abstract namespace begins with a zero byte: unix(7) */
        to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to, size);
    close(fd);
}

enum tb_err tb_disk_room(const char *folder, struct tb_disk_room *ret_room)
{
    struct statvfs room;
    if (statvfs(folder, &room) != 0)
        return tb_err_of_errno(errno);
    *ret_room = (struct tb_disk_room){.free_bytes = (int64_t)(room.f_bavail * room.f_frsize),
                                      .size_bytes = (int64_t)(room.f_blocks * room.f_frsize)};
    return TB_OK;
}
