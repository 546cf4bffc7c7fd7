/*
 * System: the small things that every Linux program of the project needs from the kernel.
 *
 * Thread rule: any thread. All calls may block on the disk; none belongs on the loop after start-up
 * but tb_rng_system() and tb_notify().
 */
#ifndef TB_HOST_SYSTEM_SYSTEM_H
#define TB_HOST_SYSTEM_SYSTEM_H

#include "core/base/buf.h"
#include "core/base/rng.h"

/* Randomness from getrandom(2). Static, never NULL. */
const struct tb_rng *tb_rng_system(void);

/*
 * Replaces path as a whole: a reader sees the old or the new content, also after a power cut (written
 * beside it, synced, renamed, folder synced). TB_ERR_FULL, TB_ERR_IO.
 */
TB_MUST_USE enum tb_err tb_file_replace(const char *path, struct tb_span content, unsigned mode);

/* Appends a whole regular file to b. TB_ERR_NOT_FOUND, TB_ERR_TOO_LONG, TB_ERR_IO. */
TB_MUST_USE enum tb_err tb_file_read(const char *path, struct tb_buf *b);

/* Renames a file and syncs the folder. TB_ERR_NOT_FOUND, TB_ERR_FULL, TB_ERR_DENIED, TB_ERR_IO. */
TB_MUST_USE enum tb_err tb_file_move(const char *from, const char *to);

/* Brings the names in the folder that path is in onto the disk. */
TB_MUST_USE enum tb_err tb_folder_sync(const char *path);

/* Copies a regular file, for nobody else to read; not synced. TB_ERR_TOO_LONG: it has more than size_max
 * bytes; otherwise as above. On an error there may be a part of it. */
TB_MUST_USE enum tb_err tb_file_copy(const char *from, const char *to, size_t size_max);

/* False also when it cannot be found out. */
bool tb_file_exists(const char *path);

/*
 * tb_file_read() for a secret: a regular file of this user or root that nobody else may read or write,
 * otherwise TB_ERR_DENIED. The caller wipes the buffer.
 */
TB_MUST_USE enum tb_err tb_secret_read(const char *path, struct tb_buf *b);

/* Makes path and its parents; existing folders are left as they are. Limit: 512 bytes. */
TB_MUST_USE enum tb_err tb_folders_make(const char *path, unsigned mode);

/* What the disk that a folder is on has left for this user, and in all. TB_ERR_NOT_FOUND, TB_ERR_IO. */
struct tb_disk_room {
    int64_t free_bytes;
    int64_t size_bytes;
};
TB_MUST_USE enum tb_err tb_disk_room(const char *folder, struct tb_disk_room *ret_room);

/* Processor time of the calling thread, in microseconds from some moment. */
int64_t tb_thread_cpu_us(void);

/* Raises the number of descriptors that this process may have open towards wanted, as far as the system
 * lets it; returns how many it may have now, at least as many as before. */
size_t tb_descriptors_allow(size_t wanted);

/* errno as an error: ENOSPC and EDQUOT TB_ERR_FULL, ENOENT TB_ERR_NOT_FOUND, EACCES and EROFS TB_ERR_DENIED …
 */
enum tb_err tb_err_of_errno(int code);

/*
 * Tells the service manager a state such as "READY=1" (sd_notify(3) over $NOTIFY_SOCKET). Without one it
 * does nothing. Never blocks; a lost datagram is not an error.
 */
void tb_notify(const char *state);

#endif
