/*
 * Serving: the open visit, the customer it is about, and the cart as it stands at this terminal: what the
 * cache holds, with this terminal's pending mutations laid over it.
 *
 * While the visit is anonymous its cart is nobody's: no file and no feed has it, what the context store
 * decided of it is told by the rows of verdicts (tb_serving_take_cart()). When somebody is identified it is
 * set aside as the guest's cart, to join hers or not.
 *
 * Loop's thread only. One per terminal; about 240 KiB. What is kept of a customer is wiped with the visit.
 */
#ifndef TB_AGENT_APP_VISIT_SERVING_H
#define TB_AGENT_APP_VISIT_SERVING_H

#include "agent/app/visit/pending.h"
#include "agent/cache/cache.h"
#include "core/cart/view.h"
#include "core/context/benefit.h"
#include "core/context/view.h"
#include "core/visit/visit.h"

#define TB_VISIT_JSON_SIZE_MAX (64u * 1024u)
#define TB_SERVING_NO_FILE UINT32_MAX
#define TB_SUGGESTIONS_SIZE_MAX 4096u /* bytes of JSON */

/* What was in the cart of the visit before it had a customer. */
struct tb_serving_guest {
    struct tb_id cart_id; /* zero: there is none */
    bool asked;           /* somebody is to say whether it joins hers; see stitch.h */
    bool joined;          /* it did, as far as is known here */
    bool apart;           /* she wants it apart */
    bool hers_came; /* her cart is shown as the context store has it, or nobody waits for that any more */
    struct tb_cart base;
    struct tb_cart_view cart;
};

struct tb_serving {
    struct tb_visit visit;
    struct tb_cache_reader *reader;   /* borrowed */
    const struct tb_pending *pending; /* borrowed */
    const struct tb_policy *policy;   /* borrowed; the chain's, or the usual one */
    enum tb_channel channel;          /* of this terminal: what it adds is shown as added there */

    /* of the open visit */
    struct tb_record record;  /* sections borrow from bytes */
    struct tb_cart base;      /* as the cache holds it, or the last verdict brought it; version 0: none */
    struct tb_cart_view cart; /* as it is shown */
    struct tb_id cart_id;     /* where this visit's mutations go; minted when the customer has no cart */
    struct tb_id checkout;    /* that this visit pays its cart with; zero: it does not */
    struct tb_serving_guest guest;
    uint32_t cache_number; /* of the cache file in which the customer is, or is known not to be;
                              TB_SERVING_NO_FILE: neither is known */
    size_t suggestions_size;
    uint8_t suggestions[TB_SUGGESTIONS_SIZE_MAX]; /* member of the view; empty: none */
    size_t byte_count;
    uint8_t bytes[TB_RECORD_SIZE_MAX];
};

void tb_serving_init(struct tb_serving *s, struct tb_cache_reader *reader, const struct tb_pending *pending,
                     const struct tb_policy *policy);

/* Takes the record over (it is copied) and lays what is pending over its cart. The visit is open; the cart of
 * one that was anonymous before is the guest's now. */
void tb_serving_show(struct tb_serving *s, const struct tb_record *record, const struct tb_rng *rng);

/* The visit is open and anonymous: on this cart of nobody, of which the context store may know nothing yet
 * (version 0), or (NULL) on one that it begins. */
void tb_serving_show_nobody(struct tb_serving *s, const struct tb_cart *cart, const struct tb_rng *rng);

/* Whether rows of a cart of nobody are of interest, and one that came; it is shown by the next overlay. */
bool tb_serving_wants_cart(const struct tb_serving *s, const struct tb_id *cart);
void tb_serving_take_cart(struct tb_serving *s, const struct tb_cart *cart);

/* Reads the customer anew from the cache after rows of it were saved, and lays pending over its cart.
 * The errors of tb_cache_find_customer(); what is shown stays then. Of an anonymous visit the second alone.
 */
TB_MUST_USE enum tb_err tb_serving_refresh(struct tb_serving *s);

/* Another pepper: the customer has another name in the cache, which was emptied of customers and is in no
 * file until her rows have come again. The visit goes on with what is shown. */
void tb_serving_rename(struct tb_serving *s, const struct tb_pepper *pepper);

/* Lays what is pending over the cart that is there. */
void tb_serving_overlay(struct tb_serving *s);

/* Forgets the customer; the visit has ended. */
void tb_serving_clear(struct tb_serving *s);

bool tb_serving_is(const struct tb_serving *s, const struct tb_id *customer);
/* Whose cart the visit shows; and whether a mutation is about it. */
struct tb_pending_whose tb_serving_whose(const struct tb_serving *s);
bool tb_serving_is_about(const struct tb_serving *s, const struct tb_mutation *mutation);
/* Drops what is pending and is in the carts that were brought. */
void tb_serving_settle(const struct tb_serving *s, struct tb_pending *pending);

/* Keeps what is suggested (a copy); true when it is not what was. */
bool tb_serving_suggest(struct tb_serving *s, struct tb_span suggestions);

/* What the visit's assurance opens. */
bool tb_serving_opens(const struct tb_serving *s, enum tb_benefit benefit);

/* Params of the pages' `visit` and `cart` notifications, into an object that the caller opened: what the
 * visit's assurance opens of them. */
void tb_serving_put_visit(struct tb_json_writer *w, const struct tb_serving *s, const char *reader_name,
                          enum tb_audience audience);
void tb_serving_put_hidden(struct tb_json_writer *w, const struct tb_serving *s); /* its `hidden` alone */
void tb_serving_put_no_visit(struct tb_json_writer *w, enum tb_visit_reason reason);
void tb_serving_put_cart(struct tb_json_writer *w, const struct tb_serving *s);

#endif
