#include "host/sqlite/db.h"

#include "host/sqlite/db_parts.h"

#include "core/base/assert.h"
#include "host/system/system.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CACHE_KIB_PRESET 64
#define LOG_SIZE_PRESET (1024 * 1024)
#define PAGE_SIZE_PRESET 4096
#define VALUE_SIZE_MAX (1024 * 1024)
/* Small parts of statements come from a block per connection; SQLite's own preset is six times this. */
#define LOOKASIDE_SLOT_SIZE 256
#define LOOKASIDE_SLOT_COUNT 32

static const char *const own_sql[TB_DB_OWN_COUNT] = {
    [TB_DB_OWN_BEGIN] = "BEGIN IMMEDIATE", [TB_DB_OWN_COMMIT] = "COMMIT",
    [TB_DB_OWN_ROLLBACK] = "ROLLBACK",     [TB_DB_OWN_SAVE] = "SAVEPOINT part",
    [TB_DB_OWN_KEEP] = "RELEASE part",     [TB_DB_OWN_UNDO] = "ROLLBACK TO part",
};

/* The one place where SQLite's codes become ours. */
static enum tb_err err_of_vendor(int code)
{
    switch (code) {
    case SQLITE_IOERR_NOMEM: return TB_ERR_NO_MEMORY;
    case SQLITE_IOERR_CORRUPTFS:
    case SQLITE_IOERR_DATA: return TB_ERR_CORRUPT;
    }
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return TB_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return TB_ERR_BUSY;
    case SQLITE_INTERRUPT: return TB_ERR_AGAIN;
    case SQLITE_FULL: return TB_ERR_FULL;
    case SQLITE_CONSTRAINT: return TB_ERR_CONFLICT;
    case SQLITE_NOMEM: return TB_ERR_NO_MEMORY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return TB_ERR_CORRUPT;
    case SQLITE_TOOBIG: return TB_ERR_TOO_LONG;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH: return TB_ERR_DENIED;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL: return TB_ERR_IO;
    default: return TB_ERR_INTERNAL;
    }
}

enum tb_err db_result(struct tb_db *db, int code)
{
    if (code == SQLITE_OK)
        return TB_OK;
    db->vendor_code = db->handle ? sqlite3_extended_errcode(db->handle) : code;
    enum tb_err err = err_of_vendor(db->vendor_code ? db->vendor_code : code);
    /* What SQLite makes beside a file, such as the index of its log, finds no room under other codes, and a
     * disk that became read-only is an I/O error to it. */
    if (err != TB_ERR_IO || !db->handle)
        return err;
    enum tb_err system = tb_err_of_errno(sqlite3_system_errno(db->handle));
    return system == TB_ERR_FULL || system == TB_ERR_DENIED ? system : err;
}

const char *tb_db_vendor_text(const struct tb_db *db)
{
    return sqlite3_errstr(db->vendor_code);
}

/* ---- opening ---- */

static void library_setup(void)
{
    /* A connection stays on one thread at a time here, and nobody reads the memory statistics. */
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_initialize();
}

/* SQLite would make the file readable for everybody; its log files take over the file's mode. */
static enum tb_err file_make(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0)
        return tb_err_of_errno(errno);
    close(fd);
    return TB_OK;
}

