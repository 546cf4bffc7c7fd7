/*
 * Pepper: the chain's secret under which credentials and customers are looked up, so that neither is
 * stored or sent in clear. Pure; any thread.
 */
#ifndef TB_AGENT_CACHE_PEPPER_H
#define TB_AGENT_CACHE_PEPPER_H

#include "core/base/id.h"
#include "core/credential/credential.h"
#include "core/crypto/hash.h"

#define TB_PEPPER_SIZE 32

struct tb_pepper {
    int64_t version; /* 0: none yet, nothing can be looked up */
    uint8_t bytes[TB_PEPPER_SIZE];
};

/* HMAC-SHA-256(pepper, kind ‖ 00 ‖ value): how the context store and the cache know a credential. */
static inline struct tb_digest tb_pepper_credential(const struct tb_pepper *pepper,
                                                    const struct tb_credential *credential)
{
    const struct tb_span parts[] = {
        tb_span_str(tb_credential_kind_name(credential->kind)),
        tb_span_of("", 1),
        tb_credential_value(credential),
    };
    return tb_hmac_sha256_parts(tb_span_of(pepper->bytes, TB_PEPPER_SIZE), parts, 3);
}

/* The customer's partition (first byte of SHA-256(id)), then HMAC-SHA-256(pepper, "customer" ‖ 00 ‖ id) cut
 * to 15 bytes: customers of one partition are neighbours in an index. */
static inline struct tb_customer_key tb_pepper_customer(const struct tb_pepper *pepper,
                                                        const struct tb_id *customer)
{
    const struct tb_span parts[] = {tb_span_of("customer", sizeof "customer"), tb_id_span(customer)};
    struct tb_digest digest = tb_hmac_sha256_parts(tb_span_of(pepper->bytes, TB_PEPPER_SIZE), parts, 2);
    struct tb_customer_key key;
    memcpy(key.bytes, digest.bytes, sizeof key.bytes);
    key.bytes[0] = tb_sha256(tb_id_span(customer)).bytes[0];
    return key;
}

#endif
