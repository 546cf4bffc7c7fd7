/*
 * Serving: the open visit, the customer it is about, and the cart as it stands at this terminal: what the
 * cache holds, with this terminal's pending mutations laid over it.
 *
 * Loop's thread only. One per terminal; about 140 KiB. What is kept of a customer is wiped with the visit.
 */
#ifndef TB_AGENT_APP_SERVING_H
#define TB_AGENT_APP_SERVING_H

#include "agent/app/pending.h"
#include "agent/cache/cache.h"
#include "core/cart/view.h"
#include "core/context/benefit.h"
#include "core/visit/visit.h"

#define TB_VISIT_JSON_SIZE_MAX (64u * 1024u)
#define TB_SERVING_NO_FILE UINT32_MAX

struct tb_serving {
    struct tb_visit visit;
    struct tb_cache_reader *reader;   /* borrowed */
    const struct tb_pending *pending; /* borrowed */
    const struct tb_policy *policy;   /* borrowed; the chain's, or the usual one */

    /* of the open visit */
    struct tb_record record;  /* sections borrow from bytes */
    struct tb_cart base;      /* as the cache holds it; version 0: none */
    struct tb_cart_view cart; /* as it is shown */
    struct tb_id cart_id;     /* where this visit's mutations go; minted when the customer has no cart */
    struct tb_id checkout;    /* that this visit pays its cart with; zero: it does not */
    uint32_t cache_number;    /* of the cache file in which the customer is, or is known not to be;
                                 TB_SERVING_NO_FILE: neither is known */
    size_t byte_count;
    uint8_t bytes[TB_RECORD_SIZE_MAX];
};

void tb_serving_init(struct tb_serving *s, struct tb_cache_reader *reader, const struct tb_pending *pending,
                     const struct tb_policy *policy);

/* Takes the record over (it is copied) and lays what is pending over its cart. The visit is open. */
void tb_serving_show(struct tb_serving *s, const struct tb_record *record, const struct tb_rng *rng);

/* Reads the customer anew from the cache after rows of it were saved, and lays pending over its cart.
 * The errors of tb_cache_find_customer(); what is shown stays then. */
TB_MUST_USE enum tb_err tb_serving_refresh(struct tb_serving *s);

/* Another pepper: the customer has another name in the cache, which was emptied of customers and is in no
 * file until her rows have come again. The visit goes on with what is shown. */
void tb_serving_rename(struct tb_serving *s, const struct tb_pepper *pepper);

/* Lays what is pending over the cart that is there. */
void tb_serving_overlay(struct tb_serving *s);

/* Forgets the customer; the visit has ended. */
void tb_serving_clear(struct tb_serving *s);

bool tb_serving_is(const struct tb_serving *s, const struct tb_id *customer);

/* What the visit's assurance opens. */
bool tb_serving_opens(const struct tb_serving *s, enum tb_benefit benefit);

/* Params of the pages' `visit` and `cart` notifications, into an object that the caller opened: what the
 * visit's assurance opens of them. */
void tb_serving_put_visit(struct tb_json_writer *w, const struct tb_serving *s, const char *reader_name);
void tb_serving_put_no_visit(struct tb_json_writer *w, enum tb_visit_reason reason);
void tb_serving_put_cart(struct tb_json_writer *w, const struct tb_serving *s);

#endif
