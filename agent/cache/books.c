#include "agent/cache/books.h"

struct tb_books tb_books_new(uint32_t stamp)
{
    struct tb_books books = {.last_stamp = stamp, .product_stamp = stamp};
    for (size_t i = 0; i < TB_PARTITION_COUNT; i++)
        books.stamps[i] = stamp;
    return books;
}

uint32_t tb_books_stamp(struct tb_books *books)
{
    books->last_stamp = books->last_stamp >= TB_BOOKS_STAMP_MAX ? 1 : books->last_stamp + 1;
    return books->last_stamp;
}

void tb_books_pack(const struct tb_books *books, struct tb_buf *to)
{
    tb_buf_add_u32be(to, books->last_stamp);
    tb_buf_add_u32be(to, books->product_stamp);
    tb_buf_add_u32be(to, books->customer_count);
    tb_buf_add_u32be(to, books->product_count);
    tb_buf_add_u64be(to, (uint64_t)books->contact_ms);
    for (size_t i = 0; i < TB_PARTITION_COUNT; i += 8) {
        unsigned bits = 0;
        for (size_t k = 0; k < 8; k++)
            bits |= (unsigned)books->trimmed[i + k] << k;
        tb_buf_add_u8(to, (uint8_t)bits);
    }
    for (size_t i = 0; i < TB_PARTITION_COUNT; i++)
        tb_buf_add_u64be(to, books->sums[i]);
    for (size_t i = 0; i < TB_PARTITION_COUNT; i++)
        tb_buf_add_u32be(to, books->stamps[i]);
}

enum tb_err tb_books_unpack(struct tb_span packed, struct tb_books *ret_books)
{
    struct tb_reader from = tb_reader_of(packed);
    ret_books->last_stamp = tb_read_u32be(&from);
    ret_books->product_stamp = tb_read_u32be(&from);
    ret_books->customer_count = tb_read_u32be(&from);
    ret_books->product_count = tb_read_u32be(&from);
    ret_books->contact_ms = (int64_t)tb_read_u64be(&from);
    for (size_t i = 0; i < TB_PARTITION_COUNT; i += 8) {
        unsigned bits = tb_read_u8(&from);
        for (size_t k = 0; k < 8; k++)
            ret_books->trimmed[i + k] = (bits >> k & 1u) != 0;
    }
    for (size_t i = 0; i < TB_PARTITION_COUNT; i++)
        ret_books->sums[i] = tb_read_u64be(&from);
    for (size_t i = 0; i < TB_PARTITION_COUNT; i++)
        ret_books->stamps[i] = tb_read_u32be(&from);
    return from.err == TB_OK && from.rest.size == 0 ? TB_OK : TB_ERR_CORRUPT;
}
