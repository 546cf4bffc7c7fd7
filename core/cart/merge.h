/*
 * Stitching: an anonymous cart joins the customer's cart when she is identified, under a named policy, and
 * leaves it again when that was a mistake ("Not me").
 *
 *   sum      of what is in both carts the quantities are added up
 *   max      of what is in both carts the larger quantity counts
 *   replace  the anonymous cart takes the place of the customer's
 *   ask      none of these: a person is shown the plans and picks one, with the lines that stay out
 *
 * A plan says line by line what a policy would do, and why; joining does what the plan says. What does not
 * fit, was declined before or is unticked stays in the anonymous cart; nothing is lost by joining.
 *
 * A line that goes over keeps its id: intents that name it find it in the customer's cart, where a line of
 * that product was open already as an alias of that one. In the cart that it left it is remembered as
 * moved; it comes back by undo alone.
 *
 * Notes go along where the customer's line has none, as long as TB_CART_NOTE_COUNT_MAX lines have notes.
 *
 * Undo takes back what joining did and nothing else: what was added since stays, what was removed or paid
 * since is not brought back to either cart.
 *
 * Limits: those of carts; 200 lines in a plan (3 KiB). Pure; not thread-safe. An undo has 80 KiB: keep one
 * per owner, not on a stack.
 */
#ifndef TB_CORE_CART_MERGE_H
#define TB_CORE_CART_MERGE_H

#include "core/cart/cart.h"

/* Why a line ends as it does. From EXCLUDED on: it stays in the anonymous cart. */
enum tb_merge_reason {
    TB_MERGE_REASON_NONE,
    TB_MERGE_KEPT,           /* in the customer's cart only */
    TB_MERGE_SET_ASIDE,      /* in the customer's cart only, and replaced with it */
    TB_MERGE_CARRIED,        /* in the anonymous cart only */
    TB_MERGE_ADDED,          /* in both: added up */
    TB_MERGE_LARGER_KEPT,    /* in both: the customer's is as large or larger */
    TB_MERGE_LARGER_CARRIED, /* in both: the anonymous one is larger */
    TB_MERGE_REPLACED,       /* in both: the anonymous quantity instead of the customer's */
    TB_MERGE_EXCLUDED,       /* a person unticked it */
    TB_MERGE_GIFT_DECLINED,  /* a gift that the customer took off before */
    TB_MERGE_LINE_CLOSED,    /* that very line was removed from the customer's cart before */
    TB_MERGE_LINE_LIMIT,     /* the customer's cart is full */
    TB_MERGE_QUANTITY_LIMIT, /* the line would pass TB_QUANTITY_MAX */
    TB_MERGE_REASON_COUNT
};

/* Stable: "kept", "set_aside", "carried" …; entry 0 is NULL. */
extern const char *const tb_merge_reason_names[TB_MERGE_REASON_COUNT];

/* Two cart lines of one product, or one alone. */
struct tb_merge_line {
    int16_t here;     /* index of the customer's line; -1: she has none */
    int16_t there;    /* index of the anonymous line; -1: there is none */
    int32_t quantity; /* in the customer's cart afterwards */
    enum tb_merge_reason reason;
};

struct tb_merge_plan { /* the customer's lines in their order, then what only the anonymous cart has */
    uint16_t count;
    struct tb_merge_line lines[2 * TB_CART_LINE_COUNT_MAX];
};

struct tb_merge {
    enum tb_merge_policy policy;  /* SUM, MAX or REPLACE */
    const struct tb_id *excluded; /* lines of the anonymous cart that stay there; borrowed */
    size_t excluded_count;
};

/* book is the customer's cart's; NULL where it is not known (terminals): then what was removed or declined
 * before is not foreseen. Plans of one pair of carts have the same lines whatever the policy. */
void tb_merge_plan(const struct tb_cart *here, const struct tb_cart_book *book, const struct tb_cart *there,
                   const struct tb_merge *merge, struct tb_merge_plan *ret_plan);

/* What an engine keeps in order to take a merge back. */
struct tb_merge_undo {
    uint8_t declined_count;
    bool note_taken;          /* the note of the cart came along */
    struct tb_cart carried;   /* the lines that went over, as they were in the anonymous cart */
    struct tb_cart set_aside; /* the customer's lines that were replaced */
    struct tb_merge_step {    /* one for each line of carried */
        struct tb_id into;    /* the customer's line that it went into */
        int32_t by;           /* change of that line's quantity; negative when it was replaced by less */
        bool gift_taken;      /* the line was no gift before */
        bool note_taken;      /* the note came along */
    } steps[TB_CART_LINE_COUNT_MAX];
    struct tb_cart_key declined[TB_CART_DECLINED_MAX]; /* that the customer's cart had not declined itself */
};

#define TB_MERGE_UNDO_PACKED_SIZE_MAX                                                       \
    (16u + 2u * TB_CART_PACKED_SIZE_MAX + TB_CART_LINE_COUNT_MAX * (TB_ID_SIZE + 4u + 1u) + \
     TB_CART_DECLINED_MAX * TB_CART_KEY_PACKED_SIZE_MAX)

/*
 * Does what the plan of these carts says. Whoever calls has begun the customer's cart (its id and customer
 * are set), and moves versions when ret_changed is true. ret_undo may be NULL. Codes: NOT_UNDERSTOOD (the
 * same cart twice, a policy that is none), OF_OTHER (the cart that is to join belongs to a customer),
 * CURRENCY_CONFLICT. A cart that was never begun joins without an effect.
 */
enum tb_cart_code tb_merge_join(struct tb_cart_side here, struct tb_cart_side there,
                                const struct tb_merge *merge, const struct tb_cart_facts *facts,
                                struct tb_merge_undo *ret_undo, bool *ret_changed);

/* The customer's side alone, for a screen that shows the merge before it is decided. */
enum tb_cart_code tb_merge_show(struct tb_cart_side here, const struct tb_cart *there,
                                const struct tb_merge *merge, const struct tb_cart_facts *facts);

/* Takes a merge of these two carts back. LINE_LIMIT: there is no room for what would come back; nothing is
 * changed. */
enum tb_cart_code tb_merge_take_back(struct tb_cart_side here, struct tb_cart_side there,
                                     const struct tb_merge_undo *undo, const struct tb_cart_facts *facts,
                                     bool *ret_changed);

/* As stored. Unpack: TB_ERR_UNSUPPORTED for another layout, else the errors of a reader. */
void tb_merge_undo_pack(const struct tb_merge_undo *undo, struct tb_buf *to);
TB_MUST_USE enum tb_err tb_merge_undo_unpack(struct tb_span packed, struct tb_merge_undo *ret_undo);

#endif
