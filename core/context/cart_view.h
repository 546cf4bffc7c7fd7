/*
 * Cart view: the cart as a page shows it, what is decided with what is pending laid over it.
 * Language-neutral JSON with absolute times. Pure; callable from any thread.
 */
#ifndef TB_CORE_CONTEXT_CART_VIEW_H
#define TB_CORE_CONTEXT_CART_VIEW_H

#include "core/cart/view.h"

#define TB_CART_VIEW_JSON_SIZE_MAX (56u * 1024u)

/*
 * Writes the cart as one object, or null for a cart that was never begun:
 *
 *   {id, version, currency, lines:[{id, gtin, options?, name, quantity, unit_price, price_as_of,
 *    price_change?:{by, since_ms}, stock?, added_ms, channel?, pending, new, gift?, note?}],
 *    item_count, total, as_of, touched_ms, touched_channel?, touched_by?, note?,
 *    claim?:{by?, since_ms, until_ms, mine}, unsent}
 *
 * unsent counts the mutations laid over. A total past int64 is null. A claim is mine when it is that of
 * own_checkout (zero: none); whether it still runs, until_ms says. Errors stay in the writer's buffer.
 */
void tb_view_put_cart(struct tb_json_writer *w, const char *name, const struct tb_cart_view *view,
                      const struct tb_id *own_checkout);

#endif
