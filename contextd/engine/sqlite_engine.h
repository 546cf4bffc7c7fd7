/*
 * Inside of the SQLite engine: what its files share. Not for the gateway; see engine.h.
 *
 * One connection, one thread. Nothing here begins or ends a transaction but sqlite_engine.c.
 */
#ifndef TB_CONTEXTD_ENGINE_SQLITE_ENGINE_H
#define TB_CONTEXTD_ENGINE_SQLITE_ENGINE_H

#include "contextd/engine/cards.h"
#include "contextd/engine/sqlite.h"
#include "contextd/engine/sqlite_cart_sql.h"
#include "contextd/engine/sqlite_schema.h"
#include "core/cart/checkout.h"
#include "core/cart/merge.h"
#include "core/credential/judgement.h"
#include "core/credential/keyring.h"
#include "core/credential/trustdoc.h"
#include "core/crypto/hash.h"
#include "core/wire/docs.h"
#include "host/sqlite/db.h"

#define STOCK_LOW_MAX 5        /* pieces: as many or fewer are "low" */
#define TOUCHES_KEPT 64        /* per customer; a journey row shows the newest of them */
#define CREDENTIALS_READ_MAX 8 /* rows that identify hands out per customer */
#define REWARDS_READ_MAX 8
#define CUSTOMER_ROWS_MAX (CREDENTIALS_READ_MAX + REWARDS_READ_MAX + 3)
#define TB_AUDIT_DETAIL_SIZE_MAX 127

struct sqlite_chain {
    char name[TB_SHORT_SIZE_MAX + 1];
    char currency[TB_CURRENCY_SIZE + 1];
    char epoch[TB_EPOCH_SIZE_MAX + 1];
    uint8_t pepper[TB_RECORD_PEPPER_SIZE];
    int64_t pepper_version;
    int64_t seed;
    int64_t as_of_ms;
};

#define SUMS_STORES_MAX 32

/* Checksums of a cohort that were computed. */
struct sqlite_sums {
    char store[TB_SHORT_SIZE_MAX + 1]; /* "": free */
    uint64_t asked;                    /* order of last use */
    bool known[TB_PARTITION_COUNT];
    int64_t at_ms[TB_PARTITION_COUNT];
    uint8_t sum[TB_PARTITION_COUNT][TB_PARTITION_SUM_SIZE];
};

/* How long the policy keeps what; journey_ms goes for visits, too. 0: for ever. */
struct sqlite_keep {
    int64_t journey_ms;
    int64_t note_ms;
    int64_t audit_ms;
};

/* One sale while it is decided about. */
struct sqlite_sale {
    struct tb_sold_line sold[TB_PAID_LINE_COUNT_MAX];
    int64_t taken_by[TB_PAID_LINE_COUNT_MAX]; /* the last sale that took that line before; 0: none */
    struct tb_sale_line lines[TB_PAID_LINE_COUNT_MAX];
    int32_t back[TB_PAID_LINE_COUNT_MAX];
    struct tb_paid_line asked[TB_PAID_LINE_COUNT_MAX];
    char claimed_by[TB_NAME_SIZE_MAX + 1]; /* whose claim ran when the sale was told */
};

struct sqlite_engine {
    struct tb_context_engine base; /* first: the two are cast into each other */
    struct tb_db *db;
    struct tb_stmt stmts[STMT_COUNT];
    struct tb_stmt cart_stmts[CART_STMT_COUNT];
    struct sqlite_chain chain;
    bool chain_known; /* the file has been set up */
    struct tb_keyring ring;
    struct tb_trust_doc trust;
    bool operator_required;                           /* the policy asks for a badge at tills */
    char phone_country[TB_COUNTRY_CODE_SIZE_MAX + 1]; /* of numbers that name none; "": all must */
    struct sqlite_cards cards;
    int64_t (*clock_fn)(void *context);
    void *clock;
    int64_t wall_ms; /* one reading per transaction */
    const struct tb_rng *rng;
    int64_t data_version; /* of the last look for changes from elsewhere */
    bool changed_here;    /* expiry changed something since then */
    bool limited;         /* the request being answered met the limit of customers */
    bool quarantined;     /* and its terminal is shut out */
    struct sqlite_sums sums[SUMS_STORES_MAX];
    uint64_t sums_asked;
    struct tb_cart cart;
    struct tb_cart_book book;
    uint8_t book_packed[TB_CART_BOOK_PACKED_SIZE_MAX];
    struct tb_claim claim; /* of the cart that was read last */
    struct tb_cart joined; /* the other cart of a merge */
    struct tb_cart_book joined_book;
    struct tb_merge_undo undo;
    struct sqlite_sale sale;
    uint8_t packed[TB_MERGE_UNDO_PACKED_SIZE_MAX]; /* of an undo or a claim */
    union {
        struct tb_customer customer;
        struct tb_journey journey;
        struct tb_product product;
        struct tb_terminal terminal;
        struct tb_policy policy;
    } doc; /* scratch of one row at a time */
};

