/*
 * Cart arithmetic: what a mutation does to a cart. The context store and every terminal run the same
 * code, the store to decide, a terminal to show pending mutations on top of what was decided.
 * docs/cart.md has the rules in words, docs/cart-vectors.json and docs/checkout-vectors.json as test vectors.
 *
 * The rules:
 *   - A product with its options has at most one open line. cart.add opens it, or adds to it; adds commute.
 *   - set_quantity{from, to} and remove{from} carry what the person saw and apply the difference,
 *     clamped at 0: what others added since stays.
 *   - A line at 0 is closed. A closed line stays closed: only an add that `from` did not cover brings
 *     the product back, as a new line under the id which that add minted.
 *   - A line id is never used twice. The book remembers closed lines, and ids whose add went into a
 *     line that was there already, so that later mutations still find it.
 *   - Whoever takes off a gift declines it: no program puts that product into the cart again, until a person
 *     takes that back (keep_gift).
 *   - Of two notes the one that is decided last is kept.
 *
 * Joining carts is in merge.h, paying in checkout.h.
 *
 * Limits: TB_CART_LINE_COUNT_MAX open lines, TB_QUANTITY_MAX per line, TB_CART_MARK_MAX remembered ids
 * (the oldest closed ones are forgotten first; a mutation of a forgotten line is rejected, it never
 * brings the line back), TB_CART_DECLINED_MAX declined gifts (none is ever forgotten: a cart that declined
 * so many takes no gifts any more). Pure; not thread-safe.
 */
#ifndef TB_CORE_CART_CART_H
#define TB_CORE_CART_CART_H

#include "core/wire/cart.h"
#include "core/wire/docs.h"
#include "core/wire/mutation.h"

#define TB_CART_MARK_MAX 256
#define TB_CART_DECLINED_MAX 64
#define TB_CART_KEY_PACKED_SIZE_MAX (TB_GTIN_SIZE + 1u + TB_SHORT_SIZE_MAX)
#define TB_CART_BOOK_PACKED_SIZE_MAX \
    (4u + TB_CART_MARK_MAX * 2u * TB_ID_SIZE + TB_CART_DECLINED_MAX * TB_CART_KEY_PACKED_SIZE_MAX)

/* The verdict on one mutation; everything but TB_CART_OK is a rejection and changes nothing. */
enum tb_cart_code {
    TB_CART_OK,
    TB_CART_NOT_UNDERSTOOD,    /* a kind or arguments that this program does not know */
    TB_CART_OF_OTHER,          /* the cart is not the mutation's customer's */
    TB_CART_UNKNOWN,           /* there is no such cart to note on, claim or take apart */
    TB_CART_LINE_UNKNOWN,      /* no such line, or one that is forgotten */
    TB_CART_LINE_CLOSED,       /* the line was removed; it stays removed */
    TB_CART_LINE_CONFLICT,     /* the id of an add belongs to a line of another product */
    TB_CART_LINE_LIMIT,        /* the cart has TB_CART_LINE_COUNT_MAX lines */
    TB_CART_QUANTITY_LIMIT,    /* the line would pass TB_QUANTITY_MAX */
    TB_CART_NOTE_LIMIT,        /* TB_CART_NOTE_COUNT_MAX lines have notes */
    TB_CART_PRODUCT_UNKNOWN,   /* never from core/cart: for owners of a catalogue */
    TB_CART_CURRENCY_CONFLICT, /* the product is priced in another currency */
    TB_CART_GIFT_DECLINED,     /* a gift of that product was taken off before */
    TB_CART_CLAIMED,           /* somebody else is paying the cart */
    TB_CART_MERGE_UNKNOWN,     /* there is no such merge to take back */
    TB_CART_CODE_COUNT
};

/* Stable text such as "line_closed", as in verdicts; "" for TB_CART_OK. Static, never NULL. */
const char *tb_cart_code_name(enum tb_cart_code code);

