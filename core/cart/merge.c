#include "core/cart/merge.h"

#include "core/cart/cart_parts.h"

const char *const tb_merge_reason_names[TB_MERGE_REASON_COUNT] = {
    [TB_MERGE_KEPT] = "kept",
    [TB_MERGE_SET_ASIDE] = "set_aside",
    [TB_MERGE_CARRIED] = "carried",
    [TB_MERGE_ADDED] = "added",
    [TB_MERGE_LARGER_KEPT] = "larger_kept",
    [TB_MERGE_LARGER_CARRIED] = "larger_carried",
    [TB_MERGE_REPLACED] = "replaced",
    [TB_MERGE_EXCLUDED] = "excluded",
    [TB_MERGE_GIFT_DECLINED] = "gift_declined",
    [TB_MERGE_LINE_CLOSED] = "line_closed",
    [TB_MERGE_LINE_LIMIT] = "line_limit",
    [TB_MERGE_QUANTITY_LIMIT] = "quantity_limit",
};

/* ---- planning ---- */

struct planning {
    const struct tb_cart *here;
    const struct tb_cart_book *book; /* may be NULL */
    const struct tb_cart *there;
    const struct tb_merge *merge;
    struct tb_merge_plan *plan;
    size_t line_count; /* of the customer's cart so far */
    bool replaces;
};

static bool goes_over(enum tb_merge_reason reason)
{
    return reason >= TB_MERGE_CARRIED && reason <= TB_MERGE_REPLACED;
}

static bool is_excluded(const struct tb_merge *merge, const struct tb_id *line)
{
    for (size_t i = 0; i < merge->excluded_count; i++)
        if (tb_id_equal(&merge->excluded[i], line))
            return true;
    return false;
}

static struct tb_merge_line *plan_add(struct planning *p, int16_t here, int16_t there)
{
    struct tb_merge_line *line = &p->plan->lines[p->plan->count++];
    *line = (struct tb_merge_line){.here = here, .there = there};
    return line;
}

/* Why the anonymous line has to stay where it is, whatever the policy; NONE: it need not. */
static enum tb_merge_reason stay_reason(const struct planning *p, const struct tb_cart_line *line,
                                        const struct tb_cart_line *same)
{
    if (is_excluded(p->merge, &line->id))
        return TB_MERGE_EXCLUDED;
    if (!p->book)
        return TB_MERGE_REASON_NONE;
    if (line->gift && tb_cart_gift_is_declined(p->book, line->gtin, line->options))
        return TB_MERGE_GIFT_DECLINED;
    const struct tb_cart_mark *mark = book_mark_at(p->book, &line->id);
    bool may_open = !mark || tb_id_equal(&mark->into, &line->id);
    if (!same && (!may_open || tb_cart_find(p->here, &line->id)))
        return TB_MERGE_LINE_CLOSED;
    return TB_MERGE_REASON_NONE;
}

static void plan_alone(const struct planning *p, const struct tb_cart_line *here, struct tb_merge_line *line)
{
    line->quantity = p->replaces ? 0 : here->quantity;
    line->reason = p->replaces ? TB_MERGE_SET_ASIDE : TB_MERGE_KEPT;
}

static void plan_both(const struct planning *p, const struct tb_cart_line *here,
                      const struct tb_cart_line *there, struct tb_merge_line *line)
{
    enum tb_merge_reason stays = stay_reason(p, there, here);
    if (stays != TB_MERGE_REASON_NONE) {
        plan_alone(p, here, line);
        line->reason = line->reason == TB_MERGE_KEPT ? stays : TB_MERGE_SET_ASIDE;
        return;
    }
    bool larger = there->quantity > here->quantity;
    if (p->merge->policy == TB_MERGE_SUM) {
        bool fits = there->quantity <= TB_QUANTITY_MAX - here->quantity;
        line->quantity = here->quantity + (fits ? there->quantity : 0);
        line->reason = fits ? TB_MERGE_ADDED : TB_MERGE_QUANTITY_LIMIT;
    } else if (p->merge->policy == TB_MERGE_MAX) {
        line->quantity = larger ? there->quantity : here->quantity;
        line->reason = larger ? TB_MERGE_LARGER_CARRIED : TB_MERGE_LARGER_KEPT;
    } else {
        line->quantity = there->quantity;
        line->reason = TB_MERGE_REPLACED;
    }
}

