/*
 * What a page holds beside its content. A b-tree page is header ‖ pointers to cells ‖ gap ‖ cells; the gap
 * keeps what lay there before SQLite moved cells to another page. Between the cells lie free blocks, a list
 * whose members begin with the place of the next one and their own size; pages that are free stand in a list
 * of trunk pages (file format, "B-tree Pages" and "The Freelist"). What is deleted is overwritten by SQLite
 * itself where secure_delete is on, and here where it was not.
 */
#include "host/sqlite/db.h"

#include "host/sqlite/db_parts.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)1 << 20)
#define FILE_HEADER_SIZE 100u /* of page 1 */
#define FREE_LIST_AT 32u      /* in it: the number of the first trunk page */
#define BLOCK_HEADER_SIZE 4u
#define TRUNK_HEADER_SIZE 8u
#define PAGE_COUNT_MAX                                                                   \
    (INT64_C(1) << 24) /* from there on, links between pages can look like a page's type \
                        */

enum page_type { INDEX_INTERIOR = 2, TABLE_INTERIOR = 5, INDEX_LEAF = 10, TABLE_LEAF = 13 };

struct scrub {
    sqlite3_file *file;
    size_t page_size;
    int64_t page_count;
    uint8_t *chunk; /* owned */
    uint8_t *free;  /* owned: a bit for each page that is free and has no content, from page 1 */
    bool written;
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

static int range_scrub(struct scrub *s, uint8_t *page, struct gap gap, int64_t offset)
{
    if (is_clean(page + gap.from, gap.to - gap.from))
        return SQLITE_OK;
    memset(page + gap.from, 0, gap.to - gap.from);
    s->written = true;
    return s->file->pMethods->xWrite(s->file, page + gap.from, (int)(gap.to - gap.from),
                                     offset + (int64_t)gap.from);
}

/* Places rise from block to block; one that does not is of no list that SQLite made. */
static int blocks_scrub(struct scrub *s, uint8_t *page, int64_t offset)
{
    size_t at = u16_at(page + (offset == 0 ? FILE_HEADER_SIZE : 0) + 1);
    int code = SQLITE_OK;
    while (at != 0 && at + BLOCK_HEADER_SIZE <= s->page_size && code == SQLITE_OK) {
        size_t next = u16_at(page + at);
        size_t size = u16_at(page + at + 2);
        if (size < BLOCK_HEADER_SIZE || at + size > s->page_size || (next != 0 && next < at + size))
            break;
        code = range_scrub(s, page, (struct gap){at + BLOCK_HEADER_SIZE, at + size}, offset);
        at = next;
    }
    return code;
}

static bool is_free(const struct scrub *s, int64_t number)
{
    return (s->free[number / 8] & (1u << (number % 8))) != 0;
}

static int page_scrub(struct scrub *s, uint8_t *page, int64_t offset)
{
    if (is_free(s, offset / (int64_t)s->page_size))
        return range_scrub(s, page, (struct gap){0, s->page_size}, offset);
    struct gap gap = gap_of(s, page, offset == 0);
    if (gap.to == 0)
        return SQLITE_OK;
    int code = range_scrub(s, page, gap, offset);
    return code == SQLITE_OK ? blocks_scrub(s, page, offset) : code;
}

/* Pages from, counted from 0, to the one before end. */
static int file_scrub(struct scrub *s, int64_t from, int64_t end)
{
    int64_t last = end * (int64_t)s->page_size;
    int code = SQLITE_OK;
    for (int64_t offset = from * (int64_t)s->page_size; offset < last && code == SQLITE_OK;
         offset += (int64_t)CHUNK_SIZE) {
        size_t size = last - offset < (int64_t)CHUNK_SIZE ? (size_t)(last - offset) : CHUNK_SIZE;
        code = s->file->pMethods->xRead(s->file, s->chunk, (int)size, offset);
        for (size_t at = 0; at < size && code == SQLITE_OK; at += s->page_size)
            code = page_scrub(s, s->chunk + at, offset + (int64_t)at);
    }
    return code == SQLITE_OK && s->written ? s->file->pMethods->xSync(s->file, SQLITE_SYNC_NORMAL) : code;
}

static uint32_t u32_at(const uint8_t *at)
{
    return (uint32_t)u16_at(at) << 16 | (uint32_t)u16_at(at + 2);
}

/* A trunk page: next trunk, count, that many numbers of free pages, nothing. */
static int trunk_take(struct scrub *s, uint8_t *page, int64_t offset)
{
    size_t count_max = (s->page_size - TRUNK_HEADER_SIZE) / 4;
    size_t count = u32_at(page + 4);
    if (count > count_max)
        return SQLITE_OK;
    for (size_t i = 0; i < count; i++) {
        int64_t number = u32_at(page + TRUNK_HEADER_SIZE + 4 * i);
        if (number > 1 && number <= s->page_count)
            s->free[(number - 1) / 8] |= (uint8_t)(1u << ((number - 1) % 8));
    }
    return range_scrub(s, page, (struct gap){TRUNK_HEADER_SIZE + 4 * count, s->page_size}, offset);
}

static int free_find(struct scrub *s)
{
    uint8_t *page = s->chunk;
    int code = s->file->pMethods->xRead(s->file, page, (int)s->page_size, 0);
    int64_t next = code == SQLITE_OK ? u32_at(page + FREE_LIST_AT) : 0;
    for (int64_t i = 0; next > 1 && next <= s->page_count && i < s->page_count && code == SQLITE_OK; i++) {
        int64_t offset = (next - 1) * (int64_t)s->page_size;
        code = s->file->pMethods->xRead(s->file, page, (int)s->page_size, offset);
        next = u32_at(page);
        if (code == SQLITE_OK)
            code = trunk_take(s, page, offset);
    }
    return code;
}

static enum tb_err scrub_open(struct tb_db *db, struct scrub *ret_s)
{
    struct scrub *s = ret_s;
    sqlite3_file *log = NULL;
    sqlite3_int64 log_size = 0;
    int64_t page_size = 0;
    enum tb_err err = db_int_get(db, "PRAGMA page_size", &page_size);
    if (err == TB_OK)
        err = db_int_get(db, "PRAGMA page_count", &s->page_count);
    if (err == TB_OK)
        err = db_result(db, sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &s->file));
    if (err == TB_OK)
        err = db_result(db, sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log));
    if (err == TB_OK && log && log->pMethods)
        err = db_result(db, log->pMethods->xFileSize(log, &log_size));
    if (err != TB_OK)
        return err;
    if (log_size > 0)
        return TB_ERR_BUSY;
    s->page_size = (size_t)page_size;
    if (s->page_count >= PAGE_COUNT_MAX || CHUNK_SIZE % s->page_size != 0)
        return TB_ERR_UNSUPPORTED;
    s->chunk = malloc(CHUNK_SIZE);
    s->free = calloc(1, (size_t)s->page_count / 8 + 1);
    if (!s->chunk || !s->free)
        return TB_ERR_NO_MEMORY;
    return db_result(db, free_find(s));
}

