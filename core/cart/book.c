#include "core/cart/cart_parts.h"

/*
 * Packed book, version 2, big-endian:
 *   u8 version | u8 declined | u16 count | count × (16 bytes line, 16 bytes into)
 *   declined × (14 bytes gtin, u8 n, n bytes options)
 * Version 1 is the same without declined gifts: its second byte is 0.
 */
enum { BOOK_VERSION_FIRST = 1, BOOK_VERSION = 2 };

_Static_assert(TB_CART_BOOK_PACKED_SIZE_MAX ==
                   4 + TB_CART_MARK_MAX * sizeof(struct tb_cart_mark) +
                       TB_CART_DECLINED_MAX * (TB_GTIN_SIZE + 1 + TB_SHORT_SIZE_MAX),
               "a mark is packed as it lies in memory");

const struct tb_cart_mark *book_mark_at(const struct tb_cart_book *book, const struct tb_id *line)
{
    for (size_t i = 0; i < book->count; i++)
        if (tb_id_equal(&book->marks[i].line, line))
            return &book->marks[i];
    return NULL;
}

struct tb_cart_mark *book_mark_of(struct tb_cart_book *book, const struct tb_id *line)
{
    const struct tb_cart_mark *mark = book_mark_at(book, line);
    return mark ? &book->marks[mark - book->marks] : NULL;
}

static void mark_drop(struct tb_cart_book *book, size_t index)
{
    book->count--;
    memmove(&book->marks[index], &book->marks[index + 1], (book->count - index) * sizeof book->marks[0]);
}

/* Closed lines go first: forgetting an open line's alias would turn a good mutation away, and forgetting a
 * line that was moved would keep it from coming back. */
static void book_make_room(struct tb_cart_book *book, const struct tb_cart *cart)
{
    if (book->count < TB_CART_MARK_MAX)
        return;
    for (size_t i = 0; i < book->count; i++) {
        const struct tb_cart_mark *mark = &book->marks[i];
        if (!tb_id_equal(&mark->into, &mark->line) && !tb_cart_find(cart, &mark->into)) {
            mark_drop(book, i);
            return;
        }
    }
    mark_drop(book, 0);
}

void book_put(struct tb_cart_book *book, const struct tb_cart *cart, const struct tb_id *line,
              const struct tb_id *into)
{
    struct tb_cart_mark *mark = book_mark_of(book, line);
    if (!mark) {
        book_make_room(book, cart);
        mark = &book->marks[book->count++];
    }
    *mark = (struct tb_cart_mark){.line = *line, .into = *into};
}

void book_drop(struct tb_cart_book *book, const struct tb_id *line)
{
    const struct tb_cart_mark *mark = book_mark_at(book, line);
    if (mark)
        mark_drop(book, (size_t)(mark - book->marks));
}

static size_t declined_index(const struct tb_cart_book *book, const char *gtin, const char *options)
{
    size_t i = 0;
    while (i < book->declined_count &&
           (strcmp(book->declined[i].gtin, gtin) != 0 || strcmp(book->declined[i].options, options) != 0))
        i++;
    return i;
}

bool book_lists(const struct tb_cart_book *book, const char *gtin, const char *options)
{
    return declined_index(book, gtin, options) < book->declined_count;
}

bool tb_cart_gift_is_declined(const struct tb_cart_book *book, const char *gtin, const char *options)
{
    /* What does not fit cannot be told from what is listed: then every gift counts as declined. */
    return book->declined_count == TB_CART_DECLINED_MAX || book_lists(book, gtin, options);
}

void book_decline(struct tb_cart_book *book, const char *gtin, const char *options)
{
    if (tb_cart_gift_is_declined(book, gtin, options))
        return;
    struct tb_cart_key *key = &book->declined[book->declined_count++];
    memset(key, 0, sizeof *key);
    memcpy(key->gtin, gtin, strlen(gtin));
    memcpy(key->options, options, strlen(options));
}

void book_accept(struct tb_cart_book *book, const char *gtin, const char *options)
{
    size_t i = declined_index(book, gtin, options);
    if (i == book->declined_count)
        return;
    book->declined_count--;
    memmove(&book->declined[i], &book->declined[i + 1],
            (book->declined_count - i) * sizeof book->declined[0]);
}

void book_undecline(struct tb_cart_book *book, const char *gtin, const char *options)
{
    if (book->declined_count < TB_CART_DECLINED_MAX)
        book_accept(book, gtin, options);
}

void tb_cart_book_pack(const struct tb_cart_book *book, struct tb_buf *to)
{
    tb_buf_add_u8(to, BOOK_VERSION);
    tb_buf_add_u8(to, book->declined_count);
    tb_buf_add_u16be(to, book->count);
    for (size_t i = 0; i < book->count; i++) {
        tb_buf_add(to, tb_id_span(&book->marks[i].line));
        tb_buf_add(to, tb_id_span(&book->marks[i].into));
    }
    for (size_t i = 0; i < book->declined_count; i++)
        cart_key_pack(&book->declined[i], to);
}

void cart_id_read(struct tb_reader *r, struct tb_id *ret_id)
{
    struct tb_span bytes = tb_read_bytes(r, TB_ID_SIZE);
    if (bytes.size == TB_ID_SIZE)
        memcpy(ret_id->bytes, bytes.at, TB_ID_SIZE);
}

void cart_key_pack(const struct tb_cart_key *key, struct tb_buf *to)
{
    for (size_t i = 0; i < TB_GTIN_SIZE; i++)
        tb_buf_add_u8(to, (uint8_t)key->gtin[i]);
    tb_buf_add_u8(to, (uint8_t)strlen(key->options));
    tb_buf_add_str(to, key->options);
}

enum tb_err cart_key_unpack(struct tb_reader *r, struct tb_cart_key *ret_key)
{
    struct tb_span gtin = tb_read_bytes(r, TB_GTIN_SIZE);
    struct tb_span options = tb_read_bytes(r, tb_read_u8(r));
    memset(ret_key, 0, sizeof *ret_key);
    if (r->err != TB_OK)
        return r->err;
    if (memchr(gtin.at, 0, gtin.size) || (options.size && memchr(options.at, 0, options.size)))
        return TB_ERR_SYNTAX;
    memcpy(ret_key->gtin, gtin.at, gtin.size);
    return tb_span_to_str(options, ret_key->options, sizeof ret_key->options);
}

static enum tb_err book_read(struct tb_reader *r, struct tb_cart_book *book)
{
    uint8_t version = tb_read_u8(r);
    uint8_t declined_count = tb_read_u8(r);
    uint16_t count = tb_read_u16be(r);
    if (r->err != TB_OK)
        return r->err;
    if (version != BOOK_VERSION && (version != BOOK_VERSION_FIRST || declined_count != 0))
        return TB_ERR_UNSUPPORTED;
    if (count > TB_CART_MARK_MAX || declined_count > TB_CART_DECLINED_MAX)
        return TB_ERR_TOO_LONG;
    for (size_t i = 0; i < count; i++) {
        cart_id_read(r, &book->marks[i].line);
        cart_id_read(r, &book->marks[i].into);
    }
    enum tb_err err = r->err;
    for (size_t i = 0; i < declined_count && err == TB_OK; i++)
        err = cart_key_unpack(r, &book->declined[i]);
    if (err != TB_OK)
        return err;
    book->count = count;
    book->declined_count = declined_count;
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