static void plan_carried(struct planning *p, const struct tb_cart_line *there, struct tb_merge_line *line)
{
    line->reason = stay_reason(p, there, NULL);
    if (line->reason != TB_MERGE_REASON_NONE)
        return;
    if (p->line_count == TB_CART_LINE_COUNT_MAX) {
        line->reason = TB_MERGE_LINE_LIMIT;
        return;
    }
    p->line_count++;
    line->quantity = there->quantity;
    line->reason = TB_MERGE_CARRIED;
}

/* Nothing takes nothing's place: a cart is not emptied by one of which no line goes over. */
static bool replaces(const struct planning *p)
{
    if (p->merge->policy != TB_MERGE_REPLACE)
        return false;
    for (size_t i = 0; i < p->there->line_count; i++) {
        const struct tb_cart_line *line = &p->there->lines[i];
        const struct tb_cart_line *same = tb_cart_find_product(p->here, line->gtin, line->options);
        if (stay_reason(p, line, same) == TB_MERGE_REASON_NONE)
            return true;
    }
    return false;
}

void tb_merge_plan(const struct tb_cart *here, const struct tb_cart_book *book, const struct tb_cart *there,
                   const struct tb_merge *merge, struct tb_merge_plan *ret_plan)
{
    struct planning p = {.here = here, .book = book, .there = there, .merge = merge, .plan = ret_plan};
    ret_plan->count = 0;
    p.replaces = replaces(&p);
    for (size_t i = 0; i < here->line_count; i++) {
        const struct tb_cart_line *line = &here->lines[i];
        const struct tb_cart_line *same = tb_cart_find_product(there, line->gtin, line->options);
        struct tb_merge_line *planned = plan_add(&p, (int16_t)i, same ? (int16_t)(same - there->lines) : -1);
        if (same)
            plan_both(&p, line, same, planned);
        else
            plan_alone(&p, line, planned);
        p.line_count += planned->quantity > 0;
    }
    for (size_t i = 0; i < there->line_count; i++) {
        const struct tb_cart_line *line = &there->lines[i];
        if (!tb_cart_find_product(here, line->gtin, line->options))
            plan_carried(&p, line, plan_add(&p, -1, (int16_t)i));
    }
}

/* ---- joining ---- */

struct joining {
    struct tb_cart_side here;
    const struct tb_cart *there;
    const struct tb_merge_plan *plan;
    struct tb_merge_undo *undo; /* may be NULL */
    bool changed;
};

static struct tb_merge_step *undo_carry(struct tb_merge_undo *undo, const struct tb_cart_line *line,
                                        const struct tb_id *into, int32_t by)
{
    if (!undo)
        return NULL;
    struct tb_merge_step *step = &undo->steps[undo->carried.line_count];
    undo->carried.lines[undo->carried.line_count++] = *line;
    *step = (struct tb_merge_step){.into = *into, .by = by};
    return step;
}

/* The younger knowledge of the price, and what the customer's line has not itself. */
static void line_join(struct tb_cart_line *here, const struct tb_cart_line *there, bool note_fits,
                      struct tb_merge_step *step)
{
    bool takes_note = note_fits && there->note[0] && !here->note[0];
    if (step) {
        step->gift_taken = there->gift && !here->gift;
        step->note_taken = takes_note;
    }
    here->gift = here->gift || there->gift;
    if (takes_note)
        memcpy(here->note, there->note, sizeof here->note);
    if (there->price_as_of_ms <= here->price_as_of_ms)
        return;
    here->unit_price = there->unit_price;
    here->price_as_of_ms = there->price_as_of_ms;
    here->was_price = there->was_price;
    here->was_as_of_ms = there->was_as_of_ms;
    here->stock = there->stock;
}

