/*
 * Checkout: who is paying a cart, what was paid of it, and what is taken back.
 *
 * Paying never waits for the context store: a finish tells what was sold and is never turned down. The claim
 * keeps tills from paying the same cart at once while the line is up; sales that overlap all the same are
 * found when they are told and reported for people.
 *
 *   - A claim is a lease of TB_CHECKOUT_LEASE_MS of the context store's time on the lines that the cart holds
 *     when it is taken, with their quantities. It is renewed by the same checkout id from the same device
 *     (the id is in the rows, for everybody to read); what others add meanwhile is not part of it. It ends
 *     by release from that device, by a finish that is no part, or by time.
 *   - A finish takes what was really paid off the lines, clamped at 0. What was not paid stays open. A paid
 *     line at 0 is closed; a gift on it is not declined.
 *   - What was paid of a line beyond what was open on it, and taken off it by other sales, was sold twice:
 * not what they gave back, and not by parts of the same purchase (checkout) at the same terminal. So was, for
 *     all that is known, a line that another device's running claim holds.
 *   - A void or return gives back all or part of a sale, never more than was sold. To reopen adds it to the
 *     cart again, under a new line id.
 *
 * Limits: those of carts, TB_PAID_LINE_COUNT_MAX lines per sale. Pure: time and ids are handed in.
 */
#ifndef TB_CORE_CART_CHECKOUT_H
#define TB_CORE_CART_CHECKOUT_H

#include "core/cart/cart.h"

#define TB_CHECKOUT_LEASE_MS 120000
#define TB_CHECKOUT_CONFLICT_DOUBLE "double_sale"
#define TB_CHECKOUT_CONFLICT_UNKNOWN "sale_unknown"
#define TB_CHECKOUT_CONFLICT_OF_OTHER "cart_of_other" /* the till said another customer than the cart's */
#define TB_CHECKOUT_CONFLICT_RECEIPT "receipt_reused" /* the POS gave a number twice, for different sales */

struct tb_claim {
    struct tb_id checkout;               /* zero: nobody's */
    char by[TB_NAME_SIZE_MAX + 1];       /* who pays, in words: "Till 4" */
    char device[TB_DEVICE_SIZE_MAX + 1]; /* that took it; "": from before that was kept */
    int64_t since_ms;
    int64_t until_ms;
    uint16_t line_count;
    struct tb_claim_line {
        struct tb_id line;
        int32_t quantity;
    } lines[TB_CART_LINE_COUNT_MAX];
};

#define TB_CLAIM_PACKED_SIZE_MAX                                                    \
    (1u + TB_ID_SIZE + 1u + TB_NAME_SIZE_MAX + 1u + TB_DEVICE_SIZE_MAX + 16u + 2u + \
     TB_CART_LINE_COUNT_MAX * (TB_ID_SIZE + 2u))

bool tb_claim_runs(const struct tb_claim *claim, int64_t now_ms);

/* Who claims, as the context store knows it. */
struct tb_claimant {
    const char *device; /* as proven; "" is nobody's */
    const char *by;     /* in words; NULL or "": a customer's own hand */
};

/* Takes or renews a claim on what the cart holds. Codes: NOT_UNDERSTOOD (checkout is zero), UNKNOWN (no
 * cart), CLAIMED (another one runs, or this one is another device's). */
enum tb_cart_code tb_claim_take(struct tb_claim *claim, const struct tb_cart *cart,
                                const struct tb_id *checkout, const struct tb_claimant *who, int64_t now_ms);

/* True when that checkout of that device had it. */
bool tb_claim_release(struct tb_claim *claim, const struct tb_id *checkout, const struct tb_claimant *who);

/* What of it the documents of a cart show. */
void tb_claim_show(const struct tb_claim *claim, struct tb_cart_claim *ret_shown);

void tb_claim_pack(const struct tb_claim *claim, struct tb_buf *to);
/* An empty span is no claim. TB_ERR_UNSUPPORTED for another layout, else the errors of a reader. */
TB_MUST_USE enum tb_err tb_claim_unpack(struct tb_span packed, struct tb_claim *ret_claim);

/* One paid line on its way into the books. */
struct tb_sold_line {
    const struct tb_paid_line *paid; /* borrowed */
    struct tb_id line;               /* the cart line that was meant, through aliases; zero: none */
    int32_t
        taken_before; /* by sales of other purchases off this line, less what they gave back; the caller's */
    int32_t back_before; /* given back of this line by voids that did not reopen it, and not sold since; the
                            caller's */
    int32_t taken;       /* off the line now */
    int32_t again;       /* not off the line, but given back before */
    int32_t doubled;     /* sold twice */
    bool claimed;        /* somebody else's running claim holds the line */
};

/* True when lines that were paid went to another cart since (merge.h) and none of them is open here: the sale
 * is then about that cart. */
bool tb_checkout_went_along(const struct tb_cart *cart, const struct tb_cart_book *book,
                            const struct tb_paid_lines *paid);

/* True when both are somebody's and not the same one's: to that sale the cart is none. */
bool tb_checkout_is_of_other(const struct tb_cart *cart, const struct tb_id *customer);

/* Finds the cart line of each paid line: the one that it names, else the open one of its product. Fills all
 * but taken_before and back_before. cart may be of zero id (one that is not known), or NULL: then no line is
 * anybody's. */
void tb_checkout_look_up(struct tb_cart *cart, const struct tb_cart_book *book,
                         const struct tb_paid_lines *paid, struct tb_sold_line *ret_sold);

struct tb_finish {
    struct tb_id checkout; /* zero: sold without a claim */
    bool part;
    const char *device;                /* that sold; "": not known */
    const struct tb_cart_facts *facts; /* borrowed; at_ms is the context store's time */
};

/* Takes what was paid off the lines, ends the claim, and says of each line what it came to. True when a line
 * was sold twice or is claimed by another checkout. */
bool tb_checkout_finish(struct tb_cart_side side, struct tb_claim *claim, const struct tb_finish *finish,
                        struct tb_sold_line *sold, size_t count, bool *ret_changed);

/* What a sale sold, as it is kept. */
struct tb_sale_line {
    struct tb_id line; /* zero: of no cart */
    char gtin[TB_GTIN_SIZE + 1];
    char options[TB_SHORT_SIZE_MAX + 1];
    int32_t quantity;
    int32_t taken;    /* off the cart line */
    int32_t doubled;  /* sold elsewhere as well */
    int32_t returned; /* voided and returned so far */
};

/* What the line still holds taken: a return gives back what was sold beyond the cart first. */
int32_t tb_sale_line_taken(const struct tb_sale_line *line);

/* What a sale adds to back_before of the line: given back, less what it sold beyond the cart and not twice.
 */
int32_t tb_sale_line_back(const struct tb_sale_line *line, bool reopened);

/* Gives back the lines named (by line id, or by product when the sale has no line of that id), or all when
 * none are: adds to returned and writes how much into ret_back, one for each line of the sale. Returns what
 * was asked for beyond what was sold and not given back before, in pieces. */
int64_t tb_checkout_give_back(struct tb_sale_line *lines, size_t count, const struct tb_paid_lines *asked,
                              int32_t *ret_back);

/* Puts pieces of a sold line into the cart: onto the open line of the product, else onto a new line of that
 * id. LINE_LIMIT, QUANTITY_LIMIT: not done. The cart must have been begun. */
enum tb_cart_code tb_checkout_reopen(struct tb_cart_side side, const struct tb_sale_line *line,
                                     int32_t quantity, const struct tb_id *id,
                                     const struct tb_cart_facts *facts);

#endif
