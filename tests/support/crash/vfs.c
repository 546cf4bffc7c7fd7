#include "tests/support/crash/vfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR_SIZE 4096 /* as the Unix VFS says of any disk */
#define NODE_MAX 64
#define REGION_MAX 16

/* What the connections to one file share. */
struct node {
    struct crash_disk *disk; /* NULL: unused */
    uint32_t file;
    unsigned open_count;
    unsigned shared_count; /* holders of a lock of any kind */
    const void *reserved;  /* holder of RESERVED and above */
    const void *pending;   /* holder of PENDING and above */
    const void *exclusive;
    unsigned index_users;
    void *regions[REGION_MAX];
    unsigned index_shared[SQLITE_SHM_NLOCK];
    const void *index_exclusive[SQLITE_SHM_NLOCK];
};

struct vfs_file {
    sqlite3_file base; /* first */
    struct node *node;
    bool recorded; /* has a name */
    int lock;
    bool index_used;
    unsigned index_shared; /* masks of what this connection holds */
    unsigned index_exclusive;
};

static struct node nodes[NODE_MAX];
static struct crash_disk *mounted;
static struct seeded_rng random_numbers;
static sqlite3_vfs *system_vfs;

static struct vfs_file *file_of(sqlite3_file *file)
{
    return (struct vfs_file *)(void *)file;
}

static struct node *node_open(struct crash_disk *disk, uint32_t file)
{
    struct node *free_node = NULL;
    for (size_t i = 0; i < NODE_MAX; i++) {
        if (nodes[i].disk == disk && nodes[i].file == file) {
            nodes[i].open_count++;
            return &nodes[i];
        }
        if (!nodes[i].disk && !free_node)
            free_node = &nodes[i];
    }
    if (free_node)
        *free_node = (struct node){.disk = disk, .file = file, .open_count = 1};
    return free_node;
}

static void index_free(struct node *node)
{
    for (size_t i = 0; i < REGION_MAX; i++) {
        free(node->regions[i]);
        node->regions[i] = NULL;
    }
}

/* ---- one file ---- */

static int file_unlock(sqlite3_file *file, int lock);

static int file_close(sqlite3_file *file)
{
    struct vfs_file *f = file_of(file);
    struct node *node = f->node;
    (void)file_unlock(file, SQLITE_LOCK_NONE);
    if (--node->open_count == 0) {
        index_free(node);
        node->disk = NULL;
    }
    return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *to, int size, sqlite3_int64 offset)
{
    const struct node *node = file_of(file)->node;
    const struct crash_bytes *bytes = &node->disk->files[node->file];
    size_t wanted = (size_t)size;
    size_t from = (size_t)offset;
    size_t there = from < bytes->size ? bytes->size - from : 0;
    if (there > wanted)
        there = wanted;
    if (there > 0)
        memcpy(to, bytes->at + from, there);
    if (there == wanted)
        return SQLITE_OK;
    memset((uint8_t *)to + there, 0, wanted - there);
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *from, int size, sqlite3_int64 offset)
{
    const struct vfs_file *f = file_of(file);
    bool recording = f->node->disk->recording;
    f->node->disk->recording = recording && f->recorded;
    crash_disk_write(f->node->disk, f->node->file, (size_t)offset, from, (size_t)size);
    f->node->disk->recording = recording;
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    const struct vfs_file *f = file_of(file);
    bool recording = f->node->disk->recording;
    f->node->disk->recording = recording && f->recorded;
    crash_disk_truncate(f->node->disk, f->node->file, (size_t)size);
    f->node->disk->recording = recording;
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags)
{
    const struct vfs_file *f = file_of(file);
    (void)flags;
    if (f->recorded)
        crash_disk_sync(f->node->disk, f->node->file);
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    const struct node *node = file_of(file)->node;
    *ret_size = (sqlite3_int64)node->disk->files[node->file].size;
    return SQLITE_OK;
}

/* ---- locks: sqlite.org/lockingv3.html ---- */

