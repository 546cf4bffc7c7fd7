/*
 * Web tokens: short-lived proof that a web or app session acts for one customer.
 *
 * A compact JWS (RFC 7515) with ES256 (RFC 7518 section 3.4) over the claims aud, sub (customer id, 32
 * hex digits), iat and exp (RFC 7519). No other algorithm is taken, whatever the header says; the key
 * is one of those configured, never one that the token names.
 * Pure; a verification takes some ms of processor time. Limits: TB_TOKEN_SIZE_MAX bytes,
 * TB_TOKEN_KEYS_MAX keys, a life of TB_TOKEN_LIFE_MAX_S.
 */
#ifndef TB_CONTEXTD_GATEWAY_TOKEN_H
#define TB_CONTEXTD_GATEWAY_TOKEN_H

#include "core/crypto/key.h"
#include "core/wire/sync.h"

#define TB_TOKEN_KEYS_MAX 4 /* so that keys can be changed without a gap */
#define TB_TOKEN_LIFE_MAX_S (15 * 60)
#define TB_TOKEN_LEEWAY_S 30 /* two clocks are never the same */

struct tb_token_rules {
    const char *audience; /* borrowed */
    struct tb_public_key keys[TB_TOKEN_KEYS_MAX];
    size_t key_count;
};

struct tb_token_claims {
    struct tb_id customer;
    int64_t expires_ms; /* Unix */
};

/* TB_ERR_EXPIRED (also: not yet valid, or valid for too long), TB_ERR_SIGNATURE, TB_ERR_UNSUPPORTED (an
 * algorithm that is not ES256), TB_ERR_DENIED (another audience), else how the text is malformed. */
TB_MUST_USE enum tb_err tb_token_verify(const struct tb_token_rules *rules, struct tb_span token,
                                        int64_t wall_ms, struct tb_token_claims *ret_claims);

struct tb_token_plan {
    const char *audience;
    struct tb_id customer;
    int64_t wall_ms;
    int64_t life_s; /* negative: expired from the start */
};

TB_MUST_USE enum tb_err tb_token_mint(const struct tb_key *key, const struct tb_rng *rng,
                                      const struct tb_token_plan *plan, struct tb_buf *ret_token);

#endif
