/*
 * Signed tokens, the short form: CWT (RFC 8392) in COSE_Sign1 (RFC 9052) with ES256 (RFC 9053).
 *
 * The same rules as for JWS hold (core/credential/jws.h), and the same keys: kid, bytes in COSE, is compared
 * with the key ids as text. Accepted is tag 18 with exactly one signature, the payload inside, CBOR as
 * core/credential/cbor.h reads it. Nothing in the claims counts before the signature does.
 * A verification takes up to a few ms per key tried. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_CWT_H
#define TB_CORE_CREDENTIAL_CWT_H

#include "core/credential/jws.h"

#define TB_CWT_SIZE_MAX 1024

struct tb_cwt {             /* borrowed from the token */
    struct tb_span kid;     /* empty when the token names none */
    struct tb_span subject; /* sub; empty: none */
    struct tb_span member;  /* "member", a claim of ours; empty: none */
    struct tb_span id;      /* cti, bytes; empty: none */
    struct tb_jws_times times;
    bool confirms_key; /* cnf (RFC 8747): good only together with a proof by that key */
};

/* As tb_jws_verify(); claims of another type than RFC 8392 has them are TB_ERR_TYPE. */
TB_MUST_USE enum tb_err tb_cwt_verify(struct tb_span token, const struct tb_jws_rules *rules, int64_t wall_ms,
                                      struct tb_cwt *ret_cwt);

/*
 * What a token says, whether or not it is true: for people who look for a fault, never to judge by.
 */
TB_MUST_USE enum tb_err tb_cwt_peek(struct tb_span token, struct tb_cwt *ret_cwt);

/* Appends a token over these claims, a CBOR map, that is signed with key. kid may be empty. */
TB_MUST_USE enum tb_err tb_cwt_build(struct tb_span kid, struct tb_span claims, const struct tb_key *key,
                                     const struct tb_rng *rng, struct tb_buf *ret_token);

#endif
