#include "agent/cache/cache.h"

#include "agent/cache/cache_parts.h"
#include "core/base/wipe.h"

#include <stdlib.h>

static const char *const statements[TB_CACHE_READ_COUNT] = {
    [TB_CACHE_READ_CREDENTIAL] = ("SELECT c.key, c.wrapped, c.sealed FROM credential k"
                                  " CROSS JOIN customer c ON c.key = k.key WHERE k.hash = ?1"),
    [TB_CACHE_READ_CUSTOMER] = "SELECT key, wrapped, sealed FROM customer WHERE key = ?1",
    [TB_CACHE_READ_PRODUCT] = "SELECT version, stamp, sealed FROM product WHERE gtin = ?1",
    [TB_CACHE_READ_BOOKS] = "SELECT sealed FROM meta WHERE id = ?1",
    [TB_CACHE_READ_COUNTS] = "SELECT (SELECT count(*) FROM customer), (SELECT count(*) FROM product)",
};

enum tb_err tb_cache_reader_open(const char *path, const struct tb_sealer *sealer,
                                 struct tb_cache_reader *ret_reader)
{
    const struct tb_db_options options = {
        .sync = TB_DB_SYNC_NORMAL,
        .cache_kib = 256,
        .read_only = true,
        .application_id = TB_CACHE_APPLICATION_ID,
        .migration_count = TB_CACHE_FORMAT,
    };
    *ret_reader = (struct tb_cache_reader){0};
    enum tb_err err = tb_sealer_share(sealer, &ret_reader->sealer);
    if (err == TB_OK)
        err = tb_db_open(path, &options, &ret_reader->db);
    if (err == TB_OK)
        err = cache_statements(ret_reader->db, statements, TB_CACHE_READ_COUNT, ret_reader->stmts);
    if (err == TB_OK && !(ret_reader->plain = malloc(TB_RECORD_SIZE_MAX)))
        err = TB_ERR_NO_MEMORY;
    if (err != TB_OK)
        tb_cache_reader_close(ret_reader);
    return err;
}

void tb_cache_reader_close(struct tb_cache_reader *reader)
{
    tb_cache_reader_wipe(reader);
    free(reader->plain);
    reader->plain = NULL;
    tb_stmt_free_all(reader->stmts, TB_CACHE_READ_COUNT);
    reader->db = tb_db_close(reader->db);
    tb_sealer_wipe(&reader->sealer);
}

void tb_cache_reader_wipe(struct tb_cache_reader *reader)
{
    if (reader->plain)
        tb_wipe(reader->plain, reader->plain_size);
    reader->plain_size = 0;
}

/* Opens the row under the statement: key, wrapped, sealed. */
static enum tb_err record_open(struct tb_cache_reader *reader, const struct tb_stmt *row,
                               struct tb_customer_key *ret_key, struct tb_record *ret_record)
{
    struct tb_span key = tb_stmt_blob(row, 0);
    if (key.size != sizeof ret_key->bytes)
        return TB_ERR_SEAL;
    memcpy(ret_key->bytes, key.at, key.size);

    struct tb_buf plain = tb_buf_of(reader->plain, TB_RECORD_SIZE_MAX);
    enum tb_err err = tb_record_open(&reader->sealer, ret_key, tb_stmt_blob(row, 1), tb_stmt_blob(row, 2),
                                     &plain, ret_record);
    reader->plain_size = plain.size;
    return err == TB_ERR_CORRUPT ? TB_ERR_SEAL : err;
}

static enum tb_err step(struct tb_cache_reader *reader, struct tb_stmt *stmt, struct tb_span by)
{
    tb_cache_reader_wipe(reader);
    tb_stmt_bind_blob(stmt, 1, by);
    bool row = false;
    enum tb_err err = tb_stmt_step(stmt, &row);
    return err == TB_OK && !row ? TB_ERR_NOT_FOUND : err;
}

/* The index says that a credential leads here; the record has to say so, too. What it does not know is
 * absent. */
static enum tb_err credential_check(const struct tb_record *record, const struct tb_digest *hash)
{
    const struct tb_record_credential *credential = tb_record_credential_find(record, hash->bytes);
    if (!credential || credential->gone)
        return TB_ERR_NOT_FOUND;
    return credential->blocked ? TB_ERR_EXPIRED : TB_OK;
}

enum tb_err tb_cache_find_credential(struct tb_cache_reader *reader, const struct tb_digest *hash,
                                     struct tb_customer_key *ret_key, struct tb_record *ret_record)
{
    struct tb_stmt *read = &reader->stmts[TB_CACHE_READ_CREDENTIAL];
    if (reader->expired)
        return TB_ERR_NOT_FOUND;
    enum tb_err err = step(reader, read, tb_span_of(hash->bytes, TB_CACHE_HASH_SIZE));
    if (err == TB_OK)
        err = record_open(reader, read, ret_key, ret_record);
    if (err == TB_OK)
        err = credential_check(ret_record, hash);
    tb_stmt_reset(read);
    return err;
}

