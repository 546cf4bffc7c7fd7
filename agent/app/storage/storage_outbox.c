/*
 * The outbox's file when it is damaged: what is left of it goes into a new one, and the damaged one is kept
 * beside it, for people. The process may end between any two steps; the names say how far it got:
 *
 *     outbox.db-wal → outbox.db.salvage-wal, outbox.db → outbox.db.salvage     it is out of the way, as a
 * whole outbox.db.new from it → outbox.db                                        the new one is complete
 *     outbox.db.salvage-wal → outbox.db.damaged.<n>-wal, outbox.db.salvage → outbox.db.damaged.<n>
 *
 * Each step is on disk before the next one. The log goes first, so that a new file never finds an old one's.
 */
#include "agent/app/storage/storage_call.h"

#include "host/log/log.h"
#include "host/system/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define NEW ".new"
#define LOG "-wal"
#define DAMAGED_COUNT_MAX 99u

static struct tb_storage_path path_of(const char *path, const char *suffix, const char *log)
{
    struct tb_storage_path joined;
    (void)snprintf(joined.text, sizeof joined.text, "%s%s%s", path, suffix, log);
    return joined;
}

static bool is_there(const char *path, const char *suffix, const char *log)
{
    return tb_file_exists(path_of(path, suffix, log).text);
}

static enum tb_err log_move(const char *path, const char *from, const char *to)
{
    enum tb_err err = tb_file_move(path_of(path, from, LOG).text, path_of(path, to, LOG).text);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

static enum tb_err file_move(const char *path, const char *from, const char *to)
{
    return tb_file_move(path_of(path, from, "").text, path_of(path, to, "").text);
}

static enum tb_err aside_keep(const char *path)
{
    for (unsigned n = 1; n <= DAMAGED_COUNT_MAX; n++) {
        char suffix[32];
        (void)snprintf(suffix, sizeof suffix, ".damaged.%u", n);
        if (is_there(path, suffix, ""))
            continue;
        enum tb_err err = log_move(path, TB_STORAGE_ASIDE, suffix);
        return err == TB_OK ? file_move(path, TB_STORAGE_ASIDE, suffix) : err;
    }
    return TB_ERR_FULL;
}

static void salvaged_log(const struct tb_salvaged *salvaged)
{
    tb_log(TB_LOG_ERROR, TB_EVENT("storage", "outbox_salvaged"), tb_log_int("rows", salvaged->row_count),
           tb_log_int("undecided", salvaged->undecided_count), tb_log_int("named", salvaged->named),
           tb_log_int("next_seq", salvaged->next_seq));
}

static enum tb_err new_make(struct tb_storage *storage, const char *path, struct tb_storage_found *found)
{
    const struct tb_salvage what = {.sealer = &storage->sealer,
                                    .incarnation = found->settings.outbox_incarnation,
                                    .floor = found->settings.outbox_floor};
    struct tb_salvaged salvaged;
    (void)remove(path_of(path, NEW, "").text);
    (void)remove(path_of(path, NEW, LOG).text);
    enum tb_err err =
        tb_salvage(path_of(path, TB_STORAGE_ASIDE, "").text, path_of(path, NEW, "").text, &what, &salvaged);
    if (err == TB_OK && salvaged.named) {
        found->settings.outbox_incarnation = salvaged.incarnation;
        found->settings.outbox_floor = salvaged.next_seq;
        err = tb_state_set_outbox(&storage->state, &salvaged.incarnation, salvaged.next_seq);
    }
    if (err == TB_OK)
        err = file_move(path, NEW, "");
    if (err != TB_OK)
        return err;
    salvaged_log(&salvaged);
    return TB_OK;
}

enum tb_err tb_storage_outbox_resume(struct tb_storage *storage, const char *path,
                                     struct tb_storage_found *found)
{
    enum tb_err err = TB_OK;
    if (is_there(path, TB_STORAGE_ASIDE, LOG) && !is_there(path, TB_STORAGE_ASIDE, ""))
        err = file_move(path, "", TB_STORAGE_ASIDE);
    if (err != TB_OK || !is_there(path, TB_STORAGE_ASIDE, ""))
        return err;
    if (!is_there(path, "", ""))
        err = new_make(storage, path, found);
    enum tb_err kept = err == TB_OK ? aside_keep(path) : TB_OK;
    if (kept != TB_OK) /* it stays where it is, which stops nothing but another salvage */
        tb_log(TB_LOG_ERROR, TB_EVENT("storage", "damaged_not_renamed"), tb_log_err(kept));
    return err;
}

static enum tb_err aside_remove(const char *path, const char *suffix, bool *ret_removed)
{
    *ret_removed = remove(path_of(path, suffix, "").text) == 0;
    if (!*ret_removed && errno != ENOENT)
        return TB_ERR_IO;
    return remove(path_of(path, suffix, LOG).text) == 0 || errno == ENOENT ? TB_OK : TB_ERR_IO;
}

enum tb_err tb_storage_outbox_drop_damaged(const char *path)
{
    bool removed;
    enum tb_err err = aside_remove(path, TB_STORAGE_ASIDE, &removed);
    for (unsigned n = 1; n <= DAMAGED_COUNT_MAX && err == TB_OK; n++) {
        char suffix[32];
        (void)snprintf(suffix, sizeof suffix, ".damaged.%u", n);
        err = aside_remove(path, suffix, &removed);
        if (removed)
            tb_log(TB_LOG_WARN, TB_EVENT("storage", "damaged_outbox_removed"), tb_log_int("number", n));
    }
    return err;
}

bool tb_storage_outbox_was_damaged(const char *path)
{
    return is_there(path, ".damaged.1", "") || is_there(path, TB_STORAGE_ASIDE, "");
}

/* By SQLite in another process: the file is its own, whatever it looks like from here. */
static bool is_locked(const char *path)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool locked = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    if (fd >= 0)
        (void)close(fd);
    return locked;
}

enum tb_err tb_storage_outbox_salvage(struct tb_storage *storage, const char *path,
                                      struct tb_storage_found *found)
{
    if (is_locked(path))
        return TB_ERR_BUSY;
    if (is_there(path, TB_STORAGE_ASIDE, ""))
        return TB_ERR_FULL;
    enum tb_err err = log_move(path, "", TB_STORAGE_ASIDE);
    if (err == TB_OK)
        err = file_move(path, "", TB_STORAGE_ASIDE);
    return err == TB_OK ? tb_storage_outbox_resume(storage, path, found) : err;
}
