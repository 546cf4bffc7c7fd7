/*
 * A cart and its lines as every side keeps and sends them. Arithmetic is core/cart's.
 *
 * The JSON document of a `cart` row holds lines and marks; id, customer, version and as_of come from
 * the row around it. The packed form is for sealed storage: it decodes without parsing text.
 * Pure; not thread-safe. About 37 KiB: keep one per owner, not many on a stack.
 */
#ifndef TB_CORE_WIRE_CART_H
#define TB_CORE_WIRE_CART_H

#include "core/wire/json.h"
#include "core/wire/names.h"

#define TB_CART_LINE_COUNT_MAX 100
#define TB_CART_NOTE_COUNT_MAX 24 /* lines with a note */
#define TB_CART_PACKED_SIZE_MAX \
    (640u + TB_CART_LINE_COUNT_MAX * 216u + TB_CART_NOTE_COUNT_MAX * TB_TEXT_SIZE_MAX)
#define TB_CART_JSON_SIZE_MAX (48u * 1024u)

struct tb_cart_line {
    struct tb_id id;
    char gtin[TB_GTIN_SIZE + 1];
    char options[TB_SHORT_SIZE_MAX + 1]; /* what was chosen of the product, "size:m"; "" nothing */
    char name[TB_NAME_SIZE_MAX + 1];     /* "" when not known */
    char note[TB_TEXT_SIZE_MAX + 1];     /* "" when there is none */
    bool gift;                           /* put there by a program */
    int32_t quantity;                    /* 1 to TB_QUANTITY_MAX; closed lines are absent */
    int64_t unit_price;                  /* minor units */
    int64_t price_as_of_ms;              /* 0 when not known */
    int64_t was_price;                   /* before the last change of the price */
    int64_t was_as_of_ms;                /* when that was last known to hold; 0: no change is known */
    int64_t added_ms;
    enum tb_stock stock;
    enum tb_channel channel; /* that added it */
};

/* Who is paying the cart. It has run out when the context store's time is past until_ms. */
struct tb_cart_claim {
    struct tb_id checkout;         /* zero: nobody */
    char by[TB_NAME_SIZE_MAX + 1]; /* a till in words, "" when absent */
    int64_t since_ms;
    int64_t until_ms;
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
    char note[TB_TEXT_SIZE_MAX + 1];       /* "" when there is none */
    struct tb_cart_claim claim;
    uint16_t line_count;
    struct tb_cart_line lines[TB_CART_LINE_COUNT_MAX];
};

/* Reads the document part; id, customer, version and as_of_ms stay as they were. A cart that fails
 * to decode has line_count 0. Two lines of one id: TB_ERR_CONFLICT. More than
 * TB_CART_NOTE_COUNT_MAX lines with notes: TB_ERR_RANGE. */
void tb_cart_decode(struct tb_check *c, struct tb_json doc, struct tb_cart *ret_cart);
void tb_cart_encode(struct tb_json_writer *w, const char *name, const struct tb_cart *cart);

/* Upper bound of the document's size in bytes: an engine keeps it at TB_CART_JSON_SIZE_MAX or less. */
size_t tb_cart_json_size(const struct tb_cart *cart);

/* All fields of the cart, version 2 of the packed layout (drawn in cart_pack.c). */
void tb_cart_pack(const struct tb_cart *cart, struct tb_buf *to);
/* Version 1 is read as well. TB_ERR_UNSUPPORTED for another layout version, else the errors of a reader. */
TB_MUST_USE enum tb_err tb_cart_unpack(struct tb_span packed, struct tb_cart *ret_cart);

#endif
