/*
 * VFS: lets SQLite work on a disk in memory (disk.h) instead of the machine's files.
 *
 * It stands in for SQLite's Unix VFS in what matters to durability: which files are made, written, synced and
 * removed in what order, sector size and "powersafe overwrite"; also its locks, so that several connections
 * of this process can share a file. The log's index is memory, as it is behind the Unix VFS, and no power cut
 * keeps it. Random numbers that SQLite takes are seeded, so that the same run makes the same steps. One
 * thread. Connections are to be closed before their disk is freed, copied onto or recorded anew.
 */
#ifndef TB_TESTS_SUPPORT_CRASH_VFS_H
#define TB_TESTS_SUPPORT_CRASH_VFS_H

#include "tests/support/crash/disk.h"

/* From now on every connection that is opened is to a file of the mounted disk. */
void crash_vfs_install(void);

/* Files opened from now on are of this disk, which is borrowed. seed: of SQLite's random numbers. */
void crash_vfs_mount(struct crash_disk *disk, uint64_t seed);

/* Whether any file of the mounted disk that has a name holds these bytes. */
bool crash_vfs_find(const uint8_t *bytes, size_t size);

#endif
