#include "host/sqlite/carve.h"

#include "core/base/assert.h"

#define FILE_HEADER_SIZE 100u
#define LOG_HEADER_SIZE 32u
#define LOG_SALT_AT 16u
#define FRAME_HEADER_SIZE 24u
#define FRAME_SALT_AT 8u
#define SALT_SIZE 8u
#define LOG_MAGIC 0x377f0682u /* the lowest bit says how checksums are written */
#define LOG_SUM_AT 24u        /* of the header, over what stands before */
#define FRAME_COMMIT_AT 4u
#define FRAME_SUM_AT 16u
#define SUM_SIZE 8u
#define TABLE_LEAF 0x0du
#define LEAF_HEADER_SIZE 8u
#define VARINT_SIZE_MAX 9

/* SQLite's variable-length integer: 7 bits a byte, the ninth gives all 8. */
static uint64_t varint_read(struct tb_reader *r)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < VARINT_SIZE_MAX && r->err == TB_OK; i++) {
        uint8_t byte = tb_read_u8(r);
        if (i == VARINT_SIZE_MAX - 1)
            return value << 8 | byte;
        value = value << 7 | (byte & 0x7fu);
        if (!(byte & 0x80u))
            return value;
    }
    return value;
}

/* ---- checksums of the log ---- */

/* Two sums over pairs of 32-bit numbers, in the byte order that the log's magic number names (section 4.2).
 */
struct sums {
    uint32_t at[2];
    bool big;
};

