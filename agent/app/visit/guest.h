/*
 * Guest: carts of nobody, which no file of the terminal keeps. The context store tells of them in the rows
 * beside its verdicts; they are read from there for the visit that fills them. Loop's thread only.
 */
#ifndef TB_AGENT_APP_VISIT_GUEST_H
#define TB_AGENT_APP_VISIT_GUEST_H

#include "core/wire/cart.h"
#include "core/wire/row.h"

struct tb_serving;

/* The cart of a `cart` row that says it is nobody's. TB_ERR_UNSUPPORTED: the row is no such one; else
 * TB_ERR_NO_MEMORY and the errors of tb_cart_decode(). */
TB_MUST_USE enum tb_err tb_guest_read(const struct tb_row *row, struct tb_cart *ret_cart);

/* The cart among rows that the visit is about; false: there is none, or it is unreadable, which is in the
 * log. */
bool tb_guest_find(const struct tb_serving *serving, const struct tb_rows *rows, struct tb_cart *ret_cart);

#endif
