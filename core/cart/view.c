#include "core/cart/cart.h"

void tb_cart_view_begin(struct tb_cart_view *view, const struct tb_cart *base, int64_t new_since_ms)
{
    view->book.count = 0;
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

/* The open line that the mutation changed: for an add the one of its product, else the one it names,
 * perhaps through an alias. */
static const struct tb_cart_line *line_changed(const struct tb_cart_view *view, const struct tb_mutation *m)
{
    if (m->kind == TB_MUTATION_CART_ADD)
        return tb_cart_find_gtin(&view->cart, m->add.gtin);
    const struct tb_cart_line *line = tb_cart_find(&view->cart, &m->line);
    for (size_t i = 0; !line && i < view->book.count; i++)
        if (tb_id_equal(&view->book.marks[i].line, &m->line))
            line = tb_cart_find(&view->cart, &view->book.marks[i].into);
    return line;
}

void tb_cart_view_add(struct tb_cart_view *view, const struct tb_mutation *mutation,
                      const struct tb_cart_facts *facts)
{
    if (!tb_id_is_zero(&view->cart.id) && !tb_id_equal(&view->cart.id, &mutation->cart))
        return;
    view->pending_count++;
    bool changed;
    if (tb_cart_apply(&view->cart, &view->book, mutation, facts, &changed) != TB_CART_OK || !changed)
        return;
    const struct tb_cart_line *line = line_changed(view, mutation);
    if (line && !is_listed(view, &line->id) && view->pending_line_count < TB_CART_LINE_COUNT_MAX)
        view->pending[view->pending_line_count++] = line->id;
}

bool tb_cart_view_is_pending(const struct tb_cart_view *view, const struct tb_cart_line *line)
{
    return is_listed(view, &line->id);
}

bool tb_cart_view_is_new(const struct tb_cart_view *view, const struct tb_cart_line *line)
{
    return line->added_ms >= view->new_since_ms;
}