static int lock_reserve(struct node *node, const struct vfs_file *f)
{
    if (node->reserved && node->reserved != f)
        return SQLITE_BUSY;
    node->reserved = f;
    return SQLITE_OK;
}

static int lock_exclude(struct node *node, struct vfs_file *f)
{
    if ((node->pending && node->pending != f) || (node->reserved && node->reserved != f))
        return SQLITE_BUSY;
    node->pending = f;
    f->lock = SQLITE_LOCK_PENDING;
    if (node->shared_count > 1)
        return SQLITE_BUSY;
    node->exclusive = f;
    return SQLITE_OK;
}

static int lock_share(struct node *node)
{
    if (node->pending || node->exclusive)
        return SQLITE_BUSY;
    node->shared_count++;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int lock)
{
    struct vfs_file *f = file_of(file);
    if (f->lock >= lock)
        return SQLITE_OK;
    int code = SQLITE_OK;
    if (lock == SQLITE_LOCK_SHARED)
        code = lock_share(f->node);
    else if (lock == SQLITE_LOCK_RESERVED)
        code = lock_reserve(f->node, f);
    else
        code = lock_exclude(f->node, f);
    if (code == SQLITE_OK)
        f->lock = lock;
    return code;
}

static int file_unlock(sqlite3_file *file, int lock)
{
    struct vfs_file *f = file_of(file);
    struct node *node = f->node;
    if (f->lock <= lock)
        return SQLITE_OK;
    if (node->exclusive == f)
        node->exclusive = NULL;
    if (node->pending == f)
        node->pending = NULL;
    if (node->reserved == f)
        node->reserved = NULL;
    if (lock == SQLITE_LOCK_NONE)
        node->shared_count--;
    f->lock = lock;
    return SQLITE_OK;
}

static int file_reserved(sqlite3_file *file, int *ret_reserved)
{
    *ret_reserved = file_of(file)->node->reserved != NULL;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int op, void *value)
{
    (void)file;
    (void)op;
    (void)value;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *file)
{
    (void)file;
    return SECTOR_SIZE;
}

static int file_device(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* ---- the log's index: sqlite.org/walformat.html section 2 ---- */

static int index_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret_at)
{
    struct vfs_file *f = file_of(file);
    *ret_at = NULL;
    if (region >= REGION_MAX)
        return SQLITE_IOERR_SHMMAP;
    if (!f->index_used) {
        f->index_used = true;
        f->node->index_users++;
    }
    if (!f->node->regions[region] && extend)
        f->node->regions[region] = calloc(1, (size_t)size);
    *ret_at = f->node->regions[region];
    return SQLITE_OK;
}

static bool index_free_for(const struct vfs_file *f, int at, bool exclusively)
{
    const struct node *node = f->node;
    unsigned mine = (f->index_shared >> at) & 1u;
    if (node->index_exclusive[at] && node->index_exclusive[at] != f)
        return false;
    return !exclusively || node->index_shared[at] == mine;
}

static void index_take(struct vfs_file *f, int at, int flags)
{
    struct node *node = f->node;
    unsigned bit = 1u << at;
    bool shared = (flags & SQLITE_SHM_SHARED) != 0;
    if ((flags & SQLITE_SHM_LOCK) != 0) {
        if (!shared)
            node->index_exclusive[at] = f;
        else if (!(f->index_shared & bit))
            node->index_shared[at]++;
        *(shared ? &f->index_shared : &f->index_exclusive) |= bit;
        return;
    }
    if (shared && (f->index_shared & bit))
        node->index_shared[at]--;
    if (!shared && node->index_exclusive[at] == f)
        node->index_exclusive[at] = NULL;
    *(shared ? &f->index_shared : &f->index_exclusive) &= ~bit;
}

static int index_lock(sqlite3_file *file, int first, int count, int flags)
{
    struct vfs_file *f = file_of(file);
    bool exclusively = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    for (int at = first; at < first + count && (flags & SQLITE_SHM_LOCK) != 0; at++)
        if (!index_free_for(f, at, exclusively))
            return SQLITE_BUSY;
    for (int at = first; at < first + count; at++)
        index_take(f, at, flags);
    return SQLITE_OK;
}

