/*
 * Database: one connection to one SQLite file, and its prepared statements.
 *
 * Opening sets the pragmas, checks whose file it is and of which version, and migrates it. Every
 * step's result is checked and mapped to enum tb_err; SQLite's own code stays readable for the log.
 * Thread rule: a connection and its statements belong to one thread at a time; a second, read-only
 * connection to the same file serves another thread.
 * Limits: statements and values up to 1 MiB; no memory is given back to SQLite's caller: spans of a
 * row are borrowed until the next step or reset of that statement.
 */
#ifndef TB_HOST_SQLITE_DB_H
#define TB_HOST_SQLITE_DB_H

#include "core/base/span.h"

struct sqlite3;
struct sqlite3_stmt;

enum tb_db_sync {
    TB_DB_SYNC_FULL,   /* a commit is on disk when it returns */
    TB_DB_SYNC_NORMAL, /* a power cut may take the last commits, never consistency */
};

enum tb_db_checkpoint {
    TB_DB_CHECKPOINT_PASSIVE,  /* as far as readers allow, waits for nobody */
    TB_DB_CHECKPOINT_TRUNCATE, /* all of it, and the log file is emptied */
};

struct tb_db_options {
    enum tb_db_sync sync;
    unsigned page_size;        /* bytes, a power of two 512 … 65536; takes effect on a new file; 0: 4096 */
    unsigned cache_kib;        /* page cache limit; 0: 64 KiB */
    unsigned checkpoint_pages; /* log length at which a commit is followed by a passive checkpoint; 0: only
                                  when asked */
    unsigned log_size_max;     /* bytes that the log file keeps after a checkpoint; 0: 1 MiB */
    unsigned busy_ms;          /* waits this long for another connection's lock; 0: not at all */
    bool secure_delete;        /* overwrite what is deleted with zeros */
    bool exclusive; /* one connection and no other, in this process or elsewhere (TB_ERR_BUSY): saves the
                       locking calls of each transaction and the shared index file */
    bool read_only; /* no migration; a file of an older version is TB_ERR_UNSUPPORTED */
    uint32_t application_id; /* ours, in the file's header; another program's file is TB_ERR_UNSUPPORTED */
    const char *const *migrations; /* migrations[i] is SQL that brings version i to i + 1 */
    unsigned migration_count;      /* = the version this program writes */
    unsigned migration_first; /* the version that a new file is made with at once, by the migration to it;
                                 one older than that is TB_ERR_CORRUPT, to be set aside; 0: 1 */
};

/* The connection's own statements, for transactions. */
enum tb_db_own {
    TB_DB_OWN_BEGIN,
    TB_DB_OWN_COMMIT,
    TB_DB_OWN_ROLLBACK,
    TB_DB_OWN_SAVE,
    TB_DB_OWN_KEEP,
    TB_DB_OWN_UNDO,
    TB_DB_OWN_COUNT,
};

struct tb_db {
    struct sqlite3 *handle;
    struct sqlite3_stmt *own[TB_DB_OWN_COUNT];
    unsigned cache_kib;        /* as in the options */
    int vendor_code;           /* SQLite's extended code of the last failure, for the log; 0 when none */
    unsigned checkpoint_pages; /* as in the options */
    unsigned checkpoint_next;  /* log length at which the next checkpoint is due */
    unsigned log_pages;        /* length of the log after the last commit, when checkpoints are deferred */
};

/*
 * Opens or makes the file (mode 0600) with journal_mode=WAL. Blocks on the disk.
 * TB_ERR_NEWER_VERSION: written by a newer program, left untouched. TB_ERR_CORRUPT: not a database or
 * damaged; set it aside. TB_ERR_UNSUPPORTED, TB_ERR_BUSY, TB_ERR_FULL, TB_ERR_IO, TB_ERR_NO_MEMORY.
 */
TB_MUST_USE enum tb_err tb_db_open(const char *path, const struct tb_db_options *options,
                                   struct tb_db **ret_db);

/* Closes; every statement must have been freed. Accepts NULL, returns NULL. */
struct tb_db *tb_db_close(struct tb_db *db);

/* The file and its log stay as they are when this connection is closed: for a file that is damaged. */
void tb_db_leave(struct tb_db *db);

/* Runs statements that yield no rows. */
TB_MUST_USE enum tb_err tb_db_exec(struct tb_db *db, const char *sql);

TB_MUST_USE enum tb_err tb_db_begin(struct tb_db *db);  /* takes the write lock at once */
TB_MUST_USE enum tb_err tb_db_commit(struct tb_db *db); /* failed: rolled back */
void tb_db_rollback(struct tb_db *db);
/* False outside a transaction, also after a failure that made SQLite roll back by itself (disk full, I/O). */
bool tb_db_in_transaction(const struct tb_db *db);

/* A part of a transaction that can be undone alone; one at a time. */
TB_MUST_USE enum tb_err tb_db_save(struct tb_db *db);
TB_MUST_USE enum tb_err tb_db_keep(struct tb_db *db);
TB_MUST_USE enum tb_err tb_db_undo(struct tb_db *db);

