#include "agent/cache/salvage.h"

#include "agent/cache/outbox.h"
#include "host/sqlite/carve.h"
#include "host/system/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 512
#define NAME_COUNT_MAX 8
#define ROW_SIZE_MAX (TB_MUTATION_JSON_SIZE_MAX + 1024u)

/* ---- reading ---- */

struct content {
    uint8_t *at; /* owned */
    size_t size;
};

/* A page that cannot be read stays zero: no row is found in it. */
static void pages_read(int fd, struct content *c)
{
    for (size_t at = 0; at < c->size;) {
        size_t wanted = c->size - at < TB_OUTBOX_PAGE_SIZE ? c->size - at : TB_OUTBOX_PAGE_SIZE;
        ssize_t got = pread(fd, c->at + at, wanted, (off_t)at);
        if (got == 0)
            return;
        if (got > 0)
            at += (size_t)got;
        else if (errno != EINTR)
            at += wanted;
    }
}

static enum tb_err content_read(const char *path, struct content *ret_content)
{
    *ret_content = (struct content){0};
    struct stat file;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return tb_err_of_errno(errno);
    enum tb_err err = fstat(fd, &file) == 0 ? TB_OK : tb_err_of_errno(errno);
    if (err == TB_OK && file.st_size > 0) {
        ret_content->size = file.st_size > TB_SALVAGE_SIZE_MAX ? TB_SALVAGE_SIZE_MAX : (size_t)file.st_size;
        ret_content->at = calloc(1, ret_content->size);
        if (ret_content->at)
            pages_read(fd, ret_content);
        else
            err = TB_ERR_NO_MEMORY;
    }
    (void)close(fd);
    return err;
}

static enum tb_err log_read(const char *path, struct content *ret_content)
{
    char log_path[PATH_SIZE];
    int length = snprintf(log_path, sizeof log_path, "%s-wal", path);
    *ret_content = (struct content){0};
    if (length < 0 || (size_t)length >= sizeof log_path)
        return TB_ERR_TOO_LONG;
    enum tb_err err = content_read(log_path, ret_content);
    return err == TB_ERR_NO_MEMORY ? err : TB_OK; /* without one there is nothing in it */
}

enum tb_err tb_salvage_check_log(const char *path)
{
    struct content log;
    enum tb_err err = log_read(path, &log);
    const struct tb_carve_file file = {.log = tb_span_of(log.at, log.size), .page_size = TB_OUTBOX_PAGE_SIZE};
    if (err == TB_OK && tb_carve_log_is_broken(&file))
        err = TB_ERR_CORRUPT;
    free(log.at);
    return err;
}

/* ---- finding ---- */

struct finding {
    struct tb_carve_file file;
    struct tb_outbox *outbox; /* the new one */
    struct tb_id names[NAME_COUNT_MAX];
    size_t name_count;
    bool proved; /* a row verifies under the outbox's incarnation */
    int64_t last_seq;
    enum tb_err err;
};

/* The table `meta` has a name and a value. */
static void name_find(void *context, const struct tb_carve_row *row)
{
    struct finding *f = context;
    const struct tb_carve_column *columns = row->columns;
    if (row->column_count != 2 || columns[0].type != TB_CARVE_TEXT || columns[1].type != TB_CARVE_BLOB ||
        !tb_span_is(columns[0].bytes, TB_OUTBOX_INCARNATION_NAME) || columns[1].bytes.size != TB_ID_SIZE)
        return;
    if (f->name_count < NAME_COUNT_MAX)
        memcpy(f->names[f->name_count++].bytes, columns[1].bytes.at, TB_ID_SIZE);
}

/* The table `mutation` has the seq as its row's number, the sealed mutation, and perhaps a sealed verdict. */
static bool mutation_of(const struct tb_carve_row *row, struct tb_outbox_sealed *ret_sealed)
{
    const struct tb_carve_column *columns = row->columns;
    if (row->column_count != 3 || columns[0].type != TB_CARVE_NULL || columns[1].type != TB_CARVE_BLOB ||
        row->rowid < 1 || row->rowid > TB_VERSION_MAX)
        return false;
    *ret_sealed = (struct tb_outbox_sealed){.seq = row->rowid, .mutation = columns[1].bytes};
    if (columns[2].type == TB_CARVE_BLOB)
        ret_sealed->verdict = columns[2].bytes;
    return true;
}

static void proof_find(void *context, const struct tb_carve_row *row)
{
    struct finding *f = context;
    struct tb_outbox_sealed sealed;
    if (!f->proved && mutation_of(row, &sealed))
        f->proved = tb_outbox_verifies(f->outbox, &sealed);
}

