/*
 * Packed undo, version 1, big-endian:
 *
 *   u8 version  u8 note_taken  u8 declined
 *   u32 n  n bytes of packed cart: carried      u32 n  n bytes of packed cart: set_aside
 *   each line of carried: 16 into  i32 by  u8 bits (1 gift_taken, 2 note_taken)
 *   declined × (14 gtin  u8 n  n options)
 */
#include "core/cart/merge.h"

#include "core/cart/cart_parts.h"

enum { UNDO_VERSION = 1, BIT_GIFT = 1, BIT_NOTE = 2 };

struct going_back {
    struct tb_cart_side here;
    struct tb_cart_side there;
    const struct tb_merge_undo *undo;
    bool changed;
};

/* What a step finds: the customer's line as it is now, and how much of it goes. */
struct step_now {
    struct tb_cart_line *line; /* NULL: removed or paid since */
    int32_t taken;             /* from the customer's line; negative: given back to it */
    int32_t back;              /* to the anonymous cart */
};

static struct step_now step_look(const struct going_back *g, size_t index)
{
    const struct tb_merge_step *step = &g->undo->steps[index];
    struct step_now now = {.line = cart_line_of(g->here.cart, &step->into)};
    if (!now.line)
        return now;
    now.taken = step->by < now.line->quantity ? step->by : now.line->quantity;
    now.back = g->undo->carried.lines[index].quantity - (step->by > 0 ? step->by - now.taken : 0);
    if (now.line->quantity - now.taken > TB_QUANTITY_MAX)
        now.taken = now.line->quantity - TB_QUANTITY_MAX;
    return now;
}

static bool opens(const struct tb_cart *cart, const struct tb_cart_line *line)
{
    return tb_cart_find_product(cart, line->gtin, line->options) == NULL;
}

static bool has_room(const struct going_back *g)
{
    int there = g->there.cart->line_count;
    int here = g->here.cart->line_count;
    for (size_t i = 0; i < g->undo->carried.line_count; i++) {
        struct step_now now = step_look(g, i);
        there += now.back > 0 && opens(g->there.cart, &g->undo->carried.lines[i]);
        here -= now.line && now.taken == now.line->quantity;
    }
    for (size_t i = 0; i < g->undo->set_aside.line_count; i++)
        here += opens(g->here.cart, &g->undo->set_aside.lines[i]);
    return there <= TB_CART_LINE_COUNT_MAX && here <= TB_CART_LINE_COUNT_MAX;
}

/* A line comes back under its id, or goes into one of its product that was opened since. */
static void line_return(struct tb_cart_side side, const struct tb_cart_line *line, int32_t quantity)
{
    struct tb_cart_line *same = cart_line_of_product(side.cart, line->gtin, line->options);
    if (same) {
        int32_t room = TB_QUANTITY_MAX - same->quantity;
        same->quantity += quantity < room ? quantity : room;
        same->gift = same->gift || line->gift;
        book_put(side.book, side.cart, &line->id, &same->id);
        return;
    }
    book_drop(side.book, &line->id);
    struct tb_cart_line *back = &side.cart->lines[side.cart->line_count++];
    *back = *line;
    back->quantity = quantity;
}

static void marks_take_back(struct going_back *g, const struct tb_merge_step *step,
                            const struct tb_cart_line *carried, struct tb_cart_line *line)
{
    if (step->note_taken && strcmp(line->note, carried->note) == 0)
        line->note[0] = '\0';
    if (step->gift_taken)
        line->gift = false;
    const struct tb_cart_mark *mark = book_mark_at(g->here.book, &carried->id);
    if (mark && tb_id_equal(&mark->into, &line->id) && !tb_id_equal(&carried->id, &line->id))
        book_drop(g->here.book, &carried->id);
}

static void step_take_back(struct going_back *g, size_t index)
{
    static const struct tb_id closed;
    const struct tb_merge_step *step = &g->undo->steps[index];
    const struct tb_cart_line *carried = &g->undo->carried.lines[index];
    struct step_now now = step_look(g, index);
    g->changed = true;
    if (now.line) {
        marks_take_back(g, step, carried, now.line);
        now.line->quantity -= now.taken;
        if (now.line->quantity == 0 && tb_id_equal(&step->into, &carried->id)) {
            cart_line_take_out(g->here.cart, now.line);
            book_put(g->here.book, g->here.cart, &carried->id, &carried->id);
        } else if (now.line->quantity == 0) {
            cart_line_close(g->here.cart, g->here.book, now.line);
        }
    }
    if (now.back > 0)
        line_return(g->there, carried, now.back);
    else
        book_put(g->there.book, g->there.cart, &carried->id, &closed);
}

static void notes_take_back(struct going_back *g)
{
    struct tb_cart *here = g->here.cart;
    struct tb_cart *there = g->there.cart;
    if (!g->undo->note_taken)
        return;
    if (strcmp(here->note, g->undo->carried.note) == 0)
        here->note[0] = '\0';
    if (!there->note[0])
        memcpy(there->note, g->undo->carried.note, sizeof there->note);
    g->changed = true;
}

