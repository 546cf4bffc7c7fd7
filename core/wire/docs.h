/*
 * The documents that rows carry, except carts (cart.h) and hand-overs (handover.h): customer, credential,
 * journey, product, terminal, policy, key, reward, operator. Decoders ignore unknown members and refuse wrong
 * types and ranges. encode writes the document as one object. Pure; not thread-safe.
 */
#ifndef TB_CORE_WIRE_DOCS_H
#define TB_CORE_WIRE_DOCS_H

#include "core/wire/handover.h"
#include "core/wire/mutation.h"
#include "core/wire/names.h"

#define TB_JOURNEY_EVENT_COUNT_MAX 8
#define TB_TIER_COUNT_MAX 8
#define TB_STAFF_NOTE_COUNT_MAX 8
#define TB_VIEWED_COUNT_MAX 8
#define TB_SHARED_COUNT_MAX 8       /* customers that one credential may lead to */
#define TB_DISPLAY_IDLE_SIZE_MAX 80 /* bytes, of twenty characters */
#define TB_KEY_VALUE_SIZE_MAX 65    /* an uncompressed point of P-256 */
#define TB_KEY_ID_SIZE_MAX 64
#define TB_KEY_APPLICATION_SIZE 3
#define TB_KEY_SYSTEM_SIZE_MAX 21
#define TB_KEY_NUMBER_MAX 13 /* of a DESFire application */
#define TB_KEY_PERIOD_MS_MAX 3600000
#define TB_KEY_DIGIT_COUNT_MAX 9
#define TB_DOC_JSON_SIZE_MAX (16u * 1024u)

struct tb_customer { /* about 7 KiB */
    char name[TB_NAME_SIZE_MAX + 1];
    char salutation[TB_SHORT_SIZE_MAX + 1]; /* "" when absent */
    char since[5];                          /* year, "YYYY"; "" when absent */
    char tier[TB_SHORT_SIZE_MAX + 1];       /* id of a tier of the policy; "" when absent */
    char language[TB_LANGUAGE_SIZE_MAX + 1];
    int64_t points;
    struct tb_texts benefits;
    struct tb_texts open;
    struct tb_texts do_not_ask;
    uint8_t consent_count;
    struct tb_consent {
        char id[TB_SHORT_SIZE_MAX + 1]; /* marketing, profiling … */
        bool granted;
    } consents[TB_CONSENT_COUNT_MAX];
    uint8_t note_count;
    struct tb_staff_note {
        struct tb_id id;
        int64_t at_ms;
        char by[TB_NAME_SIZE_MAX + 1]; /* who wrote it, in words; "": not known */
        char text[TB_TEXT_SIZE_MAX + 1];
    } notes[TB_STAFF_NOTE_COUNT_MAX]; /* of staff about her, newest first */
    uint8_t viewed_count;
    struct tb_viewed {
        char gtin[TB_GTIN_SIZE + 1];
        int64_t at_ms;
    } viewed[TB_VIEWED_COUNT_MAX]; /* products, newest first; only with the consent "profiling" */
};

struct tb_credential_doc {
    char kind[TB_SHORT_SIZE_MAX + 1]; /* member, gsrn, … */
    bool blocked;                     /* lost, stolen or replaced: whoever shows it is not the customer */
    uint8_t also_count;
    struct tb_id also[TB_SHARED_COUNT_MAX - 1]; /* whose it is, too, beside the customer of its row */
};

struct tb_operator { /* a clerk; the row's id says who */
    char name[TB_NAME_SIZE_MAX + 1];
    bool has_badge;
    uint8_t badge[TB_LOOKUP_HASH_SIZE]; /* look-up hash, of kind TB_CREDENTIAL_BADGE */
    bool active;                        /* may sign on */
};

struct tb_journey {
    uint8_t event_count;
    struct tb_journey_event {
        int64_t at_ms;
        enum tb_channel channel;
        char what[TB_TEXT_SIZE_MAX + 1];
    } events[TB_JOURNEY_EVENT_COUNT_MAX]; /* newest first */
};

struct tb_product {
    char gtin[TB_GTIN_SIZE + 1]; /* not in the document of a row: it is the row's id */
    char name[TB_NAME_SIZE_MAX + 1];
    char currency[TB_CURRENCY_SIZE + 1];
    int64_t unit_price;
    int64_t price_as_of_ms; /* 0 when absent */
    enum tb_stock stock;    /* of this store; TB_STOCK_NONE when absent */
};

struct tb_terminal {
    char store[TB_SHORT_SIZE_MAX + 1];
    char store_name[TB_NAME_SIZE_MAX + 1];
    char till[TB_SHORT_SIZE_MAX + 1];
    char role[TB_SHORT_SIZE_MAX + 1]; /* till, kiosk */
    char name[TB_NAME_SIZE_MAX + 1];
    char currency[TB_CURRENCY_SIZE + 1];
    char language[TB_LANGUAGE_SIZE_MAX + 1];
};

