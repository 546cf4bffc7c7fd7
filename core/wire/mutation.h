/*
 * Mutations: named intents, each with a place in its device's sequence; and the verdicts on them. What each
 * kind means and which members it has: docs/protocol.md, "Mutations". Pure; not thread-safe.
 */
#ifndef TB_CORE_WIRE_MUTATION_H
#define TB_CORE_WIRE_MUTATION_H

#include "core/wire/handover.h"
#include "core/wire/json.h"
#include "core/wire/names.h"

#define TB_MUTATION_BATCH_MAX 32
/* Bytes of JSON: of one mutation (a sale of TB_PAID_LINE_COUNT_MAX lines), and of all that a client may have
 * undecided at a time. */
#define TB_MUTATION_JSON_SIZE_MAX (16u * 1024u)
#define TB_MUTATION_WINDOW_SIZE_MAX TB_MUTATION_JSON_SIZE_MAX
#define TB_PAID_LINE_COUNT_MAX 100
#define TB_TRANSACTION_SIZE_MAX 64
#define TB_CONSENT_COUNT_MAX 8
#define TB_EVENT_DATA_SIZE_MAX 1024
#define TB_EVENT_TEXT_SIZE_MAX 160
#define TB_SIGNATURE_SIZE 64 /* ECDSA P-256, r and s */
#define TB_VERDICT_CODE_SIZE_MAX 48
#define TB_VERDICT_BATCH_MAX 64

enum tb_mutation_kind {
    TB_MUTATION_NONE,
    TB_MUTATION_SKIPPED, /* closes a gap: seq to seq + count - 1 were never sent */
    TB_MUTATION_CART_ADD,
    TB_MUTATION_CART_SET_QUANTITY,
    TB_MUTATION_CART_REMOVE,
    TB_MUTATION_CART_NOTE,
    TB_MUTATION_CART_MERGE,
    TB_MUTATION_CHECKOUT_CLAIM,
    TB_MUTATION_CHECKOUT_RELEASE,
    TB_MUTATION_CHECKOUT_FINISH,
    TB_MUTATION_CHECKOUT_VOID,
    TB_MUTATION_REWARD_RESERVE,
    TB_MUTATION_REWARD_COMMIT,
    TB_MUTATION_REWARD_RELEASE,
    TB_MUTATION_POINTS_EARNED,
    TB_MUTATION_CREDENTIAL_LINK,
    TB_MUTATION_CREDENTIAL_BLOCK,
    TB_MUTATION_CUSTOMER_CREATE,
    TB_MUTATION_VISIT_BEGIN,
    TB_MUTATION_VISIT_END,
    TB_MUTATION_JOURNEY_EVENT,
    TB_MUTATION_HANDOVER_REQUEST,
    TB_MUTATION_HANDOVER_ACCEPT,
    TB_MUTATION_CONSENT_SET,
    TB_MUTATION_ERASURE_RECEIPT,
    TB_MUTATION_NOTE_ADD,
    TB_MUTATION_NOTE_REMOVE,
    TB_MUTATION_HANDOVER_DECLINE,
    TB_MUTATION_HANDOVER_CANCEL,
    TB_MUTATION_KIND_COUNT
};

extern const char *const tb_mutation_kind_names[TB_MUTATION_KIND_COUNT];

/* How an anonymous cart joins the customer's. ASK is a policy of a terminal and never in a mutation. */
enum tb_merge_policy {
    TB_MERGE_NONE,
    TB_MERGE_SUM,
    TB_MERGE_MAX,
    TB_MERGE_REPLACE,
    TB_MERGE_ASK,
    TB_MERGE_POLICY_COUNT
};

extern const char *const tb_merge_policy_names[TB_MERGE_POLICY_COUNT];

enum tb_block_reason {
    TB_BLOCK_NONE,
    TB_BLOCK_LOST,
    TB_BLOCK_STOLEN,
    TB_BLOCK_REPLACED,
    TB_BLOCK_OTHER,
    TB_BLOCK_REASON_COUNT
};

extern const char *const tb_block_reason_names[TB_BLOCK_REASON_COUNT];

/* With the store and the terminal that decide on it the name of a sale (UnifiedPOS: one receipt). */
struct tb_sale_key {
    char transaction[TB_TRANSACTION_SIZE_MAX + 1]; /* the POS's number; "": none */
    char business_date[TB_DATE_SIZE + 1];
};

/* What was really paid of a line, or of a product that was in no cart (line zero). */
struct tb_paid_line {
    struct tb_id line;
    char gtin[TB_GTIN_SIZE + 1];
    char options[TB_SHORT_SIZE_MAX + 1];
    int32_t quantity;
    int64_t unit_price; /* minor units */
};

struct tb_paid_lines {
    const struct tb_paid_line *at; /* borrowed */
    uint8_t count;
};

struct tb_credential_ref {
    char kind[TB_SHORT_SIZE_MAX + 1]; /* "": none */
    uint8_t hash[TB_LOOKUP_HASH_SIZE];
};