static inline struct tb_stmt *sqlite_stmt(struct sqlite_engine *e, enum sqlite_stmt which)
{
    return &e->stmts[which];
}

static inline struct tb_stmt *sqlite_cart_stmt(struct sqlite_engine *e, enum sqlite_cart_stmt which)
{
    return &e->cart_stmts[which];
}

/* A zero id is NULL. */
static inline void sqlite_bind_opt_id(struct tb_stmt *stmt, int index, const struct tb_id *id)
{
    if (tb_id_is_zero(id))
        tb_stmt_bind_null(stmt, index);
    else
        tb_stmt_bind_blob(stmt, index, tb_id_span(id));
}

/* One object as the change log names it. */
struct sqlite_change {
    enum tb_row_type type;
    enum tb_row_op op;
    struct tb_span id;     /* 16, 32 or more bytes as the type has it */
    struct tb_id customer; /* zero: nobody's */
    const char *store;     /* "": for readers of every store */
    struct tb_span device; /* of a reader, when keys are read; empty: nobody's */
    bool shopper;          /* the reader is the customer herself: what staff wrote is not for her screen */
};

TB_MUST_USE enum tb_err sqlite_change_put(struct sqlite_engine *e, const struct sqlite_change *change);

/* Columns as fixed texts; what is too long for ret_text is TB_ERR_CORRUPT: no writer puts it there. */
TB_MUST_USE enum tb_err sqlite_column_text(const struct tb_stmt *stmt, int column, char *ret_text,
                                           size_t size_max);
TB_MUST_USE enum tb_err sqlite_column_id(const struct tb_stmt *stmt, int column, struct tb_id *ret_id);

/* Runs a statement for the id in the first column of its first row, and resets it. TB_ERR_NOT_FOUND. */
TB_MUST_USE enum tb_err sqlite_id_take(struct tb_stmt *stmt, struct tb_id *ret_id);

/* A product as readers of a store ("" for none) see it. TB_ERR_NOT_FOUND. ret_row may be NULL; else its
 * version and as_of_ms are set. */
TB_MUST_USE enum tb_err sqlite_product_read(struct sqlite_engine *e, const char *gtin, const char *store,
                                            struct tb_product *ret_product, struct tb_row *ret_row);

/* TB_ERR_NOT_FOUND; stock as readers of a store see it. ret_book may be NULL. */
TB_MUST_USE enum tb_err sqlite_cart_read(struct sqlite_engine *e, const struct tb_id *id, const char *store,
                                         struct tb_cart *ret_cart, struct tb_cart_book *ret_book);
/* Writes the cart, its lines and its book as they stand, and logs the change. */
TB_MUST_USE enum tb_err sqlite_cart_write(struct sqlite_engine *e, const struct tb_cart *cart,
                                          const struct tb_cart_book *book);

enum tb_stock sqlite_stock_of(const struct tb_stmt *stmt, int column);

TB_MUST_USE enum tb_err sqlite_customer_has(struct sqlite_engine *e, const struct tb_id *customer,
                                            bool *ret_has);

/* TB_ERR_NOT_FOUND: the customer has none. */
TB_MUST_USE enum tb_err sqlite_cart_of(struct sqlite_engine *e, const struct tb_id *customer,
                                       struct tb_id *ret_cart);