enum tb_cart_code tb_merge_take_back(struct tb_cart_side here, struct tb_cart_side there,
                                     const struct tb_merge_undo *undo, const struct tb_cart_facts *facts,
                                     bool *ret_changed)
{
    struct going_back g = {.here = here, .there = there, .undo = undo};
    *ret_changed = false;
    if (!has_room(&g))
        return TB_CART_LINE_LIMIT;
    for (size_t i = 0; i < undo->carried.line_count; i++)
        step_take_back(&g, i);
    for (size_t i = 0; i < undo->set_aside.line_count; i++) {
        line_return(here, &undo->set_aside.lines[i], undo->set_aside.lines[i].quantity);
        g.changed = true;
    }
    notes_take_back(&g);
    for (size_t i = 0; i < undo->declined_count; i++) {
        book_accept(here.book, undo->declined[i].gtin, undo->declined[i].options);
        g.changed = true;
    }
    *ret_changed = g.changed;
    if (g.changed) {
        cart_touch(here.cart, facts);
        cart_touch(there.cart, facts);
    }
    return TB_CART_OK;
}

/* ---- as stored ---- */

static void cart_put(const struct tb_cart *cart, struct tb_buf *to)
{
    size_t at = to->size;
    tb_buf_add_u32be(to, 0);
    size_t start = to->size;
    tb_cart_pack(cart, to);
    if (to->err != TB_OK)
        return;
    uint8_t size_bytes[4];
    struct tb_buf size = tb_buf_of(size_bytes, sizeof size_bytes);
    tb_buf_add_u32be(&size, (uint32_t)(to->size - start));
    memcpy(to->at + at, size_bytes, sizeof size_bytes);
}

void tb_merge_undo_pack(const struct tb_merge_undo *undo, struct tb_buf *to)
{
    tb_buf_add_u8(to, UNDO_VERSION);
    tb_buf_add_u8(to, undo->note_taken);
    tb_buf_add_u8(to, undo->declined_count);
    cart_put(&undo->carried, to);
    cart_put(&undo->set_aside, to);
    for (size_t i = 0; i < undo->carried.line_count; i++) {
        const struct tb_merge_step *step = &undo->steps[i];
        tb_buf_add(to, tb_id_span(&step->into));
        tb_buf_add_u32be(to, (uint32_t)step->by);
        tb_buf_add_u8(to, (uint8_t)((step->gift_taken ? BIT_GIFT : 0) | (step->note_taken ? BIT_NOTE : 0)));
    }
    for (size_t i = 0; i < undo->declined_count; i++)
        cart_key_pack(&undo->declined[i], to);
}

static enum tb_err cart_get(struct tb_reader *r, struct tb_cart *ret_cart)
{
    struct tb_span packed = tb_read_bytes(r, tb_read_u32be(r));
    if (r->err == TB_OK)
        r->err = packed.size ? tb_cart_unpack(packed, ret_cart) : TB_ERR_TRUNCATED;
    return r->err;
}

static enum tb_err step_get(struct tb_reader *r, struct tb_merge_step *ret_step)
{
    cart_id_read(r, &ret_step->into);
    uint32_t by = tb_read_u32be(r);
    uint8_t bits = tb_read_u8(r);
    if (r->err != TB_OK)
        return r->err;
    ret_step->by = (int32_t)by;
    ret_step->gift_taken = bits & BIT_GIFT;
    ret_step->note_taken = bits & BIT_NOTE;
    bool in_range = ret_step->by >= -TB_QUANTITY_MAX && ret_step->by <= TB_QUANTITY_MAX;
    return in_range && bits <= (BIT_GIFT | BIT_NOTE) ? TB_OK : TB_ERR_RANGE;
}

static enum tb_err undo_read(struct tb_reader *r, struct tb_merge_undo *undo)
{
    uint8_t version = tb_read_u8(r);
    uint8_t note_taken = tb_read_u8(r);
    uint8_t declined_count = tb_read_u8(r);
    if (r->err != TB_OK)
        return r->err;
    if (version != UNDO_VERSION)
        return TB_ERR_UNSUPPORTED;
    if (note_taken > 1 || declined_count > TB_CART_DECLINED_MAX)
        return TB_ERR_RANGE;
    enum tb_err err = cart_get(r, &undo->carried);
    if (err == TB_OK)
        err = cart_get(r, &undo->set_aside);
    for (size_t i = 0; err == TB_OK && i < undo->carried.line_count; i++)
        err = step_get(r, &undo->steps[i]);
    for (size_t i = 0; err == TB_OK && i < declined_count; i++)
        err = cart_key_unpack(r, &undo->declined[i]);
    if (err != TB_OK)
        return err;
    undo->note_taken = note_taken;
    undo->declined_count = declined_count;
    return r->rest.size == 0 ? TB_OK : TB_ERR_TOO_LONG;
}

enum tb_err tb_merge_undo_unpack(struct tb_span packed, struct tb_merge_undo *ret_undo)
{
    struct tb_reader r = tb_reader_of(packed);
    memset(ret_undo, 0, sizeof *ret_undo);
    enum tb_err err = undo_read(&r, ret_undo);
    if (err != TB_OK)
        memset(ret_undo, 0, sizeof *ret_undo);
    return err;
}