/* What somebody said to a question about consent, and which text she was shown. */
struct tb_consent_answer {
    char consent[TB_SHORT_SIZE_MAX + 1];
    bool granted;
    char text_version[TB_SHORT_SIZE_MAX + 1];
};

/* CloudEvents 1.0 in JSON; specversion is implied. Texts are UTF-8 of at most TB_EVENT_TEXT_SIZE_MAX bytes.
 */
struct tb_cloud_event {
    struct tb_span id; /* these borrow */
    struct tb_span source;
    struct tb_span type;
    struct tb_span time;    /* RFC 3339; empty: absent */
    struct tb_span subject; /* empty: absent */
    struct tb_span data;    /* a JSON object of at most TB_EVENT_DATA_SIZE_MAX bytes; empty: absent */
};

struct tb_mutation {
    int64_t seq; /* from 1, taken inside the outbox transaction; 0 before */
    enum tb_mutation_kind kind;
    struct tb_id customer;                /* zero: anonymous */
    struct tb_id cart;                    /* of cart.*, checkout.*, handover.request; zero: none */
    struct tb_id line;                    /* cart.add: minted by the client */
    struct tb_id visit;                   /* zero when outside a visit */
    int64_t made_ms;                      /* wall clock of the terminal; never used for order */
    char operator[TB_SHORT_SIZE_MAX + 1]; /* id of the clerk who did it; "": nobody was signed on */
    union {
        struct {
            char gtin[TB_GTIN_SIZE + 1];
            char options[TB_SHORT_SIZE_MAX + 1]; /* "size:m"; "": none */
            int32_t quantity;                    /* 1 to TB_QUANTITY_MAX */
            bool gift;                           /* put there by a program, not by a person */
            bool keep_gift;                      /* what was taken off is a gift again, if it was one */
        } add;
        struct {
            int32_t from; /* what the person saw */
            int32_t to;
            bool keep_gift; /* what goes was the person's own */
        } set_quantity;
        struct {
            int32_t from;
        } remove;
        struct {
            char text[TB_TEXT_SIZE_MAX + 1]; /* "" takes the note away; of the cart when line is zero */
        } note;
        struct {
            struct tb_id from;     /* the anonymous cart; mutation.cart is the customer's */
            int64_t from_version;  /* that the person saw; 0: whatever it is */
            struct tb_id handover; /* of that cart, accepted in the same step; zero: none */
            enum tb_merge_policy policy;
            bool undo;
            uint8_t exclude_count;
            const struct tb_id *exclude; /* lines of from that stay out; borrowed */
        } merge;
        struct {
            struct tb_id checkout; /* minted by who claims */
        } claim;                   /* and release */
        struct {
            struct tb_id checkout; /* zero: without a claim */
            struct tb_sale_key sale;
            char currency[TB_CURRENCY_SIZE + 1];
            int64_t total;
            bool part; /* the claim goes on: more of it will be paid */
            struct tb_paid_lines lines;
        } finish;
        struct {
            struct tb_sale_key sale; /* of this void or return itself */
            struct tb_sale_key of;
            char of_terminal[TB_SHORT_SIZE_MAX + 1]; /* "": the one that says so */
            bool reopen;                             /* what was paid goes back into the cart */
            bool returned;                           /* goods came back later, not a void at the till */
            struct tb_paid_lines lines;              /* count 0: all of the sale */
        } voided;
        struct {
            char reward[TB_REWARD_SIZE_MAX + 1];
            struct tb_id reservation;
            bool offline; /* commit without a reservation, inside the policy's limit */
        } reward;
        struct {
            int64_t points;          /* not 0; negative takes back */
            struct tb_sale_key sale; /* that earned them */
        } points;
        struct {
            struct tb_credential_ref ref;
            bool share; /* it may be others' too, and stays theirs */
        } link;
        struct {
            uint8_t hash[TB_LOOKUP_HASH_SIZE];
            enum tb_block_reason reason;
        } block;
        struct {
            char name[TB_NAME_SIZE_MAX + 1];
            char language[TB_LANGUAGE_SIZE_MAX + 1];
            struct tb_credential_ref ref;      /* kind "": none yet */
            char phone[TB_PHONE_SIZE_MAX + 1]; /* as it was typed; "": none */
            char email[TB_EMAIL_SIZE_MAX + 1]; /* the same */
            uint8_t consent_count;
            const struct tb_consent_answer *consents; /* borrowed */
        } create;
        struct {
            char source[TB_SHORT_SIZE_MAX + 1]; /* cache, store, found, handover, chosen, anonymous … */
            char credential_kind[TB_SHORT_SIZE_MAX + 1];
            char assurance[TB_SHORT_SIZE_MAX + 1]; /* name of a level; "": not said */
        } visit_begin;
        struct {
            char reason[TB_SHORT_SIZE_MAX + 1];
            int64_t lasted_ms;
        } visit_end;
        struct tb_cloud_event event;
        struct {
            struct tb_id handover;
            char to[TB_SHORT_SIZE_MAX + 1]; /* of a request: a till, a store or "any" */
            char note[TB_TEXT_SIZE_MAX + 1];
            enum tb_handover_reason reason;
        } handover; /* accept, decline, cancel: the id alone */
        struct tb_consent_answer consent;
        struct {
            struct tb_id note;               /* minted by who adds it */
            char text[TB_TEXT_SIZE_MAX + 1]; /* of note.add: not empty */
        } staff_note;
        struct {
            struct tb_id erasure;
            uint8_t signature[TB_SIGNATURE_SIZE]; /* docs/protocol.md says over what */
        } receipt;
        struct {
            int64_t count; /* from 1 */
        } skipped;
    };
};

