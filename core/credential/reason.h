/*
 * Reasons: why a tap or scan was judged as it was, one stable code per cause.
 *
 * Codes appear on pages, in the CLI, in metrics and in the journal; a code is never renamed and
 * never carries a value that was read. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_REASON_H
#define TB_CORE_CREDENTIAL_REASON_H

#include "core/base/span.h"

enum tb_reason {
    TB_REASON_NONE,

    /* what was presented is a credential, and how it was carried */
    TB_REASON_MEMBER_TEXT,
    TB_REASON_MEMBER_EAN,
    TB_REASON_MEMBER_LINK,
    TB_REASON_MEMBER_EXTERNAL,
    TB_REASON_GSRN_ELEMENT,
    TB_REASON_GSRN_LINK,
    TB_REASON_MEMBER_CODE128,
    TB_REASON_READER_PASS,
    TB_REASON_MEMBER_ROTATING,
    TB_REASON_TOKEN_JWS,
    TB_REASON_TOKEN_CWT,
    TB_REASON_TAG_SUN,
    TB_REASON_TAG_UID,
    TB_REASON_CARD_DESFIRE,
    TB_REASON_PASS_SMART_TAP,
    TB_REASON_PASS_VAS,
    TB_REASON_PHONE_PASS,
    TB_REASON_HANDOVER_CODE,
    TB_REASON_BADGE_CODE,

    /* it is a product */
    TB_REASON_PRODUCT_CODE,
    TB_REASON_PRODUCT_ELEMENT,
    TB_REASON_PRODUCT_LINK,

    /* it is a payment card, of which nothing is kept */
    TB_REASON_PAYMENT_NUMBER,
    TB_REASON_PAYMENT_TRACK,
    TB_REASON_PAYMENT_CHIP,

    /* a code that is not used here */
    TB_REASON_CODE_EMPTY,
    TB_REASON_CODE_TOO_LONG,
    TB_REASON_CODE_NOT_TEXT,
    TB_REASON_CODE_NOT_OURS,
    TB_REASON_CODE_CHECK_DIGIT,
    TB_REASON_CODE_HOST,
    TB_REASON_CODE_GS1_OTHER,
    TB_REASON_CODE_COUPON,

    /* a tag that could not be used */
    TB_REASON_TAG_EMPTY,
    TB_REASON_TAG_NOT_OURS,
    TB_REASON_TAG_MALFORMED,
    TB_REASON_TAG_TORN,
    TB_REASON_TAG_LOCKED,
    TB_REASON_TAG_UNSUPPORTED,
    TB_REASON_TAG_TIMEOUT,
    TB_REASON_TAG_TWO,
    TB_REASON_READER_LOST,

    /* what carries a proof, and could not be accepted */
    TB_REASON_PROOF_WRONG,  /* MAC, signature or code does not fit the key */
    TB_REASON_PROOF_NO_KEY, /* no key here that could say so */
    TB_REASON_PROOF_EXPIRED,
    TB_REASON_PROOF_EARLY,    /* not valid yet, or for longer than allowed */
    TB_REASON_PROOF_AUDIENCE, /* made for somebody else */
    TB_REASON_PROOF_REPLAYED, /* good once, and was used */
    TB_REASON_PROOF_MALFORMED,
    TB_REASON_PROOF_UNSUPPORTED, /* an algorithm or mode that is not accepted */
    TB_REASON_PROOF_UNVERIFIED, /* seen, but only the context store could verify it, and it cannot be asked */
    TB_REASON_REPLAY_MEMORY,    /* the replay memory could not be written */
    TB_REASON_PASS_NONE,        /* the phone has no pass of this chain */
    TB_REASON_PASS_CHOOSE,      /* several: choose one and tap again */
    TB_REASON_PASS_LOCKED,      /* unlock the phone and tap again */
    TB_REASON_PASS_AGAIN,       /* the phone asks for another tap */
    TB_REASON_PASS_REFUSED,     /* the phone does not accept this terminal */
    TB_REASON_UID_RANDOM,       /* a UID that is another one each time */
    TB_REASON_POLICY,           /* this kind is not accepted here */

    /* what the look-up said */
    TB_REASON_FOUND_CACHE,
    TB_REASON_FOUND_STORE,
    TB_REASON_FOUND_LATE, /* found, but a newer tap or scan has begun a visit meanwhile */
    TB_REASON_NOT_FOUND,
    TB_REASON_STORE_OFFLINE, /* not in the cache, and the context store cannot be asked */
    TB_REASON_STORE_TIMEOUT,
    TB_REASON_HANDOVER_GONE,    /* no cart waits under this code: used, over, or never given out */
    TB_REASON_HANDOVER_OFFLINE, /* a hand-over code is looked up by the context store alone */
    TB_REASON_HANDOVER_TIMEOUT,
    TB_REASON_LOOKUP_LIMIT,  /* so many codes were nobody's that no more is looked up for a while */
    TB_REASON_CACHE_CORRUPT, /* the cached row does not verify, and the store could not help */
    TB_REASON_BLOCKED,       /* lost, stolen or replaced: whoever shows it is not the customer */
    TB_REASON_BUSY,          /* more taps in flight than there are places */

    /* what became of a clerk's badge, and of what was to be linked */
    TB_REASON_OPERATOR_ON,
    TB_REASON_OPERATOR_OFF,
    TB_REASON_OPERATOR_UNKNOWN,
    TB_REASON_CAPTURE_TAKEN,
    TB_REASON_CAPTURE_REFUSED, /* somebody's already, or not to be linked */

    TB_REASON_COUNT
};

/* Stable name such as "tag.torn"; static, never NULL. */
const char *tb_reason_name(enum tb_reason reason);

/* TB_ERR_NOT_FOUND for a name that is none. */
TB_MUST_USE enum tb_err tb_reason_decode(struct tb_span name, enum tb_reason *ret_reason);

#endif