/* Changes how durable the next transactions are; outside a transaction only. */
TB_MUST_USE enum tb_err tb_db_set_sync(struct tb_db *db, enum tb_db_sync sync);

/* TB_ERR_BUSY when a reader kept it from finishing; the data is safe either way. */
TB_MUST_USE enum tb_err tb_db_checkpoint(struct tb_db *db, enum tb_db_checkpoint mode);

/*
 * By default the commit that makes the log checkpoint_pages long also runs a checkpoint. Deferred, it does
 * not: the owner calls tb_db_tend() when it has told its users that their commit is safe.
 */
void tb_db_defer_checkpoints(struct tb_db *db);
/* Runs a passive checkpoint if one is due. Blocks on the disk. */
TB_MUST_USE enum tb_err tb_db_tend(struct tb_db *db);

/* Inside a transaction: writes a page as it is, to see whether the file can be written. */
TB_MUST_USE enum tb_err tb_db_touch(struct tb_db *db);

/* Full structural check of the file. TB_ERR_CORRUPT. Reads all of it. */
TB_MUST_USE enum tb_err tb_db_check(struct tb_db *db);

/* Another page cache limit for a time, such as that of one large transaction; 0: back to the options'. What
 * is above the limit is given back. */
TB_MUST_USE enum tb_err tb_db_set_cache(struct tb_db *db, unsigned cache_kib);

/* Bytes of the file that are in use. */
TB_MUST_USE enum tb_err tb_db_size(struct tb_db *db, int64_t *ret_size);

/*
 * Overwrites with zeros what pages hold beside their content, and free pages: secure_delete does it where
 * something is deleted, but what SQLite moved from page to page before stays behind. Reads the whole file,
 * writes the pages where there is something, and syncs it. Outside a transaction, after a checkpoint that
 * emptied the log (TB_ERR_BUSY: it is not empty). Other connections may go on reading, not writing: they
 * would write their copies. A power cut during it may damage a page that was being written.
 */
TB_MUST_USE enum tb_err tb_db_scrub(struct tb_db *db);

/*
 * The same in shares, for a file that others write to meanwhile: they wait for one share, which ends with a
 * commit that has them read what they wrote before anew. Scrubs from *page on (0 at first) and moves it.
 * TB_ERR_BUSY: the log is not empty, somebody wrote since the checkpoint; to be tried again after another
 * one. When *ret_more is false the log, too, has to be emptied: copies may have gone there before their
 * share.
 */
#define TB_DB_SCRUB_SHARE_PAGES 1024
TB_MUST_USE enum tb_err tb_db_scrub_share(struct tb_db *db, int64_t *page, bool *ret_more);

int64_t tb_db_last_rowid(const struct tb_db *db);
int64_t tb_db_changes(const struct tb_db *db); /* rows of the last INSERT, UPDATE or DELETE */

/* SQLite's words for the last failure, for the log; static, never NULL. */
const char *tb_db_vendor_text(const struct tb_db *db);

/* ---- statements ---- */

/* All zero is a statement that is not prepared. */
struct tb_stmt {
    struct sqlite3_stmt *handle;
    struct tb_db *db;
    enum tb_err err; /* the first failed bind; reported by the next step, cleared by reset */
};

TB_MUST_USE enum tb_err tb_stmt_prepare(struct tb_db *db, const char *sql, struct tb_stmt *ret_stmt);
/* Prepares sql[0 … count-1] into ret_stmts; on failure none is left prepared. */
TB_MUST_USE enum tb_err tb_stmt_prepare_all(struct tb_db *db, const char *const *sql, size_t count,
                                            struct tb_stmt *ret_stmts);
void tb_stmt_free(struct tb_stmt *stmt); /* accepts one that is not prepared */
void tb_stmt_free_all(struct tb_stmt *stmts, size_t count);

/* Parameters count from 1. Bytes are borrowed until the statement is reset. */
void tb_stmt_bind_int(struct tb_stmt *stmt, int index, int64_t value);
void tb_stmt_bind_text(struct tb_stmt *stmt, int index, struct tb_span text);
void tb_stmt_bind_blob(struct tb_stmt *stmt, int index, struct tb_span bytes);
void tb_stmt_bind_null(struct tb_stmt *stmt, int index);

/* One row or the end (*ret_row false; the statement is then reset, also when it fails). */
TB_MUST_USE enum tb_err tb_stmt_step(struct tb_stmt *stmt, bool *ret_row);
/* Runs a statement that yields no rows and resets it. TB_ERR_CONFLICT: a constraint. */
TB_MUST_USE enum tb_err tb_stmt_run(struct tb_stmt *stmt);
/* Ends a read before its end, gives borrowed bytes back and unbinds. */
void tb_stmt_reset(struct tb_stmt *stmt);

/* Columns count from 0; only after a step that yielded a row. */
int64_t tb_stmt_int(const struct tb_stmt *stmt, int column);
struct tb_span tb_stmt_blob(const struct tb_stmt *stmt, int column); /* also for text; size 0 for NULL */
bool tb_stmt_is_null(const struct tb_stmt *stmt, int column);

#endif
