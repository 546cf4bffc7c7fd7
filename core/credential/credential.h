/*
 * Credential: what a shopper presents, reduced to a kind and a value.
 *
 * The value is personal data: it is never logged, leaves the machine only as a keyed hash, and is
 * wiped by whoever held it. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_CREDENTIAL_H
#define TB_CORE_CREDENTIAL_CREDENTIAL_H

#include "core/base/span.h"

#define TB_CREDENTIAL_VALUE_MAX 64 /* bytes */
#define TB_CUSTOMER_KEY_SIZE 16

enum tb_credential_kind {
    TB_CREDENTIAL_NONE,
    TB_CREDENTIAL_MEMBER, /* the chain's member number, decimal digits */
    TB_CREDENTIAL_GSRN,   /* GS1 AI 8018, 18 digits with their check digit */
    TB_CREDENTIAL_PASS, /* id of a pass that the chain signed (sub of a token or pass certificate), as text */
    TB_CREDENTIAL_SMART_TAP, /* smartTapRedemptionValue of a Google Wallet pass, as text */
    TB_CREDENTIAL_VAS,       /* nfc.message of an Apple Wallet pass, as text */
    TB_CREDENTIAL_TAG,       /* UID of an NTAG 424 DNA whose SUN message verified, 7 bytes */
    TB_CREDENTIAL_DESFIRE,   /* UID of a DESFire card that authenticated itself, 7 bytes */
    TB_CREDENTIAL_UID,       /* UID of any other card, 4, 7 or 10 bytes; by policy only */
    TB_CREDENTIAL_BADGE,     /* number of a clerk's badge, decimal digits: an operator, never a customer */
    TB_CREDENTIAL_KIND_COUNT
};

struct tb_credential {
    enum tb_credential_kind kind;
    uint8_t value_size;
    uint8_t value[TB_CREDENTIAL_VALUE_MAX];
};

/* Names a customer on this terminal without telling who it is: a truncated keyed hash of the id. */
struct tb_customer_key {
    uint8_t bytes[TB_CUSTOMER_KEY_SIZE];
};

static inline struct tb_span tb_credential_value(const struct tb_credential *c)
{
    return tb_span_of(c->value, c->value_size);
}

static inline bool tb_credential_equal(const struct tb_credential *a, const struct tb_credential *b)
{
    return a->kind == b->kind && tb_span_equal(tb_credential_value(a), tb_credential_value(b));
}

/* TB_ERR_TOO_LONG when the value does not fit; ret_credential is then TB_CREDENTIAL_NONE. */
TB_MUST_USE enum tb_err tb_credential_set(enum tb_credential_kind kind, struct tb_span value,
                                          struct tb_credential *ret_credential);

/* Overwrites the value; afterwards the kind is TB_CREDENTIAL_NONE. */
void tb_credential_wipe(struct tb_credential *c);

/* Stable name such as "member", as it enters the look-up hash and the protocol; static, never NULL. */
const char *tb_credential_kind_name(enum tb_credential_kind kind);

/* TB_ERR_NOT_FOUND for a name that is no kind. */
TB_MUST_USE enum tb_err tb_credential_kind_decode(struct tb_span name, enum tb_credential_kind *ret_kind);

#endif