/* The connection holds the write lock, and reads what lies in the file: the log is empty. */
static enum tb_err scrub_locked(struct tb_db *db, int64_t from, int64_t count, bool *ret_more)
{
    struct scrub s = {.file = NULL};
    enum tb_err err = scrub_open(db, &s);
    int64_t end = s.page_count - from < count ? s.page_count : from + count;
    if (err == TB_OK)
        err = db_result(db, file_scrub(&s, from, end));
    *ret_more = err == TB_OK && end < s.page_count;
    free(s.chunk);
    free(s.free);
    return err;
}

/* The connection's own copies of pages are as they were; written back, they would bring it all again. */
static void copies_drop(struct tb_db *db)
{
    (void)sqlite3_db_release_memory(db->handle);
}

enum tb_err tb_db_scrub(struct tb_db *db)
{
    bool more;
    enum tb_err err = tb_db_begin(db);
    if (err != TB_OK)
        return err;
    err = scrub_locked(db, 0, PAGE_COUNT_MAX, &more);
    tb_db_rollback(db);
    copies_drop(db);
    return err;
}

enum tb_err tb_db_scrub_share(struct tb_db *db, int64_t *page, bool *ret_more)
{
    *ret_more = true;
    enum tb_err err = tb_db_begin(db);
    if (err != TB_OK)
        return err;
    err = scrub_locked(db, *page, TB_DB_SCRUB_SHARE_PAGES, ret_more);
    copies_drop(db);
    /* Another connection takes its copies for those of the file until it sees a commit. */
    if (err == TB_OK)
        err = tb_db_touch(db);
    if (err == TB_OK) {
        *page += TB_DB_SCRUB_SHARE_PAGES;
        return tb_db_commit(db);
    }
    tb_db_rollback(db);
    return err;
}
