/*
 * Hand-over: the document of a row that says that somebody else is to go on with a customer, or with a cart
 * of nobody. A shopper's call for help is one, and so is the code by which a cart is sent to a till. Decoders
 * ignore unknown members and refuse wrong types and ranges. Pure; not thread-safe.
 */
#ifndef TB_CORE_WIRE_HANDOVER_H
#define TB_CORE_WIRE_HANDOVER_H

#include "core/wire/json.h"
#include "core/wire/names.h"

#define TB_HANDOVER_TO_ANY "any"
#define TB_HANDOVER_LIFE_MS (INT64_C(4) * 3600 * 1000) /* then it has expired */
#define TB_HANDOVER_DECLINED_MAX 9999
#define TB_HANDOVER_ITEM_COUNT_MAX 999900 /* 100 lines of TB_QUANTITY_MAX */

enum tb_handover_state {
    TB_HANDOVER_NONE,
    TB_HANDOVER_OPEN,
    TB_HANDOVER_ACCEPTED,
    TB_HANDOVER_CANCELLED, /* by who asked */
    TB_HANDOVER_EXPIRED,   /* nobody took it in time */
    TB_HANDOVER_STATE_COUNT
};

enum tb_handover_reason {
    TB_HANDOVER_FOR_NONE,     /* not said */
    TB_HANDOVER_FOR_HELP,     /* somebody waits for a clerk */
    TB_HANDOVER_FOR_CONTINUE, /* the cart goes on elsewhere, by its code */
    TB_HANDOVER_REASON_COUNT
};

/* What became of nobody's cart at who accepted; of somebody's its own row says it. */
enum tb_handover_cart {
    TB_HANDOVER_CART_IS_THERE,
    TB_HANDOVER_CART_PAID,   /* by a checkout.finish that is no part */
    TB_HANDOVER_CART_JOINED, /* it went into a customer's */
    TB_HANDOVER_CART_COUNT
};

/* Index by the enum; entry 0 is NULL. */
extern const char *const tb_handover_state_names[TB_HANDOVER_STATE_COUNT];
extern const char *const tb_handover_reason_names[TB_HANDOVER_REASON_COUNT];
extern const char *const tb_handover_cart_names[TB_HANDOVER_CART_COUNT];

struct tb_handover {
    int64_t at_ms;                   /* of the request; time of the context store, as taken_ms */
    char from[TB_NAME_SIZE_MAX + 1]; /* a terminal in words */
    char to[TB_SHORT_SIZE_MAX + 1];  /* a till, a store or "any" */
    struct tb_id cart;               /* zero when absent */
    char note[TB_TEXT_SIZE_MAX + 1];
    enum tb_handover_state state;
    char by[TB_NAME_SIZE_MAX + 1]; /* who accepted, in words; "" before */
    char code[7];                  /* that names an open one at a till; "" when absent */

    /* As it was when somebody asked; what is not known is "" or 0. */
    enum tb_handover_reason reason;
    char store[TB_SHORT_SIZE_MAX + 1];        /* whose terminals are told; "": nobody's */
    char customer_name[TB_NAME_SIZE_MAX + 1]; /* "" also of nobody's cart */
    char tier[TB_SHORT_SIZE_MAX + 1];
    int64_t item_count;
    int64_t total; /* minor units */
    char currency[TB_CURRENCY_SIZE + 1];

    int64_t declined; /* terminals that do not take it */
    int64_t taken_ms; /* when it was accepted; 0 before: the wait is from at_ms to here */

    enum tb_handover_cart cart_over;
    char cart_over_by[TB_NAME_SIZE_MAX + 1]; /* where, in words; "" of a phone */
};

void tb_handover_decode(struct tb_check *c, struct tb_json doc, struct tb_handover *ret);
void tb_handover_encode(struct tb_json_writer *w, const char *name, const struct tb_handover *handover);

#endif
