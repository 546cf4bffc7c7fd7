#include "core/cart/cart.h"

/*
 * Packed book, version 1, big-endian:
 *   u8 version | u8 zero | u16 count | count × (16 bytes line, 16 bytes into)
 */
#define BOOK_VERSION 1

_Static_assert(TB_CART_BOOK_PACKED_SIZE_MAX == 4 + TB_CART_MARK_MAX * sizeof(struct tb_cart_mark),
               "a mark is packed as it lies in memory");

void tb_cart_book_pack(const struct tb_cart_book *book, struct tb_buf *to)
{
    tb_buf_add_u8(to, BOOK_VERSION);
    tb_buf_add_u8(to, 0);
    tb_buf_add_u16be(to, book->count);
    for (size_t i = 0; i < book->count; i++) {
        tb_buf_add(to, tb_id_span(&book->marks[i].line));
        tb_buf_add(to, tb_id_span(&book->marks[i].into));
    }
}

static void id_read(struct tb_reader *r, struct tb_id *ret_id)
{
    struct tb_span bytes = tb_read_bytes(r, TB_ID_SIZE);
    if (bytes.size == TB_ID_SIZE)
        memcpy(ret_id->bytes, bytes.at, TB_ID_SIZE);
}

static enum tb_err book_read(struct tb_reader *r, struct tb_cart_book *book)
{
    uint8_t version = tb_read_u8(r);
    uint8_t zero = tb_read_u8(r);
    uint16_t count = tb_read_u16be(r);
    if (r->err != TB_OK)
        return r->err;
    if (version != BOOK_VERSION || zero != 0)
        return TB_ERR_UNSUPPORTED;
    if (count > TB_CART_MARK_MAX)
        return TB_ERR_TOO_LONG;
    for (size_t i = 0; i < count; i++) {
        id_read(r, &book->marks[i].line);
        id_read(r, &book->marks[i].into);
    }
    if (r->err != TB_OK)
        return r->err;
    book->count = count;
    return r->rest.size == 0 ? TB_OK : TB_ERR_TOO_LONG;
}

enum tb_err tb_cart_book_unpack(struct tb_span packed, struct tb_cart_book *ret_book)
{
    memset(ret_book, 0, sizeof *ret_book);
    if (packed.size == 0)
        return TB_OK;
    struct tb_reader r = tb_reader_of(packed);
    enum tb_err err = book_read(&r, ret_book);
    if (err != TB_OK)
        memset(ret_book, 0, sizeof *ret_book);
    return err;
}
