/*
 * Signed tokens: compact JWS (RFC 7515) with ES256 (RFC 7518 section 3.4) over JWT claims (RFC 7519).
 *
 * The algorithm is pinned: a header that names another one, or that has a crit member, is refused. Keys
 * come from the caller by key id, never from the token. Nothing in the claims counts before the
 * signature does. Time is handed in.
 * A verification takes up to a few ms per key tried. Pure; callable from any thread.
 *
 * Limits: a token of TB_JWS_SIZE_MAX bytes, header and claims of TB_JWS_PART_SIZE_MAX bytes each when
 * decoded, a key id of TB_JWS_KID_SIZE_MAX bytes, TB_JWS_KEYS_MAX keys tried.
 */
#ifndef TB_CORE_CREDENTIAL_JWS_H
#define TB_CORE_CREDENTIAL_JWS_H

#include "core/crypto/key.h"
#include "core/wire/json.h"

#define TB_JWS_SIZE_MAX 2048
#define TB_JWS_PART_SIZE_MAX 1024
#define TB_JWS_KID_SIZE_MAX 64
#define TB_JWS_KEYS_MAX 8
#define TB_JWS_SECONDS_MAX INT64_C(253402300799) /* end of year 9999 */
#define TB_JWS_LEEWAY_S_DEFAULT 30               /* two clocks are never the same */

/* An arena of this size verifies any token. */
#define TB_JWS_ARENA_SIZE (2 * (TB_JWS_PART_SIZE_MAX + TB_JSON_ARENA_SIZE(TB_JWS_PART_SIZE_MAX) + 64))

struct tb_jws_rules {
    const char *audience; /* aud must be or contain it; NULL: aud is not looked at. Borrowed. */
    const char *type;     /* typ in the header must be it, whatever its case; NULL: not looked at */
    int64_t leeway_s;     /* how far the issuer's clock may be ahead (iat, nbf); exp has none */
    int64_t life_max_s;   /* exp may be this far from iat and from now; 0: any life, iat not needed */
    /*
     * The index-th key for this key id (empty when the token names none); false when there is no
     * such key. Called with 0, 1, … until one verifies.
     */
    bool (*key)(void *context, struct tb_span kid, size_t index, struct tb_public_key *ret_key);
    void *context; /* borrowed */
};

struct tb_jws_times { /* of any signed token; seconds since 1970, 0 where the token has none */
    int64_t exp_s;
    int64_t nbf_s;
    int64_t iat_s;
    bool has_exp;
    bool has_iat;
};

struct tb_jws {
    struct tb_span kid;    /* empty when the token names none */
    struct tb_json claims; /* an object; read the application's members from here */
    int64_t expires_ms;    /* Unix time of exp */
    struct tb_jws_times times;
};

/*
 * Verifies a token at wall_ms (Unix). What ret_jws points to lives as long as token and arena.
 * TB_ERR_UNSUPPORTED: another algorithm or type, or crit. TB_ERR_NOT_FOUND: no key for the key id.
 * TB_ERR_SIGNATURE. TB_ERR_EXPIRED: exp is over. TB_ERR_RANGE: not valid yet, or valid for too long.
 * TB_ERR_DENIED: another audience. Anything else: how the token is malformed.
 */
TB_MUST_USE enum tb_err tb_jws_verify(struct tb_span token, const struct tb_jws_rules *rules, int64_t wall_ms,
                                      struct tb_arena *arena, struct tb_jws *ret_jws);

/* What other forms of signed tokens share: keys are tried in turn; exp, nbf, iat against rules and clock. */
TB_MUST_USE enum tb_err tb_jws_signature_check(const struct tb_jws_rules *rules, struct tb_span kid,
                                               struct tb_span signed_text,
                                               const struct tb_signature *signature);
TB_MUST_USE enum tb_err tb_jws_times_check(const struct tb_jws_times *times, const struct tb_jws_rules *rules,
                                           int64_t wall_ms);

/*
 * Appends a token over these claims (one JSON object as text) that is signed with key. kid may be
 * empty; it is then left out. rng only blinds the computation.
 */
TB_MUST_USE enum tb_err tb_jws_build(struct tb_span kid, struct tb_span claims, const struct tb_key *key,
                                     const struct tb_rng *rng, struct tb_buf *ret_token);

#endif
