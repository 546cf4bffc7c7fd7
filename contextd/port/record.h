/*
 * Records: what an operator or an import puts into an engine, one at a time.
 *
 * They are master data (stores, terminals, tiers, products, customers …) as distinct from the
 * mutations that terminals and shoppers make. A record replaces the one with the same key and counts
 * as a change: it reaches every feed that covers it. All pointers are borrowed for the call; texts
 * are UTF-8 and not empty unless said otherwise; optional texts are "" when absent. Money is in minor
 * units of the currency, times are Unix milliseconds.
 */
#ifndef TB_CONTEXTD_PORT_RECORD_H
#define TB_CONTEXTD_PORT_RECORD_H

#include "core/base/id.h"

#define TB_RECORD_TEXT_MAX 200   /* bytes of any text */
#define TB_RECORD_CODE_MAX 64    /* bytes of a store's, tier's or device's id */
#define TB_RECORD_GTIN_SIZE 14   /* digits of a product code */
#define TB_RECORD_HASH_SIZE 32   /* bytes of a credential's look-up hash */
#define TB_RECORD_PEPPER_SIZE 32 /* bytes */
#define TB_RECORD_POLICY_MS_MIN 1000
#define TB_RECORD_POLICY_MS_MAX INT64_C(86400000)
#define TB_RECORD_KEEP_MS_MAX (INT64_C(3660) * 86400000)
#define TB_RECORD_COUNT_MAX INT64_C(1000000000000)
#define TB_RECORD_NONE (-1)

enum tb_record_kind {
    TB_RECORD_CHAIN,
    TB_RECORD_STORE,
    TB_RECORD_TERMINAL,
    TB_RECORD_TIER,
    TB_RECORD_PRODUCT,
    TB_RECORD_STOCK,
    TB_RECORD_CUSTOMER,
    TB_RECORD_FACT,
    TB_RECORD_CREDENTIAL,
    TB_RECORD_COHORT,
    TB_RECORD_CART,
    TB_RECORD_CART_LINE,
    TB_RECORD_TOUCH,
    TB_RECORD_POLICY,
    TB_RECORD_REWARD,
    TB_RECORD_KEY,
    TB_RECORD_OPERATOR,
    TB_RECORD_CONTACT,
    TB_RECORD_NOTE,
    TB_RECORD_CONSENT,
    TB_RECORD_VIEWED,
};

struct tb_record_chain {
    const char *name; /* as in every terminal's URN */
    const char *currency;
    uint32_t pepper_version;
    struct tb_span pepper; /* TB_RECORD_PEPPER_SIZE bytes */
    int64_t seed;          /* the number the data was made from; -1: real data */
};

struct tb_record_store {
    const char *id;
    const char *name;
    const char *language;
};

struct tb_record_terminal {
    const char *device; /* id as in the certificate's URN */
    const char *store;
    const char *role; /* "till" or "kiosk" */
    const char *name;
    const char *till; /* its number or letter, as on the sign */
};

struct tb_record_tier {
    const char *id;
    const char *name;
    const char *symbol;
    const char *color; /* #rrggbb */
    int64_t points_from;
};

struct tb_record_product {
    const char *gtin; /* TB_RECORD_GTIN_SIZE digits */
    const char *name;
    int64_t unit_price;
};

struct tb_record_stock {
    const char *gtin;
    const char *store;
    int64_t quantity;
};

struct tb_record_customer {
    struct tb_id id;
    const char *name;  /* as the customer chose to be shown */
    const char *since; /* "YYYY" */
    const char *tier;
    const char *language;
    const char *home_store;
    int64_t points;
};

enum tb_fact_kind {
    TB_FACT_BENEFIT,
    TB_FACT_OPEN,
    TB_FACT_DO_NOT_ASK,
};

struct tb_record_fact {
    struct tb_id customer;
    enum tb_fact_kind kind;
    uint32_t position; /* order on screen */
    const char *text;
};

struct tb_record_credential {
    struct tb_id customer;
    const char *kind;
    struct tb_span hash; /* TB_RECORD_HASH_SIZE bytes */
    /* Instead of a hash: its value, of which the engine keeps the hash with the chain's pepper and nothing
     * else. TB_ERR_CONFLICT when it is another customer's. */
    struct tb_span value;
    bool share; /* by hash: it stays whose it is, and is this customer's, too */
};

struct tb_record_cohort {
    struct tb_id customer;
    const char *store;
    bool member; /* false: the customer has left the store's cohort */
};

struct tb_record_cart {
    struct tb_id id;
    struct tb_id customer;
    const char *touched_channel;
    const char *touched_by; /* optional */
    int64_t touched_ms;
};

struct tb_record_cart_line {
    struct tb_id cart;
    struct tb_id id;
    const char *gtin; /* a product that is there; name and price are taken from it */
    const char *channel;
    int64_t quantity;
    int64_t added_ms;
};

