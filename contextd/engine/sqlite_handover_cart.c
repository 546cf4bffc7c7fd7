/* Hand-overs of nobody's cart: whose it became, and that it is over where somebody went on with it. */
#include "contextd/engine/sqlite_handover.h"

#define OF_CART_MAX 8 /* accepted ones of one cart that hear what became of it */

static enum tb_err cart_owner(struct sqlite_engine *e, enum sqlite_stmt which, const struct tb_id *cart,
                              const struct tb_id *customer)
{
    struct tb_stmt *s = sqlite_stmt(e, which);
    tb_stmt_bind_blob(s, 1, tb_id_span(cart));
    tb_stmt_bind_blob(s, 2, tb_id_span(customer));
    return tb_stmt_run(s);
}

enum tb_err sqlite_handover_became(struct sqlite_engine *e, const struct tb_id *cart,
                                   const struct tb_id *customer)
{
    return cart_owner(e, STMT_HANDOVER_BECAME, cart, customer);
}

enum tb_err sqlite_handover_parted(struct sqlite_engine *e, const struct tb_id *cart,
                                   const struct tb_id *customer)
{
    return cart_owner(e, STMT_HANDOVER_PARTED, cart, customer);
}

/* The newest that was accepted of that cart and does not say so yet; TB_ERR_NOT_FOUND. */
static enum tb_err cart_over_write(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_id *cart,
                                   enum tb_handover_cart over)
{
    struct tb_id handover;
    struct sqlite_handover stored;
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_OF_CART);
    tb_stmt_bind_blob(s, 1, tb_id_span(cart));
    tb_stmt_bind_int(s, 2, over);
    enum tb_err err = sqlite_handover_next_read(s, &handover, &stored);
    if (err != TB_OK)
        return err;
    s = sqlite_stmt(e, STMT_HANDOVER_CART_OVER);
    tb_stmt_bind_blob(s, 1, tb_id_span(&handover));
    tb_stmt_bind_int(s, 2, over);
    tb_stmt_bind_text(s, 3, tb_span_str(over == TB_HANDOVER_CART_IS_THERE ? "" : b->touched_by));
    tb_stmt_bind_int(s, 4, e->wall_ms);
    err = tb_stmt_run(s);
    sqlite_handover_tell(b, stored.store);
    return err == TB_OK ? sqlite_handover_changed(e, &handover, &stored.customer, stored.store) : err;
}

enum tb_err sqlite_handover_cart_over(struct sqlite_engine *e, struct sqlite_batch *b,
                                      const struct tb_id *cart, enum tb_handover_cart over)
{
    enum tb_err err = TB_OK;
    for (size_t count = 0; count < OF_CART_MAX && err == TB_OK; count++)
        err = cart_over_write(e, b, cart, over);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}
