/*
 * What a page holds beside its content. A b-tree page is header ‖ pointers to cells ‖ gap ‖ cells; the gap
 * keeps what lay there before SQLite moved cells to another page (file format, "B-tree Pages").
 */
#include "host/sqlite/db.h"

#include "host/sqlite/db_parts.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)1 << 20)
#define FILE_HEADER_SIZE 100u /* of page 1 */
#define PAGE_COUNT_MAX                                                                   \
    (INT64_C(1) << 24) /* from there on, links between pages can look like a page's type \
                        */

enum page_type { INDEX_INTERIOR = 2, TABLE_INTERIOR = 5, INDEX_LEAF = 10, TABLE_LEAF = 13 };

struct scrub {
    sqlite3_file *file;
    size_t page_size;
    int64_t page_count;
    uint8_t *chunk; /* owned */
};

struct gap {
    size_t from;
    size_t to;
};

static size_t u16_at(const uint8_t *at)
{
    return (size_t)at[0] << 8 | at[1];
}

/* Nothing for pages of other kinds and for headers that no page has. */
static struct gap gap_of(const struct scrub *s, const uint8_t *page, bool first)
{
    const struct gap none = {0};
    size_t at = first ? FILE_HEADER_SIZE : 0;
    uint8_t type = page[at];
    bool interior = type == INDEX_INTERIOR || type == TABLE_INTERIOR;
    if (!interior && type != INDEX_LEAF && type != TABLE_LEAF)
        return none;
    struct gap gap = {.from = at + (interior ? 12u : 8u) + 2 * u16_at(page + at + 3),
                      .to = u16_at(page + at + 5)};
    if (gap.to == 0)
        gap.to = 65536;
    return gap.from <= gap.to && gap.to <= s->page_size ? gap : none;
}

static bool is_clean(const uint8_t *at, size_t size)
{
    return size == 0 || (at[0] == 0 && memcmp(at, at + 1, size - 1) == 0);
}

static int page_scrub(const struct scrub *s, uint8_t *page, int64_t offset)
{
    struct gap gap = gap_of(s, page, offset == 0);
    if (is_clean(page + gap.from, gap.to - gap.from))
        return SQLITE_OK;
    memset(page + gap.from, 0, gap.to - gap.from);
    return s->file->pMethods->xWrite(s->file, page + gap.from, (int)(gap.to - gap.from),
                                     offset + (int64_t)gap.from);
}

static int file_scrub(const struct scrub *s)
{
    int64_t end = s->page_count * (int64_t)s->page_size;
    int code = SQLITE_OK;
    for (int64_t offset = 0; offset < end && code == SQLITE_OK; offset += (int64_t)CHUNK_SIZE) {
        size_t size = end - offset < (int64_t)CHUNK_SIZE ? (size_t)(end - offset) : CHUNK_SIZE;
        code = s->file->pMethods->xRead(s->file, s->chunk, (int)size, offset);
        for (size_t at = 0; at < size && code == SQLITE_OK; at += s->page_size)
            code = page_scrub(s, s->chunk + at, offset + (int64_t)at);
    }
    return code == SQLITE_OK ? s->file->pMethods->xSync(s->file, SQLITE_SYNC_NORMAL) : code;
}

/* The connection holds the write lock, and reads what lies in the file: the log is empty. */
static enum tb_err scrub_locked(struct tb_db *db)
{
    struct scrub s = {.file = NULL};
    sqlite3_file *log = NULL;
    sqlite3_int64 log_size = 0;
    int64_t page_size = 0;
    enum tb_err err = db_int_get(db, "PRAGMA page_size", &page_size);
    if (err == TB_OK)
        err = db_int_get(db, "PRAGMA page_count", &s.page_count);
    if (err == TB_OK)
        err = db_result(db, sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &s.file));
    if (err == TB_OK)
        err = db_result(db, sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log));
    if (err == TB_OK && log && log->pMethods)
        err = db_result(db, log->pMethods->xFileSize(log, &log_size));
    if (err != TB_OK)
        return err;
    if (log_size > 0)
        return TB_ERR_BUSY;
    s.page_size = (size_t)page_size;
    if (s.page_count >= PAGE_COUNT_MAX || CHUNK_SIZE % s.page_size != 0)
        return TB_ERR_UNSUPPORTED;
    s.chunk = malloc(CHUNK_SIZE);
    if (!s.chunk)
        return TB_ERR_NO_MEMORY;
    err = db_result(db, file_scrub(&s));
    free(s.chunk);
    return err;
}

enum tb_err tb_db_scrub(struct tb_db *db)
{
    enum tb_err err = tb_db_begin(db);
    if (err != TB_OK)
        return err;
    err = scrub_locked(db);
    tb_db_rollback(db);
    /* The connection's own copies of pages are as they were; written back, they would bring it all again. */
    (void)sqlite3_db_release_memory(db->handle);
    return err;
}