/* HMAC-SHA-256(pepper, kind ‖ 00 ‖ value), as terminals have it of credentials. What is looked up by such a
 * hash has a kind of its own. */
struct tb_digest sqlite_keyed_hash(const struct sqlite_engine *e, const char *kind, struct tb_span value);

/* Highest decided seq of a stream, 0 when it is new. */
TB_MUST_USE enum tb_err sqlite_stream_read(struct sqlite_engine *e, const char *device,
                                           const struct tb_id *incarnation, int64_t *ret_decided_seq);

/* The device's id inside its URN urn:tillbridge:<chain>:device:<id>; empty when it is no URN of ours. */
struct tb_span sqlite_device_of(const struct sqlite_engine *e, const char *urn);

/* TB_ERR_DENIED: not registered, disabled, quarantined, or not a customer. */
TB_MUST_USE enum tb_err sqlite_peer_check(struct sqlite_engine *e, const struct tb_engine_peer *peer);

/* One request each; inside a transaction. ret_answer is cleared and addressed. */
TB_MUST_USE enum tb_err sqlite_open(struct sqlite_engine *e, const struct tb_engine_request *request,
                                    struct tb_engine_answer *ret_answer);
TB_MUST_USE enum tb_err sqlite_apply(struct sqlite_engine *e, const struct tb_engine_request *request,
                                     struct tb_arena *arena, struct tb_engine_answer *ret_answer);
TB_MUST_USE enum tb_err sqlite_feed(struct sqlite_engine *e, const struct tb_engine_request *request,
                                    struct tb_arena *arena, struct tb_engine_answer *ret_answer);
TB_MUST_USE enum tb_err sqlite_find(struct sqlite_engine *e, const struct tb_engine_request *request,
                                    struct tb_engine_answer *ret_answer);
TB_MUST_USE enum tb_err sqlite_fetch(struct sqlite_engine *e, const struct tb_engine_request *request,
                                     struct tb_arena *arena, struct tb_engine_answer *ret_answer);
TB_MUST_USE enum tb_err sqlite_identify(struct sqlite_engine *e, const struct tb_engine_request *request,
                                        struct tb_arena *arena, struct tb_engine_answer *ret_answer);

/* All rows of a customer in the order of identify, as readers of a store see them. */
TB_MUST_USE enum tb_err sqlite_customer_rows(struct sqlite_engine *e, const struct tb_id *customer,
                                             const char *store, struct tb_arena *arena,
                                             struct tb_rows *ret_rows);

TB_MUST_USE enum tb_err sqlite_checksum(struct sqlite_engine *e, const struct tb_engine_request *request,
                                        struct tb_engine_answer *ret_answer);
/* The cursor of a checksum request when its feed has nothing after it, else, and where that is far to look
 * for, one of no feed. */
TB_MUST_USE enum tb_err sqlite_feed_reached(struct sqlite_engine *e, const struct tb_engine_request *request,
                                            struct tb_cursor *ret_cursor);

/* ---- terminals: sqlite_peer.c ---- */

TB_MUST_USE enum tb_err sqlite_admit(struct sqlite_engine *e, const struct tb_engine_request *request,
                                     struct tb_engine_answer *ret_answer);
TB_MUST_USE enum tb_err sqlite_quarantine(struct sqlite_engine *e, struct tb_span device);
/* Columns device, store, till, role, name, state, limited_ms. */
TB_MUST_USE enum tb_err sqlite_terminal_take(const struct tb_stmt *s, struct tb_terminal_entry *ret_entry);

/* ---- cohorts and who terminals come to know: sqlite_cohort.c, sqlite_intake.c ---- */

uint8_t sqlite_partition(const struct tb_id *customer);
/* In or out; no news when she is, or is not, already. Entering may make others leave. */
TB_MUST_USE enum tb_err sqlite_cohort_enter(struct sqlite_engine *e, const char *store,
                                            const struct tb_id *customer);
TB_MUST_USE enum tb_err sqlite_cohort_leave(struct sqlite_engine *e, const char *store,
                                            const struct tb_id *customer);
