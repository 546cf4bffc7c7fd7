/*
 * The messages of `tillbridge.v1` between a client and the context store: params and results of each
 * method. Decoders take the params or result object of an envelope (rpc.h) and borrow texts and rows
 * from it. encode writes the members into an object that the caller opened (tb_rpc_begin_…).
 * Pure; not thread-safe.
 */
#ifndef TB_CORE_WIRE_SYNC_H
#define TB_CORE_WIRE_SYNC_H

#include "core/wire/docs.h"
#include "core/wire/mutation.h"
#include "core/wire/row.h"

#define TB_PROTOCOL 1                    /* the highest version that this program speaks */
#define TB_PROTOCOL_MIN 1                /* and the lowest */
#define TB_PROTOCOL_NAME "tillbridge.v1" /* websocket subprotocol */
#define TB_MESSAGE_SIZE_MAX TB_JSON_SIZE_MAX
#define TB_FEED_ROWS_SIZE_MAX (48u * 1024u)
#define TB_TOKEN_SIZE_MAX 1024
#define TB_PARTITION_COUNT 256u  /* of a cohort, by the first byte of SHA-256(customer id) */
#define TB_PARTITION_SUM_SIZE 8u /* bytes of a partition's checksum */

/* What a feed covers, written erasures, device, store, cohort, cohort:<two hex digits>, catalogue,
 * customer:<id>. */
enum tb_scope_kind {
    TB_SCOPE_NONE,
    TB_SCOPE_DEVICE,
    TB_SCOPE_COHORT,
    TB_SCOPE_CATALOGUE,
    TB_SCOPE_CUSTOMER,
    TB_SCOPE_ERASURES,
    TB_SCOPE_PARTITION, /* of the cohort, to repair it */
    TB_SCOPE_STORE,     /* what the terminals of a store tell one another: hand-overs */
};

struct tb_scope {
    enum tb_scope_kind kind;
    uint8_t partition;     /* of TB_SCOPE_PARTITION, else 0: first byte of SHA-256(customer id) */
    struct tb_id customer; /* of TB_SCOPE_CUSTOMER, else zero */
};

#define TB_SCOPE_TEXT_SIZE 48 /* with its terminator */

TB_MUST_USE enum tb_err tb_scope_parse(struct tb_span text, struct tb_scope *ret_scope);
void tb_scope_format(const struct tb_scope *scope, char ret_text[TB_SCOPE_TEXT_SIZE]);
bool tb_scope_equal(const struct tb_scope *a, const struct tb_scope *b);
/* What goes first where scopes wait for one another: identity and tier before the cart that is being
 * served, that before the cohort, the catalogue last; erasures before everything. From 0. */
int tb_scope_rank(const struct tb_scope *scope);
/* True of scopes without a bound: the cohort, its partitions, the catalogue. The others are of one customer
 * or one device, or tell what is gone: nobody waits for a bulk scope who waits for one of them, or for an
 * answer. */
bool tb_scope_is_bulk(const struct tb_scope *scope);
struct tb_scope tb_json_scope(struct tb_check *c, struct tb_json object, const char *name);
void tb_json_put_scope(struct tb_json_writer *w, const char *name, const struct tb_scope *scope);
struct tb_cursor tb_json_cursor(struct tb_check *c, struct tb_json object, const char *name);

struct tb_hello {
    int64_t protocol;     /* the highest version that the client speaks */
    int64_t protocol_min; /* the lowest; decoded as protocol when absent */
    char software[TB_NAME_SIZE_MAX + 1];
    char device[TB_DEVICE_SIZE_MAX + 1]; /* "" from the web */
    enum tb_channel channel;
    struct tb_span token; /* JWS, web listener only; borrowed */
    struct tb_id incarnation;
    int64_t next_seq; /* from 1 */
    char epoch[TB_EPOCH_SIZE_MAX + 1];
};

struct tb_device {
    char id[TB_DEVICE_SIZE_MAX + 1];
    char store[TB_SHORT_SIZE_MAX + 1]; /* "" for the web, and so on */
    char till[TB_SHORT_SIZE_MAX + 1];
    char role[TB_SHORT_SIZE_MAX + 1];
    char name[TB_NAME_SIZE_MAX + 1];
};

struct tb_welcome {   /* result of hello */
    int64_t protocol; /* agreed: spoken from here on */
    char epoch[TB_EPOCH_SIZE_MAX + 1];
    int64_t decided_seq; /* highest decided of this incarnation, 0 when none */
    int64_t server_time_ms;
    int64_t reconnect_window_ms;
    int64_t idle_ping_ms;
    struct tb_device device;
};

struct tb_mutate {
    uint8_t count;
    struct tb_mutation mutations[TB_MUTATION_BATCH_MAX];
};

struct tb_verdicts {
    uint8_t count;
    struct tb_verdict verdicts[TB_VERDICT_BATCH_MAX];
    struct tb_rows rows; /* the new state of what these verdicts changed */
};

struct tb_feed_open { /* also feed.ack */
    struct tb_scope scope;
    struct tb_cursor cursor;
};

struct tb_feed_rows {
    struct tb_scope scope;
    struct tb_rows rows;
    struct tb_cursor cursor; /* after these rows */
    bool more;
};

