/*
 * Record: all that the cache keeps of one customer, as it is sealed into one row.
 *
 * Sections (profile, journey, cart) arrive as rows of their own and carry a version each. They hold what
 * a tap needs ready-made: rendered view parts and the packed cart (core/context/view.h, core/wire/cart.h).
 * The credentials that lead to the customer are listed in it, so that the index by which they are found needs
 * no proof of its own: what an index says counts only when the record says it, too. A stamp says in which
 * reading of the customer's partition a row came; a version of another stamp counts as 0 (books.h).
 *
 *     u8 layout (2) ‖ id (16) ‖ n credentials ‖ credential × n ‖ section × 3 ‖ cart id (16, if the cart has a
 * version) ‖ if there are any: n also ‖ also × n
 *     also: hash (16) ‖ id (16): to whom else a credential leads. credential: hash (16) ‖ n version ‖ n stamp
 * × 4 + flags section: n version ‖ if not 0: n as_of_ms ‖ n stamp ‖ n size ‖ bytes n: an unsigned number,
 * seven bits a byte from the lowest, the top bit says that more follow (LEB128)
 *
 * Pure; not thread-safe. Limits: TB_RECORD_SIZE_MAX, TB_RECORD_CREDENTIAL_MAX.
 */
#ifndef TB_AGENT_CACHE_RECORD_H
#define TB_AGENT_CACHE_RECORD_H

#include "agent/cache/seal.h"
#include "core/context/view.h"
#include "core/credential/credential.h"
#include "core/wire/cart.h"

enum tb_section { TB_SECTION_PROFILE, TB_SECTION_JOURNEY, TB_SECTION_CART, TB_SECTION_COUNT };

#define TB_RECORD_HASH_SIZE 16u      /* bytes of a look-up hash that index a credential */
#define TB_RECORD_CREDENTIAL_MAX 32u /* those that are gone included */
#define TB_RECORD_HEAD_SIZE (2u + 2u * TB_ID_SIZE)
#define TB_RECORD_CREDENTIAL_SIZE_MAX (TB_RECORD_HASH_SIZE + 9u + 5u)
#define TB_RECORD_ALSO_MAX 32u /* of all credentials together; what comes beyond is left out */
#define TB_RECORD_ALSO_SIZE (TB_RECORD_HASH_SIZE + TB_ID_SIZE)
#define TB_RECORD_SECTION_HEAD_SIZE 28u
#define TB_RECORD_SIZE_MAX                                                                            \
    (TB_RECORD_HEAD_SIZE + TB_RECORD_CREDENTIAL_MAX * TB_RECORD_CREDENTIAL_SIZE_MAX +                 \
     TB_SECTION_COUNT * TB_RECORD_SECTION_HEAD_SIZE + 1u + TB_RECORD_ALSO_MAX * TB_RECORD_ALSO_SIZE + \
     2u * TB_VIEW_PART_SIZE_MAX + TB_CART_PACKED_SIZE_MAX)

struct tb_record_section {
    int64_t version;      /* 0: never seen */
    int64_t as_of_ms;     /* Unix */
    uint32_t stamp;       /* of the partition when it was written; a version of another stamp counts as 0 */
    struct tb_span bytes; /* borrowed; empty: known to be absent, or never seen */
};

struct tb_record_credential {
    uint8_t hash[TB_RECORD_HASH_SIZE];
    int64_t version;
    uint32_t stamp; /* below 2^30 */
    bool blocked;   /* it leads here and is not to be accepted */
    bool gone;      /* it does not lead here any more; kept so that an older row does not bring it back */
};

/* A credential of the record is somebody else's, too. */
struct tb_record_also {
    uint8_t hash[TB_RECORD_HASH_SIZE];
    struct tb_id customer;
};

struct tb_record {
    struct tb_id customer;
    struct tb_id cart; /* whose versions the cart section counts; zero: never seen */
    uint32_t credential_count;
    struct tb_record_credential credentials[TB_RECORD_CREDENTIAL_MAX];
    uint32_t also_count;
    struct tb_record_also also[TB_RECORD_ALSO_MAX];
    struct tb_record_section sections[TB_SECTION_COUNT];
};

/* To whom a credential leads, the record's customer first; returns how many they are. */
uint8_t tb_record_owners(const struct tb_record *record, const uint8_t *hash,
                         struct tb_id ret_customers[TB_SHARED_COUNT_MAX]);
/* Replaces whom a credential leads to beside the record's customer. */
void tb_record_share(struct tb_record *record, const uint8_t *hash, const struct tb_id *customers,
                     size_t count);

/* The entry of a credential, also of one that is gone; NULL when there is none. hash: TB_RECORD_HASH_SIZE
 * bytes. */
const struct tb_record_credential *tb_record_credential_find(const struct tb_record *record,
                                                             const uint8_t *hash);

/*
 * The record's share of its partition's checksum: XOR of the first 8 bytes of SHA-256(type name ‖ 00 ‖ object
 * id ‖ u64 version) over the rows of this stamp that it was made of and that are there (docs/protocol.md,
 * feed.checksum).
 */
uint64_t tb_record_sum(const struct tb_record *record, uint32_t stamp);

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
    uint32_t stamp;
};

/* A product's document under the device key, bound to its name. A document that does not decode is not
 * sealed: the errors of tb_json_parse() and tb_product_decode(). */
TB_MUST_USE enum tb_err tb_product_seal(struct tb_sealer *sealer, const struct tb_product_name *name,
                                        struct tb_span doc, struct tb_buf *ret_sealed);
TB_MUST_USE enum tb_err tb_product_open(struct tb_sealer *sealer, const struct tb_product_name *name,
                                        struct tb_span sealed, struct tb_product *ret_product);

/* The view of a record, joined from its sections. */
static inline struct tb_view_parts tb_record_view(const struct tb_record *record)
{
    const struct tb_record_section *profile = &record->sections[TB_SECTION_PROFILE];
    const struct tb_record_section *journey = &record->sections[TB_SECTION_JOURNEY];
    return (struct tb_view_parts){
        .profile = tb_view_shown(profile->bytes),
        .profile_as_of_ms = profile->as_of_ms,
        .journey = journey->bytes,
        .journey_as_of_ms = journey->as_of_ms,
    };
}

#endif