enum tb_err tb_db_exec(struct tb_db *db, const char *sql)
{
    return db_result(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

static enum tb_err pragma_set(struct tb_db *db, const char *name, int64_t value)
{
    char sql[96];
    snprintf(sql, sizeof sql, "PRAGMA %s = %lld", name, (long long)value);
    return tb_db_exec(db, sql);
}

enum tb_err db_int_get(struct tb_db *db, const char *sql, int64_t *ret_value)
{
    struct tb_stmt stmt = {0};
    bool row = false;
    enum tb_err err = tb_stmt_prepare(db, sql, &stmt);
    if (!err)
        err = tb_stmt_step(&stmt, &row);
    if (!err && !row)
        err = TB_ERR_CORRUPT;
    if (!err)
        *ret_value = tb_stmt_int(&stmt, 0);
    tb_stmt_free(&stmt);
    return err;
}

/* Whose file it is and of which version, before anything that writes. */
static enum tb_err version_check(struct tb_db *db, const struct tb_db_options *o, int64_t *ret_version)
{
    int64_t application_id = 0, table_count = 0;
    enum tb_err err = db_int_get(db, "PRAGMA user_version", ret_version);
    if (!err)
        err = db_int_get(db, "PRAGMA application_id", &application_id);
    if (!err)
        err = db_int_get(db, "SELECT count(*) FROM sqlite_schema", &table_count);
    if (err)
        return err;
    bool fresh = *ret_version == 0 && table_count == 0;
    if (!fresh && application_id != (int64_t)(int32_t)o->application_id)
        return TB_ERR_UNSUPPORTED;
    if (*ret_version < 0 || (*ret_version == 0 && !fresh))
        return TB_ERR_CORRUPT; /* no program of ours writes that: a damaged header */
    if (*ret_version > (int64_t)o->migration_count)
        return TB_ERR_NEWER_VERSION;
    if (!fresh && *ret_version < (int64_t)o->migration_first)
        return TB_ERR_CORRUPT;
    if (o->read_only && *ret_version != (int64_t)o->migration_count)
        return TB_ERR_UNSUPPORTED;
    return TB_OK;
}

static enum tb_err log_mode_set(struct tb_db *db)
{
    struct tb_stmt stmt = {0};
    bool row = false;
    enum tb_err err = tb_stmt_prepare(db, "PRAGMA journal_mode = WAL", &stmt);
    if (!err)
        err = tb_stmt_step(&stmt, &row);
    if (!err && (!row || !tb_span_is(tb_stmt_blob(&stmt, 0), "wal")))
        err = TB_ERR_IO;
    tb_stmt_free(&stmt);
    return err;
}

enum tb_err tb_db_set_sync(struct tb_db *db, enum tb_db_sync sync)
{
    switch (sync) {
    case TB_DB_SYNC_FULL: return tb_db_exec(db, "PRAGMA synchronous = FULL");
    case TB_DB_SYNC_NORMAL: return tb_db_exec(db, "PRAGMA synchronous = NORMAL");
    }
    return TB_ERR_INTERNAL;
}

enum tb_err tb_db_set_cache(struct tb_db *db, unsigned cache_kib)
{
    return pragma_set(db, "cache_size", -(int64_t)(cache_kib ? cache_kib : db->cache_kib));
}

static enum tb_err pragmas_set(struct tb_db *db, const struct tb_db_options *o)
{
    enum tb_err err = tb_db_exec(db, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                                     "PRAGMA temp_store = MEMORY");
    if (!err)
        err = tb_db_set_cache(db, 0);
    if (!err)
        err = pragma_set(db, "secure_delete", o->secure_delete);
    if (!err)
        err = pragma_set(db, "journal_size_limit", o->log_size_max ? o->log_size_max : LOG_SIZE_PRESET);
    if (!err)
        err = pragma_set(db, "wal_autocheckpoint", o->checkpoint_pages);
    if (!err)
        err = tb_db_set_sync(db, o->sync);
    if (!err && o->read_only)
        err = tb_db_exec(db, "PRAGMA query_only = ON");
    return err;
}

static enum tb_err migrate_step(struct tb_db *db, const struct tb_db_options *o, int64_t version)
{
    enum tb_err err = tb_db_exec(db, "BEGIN IMMEDIATE");
    if (err)
        return err;
    err = tb_db_exec(db, o->migrations[version]);
    if (!err)
        err = pragma_set(db, "application_id", (int32_t)o->application_id);
    if (!err)
        err = pragma_set(db, "user_version", version + 1);
    if (!err)
        err = tb_db_exec(db, "COMMIT");
    if (err && tb_db_in_transaction(db))
        (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

static enum tb_err migrate(struct tb_db *db, const struct tb_db_options *o, int64_t version)
{
    enum tb_err err = TB_OK;
    if (version == 0)
        err = pragma_set(db, "page_size", o->page_size ? o->page_size : PAGE_SIZE_PRESET);
    if (!err)
        err = log_mode_set(db);
    if (version == 0 && o->migration_first > 0)
        version = o->migration_first - 1;
    for (; !err && version < (int64_t)o->migration_count; version++)
        err = migrate_step(db, o, version);
    return err;
}

void tb_db_leave(struct tb_db *db)
{
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

static enum tb_err handle_open(struct tb_db *db, const char *path, const struct tb_db_options *o)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    enum tb_err err = db_result(db, sqlite3_open_v2(path, &db->handle, flags, NULL));
    if (err)
        return err;
    sqlite3_busy_timeout(db->handle, (int)o->busy_ms);
    sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, VALUE_SIZE_MAX);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_SLOT_SIZE, LOOKASIDE_SLOT_COUNT);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    int64_t version = 0;
    if (o->exclusive) /* before the log is first read: then its index is never shared */
        err = tb_db_exec(db, "PRAGMA locking_mode = EXCLUSIVE");
    if (!err)
        err = version_check(db, o, &version);
    if (err) {
        tb_db_leave(db); /* what we may not touch is not tidied up on closing either */
        return err;
    }
    if (!o->read_only)
        err = migrate(db, o, version);
    return err ? err : pragmas_set(db, o);
}

static enum tb_err own_prepare(struct tb_db *db)
{
    for (size_t i = 0; i < TB_DB_OWN_COUNT; i++) {
        int code =
            sqlite3_prepare_v3(db->handle, own_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &db->own[i], NULL);
        enum tb_err err = db_result(db, code);
        if (err)
            return err;
    }
    return TB_OK;
}

enum tb_err tb_db_open(const char *path, const struct tb_db_options *options, struct tb_db **ret_db)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, library_setup);
    struct tb_db *db = calloc(1, sizeof *db);
    if (!db)
        return TB_ERR_NO_MEMORY;
    db->checkpoint_pages = db->checkpoint_next = options->checkpoint_pages;
    db->cache_kib = options->cache_kib ? options->cache_kib : CACHE_KIB_PRESET;
    enum tb_err err = options->read_only ? TB_OK : file_make(path);
    if (!err)
        err = handle_open(db, path, options);
    if (!err)
        err = own_prepare(db);
    if (err)
        db = tb_db_close(db);
    *ret_db = db;
    return err;
}