/* TB_ERR_NOT_FOUND: she is not in it. */
TB_MUST_USE enum tb_err sqlite_cohort_seen(struct sqlite_engine *e, const char *store,
                                           const struct tb_id *customer, int64_t *ret_seen_ms);
/* The customer was seen at the peer's store: she enters its cohort, or is among the last seen there again.
 * TB_ERR_CUSTOMER_LIMIT: the terminal came to know too many; the mark of it is to stay. Nothing for the web.
 */
TB_MUST_USE enum tb_err sqlite_cohort_meet(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                                           const struct tb_id *customer, bool *ret_entered);
/* Cuts one cohort that is above the policy's limit, by a share. */
TB_MUST_USE enum tb_err sqlite_cohorts_trim(struct sqlite_engine *e, bool *ret_more);
/* Outside a transaction: computes the partitions that an older program did not. */
TB_MUST_USE enum tb_err sqlite_cohort_parts(struct sqlite_engine *e);
/* Counts a customer from outside the cohort. TB_ERR_CUSTOMER_LIMIT as sqlite_cohort_meet(). */
TB_MUST_USE enum tb_err sqlite_intake(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                                      const struct tb_id *customer);

/* ---- keys: sqlite_keys.c ---- */

/* The ring as the file has it now. */
TB_MUST_USE enum tb_err sqlite_keys_load(struct sqlite_engine *e);
TB_MUST_USE enum tb_err sqlite_key_put(struct sqlite_engine *e, const struct tb_record_key *r);
/* Every terminal reads every key again: who gets which may have changed. */
TB_MUST_USE enum tb_err sqlite_keys_again(struct sqlite_engine *e);
/* row->op is not put when the reader may not have it. TB_ERR_NOT_FOUND. */
TB_MUST_USE enum tb_err sqlite_key_row(struct sqlite_engine *e, const struct sqlite_change *change,
                                       struct tb_row *row, struct tb_json_writer *w);
/* The operation of the port. */
TB_MUST_USE enum tb_err sqlite_key_next(struct tb_context_engine *engine, const char *after,
                                        struct tb_key_entry *ret_entry);

/* ---- evidence: sqlite_evidence.c ---- */

/* What became of evidence. */
struct sqlite_evidence {
    struct tb_identify_proof proof;
    struct tb_replay replay; /* to be claimed when somebody was found */
    struct tb_id handover;   /* that it is the code of; zero: none */
    struct tb_id customer;   /* of that; zero: nobody's cart */
    struct tb_id cart;       /* the same; zero: none */
    enum tb_handover_reason handover_reason;
};

/* Nothing of ret_evidence is set when there is none, or no key for it. */
TB_MUST_USE enum tb_err sqlite_evidence_judge(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                                              const struct tb_identify_ask *ask,
                                              struct sqlite_evidence *ret_evidence);
/* Uses it up; evidence->proof is then refused when it was. */
TB_MUST_USE enum tb_err sqlite_evidence_claim(struct sqlite_engine *e, struct sqlite_evidence *evidence);
/* Hand-overs that nobody took in time expire. */
TB_MUST_USE enum tb_err sqlite_handovers_overdue(struct sqlite_engine *e, bool *more);

/* ---- hand-overs: sqlite_handover*.c ---- */

/* Those of nobody's cart are the customer's from now on whom the cart became, by whatever way. */
TB_MUST_USE enum tb_err sqlite_handover_became(struct sqlite_engine *e, const struct tb_id *cart,
                                               const struct tb_id *customer);
/* That was taken back. */
TB_MUST_USE enum tb_err sqlite_handover_parted(struct sqlite_engine *e, const struct tb_id *cart,
                                               const struct tb_id *customer);
/* Nothing is left in those but their ids, and who was told of them is told that they are gone. */
TB_MUST_USE enum tb_err sqlite_handovers_erase(struct sqlite_engine *e, const struct tb_id *customer);
/* What a hand-over is found by while it is open: a keyed hash of its code. */
struct tb_digest sqlite_handover_code_hash(const struct sqlite_engine *e, struct tb_span id);
/* Two open ones of the same code are nobody's: better to ask again than to serve somebody else.
 * TB_ERR_NOT_FOUND. */