static uint32_t number_of(const uint8_t *at, bool big)
{
    if (big)
        return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static void sums_add(struct sums *sums, struct tb_span bytes)
{
    for (size_t i = 0; i + SUM_SIZE <= bytes.size; i += SUM_SIZE) {
        sums->at[0] += number_of(bytes.at + i, sums->big) + sums->at[1];
        sums->at[1] += number_of(bytes.at + i + 4, sums->big) + sums->at[0];
    }
}

static bool sums_are(const struct sums *sums, struct tb_span stored)
{
    struct tb_reader r = tb_reader_of(stored);
    uint32_t first = tb_read_u32be(&r);
    uint32_t second = tb_read_u32be(&r);
    return r.err == TB_OK && first == sums->at[0] && second == sums->at[1];
}

static bool header_holds(const struct tb_carve_file *f, struct sums *ret_sums)
{
    struct tb_reader head = tb_reader_of(f->log);
    uint32_t magic = tb_read_u32be(&head);
    *ret_sums = (struct sums){.big = magic & 1u};
    sums_add(ret_sums, tb_span_sub(f->log, 0, LOG_SUM_AT));
    return (magic & ~1u) == LOG_MAGIC && sums_are(ret_sums, tb_span_sub(f->log, LOG_SUM_AT, SUM_SIZE));
}

/* ---- pages ---- */

/* The frame at offset at of the log, when all of it is there. */
static struct tb_span frame_at(const struct tb_carve_file *f, size_t at)
{
    struct tb_span frame = tb_span_sub(f->log, at, FRAME_HEADER_SIZE + f->page_size);
    return frame.size == FRAME_HEADER_SIZE + f->page_size ? frame : tb_span_of(NULL, 0);
}

/* Frames of an earlier round of the log carry other salts; when the log's header is damaged, all count. */
static bool frame_counts(const struct tb_carve_file *f, struct tb_span frame)
{
    struct sums sums;
    return !header_holds(f, &sums) || tb_span_equal(tb_span_sub(f->log, LOG_SALT_AT, SALT_SIZE),
                                                    tb_span_sub(frame, FRAME_SALT_AT, SALT_SIZE));
}

static uint32_t frame_page(struct tb_span frame)
{
    struct tb_reader r = tb_reader_of(frame);
    return tb_read_u32be(&r);
}

/* The newest image of a page. */
static struct tb_span page_of(const struct tb_carve_file *f, uint32_t number)
{
    struct tb_span newest =
        number ? tb_span_sub(f->db, (size_t)(number - 1) * f->page_size, f->page_size) : f->db;
    struct tb_span frame;
    for (size_t at = LOG_HEADER_SIZE; (frame = frame_at(f, at)).size; at += frame.size)
        if (frame_page(frame) == number && frame_counts(f, frame))
            newest = tb_span_sub(frame, FRAME_HEADER_SIZE, f->page_size);
    return number && newest.size == f->page_size ? newest : tb_span_of(NULL, 0);
}

/* ---- rows ---- */

/* How much of a row lies in its leaf; section 1.6 of the format, "Cell payload overflow". */
static size_t local_size(const struct tb_carve_file *f, uint64_t size)
{
    size_t all = f->page_size - 35;
    if (size <= all)
        return (size_t)size;
    size_t least = (f->page_size - 12) * 32 / 255 - 23;
    size_t wanted = least + (size_t)((size - least) % (f->page_size - 4));
    return wanted <= all ? wanted : least;
}

/* The whole of a row that begins in a leaf; empty when a part of it is not to be had. */
static struct tb_span payload_join(const struct tb_carve_file *f, struct tb_span local, uint64_t size,
                                   uint32_t next)
{
    tb_buf_reset(f->room);
    tb_buf_add(f->room, local);
    while (f->room->err == TB_OK && f->room->size < size) {
        struct tb_reader page = tb_reader_of(page_of(f, next));
        next = tb_read_u32be(&page);
        if (page.err != TB_OK)
            return tb_span_of(NULL, 0);
        tb_buf_add(f->room, tb_span_sub(page.rest, 0, (size_t)(size - f->room->size)));
    }
    return f->room->err == TB_OK ? tb_buf_span(f->room) : tb_span_of(NULL, 0);
}

static void number_read(struct tb_reader *body, unsigned size, struct tb_carve_column *c)
{
    uint64_t value = 0;
    struct tb_span bytes = tb_read_bytes(body, size);
    for (size_t i = 0; i < bytes.size; i++)
        value = (i == 0 && (bytes.at[0] & 0x80u) ? UINT64_MAX << 8 : value << 8) | bytes.at[i];
    c->type = TB_CARVE_INT;
    c->number = (int64_t)value;
}

/* Serial types: section 2.1 of the format. */
static void column_read(struct tb_reader *body, uint64_t serial, struct tb_carve_column *c)
{
    static const unsigned sizes[] = {[1] = 1, [2] = 2, [3] = 3, [4] = 4, [5] = 6, [6] = 8};
    *c = (struct tb_carve_column){.type = TB_CARVE_NULL};
    if (serial >= 12) {
        c->type = serial % 2 ? TB_CARVE_TEXT : TB_CARVE_BLOB;
        c->bytes = tb_read_bytes(body, (size_t)((serial - 12) / 2));
    } else if (serial >= 1 && serial < TB_ARRAY_SIZE(sizes)) {
        number_read(body, sizes[serial], c);
    } else if (serial == 8 || serial == 9) {
        c->type = TB_CARVE_INT;
        c->number = serial == 9;
    } else if (serial != 0) {
        c->type = TB_CARVE_OTHER;
        (void)tb_read_bytes(body, 8);
    }
}

static bool record_read(struct tb_span payload, struct tb_carve_row *row)
{
    struct tb_reader first = tb_reader_of(payload);
    uint64_t head_size = varint_read(&first);
    if (first.err != TB_OK || head_size > payload.size || head_size < payload.size - first.rest.size)
        return false;
    struct tb_reader head =
        tb_reader_of(tb_span_sub(first.rest, 0, (size_t)head_size - (payload.size - first.rest.size)));
    struct tb_reader body = tb_reader_of(tb_span_sub(payload, (size_t)head_size, payload.size));
    while (head.rest.size > 0) {
        if (row->column_count == TB_CARVE_COLUMN_MAX)
            return false;
        column_read(&body, varint_read(&head), &row->columns[row->column_count++]);
    }
    return head.err == TB_OK && body.err == TB_OK;
}

static bool cell_read(const struct tb_carve_file *f, struct tb_span cell, struct tb_carve_row *row)
{
    struct tb_reader r = tb_reader_of(cell);
    uint64_t size = varint_read(&r);
    *row = (struct tb_carve_row){.rowid = (int64_t)varint_read(&r)};
    if (r.err != TB_OK || size == 0 || size > f->room->size_max)
        return false;
    struct tb_span payload = tb_read_bytes(&r, local_size(f, size));
    if (payload.size < size)
        payload = payload_join(f, payload, size, tb_read_u32be(&r));
    return r.err == TB_OK && payload.size == size && record_read(payload, row);
}

static void page_carve(const struct tb_carve_file *f, struct tb_span page, size_t head_at,
                       void (*each)(void *context, const struct tb_carve_row *row), void *context)
{
    struct tb_reader head = tb_reader_of(tb_span_sub(page, head_at, page.size));
    if (tb_read_u8(&head) != TABLE_LEAF)
        return;
    (void)tb_read_u16be(&head); /* first free block */
    size_t count = tb_read_u16be(&head);
    head = tb_reader_of(tb_span_sub(page, head_at + LEAF_HEADER_SIZE, page.size));
    for (size_t i = 0; i < count && i < page.size / 4; i++) {
        struct tb_carve_row row;
        struct tb_span cell = tb_span_sub(page, tb_read_u16be(&head), page.size);
        if (head.err == TB_OK && cell.size > 0 && cell_read(f, cell, &row))
            each(context, &row);
    }
}

void tb_carve_each(const struct tb_carve_file *file,
                   void (*each)(void *context, const struct tb_carve_row *row), void *context)
{
    TB_ASSERT(file->page_size >= TB_CARVE_PAGE_SIZE_MIN && file->page_size <= TB_CARVE_PAGE_SIZE_MAX);
    for (size_t at = 0; at + file->page_size <= file->db.size; at += file->page_size)
        page_carve(file, tb_span_sub(file->db, at, file->page_size), at == 0 ? FILE_HEADER_SIZE : 0, each,
                   context);
    struct tb_span frame;
    for (size_t at = LOG_HEADER_SIZE; (frame = frame_at(file, at)).size; at += frame.size) {
        struct tb_span page = tb_span_sub(frame, FRAME_HEADER_SIZE, file->page_size);
        if (frame_counts(file, frame))
            page_carve(file, page, frame_page(frame) == 1 ? FILE_HEADER_SIZE : 0, each, context);
    }
}

/* ---- the log ---- */

static bool frame_holds(struct tb_span frame, struct sums *sums)
{
    sums_add(sums, tb_span_sub(frame, 0, SUM_SIZE));
    sums_add(sums, tb_span_sub(frame, FRAME_HEADER_SIZE, frame.size));
    return sums_are(sums, tb_span_sub(frame, FRAME_SUM_AT, SUM_SIZE));
}

static bool frame_commits(struct tb_span frame)
{
    struct tb_reader r = tb_reader_of(tb_span_sub(frame, FRAME_COMMIT_AT, 4));
    return tb_read_u32be(&r) != 0;
}

bool tb_carve_log_is_broken(const struct tb_carve_file *file)
{
    struct sums sums;
    struct tb_span frame = frame_at(file, LOG_HEADER_SIZE);
    if (frame.size == 0)
        return false;
    if (!header_holds(file, &sums))
        return true;
    bool holds = true;
    unsigned commits_behind = 0;
    for (size_t at = LOG_HEADER_SIZE; (frame = frame_at(file, at)).size; at += frame.size) {
        bool counts = frame_counts(file, frame); /* else it is of an earlier round, or its salt is broken */
        holds = holds && counts && frame_holds(frame, &sums);
        commits_behind += !holds && counts && frame_commits(frame);
    }
    return commits_behind > 1;
}