static void join_both(struct joining *j, const struct tb_merge_line *planned)
{
    struct tb_cart_line *here = &j->here.cart->lines[planned->here];
    const struct tb_cart_line *there = &j->there->lines[planned->there];
    struct tb_merge_step *step = undo_carry(j->undo, there, &here->id, planned->quantity - here->quantity);
    line_join(here, there, !cart_notes_are_full(j->here.cart), step);
    here->quantity = planned->quantity;
    if (!tb_id_equal(&here->id, &there->id))
        book_put(j->here.book, j->here.cart, &there->id, &here->id);
    j->changed = true;
}

static void join_carried(struct joining *j, const struct tb_merge_line *planned)
{
    const struct tb_cart_line *there = &j->there->lines[planned->there];
    (void)undo_carry(j->undo, there, &there->id, planned->quantity);
    book_drop(j->here.book, &there->id);
    bool note_fits = !cart_notes_are_full(j->here.cart);
    struct tb_cart_line *line = &j->here.cart->lines[j->here.cart->line_count++];
    *line = *there;
    if (!note_fits)
        line->note[0] = '\0';
    j->changed = true;
}

/* What was replaced is remembered as moved, so that it can come back under its own id. */
static void join_set_aside(struct joining *j, const struct tb_merge_line *planned)
{
    struct tb_cart_line *line = &j->here.cart->lines[planned->here];
    const struct tb_id id = line->id;
    cart_line_take_out(j->here.cart, line);
    book_put(j->here.book, j->here.cart, &id, &id);
    j->changed = true;
}

static void undo_set_aside(struct joining *j, const struct tb_merge_line *planned)
{
    if (j->undo)
        j->undo->set_aside.lines[j->undo->set_aside.line_count++] = j->here.cart->lines[planned->here];
}

static void join_lines(struct joining *j)
{
    for (size_t i = 0; i < j->plan->count; i++)
        if (j->plan->lines[i].reason == TB_MERGE_SET_ASIDE)
            undo_set_aside(j, &j->plan->lines[i]);
    for (size_t i = 0; i < j->plan->count; i++)
        if (j->plan->lines[i].here >= 0 && goes_over(j->plan->lines[i].reason))
            join_both(j, &j->plan->lines[i]);
    for (size_t i = j->plan->count; i-- > 0;)
        if (j->plan->lines[i].reason == TB_MERGE_SET_ASIDE)
            join_set_aside(j, &j->plan->lines[i]);
    for (size_t i = 0; i < j->plan->count; i++)
        if (j->plan->lines[i].reason == TB_MERGE_CARRIED)
            join_carried(j, &j->plan->lines[i]);
}

static void join_note(struct joining *j)
{
    struct tb_cart *here = j->here.cart;
    if (here->note[0] || !j->there->note[0])
        return;
    memcpy(here->note, j->there->note, sizeof here->note);
    if (j->undo)
        j->undo->note_taken = true;
    j->changed = true;
}

/* What was declined anonymously is declined. */
static void join_declined(struct joining *j, const struct tb_cart_book *there)
{
    for (size_t i = 0; i < there->declined_count; i++) {
        const struct tb_cart_key *key = &there->declined[i];
        if (tb_cart_gift_is_declined(j->here.book, key->gtin, key->options))
            continue;
        book_decline(j->here.book, key->gtin, key->options);
        if (j->undo)
            j->undo->declined[j->undo->declined_count++] = *key;
        j->changed = true;
    }
}

