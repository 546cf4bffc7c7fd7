#include "core/cart/view.h"

#include "core/cart/cart_parts.h"
#include "core/cart/checkout.h"

void tb_cart_view_begin(struct tb_cart_view *view, const struct tb_cart *base, int64_t new_since_ms)
{
    view->book.count = 0;
    view->book.declined_count = 0;
    view->pending_count = 0;
    view->pending_line_count = 0;
    view->new_since_ms = new_since_ms;
    if (base)
        view->cart = *base;
    else
        memset(&view->cart, 0, sizeof view->cart);
}

static bool is_listed(const struct tb_cart_view *view, const struct tb_id *line)
{
    for (size_t i = 0; i < view->pending_line_count; i++)
        if (tb_id_equal(&view->pending[i], line))
            return true;
    return false;
}

static void list(struct tb_cart_view *view, const struct tb_id *line)
{
    if (!is_listed(view, line) && view->pending_line_count < TB_CART_LINE_COUNT_MAX)
        view->pending[view->pending_line_count++] = *line;
}

/* The open line that the mutation changed: for an add the one of its product, else the one it names,
 * perhaps through an alias. */
static const struct tb_cart_line *line_changed(struct tb_cart_view *view, const struct tb_mutation *m)
{
    if (m->kind == TB_MUTATION_CART_ADD)
        return tb_cart_find_product(&view->cart, m->add.gtin, m->add.options);
    struct tb_cart_line *line;
    return cart_line_resolve(&view->cart, &view->book, &m->line, &line) == TB_CART_OK ? line : NULL;
}

static void lay_change(struct tb_cart_view *view, const struct tb_mutation *m,
                       const struct tb_cart_facts *facts)
{
    bool changed;
    /* What was declined before is in the store's book alone. */
    if (m->kind == TB_MUTATION_CART_ADD && m->add.keep_gift)
        book_decline(&view->book, m->add.gtin, m->add.options);
    if (tb_cart_apply(&view->cart, &view->book, m, facts, &changed) != TB_CART_OK || !changed)
        return;
    const struct tb_cart_line *line = line_changed(view, m);
    if (line)
        list(view, &line->id);
}

static void lay_merge(struct tb_cart_view *view, const struct tb_mutation *m,
                      const struct tb_cart_facts *facts, const struct tb_cart *joined)
{
    const struct tb_merge merge = {
        .policy = m->merge.policy, .excluded = m->merge.exclude, .excluded_count = m->merge.exclude_count};
    if (!joined || m->merge.undo)
        return;
    if (tb_id_is_zero(&view->cart.id)) {
        view->cart.id = m->cart;
        view->cart.customer = m->customer;
    }
    if (tb_merge_show((struct tb_cart_side){&view->cart, &view->book}, joined, &merge, facts) != TB_CART_OK)
        return;
    for (size_t i = 0; i < view->cart.line_count; i++) {
        const struct tb_cart_line *line = &view->cart.lines[i];
        if (tb_cart_find_product(joined, line->gtin, line->options))
            list(view, &line->id);
    }
}

/* Who claims is shown as whoever facts name; whether it was granted, the verdict says. */
static void lay_claim(struct tb_cart_view *view, const struct tb_mutation *m,
                      const struct tb_cart_facts *facts)
{
    struct tb_cart_claim *claim = &view->cart.claim;
    bool mine = tb_id_equal(&claim->checkout, &m->claim.checkout);
    if (!mine && !tb_id_is_zero(&claim->checkout) && facts->at_ms < claim->until_ms)
        return;
    if (!mine) {
        *claim = (struct tb_cart_claim){.checkout = m->claim.checkout, .since_ms = facts->at_ms};
        if (tb_span_to_str(tb_span_str(facts->touched_by ? facts->touched_by : ""), claim->by,
                           sizeof claim->by) != TB_OK)
            claim->by[0] = '\0';
    }
    claim->until_ms = facts->at_ms + TB_CHECKOUT_LEASE_MS;
}

static void view_claim_end(struct tb_cart_view *view, const struct tb_id *checkout)
{
    if (!tb_id_is_zero(checkout) && tb_id_equal(&view->cart.claim.checkout, checkout))
        view->cart.claim = (struct tb_cart_claim){.since_ms = 0};
}

static void lay_finish(struct tb_cart_view *view, const struct tb_mutation *m,
                       const struct tb_cart_facts *facts)
{
    const struct tb_cart_side side = {&view->cart, &view->book};
    const struct tb_finish finish = {.part = true, .device = "", .facts = facts};
    struct tb_claim none = {.line_count = 0};
    for (size_t i = 0; i < m->finish.lines.count; i++) {
        const struct tb_paid_lines one = {.at = &m->finish.lines.at[i], .count = 1};
        struct tb_sold_line sold;
        bool changed;
        tb_checkout_look_up(&view->cart, &view->book, &one, &sold);
        (void)tb_checkout_finish(side, &none, &finish, &sold, 1, &changed);
        if (changed && tb_cart_find(&view->cart, &sold.line))
            list(view, &sold.line);
    }
    if (!m->finish.part)
        view_claim_end(view, &m->finish.checkout);
}

static bool is_laid(enum tb_mutation_kind kind)
{
    return kind >= TB_MUTATION_CART_ADD && kind <= TB_MUTATION_CHECKOUT_VOID;
}

void tb_cart_view_add(struct tb_cart_view *view, const struct tb_mutation *mutation,
                      const struct tb_cart_facts *facts, const struct tb_cart *of_merge)
{
    if (!is_laid(mutation->kind) ||
        (!tb_id_is_zero(&view->cart.id) && !tb_id_equal(&view->cart.id, &mutation->cart)))
        return;
    view->pending_count++;
    switch (mutation->kind) {
    case TB_MUTATION_CART_MERGE: lay_merge(view, mutation, facts, of_merge); break;
    case TB_MUTATION_CHECKOUT_CLAIM: lay_claim(view, mutation, facts); break;
    case TB_MUTATION_CHECKOUT_RELEASE: view_claim_end(view, &mutation->claim.checkout); break;
    case TB_MUTATION_CHECKOUT_FINISH: lay_finish(view, mutation, facts); break;
    case TB_MUTATION_CHECKOUT_VOID: break;
    default: lay_change(view, mutation, facts); break;
    }
}

bool tb_cart_view_is_pending(const struct tb_cart_view *view, const struct tb_cart_line *line)
{
    return is_listed(view, &line->id);
}

bool tb_cart_view_is_new(const struct tb_cart_view *view, const struct tb_cart_line *line)
{
    return line->added_ms >= view->new_since_ms;
}
