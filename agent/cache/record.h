/*
 * Record: all that the cache keeps of one customer, as it is sealed into one row.
 *
 * Sections (profile, journey, cart) arrive as rows of their own and carry a version each. They hold what
 * a tap needs ready-made: rendered view parts and the packed cart (core/context/view.h, core/wire/cart.h).
 *
 *     u8 layout (1) ‖ id (16) ‖ cart id (16) ‖ section × 3
 *     section: u64 version ‖ u64 as_of_ms ‖ u32 epoch ‖ u32 size ‖ bytes
 *
 * Pure; not thread-safe. Limits: TB_RECORD_SIZE_MAX.
 */
#ifndef TB_AGENT_CACHE_RECORD_H
#define TB_AGENT_CACHE_RECORD_H

#include "agent/cache/seal.h"
#include "core/context/view.h"
#include "core/credential/credential.h"
#include "core/wire/cart.h"

enum tb_section { TB_SECTION_PROFILE, TB_SECTION_JOURNEY, TB_SECTION_CART, TB_SECTION_COUNT };

#define TB_RECORD_HEAD_SIZE (1u + 2u * TB_ID_SIZE)
#define TB_RECORD_SECTION_HEAD_SIZE 24u
#define TB_RECORD_SIZE_MAX                                                                               \
    (TB_RECORD_HEAD_SIZE + TB_SECTION_COUNT * TB_RECORD_SECTION_HEAD_SIZE + 2u * TB_VIEW_PART_SIZE_MAX + \
     TB_CART_PACKED_SIZE_MAX)

struct tb_record_section {
    int64_t version;      /* 0: never seen */
    int64_t as_of_ms;     /* Unix */
    uint32_t epoch;       /* of the cache when it was written; a version of another epoch counts as 0 */
    struct tb_span bytes; /* borrowed; empty: known to be absent, or never seen */
};

struct tb_record {
    struct tb_id customer;
    struct tb_id cart; /* whose versions the cart section counts; zero: never seen */
    struct tb_record_section sections[TB_SECTION_COUNT];
};

void tb_record_pack(const struct tb_record *record, struct tb_buf *to);

/* Sections borrow from packed. TB_ERR_UNSUPPORTED for another layout, TB_ERR_CORRUPT otherwise. */
TB_MUST_USE enum tb_err tb_record_unpack(struct tb_span packed, struct tb_record *ret_record);

/*
 * The same, sealed under a key of the row's own and bound to whose it is. plain is working memory of
 * TB_RECORD_SIZE_MAX bytes, to be wiped by the caller; sections of an opened record borrow from it.
 * TB_ERR_SEAL: some bit is not what it was.
 */
TB_MUST_USE enum tb_err tb_record_seal(struct tb_sealer *sealer, const struct tb_customer_key *key,
                                       const struct tb_record *record, struct tb_buf *plain,
                                       uint8_t ret_wrapped[TB_SEAL_WRAPPED_SIZE], struct tb_buf *ret_sealed);
TB_MUST_USE enum tb_err tb_record_open(struct tb_sealer *sealer, const struct tb_customer_key *key,
                                       struct tb_span wrapped, struct tb_span sealed, struct tb_buf *plain,
                                       struct tb_record *ret_record);

#define TB_PRODUCT_DOC_SIZE_MAX 2048u /* bytes of a product's document */

/* What a product's row says of itself beside the document; the seal covers it. */
struct tb_product_name {
    const char *gtin; /* TB_GTIN_SIZE digits; borrowed */
    int64_t version;
    uint32_t epoch;
};

/* A product's document under the device key, bound to its name. A document that does not decode is not
 * sealed: the errors of tb_json_parse() and tb_product_decode(). */
TB_MUST_USE enum tb_err tb_product_seal(struct tb_sealer *sealer, const struct tb_product_name *name,
                                        struct tb_span doc, struct tb_buf *ret_sealed);
TB_MUST_USE enum tb_err tb_product_open(struct tb_sealer *sealer, const struct tb_product_name *name,
                                        struct tb_span sealed, struct tb_product *ret_product);

/* The proof that a credential belongs to a customer. hash: the bytes that index it. */
struct tb_seal_proof tb_credential_proof(const struct tb_sealer *sealer, struct tb_span hash,
                                         const struct tb_customer_key *customer, int64_t version,
                                         uint32_t epoch);

/* The view of a record, joined from its sections. */
static inline struct tb_view_parts tb_record_view(const struct tb_record *record)
{
    const struct tb_record_section *profile = &record->sections[TB_SECTION_PROFILE];
    const struct tb_record_section *journey = &record->sections[TB_SECTION_JOURNEY];
    return (struct tb_view_parts){
        .profile = profile->bytes,
        .profile_as_of_ms = profile->as_of_ms,
        .journey = journey->bytes,
        .journey_as_of_ms = journey->as_of_ms,
    };
}

#endif