struct tb_db *tb_db_close(struct tb_db *db)
{
    if (!db)
        return NULL;
    for (size_t i = 0; i < TB_DB_OWN_COUNT; i++)
        sqlite3_finalize(db->own[i]);
    int code = sqlite3_close(db->handle);
    TB_ASSERT(code == SQLITE_OK); /* a statement was left prepared */
    free(db);
    return NULL;
}

/* ---- transactions ---- */

static enum tb_err own_run(struct tb_db *db, enum tb_db_own which)
{
    int code = sqlite3_step(db->own[which]);
    enum tb_err err = code == SQLITE_DONE ? TB_OK : db_result(db, code);
    sqlite3_reset(db->own[which]);
    return err;
}

enum tb_err tb_db_begin(struct tb_db *db)
{
    return own_run(db, TB_DB_OWN_BEGIN);
}

enum tb_err tb_db_commit(struct tb_db *db)
{
    enum tb_err err = own_run(db, TB_DB_OWN_COMMIT);
    if (err)
        tb_db_rollback(db);
    return err;
}

void tb_db_rollback(struct tb_db *db)
{
    if (tb_db_in_transaction(db))
        (void)own_run(db, TB_DB_OWN_ROLLBACK);
    TB_ASSERT(!tb_db_in_transaction(db));
}