TB_MUST_USE enum tb_err sqlite_handover_by_code(struct sqlite_engine *e, const char *code,
                                                struct tb_id *ret_handover);
#define SQLITE_CODE_MARK_SIZE 8
/* What tells codes apart in the audit without saying which they are; *ret_known: some hand-over, over by now
 * or not, has or had it. */
TB_MUST_USE enum tb_err sqlite_handover_code_mark(struct sqlite_engine *e, const char *code,
                                                  char ret_mark[SQLITE_CODE_MARK_SIZE + 1], bool *ret_known);
/* Outside a transaction: computes what open ones of an older program are found by. */
TB_MUST_USE enum tb_err sqlite_handover_codes(struct sqlite_engine *e);
/* The code of an open hand-over: nobody can tell it from the id without the pepper. */
void sqlite_handover_code(const struct sqlite_engine *e, struct tb_span id,
                          char ret_code[TB_HANDOVER_CODE_SIZE + 1]);

/* ---- people at the counter: sqlite_find.c, sqlite_note.c, sqlite_operator.c, sqlite_audit.c ---- */

/* The one form of a contact. Errors of core/wire/contact.h. */
TB_MUST_USE enum tb_err sqlite_contact_form(struct sqlite_engine *e, enum tb_find_by by, struct tb_span text,
                                            char ret_value[TB_EMAIL_SIZE_MAX + 1]);
/* value is in that form; it replaces the customer's contact of that kind. */
TB_MUST_USE enum tb_err sqlite_contact_put(struct sqlite_engine *e, const struct tb_id *customer,
                                           enum tb_find_by by, const char *value);

/* The customer's row is to be read again. */
TB_MUST_USE enum tb_err sqlite_customer_changed(struct sqlite_engine *e, const struct tb_id *customer);
TB_MUST_USE enum tb_err sqlite_notes_read(struct sqlite_engine *e, struct tb_span customer,
                                          struct tb_customer *doc);
/* Takes notes that are too old, by a share. */
TB_MUST_USE enum tb_err sqlite_notes_expire(struct sqlite_engine *e, int64_t before_ms, bool *more);
/* Products that she looked at, when the consents that doc has allow it. */
TB_MUST_USE enum tb_err sqlite_viewed_read(struct sqlite_engine *e, struct tb_span customer,
                                           struct tb_customer *doc);
/* Her journey changed; her row shows products of it if she allows that. */
TB_MUST_USE enum tb_err sqlite_viewed_changed(struct sqlite_engine *e, const struct tb_id *customer);
TB_MUST_USE enum tb_err sqlite_viewed_allowed(struct sqlite_engine *e, const struct tb_id *customer,
                                              bool *ret_allowed);
/* Whose a credential is beside its owner. */
TB_MUST_USE enum tb_err sqlite_sharers_read(struct sqlite_engine *e, struct tb_span hash,
                                            struct tb_credential_doc *doc);

/* One more whose it is; the row stays its owner's, whose readers learn of it. */
TB_MUST_USE enum tb_err sqlite_share_write(struct sqlite_engine *e, struct tb_span hash,
                                           const struct tb_id *owner, const struct tb_id *customer);

/* Records: sqlite_load_people.c. */
TB_MUST_USE enum tb_err sqlite_contact_load(struct sqlite_engine *e, const struct tb_record_contact *r);
TB_MUST_USE enum tb_err sqlite_note_load(struct sqlite_engine *e, const struct tb_record_note *r);
TB_MUST_USE enum tb_err sqlite_consent_load(struct sqlite_engine *e, const struct tb_record_consent *r);
TB_MUST_USE enum tb_err sqlite_viewed_load(struct sqlite_engine *e, const struct tb_record_viewed *r,
                                           enum tb_channel channel);
TB_MUST_USE enum tb_err sqlite_share_put(struct sqlite_engine *e, struct tb_span hash,
                                         const struct tb_id *customer);

TB_MUST_USE enum tb_err sqlite_operator_put(struct sqlite_engine *e, const struct tb_record_operator *r);
/* "" when nobody knows her. */
TB_MUST_USE enum tb_err sqlite_operator_name(struct sqlite_engine *e, const char *id,
                                             char ret_name[TB_NAME_SIZE_MAX + 1]);
