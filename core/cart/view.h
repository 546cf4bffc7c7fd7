/*
 * View: the decided cart with pending mutations laid over it, as a screen shows it (optimistic).
 * Begin with the base, add the pending mutations in order of seq. What a mutation will come to is
 * the context store's to say: the view shows the likely. Pure; not thread-safe. About 55 KiB.
 */
#ifndef TB_CORE_CART_VIEW_H
#define TB_CORE_CART_VIEW_H

#include "core/cart/merge.h"

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

/*
 * Lays over a mutation of any cart.* or checkout.* kind, an anonymous customer's too. One that cannot be
 * applied is counted and leaves the cart as it is: its verdict is not for the view to foresee. One of another
 * cart is not even counted. A void is only counted: what it puts back, the context store knows.
 * of_merge is the anonymous cart that a cart.merge names, as its own view shows it; NULL: not known here, or
 * another kind of mutation.
 */
void tb_cart_view_add(struct tb_cart_view *view, const struct tb_mutation *mutation,
                      const struct tb_cart_facts *facts, const struct tb_cart *of_merge);

/* Whether a kind can be laid over a cart at all. */
static inline bool tb_cart_view_covers(enum tb_mutation_kind kind)
{
    return kind >= TB_MUTATION_CART_ADD && kind <= TB_MUTATION_CHECKOUT_VOID;
}

bool tb_cart_view_is_pending(const struct tb_cart_view *view, const struct tb_cart_line *line);
bool tb_cart_view_is_new(const struct tb_cart_view *view, const struct tb_cart_line *line);

#endif