static void index_barrier(sqlite3_file *file)
{
    (void)file;
}

static int index_unmap(sqlite3_file *file, int remove)
{
    struct vfs_file *f = file_of(file);
    (void)remove;
    if (!f->index_used)
        return SQLITE_OK;
    for (int at = 0; at < SQLITE_SHM_NLOCK; at++) {
        index_take(f, at, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
        index_take(f, at, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
    }
    f->index_used = false;
    if (--f->node->index_users == 0)
        index_free(f->node);
    return SQLITE_OK;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_device,
    .xShmMap = index_map,
    .xShmLock = index_lock,
    .xShmBarrier = index_barrier,
    .xShmUnmap = index_unmap,
};

/* ---- the file system ---- */

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A database that is not there yet is made: whoever opens it has made the machine's file of that name. */
static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *ret_flags)
{
    (void)vfs;
    struct vfs_file *f = file_of(file);
    *f = (struct vfs_file){.recorded = path != NULL};
    const struct crash_name *name = path ? crash_disk_find(mounted, name_of(path)) : NULL;
    if (!name && path && !(flags & (SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB)))
        return SQLITE_CANTOPEN;
    uint32_t number = name ? name->file : crash_disk_make(mounted, path ? name_of(path) : NULL);
    f->node = node_open(mounted, number);
    if (!f->node)
        return SQLITE_CANTOPEN;
    f->base.pMethods = &file_methods;
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_names)
{
    (void)vfs;
    if (!crash_disk_find(mounted, name_of(path)))
        return SQLITE_IOERR_DELETE_NOENT;
    crash_disk_remove(mounted, name_of(path));
    if (sync_names)
        crash_disk_sync_names(mounted);
    return SQLITE_OK;
}

/* An empty file counts as none, as it does behind the Unix VFS. */
static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret_is)
{
    (void)vfs;
    const struct crash_name *name = crash_disk_find(mounted, name_of(path));
    *ret_is = name && (flags != SQLITE_ACCESS_EXISTS || mounted->files[name->file].size > 0);
    return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *path, int size, char *ret_path)
{
    (void)vfs;
    int length = snprintf(ret_path, (size_t)size, "%s", path);
    return length < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_random(sqlite3_vfs *vfs, int size, char *ret_bytes)
{
    (void)vfs;
    seeded_rng_fill(&random_numbers, (uint8_t *)ret_bytes, (size_t)size);
    return size;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int vfs_time(sqlite3_vfs *vfs, double *ret_days)
{
    (void)vfs;
    return system_vfs->xCurrentTime(system_vfs, ret_days);
}

static int vfs_error(sqlite3_vfs *vfs, int size, char *ret_text)
{
    (void)vfs;
    (void)size;
    (void)ret_text;
    return 0;
}

void crash_vfs_install(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = (int)sizeof(struct vfs_file),
        .mxPathname = 512,
        .zName = "crash",
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_name,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_error,
    };
    if (system_vfs)
        return;
    (void)sqlite3_config(
        SQLITE_CONFIG_MULTITHREAD); /* as host/sqlite has it; too late once SQLite is in use */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    system_vfs = sqlite3_vfs_find(NULL);
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
        abort();
}

void crash_vfs_mount(struct crash_disk *disk, uint64_t seed)
{
    mounted = disk;
    random_numbers = (struct seeded_rng){.state = seed};
    sqlite3_randomness(0, NULL); /* SQLite seeds itself anew */
}

bool crash_vfs_find(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < CRASH_NAME_MAX; i++) {
        const struct crash_name *name = &mounted->names.at[i];
        const struct crash_bytes *file = &mounted->files[name->file];
        if (name->text[0] != '\0' && file->size > 0 && memmem(file->at, file->size, bytes, size))
            return true;
    }
    return false;
}