struct tb_cart_mark {
    struct tb_id line;
    struct tb_id into; /* the line that took its adds; zero: closed */
};

/* What makes two lines the same: the product and what was chosen of it. */
struct tb_cart_key {
    char gtin[TB_GTIN_SIZE + 1];
    char options[TB_SHORT_SIZE_MAX + 1]; /* "" when there is nothing to choose */
};

struct tb_cart_book { /* 11 KiB */
    uint16_t count;
    uint8_t declined_count;
    struct tb_cart_mark marks[TB_CART_MARK_MAX]; /* oldest first */
    struct tb_cart_key declined[TB_CART_DECLINED_MAX];
};

/* A cart with its book. */
struct tb_cart_side {
    struct tb_cart *cart; /* borrowed, like book */
    struct tb_cart_book *book;
};

/* What the mutation does not say about itself. */
struct tb_cart_facts {
    int64_t at_ms; /* wall clock of whoever decides or shows */
    enum tb_channel channel;
    const char *touched_by;           /* a till or store in words; NULL or "" when none */
    const struct tb_product *product; /* of an add: name, price, stock; NULL: not known, price 0 */
};

/* Applies cart.add, .set_quantity, .remove or .note. A cart with zero id is begun by its first add, which
 * also makes it the mutation's customer's, or nobody's. The caller has looked the cart up by mutation->cart
 * and moves version and as_of itself when ret_changed is true. Other kinds: TB_CART_NOT_UNDERSTOOD. */
enum tb_cart_code tb_cart_apply(struct tb_cart *cart, struct tb_cart_book *book,
                                const struct tb_mutation *mutation, const struct tb_cart_facts *facts,
                                bool *ret_changed);

bool tb_cart_gift_is_declined(const struct tb_cart_book *book, const char *gtin, const char *options);

/* The book as stored beside the cart: version, count, marks. Unpack: TB_ERR_UNSUPPORTED for another
 * layout, TB_ERR_TOO_LONG, TB_ERR_TRUNCATED. An empty span is an empty book. */
void tb_cart_book_pack(const struct tb_cart_book *book, struct tb_buf *to);
TB_MUST_USE enum tb_err tb_cart_book_unpack(struct tb_span packed, struct tb_cart_book *ret_book);

const struct tb_cart_line *tb_cart_find(const struct tb_cart *cart, const struct tb_id *line);
const struct tb_cart_line *tb_cart_find_product(const struct tb_cart *cart, const char *gtin,
                                                const char *options);

int64_t tb_cart_item_count(const struct tb_cart *cart); /* sum of quantities */

/* Sum of quantity times unit price in minor units; TB_ERR_RANGE past int64, then ret_total is 0. */
TB_MUST_USE enum tb_err tb_cart_total(const struct tb_cart *cart, int64_t *ret_total);

/*
 * Price and stock, in price.c. A line knows its price as of a time, and the price before the last change.
 * They are facts about the product: nothing here changes a quantity.
 */

/* What is known of the line's product at as_of_ms. Older knowledge than the line's is passed over; a price
 * that is another than before makes that one the line's `was`. */
void tb_cart_line_describe(struct tb_cart_line *line, const struct tb_product *product, int64_t as_of_ms);

struct tb_cart_price_change {
    int64_t by;       /* minor units; negative: the price fell */
    int64_t since_ms; /* when the price before was last known to hold */
};

/* False when the price is not known to have changed. */
bool tb_cart_line_price_change(const struct tb_cart_line *line, struct tb_cart_price_change *ret_change);

enum tb_cart_warning {
    TB_CART_WARNING_NONE,
    TB_CART_WARNING_LOW,
    TB_CART_WARNING_NOT_HERE, /* not in this store */
    TB_CART_WARNING_COUNT
};

/* Stable: "stock_low", "stock_not_here"; "" for none. */
extern const char *const tb_cart_warning_names[TB_CART_WARNING_COUNT];

enum tb_cart_warning tb_cart_line_warning(const struct tb_cart_line *line);

#endif
