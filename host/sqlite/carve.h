/*
 * Carve: table rows out of the bytes of a database file that SQLite will not read any more.
 *
 * Each page is looked at for itself (SQLite file format 3, sections 1.6 and 2.1): nothing that connects
 * pages is trusted but the overflow chain of a row. Of the write-ahead log all frames of its last round
 * count, also those behind one whose checksum is broken, where SQLite stops without a word. What comes out
 * may be damaged, older than another image of the same row, or deleted meanwhile: the caller proves every
 * row, by a seal, and chooses.
 *
 * Pure; not thread-safe. Limits: rows of TB_CARVE_COLUMN_MAX columns at most; others are passed over.
 */
#ifndef TB_HOST_SQLITE_CARVE_H
#define TB_HOST_SQLITE_CARVE_H

#include "core/base/buf.h"

#define TB_CARVE_COLUMN_MAX 4
#define TB_CARVE_PAGE_SIZE_MIN 512u
#define TB_CARVE_PAGE_SIZE_MAX 65536u

struct tb_carve_file { /* borrowed */
    struct tb_span db;
    struct tb_span log;  /* the write-ahead log's file; empty: none */
    uint32_t page_size;  /* as the file was made: its header is not trusted */
    struct tb_buf *room; /* for rows that go over several pages; longer ones are passed over */
};

enum tb_carve_type { TB_CARVE_NULL, TB_CARVE_INT, TB_CARVE_TEXT, TB_CARVE_BLOB, TB_CARVE_OTHER };

struct tb_carve_column {
    enum tb_carve_type type;
    int64_t number;       /* TB_CARVE_INT */
    struct tb_span bytes; /* TB_CARVE_TEXT, TB_CARVE_BLOB; borrowed for the call */
};

struct tb_carve_row {
    int64_t rowid;
    unsigned column_count;
    struct tb_carve_column columns[TB_CARVE_COLUMN_MAX];
};

/* Calls each for every row found, in no order and perhaps several times. */
void tb_carve_each(const struct tb_carve_file *file,
                   void (*each)(void *context, const struct tb_carve_row *row), void *context);

/*
 * Whether commits stand in the log behind a frame whose checksum is broken, or all frames behind a broken
 * header. SQLite takes such a log for one that ends there, without a word. One commit may be what a cut of
 * the power left of the last, unfinished one; a second is there only when the first was on disk. room is not
 * used.
 */
bool tb_carve_log_is_broken(const struct tb_carve_file *file);

#endif
