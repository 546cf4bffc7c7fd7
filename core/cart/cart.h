/*
 * Cart arithmetic: what a mutation does to a cart. The context store and every terminal run the same
 * code, the store to decide, a terminal to show pending mutations on top of what was decided.
 *
 * The rules:
 *   - A product has at most one open line. cart.add opens it, or adds to it; adds commute.
 *   - set_quantity{from, to} and remove{from} carry what the person saw and apply the difference,
 *     clamped at 0: what others added since stays.
 *   - A line at 0 is closed. A closed line stays closed: only an add that `from` did not cover brings
 *     the product back, as a new line under the id which that add minted.
 *   - A line id is never used twice. The book remembers closed lines, and ids whose add went into a
 *     line that was there already, so that later mutations still find it.
 *
 * Limits: TB_CART_LINE_COUNT_MAX open lines, TB_QUANTITY_MAX per line, TB_CART_MARK_MAX remembered ids
 * (the oldest closed ones are forgotten first; a mutation of a forgotten line is rejected, it never
 * brings the line back). Pure; not thread-safe.
 */
#ifndef TB_CORE_CART_CART_H
#define TB_CORE_CART_CART_H

#include "core/wire/cart.h"
#include "core/wire/docs.h"
#include "core/wire/mutation.h"

#define TB_CART_MARK_MAX 256
#define TB_CART_BOOK_PACKED_SIZE_MAX (4u + TB_CART_MARK_MAX * 2u * TB_ID_SIZE)

/* The verdict on one mutation; everything but TB_CART_OK is a rejection and changes nothing. */
enum tb_cart_code {
    TB_CART_OK,
    TB_CART_NOT_UNDERSTOOD,    /* a kind or arguments that this program does not know */
    TB_CART_OF_OTHER,          /* the cart is another customer's */
    TB_CART_LINE_UNKNOWN,      /* no add of this line was ever seen, or it was forgotten */
    TB_CART_LINE_CLOSED,       /* somebody else removed it meanwhile */
    TB_CART_LINE_CONFLICT,     /* the id of an add belongs to a line of another product */
    TB_CART_LINE_LIMIT,        /* the cart has TB_CART_LINE_COUNT_MAX lines */
    TB_CART_QUANTITY_LIMIT,    /* the line would pass TB_QUANTITY_MAX */
    TB_CART_PRODUCT_UNKNOWN,   /* never from tb_cart_apply(): for owners of a catalogue */
    TB_CART_CURRENCY_CONFLICT, /* the product is priced in another currency */
    TB_CART_CODE_COUNT
};

/* Stable text such as "line_closed", as in verdicts; "" for TB_CART_OK. Static, never NULL. */
const char *tb_cart_code_name(enum tb_cart_code code);

struct tb_cart_mark {
    struct tb_id line;
    struct tb_id into; /* the open line that took its adds; zero: closed */
};

struct tb_cart_book { /* 8 KiB */
    uint16_t count;
    struct tb_cart_mark marks[TB_CART_MARK_MAX]; /* oldest first */
};

/* What the mutation does not say about itself. */
struct tb_cart_facts {
    int64_t at_ms; /* wall clock of whoever decides or shows */
    enum tb_channel channel;
    const char *touched_by;           /* a till or store in words; NULL or "" when none */
    const struct tb_product *product; /* of an add: name, price, stock; NULL: not known, price 0 */
};

/* Applies one mutation of a cart.* kind. A cart with zero id is begun by its first add, which also
 * makes it the mutation's customer's. The caller has looked the cart up by mutation->cart and moves
 * version and as_of itself when ret_changed is true. Other kinds: TB_CART_NOT_UNDERSTOOD. */
enum tb_cart_code tb_cart_apply(struct tb_cart *cart, struct tb_cart_book *book,
                                const struct tb_mutation *mutation, const struct tb_cart_facts *facts,
                                bool *ret_changed);

/* The book as stored beside the cart: version, count, marks. Unpack: TB_ERR_UNSUPPORTED for another
 * layout, TB_ERR_TOO_LONG, TB_ERR_TRUNCATED. An empty span is an empty book. */
void tb_cart_book_pack(const struct tb_cart_book *book, struct tb_buf *to);
TB_MUST_USE enum tb_err tb_cart_book_unpack(struct tb_span packed, struct tb_cart_book *ret_book);

const struct tb_cart_line *tb_cart_find(const struct tb_cart *cart, const struct tb_id *line);
const struct tb_cart_line *tb_cart_find_gtin(const struct tb_cart *cart, const char *gtin);

int64_t tb_cart_item_count(const struct tb_cart *cart); /* sum of quantities */

/* Sum of quantity times unit price in minor units; TB_ERR_RANGE past int64, then ret_total is 0. */
TB_MUST_USE enum tb_err tb_cart_total(const struct tb_cart *cart, int64_t *ret_total);

/*
 * View: the decided cart with pending mutations laid over it, as a screen shows it (optimistic).
 * Begin with the base, add the pending mutations in order of seq. About 27 KiB.
 */
struct tb_cart_view {
    struct tb_cart cart;
    struct tb_cart_book book; /* of the pending mutations only */
    uint16_t pending_count;   /* mutations laid over, rejected ones too */
    int64_t new_since_ms;
    struct tb_id pending[TB_CART_LINE_COUNT_MAX]; /* lines that a pending mutation changed */
    uint16_t pending_line_count;
};

/* base may be NULL: no cart yet. Lines added at or after new_since_ms count as new (a visit's
 * beginning; INT64_MAX: none but the pending ones). */
void tb_cart_view_begin(struct tb_cart_view *view, const struct tb_cart *base, int64_t new_since_ms);

/* A mutation that cannot be applied is counted and leaves the cart as it is: its verdict is not for
 * the view to foresee. One of another cart is not even counted. */
void tb_cart_view_add(struct tb_cart_view *view, const struct tb_mutation *mutation,
                      const struct tb_cart_facts *facts);

bool tb_cart_view_is_pending(const struct tb_cart_view *view, const struct tb_cart_line *line);
bool tb_cart_view_is_new(const struct tb_cart_view *view, const struct tb_cart_line *line);

#endif