bool tb_db_in_transaction(const struct tb_db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

enum tb_err tb_db_save(struct tb_db *db)
{
    return own_run(db, TB_DB_OWN_SAVE);
}

enum tb_err tb_db_keep(struct tb_db *db)
{
    return own_run(db, TB_DB_OWN_KEEP);
}

enum tb_err tb_db_undo(struct tb_db *db)
{
    enum tb_err err = own_run(db, TB_DB_OWN_UNDO);
    return err ? err : own_run(db, TB_DB_OWN_KEEP);
}

/* ---- care of the file ---- */

enum tb_err tb_db_checkpoint(struct tb_db *db, enum tb_db_checkpoint mode)
{
    int log_pages = 0, moved_pages = 0;
    int how = mode == TB_DB_CHECKPOINT_TRUNCATE ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    int code = sqlite3_wal_checkpoint_v2(db->handle, "main", how, &log_pages, &moved_pages);
    enum tb_err err = db_result(db, code);
    return !err && moved_pages < log_pages ? TB_ERR_BUSY : err;
}

static int log_grown(void *context, sqlite3 *handle, const char *name, int page_count)
{
    struct tb_db *db = context;
    (void)handle, (void)name;
    db->log_pages = page_count > 0 ? (unsigned)page_count : 0;
    return SQLITE_OK;
}

void tb_db_defer_checkpoints(struct tb_db *db)
{
    sqlite3_wal_hook(db->handle, log_grown, db);
}

enum tb_err tb_db_tend(struct tb_db *db)
{
    if (db->checkpoint_pages == 0 || db->log_pages < db->checkpoint_next)
        return TB_OK;
    enum tb_err err = tb_db_checkpoint(db, TB_DB_CHECKPOINT_PASSIVE);
    /* A reader in the way: the log grows on; trying at every commit would sync the file each time. */
    db->checkpoint_next = err ? db->log_pages + db->checkpoint_pages : db->checkpoint_pages;
    return err == TB_ERR_BUSY ? TB_OK : err;
}

enum tb_err tb_db_touch(struct tb_db *db)
{
    int64_t version = 0;
    enum tb_err err = db_int_get(db, "PRAGMA user_version", &version);
    return err ? err : pragma_set(db, "user_version", version);
}

enum tb_err tb_db_check(struct tb_db *db)
{
    struct tb_stmt stmt = {0};
    bool row = false;
    enum tb_err err = tb_stmt_prepare(db, "PRAGMA integrity_check(1)", &stmt);
    if (!err)
        err = tb_stmt_step(&stmt, &row);
    if (!err && (!row || !tb_span_is(tb_stmt_blob(&stmt, 0), "ok")))
        err = TB_ERR_CORRUPT;
    tb_stmt_free(&stmt);
    return err;
}

enum tb_err tb_db_size(struct tb_db *db, int64_t *ret_size)
{
    int64_t page_size = 0, page_count = 0, free_count = 0;
    enum tb_err err = db_int_get(db, "PRAGMA page_size", &page_size);
    if (!err)
        err = db_int_get(db, "PRAGMA page_count", &page_count);
    if (!err)
        err = db_int_get(db, "PRAGMA freelist_count", &free_count);
    *ret_size = page_size * (page_count - free_count);
    return err;
}

int64_t tb_db_last_rowid(const struct tb_db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

int64_t tb_db_changes(const struct tb_db *db)
{
    return sqlite3_changes64(db->handle);
}

/* ---- statements ---- */

enum tb_err tb_stmt_prepare(struct tb_db *db, const char *sql, struct tb_stmt *ret_stmt)
{
    *ret_stmt = (struct tb_stmt){.db = db};
    int code = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &ret_stmt->handle, NULL);
    return db_result(db, code);
}

enum tb_err tb_stmt_prepare_all(struct tb_db *db, const char *const *sql, size_t count,
                                struct tb_stmt *ret_stmts)
{
    for (size_t i = 0; i < count; i++) {
        enum tb_err err = tb_stmt_prepare(db, sql[i], &ret_stmts[i]);
        if (err) {
            tb_stmt_free_all(ret_stmts, i + 1);
            return err;
        }
    }
    return TB_OK;
}

void tb_stmt_free(struct tb_stmt *stmt)
{
    sqlite3_finalize(stmt->handle);
    *stmt = (struct tb_stmt){0};
}

void tb_stmt_free_all(struct tb_stmt *stmts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tb_stmt_free(&stmts[i]);
}

static void bind_result(struct tb_stmt *stmt, int code)
{
    if (code != SQLITE_OK && !stmt->err)
        stmt->err = db_result(stmt->db, code);
}

void tb_stmt_bind_int(struct tb_stmt *stmt, int index, int64_t value)
{
    bind_result(stmt, sqlite3_bind_int64(stmt->handle, index, value));
}

/* An empty value is not NULL: a pointer that is none would make it so. */
static const void *bytes_of(struct tb_span bytes)
{
    return bytes.size ? (const void *)bytes.at : "";
}

void tb_stmt_bind_text(struct tb_stmt *stmt, int index, struct tb_span text)
{
    bind_result(stmt, sqlite3_bind_text64(stmt->handle, index, bytes_of(text), text.size, SQLITE_STATIC,
                                          SQLITE_UTF8));
}

void tb_stmt_bind_blob(struct tb_stmt *stmt, int index, struct tb_span bytes)
{
    bind_result(stmt, sqlite3_bind_blob64(stmt->handle, index, bytes_of(bytes), bytes.size, SQLITE_STATIC));
}

void tb_stmt_bind_null(struct tb_stmt *stmt, int index)
{
    bind_result(stmt, sqlite3_bind_null(stmt->handle, index));
}

void tb_stmt_reset(struct tb_stmt *stmt)
{
    sqlite3_reset(stmt->handle);
    sqlite3_clear_bindings(stmt->handle);
    stmt->err = TB_OK;
}

enum tb_err tb_stmt_step(struct tb_stmt *stmt, bool *ret_row)
{
    *ret_row = false;
    enum tb_err err = stmt->err;
    if (!err) {
        int code = sqlite3_step(stmt->handle);
        *ret_row = code == SQLITE_ROW;
        if (*ret_row)
            return TB_OK;
        err = code == SQLITE_DONE ? TB_OK : db_result(stmt->db, code);
    }
    tb_stmt_reset(stmt);
    return err;
}

enum tb_err tb_stmt_run(struct tb_stmt *stmt)
{
    bool row = false;
    enum tb_err err = tb_stmt_step(stmt, &row);
    TB_ASSERT(!row);
    return err;
}

int64_t tb_stmt_int(const struct tb_stmt *stmt, int column)
{
    return sqlite3_column_int64(stmt->handle, column);
}

struct tb_span tb_stmt_blob(const struct tb_stmt *stmt, int column)
{
    const void *at = sqlite3_column_blob(stmt->handle, column);
    int size = sqlite3_column_bytes(stmt->handle, column);
    return tb_span_of(at, at ? (size_t)size : 0);
}

bool tb_stmt_is_null(const struct tb_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt->handle, column) == SQLITE_NULL;
}