static void row_take(void *context, const struct tb_carve_row *row)
{
    struct finding *f = context;
    struct tb_outbox_sealed sealed;
    if (f->err != TB_OK || !mutation_of(row, &sealed))
        return;
    enum tb_err err = tb_outbox_import(f->outbox, &sealed);
    if (err == TB_OK && sealed.seq > f->last_seq)
        f->last_seq = sealed.seq;
    if (err != TB_ERR_SEAL)
        f->err = err;
}

/* Tries the names that are known until a row verifies under one. */
static enum tb_err incarnation_find(struct finding *f, const struct tb_id *known)
{
    f->names[f->name_count++] = *known;
    tb_carve_each(&f->file, name_find, f);
    const struct tb_id made = f->outbox->incarnation;
    for (size_t i = 0; i < f->name_count && !f->proved; i++) {
        f->outbox->incarnation = f->names[i];
        tb_carve_each(&f->file, proof_find, f);
    }
    struct tb_id proved = f->outbox->incarnation;
    f->outbox->incarnation = made;
    return f->proved ? tb_outbox_adopt(f->outbox, &proved) : TB_OK;
}

/* ---- writing ---- */

static int64_t stride_behind(int64_t seq)
{
    return (seq / TB_SALVAGE_STRIDE + 1) * TB_SALVAGE_STRIDE;
}

static enum tb_err rows_take(struct finding *f, int64_t floor)
{
    if (!f->proved)
        return TB_OK;
    tb_carve_each(&f->file, row_take, f);
    if (f->err != TB_OK)
        return f->err;
    int64_t seq = stride_behind(f->last_seq > floor ? f->last_seq : floor);
    return seq < TB_VERSION_MAX ? tb_outbox_go_on(f->outbox, seq) : TB_ERR_RANGE;
}

static enum tb_err outbox_fill(struct finding *f, const struct tb_salvage *what)
{
    struct tb_db *db = f->outbox->db;
    enum tb_err err = tb_db_begin(db);
    if (err != TB_OK)
        return err;
    err = incarnation_find(f, &what->incarnation);
    if (err == TB_OK)
        err = rows_take(f, what->floor);
    if (err == TB_OK)
        err = tb_db_commit(db);
    else
        tb_db_rollback(db);
    if (err == TB_OK)
        err = tb_outbox_recount(f->outbox);
    return err == TB_OK ? tb_db_checkpoint(db, TB_DB_CHECKPOINT_TRUNCATE) : err;
}

static bool row_counts(void *context, const struct tb_outbox_entry *entry)
{
    int64_t *count = context;
    *count += entry->mutation.kind != TB_MUTATION_SKIPPED;
    return true;
}

static enum tb_err rows_count(struct tb_outbox *outbox, int64_t *ret_count)
{
    *ret_count = 0;
    return tb_outbox_each(outbox, TB_OUTBOX_ALL, 1, row_counts, ret_count);
}

static enum tb_err outbox_make(const char *to, const struct tb_salvage *what, struct finding *f,
                               struct tb_salvaged *ret_salvaged)
{
    struct tb_outbox outbox;
    enum tb_err err = tb_outbox_open(to, what->sealer, &outbox);
    if (err != TB_OK)
        return err;
    f->outbox = &outbox;
    err = outbox_fill(f, what);
    *ret_salvaged = (struct tb_salvaged){
        .named = f->proved, .incarnation = outbox.incarnation, .next_seq = outbox.next_seq};
    if (err == TB_OK && f->proved)
        err = rows_count(&outbox, &ret_salvaged->row_count);
    ret_salvaged->undecided_count = f->proved ? outbox.undecided_count - 1 : 0;
    tb_outbox_close(&outbox);
    f->outbox = NULL;
    return err;
}

enum tb_err tb_salvage(const char *from, const char *to, const struct tb_salvage *what,
                       struct tb_salvaged *ret_salvaged)
{
    struct content db;
    struct content log;
    enum tb_err err = content_read(from, &db);
    enum tb_err log_err = log_read(from, &log);
    uint8_t *room = malloc(ROW_SIZE_MAX);
    if (err == TB_OK)
        err = room ? log_err : TB_ERR_NO_MEMORY;
    if (err == TB_OK) {
        struct tb_buf row = tb_buf_of(room, ROW_SIZE_MAX);
        struct finding f = {.file = {.db = tb_span_of(db.at, db.size),
                                     .log = tb_span_of(log.at, log.size),
                                     .page_size = TB_OUTBOX_PAGE_SIZE,
                                     .room = &row}};
        err = outbox_make(to, what, &f, ret_salvaged);
    }
    free(room);
    free(log.at);
    free(db.at);
    return err;
}