/* TB_ERR_OPERATOR: the policy asks for a clerk, and id is "" or nobody who may sign on in that store. */
TB_MUST_USE enum tb_err sqlite_operator_check(struct sqlite_engine *e, const char *id, const char *store);
/* TB_ERR_NOT_FOUND. */
TB_MUST_USE enum tb_err sqlite_operator_row(struct sqlite_engine *e, struct tb_span id, struct tb_row *row,
                                            struct tb_json_writer *w);
TB_MUST_USE enum tb_err sqlite_operator_gone_row(struct sqlite_engine *e, struct tb_span id,
                                                 struct tb_row *row);

struct sqlite_audit {
    const char *clerk; /* id of the operator; "": nobody was signed on */
    const char *what;
    struct tb_id customer; /* zero: nobody's */
    const char *detail;    /* no name, number or text of anybody; TB_AUDIT_DETAIL_SIZE_MAX */
};

TB_MUST_USE enum tb_err sqlite_audit_put(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                                         const struct sqlite_audit *audit);

/* What a terminal, or a customer on the web, may do so often within an hour; each time is in the audit as
 * `what`, and that one was turned down is once within an hour: counting those as well would keep a clerk out
 * for as long as she tries.
 */
struct sqlite_limit {
    enum sqlite_stmt counts;
    enum sqlite_stmt counts_of_customer; /* of what is done on the web as well */
    const char *refused_what;
    int64_t max;      /* 0: the policy's of searches, which may be none */
    int64_t pause_ms; /* past the limit it may be done once in this time; 0: not at all */
};
/* *ret_full: this time it is turned down, which is in the audit. */
TB_MUST_USE enum tb_err sqlite_limit_check(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                                           const struct sqlite_limit *limit, const char *clerk,
                                           const char *detail, bool *ret_full);
/* Somebody asked for a code that none has; the same one again within the hour is no news. */
TB_MUST_USE enum tb_err sqlite_guess_put(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                                         const char *mark);

/* As tb_engine_ops has them. */
TB_MUST_USE enum tb_err sqlite_operator_next(struct tb_context_engine *engine, const char *after,
                                             struct tb_operator_entry *ret_entry);
TB_MUST_USE enum tb_err sqlite_audit_next(struct tb_context_engine *engine,
                                          const struct tb_audit_filter *filter,
                                          const struct tb_audit_entry *after,
                                          struct tb_audit_entry *ret_entry);

/* ---- how customers are signed up: sqlite_people.c ---- */

/* Members consents and phone_country of the policy, as the column has them; "": as is usual. */
TB_MUST_USE enum tb_err sqlite_people_take(struct tb_span text, struct tb_policy *policy);
/* Takes over what the record says of them. TB_ERR_RANGE, TB_ERR_TOO_LONG, TB_ERR_SYNTAX. */
TB_MUST_USE enum tb_err sqlite_people_put(struct sqlite_engine *e, const struct tb_record_policy *r);
TB_MUST_USE enum tb_err sqlite_people_load(struct sqlite_engine *e);

/* ---- whom the chain trusts: sqlite_trust.c ---- */

/* Reads some members of the policy out of a JSON object of at most size_max bytes; "" changes nothing. */
typedef void sqlite_policy_decode(struct tb_check *c, struct tb_json doc, struct tb_policy *policy);
TB_MUST_USE enum tb_err sqlite_policy_text_take(struct tb_span text, size_t size_max,
                                                sqlite_policy_decode *decode, struct tb_policy *policy);

/* Members benefits and credentials of the policy, as the column has them; "": as is usual. */
TB_MUST_USE enum tb_err sqlite_trust_take(struct tb_span text, struct tb_policy *policy);
/* Takes over what the record says of them. TB_ERR_RANGE: a level that there is not; the errors of
 * tb_trust_doc_parse(). */
TB_MUST_USE enum tb_err sqlite_trust_put(struct sqlite_engine *e, const struct tb_record_policy *r);
/* The code rules by which evidence is judged. */
TB_MUST_USE enum tb_err sqlite_trust_load(struct sqlite_engine *e);