struct tb_record_touch {
    struct tb_id customer;
    const char *channel;
    const char *what;
    int64_t at_ms;
};

/* Rules of the chain. 0 leaves one as it is; TB_RECORD_NONE sets those to 0 that may be 0: no limit, or for
 * ever. */
struct tb_record_policy {
    const char *merge;       /* sum, max, replace, ask; "" or NULL: as it is */
    const char *scan_begins; /* kiosk, till: where a product begins an anonymous visit; NULL: as it is */
    const char *operator_required; /* yes, no: whether a badge is asked for at tills; NULL: as it is */
    const char *benefits[4];       /* by enum tb_benefit: the level that each needs; NULL: as it is */
    struct tb_span credentials;    /* JSON of core/credential/trustdoc.h; empty: as it is */
    int64_t idle_ms;               /* when visits end by themselves: TB_RECORD_POLICY_MS_MIN to …_MAX */
    int64_t removal_ms;            /* the same */
    int64_t cache_rows_max;        /* customers of a store's cohort, and that its terminals keep; may be 0 */
    int64_t cache_bytes_max;       /* may be 0 */
    int64_t no_contact_ms;         /* may be 0; of these times each is at most TB_RECORD_KEEP_MS_MAX */
    int64_t outside_keep_ms;       /* may be 0 */
    int64_t journey_keep_ms;       /* and visits; may be 0 */
    int64_t note_keep_ms;          /* may be 0 */
    int64_t reward_offline_max;    /* may be 0 */
    int64_t checksum_ms;           /* may be 0: never */
    const char
        *consents; /* that a new customer is asked, "marketing=2026-03,profiling=1"; "none"; NULL: as it is
                    */
    struct tb_span consent_texts; /* JSON of member consents with the chain's own words; empty: as it is */
    const char *phone_country;    /* calling code of numbers that name none, digits; "none"; NULL: as it is */
    const char *display[2];       /* lines of displays between visits, "" as is usual; NULL: as it is */
    const char *accent;           /* #rrggbb, the colour of the chain's kiosks; "none"; NULL: as it is */
    int64_t finds_max;            /* searches for customers that a terminal may make in an hour; may be 0 */
    int64_t audit_keep_ms;        /* who did what; may be 0 */
    int64_t new_customers_max; /* from outside its cohort, that a terminal may come to know in an hour; may be
                                  0 */
};

struct tb_record_reward {
    struct tb_id customer;
    const char *reward; /* TB_REWARD_SIZE_MAX bytes; letters, digits and ._:- */
    const char *text;
    int64_t value; /* 0: none */
};

struct tb_key_doc;

/* A key that credentials are verified with. It replaces the one of the same use, id and version. */
struct tb_record_key {
    const struct tb_key_doc *doc; /* core/wire/docs.h; value is not read of one that is retired */
    /*
     * Which terminals get it: "all", "none", or a list of store:<id> and device:<id> with commas. Not read of
     * public keys, which all get, and of one that is retired.
     */
    const char *audience;
    bool retired; /* nobody uses it any more; its bytes are forgotten */
};

struct tb_record_operator {
    const char *id;       /* TB_SHORT_SIZE_MAX bytes; letters, digits and ._:- */
    const char *name;     /* in words */
    struct tb_span badge; /* its number, of which only the look-up hash is kept; empty: none */
    const char *store;    /* whose terminals know her; "": all */
    bool active;
    bool removed; /* she is forgotten; only id is read. TB_ERR_NOT_FOUND: she is not there */
};

struct tb_record_contact {
    struct tb_id customer;
    const char *phone; /* "": none */
    const char *email; /* "": none */
};

/* Of staff. */
struct tb_record_note {
    struct tb_id customer;
    struct tb_id id;
    const char *by; /* in words */
    const char *text;
    int64_t at_ms;
};

struct tb_record_consent {
    struct tb_id customer;
    const char *consent;
    const char *text_version;
    bool granted;
    int64_t at_ms;
};

/* She looked at a product. */
struct tb_record_viewed {
    struct tb_id customer;
    const char *channel;
    const char *gtin;
    int64_t at_ms;
};

struct tb_record {
    enum tb_record_kind kind;
    union {
        struct tb_record_chain chain;
        struct tb_record_store store;
        struct tb_record_terminal terminal;
        struct tb_record_tier tier;
        struct tb_record_product product;
        struct tb_record_stock stock;
        struct tb_record_customer customer;
        struct tb_record_fact fact;
        struct tb_record_credential credential;
        struct tb_record_cohort cohort;
        struct tb_record_cart cart;
        struct tb_record_cart_line cart_line;
        struct tb_record_touch touch;
        struct tb_record_policy policy;
        struct tb_record_reward reward;
        struct tb_record_key key;
        struct tb_record_operator clerk;
        struct tb_record_contact contact;
        struct tb_record_note note;
        struct tb_record_consent consent;
        struct tb_record_viewed viewed;
    } as;
};

#endif