enum tb_err tb_cache_find_customer(struct tb_cache_reader *reader, const struct tb_customer_key *customer,
                                   struct tb_record *ret_record)
{
    struct tb_stmt *read = &reader->stmts[TB_CACHE_READ_CUSTOMER];
    struct tb_customer_key key;
    if (reader->expired)
        return TB_ERR_NOT_FOUND;
    enum tb_err err = step(reader, read, tb_span_of(customer->bytes, sizeof customer->bytes));
    if (err == TB_OK)
        err = record_open(reader, read, &key, ret_record);
    if (err == TB_OK && memcmp(&key, customer, sizeof key) != 0)
        err = TB_ERR_CORRUPT;
    tb_stmt_reset(read);
    return err;
}

static enum tb_err product_open(struct tb_cache_reader *reader, const struct tb_stmt *row, const char *gtin,
                                struct tb_product *ret_product)
{
    const struct tb_product_name name = {
        .gtin = gtin,
        .version = tb_stmt_int(row, 0),
        .stamp = (uint32_t)tb_stmt_int(row, 1),
    };
    return tb_product_open(&reader->sealer, &name, tb_stmt_blob(row, 2), ret_product);
}

enum tb_err tb_cache_find_product(struct tb_cache_reader *reader, const char *gtin,
                                  struct tb_product *ret_product)
{
    *ret_product = (struct tb_product){0};
    if (strlen(gtin) != TB_GTIN_SIZE)
        return TB_ERR_NOT_FOUND;
    struct tb_stmt *read = &reader->stmts[TB_CACHE_READ_PRODUCT];
    tb_stmt_bind_text(read, 1, tb_span_str(gtin));
    bool row = false;
    enum tb_err err = tb_stmt_step(read, &row);
    if (err == TB_OK)
        err = row ? product_open(reader, read, gtin, ret_product) : TB_ERR_NOT_FOUND;
    tb_stmt_reset(read);
    return err;
}

/* ---- what the file says of itself ---- */

static enum tb_err books_read(struct tb_cache_reader *reader, struct tb_books *ret_books)
{
    uint8_t bytes[TB_BOOKS_SIZE];
    struct tb_buf plain = tb_buf_of(bytes, sizeof bytes);
    struct tb_stmt *read = &reader->stmts[TB_CACHE_READ_BOOKS];
    tb_stmt_bind_int(read, 1, CACHE_META_BOOKS);
    bool row = false;
    enum tb_err err = tb_stmt_step(read, &row);
    if (err == TB_OK)
        err = row ? cache_meta_open(&reader->sealer, CACHE_META_BOOKS, tb_stmt_blob(read, 0), &plain)
                  : TB_ERR_NOT_FOUND;
    if (err == TB_OK)
        err = tb_books_unpack(tb_buf_span(&plain), ret_books);
    tb_stmt_reset(read);
    return err;
}

enum tb_err tb_cache_reader_judge(struct tb_cache_reader *reader, int64_t wall_ms, int64_t no_contact_ms)
{
    struct tb_books books;
    enum tb_err err = books_read(reader, &books);
    bool known = err == TB_OK && books.contact_ms > 0; /* else there are no rows, or the writer sees to it */
    reader->expired = no_contact_ms > 0 && known && wall_ms - books.contact_ms > no_contact_ms;
    return err == TB_ERR_NOT_FOUND || err == TB_ERR_SEAL ? TB_OK : err;
}

static enum tb_err rows_count(struct tb_cache_reader *reader, int64_t *ret_customer_count,
                              int64_t *ret_product_count)
{
    struct tb_stmt *read = &reader->stmts[TB_CACHE_READ_COUNTS];
    bool row = false;
    enum tb_err err = tb_stmt_step(read, &row);
    *ret_customer_count = row ? tb_stmt_int(read, 0) : 0;
    *ret_product_count = row ? tb_stmt_int(read, 1) : 0;
    tb_stmt_reset(read);
    return err;
}

enum tb_err tb_cache_count(struct tb_cache_reader *reader, int64_t *ret_customer_count,
                           int64_t *ret_product_count)
{
    struct tb_books books;
    if (books_read(reader, &books) != TB_OK)
        return rows_count(reader, ret_customer_count, ret_product_count);
    *ret_customer_count = books.customer_count;
    *ret_product_count = books.product_count;
    return TB_OK;
}