struct tb_checksum {         /* result of feed.checksum {scope} */
    struct tb_cursor cursor; /* of the feed when the sums were taken */
    uint8_t sums[TB_PARTITION_COUNT][TB_PARTITION_SUM_SIZE];
};

/* A set of partitions, a bit each. */
struct tb_partitions {
    uint8_t bits[TB_PARTITION_COUNT / 8];
};

static inline bool tb_partitions_has(const struct tb_partitions *set, unsigned partition)
{
    return set->bits[partition / 8] >> (partition % 8) & 1;
}

static inline void tb_partitions_set(struct tb_partitions *set, unsigned partition, bool in)
{
    uint8_t bit = (uint8_t)(1u << (partition % 8));
    set->bits[partition / 8] =
        (uint8_t)(in ? set->bits[partition / 8] | bit : set->bits[partition / 8] & ~bit);
}

#define TB_IDENTIFY_EVIDENCE_SIZE_MAX 192
#define TB_IDENTIFY_COMMAND_SIZE_MAX 40 /* the longest command of core/credential/desfire.h has 38 */
#define TB_IDENTIFY_CARD_SIZE_MAX 10

struct tb_identify_ask {
    char kind[TB_SHORT_SIZE_MAX + 1]; /* "none" when only the evidence says whose it is; hash is then zero */
    uint8_t hash[TB_LOOKUP_HASH_SIZE];
    char evidence[TB_IDENTIFY_EVIDENCE_SIZE_MAX + 1]; /* to be verified; "": none. Personal data. */
};

/* What became of the evidence; all of it empty when there was none, or none that could be looked at. */
struct tb_identify_proof {
    bool verified;
    char kind[TB_SHORT_SIZE_MAX + 1]; /* of the credential that it is */
    uint8_t hash[TB_LOOKUP_HASH_SIZE];
    char assurance[TB_SHORT_SIZE_MAX + 1];
    char refused[TB_SHORT_SIZE_MAX + 1]; /* why it is not accepted: name of a reason */
    uint8_t command_size;
    uint8_t command[TB_IDENTIFY_COMMAND_SIZE_MAX]; /* goes to the card; its answer is the next evidence */
    uint8_t card_size;
    uint8_t card[TB_IDENTIFY_CARD_SIZE_MAX]; /* the UID that the card proved. Personal data. */
};

struct tb_identified { /* result of identify */
    bool found;
    struct tb_rows rows;
    struct tb_identify_proof proof;
};

void tb_hello_decode(struct tb_check *c, struct tb_json params, struct tb_hello *ret);
/* The highest version that both speak; 0: none. hello has the same layout in every version. */
int64_t tb_protocol_agree(const struct tb_hello *hello);
void tb_hello_encode(struct tb_json_writer *w, const struct tb_hello *hello);
void tb_welcome_decode(struct tb_check *c, struct tb_json result, struct tb_welcome *ret);
void tb_welcome_encode(struct tb_json_writer *w, const struct tb_welcome *welcome);

/* A batch whose seqs do not rise by what each mutation covers is TB_ERR_CONFLICT on "seq". */
void tb_mutate_decode(struct tb_check *c, struct tb_json params, struct tb_arena *arena,
                      struct tb_mutate *ret);
void tb_mutate_encode(struct tb_json_writer *w, const struct tb_mutate *mutate);
void tb_verdicts_decode(struct tb_check *c, struct tb_json params, struct tb_arena *arena,
                        struct tb_verdicts *ret);
void tb_verdicts_encode(struct tb_json_writer *w, const struct tb_verdicts *verdicts);

void tb_feed_open_decode(struct tb_check *c, struct tb_json params, struct tb_feed_open *ret);
void tb_feed_open_encode(struct tb_json_writer *w, const struct tb_feed_open *open);
void tb_feed_rows_decode(struct tb_check *c, struct tb_json params, struct tb_arena *arena,
                         struct tb_feed_rows *ret);
void tb_feed_rows_encode(struct tb_json_writer *w, const struct tb_feed_rows *rows);

void tb_checksum_decode(struct tb_check *c, struct tb_json result, struct tb_checksum *ret);
void tb_checksum_encode(struct tb_json_writer *w, const struct tb_checksum *checksum);

void tb_identify_ask_decode(struct tb_check *c, struct tb_json params, struct tb_identify_ask *ret);
void tb_identify_ask_encode(struct tb_json_writer *w, const struct tb_identify_ask *identify);
void tb_identified_decode(struct tb_check *c, struct tb_json result, struct tb_arena *arena,
                          struct tb_identified *ret);
void tb_identified_encode(struct tb_json_writer *w, const struct tb_identified *identified);

/* product.find: params {gtin}; result {product: {gtin, …} or null}. ret->gtin is "" when not found. */
void tb_product_find_decode(struct tb_check *c, struct tb_json params, char ret_gtin[TB_GTIN_SIZE + 1]);
void tb_product_found_decode(struct tb_check *c, struct tb_json result, struct tb_product *ret);
void tb_product_found_encode(struct tb_json_writer *w, const struct tb_product *product);

#endif