struct tb_tier {
    char id[TB_SHORT_SIZE_MAX + 1];
    char name[TB_NAME_SIZE_MAX + 1];
    char symbol[TB_SHORT_SIZE_MAX + 1]; /* UTF-8 */
    char color[TB_SHORT_SIZE_MAX + 1];  /* #rrggbb */
    int64_t points_from;
};

/* What a visit may open when what was presented proves enough. */
enum tb_benefit {
    TB_BENEFIT_SHOW_TIER, /* tier, points, benefits */
    TB_BENEFIT_SHOW_NAME, /* name, since when, what is open, what not to ask, journey */
    TB_BENEFIT_SHOW_CART,
    TB_BENEFIT_REDEEM, /* to use rewards */
    TB_BENEFIT_COUNT
};

extern const char *const tb_benefit_names[TB_BENEFIT_COUNT];

/* Levels by name, as core/credential/assurance.h orders them: none, low, medium, high. */
#define TB_LEVEL_COUNT 4
extern const char *const tb_level_names[TB_LEVEL_COUNT];

#define TB_COLOR_SIZE_MAX 7 /* #rrggbb */
#define TB_CREDENTIALS_JSON_SIZE_MAX 8192
#define TB_CONSENT_WORDS_COUNT_MAX 32 /* of all consents in all languages */
#define TB_CONSENT_WORDS_SIZE_MAX 3072
#define TB_CONSENT_WORDING_SIZE_MAX 480 /* of one */

struct tb_policy {
    uint8_t tier_count;
    struct tb_tier tiers[TB_TIER_COUNT_MAX];
    int64_t idle_ms;               /* default 120000 */
    int64_t removal_ms;            /* default 10000 */
    int64_t max_age_show_price_ms; /* 0: shown at any age */
    int64_t max_age_show_stock_ms;
    int64_t max_age_show_points_ms;
    enum tb_merge_policy merge; /* how a kiosk's cart joins the customer's; default TB_MERGE_ASK */
    int64_t cache_rows_max;     /* customers that a terminal keeps; 0: no limit */
    int64_t cache_bytes_max;    /* of the file that they are kept in; 0: no limit */
    int64_t no_contact_ms;      /* without the context store for so long nothing of a customer is shown */
    int64_t outside_keep_ms;    /* customers outside the cohort are kept so long after their visit */
    int64_t journey_keep_ms;    /* touchpoints; visits too */
    int64_t reward_offline_max; /* rewards that a visit may use with the line down; default 0 */
    char accent[TB_COLOR_SIZE_MAX + 1]; /* the chain's colour, #rrggbb; "": none */
    /* What a line display shows between visits; both "": a welcome in the terminal's language. */
    char display_idle[2][TB_DISPLAY_IDLE_SIZE_MAX + 1];
    int64_t checksum_ms;       /* how often a terminal compares its cohort with the context store's */
    bool scan_begins_at_tills; /* a product begins an anonymous visit there, too; not only at kiosks */
    bool operator_required;    /* what a clerk does at a till needs somebody who has signed on */
    uint8_t benefits[TB_BENEFIT_COUNT]; /* the level that each needs: an index of tb_level_names */
    /* What is accepted as a credential (core/credential/trustdoc.h): an object's JSON text; "": as is usual.
     */
    char credentials[TB_CREDENTIALS_JSON_SIZE_MAX + 1];
    uint8_t consent_count;
    struct tb_consent_asked {
        char id[TB_SHORT_SIZE_MAX + 1];
        char text_version[TB_SHORT_SIZE_MAX + 1];
    } consents[TB_CONSENT_COUNT_MAX]; /* that a new customer is asked for, in this order */
    /* In which words, of that version: the chain's own, by consent and language. */
    uint8_t consent_word_count;
    struct tb_consent_words {
        uint8_t consent; /* index of consents */
        char language[TB_LANGUAGE_SIZE_MAX + 1];
        uint16_t at; /* in consent_text; terminated */
    } consent_words[TB_CONSENT_WORDS_COUNT_MAX];
    uint16_t consent_text_size;
    char consent_text[TB_CONSENT_WORDS_SIZE_MAX];
    char phone_country[TB_COUNTRY_CODE_SIZE_MAX + 1]; /* digits of the calling code (ITU-T E.164); "": none */
};

