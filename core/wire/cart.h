/*
 * A cart and its lines as every side keeps and sends them. Arithmetic is core/cart's.
 *
 * The JSON document of a `cart` row holds lines and marks; id, customer, version and as_of come from
 * the row around it. The packed form is for sealed storage: it decodes without parsing text.
 * Pure; not thread-safe. About 18 KiB: keep one per owner, not many on a stack.
 */
#ifndef TB_CORE_WIRE_CART_H
#define TB_CORE_WIRE_CART_H

#include "core/wire/json.h"
#include "core/wire/names.h"

#define TB_CART_LINE_COUNT_MAX 100
#define TB_CART_PACKED_SIZE_MAX (192u + TB_CART_LINE_COUNT_MAX * 192u)
#define TB_CART_JSON_SIZE_MAX (48u * 1024u)

struct tb_cart_line {
    struct tb_id id;
    char gtin[TB_GTIN_SIZE + 1];
    char name[TB_NAME_SIZE_MAX + 1]; /* "" when not known */
    int32_t quantity;                /* 1 to TB_QUANTITY_MAX; closed lines are absent */
    int64_t unit_price;              /* minor units */
    int64_t price_as_of_ms;          /* 0 when not known */
    int64_t added_ms;
    enum tb_stock stock;
    enum tb_channel channel; /* that added it */
};

struct tb_cart {
    struct tb_id id;       /* zero: no cart yet */
    struct tb_id customer; /* zero: anonymous */
    int64_t version;       /* 0: never saved by the context store */
    int64_t as_of_ms;
    char currency[TB_CURRENCY_SIZE + 1];
    int64_t touched_ms;
    enum tb_channel touched_channel;
    char touched_by[TB_NAME_SIZE_MAX + 1]; /* a till or store in words, "" when absent */
    uint16_t line_count;
    struct tb_cart_line lines[TB_CART_LINE_COUNT_MAX];
};

/* Reads the document part; id, customer, version and as_of_ms stay as they were. A cart that fails
 * to decode has line_count 0. Two lines of one id: TB_ERR_CONFLICT. */
void tb_cart_decode(struct tb_check *c, struct tb_json doc, struct tb_cart *ret_cart);
void tb_cart_encode(struct tb_json_writer *w, const char *name, const struct tb_cart *cart);

/* All fields of the cart, version 1 of the packed layout (drawn in cart_pack.c). */
void tb_cart_pack(const struct tb_cart *cart, struct tb_buf *to);
/* TB_ERR_UNSUPPORTED for another layout version, else the errors of a reader. */
TB_MUST_USE enum tb_err tb_cart_unpack(struct tb_span packed, struct tb_cart *ret_cart);

#endif