/* One object of a mutate message. Lists and spans borrow from the arena and from the parsed text. An unknown
 * kind is TB_ERR_UNSUPPORTED on "kind"; seq is read first, so that ret->seq is set even then. */
void tb_mutation_decode(struct tb_check *c, struct tb_json object, struct tb_arena *arena,
                        struct tb_mutation *ret);
void tb_mutation_encode(struct tb_json_writer *w, const char *name, const struct tb_mutation *mutation);

/* The member `lines` of a sale, which must be there; they are the arena's. */
void tb_paid_lines_decode(struct tb_check *c, struct tb_json object, struct tb_arena *arena,
                          struct tb_paid_lines *ret_lines);

/* The members of a customer.create that say who she is (not its customer, visit and operator); consents are
 * the arena's. */
void tb_create_decode(struct tb_check *c, struct tb_json object, struct tb_arena *arena,
                      struct tb_mutation *ret_create);

/* The members of a points.earned that say how many and for which sale (not its customer and visit). */
void tb_points_decode(struct tb_check *c, struct tb_json object, struct tb_mutation *ret_earned);

/* A copy that borrows from the arena alone. TB_ERR_NO_MEMORY: it is full; TB_MUTATION_LISTS_SIZE_MAX bytes
 * always suffice. */
TB_MUST_USE enum tb_err tb_mutation_copy(const struct tb_mutation *from, struct tb_arena *arena,
                                         struct tb_mutation *ret);
#define TB_MUTATION_LISTS_SIZE_MAX (TB_PAID_LINE_COUNT_MAX * sizeof(struct tb_paid_line) + 64u)

/* The last seq that it covers. */
static inline int64_t tb_mutation_last_seq(const struct tb_mutation *mutation)
{
    return mutation->seq + (mutation->kind == TB_MUTATION_SKIPPED ? mutation->skipped.count - 1 : 0);
}

/*
 * Mutations in order of seq, as a value without pointers: kept as JSON, because a sale may be a hundred
 * times as long as most. Zero is an empty one. 17 KiB.
 */
struct tb_mutation_batch {
    uint8_t count;
    uint16_t size; /* bytes of json */
    struct {
        int64_t seq;
        int64_t last_seq;
        uint16_t size; /* 0: not understood */
    } items[TB_MUTATION_BATCH_MAX];
    uint8_t json[TB_MUTATION_WINDOW_SIZE_MAX];
};

/* Working memory that tb_mutation_batch_read() needs at most. */
#define TB_MUTATION_ARENA_SIZE (TB_JSON_ARENA_SIZE(TB_MUTATION_JSON_SIZE_MAX) + TB_MUTATION_LISTS_SIZE_MAX)

/* One of kind TB_MUTATION_NONE keeps its place as not understood. TB_ERR_FULL: neither count nor bytes
 * change. */
TB_MUST_USE enum tb_err tb_mutation_batch_add(struct tb_mutation_batch *batch, const struct tb_mutation *m);
void tb_mutation_batch_drop(struct tb_mutation_batch *batch, size_t count); /* the oldest */
/* Lists and spans borrow from the arena and the batch. Not understood: kind TB_MUTATION_NONE, with its seq.
 */
void tb_mutation_batch_read(const struct tb_mutation_batch *batch, size_t index, struct tb_arena *arena,
                            struct tb_mutation *ret);

enum tb_verdict_kind {
    TB_VERDICT_NONE,
    TB_VERDICT_APPLIED,
    TB_VERDICT_DUPLICATE,
    TB_VERDICT_REJECTED,
    TB_VERDICT_RETRY,
    TB_VERDICT_KIND_COUNT
};

extern const char *const tb_verdict_kind_names[TB_VERDICT_KIND_COUNT];

struct tb_verdict {
    int64_t seq;
    enum tb_verdict_kind kind;
    /* Rejected, retry: a stable reason. Applied: what people have to look at (on the wire `conflict`), ""
     * when nothing. */
    char code[TB_VERDICT_CODE_SIZE_MAX + 1];
    int64_t version; /* of the object it changed; 0 when it changed none */
};

void tb_verdict_decode(struct tb_check *c, struct tb_json object, struct tb_verdict *ret);
void tb_verdict_encode(struct tb_json_writer *w, const char *name, const struct tb_verdict *verdict);

#endif