/* The pepper, or a key of a ring (core/credential/keyring.h says what the members behind value are to it). */
struct tb_key_doc {                   /* secret */
    char kind[TB_SHORT_SIZE_MAX + 1]; /* pepper, token, totp, sun_meta, … */
    int64_t version;
    uint8_t value_size;
    uint8_t value[TB_KEY_VALUE_SIZE_MAX];
    char id[TB_KEY_ID_SIZE_MAX + 1]; /* "" of the pepper */
    int64_t added_ms;                /* when the chain got it; 0: not said */
    int64_t not_before_ms;           /* 0: since ever */
    int64_t not_after_ms;            /* 0: for ever */
    bool diversified;
    uint8_t system_size;
    uint8_t system[TB_KEY_SYSTEM_SIZE_MAX];       /* identifier by which AN10922 derives */
    uint8_t application[TB_KEY_APPLICATION_SIZE]; /* zero: none */
    int64_t key_number;
    int64_t period_ms;   /* 0: as is usual */
    int64_t digit_count; /* 0: as is usual */
};

enum tb_reward_state {
    TB_REWARD_NONE,
    TB_REWARD_OPEN,
    TB_REWARD_RESERVED,
    TB_REWARD_USED,
    TB_REWARD_STATE_COUNT
};

struct tb_reward {
    char text[TB_TEXT_SIZE_MAX + 1];
    int64_t value; /* minor units; 0 when absent */
    enum tb_reward_state state;
    int64_t until_ms; /* of a reservation; else 0 */
};

void tb_customer_decode(struct tb_check *c, struct tb_json doc, struct tb_customer *ret);
void tb_customer_encode(struct tb_json_writer *w, const char *name, const struct tb_customer *customer);
void tb_credential_doc_decode(struct tb_check *c, struct tb_json doc, struct tb_credential_doc *ret);
void tb_credential_doc_encode(struct tb_json_writer *w, const char *name,
                              const struct tb_credential_doc *doc);
void tb_journey_decode(struct tb_check *c, struct tb_json doc, struct tb_journey *ret);
void tb_journey_encode(struct tb_json_writer *w, const char *name, const struct tb_journey *journey);
void tb_product_decode(struct tb_check *c, struct tb_json doc, struct tb_product *ret);
void tb_product_encode(struct tb_json_writer *w, const char *name, const struct tb_product *product);
void tb_terminal_decode(struct tb_check *c, struct tb_json doc, struct tb_terminal *ret);
void tb_terminal_encode(struct tb_json_writer *w, const char *name, const struct tb_terminal *terminal);
/* The members alone, into an object that the caller opened. */
void tb_terminal_put(struct tb_json_writer *w, const struct tb_terminal *terminal);
/* "#rrggbb". */
bool tb_color_ok(const char *color);
/* tiers, accent and max_age_show_ms: what pages need of a policy. */
void tb_policy_put_shown(struct tb_json_writer *w, const struct tb_policy *policy);
/* Without tiers; what a document leaves out is as here. */
struct tb_policy tb_policy_default(void);
void tb_policy_decode(struct tb_check *c, struct tb_json doc, struct tb_policy *ret);
void tb_policy_encode(struct tb_json_writer *w, const char *name, const struct tb_policy *policy);
/* Members benefits and credentials alone: whom the chain trusts. What is not there stays as it is. */
void tb_policy_trust_decode(struct tb_check *c, struct tb_json doc, struct tb_policy *policy);
void tb_policy_trust_put(struct tb_json_writer *w, const struct tb_policy *policy);
/* Member consents alone. What is not there is none. */
void tb_policy_consents_decode(struct tb_check *c, struct tb_json doc, struct tb_policy *policy);
void tb_policy_consents_encode(struct tb_json_writer *w, const struct tb_policy *policy);

/* Members consents and phone_country alone: how customers are signed up. What is not there is none. */
void tb_policy_people_decode(struct tb_check *c, struct tb_json doc, struct tb_policy *policy);
void tb_policy_people_put(struct tb_json_writer *w, const struct tb_policy *policy);
void tb_operator_decode(struct tb_check *c, struct tb_json doc, struct tb_operator *ret);
void tb_operator_encode(struct tb_json_writer *w, const char *name, const struct tb_operator *operator);
void tb_key_doc_decode(struct tb_check *c, struct tb_json doc, struct tb_key_doc *ret);
void tb_key_doc_encode(struct tb_json_writer *w, const char *name, const struct tb_key_doc *key);

void tb_reward_decode(struct tb_check *c, struct tb_json doc, struct tb_reward *ret);
void tb_reward_encode(struct tb_json_writer *w, const char *name, const struct tb_reward *reward);

/* Lists of texts as objects {text} and as plain arrays are both used by views. */
void tb_texts_decode(struct tb_check *c, struct tb_json doc, const char *name, struct tb_texts *ret);
void tb_texts_encode(struct tb_json_writer *w, const char *name, const struct tb_texts *texts);

#endif
