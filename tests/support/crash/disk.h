/*
 * Disk: the files of one machine in memory, and what a power cut could leave of them.
 *
 * While it records, a disk notes every write, truncate, sync, making and removing. A replay goes through
 * these steps one by one and makes, at each of them, disks that could be found after the power failed there:
 *
 *   - What a file held when it was last synced, it holds.
 *   - Each write and truncate since then is there, or is not, or some sectors of it are, in any order: a
 * later one may be there without an earlier one. Where a sector is missing there is what was there before, or
 * zeros where the file has grown, or anything.
 *   - Files are made and removed in order, as a journalling file system does it: the sync of any file makes
 *     all of that last which came before.
 *
 * A write does not harm the bytes beside it in its sector (SQLite's "powersafe overwrite", which its Unix VFS
 * counts on, too). Names are the last parts of paths. Not thread-safe; memory that runs out ends the program.
 */
#ifndef TB_TESTS_SUPPORT_CRASH_DISK_H
#define TB_TESTS_SUPPORT_CRASH_DISK_H

#include "tests/support/seeded_rng.h"

#define CRASH_NAME_SIZE 32
#define CRASH_NAME_MAX 16 /* files that have a name at one time */
#define CRASH_FILE_MAX 96 /* files that one disk ever had */

struct crash_bytes {
    uint8_t *at; /* owned */
    size_t size;
    size_t room;
};

enum crash_step_kind {
    CRASH_WRITE,
    CRASH_TRUNCATE,
    CRASH_SYNC,
    CRASH_MAKE,
    CRASH_REMOVE,
    CRASH_SYNC_NAMES,
};

struct crash_step {
    enum crash_step_kind kind;
    uint32_t file;
    size_t offset;              /* write: where; truncate: the new size */
    size_t size;                /* write */
    size_t data;                /* write: where in the disk's data */
    char name[CRASH_NAME_SIZE]; /* make, remove */
};

struct crash_name {
    char text[CRASH_NAME_SIZE]; /* "": unused */
    uint32_t file;
};

struct crash_names {
    struct crash_name at[CRASH_NAME_MAX];
};

struct crash_disk {
    struct crash_names names;
    struct crash_bytes files[CRASH_FILE_MAX];
    uint32_t file_count;
    bool recording;
    struct crash_step *steps; /* owned */
    size_t step_count;
    size_t step_room;
    struct crash_bytes data;
};

/* A disk is all zero at first. */
void crash_disk_free(struct crash_disk *disk);
/* Files that have a name, numbered anew in one and the same way; no steps. */
void crash_disk_copy(const struct crash_disk *from, struct crash_disk *to);
uint64_t crash_disk_hash(const struct crash_disk *disk);

/* Forgets what was recorded; what the files hold now lasts. */
void crash_disk_record(struct crash_disk *disk);

/* NULL: there is no such file. */
const struct crash_name *crash_disk_find(const struct crash_disk *disk, const char *name);
uint32_t crash_disk_make(struct crash_disk *disk,
                         const char *name); /* name NULL: a file that is never recorded */
void crash_disk_remove(struct crash_disk *disk, const char *name);
void crash_disk_write(struct crash_disk *disk, uint32_t file, size_t offset, const void *bytes, size_t size);
void crash_disk_truncate(struct crash_disk *disk, uint32_t file, size_t size);
void crash_disk_sync(struct crash_disk *disk, uint32_t file);
void crash_disk_sync_names(struct crash_disk *disk);

/* ---- what a power cut leaves ---- */

/* What becomes of what was not synced. */
enum crash_fate {
    CRASH_KEPT,    /* all is there: what the end of the process alone leaves */
    CRASH_LOST,    /* none of it */
    CRASH_BEGUN,   /* the first steps of it */
    CRASH_EXCEPT,  /* all but one step */
    CRASH_ONLY,    /* one step alone */
    CRASH_MIXED,   /* any steps of it */
    CRASH_TORN,    /* any sectors of it */
    CRASH_GARBAGE, /* any sectors of it, the others hold anything */
    CRASH_FATE_COUNT
};

extern const char *const crash_fate_names[CRASH_FATE_COUNT];

struct crash_replay {
    const struct crash_disk *disk; /* borrowed; not written to meanwhile */
    size_t at;                     /* steps that were done */
    struct crash_names names;      /* that last */
    struct crash_bytes files[CRASH_FILE_MAX];
    size_t *waiting; /* owned; steps that do not last yet, in order */
    size_t waiting_count;
};

/* base: a copy of the disk from when it began to record, which was then a copy itself. */
void crash_replay_begin(struct crash_replay *replay, const struct crash_disk *disk,
                        const struct crash_disk *base);
bool crash_replay_step(struct crash_replay *replay); /* false: there are no more */
void crash_replay_end(struct crash_replay *replay);

/* ret_disk is replaced by what is found after a power cut at this step. */
void crash_replay_cut(const struct crash_replay *replay, enum crash_fate fate, struct seeded_rng *chance,
                      struct crash_disk *ret_disk);

#endif