/* ---- checksums: sqlite_sums.c ---- */

/* What was computed of the customer's partition no longer holds; of everything. */
void sqlite_sums_touch(struct sqlite_engine *e, const struct tb_id *customer);
void sqlite_sums_clear(struct sqlite_engine *e);

/* ---- erasure, export, expiry ---- */

/* TB_ERR_NOT_FOUND: the customer was not erased. */
TB_MUST_USE enum tb_err sqlite_erasure_of(struct sqlite_engine *e, const struct tb_id *customer,
                                          struct tb_id *ret_erasure);
/* TB_ERR_NOT_FOUND. */
TB_MUST_USE enum tb_err sqlite_erasure_read(struct sqlite_engine *e, struct tb_span id,
                                            struct tb_erasure_entry *ret_entry);
/* *ret_code: why a receipt is rejected; NULL when it is taken. */
TB_MUST_USE enum tb_err sqlite_receipt_take(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                                            const struct tb_mutation *m, const char **ret_code);
TB_MUST_USE enum tb_err sqlite_erasures_expire(struct sqlite_engine *e, bool *ret_more);
/* Inside a transaction. */
TB_MUST_USE enum tb_err sqlite_expire(struct sqlite_engine *e, bool *ret_more);

/* As tb_engine_ops has them. */
TB_MUST_USE enum tb_err sqlite_erase(struct tb_context_engine *engine, const struct tb_id *customer,
                                     struct tb_id *ret_erasure);
TB_MUST_USE enum tb_err sqlite_erasure_next(struct tb_context_engine *engine, const struct tb_id *after,
                                            struct tb_erasure_entry *ret_entry);
TB_MUST_USE enum tb_err sqlite_erasure_waits(struct tb_context_engine *engine, const struct tb_id *erasure,
                                             const char *after, struct tb_terminal_entry *ret_entry);
TB_MUST_USE enum tb_err sqlite_customer_export(struct tb_context_engine *engine, const struct tb_id *customer,
                                               const struct tb_export_sink *sink);

/* The operation of the port. */
TB_MUST_USE enum tb_err sqlite_conflict_next(struct tb_context_engine *engine, int64_t after,
                                             struct tb_conflict_entry *ret_entry);

/* Takes what has expired of carts of nobody, of what takes merges back, and of sales. */
TB_MUST_USE enum tb_err sqlite_carts_expire(struct sqlite_engine *e, bool *more);

TB_MUST_USE enum tb_err sqlite_chain_load(struct sqlite_engine *e);
TB_MUST_USE enum tb_err sqlite_record_put(struct sqlite_engine *e, const struct tb_record *record);

/* The journey of a customer changed. */
TB_MUST_USE enum tb_err sqlite_journey_changed(struct sqlite_engine *e, const struct tb_id *customer);
/* Adds a touchpoint; one of the same kind shortly after another moves that one. */
TB_MUST_USE enum tb_err sqlite_touch(struct sqlite_engine *e, const struct tb_id *customer,
                                     enum tb_channel channel, const char *what, int64_t at_ms);

/* Documents of sqlite_row_read() that stand beside what decides about them. TB_ERR_NOT_FOUND. */
TB_MUST_USE enum tb_err sqlite_reward_row(struct sqlite_engine *e, struct tb_span key, struct tb_row *row,
                                          struct tb_json_writer *w);
TB_MUST_USE enum tb_err sqlite_handover_row(struct sqlite_engine *e, const struct sqlite_change *change,
                                            struct tb_row *row, struct tb_json_writer *w);
/* Of one that is gone: only how new that is. */
TB_MUST_USE enum tb_err sqlite_handover_gone_row(struct sqlite_engine *e, struct tb_span id,
                                                 struct tb_row *row);

/*
 * Reads an object as readers of a store ("" for none) see it. The document is built in the arena.
 * TB_ERR_NOT_FOUND: there is none. TB_ERR_NO_MEMORY: the arena is full, and untouched.
 */
TB_MUST_USE enum tb_err sqlite_row_read(struct sqlite_engine *e, const struct sqlite_change *change,
                                        struct tb_arena *arena, struct tb_row *ret_row);

#endif
