/* The parts of core/cart know one another through this; nobody else includes it. */
#ifndef TB_CORE_CART_CART_PARTS_H
#define TB_CORE_CART_CART_PARTS_H

#include "core/cart/cart.h"

struct tb_claim;

/* cart.c: lines */
struct tb_cart_line *cart_line_of(struct tb_cart *cart, const struct tb_id *id);
struct tb_cart_line *cart_line_of_product(struct tb_cart *cart, const char *gtin, const char *options);
void cart_line_take_out(struct tb_cart *cart, struct tb_cart_line *line);
bool cart_notes_are_full(const struct tb_cart *cart);
void cart_touch(struct tb_cart *cart, const struct tb_cart_facts *facts);
/* Takes the line out and remembers that it is closed. */
void cart_line_close(struct tb_cart *cart, struct tb_cart_book *book, struct tb_cart_line *line);
/* The open line that an id means, through aliases. */
enum tb_cart_code cart_line_resolve(struct tb_cart *cart, const struct tb_cart_book *book,
                                    const struct tb_id *id, struct tb_cart_line **ret_line);

/* book.c: what is remembered. A mark's `into` is zero: closed; its own line: moved to another cart, from
 * where it may come back; an open line: an alias of it; a line that is not open: closed with that one. */
struct tb_cart_mark *book_mark_of(struct tb_cart_book *book, const struct tb_id *line);
const struct tb_cart_mark *book_mark_at(const struct tb_cart_book *book, const struct tb_id *line);
/* Puts a mark or replaces the one there is. */
void book_put(struct tb_cart_book *book, const struct tb_cart *cart, const struct tb_id *line,
              const struct tb_id *into);
void book_drop(struct tb_cart_book *book, const struct tb_id *line);
/* Whether that gift itself is on the list of the declined ones. */
bool book_lists(const struct tb_cart_book *book, const char *gtin, const char *options);
void book_decline(struct tb_cart_book *book, const char *gtin, const char *options);
void book_accept(struct tb_cart_book *book, const char *gtin, const char *options);
/* The same where a person takes back that she declined it: a full list stays full, because it stands for
 * gifts that are not on it. */
void book_undecline(struct tb_cart_book *book, const char *gtin, const char *options);

void cart_key_pack(const struct tb_cart_key *key, struct tb_buf *to);
TB_MUST_USE enum tb_err cart_key_unpack(struct tb_reader *r, struct tb_cart_key *ret_key);
void cart_id_read(struct tb_reader *r, struct tb_id *ret_id); /* untouched at the end of the bytes */

/* claim.c: true when that checkout had it, whoever says so. */
bool claim_end(struct tb_claim *claim, const struct tb_id *checkout);

#endif