static void leave(struct tb_cart_side there, const struct tb_merge_plan *plan, bool note_taken)
{
    for (size_t i = plan->count; i-- > 0;) {
        if (!goes_over(plan->lines[i].reason))
            continue;
        struct tb_id id = there.cart->lines[plan->lines[i].there].id;
        book_put(there.book, there.cart, &id, &id);
    }
    for (size_t i = there.cart->line_count; i-- > 0;) {
        const struct tb_cart_mark *mark = book_mark_at(there.book, &there.cart->lines[i].id);
        if (mark && tb_id_equal(&mark->into, &mark->line))
            cart_line_take_out(there.cart, &there.cart->lines[i]);
    }
    if (note_taken)
        there.cart->note[0] = '\0';
}

static void undo_begin(struct tb_merge_undo *undo, const struct tb_cart *here, const struct tb_cart *there)
{
    undo->declined_count = 0;
    undo->note_taken = false;
    undo->carried = (struct tb_cart){.id = there->id, .customer = there->customer};
    undo->set_aside = (struct tb_cart){.id = here->id, .customer = here->customer};
    memcpy(undo->carried.currency, there->currency, sizeof there->currency);
    memcpy(undo->set_aside.currency, here->currency, sizeof here->currency);
    memcpy(undo->carried.note, there->note, sizeof there->note);
}

static enum tb_cart_code join_check(const struct tb_cart *here, const struct tb_cart *there,
                                    const struct tb_merge *merge)
{
    if (tb_id_is_zero(&here->id) || tb_id_equal(&here->id, &there->id))
        return TB_CART_NOT_UNDERSTOOD;
    if (merge->policy != TB_MERGE_SUM && merge->policy != TB_MERGE_MAX && merge->policy != TB_MERGE_REPLACE)
        return TB_CART_NOT_UNDERSTOOD;
    if (!tb_id_is_zero(&there->customer))
        return TB_CART_OF_OTHER;
    if (here->currency[0] && there->currency[0] && strcmp(here->currency, there->currency) != 0)
        return TB_CART_CURRENCY_CONFLICT;
    return TB_CART_OK;
}

static enum tb_cart_code join(struct joining *j, const struct tb_merge *merge,
                              const struct tb_cart_facts *facts, struct tb_merge_plan *plan)
{
    enum tb_cart_code code = join_check(j->here.cart, j->there, merge);
    if (code != TB_CART_OK)
        return code;
    if (j->undo)
        undo_begin(j->undo, j->here.cart, j->there);
    tb_merge_plan(j->here.cart, j->here.book, j->there, merge, plan);
    j->plan = plan;
    join_lines(j);
    join_note(j);
    if (!j->here.cart->currency[0])
        memcpy(j->here.cart->currency, j->there->currency, sizeof j->there->currency);
    if (j->changed)
        cart_touch(j->here.cart, facts);
    return TB_CART_OK;
}

enum tb_cart_code tb_merge_join(struct tb_cart_side here, struct tb_cart_side there,
                                const struct tb_merge *merge, const struct tb_cart_facts *facts,
                                struct tb_merge_undo *ret_undo, bool *ret_changed)
{
    struct tb_merge_plan plan;
    struct joining j = {.here = here, .there = there.cart, .undo = ret_undo};
    *ret_changed = false;
    bool noted = here.cart->note[0] != '\0';
    enum tb_cart_code code = join(&j, merge, facts, &plan);
    if (code != TB_CART_OK)
        return code;
    join_declined(&j, there.book);
    *ret_changed = j.changed;
    if (!j.changed)
        return TB_CART_OK;
    leave(there, &plan, !noted && here.cart->note[0] != '\0');
    cart_touch(there.cart, facts);
    return TB_CART_OK;
}

enum tb_cart_code tb_merge_show(struct tb_cart_side here, const struct tb_cart *there,
                                const struct tb_merge *merge, const struct tb_cart_facts *facts)
{
    struct tb_merge_plan plan;
    struct joining j = {.here = here, .there = there};
    return join(&j, merge, facts, &plan);
}
